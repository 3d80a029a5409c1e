//! Registries of semantic conventions as OpenTelemetry Weaver writes them, in both of its syntaxes: from the texts of files to names,
//! and to everything that is wrong in them, by file and line.

mod definitions;
mod groups;
mod manifest;
mod resolve;
mod signals;
#[cfg(test)]
mod tests;
mod yaml;

use std::collections::BTreeMap;
use std::fmt;

use rayon::prelude::*;

use super::{Attribute, Described, Metric};
use definitions::Definitions;
pub(crate) use manifest::dependencies;

/// One file of a registry.
#[derive(Debug, Clone)]
pub(crate) struct RegistryFile {
    /// As messages call it.
    pub(crate) path: String,
    pub(crate) text: String,
}

/// The names of a registry.
#[derive(Debug, Default)]
pub(crate) struct Team {
    /// Sorted by name.
    pub(crate) attributes: Vec<Attribute>,
    /// Sorted by name.
    pub(crate) metrics: Vec<Metric>,
    /// Spans, events and metrics with their attributes, each sorted by name.
    pub(crate) spans: Vec<Described>,
    pub(crate) events: Vec<Described>,
    pub(crate) measured: Vec<Described>,
    /// How many definitions there are, by what they define.
    pub(crate) counts: BTreeMap<&'static str, usize>,
}

/// Something wrong in a registry.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Fault {
    pub(crate) path: String,
    pub(crate) line: usize,
    pub(crate) column: usize,
    pub(crate) message: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}: {}", self.path, self.line, self.column, self.message)
    }
}

/// What stands where in which file.
#[derive(Debug, Clone, Copy)]
struct Spot {
    file: u32,
    line: u32,
    column: u32,
}

impl Spot {
    /// Lines and columns from 1. Files of a registry are far from the limits of the numbers.
    fn new(file: usize, line: usize, column: usize) -> Spot {
        Spot { file: file as u32, line: line as u32, column: column as u32 }
    }
}

/// Where faults are put.
struct Faults<'f> {
    files: &'f [RegistryFile],
    list: Vec<Fault>,
}

impl Faults<'_> {
    fn add(&mut self, at: Spot, message: impl Into<String>) {
        let path = self.files.get(at.file as usize).map(|it| it.path.clone()).unwrap_or_default();
        self.list.push(Fault {
            path,
            line: at.line as usize,
            column: at.column as usize,
            message: message.into(),
        });
    }
}

/// All names of a registry, and what is wrong in it, in the order of files and lines. `here` names the dependencies whose files are
/// among those given.
pub(crate) fn read(files: &[RegistryFile], here: &[String]) -> (Team, Vec<Fault>) {
    let mut faults = Faults { files, list: Vec::new() };
    let mut definitions = Definitions::default();
    let parsed: Vec<_> = files.par_iter().enumerate().map(|(file, it)| yaml::parse(&it.text, file)).collect();
    for (it, parsed) in files.iter().zip(parsed) {
        match parsed {
            Err((at, message)) => faults.add(at, format!("this is not YAML: {message}")),
            Ok(None) => {}
            Ok(Some(document)) if manifest::is_manifest(&it.path) => {
                manifest::check(&document, &mut faults);
                let elsewhere = manifest::elsewhere(&document, here);
                definitions.elsewhere = definitions.elsewhere.max(elsewhere);
            }
            Ok(Some(document)) => groups::read(&document, &mut definitions, &mut faults),
        }
    }
    let team = resolve::resolve(definitions, &mut faults);
    let mut list = faults.list;
    list.sort();
    list.dedup();
    (team, list)
}
