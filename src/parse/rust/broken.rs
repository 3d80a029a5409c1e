//! Files with errors. The parser gives up at the first one, so a broken file is read in pieces: each item that can be read by
//! itself is kept where it stands, and the others are lost with a note.

use std::ops::Range;

use crate::parse::pieces::only;

/// How many pieces a broken one is joined with before it is given up: what splits a long text or macro is not broken.
const MOST_JOINED: usize = 6;
/// More broken pieces than this, and the file is not what it claims to be.
const MOST_BROKEN: usize = 32;

/// The text with everything blanked out that cannot be read, and where that begins.
pub(super) fn sound_part(text: &str, start: usize) -> Option<(String, Vec<Range<usize>>)> {
    let pieces = split(text, start, "");
    let (mut sound, mut broken) = sort(text, &pieces, &|it| parses(it))?;
    for piece in std::mem::take(&mut broken) {
        match members(text, &piece) {
            Some((kept, lost)) => {
                sound.extend(kept);
                broken.extend(lost);
            }
            None => broken.push(piece),
        }
    }
    sound.sort_by_key(|it| it.start);
    Some((only(text, &sound), broken))
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
#[expect(clippy::type_complexity, reason = "two lists of pieces")]
fn members(text: &str, piece: &Range<usize>) -> Option<(Vec<Range<usize>>, Vec<Range<usize>>)> {
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
    let (mut kept, lost) = sort(text, &inner, &wrapped)?;
    kept.push(piece.start..open);
    kept.push(close..close + 1);
    kept.sort_by_key(|it| it.start);
    parses(&only(text, &kept)).then_some((kept, lost))
}

fn parses(text: &str) -> bool {
    syn::parse_str::<syn::File>(text).is_ok()
}
