//! `--diff` over a history that is made here: what was changed, what something else changed, and what only moved.
#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot set itself up has nothing better to do than to break"
)]

use std::fs;
use std::path::Path;
use std::process::Output;

use serde_json::Value;

use super::cli::otcov;
use super::consumers::on_the_path;
use super::consumers::trees::{commit_all, git};

const HELPER: &str = "from contextlib import contextmanager\n\nfrom opentelemetry import trace\n\ntracer = trace.get_tracer(\"app\")\n\n
@contextmanager\ndef step(name):\n    yield\n";

/// Twenty functions that use the helper; one of them starts a process.
fn steps() -> String {
    let one = |it: u32| {
        format!(
            "\n\ndef step_{it}(items):\n    with step(\"{it}\"):\n        for item in items:\n            item.run({it})\n"
        )
    };
    "from app.helper import step\n".to_owned() + &(0..20).map(one).collect::<String>()
}

/// A command, and nine functions that only it calls.
fn jobs(decorator: &str) -> String {
    let one = |it: u32| format!("\n\ndef job_{it}(items):\n    for item in items:\n        item.do({it})\n");
    let calls: String = (0..9).map(|it| format!("    job_{it}(items)\n")).collect();
    format!(
        "from app.helper import tracer\n{}\n\n{decorator}def jobs(items):\n{calls}\n\nif __name__ == \"__main__\":\n    jobs([])\n",
        (0..9).map(one).collect::<String>()
    )
}

const SPAN: &str = "@tracer.start_as_current_span(\"jobs\")\n";
const OLD: &str = "import subprocess\n\n\ndef old(names):\n    for name in names:\n        subprocess.run([name])\n\n\nif __name__ == \"__main__\":\n    old([])\n";

fn write(at: &Path, name: &str, text: &str) {
    fs::create_dir_all(at.join(name).parent().unwrap()).unwrap();
    fs::write(at.join(name), text).unwrap();
}

/// A repository with a branch on which nothing has happened yet.
fn repository(at: &Path) {
    write(at, "app/helper.py", HELPER);
    write(at, "app/steps.py", &steps());
    write(at, "app/jobs.py", &jobs(SPAN));
    write(at, "app/old.py", OLD);
    write(at, "app/gone.py", &OLD.replace("old", "gone"));
    write(at, "app/far/moved.py", &OLD.replace("old", "moved"));
    commit_all(at);
    git(at, &["checkout", "--quiet", "-b", "branch"]);
}

fn scan(at: &Path, args: &[&str]) -> Output {
    otcov(at).env("PATH", std::env::var_os("PATH").unwrap()).arg("scan").args(args).output().unwrap()
}

fn report(at: &Path, args: &[&str]) -> Value {
    let output = scan(at, &[&["--format", "json", "--fail-on", "never"], args].concat());
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// `name before>now`, and a star where it was touched.
fn functions(report: &Value) -> Vec<String> {
    let told = |it: &Value| {
        let [name, before, now] =
            ["function", "before", "now"].map(|key| it[key].as_str().unwrap().to_owned());
        format!("{name} {before}>{now}{}", if it["touched"] == true { "*" } else { "" })
    };
    report["change"]["functions"].as_array().unwrap().iter().map(told).collect()
}

/// Rule and place of what is of the change.
fn findings(report: &Value) -> Vec<String> {
    let all = report["findings"].as_array().unwrap().iter().filter(|it| it["in_diff"] == true);
    all.map(|it| format!("{} {}:{}", it["rule"].as_str().unwrap(), it["file"].as_str().unwrap(), it["line"]))
        .collect()
}

#[test]
fn what_only_moves_is_no_change() {
    let Some(_) = on_the_path("git") else { return };
    let directory = tempfile::tempdir().unwrap();
    let at = directory.path();
    repository(at);
    git(at, &["mv", "app/old.py", "app/new.py"]);
    git(at, &["mv", "app/far/moved.py", "app/moved.py"]);
    git(at, &["rm", "--quiet", "app/gone.py"]);
    write(at, "app/steps.py", &("# a comment on top\n\n".to_owned() + &steps()));
    for state in ["staged", "committed"] {
        let report = report(at, &["--diff", "main"]);
        assert_eq!(functions(&report), Vec::<String>::new(), "{state}");
        assert_eq!(findings(&report), Vec::<String>::new(), "{state}: {report:#}");
        assert!(report["findings"].as_array().unwrap().len() > 1);
        assert_eq!(report["change"]["revision"], "main");
        commit_all(at);
    }
}

#[test]
fn a_helper_that_opens_a_span_brings_twenty_functions_to_light() {
    let Some(_) = on_the_path("git") else { return };
    let directory = tempfile::tempdir().unwrap();
    let at = directory.path();
    repository(at);
    let helper =
        HELPER.replace("    yield\n", "    with tracer.start_as_current_span(name):\n        yield\n");
    write(at, "app/helper.py", &helper);
    let report = report(at, &["--diff=main"]);
    let expected: Vec<String> = (0..20).map(|it| format!("step_{it} unknown>covered")).collect();
    assert_eq!(functions(&report), expected);
    assert_eq!(findings(&report), Vec::<String>::new(), "{report:#}");
    assert_eq!(report["change"]["coverage"]["reach"]["covered"], 20);
}

#[test]
fn a_decorator_that_is_gone_turns_ten_functions_dark() {
    let Some(_) = on_the_path("git") else { return };
    let directory = tempfile::tempdir().unwrap();
    let at = directory.path();
    repository(at);
    write(at, "app/jobs.py", &jobs(""));
    commit_all(at);
    // The main branch goes on meanwhile; that is not what was changed here.
    git(at, &["checkout", "--quiet", "main"]);
    write(at, "app/later.py", OLD);
    commit_all(at);
    git(at, &["checkout", "--quiet", "branch"]);
    let report = report(at, &["--diff", "main"]);
    let mut expected: Vec<String> = (0..9).map(|it| format!("job_{it} covered>dark")).collect();
    expected.push("jobs covered>dark*".to_owned());
    assert_eq!(functions(&report), expected);
    assert_eq!(
        report["change"]["coverage"]["reach"],
        serde_json::json!({"covered": 0, "total": 10, "percent": 0.0, "unknown": 0})
    );
    let human = String::from_utf8(scan(at, &["--diff", "main", "--fail-on", "never"]).stdout).unwrap();
    assert!(
        human.contains("10 functions no longer seen\n     app/jobs.py:4  job_0 (not itself changed)\n"),
        "{human}"
    );
}

#[test]
fn what_is_new_is_told_and_can_be_asked_for() {
    let Some(_) = on_the_path("git") else { return };
    let directory = tempfile::tempdir().unwrap();
    let at = directory.path();
    repository(at);
    // Not known to version control yet; and one more in a file that is.
    write(at, "app/fresh.py", &OLD.replace("old", "fresh"));
    write(
        at,
        "app/old.py",
        &OLD.replace("subprocess.run([name])\n", "subprocess.run([name])\n        subprocess.run([name])\n"),
    );
    let report = report(at, &["--diff", "main"]);
    let told = findings(&report);
    for expected in ["raw-subprocess app/fresh.py:6", "raw-subprocess app/old.py:7"] {
        assert!(told.contains(&expected.to_owned()), "{told:?}");
    }
    assert!(!told.contains(&"raw-subprocess app/old.py:6".to_owned()), "{told:?}");
    assert!(told.iter().all(|it| it.contains("fresh") || it.contains("old.py")), "{told:?}");
    write(at, "otcov.toml", "[gate.diff]\nreach = 50\n");
    let gated = scan(at, &["--diff", "main", "--fail-on", "never", "--quiet"]);
    assert_eq!(gated.status.code(), Some(1));
    let said = String::from_utf8(gated.stdout).unwrap();
    assert!(said.contains("reach 0.0 % of 50 % (the change)"), "{said}");
    assert_eq!(scan(at, &["--fail-on", "never", "--quiet"]).status.code(), Some(0));
}

#[test]
fn the_ratchet_holds_against_the_commit_as_well() {
    let Some(_) = on_the_path("git") else { return };
    let directory = tempfile::tempdir().unwrap();
    let at = directory.path();
    repository(at);
    write(at, "otcov.toml", "[gate]\nratchet = true\n");
    commit_all(at);
    assert_eq!(scan(at, &["--diff", "main", "--fail-on", "never"]).status.code(), Some(0));
    write(at, "app/jobs.py", &jobs(""));
    let output = scan(at, &["--diff", "main", "--fail-on", "never", "--quiet"]);
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(said.contains("% before"), "{said}");
}

#[test]
fn a_part_of_the_repository_and_its_settings_are_compared_too() {
    let Some(_) = on_the_path("git") else { return };
    let directory = tempfile::tempdir().unwrap();
    let at = directory.path();
    repository(at);
    write(at, "app/jobs.py", &jobs(""));
    write(at, "other/new.py", OLD);
    let report = report(&at.join("app"), &["--diff", "main"]);
    assert_eq!(report["change"]["files"], 1);
    assert_eq!(functions(&report).len(), 10);
}

#[track_caller]
fn refuses(at: &Path, args: &[&str], expected: &[&str]) {
    let output = scan(at, args);
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0), "{said}");
    expected.iter().for_each(|it| assert!(said.contains(it), "{said}"));
}

#[test]
fn what_cannot_be_compared_is_said_with_what_to_do() {
    let Some(_) = on_the_path("git") else { return };
    let directory = tempfile::tempdir().unwrap();
    let at = directory.path().join("whole");
    fs::create_dir(&at).unwrap();
    refuses(&at, &["--diff"], &["--diff compares with an earlier commit: this is no git repository"]);
    repository(&at);
    refuses(&at, &["--diff", "nowhere"], &["there is no revision `nowhere`\n"]);
    refuses(&at, &["--diff", "app"], &["there is no revision `app`; write paths before --diff"]);
    write(&at, "app/more.py", OLD);
    commit_all(&at);
    let from = format!("file://{}", at.display());
    git(directory.path(), &["clone", "--quiet", "--depth", "1", "--no-single-branch", &from, "shallow"]);
    let shallow = directory.path().join("shallow");
    let help = "only part of the history is here: fetch all of it (`fetch-depth: 0` of actions/checkout";
    refuses(&shallow, &["--diff", "origin/main"], &["share no commit", help]);
    let no_git = otcov(&at).env("PATH", "/nowhere").args(["scan", "--diff"]).output().unwrap();
    assert!(
        String::from_utf8(no_git.stderr).unwrap().contains("--diff needs git, and there is no such program")
    );
}
