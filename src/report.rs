//! Everything that is printed: what a run found out, in the format that was asked for. Reports decide nothing: levels, gates and
//! exit statuses come from elsewhere, and no type of the engine is written out as it is.

mod badge;
pub(crate) mod catalogue;
mod changes;
mod closing;
mod cobertura;
mod coverage;
mod cut;
mod document;
mod findings;
mod fingerprint;
mod github;
mod gitlab;
mod html;
mod human;
pub(crate) mod inventory;
mod json;
mod junit;
mod lcov;
mod lines;
mod markdown;
pub(crate) mod registries;
mod sarif;
mod snippet;
mod sources;
mod style;
mod table;
mod words;
mod worst;
mod xml;

use std::borrow::Cow;
use std::io::{self, Write};
use std::time::Duration;

use crate::change::Change;
use crate::measure::{Coverage, Gate, Layer, Tallies};
use crate::program::Program;
use crate::rule::{Finding, Held, HeldBy, Level, Rule};
use crate::text::FileId;

pub(crate) use catalogue::CatalogueFormat;
pub(crate) use fingerprint::identities;
pub(crate) use inventory::{INVENTORY_KINDS, InventoryFormat};
pub(crate) use registries::DiffFormat;
pub(crate) use sources::Sources;
pub(crate) use style::Style;
pub(crate) use words::counted;

/// All that a scan found out.
pub(crate) struct Report<'a> {
    pub(crate) program: &'a Program,
    pub(crate) coverage: &'a Coverage,
    /// In the order in which they are to be told: by file, line, column, rule.
    pub(crate) findings: &'a [Finding],
    /// What comments suppress, in the same order, and then what is in the baseline.
    pub(crate) held: &'a [Held],
    /// Against an earlier commit; `findings` are then those of the change.
    pub(crate) change: Option<&'a Change>,
    /// Findings that are not of the change, in the same order.
    pub(crate) outside: &'a [Finding],
    /// How many findings are of files that were not asked about.
    pub(crate) elsewhere: usize,
    /// None where no baseline is in force.
    pub(crate) baseline: Option<Known<'a>>,
    /// Rules that broke; their findings are missing.
    pub(crate) faults: &'a [String],
    pub(crate) gate: &'a Gate,
    /// From which level on findings fail the run.
    pub(crate) fail_on: Option<Level>,
    /// Files of which nothing is known, and why.
    pub(crate) unparsed: &'a [(String, String)],
    /// The directory that paths are relative to, as people should see it; `.` or empty where that goes without saying.
    pub(crate) root: &'a str,
    /// The path from the root of the repository to the root of the scan; empty where they are the same.
    pub(crate) prefix: &'a str,
    /// Given only where somebody watches: a time in a report that is kept would differ from run to run.
    pub(crate) elapsed: Option<Duration>,
    pub(crate) verbosity: Verbosity,
    pub(crate) statistics: bool,
    /// The rows of the table are languages, not layers.
    pub(crate) by_language: bool,
    /// There is a configuration file.
    pub(crate) configured: bool,
    pub(crate) style: Style,
    /// The catalogue, for the group of a rule.
    pub(crate) rules: &'a [Rule],
    pub(crate) sources: &'a Sources<'a>,
}

/// What the baseline did.
pub(crate) struct Known<'a> {
    /// As it was typed.
    pub(crate) file: String,
    /// Its entries that nothing is found for any more.
    pub(crate) stale: Vec<Stale<'a>>,
}

pub(crate) struct Stale<'a> {
    pub(crate) rule: &'a str,
    pub(crate) file: &'a str,
    pub(crate) function: Option<&'a str>,
    pub(crate) message: &'a str,
    pub(crate) fingerprint: &'a str,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) enum Verbosity {
    Quiet,
    #[default]
    Normal,
    Verbose,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Format {
    Human,
    Json,
    Sarif,
    Github,
    Gitlab,
    Junit,
    Markdown,
    Lcov,
    Cobertura,
    Html,
    Badge,
}

impl Format {
    pub(crate) const ALL: [Format; 11] = [
        Format::Human,
        Format::Json,
        Format::Sarif,
        Format::Github,
        Format::Gitlab,
        Format::Junit,
        Format::Markdown,
        Format::Lcov,
        Format::Cobertura,
        Format::Html,
        Format::Badge,
    ];

    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Format::Human => "human",
            Format::Json => "json",
            Format::Sarif => "sarif",
            Format::Github => "github",
            Format::Gitlab => "gitlab",
            Format::Junit => "junit",
            Format::Markdown => "markdown",
            Format::Lcov => "lcov",
            Format::Cobertura => "cobertura",
            Format::Html => "html",
            Format::Badge => "badge",
        }
    }
}

/// Writes the whole report in one format.
pub(crate) fn render(report: &Report<'_>, format: Format, out: &mut dyn Write) -> io::Result<()> {
    let mut out = io::BufWriter::with_capacity(1 << 16, out);
    match format {
        Format::Human => human::render(report, &mut out)?,
        Format::Json => json::render(report, &mut out)?,
        Format::Sarif => sarif::render(report, &mut out)?,
        Format::Github => github::render(report, &mut out)?,
        Format::Gitlab => gitlab::render(report, &mut out)?,
        Format::Junit => junit::render(report, &mut out)?,
        Format::Markdown => markdown::render(report, &mut out)?,
        Format::Lcov => lcov::render(report, &mut out)?,
        Format::Cobertura => cobertura::render(report, &mut out)?,
        Format::Html => html::render(report, &mut out)?,
        Format::Badge => badge::render(report, &mut out)?,
    }
    out.flush()
}

impl<'a> Report<'a> {
    /// The rows of the table, under the one of all.
    pub(crate) fn rows(&self) -> Cow<'_, [Layer]> {
        if !self.by_language {
            return Cow::Borrowed(&self.coverage.layers);
        }
        let row = |(name, (files, tallies)): (&&'static str, &(u32, Tallies))| Layer {
            name: (*name).to_owned(),
            tallies: *tallies,
            files: *files,
        };
        self.coverage.languages.iter().map(row).collect()
    }

    /// Findings with their identities, those outside of the change too, each with whether it is of the change.
    fn with_outside(&self) -> Vec<(&'a Finding, String, bool)> {
        let inside = self.findings.iter().map(|it| (it, true));
        let all = inside.chain(self.outside.iter().map(|it| (it, false))).zip(self.fingerprints());
        let mut all: Vec<_> = all.map(|((finding, is_in), print)| (finding, print, is_in)).collect();
        if self.change.is_some() {
            all.sort_by(|(a, ..), (b, ..)| (a.place, a.rule, &a.message).cmp(&(b.place, b.rule, &b.message)));
        }
        all
    }

    /// The identities of the findings, followed by those outside of the change and those that are held.
    fn fingerprints(&self) -> Vec<String> {
        let held = self.held.iter().map(|it| &it.finding);
        let all = self.findings.iter().chain(self.outside).chain(held);
        let identities = identities(self.program, self.sources, &|it| self.path_in_repository(it), all);
        identities.into_iter().map(|it| it.fingerprint).collect()
    }

    fn held_by(&self, by: HeldBy) -> usize {
        self.held.iter().filter(|it| it.by == by).count()
    }

    /// A file's path as people can open it from where they are.
    fn path(&self, file: FileId) -> String {
        let path = self.path_from_root(file);
        match self.root {
            "" | "." => path,
            root => format!("{}/{path}", root.trim_end_matches('/')),
        }
    }

    /// A file's path from the root of the repository, as every tool that shows findings in a repository wants it.
    fn path_in_repository(&self, file: FileId) -> String {
        self.in_repository(&self.program.file(file).path)
    }

    fn in_repository(&self, path: &str) -> String {
        if self.prefix.is_empty() { path.to_owned() } else { format!("{}/{path}", self.prefix) }
    }

    fn path_from_root(&self, file: FileId) -> String {
        words::flat(&self.program.file(file).path)
    }
}

#[cfg(test)]
mod tests;
