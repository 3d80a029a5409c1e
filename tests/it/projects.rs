//! Whole projects, as users see them: `fixtures/projects/<name>/` is scanned, and what is printed must be what stands in its
//! `expected/`. A file that differs is written anew and the test fails once: look at the difference.

use std::fs;

use super::cli::otcov;
use super::tidy::{names, read, root};

const REPORTS: [(&str, &str); 2] = [("human", "human.txt"), ("json", "report.json")];

#[test]
fn projects_are_reported_as_expected() {
    let mut faults = Vec::new();
    for name in names("fixtures/projects", "") {
        for (format, file) in REPORTS {
            let expected = root(&format!("fixtures/projects/{name}/expected/{file}"));
            let (status, report) = scan(&name, format);
            if status != Some(0) {
                faults
                    .push(format!("{name}: status {status:?}, findings must be warnings at most\n{report}"));
            } else if fs::read_to_string(&expected).ok().as_ref() != Some(&report) {
                let _ = fs::create_dir_all(expected.parent().unwrap_or(&expected));
                fs::write(&expected, report).unwrap_or_else(|it| panic!("{}: {it}", expected.display()));
                faults.push(format!("{} was out of date and has been written anew", expected.display()));
            }
        }
    }
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

/// As a user does it, from the top of the repository.
fn scan(project: &str, format: &str) -> (Option<i32>, String) {
    let path = format!("fixtures/projects/{project}");
    let output = otcov(&root("")).args(["scan", &path, "--format", format]).output();
    let output = output.unwrap_or_else(|error| panic!("otcov does not start: {error}"));
    let version = format!("\"version\":\"{}\"", env!("CARGO_PKG_VERSION"));
    let report = String::from_utf8_lossy(&output.stdout).replace(&version, "\"version\":\"[VERSION]\"");
    (output.status.code(), report)
}

/// What the README shows is what is printed; a line `…` stands for lines that it leaves out.
#[test]
fn the_readme_shows_real_output() {
    let readme = read(&root("README.md"));
    let (_, rest) = readme.split_once("$ otcov scan fixtures/projects/shop\n").unwrap_or_else(|| {
        panic!("README.md shows no `$ otcov scan fixtures/projects/shop`");
    });
    let (shown, _) = rest.split_once("\n```").unwrap_or((rest, ""));
    let real = read(&root("fixtures/projects/shop/expected/human.txt"));
    let mut lines = real.lines();
    let mut cut = false;
    for line in shown.lines() {
        if line.trim() == "…" {
            cut = true;
            continue;
        }
        let found = if cut { lines.any(|it| it == line) } else { lines.next() == Some(line) };
        assert!(found, "README.md shows a line that otcov does not print there: {line}");
        cut = false;
    }
    assert!(cut || lines.next().is_none(), "README.md leaves out the end without saying so");
}
