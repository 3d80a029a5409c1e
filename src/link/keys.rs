//! Keys of attributes: of dictionaries built up over several statements, merged, passed on and returned, of keyword arguments,
//! of loops over any of these.

mod fields;
mod given;
mod loops;
mod stored;

pub(crate) use self::given::{is_derived, whole_params};

use crate::facts::{BindingKind, Facts, OpKind, Run, Value, ValueId};
use crate::link::eval::{Eval, Scope};
use crate::link::texts::{Part, Parts};
use crate::link::things::Site;
use crate::program::{FuncId, TextSource};
use crate::text::{Place, Symbol};

/// What a macro of spans and log lines is told in the form of a field.
pub(crate) const OF_THE_MACRO: [&str; 5] = ["target", "parent", "name", "level", "message"];

const DEEPEST: u32 = 9;

/// One key, where it is written, and what is stored under it.
#[derive(Clone, Debug)]
pub(crate) struct Key {
    pub(crate) text: Parts,
    pub(crate) place: Place,
    pub(crate) scope: Scope,
    pub(crate) value: Option<ValueId>,
    /// The expression that is the whole key, in the scope.
    pub(crate) whole: Option<ValueId>,
}

impl Key {
    /// The key as it is written elsewhere.
    fn moved(self, place: Place, scope: Scope) -> Key {
        let value = self.value.filter(|_| self.scope.file == scope.file);
        Key { place, scope, value, whole: None, ..self }
    }
}

impl<'a> Eval<'_, 'a> {
    /// The keys that an expression in a key's place can be.
    pub(crate) fn key_options(&mut self, value: ValueId, scope: Scope, depth: u32) -> Vec<Key> {
        if depth > DEEPEST {
            return Vec::new();
        }
        let facts = self.world.facts(scope.file);
        match facts.value(value) {
            Value::Name(name) => self.named_keys(*name, value, scope, depth),
            Value::Part(of, index) => match facts.value(*of) {
                Value::Element(source) => {
                    let found = self.pairs(*source, *index, scope, depth);
                    if found.is_empty() { self.plain_key(value, scope) } else { found }
                }
                _ => self.plain_key(value, scope),
            },
            Value::Element(source) => self.elements(*source, scope, depth),
            Value::Either(run) => {
                let list = facts.list(run);
                list.iter().flat_map(|it| self.key_options(*it, scope, depth + 1)).collect()
            }
            Value::Template(run) => self.template_keys(value, run, scope, depth),
            Value::Item { of, .. } => self.chosen_key(*of, value, scope, depth),
            Value::Call(op) => {
                let callee = self.world.callee(Site { file: scope.file, op: *op });
                match callee.map(|it| facts.value(it)) {
                    Some(Value::Member { of, name }) if name.as_str() == "get" => {
                        self.chosen_key(*of, value, scope, depth)
                    }
                    _ => self.plain_key(value, scope),
                }
            }
            _ => self.plain_key(value, scope),
        }
    }

    /// A key that has a name: in a loop, chosen between a few texts, or a constant.
    fn named_keys(&mut self, name: Symbol, value: ValueId, scope: Scope, depth: u32) -> Vec<Key> {
        let Some((file, binding)) = self.single_binding(name, scope) else {
            return self.plain_key(value, scope);
        };
        let BindingKind::Value(inner) = binding.kind else { return self.plain_key(value, scope) };
        if file != scope.file {
            return self.plain_key(value, scope);
        }
        let facts = self.world.facts(file);
        if is_iterated(facts.value(inner)) {
            let there = Scope { file, function: binding.from, region: binding.region, order: binding.order };
            let found = self.key_options(inner, there, depth + 1);
            // One text under a name is written where the name is used, like any constant.
            let is_itself = |it: &Key| it.place.span == facts.value_span(inner);
            if !matches!(found.as_slice(), [only] if is_itself(only)) {
                return found;
            }
        }
        let choices = self.alternatives(name, scope);
        let is_choice =
            choices.len() > 1 || matches!(facts.value(inner), Value::Either(_) | Value::Item { .. });
        if !is_choice {
            return self.plain_key(value, scope);
        }
        let found =
            choices.into_iter().flat_map(|(it, there)| self.key_options(it, there, depth + 1)).collect();
        self.all_told(found, value, scope)
    }

    /// `TABLE[kind]`, `TABLE.get(kind)`: one of the texts of a table that is written down.
    fn chosen_key(&mut self, table: ValueId, value: ValueId, scope: Scope, depth: u32) -> Vec<Key> {
        let plain = self.plain_key(value, scope);
        if plain.iter().any(|it| it.text.parts.iter().any(|it| matches!(it, Part::Literal(_)))) {
            return plain;
        }
        let found = self.dict_texts(table, scope, depth + 1);
        if found.is_empty() { plain } else { self.all_told(found, value, scope) }
    }

    /// Several keys that one expression can be, written where it is used; if one of them is unknown, the expression as it is.
    fn all_told(&mut self, keys: Vec<Key>, value: ValueId, scope: Scope) -> Vec<Key> {
        let is_told = |it: &Key| it.text.parts.iter().any(|it| !matches!(it, Part::Hole(_) | Part::Absent));
        if !keys.iter().all(is_told) {
            return self.plain_key(value, scope);
        }
        let place = Place { file: scope.file, span: self.world.facts(scope.file).value_span(value) };
        keys.into_iter().map(|it| it.moved(place, scope)).collect()
    }

    fn plain_key(&mut self, value: ValueId, scope: Scope) -> Vec<Key> {
        let facts = self.world.facts(scope.file);
        let place = Place { file: scope.file, span: facts.value_span(value) };
        vec![Key { text: self.text(value, scope), place, scope, value: None, whole: Some(value) }]
    }

    /// `f"app.{key}"`: one piece may stand for many keys.
    fn template_keys(&mut self, value: ValueId, run: &Run, scope: Scope, depth: u32) -> Vec<Key> {
        let facts = self.world.facts(scope.file);
        let pieces = facts.list(run);
        for (index, piece) in pieces.iter().enumerate() {
            let Value::Name(_) = facts.value(*piece) else { continue };
            let options = self.key_options(*piece, scope, depth + 1);
            let expands = options.len() > 1
                || options
                    .first()
                    .is_some_and(|it| it.place.span != facts.value_span(*piece) || has_key_of(&it.text));
            // A key that nobody can tell is no better for being looked for elsewhere.
            if !expands || options.iter().all(|it| it.text.parts.iter().all(|it| matches!(it, Part::Hole(_))))
            {
                continue;
            }
            let before: Vec<Part> =
                pieces[..index].iter().flat_map(|it| self.text(*it, scope).parts).collect();
            let after: Vec<Part> =
                pieces[index + 1..].iter().flat_map(|it| self.text(*it, scope).parts).collect();
            let wrap = |mut key: Key| {
                let mut parts = before.clone();
                parts.extend(key.text.parts.iter().copied());
                parts.extend(after.iter().copied());
                // What the caller passes has no place here; the template that it goes into has.
                if has_key_of(&key.text) {
                    key = key.moved(Place { file: scope.file, span: facts.value_span(value) }, scope);
                }
                Key { text: Parts { parts, source: TextSource::Constant }, whole: None, ..key }
            };
            return options.into_iter().map(wrap).collect();
        }
        self.plain_key(value, scope)
    }

    /// A key with what is stored under it. Where a loop over a dictionary hands out keys and values together, each key has its own
    /// value already, if it is the loop's value that is stored.
    pub(crate) fn hold(&self, key: Key, value: ValueId, there: Scope) -> Key {
        if key.value.is_some() && self.is_of_a_loop(value, there) {
            return key;
        }
        // A value's number means something in its own file only.
        let value = Some(value).filter(|_| key.scope.file == there.file);
        Key { value, ..key }
    }

    fn is_of_a_loop(&self, value: ValueId, scope: Scope) -> bool {
        let facts = self.world.facts(scope.file);
        match facts.value(value) {
            Value::Part(of, _) => is_of_entries(facts, *of),
            Value::Name(name) => facts.bindings_of(scope.function, *name).iter().any(|it| {
                let BindingKind::Value(inner) = it.kind else { return false };
                matches!(facts.value(inner), Value::Part(of, _) if is_of_entries(facts, *of))
            }),
            _ => false,
        }
    }

    /// The keys of a dictionary-valued expression, wherever they were put in.
    pub(crate) fn dict_keys(&mut self, value: ValueId, scope: Scope, depth: u32) -> Vec<Key> {
        if depth > DEEPEST {
            return Vec::new();
        }
        let facts = self.world.facts(scope.file);
        match facts.value(value) {
            Value::Dict(run) => self.entries(run, scope, depth),
            Value::Name(name) => self.variable_keys(*name, scope, depth),
            Value::Member { of, name } => self.member_keys(*of, *name, scope, depth),
            Value::Either(run) | Value::Fallback(run) => {
                let list = facts.list(run);
                list.iter().flat_map(|it| self.dict_keys(*it, scope, depth + 1)).collect()
            }
            Value::Awaited(inner) => self.dict_keys(*inner, scope, depth + 1),
            // One after the other, a loop hands out all that the list has.
            Value::Element(list) => self.dict_keys(*list, scope, depth + 1),
            Value::Closure(local) if facts.lexical => {
                self.closure_keys(self.world.func(scope.file, *local), depth)
            }
            Value::Sequence(run) if facts.lexical => {
                let list = facts.list(run);
                list.iter()
                    .flat_map(|it| match facts.value(*it) {
                        Value::Text(_) => self.key_options(*it, scope, depth + 1),
                        _ => self.dict_keys(*it, scope, depth + 1),
                    })
                    .collect()
            }
            Value::Call(op) => self.call_keys(Site { file: scope.file, op: *op }, scope, depth),
            Value::Sequence(run) => self.sides(run, 0, scope, depth),
            Value::Many(pair) => match facts.value(*pair) {
                Value::Sequence(pair) => facts
                    .list(pair)
                    .first()
                    .map_or_else(Vec::new, |it| self.key_options(*it, scope, depth + 1)),
                _ => Vec::new(),
            },
            _ => Vec::new(),
        }
    }

    fn entries(&mut self, run: &Run, scope: Scope, depth: u32) -> Vec<Key> {
        let facts = self.world.facts(scope.file);
        let mut found = Vec::new();
        for (key, value) in facts.dict(run) {
            match key {
                Some(key) => {
                    let keys = self.key_options(*key, scope, depth + 1).into_iter();
                    found.extend(keys.map(|it| self.hold(it, *value, scope)));
                }
                None => found.extend(self.dict_keys(*value, scope, depth + 1)),
            }
        }
        found
    }
}

/// What is taken apart is one of a dictionary's entries, or of pairs that are written down: what `zip` hands out is put together there.
fn is_of_entries(facts: &Facts, of: ValueId) -> bool {
    let Value::Element(source) = facts.value(of) else { return false };
    let Value::Call(op) = facts.value(*source) else { return true };
    let OpKind::Call { callee, .. } = facts.op(*op).kind else { return false };
    matches!(facts.value(callee), Value::Member { name, .. } if name.as_str() == "items")
}

fn concerns(part: Part, callee: FuncId) -> bool {
    match part {
        Part::Param(function, _)
        | Part::NameOf(function, ..)
        | Part::KeyOf(function, _)
        | Part::EntryKeys(function, ..) => function == callee,
        _ => false,
    }
}

fn has_key_of(text: &Parts) -> bool {
    text.parts.iter().any(|it| matches!(it, Part::KeyOf(..)))
}

fn is_iterated(value: &Value) -> bool {
    matches!(value, Value::Part(..) | Value::Element(_) | Value::Template(_))
}
