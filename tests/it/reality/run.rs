//! Runs a project, asks otcov about it, and holds the one against the other.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::compare::{self, Difference};
use super::said::{self, Said};
use super::seen::{self, Row};
use crate::consumers::prepared;
use crate::tidy::root;

/// A project, or a copy of one.
pub(crate) struct Project {
    pub(crate) name: String,
    pub(crate) tree: PathBuf,
}

pub(crate) struct Held {
    pub(crate) name: String,
    pub(crate) language: &'static str,
    pub(crate) rows: Vec<Row>,
    pub(crate) said: Said,
    pub(crate) differences: Vec<Difference>,
}

/// Where programs of all languages can be run.
pub(crate) fn environments() -> Option<PathBuf> {
    let folder = std::env::var_os("OTCOV_REALITY").map_or_else(|| root("target/reality"), PathBuf::from);
    prepared(folder.join("prepared"), ".ci/reality")?;
    Some(folder)
}

pub(crate) fn project(name: &str) -> Project {
    Project { name: name.to_owned(), tree: root(&format!("fixtures/projects/{name}")) }
}

impl Project {
    pub(crate) fn language(&self) -> &'static str {
        if self.tree.join("Cargo.toml").exists() { "rust" } else { "python" }
    }
}

pub(crate) fn held(project: &Project) -> Held {
    let rows = observed(project);
    let said = said::of(&project.tree);
    let differences = compare::differences(&project.name, &rows, &said);
    Held { name: project.name.clone(), language: project.language(), rows, said, differences }
}

fn observed(project: &Project) -> Vec<Row> {
    let out = tempfile::NamedTempFile::new().unwrap_or_else(|error| panic!("{error}"));
    let script = root(&format!("tests/reality/{}/run", project.language()));
    let mut command = Command::new(script);
    crate::consumers::succeeds(command.arg(&project.tree).arg(out.path()));
    seen::read(&crate::tidy::read(out.path()))
}

/// A copy of a project, to be changed.
pub(crate) fn copy(name: &str, into: &Path) -> Project {
    let original = project(name);
    let tree = into.join(name);
    copy_folder(&original.tree, &tree);
    Project { name: name.to_owned(), tree }
}

fn copy_folder(from: &Path, into: &Path) {
    fs::create_dir_all(into).unwrap_or_else(|error| panic!("{}: {error}", into.display()));
    for entry in fs::read_dir(from).into_iter().flatten().flatten() {
        let (path, name) = (entry.path(), entry.file_name());
        if name == "target" || name == "expected" || name == "__pycache__" {
            continue;
        }
        if path.is_dir() {
            copy_folder(&path, &into.join(name));
        } else {
            fs::copy(&path, into.join(name)).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        }
    }
}
