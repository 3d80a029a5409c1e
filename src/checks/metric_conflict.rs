//! `metric-conflict`: one metric name with two kinds of instrument, two units or two sets of buckets.

use std::collections::BTreeMap;

use crate::facts::{RegionKind, Value};
use crate::program::{MetricSite, Program};
use crate::rule::{Context, Findings};

pub(crate) fn check(ctx: &Context<'_>, found: &mut Findings) {
    let mut by_name: BTreeMap<&str, Vec<&MetricSite>> = BTreeMap::new();
    for site in ctx.program.metrics.iter().filter(|it| it.is_of_opentelemetry() && ctx.program.is_own(&it.at))
    {
        let name = site.name.text.map(|it| it.as_str());
        if let Some(name) = name.filter(|it| !it.contains("{}") && !ctx.options.allows(it)) {
            by_name.entry(name).or_default().push(site);
        }
    }
    for (name, sites) in by_name {
        for (index, site) in sites.iter().enumerate() {
            let others = sites[..index].iter().filter(|it| meet(ctx.program, site, it));
            let differing = others.filter_map(|it| Some((it, difference(ctx.program, site, it)?))).next();
            let Some((other, difference)) = differing else {
                continue;
            };
            found
                .add(site.at.place, format!("metric `{name}` {difference}"))
                .label("created here")
                .related(other.at.place, "and otherwise here")
                .reason("The SDK keeps both apart and warns; what receives them mixes two series that cannot be added.")
                .help("create it once and share it, or give one of them another name")
                .function(ctx.owner(&site.at))
                .certainty(site.certainty.min(other.certainty));
        }
    }
}

/// What is not the same about two instruments of one name.
fn difference(program: &Program, site: &MetricSite, other: &MetricSite) -> Option<String> {
    let (here, there) = (site.instrument.as_str(), other.instrument.as_str());
    if here != there {
        return Some(format!("is {} here, and {} elsewhere", kind(here), kind(there)));
    }
    if let (Some(here), Some(there)) = (site.unit, other.unit)
        && here != there
    {
        return Some(format!("is in `{here}` here, and in `{there}` elsewhere"));
    }
    let (here, there) = (boundaries(program, site)?, boundaries(program, other)?);
    (here != there).then(|| "has other bucket boundaries here than elsewhere".to_owned())
}

/// How many boundaries there are, and the outermost of them where they are numbers.
fn boundaries(program: &Program, site: &MetricSite) -> Option<(u32, Option<(f64, f64)>)> {
    let (file, list) = site.boundaries?;
    let facts = &program.file(file).facts;
    match facts.value(list) {
        Value::Sequence(run) => Some((run.end - run.start, facts.extent_of(list))),
        _ => None,
    }
}

fn kind(instrument: &str) -> String {
    let words = instrument
        .replace('_', "-")
        .replace("up-down-counter", "up-down counter")
        .replace("observable-", "observable ");
    format!("{} {words}", if words.starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" })
}

/// Whether both can be there in one run of one program: not as the arms of one decision, and not in programs that only share a
/// repository.
fn meet(program: &Program, a: &MetricSite, b: &MetricSite) -> bool {
    let in_an_arm = |it: &MetricSite| {
        let facts = &program.file(it.at.place.file).facts;
        facts
            .regions_from(it.at.region)
            .any(|(_, it)| matches!(it.kind, RegionKind::Branch { .. } | RegionKind::Handler { .. }))
    };
    let one_decision = a.at.function == b.at.function && (in_an_arm(a) || in_an_arm(b));
    !one_decision && home(program, a) == home(program, b)
}

/// The folder of the repository that a file belongs to, two steps from the root: `services/cart`, `src/shop`.
fn home<'p>(program: &'p Program, site: &MetricSite) -> &'p str {
    let path = program.file(site.at.place.file).path.as_str();
    let second = path.match_indices('/').nth(1).map(|(at, _)| at);
    second.or_else(|| path.rfind('/')).map_or("", |at| &path[..at])
}
