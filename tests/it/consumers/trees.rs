//! Small trees for the tools to look at: the project of the fixtures, copied to where it may be changed.
#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot set itself up has nothing better to do than to break"
)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::tidy::root;

/// The shop, in a directory of its own.
pub(crate) fn shop(into: &Path) {
    copy(&root("fixtures/projects/shop"), into);
    fs::remove_dir_all(into.join("expected")).unwrap();
}

pub(crate) fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// git in a directory, the same on every machine.
#[track_caller]
pub(crate) fn git(at: &Path, args: &[&str]) -> String {
    let mut command = Command::new("git");
    command.current_dir(at).args(["-c", "user.name=shop", "-c", "user.email=shop@example.org"]).args(args);
    command.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1");
    super::succeeds(&mut command)
}

/// All of a directory as the first commit of a new repository, on `main`.
pub(crate) fn commit_all(at: &Path) {
    if !at.join(".git").exists() {
        git(at, &["init", "--quiet", "--initial-branch=main"]);
    }
    git(at, &["add", "--all"]);
    git(at, &["commit", "--quiet", "--allow-empty", "--message", "all"]);
}

/// Every Python file below a directory, sorted.
pub(crate) fn sources(below: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(below).unwrap().map(|it| it.unwrap().path()) {
        if entry.is_dir() {
            found.extend(sources(&entry));
        } else if entry.extension().is_some_and(|it| it == "py") {
            found.push(entry);
        }
    }
    found.sort();
    found
}
