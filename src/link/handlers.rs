//! The table of handlers: what they catch, whether a span is open around them, whether the exception is kept somewhere.

mod dead;
mod drops;
mod errors;

pub(crate) use dead::never_runs;
pub(crate) use drops::find as drops;
pub(crate) use errors::sites as errors;

use rayon::prelude::*;

use crate::facts::{Facts, OpId, OpKind, RegionId, RegionKind, Value, ValueId};
use crate::library::{NodeId, Role};
use crate::link::fates::is_broad;
use crate::link::functions::is_neutral_method;
use crate::link::openings::{Openings, region_is_inside};
use crate::link::reach::CallGraph;
use crate::link::rounds::Targets;
use crate::link::things::{Site, Thing};
use crate::link::world::World;
use crate::program::{At, FuncId, HandlerSite, Reraises};
use crate::text::{FileId, Place, Span, Symbol};

/// Functions of the project that keep an exception they are given, on the span or in the log; and those that log it.
pub(crate) struct Recorders {
    records: Vec<bool>,
    logs: Vec<bool>,
}

impl Recorders {
    pub(crate) fn find(world: &World<'_>, targets: &Targets, graph: &CallGraph) -> Recorders {
        let records = |site: Site, mentions: bool| {
            targets.nodes(site).any(|it| {
                let has = |role: Role| says(world, it, role);
                let facts = world.facts(site.file);
                (has(Role::RecordException) && mentions)
                    || has(Role::LogException)
                    || (has(Role::SetStatus) && says_error(facts, world, site))
                    || (has(Role::Log) && logs_with_traceback(facts, world, site))
                    || (mentions && keeps_errors(world.library.node(it)))
            }) || (mentions && world.callee(site).is_some_and(|it| is_record_exception(world, site.file, it)))
        };
        let logs = |site: Site, mentions: bool| {
            targets
                .nodes(site)
                .any(|it| says(world, it, Role::LogException) || (mentions && says(world, it, Role::Log)))
        };
        let likely: Vec<FuncId> =
            world.each_file().flat_map_iter(|file| likely_keepers(world, targets, file)).collect();
        Recorders {
            records: keepers(world, targets, graph, &likely, &records),
            logs: keepers(world, targets, graph, &likely, &logs),
        }
    }

    pub(crate) fn is(&self, function: FuncId) -> bool {
        self.records[function.index()]
    }
}

/// Whether a library member plays a role. A log line that is for debugging is not written in production.
fn says(world: &World<'_>, node: NodeId, role: Role) -> bool {
    let model = world.library.node(node).model(role);
    model.is_some_and(|it| role != Role::Log || it.level.is_none_or(|it| it.as_str() != "debug"))
}

/// A log line that says that something failed, and so keeps an error that it is given.
fn keeps_errors(node: &crate::library::Node) -> bool {
    node.model(Role::Log).is_some_and(|it| it.records)
}

/// A fixpoint: the functions that do something with what they are given, and those that call one with it. `does` says so of a
/// call, and whether the call mentions a parameter.
fn keepers(
    world: &World<'_>,
    targets: &Targets,
    graph: &CallGraph,
    likely: &[FuncId],
    does: &(dyn Fn(Site, bool) -> bool + Sync),
) -> Vec<bool> {
    let mut known = vec![false; world.file_of.len()];
    let mut due: Vec<FuncId> = likely.to_vec();
    for _ in 0..5 {
        let fresh: Vec<FuncId> = due
            .par_iter()
            .copied()
            .filter(|it| !known[it.index()] && keeps_param(world, targets, *it, &known, does))
            .collect();
        if fresh.is_empty() {
            break;
        }
        fresh.iter().for_each(|it| known[it.index()] = true);
        due = fresh.iter().flat_map(|it| graph.callers(*it)).collect();
        due.sort_unstable();
        due.dedup();
    }
    known
}

/// A cheap look first: most functions call nothing that could keep an exception.
fn likely_keepers(world: &World<'_>, targets: &Targets, file: FileId) -> Vec<FuncId> {
    let keeps = |site: &Site| {
        let models = targets.nodes(*site).flat_map(|it| &world.library.node(it).models);
        models.into_iter().any(|it| {
            matches!(it.role, Role::RecordException | Role::LogException | Role::SetStatus | Role::Log)
        })
    };
    let by_name = world.leads[file.index()].recordings.iter().map(|op| Site { file, op: *op });
    let calls = targets.modelled(file).filter(keeps).chain(by_name);
    let mut found: Vec<FuncId> = calls.map(|it| world.runner(it)).collect();
    found.sort_unstable();
    found.dedup();
    found
}

fn keeps_param(
    world: &World<'_>,
    targets: &Targets,
    function: FuncId,
    known: &[bool],
    does: &(dyn Fn(Site, bool) -> bool + Sync),
) -> bool {
    let params = world.params(function);
    if params.is_empty() || world.is_body(function) {
        return false;
    }
    let facts = world.facts(world.file_of[function.index()]);
    let mut names: Vec<Symbol> = params.iter().map(|it| it.name).collect();
    // Names are followed no further than the next call for which it matters what is mentioned: there are few.
    let mut followed = world.ops(function);
    world.ops(function).filter(|(_, op)| matches!(op.kind, OpKind::Call { .. })).any(|(site, _)| {
        let by_mention = || does(site, true) || targets.functions(site).any(|(it, _)| known[it.index()]);
        if does(site, false) {
            return true;
        }
        if !by_mention() {
            return false;
        }
        for (_, before) in followed.by_ref().take_while(|(it, _)| it.op != site.op) {
            follow_names(facts, &before.kind, &mut names);
        }
        world.call_args(site).iter().any(|it| mentions(facts, it.value, &names, 0))
    })
}

/// A name that takes its value from one of these names is one of them.
fn follow_names(facts: &Facts, kind: &OpKind, names: &mut Vec<Symbol>) {
    if let OpKind::Bind { name, value } = kind
        && !names.contains(name)
        && mentions(facts, *value, names, 0)
    {
        names.push(*name);
    }
}

fn is_record_exception(world: &World<'_>, file: FileId, callee: ValueId) -> bool {
    matches!(world.facts(file).value(callee), Value::Member { name, .. } if *name == world.names.record_exception)
}

/// `Status(StatusCode.ERROR)` or `StatusCode.ERROR` somewhere in the arguments.
fn says_error(facts: &Facts, world: &World<'_>, site: Site) -> bool {
    world.call_args(site).iter().any(|it| says_error_in(facts, it.value, 0))
}

fn says_error_in(facts: &Facts, value: ValueId, depth: u32) -> bool {
    if depth > 6 {
        return false;
    }
    match facts.value(value) {
        Value::Member { name, .. } | Value::Name(name) => {
            name.as_str().to_ascii_uppercase().contains("ERROR")
        }
        Value::Text(text) => text.as_str().eq_ignore_ascii_case("error"),
        Value::Call(op) => match &facts.op(*op).kind {
            OpKind::Call { args, .. } => {
                facts.args(args).iter().any(|it| says_error_in(facts, it.value, depth + 1))
            }
            _ => false,
        },
        Value::Either(run) | Value::Fallback(run) => {
            facts.list(run).iter().any(|it| says_error_in(facts, *it, depth + 1))
        }
        _ => false,
    }
}

fn logs_with_traceback(facts: &Facts, world: &World<'_>, site: Site) -> bool {
    world.call_args(site).iter().any(|it| {
        it.name.is_some_and(|name| name.as_str() == "exc_info")
            && !matches!(facts.value(it.value), Value::Bool(false) | Value::None)
    })
}

/// Whether a value is made from one of these names, or from the exception that is being handled.
fn mentions(facts: &Facts, value: ValueId, names: &[Symbol], depth: u32) -> bool {
    if depth > 12 {
        return false;
    }
    let any =
        |run: &crate::facts::Run| facts.list(run).iter().any(|it| mentions(facts, *it, names, depth + 1));
    match facts.value(value) {
        Value::Name(name) => names.contains(name),
        Value::Member { of, .. }
        | Value::Awaited(of)
        | Value::Many(of)
        | Value::Element(of)
        | Value::Part(of, _) => mentions(facts, *of, names, depth + 1),
        Value::Item { of, .. } => mentions(facts, *of, names, depth + 1),
        Value::Template(run)
        | Value::Sequence(run)
        | Value::Either(run)
        | Value::Fallback(run)
        | Value::Arithmetic(run)
        | Value::Test(run) => any(run),
        Value::Dict(run) => facts.dict(run).iter().any(|(_, it)| mentions(facts, *it, names, depth + 1)),
        Value::Call(op) => match &facts.op(*op).kind {
            OpKind::Call { callee, args } => {
                is_current_exception(facts, *callee)
                    || mentions(facts, *callee, names, depth + 1)
                    || facts.args(args).iter().any(|it| mentions(facts, it.value, names, depth + 1))
            }
            _ => false,
        },
        _ => false,
    }
}

/// `sys.exc_info()`, `traceback.format_exc()`.
fn is_current_exception(facts: &Facts, callee: ValueId) -> bool {
    matches!(
        facts.value(callee),
        Value::Member { name, .. } | Value::Name(name)
            if matches!(name.as_str(), "exc_info" | "format_exc" | "format_exception" | "print_exc" | "exception")
    ) && !matches!(facts.value(callee), Value::Name(name) if name.as_str() == "exception")
}

pub(crate) fn sites(
    world: &World<'_>,
    targets: &Targets,
    openings: &Openings,
    recorders: &Recorders,
) -> Vec<HandlerSite> {
    world
        .each_file()
        .flat_map_iter(|file| {
            let facts = world.facts(file);
            let handlers = facts
                .regions
                .iter()
                .enumerate()
                .filter(|(_, it)| matches!(it.kind, RegionKind::Handler { .. }));
            let reader = Reader { world, targets, openings, recorders, file, facts };
            handlers.map(|(index, _)| reader.handler(RegionId(index as u32))).collect::<Vec<_>>()
        })
        .collect()
}

struct Reader<'w, 'a> {
    world: &'w World<'a>,
    targets: &'w Targets,
    openings: &'w Openings,
    recorders: &'w Recorders,
    file: FileId,
    facts: &'a Facts,
}

impl Reader<'_, '_> {
    fn handler(&self, id: RegionId) -> HandlerSite {
        let region = self.facts.region(id);
        let (of, types, bound) = match &region.kind {
            RegionKind::Handler { of, types, bound, .. } => (*of, types.clone(), *bound),
            _ => (id, 0..0, None),
        };
        let function = self.world.func(self.file, region.function);
        let runs = |it: &OpId| !never_runs(self.facts, self.facts.op(*it).region, id);
        let ops: Vec<OpId> = self.ops_in(id).into_iter().filter(runs).collect();
        let next = Site { file: self.file, op: self.first_op_after(id) };
        let outer = region.parent.unwrap_or(id);
        let around = self.openings.around_region(self.world, outer, next);
        let decorated = !self.openings.decorations[function.index()].is_empty();
        let in_span = around.is_some() || decorated || self.openings.inside[function.index()];
        let (recorded, logs) = self.keeps(&ops, bound);
        let reraises = self.reraises(id, &ops);
        let broad = is_broad(self.facts, &types);
        HandlerSite {
            at: At { place: Place { file: self.file, span: region.span }, function, region: id },
            types: self.facts.list(&types).iter().filter_map(|it| self.last_name(*it)).collect(),
            broad,
            in_span,
            recorded,
            reraises,
            swallows_in_span: in_span && broad && !recorded && reraises != Reraises::Always,
            logs,
            span: None,
            expected: !broad
                || self.is_fallback(of)
                || self.is_parting(of)
                || self.is_raised_later(&ops, bound),
        }
    }

    fn ops_in(&self, region: RegionId) -> Vec<OpId> {
        let function = self.facts.region(region).function;
        self.facts
            .ops_of(function)
            .filter(|(_, op)| region_is_inside(self.facts, op.region, region))
            .map(|(id, _)| id)
            .collect()
    }

    fn first_op_after(&self, region: RegionId) -> OpId {
        let it = self.facts.region(region);
        let ops = self.facts.function(it.function).ops.clone();
        let after = ops.clone().find(|op| self.facts.op(OpId(*op)).span.start >= it.span.start);
        OpId(after.unwrap_or(ops.end))
    }

    fn last_name(&self, value: ValueId) -> Option<Symbol> {
        match self.facts.value(value) {
            Value::Name(name) | Value::Member { name, .. } => Some(*name),
            _ => None,
        }
    }

    /// Whether the exception ends up on the span, in its status or in the log; and whether anything is logged at all.
    fn keeps(&self, ops: &[OpId], bound: Option<Symbol>) -> (bool, bool) {
        let mut names: Vec<Symbol> = bound.into_iter().collect();
        let mut recorded = false;
        let mut logs = false;
        for op in ops {
            let kind = &self.facts.op(*op).kind;
            follow_names(self.facts, kind, &mut names);
            if let OpKind::Call { callee, .. } = kind {
                let site = Site { file: self.file, op: *op };
                let (keeps, log) = self.call_keeps(site, *callee, &names);
                recorded |= keeps;
                logs |= log;
            }
        }
        (recorded, logs)
    }

    fn call_keeps(&self, site: Site, callee: ValueId, names: &[Symbol]) -> (bool, bool) {
        let world = self.world;
        let args = world.call_args(site);
        let given = args.iter().any(|it| mentions(self.facts, it.value, names, 0));
        let mut recorded = false;
        let mut logs = false;
        let mut known = false;
        for thing in self.targets.of(site).iter() {
            match thing {
                Thing::Library(node) => {
                    let it = world.library.node(node);
                    known = true;
                    let has = |role: Role| says(world, node, role);
                    logs |= has(Role::Log) || has(Role::LogException);
                    recorded |= has(Role::RecordException) || has(Role::LogException);
                    recorded |= has(Role::SetStatus) && says_error(self.facts, world, site);
                    let kept = if self.facts.lexical { given && keeps_errors(it) } else { given };
                    recorded |= has(Role::Log) && (kept || logs_with_traceback(self.facts, world, site));
                    recorded |=
                        (has(Role::AddEvent) || has(Role::SetAttribute) || has(Role::SetAttributes)) && given;
                }
                Thing::Function(function) | Thing::Method(function) => {
                    known = true;
                    recorded |= self.recorders.is(function);
                    logs |= given && self.recorders.logs[function.index()];
                }
                _ => {}
            }
        }
        if !known {
            let (assumed, log) = self.assumed(callee, given, site);
            recorded |= assumed;
            logs |= log;
        }
        (recorded, logs)
    }

    /// The receiver is not known: the name of what is called has to tell.
    fn assumed(&self, callee: ValueId, given: bool, site: Site) -> (bool, bool) {
        let (name, receiver) = match self.facts.value(callee) {
            Value::Member { of, name } => (name.as_str(), self.last_name(*of)),
            Value::Name(name) => (name.as_str(), None),
            _ => return (false, false),
        };
        let to_logger = receiver.is_some_and(|it| {
            let it = it.as_str().to_ascii_lowercase();
            it.contains("log") && !it.contains("catalog") && !it.contains("dialog")
        });
        let levels = ["info", "warning", "warn", "error", "critical", "fatal", "log", "exception"];
        if to_logger && levels.contains(&name) {
            return (name == "exception" || given || logs_with_traceback(self.facts, self.world, site), true);
        }
        let telling = name == "record_exception" || name == "capture_exception" || name == "print_exception";
        let status = name == "set_status" && says_error(self.facts, self.world, site);
        let event = matches!(name, "add_event" | "set_attribute" | "set_attributes") && given;
        (telling || status || event, false)
    }

    /// Whether the handler is left by raising, on every path or on some.
    fn reraises(&self, handler: RegionId, ops: &[OpId]) -> Reraises {
        let raises: Vec<&OpId> =
            ops.iter().filter(|it| matches!(self.facts.op(**it).kind, OpKind::Raise(_))).collect();
        if raises.is_empty() {
            return Reraises::Never;
        }
        let leaves_first = |last: OpId| {
            ops.iter()
                .any(|it| *it < last && matches!(self.facts.op(*it).kind, OpKind::Return(_) | OpKind::Jump))
        };
        if let Some(sure) = raises.iter().find(|it| self.is_straight(self.facts.op(***it).region, handler)) {
            return if leaves_first(**sure) { Reraises::Sometimes } else { Reraises::Always };
        }
        if self.every_arm_raises(handler, &raises)
            && !ops.iter().any(|it| matches!(self.facts.op(*it).kind, OpKind::Return(_)))
        {
            return Reraises::Always;
        }
        Reraises::Sometimes
    }

    /// `except Exception as error: last = error`, and `raise last` when all attempts are over.
    fn is_raised_later(&self, ops: &[OpId], bound: Option<Symbol>) -> bool {
        let (Some(bound), Some(last)) = (bound, ops.last()) else { return false };
        let mut names = vec![bound];
        for op in ops {
            let kind = &self.facts.op(*op).kind;
            follow_names(self.facts, kind, &mut names);
            // `errors.append(error)`
            if let OpKind::Call { callee, args } = kind
                && let Value::Member { of, name } = self.facts.value(*callee)
                && matches!(name.as_str(), "append" | "push" | "add")
                && let Value::Name(list) = self.facts.value(*of)
                && self.facts.args(args).iter().any(|it| mentions(self.facts, it.value, &names, 0))
            {
                names.push(*list);
            }
        }
        // The name that the handler binds is gone when the handler is left.
        let kept = &names[1..];
        let function = self.facts.region(self.facts.op(*last).region).function;
        !kept.is_empty()
            && self.facts.ops_of(function).any(|(op, it)| match it.kind {
                OpKind::Raise(Some(value)) => {
                    op > *last && (mentions(self.facts, value, kept, 0) || self.is_named_in(it.span, kept))
                }
                _ => false,
            })
    }

    /// `raise Failed("all attempts are over") from last`: the cause goes along.
    fn is_named_in(&self, statement: Span, names: &[Symbol]) -> bool {
        let mut values = self.facts.values.iter().zip(&self.facts.value_spans);
        values.any(|(value, at)| {
            matches!(value, Value::Name(name) if names.contains(name)) && statement.contains(*at)
        })
    }

    /// No decision, loop or guard lies between the region and the handler.
    fn is_straight(&self, region: RegionId, handler: RegionId) -> bool {
        self.facts.regions_from(region).take_while(|(id, _)| *id != handler).all(|(_, it)| {
            matches!(it.kind, RegionKind::With { .. } | RegionKind::Held { .. } | RegionKind::Finally)
        })
    }

    /// The arms of a decision that stands directly in the handler all raise, the last without a condition.
    fn every_arm_raises(&self, handler: RegionId, raises: &[&OpId]) -> bool {
        let arms: Vec<(RegionId, bool)> = self
            .facts
            .regions
            .iter()
            .enumerate()
            .filter(|(_, it)| it.parent == Some(handler))
            .filter_map(|(index, it)| match it.kind {
                RegionKind::Branch { negated, .. } => Some((RegionId(index as u32), negated)),
                _ => None,
            })
            .collect();
        arms.iter().any(|(_, negated)| *negated)
            && arms.iter().all(|(arm, _)| {
                raises.iter().any(|it| {
                    let region = self.facts.op(**it).region;
                    region == *arm
                        || self.is_straight(region, *arm) && region_is_inside(self.facts, region, *arm)
                })
            })
    }

    /// What may fail is a last word to somebody who may have gone.
    fn is_parting(&self, guarded: RegionId) -> bool {
        let calls = |it: &OpId| matches!(self.facts.op(*it).kind, OpKind::Call { .. });
        let last = self.ops_in(guarded).into_iter().rfind(calls);
        self.facts.errors_are_values && last.is_some_and(|it| drops::is_parting_call(self.facts, it))
    }

    /// A method of texts and collections, which fails only on a value of another kind. `requests.get` is none.
    fn is_plain_method(&self, op: OpId) -> bool {
        let mut nodes = self.targets.nodes(Site { file: self.file, op });
        if nodes.any(|it| self.world.library.node(it).models.iter().any(|it| it.goes_out)) {
            return false;
        }
        let OpKind::Call { callee, .. } = self.facts.op(op).kind else { return false };
        matches!(self.facts.value(callee), Value::Member { name, .. } if is_neutral_method(name.as_str()))
    }

    /// What is guarded only imports something, or only speaks to telemetry: failing there is an answer, not a failure.
    fn is_fallback(&self, guarded: RegionId) -> bool {
        let mut calls = 0;
        let mut quiet = true;
        for op in self.ops_in(guarded) {
            // What is waited for was called elsewhere, as a task is.
            if let OpKind::Await(of) = self.facts.op(op).kind {
                quiet &= matches!(self.facts.value(of), Value::Call(_));
                calls += 1;
            }
            if let OpKind::Call { .. } = self.facts.op(op).kind {
                calls += 1;
                let site = Site { file: self.file, op };
                quiet &= self.targets.of(site).iter().any(|it| match it {
                    Thing::Library(node) => {
                        let it = self.world.library.node(node);
                        is_telemetry(it) || it.path.as_str().starts_with("builtins.")
                    }
                    _ => false,
                }) || self.is_plain_method(op);
            }
        }
        calls == 0 || quiet
    }
}

/// Whether a library member is telemetry: it concerns spans, metrics or their set-up.
pub(crate) fn is_telemetry(node: &crate::library::Node) -> bool {
    node.models.iter().any(|it| {
        matches!(
            it.role,
            Role::Span
                | Role::SpanEnd
                | Role::SpanCurrent
                | Role::SpanActivate
                | Role::SpanQuery
                | Role::SetAttribute
                | Role::SetAttributes
                | Role::AddEvent
                | Role::AddLink
                | Role::RecordException
                | Role::SetStatus
                | Role::UpdateName
                | Role::GetTracer
                | Role::GetMeter
                | Role::MetricCreate
                | Role::MetricRecord
                | Role::Inject
                | Role::Extract
                | Role::SetUp
                | Role::AutoInstrument
        )
    })
}
