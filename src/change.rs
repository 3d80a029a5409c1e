//! What differs between two states of a program: which lines are new, whose verdict is another one, and which findings were not
//! there before. Knows nothing of version control; what the lines are is told to it.

use std::collections::{BTreeMap, BTreeSet};

use crate::measure::{Dimension, Item, Tallies, Verdict, items};
use crate::program::{FuncId, Program};
use crate::rule::{Finding, Identity};
use crate::text::{FileId, Place};

/// Lines of now that are new; where the count is 0, lines after `first` are gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Hunk {
    pub(crate) first: u32,
    pub(crate) count: u32,
}

/// What is new in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Lines {
    All,
    Some(Vec<Hunk>),
}

impl Lines {
    /// Whether a line from `first` to `last` is new.
    fn touch(&self, first: u32, last: u32) -> bool {
        match self {
            Lines::All => true,
            Lines::Some(hunks) => {
                hunks.iter().any(|it| it.count > 0 && it.first <= last && first < it.first + it.count)
            }
        }
    }

    /// The same for a thing with a beginning and an end, from which lines may be gone as well.
    fn touch_whole(&self, first: u32, last: u32) -> bool {
        let gone = |it: &Hunk| it.count == 0 && first <= it.first + 1 && it.first < last;
        self.touch(first, last) || matches!(self, Lines::Some(hunks) if hunks.iter().any(gone))
    }
}

/// The program as it was.
pub(crate) struct Before<'a> {
    pub(crate) program: &'a Program,
    pub(crate) coverage: &'a Tallies,
    /// Of each of its files: where that file is now, if it still is.
    pub(crate) paths: &'a [Option<String>],
    /// What was found then, told or held.
    pub(crate) identities: &'a [Identity],
}

/// How the program is now, against how it was.
#[derive(Debug)]
pub(crate) struct Change {
    /// With what it was compared, as people call it, and the commit.
    pub(crate) revision: String,
    pub(crate) commit: String,
    /// Of the things that were changed, or whose verdict is another one.
    pub(crate) coverage: Tallies,
    /// Of everything, as it was.
    pub(crate) before: Tallies,
    /// How many files of the program are new or changed.
    pub(crate) files: usize,
    /// Functions whose verdict is another one, in the order of their places.
    pub(crate) functions: Vec<FunctionChange>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct FunctionChange {
    pub(crate) function: FuncId,
    pub(crate) before: Verdict,
    pub(crate) now: Verdict,
    /// It was itself changed; otherwise something else was.
    pub(crate) touched: bool,
}

impl Change {
    /// What was covered before, of how much.
    pub(crate) fn share_before(&self, dimension: Dimension) -> (u32, u32) {
        let tally = self.before.get(dimension);
        (tally.covered, tally.total)
    }
}

impl FunctionChange {
    pub(crate) fn is_darker(&self) -> bool {
        self.before == Verdict::Covered
    }
}

/// What is new in a program, by file.
pub(crate) struct Touched<'a> {
    program: &'a Program,
    files: BTreeMap<FileId, Lines>,
}

impl<'a> Touched<'a> {
    pub(crate) fn new(program: &'a Program, mut lines: impl FnMut(&str) -> Option<Lines>) -> Touched<'a> {
        let files = program.files.iter().enumerate();
        let files = files.filter_map(|(at, file)| Some((FileId(at as u32), lines(&file.path)?)));
        Touched { program, files: files.collect() }
    }

    fn place(&self, place: Place) -> bool {
        let (first, last) = self.lines(place);
        self.files.get(&place.file).is_some_and(|it| it.touch(first, last))
    }

    /// A function counts with its decorators and all that is in it.
    fn function(&self, function: FuncId) -> bool {
        let file = self.program.function(function).file;
        let (first, last) = self.lines(Place { file, span: self.program.whole(function) });
        self.files.get(&file).is_some_and(|it| it.touch_whole(first, last))
    }

    fn lines(&self, place: Place) -> (u32, u32) {
        let (start, end) = (self.program.position(place), self.program.end_position(place));
        (start.line, end.line.max(start.line))
    }
}

pub(crate) fn compare(revision: &str, commit: &str, touched: &Touched<'_>, before: &Before<'_>) -> Change {
    let program = touched.program;
    let now = items(program);
    let verdicts = verdicts(&now);
    let then =
        named_verdicts(before.program, &items(before.program), |file| before.paths[file.index()].clone());
    let names = names(program, |file| Some(program.file(file).path.clone()));
    let mut functions = Vec::new();
    for (function, now) in &verdicts {
        let before = names.get(function).and_then(|it| then.get(it));
        let Some(before) = before.copied().filter(|it| it != now) else { continue };
        // From dark to unknown and back is no news: neither is known to be seen.
        if before == Verdict::Covered || *now == Verdict::Covered {
            let touched = touched.function(*function);
            functions.push(FunctionChange { function: *function, before, now: *now, touched });
        }
    }
    functions.sort_by_key(|it| program.head(it.function));
    Change {
        revision: revision.to_owned(),
        commit: commit.to_owned(),
        coverage: tallies(touched, &now, &functions),
        before: *before.coverage,
        files: touched.files.len(),
        functions,
    }
}

/// Of the things on new lines, of the functions that were changed, and of all in those whose verdict is another one.
fn tallies(touched: &Touched<'_>, items: &[Item], functions: &[FunctionChange]) -> Tallies {
    let mut tallies = Tallies::default();
    let turned: BTreeSet<FuncId> = functions.iter().map(|it| it.function).collect();
    for item in items {
        let owner = touched.program.enclosing_named(item.function);
        let turned = owner.is_some_and(|it| turned.contains(&it));
        let is_in = match item.dimension {
            Dimension::Functions | Dimension::Reach | Dimension::EntryPoints => {
                turned || touched.function(item.function)
            }
            _ => turned || touched.place(item.place),
        };
        if is_in {
            tallies.count(item);
        }
    }
    tallies
}

/// One verdict a function: an entry point must open a span, any other function must run in one.
fn verdicts(items: &[Item]) -> BTreeMap<FuncId, Verdict> {
    let mut all: BTreeMap<FuncId, Verdict> = BTreeMap::new();
    for item in items.iter().filter(|it| matches!(it.dimension, Dimension::Reach | Dimension::EntryPoints)) {
        let verdict = all.entry(item.function).or_insert(item.verdict);
        *verdict = match (*verdict, item.verdict) {
            (Verdict::Uncovered, _) | (_, Verdict::Uncovered) => Verdict::Uncovered,
            (Verdict::Unknown, _) | (_, Verdict::Unknown) => Verdict::Unknown,
            _ => Verdict::Covered,
        };
    }
    all
}

/// File, name in it, and which of several of that name: by this a function is known again.
type Name = (String, String, usize);

fn names(program: &Program, path: impl Fn(FileId) -> Option<String>) -> BTreeMap<FuncId, Name> {
    let mut seen: BTreeMap<(FileId, &str), usize> = BTreeMap::new();
    let mut all = BTreeMap::new();
    for (id, function) in program.function_ids().filter(|(_, it)| it.named) {
        let count = seen.entry((function.file, function.name.as_str())).or_default();
        if let Some(path) = path(function.file) {
            all.insert(id, (path, function.name.to_string(), *count));
        }
        *count += 1;
    }
    all
}

fn named_verdicts(
    program: &Program,
    items: &[Item],
    path: impl Fn(FileId) -> Option<String>,
) -> BTreeMap<Name, Verdict> {
    let mut names = names(program, path);
    verdicts(items).into_iter().filter_map(|(id, verdict)| Some((names.remove(&id)?, verdict))).collect()
}

/// Which of the findings belong to the change: what stands on new lines, what is said of a changed function as a whole, and what
/// was not found before, wherever it stands.
pub(crate) fn in_change(
    touched: &Touched<'_>,
    findings: &[Finding],
    identities: &[Identity],
    before: &Before<'_>,
) -> Vec<bool> {
    let mut known: BTreeMap<&str, usize> = BTreeMap::new();
    for identity in before.identities {
        *known.entry(&identity.look).or_default() += 1;
    }
    let mut verdicts: Vec<bool> = findings.iter().map(|it| is_on_touched(touched, it)).collect();
    // What stood there before and still does uses up what is known; of several that look the same, the rest is new.
    for (verdict, identity) in verdicts.iter_mut().zip(identities).filter(|(verdict, _)| !**verdict) {
        match known.get_mut(identity.look.as_str()).filter(|it| **it > 0) {
            Some(left) => *left -= 1,
            None => *verdict = true,
        }
    }
    verdicts
}

fn is_on_touched(touched: &Touched<'_>, finding: &Finding) -> bool {
    let program = touched.program;
    let is_head = |it: &FuncId| program.function(*it).named && program.head(*it) == finding.place;
    touched.place(finding.place) || finding.function.filter(is_head).is_some_and(|it| touched.function(it))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_that_are_gone_touch_what_is_around_them() {
        let lines = Lines::Some(vec![Hunk { first: 5, count: 2 }, Hunk { first: 20, count: 0 }]);
        assert!(lines.touch(6, 9) && lines.touch(1, 5) && !lines.touch(7, 30));
        // A decorator is gone from above a function, or a line from inside it.
        assert!(lines.touch_whole(21, 25) && lines.touch_whole(15, 25));
        assert!(!lines.touch_whole(22, 25) && !lines.touch_whole(15, 20));
        assert!(Lines::All.touch(1, 1));
    }
}
