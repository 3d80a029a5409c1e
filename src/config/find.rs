//! Finds the configuration: the nearest file that says anything about otcov, from a directory upwards.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use super::document::{self, ConfigError, Fields};

/// A configuration's text, and where in it otcov is spoken of.
#[derive(Debug)]
pub(crate) struct Found {
    pub(crate) path: PathBuf,
    pub(crate) text: String,
    /// The dotted path of the table; empty where the whole file is meant.
    pub(crate) table: &'static [&'static str],
}

/// Files of other tools that may hold a table for otcov.
const OWN_FILES: [&str; 2] = ["otcov.toml", ".otcov.toml"];
const PYPROJECT: (&str, &[&[&str]]) = ("pyproject.toml", &[&["tool", "otcov"]]);
const CARGO: (&str, &[&[&str]]) =
    ("Cargo.toml", &[&["workspace", "metadata", "otcov"], &["package", "metadata", "otcov"]]);

pub(crate) fn nearest(directory: &Path) -> Result<Option<Found>, ConfigError> {
    for directory in directory.ancestors() {
        if let Some(found) = beside(directory)? {
            return Ok(Some(found));
        }
    }
    Ok(None)
}

pub(crate) fn beside(directory: &Path) -> Result<Option<Found>, ConfigError> {
    for name in OWN_FILES {
        if let Some(found) = own_file(&directory.join(name))? {
            return Ok(Some(found));
        }
    }
    for (name, tables) in [PYPROJECT, CARGO] {
        if let Some(found) = shared_file(&directory.join(name), tables)? {
            return Ok(Some(found));
        }
    }
    Ok(None)
}

/// The file that the command line names.
pub(crate) fn named(path: &Path) -> Result<Found, ConfigError> {
    let shared = [PYPROJECT, CARGO].into_iter().find(|(name, _)| path.ends_with(name));
    let Some((_, tables)) = shared else {
        return own_file(path)?.ok_or_else(|| ConfigError::of_file(path, "there is no such file"));
    };
    if !path.exists() {
        return Err(ConfigError::of_file(path, "there is no such file"));
    }
    let missing = || ConfigError::of_file(path, format!("there is no [{}] in it", tables[0].join(".")));
    shared_file(path, tables)?.ok_or_else(missing)
}

fn own_file(path: &Path) -> Result<Option<Found>, ConfigError> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some(Found { path: path.to_path_buf(), text: without_mark(text), table: &[] })),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(ConfigError::of_file(path, format!("cannot be read: {error}"))),
    }
}

/// A file of another tool. It is otcov's business only if it speaks of otcov, so that other faults in it are left to its owner.
fn shared_file(path: &Path, tables: &[&'static [&'static str]]) -> Result<Option<Found>, ConfigError> {
    let Ok(text) = fs::read_to_string(path) else { return Ok(None) };
    if !text.contains("otcov") {
        return Ok(None);
    }
    let text = without_mark(text);
    let table = {
        let document = match document::parse(path, &text) {
            Ok(document) => document,
            Err(_) if !tables.iter().any(|it| text.contains(&it.join("."))) => return Ok(None),
            Err(error) => return Err(error),
        };
        tables.iter().find(|it| speaks(document.get_ref(), it)).copied()
    };
    Ok(table.map(|table| Found { path: path.to_path_buf(), text, table }))
}

fn speaks(document: &Fields<'_>, table: &[&str]) -> bool {
    document::find(document, table).is_some()
}

/// Positions count from the first character that is seen.
fn without_mark(text: String) -> String {
    text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text)
}
