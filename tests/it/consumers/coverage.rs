//! LCOV and Cobertura in the hands of genhtml, diff-cover and a validator.
#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot set itself up has nothing better to do than to break"
)]

use std::fs;
use std::path::Path;
use std::process::Command;

use super::{installed, on_the_path, python, succeeds, trees};
use crate::cli::otcov;
use crate::tidy::root;

/// Two functions, of which the second is dark, and a call in each.
const CHANGE: &str =
    "\nfrom opentelemetry import trace\nimport subprocess\n\ntracer = trace.get_tracer(\"shop\")\n\n
def seen():\n    with tracer.start_as_current_span(\"seen\"):\n        subprocess.run([\"a\"])\n\n
def unseen():\n    subprocess.run([\"b\"])\n\n
if __name__ == \"__main__\":\n    seen()\n    unseen()\n";

/// A repository with the shop on `main`, and a new file on a branch; and both reports.
fn changed_shop(at: &Path) {
    trees::shop(at);
    trees::commit_all(at);
    trees::git(at, &["checkout", "--quiet", "-b", "change"]);
    fs::write(at.join("src/shop/n&w.py"), CHANGE).unwrap();
    trees::commit_all(at);
    let reports = ["--format", "lcov=otcov.lcov", "--format", "cobertura=otcov.xml"];
    succeeds(otcov(at).args(["scan", "src", "--isolated", "--fail-on", "never"]).args(reports));
}

#[test]
fn diff_cover_reads_lcov_and_cobertura_alike() {
    let Some(diff_cover) = installed("venv/bin/diff-cover") else { return };
    let directory = tempfile::tempdir().unwrap();
    let at = directory.path();
    changed_shop(at);
    for report in ["otcov.lcov", "otcov.xml"] {
        let mut command = Command::new(&diff_cover);
        let said = succeeds(command.current_dir(at).args([report, "--compare-branch=main"]));
        // Of two functions and two calls, one function and its call are dark.
        assert!(said.contains("src/shop/n&w.py (50.0%): Missing lines 13-14"), "{report}: {said}");
        assert!(said.contains("Total:   4 lines") && said.contains("Missing: 2 lines"), "{report}: {said}");
    }
}

#[test]
fn genhtml_renders_lcov() {
    let Some(genhtml) = on_the_path("genhtml") else { return };
    let directory = tempfile::tempdir().unwrap();
    let at = directory.path();
    changed_shop(at);
    let mut command = Command::new(genhtml);
    let said = succeeds(command.current_dir(at).args(["--output-directory", "html", "otcov.lcov"]));
    assert!(said.contains("functions..: "), "{said}");
    let page = fs::read_to_string(at.join("html/src/shop/n&w.py.gcov.html"))
        .or_else(|_| fs::read_to_string(at.join("html/shop/n&w.py.gcov.html")))
        .unwrap();
    assert!(page.contains("subprocess"), "{page}");
}

#[test]
fn cobertura_has_the_shape_that_its_readers_expect() {
    let Some(interpreter) = installed("venv/bin/python") else { return };
    let directory = tempfile::tempdir().unwrap();
    let at = directory.path();
    changed_shop(at);
    let script = "import sys\nfrom lxml import etree\n\
                  dtd = etree.DTD(open(sys.argv[1], 'rb'))\n\
                  report = etree.parse(sys.argv[2])\n\
                  assert dtd.validate(report), dtd.error_log\n\
                  assert report.xpath('//class[@filename=\"src/shop/n&w.py\"]/lines/line[@hits=\"0\"]')\n";
    let dtd = root("tests/it/consumers/cobertura.dtd");
    succeeds(&mut python(&interpreter, script, &[&dtd, &at.join("otcov.xml")]));
}
