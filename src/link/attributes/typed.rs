//! The types of attribute values, as far as the code tells: literals, annotations, names that are bound once, a few calls.

use crate::facts::{BindingKind, Facts, FnId, OpKind, Value, ValueId};
use crate::text::Symbol;

const DEEPEST: u32 = 3;

/// A value of a file, in the function that it is read in.
#[derive(Clone, Copy)]
pub(super) struct Typed<'f> {
    pub(super) facts: &'f Facts,
    pub(super) function: FnId,
}

impl Typed<'_> {
    /// `string`, `int`, `double`, `boolean`, `array`, `map`, `none`.
    pub(super) fn type_of(self, value: ValueId) -> Option<&'static str> {
        match self.facts.value(value) {
            Value::None => Some("none"),
            _ => self.something(value, 0),
        }
    }

    /// A type that is told even if the value might be nothing: what is nothing is not written.
    fn something(self, value: ValueId, depth: u32) -> Option<&'static str> {
        if depth > DEEPEST {
            return None;
        }
        match self.facts.value(value) {
            Value::Text(_) | Value::Template(_) | Value::LongText => Some("string"),
            Value::Int => Some("int"),
            Value::Float => Some("double"),
            Value::Bool(_) | Value::Test(_) => Some("boolean"),
            Value::Sequence(_) | Value::Many(_) => Some("array"),
            Value::Dict(_) => Some("map"),
            Value::Either(run) | Value::Fallback(run) => {
                let mut types = self.facts.list(run).iter().map(|it| self.something(*it, depth + 1));
                let first = types.next()??;
                types.all(|it| it == Some(first)).then_some(first)
            }
            Value::Name(name) => self.named(*name, depth),
            Value::Call(op) => match &self.facts.op(*op).kind {
                OpKind::Call { callee, .. } => self.called(*callee),
                _ => None,
            },
            _ => None,
        }
    }

    /// A name that is bound once in the function, as a parameter or to a value.
    fn named(self, name: Symbol, depth: u32) -> Option<&'static str> {
        let [binding] = self.facts.bindings_of(self.function, name) else { return None };
        match binding.kind {
            BindingKind::Param(index) => {
                let param = self.facts.params(self.function).get(index as usize)?;
                self.annotated(param.annotation)
            }
            BindingKind::Value(value) => self.something(value, depth + 1),
            _ => None,
        }
    }

    fn annotated(self, annotation: ValueId) -> Option<&'static str> {
        match self.facts.value(annotation) {
            Value::Name(name) => match name.as_str() {
                "str" => Some("string"),
                "int" => Some("int"),
                "float" => Some("double"),
                "bool" => Some("boolean"),
                "list" | "tuple" | "List" | "Tuple" => Some("array"),
                "dict" | "Dict" => Some("map"),
                _ => None,
            },
            Value::Item { of, .. } => self.annotated(*of).filter(|it| matches!(*it, "array" | "map")),
            _ => None,
        }
    }

    fn called(self, callee: ValueId) -> Option<&'static str> {
        match self.facts.value(callee) {
            Value::Name(name) => match name.as_str() {
                "str" | "repr" => Some("string"),
                "int" | "len" => Some("int"),
                "float" => Some("double"),
                "bool" | "isinstance" => Some("boolean"),
                "list" | "tuple" | "sorted" => Some("array"),
                "dict" => Some("map"),
                _ => None,
            },
            Value::Member { of, name } => match name.as_str() {
                "isoformat" | "hexdigest" => Some("string"),
                "join" | "format" if matches!(self.facts.value(*of), Value::Text(_)) => Some("string"),
                "dumps" if matches!(self.facts.value(*of), Value::Name(it) if it.as_str() == "json") => {
                    Some("string")
                }
                _ => None,
            },
            _ => None,
        }
    }
}
