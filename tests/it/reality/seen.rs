//! What a run left behind: the rows of `tests/reality/README.md`. Keys that no row has are refused.

use serde::Deserialize;

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Row {
    pub(crate) kind: String,
    pub(crate) times: Option<usize>,
    pub(crate) file: Option<String>,
    pub(crate) line: Option<u32>,
    pub(crate) end_line: Option<u32>,
    pub(crate) function: Option<u32>,
    pub(crate) through: Vec<String>,
    pub(crate) name: String,
    // Functions.
    pub(crate) calls: usize,
    pub(crate) inside: Inside,
    pub(crate) opened: usize,
    pub(crate) from_library: usize,
    pub(crate) left_before: usize,
    pub(crate) helper: bool,
    pub(crate) sdk: Option<bool>,
    // Spans.
    pub(crate) library: bool,
    pub(crate) parent: Option<String>,
    pub(crate) attributes: Vec<String>,
    pub(crate) events: Vec<String>,
    pub(crate) status: String,
    pub(crate) ended: bool,
    // Attributes.
    pub(crate) key: String,
    pub(crate) target: String,
    // Instruments.
    pub(crate) instrument: String,
    pub(crate) unit: Option<String>,
    pub(crate) recorded: Recorded,
    // Processes, handovers, handlers, effects.
    pub(crate) carried: bool,
    /// The name of the span that was current. Not compared, but a change of it is one.
    pub(crate) within: Option<String>,
    pub(crate) traced: bool,
    pub(crate) mechanism: Option<String>,
    pub(crate) raised: bool,
    pub(crate) logged: bool,
    pub(crate) broad: bool,
    /// No call stands where this one went out: an attribute was read.
    pub(crate) by_attribute: bool,
    pub(crate) rule: String,
    pub(crate) shown: Option<bool>,
}

/// Of a function how many runs, of everything else whether.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(untagged)]
pub(crate) enum Inside {
    Runs(usize),
    Is(bool),
}

pub(crate) type Recorded = Inside;

impl Default for Inside {
    fn default() -> Inside {
        Inside::Is(false)
    }
}

impl Inside {
    pub(crate) fn count(self) -> usize {
        match self {
            Inside::Runs(count) => count,
            Inside::Is(it) => usize::from(it),
        }
    }

    pub(crate) fn is(self) -> bool {
        self.count() > 0
    }
}

impl Row {
    pub(crate) fn times(&self) -> usize {
        self.times.unwrap_or(1)
    }

    pub(crate) fn covers(&self, file: &str, line: u32) -> bool {
        let Some(first) = self.line else { return false };
        self.file.as_deref() == Some(file) && (first..=self.end_line.unwrap_or(first)).contains(&line)
    }

    /// For messages.
    pub(crate) fn place(&self) -> String {
        match (&self.file, self.line) {
            (Some(file), Some(line)) => format!("{file}:{line}"),
            _ => "no place".to_owned(),
        }
    }
}

pub(crate) fn read(text: &str) -> Vec<Row> {
    let row = |line: &str| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
    text.lines().map(row).collect()
}
