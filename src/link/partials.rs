//! Functions with some arguments bound beforehand (`partial(f, 1)`) and called by another name: which call binds the first
//! arguments of which. Knows names and values only, so it can come before the rounds.

use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};

use crate::facts::{BindingKind, Facts, OpId, OpKind, Value, ValueId};
use crate::library::Role;
use crate::link::eval::{Eval, Scope};
use crate::link::things::{Site, Thing};
use crate::link::world::World;
use crate::text::{FileId, Symbol};

/// For each call of a bound function, the call that bound it.
pub(crate) fn find(world: &World<'_>) -> FxHashMap<Site, Site> {
    let found: Vec<Vec<OpId>> =
        (0..world.files.len()).into_par_iter().map(|it| binders_in(world, FileId(it as u32))).collect();
    let binders = Binders {
        names: found
            .iter()
            .enumerate()
            .flat_map(|(file, ops)| names_of(&world.files[file].facts, ops))
            .collect(),
        sites: found
            .iter()
            .enumerate()
            .flat_map(|(file, ops)| ops.iter().map(move |op| Site { file: FileId(file as u32), op: *op }))
            .collect(),
    };
    if binders.sites.is_empty() {
        return FxHashMap::default();
    }
    (0..world.files.len())
        .into_par_iter()
        .flat_map_iter(|it| binders.bound_in(world, FileId(it as u32)))
        .collect()
}

/// The calls in a file that bind arguments.
fn binders_in(world: &World<'_>, file: FileId) -> Vec<OpId> {
    let facts = world.facts(file);
    let mut eval = Eval::new(world);
    let mut found = Vec::new();
    for (index, it) in facts.ops.iter().enumerate() {
        let OpKind::Call { callee, .. } = it.kind else { continue };
        if !may_bind(facts, callee) {
            continue;
        }
        let op = OpId(index as u32);
        let scope = Eval::scope_of(world, Site { file, op });
        let binds = eval.ask(callee, scope).iter().any(
            |it| matches!(it, Thing::Library(node) if world.library.node(node).model(Role::Partial).is_some()),
        );
        if binds {
            found.push(op);
        }
    }
    found
}

/// A cheap look first: what is called, or what it was imported as, is named like it.
fn may_bind(facts: &Facts, callee: ValueId) -> bool {
    let is_telling = |name: Symbol| name.as_str().starts_with("partial");
    match *facts.value(callee) {
        Value::Member { name, .. } => is_telling(name),
        Value::Name(name) => is_telling(name)
            || facts.bindings_of(crate::facts::FnId::MODULE, name).iter().any(
                |it| matches!(it.kind, BindingKind::Import(import) if import.name.is_some_and(is_telling)),
            ),
        _ => false,
    }
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
    sites: FxHashSet<Site>,
    names: FxHashSet<Symbol>,
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
            let function = match self.sites.contains(&site) {
                true => facts.args(args).first().map(|it| it.value),
                false => Some(*callee),
            };
            let scope = Eval::scope_of(world, site);
            found.extend(function.and_then(|it| self.behind(&mut eval, it, scope)).map(|it| (site, it)));
        }
        found
    }

    fn behind(&self, eval: &mut Eval<'_, '_>, value: ValueId, scope: Scope) -> Option<Site> {
        let facts = eval.world.facts(scope.file);
        let (file, binding) = match *facts.value(value) {
            Value::Call(op) => {
                let site = Site { file: scope.file, op };
                return self.sites.contains(&site).then_some(site);
            }
            Value::Name(name) if self.names.contains(&name) => eval.single_binding(name, scope)?,
            Value::Member { of, name } if self.names.contains(&name) => {
                eval.member_binding(of, name, scope)?
            }
            _ => return None,
        };
        let (file, binding) = match binding.kind {
            BindingKind::Import(import) => eval.imported_binding(file, binding.from, import, 0)?,
            _ => (file, binding),
        };
        let BindingKind::Value(value) = binding.kind else { return None };
        match *eval.world.facts(file).value(value) {
            Value::Call(op) => Some(Site { file, op }).filter(|it| self.sites.contains(it)),
            _ => None,
        }
    }
}
