//! Branches of a handler that never run: they ask for another kind of exception than the one that is caught.

use crate::facts::{Facts, OpKind, RegionId, RegionKind, Value, ValueId};
use crate::text::Symbol;

/// What is caught as `BaseException` only.
const NO_EXCEPTIONS: [&str; 5] =
    ["BaseException", "KeyboardInterrupt", "SystemExit", "GeneratorExit", "CancelledError"];

/// Whether something in a handler stands where nothing comes by: under `if not isinstance(error, X)`, in `except X as error`.
pub(crate) fn never_runs(facts: &Facts, region: RegionId, handler: RegionId) -> bool {
    let RegionKind::Handler { ref types, bound: Some(bound), .. } = facts.region(handler).kind else {
        return false;
    };
    let caught: Vec<Option<Symbol>> = facts.list(types).iter().map(|it| last_name(facts, *it)).collect();
    let mut around = facts.regions_from(region).take_while(|(id, _)| *id != handler);
    around.any(|(_, it)| match it.kind {
        RegionKind::Branch { condition, negated } => {
            let asked = match (negated, facts.value(condition)) {
                (true, _) => Some(condition),
                (false, Value::Test(run)) => match facts.list(run) {
                    [denied] => Some(*denied),
                    _ => None,
                },
                _ => None,
            };
            asked.is_some_and(|it| always_holds(facts, it, bound, &caught))
        }
        _ => false,
    })
}

/// `isinstance(error, X)`, of an error that was caught as such.
fn always_holds(facts: &Facts, value: ValueId, bound: Symbol, caught: &[Option<Symbol>]) -> bool {
    let Value::Call(op) = *facts.value(value) else { return false };
    let OpKind::Call { callee, ref args } = facts.op(op).kind else { return false };
    let [of, classes] = facts.args(args) else { return false };
    let is_asked = matches!(facts.value(callee), Value::Name(name) if name.as_str() == "isinstance")
        && matches!(facts.value(of.value), Value::Name(name) if *name == bound);
    let classes: Vec<Option<Symbol>> = match facts.value(classes.value) {
        Value::Sequence(run) => facts.list(run).iter().map(|it| last_name(facts, *it)).collect(),
        _ => vec![last_name(facts, classes.value)],
    };
    let covers = |class: Symbol, it: Symbol| match class.as_str() {
        "BaseException" => true,
        "Exception" => !NO_EXCEPTIONS.contains(&it.as_str()),
        _ => class == it,
    };
    let is_one =
        |it: &Option<Symbol>| it.is_some_and(|it| classes.iter().flatten().any(|of| covers(*of, it)));
    is_asked && !caught.is_empty() && caught.iter().all(is_one)
}

fn last_name(facts: &Facts, value: ValueId) -> Option<Symbol> {
    match facts.value(value) {
        Value::Name(name) | Value::Member { name, .. } => Some(*name),
        _ => None,
    }
}
