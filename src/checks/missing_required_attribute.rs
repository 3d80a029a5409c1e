//! `missing-required-attribute`: a span of the project's registry that never gets an attribute which the registry requires.

use crate::program::{SpanSite, TextSource};
use crate::registry::{Described, Requirement};
use crate::rule::{Context, Findings};

pub(crate) fn check(ctx: &Context<'_>, found: &mut Findings) {
    if ctx.program.registry.team.is_none() {
        return;
    }
    for span in ctx.program.spans.iter().filter(|it| ctx.program.is_own(&it.at)) {
        let Some(described) = described(ctx, span) else { continue };
        let missing = missing(ctx, span, described);
        let Some(first) = missing.first() else { continue };
        let names: Vec<String> = missing.iter().map(|it| format!("`{it}`")).collect();
        let (word, them) = if names.len() == 1 { ("attribute", "it") } else { ("attributes", "them") };
        found
            .add(span.at.place, format!("{} never gets the required {word} {}", span.title(), names.join(", ")))
            .label(format!("the registry describes this span as `{}`", described.name))
            .reason(format!("Whoever relies on the registry groups and filters by `{first}`, and does not see these spans."))
            .help(format!("set {them} where the span is opened or in what it calls, or let the registry recommend {them} only"))
            .function(ctx.owner(&span.at))
            .certainty(span.certainty);
    }
}

/// What the registry says of a span. A name that is handed through is judged where it is written.
fn described<'a>(ctx: &Context<'a>, span: &SpanSite) -> Option<&'a Described> {
    if span.name.source == TextSource::Forwarded {
        return None;
    }
    let kind = span.span_kind.map(|it| it.as_str().to_lowercase());
    ctx.program.registry.span(span.name.text?.as_str(), kind.as_deref())
}

fn missing(ctx: &Context<'_>, span: &SpanSite, described: &Described) -> Vec<&'static str> {
    let required = described.attributes.iter().filter(|(_, level)| *level == Requirement::Required);
    let required: Vec<&str> = required.map(|(name, _)| *name).filter(|it| !ctx.options.allows(it)).collect();
    if required.is_empty() {
        return Vec::new();
    }
    let Some(keys) = ctx.program.reaching_keys(span) else { return Vec::new() };
    let has = |name: &str| {
        keys.iter().any(|it| {
            it.as_str().strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        })
    };
    required.into_iter().filter(|it| !has(it)).collect()
}
