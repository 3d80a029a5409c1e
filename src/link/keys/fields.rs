//! Keys of fields as macros and closures write them: names that stand for themselves, pairs that a closure gives.

use super::Key;
use crate::facts::{Facts, OpKind, Spread, Value, ValueId};
use crate::link::eval::{Eval, Scope};
use crate::link::texts::{Part, Parts};
use crate::link::things::Site;
use crate::program::{FuncId, TextSource};
use crate::text::{FileId, Place, Symbol};

impl Eval<'_, '_> {
    /// Names that a macro takes as fields of the same name: after the name of a span (`info_span!("name", order.id)`), before the
    /// text of a log line (`error!(order.id, "failed")`).
    pub(crate) fn field_names(&mut self, site: Site, name: Option<u8>) -> Vec<Key> {
        let scope = Eval::scope_of(self.world, site);
        let facts = self.world.facts(site.file);
        let args =
            self.world.call_args(site).iter().filter(|it| it.name.is_none() && it.spread == Spread::No);
        let values: Vec<ValueId> = args.map(|it| it.value).collect();
        let text = values
            .iter()
            .position(|it| matches!(facts.value(*it), Value::Text(_) | Value::LongText | Value::Template(_)));
        let fields = match (text, name) {
            (Some(at), Some(_)) => &values[at + 1..],
            (Some(at), None) => &values[..at],
            (None, Some(name)) => values.get(usize::from(name) + 1..).unwrap_or_default(),
            (None, None) => &values[..],
        };
        fields.iter().filter_map(|it| named_field(facts, *it, site.file, scope)).collect()
    }

    /// The names among the arguments without a key, from a place on: each is a field called like it.
    pub(super) fn names_from(&self, site: Site, from: usize) -> Vec<Key> {
        let scope = Eval::scope_of(self.world, site);
        let facts = self.world.facts(site.file);
        let args = self.world.call_args(site).iter().filter(|it| it.name.is_none());
        let plain = args.skip(from).filter(|it| it.spread == Spread::No);
        plain.filter_map(|it| named_field(facts, it.value, site.file, scope)).collect()
    }

    /// What a closure gives: a pair of key and value, or several.
    pub(super) fn closure_keys(&mut self, closure: FuncId, depth: u32) -> Vec<Key> {
        let world = self.world;
        let mut found = Vec::new();
        for (site, op) in world.ops(closure) {
            let OpKind::Return(Some(value)) = op.kind else { continue };
            let facts = world.facts(site.file);
            let Value::Sequence(run) = facts.value(value) else { continue };
            let scope = Eval::scope_of(world, site);
            let list = facts.list(run);
            let is_pair = |it: &ValueId| matches!(facts.value(*it), Value::Sequence(_));
            let pairs: Vec<&[ValueId]> = match list.iter().all(is_pair) {
                true => list
                    .iter()
                    .filter_map(|it| match facts.value(*it) {
                        Value::Sequence(run) => Some(facts.list(run)),
                        _ => None,
                    })
                    .collect(),
                false => vec![list],
            };
            for pair in pairs {
                let [key, value, ..] = pair else { continue };
                let mut keys = self.key_options(*key, scope, depth + 1);
                keys.iter_mut().for_each(|it| it.value = it.value.or(Some(*value)));
                found.extend(keys);
            }
        }
        found
    }
}

/// A name or a path of names that stands for itself.
fn named_field(facts: &Facts, value: ValueId, file: FileId, scope: Scope) -> Option<Key> {
    fn spelled(facts: &Facts, value: ValueId) -> Option<String> {
        match facts.value(value) {
            Value::Name(name) => Some(name.to_string()),
            Value::Member { of, name } => Some(format!("{}.{name}", spelled(facts, *of)?)),
            _ => None,
        }
    }
    let name = Symbol::new(&spelled(facts, value)?);
    let place = Place { file, span: facts.value_span(value) };
    let text = Parts { parts: vec![Part::Literal(name)], source: TextSource::Literal };
    Some(Key { text, place, scope, value: Some(value), whole: None })
}
