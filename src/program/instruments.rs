//! Instruments, and what is recorded with them.

use super::{At, Certainty, Text};
use crate::facts::ValueId;
use crate::text::{FileId, Symbol};

#[derive(Debug)]
pub(crate) struct MetricSite {
    pub(crate) at: At,
    pub(crate) name: Text,
    /// `counter`, `histogram`, `up_down_counter`, `gauge`, `observable_…`.
    pub(crate) instrument: Symbol,
    pub(crate) unit: Option<Symbol>,
    /// It could have been given a unit, and was given none.
    pub(crate) unit_missing: bool,
    /// The library's function that makes it, by its whole path.
    pub(crate) call: Symbol,
    /// The in-house helper that makes it.
    pub(crate) via: Option<Symbol>,
    pub(crate) certainty: Certainty,
    pub(crate) recorded: bool,
    /// The names of variables and members that hold it, where it is made.
    pub(crate) bound: Vec<Symbol>,
    /// The list of the boundaries that its buckets are given, and the file where it stands.
    pub(crate) boundaries: Option<(FileId, ValueId)>,
}

/// A value recorded with an instrument that is known.
#[derive(Debug)]
pub(crate) struct MeasurementSite {
    pub(crate) at: At,
    /// The instrument, as an index into `Program::metrics`.
    pub(crate) metric: usize,
    /// In the file where it stands.
    pub(crate) value: Option<ValueId>,
}
