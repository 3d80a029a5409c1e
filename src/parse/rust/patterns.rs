//! What patterns bind.

use syn::{Member, Pat};

use super::Reader;
use crate::facts::{BindingKind, Value, ValueId};
use crate::text::Symbol;

impl<'a> Reader<'a> {
    pub(super) fn bind_pattern(&mut self, pat: &'a Pat, value: ValueId) {
        match pat {
            Pat::Ident(it) => {
                let name = self.symbol(&it.ident);
                // A name in upper case is a constant or a variant, and binds nothing.
                if it.subpat.is_none() && it.by_ref.is_none() && name.as_str().starts_with(char::is_uppercase)
                {
                    return;
                }
                let here = self.builder.function;
                if value == ValueId::OPAQUE {
                    self.builder.bind(here, name, BindingKind::Opaque);
                } else {
                    let at = self.at(&it.ident);
                    self.builder.assign(here, name, value, at);
                }
                if let Some((_, inner)) = &it.subpat {
                    self.bind_pattern(inner, value);
                }
            }
            Pat::Type(it) => self.bind_pattern(&it.pat, value),
            Pat::Reference(it) => self.bind_pattern(&it.pat, value),
            Pat::Paren(it) => self.bind_pattern(&it.pat, value),
            Pat::Tuple(it) => {
                for (index, part) in it.elems.iter().enumerate() {
                    let part_value = self.part(value, index, it.elems.len());
                    self.bind_pattern(part, part_value);
                }
            }
            Pat::TupleStruct(it) => {
                let wraps = it
                    .path
                    .segments
                    .last()
                    .is_some_and(|it| it.ident == "Some" || it.ident == "Ok" || it.ident == "Ready");
                for (index, part) in it.elems.iter().enumerate() {
                    let part_value =
                        if wraps { value } else { self.member(value, Symbol::new(&index.to_string())) };
                    self.bind_pattern(part, part_value);
                }
            }
            Pat::Struct(it) => {
                for field in &it.fields {
                    let name = match &field.member {
                        Member::Named(ident) => self.symbol(ident),
                        Member::Unnamed(index) => Symbol::new(&index.index.to_string()),
                    };
                    let part = self.member(value, name);
                    self.bind_pattern(&field.pat, part);
                }
            }
            Pat::Slice(it) => it.elems.iter().for_each(|it| self.bind_pattern(it, ValueId::OPAQUE)),
            Pat::Or(it) => it.cases.iter().for_each(|it| self.bind_pattern(it, value)),
            _ => {}
        }
    }

    fn part(&mut self, value: ValueId, index: usize, of: usize) -> ValueId {
        if value == ValueId::OPAQUE {
            return value;
        }
        if let Value::Sequence(run) = self.builder.facts.value(value)
            && run.len() == of
        {
            return self.builder.facts.list(run)[index];
        }
        let at = self.builder.facts.value_span(value);
        self.builder.value(Value::Part(value, index as u32), at)
    }

    fn member(&mut self, of: ValueId, name: Symbol) -> ValueId {
        if of == ValueId::OPAQUE {
            return of;
        }
        let at = self.builder.facts.value_span(of);
        self.builder.value(Value::Member { of, name }, at)
    }
}
