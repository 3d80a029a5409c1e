//! Small trees for the tools to look at: the project of the fixtures, copied to where it may be changed.
#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot set itself up has nothing better to do than to break"
)]

use std::fs;
use std::path::{Path, PathBuf};

use crate::tidy::root;

/// The shop, in a directory of its own.
pub(crate) fn shop(into: &Path) {
    copy(&root("fixtures/projects/shop"), into);
    fs::remove_dir_all(into.join("expected")).unwrap();
}

fn copy(from: &Path, to: &Path) {
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
