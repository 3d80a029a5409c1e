//! Spans that are handed to a function which enters them, and macros that open a span for whoever calls them.

use rustc_hash::FxHashMap;

use super::candidates::Candidates;
use super::{How, Open, Opening, Openings, named_param};
use crate::facts::FunctionKind;
use crate::link::eval::Eval;
use crate::link::rounds::Targets;
use crate::link::things::{Among, Site, Thing};
use crate::link::world::World;
use crate::program::FuncId;

/// The parameters of functions which are spans that the function enters, or runs something in.
pub(super) type Entering = FxHashMap<FuncId, Vec<u16>>;

impl Openings {
    pub(super) fn find_entering(&mut self, world: &World<'_>, targets: &Targets, candidates: &Candidates) {
        for (site, value) in &candidates.entered_values {
            if let Some((owner, index)) = named_param(world, world.runner(*site), *value) {
                add(&mut self.entering, owner, index);
            }
        }
        if self.entering.is_empty() {
            return;
        }
        for _ in 0..4 {
            let mut more = Vec::new();
            for (function, site) in candidates.calls(world, targets) {
                for (callee, bound) in targets.functions(*site) {
                    for index in self.entering.get(&callee).into_iter().flatten() {
                        let passed = world.argument(*site, callee, usize::from(*index), bound);
                        more.extend(passed.and_then(|it| named_param(world, *function, it)));
                    }
                }
            }
            let before = self.entering.values().map(Vec::len).sum::<usize>();
            for (owner, index) in more {
                add(&mut self.entering, owner, index);
            }
            if self.entering.values().map(Vec::len).sum::<usize>() == before {
                break;
            }
        }
    }

    /// A call that hands a span to somebody who enters it.
    pub(super) fn handed_over(
        &self,
        world: &World<'_>,
        targets: &Targets,
        site: Site,
        own: &mut Vec<Opening>,
    ) {
        for (callee, bound) in targets.functions(site) {
            for index in self.entering.get(&callee).into_iter().flatten() {
                let Some(value) = world.argument(site, callee, usize::from(*index), bound) else { continue };
                let things = Eval::new(world).ask(value, Eval::scope_of(world, site));
                let made = super::made_at(world, site.file, value);
                if let Some(open) = self.first_open(world, &things, made) {
                    own.push(Opening { open, how: How::Run, site, by: Some(site) });
                    return;
                }
            }
        }
    }

    /// A macro that opens a span does so where it is called.
    pub(super) fn expanded(
        &self,
        world: &World<'_>,
        function: FuncId,
        site: Site,
        callees: Among<'_>,
        own: &mut Vec<Opening>,
    ) {
        for thing in callees.iter() {
            let Thing::Function(callee) = thing else { continue };
            if callee == function || world.function(callee).kind != FunctionKind::Macro {
                continue;
            }
            let how = if self.gives_entered[callee.index()] { How::Entered } else { How::Run };
            if !self.own[callee.index()].is_empty() {
                own.push(Opening { open: Open::Run { function: callee, call: site }, how, site, by: None });
                return;
            }
        }
    }
}

fn add(entering: &mut Entering, owner: FuncId, index: u16) {
    let list = entering.entry(owner).or_default();
    if !list.contains(&index) {
        list.push(index);
    }
}
