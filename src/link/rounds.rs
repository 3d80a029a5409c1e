//! Rounds of evaluation until nothing changes: what functions return and yield, what callers pass, what instances hold.
//!
//! Each round reads the tables of the round before and only adds to them, so the result does not depend on order or threads.

use rayon::prelude::*;
use rustc_hash::FxHashSet;

use crate::facts::{OpId, OpKind, ParamKind, Spread, Value};
use crate::library::NodeId;
use crate::link::eval::{Dependency, Eval};
use crate::link::modules::ModuleId;
use crate::link::things::{ClassId, Site, Thing, Things};
use crate::link::world::{World, set_member};
use crate::program::{Certainty, FuncId};
use crate::text::Symbol;

/// Chains longer than this, through as many functions, are given up.
const MOST_ROUNDS: usize = 8;

/// What calls reach, by file, sorted by operation.
pub(crate) struct Targets {
    by_file: Vec<Vec<(OpId, Things)>>,
    /// The calls whose target was told by a bare name.
    assumed: FxHashSet<Site>,
}

impl Targets {
    pub(crate) fn of(&self, site: Site) -> &Things {
        static NONE: std::sync::OnceLock<Things> = std::sync::OnceLock::new();
        let calls = &self.by_file[site.file.index()];
        match calls.binary_search_by_key(&site.op, |(op, _)| *op) {
            Ok(at) => &calls[at].1,
            Err(_) => NONE.get_or_init(Things::none),
        }
    }

    pub(crate) fn certainty(&self, site: Site) -> Certainty {
        if self.assumed.contains(&site) { Certainty::Assumed } else { Certainty::Certain }
    }

    /// The library members that a call reaches.
    pub(crate) fn nodes(&self, site: Site) -> impl Iterator<Item = NodeId> + '_ {
        self.of(site).iter().filter_map(|it| match it {
            Thing::Library(node) => Some(node),
            _ => None,
        })
    }

    /// The project functions that a call reaches, and whether their first parameter is bound.
    pub(crate) fn functions(&self, site: Site) -> impl Iterator<Item = (FuncId, bool)> + '_ {
        self.of(site).iter().filter_map(|it| match it {
            Thing::Function(function) => Some((function, false)),
            Thing::Method(function) => Some((function, true)),
            _ => None,
        })
    }

    pub(crate) fn calls(&self, file: usize) -> &[(OpId, Things)] {
        &self.by_file[file]
    }
}

/// What one reading of one function found.
#[derive(Default)]
struct Reading {
    calls: Vec<(OpId, Things)>,
    assumed: Vec<OpId>,
    returns: Things,
    yields: Things,
    passed: Vec<(FuncId, usize, Things)>,
    fields: Vec<(ClassId, Symbol, Things)>,
    patches: Vec<(ModuleId, Symbol, Things)>,
    read: Vec<Dependency>,
}

pub(crate) fn run(world: &mut World<'_>) -> Targets {
    let functions = world.file_of.len();
    // What functions give and what instances hold is settled first: it needs few operations, and nearly every call depends on it.
    fixpoint(world, Wanted::Results, &mut (0..functions).map(|_| Reading::default()).collect::<Vec<_>>());
    let mut readings: Vec<Reading> = (0..functions).map(|_| Reading::default()).collect();
    fixpoint(world, Wanted::All, &mut readings);
    gather(world, readings)
}

/// Reads every function, and again those that depend on what changed, until nothing does.
fn fixpoint(world: &mut World<'_>, wanted: Wanted, readings: &mut [Reading]) {
    let functions = readings.len();
    let mut due: Vec<u32> = (0..functions as u32).collect();
    for _ in 0..MOST_ROUNDS {
        let fresh: Vec<Reading> =
            due.par_iter().with_min_len(64).map(|it| read(world, FuncId(*it), wanted)).collect();
        let mut changed = FxHashSet::default();
        for (function, reading) in due.iter().zip(fresh) {
            note(world, FuncId(*function), &reading, &mut changed);
            readings[*function as usize] = reading;
        }
        if changed.is_empty() {
            break;
        }
        due = (0..functions as u32)
            .into_par_iter()
            .filter(|it| readings[*it as usize].read.iter().any(|dependency| changed.contains(dependency)))
            .collect();
    }
}

/// Which operations are read.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Wanted {
    Results,
    All,
}

fn gather(world: &World<'_>, readings: Vec<Reading>) -> Targets {
    let mut by_file: Vec<Vec<(OpId, Things)>> = world.files.iter().map(|_| Vec::new()).collect();
    let mut assumed = FxHashSet::default();
    for (index, reading) in readings.into_iter().enumerate() {
        let file = world.file_of[index];
        by_file[file.index()].extend(reading.calls);
        assumed.extend(reading.assumed.into_iter().map(|op| Site { file, op }));
    }
    Targets { by_file, assumed }
}

/// Adds a reading to the tables, and says which entries grew.
fn note(world: &mut World<'_>, function: FuncId, reading: &Reading, changed: &mut FxHashSet<Dependency>) {
    if grow(&mut world.returns[function.index()], &reading.returns)
        | grow(&mut world.yields[function.index()], &reading.yields)
    {
        changed.insert(Dependency::Result(function));
    }
    for (callee, param, things) in &reading.passed {
        let passed = &mut world.passed[callee.index()];
        if passed.len() <= *param {
            passed.resize(*param + 1, Things::none());
        }
        if grow(&mut passed[*param], things) {
            changed.insert(Dependency::Passed(*callee));
        }
    }
    for (class, name, things) in &reading.fields {
        if grow(world.fields.entry((*class, *name)).or_default(), things) {
            changed.insert(Dependency::Field(*class, *name));
        }
    }
    for (module, name, things) in &reading.patches {
        if grow(world.patches.entry((*module, *name)).or_default(), things) {
            changed.insert(Dependency::Patch(*module, *name));
        }
    }
}

fn grow(table: &mut Things, added: &Things) -> bool {
    let before = table.iter().count();
    table.join(added);
    table.iter().count() > before
}

fn read(world: &World<'_>, function: FuncId, wanted: Wanted) -> Reading {
    let mut eval = Eval::new(world);
    let mut reading = Reading::default();
    for (site, op) in world.ops(function) {
        set(&mut eval, &mut reading, site, &op.kind);
        match &op.kind {
            OpKind::Call { .. } if wanted == Wanted::All => {
                let (callees, assumed) = eval.callees(site.op, site.file);
                if assumed {
                    reading.assumed.push(site.op);
                }
                if !callees.is_empty() {
                    pass(&mut eval, &mut reading, site, &callees);
                    reading.calls.push((site.op, callees));
                }
            }
            OpKind::Return(Some(value)) => {
                let scope = Eval::scope_of(world, site);
                reading.returns.join(&kept(&eval.ask(*value, scope)));
            }
            OpKind::Yield(value) => {
                let scope = Eval::scope_of(world, site);
                reading.yields.join(&kept(&eval.ask(*value, scope)));
            }
            _ => {}
        }
    }
    reading.read = std::mem::take(&mut eval.read);
    reading.read.sort_unstable();
    reading.read.dedup();
    reading
}

/// What is set on an instance, a class or a module.
fn set(eval: &mut Eval<'_, '_>, reading: &mut Reading, site: Site, kind: &OpKind) {
    let world = eval.world;
    let Some((of, name, value)) = set_member(world.facts(site.file), kind) else { return };
    let scope = Eval::scope_of(world, site);
    let held = kept(&eval.ask(value, scope));
    if held.is_empty() {
        return;
    }
    for owner in eval.ask(of, scope).iter() {
        match owner {
            Thing::Instance(class) | Thing::Class(class) => reading.fields.push((class, name, held.clone())),
            Thing::Module(module) if !world.files[site.file.index()].test => {
                reading.patches.push((module, name, held.clone()));
            }
            _ => {}
        }
    }
}

/// Texts are followed by another way; a table of things need not hold them.
fn kept(things: &Things) -> Things {
    things.iter().filter(|it| !matches!(it, Thing::Text(_))).collect()
}

/// Hands the call's arguments to the parameters of the functions that it reaches.
fn pass(eval: &mut Eval<'_, '_>, reading: &mut Reading, site: Site, callees: &Things) {
    let world = eval.world;
    for callee in callees.iter() {
        let (function, bound) = match callee {
            Thing::Function(function) => (function, false),
            Thing::Method(function) => (function, true),
            Thing::Class(class) => match world.method(class, world.names.init) {
                Some(function) => (function, true),
                None => continue,
            },
            Thing::Instance(class) => match world.method(class, world.names.call) {
                Some(function) => (function, true),
                None => continue,
            },
            _ => continue,
        };
        pass_to(eval, reading, site, function, bound);
    }
}

fn pass_to(eval: &mut Eval<'_, '_>, reading: &mut Reading, site: Site, function: FuncId, bound: bool) {
    let world = eval.world;
    let params = world.params(function);
    let shift = usize::from(bound);
    for (position, (arg, from)) in world.all_args(site).iter().enumerate() {
        if arg.spread != Spread::No || !worth_following(world.facts(from.file).value(arg.value)) {
            continue;
        }
        let param = match arg.name {
            Some(name) => params.iter().position(|it| it.name == name),
            None => Some(position + shift).filter(|it| *it < params.len()),
        };
        let Some(param) = param else { continue };
        if matches!(params[param].kind, ParamKind::Rest | ParamKind::Keywords) {
            continue;
        }
        let passed: Things = kept(&eval.ask(arg.value, Eval::scope_of(world, *from)))
            .iter()
            .filter(|it| !matches!(it, Thing::Param(..) | Thing::Foreign | Thing::Module(_)))
            .collect();
        if !passed.is_empty() {
            reading.passed.push((function, param, passed));
        }
    }
}

fn worth_following(value: &Value) -> bool {
    matches!(
        value,
        Value::Name(_)
            | Value::Member { .. }
            | Value::Call(_)
            | Value::Closure(_)
            | Value::Either(_)
            | Value::Fallback(_)
            | Value::Awaited(_)
            | Value::Entered(_)
    )
}
