//! Where a text is written down: through names, members of classes and enumerations, and imports, to the literal itself.

use super::enum_member;
use crate::facts::{Binding, BindingKind, Value, ValueId};
use crate::link::eval::{Eval, Scope};
use crate::text::{FileId, Symbol};

/// Constants that are other constants, followed so far.
const DEEPEST: u32 = 6;

/// A value of a file, and the last name that was followed to it.
type Definition = (FileId, ValueId, Option<Symbol>);

impl Eval<'_, '_> {
    /// The literal that an expression always is, if only one can be meant.
    pub(crate) fn definition(&mut self, value: ValueId, scope: Scope, depth: u32) -> Option<Definition> {
        if depth > DEEPEST {
            return None;
        }
        let facts = self.world.facts(scope.file);
        let (file, binding) = match *facts.value(value) {
            Value::Text(_) => return Some((scope.file, value, None)),
            Value::Name(name) => {
                let (file, binding) = self.single_binding(name, scope)?;
                let is_one_of_several = file == scope.file && self.alternatives(name, scope).len() > 1;
                match binding.kind {
                    _ if is_one_of_several => return None,
                    BindingKind::Import(import) => self.imported_binding(file, binding.from, import, 0)?,
                    _ => (file, binding),
                }
            }
            Value::Member { of, name } => match enum_member(facts, of) {
                Some((class, member)) if matches!(name.as_str(), "value" | "_value_") => {
                    self.member_binding(class, member, scope)?
                }
                _ => self.member_binding(of, name, scope)?,
            },
            _ => return None,
        };
        let BindingKind::Value(value) = binding.kind else { return None };
        self.is_the_only_one(file, binding).then_some(())?;
        let inner = Scope { file, function: binding.from, region: binding.region, order: binding.order };
        let (file, value, constant) = self.definition(value, inner, depth + 1)?;
        Some((file, value, constant.or(Some(binding.name))))
    }

    /// A name that is bound twice has two texts, and which of them is meant is decided when the program runs.
    fn is_the_only_one(&self, file: FileId, binding: &Binding) -> bool {
        let all = self.world.facts(file).bindings_of(binding.from, binding.name).iter();
        all.filter(|it| !matches!(it.kind, BindingKind::Declared(_))).count() == 1
    }
}
