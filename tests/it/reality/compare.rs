//! The comparison. It knows no language: rows on the one side, records and findings on the other.

use std::fmt;

use super::said::Said;
use super::seen::Row;
use super::{effects, functions, places};

/// Both sides, for people.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Difference {
    pub(crate) place: String,
    pub(crate) what: String,
    pub(crate) otcov: String,
    pub(crate) run: String,
}

impl fmt::Display for Difference {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            out,
            "{}: {}\n    otcov says: {}\n    in the run: {}",
            self.place, self.what, self.otcov, self.run
        )
    }
}

pub(crate) fn differences(project: &str, rows: &[Row], said: &Said) -> Vec<Difference> {
    let mut found = Found { project, list: Vec::new() };
    functions::compare(rows, said, &mut found);
    places::compare(rows, said, &mut found);
    effects::compare(rows, said, &mut found);
    found.list.sort();
    found.list.dedup();
    found.list
}

pub(crate) struct Found<'a> {
    project: &'a str,
    list: Vec<Difference>,
}

impl Found<'_> {
    pub(crate) fn add(&mut self, place: &str, what: &str, otcov: impl Into<String>, run: impl Into<String>) {
        let place = format!("{}/{place}", self.project);
        self.list.push(Difference { place, what: what.to_owned(), otcov: otcov.into(), run: run.into() });
    }
}
