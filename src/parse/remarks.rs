//! Functions of which a comment says that something is left out of them on purpose, and lines that are said to be meant as they are.
//! What it is that people leave out is told from outside.

use aho_corasick::packed::Searcher;

use crate::facts::{Facts, FnId, Function, FunctionKind};
use crate::text::Span;

/// What tells that something is not done.
const DENIALS: [&str; 14] = [
    "not", "no", "never", "without", "cannot", "isn't", "aren't", "don't", "doesn't", "can't", "won't",
    "skip", "skipped", "avoid",
];

/// More lines above a function are not read.
const MOST_LINES: usize = 60;

/// What comments are asked for: words for what people leave out, and words which say that something is meant.
pub(crate) struct Remarks {
    words: &'static [&'static str],
    /// Looks for something of each word, for all at once: most texts have nothing of the kind. There is none on rare machines.
    stems: Option<Searcher>,
    /// So many of the stems, the first, are of `words`.
    of_words: usize,
}

impl Remarks {
    pub(crate) fn of(words: &'static [&'static str]) -> Remarks {
        let holds_another = |it: &str| words.iter().any(|other| *other != it && it.contains(other));
        let mut stems: Vec<&str> = words.iter().copied().filter(|it| !holds_another(it)).collect();
        let of_words = stems.len();
        // A sentence may begin with them.
        stems.extend(PURPOSES.iter().map(|it| &it[1..]));
        Remarks { words, stems: Searcher::new(&stems), of_words }
    }

    pub(crate) fn find(&self, text: &str, facts: &mut Facts) {
        let (leaves_out, is_meant) = self.speaks_of(text);
        if leaves_out {
            find_declined(text, self.words, facts);
        }
        if is_meant {
            find_purposes(text, facts);
        }
    }

    fn speaks_of(&self, text: &str) -> (bool, bool) {
        let Some(stems) = &self.stems else { return (true, true) };
        let mut found = (false, false);
        for it in stems.find_iter(text) {
            *if it.pattern().as_usize() < self.of_words { &mut found.0 } else { &mut found.1 } = true;
            if found == (true, true) {
                break;
            }
        }
        found
    }
}

/// Fills `facts.declined`: the comment right above a function, its documentation included, denies one of these words.
fn find_declined(text: &str, words: &[&str], facts: &mut Facts) {
    let functions = facts.functions.iter().enumerate();
    let declined = functions.filter(|(_, it)| {
        it.kind == FunctionKind::Named
            && (declines(&above(text, it), words) || declines(documentation(text, it), words))
    });
    facts.declined = declined.map(|(at, _)| FnId(at as u32)).collect();
}

/// What says that code is meant to be as it is; two words stand beside each other.
const PURPOSES: [&str; 6] =
    ["intentional", "intentionally", "deliberate", "deliberately", "on purpose", "by design"];

/// Fills `facts.deliberate`: the comment right above a line of code, or behind it, says that it is so on purpose. What is said of a whole
/// function or type says too little of one thing in it.
fn find_purposes(text: &str, facts: &mut Facts) {
    let (mut at, mut said) = (0, String::new());
    for line in text.split_inclusive('\n') {
        let start = at;
        at += line.len();
        if let Some(comment) = comment_of(line) {
            let is_documentation = ["///", "//!"].iter().any(|it| line.trim_start().starts_with(it));
            said.push(' ');
            said.push_str(if is_documentation { "" } else { comment });
            continue;
        }
        let code = line.trim();
        if !code.is_empty() && !begins_definition(code) && (is_purpose(&said) || is_purpose(behind(code))) {
            facts.deliberate.push(Span { start: start as u32, end: at as u32 });
        }
        said.clear();
    }
}

/// The comment at the end of a line of code.
fn behind(code: &str) -> &str {
    [" // ", "  # "].iter().find_map(|it| code.rsplit_once(it)).map_or("", |(_, it)| it)
}

fn begins_definition(code: &str) -> bool {
    const FIRST: [&str; 14] = [
        "def ", "async ", "class ", "fn ", "pub ", "pub(", "impl ", "impl<", "trait ", "struct ", "enum ",
        "mod ", "@", "#[",
    ];
    FIRST.iter().any(|it| code.starts_with(it))
}

/// `not intentional` says the contrary.
fn is_purpose(comment: &str) -> bool {
    let said: Vec<String> = words(comment).collect();
    PURPOSES.iter().any(|purpose| {
        let wanted: Vec<&str> = purpose.split(' ').collect();
        let found = said.windows(wanted.len()).position(|it| it.iter().eq(wanted.iter()));
        found.is_some_and(|at| at == 0 || !matches!(said[at - 1].as_str(), "not" | "isn't" | "wasn't"))
    })
}

fn words(text: &str) -> impl Iterator<Item = String> {
    let words = text.split(|it: char| !(it.is_alphanumeric() || it == '\'' || it == '_'));
    words.filter(|it| !it.is_empty()).map(str::to_lowercase)
}

/// One sentence has both: what is not done, and that it is not.
fn declines(comment: &str, words: &[&str]) -> bool {
    let sentences = comment.split(['.', ';', '!', '?']).flat_map(|it| it.split("\n\n"));
    sentences.into_iter().any(|sentence| {
        let said: Vec<String> = sentence
            .split(|it: char| !(it.is_alphanumeric() || it == '\'' || it == '_'))
            .map(str::to_lowercase)
            .collect();
        // What is not found was looked for.
        let denies = |at: usize, it: &str| {
            DENIALS.contains(&it) && said.get(at + 1).is_none_or(|next| next != "found")
        };
        let is_denied = said.iter().enumerate().any(|(at, it)| denies(at, it));
        is_denied && said.iter().any(|it| words.contains(&it.as_str()))
    })
}

/// The lines of comment that end where a function begins, and those between its decorators and its name.
fn above(text: &str, function: &Function) -> String {
    let start = function.span.start as usize;
    let before = text.get(..start).unwrap_or_default();
    // The rest of the line that the function begins on is its own indentation.
    let before = before.rfind('\n').map_or("", |it| &before[..it]);
    let comments = before.lines().rev().take(MOST_LINES).map_while(comment_of);
    let mut lines: Vec<&str> = comments.collect();
    lines.reverse();
    let head = text.get(start..function.head.start as usize).unwrap_or_default();
    lines.extend(head.lines().filter_map(comment_of));
    lines.join("\n")
}

/// What a line says that is nothing but a comment.
fn comment_of(line: &str) -> Option<&str> {
    let line = line.trim();
    let is_attribute = line.starts_with("#[") || line.starts_with("#!");
    ["///", "//", "#"].iter().find_map(|it| line.strip_prefix(it)).filter(|_| !is_attribute).map(str::trim)
}

/// The text that a function begins with, where that is how it is documented.
fn documentation<'a>(text: &'a str, function: &Function) -> &'a str {
    let rest = text.get(function.head.end as usize..function.span.end as usize).unwrap_or_default();
    for quotes in ["\"\"\"", "'''"] {
        let Some((signature, inside)) = rest.split_once(quotes) else { continue };
        // Nothing stands between the colon and the text.
        if signature.trim_end().trim_end_matches(['r', 'R']).trim_end().ends_with(':') {
            return inside.split_once(quotes).map_or("", |(it, _)| it);
        }
    }
    ""
}

#[cfg(test)]
mod tests {
    use super::{declines, is_purpose};

    #[test]
    fn a_comment_says_that_a_line_is_meant() {
        assert!(is_purpose("intentionally fire and forget"));
        assert!(is_purpose("this is by design: see above"));
        assert!(!is_purpose("this is not intentional"));
        assert!(!is_purpose("unintentionally dropped, by a design of long ago"));
    }

    #[test]
    fn a_comment_declines_where_it_says_so_in_one_sentence() {
        let says = |it| declines(it, &["instrument", "tracing"]);
        assert!(says("Note: The #[instrument] macro is not used here due to lifetime issues."));
        assert!(says("No tracing: this runs ten thousand times a second"));
        assert!(!says("Instrument it. It does not matter."));
        assert!(!says("An error if the instrument is not found."));
        assert!(!says("Does not instrumentalise anybody."));
    }
}
