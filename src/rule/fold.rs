//! One decision that mends several findings is one finding: the first speaks for the others and shows some of them.

use super::{Findings, Level};

/// More places are listed as notes alone.
const MOST_SHOWN: usize = 4;

impl Findings {
    /// The first of these speaks for all, with this added to what it says; `shown` says what each of the others is. They stay findings
    /// of their own, with their fixes and their suppressions.
    pub(crate) fn fold(&mut self, members: &[usize], added: &str, shown: impl Fn(usize) -> String) {
        let [first, others @ ..] = members else { return };
        self.list[*first].message.push_str(added);
        for other in others {
            self.list[*other].at_most_unless_new(Level::Note);
        }
        for other in others.iter().take(MOST_SHOWN) {
            let place = self.list[*other].place;
            self.list[*first].related(place, shown(*other));
        }
    }

    /// Whether a finding can be more than a note so far.
    pub(crate) fn counts(&self, index: usize) -> bool {
        self.list[index].most.min(self.list[index].usual) > Level::Note
    }
}
