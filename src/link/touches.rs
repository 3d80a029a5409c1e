//! What touches spans after they are open: enrichment of the current one, exceptions recorded by hand, keys and work inside.

mod children;
mod doubles;
mod fields;
mod orphans;
mod renamed;

use rayon::prelude::*;
use rustc_hash::FxHashMap;

use self::children::Children;
use self::doubles::Doubles;
use self::fields::Fields;
use self::orphans::Orphans;
use crate::facts::{BindingKind, OpId, OpKind, RegionKind, Value, ValueId};
use crate::library::{Role, Slot};
use crate::link::attributes::call_at;
use crate::link::entries::Entries;
use crate::link::eval::{Eval, Scope};
use crate::link::handlers::{Recorders, is_telemetry};
use crate::link::launch::Instrumented;
use crate::link::openings::{Openings, argument_at};
use crate::link::reach::CallGraph;
use crate::link::rounds::Targets;
use crate::link::things::Site;
use crate::link::world::World;
use crate::program::{At, AttributeTarget, EnrichmentSite, FuncId, Program, SpanSite, SpanStyle};
use crate::text::{FileId, Place};

/// What the passes before have found.
pub(crate) struct Touches<'w, 'a> {
    pub(crate) world: &'w World<'a>,
    pub(crate) targets: &'w Targets,
    pub(crate) openings: &'w Openings,
    pub(crate) recorders: &'w Recorders,
    pub(crate) graph: &'w CallGraph,
    pub(crate) entries: &'w Entries,
    pub(crate) instrumented: &'w Instrumented,
    pub(crate) may_be_inside: &'w [bool],
}

impl Touches<'_, '_> {
    pub(crate) fn fill(&self, program: &mut Program) {
        let Touches { world, targets, openings, recorders, graph, entries, instrumented, .. } = *self;
        let index = &SpanIndex::new(&program.spans);
        renamed::mark(&mut program.spans, world, targets, openings, index);
        for handler in &mut program.handlers {
            handler.span = index.around(world, openings, handler.at);
        }
        program.uses_telemetry =
            !program.spans.is_empty() || !program.metrics.is_empty() || speaks(world, targets);
        attributes(program, world, openings, index);
        Children::new(program, world, targets, openings, graph).fill(program);
        program.undeclared = Fields { world, targets, openings, index }.find(program);
        let may_be_inside = self.may_be_inside;
        let mut written = enrichments(world, targets, openings, may_be_inside);
        let orphans = Orphans { world, targets, openings, may_be_inside };
        written.extend(orphans.through_helpers(program, &written));
        written.sort_by_key(|it| it.at.place);
        program.enrichments = written;
        let doubles = Doubles { world, targets, openings, recorders, graph, entries, instrumented, index };
        program.records = if program.uses_telemetry { doubles.find(program) } else { Vec::new() };
    }
}

/// Whether a span is open at a place because of its own function.
pub(crate) fn in_span(world: &World<'_>, openings: &Openings, at: At) -> bool {
    let next = next_op(world, at);
    openings.around_region(world, at.region, next).is_some()
        || !openings.decorations[at.function.index()].is_empty()
}

/// The operation that is next when a place is reached.
fn next_op(world: &World<'_>, at: At) -> Site {
    let (file, local) = world.local(at.function);
    let facts = world.facts(file);
    let ops = facts.function(local).ops.clone();
    let found = ops.clone().find(|it| facts.op(OpId(*it)).span.start >= at.place.span.start);
    Site { file, op: OpId(found.unwrap_or(ops.end)) }
}

/// Spans by place and by owner.
struct SpanIndex {
    by_place: FxHashMap<Place, usize>,
    by_decorated: FxHashMap<FuncId, usize>,
}

impl SpanIndex {
    fn new(spans: &[SpanSite]) -> SpanIndex {
        let mut index = SpanIndex { by_place: FxHashMap::default(), by_decorated: FxHashMap::default() };
        for (at, span) in spans.iter().enumerate() {
            if span.style == SpanStyle::Decorator {
                index.by_decorated.entry(span.owner).or_insert(at);
            } else {
                index.by_place.entry(span.at.place).or_insert(at);
            }
        }
        index
    }

    fn around(&self, world: &World<'_>, openings: &Openings, at: At) -> Option<usize> {
        let (file, _) = world.local(at.function);
        let outer = match world.facts(file).region(at.region).kind {
            RegionKind::Handler { .. } => world.facts(file).region(at.region).parent.unwrap_or(at.region),
            _ => at.region,
        };
        let next = next_op(world, at);
        match openings.around_region(world, outer, next) {
            Some(opening) => {
                let shown = opening.shown_at();
                let span = world.facts(shown.file).op(shown.op).span;
                self.by_place.get(&Place { file: shown.file, span }).copied()
            }
            None if openings.decorations[at.function.index()].is_empty() => None,
            None => self.by_decorated.get(&at.function).copied(),
        }
    }
}

fn speaks(world: &World<'_>, targets: &Targets) -> bool {
    world.each_file().any(|file| speaks_of_telemetry(world, targets, file))
}

/// Whether something in a file calls what is telemetry and nothing else.
pub(crate) fn speaks_of_telemetry(world: &World<'_>, targets: &Targets, file: FileId) -> bool {
    targets.modelled(file).any(|site| {
        targets.certainty(site) == crate::program::Certainty::Certain
            && targets.nodes(site).any(|it| is_telemetry(world.library.node(it)))
    })
}

/// Gives each span the keys that are written on it in its own function.
fn attributes(program: &mut Program, world: &World<'_>, openings: &Openings, index: &SpanIndex) {
    let owners: Vec<Option<usize>> = program
        .attributes
        .par_iter()
        .map(|it| {
            if it.target != AttributeTarget::Span {
                return None;
            }
            index.by_place_of_call(world, it.at).or_else(|| index.around(world, openings, it.at))
        })
        .collect();
    for (attribute, owner) in program.attributes.iter().zip(owners) {
        if let (Some(owner), Some(key)) = (owner, attribute.key.text) {
            let keys = &mut program.spans[owner].attributes;
            if !keys.contains(&key) {
                keys.push(key);
            }
        }
    }
}

impl SpanIndex {
    /// The span whose opening call contains the place: its keys are arguments.
    fn by_place_of_call(&self, world: &World<'_>, at: At) -> Option<usize> {
        let (file, local) = world.local(at.function);
        let facts = world.facts(file);
        facts.ops_of(local).find_map(|(_, op)| {
            let is_around = matches!(op.kind, OpKind::Call { .. }) && op.span.contains(at.place.span);
            if is_around { self.by_place.get(&Place { file, span: op.span }).copied() } else { None }
        })
    }
}

/// Whether anything is written to any span, whoever opened it.
pub(crate) fn writes_to_spans(world: &World<'_>, targets: &Targets) -> bool {
    world.each_file().any(|file| targets.modelled(file).any(|site| writes(world, targets, site)))
}

fn writes(world: &World<'_>, targets: &Targets, site: Site) -> bool {
    const WRITING: [Role; 5] =
        [Role::SetAttribute, Role::SetAttributes, Role::AddEvent, Role::RecordException, Role::SetStatus];
    targets.nodes(site).any(|it| WRITING.iter().any(|role| world.library.node(it).model(*role).is_some()))
}

/// Calls on `get_current_span()`.
fn enrichments(
    world: &World<'_>,
    targets: &Targets,
    openings: &Openings,
    may_be_inside: &[bool],
) -> Vec<EnrichmentSite> {
    world
        .each_file()
        .flat_map_iter(|file| {
            let mut eval = Eval::new(world);
            let mut found = Vec::new();
            for site in targets.modelled(file) {
                if !writes(world, targets, site) {
                    continue;
                }
                let facts = world.facts(site.file);
                let Some(callee) = world.callee(site) else { continue };
                let Value::Member { of, name } = *facts.value(callee) else { continue };
                let scope = Eval::scope_of(world, site);
                let Some(asked) = current_at(world, targets, &mut eval, of, scope, 0) else { continue };
                // It is the span of where it was asked for, wherever it is written to.
                let there = call_at(world, asked);
                let span_open = if in_span(world, openings, there) {
                    Some(true)
                } else {
                    (!may_be_inside[there.function.index()]).then_some(false)
                };
                let at = call_at(world, site);
                found.push(EnrichmentSite { at, call: name, span_open, certainty: targets.certainty(site) });
            }
            found
        })
        .collect()
}

/// Where "the current span" is asked for that a value is: right there, or before, for a variable.
fn current_at(
    world: &World<'_>,
    targets: &Targets,
    eval: &mut Eval<'_, '_>,
    value: ValueId,
    scope: Scope,
    depth: u32,
) -> Option<Site> {
    if depth > 4 {
        return None;
    }
    match world.facts(scope.file).value(value) {
        Value::Call(op) => {
            let call = Site { file: scope.file, op: *op };
            let model_of = |role| targets.nodes(call).find_map(|it| world.library.node(it).model(role));
            let asks = model_of(Role::SpanCurrent);
            // The span of a context is the current one where the context is; one that is held may be from anywhere.
            match asks.or_else(|| model_of(Role::Identity))?.place(Slot::Subject) {
                Some(context) => {
                    let context = argument_at(world, call, context)?;
                    current_at(world, targets, eval, context, Eval::scope_of(world, call), depth + 1)
                }
                None => asks.map(|_| call),
            }
        }
        Value::Name(name) => match eval.single_binding(*name, scope) {
            Some((file, binding)) if file == scope.file => match binding.kind {
                BindingKind::Value(inner) => {
                    let scope =
                        Scope { file, function: binding.from, region: binding.region, order: binding.order };
                    current_at(world, targets, eval, inner, scope, depth + 1)
                }
                _ => None,
            },
            _ => None,
        },
        _ => None,
    }
}

/// The recorder calls `record_exception` itself: one that only logs doubles nothing.
fn records_on_span(world: &World<'_>, targets: &Targets, function: FuncId) -> bool {
    world.ops(function).any(|(site, _)| {
        targets.nodes(site).any(|it| world.library.node(it).model(Role::RecordException).is_some())
    })
}
