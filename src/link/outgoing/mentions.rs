//! Work that is handed over somewhere inside of what is: `select(stop, pin!(work)).await` in a block, a block in a variable.

use super::captured::enters_from_outside;
use super::declared::{Sort, sort_of};
use super::work::carries_on;
use crate::facts::{BindingKind, Facts, FunctionKind, OpKind, Value, ValueId};
use crate::link::eval::{Eval, Scope};
use crate::link::openings::Openings;
use crate::link::rounds::Targets;
use crate::link::things::Site;
use crate::link::world::World;
use crate::program::FuncId;
use crate::text::{Span, Symbol};

/// So many variables are followed to what was put into them.
const MOST_VARIABLES: usize = 12;
/// So many calls on what calls give: `f.boxed().map(..).in_current_span()`.
const LONGEST_CHAIN: u32 = 12;

/// A parameter that is a future or a function by its type, is part of what is handed over, and whether a span goes with it.
pub(super) fn mentioned(
    world: &World<'_>,
    targets: &Targets,
    openings: &Openings,
    eval: &mut Eval<'_, '_>,
    value: ValueId,
    site: Site,
) -> Option<(FuncId, u16, bool)> {
    let owner = around(world, world.runner(site));
    let work = params(world, owner);
    if work.is_empty() {
        return None;
    }
    let facts = world.facts(site.file);
    let (mut open, mut seen) = (vec![(value, Eval::scope_of(world, site))], Vec::new());
    let mut carried = false;
    while let Some((value, scope)) = open.pop() {
        let part = part_of(facts, value);
        carried |= carries_inside(world, targets, openings, scope, value, part);
        for name in names_in(facts, part) {
            if let Some((param, _)) = work.iter().find(|(_, it)| *it == name) {
                return Some((owner, *param, carried));
            }
            if seen.len() < MOST_VARIABLES && !seen.contains(&(name, scope.order)) {
                seen.push((name, scope.order));
                open.extend(put_into(world, eval, name, scope));
            }
        }
    }
    None
}

/// The function with a name that a closure stands in.
fn around(world: &World<'_>, function: FuncId) -> FuncId {
    let (file, mut local) = world.local(function);
    let facts = world.facts(file);
    while facts.function(local).kind == FunctionKind::Closure
        && let Some(parent) = facts.function(local).parent
    {
        local = parent;
    }
    world.func(file, local)
}

fn params(world: &World<'_>, owner: FuncId) -> Vec<(u16, Symbol)> {
    let named = world.params(owner).iter().enumerate().map(|(at, it)| (at as u16, it.name));
    named.filter(|(at, _)| sort_of(world, owner, *at) == Sort::Work).collect()
}

/// Where a value stands: a call with what it is made on, a block or closure with all that is in it.
fn part_of(facts: &Facts, value: ValueId) -> Span {
    let mut part = span_of(facts, value);
    let mut at = value;
    for _ in 0..LONGEST_CHAIN {
        at = match *facts.value(at) {
            Value::Call(op) => match facts.op(op).kind {
                OpKind::Call { callee, .. } => callee,
                _ => break,
            },
            Value::Member { of, .. } | Value::Awaited(of) => of,
            _ => break,
        };
        part.start = part.start.min(span_of(facts, at).start);
    }
    part
}

fn span_of(facts: &Facts, value: ValueId) -> Span {
    match *facts.value(value) {
        Value::Closure(local) => facts.function(local).span,
        _ => facts.value_span(value),
    }
}

/// The names that stand in a part of a file.
pub(super) fn names_in(facts: &Facts, part: Span) -> Vec<Symbol> {
    let names = values_in(facts, part).filter_map(|it| match it {
        Value::Name(name) => Some(*name),
        _ => None,
    });
    names.collect()
}

pub(super) fn values_in(facts: &Facts, part: Span) -> impl Iterator<Item = &Value> {
    let values = facts.values.iter().zip(&facts.value_spans);
    values.filter(move |(_, span)| part.contains(**span)).map(|(it, _)| it)
}

/// Whether a call in there puts something into the span that is current, or a closure enters a span from outside.
fn carries_inside(
    world: &World<'_>,
    targets: &Targets,
    openings: &Openings,
    scope: Scope,
    value: ValueId,
    part: Span,
) -> bool {
    let facts = world.facts(scope.file);
    if let Value::Closure(local) = *facts.value(value)
        && enters_from_outside(world, targets, openings, world.func(scope.file, local))
    {
        return true;
    }
    // What a block does when it runs is another matter.
    let mut calls = facts.ops_of(scope.function).filter(|(_, it)| part.contains(it.span));
    calls.any(|(op, _)| carries_on(world, targets, openings, Site { file: scope.file, op }))
}

/// What a variable of a function was given, and from where that is read: before the variable is there.
pub(super) fn put_into(
    world: &World<'_>,
    eval: &mut Eval<'_, '_>,
    name: Symbol,
    scope: Scope,
) -> Option<(ValueId, Scope)> {
    let (file, binding) = eval.single_binding(name, scope)?;
    let is_local =
        file == scope.file && world.facts(file).function(binding.from).kind != FunctionKind::Module;
    let BindingKind::Value(inner) = binding.kind else { return None };
    let order = binding.order.saturating_sub(1);
    is_local.then_some((inner, Scope { file, function: binding.from, region: binding.region, order }))
}
