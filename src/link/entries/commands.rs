//! Commands that are variants of a value read from the command line: `Command::Sync(args) => sync(args)`.

use std::collections::BTreeMap;

use rayon::prelude::*;
use rustc_hash::FxHashSet;

use super::{Entry, command_of, entry};
use crate::facts::{FunctionKind, RegionId, RegionKind, Value, ValueId};
use crate::link::eval::{Eval, Scope};
use crate::link::modules::ModuleId;
use crate::link::rounds::Targets;
use crate::link::things::{Site, Thing};
use crate::link::world::World;
use crate::program::FuncId;
use crate::text::{FileId, Symbol};

/// The functions that arms run; what only chooses among commands itself is none.
pub(super) fn find(world: &World<'_>, targets: &Targets) -> Vec<(FuncId, Entry)> {
    let in_files: Vec<_> = world.each_file().map(|it| in_file(world, targets, it)).collect();
    let (mut commands, mut dispatchers) = (Vec::new(), FxHashSet::default());
    for (some, more) in in_files {
        commands.extend(some);
        dispatchers.extend(more);
    }
    commands.retain(|it: &(FuncId, Entry)| !dispatchers.contains(&it.0));
    commands
}

fn in_file(world: &World<'_>, targets: &Targets, file: FileId) -> (Vec<(FuncId, Entry)>, Vec<FuncId>) {
    let facts = world.facts(file);
    let arms = arms(world, file);
    let mut work: BTreeMap<RegionId, Vec<(Site, FuncId)>> = BTreeMap::new();
    for (op, _) in targets.calls(file).filter(|_| !arms.is_empty()) {
        let mut around = facts.regions_from(facts.op(op).region).take(3);
        let Some((arm, _)) = around.find(|(it, _)| arms.contains_key(it)) else { continue };
        let site = Site { file, op };
        let called = targets.functions(site).filter(|(it, _)| is_work(world, *it));
        work.entry(arm).or_default().extend(called.map(|(it, _)| (site, it)));
    }
    let chosen = work.iter().filter_map(|(arm, work)| Some((command(world, *arm, work)?, arms[arm])));
    let around = arms.keys().map(|it| world.func(file, facts.region(*it).function));
    (chosen.collect(), around.collect())
}

/// The arms of choices among commands.
fn arms(world: &World<'_>, file: FileId) -> BTreeMap<RegionId, Entry> {
    let facts = world.facts(file);
    let mut arms = BTreeMap::new();
    if !facts.lexical {
        return arms;
    }
    let mut eval = Eval::new(world);
    for (index, it) in facts.regions.iter().enumerate() {
        let RegionKind::Branch { condition, negated: false } = it.kind else { continue };
        if condition == ValueId::OPAQUE
            || !matches!(facts.value(condition), Value::Name(_) | Value::Member { .. } | Value::Call(_))
        {
            continue;
        }
        let region = it.parent.unwrap_or(facts.function(it.function).body);
        let order = facts.function(it.function).ops.end;
        let scope = Scope { file, function: it.function, region, order };
        for thing in eval.ask(condition, scope).iter() {
            if let Thing::Instance(class) = thing
                && let Some((node, model)) = command_of(world, &mut eval, class)
                && let Some(entry) = entry(world, node, model)
            {
                arms.insert(RegionId(index as u32), Entry { called: true, ..entry });
            }
        }
    }
    arms
}

/// Which of the calls of an arm is its command: the first that is handed what the arm has taken out of the command line, or else
/// the first that is handed anything; what follows shows its result.
///
/// What another crate does is a library to the command line and not a command of it, unless it is a function that is handed that,
/// or there is nothing to hand on and nothing else that is called.
fn command(world: &World<'_>, arm: RegionId, work: &[(Site, FuncId)]) -> Option<FuncId> {
    let (first, _) = work.first()?;
    let facts = world.facts(first.file);
    let bound: Vec<Symbol> = facts
        .scope(facts.region(arm).function)
        .iter()
        .filter(|it| it.region == arm)
        .map(|it| it.name)
        .collect();
    let is_whole = |value: ValueId| matches!(facts.value(value), Value::Name(name) if bound.contains(name));
    let rank = |(site, function): &(Site, FuncId)| {
        let args = world.call_args(*site);
        let whole = args.iter().any(|it| is_whole(it.value));
        let ours = top_of(world, world.local(*function).0) == top_of(world, site.file);
        let free = world.function(*function).class.is_none();
        let alone = bound.is_empty() && work.len() == 1;
        (ours || (free && (whole || alone))).then_some((whole, !args.is_empty(), ours))
    };
    let ranked = work.iter().rev().filter_map(|it| Some((rank(it)?, it.1)));
    ranked.max_by_key(|it| it.0).map(|it| it.1)
}

/// A function that an arm can be said to run.
fn is_work(world: &World<'_>, function: FuncId) -> bool {
    let it = world.function(function);
    it.kind == FunctionKind::Named && it.statements > 1 && !it.is_static
}

/// The crate or root package that a file belongs to.
fn top_of(world: &World<'_>, file: FileId) -> ModuleId {
    world.modules.top_of(world.modules.of_file(file))
}
