//! Work that is handed over: whether it takes the context of here with it, and the project's own functions that hand over what
//! they are given.

use rayon::prelude::*;
use rustc_hash::FxHashMap;

use crate::facts::{Binding, BindingKind, FnId, FunctionKind, OpKind, Spread, Value, ValueId};
use crate::library::{Model, NodeId, Role, Slot};
use crate::link::eval::{Eval, Scope};
use crate::link::openings::{How, Open, Openings, argument_at, called_params, named_param, runs};
use crate::link::rounds::Targets;
use crate::link::things::{Site, Thing};
use crate::link::world::World;
use crate::program::{FuncId, Mechanism};
use crate::text::FileId;

/// Longer ways from a call to what it runs are given up.
const LONGEST: u32 = 8;

/// A function that hands over one of its parameters.
#[derive(Clone, Copy)]
pub(crate) struct Spawner {
    param: u16,
    mechanism: Mechanism,
    propagates: bool,
    /// It waits for what it handed over: for its callers it is a call like any other.
    waits: bool,
}

/// What a function of the project does with a parameter that is work to do.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Treatment {
    /// It runs elsewhere, without the context of here.
    Loses,
    /// It runs in whatever span is current.
    Keeps,
    /// It runs in a span that is opened for it.
    Opens,
}

#[derive(Default)]
pub(crate) struct Spawners {
    spawners: FxHashMap<FuncId, Spawner>,
    treatments: FxHashMap<(FuncId, u16), Treatment>,
}

/// A parameter that is work, and what becomes of it.
struct Found {
    function: FuncId,
    param: u16,
    treatment: Treatment,
    spawner: Option<Spawner>,
}

/// Where handed-over work comes from, and whether it carries a span on the way.
struct Work {
    value: ValueId,
    site: Site,
    carried: bool,
}

pub(super) fn mechanism(model: &Model) -> Option<Mechanism> {
    match model.role {
        Role::Thread => Some(Mechanism::Thread),
        Role::Executor => Some(Mechanism::Executor),
        Role::ProcessPool => Some(Mechanism::ProcessPool),
        Role::Task => Some(Mechanism::Task),
        _ => None,
    }
}

impl Spawners {
    pub(crate) fn find(world: &World<'_>, targets: &Targets, openings: &Openings) -> Spawners {
        let mut known = Spawners::default();
        if !world.files.iter().any(|it| it.facts.lexical) {
            return known;
        }
        for _ in 0..4 {
            let found: Vec<Found> = (0..world.files.len())
                .into_par_iter()
                .filter(|it| world.files[*it].facts.lexical)
                .flat_map_iter(|it| known.in_file(world, targets, openings, FileId(it as u32)))
                .collect();
            let before = (known.spawners.len(), known.treatments.len());
            for it in found {
                if let Some(spawner) = it.spawner {
                    known.spawners.entry(it.function).or_insert(spawner);
                }
                let treatment = known.treatments.entry((it.function, it.param)).or_insert(it.treatment);
                *treatment = (*treatment).max(it.treatment);
            }
            if (known.spawners.len(), known.treatments.len()) == before {
                break;
            }
        }
        known
    }

    fn in_file(&self, world: &World<'_>, targets: &Targets, openings: &Openings, file: FileId) -> Vec<Found> {
        let mut eval = Eval::new(world);
        let mut found: Vec<Found> = Vec::new();
        for (op, _) in targets.calls(file) {
            let site = Site { file, op };
            for node in targets.nodes(site) {
                if let Some(work) = runs(world, site, node)
                    && let work = origin(world, targets, openings, &mut eval, work, site)
                    && let Some((function, param)) = named_param(world, world.runner(work.site), work.value)
                {
                    let treatment = if opens(world, targets, openings, &mut eval, site, node) {
                        Treatment::Opens
                    } else {
                        Treatment::Keeps
                    };
                    found.push(Found { function, param, treatment, spawner: None });
                }
                for model in &world.library.node(node).models {
                    let Some(mechanism) = mechanism(model) else { continue };
                    let value = model.place(Slot::Function).and_then(|it| argument_at(world, site, it));
                    let Some(value) = value else { continue };
                    let waits = is_waited_for(world, &mut eval, site);
                    let spawner = |carried: bool, param| Spawner {
                        param,
                        mechanism,
                        propagates: carried || model.keeps_context,
                        waits,
                    };
                    found.extend(forwarded(world, targets, openings, &mut eval, value, site, &spawner));
                }
            }
            for (callee, bound) in targets.functions(site) {
                self.handed_on(world, site, callee, bound, &mut found);
                let Some(inner) = self.spawners.get(&callee) else { continue };
                let Some(value) = world.argument(site, callee, usize::from(inner.param), bound) else {
                    continue;
                };
                let spawner = |carried: bool, param| Spawner {
                    param,
                    propagates: carried || inner.propagates,
                    waits: inner.waits || is_waited_for(world, &mut Eval::new(world), site),
                    ..*inner
                };
                found.extend(forwarded(world, targets, openings, &mut eval, value, site, &spawner));
            }
        }
        found
    }

    /// A parameter that is handed on to a function that does something with it.
    fn handed_on(&self, world: &World<'_>, site: Site, callee: FuncId, bound: bool, found: &mut Vec<Found>) {
        for index in 0..world.params(callee).len() {
            let Some(treatment) = self.treatment(callee, index) else { continue };
            let passed = world.argument(site, callee, index, bound);
            if let Some((function, param)) = passed.and_then(|it| named_param(world, world.runner(site), it))
            {
                found.push(Found { function, param, treatment, spawner: None });
            }
        }
    }

    /// What a function does with a parameter, if that is work that it runs in some context.
    pub(crate) fn treatment(&self, function: FuncId, param: usize) -> Option<Treatment> {
        self.treatments.get(&(function, param as u16)).copied()
    }

    /// Whether any function does anything of the kind.
    pub(crate) fn is_empty(&self) -> bool {
        self.treatments.is_empty()
    }

    /// What a call hands over through a function of the project.
    pub(super) fn handed(
        &self,
        world: &World<'_>,
        targets: &Targets,
        openings: &Openings,
        site: Site,
    ) -> Option<(FuncId, Mechanism, bool, Option<FuncId>)> {
        let (function, bound, spawner) = targets
            .functions(site)
            .find_map(|(it, bound)| Some((it, bound, self.spawners.get(&it).filter(|it| !it.waits)?)))?;
        let value = world.argument(site, function, usize::from(spawner.param), bound)?;
        let carries = spawner.propagates || carries(world, targets, openings, value, site);
        let work = done(world, targets, openings, value, site);
        Some((function, spawner.mechanism, carries, work))
    }
}

/// The function whose parameter is what is handed over.
fn forwarded(
    world: &World<'_>,
    targets: &Targets,
    openings: &Openings,
    eval: &mut Eval<'_, '_>,
    value: ValueId,
    site: Site,
    spawner: &dyn Fn(bool, u16) -> Spawner,
) -> Option<Found> {
    let told = |function: FuncId, carried: bool, param: u16| {
        let spawner = spawner(carried, param);
        let treatment = if spawner.propagates { Treatment::Keeps } else { Treatment::Loses };
        Found { function, param, treatment, spawner: Some(spawner) }
    };
    let work = origin(world, targets, openings, eval, value, site);
    let facts = world.facts(work.site.file);
    if let Some((owner, param)) = named_param(world, world.runner(work.site), work.value) {
        return Some(told(owner, work.carried, param));
    }
    // A closure that runs the parameter: `spawn(move || f())`.
    let Value::Closure(local) = *facts.value(work.value) else { return None };
    let closure = world.func(work.site.file, local);
    let carried = work.carried || enters_from_outside(world, openings, closure);
    let run = called_params(world, targets, closure);
    let outer = run
        .into_iter()
        .find(|(owner, ..)| *owner != closure && world.function(*owner).kind != FunctionKind::Closure);
    outer.map(|(owner, param, _)| told(owner, carried, param))
}

/// Whether a call runs its work in a span that it opens, rather than in whichever is current.
fn opens(
    world: &World<'_>,
    targets: &Targets,
    openings: &Openings,
    eval: &mut Eval<'_, '_>,
    site: Site,
    node: NodeId,
) -> bool {
    let model = world.library.node(node).model(Role::SpanActivate);
    let Some(subject) =
        model.and_then(|it| it.place(Slot::Subject)).and_then(|it| argument_at(world, site, it))
    else {
        return true;
    };
    let work = origin(world, targets, openings, eval, subject, site);
    match *world.facts(work.site.file).value(work.value) {
        Value::Call(op) => {
            let made = Site { file: work.site.file, op };
            !targets.nodes(made).any(|it| world.library.node(it).model(Role::SpanCurrent).is_some())
        }
        _ => true,
    }
}

/// Whether the function that makes a call waits for what the call gives.
fn is_waited_for(world: &World<'_>, eval: &mut Eval<'_, '_>, site: Site) -> bool {
    let facts = world.facts(site.file);
    let (_, local) = world.local(world.runner(site));
    facts.ops_of(local).any(|(op, it)| {
        let OpKind::Await(value) = it.kind else { return false };
        let mut value = value;
        for _ in 0..4 {
            match *facts.value(value) {
                Value::Call(made) if made == site.op => return true,
                // `spawn(..).map(..).await`
                Value::Call(made) => match world.receiver(Site { file: site.file, op: made }) {
                    Some(receiver) => value = receiver,
                    None => return false,
                },
                Value::Name(name) => {
                    let scope = Eval::scope_of(world, Site { file: site.file, op });
                    match eval.single_binding(name, scope) {
                        Some((_, Binding { kind: BindingKind::Value(inner), .. })) => value = *inner,
                        _ => return false,
                    }
                }
                _ => return false,
            }
        }
        false
    })
}

/// Follows what is handed over through variables and through what puts it into a span.
fn origin(
    world: &World<'_>,
    targets: &Targets,
    openings: &Openings,
    eval: &mut Eval<'_, '_>,
    value: ValueId,
    site: Site,
) -> Work {
    let mut work = Work { value, site, carried: false };
    for _ in 0..LONGEST {
        let facts = world.facts(work.site.file);
        match *facts.value(work.value) {
            Value::Call(op) => {
                let call = Site { file: work.site.file, op };
                let Some((inner, carries)) = carried_by(world, targets, openings, call)
                    .or_else(|| run_by(world, targets, call))
                    .or_else(|| only_argument(world, targets, call))
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
                let op = crate::facts::OpId(binding.order.min(facts.ops.len().saturating_sub(1) as u32));
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
            Role::Runs => world.receiver(call).map(|it| (it, false)),
            Role::Identity => Some((argument_at(world, call, model.place(Slot::Subject)?)?, false)),
            _ => None,
        })
    })
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
    (0..world.params(function).len()).rev().find_map(|it| {
        let value = world.argument(call, function, it, bound)?;
        let facts = world.facts(call.file);
        matches!(facts.value(value), Value::Name(_) | Value::Call(_) | Value::Closure(_)).then_some(value)
    })
}

/// The work that an async function of the project is given and awaits: handing over its future hands over that.
fn run_by(world: &World<'_>, targets: &Targets, call: Site) -> Option<(ValueId, bool)> {
    let mut wrappers = targets.functions(call).filter(|(it, _)| world.function(*it).is_async);
    wrappers.find_map(|(function, bound)| {
        let (file, local) = world.local(function);
        let facts = world.facts(file);
        let whole = facts.function(local).span;
        let inside = facts
            .functions
            .iter()
            .enumerate()
            .filter(|(_, it)| it.kind == FunctionKind::Closure && whole.contains(it.span));
        let bodies = inside.map(|(at, _)| world.func(file, FnId(at as u32)));
        let mut run = std::iter::once(function)
            .chain(bodies)
            .flat_map(|it| called_params(world, targets, it))
            .filter(|(owner, ..)| *owner == function);
        run.find_map(|(_, param, _)| world.argument(call, function, usize::from(param), bound))
            .map(|it| (it, false))
    })
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
    let first = || args.first().filter(|it| it.name.is_none() && it.spread == Spread::No).map(|it| it.value);
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
    match *world.facts(work.site.file).value(work.value) {
        Value::Closure(local) => enters_from_outside(world, openings, world.func(work.site.file, local)),
        _ => false,
    }
}

/// A closure, or one inside it, enters a span that was made before it.
fn enters_from_outside(world: &World<'_>, openings: &Openings, closure: FuncId) -> bool {
    let whole = world.function(closure).span;
    let (file, _) = world.local(closure);
    let facts = world.facts(file);
    let outside = |it: &crate::link::openings::Opening| match (it.how, it.open) {
        (How::Managed(_) | How::Run, Open::Library { site, .. } | Open::Given { call: site, .. }) => {
            it.by.is_some() && (site.file != file || !whole.contains(facts.op(site.op).span))
        }
        _ => false,
    };
    let inner = |it: FuncId| whole.contains(world.function(it).span);
    let functions = (0..facts.functions.len()).map(|it| world.func(file, crate::facts::FnId(it as u32)));
    let mut functions =
        functions.filter(|it| inner(*it) && world.function(*it).kind == FunctionKind::Closure);
    functions.any(|it| {
        openings.own[it.index()].iter().any(outside) || enters_captured(world, openings, it, closure)
    })
}

/// A guard or a run in a closure whose span is not known, but is a variable from outside: `let _guard = span.enter();`.
fn enters_captured(world: &World<'_>, openings: &Openings, function: FuncId, closure: FuncId) -> bool {
    let (file, local) = world.local(function);
    let facts = world.facts(file);
    let (_, outermost) = world.local(closure);
    openings.entered_in(world, function).any(|value| match facts.value(value) {
        Value::Name(name) => {
            let mut at = Some(local);
            while let Some(it) = at {
                if !facts.bindings_of(it, *name).is_empty() {
                    return false;
                }
                if it == outermost {
                    return true;
                }
                at = facts.function(it).parent;
            }
            true
        }
        Value::Member { .. } => true,
        _ => false,
    })
}
