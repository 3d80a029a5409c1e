//! `swallowed-error`: inside a span, an error is dropped without a word.

use crate::facts::RegionKind;
use crate::measure::counts;
use crate::program::{At, HandlerSite, Program};
use crate::rule::{Context, Findings};
use crate::text::Place;

pub(crate) fn check(ctx: &Context<'_>, found: &mut Findings) {
    for site in ctx.program.handlers.iter().filter(|it| is_empty(ctx.program, it)) {
        tell(ctx, found, &site.at, "this arm drops every error");
    }
    for site in &ctx.program.drops {
        tell(ctx, found, site, "the error is dropped");
    }
}

fn tell(ctx: &Context<'_>, found: &mut Findings, at: &At, what: &str) {
    if !counts(ctx.program, at.function) {
        return;
    }
    found
        .add(Place { ..at.place }, format!("{what} inside a span, and nothing is said of it"))
        .label("the error ends here")
        .reason("The span looks like a success: the failure is in no trace and in no log.")
        .help("log the error, or give it to the caller")
        .function(ctx.owner(at));
}

/// Nothing stands in it: no call, no value, no way out, no reason.
fn is_empty(program: &Program, site: &HandlerSite) -> bool {
    let facts = &program.file(site.at.place.file).facts;
    let is_bare = matches!(facts.region(site.at.region).kind, RegionKind::Handler { bare: true, .. });
    is_bare && site.in_span && !site.expected
}
