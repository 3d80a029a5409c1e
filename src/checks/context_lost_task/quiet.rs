//! Spans below `info`: where nobody asks for more, there is nothing to be torn apart.

use std::collections::BTreeSet;

use super::lasting;
use crate::facts::RegionId;
use crate::program::{Activation, At, FuncId, HandoffSite, Program, SpanSite};

/// All spans of the work are below `info`, or all that are open where it is handed over, or those last as long as a connection.
pub(in crate::checks) fn is_quiet(program: &Program, site: &HandoffSite) -> bool {
    is_quiet_inside(program, site) || is_quiet_around(program, site)
}

fn is_quiet_inside(program: &Program, site: &HandoffSite) -> bool {
    let Some(work) = site.work else { return false };
    let inside = spread(work, |it| program.function(it).callees.clone());
    let spans = program.spans.iter().filter(|it| inside.contains(&it.at.function));
    inside.len() < MOST_LOOKED_AT && are_low(spans)
}

/// The spans of the function itself; where it has none, those of its callers.
fn is_quiet_around(program: &Program, site: &HandoffSite) -> bool {
    let named = |it: FuncId| program.enclosing_named(it).unwrap_or(it);
    // What stands in the work itself is not around it.
    let is_work = |span: &SpanSite| site.work.is_some_and(|it| span.at.function == it || span.owner == it);
    let is_of =
        |span: &SpanSite, it: FuncId| (named(span.at.function) == it || span.owner == it) && !is_work(span);
    let has_own = |it: FuncId| program.spans.iter().any(|span| is_of(span, it));
    let around = spread(named(site.at.function), |it| match has_own(it) {
        true => Vec::new(),
        false => program.function(it).callers.iter().map(|it| named(*it)).collect(),
    });
    let spans = || program.spans.iter().filter(|span| around.iter().any(|it| is_of(span, *it)));
    let mut lasting = spans().peekable();
    around.len() < MOST_AROUND
        && (are_low(spans())
            || (lasting.peek().is_some() && lasting.all(|it| is_around_a_loop(program, it, site))))
}

/// The span is as long as a connection or as the program: nobody's request is joined by it, and a trace of it would have no end.
fn is_around_a_loop(program: &Program, span: &SpanSite, site: &HandoffSite) -> bool {
    let (facts, local) = program.facts_of(span.at.function);
    let file = program.function(span.at.function).file;
    let mut blocks = facts.closures_inside(local).map(|it| program.global(file, it));
    let mut is_lasting = || {
        blocks.any(|it| lasting::is_endless(program, it))
            || lasting::endless_loops(program, span.owner).any(|it| !is_within(program, &span.at, it))
    };
    span.activated == Activation::Instrument && is_lasting() || is_before_loop(program, span, site)
}

/// The work is handed over in every turn of a loop that goes on as long as there is more to do, and the span was there before it.
fn is_before_loop(program: &Program, span: &SpanSite, site: &HandoffSite) -> bool {
    let mut loops = lasting::endless_loops(program, site.at.function);
    span.owner == site.at.function
        && loops.any(|it| is_within(program, &site.at, it) && !is_within(program, &span.at, it))
}

fn is_within(program: &Program, at: &At, region: RegionId) -> bool {
    let (facts, _) = program.facts_of(at.function);
    facts.regions_from(at.region).any(|(it, _)| it == region)
}

fn are_low<'a>(spans: impl Iterator<Item = &'a SpanSite>) -> bool {
    let mut spans = spans.peekable();
    spans.peek().is_some()
        && spans.all(|it| it.level.is_some_and(|it| matches!(it.as_str(), "debug" | "trace")))
}

/// A function and whatever it leads to, as far as anybody looks.
fn spread(first: FuncId, next: impl Fn(FuncId) -> Vec<FuncId>) -> BTreeSet<FuncId> {
    let mut found = BTreeSet::from([first]);
    let mut due = vec![first];
    while let Some(it) = due.pop()
        && found.len() < MOST_LOOKED_AT
    {
        due.extend(next(it).into_iter().filter(|it| found.insert(*it)));
    }
    found
}

/// Work that leads to more functions than these opens spans of all kinds.
const MOST_LOOKED_AT: usize = 400;

/// A function that is called from more places than these is called in spans of all kinds.
const MOST_AROUND: usize = 12;
