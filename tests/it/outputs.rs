//! Reports are written whole or not at all: on a full disk, where nothing may be written, over a directory, and by a process that is
//! killed while it writes.
#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot set itself up has nothing better to do than to break"
)]

use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Command, Output};

use super::cli::otcov;
use super::consumers::trees;

const OLD: &str = "what was there before\n";

fn shop(at: &Path) {
    trees::shop(at);
    for report in ["report.json", "report.sarif"] {
        fs::write(at.join(report), OLD).unwrap();
    }
}

#[track_caller]
fn nothing_has_changed(at: &Path) {
    for report in ["report.json", "report.sarif"] {
        assert_eq!(fs::read_to_string(at.join(report)).unwrap(), OLD, "{report}");
    }
}

#[track_caller]
fn refused(output: &Output, expected: &str) {
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0), "{said}");
    assert!(said.contains(expected), "{said}");
}

/// No file may grow beyond 8 blocks; `before` says what happens to a process that tries.
fn on_a_full_disk(at: &Path, before: &str) -> Output {
    let script = format!(
        "{before}ulimit -f 8; exec \"$0\" scan --format json=report.json --format sarif=report.sarif"
    );
    Command::new("bash")
        .current_dir(at)
        .env_clear()
        .arg("-c")
        .arg(script)
        .arg(env!("CARGO_BIN_EXE_otcov"))
        .output()
        .unwrap()
}

#[test]
fn on_a_full_disk_nothing_is_written() {
    let directory = tempfile::tempdir().unwrap();
    let at = directory.path();
    shop(at);
    refused(&on_a_full_disk(at, "trap '' XFSZ; "), "error: cannot write `report.");
    nothing_has_changed(at);
    let leftover = fs::read_dir(at)
        .unwrap()
        .filter(|it| it.as_ref().unwrap().file_name().to_string_lossy().starts_with(".otcov-"));
    assert_eq!(leftover.count(), 0);
}

#[test]
fn a_process_that_is_killed_leaves_the_old_reports() {
    let directory = tempfile::tempdir().unwrap();
    let at = directory.path();
    shop(at);
    let output = on_a_full_disk(at, "");
    assert!(output.status.signal().is_some(), "{output:?}");
    nothing_has_changed(at);
}

#[test]
fn places_that_cannot_be_written_are_named_and_nothing_else_is_written() {
    let directory = tempfile::tempdir().unwrap();
    let at = directory.path();
    shop(at);
    for (place, expected) in [
        ("/proc/otcov.html", "cannot write `/proc/otcov.html`"),
        ("src", "cannot write `src`: it is a directory"),
        ("/dev/full", "cannot write `/dev/full`"),
    ] {
        let output = otcov(at)
            .args(["scan", "--format", "json=report.json", "--format", &format!("html={place}")])
            .output()
            .unwrap();
        refused(&output, expected);
        nothing_has_changed(at);
    }
}
