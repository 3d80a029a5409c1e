//! `view-mismatch`: a view for an instrument that nothing creates, and buckets on the scale of another unit.

use crate::facts::{Facts, OpKind, Value, ValueId};
use crate::program::{MetricSite, SetupSite};
use crate::rule::{Context, Findings};

pub(crate) fn check(ctx: &Context<'_>, found: &mut Findings) {
    for view in
        ctx.program.setups.iter().filter(|it| it.what.as_str() == "view" && ctx.program.is_own(&it.at))
    {
        let Some(name) = view.detail.map(|it| it.as_str()).filter(|it| !it.contains(['*', '?', '{'])) else {
            continue;
        };
        if ctx.options.allows(name) {
            continue;
        }
        match ctx.program.metrics.iter().find(|it| it.name.text.is_some_and(|it| it.as_str() == name)) {
            Some(metric) => buckets_of_view(ctx, view, metric, found),
            None => for_nothing(ctx, view, name, found),
        }
    }
    for metric in ctx.program.metrics.iter().filter(|it| it.is_of_opentelemetry()) {
        let allowed = metric.name.text.is_some_and(|it| ctx.options.allows(it.as_str()));
        let extent = metric.boundaries.and_then(|(file, list)| ctx.program.file(file).facts.extent_of(list));
        if let Some(extent) = extent.filter(|_| !allowed)
            && let Some(told) = off_scale(metric, extent)
        {
            tell_scale(ctx, metric, metric.at.place, told, found);
        }
    }
}

/// A name that is none of the program's, yet begins like those that are: libraries have instruments that nobody sees here.
fn for_nothing(ctx: &Context<'_>, view: &SetupSite, name: &str, found: &mut Findings) {
    let first = |name: &str| name.split(['.', '_']).next().unwrap_or_default().to_owned();
    let names = || ctx.program.metrics.iter().filter_map(|it| it.name.text).map(|it| it.as_str());
    let dynamic =
        ctx.program.metrics.iter().any(|it| it.name.text.is_none_or(|it| it.as_str().contains("{}")));
    let ours = names().any(|it| first(it) == first(name));
    if dynamic || !ours || ctx.program.registry.metric(name).is_some() {
        return;
    }
    let near = names().map(|it| (strsim::damerau_levenshtein(it, name), it)).min();
    let help = match near.filter(|(edits, it)| *edits <= it.len() / 4) {
        Some((_, near)) => format!("did you mean `{near}`?"),
        None => "name an instrument that is created, or remove the view".to_owned(),
    };
    found
        .add(view.at.place, format!("this view is for `{name}`, and no such instrument is created"))
        .label("made here")
        .reason(
            "The view changes nothing, and the instrument that was meant is exported as if there were none.",
        )
        .help(help)
        .function(ctx.owner(&view.at));
}

fn buckets_of_view(ctx: &Context<'_>, view: &SetupSite, metric: &MetricSite, found: &mut Findings) {
    let facts = &ctx.program.file(view.at.place.file).facts;
    let op =
        facts.ops.iter().find(|it| it.span == view.at.place.span && matches!(it.kind, OpKind::Call { .. }));
    let Some(OpKind::Call { args, .. }) = op.map(|it| &it.kind) else { return };
    let extent = facts.args(args).iter().find_map(|it| extent_within(facts, it.value));
    if let Some(told) = extent.and_then(|it| off_scale(metric, it)) {
        tell_scale(ctx, metric, view.at.place, told, found);
    }
}

/// The numbers that an aggregation is made with.
fn extent_within(facts: &Facts, value: ValueId) -> Option<(f64, f64)> {
    let Value::Call(op) = facts.value(value) else { return None };
    let OpKind::Call { args, .. } = &facts.op(*op).kind else { return None };
    facts.args(args).iter().find_map(|it| facts.extent_of(it.value))
}

fn tell_scale(
    ctx: &Context<'_>,
    metric: &MetricSite,
    place: crate::text::Place,
    (unit, scale): (&str, &str),
    found: &mut Findings,
) {
    let name = metric.name.text.map_or("this histogram".to_owned(), |it| format!("metric `{it}`"));
    let finding = found
        .add(place, format!("{name} is in `{unit}`, and its buckets are made for {scale}"))
        .label("these boundaries")
        .reason("All values fall into one bucket, and every percentile is that bucket's edge.")
        .help(format!("give boundaries in `{unit}`"))
        .function(ctx.owner(&metric.at));
    if place != metric.at.place {
        finding.related(metric.at.place, format!("in `{unit}` here"));
    }
}

/// The unit, and what the boundaries are made for, if that is something else. Seconds are counted in parts of one, and in sixties;
/// milliseconds in round numbers up to thousands.
fn off_scale(metric: &MetricSite, (least, greatest): (f64, f64)) -> Option<(&'static str, &'static str)> {
    match metric.unit?.as_str() {
        "s" if least >= 5.0 && greatest >= 1000.0 && is_round(greatest) => Some(("s", "milliseconds")),
        "s" if least == 0.0 && greatest >= 5000.0 && is_round(greatest) => Some(("s", "milliseconds")),
        "ms" if least < 0.1 && least > 0.0 && greatest <= 120.0 => Some(("ms", "seconds")),
        _ => None,
    }
}

/// 1, 2.5, 5 or 7.5, times a power of ten.
fn is_round(number: f64) -> bool {
    let digits = number / 10f64.powf(number.log10().floor());
    [1.0, 2.0, 2.5, 5.0, 7.5].iter().any(|it| (it - digits).abs() < 1e-9)
}
