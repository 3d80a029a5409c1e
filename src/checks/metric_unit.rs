//! `metric-unit`: an instrument without a unit, or with one that is not written as UCUM has it.

use crate::program::MetricSite;
use crate::rule::{Change, Context, Edit, Findings, Fix, Safety};
use crate::text::Symbol;

/// Units as people spell them, and as UCUM does.
const SPELLED: &[(&str, &str)] = &[
    ("second", "s"),
    ("sec", "s"),
    ("millisecond", "ms"),
    ("milli", "ms"),
    ("msec", "ms"),
    ("microsecond", "us"),
    ("nanosecond", "ns"),
    ("minute", "min"),
    ("hour", "h"),
    ("day", "d"),
    ("byte", "By"),
    ("b", "By"),
    ("kilobyte", "kBy"),
    ("kb", "kBy"),
    ("megabyte", "MBy"),
    ("mb", "MBy"),
    ("gigabyte", "GBy"),
    ("gb", "GBy"),
    ("percent", "%"),
    ("percentage", "%"),
    ("ratio", "1"),
    ("count", "1"),
    ("number", "1"),
    ("none", "1"),
    ("unit", "1"),
    ("celsius", "Cel"),
    ("hertz", "Hz"),
    ("usd", "{USD}"),
    ("dollar", "{USD}"),
];

pub(crate) fn check(ctx: &Context<'_>, found: &mut Findings) {
    for site in ctx.program.metrics.iter().filter(|it| it.is_of_opentelemetry()) {
        let Some(name) = site.name.text.map(|it| it.as_str()) else { continue };
        if ctx.options.allows(name) {
            continue;
        }
        let (message, help, fix) = match site.unit.map(|it| it.as_str()).filter(|it| !it.is_empty()) {
            Some(unit) => match better(unit) {
                Some(better) => (
                    format!("metric `{name}` has the unit `{unit}`, which is not UCUM"),
                    format!("write it as `{better}`"),
                    fix(ctx, site, unit, better),
                ),
                None => continue,
            },
            // What a helper leaves out is the helper's to add.
            None if (site.unit_missing || site.unit.is_some()) && site.via.is_none() => (
                format!("metric `{name}` has no unit"),
                "give it one: `s`, `By`, `1`, or what is counted in braces, as in `{order}`".to_owned(),
                None,
            ),
            None => continue,
        };
        found
            .add(site.at.place, message)
            .label("created here")
            .reason("A number without a known unit cannot be scaled, compared or labelled by what shows it.")
            .help(help)
            .fix(fix)
            .function(ctx.owner(&site.at))
            .certainty(site.certainty);
    }
}

/// Names of metrics are made of units elsewhere, so that somebody should look.
fn fix(ctx: &Context<'_>, site: &MetricSite, unit: &str, better: String) -> Option<Fix> {
    let unit = Symbol::new(unit);
    let place = ctx.argument_saying(site.at.place, unit)?;
    Some(Fix {
        safety: Safety::Unsafe,
        title: format!("write the unit as `{better}`"),
        edits: vec![Edit { place, change: Change::Name { old: unit, new: better } }],
    })
}

/// How to write a unit that is spelled out; none for one that is well written.
fn better(unit: &str) -> Option<String> {
    if unit.contains("{}") {
        return None;
    }
    let annotated = unit.contains('{');
    let word = unit.trim_matches(['{', '}']).to_lowercase();
    let singular = word.strip_suffix('s').filter(|it| it.len() > 1).unwrap_or(&word);
    let spelled = SPELLED.iter().find(|(it, _)| *it == word || *it == singular).map(|(_, unit)| *unit);
    if annotated || unit.is_empty() {
        return (unit.is_empty()).then(|| "1".to_owned());
    }
    if let Some(unit) = spelled.filter(|it| *it != unit) {
        return Some(unit.to_owned());
    }
    // `requests`, `tokens`: what is counted goes into braces. UCUM's own units are short.
    let is_word = unit.len() >= 4 && unit.bytes().all(|it| it.is_ascii_lowercase() || it == b'_');
    (is_word && spelled.is_none()).then(|| format!("{{{singular}}}"))
}

#[cfg(test)]
mod tests {
    use super::better;

    #[test]
    fn units_are_written_as_ucum_has_them() {
        for unit in [
            "s",
            "ms",
            "us",
            "By",
            "1",
            "%",
            "By/s",
            "{order}",
            "{request}/s",
            "Cel",
            "kBy",
            "min",
            "h",
            "{}",
        ] {
            assert_eq!(better(unit), None, "{unit}");
        }
        for (unit, better_one) in [
            ("seconds", "s"),
            ("milliseconds", "ms"),
            ("bytes", "By"),
            ("Bytes", "By"),
            ("requests", "{request}"),
            ("tokens", "{token}"),
            ("Count", "1"),
            ("percent", "%"),
            ("", "1"),
        ] {
            assert_eq!(better(unit).as_deref(), Some(better_one), "{unit}");
        }
    }
}
