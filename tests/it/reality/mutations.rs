//! Mutations prove that the comparison can fail. Each takes one piece of instrumentation away from a copy of a project, or puts one
//! in: what the program emits has to change, what otcov says of it has to change, and the two have to agree again.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;
use std::process::Command;

use super::run::{self, Held, Project};
use super::said::Said;
use super::seen::Row;
use super::{in_parallel, unchanged};
use crate::consumers::said_by;
use crate::tidy::{names, root};

pub(crate) const COUNT: usize = 40;

/// Numbers are drawn until there are enough mutations: some ask for what a project has not.
const MOST_NUMBERS: usize = 4 * COUNT;

pub(crate) fn hold() {
    let projects = names("fixtures/projects", "");
    let unchanged: BTreeMap<&str, &Held> = unchanged().iter().map(|it| (it.name.as_str(), it)).collect();
    let folder = tempfile::tempdir().unwrap_or_else(|error| panic!("{error}"));
    let mut different = BTreeSet::new();
    let drawn = (0..MOST_NUMBERS).filter_map(|number| {
        let name = &projects[number % projects.len()];
        let project = run::copy(name, &folder.path().join(number.to_string()));
        mutate(&project, number).map(|what| (project, what))
    });
    let drawn: Vec<(Project, String)> =
        drawn.filter(|(_, what)| different.insert(what.clone())).take(COUNT).collect();
    assert_eq!(drawn.len(), COUNT, "too few mutations");
    let faults =
        in_parallel(&drawn, |(project, what)| faults(project, what, unchanged[project.name.as_str()]));
    let faults: Vec<String> = faults.into_iter().flatten().collect();
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

/// What was done; nothing, where the project has nothing for this number.
fn mutate(project: &Project, number: usize) -> Option<String> {
    let script = root(&format!("tests/reality/{}/mutate", project.language()));
    if !script.exists() {
        return None;
    }
    let (status, text) = said_by(Command::new(script).arg(&project.tree).arg(number.to_string()));
    match status {
        Some(0) => Some(format!("{}: {}", project.name, text.trim())),
        Some(3) => None,
        _ => panic!("{} {number}: {text}", project.name),
    }
}

fn faults(project: &Project, what: &str, before: &Held) -> Vec<String> {
    let after = run::held(project);
    let mut faults: Vec<String> = after.differences.iter().map(|it| format!("{what}\n  {it}")).collect();
    if emitted(&after.rows) == emitted(&before.rows) {
        faults.push(format!("{what}\n  the program emits what it did before"));
    }
    if claimed(&after.said) == claimed(&before.said) {
        faults.push(format!("{what}\n  otcov says what it did before"));
    }
    faults
}

/// What was emitted, without lines: those may move.
fn emitted(rows: &[Row]) -> BTreeSet<String> {
    let names: BTreeMap<_, _> =
        rows.iter().filter(|it| it.kind == "function").map(|it| ((&it.file, it.line), &it.name)).collect();
    rows.iter()
        .map(|it| {
            told(&(
                names.get(&(&it.file, it.function)),
                Row { line: None, end_line: None, function: None, ..it.clone() },
            ))
        })
        .collect()
}

fn claimed(said: &Said) -> BTreeSet<String> {
    let records = said.records.iter().map(|it| {
        let mut it = it.clone();
        (it.line, it.end_line) = (0, 0);
        told(&it)
    });
    records.chain(said.findings.iter().map(|it| told(&(&it.rule, &it.file, &it.function)))).collect()
}

fn told(it: &impl Debug) -> String {
    format!("{it:?}")
}
