//! Differences that are known and wait to be mended: `tests/reality/known.txt`. They are told apart, never hidden: one that is not
//! there any more has to go from the list.

use std::collections::BTreeSet;

use super::compare::Difference;
use super::run::Held;
use crate::tidy::{read, root};

pub(crate) struct Known {
    lines: Vec<(String, String)>,
}

pub(crate) fn list() -> Known {
    let text = read(&root("tests/reality/known.txt"));
    let lines = text.lines().filter(|it| !it.starts_with('#') && !it.is_empty());
    let parted = |line: &str| {
        let mut parts = line.splitn(3, ": ").map(str::to_owned);
        parts.next().zip(parts.next()).unwrap_or_else(|| panic!("tests/reality/known.txt: {line}"))
    };
    Known { lines: lines.map(parted).collect() }
}

impl Known {
    pub(crate) fn has(&self, difference: &Difference) -> bool {
        let (file, _) = difference.place.rsplit_once(':').unwrap_or((&difference.place, ""));
        self.lines.iter().any(|(place, what)| place == file && *what == difference.what)
    }

    pub(crate) fn count(&self) -> usize {
        self.lines.len()
    }

    /// What stands in the list and was not seen.
    pub(crate) fn gone(&self, held: &[Held]) -> Vec<String> {
        let seen: BTreeSet<(&str, &str)> = held
            .iter()
            .flat_map(|it| &it.differences)
            .map(|it| {
                (it.place.rsplit_once(':').map_or(it.place.as_str(), |(file, _)| file), it.what.as_str())
            })
            .collect();
        let missing =
            self.lines.iter().filter(|(place, what)| !seen.contains(&(place.as_str(), what.as_str())));
        missing
            .map(|(place, what)| {
                format!("tests/reality/known.txt: {place}: {what} is no difference any more")
            })
            .collect()
    }
}
