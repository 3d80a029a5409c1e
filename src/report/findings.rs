//! Which findings are shown in full, which on one line, and how many are only counted: the worst first, so that a first run on a
//! large tree stays readable.

use std::collections::BTreeMap;
use std::io;

use super::style::{Ink, Pen};
use super::words::{counted, flat, grouped, packed};
use super::{Report, Verbosity, snippet};
use crate::rule::{Finding, Level};

/// So many are shown in full whatever they are.
const FEW: usize = 8;
/// Where there are more: in full, of all rules together and of one rule, because the third snippet of a kind teaches nothing new.
const FULL: usize = 12;
const FULL_OF_A_RULE: usize = 2;
/// On one line each.
const BRIEF: usize = 20;

#[derive(Debug, Default)]
struct Choice<'a> {
    full: Vec<&'a Finding>,
    brief: Vec<&'a Finding>,
    /// By rule.
    left_out: BTreeMap<&'a str, usize>,
}

pub(super) fn write(report: &Report<'_>, pen: &mut Pen<'_>) -> io::Result<()> {
    let choice = choose(report.findings, report.verbosity);
    for finding in &choice.full {
        snippet::write(report, finding, pen)?;
    }
    for finding in &choice.brief {
        one_line(report, finding, pen)?;
    }
    left_out(&choice, pen)?;
    if !choice.brief.is_empty() || !choice.left_out.is_empty() {
        pen.end()?;
    }
    Ok(())
}

fn left_out(choice: &Choice<'_>, pen: &mut Pen<'_>) -> io::Result<()> {
    if choice.left_out.is_empty() {
        return Ok(());
    }
    let mut rules: Vec<_> = choice.left_out.iter().collect();
    rules.sort_by_key(|(rule, count)| (std::cmp::Reverse(**count), **rule));
    let more = grouped(choice.left_out.values().sum());
    let mut words = vec![format!("{} and {more} more:", pen.style.ellipsis())];
    for (at, (rule, count)) in rules.iter().enumerate() {
        let comma = if at + 1 < rules.len() { "," } else { "" };
        words.push(format!("{} {rule}{comma}", grouped(**count)));
    }
    let room = pen.style.columns() - 2;
    for (at, line) in packed(words.iter().map(String::as_str), room, room).iter().enumerate() {
        pen.line(Ink::Faint, format_args!("{}{line}", if at == 0 { "" } else { "  " }))?;
    }
    pen.line(Ink::Faint, "  -v shows all in full, --format json lists them")
}

/// What is broken comes first; of one level, the lists keep the order of the findings.
fn choose(findings: &[Finding], verbosity: Verbosity) -> Choice<'_> {
    if verbosity == Verbosity::Verbose {
        return Choice { full: findings.iter().collect(), ..Choice::default() };
    }
    let mut of_a_rule: BTreeMap<&str, usize> = BTreeMap::new();
    let mut full = Vec::new();
    let mut brief = Vec::new();
    let mut left_out = BTreeMap::new();
    let told = findings.iter().filter(|it| it.level >= Level::Warning).count();
    let (most, of_one) = if told <= FEW { (FEW, FEW) } else { (FULL, FULL_OF_A_RULE) };
    for level in [Level::Error, Level::Warning] {
        for finding in findings.iter().filter(|it| it.level == level) {
            let shown = of_a_rule.entry(finding.rule).or_default();
            if *shown < of_one && full.len() < most {
                *shown += 1;
                full.push(finding);
            } else if brief.len() < BRIEF {
                brief.push(finding);
            } else {
                *left_out.entry(finding.rule).or_default() += 1;
            }
        }
    }
    Choice { full, brief, left_out }
}

/// `path:line:column: warning[rule]: message`, as editors and terminals can follow it.
fn one_line(report: &Report<'_>, finding: &Finding, pen: &mut Pen<'_>) -> io::Result<()> {
    let position = report.program.position(finding.place);
    let path = report.path(finding.place.file);
    pen.text(format_args!("{path}:{}:{}: ", position.line, position.column))?;
    pen.put(Ink::of_level(finding.level), format_args!("{}[{}]", finding.level.as_str(), finding.rule))?;
    pen.line(Ink::Plain, format_args!(": {}", flat(&finding.message)))
}

/// How many findings of each rule there are, the most frequent first.
pub(super) fn statistics(report: &Report<'_>, pen: &mut Pen<'_>) -> io::Result<()> {
    use super::table::{Align, Cell, Grid};

    let mut counts: BTreeMap<(Level, &str), (usize, Vec<u32>)> = BTreeMap::new();
    for finding in report.findings {
        let entry = counts.entry((finding.level, finding.rule)).or_default();
        entry.0 += 1;
        entry.1.push(finding.place.file.0);
    }
    if counts.is_empty() {
        return Ok(());
    }
    let mut rows: Vec<_> = counts.into_iter().collect();
    rows.sort_by(|((level, rule), (count, _)), ((other_level, other_rule), (other, _))| {
        other.cmp(count).then(other_level.cmp(level)).then(rule.cmp(other_rule))
    });
    let mut grid = Grid::new(vec![Align::Right, Align::Left, Align::Left, Align::Right]).gap(2);
    for ((level, rule), (count, mut files)) in rows {
        files.sort_unstable();
        files.dedup();
        grid.row(vec![
            Cell::plain(grouped(count)),
            Cell::new(Ink::of_level(level), level.as_str()),
            Cell::plain(rule),
            Cell::new(Ink::Faint, format!("in {}", counted(files.len(), "file", "files"))),
        ]);
    }
    pen.line(Ink::Strong, " Findings by rule")?;
    grid.write(pen)?;
    pen.end()
}
