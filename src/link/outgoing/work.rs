//! What handed-over work comes to: the way from a value through variables, spans and wrappers to the closure, the call or the
//! parameter that runs in the end, and whether a span of here goes with it.

use crate::facts::{BindingKind, FnId, FunctionKind, OpId, OpKind, Spread, Value, ValueId};
use crate::library::{Model, Role, Slot};
use crate::link::eval::{Eval, Scope};
use crate::link::openings::{Open, Openings, argument_at, called_params, named_param, runs, slot};
use crate::link::outgoing::captured::brings_span;
use crate::link::outgoing::declared::{Sort, sort_of};
use crate::link::outgoing::handed::is_attach;
use crate::link::rounds::Targets;
use crate::link::things::{Site, Thing};
use crate::link::world::World;
use crate::program::FuncId;
use crate::text::Symbol;

/// Longer ways from a call to what it runs are given up.
const LONGEST: u32 = 8;

/// Where handed-over work comes from, and whether it carries a span on the way.
pub(super) struct Work {
    pub(super) value: ValueId,
    pub(super) site: Site,
    pub(super) carried: bool,
}

/// Follows what is handed over through variables and through what puts it into a span.
pub(super) fn origin(
    world: &World<'_>,
    targets: &Targets,
    openings: &Openings,
    eval: &mut Eval<'_, '_>,
    value: ValueId,
    site: Site,
) -> Work {
    let through =
        |call: Site| run_by(world, targets, openings, call).or_else(|| only_argument(world, targets, call));
    origin_through(world, targets, openings, eval, (value, site), &through)
}

/// The same, with what it takes to go through a call that no model tells.
fn origin_through(
    world: &World<'_>,
    targets: &Targets,
    openings: &Openings,
    eval: &mut Eval<'_, '_>,
    (value, site): (ValueId, Site),
    through: &dyn Fn(Site) -> Option<(ValueId, bool)>,
) -> Work {
    let mut work = Work { value, site, carried: false };
    for _ in 0..LONGEST {
        let facts = world.facts(work.site.file);
        match *facts.value(work.value) {
            Value::Call(op) => {
                let call = Site { file: work.site.file, op };
                let Some((inner, carries)) =
                    carried_by(world, targets, openings, call).or_else(|| through(call))
                else {
                    break;
                };
                work = Work { value: inner, site: call, carried: work.carried || carries };
            }
            Value::Name(name) => {
                let scope: Scope = Eval::scope_of(world, work.site);
                let Some((file, binding)) = eval.single_binding(name, scope) else { break };
                let BindingKind::Value(inner) = binding.kind else { break };
                // Conditions can put either of two into the variable: the last one tells.
                let last = match facts.value(inner) {
                    Value::Either(run) => facts.list(run).last().copied().unwrap_or(inner),
                    _ => inner,
                };
                let op = OpId(binding.order.min(facts.ops.len().saturating_sub(1) as u32));
                work = Work { value: last, site: Site { file, op }, carried: work.carried };
            }
            _ => break,
        }
    }
    work
}

/// What a call runs, and whether it takes a context with it: in a span, or in the current one.
fn carried_by(
    world: &World<'_>,
    targets: &Targets,
    openings: &Openings,
    call: Site,
) -> Option<(ValueId, bool)> {
    if let Some(wrapped) =
        targets.functions(call).find_map(|(it, bound)| wrapped_by(world, openings, call, it, bound))
    {
        return Some((wrapped, true));
    }
    targets.nodes(call).find_map(|node| {
        if let Some(inner) = runs(world, call, node) {
            return Some((inner, true));
        }
        let models = &world.library.node(node).models;
        models.iter().find_map(|model| match model.role {
            Role::Runs if model.keeps_context => {
                Some((argument_at(world, call, model.place(Slot::Function)?)?, true))
            }
            Role::Runs => ran(world, call, model).map(|it| (it, false)),
            Role::Identity => Some((argument_at(world, call, model.place(Slot::Subject)?)?, false)),
            _ => None,
        })
    })
}

/// Whether a call puts what it runs into a span, or leaves it in the one of here.
pub(super) fn carries_on(world: &World<'_>, targets: &Targets, openings: &Openings, call: Site) -> bool {
    carried_by(world, targets, openings, call).is_some_and(|(_, carries)| carries)
}

/// What a call runs that runs something: the work that it is given, else what it goes on with, as in `f.map(|it| ..)`.
fn ran(world: &World<'_>, call: Site, model: &Model) -> Option<ValueId> {
    let given = model.place(Slot::Function).and_then(|it| argument_at(world, call, it));
    let is_work = |it: &ValueId| match *world.facts(call.file).value(*it) {
        Value::Closure(local) => world.facts(call.file).function(local).is_async,
        _ => true,
    };
    given.filter(is_work).or_else(|| world.receiver(call))
}

/// A function of the project that gives its parameter back with a span round it: `f.instrument(span)`, or a closure that enters one.
fn wrapped_by(
    world: &World<'_>,
    openings: &Openings,
    call: Site,
    function: FuncId,
    bound: bool,
) -> Option<ValueId> {
    let enters = openings.entered_in(world, function).next().is_some()
        || world.returns[function.index()].iter().any(|it| match it {
            Thing::Function(inner) => {
                world.function(inner).kind == FunctionKind::Closure
                    && openings.entered_in(world, inner).next().is_some()
            }
            _ => false,
        });
    let gives = !world.function(function).is_async && world.function(function).returns != ValueId::OPAQUE;
    if !enters || !gives || openings.gives[function.index()].is_some() {
        return None;
    }
    let given = |it: usize| {
        let value = world.argument(call, function, it, bound)?;
        let facts = world.facts(call.file);
        matches!(facts.value(value), Value::Name(_) | Value::Call(_) | Value::Closure(_)).then_some(value)
    };
    // What is made ready on the work itself: `task.into_runner()`.
    let on_itself = || if bound { world.receiver(call) } else { None };
    (0..world.params(function).len()).rev().find_map(given).or_else(on_itself)
}

/// The work that an async function of the project is given and awaits: handing over its future hands over that.
fn run_by(world: &World<'_>, targets: &Targets, openings: &Openings, call: Site) -> Option<(ValueId, bool)> {
    let mut wrappers = targets.functions(call).filter(|(it, _)| world.function(*it).is_async);
    wrappers.find_map(|(function, bound)| {
        let mut run = std::iter::once(function).chain(world.closures_inside(function)).flat_map(|it| {
            let called = called_params(world, targets, it).into_iter();
            let called = called.map(|(owner, param, _)| (owner, param, false));
            called.chain(awaited_params(world, targets, openings, it))
        });
        let (_, param, carries) = run.find(|(owner, ..)| *owner == function)?;
        world.argument(call, function, usize::from(param), bound).map(|it| (it, carries))
    })
}

/// Parameters that a function awaits in some wrapping: `timeout(limit, work).await`.
pub(super) fn awaited_params(
    world: &World<'_>,
    targets: &Targets,
    openings: &Openings,
    function: FuncId,
) -> Vec<(FuncId, u16, bool)> {
    let mut eval = Eval::new(world);
    let awaited = world.ops(function).filter_map(|(site, op)| match op.kind {
        OpKind::Await(value) => Some((value, site)),
        _ => None,
    });
    let found = awaited.filter_map(|it| {
        let work = origin_through(world, targets, openings, &mut eval, it, &|_| None);
        let (owner, param) = param_of(world, &mut eval, &work)?;
        // What is asked of something, `orders.read().await`, is not that thing itself.
        let is_work = match work.value == it.0 {
            true => sort_of(world, owner, param) != Sort::Other,
            false => sort_of(world, owner, param) == Sort::Work,
        };
        is_work.then_some((owner, param, work.carried))
    });
    found.collect()
}

/// A call that nobody knows: a closure that it is given, else what it is made on or given first, is what runs in the end.
fn only_argument(world: &World<'_>, targets: &Targets, call: Site) -> Option<(ValueId, bool)> {
    if targets.of(call).is_known() {
        return None;
    }
    let facts = world.facts(call.file);
    let args = world.call_args(call);
    let closure = args.iter().find(|it| matches!(facts.value(it.value), Value::Closure(_)));
    let is_path = matches!(facts.value(world.callee(call)?), Value::Name(_)) || world.is_called_by_path(call);
    let made = args.iter().find(|it| matches!(facts.value(it.value), Value::Call(_)));
    let first =
        || made.or(args.first()).filter(|it| it.name.is_none() && it.spread == Spread::No).map(|it| it.value);
    let found = closure.map(|it| it.value).or_else(|| if is_path { first() } else { world.receiver(call) });
    found.map(|it| (it, false))
}

/// The function of the program that is handed over: a closure, or one whose future is.
pub(super) fn done(
    world: &World<'_>,
    targets: &Targets,
    openings: &Openings,
    value: ValueId,
    site: Site,
) -> Option<FuncId> {
    if !world.facts(site.file).lexical {
        return None;
    }
    let work = origin(world, targets, openings, &mut Eval::new(world), value, site);
    match *world.facts(work.site.file).value(work.value) {
        Value::Closure(local) => Some(world.func(work.site.file, local)),
        Value::Call(op) => targets.functions(Site { file: work.site.file, op }).next().map(|(it, _)| it),
        _ => None,
    }
}

/// Whether handed-over work takes a span of here with it.
pub(super) fn carries(
    world: &World<'_>,
    targets: &Targets,
    openings: &Openings,
    value: ValueId,
    site: Site,
) -> bool {
    let work = origin(world, targets, openings, &mut Eval::new(world), value, site);
    if work.carried {
        return true;
    }
    let file = work.site.file;
    match *world.facts(file).value(work.value) {
        Value::Closure(local) => {
            let closure = world.func(file, local);
            let calls = || targets.calls_of(world, closure).map(|(op, _)| Site { file, op });
            brings_span(world, targets, openings, closure)
                || calls().any(|it| goes_on_in_given(world, targets, openings, it, 0))
                || sets_parent(world, targets, closure)
        }
        Value::Call(op) => goes_on_in_given(world, targets, openings, Site { file, op }, 0),
        _ => false,
    }
}

/// A function whose span goes on from one that it is given: `#[instrument(parent = parent)] async fn load(parent: Span)`, or that
/// hands the one that it is given on to such a function.
fn goes_on_in_given(
    world: &World<'_>,
    targets: &Targets,
    openings: &Openings,
    call: Site,
    depth: u32,
) -> bool {
    targets.functions(call).any(|(function, _)| {
        let itself = openings.decorations[function.index()].iter().any(|it| match it.open {
            Open::Library { site, node } => slot(world, site, node, Role::Span, Slot::Context).is_some(),
            _ => false,
        });
        itself
            || (depth < LONGEST / 2
                && span_handed_on(world, targets, function)
                    .iter()
                    .any(|it| goes_on_in_given(world, targets, openings, *it, depth + 1)))
    })
}

/// The calls that a function gives the span that it was given itself: `save(order, parent.clone())` in `fn ship(parent: Span)`.
fn span_handed_on(world: &World<'_>, targets: &Targets, function: FuncId) -> Vec<Site> {
    let (file, _) = world.local(function);
    let facts = world.facts(file);
    let is_span = |annotation: ValueId| match facts.value(annotation) {
        Value::Name(name) | Value::Head(name) | Value::Member { name, .. } => name.as_str() == "Span",
        _ => false,
    };
    let given: Vec<Symbol> =
        world.params(function).iter().filter(|it| is_span(it.annotation)).map(|it| it.name).collect();
    let is_given = |value: ValueId| {
        let value = match *facts.value(value) {
            Value::Call(op) => world.receiver(Site { file, op }).unwrap_or(value),
            _ => value,
        };
        matches!(facts.value(value), Value::Name(name) if given.contains(name))
    };
    if given.is_empty() {
        return Vec::new();
    }
    let bodies = std::iter::once(function).chain(world.closures_inside(function));
    let calls = bodies.flat_map(|it| targets.calls_of(world, it).map(|(op, _)| Site { file, op }));
    calls.filter(|it| world.call_args(*it).iter().any(|arg| is_given(arg.value))).collect()
}

/// The span of the work is told what it goes on from, in it or in a closure of it: `context.attach(info_span!("load"))`, where that calls
/// `set_parent`.
fn sets_parent(world: &World<'_>, targets: &Targets, closure: FuncId) -> bool {
    let (file, _) = world.local(closure);
    let attaches = |it: Site| targets.nodes(it).any(|it| world.library.node(it).models.iter().any(is_attach));
    let attaching = |function: FuncId| {
        let file = world.file_of[function.index()];
        targets.calls_of(world, function).any(|(op, _)| attaches(Site { file, op }))
    };
    world.closures_inside(closure).any(|body| {
        let mut calls = targets.calls_of(world, body).map(|(op, _)| Site { file, op });
        calls.any(|it| attaches(it) || targets.functions(it).any(|(function, _)| attaching(function)))
    })
}

/// The closure or the block that a value comes to, in this file.
pub(super) fn origin_closure(
    world: &World<'_>,
    targets: &Targets,
    openings: &Openings,
    value: ValueId,
    site: Site,
) -> Option<FnId> {
    let work = origin(world, targets, openings, &mut Eval::new(world), value, site);
    match *world.facts(work.site.file).value(work.value) {
        Value::Closure(local) if work.site.file == site.file => Some(local),
        _ => None,
    }
}

/// The parameter that work comes to, though another variable can have its name later: `let work = work.boxed();`.
pub(super) fn param_of(world: &World<'_>, eval: &mut Eval<'_, '_>, work: &Work) -> Option<(FuncId, u16)> {
    let plain = named_param(world, world.runner(work.site), work.value);
    plain.or_else(|| {
        let Value::Name(name) = *world.facts(work.site.file).value(work.value) else { return None };
        let (file, binding) = eval.single_binding(name, Eval::scope_of(world, work.site))?;
        match binding.kind {
            BindingKind::Param(index) => Some((world.func(file, binding.from), index as u16)),
            _ => None,
        }
    })
}
