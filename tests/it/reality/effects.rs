//! Each finding of a bug rule, against the effect that the rule warns of; and the other way round.

use super::compare::Found;
use super::said::Said;
use super::seen::Row;

/// Rules whose effect every run can measure: a finding of theirs without an effect is a false alarm, an effect without a finding a
/// bug that is missed.
pub(crate) const MEASURED: [&str; 17] = [
    "attribute-type",
    "context-lost-process",
    "context-lost-task",
    "context-lost-thread",
    "dead-enrichment",
    "decorator-ends-early",
    "double-recorded-exception",
    "guard-across-await",
    "guard-dropped",
    "instrument-without-err",
    "orphan-enrichment",
    "raw-subprocess",
    "span-discarded",
    "span-never-ended",
    "span-not-current",
    "swallowed-error",
    "unrecorded-exception",
];

pub(crate) fn compare(rows: &[Row], said: &Said, found: &mut Found<'_>) {
    let effects: Vec<&Row> = rows.iter().filter(|it| it.kind == "effect").collect();
    for finding in said.findings.iter().filter(|it| MEASURED.contains(&it.rule.as_str())) {
        let here =
            effects.iter().filter(|it| it.rule == finding.rule && it.covers(&finding.file, finding.line));
        if here.clone().any(|it| it.shown != Some(false)) {
            continue;
        }
        let run = if here.count() == 0 { "never measured here" } else { "its effect did not come" };
        let place = format!("{}:{}", finding.file, finding.line);
        found.add(&place, &finding.rule, finding.message.clone(), run);
    }
    for row in effects.iter().filter(|it| it.shown == Some(true) && said.rules.contains(&it.rule)) {
        let mut findings = said.findings.iter().filter(|it| it.rule == row.rule);
        let told = findings
            .any(|it| row.file.as_deref().is_some_and(|file| row.covers(file, it.line) && it.file == file));
        if !told {
            found.add(&row.place(), &row.rule, "no finding", "its effect shows");
        }
    }
    entry_points(rows, said, found);
    calls(rows, said, found);
}

/// An entry point for which nobody opened a span is what `dark-entry-point` tells of.
fn entry_points(rows: &[Row], said: &Said, found: &mut Found<'_>) {
    for row in rows.iter().filter(|it| it.kind == "function" && it.sdk != Some(false)) {
        let record = row.line.and_then(|line| said.function(row.file.as_deref()?, line));
        let Some(record) = record.filter(|it| it.entry_point.is_some()) else { continue };
        let told = said.told("dark-entry-point", &record.file, record.line);
        let covered = row.opened > 0 || row.from_library > 0;
        if told && covered {
            found.add(&row.place(), "dark-entry-point", "a finding", "it has a span of its own");
        } else if !told && !covered && works_in_the_dark(rows, row) {
            found.add(
                &row.place(),
                "dark-entry-point",
                "no finding",
                "it calls out, and nobody opened a span",
            );
        }
    }
}

/// Who only passes on what it is given may go without a span; not who calls out, or starts a process.
fn works_in_the_dark(rows: &[Row], entry: &Row) -> bool {
    let outgoing = rows.iter().filter(|it| matches!(it.kind.as_str(), "call" | "process"));
    outgoing
        .filter(|it| it.file == entry.file && it.function == entry.line)
        .any(|it| !it.inside.is() && !it.library)
}

/// `dark-call`: the call went out with no span around it, at least once.
fn calls(rows: &[Row], said: &Said, found: &mut Found<'_>) {
    let calls: Vec<&Row> = rows.iter().filter(|it| it.kind == "call" && !it.by_attribute).collect();
    for record in said.of_kind("call") {
        let mut here = calls.iter().filter(|it| it.covers(&record.file, record.line)).peekable();
        if here.peek().is_none() {
            continue;
        }
        let told = said.told("dark-call", &record.file, record.line);
        let dark = here.clone().any(|it| !it.inside.is() && !it.library);
        let place = format!("{}:{}", record.file, record.line);
        if told && !dark {
            found.add(&place, "dark-call", "a finding", "always in a span");
        } else if !told && here.all(|it| !it.inside.is() && !it.library) {
            found.add(&place, "dark-call", "no finding", "never in a span");
        }
    }
}
