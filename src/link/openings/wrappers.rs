//! Functions that run what they are given: a parameter that they call or wait for, and inner functions that call what they wrap.

use super::{How, Open, Openings, candidates, is_inside};
use crate::facts::{BindingKind, OpKind, Value, ValueId};
use crate::link::eval::Eval;
use crate::link::rounds::Targets;
use crate::link::things::{Site, Thing};
use crate::link::world::World;
use crate::program::FuncId;

impl Openings {
    /// Inner functions that call what they wrap, and functions that run a parameter, in a span of their own.
    pub(super) fn find_wrappers(&mut self, world: &World<'_>, targets: &Targets) {
        for index in 0..self.own.len() {
            let function = FuncId(index as u32);
            if self.own[index].is_empty() || world.is_body(function) {
                continue;
            }
            for (owner, param, site) in called_params(world, targets, function) {
                if owner == function {
                    let in_span = self.own[index].iter().any(|it| match it.how {
                        How::Managed(region) => is_inside(world, site, region),
                        How::Entered | How::Started => it.site.op < site.op,
                        // The parameter itself is what the library runs in the span.
                        How::Run => it.site == site,
                    });
                    let runs = self.runs.entry(function).or_default();
                    if in_span && !runs.contains(&param) {
                        runs.push(param);
                    }
                    if runs.is_empty() {
                        self.runs.remove(&function);
                    }
                } else {
                    self.wrappers[index] = true;
                }
            }
            for param in self.params_run_in_closures(world, targets, function) {
                let runs = self.runs.entry(function).or_default();
                if !runs.contains(&param) {
                    runs.push(param);
                }
            }
            if self.passes_outer_param(world, function) || calls_field(world, function) {
                self.wrappers[index] = true;
            }
        }
    }

    /// Parameters that a closure calls which the library runs in a span: `tracer.in_span(name, |_| run())`.
    fn params_run_in_closures(&self, world: &World<'_>, targets: &Targets, function: FuncId) -> Vec<u16> {
        let mut found = Vec::new();
        for it in self.own[function.index()].iter().filter(|it| it.how == How::Run) {
            let site = it.by.unwrap_or(it.site);
            let run = targets.nodes(site).find_map(|node| candidates::runs(world, site, node));
            let closure = run.and_then(|it| match world.facts(site.file).value(it) {
                Value::Closure(local) => Some(world.func(site.file, *local)),
                _ => None,
            });
            let called = closure.map(|it| called_params(world, targets, it)).unwrap_or_default();
            found.extend(
                called.into_iter().filter(|(owner, ..)| *owner == function).map(|(_, param, _)| param),
            );
        }
        found
    }

    /// A wrapper that hands the function it wraps to a runner.
    fn passes_outer_param(&self, world: &World<'_>, function: FuncId) -> bool {
        self.own[function.index()].iter().any(|it| {
            let Open::Run { .. } = it.open else { return false };
            let mut eval = Eval::new(world);
            let scope = Eval::scope_of(world, it.site);
            world.call_args(it.site).iter().any(|arg| {
                eval.ask(arg.value, scope)
                    .iter()
                    .any(|it| matches!(it, Thing::Param(owner, _) if owner != function))
            })
        })
    }
}

/// Parameters that a function calls or awaits, its own or those of the functions around it, and where.
pub(crate) fn called_params(
    world: &World<'_>,
    targets: &Targets,
    function: FuncId,
) -> Vec<(FuncId, u16, Site)> {
    let mut found = Vec::new();
    for (site, op) in world.ops(function) {
        match op.kind {
            OpKind::Call { .. } => {
                let run = targets.nodes(site).find_map(|it| candidates::runs(world, site, it));
                if let Some(value) = run {
                    found.extend(named_param(world, function, value).map(|(it, at)| (it, at, site)));
                }
                for thing in targets.of(site).iter() {
                    if let Thing::Param(owner, index) = thing {
                        found.push((owner, index, site));
                    }
                }
            }
            OpKind::Await(value) => {
                found.extend(named_param(world, function, value).map(|(it, at)| (it, at, site)))
            }
            _ => {}
        }
    }
    found
}

/// The parameter that a name stands for and nothing else.
pub(crate) fn named_param(world: &World<'_>, function: FuncId, value: ValueId) -> Option<(FuncId, u16)> {
    let (file, mut local) = world.local(function);
    let facts = world.facts(file);
    let Value::Name(name) = *facts.value(value) else { return None };
    loop {
        match facts.bindings_of(local, name) {
            [] => local = facts.function(local).parent?,
            [only] => {
                return match only.kind {
                    BindingKind::Param(index) => Some((world.func(file, local), index as u16)),
                    _ => None,
                };
            }
            _ => return None,
        }
    }
}

/// A class-based decorator's `__call__` that calls the function it keeps on itself.
fn calls_field(world: &World<'_>, function: FuncId) -> bool {
    if world.class_of(function).is_none() || world.function(function).name != world.names.call {
        return false;
    }
    world.ops(function).any(|(site, op)| {
        let OpKind::Call { callee, .. } = op.kind else { return false };
        let facts = world.facts(site.file);
        let Value::Member { of, name } = facts.value(callee) else { return false };
        matches!(facts.value(*of), Value::Name(it) if world.params(function).first().is_some_and(|param| param.name == *it))
            && world.class_of(function).is_some_and(|class| {
                world.fields.get(&(class, *name)).is_some_and(|it| {
                    it.iter().any(|it| matches!(it, Thing::Param(..) | Thing::Function(_)))
                })
            })
    })
}
