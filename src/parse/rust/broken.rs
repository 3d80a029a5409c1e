//! Files with errors. The parser gives up at the first one, so a broken file is read in pieces: each item that can be read by
//! itself is kept where it stands, and the others are lost with a note.

use std::ops::Range;

use super::intact::intact;
use crate::parse::pieces::only;

/// How many pieces a broken one is joined with before it is given up: what splits a long text or macro is not broken.
const MOST_JOINED: usize = 6;
/// More broken pieces than this, and the file is not what it claims to be.
const MOST_BROKEN: usize = 32;

/// The text with everything blanked out that cannot be read.
///
/// Where lines begin tells more than brackets do when one of them is missing, as long as the text is indented as usual; where it is
/// not, or where items stand deep in others, the grammar finds more. So both are asked.
pub(super) fn sound_part(text: &str, start: usize) -> Option<String> {
    let by_lines = by_lines(text, start).unwrap_or_default();
    let by_grammar = intact(text, &(start..text.len()));
    let length = |it: &[Range<usize>]| it.iter().map(Range::len).sum::<usize>();
    let best = if length(&by_grammar) > length(&by_lines) { by_grammar } else { by_lines };
    (!best.is_empty()).then(|| only(text, &best))
}

/// The pieces that can be read, and what is intact in the others.
fn by_lines(text: &str, start: usize) -> Option<Vec<Range<usize>>> {
    let (mut sound, broken) = sort(text, &split(text, start, ""), &|it| parses(it))?;
    for piece in broken {
        sound.extend(members(text, &piece).unwrap_or_else(|| intact(text, &piece)));
    }
    sound.sort_by_key(|it| it.start);
    Some(sound)
}

/// Pieces that begin where an item can begin, at one indentation; attributes and comments stay with what follows.
fn split(text: &str, start: usize, indentation: &str) -> Vec<Range<usize>> {
    let mut starts = vec![start];
    let mut at = start;
    let mut attached = false;
    for line in text[start..].split_inclusive('\n') {
        let rest = line.strip_prefix(indentation).unwrap_or("");
        let begins = begins_item(rest);
        let attaches = rest.starts_with("#[") || rest.starts_with("///") || rest.starts_with("//");
        if (begins || attaches) && !attached {
            starts.push(at);
        }
        attached = attaches || (attached && !begins && rest.trim().is_empty());
        at += line.len();
    }
    starts.dedup();
    let ends = starts.iter().skip(1).copied().chain([text.len()]);
    starts.iter().copied().zip(ends).map(|(start, end)| start..end).collect()
}

fn begins_item(line: &str) -> bool {
    const WORDS: [&str; 17] = [
        "pub",
        "fn",
        "async",
        "unsafe",
        "const",
        "static",
        "struct",
        "enum",
        "union",
        "trait",
        "impl",
        "mod",
        "use",
        "type",
        "extern",
        "macro_rules!",
        "default",
    ];
    let word = line.split(|it: char| it.is_whitespace() || it == '(' || it == '<').next().unwrap_or_default();
    WORDS.contains(&word)
}

/// The pieces that can be read, those that go together joined, and those that cannot; none where too many cannot.
#[expect(clippy::type_complexity, reason = "two lists of pieces")]
fn sort(
    text: &str,
    pieces: &[Range<usize>],
    is_sound: &dyn Fn(&str) -> bool,
) -> Option<(Vec<Range<usize>>, Vec<Range<usize>>)> {
    let (mut sound, mut broken) = (Vec::new(), Vec::new());
    let mut at = 0;
    while at < pieces.len() {
        let last = (at + MOST_JOINED).min(pieces.len());
        match (at..last).find(|end| is_sound(&text[pieces[at].start..pieces[*end].end])) {
            Some(end) => {
                sound.push(pieces[at].start..pieces[end].end);
                at = end + 1;
            }
            None => {
                broken.push(pieces[at].clone());
                at += 1;
            }
        }
        if broken.len() > MOST_BROKEN {
            return None;
        }
    }
    Some((sound, broken))
}

/// A block of members keeps those that can be read: its head and its last brace, and what is sound between.
fn members(text: &str, piece: &Range<usize>) -> Option<Vec<Range<usize>>> {
    let block = &text[piece.clone()];
    let head = block.lines().find(|it| begins_item(it))?;
    if !["impl", "mod", "trait", "pub", "unsafe"].iter().any(|it| head.starts_with(it))
        || !head.trim_end().ends_with('{')
    {
        return None;
    }
    let open = piece.start + block.find(head)? + head.len();
    let close = piece.start + block.rfind("\n}")? + 1;
    if close <= open {
        return None;
    }
    let inner = split(&text[..close], open, "    ");
    let wrapped = |it: &str| match head.starts_with("mod") || head.starts_with("pub mod") {
        true => parses(it),
        false => parses(&format!("impl X {{ {it} }}")) || parses(&format!("trait X {{ {it} }}")),
    };
    let (mut kept, _) = sort(text, &inner, &wrapped)?;
    kept.push(piece.start..open);
    kept.push(close..close + 1);
    kept.sort_by_key(|it| it.start);
    parses(&only(text, &kept)).then_some(kept)
}

fn parses(text: &str) -> bool {
    syn::parse_str::<syn::File>(text).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The names of the functions that are left.
    fn left(text: &str) -> Vec<String> {
        let sound = sound_part(text, 0).unwrap_or_default();
        assert_eq!(sound.len(), text.len());
        assert!(parses(&sound), "{sound}");
        sound.split("fn ").skip(1).map(|it| it.split('(').next().unwrap_or_default().to_owned()).collect()
    }

    #[test]
    fn a_broken_item_takes_no_neighbour_with_it() {
        assert_eq!(left("fn a() {}\n\nfn b() {\n    c(;\n\nfn d() {}\n"), ["a", "d"]);
        assert_eq!(left("#[x]\nfn a() {}\n<<<<<<< HEAD\nfn b() {}\n"), ["a", "b"]);
        assert_eq!(
            left("impl S {\n    fn a(&self) {}\n    fn b(&self) { c(; }\n    fn d(&self) {}\n}\n"),
            ["a", "d"]
        );
    }

    #[test]
    fn items_are_found_however_they_are_indented() {
        assert_eq!(
            left("impl S {\nfn a(&self) {}\nfn b(&self) { c(; }\nfn d(&self) {}\n}\nfn e() {}\n"),
            ["a", "d", "e"]
        );
        assert_eq!(left("mod m { mod n { fn a() {} fn b() { c(; } fn d() {} } fn e() {} }"), ["a", "d", "e"]);
    }
}
