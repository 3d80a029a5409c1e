//! What keeps the repository in order: names, the generated list of rules, who may use whom, pages, and paths that documents
//! mention. Reads text only; runs nothing of otcov.

mod directions;
mod documents;
mod rules;
mod sources;

use std::fs;
use std::path::{Path, PathBuf};

/// A path of this repository.
pub(crate) fn root(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

pub(crate) fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The names in a folder that end like this, sorted, without the ending.
pub(crate) fn names(folder: &str, ending: &str) -> Vec<String> {
    let Ok(list) = fs::read_dir(root(folder)) else { return Vec::new() };
    let mut names: Vec<String> =
        list.filter_map(|it| Some(it.ok()?.file_name().to_str()?.strip_suffix(ending)?.to_owned())).collect();
    names.sort();
    names
}

/// Every Rust file below a folder, as a path relative to the repository, sorted.
fn rust_files(folder: &str) -> Vec<String> {
    let mut files = Vec::new();
    let mut open = vec![folder.to_owned()];
    while let Some(folder) = open.pop() {
        let Ok(list) = fs::read_dir(root(&folder)) else { continue };
        for entry in list.filter_map(Result::ok) {
            let path = format!("{folder}/{}", entry.file_name().to_string_lossy());
            if entry.path().is_dir() {
                open.push(path);
            } else if path.ends_with(".rs") {
                files.push(path);
            }
        }
    }
    files.sort();
    files
}

/// All faults at once, so that one run shows what there is to do.
#[track_caller]
fn assert_none(faults: &[String]) {
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}
