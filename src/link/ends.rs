//! Decorators that close their span before the decorated work has run.

use rayon::prelude::*;

use crate::facts::{Function, OpKind, Value};
use crate::library::Role;
use crate::link::eval::Eval;
use crate::link::names::shown;
use crate::link::openings::{Decoration, Open, Openings, outermost};
use crate::link::rounds::Targets;
use crate::link::things::Thing;
use crate::link::world::World;
use crate::program::{At, EarlyEnd, FuncId};
use crate::text::{Place, Symbol};

pub(crate) fn find(world: &World<'_>, targets: &Targets, openings: &Openings) -> Vec<EarlyEnd> {
    world
        .each_function()
        .flat_map_iter(|function| {
            let found = openings.brief[function.index()]
                .iter()
                .filter_map(|it| early_end(world, targets, openings, function, it));
            found.collect::<Vec<_>>()
        })
        .collect()
}

/// Whether the span that decorates a function is closed before the function has run.
pub(crate) fn is_early(world: &World<'_>, openings: &Openings, function: FuncId, open: Open) -> bool {
    let decorated = world.function(function);
    (decorated.is_async || decorated.is_generator)
        && handles(world, openings, open, decorated, 0).is_some_and(|(handles, _)| !handles)
}

fn early_end(
    world: &World<'_>,
    targets: &Targets,
    openings: &Openings,
    function: FuncId,
    it: &Decoration,
) -> Option<EarlyEnd> {
    let decorated = world.function(function);
    let what = match (decorated.is_async, decorated.is_generator) {
        (true, true) => "async generator",
        (true, false) => "async function",
        (false, true) => "generator",
        (false, false) => return None,
    };
    let (_, ends_at) = handles(world, openings, it.open, decorated, 0)?;
    let facts = world.facts(it.file);
    let place = Place { file: it.file, span: facts.value_span(it.decorator) };
    let name = match it.open {
        Open::Wrapped { wrapper, .. } => shown(world, outermost(world, wrapper)),
        Open::Given { function, .. } => shown(world, function),
        _ => last_name(facts, it.decorator),
    };
    Some(EarlyEnd {
        at: At { place, function, region: decorated.body },
        function,
        decorator: name,
        ends_at,
        what,
        certainty: openings.certainty(targets, it.open),
    })
}

/// Whether the span outlasts the decorated work, and where it ends if it does not; none where nobody can tell.
fn handles(
    world: &World<'_>,
    openings: &Openings,
    open: Open,
    decorated: &Function,
    depth: u32,
) -> Option<(bool, Option<Place>)> {
    let (is_async, is_generator) = (decorated.is_async, decorated.is_generator);
    match open {
        Open::Library { node, .. } | Open::Bare { node } => {
            let model = world.library.node(node).model(Role::Span)?;
            Some((if is_generator { model.handles_generators } else { model.handles_async }, None))
        }
        // A context manager used as a decorator: only an async one waits, and none follows a generator.
        Open::Given { function, .. } if openings.scopes[function.index()].is_some() => {
            let waits = world.function(function).is_async || is_agnostic(world, function);
            Some((waits && !is_generator, None))
        }
        Open::Given { function, .. } if depth < 8 => {
            handles(world, openings, openings.gives[function.index()]?, decorated, depth + 1)
        }
        Open::Instance { class, .. } => {
            let derives = |base: &str| {
                let base = world.library.find(world.language_of(class), base);
                base.is_some_and(|base| {
                    world.class(class).outside.iter().any(|it| world.library.derives(*it, base))
                })
            };
            let waits = derives("contextlib.AsyncContextDecorator");
            (waits || derives("contextlib.ContextDecorator")).then_some((waits && !is_generator, None))
        }
        Open::Wrapped { wrapper, .. } => Some(wrapped(world, openings, wrapper, is_async, is_generator)),
        Open::Given { .. } | Open::Run { .. } => None,
    }
}

/// What makes a context manager of it lets it wait for coroutines where it decorates a function that gives one.
fn is_agnostic(world: &World<'_>, function: FuncId) -> bool {
    let mut eval = Eval::new(world);
    let scope = eval.decorator_scope(function);
    let facts = world.facts(scope.file);
    let (_, local) = world.local(function);
    facts.list(&facts.function(local).decorators).iter().any(|decorator| {
        eval.decorator_nodes(*decorator, scope).all().nodes().any(|node| {
            let model = world.library.node(node).model(Role::ContextManager);
            model.is_some_and(|it| it.handles_async)
        })
    })
}

/// One of the decorator's inner functions must wait for, or follow, what it wraps.
fn wrapped(
    world: &World<'_>,
    openings: &Openings,
    wrapper: FuncId,
    is_async: bool,
    is_generator: bool,
) -> (bool, Option<Place>) {
    let outer = outermost(world, wrapper);
    let (file, local) = world.local(outer);
    let whole = world.facts(file).function(local).span;
    let inner = world.facts(file).functions.iter().enumerate().filter(|(_, it)| whole.contains(it.span));
    let handles = inner.clone().any(|(_, it)| match (is_async, is_generator) {
        (true, true) => it.is_async && it.is_generator,
        (true, false) => it.is_async,
        _ => it.is_generator,
    }) || awaits_anything(world, openings, wrapper);
    let ends_at = world.ops(wrapper).find_map(|(site, op)| match op.kind {
        OpKind::Return(Some(value)) if matches!(world.facts(site.file).value(value), Value::Call(_)) => {
            Some(Place { file: site.file, span: op.span })
        }
        _ => None,
    });
    (handles, ends_at)
}

/// A plain wrapper can still do right by a coroutine: by handing it to something that awaits it in the span.
fn awaits_anything(world: &World<'_>, openings: &Openings, wrapper: FuncId) -> bool {
    openings.own[wrapper.index()].iter().any(|it| matches!(it.open, Open::Run { .. }))
        || world.returns[wrapper.index()].iter().any(|it| {
            matches!(it, Thing::Function(function) if world.function(function).is_async || world.function(function).is_generator)
        })
}

fn last_name(facts: &crate::facts::Facts, decorator: crate::facts::ValueId) -> Symbol {
    match facts.value(decorator) {
        Value::Name(name) | Value::Member { name, .. } => *name,
        Value::Call(op) => match facts.op(*op).kind {
            OpKind::Call { callee, .. } => last_name(facts, callee),
            _ => Symbol::new("decorator"),
        },
        _ => Symbol::new("decorator"),
    }
}
