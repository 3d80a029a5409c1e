//! Dictionaries that a context manager hands out and writes when it is left: whoever enters it completes them.

use rustc_hash::FxHashMap;

use super::{What, Written};
use crate::facts::{FnId, OpKind, RegionKind, Value, ValueId};
use crate::link::eval::{Eval, Scope};
use crate::link::names::shown;
use crate::link::rounds::Targets;
use crate::link::things::Site;
use crate::link::world::World;
use crate::program::{Certainty, FuncId};
use crate::text::FileId;

/// What becomes of the dictionary that each of these functions yields.
pub(super) type Handed = FxHashMap<FuncId, Vec<(What, Certainty)>>;

/// The function that yields a dictionary which it also writes.
pub(super) fn yielding(world: &World<'_>, dictionary: ValueId, scope: Scope) -> Option<FuncId> {
    let facts = world.facts(scope.file);
    let Value::Name(name) = facts.value(dictionary) else { return None };
    let is_it = |value: ValueId| matches!(facts.value(value), Value::Name(it) if it == name);
    let yields = |function: FnId| {
        facts.ops_of(function).any(|(_, op)| matches!(op.kind, OpKind::Yield(value) if is_it(value)))
    };
    yields(scope.function).then(|| world.func(scope.file, scope.function))
}

/// What the blocks of one file put into the dictionaries that they were handed.
pub(super) fn completed(world: &World<'_>, targets: &Targets, file: FileId, handed: &Handed) -> Vec<Written> {
    let facts = world.facts(file);
    let mut eval = Eval::new(world);
    let mut found = Vec::new();
    for region in &facts.regions {
        let RegionKind::With { context, bound: Some(bound), .. } = region.kind else { continue };
        let Value::Call(op) = *facts.value(context) else { continue };
        let site = Site { file, op };
        for (function, _) in targets.functions(site) {
            let Some(uses) = handed.get(&function) else { continue };
            let is_it = |value: ValueId| matches!(facts.value(value), Value::Name(it) if *it == bound);
            let via = Some(shown(world, function));
            for key in eval.put_in(file, region.function, &is_it, 0) {
                found.extend(uses.iter().map(|(what, certainty)| Written {
                    what: *what,
                    key: key.clone(),
                    site,
                    via,
                    certainty: *certainty,
                }));
            }
        }
    }
    found
}
