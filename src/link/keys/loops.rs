//! Keys that loops hand out: of pairs, of tables from one name to another, of lists of texts.

use crate::facts::{OpKind, Run, Value, ValueId};
use crate::link::eval::{Eval, Scope};
use crate::link::keys::Key;

impl<'a> Eval<'_, 'a> {
    /// One side of the pairs that a loop runs over: `d.items()`, a list of tuples, pairs that the caller passes; `enumerate` and
    /// `zip` aside.
    pub(super) fn pairs(&mut self, source: ValueId, index: u32, scope: Scope, depth: u32) -> Vec<Key> {
        let facts = self.world.facts(scope.file);
        if let Value::Call(op) = facts.value(source)
            && let OpKind::Call { callee, .. } = facts.op(*op).kind
            && let Value::Member { of, name } = *facts.value(callee)
            && name.as_str() == "items"
        {
            return if index == 0 {
                self.dict_keys(of, scope, depth + 1)
            } else {
                self.dict_texts(of, scope, depth + 1)
            };
        }
        let Some((display, inner)) = self.display(source, scope, 0) else {
            return if index == 0 { self.dict_keys(source, scope, depth + 1) } else { Vec::new() };
        };
        match self.world.facts(inner.file).value(display) {
            Value::Sequence(run) => self.sides(run, index, inner, depth),
            _ => Vec::new(),
        }
    }

    /// One side of pairs that are written down.
    pub(super) fn sides(&mut self, pairs: &Run, index: u32, scope: Scope, depth: u32) -> Vec<Key> {
        let facts = self.world.facts(scope.file);
        let mut found = Vec::new();
        for pair in facts.list(pairs) {
            if let Value::Sequence(pair) = facts.value(*pair)
                && let Some(side) = facts.list(pair).get(index as usize)
            {
                found.extend(self.key_options(*side, scope, depth + 1));
            }
        }
        found
    }

    /// The texts that a written-down dictionary has as values: a table from one name to another.
    pub(super) fn dict_texts(&mut self, of: ValueId, scope: Scope, depth: u32) -> Vec<Key> {
        let Some((display, inner)) = self.display(of, scope, 0) else { return Vec::new() };
        let facts = self.world.facts(inner.file);
        let Value::Dict(run) = facts.value(display) else { return Vec::new() };
        let values: Vec<ValueId> = facts.dict(run).iter().map(|(_, value)| *value).collect();
        values.into_iter().flat_map(|it| self.key_options(it, inner, depth + 1)).collect()
    }

    /// What a loop runs over: keys of a dictionary, texts of a list.
    pub(super) fn elements(&mut self, source: ValueId, scope: Scope, depth: u32) -> Vec<Key> {
        let facts = self.world.facts(scope.file);
        if let Value::Call(op) = facts.value(source)
            && let OpKind::Call { callee, .. } = facts.op(*op).kind
            && let Value::Member { of, name } = *facts.value(callee)
            && name.as_str() == "keys"
        {
            return self.dict_keys(of, scope, depth + 1);
        }
        let Some((display, inner)) = self.display(source, scope, 0) else { return Vec::new() };
        let facts = self.world.facts(inner.file);
        match facts.value(display) {
            Value::Sequence(run) => {
                let list = facts.list(run).to_vec();
                list.into_iter().flat_map(|it| self.key_options(it, inner, depth + 1)).collect()
            }
            Value::Dict(_) => self.dict_keys(display, inner, depth + 1),
            _ => Vec::new(),
        }
    }
}
