//! Edits into texts. Where two fixes want the same place, the first has it.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::Texts;
use crate::rule::{Change, Edit, Fix};
use crate::text::{FileId, Place};

/// What the fixes that fit together make of their files.
#[derive(Default)]
pub(crate) struct Applied {
    pub(crate) texts: BTreeMap<FileId, String>,
    /// Which of the fixes took part, by their number.
    pub(crate) fixes: Vec<usize>,
}

/// Applies settled fixes, in their order.
pub(crate) fn apply(fixes: &[&Fix], texts: &Texts<'_>) -> Applied {
    let mut taken: BTreeMap<FileId, Vec<&Edit>> = BTreeMap::new();
    let mut applied = Applied::default();
    for (number, fix) in fixes.iter().enumerate() {
        let has_room = |it: &Edit| {
            let others = taken.get(&it.place.file).into_iter().flatten();
            others.into_iter().all(|other| *other == it || are_apart(other.place, it.place))
        };
        if !fix.edits.iter().all(has_room) {
            continue;
        }
        for edit in &fix.edits {
            let list = taken.entry(edit.place.file).or_default();
            if !list.contains(&edit) {
                list.push(edit);
            }
        }
        applied.fixes.push(number);
    }
    for (file, mut edits) in taken {
        edits.sort();
        let text: Option<Rc<str>> = texts(file);
        if let Some(text) = text {
            applied.texts.insert(file, edited(&text, &edits));
        }
    }
    applied
}

/// Neither shares a byte with the other, nor do they touch: what is put between two that touch would have no order.
fn are_apart(a: Place, b: Place) -> bool {
    a.span.end < b.span.start || b.span.end < a.span.start
}

fn edited(text: &str, edits: &[&Edit]) -> String {
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    for edit in edits {
        let Change::Text(new) = &edit.change else { continue };
        let span = edit.place.span;
        out.push_str(text.get(at..span.start as usize).unwrap_or_default());
        out.push_str(new);
        at = span.end as usize;
    }
    out.push_str(text.get(at..).unwrap_or_default());
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::Safety;
    use crate::text::Span;

    fn fix(edits: &[(u32, u32, &str)]) -> Fix {
        let edit = |(start, end, new): &(u32, u32, &str)| Edit {
            place: Place { file: FileId(0), span: Span { start: *start, end: *end } },
            change: Change::Text((*new).to_owned()),
        };
        Fix { safety: Safety::Safe, title: String::new(), edits: edits.iter().map(edit).collect() }
    }

    #[test]
    fn the_first_of_two_that_overlap_is_applied() {
        let text: Rc<str> = Rc::from("one two three");
        let fixes = [
            fix(&[(0, 3, "1"), (8, 13, "3")]),
            fix(&[(4, 7, "2"), (9, 10, "x")]),
            fix(&[(8, 13, "3")]),
            fix(&[(4, 7, "two and")]),
        ];
        let applied = apply(&fixes.iter().collect::<Vec<_>>(), &|_| Some(text.clone()));
        assert_eq!(applied.texts[&FileId(0)], "1 two and 3");
        assert_eq!(applied.fixes, [0, 2, 3]);
    }
}
