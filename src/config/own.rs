//! `[[rule]]`: rules of the project's own, as the configuration writes them. What a query means is the business of others.

use std::ops::Range;

use super::document::{self, Fields, Node, Problems};
use super::find::Found;
use super::read::{tables, text};
use super::shape::Vocabulary;
use crate::rule::Level;

/// One `[[rule]]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct OwnRule {
    pub(crate) name: String,
    pub(crate) language: String,
    pub(crate) query: String,
    pub(crate) message: String,
    pub(crate) level: Level,
    pub(crate) reason: Option<String>,
    pub(crate) help: Option<String>,
    pub(crate) examples: Vec<Example>,
}

/// One `[[rule.example]]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Example {
    pub(crate) code: String,
    pub(crate) matches: u32,
    pub(crate) path: Option<String>,
    /// Where it stands in the configuration.
    pub(crate) line: usize,
}

/// Something wrong in a rule, and where in one of its texts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RuleFault {
    pub(crate) part: Part,
    pub(crate) at: usize,
    pub(crate) message: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    Query,
    Message,
}

/// The rules of a file; those that are not whole are left out, because reading the settings will tell what is wrong in them.
pub(crate) fn own_rules(found: &Found) -> Vec<OwnRule> {
    let Ok(document) = document::parse(&found.path, &found.text) else { return Vec::new() };
    let fields = match document::find(document.get_ref(), found.table) {
        None => Some(document.get_ref()),
        Some(node) => node.get_ref().as_table(),
    };
    fields.map(|it| tables(it, "rule").filter_map(|it| rule(it, found)).collect()).unwrap_or_default()
}

fn rule(fields: &Fields<'_>, found: &Found) -> Option<OwnRule> {
    let level = text(fields, "level").and_then(|it| Level::parse(&it));
    let examples = document::field(fields, "example").and_then(|it| it.get_ref().as_array());
    Some(OwnRule {
        name: text(fields, "name").filter(|it| is_name(it))?,
        language: text(fields, "language")?,
        query: text(fields, "query")?,
        message: text(fields, "message")?,
        level: level.unwrap_or(Level::Warning),
        reason: text(fields, "reason"),
        help: text(fields, "help"),
        examples: examples.into_iter().flat_map(|it| it.iter()).filter_map(|it| example(it, found)).collect(),
    })
}

fn example(node: &Node<'_>, found: &Found) -> Option<Example> {
    let fields = node.get_ref().as_table()?;
    let matches = document::field(fields, "matches").and_then(|it| document::whole(it.get_ref()));
    Some(Example {
        code: text(fields, "code")?,
        matches: matches.and_then(|it| u32::try_from(it).ok()).unwrap_or(0),
        path: text(fields, "path"),
        line: document::position(&found.text, node.span().start).0,
    })
}

/// What the shape of the file cannot say: names of their own, sound queries, examples that say one thing.
pub(super) fn check(
    fields: &Fields<'_>,
    found: &Found,
    vocabulary: &Vocabulary<'_>,
    problems: &mut Problems<'_>,
) {
    let layers: Vec<String> = tables(fields, "layer").filter_map(|it| text(it, "name")).collect();
    let layers: Vec<&str> = layers.iter().map(String::as_str).collect();
    let mut names: Vec<String> = Vec::new();
    for own in tables(fields, "rule") {
        check_name(own, vocabulary, &mut names, problems);
        check_examples(own, problems);
        let known = text(own, "language").is_some_and(|it| vocabulary.languages.contains(&it.as_str()));
        let Some(rule) = rule(own, found).filter(|_| known) else { continue };
        for fault in (vocabulary.judge)(&rule, &layers) {
            let key = if fault.part == Part::Query { "query" } else { "message" };
            let Some(node) = document::field(own, key) else { continue };
            problems.add(inside(found, node, fault.at), format!("`{}`: {}", rule.name, fault.message));
        }
    }
}

fn check_name(
    own: &Fields<'_>,
    vocabulary: &Vocabulary<'_>,
    names: &mut Vec<String>,
    problems: &mut Problems<'_>,
) {
    let Some(node) = document::field(own, "name") else { return };
    let Some(name) = node.get_ref().as_str().filter(|it| !it.is_empty()) else { return };
    if !is_name(name) {
        problems.add(
            node.span(),
            format!("`{name}` is no name for a rule: small letters, digits and hyphens, and a letter first"),
        );
    } else if vocabulary.taken.contains(&name) {
        problems.add(node.span(), format!("`{name}` means something else already"));
    } else if names.iter().any(|it| it == name) {
        problems.add(node.span(), format!("there are two rules `{name}`"));
    }
    names.push(name.to_owned());
}

fn check_examples(own: &Fields<'_>, problems: &mut Problems<'_>) {
    let examples = document::field(own, "example").and_then(|it| it.get_ref().as_array());
    for node in examples.into_iter().flat_map(|it| it.iter()) {
        let Some(fields) = node.get_ref().as_table() else { continue };
        let clean = document::field(fields, "clean").and_then(|it| it.get_ref().as_bool());
        let matches = document::field(fields, "matches").is_some();
        if matches == (clean == Some(true)) {
            problems.add(node.span(), "an example says either `matches = …` or `clean = true`".to_owned());
        }
    }
}

fn is_name(name: &str) -> bool {
    name.starts_with(|it: char| it.is_ascii_lowercase())
        && name.chars().all(|it| it.is_ascii_lowercase() || it.is_ascii_digit() || it == '-')
}

/// A place in a string of the file.
fn inside(found: &Found, node: &Node<'_>, at: usize) -> Range<usize> {
    let span = node.span();
    let start = span.start + document::offset_in_string(&found.text[span], at);
    start..start
}
