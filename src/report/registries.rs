//! What changed between two registries, for people and for programs.

use std::io::{self, Write};

use serde::Serialize;

use crate::registry::Change;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum DiffFormat {
    Text,
    Json,
}

impl DiffFormat {
    pub(crate) const ALL: [DiffFormat; 2] = [DiffFormat::Text, DiffFormat::Json];

    pub(crate) fn as_str(self) -> &'static str {
        match self {
            DiffFormat::Text => "text",
            DiffFormat::Json => "json",
        }
    }
}

#[derive(Serialize)]
struct Entry<'a> {
    change: &'a str,
    sort: &'a str,
    name: &'a str,
    breaking: bool,
    /// The whole change in one sentence.
    text: String,
}

impl<'a> Entry<'a> {
    fn of(it: &'a Change) -> Entry<'a> {
        Entry {
            change: it.what.word(),
            sort: it.sort,
            name: &it.name,
            breaking: it.breaking,
            text: it.to_string(),
        }
    }
}

/// What breaks somebody comes first.
pub(crate) fn changes(changes: &[Change], format: DiffFormat, out: &mut dyn Write) -> io::Result<()> {
    let (breaking, others): (Vec<&Change>, Vec<&Change>) = changes.iter().partition(|it| it.breaking);
    let all = breaking.iter().chain(&others);
    match format {
        DiffFormat::Text => {
            for it in all {
                writeln!(out, "{}{it}", if it.breaking { "breaking: " } else { "" })?;
            }
            let word = if changes.len() == 1 { "change" } else { "changes" };
            writeln!(out, "{} {word}, {} breaking", changes.len(), breaking.len())
        }
        DiffFormat::Json => {
            let list: Vec<Entry<'_>> = all.map(|it| Entry::of(it)).collect();
            serde_json::to_writer_pretty(&mut *out, &list)?;
            writeln!(out)
        }
    }
}
