//! A baseline: the findings and numbers that a team has today, in a file that is committed. What is in it is not told again, what
//! is no longer found is stale. Findings are matched by what they say, never by lines.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::Judged;
use crate::measure::{Dimension, Tallies};
use crate::program::Program;
use crate::rule::{Finding, Held, HeldBy, Identity};

/// Raised when a key changes its meaning or goes; new keys do not raise it.
const SCHEMA_VERSION: u32 = 1;

/// As the file says it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Baseline {
    schema_version: u32,
    pub(crate) tool: Tool,
    /// What was scanned, from the root of the repository; empty for all of it.
    root: String,
    /// The rules that were on when it was written.
    pub(crate) rules: BTreeSet<String>,
    coverage: BTreeMap<String, Share>,
    findings: Vec<Entry>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Tool {
    name: String,
    pub(crate) version: String,
}

#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
struct Share {
    covered: u32,
    total: u32,
}

/// What people read beside the identity helps them to review a change of the file.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Entry {
    pub(crate) fingerprint: String,
    content: String,
    pub(crate) rule: String,
    pub(crate) file: String,
    pub(crate) function: Option<String>,
    pub(crate) message: String,
}

/// What a program is called by in a baseline, and how far this run can tell about it.
pub(crate) struct View<'a> {
    pub(crate) program: &'a Program,
    /// From the root of the repository to that of the program.
    pub(crate) prefix: &'a str,
    /// The rules that have run.
    pub(crate) rules: BTreeSet<&'a str>,
    /// Whether a file of the repository is still there.
    pub(crate) exists: &'a dyn Fn(&str) -> bool,
}

impl View<'_> {
    fn path(&self, finding: &Finding) -> String {
        let path = &self.program.file(finding.place.file).path;
        if self.prefix.is_empty() { path.clone() } else { format!("{}/{path}", self.prefix) }
    }
}

impl Baseline {
    /// Of all findings that no comment suppresses, each with its identity.
    pub(crate) fn new<'f>(
        view: &View<'_>,
        findings: impl Iterator<Item = (&'f Finding, &'f Identity)>,
        coverage: &Tallies,
    ) -> Baseline {
        let mut entries: Vec<Entry> =
            findings.map(|(finding, identity)| entry(view, finding, identity)).collect();
        entries.sort_by(|a, b| (&a.file, &a.rule, &a.fingerprint).cmp(&(&b.file, &b.rule, &b.fingerprint)));
        let share = |it: &Dimension| {
            let tally = coverage.get(*it);
            (it.as_str().to_owned(), Share { covered: tally.covered, total: tally.total })
        };
        Baseline {
            schema_version: SCHEMA_VERSION,
            tool: Tool {
                name: env!("CARGO_PKG_NAME").to_owned(),
                version: env!("CARGO_PKG_VERSION").to_owned(),
            },
            root: view.prefix.to_owned(),
            rules: view.rules.iter().map(|it| (*it).to_owned()).collect(),
            coverage: Dimension::ALL.iter().map(share).collect(),
            findings: entries,
        }
    }

    /// The error is a sentence about the file.
    pub(crate) fn parse(text: &str) -> Result<Baseline, String> {
        #[derive(Deserialize)]
        struct Version {
            schema_version: u32,
        }
        let version: Version =
            serde_json::from_str(text).map_err(|error| format!("it is no baseline: {error}"))?;
        if version.schema_version != SCHEMA_VERSION {
            return Err(format!(
                "its schema version is {}, and this otcov reads {SCHEMA_VERSION}",
                version.schema_version
            ));
        }
        serde_json::from_str(text).map_err(|error| format!("it is no baseline: {error}"))
    }

    /// One entry on one line, so that a change of the file can be reviewed.
    pub(crate) fn text(&self) -> Result<String, serde_json::Error> {
        let findings: Result<Vec<String>, _> = self.findings.iter().map(serde_json::to_string).collect();
        let findings = findings?.iter().map(|it| format!("\n    {it}")).collect::<Vec<_>>().join(",");
        let end = if findings.is_empty() { "" } else { "\n  " };
        Ok(format!(
            "{{\n  \"schema_version\": {},\n  \"tool\": {},\n  \"root\": {},\n  \"rules\": {},\n  \"coverage\": {},\n  \"findings\": [{findings}{end}]\n}}\n",
            self.schema_version,
            serde_json::to_string(&self.tool)?,
            serde_json::to_string(&self.root)?,
            serde_json::to_string(&self.rules)?,
            serde_json::to_string(&self.coverage)?,
        ))
    }

    /// Covered and total of a dimension, if it was counted.
    pub(crate) fn share(&self, dimension: Dimension) -> Option<(u32, u32)> {
        self.coverage.get(dimension.as_str()).map(|it| (it.covered, it.total))
    }

    /// Keeps whichever numbers are higher: those of before or these.
    pub(crate) fn never_below(&mut self, before: &Baseline) {
        for (dimension, share) in &mut self.coverage {
            if let Some(old) = before.coverage.get(dimension)
                && u64::from(old.covered) * u64::from(share.total)
                    > u64::from(share.covered) * u64::from(old.total)
            {
                *share = *old;
            }
        }
    }

    /// Takes the findings that are known out, and gives back the entries that no finding needed.
    pub(crate) fn hold(&self, view: &View<'_>, judged: &mut Judged, identities: &[Identity]) -> Vec<Entry> {
        let mut unused: BTreeMap<&str, &Entry> =
            self.findings.iter().map(|it| (it.fingerprint.as_str(), it)).collect();
        let mut known = vec![false; judged.findings.len()];
        for (known, identity) in known.iter_mut().zip(identities) {
            *known = unused.remove(identity.fingerprint.as_str()).is_some();
        }
        self.hold_moved(view, judged, identities, &mut known, &mut unused);
        let mut at = 0;
        let taken = judged.findings.extract_if(.., |_| {
            at += 1;
            known[at - 1]
        });
        judged.held.extend(taken.map(|finding| Held { finding, by: HeldBy::Baseline, reason: None }));
        let mut stale: Vec<Entry> =
            unused.into_values().filter(|it| self.is_stale(view, it)).cloned().collect();
        stale.sort_by(|a, b| (&a.file, &a.rule, &a.fingerprint).cmp(&(&b.file, &b.rule, &b.fingerprint)));
        stale
    }

    /// What stands in a file that is gone is looked for wherever it may have gone to.
    fn hold_moved<'b>(
        &'b self,
        view: &View<'_>,
        judged: &Judged,
        identities: &[Identity],
        known: &mut [bool],
        unused: &mut BTreeMap<&'b str, &'b Entry>,
    ) {
        let mut gone: BTreeMap<&str, Vec<&Entry>> = BTreeMap::new();
        for entry in unused.values().filter(|it| !(view.exists)(&it.file)) {
            gone.entry(&entry.content).or_default().push(entry);
        }
        if gone.is_empty() {
            return;
        }
        for (at, identity) in identities.iter().enumerate().take(judged.findings.len()) {
            let entry = gone.get_mut(identity.content.as_str()).filter(|_| !known[at]).and_then(Vec::pop);
            if let Some(entry) = entry {
                known[at] = true;
                unused.remove(entry.fingerprint.as_str());
            }
        }
    }
}

impl Baseline {
    /// A run over a part of what was scanned then, or with fewer rules, does not know what it did not look at; and what it did
    /// look at it may judge otherwise.
    fn is_stale(&self, view: &View<'_>, entry: &Entry) -> bool {
        let below = match view.prefix {
            "" => Some(entry.file.as_str()),
            prefix => entry.file.strip_prefix(prefix).and_then(|it| it.strip_prefix('/')),
        };
        let looked = below.is_some_and(|it| view.program.files.iter().any(|file| file.path == it));
        let seen = looked || !(view.exists)(&entry.file);
        self.root == view.prefix && seen && view.rules.contains(entry.rule.as_str())
    }
}

fn entry(view: &View<'_>, finding: &Finding, identity: &Identity) -> Entry {
    let function = finding.function.and_then(|it| view.program.enclosing_named(it));
    Entry {
        fingerprint: identity.fingerprint.clone(),
        content: identity.content.clone(),
        rule: finding.rule.to_owned(),
        file: view.path(finding),
        function: function.map(|it| view.program.function(it).name.to_string()),
        message: finding.message.clone(),
    }
}
