//! What a value is: which names it is made of, and whether a secret can be in it at all.

use super::types::{Type, declared, given_back, member};
use super::words;
use crate::facts::{BindingKind, Facts, FnId, OpKind, Value, ValueId};
use crate::rule::Context;
use crate::text::FileId;

/// A value that may be a secret.
#[derive(Debug, Default)]
pub(super) struct Told {
    /// The names that it is made of.
    pub(super) names: Vec<&'static str>,
    /// What has these names is written as it is, and may be a text.
    pub(super) as_it_is: bool,
}

/// Where a value is read.
#[derive(Clone, Copy)]
pub(super) struct Reading<'a> {
    pub(super) ctx: &'a Context<'a>,
    pub(super) file: FileId,
    pub(super) function: FnId,
    /// The key, or the variable that holds it, is called like a secret. Types are asked for only then: they are looked for all over the
    /// program.
    pub(super) matters: bool,
}

const DEEPEST: u32 = 6;

impl<'a> Reading<'a> {
    fn facts(self) -> &'a Facts {
        &self.ctx.program.file(self.file).facts
    }

    /// None where no secret is in it.
    pub(super) fn told(self, value: ValueId, depth: u32) -> Option<Told> {
        let facts = self.facts();
        if depth > DEEPEST {
            return Some(Told::default());
        }
        if facts.is_turned_into_number(value) {
            return None;
        }
        match facts.value(value) {
            Value::Text(_) | Value::Int | Value::Float | Value::Bool(_) | Value::None | Value::Test(_) => {
                None
            }
            Value::Name(name) => self.name(name.as_str(), depth),
            Value::Member { name, .. } if words::is_constant(name.as_str()) => Some(Told::default()),
            Value::Member { name, .. } => self.of_type(name.as_str(), || member(self.ctx, *name)),
            Value::Item { key, .. } => match facts.value(*key) {
                Value::Text(text) => told_by_name(text.as_str()),
                _ => Some(Told::default()),
            },
            Value::Template(run) | Value::Either(run) | Value::Fallback(run) | Value::Sequence(run) => {
                self.any(facts.list(run), depth)
            }
            Value::Awaited(inner) => self.told(*inner, depth + 1),
            Value::Call(op) => match &facts.op(*op).kind {
                OpKind::Call { callee, args } => {
                    let given: Vec<ValueId> = facts.args(args).iter().map(|it| it.value).collect();
                    self.called(*callee, &given, depth)
                }
                _ => Some(Told::default()),
            },
            _ => Some(Told::default()),
        }
    }

    /// Made of several: what is no secret does not count.
    fn any(self, parts: &[ValueId], depth: u32) -> Option<Told> {
        let mut told = parts.iter().filter_map(|it| self.told(*it, depth + 1));
        let mut all = told.next()?;
        for it in told {
            all.names.extend(it.names);
            all.as_it_is |= it.as_it_is;
        }
        Some(all)
    }

    fn name(self, name: &'static str, depth: u32) -> Option<Told> {
        let facts = self.facts();
        let scopes = std::iter::successors(Some(self.function), |it| facts.function(*it).parent);
        let bound = scopes
            .map(|it| (it, facts.bindings_of(it, crate::text::Symbol::new(name))))
            .find(|(_, it)| !it.is_empty());
        let Some((scope, [binding])) = bound else {
            return if words::is_constant(name) { Some(Told::default()) } else { told_by_name(name) };
        };
        match binding.kind {
            BindingKind::Param(index) => {
                let param = facts.params(scope).get(index as usize)?;
                self.of_type(name, || declared(facts, param.annotation))
            }
            BindingKind::Declared(annotation) => self.of_type(name, || declared(facts, annotation)),
            BindingKind::Value(value) => {
                let matters = self.matters || words::secret_in_value(name).is_some();
                let from = Reading { function: binding.from, matters, ..self };
                let told = from.told(value, depth + 1)?;
                let named = told_by_name(name)?;
                Some(Told { as_it_is: told.as_it_is, ..named })
            }
            _ if words::is_constant(name) => Some(Told::default()),
            _ => told_by_name(name),
        }
    }

    fn of_type(self, name: &'static str, type_of: impl FnOnce() -> Type) -> Option<Told> {
        let told = told_by_name(name)?;
        if !self.matters && words::secret_in_value(name).is_none() {
            return Some(told);
        }
        match type_of() {
            Type::NoSecret => None,
            Type::Other => Some(Told { as_it_is: false, ..told }),
            Type::Text | Type::Unknown => Some(told),
        }
    }

    fn called(self, callee: ValueId, given: &[ValueId], depth: u32) -> Option<Told> {
        let facts = self.facts();
        let (name, of) = match facts.value(callee) {
            Value::Name(name) | Value::Head(name) => (*name, None),
            Value::Member { name, of } => (*name, Some(*of)),
            _ => return Some(Told::default()),
        };
        let word = name.as_str();
        let text = given.first().and_then(|it| match facts.value(*it) {
            Value::Text(text) => Some(text.as_str()),
            _ => None,
        });
        match (word, of, given.first()) {
            ("get" | "getenv" | "var" | "env", ..) => text.map_or(Some(Told::default()), told_by_name),
            ("str" | "repr", None, Some(first)) | ("from", Some(_), Some(first)) => {
                self.told(*first, depth + 1)
            }
            ("join" | "format", Some(of), _) if matches!(facts.value(of), Value::Text(_)) => {
                self.any(given, depth)
            }
            // What hides it is asked to show it.
            (_, Some(of), _) if words::reveals(word) => match facts.value(of) {
                Value::Name(name) | Value::Member { name, .. } => told_by_name(name.as_str()),
                _ => Some(Told::default()),
            },
            _ if words::disarms(word) => None,
            (_, Some(of), _) if words::passes_on(word) => self.told(of, depth + 1),
            _ => self.of_type(word, || {
                given_back(self.ctx, self.ctx.program.global(self.file, self.function), name)
            }),
        }
    }
}

/// What is about a secret is none.
fn told_by_name(name: &'static str) -> Option<Told> {
    (!words::is_about(name)).then(|| Told { names: vec![name], as_it_is: true })
}
