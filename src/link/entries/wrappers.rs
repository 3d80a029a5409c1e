//! What stands around an endpoint: `Route("/orders", guarded(orders))` is entered for the sake of `orders`.

use super::handlers;
use crate::facts::{OpKind, RegionKind, Spread, Value, ValueId};
use crate::link::eval::{Eval, Scope};
use crate::link::things::Site;
use crate::link::world::World;
use crate::program::FuncId;
use crate::text::Symbol;

/// A function that hands what it is given to a callable that the function around it was given, and opens nothing.
pub(super) fn is_wrapper(world: &World<'_>, function: FuncId) -> bool {
    let (file, local) = world.local(function);
    let facts = world.facts(file);
    let Some(outer) = facts.function(local).parent else { return false };
    let callables: Vec<Symbol> = facts.params(outer).iter().map(|it| it.name).collect();
    let own = world.params(function);
    if facts.lexical || callables.is_empty() || own.is_empty() {
        return false;
    }
    let is_own =
        |it: ValueId| matches!(facts.value(it), Value::Name(name) if own.iter().any(|own| own.name == *name));
    let hands_on = world.ops(function).any(|(site, op)| match op.kind {
        OpKind::Call { callee, .. } => {
            matches!(facts.value(callee), Value::Name(name) if callables.contains(name))
                && !is_own(callee)
                && world.call_args(site).iter().any(|it| it.spread != Spread::No || is_own(it.value))
        }
        _ => false,
    });
    let is_scope =
        |it: &crate::facts::Region| it.function == local && matches!(it.kind, RegionKind::With { .. });
    hands_on && !facts.regions.iter().any(is_scope)
}

/// The endpoints that the wrapper was made for.
pub(super) fn behind(
    world: &World<'_>,
    eval: &mut Eval<'_, '_>,
    value: ValueId,
    scope: Scope,
) -> Vec<FuncId> {
    let Value::Call(op) = *world.facts(scope.file).value(value) else { return Vec::new() };
    let args = world.call_args(Site { file: scope.file, op });
    args.iter().flat_map(|it| handlers(world, eval, it.value, scope)).collect()
}
