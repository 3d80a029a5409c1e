//! Exceptions that are recorded by hand and then raised through a span that records what leaves it: one of the function's own, one of
//! its callers, or the one that the instrumentation of a framework has around a handler.

use rayon::prelude::*;

use super::{SpanIndex, current_at, next_op, records_on_span};
use crate::facts::{BindingKind, Facts, OpKind, RegionId, RegionKind, Value, ValueId};
use crate::library::Role;
use crate::link::attributes::call_at;
use crate::link::entries::Entries;
use crate::link::eval::Eval;
use crate::link::handlers::{Recorders, never_runs};
use crate::link::launch::Instrumented;
use crate::link::openings::{How, Openings, region_is_inside};
use crate::link::reach::CallGraph;
use crate::link::rounds::Targets;
use crate::link::things::Site;
use crate::link::world::World;
use crate::program::{At, EntryKind, FuncId, HandlerSite, Program, RecordSite, Reraises, State, Through};
use crate::text::{FileId, Symbol};

/// Callers are followed no further than this: then it cannot be told.
const DEEPEST: u32 = 8;

pub(super) struct Doubles<'w, 'a> {
    pub(super) world: &'w World<'a>,
    pub(super) targets: &'w Targets,
    pub(super) openings: &'w Openings,
    pub(super) recorders: &'w Recorders,
    pub(super) graph: &'w CallGraph,
    pub(super) entries: &'w Entries,
    pub(super) instrumented: &'w Instrumented,
    pub(super) index: &'w SpanIndex,
}

/// What is raised after it was recorded.
struct Raised {
    /// The name of its type, where it is made right here; of what a handler caught, the types that are caught.
    types: Vec<Symbol>,
    /// The very exception, not another one that tells of it.
    same: bool,
}

impl Doubles<'_, '_> {
    pub(super) fn find(&self, program: &Program) -> Vec<RecordSite> {
        let handlers = program.handlers.par_iter();
        let mut found: Vec<RecordSite> = handlers.flat_map_iter(|it| self.in_handler(program, it)).collect();
        found.par_extend(self.world.each_file().flat_map_iter(|it| self.outside_handlers(program, it)));
        found.sort_by_key(|it| it.at.place);
        found.dedup_by_key(|it| it.at.place);
        found
    }

    fn in_handler(&self, program: &Program, handler: &HandlerSite) -> Vec<RecordSite> {
        let facts = self.world.facts(handler.at.place.file);
        let bound = match facts.region(handler.at.region).kind {
            RegionKind::Handler { bound, .. } => bound,
            _ => None,
        };
        let mut found = Vec::new();
        for (site, op) in self.world.ops(handler.at.function) {
            if !region_is_inside(facts, op.region, handler.at.region)
                || !self.records(site, bound)
                || never_runs(facts, op.region, handler.at.region)
            {
                continue;
            }
            let leaves = handler.reraises != Reraises::Never && !self.stays_inside(handler.at);
            let raised = leaves.then(|| self.raised_after(handler, site, bound)).flatten();
            let translated = raised.as_ref().is_some_and(|it| !it.same);
            let raised_through =
                raised.and_then(|raised| match handler.span.filter(|it| !program.spans[*it].of_vendor) {
                    Some(span) => program.spans[span].records_errors.then_some(Through::Span(span)),
                    None if raised.same && self.is_on_current(site) => {
                        self.around_of(program, handler.at.function, &raised, 0)
                    }
                    None => None,
                });
            let (at, certainty) = (call_at(self.world, site), self.targets.certainty(site));
            found.push(RecordSite { at, raised_through, translated, certainty });
        }
        found
    }

    /// `record(error)` and then `raise error`, of an exception that is made right there.
    fn outside_handlers(&self, program: &Program, file: FileId) -> Vec<RecordSite> {
        let facts = self.world.facts(file);
        let mut found = Vec::new();
        if facts.lexical {
            return found;
        }
        for (index, op) in facts.ops.iter().enumerate() {
            let OpKind::Raise(Some(value)) = op.kind else { continue };
            let Value::Name(name) = *facts.value(value) else { continue };
            let function = facts.region(op.region).function;
            if is_guarded(facts, op.region) {
                continue;
            }
            let before = facts.ops_of(function).take_while(|(it, _)| it.index() < index);
            let recorded = before.filter(|(_, it)| region_is_inside(facts, op.region, it.region));
            for site in recorded.map(|(op, _)| Site { file, op }) {
                if !self.records(site, Some(name)) || !self.gives(site, name) {
                    continue;
                }
                let raised = Raised { types: types_of(facts, function, name), same: true };
                let at = call_at(self.world, site);
                let raised_through = match self.index.around(self.world, self.openings, at) {
                    Some(span) => program.spans[span].records_errors.then_some(Through::Span(span)),
                    None if self.is_on_current(site) => self.around_of(program, at.function, &raised, 0),
                    None => None,
                };
                let certainty = self.targets.certainty(site);
                found.push(RecordSite { at, raised_through, translated: false, certainty });
            }
        }
        found
    }

    /// The span around each run of a function, which has what leaves the function on it; where all of its callers agree.
    fn around_of(&self, program: &Program, function: FuncId, raised: &Raised, depth: u32) -> Option<Through> {
        let it = &program.functions[function.index()];
        if it.direct_span || depth > DEEPEST {
            return None;
        }
        if let Some(entry) = self.entries.get(&function) {
            let answers = entry.point.kind == EntryKind::Http && raised.types.iter().any(is_answer);
            let records = it.state == State::Auto
                && !answers
                && entry.node.is_some_and(|it| self.instrumented.records_of_handler(self.world.library, it));
            return records.then_some(Through::Library(function));
        }
        let mut through = None;
        for caller in self.graph.callers(function) {
            through = Some(self.around_call(program, caller, function, raised, depth)?);
        }
        through
    }

    /// The same for one of the callers: the span that is open at each of its calls.
    fn around_call(
        &self,
        program: &Program,
        caller: FuncId,
        callee: FuncId,
        raised: &Raised,
        depth: u32,
    ) -> Option<Through> {
        let mut through = None;
        for (site, op) in self.world.ops(caller) {
            if !self.targets.functions(site).any(|(it, _)| it == callee) {
                continue;
            }
            if is_guarded(self.world.facts(site.file), op.region) {
                return None;
            }
            through = match self.index.around(self.world, self.openings, call_at(self.world, site)) {
                Some(span) => Some(program.spans[span].records_errors.then_some(Through::Span(span))?),
                None => Some(self.around_of(program, caller, raised, depth + 1)?),
            };
        }
        through
    }

    /// Whether a call records the exception of this name, on a span.
    fn records(&self, site: Site, bound: Option<Symbol>) -> bool {
        let facts = self.world.facts(site.file);
        if !matches!(facts.op(site.op).kind, OpKind::Call { .. }) {
            return false;
        }
        let model = |it| self.world.library.node(it).model(Role::RecordException);
        // What a vendor's agent is given is on no span of OpenTelemetry.
        let recording = |it| model(it).is_some_and(|it| !it.of_vendor);
        let by_helper = |it| self.recorders.is(it) && records_on_span(self.world, self.targets, it);
        self.targets.nodes(site).any(recording)
            || (bound.is_some_and(|it| self.gives(site, it))
                && self.targets.functions(site).any(|(it, _)| by_helper(it)))
    }

    fn gives(&self, site: Site, name: Symbol) -> bool {
        let facts = self.world.facts(site.file);
        let args = self.world.call_args(site);
        args.iter().any(|it| matches!(facts.value(it.value), Value::Name(it) if *it == name))
    }

    /// What is written to is the span that is current: it was just asked for, or a helper asks for it.
    fn is_on_current(&self, site: Site) -> bool {
        let facts = self.world.facts(site.file);
        let receiver = self.world.callee(site).and_then(|it| match *facts.value(it) {
            Value::Member { of, .. } => Some(of),
            _ => None,
        });
        let args = self.world.call_args(site).iter().map(|it| it.value);
        let mut eval = Eval::new(self.world);
        if receiver.into_iter().chain(args).any(|it| self.gives_current(&mut eval, it, site)) {
            return true;
        }
        self.targets.functions(site).any(|(it, _)| {
            self.world.ops(it).any(|(inner, _)| {
                let records = |it| self.world.library.node(it).model(Role::RecordException).is_some();
                self.targets.nodes(inner).any(records) && self.is_on_current(inner)
            })
        })
    }

    /// The current span, or a call of a function that gives nothing else.
    fn gives_current(&self, eval: &mut Eval<'_, '_>, value: ValueId, site: Site) -> bool {
        if current_at(self.world, self.targets, eval, value, Eval::scope_of(self.world, site), 0).is_some() {
            return true;
        }
        let Value::Call(op) = *self.world.facts(site.file).value(value) else { return false };
        self.targets.functions(Site { file: site.file, op }).any(|(it, _)| {
            let mut returned = self.world.ops(it).filter_map(|(at, op)| match op.kind {
                OpKind::Return(Some(value)) => Some((at, value)),
                _ => None,
            });
            returned.any(|(at, value)| {
                current_at(self.world, self.targets, eval, value, Eval::scope_of(self.world, at), 0).is_some()
            })
        })
    }

    /// What a handler raises once it has recorded.
    fn raised_after(&self, handler: &HandlerSite, recorded: Site, bound: Option<Symbol>) -> Option<Raised> {
        let facts = self.world.facts(recorded.file);
        let region = facts.op(recorded.op).region;
        let mut raises = self.world.ops(handler.at.function).filter_map(|(site, op)| match op.kind {
            OpKind::Raise(value) => Some((site, op, value)),
            _ => None,
        });
        let (raised, _, value) = raises.find(|(site, op, _)| {
            site.op > recorded.op
                && region_is_inside(facts, op.region, handler.at.region)
                && (region_is_inside(facts, region, op.region) || region_is_inside(facts, op.region, region))
        })?;
        if self.is_ended_between(recorded, raised) {
            return None;
        }
        let same =
            value.is_none_or(|it| matches!(facts.value(it), Value::Name(name) if Some(*name) == bound));
        Some(Raised { types: handler.types.clone(), same })
    }

    /// A span that has ended records nothing any more.
    fn is_ended_between(&self, recorded: Site, raised: Site) -> bool {
        let ends = |it| self.world.library.node(it).model(Role::SpanEnd).is_some();
        let ops = self.world.ops(self.world.runner(recorded));
        let mut between = ops.filter(|(it, _)| it.op > recorded.op && it.op < raised.op);
        let facts = self.world.facts(raised.file);
        let at = facts.op(raised.op).region;
        between.any(|(it, op)| self.targets.nodes(it).any(ends) && region_is_inside(facts, at, op.region))
    }

    /// What the handler raises is caught again before it leaves the span.
    fn stays_inside(&self, handler: At) -> bool {
        let facts = self.world.facts(handler.place.file);
        let Some(outer) = facts.region(handler.region).parent else { return false };
        let opening = self.openings.around_region(self.world, outer, next_op(self.world, handler));
        let block = opening.and_then(|it| match it.how {
            How::Managed(region) => Some(region),
            _ => None,
        });
        facts
            .regions_from(outer)
            .take_while(|(id, _)| Some(*id) != block)
            .any(|(id, it)| it.kind == RegionKind::Try && is_caught(facts, id))
    }
}

/// What is raised here is caught, or may be, in the same function; or a handler is at work already.
fn is_guarded(facts: &Facts, region: RegionId) -> bool {
    facts.regions_from(region).any(|(id, it)| match it.kind {
        RegionKind::Try => is_caught(facts, id),
        RegionKind::Handler { .. } => true,
        _ => false,
    })
}

fn is_caught(facts: &Facts, guarded: RegionId) -> bool {
    facts.regions.iter().any(|it| matches!(it.kind, RegionKind::Handler { of, .. } if of == guarded))
}

/// The names of the types of what a variable is made of.
fn types_of(facts: &Facts, function: crate::facts::FnId, name: Symbol) -> Vec<Symbol> {
    let made = facts.bindings_of(function, name).iter().filter_map(|it| match it.kind {
        BindingKind::Value(value) => Some(value),
        _ => None,
    });
    let called = made.filter_map(|it| match facts.value(it) {
        Value::Call(op) => match facts.op(*op).kind {
            OpKind::Call { callee, .. } => Some(callee),
            _ => None,
        },
        _ => None,
    });
    let last = called.filter_map(|it| match facts.value(it) {
        Value::Name(name) | Value::Member { name, .. } => Some(*name),
        _ => None,
    });
    last.collect()
}

/// What web frameworks make an answer of leaves no handler: `HTTPException`, `Http404`.
fn is_answer(name: &Symbol) -> bool {
    let name = name.as_str();
    name.starts_with("HTTP") || name.starts_with("Http") || name.ends_with("HTTPException")
}
