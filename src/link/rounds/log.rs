//! What readings rested on, and what changed in a round: together they say what is to be read again.

use rayon::prelude::*;
use rustc_hash::FxHashSet;

use crate::link::eval::Dependency;
use crate::link::modules::ModuleId;
use crate::link::things::ClassId;
use crate::link::world::World;
use crate::program::FuncId;
use crate::text::{Symbol, SymbolSet};

const AT_ONCE: usize = 16_384;

/// What the readings of functions rested on, by kind: in every round all of it is looked through, as far as something of the kind
/// changed.
#[derive(Default)]
pub(super) struct Log {
    pub(super) results: Vec<(FuncId, FuncId)>,
    pub(super) passed: Vec<(FuncId, FuncId)>,
    pub(super) fields: Vec<(FuncId, ClassId, Symbol)>,
    pub(super) patches: Vec<(FuncId, ModuleId, Symbol)>,
}

impl Log {
    pub(super) fn add(&mut self, reader: FuncId, on: Dependency) {
        match on {
            Dependency::Result(function) => self.results.push((reader, function)),
            Dependency::Passed(function) => self.passed.push((reader, function)),
            Dependency::Field(class, name) => self.fields.push((reader, class, name)),
            Dependency::Patch(module, name) => self.patches.push((reader, module, name)),
        }
    }

    pub(super) fn append(&mut self, mut other: Log) {
        self.results.append(&mut other.results);
        self.passed.append(&mut other.passed);
        self.fields.append(&mut other.fields);
        self.patches.append(&mut other.patches);
    }

    /// The functions whose readings rested on something that changed, in no order, and as often as they did.
    pub(super) fn touched(&self, world: &World<'_>, changed: &Changed) -> Vec<u32> {
        let mut found = Vec::new();
        if changed.any_result {
            found.par_extend(readers(&self.results, |it| changed.results[it.1.index()], |it| it.0));
        }
        if changed.any_passed {
            found.par_extend(readers(&self.passed, |it| changed.passed[it.1.index()], |it| it.0));
        }
        if !changed.fields.is_empty() {
            let is_changed = |it: &(FuncId, ClassId, Symbol)| changed.has_field(world, it.1, it.2);
            found.par_extend(readers(&self.fields, is_changed, |it| it.0));
        }
        if !changed.patches.is_empty() {
            let is_changed = |it: &(FuncId, ModuleId, Symbol)| changed.patches.contains(&(it.1, it.2));
            found.par_extend(readers(&self.patches, is_changed, |it| it.0));
        }
        found
    }
}

fn readers<'l, T: Sync>(
    log: &'l [T],
    is_changed: impl Fn(&T) -> bool + Sync + Send + 'l,
    reader: impl Fn(&T) -> FuncId + Sync + Send + 'l,
) -> impl ParallelIterator<Item = u32> + 'l {
    log.par_chunks(AT_ONCE).flat_map_iter(move |some| {
        let touched = some.iter().filter(|it| is_changed(it)).map(|it| reader(it).0);
        touched.collect::<Vec<u32>>()
    })
}

/// The entries of tables that grew in a round.
pub(super) struct Changed {
    /// By function: what it gives, and what callers pass to it.
    pub(super) results: Vec<bool>,
    pub(super) passed: Vec<bool>,
    pub(super) fields: FxHashSet<(ClassId, Symbol)>,
    pub(super) field_names: SymbolSet,
    pub(super) patches: FxHashSet<(ModuleId, Symbol)>,
    pub(super) any_result: bool,
    pub(super) any_passed: bool,
}

impl Changed {
    pub(super) fn nothing(functions: usize) -> Changed {
        Changed {
            results: vec![false; functions],
            passed: vec![false; functions],
            fields: FxHashSet::default(),
            field_names: SymbolSet::default(),
            patches: FxHashSet::default(),
            any_result: false,
            any_passed: false,
        }
    }

    pub(super) fn any(&self) -> bool {
        self.any_result || self.any_passed || !self.fields.is_empty() || !self.patches.is_empty()
    }

    pub(super) fn has_field(&self, world: &World<'_>, class: ClassId, name: Symbol) -> bool {
        self.field_names.contains(name)
            && world.class(class).line.iter().any(|owner| self.fields.contains(&(*owner, name)))
    }
}
