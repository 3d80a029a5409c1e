//! Calls of helpers that write to the current span: what they are called for shows only where a span is open.

use rayon::prelude::*;
use rustc_hash::FxHashSet;

use super::in_span;
use crate::facts::Value;
use crate::library::Role;
use crate::link::attributes::call_at;
use crate::link::openings::Openings;
use crate::link::rounds::Targets;
use crate::link::things::{Among, Site};
use crate::link::world::World;
use crate::program::{EnrichmentSite, Exclusion, FuncId, Program};
use crate::text::Symbol;

/// Helpers of helpers, and theirs: no project has more.
const MOST_ROUNDS: usize = 3;

pub(super) struct Orphans<'w, 'a> {
    pub(super) world: &'w World<'a>,
    pub(super) targets: &'w Targets,
    pub(super) openings: &'w Openings,
    pub(super) may_be_inside: &'w [bool],
}

impl Orphans<'_, '_> {
    /// `direct` are the places that write to the current span themselves.
    pub(super) fn through_helpers(
        &self,
        program: &Program,
        direct: &[EnrichmentSite],
    ) -> Vec<EnrichmentSite> {
        // Where no caller has a span, it is told of the helper itself.
        let outside = direct.iter().filter(|it| it.span_open.is_none());
        let mut writers: FxHashSet<FuncId> =
            outside.map(|it| it.at.function).filter(|it| self.only_writes(program, *it)).collect();
        let mut found = Vec::new();
        for _ in 0..MOST_ROUNDS {
            let calls = self.calls_of(program, &writers);
            let is_writer =
                |it: &EnrichmentSite| it.span_open.is_none() && self.only_writes(program, it.at.function);
            let fresh: Vec<FuncId> =
                calls.iter().filter(|it| is_writer(it)).map(|it| it.at.function).collect();
            found = calls;
            let known = writers.len();
            writers.extend(fresh);
            if writers.len() == known {
                break;
            }
        }
        found.retain(|it| !is_helper(program, it.at.function));
        found
    }

    fn calls_of(&self, program: &Program, writers: &FxHashSet<FuncId>) -> Vec<EnrichmentSite> {
        if writers.is_empty() {
            return Vec::new();
        }
        self.world
            .each_file()
            .flat_map_iter(|file| {
                let calls = self.targets.calls(file);
                let writing = calls.filter(|(_, callees)| writes(program, callees, writers));
                writing.filter_map(move |(op, _)| self.site(Site { file, op }))
            })
            .collect()
    }

    fn site(&self, site: Site) -> Option<EnrichmentSite> {
        let at = call_at(self.world, site);
        let span_open = if in_span(self.world, self.openings, at) {
            Some(true)
        } else {
            (!self.may_be_inside[at.function.index()]).then_some(false)
        };
        let call = self.called(site)?;
        Some(EnrichmentSite { at, call, span_open, certainty: self.targets.certainty(site) })
    }

    fn called(&self, site: Site) -> Option<Symbol> {
        match *self.world.facts(site.file).value(self.world.callee(site)?) {
            Value::Name(name) | Value::Head(name) | Value::Member { name, .. } => Some(name),
            _ => None,
        }
    }

    /// A helper that is called for what it writes: one that also measures or logs has more to say.
    fn only_writes(&self, program: &Program, function: FuncId) -> bool {
        let says_more = |site: Site| {
            self.targets.nodes(site).any(|it| {
                let node = self.world.library.node(it);
                [Role::MetricRecord, Role::Log, Role::LogException].iter().any(|it| node.model(*it).is_some())
            })
        };
        is_helper(program, function) && !self.world.ops(function).any(|(site, _)| says_more(site))
    }
}

fn writes(program: &Program, callees: &Among<'_>, writers: &FxHashSet<FuncId>) -> bool {
    callees.functions().any(|(it, _)| writers.contains(&it))
        && callees.functions().all(|(it, _)| is_helper(program, it))
}

fn is_helper(program: &Program, function: FuncId) -> bool {
    program.functions[function.index()].excluded == Some(Exclusion::Telemetry)
}
