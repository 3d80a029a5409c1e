//! `context-lost-task`: a task that opens spans is spawned without the span of here.

mod lasting;
mod quiet;
mod waits;

use std::collections::BTreeSet;

use crate::facts::{OpKind, Value};
use crate::program::{FuncId, HandoffSite, Mechanism, Program, Reach};
use crate::rule::{Context, Finding, Findings, Level};
use crate::text::Symbol;

pub(crate) fn check(ctx: &Context<'_>, found: &mut Findings) {
    let mut told = BTreeSet::new();
    for site in lost(ctx.program, &[Mechanism::Task]) {
        // One that is a note by itself does not speak for the others.
        let is_minor =
            is_for_later(ctx, site) || is_minor(ctx.program, site) || !is_first(ctx, site, &mut told);
        found
            .add(site.at.place, format!("`{}` leaves the span behind", site.call))
            .label("the task begins a trace of its own")
            .reason("What the task opens is in another trace than the request that started it.")
            .help("spawn `work.in_current_span()`, or `work.instrument(span)` with a span for the task")
            .function(ctx.owner(&site.at))
            .at_most(if is_minor { Level::Note } else { Level::Error });
    }
    // What one function hands over in the same way is mended in one go.
    let key = |it: &Finding| it.function.map(|function| (function, it.message.clone()));
    let said = |count| format!("; so {} {count} more beside it", if count == 1 { "does" } else { "do" });
    found.fold_by(ctx, key, said, "this one does, too");
}

/// Nobody waits for the work where it was handed over, so that it may well be no part of what goes on there, or it is a server; or where
/// nobody asks for more than the usual, there is no span to lose, or none in the work.
pub(super) fn is_minor(program: &Program, site: &HandoffSite) -> bool {
    !waits::is_waited_for(program, site)
        || quiet::is_quiet(program, site)
        || site.work.is_some_and(|it| lasting::serves(program, it))
}

/// A function of the project that hands over what it is given is mended once, for all of its callers.
fn is_first(ctx: &Context<'_>, site: &HandoffSite, told: &mut BTreeSet<(Symbol, u32)>) -> bool {
    let is_own = !site.call.as_str().contains('.');
    let is_test = ctx.program.file(site.at.place.file).test;
    // What stands in several files under one name can be several functions.
    !is_own || is_test || told.insert((site.call, site.at.place.file.0))
}

/// `schedule_build`, `refresh_in_background`: what is started there belongs to nobody's request, by its name.
fn is_for_later(ctx: &Context<'_>, site: &HandoffSite) -> bool {
    const LATER: [&str; 5] = ["schedule", "background", "detached", "daemon", "deferred"];
    has_word(ctx.program, ctx.owner(&site.at), &LATER)
        || site.work.is_some_and(|it| {
            begins_with_sleep(ctx.program, it) || lasting::hands_down_its_end(ctx.program, it)
        })
}

/// `spawn(async move { sleep(limit).await; self.forget(key) })`: a timer that outlives who set it.
fn begins_with_sleep(program: &Program, work: FuncId) -> bool {
    let (facts, local) = program.facts_of(work);
    let first = facts.ops_of(local).find_map(|(_, op)| match op.kind {
        OpKind::Await(value) => Some(facts.value(value)),
        _ => None,
    });
    let Some(Value::Call(call)) = first else { return false };
    let OpKind::Call { callee, .. } = facts.op(*call).kind else { return false };
    let (Value::Name(name) | Value::Member { name, .. }) = facts.value(callee) else { return false };
    matches!(name.as_str(), "sleep" | "sleep_until" | "delay_for")
}

/// Work that opens spans and goes from inside a span to where no span is current.
pub(super) fn lost<'a>(program: &'a Program, by: &[Mechanism]) -> impl Iterator<Item = &'a HandoffSite> {
    program.handoffs.iter().filter(move |it| {
        let owner = program.enclosing_named(it.at.function).unwrap_or(it.at.function);
        let inside = it.in_span
            || program.function(owner).reach == Reach::Covered && !program.function(owner).direct_span;
        by.contains(&it.mechanism)
            && !it.propagates
            && it.traced
            && !it.only_makes
            && inside
            && !is_lost_before(program, it)
            && !it.work.is_some_and(|work| lasting::lives_on(program, work))
    })
}

/// It stands in what is handed over itself, without the span: there is none to lose any more.
fn is_lost_before(program: &Program, site: &HandoffSite) -> bool {
    let file = program.function(site.at.function).file;
    let facts = &program.file(file).facts;
    let closures = std::iter::successors(Some(site.at.function), |it| {
        let (_, local) = program.facts_of(*it);
        facts.function(local).parent.map(|it| program.global(file, it))
    });
    let lost = |it: FuncId| program.handoffs.iter().any(|other| other.work == Some(it) && !other.propagates);
    let opens = |it: FuncId| program.spans.iter().any(|span| span.at.function == it);
    let mut inside = closures.take_while(|it| !program.function(*it).named);
    inside.find_map(|it| if opens(it) { Some(false) } else { lost(it).then_some(true) }) == Some(true)
}

/// Whether one of the words of a function's own name is among these.
fn has_word(program: &Program, function: FuncId, words: &[&str]) -> bool {
    program.function(function).own_name().split('_').any(|it| words.contains(&it))
}
