//! What cannot be said as data: readers that go away, disks that are full, names that are no text.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::process::Stdio;

use super::otcov;

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let directory = tempfile::tempdir().unwrap();
    let mut command = otcov(directory.path());
    let mut child =
        command.args(["completions", "bash"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), output.stderr.len()), (Some(0), 0));
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_said() {
    let directory = tempfile::tempdir().unwrap();
    let full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let output = otcov(directory.path()).arg("rules").stdout(full).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(told.starts_with("error: cannot write to stdout: "), "{told}");
}

#[cfg(target_os = "linux")]
#[test]
fn names_that_are_no_text_can_be_scanned() {
    let directory = tempfile::tempdir().unwrap();
    let name = OsStr::from_bytes(b"caf\xe9.py");
    fs::write(directory.path().join(name), "x = 1\n").unwrap();
    let output = otcov(directory.path()).arg("scan").arg(name).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn any_number_of_threads_says_the_same() {
    let directory = tempfile::tempdir().unwrap();
    for index in 0..40 {
        fs::write(directory.path().join(format!("m{index}.py")), format!("def f{index}():\n    pass\n"))
            .unwrap();
    }
    let said = |jobs: &str| {
        let args = ["scan", "--format", "json", "--select", "strict", "--jobs", jobs];
        let output = otcov(directory.path()).args(args).output().unwrap();
        (output.status.code(), output.stdout)
    };
    assert_eq!(said("1"), said("8"));
}
