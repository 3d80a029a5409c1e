//! Work that goes on as long as the program does: it is nobody's request, and should begin traces of its own.

use super::has_word;
use crate::facts::{BindingKind, Facts, FnId, FunctionKind, OpKind, RegionId, RegionKind, Value, ValueId};
use crate::program::{FuncId, Program};
use crate::text::Symbol;

/// A loop that waits, in the work itself or in what it runs: `spawn(async move { self.run_worker().await })`.
pub(super) fn lives_on(program: &Program, work: FuncId) -> bool {
    const LASTING: [&str; 8] = ["run", "loop", "watch", "listen", "serve", "worker", "monitor", "heartbeat"];
    let lasts = |it: &FuncId| {
        (has_word(program, *it, &LASTING) && waits_in_a_loop(program, *it))
            || is_endless(program, *it)
            || polls(program, *it)
    };
    waits_in_a_loop(program, work) || polls(program, work) || program.function(work).callees.iter().any(lasts)
}

/// The work gives what it runs a future that ends with the program, or with a service of it: `feed.supervise(stop.notified())`. Whoever
/// takes such a thing goes on until then. A token is no sign of that: work of a request is given one, too.
pub(super) fn hands_down_its_end(program: &Program, work: FuncId) -> bool {
    std::iter::once(work).chain(program.function(work).callees.iter().copied()).any(|it| {
        let (facts, local) = program.facts_of(it);
        let functions = std::iter::once(local).chain(facts.closures_inside(local));
        facts.lexical && functions.into_iter().any(|it| gives_a_stop_signal(facts, it))
    })
}

/// The work is a server of a library, or calls a function that is: `spawn(async move { start(listener, app).await })`, where `start`
/// awaits `axum::serve(listener, app)`. Each request begins a trace of its own there.
pub(super) fn serves(program: &Program, work: FuncId) -> bool {
    std::iter::once(work).chain(program.function(work).callees.iter().copied()).any(|it| {
        let (facts, local) = program.facts_of(it);
        // What comes after the server is done when the program ends.
        facts.lexical
            && facts.ops_of(local).any(|(_, op)| match op.kind {
                OpKind::Await(value) => is_server(program, it, value),
                _ => false,
            })
    })
}

/// A function of the program that has the name of a server is told by what it does.
fn is_server(program: &Program, function: FuncId, value: ValueId) -> bool {
    const SERVERS: [&str; 4] =
        ["serve", "serve_with_shutdown", "serve_with_incoming", "serve_with_incoming_shutdown"];
    let (facts, local) = program.facts_of(function);
    let callees = &program.function(function).callees;
    let links = links(facts, local, value);
    let has = |name: &str| {
        links.iter().any(|it| it.as_str() == name)
            && !callees.iter().any(|it| program.function(*it).own_name() == name)
    };
    SERVERS.into_iter().any(has) || has("HttpServer") && has("run")
}

/// The names in a chain of calls: `axum::serve(..).with_graceful_shutdown(..)`, `HttpServer::new(..).run()`, or a variable that is one.
fn links(facts: &Facts, function: FnId, value: ValueId) -> Vec<Symbol> {
    const LONGEST: usize = 24;
    let next = |it: &ValueId| match *facts.value(*it) {
        Value::Call(op) => match facts.op(op).kind {
            OpKind::Call { callee, .. } => Some(callee),
            _ => None,
        },
        Value::Member { of, .. } => Some(of),
        Value::Name(name) => facts.bindings_of(function, name).iter().find_map(|it| match it.kind {
            BindingKind::Value(inner) => Some(inner),
            _ => None,
        }),
        _ => None,
    };
    let chain = std::iter::successors(Some(value), next).take(LONGEST);
    chain
        .filter_map(|it| match *facts.value(it) {
            Value::Name(name) | Value::Head(name) | Value::Member { name, .. } => Some(name),
            _ => None,
        })
        .collect()
}

fn gives_a_stop_signal(facts: &Facts, function: FnId) -> bool {
    facts.ops_of(function).any(|(_, op)| match &op.kind {
        OpKind::Call { callee, args } if !is_macro(facts, *callee) => {
            facts.args(args).iter().any(|it| is_stop_signal(facts, function, it.value))
        }
        _ => false,
    })
}

/// `select!` and `pin!` are given futures to wait for them right here.
fn is_macro(facts: &Facts, callee: ValueId) -> bool {
    let (Value::Name(name) | Value::Head(name) | Value::Member { name, .. }) = facts.value(callee) else {
        return false;
    };
    name.as_str().ends_with('!')
}

/// `stop.notified()`, `token.cancelled()`, or a variable that is such a future.
fn is_stop_signal(facts: &Facts, function: FnId, value: ValueId) -> bool {
    match *facts.value(value) {
        Value::Call(op) => match facts.op(op).kind {
            OpKind::Call { callee, .. } => matches!(
                facts.value(callee),
                Value::Member { name, .. }
                    if matches!(name.as_str(), "notified" | "notified_owned" | "cancelled" | "cancelled_owned")
            ),
            _ => false,
        },
        Value::Name(name) => facts.bindings_of(function, name).iter().any(|it| match it.kind {
            BindingKind::Value(inner) => {
                matches!(facts.value(inner), Value::Call(_)) && is_stop_signal(facts, function, inner)
            }
            _ => false,
        }),
        _ => false,
    }
}

fn waits_in_a_loop(program: &Program, work: FuncId) -> bool {
    let (facts, local) = program.facts_of(work);
    // What waits can stand in a block of its own: `runtime.block_on(async move { while let Some(it) = queue.recv().await {} })`.
    let functions = std::iter::once(local).chain(facts.closures_inside(local));
    functions.flat_map(|it| awaited_in_loops(facts, it)).next().is_some()
}

/// What is awaited in loops, and in which.
fn awaited_in_loops(facts: &Facts, function: FnId) -> impl Iterator<Item = (ValueId, RegionId)> {
    facts.ops_of(function).filter_map(|(_, op)| match op.kind {
        OpKind::Await(value) => {
            let around = facts.regions_from(op.region).find(|(_, it)| it.kind == RegionKind::Loop);
            around.map(|(it, _)| (value, it))
        }
        _ => None,
    })
}

/// A loop that waits for the clock or for more to do, or that nothing leaves. One over a list ends with that.
pub(super) fn is_endless(program: &Program, function: FuncId) -> bool {
    endless_loops(program, function).next().is_some()
}

pub(super) fn endless_loops(program: &Program, function: FuncId) -> impl Iterator<Item = RegionId> {
    let (facts, local) = program.facts_of(function);
    let is_left = move |region: RegionId| {
        facts.ops_of(local).any(|(_, op)| {
            matches!(op.kind, OpKind::Jump | OpKind::Return(_) | OpKind::Propagate(_) | OpKind::Raise(_))
                && facts.regions_from(op.region).any(|(it, _)| it == region)
        })
    };
    let is_endless = move |value: ValueId, region: RegionId| {
        !is_over_a_list(facts, region)
            && (waits_for_more(facts, local, value)
                || (is_without_condition(facts, region) && !is_left(region)))
    };
    awaited_in_loops(facts, local)
        .filter(move |(value, region)| facts.lexical && is_endless(*value, *region))
        .map(|(_, region)| region)
}

/// A loop without `.await` that waits for the clock, for a signal or for more to do: `while !stop.wait_timeout(limit) { .. }`. One that
/// gives something back waits for that.
fn polls(program: &Program, function: FuncId) -> bool {
    let (facts, local) = program.facts_of(function);
    let gives = |region: RegionId| {
        facts.ops_of(local).any(|(_, op)| {
            matches!(op.kind, OpKind::Return(Some(it)) if gives_something(facts, it))
                && facts.regions_from(op.region).any(|(it, _)| it == region)
        })
    };
    let mut calls = facts.ops_of(local).filter_map(|(_, op)| match op.kind {
        OpKind::Call { callee, .. } => {
            let around = facts.regions_from(op.region).find(|(_, it)| it.kind == RegionKind::Loop);
            around.map(|(it, _)| (callee, it))
        }
        _ => None,
    });
    facts.lexical
        && !facts.function(local).is_async
        && calls.any(|(callee, region)| {
            blocks_for_more(facts, local, callee) && !is_over_a_list(facts, region) && !gives(region)
        })
}

/// `return Ok(())` only ends the loop.
fn gives_something(facts: &Facts, value: ValueId) -> bool {
    match facts.value(value) {
        Value::Call(op) => match &facts.op(*op).kind {
            OpKind::Call { args, .. } => facts.args(args).iter().any(|it| gives_something(facts, it.value)),
            _ => true,
        },
        Value::Sequence(run) => !run.is_empty(),
        Value::None => false,
        _ => true,
    }
}

/// `rx.recv_timeout(limit)`, `signal.wait()`, `self.wait_for_abort(limit)`, `thread::sleep(limit)`.
fn blocks_for_more(facts: &Facts, function: FnId, callee: ValueId) -> bool {
    let (name, of) = match *facts.value(callee) {
        Value::Member { of, name } => (name, Some(of)),
        Value::Name(name) => (name, None),
        _ => return false,
    };
    match name.as_str() {
        "sleep" | "park" | "park_timeout" | "recv_timeout" | "recv_deadline" | "wait_timeout" => true,
        name if matches!(name, "recv" | "wait") || name.starts_with("wait_") => {
            of.is_some_and(|it| !is_of_these(facts, function, it))
        }
        _ => false,
    }
}

/// Made by the function itself, or by the one around the closure that it is: then it comes to its end.
fn is_of_these(facts: &Facts, function: FnId, value: ValueId) -> bool {
    let around = std::iter::successors(Some(function), |it| match facts.function(*it).kind {
        FunctionKind::Closure => facts.function(*it).parent,
        _ => None,
    });
    around.into_iter().any(|it| is_made_here(facts, it, value))
}

fn is_over_a_list(facts: &Facts, region: RegionId) -> bool {
    let start = facts.region(region).span.start;
    let mut values = facts.values.iter().zip(&facts.value_spans);
    values.any(|(value, at)| at.start == start && matches!(value, Value::Element(_)))
}

/// `timer.tick().await`, `self.queue.recv().await`. What the function has made itself it also fills, and comes to its end.
fn waits_for_more(facts: &Facts, function: FnId, value: ValueId) -> bool {
    let Value::Call(op) = facts.value(value) else { return false };
    let OpKind::Call { callee, .. } = facts.op(*op).kind else { return false };
    match *facts.value(callee) {
        Value::Member { of, name } => match name.as_str() {
            "tick" | "accept" | "sleep" | "sleep_until" | "changed" | "notified" => true,
            "recv" | "recv_many" | "next" => !is_made_here(facts, function, of),
            _ => false,
        },
        Value::Name(name) => matches!(name.as_str(), "sleep" | "sleep_until"),
        _ => false,
    }
}

fn is_made_here(facts: &Facts, function: FnId, value: ValueId) -> bool {
    let Value::Name(name) = *facts.value(value) else { return false };
    facts.bindings_of(function, name).iter().any(|it| !matches!(it.kind, BindingKind::Param(_)))
}

/// `loop` has no end of its own, as `while` has: a loop is where its first word stands.
fn is_without_condition(facts: &Facts, region: RegionId) -> bool {
    let span = facts.region(region).span;
    span.end - span.start == "loop".len() as u32
}
