//! `semconv-metric`: a metric of the semantic conventions under an old name, with another instrument or in another unit.

use crate::program::MetricSite;
use crate::registry::{Fate, Metric, Relation};
use crate::rule::{Change, Context, Edit, Findings, Fix, Level, Safety};
use crate::text::Symbol;

pub(crate) fn check(ctx: &Context<'_>, found: &mut Findings) {
    let registry = &ctx.program.registry;
    for site in ctx.program.metrics.iter().filter(|it| it.is_of_opentelemetry()) {
        let Some(metric) = site.name.text.and_then(|it| registry.metric(it.as_str())) else { continue };
        if ctx.options.allows(metric.name) {
            continue;
        }
        let fate = metric.fate.as_ref().filter(|it| registry.is_in_force(it));
        let Some((message, help)) = (match fate {
            Some(fate) => Some(deprecated(ctx, metric, fate)),
            None => differing(metric, site),
        }) else {
            continue;
        };
        found
            .add(site.at.place, message)
            .label("created here")
            .reason("Dashboards and alerts that are made for the conventions show it wrong, or not at all.")
            .help(help)
            .fix(fate.and_then(|it| fix(ctx, site, metric, it)))
            .function(ctx.owner(&site.at))
            .certainty(site.certainty)
            .at_most(if reads_alike(metric, site) { Level::Note } else { Level::Error });
    }
    let said = |count| {
        format!(
            "; {count} more beside it {} from the conventions, too",
            if count == 1 { "differs" } else { "differ" }
        )
    };
    found.fold_by(ctx, |it| Some(ctx.unit(it.function?)), said, "another that differs");
}

fn deprecated(ctx: &Context<'_>, metric: &Metric, fate: &Fate) -> (String, String) {
    let since = match fate.since {
        _ if fate.of_the_team => "in the project's registry".to_owned(),
        Some(version) => format!("since version {version} of the semantic conventions"),
        None => "in the semantic conventions".to_owned(),
    };
    let help = match fate.replacements.first() {
        None => "nothing took its place: leave it out, or keep it under a name of your own".to_owned(),
        Some(it) => {
            let new = ctx.program.registry.metric(it.to);
            let unit = new.map(|it| format!(", in `{}`", it.unit)).unwrap_or_default();
            let other = if it.relation == Relation::Retype { "; its unit has changed" } else { "" };
            format!("use `{}`{unit}{other}", it.to)
        }
    };
    (format!("metric `{}` is deprecated {since}", metric.name), help)
}

/// A new name for the same numbers. Whoever shows them has to be told, so that somebody should look.
fn fix(ctx: &Context<'_>, site: &MetricSite, metric: &Metric, fate: &Fate) -> Option<Fix> {
    let [only] = fate.replacements.as_slice() else { return None };
    let new = ctx.program.registry.metric(only.to)?;
    let unit = site.unit.map_or("", |it| it.as_str());
    let fits = only.relation == Relation::Rename
        && (unit == new.unit || new.unit.is_empty())
        && (new.instrument.is_empty()
            || site.instrument.as_str().trim_start_matches("observable_") == new.instrument);
    let old = Symbol::new(metric.name);
    let place = ctx.argument_saying(site.at.place, old).filter(|_| fits && site.via.is_none())?;
    Some(Fix {
        safety: Safety::Unsafe,
        title: format!("rename `{old}` to `{}`", only.to),
        edits: vec![Edit { place, change: Change::Name { old, new: only.to.to_owned() } }],
    })
}

/// Both say how much there is right now: most backends show the one like the other.
fn reads_alike(metric: &Metric, site: &MetricSite) -> bool {
    let given = site.instrument.as_str().trim_start_matches("observable_");
    let is_one = |it: &str| matches!(it, "gauge" | "up_down_counter");
    metric.fate.is_none() && given != metric.instrument && is_one(given) && is_one(metric.instrument)
}

/// What is not as the conventions have it; a name from before the registry has nothing to differ from.
fn differing(metric: &Metric, site: &MetricSite) -> Option<(String, String)> {
    let given = site.instrument.as_str();
    let kind = given.strip_prefix("observable_").unwrap_or(given);
    if !metric.instrument.is_empty() && kind != metric.instrument {
        let message = format!(
            "metric `{}` is a {} here, and a {} in the semantic conventions",
            metric.name,
            said(kind),
            said(metric.instrument)
        );
        let wanted = said(metric.instrument);
        let help = match kind {
            "gauge" => format!("make it an observable {wanted}, which is given the whole value as well"),
            _ => format!("make it a {wanted}"),
        };
        return Some((message, help));
    }
    let unit = site.unit?.as_str();
    let wrong = !metric.unit.is_empty() && unit != metric.unit;
    wrong.then(|| {
        let message = format!(
            "metric `{}` is in `{unit}` here, and in `{}` in the semantic conventions",
            metric.name, metric.unit
        );
        (message, format!("give it the unit `{}`, and record it in that", metric.unit))
    })
}

fn said(instrument: &str) -> String {
    instrument.replace('_', "-").replace("up-down-counter", "up-down counter")
}
