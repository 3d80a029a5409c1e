//! `guard-dropped`: a guard that nobody keeps, so that its span ends where it begins.

use crate::facts::{Facts, FnId, Op, OpKind, RegionId, Value};
use crate::program::GuardSite;
use crate::rule::{Change, Context, Edit, Finding, Findings, Fix, Level, Safety, and_more};
use crate::text::{Place, Span, Symbol};

const NAME: &str = "_guard";

pub(crate) fn check(ctx: &Context<'_>, found: &mut Findings) {
    for guard in ctx.program.guards.iter().filter(|it| it.dropped) {
        let is_event = stands_for_an_event(ctx, guard);
        found
            .add(guard.at.place, format!("the guard of `{}` is dropped at once", guard.call))
            .label("the span ends on this line")
            .reason(
                "The work that follows runs outside of the span, which lasts no time and has nothing in it.",
            )
            .help(is_event.unwrap_or("give the guard a name, as in `let _guard = span.enter();`"))
            .fix(fix(ctx, guard))
            .function(ctx.owner(&guard.at))
            .at_most(if is_event.is_some() { Level::Warning } else { Level::Error });
    }
    // Who writes events in this way does so all over a function.
    let is_event = |it: &Finding| it.most < Level::Error;
    let key = |it: &Finding| it.function.filter(|_| is_event(it));
    found.fold_by(ctx, key, and_more, "this one is, too");
}

/// `let _ = debug_span!("removed", id).entered();`: made in the same breath, where nothing follows that it could be open around, or what
/// follows waits, so that no guard may be kept there. What to do instead.
fn stands_for_an_event(ctx: &Context<'_>, guard: &GuardSite) -> Option<&'static str> {
    let (facts, local) = ctx.program.facts_of(guard.at.function);
    let span = guard.at.place.span;
    let is_made_here = facts.ops_of(local).any(|(_, it)| match it.kind {
        OpKind::Call { callee, .. } if it.span == span => {
            matches!(facts.value(callee), Value::Member { of, .. } if matches!(facts.value(*of), Value::Call(_)))
        }
        _ => false,
    });
    let rest = || {
        let after = facts.ops_of(local).map(|(_, it)| it).filter(|it| it.span.start >= span.end);
        after.filter(|it| is_inside(facts, it.region, guard.at.region))
    };
    let has = |wanted: fn(&OpKind) -> bool| rest().any(|it| wanted(&it.kind));
    if !is_made_here {
        None
    } else if has(|it| matches!(it, OpKind::Await(_))) {
        Some("use an event, as in `debug!(..)`, or give what waits the span with `.instrument(span)`")
    } else if !has(|it| matches!(it, OpKind::Call { .. })) {
        Some("use an event, as in `debug!(..)`: nothing follows that the span could be open around")
    } else {
        None
    }
}

/// Keeps the guard to the end of its block, where something happens in the rest of it and nothing waits there. What borrows the span
/// may not compile any more.
fn fix(ctx: &Context<'_>, guard: &GuardSite) -> Option<Fix> {
    let (facts, local) = ctx.program.facts_of(guard.at.function);
    let span = guard.at.place.span;
    let after = span.end;
    let rest = || facts.ops_of(local).map(|(_, it)| it).filter(|it| it.span.start >= after);
    let goes_on = rest().any(|it| is_inside(facts, it.region, guard.at.region));
    let waits = rest().any(|it| matches!(it.kind, OpKind::Await(_)));
    let (_, call) =
        facts.ops_of(local).find(|(_, it)| it.span == span && matches!(it.kind, OpKind::Call { .. }))?;
    let place = Place { span: Span { start: beginning(facts, call), end: after }, ..guard.at.place };
    (goes_on && !waits && !is_taken(facts, local)).then(|| Fix {
        safety: Safety::Unsafe,
        title: format!("keep the guard as `{NAME}`"),
        edits: vec![Edit { place, change: Change::Keep(NAME) }],
    })
}

/// Where the expression begins that ends in this call: `a.b(c).d()` at `a`.
fn beginning(facts: &Facts, call: &Op) -> u32 {
    let start = call.span.start;
    let OpKind::Call { callee, .. } = call.kind else { return start };
    let Value::Member { of, .. } = *facts.value(callee) else { return start };
    let before = match *facts.value(of) {
        Value::Call(op) => beginning(facts, facts.op(op)),
        _ => facts.value_span(of).start,
    };
    start.min(before)
}

fn is_inside(facts: &Facts, region: RegionId, of: RegionId) -> bool {
    facts.regions_from(region).any(|(it, _)| it == of)
}

fn is_taken(facts: &Facts, function: FnId) -> bool {
    !facts.bindings_of(function, Symbol::new(NAME)).is_empty()
}
