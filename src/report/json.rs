//! The report for machines, as `schemas/report.schema.json` describes it. One entry of a list stands on one line, so that reports
//! can be compared and searched line by line.

use std::collections::BTreeMap;
use std::io::{self, Write};

use serde::Serialize;

use super::document::Document;
use super::words::floored;
use super::{Known, Report};
use crate::change::Change;
use crate::measure::{Dimension, GateCheck, Part, Tallies, Tally, Verdict};
use crate::program::Program;
use crate::rule::{Finding, Fix, HeldBy, Rule};
use crate::text::Place;

/// Raised when a key changes its meaning or goes; new keys do not raise it.
const SCHEMA_VERSION: u32 = 1;

#[derive(Serialize)]
struct Tool {
    name: &'static str,
    version: &'static str,
}

#[derive(Serialize)]
struct Share {
    covered: u32,
    total: u32,
    /// Null for 0 of 0.
    percent: Option<f64>,
    unknown: u32,
}

#[derive(Serialize)]
struct LanguageEntry<'a> {
    files: u32,
    coverage: Shares<'a>,
}

#[derive(Serialize)]
struct LayerEntry<'a> {
    name: &'a str,
    files: u32,
    coverage: Shares<'a>,
}

#[derive(Serialize)]
struct FileEntry<'a> {
    file: &'a str,
    language: &'a str,
    coverage: Shares<'a>,
}

#[derive(Serialize)]
struct Location<'a> {
    file: &'a str,
    line: u32,
    column: u32,
    end_line: u32,
    end_column: u32,
}

#[derive(Serialize)]
struct FindingEntry<'a> {
    rule: &'a str,
    group: &'a str,
    severity: &'a str,
    message: &'a str,
    #[serde(flatten)]
    location: Location<'a>,
    function: Option<&'a str>,
    label: Option<&'a str>,
    reason: Option<&'a str>,
    help: Option<&'a str>,
    related: Vec<RelatedEntry<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    fix: Option<FixEntry<'a>>,
    fingerprint: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    in_diff: Option<bool>,
}

#[derive(Serialize)]
struct RelatedEntry<'a> {
    message: &'a str,
    #[serde(flatten)]
    location: Location<'a>,
}

#[derive(Serialize)]
struct FixEntry<'a> {
    safety: &'static str,
    message: &'a str,
    edits: Vec<EditEntry<'a>>,
}

#[derive(Serialize)]
struct EditEntry<'a> {
    #[serde(flatten)]
    location: Location<'a>,
    content: &'a str,
}

#[derive(Serialize)]
struct GateEntry<'a> {
    passed: bool,
    checks: Vec<CheckEntry<'a>>,
}

#[derive(Serialize)]
struct CheckEntry<'a> {
    dimension: &'static str,
    layer: Option<&'a str>,
    path: Option<&'a str>,
    diff: bool,
    ratchet: bool,
    required: f64,
    actual: Option<f64>,
    passed: bool,
}

#[derive(Serialize)]
struct BaselineEntry<'a> {
    file: &'a str,
    held: usize,
    stale: Vec<StaleEntry<'a>>,
}

#[derive(Serialize)]
struct StaleEntry<'a> {
    rule: &'a str,
    file: &'a str,
    function: Option<&'a str>,
    message: &'a str,
    fingerprint: &'a str,
}

#[derive(Serialize)]
struct ChangeEntry<'a> {
    revision: &'a str,
    commit: &'a str,
    files: usize,
    coverage: Shares<'a>,
    before: Shares<'a>,
    functions: Vec<FunctionEntry<'a>>,
}

#[derive(Serialize)]
struct FunctionEntry<'a> {
    function: &'a str,
    file: &'a str,
    line: u32,
    before: &'static str,
    now: &'static str,
    touched: bool,
}

#[derive(Serialize)]
struct UnparsedEntry<'a> {
    file: &'a str,
    reason: &'a str,
}

pub(super) fn render(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    let program = report.program;
    let mut document = Document::begin(out)?;
    document.key("schema_version", &SCHEMA_VERSION)?;
    document.key("tool", &Tool { name: env!("CARGO_PKG_NAME"), version: env!("CARGO_PKG_VERSION") })?;
    document.key("root", if report.root.is_empty() { "." } else { report.root })?;
    document.key("files", &program.files.len())?;
    document.key("functions", &report.coverage.functions)?;
    document.key("languages", &languages(report))?;
    document.key("coverage", &Shares(&report.coverage.all))?;
    document.key("excluded", &excluded(report))?;
    document.list(
        "layers",
        report.coverage.layers.iter().map(|it| LayerEntry {
            name: &it.name,
            files: it.files,
            coverage: Shares(&it.tallies),
        }),
    )?;
    document.list(
        "files_coverage",
        report.coverage.files.iter().map(|(id, tallies)| {
            let file = program.file(*id);
            FileEntry { file: &file.path, language: file.language, coverage: Shares(tallies) }
        }),
    )?;
    findings(report, &mut document)?;
    document.key("suppressed", &report.held_by(HeldBy::Comment))?;
    document.key("baseline", &report.baseline.as_ref().map(|it| known(report, it)))?;
    document.key("change", &report.change.map(|it| changed(report, it)))?;
    let checks = report.gate.checks.iter().map(check).collect();
    document.key("gate", &GateEntry { passed: report.gate.passed(), checks })?;
    let unparsed = report.unparsed.iter().map(|(file, reason)| UnparsedEntry { file, reason });
    document.list("unparsed", unparsed)?;
    document.end()
}

fn findings(report: &Report<'_>, document: &mut Document<'_>) -> io::Result<()> {
    let groups = groups(report.rules);
    let all = report.with_outside();
    let entries = all.iter().map(|(finding, print, is_in)| {
        let group = groups.get(finding.rule).map_or("", String::as_str);
        let in_diff = report.change.map(|_| *is_in);
        FindingEntry { in_diff, ..entry(report.program, finding, group, print) }
    });
    document.list("findings", entries)
}

fn entry<'a>(
    program: &'a Program,
    finding: &'a Finding,
    group: &'a str,
    fingerprint: &'a str,
) -> FindingEntry<'a> {
    let function = finding.function.and_then(|it| program.enclosing_named(it));
    let related = finding.related.iter();
    FindingEntry {
        rule: finding.rule,
        group,
        severity: finding.level.as_str(),
        message: &finding.message,
        location: location(program, finding.place),
        function: function.map(|it| program.function(it).name.as_str()),
        label: Some(finding.label.as_str()).filter(|it| !it.is_empty()),
        reason: finding.reason.as_deref(),
        help: finding.help.as_deref(),
        related: related
            .map(|it| RelatedEntry { message: &it.message, location: location(program, it.place) })
            .collect(),
        fix: finding.fix.as_ref().and_then(|it| fix(program, it)),
        fingerprint,
        in_diff: None,
    }
}

fn fix<'a>(program: &'a Program, fix: &'a Fix) -> Option<FixEntry<'a>> {
    let edits = fix.settled()?.into_iter();
    let edits = edits.map(|(place, content)| EditEntry { location: location(program, place), content });
    Some(FixEntry { safety: fix.safety.as_str(), message: &fix.title, edits: edits.collect() })
}

fn location(program: &Program, place: Place) -> Location<'_> {
    let (start, end) = (program.position(place), program.end_position(place));
    Location {
        file: &program.file(place.file).path,
        line: start.line,
        column: start.column,
        end_line: end.line,
        end_column: end.column,
    }
}

/// The group of each rule. A page that cannot be read is a mistake that the tests of the catalogue find.
fn groups(rules: &[Rule]) -> BTreeMap<&'static str, String> {
    let group = |rule: &Rule| rule.metadata().map(|it| it.group).unwrap_or_default();
    rules.iter().map(|rule| (rule.name, group(rule))).collect()
}

fn languages<'a>(report: &Report<'a>) -> BTreeMap<&'static str, LanguageEntry<'a>> {
    let languages = report.coverage.languages.iter();
    languages
        .map(|(name, (files, tallies))| (*name, LanguageEntry { files: *files, coverage: Shares(tallies) }))
        .collect()
}

fn excluded(report: &Report<'_>) -> BTreeMap<&'static str, u32> {
    report.coverage.excluded.iter().map(|(reason, count)| (reason.as_str(), *count)).collect()
}

fn known<'a>(report: &Report<'_>, known: &'a Known<'_>) -> BaselineEntry<'a> {
    let stale = known.stale.iter().map(|it| StaleEntry {
        rule: it.rule,
        file: it.file,
        function: it.function,
        message: it.message,
        fingerprint: it.fingerprint,
    });
    BaselineEntry { file: &known.file, held: report.held_by(HeldBy::Baseline), stale: stale.collect() }
}

fn changed<'a>(report: &Report<'a>, change: &'a Change) -> ChangeEntry<'a> {
    let program = report.program;
    let functions = change.functions.iter().map(|it| FunctionEntry {
        function: program.function(it.function).name.as_str(),
        file: &program.file(program.function(it.function).file).path,
        line: program.position(program.head(it.function)).line,
        before: word(it.before),
        now: word(it.now),
        touched: it.touched,
    });
    ChangeEntry {
        revision: &change.revision,
        commit: &change.commit,
        files: change.files,
        coverage: Shares(&change.coverage),
        before: Shares(&change.before),
        functions: functions.collect(),
    }
}

fn word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Covered => "covered",
        Verdict::Uncovered => "dark",
        Verdict::Unknown => "unknown",
    }
}

fn check(check: &GateCheck) -> CheckEntry<'_> {
    CheckEntry {
        dimension: check.dimension.as_str(),
        layer: if let Part::Layer(name) = &check.part { Some(name) } else { None },
        path: if let Part::Paths(pattern) = &check.part { Some(pattern) } else { None },
        diff: check.part == Part::Change,
        ratchet: check.ratchet,
        required: floored(check.required, 2),
        actual: check.actual.map(|it| floored(it, 2)),
        passed: check.passed,
    }
}

/// The dimensions by name, in their order.
struct Shares<'a>(&'a Tallies);

impl Serialize for Shares<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let shares = Dimension::ALL.iter().map(|it| (it.as_str(), share(self.0.get(*it))));
        serializer.collect_map(shares)
    }
}

fn share(tally: Tally) -> Share {
    let percent = tally.percent().map(|it| floored(it, 2));
    Share { covered: tally.covered, total: tally.total, percent, unknown: tally.unknown }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::super::Format;
    use super::super::tests::sample::{self, Sample, rendered, rules, shop};
    use super::super::tests::schema::Schema;
    use super::super::{Known, Stale};
    use super::*;

    const SCHEMA: &str = include_str!("../../schemas/report.schema.json");

    fn written(sample: &Sample) -> (String, Value) {
        let sources = sample.sources();
        let rules = rules();
        let report = Report { rules: &rules, ..sample.report(&sources) };
        let text = rendered(&report, Format::Json);
        let value = serde_json::from_str(&text).unwrap();
        (text, value)
    }

    #[test]
    fn the_report_is_what_the_schema_says() {
        let mut shop = shop();
        shop.unparsed.push(("a.py".into(), "not UTF-8".into()));
        shop.gate.checks.push(GateCheck {
            dimension: Dimension::EntryPoints,
            part: Part::Layer("web".into()),
            ratchet: false,
            required: 90.0,
            actual: None,
            passed: true,
        });
        for sample in [&shop, &Sample::default()] {
            let faults = Schema::new(SCHEMA).faults(&written(sample).1);
            assert!(faults.is_empty(), "{faults:#?}");
        }
        let (sources, change) = (shop.sources(), sample::change(&shop));
        let stale = Stale { rule: "x", file: "a.py", function: None, message: "m", fingerprint: "f" };
        let baseline = Some(Known { file: "b.json".to_owned(), stale: vec![stale] });
        let report = Report { change: Some(&change), baseline, ..shop.report(&sources) };
        let value: Value = serde_json::from_str(&rendered(&report, Format::Json)).unwrap();
        let faults = Schema::new(SCHEMA).faults(&value);
        assert!(faults.is_empty(), "{faults:#?}");
        assert_eq!(value["findings"][0]["in_diff"], true);
        assert_eq!(value["change"]["functions"][0]["now"], "dark");
    }

    #[test]
    fn a_finding_tells_where_and_in_what() {
        let (_, report) = written(&shop());
        let finding = &report["findings"][2];
        assert_eq!(finding["rule"], "raw-subprocess");
        assert_eq!(finding["group"], "coverage");
        assert_eq!(finding["function"], "listed");
        let place = ["line", "column", "end_line", "end_column"].map(|it| finding[it].as_u64().unwrap());
        assert_eq!(place, [16, 12, 19, 6]);
        assert_eq!(report["findings"][0]["related"][0]["file"], "src/shop/telemetry.py");
    }

    #[test]
    fn shares_are_of_the_whole_and_nothing_of_nothing_is_null() {
        let (_, report) = written(&shop());
        let functions = &report["coverage"]["functions"];
        assert_eq!(functions["percent"], 53.37);
        assert_eq!(report["coverage"]["metrics"]["percent"], Value::Null);
        assert_eq!(report["coverage"]["reach"]["unknown"], 158);
    }

    #[test]
    fn one_entry_is_one_line() {
        let (text, _) = written(&shop());
        assert!(text.starts_with("{\n  \"schema_version\": 1,\n  \"tool\": {"), "{text}");
        assert!(text.ends_with("  \"unparsed\": []\n}\n"), "{text}");
        assert_eq!(text.lines().filter(|it| it.starts_with("    {\"rule\":")).count(), 4);
    }
}
