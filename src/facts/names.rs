//! The names that scopes bind, for look-up: the question that linking asks most.

use std::ops::Range;

use super::{Binding, FnId, Function};
use crate::text::Symbol;

/// In a scope with no more names than this a plain look at each is faster than anything cleverer.
const FEW: usize = 8;

/// The names of a file's bindings, side by side, and where the larger scopes have them.
#[derive(Debug, Default)]
pub(crate) struct BoundNames {
    names: Vec<Symbol>,
    /// By hash of scope and name, one more than where the first binding lies; 0 is an empty place. Half of the places are empty at
    /// least, and there is always one.
    places: Vec<u32>,
}

impl BoundNames {
    /// `bindings` lie as `functions` say, those of one name in a scope beside each other.
    pub(super) fn new(bindings: &[Binding], functions: &[Function]) -> BoundNames {
        let names: Vec<Symbol> = bindings.iter().map(|it| it.name).collect();
        let large = || functions.iter().enumerate().filter(|(_, it)| it.bindings.len() > FEW);
        let size = large().map(|(_, it)| it.bindings.len() * 2).sum::<usize>();
        let mut found = BoundNames { names, places: Vec::new() };
        if size == 0 {
            return found;
        }
        found.places = vec![0; size.next_power_of_two()];
        for (index, function) in large() {
            let mut before = None;
            for at in function.bindings.clone() {
                let name = found.names[at as usize];
                if before.replace(name) != Some(name) {
                    found.insert(FnId(index as u32), name, at);
                }
            }
        }
        found
    }

    fn insert(&mut self, scope: FnId, name: Symbol, at: u32) {
        let mut place = self.first_place(scope, name);
        while self.places[place] != 0 {
            place = (place + 1) & (self.places.len() - 1);
        }
        self.places[place] = at + 1;
    }

    /// Where those of a name lie among the bindings of a scope.
    pub(super) fn run_of(&self, scope: FnId, bindings: &Range<u32>, name: Symbol) -> Range<usize> {
        let (start, end) = (bindings.start as usize, bindings.end as usize);
        let found = if end - start <= FEW {
            self.names[start..end].iter().position(|it| *it == name).map(|it| start + it)
        } else {
            self.find(scope, bindings, name)
        };
        let Some(from) = found else { return end..end };
        let same = self.names[from..end].iter().take_while(|it| **it == name).count();
        from..from + same
    }

    fn find(&self, scope: FnId, bindings: &Range<u32>, name: Symbol) -> Option<usize> {
        let mut place = self.first_place(scope, name);
        loop {
            let at = self.places[place].checked_sub(1)?;
            if bindings.contains(&at) && self.names[at as usize] == name {
                return Some(at as usize);
            }
            place = (place + 1) & (self.places.len() - 1);
        }
    }

    /// The length of `places` is a power of two, and not 0 where this is asked.
    fn first_place(&self, scope: FnId, name: Symbol) -> usize {
        let key = u64::from(scope.0) << 32 | u64::from(name.number());
        // The highest bits of a product depend on all of its factors'.
        let mixed = key.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 32;
        mixed as usize & (self.places.len() - 1)
    }
}
