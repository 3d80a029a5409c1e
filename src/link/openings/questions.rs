//! What the other passes ask of openings: whether a span is open at a place, and what is at the bottom of a wrapper.

use super::{How, Open, Opening, Openings, outermost, region_is_inside};
use crate::facts::{Facts, FunctionKind, OpKind, RegionId, RegionKind, Value, ValueId};
use crate::library::{NodeId, Role};
use crate::link::eval::Eval;
use crate::link::rounds::Targets;
use crate::link::things::{Site, Thing};
use crate::link::world::World;
use crate::program::{Certainty, FuncId};

impl Openings {
    /// Whether a function opens spans for others: its parameters are theirs to bound.
    pub(crate) fn is_helper(&self, world: &World<'_>, function: FuncId) -> bool {
        let helps = |it: FuncId| {
            let index = it.index();
            self.scopes[index].is_some()
                || self.gives[index].is_some()
                || self.wrappers[index]
                || self.emitters[index]
                || self.runs.contains_key(&it)
        };
        let in_class = world.class_of(function).is_some_and(|it| self.classes[it.index()].is_some());
        in_class || helps(function) || self.has_wrapper_inside(world, function)
    }

    /// A decorator or a factory of decorators: what it defines wraps.
    fn has_wrapper_inside(&self, world: &World<'_>, function: FuncId) -> bool {
        let (file, local) = world.local(function);
        let facts = world.facts(file);
        let whole = facts.function(local).span;
        facts.functions.iter().enumerate().any(|(index, it)| {
            let inner = world.func(file, crate::facts::FnId(index as u32));
            whole.contains(it.span) && self.wrappers[inner.index()]
        })
    }

    /// Whether a function that gives a span keeps it too, so that others end it.
    pub(crate) fn keeps_what_it_gives(
        &self,
        world: &World<'_>,
        targets: &Targets,
        function: FuncId,
        depth: u32,
    ) -> bool {
        let given_on = match self.gives[function.index()] {
            Some(Open::Library { site, .. }) => {
                let fate = crate::link::fates::of(world, targets, site);
                fate.stored || fate.passed
            }
            _ => false,
        };
        given_on
            || self.own[function.index()].iter().filter(|it| it.how == How::Started).any(|it| {
                let fate = crate::link::fates::of(world, targets, it.site);
                let inner_keeps = match it.open {
                    Open::Given { function: inner, .. } if depth < 4 && inner != function => {
                        self.keeps_what_it_gives(world, targets, inner, depth + 1)
                    }
                    _ => false,
                };
                fate.stored || fate.passed || inner_keeps
            })
    }

    /// Whether a span is open at an operation because of its own function.
    pub(crate) fn in_span(&self, world: &World<'_>, site: Site) -> bool {
        if self.nothing {
            return false;
        }
        let function = world.runner(site);
        self.inside[function.index()]
            || self.around(world, site).is_some()
            || !self.decorations[function.index()].is_empty()
    }

    /// Whether what is called here is inside of a span. One that is started by hand is open, and nobody is inside of it until somebody
    /// makes it current; where that is told, it is asked for.
    pub(crate) fn is_current(&self, world: &World<'_>, site: Site) -> bool {
        if self.nothing {
            return false;
        }
        if !world.facts(site.file).lexical {
            return self.in_span(world, site);
        }
        let function = world.runner(site);
        let region = world.facts(site.file).op(site.op).region;
        self.inside[function.index()]
            || self.opening_in(world, region, site, |it| it == How::Entered).is_some()
            || !self.decorations[function.index()].is_empty()
    }

    /// The innermost opening of the same function that is open at an operation.
    pub(crate) fn around(&self, world: &World<'_>, site: Site) -> Option<Opening> {
        self.around_region(world, world.facts(site.file).op(site.op).region, site)
    }

    /// The innermost opening that is open in a region when an operation is next; one of OpenTelemetry, if there is one as well as one of
    /// some vendor's agent.
    pub(crate) fn around_region(&self, world: &World<'_>, region: RegionId, next: Site) -> Option<Opening> {
        self.opening_in(world, region, next, |it| matches!(it, How::Entered | How::Started))
    }

    /// As `around_region`; of those that no region shows, the ones that are wanted.
    fn opening_in(
        &self,
        world: &World<'_>,
        region: RegionId,
        next: Site,
        wanted: impl Fn(How) -> bool,
    ) -> Option<Opening> {
        let facts = world.facts(next.file);
        let function = world.func(next.file, facts.region(region).function);
        if self.own[function.index()].is_empty() && self.activated.is_empty() {
            return None;
        }
        let mut of_vendor = None;
        for (id, it) in facts.regions_from(region) {
            let managed = self.own[function.index()].iter().find(|it| it.how == How::Managed(id));
            if let Some(found) = managed {
                if !self.is_of_vendor(world, found.open) {
                    return Some(*found);
                }
                of_vendor = of_vendor.or(Some(*found));
            }
            if let RegionKind::With { .. } | RegionKind::Held { .. } = it.kind
                && let Some(site) = self.activated.get(&(world.file_of[function.index()], id))
            {
                let open = Open::Library { site: *site, node: self.activating_node(world, *site)? };
                return Some(Opening { open, how: How::Managed(id), site: *site, by: None });
            }
        }
        self.own[function.index()]
            .iter()
            .rev()
            .find(|it| {
                wanted(it.how)
                    && it.site.op < next.op
                    && region_is_inside(facts, region, facts.op(it.site.op).region)
                    && !self.ended_before(world, function, it.site, region, next)
            })
            .copied()
            .or(of_vendor)
    }

    fn is_of_vendor(&self, world: &World<'_>, open: Open) -> bool {
        let model = self.bottom(open, 0).and_then(|(_, node)| world.library.node(node).model(Role::Span));
        model.is_some_and(|it| it.of_vendor)
    }

    /// Whether a span that was opened by hand before an operation has not been ended by then.
    pub(crate) fn is_still_open(&self, world: &World<'_>, function: FuncId, start: Site, next: Site) -> bool {
        let region = world.facts(next.file).op(next.op).region;
        start.op < next.op
            && !self.ended_before(world, function, start, region, next)
            && !are_alternatives(world.facts(next.file), world.facts(next.file).op(start.op).region, region)
    }

    fn activating_node(&self, world: &World<'_>, site: Site) -> Option<NodeId> {
        let mut eval = Eval::new(world);
        eval.callees(site.op, site.file).0.iter().find_map(|it| match it {
            Thing::Library(node) => Some(node),
            _ => None,
        })
    }

    /// An `x.end()` between the start and the place, in a region around the place.
    fn ended_before(
        &self,
        world: &World<'_>,
        function: FuncId,
        start: Site,
        region: RegionId,
        next: Site,
    ) -> bool {
        let facts = world.facts(next.file);
        let started = facts.op(start.op).region;
        world.ops(function).any(|(site, op)| {
            let ends_in = || around_finally(facts, op.region);
            site.op > start.op
                && site.op < next.op
                // Whatever is started there is ended there, or ended is what comes by here.
                && (region_is_inside(facts, region, ends_in()) || region_is_inside(facts, started, ends_in()))
                && match op.kind {
                    OpKind::Call { callee, .. } => matches!(
                        facts.value(callee),
                        Value::Member { name, .. } if matches!(name.as_str(), "end" | "finish" | "__exit__")
                    ),
                    _ => false,
                }
        })
    }

    /// Whether one of its parameters is a span that it enters.
    pub(crate) fn enters_a_parameter(&self, function: FuncId) -> bool {
        self.entering.contains_key(&function)
    }

    /// The calls of a file that enter something, or run something in it.
    pub(crate) fn entered_sites(&self, file: crate::text::FileId) -> impl Iterator<Item = Site> {
        let from = self.entered_values.partition_point(|(site, _)| site.file < file);
        self.entered_values[from..].iter().map(|(site, _)| *site).take_while(move |it| it.file == file)
    }

    /// Whether a function is a macro, or stands in one, whose work is told where it is called.
    pub(crate) fn is_in_expanded(&self, world: &World<'_>, function: FuncId) -> bool {
        if self.expanded.is_empty() {
            return false;
        }
        let (file, local) = world.local(function);
        let facts = world.facts(file);
        let mut around = std::iter::successors(Some(local), |it| facts.function(*it).parent);
        let found = around.find(|it| facts.function(*it).kind == FunctionKind::Macro);
        found.is_some_and(|it| self.is_expanded(world.func(file, it)))
    }

    /// Whether a macro is called anywhere.
    pub(crate) fn is_expanded(&self, function: FuncId) -> bool {
        self.expanded.contains(&function)
    }

    /// What the calls of one function enter, or run something in.
    pub(crate) fn entered_in(&self, world: &World<'_>, function: FuncId) -> impl Iterator<Item = ValueId> {
        let (file, local) = world.local(function);
        let ops = &world.facts(file).function(local).ops;
        let at = |op: u32| Site { file, op: crate::facts::OpId(op) };
        let from = self.entered_values.partition_point(|(site, _)| *site < at(ops.start));
        let to = self.entered_values.partition_point(|(site, _)| *site < at(ops.end));
        self.entered_values[from..to].iter().map(|(_, value)| *value)
    }

    /// A span is as sure as the library call that makes it: wrappers round a bare name do not make it surer.
    pub(crate) fn certainty(&self, targets: &Targets, open: Open) -> Certainty {
        let made = self.bottom(open, 0).and_then(|(site, _)| site);
        made.map_or(Certainty::Certain, |it| targets.certainty(it))
    }

    /// The library call at the bottom of a chain of wrappers.
    pub(crate) fn bottom(&self, open: Open, depth: u32) -> Option<(Option<Site>, NodeId)> {
        if depth > 12 {
            return None;
        }
        match open {
            Open::Library { site, node } => Some((Some(site), node)),
            Open::Bare { node } => Some((None, node)),
            Open::Given { function, .. } => {
                self.bottom(self.scopes[function.index()].or(self.gives[function.index()])?, depth + 1)
            }
            Open::Instance { class, .. } => self.bottom(self.classes[class.index()]?, depth + 1),
            Open::Run { function, .. } | Open::Wrapped { wrapper: function, .. } => {
                self.bottom(self.own[function.index()].first()?.open, depth + 1)
            }
        }
    }

    /// The project function through which a span is opened, nearest first.
    pub(crate) fn via(&self, world: &World<'_>, open: Open) -> Option<FuncId> {
        match open {
            Open::Library { .. } | Open::Bare { .. } => None,
            Open::Given { function, .. } | Open::Run { function, .. } => Some(function),
            Open::Instance { class, .. } => {
                world.method(class, world.names.enter).or_else(|| world.method(class, world.names.aenter))
            }
            Open::Wrapped { wrapper, .. } => Some(outermost(world, wrapper)),
        }
    }
}

/// Two regions of which one run takes only one: the arms of one decision.
fn are_alternatives(facts: &Facts, one: RegionId, other: RegionId) -> bool {
    facts.regions_from(one).any(|(arm, it)| {
        let RegionKind::Branch { condition, negated } = it.kind else { return false };
        facts.regions_from(other).any(|(id, beside)| {
            id != arm
                && beside.parent == it.parent
                && matches!(beside.kind, RegionKind::Branch { condition: of, negated: not } if of == condition && not != negated)
        })
    })
}

/// What is done at last is done before whatever comes after.
fn around_finally(facts: &Facts, region: RegionId) -> RegionId {
    match (facts.region(region).kind.clone(), facts.region(region).parent) {
        (RegionKind::Finally, Some(parent)) => parent,
        _ => region,
    }
}
