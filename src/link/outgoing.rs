//! The tables of what leaves a function: processes, outgoing calls, work handed over, log lines, set-up calls.

mod assumed;
mod captured;
mod declared;
mod handed;
mod mentions;
pub(crate) mod spawners;
pub(crate) mod waits;
mod work;

use rayon::prelude::*;
use rustc_hash::FxHashMap;

use crate::facts::{OpKind, Value};
use crate::library::{Model, NodeId, Role, Slot};
use crate::link::attributes::call_at;
use crate::link::eval::Eval;
use crate::link::names::shown;
use crate::link::openings::{Openings, argument_at};
use crate::link::outgoing::spawners::Spawners;
use crate::link::rounds::Targets;
use crate::link::things::{Among, Site, Thing};
use crate::link::world::World;
use crate::program::{
    CallCategory, CallSite, FuncId, HandoffSite, LogSite, Mechanism, ProcessSite, Reach, SetupSite,
};
use crate::text::{FileId, Symbol};

#[derive(Default)]
pub(crate) struct Tables {
    pub(crate) processes: Vec<ProcessSite>,
    pub(crate) calls: Vec<CallSite>,
    pub(crate) handoffs: Vec<HandoffSite>,
    pub(crate) logs: Vec<LogSite>,
    pub(crate) setups: Vec<SetupSite>,
    pub(crate) servers: Vec<FuncId>,
    /// The library roots behind `calls`, in the same order, for matching with what is instrumented.
    pub(crate) call_nodes: Vec<NodeId>,
}

impl Tables {
    fn append(&mut self, mut other: Tables) {
        self.processes.append(&mut other.processes);
        self.calls.append(&mut other.calls);
        self.handoffs.append(&mut other.handoffs);
        self.logs.append(&mut other.logs);
        self.setups.append(&mut other.setups);
        self.servers.append(&mut other.servers);
        self.call_nodes.append(&mut other.call_nodes);
    }
}

pub(crate) fn find(
    world: &World<'_>,
    targets: &Targets,
    openings: &Openings,
    runners: &Runners,
    spawners: &Spawners,
) -> Tables {
    let parts: Vec<Tables> = world
        .each_file()
        .map(|file| {
            let mut tables = Tables::default();
            let mut sites: Vec<Site> = Vec::new();
            for (op, callees) in targets.calls(file) {
                let site = Site { file, op };
                read_call(world, targets, openings, runners, (site, callees), &mut tables);
                sites.resize(tables.handoffs.len(), site);
                // What a macro hands over is told where the macro is called.
                if spawners.is_passed_on(site)
                    && let Some(it) = tables.handoffs.last_mut().filter(|it| it.at == call_at(world, site))
                {
                    it.work = None;
                }
                let told_elsewhere = world.has_lexical && openings.is_in_expanded(world, world.runner(site));
                if told_elsewhere {
                    tables.handoffs.retain(|it| it.at != call_at(world, site));
                } else if let Some(handed) = spawners.handed(world, targets, openings, site)
                    && tables.handoffs.last().is_none_or(|it| it.at != handed.at)
                {
                    tables.handoffs.push(handed);
                }
            }
            if !world.facts(file).lexical {
                handed::forget_spare(world, targets, &mut tables.handoffs, &sites);
            }
            assumed::assume(world, targets, openings, spawners, file, &mut tables.handoffs);
            tables
        })
        .collect();
    let mut all = Tables::default();
    parts.into_iter().for_each(|it| all.append(it));
    all
}

/// The project's own functions that start a process with a command that their caller gives.
pub(crate) struct Runners(FxHashMap<FuncId, u16>);

impl Runners {
    pub(crate) fn find(world: &World<'_>, targets: &Targets) -> Runners {
        let mut known: FxHashMap<FuncId, u16> = FxHashMap::default();
        for _ in 0..4 {
            let found: Vec<(FuncId, u16)> =
                world.each_file().flat_map_iter(|file| runners_in(world, targets, file, &known)).collect();
            let before = known.len();
            for (function, index) in found {
                known.entry(function).or_insert(index);
            }
            if known.len() == before {
                break;
            }
        }
        Runners(known)
    }

    pub(crate) fn contains(&self, function: FuncId) -> bool {
        self.0.contains_key(&function)
    }

    pub(crate) fn all(&self) -> Vec<FuncId> {
        let mut all: Vec<FuncId> = self.0.keys().copied().collect();
        all.sort_unstable();
        all
    }
}

fn runners_in(
    world: &World<'_>,
    targets: &Targets,
    file: FileId,
    known: &FxHashMap<FuncId, u16>,
) -> Vec<(FuncId, u16)> {
    let mut eval = Eval::new(world);
    let mut found = Vec::new();
    // At first only libraries are known to start processes.
    let by_libraries = known.is_empty().then(|| targets.modelled(file));
    let by_all = (!known.is_empty()).then(|| targets.calls(file).map(|(op, _)| Site { file, op }));
    for site in by_libraries.into_iter().flatten().chain(by_all.into_iter().flatten()) {
        let callees = targets.of(site);
        let by_library =
            callees.nodes().find_map(|it| world.library.node(it).model(Role::Process)).map(|it| {
                let place = it.place(Slot::Command).unwrap_or_default();
                argument_at(world, site, place).or_else(|| world.call_args(site).first().map(|it| it.value))
            });
        let by_project = callees.functions().find_map(|(it, bound)| {
            known.get(&it).map(|index| world.argument(site, it, usize::from(*index), bound))
        });
        let Some(command) = by_library.or(by_project).flatten() else { continue };
        let scope = Eval::scope_of(world, site);
        let runner = world.runner(site);
        if let Some(index) = forwarded(world, &mut eval, command, scope, runner, 0) {
            found.push((runner, index));
        }
    }
    found
}

/// The parameter of the function that a command is made of.
fn forwarded(
    world: &World<'_>,
    eval: &mut Eval<'_, '_>,
    value: crate::facts::ValueId,
    scope: crate::link::eval::Scope,
    function: FuncId,
    depth: u32,
) -> Option<u16> {
    if depth > 5 {
        return None;
    }
    let facts = world.facts(scope.file);
    let direct = eval.ask(value, scope).iter().find_map(|it| match it {
        Thing::Param(owner, index) if owner == function => Some(index),
        _ => None,
    });
    direct.or_else(|| match facts.value(value) {
        Value::Name(name) => {
            let (file, binding) = eval.single_binding(*name, scope)?;
            match binding.kind {
                crate::facts::BindingKind::Value(inner) if file == scope.file => {
                    let scope = crate::link::eval::Scope {
                        file,
                        function: binding.from,
                        region: binding.region,
                        order: binding.order,
                    };
                    forwarded(world, eval, inner, scope, function, depth + 1)
                }
                crate::facts::BindingKind::Param(index) if world.func(file, binding.from) == function => {
                    Some(index as u16)
                }
                _ => None,
            }
        }
        Value::Call(op) => match &facts.op(*op).kind {
            OpKind::Call { args, .. } => {
                let args: Vec<_> = facts.args(args).to_vec();
                args.iter().find_map(|it| forwarded(world, eval, it.value, scope, function, depth + 1))
            }
            _ => None,
        },
        Value::Either(run) | Value::Fallback(run) => {
            facts.list(run).iter().find_map(|it| forwarded(world, eval, *it, scope, function, depth + 1))
        }
        _ => None,
    })
}

fn read_call(
    world: &World<'_>,
    targets: &Targets,
    openings: &Openings,
    runners: &Runners,
    (site, callees): (Site, Among<'_>),
    tables: &mut Tables,
) {
    let mut logged = false;
    for node in callees.nodes() {
        for model in &world.library.node(node).models {
            logged |= read_model(world, targets, openings, site, node, model, tables, logged);
        }
    }
    for thing in callees.iter() {
        if let Thing::AnyMethod(node, name) = thing
            && let Some(model) = world.library.any_call(node)
        {
            let path = Symbol::new(&format!("{}.{name}", world.library.node(node).path));
            outgoing(world, targets, site, (node, path), model, tables);
        }
    }
    if let Some((function, _)) = callees.functions().find(|(it, _)| runners.contains(*it)) {
        let name = world.function(function).path;
        tables.processes.push(process(world, targets, openings, site, name, Some(function)));
    }
    if !callees.is_known()
        && let Some((call, print)) = assumed_log(world, site)
    {
        tables.logs.push(LogSite { at: call_at(world, site), call, print });
    }
}

/// A logger that is not known is told by its name.
fn assumed_log(world: &World<'_>, site: Site) -> Option<(Symbol, bool)> {
    let facts = world.facts(site.file);
    let Value::Member { of, name } = *facts.value(world.callee(site)?) else { return None };
    let receiver = match facts.value(of) {
        Value::Name(name) | Value::Member { name, .. } => name.as_str(),
        _ => return None,
    };
    let is_logger = matches!(receiver, "logger" | "log" | "LOG" | "LOGGER" | "_logger" | "_log" | "_LOGGER");
    let level = matches!(
        name.as_str(),
        "debug" | "info" | "warning" | "warn" | "error" | "critical" | "exception" | "log"
    );
    (is_logger && level).then(|| (Symbol::new(&format!("{receiver}.{name}")), false))
}

fn read_model(
    world: &World<'_>,
    targets: &Targets,
    openings: &Openings,
    site: Site,
    node: NodeId,
    model: &Model,
    tables: &mut Tables,
    logged: bool,
) -> bool {
    let path = world.library.node(node).path;
    let at = call_at(world, site);
    if outgoing(world, targets, site, (node, path), model, tables) {
        return false;
    }
    if let Some(mechanism) = spawners::mechanism(model) {
        if handed::goes_through_own_submit(world, site) {
            return false;
        }
        let work = model.place(Slot::Function).and_then(|it| argument_at(world, site, it));
        let carried = work.is_some_and(|it| match world.facts(site.file).lexical {
            true => work::carries(world, targets, openings, it, site),
            false => handed::brings_context(world, targets, it, site),
        });
        let propagates = model.keeps_context || carried;
        let in_span = openings.in_span(world, site);
        let on_thread = matches!(mechanism, Mechanism::Thread | Mechanism::Executor);
        let work = work.and_then(|it| match world.facts(site.file).lexical {
            true => work::done(world, targets, openings, it, site),
            false => handed::work(world, it, site),
        });
        tables.handoffs.push(HandoffSite {
            at,
            call: path,
            mechanism,
            propagates,
            in_span,
            work,
            traced: false,
            only_makes: on_thread && work.is_some_and(|it| captured::only_makes_future(world, targets, it)),
            handle_in_span: false,
        });
        return false;
    }
    match model.role {
        Role::Process => tables.processes.push(process(world, targets, openings, site, path, None)),
        Role::Log | Role::LogException if !logged => {
            tables.logs.push(LogSite { at, call: path, print: false });
            return true;
        }
        Role::Serve => tables.servers.push(at.function),
        Role::Print => tables.logs.push(LogSite { at, call: path, print: true }),
        Role::SetUp | Role::GetTracer | Role::GetMeter | Role::AutoInstrument => {
            let what = match model.role {
                Role::GetTracer => Symbol::new("tracer"),
                Role::GetMeter => Symbol::new("meter"),
                Role::AutoInstrument => Symbol::new("instrumentor"),
                _ => model.detail.unwrap_or_else(|| Symbol::new("provider")),
            };
            // What it is for, where it is set up for one name among others.
            let name = model.place(Slot::Name).filter(|_| what.as_str() == "view");
            let name = name.and_then(|it| world.argument_named(site, it.keyword, it.index.map(usize::from)));
            let detail = name.and_then(|(value, from)| {
                Eval::new(world).text(value, Eval::scope_of(world, from)).text().text
            });
            let is_set_up = matches!(what.as_str(), "provider" | "install" | "exporter" | "processor");
            let traces = model.signal.is_none();
            let sends = traces && is_set_up && model.goes_out;
            tables.setups.push(SetupSite { at, what, call: path, detail, traces, sends });
        }
        _ => {}
    }
    false
}

/// A call that leaves the program, if the model says that it is one.
fn outgoing(
    world: &World<'_>,
    targets: &Targets,
    site: Site,
    (node, call): (NodeId, Symbol),
    model: &Model,
    tables: &mut Tables,
) -> bool {
    let category = match model.role {
        Role::Http => CallCategory::Http,
        Role::Db => CallCategory::Db,
        Role::Messaging => CallCategory::Messaging,
        Role::Rpc => CallCategory::Rpc,
        Role::Llm => CallCategory::Llm,
        _ => return false,
    };
    if !model.goes_out {
        return false;
    }
    let at = call_at(world, site);
    let certainty = targets.certainty(site);
    tables.calls.push(CallSite {
        at,
        call,
        category,
        covered_by: None,
        instrumented: false,
        instrumentable: false,
        reach: Reach::Unknown,
        certainty,
    });
    tables.call_nodes.push(node);
    true
}

fn process(
    world: &World<'_>,
    targets: &Targets,
    openings: &Openings,
    site: Site,
    call: Symbol,
    wrapper: Option<FuncId>,
) -> ProcessSite {
    let at = call_at(world, site);
    ProcessSite {
        at,
        call,
        in_span: openings.in_span(world, site) || openings.is_put_into_a_span(at),
        covered: false,
        via_wrapper: wrapper.map(|it| shown(world, it)),
        wrapper,
        certainty: targets.certainty(site),
    }
}
