//! `swallowed-error`: inside a span, an error is dropped without a word.

use crate::facts::{Facts, OpKind, RegionKind, Value};
use crate::measure::counts;
use crate::program::{At, HandlerSite, Program, Reraises};
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

/// Nothing happens in it: no call, no value, no way out.
fn is_empty(program: &Program, site: &HandlerSite) -> bool {
    let facts = &program.file(site.at.place.file).facts;
    if !site.in_span || !site.broad || site.recorded || site.logs || site.reraises != Reraises::Never {
        return false;
    }
    let function = facts.region(site.at.region).function;
    let quiet = facts
        .ops_of(function)
        .filter(|(_, op)| facts.regions_from(op.region).any(|(it, _)| it == site.at.region))
        // What a pattern takes apart is no use of it; what is kept in a variable is.
        .all(|(_, op)| match op.kind {
            OpKind::Bind { value, .. } => matches!(facts.value(value), Value::Part(..) | Value::Opaque),
            _ => false,
        });
    quiet && is_discarded_arm(facts, site)
}

/// An arm that gives a value is an answer: only the arms of a statement are looked at.
fn is_discarded_arm(facts: &Facts, site: &HandlerSite) -> bool {
    let RegionKind::Handler { of, .. } = facts.region(site.at.region).kind else { return false };
    let gives = facts.ops_of(facts.region(of).function).any(|(_, op)| match op.kind {
        OpKind::Bind { value, .. } => {
            matches!(facts.value(value), Value::Either(_))
                && op.region == facts.region(of).parent.unwrap_or(of)
        }
        _ => false,
    });
    !gives
}
