//! What one instance keeps, where the call that made it tells: the span in `Record::new(span)` is the one that was handed over
//! there, not any that a record was ever made with.

use smallvec::SmallVec;

use crate::facts::{BindingKind, OpKind, Value, ValueId};
use crate::link::eval::{Dependency, Eval, MOST_STEPS, Scope};
use crate::link::things::{ClassId, Site, Thing};
use crate::program::FuncId;
use crate::text::Symbol;

/// Helpers that call helpers that make the instance; further down nobody looks.
const LONGEST_CHAIN: u32 = 3;

impl Eval<'_, '_> {
    /// The span in a field of a value, by the call that the value comes from.
    pub(super) fn kept(&mut self, of: ValueId, field: Symbol, scope: Scope) -> Option<Thing> {
        let site = self.made_by(of, scope, 0)?;
        self.kept_by(site, Some(field), 0)
    }

    /// The span that a function makes and keeps in what it gives.
    pub(crate) fn keeps(&mut self, function: FuncId) -> Option<Thing> {
        self.calls_of(function).into_iter().find_map(|it| self.kept_by(it, None, 0))
    }

    /// Where a value was made: a call, or a name for what one gave.
    fn made_by(&mut self, value: ValueId, scope: Scope, depth: u32) -> Option<Site> {
        match *self.world.facts(scope.file).value(value) {
            Value::Call(op) => Some(Site { file: scope.file, op }),
            Value::Awaited(inner) => self.made_by(inner, scope, depth),
            Value::Name(name) if depth < LONGEST_CHAIN => {
                let (file, binding) = self.single_binding(name, scope)?;
                match binding.kind {
                    BindingKind::Value(value) => self.made_by(value, Self::at(file, binding), depth + 1),
                    _ => None,
                }
            }
            _ => None,
        }
    }

    fn kept_by(&mut self, site: Site, field: Option<Symbol>, depth: u32) -> Option<Thing> {
        self.steps += 1;
        if depth > LONGEST_CHAIN || self.steps > MOST_STEPS {
            return None;
        }
        self.called(site).into_iter().find_map(|function| {
            self.depends(Dependency::Result(function));
            let given = self.world.returns[function.index()].iter();
            let classes: SmallVec<[ClassId; 2]> = given
                .filter_map(|it| match it {
                    Thing::Instance(class) => Some(class),
                    _ => None,
                })
                .collect();
            let made_here = classes.iter().find_map(|it| self.handed_to_field(site, function, *it, field));
            made_here.or_else(|| {
                // A helper around the call that makes it.
                let helps = !classes.is_empty() && self.is_kept_within(function, field, depth);
                helps.then_some(Thing::Given(function, site))
            })
        })
    }

    /// Whether a call in a function keeps one. The answer is the same whoever calls the function, and calls in calls are many.
    fn is_kept_within(&mut self, function: FuncId, field: Option<Symbol>, depth: u32) -> bool {
        if let Some(known) = self.kept_within.get(&(function, field, depth)) {
            return *known;
        }
        // Whoever comes back to it meanwhile learns nothing from it.
        self.kept_within.insert((function, field, depth), false);
        let mut calls = self.calls_of(function).into_iter();
        let found = calls.any(|it| self.kept_by(it, field, depth + 1).is_some());
        self.kept_within.insert((function, field, depth), found);
        found
    }

    /// The span that this call hands to a parameter which ends up in the field.
    fn handed_to_field(
        &mut self,
        site: Site,
        maker: FuncId,
        class: ClassId,
        field: Option<Symbol>,
    ) -> Option<Thing> {
        let world = self.world;
        let facts = world.facts(world.class(class).file);
        let names: SmallVec<[Symbol; 4]> = match field {
            Some(name) => SmallVec::from_slice(&[name]),
            None => facts.scope(world.class_facts(class).body).iter().map(|it| it.name).collect(),
        };
        names.into_iter().find_map(|name| {
            self.depends(Dependency::Field(class, name));
            let stored = world.fields.get(&(class, name))?;
            let index = stored.iter().find_map(|it| match it {
                Thing::Param(owner, index) if owner == maker => Some(index),
                _ => None,
            })?;
            let (value, from) = world.passed_by(site, maker, usize::from(index), false)?;
            let passed = self.things(value, Self::scope_of(world, from));
            passed.iter().find(|it| matches!(it, Thing::Made(..) | Thing::Given(..)))
        })
    }

    fn calls_of(&self, function: FuncId) -> Vec<Site> {
        let calls = self.world.ops(function).filter(|(_, op)| matches!(op.kind, OpKind::Call { .. }));
        calls.map(|(site, _)| site).collect()
    }
}
