//! Workflow commands of GitHub Actions, one a finding: they become annotations in the log and beside the changed lines. A step
//! shows ten of each level, so the worst come first and the rest is counted in plain words.

use std::io::{self, Write};

use super::Report;
use super::words::{counted, sentence};
use crate::rule::{Finding, Level};

/// What GitHub shows of one level and step.
const MOST: usize = 10;

pub(super) fn render(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    for check in report.gate.checks.iter().filter(|it| !it.passed) {
        let text = super::words::failed_check(check);
        writeln!(out, "::error title=telemetry gate::{}", data(&text))?;
    }
    let failed = report.gate.checks.iter().filter(|it| !it.passed).count();
    let mut left = 0;
    for level in [Level::Error, Level::Warning, Level::Note] {
        let of_level = report.findings.iter().filter(|it| it.level == level);
        let room = if level == Level::Error { MOST.saturating_sub(failed) } else { MOST };
        for (at, finding) in of_level.enumerate() {
            if at < room {
                annotation(report, finding, out)?;
            } else {
                left += 1;
            }
        }
    }
    if left > 0 {
        writeln!(
            out,
            "{} more without an annotation: GitHub shows {MOST} of a level.",
            counted(left, "finding", "findings")
        )?;
    }
    Ok(())
}

fn annotation(report: &Report<'_>, finding: &Finding, out: &mut dyn Write) -> io::Result<()> {
    let (start, end) = (report.program.position(finding.place), report.program.end_position(finding.place));
    let command = match finding.level {
        Level::Error => "error",
        Level::Warning => "warning",
        Level::Note | Level::Off => "notice",
    };
    let file = property(&report.path_in_repository(finding.place.file));
    write!(out, "::{command} file={file},line={},endLine={}", start.line, end.line)?;
    if start.line == end.line {
        // Columns of different lines are refused.
        write!(out, ",col={},endColumn={}", start.column, end.column)?;
    }
    let sentences = [Some(&finding.message), finding.reason.as_ref(), finding.help.as_ref()];
    let text: Vec<String> = sentences.into_iter().flatten().map(|it| sentence(it)).collect();
    writeln!(out, ",title={}::{}", property(finding.rule), data(&text.join("\n")))
}

fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use crate::report::Format;
    use crate::report::tests::sample::{rendered, shop};

    #[test]
    fn a_finding_is_a_command_on_one_line() {
        let mut shop = shop();
        shop.findings[0].message = "100 %\n::error::x".to_owned();
        let sources = shop.sources();
        let mut report = shop.report(&sources);
        report.prefix = "a,b:c";
        let text = rendered(&report, Format::Github);
        let mut lines = text.lines();
        let first = lines.next().unwrap();
        let head = "::error file=a%2Cb%3Ac/src/shop/agents.py,line=1,endLine=1,col=1,endColumn=26,title=decorator-ends-early::";
        assert!(first.starts_with(head), "{first}");
        assert!(first.contains("::100 %25%0A::error::x.%0AEvery span"), "{first}");
        assert!(lines.clone().any(|it| it.contains("line=16,endLine=19,title=raw-subprocess::")), "{text}");
        assert_eq!(lines.clone().filter(|it| !it.starts_with("::")).count(), 0);
    }

    #[test]
    fn what_github_would_not_show_is_counted() {
        let mut shop = shop();
        let warning = shop.findings[1].clone();
        shop.findings.extend(std::iter::repeat_n(warning, 12));
        let sources = shop.sources();
        let text = rendered(&shop.report(&sources), Format::Github);
        assert_eq!(text.lines().filter(|it| it.starts_with("::warning ")).count(), 10);
        assert!(
            text.ends_with("4 findings more without an annotation: GitHub shows 10 of a level.\n"),
            "{text}"
        );
    }
}
