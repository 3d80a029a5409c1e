//! What a closure or a block brings along of the spans of where it was made: a span, a future that was put into one, a parent.

use super::mentions::{names_in, put_into};
use super::work::origin;
use crate::facts::{BindingKind, FnId, FunctionKind, OpId, OpKind, Value, ValueId};
use crate::library::{NodeId, Role, Slot};
use crate::link::eval::{Eval, Scope};
use crate::link::openings::{How, Open, Opening, Openings, argument_at, runs};
use crate::link::rounds::Targets;
use crate::link::things::Site;
use crate::link::world::World;
use crate::program::FuncId;
use crate::text::{FileId, Symbol};

/// Blocks in blocks are read this deep.
const DEEPEST: u32 = 3;

/// Whether a closure that runs elsewhere runs in a span of here.
pub(super) fn brings_span(
    world: &World<'_>,
    targets: &Targets,
    openings: &Openings,
    closure: FuncId,
) -> bool {
    enters_from_outside(world, targets, openings, closure)
        || has_carried(world, targets, openings, closure, 0)
        || gives_carried(world, targets, openings, closure)
}

/// What makes a future and puts it into a span: `move || async move { .. }.instrument(span)`.
fn gives_carried(world: &World<'_>, targets: &Targets, openings: &Openings, closure: FuncId) -> bool {
    if world.function(closure).is_async {
        return false;
    }
    let mut given = world.ops(closure).filter_map(|(site, op)| match op.kind {
        OpKind::Return(Some(value)) => Some((value, site)),
        _ => None,
    });
    let mut eval = Eval::new(world);
    given.any(|(value, site)| origin(world, targets, openings, &mut eval, value, site).carried)
}

/// `move || async move { .. }`, `move || load(order)` where that is async: nothing runs where the closure does.
pub(super) fn only_makes_future(world: &World<'_>, targets: &Targets, closure: FuncId) -> bool {
    let it = world.function(closure);
    if it.kind != FunctionKind::Closure || it.is_async {
        return false;
    }
    let mut given = world.ops(closure).filter_map(|(site, op)| match op.kind {
        OpKind::Return(value) => Some((value, site)),
        _ => None,
    });
    let mut any = false;
    given.all(|(value, site)| {
        any = true;
        value.is_some_and(|it| is_future(world, targets, it, site, 0))
    }) && any
}

/// An async block, or the call of an async function; boxed or put into a span, but not run.
fn is_future(world: &World<'_>, targets: &Targets, value: ValueId, site: Site, depth: u32) -> bool {
    let facts = world.facts(site.file);
    match *facts.value(value) {
        Value::Closure(local) => facts.function(local).is_async,
        Value::Call(op) if depth < DEEPEST => {
            let call = Site { file: site.file, op };
            let inner = |node| {
                let of_span = || runs(world, call, node);
                let place =
                    world.library.node(node).model(Role::Identity).and_then(|it| it.place(Slot::Subject));
                place.and_then(|it| argument_at(world, call, it)).or_else(of_span)
            };
            targets.functions(call).any(|(it, _)| world.function(it).is_async)
                || targets
                    .nodes(call)
                    .filter_map(inner)
                    .any(|it| is_future(world, targets, it, call, depth + 1))
        }
        _ => false,
    }
}

/// A block with a future in it that was put into the span of here before: `async move { select(stop, task).await }`.
fn has_carried(
    world: &World<'_>,
    targets: &Targets,
    openings: &Openings,
    closure: FuncId,
    depth: u32,
) -> bool {
    let (file, local) = world.local(closure);
    let facts = world.facts(file);
    let it = facts.function(local);
    let (region, order) = it.place;
    let outside = Scope { file, function: it.parent.unwrap_or(FnId::MODULE), region, order };
    let mut eval = Eval::new(world);
    names_in(facts, it.span).into_iter().any(|name| {
        let Some((value, scope)) = put_into(world, &mut eval, name, outside) else { return false };
        let site = Site { file, op: OpId(scope.order) };
        match *facts.value(value) {
            Value::Call(_) => origin(world, targets, openings, &mut eval, value, site).carried,
            // A block in a block.
            Value::Closure(inner) if depth < DEEPEST => {
                has_carried(world, targets, openings, world.func(file, inner), depth + 1)
            }
            _ => false,
        }
    })
}

/// A closure, or one inside it, enters a span that was made before it, or one whose parent was.
pub(super) fn enters_from_outside(
    world: &World<'_>,
    targets: &Targets,
    openings: &Openings,
    closure: FuncId,
) -> bool {
    let whole = world.function(closure).span;
    let (file, _) = world.local(closure);
    let facts = world.facts(file);
    let outside = |it: &Opening| match (it.how, it.open) {
        (How::Managed(_) | How::Run, Open::Library { site, .. } | Open::Given { call: site, .. }) => {
            it.by.is_some() && (site.file != file || !whole.contains(facts.op(site.op).span))
        }
        _ => false,
    };
    let origins = Origins { world, targets, closure };
    world.closures_inside(closure).any(|it| {
        let own = &openings.own[it.index()];
        own.iter().any(|opening| outside(opening) || origins.has_parent(opening))
            || openings.entered_in(world, it).any(|value| origins.is_captured(it, value, 0))
    })
}

/// Where spans come from that are open in a closure.
struct Origins<'w, 'a> {
    world: &'w World<'a>,
    targets: &'w Targets,
    closure: FuncId,
}

impl Origins<'_, '_> {
    /// `let _guard = info_span!(parent: &span, "work").entered()`: the span is new, and goes on the one of where the closure was made.
    fn has_parent(&self, opening: &Opening) -> bool {
        let Open::Library { site, node } = opening.open else { return false };
        self.is_below_captured(site, node, 0)
    }

    fn is_below_captured(&self, site: Site, node: NodeId, depth: u32) -> bool {
        let place = self.world.library.node(node).model(Role::Span).and_then(|it| it.place(Slot::Context));
        let parent = place.and_then(|it| argument_at(self.world, site, it));
        parent.is_some_and(|it| self.is_captured(self.world.runner(site), it, depth + 1))
    }

    /// Whether a value is a variable from outside of the closure, something of one, or a span below one: `let _guard = span.enter();`.
    fn is_captured(&self, function: FuncId, value: ValueId, depth: u32) -> bool {
        let (file, local) = self.world.local(function);
        let facts = self.world.facts(file);
        match *facts.value(value) {
            Value::Name(name) => self.is_from_outside(file, local, name, depth),
            Value::Member { of, .. } => self.is_captured(function, of, depth),
            Value::Call(op) => {
                let call = Site { file, op };
                // `span.clone()`
                let receiver = self.world.receiver(call);
                receiver.is_some_and(|it| self.is_captured(function, it, depth))
                    || self.targets.nodes(call).any(|it| self.is_below_captured(call, it, depth))
            }
            _ => false,
        }
    }

    fn is_from_outside(&self, file: FileId, function: FnId, name: Symbol, depth: u32) -> bool {
        let facts = self.world.facts(file);
        let (_, outermost) = self.world.local(self.closure);
        let mut at = Some(function);
        while let Some(it) = at {
            let bindings = facts.bindings_of(it, name);
            if !bindings.is_empty() {
                let here = self.world.func(file, it);
                return depth < DEEPEST
                    && bindings.iter().all(|binding| match binding.kind {
                        BindingKind::Value(value) => self.is_captured(here, value, depth + 1),
                        _ => false,
                    });
            }
            if it == outermost {
                return self.is_variable_around(file, it, name);
            }
            at = facts.function(it).parent;
        }
        false
    }

    /// A variable of one of the functions around, and not a module or a crate that paths begin with.
    fn is_variable_around(&self, file: FileId, function: FnId, name: Symbol) -> bool {
        let facts = self.world.facts(file);
        let mut around =
            std::iter::successors(facts.function(function).parent, |it| facts.function(*it).parent);
        around.any(|it| it != FnId::MODULE && !facts.bindings_of(it, name).is_empty())
    }
}
