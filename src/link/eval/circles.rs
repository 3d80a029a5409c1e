//! Searches that come to themselves again: modules that import everything from each other, or macros under their own names.

use crate::facts::FnId;
use crate::link::eval::{Eval, LONGEST_CHAIN, MOST_STEPS};
use crate::text::{FileId, Symbol};

/// What is looked at once in a search: what a scope has under a name by importing everything, or as a macro that it imports.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Place {
    pub(super) file: FileId,
    pub(super) scope: FnId,
    pub(super) name: Symbol,
    pub(super) is_macro: bool,
}

#[derive(Debug)]
pub(super) struct Circles {
    /// Where the search under way has been, in order.
    come_to: Vec<Place>,
    /// The first of these that was come to once more, and not looked at again.
    earliest: usize,
    /// How often that was so.
    closed: u32,
}

impl Default for Circles {
    fn default() -> Circles {
        Circles { come_to: Vec::new(), earliest: usize::MAX, closed: 0 }
    }
}

/// How things stood when a part of a search began.
pub(super) struct Start {
    depth: usize,
    earliest: usize,
    closed: u32,
    cut: u32,
    loose: u32,
}

impl Eval<'_, '_> {
    /// Looks at a place, unless the search under way has been there.
    pub(super) fn look_once<T>(
        &mut self,
        place: Place,
        look: impl FnOnce(&mut Self) -> Option<T>,
    ) -> Option<T> {
        if let Some(at) = self.circles.come_to.iter().position(|it| *it == place) {
            self.circles.earliest = self.circles.earliest.min(at);
            self.circles.closed += 1;
            self.cut_short();
            return None;
        }
        self.steps += 1;
        if self.depth >= LONGEST_CHAIN || self.steps > MOST_STEPS {
            self.cut_short();
            return None;
        }
        let at = self.circles.come_to.len();
        self.circles.come_to.push(place);
        self.depth += 1;
        let found = look(self);
        self.depth -= 1;
        if at == 0 {
            self.circles.come_to.clear();
            self.circles.earliest = usize::MAX;
        }
        found
    }

    pub(super) fn start(&mut self) -> Start {
        let circles = &mut self.circles;
        Start {
            depth: circles.come_to.len(),
            earliest: std::mem::replace(&mut circles.earliest, usize::MAX),
            closed: circles.closed,
            cut: self.cut,
            loose: self.loose,
        }
    }

    /// Whether what was found since then stays as it is. Circles that lie within that part of the search were gone round whole, and
    /// take nothing from the answer.
    pub(super) fn is_settled_since(&mut self, start: &Start) -> bool {
        let closed = self.circles.closed - start.closed;
        let whole = self.circles.earliest >= start.depth && self.loose - start.loose == closed;
        self.circles.earliest = self.circles.earliest.min(start.earliest);
        if whole {
            self.circles.closed = start.closed;
            self.cut = start.cut;
            self.loose = start.loose;
        }
        whole && self.world.classes_known
    }
}
