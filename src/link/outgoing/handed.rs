//! What is handed over where names are not lexical: which function it is, and whether the context of here comes along.

use crate::facts::{Value, ValueId};
use crate::library::{Model, Role, Slot};
use crate::link::eval::Eval;
use crate::link::openings::argument_at;
use crate::link::rounds::Targets;
use crate::link::things::Site;
use crate::link::world::World;
use crate::program::FuncId;

/// The function that is to be run.
pub(super) fn work(world: &World<'_>, value: ValueId, site: Site) -> Option<FuncId> {
    if let Value::Closure(local) = *world.facts(site.file).value(value) {
        return Some(world.func(site.file, local));
    }
    let things = Eval::new(world).ask(value, Eval::scope_of(world, site));
    things.all().functions().next().map(|(it, _)| it)
}

/// `copy_context().run` brings its context along; other work can be given one, and go on in it.
pub(super) fn brings_context(world: &World<'_>, targets: &Targets, value: ValueId, site: Site) -> bool {
    let things = Eval::new(world).ask(value, Eval::scope_of(world, site));
    let mut models = things.all().nodes().flat_map(|it| &world.library.node(it).models);
    models.any(|it| it.role == Role::Runs && it.keeps_context)
        || work(world, value, site).is_some_and(|it| goes_on(world, targets, it))
}

fn goes_on(world: &World<'_>, targets: &Targets, work: FuncId) -> bool {
    world.ops(work).any(|(site, _)| {
        let mut models = targets.nodes(site).flat_map(|it| &world.library.node(it).models);
        models.any(|it| takes_context(world, it, site))
    })
}

fn takes_context(world: &World<'_>, model: &Model, site: Site) -> bool {
    match model.role {
        Role::Context => model.detail.is_some_and(|it| it.as_str() == "attach"),
        Role::SpanActivate => true,
        Role::Span => model.place(Slot::Context).and_then(|it| argument_at(world, site, it)).is_some(),
        _ => false,
    }
}
