//! What is handed over where names are not lexical: which function it is, and whether the context of here comes along.

use crate::facts::{FunctionKind, OpKind, Value, ValueId};
use crate::library::{Model, Role, Slot};
use crate::link::eval::Eval;
use crate::link::openings::{argument_at, called_params, named_param};
use crate::link::outgoing::spawners::mechanism;
use crate::link::rounds::Targets;
use crate::link::things::{Site, Thing};
use crate::link::world::World;
use crate::program::{FuncId, HandoffSite};
use crate::text::Symbol;

/// The function that is to be run.
pub(super) fn work(world: &World<'_>, value: ValueId, site: Site) -> Option<FuncId> {
    if let Value::Closure(local) = *world.facts(site.file).value(value) {
        return Some(world.func(site.file, local));
    }
    let things = Eval::new(world).ask(value, Eval::scope_of(world, site));
    things.all().functions().next().map(|(it, _)| it)
}

/// `copy_context().run` brings its context along; other work can be given one, and go on in it.
pub(super) fn brings_context(world: &World<'_>, targets: &Targets, value: ValueId, site: Site) -> bool {
    let things = Eval::new(world).ask(value, Eval::scope_of(world, site));
    let mut models = things.all().nodes().flat_map(|it| &world.library.node(it).models);
    models.any(|it| it.role == Role::Runs && it.keeps_context)
        || work(world, value, site)
            .into_iter()
            .chain(wrappers(world, value, site))
            .any(|it| goes_on(world, targets, it) || runs_in_another(world, targets, it))
}

/// The functions inside of helpers that a value can be: `carrying(work)`, which gives `work` back as it is where telemetry is off. There
/// is no span to lose then, so one that carries is enough.
fn wrappers(world: &World<'_>, value: ValueId, site: Site) -> Vec<FuncId> {
    let things = Eval::new(world).ask(value, Eval::scope_of(world, site));
    let is_inside = |it: &FuncId| {
        let (file, local) = world.local(*it);
        let function = world.facts(file).function(local);
        function.class.is_none()
            && function.parent.is_some_and(|it| world.facts(file).function(it).kind != FunctionKind::Module)
    };
    things.all().functions().map(|(it, _)| it).filter(is_inside).collect()
}

/// `lambda: context.run(work)`: a closure that only runs work in a context. One that it makes itself is that of where it runs.
fn runs_in_another(world: &World<'_>, targets: &Targets, work: FuncId) -> bool {
    let models = |site: Site| targets.nodes(site).flat_map(|it| &world.library.node(it).models);
    let keeps = |site: Site| models(site).any(|it| it.role == Role::Runs && it.keeps_context);
    let copies_own = |site: Site| {
        models(site).any(|it| it.role == Role::Context && it.detail.is_some_and(|it| it.as_str() == "copy"))
            && !matches!(
                world.callee(site).map(|it| world.facts(site.file).value(it)),
                Some(Value::Member { name, .. }) if name.as_str() == "copy"
            )
    };
    let returned = world.ops(work).find_map(|(site, op)| match op.kind {
        OpKind::Return(Some(value)) => match *world.facts(site.file).value(value) {
            Value::Call(op) => Some(Site { file: site.file, op }),
            _ => None,
        },
        _ => None,
    });
    returned.is_some_and(keeps) && !world.ops(work).any(|(site, _)| copies_own(site))
}

/// Helpers of helpers are read this deep.
const DEEPEST: u32 = 3;

fn goes_on(world: &World<'_>, targets: &Targets, work: FuncId) -> bool {
    world.ops(work).any(|(site, _)| {
        let mut models = targets.nodes(site).flat_map(|it| &world.library.node(it).models);
        models.any(|it| takes_context(world, it, site))
            || targets.functions(site).any(|(it, _)| goes_on_with_given(world, targets, it, DEEPEST))
    })
}

/// A helper that goes on in what it is given: `attach(context)`, `use_span(self.span)`. What it makes itself comes from nowhere else.
fn goes_on_with_given(world: &World<'_>, targets: &Targets, helper: FuncId, depth: u32) -> bool {
    world.ops(helper).any(|(site, _)| {
        let mut models = targets.nodes(site).flat_map(|it| &world.library.node(it).models);
        models.any(|it| context_of(world, it, site).is_some_and(|it| is_given(world, helper, it)))
            || depth > 0
                && targets.functions(site).any(|(it, _)| {
                    let args = world.call_args(site);
                    args.iter().any(|it| is_given(world, helper, it.value))
                        && goes_on_with_given(world, targets, it, depth - 1)
                })
    })
}

/// Whether a value is of what a function is given: a parameter, something of one, or what is made of it.
fn is_given(world: &World<'_>, function: FuncId, value: ValueId) -> bool {
    let facts = world.facts(world.file_of[function.index()]);
    match *facts.value(value) {
        Value::Name(_) => named_param(world, function, value).is_some(),
        Value::Member { of, .. } | Value::Item { of, .. } => is_given(world, function, of),
        Value::Call(op) => {
            let args = world.call_args(Site { file: world.file_of[function.index()], op });
            args.iter().any(|it| is_given(world, function, it.value))
        }
        _ => false,
    }
}

fn takes_context(world: &World<'_>, model: &Model, site: Site) -> bool {
    model.role == Role::SpanActivate
        || is_attach(model)
        || model.role == Role::Span && context_of(world, model, site).is_some()
}

/// The context or the span that a call goes on in.
fn context_of(world: &World<'_>, model: &Model, site: Site) -> Option<ValueId> {
    let slot = match model.role {
        Role::Context if is_attach(model) => Slot::Context,
        Role::SpanActivate => Slot::Subject,
        Role::Span => Slot::Context,
        _ => return None,
    };
    model.place(slot).and_then(|it| argument_at(world, site, it))
}

pub(super) fn is_attach(model: &Model) -> bool {
    model.role == Role::Context && model.detail.is_some_and(|it| it.as_str() == "attach")
}

/// What a wrapper does with the work of its callers where there is no context to take along: `if context: .. else: submit(work)`.
/// Elsewhere in it the context goes with that work.
pub(super) fn forget_spare(
    world: &World<'_>,
    targets: &Targets,
    handoffs: &mut [HandoffSite],
    sites: &[Site],
) {
    let carriers: Vec<FuncId> = handoffs.iter().filter(|it| it.propagates).map(|it| it.at.function).collect();
    for (it, site) in handoffs.iter_mut().zip(sites).filter(|(it, _)| !it.propagates) {
        if carriers.contains(&it.at.function) && is_of_caller(world, targets, *site) {
            it.work = None;
        }
    }
}

/// Whether a call hands over a parameter of the function around it, or a closure that calls one.
fn is_of_caller(world: &World<'_>, targets: &Targets, site: Site) -> bool {
    let function = world.runner(site);
    let mut models = targets.nodes(site).flat_map(|it| &world.library.node(it).models);
    let work = models
        .find(|it| mechanism(it).is_some())
        .and_then(|it| it.place(Slot::Function))
        .and_then(|it| argument_at(world, site, it));
    work.is_some_and(|work| match *world.facts(site.file).value(work) {
        Value::Closure(local) => {
            let called = called_params(world, targets, world.func(site.file, local));
            called.iter().any(|(owner, ..)| *owner == function)
        }
        _ => named_param(world, function, work).is_some_and(|(owner, _)| owner == function),
    })
}

/// `pool.map(..)` of a pool of the project's own: the library's `map` calls the `submit` that the project wrote, and what becomes of the
/// work is told there.
pub(super) fn goes_through_own_submit(world: &World<'_>, site: Site) -> bool {
    let facts = world.facts(site.file);
    let Some(Value::Member { of, name }) = world.callee(site).map(|it| facts.value(it)) else { return false };
    if facts.lexical || name.as_str() != "map" {
        return false;
    }
    let pool = Eval::new(world).ask(*of, Eval::scope_of(world, site));
    pool.iter().any(|it| match it {
        Thing::Instance(class) => world.method(class, Symbol::new("submit")).is_some(),
        _ => false,
    })
}
