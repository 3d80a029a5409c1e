//! SARIF reports before the schema of the standard, and before the validator that its editors keep.
#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot set itself up has nothing better to do than to break"
)]

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use super::{installed, python, succeeds, trees};
use crate::cli::otcov;

const PACKAGE: &str = "npm/node_modules/@microsoft/sarif-multitool-linux";

/// A tree with findings of every level, suppressed ones, a file without a name that is plain, and one that cannot be read.
fn tree(at: &Path) {
    trees::shop(at);
    fs::create_dir_all(at.join("src/shop/odd")).unwrap();
    fs::write(at.join("src/shop/odd/na me#ü.py"), "import subprocess\n\ndef main():\n    subprocess.run(['x'])  # otcov: ignore[raw-subprocess] -- a probe\n\nmain()\n").unwrap();
    fs::write(at.join("src/shop/odd/broken.py"), "def f(:\n    pass\n").unwrap();
    fs::write(at.join("src/shop/odd/large.py"), "x = 1\n".repeat(900_000)).unwrap();
    fs::create_dir(at.join(".git")).unwrap();
}

fn scan(from: &Path, paths: &[&str]) -> String {
    let args = ["scan", "--isolated", "--format", "sarif", "--fail-on", "never"].iter().chain(paths);
    succeeds(otcov(from).args(args))
}

#[test]
fn reports_are_what_the_schema_and_the_validator_ask_for() {
    let directory = tempfile::tempdir().unwrap();
    let at = directory.path();
    tree(at);
    let file = at.join("report.sarif");
    succeeds(otcov(at).args(["scan", "--fail-on", "never", "--format", "sarif=report.sarif"]));
    let report: Value = serde_json::from_str(&fs::read_to_string(&file).unwrap()).unwrap();
    let run = &report["runs"][0];
    let results = run["results"].as_array().unwrap();
    assert!(results.iter().any(|it| it["suppressions"][0]["justification"] == "a probe"), "{results:#?}");
    assert!(results.iter().any(|it| it["ruleId"] == "syntax-error"));
    let notifications = &run["invocations"][0]["toolExecutionNotifications"];
    assert!(notifications[0]["message"]["text"].as_str().unwrap().contains("MiB large"), "{notifications}");

    let (Some(interpreter), Some(package)) = (installed("venv/bin/python"), installed(PACKAGE)) else {
        return;
    };
    let script = "import json, sys, jsonschema\n\
                  schema, report = (json.load(open(it)) for it in sys.argv[1:])\n\
                  jsonschema.validators.validator_for(schema)(schema).validate(report)\n";
    succeeds(&mut python(&interpreter, script, &[&package.join("sarif-2.1.0.json"), &file]));
    let mut validator = Command::new(package.join("Sarif.Multitool"));
    let said = succeeds(
        validator.args(["validate", "--rule-kind", "Sarif;Ghas", "--level", "Error;Warning"]).arg(&file),
    );
    // It asks where the tool is at home, which the manifest does not say yet.
    let homeless = |it: &&str| it.contains("SARIF2005") && it.contains("'informationUri'");
    let faults = said.lines().filter(|it| it.contains(": error ") || it.contains(": warning "));
    let faults: Vec<&str> = faults.filter(|it| !homeless(it)).collect();
    assert!(faults.is_empty(), "{said}");
}

#[test]
fn identities_survive_when_lines_move() {
    let directory = tempfile::tempdir().unwrap();
    let at = directory.path();
    tree(at);
    let identities = || {
        let report: Value = serde_json::from_str(&scan(at, &[])).unwrap();
        let results = report["runs"][0]["results"].as_array().unwrap().clone();
        assert!(results.len() > 4);
        let mut lines: Vec<u64> = Vec::new();
        let identities: Vec<Value> = results
            .iter()
            .map(|it| {
                lines.push(it["locations"][0]["physicalLocation"]["region"]["startLine"].as_u64().unwrap());
                it["partialFingerprints"].clone()
            })
            .collect();
        (identities, lines)
    };
    let (before, lines) = identities();
    for file in trees::sources(at) {
        let text = fs::read_to_string(&file).unwrap();
        fs::write(&file, "# one more line\n".repeat(10) + &text).unwrap();
    }
    let (after, moved) = identities();
    assert_eq!(before, after);
    assert_eq!(moved, lines.iter().map(|it| it + 10).collect::<Vec<_>>());
}

#[test]
fn files_are_named_from_the_top_of_the_repository_wherever_one_stands() {
    let directory = tempfile::tempdir().unwrap();
    let at = directory.path();
    tree(at);
    let results = |from: &str, paths: &[&str]| {
        let report: Value = serde_json::from_str(&scan(&at.join(from), paths)).unwrap();
        report["runs"][0]["results"].clone()
    };
    let whole = results("", &["."]);
    assert_eq!(whole, results("src", &[".."]));
    let absolute = at.canonicalize().unwrap();
    assert_eq!(whole, results("/", &[absolute.to_str().unwrap()]));
    let uri = |it: &Value| {
        it["locations"][0]["physicalLocation"]["artifactLocation"]["uri"].as_str().unwrap().to_owned()
    };
    let uris: Vec<String> = results("src", &["shop"]).as_array().unwrap().iter().map(uri).collect();
    assert!(uris.iter().all(|it| it.starts_with("src/shop/")), "{uris:?}");
    assert!(uris.contains(&"src/shop/odd/na%20me%23%C3%BC.py".to_owned()), "{uris:?}");
}
