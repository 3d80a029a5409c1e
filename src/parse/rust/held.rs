//! Values that live until their block ends: what is let stays until then, unless it is dropped or moved before.

use smallvec::SmallVec;
use syn::Pat;

use crate::facts::{RegionId, RegionKind, Value, ValueId};
use crate::parse::rust::Reader;
use crate::text::{Span, Symbol};

/// Functions with more values than this at one time are tables in disguise.
const MOST: usize = 48;

#[derive(Clone, Copy)]
pub(super) struct Held {
    pub(super) name: Symbol,
    pub(super) region: RegionId,
}

impl Reader<'_> {
    /// Opens a region for a value that was made by a call and is let, alone or as a part of what is.
    pub(super) fn hold(&mut self, name: Symbol, value: ValueId, at: Span) {
        let mut made: SmallVec<[ValueId; 2]> = SmallVec::new();
        match &self.builder.facts.values[value.index()] {
            // What a macro does on a condition, most of those that call it do not.
            Value::Either(_) if self.around.in_macro => {}
            // `let _both = (span.enter(), 1);`, `let _guard = if on { Some(span.enter()) } else { None };`
            Value::Sequence(run) | Value::Either(run) => {
                made.extend(self.builder.facts.list(run).iter().copied().filter(|it| self.is_made(*it)));
            }
            _ if self.is_made(value) => made.push(value),
            _ => {}
        }
        for context in made {
            if self.held.len() < MOST {
                self.builder.open(RegionKind::Held { context, bound: Some(name) }, at);
                self.held.push(Held { name, region: self.builder.region });
            }
        }
    }

    /// `let (_guard, it) = (span.enter(), 1);`: each name holds its part, and what has none is dropped.
    pub(super) fn hold_parts(&mut self, pat: &Pat, value: ValueId, at: Span) {
        let (Pat::Tuple(pat), Value::Sequence(run)) = (pat, self.builder.facts.value(value)) else { return };
        let parts = self.builder.facts.list(run).to_vec();
        for (pat, part) in pat.elems.iter().zip(parts) {
            match pat {
                Pat::Ident(name) => {
                    let name = self.symbol(&name.ident);
                    self.hold(name, part, at);
                }
                Pat::Wild(_) => self.discard(part),
                _ => {}
            }
        }
    }

    /// A call gives the value, through whatever takes it out of its wrapping.
    fn is_made(&self, value: ValueId) -> bool {
        match self.builder.facts.value(value) {
            Value::Call(_) => true,
            Value::Awaited(of) => self.is_made(*of),
            _ => false,
        }
    }

    /// Ends what a name holds, here and to the end of the block: what else is open around stays so.
    pub(super) fn release(&mut self, name: Symbol) {
        let Some(index) = self.held.iter().rposition(|it| it.name == name) else { return };
        let dropped = self.held[index].region;
        let facts = &self.builder.facts;
        let inner: Vec<RegionId> = facts
            .regions_from(self.builder.region)
            .map(|(id, _)| id)
            .take_while(|it| *it != dropped)
            .collect();
        let Some(outer) = facts.region(dropped).parent else { return };
        let ends = facts.regions_from(self.builder.region).any(|(id, _)| id == dropped);
        if !ends {
            return;
        }
        self.builder.region = outer;
        for region in inner.into_iter().rev() {
            self.reopen(region);
        }
    }

    fn reopen(&mut self, region: RegionId) {
        let it = self.builder.facts.region(region);
        let at = it.span;
        let kind = match &it.kind {
            RegionKind::Held { context, bound } => RegionKind::Held { context: *context, bound: *bound },
            RegionKind::Loop => RegionKind::Loop,
            // What else surrounds has been opened once, and must not be counted again.
            _ => RegionKind::Branch { condition: ValueId::OPAQUE, negated: false },
        };
        self.builder.open(kind, at);
        let fresh = self.builder.region;
        for held in self.held.iter_mut().filter(|it| it.region == region) {
            held.region = fresh;
        }
    }
}
