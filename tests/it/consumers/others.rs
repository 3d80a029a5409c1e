//! The smaller formats, each read by a library that knows it.
#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot set itself up has nothing better to do than to break"
)]

use std::fs;
use std::path::Path;

use serde_json::Value;

use super::{installed, python, succeeds, trees};
use crate::cli::otcov;

/// The shop with all that is hard to quote in names and messages; and its report in one format.
fn report(at: &Path, format: &str) -> String {
    trees::shop(at);
    fs::write(
        at.join("src/shop/a<b>&'c'|d.py"),
        "from opentelemetry import trace\n\ndef main():\n    trace.get_current_span().set_attribute('net.peer.name', 'x')\n\nmain()\n",
    )
    .unwrap();
    let args =
        ["scan", "--isolated", "--fail-on", "never", "--fail-under", "functions=99,errors=0", "--format"];
    let output = otcov(at).args(args).arg(format).output().unwrap();
    // The gate fails.
    assert_eq!(output.status.code(), Some(1));
    let report = String::from_utf8(output.stdout).unwrap();
    fs::write(at.join("report"), &report).unwrap();
    report
}

#[test]
fn junit_is_read_as_failures_and_skipped_tests() {
    let directory = tempfile::tempdir().unwrap();
    report(directory.path(), "junit");
    let Some(interpreter) = installed("venv/bin/python") else { return };
    let script = "import sys\nfrom junitparser import JUnitXml\n\
                  xml = JUnitXml.fromfile(sys.argv[1])\n\
                  suites = {it.name: it for it in xml}\n\
                  gate, rules = suites['otcov gate'], suites['otcov rules']\n\
                  assert (gate.tests, gate.failures) == (2, 1), gate\n\
                  failed = [it for it in gate if not it.is_passed]\n\
                  assert 'functions' in failed[0].result[0].message, failed\n\
                  names = [it.name for it in rules if it.is_skipped]\n\
                  assert any(\"a<b>&'c'|d.py:4:5\" in it for it in names), names\n\
                  assert rules.skipped == len(names) and rules.tests == len(list(rules)) > 15\n";
    succeeds(&mut python(&interpreter, script, &[&directory.path().join("report")]));
}

#[test]
fn markdown_is_read_as_tables() {
    let directory = tempfile::tempdir().unwrap();
    report(directory.path(), "markdown");
    let Some(interpreter) = installed("venv/bin/python") else { return };
    let script = "import sys\nfrom markdown_it import MarkdownIt\n\
                  html = MarkdownIt('gfm-like', {'linkify': False}).render(open(sys.argv[1]).read())\n\
                  assert html.count('<table>') == 3, html\n\
                  assert 'The gate failed:' in html\n\
                  assert \"<code>src/shop/a&lt;b&gt;&amp;'c'|d.py:4</code>\" in html, html\n\
                  assert '<a ' not in html and '<img' not in html, html\n";
    succeeds(&mut python(&interpreter, script, &[&directory.path().join("report")]));
}

#[test]
fn the_badge_is_a_picture() {
    let directory = tempfile::tempdir().unwrap();
    report(directory.path(), "badge");
    let Some(interpreter) = installed("venv/bin/python") else { return };
    let script = "import sys\nfrom lxml import etree\n\
                  root = etree.parse(sys.argv[1]).getroot()\n\
                  assert root.tag == '{http://www.w3.org/2000/svg}svg', root.tag\n";
    succeeds(&mut python(&interpreter, script, &[&directory.path().join("report")]));
}

/// What GitLab asks for is a list of objects with these keys, and no identity twice.
#[test]
fn gitlab_finds_the_keys_that_it_needs() {
    let directory = tempfile::tempdir().unwrap();
    let issues: Vec<Value> = serde_json::from_str(&report(directory.path(), "gitlab")).unwrap();
    let mut identities: Vec<&str> = issues.iter().map(|it| it["fingerprint"].as_str().unwrap()).collect();
    identities.sort_unstable();
    identities.dedup();
    assert_eq!(identities.len(), issues.len());
    for issue in &issues {
        assert!(issue["description"].as_str().unwrap().starts_with(issue["check_name"].as_str().unwrap()));
        assert!(["info", "minor", "major"].contains(&issue["severity"].as_str().unwrap()));
        assert!(issue["location"]["lines"]["begin"].as_u64().unwrap() > 0);
        assert!(issue["location"]["path"].as_str().unwrap().starts_with("src/"));
    }
}

/// The runner's own reading of a command: properties up to the second `::`, escapes undone.
#[test]
fn github_commands_are_read_back_as_they_were_meant() {
    let directory = tempfile::tempdir().unwrap();
    let report = report(directory.path(), "github");
    let mut files = Vec::new();
    for line in report.lines().filter(|it| it.starts_with("::")) {
        let (command, data) = line[2..].split_once("::").unwrap();
        let (name, properties) = command.split_once(' ').unwrap();
        assert!(["error", "warning", "notice"].contains(&name), "{line}");
        assert!(!data.is_empty());
        let file = properties.split(',').find_map(|it| it.strip_prefix("file="));
        files.extend(file.map(|it| it.replace("%3A", ":").replace("%2C", ",").replace("%25", "%")));
    }
    assert!(files.contains(&"src/shop/a<b>&'c'|d.py".to_owned()), "{files:?}");
    assert!(report.starts_with("::error title=telemetry gate::functions: "), "{report}");
}
