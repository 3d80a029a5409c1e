//! What the queries of the configuration captured, as the program sees it: whose code it is, whether a span is open there, what
//! the call does.

use rayon::prelude::*;
use rustc_hash::FxHashMap;

use crate::facts::{self, Facts, FnId, OpId, OpKind, RegionId, RegionKind};
use crate::library::Role;
use crate::link::openings::Openings;
use crate::link::outgoing::Runners;
use crate::link::rounds::Targets;
use crate::link::things::{Site, Thing};
use crate::link::touches;
use crate::link::world::World;
use crate::program::{At, CaptureSite, FuncId, MatchSite, Reach};
use crate::text::{FileId, Place, Span, Symbol};

pub(crate) struct Captures<'w, 'a> {
    pub(crate) world: &'w World<'a>,
    pub(crate) targets: &'w Targets,
    pub(crate) openings: &'w Openings,
    pub(crate) runners: &'w Runners,
    /// What surrounds each function.
    pub(crate) reach: &'w [Reach],
    pub(crate) auto: &'w [bool],
}

impl Captures<'_, '_> {
    pub(crate) fn find(&self) -> Vec<MatchSite> {
        self.world.each_file().flat_map_iter(|file| self.of_file(file)).collect()
    }

    fn of_file(&self, file: FileId) -> Vec<MatchSite> {
        let facts = self.world.facts(file);
        if facts.matches.is_empty() {
            return Vec::new();
        }
        let calls = calls(facts);
        let site = |it: &facts::Match| {
            let captures = &facts.captures[it.captures.start as usize..it.captures.end as usize];
            let captures = captures.iter().map(|it| self.capture(file, facts, &calls, it)).collect();
            MatchSite { file, query: it.query, pattern: it.pattern, captures }
        };
        facts.matches.iter().map(site).collect()
    }

    fn capture(&self, file: FileId, facts: &Facts, calls: &Calls, it: &facts::Capture) -> CaptureSite {
        let call = calls.get(&it.span).copied();
        let definition = definition(facts, it.span);
        let region = match (definition, call) {
            (Some(function), _) => facts.function(function).body,
            (None, Some(op)) => facts.op(op).region,
            (None, None) => innermost(facts, it.span),
        };
        let function = self.world.func(file, facts.region(region).function);
        let at = At { place: Place { file, span: it.span }, function, region };
        let in_handler =
            facts.regions_from(region).any(|(_, it)| matches!(it.kind, RegionKind::Handler { .. }));
        CaptureSite {
            name: it.name,
            text: it.text,
            at,
            marked: definition.map_or(it.span, |it| facts.function(it).head),
            in_span: self.in_span(at),
            in_handler,
            roles: call.map(|op| self.roles(Site { file, op })).unwrap_or_default(),
        }
    }

    /// None where it cannot be told.
    fn in_span(&self, at: At) -> Option<bool> {
        let function = at.function.index();
        let own = self.openings.inside[function] || touches::in_span(self.world, self.openings, at);
        match self.reach[function] {
            _ if own || self.auto[function] => Some(true),
            Reach::Covered => Some(true),
            Reach::Dark => Some(false),
            Reach::Unknown => None,
        }
    }

    /// What the call does, in the words of models; what a function of the project does is told by what it is for.
    fn roles(&self, site: Site) -> Vec<Symbol> {
        let mut roles = Vec::new();
        let callees = self.targets.of(site);
        for node in callees.nodes() {
            roles.extend(self.world.library.node(node).models.iter().map(|it| it.role));
        }
        for thing in callees.iter() {
            if let Thing::AnyMethod(node, _) = thing {
                roles.extend(self.world.library.any_call(node).map(|it| it.role));
            }
        }
        if callees.functions().any(|(it, _)| self.runners.contains(it)) {
            roles.push(Role::Process);
        }
        if callees.functions().any(|(it, _)| self.opens(it)) {
            roles.push(Role::Span);
        }
        roles.sort_unstable();
        roles.dedup();
        roles.into_iter().map(|it| Symbol::new(&it.word())).collect()
    }

    /// A helper that gives its caller a span.
    fn opens(&self, function: FuncId) -> bool {
        self.openings.is_helper(self.world, function)
    }
}

type Calls = FxHashMap<Span, OpId>;

/// The calls of a file, by where they stand and by where the name of what they call stands.
fn calls(facts: &Facts) -> Calls {
    let mut calls = Calls::default();
    for (at, op) in facts.ops.iter().enumerate() {
        if let OpKind::Call { callee, .. } = op.kind {
            let id = OpId(at as u32);
            calls.insert(op.span, id);
            calls.entry(facts.value_span(callee)).or_insert(id);
        }
    }
    calls
}

/// The function whose definition is captured, whole or by its name.
fn definition(facts: &Facts, span: Span) -> Option<FnId> {
    let is_it = |it: &facts::Function| {
        let named = it.head.start < it.head.end;
        let whole = it.span.end == span.end && (it.span.start..=it.head.start).contains(&span.start);
        named && (whole || (it.head.end == span.end && it.head.contains(span)))
    };
    facts.functions.iter().position(is_it).map(|it| FnId(it as u32))
}

/// The region that a place stands in: that of the first operation in it, or of one around what was opened since; without any
/// operation, the smallest region around it.
fn innermost(facts: &Facts, span: Span) -> RegionId {
    let functions = facts.functions.iter().filter(|it| it.span.contains(span));
    let function = functions.min_by_key(|it| it.span.end - it.span.start);
    let first =
        function.into_iter().flat_map(|it| it.ops.clone()).find(|it| span.contains(facts.op(OpId(*it)).span));
    if let Some(op) = first {
        let opened_inside = |it: Span| span.contains(it) && it != span;
        let around = facts.regions_from(facts.op(OpId(op)).region).find(|(_, it)| !opened_inside(it.span));
        return around.map_or(facts.op(OpId(op)).region, |(id, _)| id);
    }
    let regions = facts.regions.iter().enumerate().filter(|(_, it)| it.span.contains(span));
    let smallest = regions.min_by_key(|(at, it)| (it.span.end - it.span.start, std::cmp::Reverse(*at)));
    smallest.map_or(facts.function(FnId::MODULE).body, |(at, _)| RegionId(at as u32))
}
