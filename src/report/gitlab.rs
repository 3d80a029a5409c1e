//! The code quality report of GitLab: a list of findings, each with an identity of its own, because of two alike one would be
//! dropped.

use std::io::{self, Write};

use serde::Serialize;

use super::Report;
use super::words::sentence;
use crate::rule::{Finding, Level};

#[derive(Serialize)]
struct Issue<'a> {
    description: String,
    check_name: &'a str,
    fingerprint: &'a str,
    severity: &'static str,
    location: Location,
}

#[derive(Serialize)]
struct Location {
    path: String,
    lines: Lines,
}

#[derive(Serialize)]
struct Lines {
    begin: u32,
    end: u32,
}

pub(super) fn render(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    out.write_all(b"[")?;
    // GitLab compares with the report of the target branch by itself, so nothing is left out for a change.
    let all = report.with_outside();
    for (at, (finding, print, _)) in all.iter().enumerate() {
        out.write_all(if at == 0 { b"\n  " } else { b",\n  " })?;
        serde_json::to_writer(&mut *out, &issue(report, finding, print))?;
    }
    out.write_all(if all.is_empty() { b"]\n" } else { b"\n]\n" })
}

fn issue<'a>(report: &Report<'_>, finding: &'a Finding, fingerprint: &'a str) -> Issue<'a> {
    let (start, end) = (report.program.position(finding.place), report.program.end_position(finding.place));
    Issue {
        // The name of the check is shown nowhere.
        description: format!("{}: {}", finding.rule, sentence(&finding.message)),
        check_name: finding.rule,
        fingerprint,
        severity: match finding.level {
            Level::Error => "major",
            Level::Warning => "minor",
            Level::Note | Level::Off => "info",
        },
        location: Location {
            path: report.path_in_repository(finding.place.file),
            lines: Lines { begin: start.line, end: end.line },
        },
    }
}
