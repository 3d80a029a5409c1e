//! What the declared type of a parameter says of it: something to do, or something else.

use super::mentions::values_in;
use crate::facts::{BindingKind, Value, ValueId};
use crate::link::eval::{Eval, Scope};
use crate::link::world::World;
use crate::program::FuncId;

/// Types of types are read this deep: `Pin<Box<dyn Future<Output = ()>>>`.
const DEEPEST: u32 = 6;

/// What is waited for or asked, but not run.
const MESSAGES: [&str; 10] =
    ["Receiver", "Rx", "Sender", "Handle", "Token", "Notify", "Notified", "Sleep", "Interval", "Child"];

/// What a parameter is, by its type.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Sort {
    /// A future or a function.
    Work,
    /// A function that is called time and again, with what it is to look at: it is asked rather than handed over.
    Callback,
    /// Nothing tells: a trait of the project, any type at all.
    Unsure,
    /// A message, or the end of something else.
    Other,
}

/// What a parameter of a function is.
pub(super) fn sort_of(world: &World<'_>, function: FuncId, param: u16) -> Sort {
    let Some(param) = world.params(function).get(usize::from(param)) else { return Sort::Other };
    let (file, local) = world.local(function);
    let facts = world.facts(file);
    let scope = Scope { file, function: local, region: facts.function(local).body, order: 0 };
    read(&mut Eval::new(world), param.annotation, scope, 0)
}

/// Whether a parameter is a future, or gives one, and not something that runs at once.
pub(super) fn is_future(world: &World<'_>, function: FuncId, param: u16) -> bool {
    let Some(param) = world.params(function).get(usize::from(param)) else { return false };
    let (file, _) = world.local(function);
    let facts = world.facts(file);
    values_in(facts, facts.value_span(param.annotation)).any(|it| match it {
        Value::Name(name) | Value::Head(name) | Value::Member { name, .. } => {
            name.as_str().ends_with("Future") || name.as_str().starts_with("Async")
        }
        _ => false,
    })
}

fn read(eval: &mut Eval<'_, '_>, ty: ValueId, scope: Scope, depth: u32) -> Sort {
    let facts = eval.world.facts(scope.file);
    let (of, inside) = match *facts.value(ty) {
        Value::Item { of, key } => (of, Some(key)),
        _ => (ty, None),
    };
    let (Value::Name(name) | Value::Head(name) | Value::Member { name, .. }) = *facts.value(of) else {
        return Sort::Unsure;
    };
    let text = name.as_str();
    if is_work(text) {
        let takes_something = inside.is_some_and(|it| matches!(facts.value(it), Value::Sequence(_)));
        return if takes_something && !text.ends_with("Once") { Sort::Callback } else { Sort::Work };
    }
    if MESSAGES.iter().any(|it| text.ends_with(it)) {
        return Sort::Other;
    }
    if depth >= DEEPEST {
        return Sort::Unsure;
    }
    // `Box<dyn FnOnce()>`, `Pin<Box<F>>`: what is in it counts.
    if matches!(text, "Box" | "Pin" | "Arc" | "Rc" | "Option" | "Instrumented" | "AssertUnwindSafe") {
        return inside.map_or(Sort::Unsure, |it| read(eval, first(eval, it, scope), scope, depth + 1));
    }
    alias(eval, of, scope).map_or(Sort::Unsure, |(inner, scope)| read(eval, inner, scope, depth + 1))
}

fn first(eval: &Eval<'_, '_>, key: ValueId, scope: Scope) -> ValueId {
    let facts = eval.world.facts(scope.file);
    match facts.value(key) {
        Value::Sequence(run) => facts.list(run).first().copied().unwrap_or(key),
        _ => key,
    }
}

fn is_work(name: &str) -> bool {
    let is_function = matches!(name, "Fn" | "FnMut" | "FnOnce" | "AsyncFn" | "AsyncFnMut" | "AsyncFnOnce");
    is_function || name.ends_with("Future")
}

/// `type Task = Box<dyn FnOnce()>`: the type that another name is for.
fn alias(eval: &mut Eval<'_, '_>, of: ValueId, scope: Scope) -> Option<(ValueId, Scope)> {
    let (Value::Name(name) | Value::Head(name)) = *eval.world.facts(scope.file).value(of) else {
        return None;
    };
    let (file, binding) = eval.single_binding(name, scope)?;
    let BindingKind::Value(inner) = binding.kind else { return None };
    Some((inner, Scope { file, function: binding.from, region: binding.region, order: binding.order }))
}
