//! `metric-name-style`: a metric's name that repeats its unit or its kind, or is not lowercase, dotted snake_case.

use crate::program::MetricSite;
use crate::rule::{Context, Findings};

/// Last words that say the unit, each with the unit as it is written.
const UNITS: &[(&str, &str)] = &[
    ("seconds", "s"),
    ("second", "s"),
    ("secs", "s"),
    ("milliseconds", "ms"),
    ("millis", "ms"),
    ("ms", "ms"),
    ("microseconds", "us"),
    ("nanoseconds", "ns"),
    ("bytes", "By"),
    ("kilobytes", "kBy"),
    ("megabytes", "MBy"),
    ("mb", "MBy"),
    ("percent", "%"),
];

pub(crate) fn check(ctx: &Context<'_>, found: &mut Findings) {
    for site in ctx.program.metrics.iter().filter(|it| it.is_of_opentelemetry()) {
        let Some(name) = site.name.text.map(|it| it.as_str()) else { continue };
        // The conventions have the last word on their own names.
        if ctx.options.allows(name) || ctx.program.registry.metric(name).is_some() {
            continue;
        }
        let Some((fault, help)) = fault(name, site) else { continue };
        found
            .add(site.at.place, format!("metric `{name}` {fault}"))
            .label("created here")
            .reason("Backends add units and suffixes by themselves, and queries look for names as the conventions write them.")
            .help(help)
            .function(ctx.owner(&site.at))
            .certainty(site.certainty);
    }
}

fn fault(name: &str, site: &MetricSite) -> Option<(String, String)> {
    let fixed = name.replace("{}", "");
    let shown = name.to_lowercase().replace('-', "_");
    if !fixed.bytes().all(|it| it.is_ascii_lowercase() || it.is_ascii_digit() || b"._/".contains(&it)) {
        return Some(("is not lowercase, dotted snake_case".to_owned(), format!("write it as `{shown}`")));
    }
    let (stem, last) = match name.rfind(['.', '_']) {
        Some(at) => (&name[..at], &name[at + 1..]),
        None => return None,
    };
    if last == "total" && site.instrument.as_str().contains("counter") {
        return Some((
            "ends in `total`, which exporters add to counters".to_owned(),
            format!("call it `{stem}`"),
        ));
    }
    // `tokens_per_second` is a rate, and its name says of what.
    if stem.ends_with("per") {
        return None;
    }
    let (_, unit) = UNITS.iter().find(|(word, _)| *word == last)?;
    let help = format!("call it `{stem}`, and give it the unit `{unit}`");
    Some((format!("has its unit in its name: `{last}`"), help))
}
