//! What coverage is made of, thing by thing: each function, entry point, call, handler, attribute, instrument and statement, with
//! the verdict on it. Numbers are sums of these, and reports that show lines show these. Decides nothing about a function that
//! `link` has not decided already.

use super::Dimension;
use crate::program::{At, EntryKind, Exclusion, FuncId, Function, Program, Reach, Reraises};
use crate::registry::Standing;
use crate::text::Place;

/// One thing that counts, in one dimension.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Item {
    pub(crate) dimension: Dimension,
    pub(crate) verdict: Verdict,
    pub(crate) place: Place,
    /// The function itself, or the one that it stands in.
    pub(crate) function: FuncId,
}

/// What is known of one thing that counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    Covered,
    Uncovered,
    Unknown,
}

impl From<bool> for Verdict {
    fn from(covered: bool) -> Verdict {
        if covered { Verdict::Covered } else { Verdict::Uncovered }
    }
}

/// Everything that counts, one dimension after the other.
pub(crate) fn each_item(program: &Program, tell: &mut dyn FnMut(Item)) {
    let mut walk = Walk { program, tell };
    walk.functions();
    walk.calls();
    walk.errors();
    walk.attributes();
    walk.metrics();
    walk.logs();
}

/// Everything that counts, by file and place.
pub(crate) fn items(program: &Program) -> Vec<Item> {
    let mut all = Vec::new();
    each_item(program, &mut |it| all.push(it));
    all.sort_by_key(|it| (it.place, it.dimension));
    all
}

struct Walk<'a> {
    program: &'a Program,
    tell: &'a mut dyn FnMut(Item),
}

impl Walk<'_> {
    /// Nothing in a test file counts.
    fn item(&mut self, dimension: Dimension, verdict: Verdict, place: Place, function: FuncId) {
        if !self.program.file(place.file).test {
            (self.tell)(Item { dimension, verdict, place, function });
        }
    }

    fn item_at(&mut self, dimension: Dimension, verdict: Verdict, at: &At) {
        if counts(self.program, at.function) {
            self.item(dimension, verdict, at.place, at.function);
        }
    }

    fn functions(&mut self) {
        let program = self.program;
        for (id, function) in program.function_ids().filter(|(_, it)| it.named && !it.test) {
            let covered = function.has_span();
            if program.eligible(id) {
                let place = program.head(id);
                self.item(Dimension::Functions, covered.into(), place, id);
                let reached = if covered { Reach::Covered } else { function.reach };
                self.item(Dimension::Reach, verdict_of(reached), place, id);
            }
            if is_counted_entry_point(function) {
                self.item(Dimension::EntryPoints, covered.into(), program.head(id), id);
            }
        }
    }

    fn calls(&mut self) {
        let program = self.program;
        for it in &program.processes {
            let reach = if it.covered { Reach::Covered } else { program.function(it.at.function).reach };
            self.item_at(Dimension::Calls, call_verdict(it.covered, reach), &it.at);
        }
        for it in &program.calls {
            self.item_at(Dimension::Calls, call_verdict(it.covered_by.is_some(), it.reach), &it.at);
        }
    }

    fn errors(&mut self) {
        for it in self.program.handlers.iter().filter(|it| it.in_span) {
            let handled = it.recorded || it.expected || it.reraises == Reraises::Always;
            self.item_at(Dimension::Errors, handled.into(), &it.at);
        }
    }

    fn attributes(&mut self) {
        let program = self.program;
        for it in program.attributes.iter().filter(|it| it.is_named_by_convention()) {
            let verdict = match program.standing(it) {
                Some(Standing::Known(_) | Standing::Custom) => Verdict::Covered,
                Some(Standing::Deprecated(..) | Standing::Unknown) => Verdict::Uncovered,
                None => Verdict::Unknown,
            };
            self.item_at(Dimension::Attributes, verdict, &it.at);
        }
    }

    fn metrics(&mut self) {
        for it in &self.program.metrics {
            self.item_at(Dimension::Metrics, it.recorded.into(), &it.at);
        }
    }

    fn logs(&mut self) {
        for it in &self.program.logs {
            if !(it.print && speaks_to_the_user(self.program, it.at.function)) {
                self.item_at(Dimension::Logs, (!it.print).into(), &it.at);
            }
        }
    }
}

/// Whether what stands in this function counts at all: not in a test, in generated or suppressed code, nor in a telemetry
/// helper, whose work is counted where it is called. Functions around it are asked as well.
pub(crate) fn counts(program: &Program, function: FuncId) -> bool {
    let file = program.function(function).file;
    if program.file(file).test || program.file(file).facts.generated {
        return false;
    }
    let facts = &program.file(file).facts;
    let locals =
        std::iter::successors(Some(program.function(function).local), |it| facts.function(*it).parent);
    locals.map(|it| program.function(program.global(file, it))).all(|it| {
        !it.test
            && !matches!(
                it.excluded,
                Some(
                    Exclusion::Test
                        | Exclusion::Generated
                        | Exclusion::Suppressed
                        | Exclusion::Configured
                        | Exclusion::Telemetry
                        | Exclusion::Untraced
                )
            )
    })
}

/// Where work starts counts even if the function is private.
pub(super) fn is_counted_entry_point(function: &Function) -> bool {
    function.named
        && !function.test
        && function.entry_point.is_some()
        && matches!(function.excluded, None | Some(Exclusion::Private))
}

fn verdict_of(reach: Reach) -> Verdict {
    match reach {
        Reach::Covered => Verdict::Covered,
        Reach::Dark => Verdict::Uncovered,
        Reach::Unknown => Verdict::Unknown,
    }
}

/// A call without a span of its own is as unknown as what reaches it.
fn call_verdict(covered: bool, reach: Reach) -> Verdict {
    if covered {
        Verdict::Covered
    } else {
        verdict_of(if reach == Reach::Covered { Reach::Dark } else { reach })
    }
}

/// Prints of a command and of a script's top level are its output, not its log.
fn speaks_to_the_user(program: &Program, function: FuncId) -> bool {
    program.enclosing_named(function).is_none_or(|it| {
        let entry = program.function(it).entry_point;
        entry.is_some_and(|it| matches!(it.kind, EntryKind::Cli | EntryKind::Main))
    })
}
