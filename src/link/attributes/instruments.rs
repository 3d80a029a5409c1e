//! What becomes of an instrument after the call that makes it: what a builder adds to it, the names that hold it, and what is
//! recorded with it.

use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};

use super::call_at;
use crate::facts::{Facts, OpKind, Value, ValueId};
use crate::library::{Role, Slot};
use crate::link::rounds::Targets;
use crate::link::things::Site;
use crate::link::world::World;
use crate::program::{MeasurementSite, MetricSite};
use crate::text::Symbol;

/// The methods of builders: each gives the builder again, or what is built.
const BUILDING: &[&str] =
    &["with_description", "with_unit", "with_boundaries", "with_callback", "build", "try_init", "init"];

/// An instrument at the end of its builder's chain, if it has one.
pub(super) struct Built {
    pub(super) site: Site,
    pub(super) unit: Option<ValueId>,
    pub(super) boundaries: Option<ValueId>,
    /// The chain has come to its end.
    pub(super) finished: bool,
}

impl Built {
    /// `meter.f64_histogram("x").with_unit("s").build()`, from the first call to the last.
    pub(super) fn of(world: &World<'_>, made: Site) -> Built {
        let facts = world.facts(made.file);
        let mut built = Built { site: made, unit: None, boundaries: None, finished: false };
        if !facts.lexical {
            return built;
        }
        for (site, op) in world.ops(world.runner(made)).skip_while(|(it, _)| it.op <= made.op) {
            let OpKind::Call { callee, args } = &op.kind else { continue };
            let Value::Member { of, name } = facts.value(*callee) else { continue };
            if !is_call(world, built.site, *of) || !BUILDING.contains(&name.as_str()) {
                continue;
            }
            let first = facts.args(args).first().map(|it| it.value);
            match name.as_str() {
                "with_unit" => built.unit = first,
                "with_boundaries" => built.boundaries = first,
                "build" | "init" | "try_init" => built.finished = true,
                _ => {}
            }
            built.site = site;
        }
        built
    }

    /// The names that get the instrument.
    pub(super) fn bound_names(&self, world: &World<'_>) -> Vec<Symbol> {
        let facts = world.facts(self.site.file);
        let gets = |value: ValueId| {
            let inner = match facts.value(value) {
                Value::Awaited(inner) => *inner,
                _ => value,
            };
            is_call(world, self.site, inner)
        };
        let bound = world.ops(world.runner(self.site)).filter_map(|(_, op)| match op.kind {
            OpKind::Bind { name, value } | OpKind::SetMember { name, value, .. } if gets(value) => Some(name),
            _ => None,
        });
        bound.collect()
    }

    /// An instrument is recorded if the name that it is bound to is; if it goes elsewhere, it is taken to be.
    pub(super) fn is_recorded(&self, world: &World<'_>, recorded: &FxHashSet<Symbol>) -> bool {
        let discarded = world
            .ops(world.runner(self.site))
            .any(|(_, op)| matches!(op.kind, OpKind::Discard(value) if is_call(world, self.site, value)));
        if discarded {
            return false;
        }
        let bound = self.bound_names(world);
        let exports = world.facts(self.site.file).exports.as_deref().unwrap_or_default();
        // What a module exports may be recorded with by whoever imports it.
        bound.is_empty() || bound.iter().any(|it| recorded.contains(it) || exports.contains(it))
    }
}

/// Of some names, those through which instruments are recorded anywhere (`requests.add(1)`, `self.latency.record(..)`), and those
/// that are handed to somebody who may.
pub(super) fn recorded_names(world: &World<'_>, instruments: &FxHashSet<Symbol>) -> FxHashSet<Symbol> {
    world
        .files
        .par_iter()
        .flat_map_iter(|file| {
            let mut names = Names { wanted: instruments, found: Vec::new() };
            names.read(&file.facts);
            names.found
        })
        .collect()
}

/// The names that a file hands on, as far as they are wanted.
struct Names<'a> {
    wanted: &'a FxHashSet<Symbol>,
    found: Vec<Symbol>,
}

impl Names<'_> {
    fn read(&mut self, facts: &Facts) {
        facts.params.iter().filter_map(|it| it.default).for_each(|it| self.handed_on(facts, it));
        for op in &facts.ops {
            match &op.kind {
                OpKind::Call { callee, args } => {
                    // A helper may give a function that records: `count = counter("x"); count(1)`.
                    self.handed_on(facts, *callee);
                    facts.args(args).iter().for_each(|it| self.handed_on(facts, it.value));
                }
                OpKind::Return(Some(value))
                | OpKind::Yield(value)
                | OpKind::SetItem { value, .. }
                | OpKind::SetMember { value, .. }
                | OpKind::Bind { value, .. } => self.handed_on(facts, *value),
                _ => {}
            }
        }
    }

    /// The names whose values a value hands on; `counter.add` hands on the counter.
    fn handed_on(&mut self, facts: &Facts, value: ValueId) {
        match facts.value(value) {
            Value::Member { of, .. } if is_measurement(facts, value) => self.handed_on(facts, *of),
            Value::Name(name) | Value::Member { name, .. } if self.wanted.contains(name) => {
                self.found.push(*name);
            }
            Value::Sequence(run) | Value::Either(run) | Value::Fallback(run) => {
                facts.list(run).iter().for_each(|it| self.handed_on(facts, *it));
            }
            Value::Dict(run) => facts.dict(run).iter().for_each(|(_, it)| self.handed_on(facts, *it)),
            _ => {}
        }
    }
}

fn is_measurement(facts: &Facts, callee: ValueId) -> bool {
    matches!(
        facts.value(callee),
        Value::Member { name, .. } if matches!(name.as_str(), "add" | "record" | "set" | "observe" | "inc" | "dec")
    )
}

fn is_call(world: &World<'_>, site: Site, value: ValueId) -> bool {
    matches!(world.facts(site.file).value(value), Value::Call(op) if *op == site.op)
}

/// Measurements whose instrument is told by the name that holds it: in the same file, or else the only one of that name.
pub(super) fn measurements(
    world: &World<'_>,
    targets: &Targets,
    metrics: &[MetricSite],
) -> Vec<MeasurementSite> {
    let mut holders: FxHashMap<Symbol, Vec<usize>> = FxHashMap::default();
    for (index, metric) in metrics.iter().enumerate() {
        metric.bound.iter().for_each(|it| holders.entry(*it).or_default().push(index));
    }
    if holders.is_empty() {
        return Vec::new();
    }
    world
        .each_file()
        .flat_map_iter(|file| {
            let measured = targets.modelled(file).filter_map(|site| {
                let metric = instrument_of(world, targets, metrics, &holders, site)?;
                let value = targets.nodes(site).find_map(|node| {
                    let place = world.library.node(node).model(Role::MetricRecord)?.place(Slot::Value)?;
                    world.argument_named(site, place.keyword, place.index.map(usize::from))
                });
                let value = value.filter(|(_, from)| *from == site).map(|(it, _)| it);
                Some(MeasurementSite { at: call_at(world, site), metric, value })
            });
            measured.collect::<Vec<_>>()
        })
        .collect()
}

fn instrument_of(
    world: &World<'_>,
    targets: &Targets,
    metrics: &[MetricSite],
    holders: &FxHashMap<Symbol, Vec<usize>>,
    site: Site,
) -> Option<usize> {
    targets.nodes(site).find(|it| world.library.node(*it).model(Role::MetricRecord).is_some())?;
    let facts = world.facts(site.file);
    let Value::Member { of, .. } = facts.value(world.callee(site)?) else { return None };
    let (Value::Name(name) | Value::Member { name, .. }) = facts.value(*of) else { return None };
    let held = holders.get(name)?;
    let mut here = held.iter().filter(|it| metrics[**it].at.place.file == site.file);
    match (here.next(), here.next(), held.as_slice()) {
        (Some(only), None, _) => Some(*only),
        (None, _, [only]) => Some(*only),
        _ => None,
    }
}
