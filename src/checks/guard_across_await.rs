//! `guard-across-await`: a span is entered while its task waits.

use crate::facts::{Facts, OpId, OpKind, Value, ValueId};
use crate::program::{FuncId, GuardSite, Program};
use crate::rule::{Context, Findings, Level};
use crate::text::Symbol;

pub(crate) fn check(ctx: &Context<'_>, found: &mut Findings) {
    for guard in &ctx.program.guards {
        let Some(awaited) = guard.across_await else { continue };
        let finding =
            found.add(guard.at.place, format!("the guard of `{}` is alive at an `.await`", guard.call));
        finding
            .label("entered here")
            .reason("While the task waits, other tasks of its thread run inside of this span, and its own work may go on outside of it.")
            .help("run the future in the span with `.instrument(span)`, or drop the guard before it waits")
            .function(ctx.owner(&guard.at));
        finding.related(awaited, "the task waits here");
        if is_of_all(ctx.program, guard) {
            finding.reason(ALONE).at_most(Level::Note);
        }
    }
}

const ALONE: &str =
    "No other task runs on the thread of this one, as long as it is what the program begins with.";

/// Taken at the head of what a program begins with, it is the span of the whole: further down it is meant for a part and stays too long.
fn is_of_all(program: &Program, guard: &GuardSite) -> bool {
    let (facts, local) = program.facts_of(guard.at.function);
    let waits_before = facts
        .ops_of(local)
        .any(|(_, op)| matches!(op.kind, OpKind::Await(_)) && op.span.end <= guard.at.place.span.start);
    !waits_before && is_alone(program, guard.at.function, 0)
}

/// Where a program begins, its first task has a thread of its own if there is more than one; so has what a thread blocks on.
fn is_alone(program: &Program, function: FuncId, depth: u32) -> bool {
    let it = program.function(function);
    if let Some(entry) = it.entry_point {
        let (facts, local) = program.facts_of(function);
        return entry.alone && !asks_for_one_thread(facts, facts.list(&facts.function(local).decorators));
    }
    depth < DEEPEST
        && !it.callers.is_empty()
        && it.callers.iter().all(|it| runs_alone(program, *it, function, depth))
}

/// Longer ways to where a program begins are not followed.
const DEEPEST: u32 = 3;

/// The caller awaits it and is alone itself, or blocks its thread until it is done.
fn runs_alone(program: &Program, caller: FuncId, function: FuncId, depth: u32) -> bool {
    let (facts, local) = program.facts_of(caller);
    let name = program.function(function).own_name();
    let calls: Vec<OpId> = facts
        .ops_of(local)
        .filter(|(_, op)| matches!(op.kind, OpKind::Call { callee, .. } if named(facts, callee).is_some_and(|it| it.as_str() == name)))
        .map(|(id, _)| id)
        .collect();
    let is_call = |value: ValueId| matches!(facts.value(value), Value::Call(op) if calls.contains(op));
    let mut blocks = false;
    let mut awaits = false;
    for (_, op) in facts.ops_of(local) {
        match &op.kind {
            OpKind::Call { callee, args } => match named(facts, *callee).map(Symbol::as_str) {
                Some("block_on") => blocks |= facts.args(args).iter().any(|it| is_call(it.value)),
                // One thread for all of them.
                Some("new_current_thread") => return false,
                _ => {}
            },
            OpKind::Await(value) => awaits |= is_call(*value),
            _ => {}
        }
    }
    blocks || awaits && is_alone(program, caller, depth + 1)
}

fn asks_for_one_thread(facts: &Facts, attributes: &[ValueId]) -> bool {
    attributes.iter().any(|it| {
        let Value::Call(op) = *facts.value(*it) else { return false };
        let OpKind::Call { args, .. } = &facts.op(op).kind else { return false };
        let is_one = |value| matches!(facts.value(value), Value::Text(it) if it.as_str() == "current_thread");
        facts.args(args).iter().any(|it| is_one(it.value))
    })
}

fn named(facts: &Facts, callee: ValueId) -> Option<Symbol> {
    match *facts.value(callee) {
        Value::Name(name) | Value::Head(name) | Value::Member { name, .. } => Some(name),
        _ => None,
    }
}
