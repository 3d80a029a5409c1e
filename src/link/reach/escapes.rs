//! Functions that leave as values: whoever has one can call it, from anywhere.

use rayon::prelude::*;
use rustc_hash::FxHashSet;

use crate::facts::{Value, ValueId};
use crate::link::eval::Eval;
use crate::link::things::{Site, Thing};
use crate::link::world::World;
use crate::program::FuncId;
use crate::text::{FileId, Symbol, SymbolSet};

/// A value that somebody outside of the program gets, and where.
pub(super) type HandedOut = (ValueId, Site);

const AT_ONCE: usize = 256;

/// The functions that matter and are among what is handed out. Only values that are called like one of them are looked into.
pub(super) fn among(world: &World<'_>, handed_out: &[HandedOut], matters: &[bool]) -> FxHashSet<FuncId> {
    let matter = (0..matters.len() as u32).map(FuncId).filter(|it| matters[it.index()]);
    let names: SymbolSet = matter.map(|it| world.function(it).name).collect();
    let may_matter = |(value, site): &HandedOut| match *world.facts(site.file).value(*value) {
        Value::Closure(local) => matters[world.func(site.file, local).index()],
        _ => named(world, *value, site.file).is_some_and(|it| names.contains(it)),
    };
    let in_some = |some: &[HandedOut]| {
        let mut eval = Eval::new(world);
        let wanted = some.iter().filter(|it| may_matter(it));
        wanted.flat_map(|(value, site)| functions(&mut eval, *value, *site)).collect::<Vec<_>>()
    };
    handed_out.par_chunks(AT_ONCE).flat_map_iter(in_some).collect()
}

pub(super) fn functions(eval: &mut Eval<'_, '_>, value: ValueId, site: Site) -> Vec<FuncId> {
    let scope = Eval::scope_of(eval.world, site);
    let things = eval.ask(value, scope);
    let functions = things.iter().filter_map(|it| match it {
        Thing::Function(function) | Thing::Method(function) => Some(function),
        _ => None,
    });
    functions.collect()
}

/// What a value is called, if it may be a function: `partial(f, x)` is `f`.
pub(super) fn named(world: &World<'_>, value: ValueId, file: FileId) -> Option<Symbol> {
    let facts = world.facts(file);
    let value = match *facts.value(value) {
        Value::Call(op) => world.call_args(Site { file, op }).first()?.value,
        _ => value,
    };
    match *facts.value(value) {
        Value::Name(name) | Value::Member { name, .. } => Some(name),
        _ => None,
    }
}
