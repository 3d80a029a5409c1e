//! How much work an entry point starts that no span shows. A question to the call graph; it judges nothing.

mod lasting;

use std::collections::{BTreeMap, BTreeSet};

use super::items::{counts, is_counted_entry_point};
use crate::program::{At, CallCategory, EntryKind, FuncId, Function, Program, SetupSite};

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

/// Helpers of helpers.
const DEEPEST_HELPER: u32 = 3;

/// Beyond this many functions "a lot" is precise enough, and the whole stays linear in the number of entry points.
const FAR_ENOUGH: u32 = 2_000;

/// Every entry point without a span, the one that starts the most unseen work first; and for each function whether one of them leads
/// to it without a span.
pub(super) fn dark_entry_points(program: &Program) -> (Vec<(FuncId, Unseen)>, Vec<bool>) {
    let entries: Vec<FuncId> =
        program.function_ids().filter(|(_, it)| is_dark_entry_point(it)).map(|(id, _)| id).collect();
    if entries.is_empty() {
        return (Vec::new(), Vec::new());
    }
    let functions = program.functions.len();
    let sets_up = set_up(program).any(|it| matches!(it.what.as_str(), "provider" | "install" | "exporter"));
    let mut walk = Walk {
        program,
        own: own_work(program),
        speaks: speaks(program, sets_up),
        sets_up,
        seen: vec![u32::MAX; functions],
        below: vec![false; functions],
    };
    let homes = homes(program, sets_up);
    let mut dark: Vec<_> = entries.into_iter().map(|it| (it, walk.below(it))).collect();
    for (id, unseen) in &mut dark {
        let function = program.function(*id);
        let home = if sets_up { function.package() } else { program.file(function.file).directory() };
        unseen.has_telemetry |= homes.contains(home);
    }
    dark.sort_by_key(|(id, unseen)| {
        (std::cmp::Reverse(unseen.outgoing()), std::cmp::Reverse(unseen.functions), *id)
    });
    (dark, walk.below)
}

/// For each function whether telemetry is set up or emitted there, or at the top of its file. Where something sets traces up, spans alone
/// go nowhere.
fn speaks(program: &Program, sets_up: bool) -> Vec<bool> {
    let mut speaks = vec![false; program.functions.len()];
    let mut files = vec![false; program.files.len()];
    for at in telemetry(program, sets_up) {
        match program.enclosing_named(at.function) {
            Some(function) => speaks[function.index()] = true,
            None => files[at.place.file.index()] = true,
        }
    }
    for (id, function) in program.function_ids() {
        speaks[id.index()] |= (!sets_up && function.has_span()) || files[function.file.index()];
    }
    speaks
}

fn telemetry(program: &Program, sets_up: bool) -> impl Iterator<Item = At> + '_ {
    // A tracer is there before anything takes what it makes.
    let made = set_up(program).filter(move |it| !sets_up || it.what.as_str() != "tracer");
    let spans = program.spans.iter().filter(move |_| !sets_up);
    spans.map(|it| it.at).chain(made.map(|it| it.at))
}

/// What traces need; logs and metrics are set up without them.
fn set_up(program: &Program) -> impl Iterator<Item = &SetupSite> {
    const OTHERS: [&str; 6] = ["_logs", "_log_", "metric", "resources", "LoggerProvider", "LoggingHandler"];
    let is_for_others = |it: &SetupSite| {
        matches!(it.what.as_str(), "resource" | "view" | "meter")
            || OTHERS.iter().any(|other| it.call.as_str().contains(other))
    };
    program.setups.iter().filter(move |it| !is_for_others(it))
}

/// What is put beside telemetry is a part of what is traced: the directories that have some. Where traces are set up as a module is
/// loaded, so is its package.
fn homes(program: &Program, sets_up: bool) -> BTreeSet<&str> {
    let on_loading = |it: &At| !sets_up || program.enclosing_named(it.function).is_none();
    let home = |it: At| match sets_up {
        true => program.function(it.function).package(),
        false => program.file(it.place.file).directory(),
    };
    telemetry(program, sets_up).filter(on_loading).map(home).collect()
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
    speaks: Vec<bool>,
    sets_up: bool,
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
            unseen.has_telemetry |= self.speaks[id.index()];
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
                    unseen.has_telemetry |= !self.sets_up || self.leads_to_telemetry(*next, 0);
                } else if counts(self.program, *next) && unseen.functions < FAR_ENOUGH {
                    unseen.functions += u32::from(self.program.eligible(*next));
                    open.push(*next);
                } else if !unseen.has_telemetry {
                    unseen.has_telemetry = self.leads_to_telemetry(*next, 0);
                }
            }
        }
        unseen
    }

    /// What does not count itself can be what sets telemetry up.
    fn leads_to_telemetry(&self, function: FuncId, depth: u32) -> bool {
        self.speaks[function.index()]
            || (depth < DEEPEST_HELPER
                && self
                    .program
                    .function(function)
                    .callees
                    .iter()
                    .any(|it| *it != function && self.leads_to_telemetry(*it, depth + 1)))
    }
}
