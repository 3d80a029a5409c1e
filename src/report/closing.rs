//! The last lines: how many findings, what the gate says, and what to do next.

use std::collections::BTreeMap;
use std::io;

use super::style::{Ink, Pen};
use super::words::{counted, floored, shown, width};
use super::{Report, Verbosity};
use crate::measure::GateCheck;
use crate::rule::{Level, Safety};

pub(super) fn write(report: &Report<'_>, pen: &mut Pen<'_>) -> io::Result<()> {
    let counts = counts(report);
    pen.text(" ")?;
    let mut taken = 1;
    for (at, (ink, text)) in counts.iter().enumerate() {
        let between = if at == 0 { String::new() } else { format!(" {} ", pen.style.dot()) };
        pen.text(&between)?;
        pen.put(*ink, text)?;
        taken += width(&between) + width(text);
    }
    if let Some(text) = held(report) {
        pen.put(Ink::Faint, &text)?;
        taken += width(&text);
    }
    gate(report, taken, pen)?;
    stale(report, pen)?;
    fixable(report, pen)?;
    if report.verbosity != Verbosity::Quiet {
        next(report, pen)?;
    }
    Ok(())
}

/// ` (2 suppressed, 5 in the baseline)`
fn held(report: &Report<'_>) -> Option<String> {
    let told = super::words::held(report);
    (!told.is_empty()).then(|| format!(" ({told})"))
}

fn stale(report: &Report<'_>, pen: &mut Pen<'_>) -> io::Result<()> {
    let Some(baseline) = report.baseline.as_ref().filter(|it| !it.stale.is_empty()) else { return Ok(()) };
    let entries = counted(baseline.stale.len(), "entry", "entries");
    let file = &baseline.file;
    pen.line(
        Ink::Faint,
        format_args!(" {entries} of {file} found no more: --write-baseline {file} drops them"),
    )
}

/// What can be mended without anybody thinking about it, and by which command.
fn fixable(report: &Report<'_>, pen: &mut Pen<'_>) -> io::Result<()> {
    let of = |safety| {
        report.findings.iter().filter_map(|it| it.fix.as_ref()).filter(|it| it.safety == safety).count()
    };
    let (safe, others) = (of(Safety::Safe), of(Safety::Unsafe));
    let told = match (safe, others) {
        (0, 0) => return Ok(()),
        (safe, 0) => format!("otcov fix mends {}", counted(safe, "of them", "of them")),
        (0, others) => format!("otcov fix --unsafe mends {}", counted(others, "of them", "of them")),
        (safe, others) => format!(
            "otcov fix mends {}, and {others} more with --unsafe",
            counted(safe, "of them", "of them")
        ),
    };
    pen.line(Ink::Faint, format_args!(" {told}"))
}

fn counts(report: &Report<'_>) -> Vec<(Ink, String)> {
    let of = |level| report.findings.iter().filter(|it| it.level == level).count();
    let words = [
        (Level::Error, "error", "errors"),
        (Level::Warning, "warning", "warnings"),
        (Level::Note, "note", "notes"),
    ];
    let mut counts: Vec<_> = words
        .into_iter()
        .map(|(level, one, many)| (level, of(level), one, many))
        .filter(|(_, count, ..)| *count > 0)
        .map(|(level, count, one, many)| (Ink::of_level(level), counted(count, one, many)))
        .collect();
    if counts.is_empty() {
        counts.push((Ink::Good, "no findings".to_owned()));
    }
    counts
}

/// On the same line where there is room, so that the last line answers both questions.
fn gate(report: &Report<'_>, taken: usize, pen: &mut Pen<'_>) -> io::Result<()> {
    let (ink, verdict) = match (report.gate.checks.len(), report.gate.passed()) {
        (0, _) if report.configured => (Ink::Faint, "none set".to_owned()),
        (0, _) => (Ink::Faint, "none set (otcov init)".to_owned()),
        (checks, true) => (Ink::Good, format!("passed ({})", counted(checks, "check", "checks"))),
        (_, false) => (Ink::Error, "failed".to_owned()),
    };
    let gap = if taken + 11 + width(&verdict) <= pen.style.columns() { "     " } else { "\n " };
    pen.text(format_args!("{gap}gate: "))?;
    pen.line(ink, verdict)?;
    for check in report.gate.checks.iter().filter(|it| !it.passed) {
        failed(check, pen)?;
    }
    Ok(())
}

/// `functions 33.0 % of 40 % (layer commands)`
fn failed(check: &GateCheck, pen: &mut Pen<'_>) -> io::Result<()> {
    pen.text("   ")?;
    pen.put(Ink::Strong, check.dimension.as_str())?;
    match check.actual {
        Some(actual) => pen.put(Ink::Bad, format_args!(" {:.1} %", floored(actual, 1)))?,
        None => pen.put(Ink::Bad, format_args!(" {}", pen.style.nothing()))?,
    }
    let part = check.part.words().map(|it| format!(" ({it})")).unwrap_or_default();
    let before = if check.ratchet { "before" } else { "" };
    let gap = if check.ratchet { " " } else { "" };
    pen.line(Ink::Plain, format_args!(" of {} %{gap}{before}{part}", shown(check.required)))
}

/// One hint, about the worst of the rules that spoke.
fn next(report: &Report<'_>, pen: &mut Pen<'_>) -> io::Result<()> {
    let mut rules: BTreeMap<&str, (Level, usize)> = BTreeMap::new();
    for finding in report.findings {
        let entry = rules.entry(finding.rule).or_insert((finding.level, 0));
        entry.0 = entry.0.max(finding.level);
        entry.1 += 1;
    }
    // Of equals the first by name, whatever the order of the findings.
    let worst = rules.iter().rev().max_by_key(|(_, weight)| **weight);
    let Some((rule, (level, _))) = worst else { return Ok(()) };
    if *level == Level::Note && report.verbosity == Verbosity::Normal {
        return pen.line(Ink::Faint, " otcov scan -v shows the notes too");
    }
    pen.line(Ink::Faint, format_args!(" otcov explain {rule}: why it matters and how to fix it"))
}
