//! The report as one page that needs nothing else: numbers, a map of the tree, tables, findings, and the sources with what is covered
//! and what is dark beside the lines. The page is put together by a script from data; nothing in the data is ever markup.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};

use serde::Serialize;

use super::Report;
use super::words::{counted, failed_check, held};
use crate::measure::{Dimension, Item, Tallies, Verdict, items};
use crate::rule::Finding;
use crate::text::{FileId, Place};

const PAGE: &str = include_str!("html/page.html");
const STYLE: &str = include_str!("html/style.css");
const SCRIPT: &str = include_str!("html/app.js");

/// So many bytes of source are part of the page; of more, those with findings come first.
const MOST_SOURCE: usize = 40_000_000;

#[derive(Serialize)]
struct Data<'a> {
    about: String,
    dimensions: Vec<&'static str>,
    all: Numbers,
    layers: Vec<LayerData<'a>>,
    files: Vec<FileData>,
    findings: Vec<FindingData<'a>>,
    held: String,
    gate: Vec<CheckData>,
    unread: &'a [(String, String)],
    change: Option<ChangeData>,
}

/// Covered, total and unknown, one for each dimension.
type Numbers = Vec<[u32; 3]>;

#[derive(Serialize)]
struct LayerData<'a> {
    name: &'a str,
    files: u32,
    tallies: Numbers,
}

#[derive(Serialize)]
struct FileData {
    path: String,
    tallies: Numbers,
    findings: usize,
}

#[derive(Serialize)]
struct FindingData<'a> {
    rule: &'a str,
    level: &'a str,
    file: usize,
    line: u32,
    message: &'a str,
    reason: Option<&'a str>,
    help: Option<&'a str>,
}

#[derive(Serialize)]
struct CheckData {
    text: String,
    passed: bool,
}

#[derive(Serialize)]
struct ChangeData {
    against: String,
    functions: Vec<TurnedData>,
}

#[derive(Serialize)]
struct TurnedData {
    name: String,
    file: usize,
    line: u32,
    before: &'static str,
    now: &'static str,
    touched: bool,
}

#[derive(Serialize)]
struct SourceData<'a> {
    source: &'a str,
    /// Line, verdict, what it is; of several things on a line the worst.
    items: Vec<(u32, &'static str, String)>,
    /// First and last line, verdict.
    functions: Vec<(u32, u32, &'static str)>,
}

pub(super) fn render(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    let shown = Shown::new(report);
    let (before, rest) = PAGE.split_once("/*style*/").unwrap_or((PAGE, ""));
    let (head, rest) = rest.split_once("<!--data-->").unwrap_or((rest, ""));
    let (between, end) = rest.split_once("/*script*/").unwrap_or((rest, ""));
    write!(out, "{before}{STYLE}{head}")?;
    embed("data", &shown.data(), out)?;
    shown.sources(out)?;
    write!(out, "{between}{SCRIPT}{end}")
}

/// JSON in an element of its own; without `<` in it, nothing in it can end that element.
fn embed<T: Serialize>(id: &str, value: &T, out: &mut dyn Write) -> io::Result<()> {
    let json = serde_json::to_string(value)?.replace('<', "\\u003c");
    writeln!(out, "<script type=\"application/json\" id=\"{id}\">{json}</script>")
}

/// What the page shows: every file that counts or has a finding.
struct Shown<'r, 'a> {
    report: &'r Report<'a>,
    findings: Vec<&'a Finding>,
    /// In the order of the page.
    files: Vec<FileId>,
    /// Those that are told of anything.
    dimensions: Vec<Dimension>,
    items: BTreeMap<FileId, Vec<Item>>,
}

impl<'r, 'a> Shown<'r, 'a> {
    fn new(report: &'r Report<'a>) -> Shown<'r, 'a> {
        let findings: Vec<&Finding> = report.with_outside().into_iter().map(|it| it.0).collect();
        let counted = report.coverage.files.iter().map(|it| it.0);
        let files: BTreeSet<FileId> = counted.chain(findings.iter().map(|it| it.place.file)).collect();
        let told = |it: &Dimension| {
            let tally = report.coverage.all.get(*it);
            tally.total + tally.unknown > 0 || matches!(it, Dimension::Functions | Dimension::Reach)
        };
        let mut by_file: BTreeMap<FileId, Vec<Item>> = BTreeMap::new();
        for item in items(report.program) {
            by_file.entry(item.place.file).or_default().push(item);
        }
        Shown {
            report,
            findings,
            files: files.into_iter().collect(),
            dimensions: Dimension::ALL.into_iter().filter(told).collect(),
            items: by_file,
        }
    }

    fn data(&self) -> Data<'_> {
        let report = self.report;
        let root = if report.root.is_empty() { "." } else { report.root };
        let files = counted(report.program.files.len(), "file", "files");
        let layer = |it: &'a crate::measure::Layer| LayerData {
            name: &it.name,
            files: it.files,
            tallies: self.numbers(&it.tallies),
        };
        Data {
            about: format!("{root} · {files} · otcov {}", env!("CARGO_PKG_VERSION")),
            dimensions: self.dimensions.iter().map(|it| it.as_str()).collect(),
            all: self.numbers(&report.coverage.all),
            layers: report.coverage.layers.iter().map(layer).collect(),
            files: self.file_data(),
            findings: self.findings.iter().map(|it| self.finding(it)).collect(),
            held: held(report),
            gate: report
                .gate
                .checks
                .iter()
                .map(|it| CheckData { text: failed_check(it), passed: it.passed })
                .collect(),
            unread: report.unparsed,
            change: self.change(),
        }
    }

    fn numbers(&self, tallies: &Tallies) -> Numbers {
        let number = |it: &Dimension| {
            let tally = tallies.get(*it);
            [tally.covered, tally.total, tally.unknown]
        };
        self.dimensions.iter().map(number).collect()
    }

    fn file_data(&self) -> Vec<FileData> {
        let mut found: BTreeMap<FileId, usize> = BTreeMap::new();
        self.findings.iter().for_each(|it| *found.entry(it.place.file).or_default() += 1);
        let tallies: BTreeMap<FileId, &Tallies> =
            self.report.coverage.files.iter().map(|(id, tallies)| (*id, tallies)).collect();
        let nothing = Tallies::default();
        let data = |id: &FileId| {
            let tallies = tallies.get(id).copied().unwrap_or(&nothing);
            FileData {
                path: self.report.path_from_root(*id),
                tallies: self.numbers(tallies),
                findings: found.get(id).copied().unwrap_or(0),
            }
        };
        self.files.iter().map(data).collect()
    }

    fn number_of(&self, file: FileId) -> usize {
        self.files.binary_search(&file).unwrap_or(0)
    }

    fn finding<'f>(&self, finding: &'f Finding) -> FindingData<'f> {
        FindingData {
            rule: finding.rule,
            level: finding.level.as_str(),
            file: self.number_of(finding.place.file),
            line: self.report.program.position(finding.place).line,
            message: &finding.message,
            reason: finding.reason.as_deref(),
            help: finding.help.as_deref(),
        }
    }

    fn change(&self) -> Option<ChangeData> {
        let (change, program) = (self.report.change?, self.report.program);
        let functions = change.functions.iter().map(|it| TurnedData {
            name: program.function(it.function).name.to_string(),
            file: self.number_of(program.function(it.function).file),
            line: program.position(program.head(it.function)).line,
            before: word(it.before),
            now: word(it.now),
            touched: it.touched,
        });
        Some(ChangeData { against: super::changes::name(change), functions: functions.collect() })
    }

    /// Each file in an element of its own: nobody reads those that are never looked at.
    fn sources(&self, out: &mut dyn Write) -> io::Result<()> {
        let told: BTreeSet<FileId> = self.findings.iter().map(|it| it.place.file).collect();
        let mut order: Vec<(usize, FileId)> = self.files.iter().copied().enumerate().collect();
        order.sort_by_key(|(at, id)| (!told.contains(id), *at));
        let mut bytes = 0;
        for (at, id) in order {
            let Some(text) = self.report.sources.get(id) else { continue };
            bytes += text.len();
            if bytes > MOST_SOURCE {
                break;
            }
            embed(&format!("f{at}"), &self.source(id, &text), out)?;
        }
        Ok(())
    }

    fn source<'t>(&self, file: FileId, text: &'t str) -> SourceData<'t> {
        let program = self.report.program;
        let items = self.items.get(&file).map_or(&[][..], Vec::as_slice);
        let mut lines: BTreeMap<u32, (Verdict, String)> = BTreeMap::new();
        let mut functions = Vec::new();
        for item in items.iter().filter(|it| it.dimension != Dimension::Functions) {
            let line = program.position(item.place).line;
            let entry = lines.entry(line).or_insert((item.verdict, what(item).to_owned()));
            if badness(item.verdict) > badness(entry.0) {
                *entry = (item.verdict, what(item).to_owned());
            }
            if item.dimension == Dimension::Reach {
                let whole = Place { file, span: program.whole(item.function) };
                let (first, last) = (program.position(whole).line, program.end_position(whole).line);
                functions.push((first, last, word(item.verdict)));
            }
        }
        functions.sort_by_key(|it| (it.0, std::cmp::Reverse(it.1)));
        let items = lines.into_iter().map(|(line, (verdict, what))| (line, word(verdict), what)).collect();
        SourceData { source: text, items, functions }
    }
}

fn badness(verdict: Verdict) -> u8 {
    match verdict {
        Verdict::Covered => 0,
        Verdict::Unknown => 1,
        Verdict::Uncovered => 2,
    }
}

fn word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Covered => "covered",
        Verdict::Uncovered => "dark",
        Verdict::Unknown => "unknown",
    }
}

fn what(item: &Item) -> &'static str {
    match item.dimension {
        Dimension::Functions | Dimension::Reach => "function",
        Dimension::EntryPoints => "entry point",
        Dimension::Calls => "outgoing call",
        Dimension::Errors => "handler",
        Dimension::Attributes => "attribute",
        Dimension::Metrics => "metric",
        Dimension::Logs => "log",
    }
}

#[cfg(test)]
mod tests {
    use crate::report::Format;
    use crate::report::tests::sample::{rendered, shop};

    #[test]
    fn nothing_in_the_data_is_markup_and_nothing_is_fetched() {
        let mut shop = shop();
        shop.findings[0].message = "</script><script>alert(1)</script><!--".to_owned();
        let sources = shop.sources();
        let page = rendered(&shop.report(&sources), Format::Html);
        assert!(!page.contains("alert(1)</script>") && page.contains("alert(1)\\u003c/script>"));
        // The data, the script, and each file that counts or has a finding.
        assert_eq!(page.matches("<script").count(), 2 + 2);
        assert_eq!(page.matches("http://").count() + page.matches("https://").count(), 0);
        assert!(page.contains("default-src 'none'") && page.ends_with("</html>\n"));
    }
}
