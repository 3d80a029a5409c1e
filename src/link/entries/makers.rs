//! Decorators of the program that make entry points: they give what a framework's decorator gives.

use rustc_hash::FxHashMap;

use super::{Entry, entry};
use crate::facts::{BindingKind, OpKind, Value, ValueId};
use crate::library::Role;
use crate::link::rounds::Targets;
use crate::link::things::Site;
use crate::link::world::World;
use crate::program::FuncId;

/// Decorators that call decorators that call decorators; further down nobody looks.
const LONGEST_CHAIN: u32 = 4;

pub(super) struct Makers<'w, 'a> {
    world: &'w World<'a>,
    targets: &'w Targets,
    known: FxHashMap<FuncId, Option<Entry>>,
}

impl<'w, 'a> Makers<'w, 'a> {
    pub(super) fn new(world: &'w World<'a>, targets: &'w Targets) -> Makers<'w, 'a> {
        Makers { world, targets, known: FxHashMap::default() }
    }

    /// What a function that is decorated with this one becomes.
    pub(super) fn entry(&mut self, decorator: FuncId) -> Option<Entry> {
        self.made_by(decorator, 0)
    }

    /// Whether a function is written in such a decorator.
    pub(super) fn has_inside(&mut self, function: FuncId) -> bool {
        let (file, local) = self.world.local(function);
        let facts = self.world.facts(file);
        let outwards = std::iter::successors(facts.function(local).parent, |it| facts.function(*it).parent);
        let outer: Vec<FuncId> = outwards.map(|it| self.world.func(file, it)).collect();
        outer.into_iter().any(|it| !self.world.is_body(it) && self.entry(it).is_some())
    }

    fn made_by(&mut self, decorator: FuncId, depth: u32) -> Option<Entry> {
        if depth > LONGEST_CHAIN {
            return None;
        }
        if let Some(known) = self.known.get(&decorator) {
            return *known;
        }
        // Who comes back to itself makes nothing by that.
        self.known.insert(decorator, None);
        let found = self
            .returned(decorator)
            .into_iter()
            .find_map(|(function, value)| self.given(function, value, depth));
        self.known.insert(decorator, found);
        found
    }

    /// What the function gives, and what the functions give that are written in it.
    fn returned(&self, decorator: FuncId) -> Vec<(FuncId, ValueId)> {
        let (file, local) = self.world.local(decorator);
        let facts = self.world.facts(file);
        let whole = facts.function(local).span;
        let inner = facts.functions.iter().enumerate().filter(|(_, it)| whole.contains(it.span));
        let inner = inner.map(|(index, _)| self.world.func(file, crate::facts::FnId(index as u32)));
        inner
            .flat_map(|function| {
                self.world.ops(function).filter_map(move |(_, op)| match op.kind {
                    OpKind::Return(Some(value)) => Some((function, value)),
                    _ => None,
                })
            })
            .collect()
    }

    /// `task(..)`, `task(..)(function)`, and either in a variable.
    fn given(&mut self, function: FuncId, value: ValueId, depth: u32) -> Option<Entry> {
        let (file, local) = self.world.local(function);
        let facts = self.world.facts(file);
        let op = match facts.value(value) {
            Value::Call(op) => *op,
            Value::Name(name) => match facts.bindings_of(local, *name) {
                [only] => match only.kind {
                    BindingKind::Value(bound) if bound != value => {
                        return self.given(function, bound, depth + 1);
                    }
                    _ => return None,
                },
                _ => return None,
            },
            _ => return None,
        };
        let site = Site { file, op };
        if depth > LONGEST_CHAIN {
            return None;
        }
        let by_library = self.targets.nodes(site).find_map(|node| {
            let model = self.world.library.node(node).model(Role::EntryPoint)?;
            if model.forms.decorator { entry(self.world, node, model) } else { None }
        });
        let decorators: Vec<FuncId> = self.targets.functions(site).map(|(it, _)| it).collect();
        by_library
            .or_else(|| decorators.into_iter().find_map(|it| self.made_by(it, depth + 1)))
            .or_else(|| self.given(function, self.world.callee(site)?, depth + 1))
    }
}
