//! What SARIF says of rules. All of it comes from their pages.

use serde::Serialize;

use super::result::Message;
use crate::report::words::sentence;
use crate::rule::{Level, Metadata, Rule};

/// GitHub shows no more of a description.
const MOST_CHARACTERS: usize = 1_024;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Descriptor<'a> {
    id: &'a str,
    short_description: Message,
    full_description: Message,
    help: Help<'a>,
    default_configuration: Configuration,
    properties: Properties,
}

#[derive(Serialize)]
struct Help<'a> {
    text: &'a str,
    markdown: &'a str,
}

#[derive(Serialize)]
struct Configuration {
    #[serde(skip_serializing_if = "Option::is_none")]
    enabled: Option<bool>,
    level: &'static str,
}

#[derive(Serialize)]
struct Properties {
    tags: Vec<String>,
    precision: &'static str,
    #[serde(rename = "problem.severity")]
    severity: &'static str,
}

/// The position in this list is a rule's index.
pub(super) fn descriptors(rules: &[Rule]) -> Vec<Descriptor<'_>> {
    rules.iter().filter_map(|it| Some(descriptor(it, &it.metadata().ok()?))).collect()
}

fn descriptor<'a>(rule: &'a Rule, told: &Metadata) -> Descriptor<'a> {
    let level = told.level.selected();
    Descriptor {
        id: rule.name,
        short_description: Message::plain(sentence(&told.summary)),
        full_description: Message::plain(description(rule, told)),
        help: Help { text: rule.body(), markdown: rule.body() },
        default_configuration: Configuration {
            enabled: (told.level == Level::Off).then_some(false),
            level: level.as_str(),
        },
        properties: Properties {
            tags: vec!["opentelemetry".to_owned(), told.group.clone()],
            precision: if level == Level::Note { "medium" } else { "high" },
            severity: severity(level),
        },
    }
}

/// GitHub's words for quality rules; security severities belong to findings about secrets, which no rule makes.
fn severity(level: Level) -> &'static str {
    match level {
        Level::Error => "error",
        Level::Warning => "warning",
        Level::Note | Level::Off => "recommendation",
    }
}

/// The first paragraph of the page's first section.
fn description(rule: &Rule, told: &Metadata) -> String {
    let section = rule.body().split("## What it finds\n").nth(1).unwrap_or_default();
    let paragraph = section.split("\n\n").next().unwrap_or_default();
    let text = paragraph.split_whitespace().collect::<Vec<_>>().join(" ");
    if text.is_empty() { sentence(&told.summary) } else { text.chars().take(MOST_CHARACTERS).collect() }
}
