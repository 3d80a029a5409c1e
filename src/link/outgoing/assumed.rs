//! Work that is handed to something unknown, told by the name of what is called.

use crate::facts::{OpId, OpKind, Value};
use crate::link::attributes::call_at;
use crate::link::openings::Openings;
use crate::link::outgoing::spawners::{Spawners, says_spawn};
use crate::link::outgoing::work::{carries, done, origin_closure};
use crate::link::rounds::Targets;
use crate::link::things::Site;
use crate::link::world::World;
use crate::program::{HandoffSite, Mechanism};
use crate::text::{FileId, Symbol};

/// Work that is handed to something unknown whose name says what it does: `runtime.spawn(async move { .. })`.
pub(super) fn assume(
    world: &World<'_>,
    targets: &Targets,
    openings: &Openings,
    spawners: &Spawners,
    file: FileId,
    found: &mut Vec<HandoffSite>,
) {
    let facts = world.facts(file);
    if !facts.lexical {
        return;
    }
    let before = found.len();
    for (index, op) in facts.ops.iter().enumerate() {
        let OpKind::Call { callee, .. } = op.kind else { continue };
        let (Value::Member { name, .. } | Value::Name(name)) = *facts.value(callee) else { continue };
        if !says_spawn(name) {
            continue;
        }
        let site = Site { file, op: OpId(index as u32) };
        let is_plain = !targets.of(site).is_known() && !openings.is_in_expanded(world, world.runner(site));
        if is_plain && !is_awaited_at_once(world, site) {
            found.extend(assumed(world, targets, openings, spawners, site, name));
        }
    }
    if found.len() > before {
        found.sort_by_key(|it| it.at.place);
    }
}

/// `Retry::spawn(strategy, work).await`: what a type makes of work and is awaited on the spot runs it itself.
fn is_awaited_at_once(world: &World<'_>, site: Site) -> bool {
    let facts = world.facts(site.file);
    let Some(Value::Member { of, .. }) = world.callee(site).map(|it| facts.value(it)) else { return false };
    let of_type = match facts.value(*of) {
        Value::Name(name) | Value::Head(name) | Value::Member { name, .. } => name.as_str(),
        _ => return false,
    };
    if !of_type.starts_with(char::is_uppercase) || of_type.chars().all(|it| !it.is_lowercase()) {
        return false;
    }
    let mut ops = world.ops(world.runner(site));
    ops.any(|(_, it)| matches!(it.kind, OpKind::Await(value) if is_call(facts.value(value), site.op)))
}

fn is_call(value: &Value, op: OpId) -> bool {
    matches!(value, Value::Call(it) if *it == op)
}

fn assumed(
    world: &World<'_>,
    targets: &Targets,
    openings: &Openings,
    spawners: &Spawners,
    site: Site,
    call: Symbol,
) -> Option<HandoffSite> {
    let by_name = spawners.named(world, site, call);
    let closure = world.call_args(site).iter().rev().find_map(|it| {
        origin_closure(world, targets, openings, it.value, site).map(|local| (it.value, local))
    });
    let value = closure.map(|it| it.0).or(by_name.map(|it| it.0))?;
    let work = match closure {
        Some((_, local)) => Some(world.func(site.file, local)),
        None => done(world, targets, openings, value, site),
    };
    // What a wrapper does with the work of its callers is told of them.
    let work = work.filter(|it| !spawners.runs_given(world, targets, world.runner(site), *it));
    let is_async = closure.is_none_or(|(_, local)| world.facts(site.file).function(local).is_async);
    Some(HandoffSite {
        at: call_at(world, site),
        call,
        mechanism: if is_async { Mechanism::Task } else { Mechanism::Thread },
        propagates: by_name.is_some_and(|it| it.1) || carries(world, targets, openings, value, site),
        in_span: openings.in_span(world, site),
        work,
        traced: false,
        only_makes: false,
        handle_in_span: false,
    })
}
