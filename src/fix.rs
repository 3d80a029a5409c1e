//! Settles what fixes mean against the text, and applies those that do not get in each other's way. Reads and writes no file.

mod apply;
mod settle;

use std::rc::Rc;

pub(crate) use apply::{Applied, apply};

use crate::program::Program;
use crate::rule::{Change, Edit, Finding};
use crate::text::{FileId, Place};

/// Gives the text of a file, as it was when it was analysed.
pub(crate) type Texts<'t> = dyn Fn(FileId) -> Option<Rc<str>> + 't;

/// Turns each fix into exact edits; drops those that the text does not bear out.
pub(crate) fn settle<'f>(
    findings: impl Iterator<Item = &'f mut Finding>,
    program: &Program,
    texts: &Texts<'_>,
) {
    for finding in findings {
        let Some(mut fix) = finding.fix.take() else { continue };
        let settled: Option<Vec<Edit>> = fix.edits.iter().map(|it| settled(it, program, texts)).collect();
        finding.fix = settled.and_then(in_order).map(|edits| {
            fix.edits = edits;
            fix
        });
    }
}

fn settled(edit: &Edit, program: &Program, texts: &Texts<'_>) -> Option<Edit> {
    let Place { file, span } = edit.place;
    let text = texts(file)?;
    let lexical = program.file(file).facts.lexical;
    let (span, new) = match &edit.change {
        Change::Text(new) => (span, new.clone()),
        Change::Name { old, new } => settle::name(&text, span, old.as_str(), new, lexical)?,
        Change::Keep(name) => settle::keep(&text, span, name)?,
        Change::Argument(word) => settle::argument(&text, span, word)?,
        Change::Unsay(word) => settle::unsay(&text, span, word)?,
    };
    Some(Edit { place: Place { file, span }, change: Change::Text(new) })
}

/// By place; none where they overlap.
fn in_order(mut edits: Vec<Edit>) -> Option<Vec<Edit>> {
    edits.sort();
    edits.dedup();
    let apart = |pair: &[Edit]| {
        let (first, second) = (pair[0].place, pair[1].place);
        first.file != second.file || first.span.end < second.span.start
    };
    (!edits.is_empty() && edits.windows(2).all(apart)).then_some(edits)
}
