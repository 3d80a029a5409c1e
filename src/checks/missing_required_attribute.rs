//! `missing-required-attribute`: a span of the project's registry that lacks an attribute which the registry requires, always or on
//! some path.

mod paths;

use crate::program::{SpanSite, TextSource};
use crate::registry::{Described, Requirement};
use crate::rule::{Context, Findings};
use crate::text::Place;

pub(crate) fn check(ctx: &Context<'_>, found: &mut Findings) {
    if ctx.program.registry.team.is_none() {
        return;
    }
    for span in ctx.program.spans.iter().filter(|it| !it.of_vendor && ctx.program.is_own(&it.at)) {
        let Some(described) = described(ctx, span) else { continue };
        let required = required(ctx, described);
        let Some(missing) = missing(ctx, span, &required) else { continue };
        if missing.is_empty() {
            for (key, place) in
                required.iter().filter_map(|it| Some((*it, paths::only_where(ctx, span, it)?)))
            {
                tell_where(ctx, found, span, (key, described.name), place);
            }
            continue;
        }
        tell(ctx, found, span, described.name, &missing);
    }
}

fn tell(ctx: &Context<'_>, found: &mut Findings, span: &SpanSite, described: &str, missing: &[&str]) {
    let Some(first) = missing.first() else { return };
    let names: Vec<String> = missing.iter().map(|it| format!("`{it}`")).collect();
    let (word, them) = if names.len() == 1 { ("attribute", "it") } else { ("attributes", "them") };
    found
        .add(span.at.place, format!("{} never gets the required {word} {}", span.title(), names.join(", ")))
        .label(format!("the registry describes this span as `{described}`"))
        .reason(format!("Whoever relies on the registry groups and filters by `{first}`, and does not see these spans."))
        .help(format!("set {them} where the span is opened or in what it calls, or let the registry recommend {them} only"))
        .function(ctx.owner(&span.at))
        .certainty(span.certainty);
}

fn tell_where(
    ctx: &Context<'_>,
    found: &mut Findings,
    span: &SpanSite,
    (key, described): (&str, &str),
    place: Place,
) {
    let line = ctx.program.position(place).line;
    found
        .add(
            span.at.place,
            format!(
                "{} gets the required attribute `{key}` on some paths only: line {line} decides",
                span.title()
            ),
        )
        .label(format!("the registry describes this span as `{described}`"))
        .related(place, format!("`{key}` depends on this"))
        .reason(format!(
            "Whoever relies on the registry groups and filters by `{key}`, and does not see the other spans."
        ))
        .help("set it on every path, or let the registry require it under a condition only")
        .function(ctx.owner(&span.at))
        .certainty(span.certainty);
}

/// What the registry says of a span. A name that is handed through is judged where it is written.
fn described<'a>(ctx: &Context<'a>, span: &SpanSite) -> Option<&'a Described> {
    if span.name.source == TextSource::Forwarded {
        return None;
    }
    let kind = span.span_kind.map(|it| it.as_str().to_lowercase());
    ctx.program.registry.span(span.name.text?.as_str(), kind.as_deref())
}

fn required(ctx: &Context<'_>, described: &Described) -> Vec<&'static str> {
    let required = described.attributes.iter().filter(|(_, level)| *level == Requirement::Required);
    required.map(|(name, _)| *name).filter(|it| !ctx.options.allows(it)).collect()
}

/// None where nobody can tell.
fn missing(ctx: &Context<'_>, span: &SpanSite, required: &[&'static str]) -> Option<Vec<&'static str>> {
    if required.is_empty() {
        return None;
    }
    let keys = ctx.program.reaching_keys(span)?;
    let has = |name: &str| {
        keys.iter().any(|it| {
            it.as_str().strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        })
    };
    Some(required.iter().copied().filter(|it| !has(it)).collect())
}
