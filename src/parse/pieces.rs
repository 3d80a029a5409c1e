//! What every front end needs to read a broken file in pieces.

use std::ops::Range;

/// The text with everything else blanked out, so that places stay what they are.
pub(super) fn only(text: &str, kept: &[Range<usize>]) -> String {
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    for range in kept.iter().chain([&(text.len()..text.len())]) {
        out.extend(text[at..range.start].bytes().map(|it| if it == b'\n' { '\n' } else { ' ' }));
        out.push_str(&text[range.clone()]);
        at = range.end;
    }
    out
}
