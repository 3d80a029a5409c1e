//! Whatever the bytes, the threads and the paths: no panic, the right exit status, the same output, and the rest of the tree
//! analysed as if nothing had been.
#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot set itself up has nothing better to do than to break"
)]

mod odd;
mod same;

use std::fs;
use std::path::{Path, PathBuf};

use super::tidy;

/// Every source of the fixtures, relative to `fixtures/`, with its text.
fn fixtures() -> Vec<(String, String)> {
    let base = tidy::root("fixtures");
    let mut found = Vec::new();
    let mut due: Vec<PathBuf> = vec![base.clone()];
    while let Some(directory) = due.pop() {
        for entry in fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                due.push(path);
            } else if path.extension().is_some_and(|it| it == "py" || it == "rs") {
                let name = path.strip_prefix(&base).unwrap().to_string_lossy().into_owned();
                found.push((name, fs::read_to_string(&path).unwrap()));
            }
        }
    }
    found.sort();
    assert!(found.len() > 100);
    found
}

/// All of them as one tree.
fn lay_out(root: &Path, change: impl Fn(&str) -> String) {
    for (name, text) in fixtures() {
        let path = root.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, change(&text)).unwrap();
    }
}

/// The beginning of a text, up to a byte at most.
fn cut(text: &str, at: usize) -> &str {
    let end = (0..=at.min(text.len())).rev().find(|it| text.is_char_boundary(*it)).unwrap_or(0);
    &text[..end]
}
