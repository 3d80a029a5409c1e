//! How much work an entry point starts that no span shows. A question to the call graph; it judges nothing.

use std::collections::BTreeMap;

use super::items::{counts, is_counted_entry_point};
use crate::program::{CallCategory, FuncId, Function, Program, State};

/// What runs below a function without a span around it.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct Unseen {
    /// Named functions below it, itself not counted.
    pub(crate) functions: u32,
    pub(crate) processes: u32,
    pub(crate) calls: BTreeMap<CallCategory, u32>,
    /// Some of what it calls does open a span.
    pub(crate) hands_over: bool,
}

impl Unseen {
    /// Processes and outgoing calls together.
    pub(crate) fn outgoing(&self) -> u32 {
        self.processes + self.calls.values().sum::<u32>()
    }

    fn add_own(&mut self, own: &Own) {
        self.processes += own.processes;
        for category in &own.calls {
            *self.calls.entry(*category).or_default() += 1;
        }
    }
}

/// Beyond this many functions "a lot" is precise enough, and the whole stays linear in the number of entry points.
const FAR_ENOUGH: u32 = 2_000;

/// Every entry point without a span, the one that starts the most unseen work first.
pub(super) fn dark_entry_points(program: &Program) -> Vec<(FuncId, Unseen)> {
    let entries: Vec<FuncId> =
        program.function_ids().filter(|(_, it)| is_dark_entry_point(it)).map(|(id, _)| id).collect();
    if entries.is_empty() {
        return Vec::new();
    }
    let mut walk = Walk { program, own: own_work(program), seen: vec![u32::MAX; program.functions.len()] };
    let mut dark: Vec<_> = entries.into_iter().map(|it| (it, walk.below(it))).collect();
    dark.sort_by_key(|(id, unseen)| {
        (std::cmp::Reverse(unseen.outgoing()), std::cmp::Reverse(unseen.functions), *id)
    });
    dark
}

fn is_dark_entry_point(function: &Function) -> bool {
    is_counted_entry_point(function) && !is_seen(function)
}

fn is_seen(function: &Function) -> bool {
    function.direct_span || matches!(function.state, State::Span | State::Auto)
}

/// The uncovered work of one function and the closures it runs.
#[derive(Default, Clone)]
struct Own {
    processes: u32,
    calls: Vec<CallCategory>,
    closures: Vec<FuncId>,
}

fn own_work(program: &Program) -> Vec<Own> {
    let mut own = vec![Own::default(); program.functions.len()];
    for it in program.processes.iter().filter(|it| !it.covered && it.via_wrapper.is_none()) {
        own[it.at.function.index()].processes += 1;
    }
    for it in program.calls.iter().filter(|it| it.covered_by.is_none()) {
        own[it.at.function.index()].calls.push(it.category);
    }
    for (id, function) in program.function_ids().filter(|(_, it)| !it.named) {
        let parent = program.file(function.file).facts.function(function.local).parent;
        if let Some(parent) = parent {
            own[program.global(function.file, parent).index()].closures.push(id);
        }
    }
    own
}

struct Walk<'a> {
    program: &'a Program,
    own: Vec<Own>,
    /// The entry point that last came by, for each function.
    seen: Vec<u32>,
}

impl Walk<'_> {
    fn below(&mut self, entry: FuncId) -> Unseen {
        let mut unseen = Unseen::default();
        let mut open = vec![entry];
        self.seen[entry.index()] = entry.0;
        while let Some(id) = open.pop() {
            unseen.add_own(&self.own[id.index()]);
            for next in self.program.function(id).callees.iter().chain(&self.own[id.index()].closures) {
                if std::mem::replace(&mut self.seen[next.index()], entry.0) == entry.0 {
                    continue;
                }
                let function = self.program.function(*next);
                if is_seen(function) {
                    unseen.hands_over = true;
                } else if counts(self.program, *next) && unseen.functions < FAR_ENOUGH {
                    unseen.functions += u32::from(self.program.eligible(*next));
                    open.push(*next);
                }
            }
        }
        unseen
    }
}
