//! Functions with some arguments bound beforehand (`partial(f, 1)`) and called by another name: which call binds the first
//! arguments of which. Knows names and values only, so it can come before the rounds.

use rayon::prelude::*;
use rustc_hash::FxHashMap;

use crate::facts::{BindingKind, Facts, OpId, OpKind, Value, ValueId};
use crate::library::Role;
use crate::link::eval::Eval;
use crate::link::things::{Site, Thing};
use crate::link::world::World;
use crate::text::{FileId, Symbol, SymbolSet};

/// For each call of a bound function, the call that bound it.
pub(crate) fn find(world: &World<'_>) -> FxHashMap<Site, Site> {
    let found: Vec<Vec<OpId>> = world.each_file().map(|it| binders_in(world, it)).collect();
    if found.iter().all(Vec::is_empty) {
        return FxHashMap::default();
    }
    let names = world.files.iter().zip(&found).flat_map(|(file, ops)| names_of(&file.facts, ops)).collect();
    let binders = Binders { sites: found, names };
    world.each_file().flat_map_iter(|it| binders.bound_in(world, it)).collect()
}

/// The calls in a file that bind arguments.
fn binders_in(world: &World<'_>, file: FileId) -> Vec<OpId> {
    let facts = world.facts(file);
    let mut eval = Eval::new(world);
    let mut found = Vec::new();
    for op in &world.leads[file.index()].binders {
        let OpKind::Call { callee, .. } = facts.op(*op).kind else { continue };
        let scope = Eval::scope_of(world, Site { file, op: *op });
        let binds = eval.ask(callee, scope).iter().any(
            |it| matches!(it, Thing::Library(node) if world.library.node(node).model(Role::Partial).is_some()),
        );
        if binds {
            found.push(*op);
        }
    }
    found
}

/// The names that get what these calls give.
fn names_of(facts: &Facts, ops: &[OpId]) -> Vec<Symbol> {
    if ops.is_empty() {
        return Vec::new();
    }
    let bound = facts.ops.iter().filter_map(|it| match it.kind {
        OpKind::Bind { name, value } => Some((name, value)),
        _ => None,
    });
    bound
        .filter(|(_, value)| matches!(facts.value(*value), Value::Call(op) if ops.contains(op)))
        .map(|(name, _)| name)
        .collect()
}

struct Binders {
    /// By file.
    sites: Vec<Vec<OpId>>,
    names: SymbolSet,
}

impl Binders {
    fn bound_in(&self, world: &World<'_>, file: FileId) -> Vec<(Site, Site)> {
        let facts = world.facts(file);
        let mut eval = Eval::new(world);
        let mut found = Vec::new();
        for (index, it) in facts.ops.iter().enumerate() {
            let OpKind::Call { callee, args } = &it.kind else { continue };
            let site = Site { file, op: OpId(index as u32) };
            // Of a call that binds itself, the function that it binds matters.
            let function = match self.binds(site) {
                true => facts.args(args).first().map(|it| it.value),
                false => Some(*callee),
            };
            found.extend(function.and_then(|it| self.behind(&mut eval, it, site)).map(|it| (site, it)));
        }
        found
    }

    fn binds(&self, site: Site) -> bool {
        self.sites[site.file.index()].contains(&site.op)
    }

    /// The call that bound arguments of what this value, read at a call, stands for.
    fn behind(&self, eval: &mut Eval<'_, '_>, value: ValueId, at: Site) -> Option<Site> {
        let world = eval.world;
        let (file, binding) = match *world.facts(at.file).value(value) {
            Value::Call(op) => {
                let site = Site { file: at.file, op };
                return self.binds(site).then_some(site);
            }
            Value::Name(name) if self.names.contains(name) => {
                eval.single_binding(name, Eval::scope_of(world, at))?
            }
            Value::Member { of, name } if self.names.contains(name) => {
                eval.member_binding(of, name, Eval::scope_of(world, at))?
            }
            _ => return None,
        };
        let (file, binding) = match binding.kind {
            BindingKind::Import(import) => eval.imported_binding(file, binding.from, import, 0)?,
            _ => (file, binding),
        };
        let BindingKind::Value(value) = binding.kind else { return None };
        match *eval.world.facts(file).value(value) {
            Value::Call(op) => Some(Site { file, op }).filter(|it| self.binds(*it)),
            _ => None,
        }
    }
}
