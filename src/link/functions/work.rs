//! What counts as work of its own in a function that speaks to telemetry: it makes something for its caller, or has something made
//! that is worth seeing. A helper does neither.

use rustc_hash::FxHashSet;

use crate::facts::{Facts, FnId, OpKind, Value, ValueId};
use crate::link::things::Site;
use crate::link::world::World;
use crate::program::FuncId;

/// Whoever puts together what it gives, out of nothing but what it was given, does work of its own. What telemetry said is no work.
pub(super) fn makes(facts: &Facts, function: FnId, given: ValueId) -> bool {
    match facts.value(given) {
        Value::Arithmetic(_) => true,
        Value::Template(run) | Value::Sequence(run) => {
            !run.is_empty() && facts.list(run).iter().all(|it| is_given(facts, function, *it, 0))
        }
        Value::Dict(run) => {
            !run.is_empty() && facts.dict(run).iter().all(|(_, it)| is_given(facts, function, *it, 0))
        }
        _ => false,
    }
}

/// A constant, or what the caller has passed: no result of a call, and no variable that may hold one.
fn is_given(facts: &Facts, function: FnId, value: ValueId, depth: u32) -> bool {
    if depth > DEEPEST {
        return false;
    }
    let all =
        |run: &crate::facts::Run| facts.list(run).iter().all(|it| is_given(facts, function, *it, depth + 1));
    match facts.value(value) {
        Value::Name(name) => facts.params(function).iter().any(|it| it.name == *name),
        Value::Member { of, .. } | Value::Item { of, .. } => is_given(facts, function, *of, depth + 1),
        Value::Template(run) | Value::Sequence(run) | Value::Arithmetic(run) => all(run),
        Value::Text(_) | Value::LongText | Value::Int | Value::Float | Value::Bool(_) => true,
        _ => false,
    }
}

const DEEPEST: u32 = 6;

/// A function that calls nothing only looks something up: the name of a kind, a field.
pub(super) fn looks_up(world: &World<'_>, function: FuncId) -> bool {
    let works = |kind: &OpKind| {
        matches!(
            kind,
            OpKind::Call { .. }
                | OpKind::SetMember { .. }
                | OpKind::SetItem { .. }
                | OpKind::Await(_)
                | OpKind::Yield(_)
                | OpKind::Raise(_)
        )
    };
    !world.is_body(function) && world.ops(function).all(|(_, op)| !works(&op.kind))
}

/// `CELL.get_or_init(|| ..)`, where what is made is telemetry.
pub(super) fn makes_once(world: &World<'_>, site: Site, helpers: &FxHashSet<FuncId>) -> bool {
    let facts = world.facts(site.file);
    let OpKind::Call { callee, args } = &facts.op(site.op).kind else { return false };
    matches!(facts.value(*callee), Value::Member { name, .. } if name.as_str() == "get_or_init")
        && facts.args(args).iter().any(|it| match facts.value(it.value) {
            Value::Closure(local) => helpers.contains(&world.func(site.file, *local)),
            _ => false,
        })
}

/// Methods that make one value of another, in languages in which everything has them; and a cell for what is made once.
pub(super) fn converts(facts: &Facts, callee: ValueId) -> bool {
    let Value::Member { of, name } = *facts.value(callee) else { return false };
    let is_cell = match facts.value(of) {
        Value::Name(name) | Value::Head(name) | Value::Member { name, .. } => {
            name.as_str().ends_with("Lock") || name.as_str().ends_with("Cell")
        }
        _ => false,
    };
    match name.as_str() {
        "new" => is_cell,
        "as_micros" | "as_millis" | "as_nanos" | "as_ref" | "as_secs" | "as_secs_f32" | "as_secs_f64"
        | "as_str" | "clone" | "elapsed" | "into" | "len" | "to_owned" | "to_string" => true,
        _ => false,
    }
}
