//! What can open a span, evaluated once before the fixpoint: managed regions, scopes entered by hand, spans started, calls.

use std::sync::OnceLock;

use rayon::prelude::*;

use crate::facts::{RegionId, RegionKind, Value, ValueId};
use crate::library::{NodeId, Role, Slot};
use crate::link::eval::{Eval, Scope};
use crate::link::openings::argument_at;
use crate::link::rounds::Targets;
use crate::link::things::{Among, ClassId, Site, Thing, Things};
use crate::link::world::World;
use crate::program::FuncId;
use crate::text::FileId;

/// What was evaluated once, before the fixpoint.
#[derive(Default)]
pub(super) struct Candidates {
    pub(super) managed: Vec<Managed>,
    /// Library calls that run something in a span.
    pub(super) ran: Vec<Ran>,
    /// Calls that enter something or run something in it, and what that is.
    pub(super) entered_values: Vec<(Site, ValueId)>,
    /// Regions in which a span is open that was made elsewhere, nobody knows where.
    pub(super) activated: Vec<(RegionId, FileId, Site)>,
    /// Scopes entered by hand, and what they are.
    pub(super) entered: Vec<(FuncId, Site, Things, Option<Site>)>,
    /// Library calls that start a span by hand.
    pub(super) started: Vec<(FuncId, Site, NodeId)>,
    calls: OnceLock<Vec<(FuncId, Site)>>,
    /// Classes that can be entered, and the methods that do it.
    pub(super) entering: Vec<(ClassId, FuncId)>,
}

/// A region for which something is entered, or held.
pub(super) struct Managed {
    pub(super) function: FuncId,
    pub(super) region: RegionId,
    pub(super) things: Things,
    pub(super) made: Option<Site>,
    /// Whatever it is, it is entered; else it opens a span only if it is open by being there.
    pub(super) entered: bool,
    pub(super) by: Option<Site>,
}

pub(super) struct Ran {
    pub(super) function: FuncId,
    pub(super) site: Site,
    pub(super) things: Things,
    pub(super) made: Option<Site>,
}

/// A generator that is only iterated over is no scope, even where it yields inside a span.
pub(super) fn managers(world: &World<'_>, candidates: &Candidates) -> Vec<bool> {
    let mut found: Vec<bool> = world.each_function().map(|it| makes_context_manager(world, it)).collect();
    let entered =
        candidates.managed.iter().map(|it| &it.things).chain(candidates.entered.iter().map(|it| &it.2));
    for thing in entered.flat_map(Things::iter) {
        if let Thing::Given(function, _) = thing {
            found[function.index()] = true;
        }
    }
    found
}

fn makes_context_manager(world: &World<'_>, function: FuncId) -> bool {
    let (file, local) = world.local(function);
    let facts = world.facts(file);
    let it = facts.function(local);
    if !it.is_generator || it.decorators.is_empty() {
        return false;
    }
    let mut eval = Eval::new(world);
    let scope = eval.decorator_scope(function);
    facts.list(&it.decorators).iter().any(|decorator| {
        eval.ask(*decorator, scope).iter().any(
            |it| matches!(it, Thing::Library(node) if world.library.node(node).model(Role::ContextManager).is_some()),
        )
    })
}

pub(super) fn candidates(world: &World<'_>, targets: &Targets) -> Candidates {
    let parts: Vec<Candidates> = world.each_file().map(|file| candidates_in(world, targets, file)).collect();
    let mut all = Candidates { entering: entering(world), ..Candidates::default() };
    for part in parts {
        all.managed.extend(part.managed);
        all.ran.extend(part.ran);
        all.activated.extend(part.activated);
        all.entered_values.extend(part.entered_values);
        all.entered.extend(part.entered);
        all.started.extend(part.started);
    }
    all
}

fn entering(world: &World<'_>) -> Vec<(ClassId, FuncId)> {
    let classes = (0..world.classes.len() as u32).into_par_iter().map(ClassId);
    let methods = classes.flat_map_iter(|class| {
        let names = [world.names.enter, world.names.aenter];
        names.into_iter().filter_map(move |it| Some((class, world.method(class, it)?)))
    });
    methods.collect()
}

fn candidates_in(world: &World<'_>, targets: &Targets, file: FileId) -> Candidates {
    let facts = world.facts(file);
    let mut found = Candidates::default();
    let mut eval = Eval::new(world);
    for (index, region) in facts.regions.iter().enumerate() {
        if let RegionKind::With { context, .. } = region.kind {
            let function = world.func(file, region.function);
            let scope = scope_before(world, file, RegionId(index as u32));
            let things = eval.ask(context, scope);
            if things.is_known() {
                let made = made_at(world, file, context);
                let region = RegionId(index as u32);
                found.managed.push(Managed { function, region, things, made, entered: true, by: None });
            }
        }
        if let RegionKind::Held { context, .. } = region.kind {
            held(world, targets, &mut eval, file, RegionId(index as u32), context, &mut found);
        }
    }
    for site in telling_calls(world, targets, file) {
        for node in targets.nodes(site) {
            if world.library.node(node).model(Role::Span).is_some_and(|it| !it.activates && !it.forms.entered)
                && !world.is_discarded(site)
            {
                found.started.push((world.runner(site), site, node));
            }
        }
        for node in targets.nodes(site).filter(|_| facts.lexical) {
            found.entered_values.extend(entered_on(world, site, node).map(|it| (site, it)));
            if let Some(ran) = ran_in(world, &mut eval, site, node) {
                found.ran.push(ran);
            }
        }
        if let Some(value) = entered_by(world, targets, site) {
            let scope = Eval::scope_of(world, site);
            let things = eval.ask(value, scope);
            found.entered.push((world.runner(site), site, things, made_at(world, file, value)));
        }
    }
    found
}

/// The calls of a file that reach a library, and those that enter something by hand.
fn telling_calls(world: &World<'_>, targets: &Targets, file: FileId) -> Vec<Site> {
    let by_hand = world.leads[file.index()].enterings.iter().map(|op| Site { file, op: *op });
    let by_hand = by_hand.filter(|it| targets.of(*it).iter().next().is_some());
    let mut found: Vec<Site> = targets.modelled(file).chain(by_hand).collect();
    found.sort_unstable();
    found.dedup();
    found
}

/// The calls that reach functions of the project, each with the function that makes it. They are most of all calls, and few programs
/// have anything for which they matter.
fn project_calls(world: &World<'_>, targets: &Targets) -> Vec<(FuncId, Site)> {
    let in_file = |file: FileId| {
        let to_project =
            |callees: Among<'_>| callees.iter().any(|it| matches!(it, Thing::Function(_) | Thing::Method(_)));
        let calls = targets.calls(file).filter(move |(_, it)| to_project(*it));
        calls.map(move |(op, _)| Site { file, op }).map(|site| (world.runner(site), site))
    };
    world.each_file().flat_map_iter(in_file).collect()
}

impl Candidates {
    /// Calls that reach project functions.
    pub(super) fn calls(&self, world: &World<'_>, targets: &Targets) -> &[(FuncId, Site)] {
        self.calls.get_or_init(|| project_calls(world, targets))
    }
}

/// What is let and lives to the end of its block: a span that was entered, or something that keeps one open.
fn held(
    world: &World<'_>,
    targets: &Targets,
    eval: &mut Eval<'_, '_>,
    file: FileId,
    region: RegionId,
    context: ValueId,
    found: &mut Candidates,
) {
    let Some(site) = made_at(world, file, context) else { return };
    let function = world.func(file, world.facts(file).region(region).function);
    for thing in targets.of(site).iter() {
        match thing {
            Thing::Library(node) => {
                let it = world.library.node(node);
                if it.model(Role::SpanActivate).is_some() && runs(world, site, node).is_none() {
                    let scope = Eval::scope_of(world, site);
                    let subject = entered_on(world, site, node);
                    let things = subject.map_or_else(Things::none, |it| eval.ask(it, scope));
                    let known = things.iter().any(|it| matches!(it, Thing::Made(..) | Thing::Given(..)));
                    if known {
                        let made = subject.and_then(|it| made_at(world, file, it));
                        found.managed.push(Managed {
                            function,
                            region,
                            things,
                            made,
                            entered: true,
                            by: Some(site),
                        });
                    } else {
                        found.activated.push((region, file, site));
                    }
                } else if it.model(Role::Span).is_some_and(|it| it.activates) {
                    let things = Things::one(Thing::Made(site, node));
                    found.managed.push(Managed {
                        function,
                        region,
                        things,
                        made: Some(site),
                        entered: false,
                        by: None,
                    });
                }
            }
            Thing::Function(_) | Thing::Method(_) | Thing::Class(_) => {
                let things = eval.ask(context, Eval::scope_of(world, site));
                let opens = |it| matches!(it, Thing::Made(..) | Thing::Given(..) | Thing::Instance(_));
                if things.iter().any(opens) {
                    found.managed.push(Managed {
                        function,
                        region,
                        things,
                        made: Some(site),
                        entered: false,
                        by: None,
                    });
                }
                return;
            }
            _ => {}
        }
    }
}

/// What an activating call enters.
pub(super) fn entered_on(world: &World<'_>, site: Site, node: NodeId) -> Option<ValueId> {
    let place = world.library.node(node).model(Role::SpanActivate)?.place(Slot::Subject)?;
    argument_at(world, site, place)
}

/// What a library call runs in a span: a callable or a future.
pub(crate) fn runs(world: &World<'_>, site: Site, node: NodeId) -> Option<ValueId> {
    let it = world.library.node(node);
    let model = it.model(Role::SpanActivate).or_else(|| it.model(Role::Span).filter(|it| it.activates))?;
    argument_at(world, site, model.place(Slot::Function)?)
}

fn ran_in(world: &World<'_>, eval: &mut Eval<'_, '_>, site: Site, node: NodeId) -> Option<Ran> {
    runs(world, site, node)?;
    let function = world.runner(site);
    if world.library.node(node).model(Role::Span).is_some() {
        return Some(Ran { function, site, things: Things::one(Thing::Made(site, node)), made: Some(site) });
    }
    let subject = entered_on(world, site, node)?;
    let things = eval.ask(subject, Eval::scope_of(world, site));
    let made = made_at(world, site.file, subject);
    Some(Ran { function, site, things, made })
}

/// The scope just outside a managed region, where its context is evaluated.
pub(crate) fn scope_before(world: &World<'_>, file: FileId, region: RegionId) -> Scope {
    let facts = world.facts(file);
    let it = facts.region(region);
    let outer = it.parent.unwrap_or(region);
    let inside = facts.function(it.function).ops.clone();
    let order = inside.clone().find(|op| {
        let op = facts.op(crate::facts::OpId(*op));
        it.span.contains(op.span) && facts.regions_from(op.region).any(|(id, _)| id == region)
    });
    Scope { file, function: it.function, region: outer, order: order.unwrap_or(inside.end) }
}

/// The call that makes a value, if it is written there as a call.
pub(crate) fn made_at(world: &World<'_>, file: FileId, value: ValueId) -> Option<Site> {
    match world.facts(file).value(value) {
        Value::Call(op) => Some(Site { file, op: *op }),
        Value::Awaited(inner) => made_at(world, file, *inner),
        _ => None,
    }
}

/// What a call enters: `x.__enter__()`, `stack.enter_context(x)`.
fn entered_by(world: &World<'_>, targets: &Targets, site: Site) -> Option<ValueId> {
    let facts = world.facts(site.file);
    let callee = world.callee(site)?;
    if let Value::Member { of, name } = facts.value(callee)
        && (*name == world.names.enter || *name == world.names.aenter)
    {
        // `self.__enter__()` is how one way of entering is written with the other: whoever enters the instance opens the span.
        let method = world.runner(site);
        let own = world.class_of(method).and_then(|_| world.params(method).first());
        let is_own = matches!(facts.value(*of), Value::Name(name) if own.is_some_and(|it| it.name == *name));
        return (!is_own).then_some(*of);
    }
    let stacks = targets.of(site).iter().any(
        |it| matches!(it, Thing::Library(node) if world.library.node(node).model(Role::EnterContext).is_some()),
    );
    if stacks { world.call_args(site).first().map(|it| it.value) } else { None }
}
