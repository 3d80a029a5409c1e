//! Counts what is covered, what is not and what nobody can tell. Knows no rule and no finding.

mod count;
mod items;
mod layers;
mod sending;
mod unseen;

use std::collections::BTreeMap;

pub(crate) use count::measure;
pub(crate) use items::{Item, Verdict, counts, items};
pub(crate) use layers::{LayerSpec, OTHER};
pub(crate) use sending::Sending;
pub(crate) use unseen::Unseen;

use crate::program::{Exclusion, FuncId};
use crate::text::FileId;

#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub(crate) enum Dimension {
    Functions,
    Reach,
    EntryPoints,
    Calls,
    Errors,
    Attributes,
    Metrics,
    Logs,
}

impl Dimension {
    pub(crate) const ALL: [Dimension; 8] = [
        Dimension::Functions,
        Dimension::Reach,
        Dimension::EntryPoints,
        Dimension::Calls,
        Dimension::Errors,
        Dimension::Attributes,
        Dimension::Metrics,
        Dimension::Logs,
    ];

    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Dimension::Functions => "functions",
            Dimension::Reach => "reach",
            Dimension::EntryPoints => "entry-points",
            Dimension::Calls => "calls",
            Dimension::Errors => "errors",
            Dimension::Attributes => "attributes",
            Dimension::Metrics => "metrics",
            Dimension::Logs => "logs",
        }
    }
}

/// One number of the table: `covered` of `total`, and beside them what cannot be told.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Tally {
    pub(crate) covered: u32,
    pub(crate) total: u32,
    /// Not in `total`.
    pub(crate) unknown: u32,
}

impl Tally {
    /// None for 0 of 0.
    pub(crate) fn percent(self) -> Option<f64> {
        (self.total > 0).then(|| f64::from(self.covered) * 100.0 / f64::from(self.total))
    }

    fn add(&mut self, other: Tally) {
        self.covered += other.covered;
        self.total += other.total;
        self.unknown += other.unknown;
    }
}

/// One tally for each dimension, in the order of [`Dimension::ALL`].
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Tallies(pub(crate) [Tally; 8]);

impl Tallies {
    pub(crate) fn get(&self, dimension: Dimension) -> Tally {
        self.0[dimension as usize]
    }

    pub(crate) fn count(&mut self, item: &Item) {
        let tally = &mut self.0[item.dimension as usize];
        match item.verdict {
            Verdict::Covered => {
                tally.covered += 1;
                tally.total += 1;
            }
            Verdict::Uncovered => tally.total += 1,
            Verdict::Unknown => tally.unknown += 1,
        }
    }

    pub(crate) fn add(&mut self, other: &Tallies) {
        for (mine, theirs) in self.0.iter_mut().zip(other.0) {
            mine.add(theirs);
        }
    }
}

/// A named part of the tree, as the configuration cuts it.
#[derive(Debug, Clone)]
pub(crate) struct Layer {
    pub(crate) name: String,
    pub(crate) tallies: Tallies,
    pub(crate) files: u32,
}

#[derive(Debug, Default)]
pub(crate) struct Coverage {
    pub(crate) all: Tallies,
    /// In the order of the configuration; without one, the top directories that hold code.
    pub(crate) layers: Vec<Layer>,
    /// Every analysed file that is not a test, in the order of `Program::files`.
    pub(crate) files: Vec<(FileId, Tallies)>,
    /// The same numbers by directory, each with everything below it, sorted by path.
    pub(crate) directories: BTreeMap<String, Tallies>,
    /// The same numbers by language.
    pub(crate) languages: BTreeMap<&'static str, (u32, Tallies)>,
    /// Named functions that do not count, by reason.
    pub(crate) excluded: BTreeMap<Exclusion, u32>,
    /// All named functions, excluded and test ones too.
    pub(crate) functions: u32,
    /// Entry points without a span, the one that starts the most unseen work first.
    pub(crate) dark_entry_points: Vec<(FuncId, Unseen)>,
    /// By function: one of those leads to it without a span. Empty where there are none.
    pub(crate) below_dark_entries: Vec<bool>,
    /// Where spans go.
    pub(crate) sending: Sending,
}

/// What the thresholds say of the numbers.
#[derive(Debug, Default, Clone)]
pub(crate) struct Gate {
    /// Empty where no threshold is set.
    pub(crate) checks: Vec<GateCheck>,
}

#[derive(Debug, Clone)]
pub(crate) struct GateCheck {
    pub(crate) dimension: Dimension,
    pub(crate) part: Part,
    /// What is required is what was reached before.
    pub(crate) ratchet: bool,
    pub(crate) required: f64,
    /// None for 0 of 0, which passes.
    pub(crate) actual: Option<f64>,
    pub(crate) passed: bool,
}

/// What a threshold is about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Part {
    Whole,
    /// A layer, by its name.
    Layer(String),
    /// All files that a pattern matches.
    Paths(String),
    /// What was changed.
    Change,
}

impl Part {
    /// As messages call it; the whole goes without saying.
    pub(crate) fn words(&self) -> Option<String> {
        match self {
            Part::Whole => None,
            Part::Layer(name) => Some(format!("layer {name}")),
            Part::Paths(pattern) => Some(format!("paths {pattern}")),
            Part::Change => Some("the change".to_owned()),
        }
    }
}

impl GateCheck {
    /// `calls`, `calls in layer web`.
    pub(crate) fn name(&self) -> String {
        let part = self.part.words().map(|it| format!(" in {it}")).unwrap_or_default();
        format!("{}{part}", self.dimension.as_str())
    }
}

impl Gate {
    pub(crate) fn passed(&self) -> bool {
        self.checks.iter().all(|it| it.passed)
    }
}
