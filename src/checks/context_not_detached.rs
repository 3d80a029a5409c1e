//! `context-not-detached`: a context is attached, and not taken off again on every path.

use std::collections::BTreeSet;

use crate::measure::counts;
use crate::program::{Detached, EntryKind, FuncId, Mechanism, Program};
use crate::rule::{Context, Findings, Level};

pub(crate) fn check(ctx: &Context<'_>, found: &mut Findings) {
    let program = ctx.program;
    for site in &program.attached {
        let function = ctx.owner(&site.at);
        if program.function(site.at.function).test || is_for_good(program, site.at.function, 0) {
            continue;
        }
        let (message, leaves) = match site.detached {
            Detached::Never => ("the context that is attached here is never detached", None),
            Detached::Sometimes(place) => {
                ("the context that is attached here stays on some path", Some(place))
            }
            Detached::UnlessFails(place) => {
                ("the context that is attached here stays when something fails", Some(place))
            }
        };
        let finding = found
            .add(site.at.place, message)
            .label("attached here")
            .reason("It stays current: what runs here next has a parent and baggage that are not its own.")
            .help("keep the token and `detach` it in `finally`")
            .function(function)
            .certainty(site.certainty);
        if let Some(place) = leaves {
            finding.related(place, "when the function is left here, the context stays");
        }
        let is_forgotten = match site.detached {
            Detached::Never => serves_one_after_the_other(program, site.at.function),
            Detached::Sometimes(_) => !is_in_a_task(program, site.at.function),
            Detached::UnlessFails(_) => false,
        };
        if !is_forgotten || !counts(program, site.at.function) {
            finding.at_most(Level::Note);
        }
    }
}

/// What is entered once has nothing after it: a program, a thread of its own, what runs as a module is loaded.
fn is_for_good(program: &Program, function: FuncId, depth: u32) -> bool {
    let it = program.function(function);
    let (facts, local) = program.facts_of(function);
    let begins_a_thread =
        || program.handoffs.iter().any(|it| it.mechanism == Mechanism::Thread && it.work == Some(function));
    facts.function(local).parent.is_none()
        || matches!(it.entry_point.map(|it| it.kind), Some(EntryKind::Main | EntryKind::Cli))
        || begins_a_thread()
        || depth < DEEPEST
            && it.entry_point.is_none()
            && !it.callers.is_empty()
            && it.callers.iter().all(|it| is_for_good(program, *it, depth + 1))
}

/// Longer ways are not followed.
const DEEPEST: u32 = 4;

/// What is attached stays for the next request only where a thread serves one after the other; elsewhere it may be meant for all that
/// comes, as the name of a session is.
fn serves_one_after_the_other(program: &Program, function: FuncId) -> bool {
    let is_in_a_pool = |function: FuncId| {
        program.handoffs.iter().any(|it| it.mechanism == Mechanism::Executor && it.work == Some(function))
    };
    let mut seen = BTreeSet::from([function]);
    let mut ways = vec![function];
    for _ in 0..=DEEPEST {
        ways.retain(|it| !is_in_a_task(program, *it));
        let mut entries = ways.iter().filter_map(|it| program.function(*it).entry_point);
        if entries.any(|it| !matches!(it.kind, EntryKind::Main | EntryKind::Cli))
            || ways.iter().any(|it| is_in_a_pool(*it))
        {
            return true;
        }
        let callers = ways.iter().flat_map(|it| &program.function(*it).callers);
        ways = callers.copied().filter(|it| seen.insert(*it)).collect();
    }
    false
}

/// A coroutine has a context of its own, which ends with its task.
fn is_in_a_task(program: &Program, function: FuncId) -> bool {
    let (facts, local) = program.facts_of(function);
    facts.function(local).is_async
}
