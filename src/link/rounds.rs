//! Rounds of evaluation until nothing changes: what functions return and yield, what callers pass, what instances hold.
//!
//! Each round reads the tables of the round before and only adds to them, so the result does not depend on order or threads.

mod log;

use std::ops::Range;

use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};

use crate::facts::{OpId, OpKind, ParamKind, Spread, Value, ValueId};
use crate::library::{NodeId, Slot};
use crate::link::eval::Eval;
use crate::link::modules::ModuleId;
use crate::link::things::{Among, ClassId, Site, Thing, Things};
use crate::link::world::{World, set_member};
use crate::program::{Certainty, File, FuncId};
use crate::text::{FileId, Symbol};

use log::{Changed, Log};

/// Functions that one thread reads before it takes others.
const AT_ONCE: usize = 64;
const PORTIONS_AT_ONCE: usize = 8;

/// Chains longer than this, through as many functions, are given up.
const MOST_ROUNDS: usize = 8;

/// What calls reach, by file.
pub(crate) struct Targets {
    by_file: Vec<Reached>,
    /// The calls whose target was told by a bare name.
    assumed: FxHashSet<Site>,
    /// The one call that makes an instance of a class; none for those that are made in several places.
    makers: FxHashMap<ClassId, Option<Site>>,
}

/// The calls of one file that reach anything, sorted by operation.
struct Reached {
    /// Each with the end of what it reaches among `things`, where that of the next begins.
    calls: Vec<(OpId, u32)>,
    things: Vec<Thing>,
    places: Places,
    /// Those that reach something of a library that a model speaks of. They are few, and most questions are about them.
    modelled: Vec<OpId>,
}

impl Reached {
    fn new(world: &World<'_>, functions: &[Calls]) -> Reached {
        let all = || functions.iter().flat_map(|it| &it.reached);
        let mut calls = Vec::with_capacity(functions.iter().map(|it| it.reached.len()).sum());
        let mut things = Vec::with_capacity(all().map(|(_, it)| it.iter().count()).sum());
        let mut modelled = Vec::new();
        for (op, callees) in all() {
            things.extend(callees.iter());
            calls.push((*op, things.len() as u32));
            if callees.iter().any(|it| is_modelled(world, it)) {
                modelled.push(*op);
            }
        }
        Reached { places: Places::new(&calls), calls, things, modelled }
    }

    fn callees(&self, at: usize) -> Among<'_> {
        let start = at.checked_sub(1).map_or(0, |before| self.calls[before].1);
        Among(&self.things[start as usize..self.calls[at].1 as usize])
    }

    fn within(&self, places: Range<usize>) -> impl Iterator<Item = (OpId, Among<'_>)> {
        places.map(|at| (self.calls[at].0, self.callees(at)))
    }
}

fn is_modelled(world: &World<'_>, thing: Thing) -> bool {
    match thing {
        Thing::Library(node) => !world.library.node(node).models.is_empty(),
        Thing::AnyMethod(..) => true,
        _ => false,
    }
}

/// For each 64 operations, which are there, and how many came before: finds a place without a search.
struct Places(Vec<(u64, u32)>);

impl Places {
    fn new(calls: &[(OpId, u32)]) -> Places {
        let words = calls.last().map_or(0, |(op, _)| op.index() / 64 + 1);
        let mut places = vec![(0, 0); words];
        for (op, _) in calls {
            places[op.index() / 64].0 |= 1u64 << (op.index() % 64);
        }
        let mut before = 0;
        for (bits, count) in &mut places {
            *count = before;
            before += bits.count_ones();
        }
        Places(places)
    }

    fn of(&self, op: OpId) -> Option<usize> {
        let (bits, before) = self.0.get(op.index() / 64)?;
        let bit = 1u64 << (op.index() % 64);
        (bits & bit != 0).then(|| (before + (bits & (bit - 1)).count_ones()) as usize)
    }
}

impl Targets {
    /// The call that makes the only instance of a class.
    pub(crate) fn only_maker(&self, class: ClassId) -> Option<Site> {
        self.makers.get(&class).copied().flatten()
    }

    pub(crate) fn of(&self, site: Site) -> Among<'_> {
        let file = &self.by_file[site.file.index()];
        file.places.of(site.op).map_or(Among(&[]), |at| file.callees(at))
    }

    pub(crate) fn certainty(&self, site: Site) -> Certainty {
        if self.assumed.contains(&site) { Certainty::Assumed } else { Certainty::Certain }
    }

    /// The library members that a call reaches.
    pub(crate) fn nodes(&self, site: Site) -> impl Iterator<Item = NodeId> + '_ {
        self.of(site).nodes()
    }

    /// The project functions that a call reaches, and whether their first parameter is bound.
    pub(crate) fn functions(&self, site: Site) -> impl Iterator<Item = (FuncId, bool)> + '_ {
        self.of(site).functions()
    }

    pub(crate) fn calls(&self, file: FileId) -> impl Iterator<Item = (OpId, Among<'_>)> {
        let file = &self.by_file[file.index()];
        file.within(0..file.calls.len())
    }

    /// The calls in a file that reach something of a library that a model speaks of.
    pub(crate) fn modelled(&self, file: FileId) -> impl Iterator<Item = Site> + '_ {
        self.by_file[file.index()].modelled.iter().map(move |op| Site { file, op: *op })
    }

    /// The calls of one function that reach anything.
    pub(crate) fn calls_of(
        &self,
        world: &World<'_>,
        function: FuncId,
    ) -> impl Iterator<Item = (OpId, Among<'_>)> {
        let (file, local) = world.local(function);
        let ops = &world.facts(file).function(local).ops;
        let file = &self.by_file[file.index()];
        let from = file.calls.partition_point(|(op, _)| op.0 < ops.start);
        let length = file.calls[from..].partition_point(|(op, _)| op.0 < ops.end);
        file.within(from..from + length)
    }
}

/// What reading some functions found, in their order: what they give and set, or what their calls reach and pass. One for many
/// functions, because most find little.
#[derive(Default)]
struct Reading {
    returns: Vec<(FuncId, Things)>,
    yields: Vec<(FuncId, Things)>,
    fields: Vec<(ClassId, Symbol, Things)>,
    patches: Vec<(ModuleId, Symbol, Things)>,
    calls: Vec<(FuncId, Calls)>,
    passed: Vec<(FuncId, usize, Things)>,
    read: Log,
}

#[derive(Default)]
struct Calls {
    reached: Vec<(OpId, Things)>,
    assumed: Vec<OpId>,
}

/// Which operations are read.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Wanted {
    Results,
    Calls,
}

pub(crate) fn run(world: &mut World<'_>) -> Targets {
    let functions = world.file_of.len();
    let mut calls: Vec<Calls> = (0..functions).map(|_| Calls::default()).collect();
    let mut of_results = Readings::new(Wanted::Results, functions);
    let mut of_calls = Readings::new(Wanted::Calls, functions);
    // What functions give and what instances hold is settled first: it needs few operations, and nearly every call depends on it.
    for _ in 0..MOST_ROUNDS {
        let mut changed = Changed::nothing(functions);
        let fresh = of_results.read(world);
        of_results.take(world, fresh, &mut calls, &mut changed);
        of_results.find_due(world, &changed);
        if !changed.any() {
            break;
        }
    }
    for _ in 0..MOST_ROUNDS {
        // Both are read before either is noted, so that a round sees nothing but the round before.
        let (results, reached) = (of_results.read(world), of_calls.read(world));
        let mut changed = Changed::nothing(functions);
        of_results.take(world, results, &mut calls, &mut changed);
        of_calls.take(world, reached, &mut calls, &mut changed);
        if !changed.any() {
            break;
        }
        of_results.find_due(world, &changed);
        of_calls.find_due(world, &changed);
    }
    gather(world, &calls)
}

/// One kind of reading: what each function's rested on, and which functions are to be read next.
struct Readings {
    wanted: Wanted,
    /// In a row, because all of it is looked through in every round. What an earlier reading of a function rested on stays: to
    /// read once too often changes nothing.
    read: Log,
    due: Vec<u32>,
}

impl Readings {
    /// Everything is due.
    fn new(wanted: Wanted, functions: usize) -> Readings {
        Readings { wanted, read: Log::default(), due: (0..functions as u32).collect() }
    }

    fn read(&self, world: &World<'_>) -> Vec<Reading> {
        let read_some = |eval: &mut Eval<'_, '_>, functions: &[u32]| {
            let mut reading = Reading::default();
            functions.iter().for_each(|it| read(eval, &mut reading, FuncId(*it), self.wanted));
            reading
        };
        self.due
            .par_chunks(AT_ONCE)
            .with_max_len(PORTIONS_AT_ONCE)
            .map_init(|| Eval::new(world), read_some)
            .collect()
    }

    /// Notes what was read, and what changed by it.
    fn take(
        &mut self,
        world: &mut World<'_>,
        fresh: Vec<Reading>,
        calls: &mut [Calls],
        changed: &mut Changed,
    ) {
        for reading in fresh {
            note(world, &reading, changed);
            self.read.append(reading.read);
            for (function, found) in reading.calls {
                calls[function.index()] = found;
            }
        }
    }

    fn find_due(&mut self, world: &World<'_>, changed: &Changed) {
        self.due = self.read.touched(world, changed);
        self.due.sort_unstable();
        self.due.dedup();
    }
}

fn gather(world: &World<'_>, calls: &[Calls]) -> Targets {
    let of_file = |file: &File| {
        let first = file.first_function as usize;
        &calls[first..first + file.facts.functions.len()]
    };
    let assumed = world.files.iter().enumerate().flat_map(|(index, file)| {
        let file_id = FileId(index as u32);
        of_file(file).iter().flat_map(|it| &it.assumed).map(move |op| Site { file: file_id, op: *op })
    });
    let assumed = assumed.collect();
    let by_file = world.files.par_iter().map(|it| Reached::new(world, of_file(it))).collect();
    let mut targets = Targets { by_file, assumed, makers: FxHashMap::default() };
    targets.makers = makers(world, &targets);
    targets
}

/// Where classes are made; what tests make does not count.
fn makers(world: &World<'_>, targets: &Targets) -> FxHashMap<ClassId, Option<Site>> {
    let mut makers = FxHashMap::default();
    for (index, _) in world.files.iter().enumerate().filter(|(_, it)| !it.test) {
        let file = FileId(index as u32);
        for (op, callees) in targets.calls(file) {
            for callee in callees.iter() {
                if let Thing::Class(class) = callee {
                    makers.entry(class).and_modify(|it| *it = None).or_insert(Some(Site { file, op }));
                }
            }
        }
    }
    makers
}

/// Adds a reading to the tables, and says which entries grew.
fn note(world: &mut World<'_>, reading: &Reading, changed: &mut Changed) {
    for (function, things) in &reading.returns {
        if grow(&mut world.returns[function.index()], things) {
            changed.results[function.index()] = true;
            changed.any_result = true;
        }
    }
    for (function, things) in &reading.yields {
        if grow(&mut world.yields[function.index()], things) {
            changed.results[function.index()] = true;
            changed.any_result = true;
        }
    }
    for (callee, param, things) in &reading.passed {
        let passed = &mut world.passed[callee.index()];
        if passed.len() <= *param {
            passed.resize(*param + 1, Things::none());
        }
        if grow(&mut passed[*param], things) {
            changed.passed[callee.index()] = true;
            changed.any_passed = true;
        }
    }
    for (class, name, things) in &reading.fields {
        if grow(world.fields.entry((*class, *name)).or_default(), things) {
            world.field_names.insert(*name);
            changed.field_names.insert(*name);
            changed.fields.insert((*class, *name));
        }
    }
    for (module, name, things) in &reading.patches {
        if grow(world.patches.entry((*module, *name)).or_default(), things) {
            changed.patches.insert((*module, *name));
        }
    }
}

fn grow(table: &mut Things, added: &Things) -> bool {
    let before = table.iter().count();
    table.join(added);
    table.iter().count() > before
}

fn read(eval: &mut Eval<'_, '_>, reading: &mut Reading, function: FuncId, wanted: Wanted) {
    let ops = eval.world.ops(function);
    match wanted {
        Wanted::Results => {
            let (mut returns, mut yields) = (Things::none(), Things::none());
            for (site, op) in ops {
                set(eval, reading, site, &op.kind);
                match op.kind {
                    OpKind::Return(Some(value)) => {
                        let scope = Eval::scope_of(eval.world, site);
                        returns.join(&kept(&eval.given_back(value, scope)));
                    }
                    OpKind::Yield(value) => {
                        let scope = Eval::scope_of(eval.world, site);
                        yields.join(&kept(&eval.ask(value, scope)));
                    }
                    _ => {}
                }
            }
            reading.returns.extend((!returns.is_empty()).then_some((function, returns)));
            reading.yields.extend((!yields.is_empty()).then_some((function, yields)));
        }
        Wanted::Calls => {
            let mut calls = Calls::default();
            ops.for_each(|(site, op)| read_call(eval, reading, &mut calls, site, &op.kind));
            reading.calls.push((function, calls));
        }
    }
    eval.next_function().for_each(|it| reading.read.add(function, it));
}

fn read_call(eval: &mut Eval<'_, '_>, reading: &mut Reading, calls: &mut Calls, site: Site, kind: &OpKind) {
    if !matches!(kind, OpKind::Call { .. }) {
        return;
    }
    let (callees, assumed) = eval.callees(site.op, site.file);
    if assumed {
        calls.assumed.push(site.op);
    }
    if !callees.is_empty() {
        pass(eval, reading, site, &callees);
        calls.reached.push((site.op, callees));
    }
}

/// What is set on an instance, a class or a module.
fn set(eval: &mut Eval<'_, '_>, reading: &mut Reading, site: Site, kind: &OpKind) {
    let world = eval.world;
    let Some((of, name, value)) = set_member(world.facts(site.file), kind, world.names.setattr) else {
        return;
    };
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
            Thing::Library(node) => {
                pass_back(eval, reading, site, node);
                continue;
            }
            _ => continue,
        };
        pass_to(eval, reading, site, function, bound);
    }
}

/// What a library hands to the function that it is given: `get_active_span(|span| ..)`.
fn pass_back(eval: &mut Eval<'_, '_>, reading: &mut Reading, site: Site, node: NodeId) {
    let world = eval.world;
    let Some(entered) = world.library.entered_by(node) else { return };
    let models = &world.library.node(node).models;
    let Some(place) = models.iter().find_map(|it| it.place(Slot::Function)) else { return };
    let given = world.argument_named(site, place.keyword, place.index.map(usize::from));
    let Some((given, from)) = given else { return };
    for thing in eval.ask(given, Eval::scope_of(world, from)).iter() {
        if let Thing::Function(function) = thing
            && !world.params(function).is_empty()
        {
            reading.passed.push((function, 0, Things::one(Thing::Object(entered))));
        }
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
        if let Value::Closure(local) = *world.facts(from.file).value(arg.value) {
            pass_promised(eval, reading, world.func(from.file, local), (function, params[param].annotation));
        }
        if param < 64 && eval.open_params(function) & (1 << param) == 0 {
            continue;
        }
        if matches!(params[param].kind, ParamKind::Rest | ParamKind::Keywords) {
            continue;
        }
        let passed: Things = kept(&eval.ask(arg.value, Eval::scope_of(world, *from)))
            .iter()
            .filter(|it| {
                !matches!(it, Thing::Param(..) | Thing::Called(..) | Thing::Foreign | Thing::Module(_))
            })
            .collect();
        if !passed.is_empty() {
            reading.passed.push((function, param, passed));
        }
    }
}

/// What a closure is called with, where the function that it is given to says so: `fn with(f: impl FnOnce(&Handle))`.
fn pass_promised(
    eval: &mut Eval<'_, '_>,
    reading: &mut Reading,
    closure: FuncId,
    (function, annotation): (FuncId, ValueId),
) {
    let untyped = |it: &crate::facts::Param| it.annotation == ValueId::OPAQUE;
    if !eval.world.params(closure).iter().any(untyped) {
        return;
    }
    let scope = eval.decorator_scope(function);
    let taken = eval.world.params(closure).len();
    for (index, things) in eval.handed_back(annotation, scope).into_iter().enumerate().take(taken) {
        if things.is_known() {
            reading.passed.push((closure, index, kept(&things)));
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
