//! Work that is handed over: whether it takes the context of here with it, and the project's own functions that hand over what
//! they are given.

use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};

use crate::facts::{FunctionKind, Value, ValueId};
use crate::library::{Model, NodeId, Role, Slot};
use crate::link::attributes::call_at;
use crate::link::eval::Eval;
use crate::link::names::shown;
use crate::link::openings::{Openings, argument_at, called_params, named_param, runs};
use crate::link::outgoing::captured::enters_from_outside;
use crate::link::outgoing::declared::{Sort, is_future, sort_of};
use crate::link::outgoing::mentions::mentioned;
use crate::link::outgoing::waits::is_waited_for;
use crate::link::outgoing::work::{Work, awaited_params, carries, done, origin, param_of};
use crate::link::rounds::Targets;
use crate::link::things::Site;
use crate::link::world::World;
use crate::program::{FuncId, HandoffSite, Mechanism};
use crate::text::{FileId, Symbol};

/// Wrappers of wrappers of what spawns; deeper ones are given up.
const MOST_WRAPPERS: usize = 8;

/// A function that hands over one of its parameters.
#[derive(Clone, Copy)]
pub(crate) struct Spawner {
    param: u16,
    mechanism: Mechanism,
    pub(super) propagates: bool,
    /// It waits for what it handed over: for its callers it is a call like any other.
    waits: bool,
    /// Only names tell: its own, or that of one that it hands its work to.
    guessed: bool,
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
    /// By the bare name, if it is never one of something else: what those of that name do.
    named: FxHashMap<Symbol, (FuncId, Spawner)>,
    treatments: FxHashMap<(FuncId, u16), Treatment>,
    /// Where such a function hands it over.
    sites: FxHashSet<Site>,
}

/// A parameter that is work, and what becomes of it.
struct Found {
    function: FuncId,
    param: u16,
    treatment: Treatment,
    spawner: Option<Spawner>,
    at: Option<Site>,
}

pub(crate) fn mechanism(model: &Model) -> Option<Mechanism> {
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
        known.guess(world, targets, openings);
        for _ in 0..MOST_WRAPPERS {
            let found: Vec<Found> = world
                .each_file()
                .filter(|it| world.facts(*it).lexical)
                .flat_map_iter(|it| known.in_file(world, targets, openings, it))
                .collect();
            let before = known.count();
            for it in found {
                known.sites.extend(it.at);
                if let Some(spawner) = it.spawner {
                    let entry = known.spawners.entry(it.function).or_insert(spawner);
                    if entry.guessed && !spawner.guessed {
                        *entry = spawner;
                    }
                }
                let treatment = known.treatments.entry((it.function, it.param)).or_insert(it.treatment);
                *treatment = (*treatment).max(it.treatment);
            }
            if known.count() == before {
                break;
            }
        }
        known.name(world);
        known
    }

    fn count(&self) -> (usize, usize, usize) {
        let guessed = self.spawners.values().filter(|it| it.guessed).count();
        (self.spawners.len(), guessed, self.treatments.len())
    }

    /// A function whose name says that it spawns, and that takes something to do: work can go to a thread through a queue, where
    /// nobody can follow it, and a trait can leave it to others.
    fn guess(&mut self, world: &World<'_>, targets: &Targets, openings: &Openings) {
        for index in 0..world.file_of.len() {
            let function = FuncId(index as u32);
            let it = world.function(function);
            if it.kind != FunctionKind::Named || !says_spawn(it.name) {
                continue;
            }
            let mut params = 0..world.params(function).len() as u16;
            let is_work = |at: &u16| matches!(sort_of(world, function, *at), Sort::Work | Sort::Callback);
            let Some(param) = params.find(is_work) else { continue };
            let mechanism =
                if is_future(world, function, param) { Mechanism::Task } else { Mechanism::Thread };
            let propagates = is_carried_inside(world, targets, openings, function, param);
            let treatment = if propagates { Treatment::Keeps } else { Treatment::Loses };
            let spawner = Spawner { param, mechanism, propagates, waits: false, guessed: true };
            self.spawners.insert(function, spawner);
            self.treatments.insert((function, param), treatment);
        }
    }

    fn name(&mut self, world: &World<'_>) {
        let mut all: Vec<FuncId> = self.spawners.keys().copied().collect();
        all.sort_unstable();
        for function in all {
            let Some(spawner) = self.spawners.get(&function) else { continue };
            let (_, named) = self.named.entry(world.function(function).name).or_insert((function, *spawner));
            named.propagates &= spawner.propagates;
        }
    }

    /// What is handed over by a call of something unknown that has the name of wrappers of the project, and whether it takes the
    /// context of here along with all of them.
    pub(super) fn named(&self, world: &World<'_>, site: Site, name: Symbol) -> Option<(ValueId, bool)> {
        let (function, spawner) = self.named.get(&name)?;
        // `Server::spawn(config)` says whose it is.
        if world.is_called_by_path(site) {
            return None;
        }
        let on_something = world.params(*function).first().is_some_and(|it| it.name.as_str() == "self");
        let at = usize::from(spawner.param).checked_sub(usize::from(on_something))?;
        Some((world.call_args(site).get(at)?.value, spawner.propagates))
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
                    found.push(Found { function, param, treatment, spawner: None, at: None });
                }
                for model in &world.library.node(node).models {
                    let Some(mechanism) = mechanism(model) else { continue };
                    let value = model.place(Slot::Function).and_then(|it| argument_at(world, site, it));
                    let Some(value) = value else { continue };
                    let waits = is_waited_for(world, targets, &mut eval, site);
                    let spawner = |carried: bool, param| Spawner {
                        param,
                        mechanism,
                        propagates: carried || model.keeps_context,
                        waits,
                        guessed: false,
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
                    waits: inner.waits || is_waited_for(world, targets, &mut Eval::new(world), site),
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
            let passed = world.given(site, callee, index, bound);
            if let Some((function, param)) = passed.and_then(|it| named_param(world, world.runner(site), it))
            {
                found.push(Found { function, param, treatment, spawner: None, at: None });
            }
        }
    }

    /// What a function does with a parameter, if that is work that it runs in some context.
    pub(crate) fn treatment(&self, function: FuncId, param: usize) -> Option<Treatment> {
        self.treatments.get(&(function, param as u16)).copied()
    }

    /// Whether what a call hands over is a parameter of the function around it: that is judged where it comes from.
    pub(super) fn is_passed_on(&self, site: Site) -> bool {
        self.sites.contains(&site)
    }

    /// Whether a closure runs what the function around it is given as work to do.
    pub(super) fn runs_given(
        &self,
        world: &World<'_>,
        targets: &Targets,
        around: FuncId,
        closure: FuncId,
    ) -> bool {
        let is_work = |param: u16| self.treatment(around, usize::from(param)).is_some();
        let called = || called_params(world, targets, closure);
        !self.is_empty() && called().iter().any(|(owner, at, _)| *owner == around && is_work(*at))
    }

    /// Whether a function waits for what it hands over.
    pub(crate) fn waits(&self, function: FuncId) -> bool {
        self.spawners.get(&function).is_some_and(|it| it.waits)
    }

    /// Whether any function does anything of the kind.
    pub(crate) fn is_empty(&self) -> bool {
        self.treatments.is_empty()
    }

    /// A function that hands over a parameter, as its callers see it: one that waits for it is a call like any other, unless its
    /// name says what it does.
    fn handing_over(&self, world: &World<'_>, function: FuncId) -> Option<&Spawner> {
        let name = world.function(function).name;
        let says = || says_spawn(name) || name.as_str().split('_').any(|it| it == "detached");
        self.spawners.get(&function).filter(|it| !it.waits || says())
    }

    /// What a call hands over through a function of the project.
    pub(super) fn handed(
        &self,
        world: &World<'_>,
        targets: &Targets,
        openings: &Openings,
        site: Site,
    ) -> Option<HandoffSite> {
        if self.spawners.is_empty() {
            return None;
        }
        let (function, bound, spawner) = targets
            .functions(site)
            .find_map(|(it, bound)| Some((it, bound, self.handing_over(world, it)?)))?;
        let value = world.argument(site, function, usize::from(spawner.param), bound)?;
        Some(HandoffSite {
            at: call_at(world, site),
            call: shown(world, function),
            mechanism: spawner.mechanism,
            propagates: spawner.propagates || carries(world, targets, openings, value, site),
            in_span: openings.in_span(world, site),
            work: done(world, targets, openings, value, site),
            traced: false,
            only_makes: false,
            handle_in_span: false,
        })
    }
}

/// Whether what a function is given there is something to do: its type says so, or there is none and its name does.
fn is_work(world: &World<'_>, function: FuncId, param: u16) -> bool {
    let it = world.function(function);
    match sort_of(world, function, param) {
        Sort::Work => true,
        Sort::Unsure | Sort::Callback => it.kind == FunctionKind::Macro || says_spawn(it.name),
        Sort::Other => false,
    }
}

/// `spawn`, `spawn_blocking`, `try_spawn`, `queue_spawn`: a word of the name.
pub(super) fn says_spawn(name: Symbol) -> bool {
    name.as_str().trim_end_matches('!').split('_').any(|it| it == "spawn")
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
        Found { function, param, treatment, spawner: Some(spawner), at: Some(site) }
    };
    let work = origin(world, targets, openings, eval, value, site);
    if let Some((owner, param)) = param_of(world, eval, &work) {
        return is_work(world, owner, param).then(|| told(owner, work.carried, param));
    }
    let inside = run_inside(world, targets, openings, &work);
    let inside = inside.or_else(|| mentioned(world, targets, openings, eval, value, site));
    inside.map(|(owner, param, carried)| told(owner, carried, param))
}

/// A closure that runs the parameter: `spawn(move || f())`.
fn run_inside(
    world: &World<'_>,
    targets: &Targets,
    openings: &Openings,
    work: &Work,
) -> Option<(FuncId, u16, bool)> {
    let Value::Closure(local) = *world.facts(work.site.file).value(work.value) else { return None };
    let closure = world.func(work.site.file, local);
    let carried = work.carried || enters_from_outside(world, targets, openings, closure);
    let called =
        called_params(world, targets, closure).into_iter().map(|(owner, param, _)| (owner, param, false));
    let mut run = called.chain(awaited_params(world, targets, openings, closure));
    let whole = world.function(closure).span;
    let outer = run.find(|(owner, param, _)| {
        let it = world.function(*owner);
        // What an instance keeps was handed over when it was made, and is not handed over then.
        let around = it.span.contains(whole) && world.file_of[owner.index()] == work.site.file;
        around && *owner != closure && it.kind != FunctionKind::Closure && is_work(world, *owner, *param)
    });
    outer.map(|(owner, param, carries)| (owner, param, carried || carries))
}

/// A closure in a function that runs its parameter in a span that was there before: whoever runs that closure has the context.
fn is_carried_inside(
    world: &World<'_>,
    targets: &Targets,
    openings: &Openings,
    function: FuncId,
    param: u16,
) -> bool {
    let bodies: Vec<FuncId> = world.closures_inside(function).collect();
    let runs = |it: FuncId| {
        called_params(world, targets, it).iter().any(|(owner, at, _)| (*owner, *at) == (function, param))
    };
    bodies.iter().any(|it| {
        let has = |inner: &FuncId| world.function(*it).span.contains(world.function(*inner).span);
        enters_from_outside(world, targets, openings, *it)
            && bodies.iter().filter(|it| has(it)).any(|it| runs(*it))
    })
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
