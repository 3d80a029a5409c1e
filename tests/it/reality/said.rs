//! What otcov says of a tree: the records of `otcov inventory` and the findings of `otcov scan`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde::Deserialize;

use super::seen::Row;
use crate::cli::otcov;

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Record {
    pub(crate) kind: String,
    pub(crate) language: String,
    pub(crate) file: String,
    pub(crate) line: u32,
    pub(crate) end_line: u32,
    pub(crate) function: Option<String>,
    pub(crate) name: Option<String>,
    pub(crate) name_source: String,
    /// What a span's decorator makes attributes of.
    pub(crate) arguments: Vec<String>,
    pub(crate) records_errors: bool,
    pub(crate) activated: String,
    // Functions.
    pub(crate) eligible: bool,
    pub(crate) excluded_because: Option<String>,
    pub(crate) entry_point: Option<String>,
    pub(crate) state: String,
    // Attributes, instruments.
    pub(crate) key: Option<String>,
    pub(crate) target: String,
    pub(crate) instrument: String,
    pub(crate) unit: Option<String>,
    pub(crate) recorded: bool,
    // What happens to processes, calls, work, exceptions.
    pub(crate) in_span: bool,
    pub(crate) via_wrapper: Option<String>,
    pub(crate) covered_by: Option<String>,
    pub(crate) propagates: bool,
    pub(crate) reraises: String,
    pub(crate) logs: bool,
}

#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Finding {
    pub(crate) rule: String,
    pub(crate) file: String,
    pub(crate) line: u32,
    pub(crate) function: Option<String>,
    pub(crate) message: String,
}

pub(crate) struct Said {
    pub(crate) records: Vec<Record>,
    pub(crate) findings: Vec<Finding>,
    /// Those that hold for the language.
    pub(crate) rules: BTreeSet<String>,
    lines: BTreeMap<(String, String), Vec<(u32, u32)>>,
}

pub(crate) fn of(tree: &Path) -> Said {
    #[derive(Deserialize)]
    struct Report {
        findings: Vec<Finding>,
    }
    #[derive(Deserialize)]
    struct Rule {
        name: String,
        languages: Vec<String>,
    }
    let inventory = print(tree, &["inventory", "."]);
    let parse = |line: &str| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
    let records: Vec<Record> = inventory.lines().map(parse).collect();
    let report: Report = parse_whole(&print(tree, &["scan", ".", "--format", "json", "--fail-on", "never"]));
    let catalogue: Vec<Rule> = parse_whole(&print(tree, &["rules", "--format", "json"]));
    let mut lines: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for it in records.iter().filter(|it| it.kind == "function") {
        let name = it.name.clone().unwrap_or_default();
        lines.entry((it.file.clone(), name)).or_default().push((it.line, it.end_line));
    }
    let spoken = |it: &Rule| records.iter().any(|record| it.languages.contains(&record.language));
    let rules = catalogue.into_iter().filter(spoken).map(|it| it.name).collect();
    Said { records, findings: report.findings, rules, lines }
}

fn print(tree: &Path, arguments: &[&str]) -> String {
    let output = otcov(tree).args(arguments).output();
    let output = output.unwrap_or_else(|error| panic!("otcov does not start: {error}"));
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let said = String::from_utf8_lossy(&output.stderr);
    // A gate that does not hold is no matter here.
    assert!(matches!(output.status.code(), Some(0 | 1)), "{arguments:?} in {}\n{said}", tree.display());
    text
}

fn parse_whole<T: for<'a> Deserialize<'a>>(text: &str) -> T {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

impl Said {
    pub(crate) fn of_kind<'a>(&'a self, kind: &'a str) -> impl Iterator<Item = &'a Record> {
        self.records.iter().filter(move |it| it.kind == kind)
    }

    /// What is said at the place of a row.
    pub(crate) fn at<'a>(&'a self, kind: &'a str, row: &'a Row) -> impl Iterator<Item = &'a Record> {
        self.of_kind(kind).filter(|it| row.covers(&it.file, it.line))
    }

    /// The line of the function that a record stands in, or that it decorates.
    pub(crate) fn function_line(&self, record: &Record) -> Option<u32> {
        let name = record.function.clone()?;
        let lines = self.lines.get(&(record.file.clone(), name))?;
        let around = lines.iter().find(|(first, last)| (*first..=*last).contains(&record.line));
        let below = lines.iter().find(|(first, _)| *first >= record.line);
        around.or(below).or(lines.first()).map(|(first, _)| *first)
    }

    pub(crate) fn told(&self, rule: &str, file: &str, line: u32) -> bool {
        self.findings.iter().any(|it| it.rule == rule && it.file == file && it.line == line)
    }

    pub(crate) fn function(&self, file: &str, line: u32) -> Option<&Record> {
        self.of_kind("function").find(|it| it.file == file && it.line == line)
    }
}

/// Is this text what a template says, whose holes are written `{}`?
pub(crate) fn fits(template: &str, text: &str) -> bool {
    let mut parts = template.split("{}");
    let Some(mut rest) = text.strip_prefix(parts.next().unwrap_or_default()) else { return false };
    let mut parts = parts.peekable();
    if parts.peek().is_none() {
        return rest.is_empty();
    }
    while let Some(part) = parts.next() {
        if parts.peek().is_none() {
            return rest.ends_with(part);
        }
        let Some(at) = rest.find(part) else { return false };
        rest = &rest[at + part.len()..];
    }
    true
}

#[test]
fn holes_of_templates_take_any_text() {
    assert!(fits("a.{}", "a.b.c") && fits("{}-{}.x", "1-2.x") && fits("a", "a") && fits("{}", ""));
    assert!(!fits("a.{}", "b.a.") && !fits("a", "ab") && !fits("a.{}.b", "a.x.c"));
}
