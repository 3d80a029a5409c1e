//! JUnit XML, for CI systems that show tests: every rule that is content and every threshold is a test, and so is each finding. A
//! finding that fails the run is a failure; any other one, and a file that could not be read, is skipped: seen, and no reason to
//! stop.

use std::collections::BTreeSet;
use std::io::{self, Write};

use super::Report;
use super::words::{failed_check, sentence};
use super::xml::escaped;
use crate::measure::GateCheck;
use crate::rule::Finding;

/// One `<testcase>`, and what befell it.
struct Case {
    name: String,
    class: String,
    outcome: Outcome,
}

enum Outcome {
    Passed,
    /// Element, type, message, text.
    Told(&'static str, String, String, String),
}

pub(super) fn render(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    let suites =
        [("otcov rules", rules(report)), ("otcov gate", gate(report)), ("otcov files", files(report))];
    let all: Vec<&Case> = suites.iter().flat_map(|it| &it.1).collect();
    writeln!(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>")?;
    writeln!(out, "<testsuites name=\"otcov\" {}>", counts(all.iter().copied()))?;
    for (name, cases) in suites.iter().filter(|it| !it.1.is_empty()) {
        writeln!(out, "  <testsuite name=\"{name}\" {}>", counts(cases.iter()))?;
        cases.iter().try_for_each(|it| write_case(it, out))?;
        writeln!(out, "  </testsuite>")?;
    }
    writeln!(out, "</testsuites>")
}

fn counts<'c>(cases: impl Iterator<Item = &'c Case> + Clone) -> String {
    let of = |element: &str| {
        let is = |it: &&Case| matches!(&it.outcome, Outcome::Told(told, ..) if *told == element);
        cases.clone().filter(is).count()
    };
    let (all, failures, errors, skipped) = (cases.clone().count(), of("failure"), of("error"), of("skipped"));
    format!("tests=\"{all}\" failures=\"{failures}\" errors=\"{errors}\" skipped=\"{skipped}\" time=\"0\"")
}

fn write_case(case: &Case, out: &mut dyn Write) -> io::Result<()> {
    let head = format!(
        "    <testcase name=\"{}\" classname=\"{}\" time=\"0\"",
        escaped(&case.name),
        escaped(&case.class)
    );
    match &case.outcome {
        Outcome::Passed => writeln!(out, "{head}/>"),
        Outcome::Told("skipped", _, message, _) => {
            writeln!(out, "{head}><skipped message=\"{}\"/></testcase>", escaped(message))
        }
        Outcome::Told(element, kind, message, text) => {
            let (kind, message, text) = (escaped(kind), escaped(message), escaped(text));
            writeln!(
                out,
                "{head}><{element} type=\"{kind}\" message=\"{message}\">{text}</{element}></testcase>"
            )
        }
    }
}

fn rules(report: &Report<'_>) -> Vec<Case> {
    let spoke: BTreeSet<&str> = report.findings.iter().map(|it| it.rule).collect();
    let content = report.rules.iter().filter(|it| !spoke.contains(it.name));
    let passed =
        |name: &str| Case { name: name.to_owned(), class: "otcov".to_owned(), outcome: Outcome::Passed };
    let told = report.findings.iter().map(|it| finding(report, it));
    told.chain(content.map(|it| passed(it.name))).collect()
}

fn finding(report: &Report<'_>, finding: &Finding) -> Case {
    let path = report.path_in_repository(finding.place.file);
    let position = report.program.position(finding.place);
    let place = format!("{path}:{}:{}", position.line, position.column);
    let message = sentence(&finding.message);
    let rest = [finding.reason.as_ref(), finding.help.as_ref()];
    let mut text = vec![place.clone()];
    text.extend(rest.into_iter().flatten().map(|it| sentence(it)));
    let fails = report.fail_on.is_some_and(|least| finding.level >= least);
    let outcome = if fails {
        Outcome::Told("failure", finding.level.as_str().to_owned(), message, text.join("\n"))
    } else {
        Outcome::Told(
            "skipped",
            String::new(),
            format!("{}: {message}", finding.level.as_str()),
            String::new(),
        )
    };
    Case { name: format!("{} at {place}", finding.rule), class: path, outcome }
}

fn gate(report: &Report<'_>) -> Vec<Case> {
    let case = |it: &GateCheck| Case {
        name: it.name(),
        class: "otcov gate".to_owned(),
        outcome: if it.passed {
            Outcome::Passed
        } else {
            Outcome::Told("failure", "gate".to_owned(), failed_check(it), String::new())
        },
    };
    report.gate.checks.iter().map(case).collect()
}

fn files(report: &Report<'_>) -> Vec<Case> {
    let case = |(file, reason): &(String, String)| Case {
        name: report.in_repository(file),
        class: "otcov files".to_owned(),
        outcome: Outcome::Told("skipped", String::new(), sentence(reason), String::new()),
    };
    report.unparsed.iter().map(case).collect()
}
