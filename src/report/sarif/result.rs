//! Findings as SARIF results, the suppressed ones among them.

use std::collections::BTreeMap;
use std::rc::Rc;

use serde::Serialize;

use super::fixes::{Proposal, proposal};
use super::limits::MOST_RELATED;
use super::line_hash::line_hashes;
use super::{ROOT_ID, Report};
use crate::report::words::sentence;
use crate::rule::{Finding, Held, HeldBy, Level};
use crate::text::{FileId, Place};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Outcome<'a> {
    rule_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    rule_index: Option<usize>,
    level: &'static str,
    message: Message,
    locations: [Location; 1],
    #[serde(skip_serializing_if = "Vec::is_empty")]
    related_locations: Vec<Location>,
    partial_fingerprints: BTreeMap<&'static str, String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    fixes: Vec<Proposal>,
    /// Given where there is something to compare with.
    #[serde(skip_serializing_if = "Option::is_none")]
    baseline_state: Option<&'static str>,
    /// Given for all results or for none.
    #[serde(skip_serializing_if = "Option::is_none")]
    suppressions: Option<Vec<Suppression<'a>>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Suppression<'a> {
    kind: &'static str,
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    justification: Option<&'a str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Location {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<usize>,
    physical_location: PhysicalLocation,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<Message>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    logical_locations: Vec<LogicalLocation>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct LogicalLocation {
    fully_qualified_name: String,
    kind: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PhysicalLocation {
    pub(super) artifact_location: ArtifactLocation,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) region: Option<Region>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ArtifactLocation {
    uri: String,
    uri_base_id: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Region {
    start_line: u32,
    start_column: u32,
    end_line: u32,
    end_column: u32,
}

#[derive(Serialize)]
pub(super) struct Message {
    text: String,
}

impl Message {
    pub(super) fn plain(text: String) -> Message {
        Message { text }
    }
}

impl ArtifactLocation {
    /// A path with `/`, as a relative reference: each byte that is not plain is written as `%` and two digits.
    pub(super) fn new(path: &str) -> ArtifactLocation {
        let mut uri = String::with_capacity(path.len());
        for byte in path.bytes() {
            if byte.is_ascii_alphanumeric() || b"/-._~!$&'()*+,;=@".contains(&byte) {
                uri.push(byte.into());
            } else {
                uri.push_str(&format!("%{byte:02X}"));
            }
        }
        ArtifactLocation { uri, uri_base_id: ROOT_ID }
    }
}

impl Region {
    pub(super) fn new(report: &Report<'_>, place: Place) -> Region {
        let (start, end) = (report.program.position(place), report.program.end_position(place));
        Region {
            start_line: start.line,
            start_column: start.column,
            end_line: end.line,
            end_column: end.column,
        }
    }
}

impl Outcome<'_> {
    /// The order in which results are kept when there are too many: what is told before what is suppressed, the worst first.
    pub(super) fn rank(&self) -> (bool, u8) {
        let suppressed = self.suppressions.as_ref().is_some_and(|it| !it.is_empty());
        let level = ["error", "warning", "note"].iter().position(|it| *it == self.level);
        (suppressed, level.map_or(u8::MAX, |it| it as u8))
    }

    #[cfg(test)]
    pub(super) fn level(&self) -> &'static str {
        self.level
    }
}

/// One result for each finding, those that are held after those that are told.
pub(super) fn results<'a>(report: &Report<'a>) -> Vec<Outcome<'a>> {
    let mut writer = Writer {
        report,
        lines: BTreeMap::new(),
        rules: report.rules.iter().enumerate().map(|(at, it)| (it.name, at)).collect(),
    };
    // Code hosts close what a report leaves out, so what is outside of a change is told as well.
    let told = report.with_outside().into_iter();
    let told = told.map(|(finding, print, is_new)| (Known { finding, held: None, is_new }, print));
    let held = report.held.iter().map(|it| Known { finding: &it.finding, held: Some(it), is_new: false });
    let prints = report.fingerprints().into_iter().skip(report.findings.len() + report.outside.len());
    told.chain(held.zip(prints)).map(|(known, print)| writer.result(known, print)).collect()
}

struct Known<'a> {
    finding: &'a Finding,
    held: Option<&'a Held>,
    is_new: bool,
}

struct Writer<'r, 'a> {
    report: &'r Report<'a>,
    /// The identities of all lines, of the files that were asked for.
    lines: BTreeMap<FileId, Rc<[String]>>,
    rules: BTreeMap<&'static str, usize>,
}

impl<'a> Writer<'_, 'a> {
    fn result(&mut self, Known { finding, held, is_new }: Known<'a>, print: String) -> Outcome<'a> {
        let mut prints = BTreeMap::from([("otcov/v1", print)]);
        if let Some(hash) = self.line_hash(finding.place) {
            prints.insert("primaryLocationLineHash", hash);
        }
        let related = finding.related.iter().take(MOST_RELATED).enumerate();
        Outcome {
            rule_id: finding.rule,
            rule_index: self.rules.get(finding.rule).copied(),
            level: level(finding.level),
            message: Message::plain(text(finding)),
            locations: [self.primary(finding)],
            related_locations: related
                .map(|(at, it)| Location {
                    id: Some(at + 1),
                    message: Some(Message::plain(it.message.clone())),
                    ..self.location(it.place)
                })
                .collect(),
            partial_fingerprints: prints,
            fixes: finding.fix.as_ref().and_then(|it| proposal(self.report, it)).into_iter().collect(),
            baseline_state: self.compared().then_some(if is_new { "new" } else { "unchanged" }),
            suppressions: (!self.report.held.is_empty()).then(|| held.map(suppression).into_iter().collect()),
        }
    }

    /// With a baseline, or with an earlier commit.
    fn compared(&self) -> bool {
        self.report.baseline.is_some() || self.report.change.is_some()
    }

    fn primary(&self, finding: &Finding) -> Location {
        let program = self.report.program;
        let function = finding.function.and_then(|it| program.enclosing_named(it));
        let logical = |it| LogicalLocation {
            fully_qualified_name: program.function(it).qualified.to_string(),
            kind: "function",
        };
        Location {
            logical_locations: function.map(logical).into_iter().collect(),
            ..self.location(finding.place)
        }
    }

    fn location(&self, place: Place) -> Location {
        let region = Region::new(self.report, place);
        let artifact_location = ArtifactLocation::new(&self.report.path_in_repository(place.file));
        Location {
            id: None,
            physical_location: PhysicalLocation { artifact_location, region: Some(region) },
            message: None,
            logical_locations: Vec::new(),
        }
    }

    fn line_hash(&mut self, place: Place) -> Option<String> {
        let line = self.report.program.position(place).line as usize;
        if !self.lines.contains_key(&place.file) {
            let text = self.report.sources.get(place.file)?;
            self.lines.insert(place.file, line_hashes(&text).into());
        }
        self.lines.get(&place.file)?.get(line.checked_sub(1)?).cloned()
    }
}

fn level(level: Level) -> &'static str {
    if level == Level::Off { "none" } else { level.as_str() }
}

/// What is, then what is lost, then what to do: the first sentence becomes the title of an alert.
fn text(finding: &Finding) -> String {
    let sentences = [Some(&finding.message), finding.reason.as_ref(), finding.help.as_ref()];
    sentences.into_iter().flatten().map(|it| sentence(it)).collect::<Vec<_>>().join("\n")
}

fn suppression(held: &Held) -> Suppression<'_> {
    let kind = match held.by {
        HeldBy::Comment => "inSource",
        HeldBy::Baseline => "external",
    };
    Suppression { kind, status: "accepted", justification: held.reason.as_deref() }
}
