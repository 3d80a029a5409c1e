//! From the tables of the program to tallies by file, and from those to every other cut. Decides nothing about a function that
//! `link` has not decided already.

use super::layers::{self, LayerSpec};
use super::{Coverage, Dimension, Layer, Tallies, unseen};
use crate::program::{At, EntryKind, Exclusion, FuncId, Function, Program, Reach, Reraises, State};
use crate::text::FileId;

/// All numbers of a program. Percentages come from sums over the whole, never from a mean of files.
pub(crate) fn measure(program: &Program, specs: &[LayerSpec]) -> Coverage {
    let mut counter = Counter { program, files: vec![Tallies::default(); program.files.len()] };
    counter.functions();
    counter.calls();
    counter.errors();
    counter.metrics();
    counter.logs();
    let mut coverage = Coverage { files: counter.kept(), ..Coverage::default() };
    for function in program.functions.iter().filter(|it| it.named) {
        coverage.functions += 1;
        if let Some(reason) = function.excluded {
            *coverage.excluded.entry(reason).or_default() += 1;
        }
    }
    sum_up(program, &mut coverage);
    coverage.layers = if specs.is_empty() {
        layers::by_directory(program, &coverage.files)
    } else {
        configured(program, &coverage.files, specs)
    };
    coverage.dark_entry_points = unseen::dark_entry_points(program);
    coverage
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
                )
            )
    })
}

fn sum_up(program: &Program, coverage: &mut Coverage) {
    for (id, tallies) in &coverage.files {
        let file = program.file(*id);
        coverage.all.add(tallies);
        let language = coverage.languages.entry(file.language).or_default();
        language.0 += 1;
        language.1.add(tallies);
        for (at, _) in file.path.match_indices('/') {
            coverage.directories.entry(file.path[..at].to_owned()).or_default().add(tallies);
        }
    }
}

/// A file counts in every layer that claims it: each layer answers for itself.
fn configured(program: &Program, files: &[(FileId, Tallies)], specs: &[LayerSpec]) -> Vec<Layer> {
    specs
        .iter()
        .map(|spec| {
            let mut layer = Layer { name: spec.name.clone(), tallies: Tallies::default(), files: 0 };
            for (id, tallies) in files {
                if (spec.matches)(&program.file(*id).path) {
                    layer.files += 1;
                    layer.tallies.add(tallies);
                }
            }
            layer
        })
        .collect()
}

/// What is known of one thing that counts.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Covered,
    Uncovered,
    Unknown,
}

impl From<bool> for Verdict {
    fn from(covered: bool) -> Verdict {
        if covered { Verdict::Covered } else { Verdict::Uncovered }
    }
}

struct Counter<'a> {
    program: &'a Program,
    files: Vec<Tallies>,
}

impl Counter<'_> {
    fn count(&mut self, file: FileId, dimension: Dimension, verdict: Verdict) {
        let tally = &mut self.files[file.index()].0[dimension as usize];
        match verdict {
            Verdict::Covered => {
                tally.covered += 1;
                tally.total += 1;
            }
            Verdict::Uncovered => tally.total += 1,
            Verdict::Unknown => tally.unknown += 1,
        }
    }

    fn count_at(&mut self, at: &At, dimension: Dimension, verdict: Verdict) {
        if counts(self.program, at.function) {
            self.count(at.place.file, dimension, verdict);
        }
    }

    fn functions(&mut self) {
        let program = self.program;
        for (id, function) in program.function_ids().filter(|(_, it)| it.named && !it.test) {
            let covered = opens_span(function);
            if program.eligible(id) {
                self.count(function.file, Dimension::Functions, covered.into());
                let reached = if covered { Reach::Covered } else { function.reach };
                self.count(function.file, Dimension::Reach, verdict_of(reached));
            }
            if is_counted_entry_point(function) {
                self.count(function.file, Dimension::EntryPoints, covered.into());
            }
        }
    }

    fn calls(&mut self) {
        let program = self.program;
        for it in &program.processes {
            let reach = if it.covered { Reach::Covered } else { program.function(it.at.function).reach };
            self.count_at(&it.at, Dimension::Calls, call_verdict(it.covered, reach));
        }
        for it in &program.calls {
            self.count_at(&it.at, Dimension::Calls, call_verdict(it.covered_by.is_some(), it.reach));
        }
    }

    fn errors(&mut self) {
        for it in self.program.handlers.iter().filter(|it| it.in_span) {
            let handled = it.recorded || it.expected || it.reraises == Reraises::Always;
            self.count_at(&it.at, Dimension::Errors, handled.into());
        }
    }

    fn metrics(&mut self) {
        for it in &self.program.metrics {
            self.count_at(&it.at, Dimension::Metrics, it.recorded.into());
        }
    }

    fn logs(&mut self) {
        for it in &self.program.logs {
            if !(it.print && speaks_to_the_user(self.program, it.at.function)) {
                self.count_at(&it.at, Dimension::Logs, (!it.print).into());
            }
        }
    }

    fn kept(self) -> Vec<(FileId, Tallies)> {
        let files = self.program.files.iter().zip(self.files).enumerate();
        files
            .filter(|(_, (file, _))| !file.test)
            .map(|(at, (_, tallies))| (FileId(at as u32), tallies))
            .collect()
    }
}

fn opens_span(function: &Function) -> bool {
    function.direct_span || matches!(function.state, State::Span | State::Auto)
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

#[cfg(test)]
mod tests;
