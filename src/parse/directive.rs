//! The words of a comment addressed to otcov, the same in every language.

use crate::facts::{Mark, MarkKind};
use crate::text::Span;

/// Reads `# otcov: ignore[rule, …] -- reason` and its kin; none where the comment is addressed to somebody else.
pub(crate) fn read(text: &str, at: Span, prefix: &str) -> Option<Mark> {
    let comment = text.get(at.start as usize..at.end as usize)?.trim_start_matches(prefix).trim();
    let directive = comment.strip_prefix("otcov:")?.trim();
    let (directive, reason) = match directive.split_once("--") {
        Some((before, after)) => (before.trim(), Some(after.trim().to_owned()).filter(|it| !it.is_empty())),
        None => (directive, None),
    };
    let (word, rules) = match directive.split_once('[') {
        Some((word, rest)) => (word.trim(), names(rest.split(']').next().unwrap_or_default())),
        None => (directive, Vec::new()),
    };
    let kind = match word {
        "ignore" => MarkKind::Ignore,
        "ignore-file" => MarkKind::IgnoreFile,
        "exclude" => MarkKind::Exclude,
        _ => MarkKind::Unknown,
    };
    let line = &text[..at.start as usize];
    let own_line = line.rsplit('\n').next().is_none_or(|it| it.trim().is_empty());
    Some(Mark { kind, rules, reason, span: at, own_line })
}

fn names(list: &str) -> Vec<String> {
    list.split(',').map(|it| it.trim().to_owned()).filter(|it| !it.is_empty()).collect()
}
