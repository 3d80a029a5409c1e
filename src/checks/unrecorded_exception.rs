//! `unrecorded-exception`: inside a span, a broad handler ends an exception that nothing records.

mod purpose;
mod shown;

use crate::facts::RegionKind;
use crate::measure::counts;
use crate::program::{Certainty, HandlerSite, Program, Reraises, SpanStyle};
use crate::rule::{Context, Findings, Level};

pub(crate) fn check(ctx: &Context<'_>, found: &mut Findings) {
    for site in ctx.program.handlers.iter().filter(|it| loses_the_exception(it)) {
        if !counts(ctx.program, site.at.function)
            || is_retry(ctx.program, site)
            || is_over_by_then(ctx.program, site)
        {
            continue;
        }
        let span = site.span.and_then(|it| ctx.program.spans.get(it));
        let name = span.map_or_else(|| "a span".to_owned(), |it| it.title());
        let finding = found
            .add(site.at.place, format!("{} inside {name} is swallowed and not recorded", caught(site)))
            .label("the exception ends here")
            .reason("The span looks like a success: the failure is in no trace and no alert sees it.")
            .help("record the exception on the span and set its status to error, or raise it again")
            .function(ctx.owner(&site.at))
            .certainty(span.map_or(Certainty::Certain, |it| it.certainty));
        // A log line is a trace of the failure, though not one in the trace.
        if site.logs || purpose::is_meant(ctx.program, site) || shown::is_only_shown(ctx.program, site) {
            finding.at_most(Level::Note);
        }
        if let Some(span) = span {
            finding.related(span.at.place, "the span is opened here");
        }
    }
}

fn loses_the_exception(site: &HandlerSite) -> bool {
    site.in_span && site.broad && !site.recorded && !site.expected && site.reraises == Reraises::Never
}

fn caught(site: &HandlerSite) -> String {
    match site.types.as_slice() {
        [] => "every exception".to_owned(),
        types => types.iter().map(|it| format!("`{it}`")).collect::<Vec<_>>().join(" or "),
    }
}

/// The span is that of a decorator that lets it end before the work begins: that is said, and mended first.
fn is_over_by_then(program: &Program, site: &HandlerSite) -> bool {
    let owner = program.enclosing_named(site.at.function).unwrap_or(site.at.function);
    let span = site.span.and_then(|it| program.spans.get(it));
    span.is_none_or(|it| it.style == SpanStyle::Decorator && it.owner == owner)
        && program.early_ends.iter().any(|it| it.function == owner)
}

/// A handler in a loop that says what happened gives the work another chance; the last attempt decides.
fn is_retry(program: &Program, site: &HandlerSite) -> bool {
    let facts = &program.file(site.at.place.file).facts;
    let in_loop = facts.regions_from(site.at.region).any(|(_, it)| it.kind == RegionKind::Loop);
    site.logs && in_loop
}
