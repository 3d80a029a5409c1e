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

/// So many instruments of one maker are not all forgotten.
const SEVERAL: usize = 2;

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

    /// An instrument is recorded if the name that it is bound to is; if it goes elsewhere, it is taken to be. What a maker of the
    /// project gives may hold the instrument in itself, so that any method of it may record.
    pub(super) fn is_recorded(&self, world: &World<'_>, uses: &Uses, is_made_by_helper: bool) -> bool {
        let discarded = world
            .ops(world.runner(self.site))
            .any(|(_, op)| matches!(op.kind, OpKind::Discard(value) if is_call(world, self.site, value)));
        if discarded {
            return false;
        }
        let bound = self.bound_names(world);
        let exports = world.facts(self.site.file).exports.as_deref().unwrap_or_default();
        // What a module exports may be recorded with by whoever imports it.
        let is_used =
            |it: &Symbol| uses.handed_on.contains(it) || (is_made_by_helper && uses.called.contains(it));
        bound.is_empty() || bound.iter().any(|it| is_used(it) || exports.contains(it))
    }
}

/// What the program does with the names that hold instruments.
#[derive(Default)]
pub(super) struct Uses {
    /// Something is recorded through them (`requests.add(1)`, `self.latency.record(..)`), or they are handed to somebody who may.
    handed_on: FxHashSet<Symbol>,
    /// Any method of what they hold is called.
    called: FxHashSet<Symbol>,
}

impl Uses {
    pub(super) fn of(world: &World<'_>, instruments: &FxHashSet<Symbol>) -> Uses {
        let mut uses = Uses::default();
        if instruments.is_empty() {
            return uses;
        }
        let names_of = |facts: &Facts| {
            let mut names = Names { wanted: instruments, handed_on: Vec::new(), called: Vec::new() };
            names.read(facts);
            (names.handed_on, names.called)
        };
        let of_files: Vec<_> = world.files.par_iter().map(|file| names_of(&file.facts)).collect();
        for (handed_on, called) in of_files {
            uses.handed_on.extend(handed_on);
            uses.called.extend(called);
        }
        uses
    }
}

/// Where several instruments come out of one maker and not one of them is ever used, it is more likely that their use is written
/// in a way that cannot be read than that all of them were forgotten.
pub(super) fn spare_makers_without_use(metrics: &mut [MetricSite]) {
    let mut makers: FxHashMap<Symbol, (usize, bool)> = FxHashMap::default();
    for metric in metrics.iter() {
        let Some(maker) = metric.via else { continue };
        let (number, is_used) = makers.entry(maker).or_default();
        *number += 1;
        *is_used |= metric.recorded;
    }
    for metric in metrics {
        metric.recorded |= metric
            .via
            .and_then(|it| makers.get(&it))
            .is_some_and(|(number, is_used)| *number >= SEVERAL && !is_used);
    }
}

/// The names that a file hands on, and those whose methods it calls, as far as they are wanted.
struct Names<'a> {
    wanted: &'a FxHashSet<Symbol>,
    handed_on: Vec<Symbol>,
    called: Vec<Symbol>,
}

impl Names<'_> {
    fn read(&mut self, facts: &Facts) {
        facts.params.iter().filter_map(|it| it.default).for_each(|it| self.handed_on(facts, it));
        for op in &facts.ops {
            match &op.kind {
                OpKind::Call { callee, args } => {
                    // A helper may give a function that records: `count = counter("x"); count(1)`.
                    self.handed_on(facts, *callee);
                    if let Value::Member { of, .. } = facts.value(*callee) {
                        self.called(facts, *of);
                    }
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

    fn called(&mut self, facts: &Facts, receiver: ValueId) {
        match facts.value(receiver) {
            Value::Name(name) | Value::Member { name, .. } if self.wanted.contains(name) => {
                self.called.push(*name);
            }
            _ => {}
        }
    }

    /// The names whose values a value hands on; `counter.add` hands on the counter.
    fn handed_on(&mut self, facts: &Facts, value: ValueId) {
        match facts.value(value) {
            Value::Member { of, .. } if is_measurement(facts, value) => self.handed_on(facts, *of),
            Value::Name(name) | Value::Member { name, .. } if self.wanted.contains(name) => {
                self.handed_on.push(*name);
            }
            Value::Sequence(run) | Value::Either(run) | Value::Fallback(run) => {
                facts.list(run).iter().for_each(|it| self.handed_on(facts, *it));
            }
            Value::Dict(run) => facts.dict(run).iter().for_each(|(_, it)| self.handed_on(facts, *it)),
            // The clone of an instrument is that instrument: so it is handed to a task. `Arc::clone(..)` hands on what it is given.
            Value::Call(op) => {
                if let OpKind::Call { callee, .. } = facts.op(*op).kind
                    && let Value::Member { of, name } = facts.value(callee)
                    && facts.lexical
                    && name.as_str() == "clone"
                {
                    self.handed_on(facts, *of);
                }
            }
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
