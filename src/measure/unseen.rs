//! How much work an entry point starts that no span shows. A question to the call graph; it judges nothing.

mod lasting;

use std::collections::BTreeMap;

use super::items::{counts, is_counted_entry_point};
use super::sending::Sending;
use crate::program::{CallCategory, EntryKind, FuncId, Function, Program};

/// What runs below a function without a span around it.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct Unseen {
    /// Named functions below it, itself not counted.
    pub(crate) functions: u32,
    pub(crate) processes: u32,
    pub(crate) calls: BTreeMap<CallCategory, u32>,
    /// Some of what it calls does open a span.
    pub(crate) hands_over: bool,
    /// It starts a server, or something below it does: it lasts as long as the program.
    pub(crate) serves: bool,
    /// Telemetry is set up or emitted somewhere below it or beside it, so that a span would go somewhere.
    pub(crate) has_telemetry: bool,
}

impl Unseen {
    /// Processes and outgoing calls together.
    pub(crate) fn outgoing(&self) -> u32 {
        self.processes + self.calls.values().sum::<u32>()
    }

    fn add_own(&mut self, own: &Own) {
        self.processes += own.processes;
        self.serves |= own.serves;
        for category in &own.calls {
            *self.calls.entry(*category).or_default() += 1;
        }
    }
}

/// Whatever starts a server does so within so many functions of where the program begins.
const MOST_LOOKED_AT: u32 = 48;

/// Beyond this many functions "a lot" is precise enough, and the whole stays linear in the number of entry points.
const FAR_ENOUGH: u32 = 2_000;

/// Every entry point without a span, the one that starts the most unseen work first; and for each function whether one of them leads
/// to it without a span.
pub(super) fn dark_entry_points(program: &Program, sending: &Sending) -> (Vec<(FuncId, Unseen)>, Vec<bool>) {
    let entries: Vec<FuncId> =
        program.function_ids().filter(|(_, it)| is_dark_entry_point(it)).map(|(id, _)| id).collect();
    if entries.is_empty() {
        return (Vec::new(), Vec::new());
    }
    let functions = program.functions.len();
    let mut walk = Walk {
        program,
        own: own_work(program),
        sending,
        seen: vec![u32::MAX; functions],
        below: vec![false; functions],
    };
    let mut dark: Vec<_> = entries.into_iter().map(|it| (it, walk.below(it))).collect();
    for (id, unseen) in &mut dark {
        unseen.has_telemetry = sending.reaches_started(program, *id, unseen.has_telemetry);
    }
    dark.sort_by_key(|(id, unseen)| {
        (std::cmp::Reverse(unseen.outgoing()), std::cmp::Reverse(unseen.functions), *id)
    });
    (dark, walk.below)
}

fn is_dark_entry_point(function: &Function) -> bool {
    is_counted_entry_point(function) && !function.has_span()
}

/// The uncovered work of one function and the closures it runs.
#[derive(Default, Clone)]
struct Own {
    processes: u32,
    calls: Vec<CallCategory>,
    closures: Vec<FuncId>,
    serves: bool,
}

fn own_work(program: &Program) -> Vec<Own> {
    let mut own = vec![Own::default(); program.functions.len()];
    for it in program.processes.iter().filter(|it| !it.covered && it.via_wrapper.is_none()) {
        own[it.at.function.index()].processes += 1;
    }
    for it in program.calls.iter().filter(|it| it.covered_by.is_none()) {
        own[it.at.function.index()].calls.push(it.category);
    }
    for function in &program.servers {
        own[function.index()].serves = true;
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
    sending: &'a Sending,
    /// The entry point that last came by, for each function.
    seen: Vec<u32>,
    /// Some entry point came by.
    below: Vec<bool>,
}

impl Walk<'_> {
    fn below(&mut self, entry: FuncId) -> Unseen {
        let mut unseen = Unseen::default();
        let is_started = self
            .program
            .function(entry)
            .entry_point
            .is_some_and(|it| matches!(it.kind, EntryKind::Cli | EntryKind::Main));
        let mut looked_at = 0;
        let mut open = vec![entry];
        self.seen[entry.index()] = entry.0;
        while let Some(id) = open.pop() {
            unseen.add_own(&self.own[id.index()]);
            unseen.has_telemetry |= self.sending.speaks(id);
            self.below[id.index()] = true;
            if is_started && !unseen.serves && looked_at < MOST_LOOKED_AT {
                looked_at += 1;
                unseen.serves = lasting::calls_what_lasts(self.program, id);
            }
            for next in self.program.function(id).callees.iter().chain(&self.own[id.index()].closures) {
                if std::mem::replace(&mut self.seen[next.index()], entry.0) == entry.0 {
                    continue;
                }
                let function = self.program.function(*next);
                if function.has_span() {
                    unseen.hands_over = true;
                    unseen.has_telemetry |=
                        self.sending.counts_spans(self.program, *next) || self.leads_to_telemetry(*next);
                } else if counts(self.program, *next) && unseen.functions < FAR_ENOUGH {
                    unseen.functions += u32::from(self.program.eligible(*next));
                    open.push(*next);
                } else if !unseen.has_telemetry {
                    unseen.has_telemetry = self.leads_to_telemetry(*next);
                }
            }
        }
        unseen
    }

    fn leads_to_telemetry(&self, function: FuncId) -> bool {
        self.sending.leads_to_telemetry(self.program, function, 0)
    }
}
