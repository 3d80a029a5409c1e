//! Baselines over the life of a project: written, kept while code moves, grown stale, and held by a ratchet.
#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot set itself up has nothing better to do than to break"
)]

use std::fs;
use std::path::Path;

use serde_json::Value;

use super::cli::otcov;
use super::consumers::trees;

/// Status and report of a scan in a directory.
fn scan(at: &Path, args: &[&str]) -> (Option<i32>, Value) {
    let output = otcov(at).args(["scan", "--isolated", "--format", "json"]).args(args).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let report = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{said}"));
    (output.status.code(), report)
}

fn count(report: &Value) -> usize {
    report["findings"].as_array().unwrap().len()
}

/// The shop with a baseline of all that is found in it.
fn with_baseline(at: &Path) {
    trees::shop(at);
    fs::create_dir(at.join(".git")).unwrap();
    let (status, report) = scan(at, &["--fail-on", "note", "--write-baseline", "baseline.json"]);
    assert_eq!((status, count(&report)), (Some(0), 0));
    assert!(report["baseline"]["held"].as_u64().unwrap() > 4);
}

const BASELINE: [&str; 4] = ["--baseline", "baseline.json", "--fail-on", "note"];
const DARK: &str = "import subprocess\n\ndef main():\n    subprocess.run(['x'])\n\nmain()\n";

#[test]
fn what_is_known_is_not_told_again_wherever_it_moves() {
    let directory = tempfile::tempdir().unwrap();
    let at = directory.path();
    with_baseline(at);
    let known = |what: &str| {
        let (status, report) = scan(at, &BASELINE);
        assert_eq!((status, count(&report)), (Some(0), 0), "{what}: {report:#}");
        assert_eq!(report["baseline"]["stale"].as_array().unwrap().len(), 0, "{what}: {report:#}");
    };
    known("unchanged");
    for file in trees::sources(at) {
        let text = fs::read_to_string(&file).unwrap();
        fs::write(&file, "# one more line\n".repeat(10) + &text).unwrap();
    }
    known("ten lines on top of every file");
    fs::rename(at.join("src/shop/operations/stock.py"), at.join("src/shop/operations/supply.py")).unwrap();
    fs::rename(at.join("src/shop/runtime/channels.py"), at.join("src/shop/channels.py")).unwrap();
    for file in trees::sources(at) {
        let text = fs::read_to_string(&file).unwrap().replace("operations.stock", "operations.supply");
        fs::write(
            &file,
            text.replace("runtime.channels", "channels").replace("runtime import channels", "runtime"),
        )
        .unwrap();
    }
    let (_, report) = scan(at, &BASELINE);
    let moved =
        report["findings"].as_array().unwrap().iter().filter(|it| it["rule"] == "raw-subprocess").count();
    assert_eq!(moved, 0, "{report:#}");
    fs::write(at.join("src/shop/new.py"), DARK).unwrap();
    let (status, report) = scan(at, &BASELINE);
    assert_eq!(status, Some(1));
    assert!(
        report["findings"].as_array().unwrap().iter().any(|it| it["file"] == "src/shop/new.py"),
        "{report:#}"
    );
}

#[test]
fn entries_that_nothing_is_found_for_are_told_by_whoever_looked() {
    let directory = tempfile::tempdir().unwrap();
    let at = directory.path();
    trees::shop(at);
    fs::write(at.join("src/shop/old.py"), DARK).unwrap();
    scan(at, &["--write-baseline", "baseline.json"]);
    fs::write(at.join("src/shop/old.py"), "def main():\n    return 1\n").unwrap();
    let stale = |args: &[&str]| {
        let (_, report) = scan(at, &[&BASELINE, args].concat());
        report["baseline"]["stale"]
            .as_array()
            .unwrap()
            .iter()
            .map(|it| it["file"].to_string())
            .collect::<Vec<_>>()
    };
    assert!(stale(&[]).contains(&"\"src/shop/old.py\"".to_owned()));
    assert!(stale(&["src/shop/commands"]).is_empty());
    assert!(stale(&["src/shop/old.py"]).is_empty());
    assert!(stale(&["--ignore", "strict"]).is_empty());
    let human =
        otcov(at).args(["scan", "--isolated", "--fail-on", "never"]).args(&BASELINE[..2]).output().unwrap();
    let human = String::from_utf8(human.stdout).unwrap();
    assert!(
        human.contains("of baseline.json found no more: --write-baseline baseline.json drops them"),
        "{human}"
    );
    scan(at, &["--baseline", "baseline.json", "--write-baseline", "baseline.json"]);
    assert!(stale(&[]).is_empty());
}

#[test]
fn a_ratchet_only_rises() {
    let directory = tempfile::tempdir().unwrap();
    let at = directory.path();
    trees::shop(at);
    fs::write(at.join("ratchet.toml"), "[gate]\nratchet = true\n").unwrap();
    let scan = |args: &[&str]| {
        let output = otcov(at)
            .args(["scan", "src", "--config", "ratchet.toml", "--format", "json"])
            .args(args)
            .output()
            .unwrap();
        let report: Value = serde_json::from_slice(&output.stdout).unwrap();
        (output.status.code(), report["gate"].clone(), String::from_utf8(output.stderr).unwrap())
    };
    let both = ["--baseline", "b.json", "--write-baseline", "b.json"];
    let (status, _, said) = scan(&["--write-baseline", "b.json"]);
    assert_eq!(status, Some(0));
    assert!(said.contains("gate.ratchet compares with nothing"), "{said}");
    let before = fs::read_to_string(at.join("b.json")).unwrap();
    fs::write(at.join("src/shop/new.py"), DARK).unwrap();
    let (status, gate, _) = scan(&both);
    assert_eq!((status, &gate["passed"]), (Some(1), &Value::Bool(false)), "{gate:#}");
    let failed = gate["checks"].as_array().unwrap().iter().find(|it| it["passed"] == false).unwrap();
    assert_eq!(failed["ratchet"], true);
    // What was reached once stays the measure, although the findings are written anew.
    let shares = |text: &str| serde_json::from_str::<Value>(text).unwrap()["coverage"].clone();
    let after = fs::read_to_string(at.join("b.json")).unwrap();
    assert_eq!(shares(&before), shares(&after));
    assert!(after.contains("src/shop/new.py"));
    fs::remove_file(at.join("src/shop/new.py")).unwrap();
    assert_eq!(scan(&both).0, Some(0));
}
