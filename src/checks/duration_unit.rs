//! `duration-unit`: a duration that is recorded in another unit than its instrument declares, or that is not in seconds.

mod time;

use crate::program::{MeasurementSite, MetricSite};
use crate::rule::{Context, Findings, Level};

/// Units of time, with the power of ten by which a number in seconds becomes one in them.
const UNITS: &[(&str, i8, &str)] =
    &[("s", 0, "seconds"), ("ms", 3, "milliseconds"), ("us", 6, "microseconds"), ("ns", 9, "nanoseconds")];

pub(crate) fn check(ctx: &Context<'_>, found: &mut Findings) {
    for measured in &ctx.program.measurements {
        let site = &ctx.program.metrics[measured.metric];
        if site.is_of_opentelemetry() && !is_allowed(ctx, site) {
            otherwise_recorded(ctx, site, measured, found);
        }
    }
    for site in ctx.program.metrics.iter().filter(|it| it.is_of_opentelemetry() && !is_allowed(ctx, it)) {
        not_in_seconds(ctx, site, found);
    }
}

fn is_allowed(ctx: &Context<'_>, site: &MetricSite) -> bool {
    site.name.text.is_some_and(|it| ctx.options.allows(it.as_str()))
}

/// Milliseconds recorded with an instrument that says seconds.
fn otherwise_recorded(
    ctx: &Context<'_>,
    site: &MetricSite,
    measured: &MeasurementSite,
    found: &mut Findings,
) {
    let Some((unit, declared, _)) = site.unit.and_then(|it| unit(it.as_str())) else { return };
    let (facts, local) = ctx.program.facts_of(measured.at.function);
    let Some(recorded) = measured.value.and_then(|it| time::power(facts, local, it)) else { return };
    if recorded == declared {
        return;
    }
    let words = UNITS.iter().find(|(_, power, _)| *power == recorded).map_or("another unit", |it| it.2);
    let name = site.name.text.map_or("this instrument".to_owned(), |it| format!("metric `{it}`"));
    found
        .add(measured.at.place, format!("{name} is declared in `{unit}`, and {words} are recorded"))
        .label("recorded here")
        .related(site.at.place, format!("declared in `{unit}` here"))
        .reason(
            "Every number is wrong by a factor of a thousand or more, on each dashboard and in each alert.",
        )
        .help(format!("record it in `{unit}`"))
        .function(ctx.owner(&measured.at))
        .certainty(site.certainty);
}

/// A histogram of durations in another unit than the conventions ask for: it works, and is a number apart from all others.
fn not_in_seconds(ctx: &Context<'_>, site: &MetricSite, found: &mut Findings) {
    let Some(name) = site.name.text.map(|it| it.as_str()) else { return };
    let Some((unit, power, words)) = site.unit.and_then(|it| unit(it.as_str())) else { return };
    let histogram = site.instrument.as_str() == "histogram";
    // Metrics of the conventions are judged by what the conventions say of them.
    if power == 0 || !histogram || ctx.program.registry.metric(name).is_some() {
        return;
    }
    found
        .add(site.at.place, format!("durations of metric `{name}` are in {words}"))
        .label("created here")
        .reason("The conventions measure durations in seconds, and the buckets and panels that backends bring along are made for them.")
        .help(format!("give it the unit `s`, record seconds, and choose buckets for them; now it is `{unit}`"))
        .function(ctx.owner(&site.at))
        .at_most(Level::Note);
}

fn unit(text: &str) -> Option<(&'static str, i8, &'static str)> {
    UNITS.iter().find(|(unit, ..)| *unit == text).copied()
}
