//! What is worth a closer look in a file, found in one walk over its operations: looking at all of them costs more than what is
//! then done with the few that matter.

use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};

use crate::facts::{BindingKind, ClassId, Facts, FnId, OpId, OpKind, Value, ValueId};
use crate::link::world::{Names, set_member};
use crate::program::File;
use crate::text::Symbol;

#[derive(Default)]
pub(crate) struct Leads {
    /// Names that are set on something that an import binds. What tests put in place is gone when they end.
    pub(crate) patched_names: Vec<Symbol>,
    /// Names that get the result of a call with nothing but what they stood for: `load = traced(load)`.
    pub(crate) rebindings: Vec<OpId>,
    /// Calls that may bind arguments: what is called, or what it was imported as, is named like it.
    pub(crate) binders: Vec<OpId>,
    /// Calls of `__enter__` and its like by name.
    pub(crate) enterings: Vec<OpId>,
    /// Calls of a method `record_exception`, whatever it belongs to.
    pub(crate) recordings: Vec<OpId>,
    /// Dictionaries and lists that methods set under a name, and the class in whose body the method stands.
    pub(crate) displays: Vec<(ClassId, Symbol, OpId, ValueId)>,
}

pub(crate) fn find(files: &[File], names: &Names) -> Vec<Leads> {
    let finder = || Finder { names, telling: FxHashMap::default() };
    files.par_iter().map_init(finder, |finder, file| finder.file(file)).collect()
}

struct Finder<'a> {
    names: &'a Names,
    /// Whether names say that something binds arguments: their text lies elsewhere, and most names are met many times.
    telling: FxHashMap<Symbol, bool>,
}

impl Finder<'_> {
    fn file(&mut self, file: &File) -> Leads {
        let facts = &file.facts;
        let mut leads = Leads::default();
        let mut set = Vec::new();
        for (index, op) in facts.ops.iter().enumerate() {
            let id = OpId(index as u32);
            match &op.kind {
                OpKind::Call { callee, .. } => match facts.value(*callee) {
                    Value::Member { name, .. } if *name == self.names.record_exception => {
                        leads.recordings.push(id);
                    }
                    Value::Member { name, .. } if *name == self.names.enter || *name == self.names.aenter => {
                        leads.enterings.push(id);
                    }
                    Value::Member { name, .. } if self.is_telling(*name) => leads.binders.push(id),
                    Value::Name(name) if self.names_binder(facts, *name) => leads.binders.push(id),
                    _ => {}
                },
                OpKind::Bind { name, value } | OpKind::SetMember { name, value, .. }
                    if is_of_itself(facts, *name, *value) =>
                {
                    leads.rebindings.push(id);
                }
                _ => {}
            }
            if let Some((of, name, value)) = set_member(facts, &op.kind, self.names.setattr) {
                set.push((of, name));
                if is_display(facts, value) {
                    let class = facts.function(facts.region(op.region).function).class;
                    leads.displays.extend(class.map(|class| (class, name, id, value)));
                }
            }
        }
        // Where names are lexical, nothing is put in the place of a module's member.
        if !file.test && !facts.lexical {
            leads.patched_names = patched_names(facts, &set);
        }
        leads
    }

    fn is_telling(&mut self, name: Symbol) -> bool {
        *self.telling.entry(name).or_insert_with(|| name.as_str().starts_with("partial"))
    }

    fn names_binder(&mut self, facts: &Facts, name: Symbol) -> bool {
        self.is_telling(name)
            || facts.bindings_of(FnId::MODULE, name).iter().any(|it| match it.kind {
                BindingKind::Import(import) => import.name.is_some_and(|it| self.is_telling(it)),
                _ => false,
            })
    }
}

/// A call whose only argument goes by a name.
fn is_of_itself(facts: &Facts, name: Symbol, value: ValueId) -> bool {
    let Value::Call(call) = *facts.value(value) else { return false };
    let OpKind::Call { args, .. } = &facts.op(call).kind else { return false };
    let [original] = facts.args(args) else { return false };
    matches!(*facts.value(original.value), Value::Name(it) | Value::Member { name: it, .. } if it == name)
}

/// A dictionary or list that is written there and has something in it.
fn is_display(facts: &Facts, value: ValueId) -> bool {
    matches!(facts.value(value), Value::Dict(run) | Value::Sequence(run) if !run.is_empty())
}

fn patched_names(facts: &Facts, set: &[(ValueId, Symbol)]) -> Vec<Symbol> {
    if set.is_empty() {
        return Vec::new();
    }
    let imported: FxHashSet<Symbol> =
        facts.imports.iter().map(|it| it.0).chain(facts.import_roots.iter().map(|it| it.0)).collect();
    let is_imported = |of: ValueId| root(facts, of).is_some_and(|it| imported.contains(&it));
    set.iter().filter(|(of, _)| is_imported(*of)).map(|(_, name)| *name).collect()
}

/// `a` of `a.b.c`.
fn root(facts: &Facts, mut value: ValueId) -> Option<Symbol> {
    loop {
        match facts.value(value) {
            Value::Member { of, .. } => value = *of,
            Value::Name(name) => return Some(*name),
            _ => return None,
        }
    }
}
