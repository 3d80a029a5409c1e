//! Work that is handed over and waited for: it takes time of whatever span is open around who waits, wherever it runs.

use crate::facts::{Binding, BindingKind, OpKind, RegionKind, Value, ValueId};
use crate::library::Role;
use crate::link::eval::Eval;
use crate::link::rounds::Targets;
use crate::link::things::Site;
use crate::link::world::World;
use crate::text::Symbol;

/// Longer ways from what is awaited to the call that made it are given up.
const LONGEST: u32 = 4;

/// Whether the function that makes a call waits for what the call gives.
pub(crate) fn is_waited_for(
    world: &World<'_>,
    targets: &Targets,
    eval: &mut Eval<'_, '_>,
    site: Site,
) -> bool {
    let facts = world.facts(site.file);
    let names = kept_as(world, site);
    world.ops(world.runner(site)).any(|(at, it)| match it.kind {
        OpKind::Await(value) => {
            comes_from(world, eval, value, at, site)
                || (it.span.contains(facts.op(site.op).span) || !names.is_empty())
                    && gathers(world, targets, value, site, &names)
        }
        _ => false,
    }) || is_joined_by_block(world, site)
}

/// `spawn(..).map(..).await`, and what is put into a variable before.
fn comes_from(world: &World<'_>, eval: &mut Eval<'_, '_>, value: ValueId, at: Site, site: Site) -> bool {
    let facts = world.facts(site.file);
    let mut value = value;
    for _ in 0..LONGEST {
        match *facts.value(value) {
            Value::Call(made) if made == site.op => return true,
            Value::Call(made) => match world.receiver(Site { file: site.file, op: made }) {
                Some(receiver) => value = receiver,
                None => return false,
            },
            Value::Name(name) => match eval.single_binding(name, Eval::scope_of(world, at)) {
                Some((_, Binding { kind: BindingKind::Value(inner), .. })) => value = *inner,
                _ => return false,
            },
            _ => return false,
        }
    }
    false
}

/// `wait_for(work, 5)`, `gather(*work)`: what is awaited waits for what it is given.
fn gathers(world: &World<'_>, targets: &Targets, value: ValueId, site: Site, names: &[Symbol]) -> bool {
    let facts = world.facts(site.file);
    let Value::Call(op) = *facts.value(value) else { return false };
    let call = Site { file: site.file, op };
    let mut models = targets.nodes(call).flat_map(|it| &world.library.node(it).models);
    let waits = models.any(|it| it.role == Role::Runs || it.keeps_context && it.role == Role::Task);
    waits
        && call != site
        && world.call_args(call).iter().any(|it| match *facts.value(it.value) {
            Value::Name(name) => names.contains(&name),
            _ => facts.op(op).span.contains(facts.op(site.op).span),
        })
}

/// The variables that what a call gives is put into, by itself or among others.
fn kept_as(world: &World<'_>, site: Site) -> Vec<Symbol> {
    let span = world.facts(site.file).op(site.op).span;
    let ops = world.ops(world.runner(site)).filter(|(_, it)| it.span.contains(span));
    ops.filter_map(|(_, it)| match it.kind {
        OpKind::Bind { name, .. } => Some(name),
        _ => None,
    })
    .collect()
}

/// `with ThreadPoolExecutor() as pool:`: the end of the block waits for what the pool was given.
fn is_joined_by_block(world: &World<'_>, site: Site) -> bool {
    let facts = world.facts(site.file);
    let Some(Value::Name(pool)) = world.receiver(site).map(|it| facts.value(it)) else { return false };
    facts
        .regions_from(facts.op(site.op).region)
        .any(|(_, it)| matches!(it.kind, RegionKind::With { bound, .. } if bound == Some(*pool)))
}
