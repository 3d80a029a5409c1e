//! Coverage as lines, for the tools that show line coverage: a line counts where an entry point or function begins, where a call
//! goes out, and where an exception is caught inside a span. All other lines say nothing.
//!
//! An entry point must open a span, any other function must run in one: so all lines can be covered. What cannot be told is left
//! out. Where several things stand on one line, it is covered if all of them are.

use std::collections::BTreeMap;

use super::Report;
use crate::measure::{Dimension, Item, Verdict, items};
use crate::program::FuncId;
use crate::text::FileId;

pub(super) struct FileLines {
    pub(super) file: FileId,
    /// By number, from 1.
    pub(super) lines: BTreeMap<u32, bool>,
    /// Line, name, whether it is covered; in the order of the text.
    pub(super) functions: Vec<(u32, String, bool)>,
}

impl FileLines {
    pub(super) fn covered(&self) -> usize {
        self.lines.values().filter(|it| **it).count()
    }
}

/// The files that have such lines, sorted by path.
pub(super) fn by_file(report: &Report<'_>) -> Vec<FileLines> {
    let mut files: BTreeMap<FileId, BTreeMap<u32, bool>> = BTreeMap::new();
    let mut functions: BTreeMap<FuncId, bool> = BTreeMap::new();
    for item in items(report.program) {
        let Some(covered) = covered(&item) else { continue };
        let line = report.program.position(item.place).line;
        *files.entry(item.place.file).or_default().entry(line).or_insert(true) &= covered;
        if matches!(item.dimension, Dimension::Reach | Dimension::EntryPoints) {
            *functions.entry(item.function).or_insert(true) &= covered;
        }
    }
    let mut all: Vec<FileLines> =
        files.into_iter().map(|(file, lines)| FileLines { file, lines, functions: Vec::new() }).collect();
    for (id, covered) in functions {
        let line = report.program.position(report.program.head(id)).line;
        let function = report.program.function(id);
        if let Ok(at) = all.binary_search_by_key(&function.file, |it| it.file) {
            all[at].functions.push((line, function.name.to_string(), covered));
        }
    }
    all.iter_mut().for_each(|it| it.functions.sort());
    all
}

/// None where it says nothing about a line.
fn covered(item: &Item) -> Option<bool> {
    let counts = matches!(
        item.dimension,
        Dimension::Reach | Dimension::EntryPoints | Dimension::Calls | Dimension::Errors
    );
    match item.verdict {
        Verdict::Unknown => None,
        verdict => counts.then_some(verdict == Verdict::Covered),
    }
}
