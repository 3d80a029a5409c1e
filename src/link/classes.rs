//! Which class stands on which: bases, the line of classes above each, the library types beyond, the classes below.

use rayon::prelude::*;

use crate::facts;
use crate::library::NodeId;
use crate::link::eval::{Eval, Scope};
use crate::link::things::{ClassId, Thing, Things};
use crate::link::world::{Added, World};

/// Longer lines are cut; they do not occur outside of mistakes.
const LONGEST_LINE: usize = 32;

pub(crate) fn resolve(world: &mut World<'_>) {
    find_parts(world);
    // Bases can be named through classes whose own bases are not known yet: a second look finds those.
    for _ in 0..2 {
        let bases: Vec<Things> =
            (0..world.classes.len()).into_par_iter().map(|it| bases_of(world, ClassId(it as u32))).collect();
        for (class, bases) in world.classes.iter_mut().zip(bases) {
            class.bases = bases;
        }
        let lines: Vec<(Vec<ClassId>, Vec<NodeId>, bool)> =
            (0..world.classes.len()).into_par_iter().map(|it| line_of(world, ClassId(it as u32))).collect();
        for (class, (line, outside, open)) in world.classes.iter_mut().zip(lines) {
            class.line = line;
            class.outside = outside;
            class.open = open;
        }
    }
    world.classes_known = true;
    for index in 0..world.classes.len() {
        let above: Vec<ClassId> = world.classes[index].bases.iter().filter_map(project_class).collect();
        for class in above {
            let class = class.index();
            let below = world.classes[index].home.unwrap_or(ClassId(index as u32));
            if !world.classes[class].below.contains(&below) {
                world.classes[class].below.push(below);
            }
        }
    }
    world.added = Added::find(world);
}

/// Which class each block of members belongs to, wherever that is defined.
fn find_parts(world: &mut World<'_>) {
    let homes: Vec<(Option<ClassId>, Option<NodeId>)> =
        (0..world.classes.len()).into_par_iter().map(|it| home_of(world, ClassId(it as u32))).collect();
    for (index, (home, outside)) in homes.into_iter().enumerate() {
        let id = ClassId(index as u32);
        if let Some(home) = home.filter(|it| *it != id) {
            world.classes[index].home = Some(home);
            world.classes[home.index()].parts.push(id);
        }
        world.classes[index].foreign_home = outside;
    }
}

fn home_of(world: &World<'_>, id: ClassId) -> (Option<ClassId>, Option<NodeId>) {
    let class = world.class(id);
    let facts = world.facts(class.file);
    let it: &facts::Class = facts.class(class.local);
    let Some(part_of) = it.part_of else { return (None, None) };
    let of = match facts.value(part_of) {
        facts::Value::Item { of, .. } => *of,
        _ => part_of,
    };
    let (region, order) = facts.function(it.body).place;
    let scope = Scope { file: class.file, function: it.parent, region, order };
    let things = Eval::new(world).ask(of, scope);
    let home = things.iter().find_map(project_class);
    let outside = things.iter().find_map(|it| match it {
        Thing::Library(node) => Some(node),
        _ => None,
    });
    (home, outside)
}

fn project_class(thing: Thing) -> Option<ClassId> {
    match thing {
        Thing::Class(class) => Some(class),
        _ => None,
    }
}

fn bases_of(world: &World<'_>, id: ClassId) -> Things {
    let class = world.class(id);
    let facts = world.facts(class.file);
    let it: &facts::Class = facts.class(class.local);
    let defined = facts
        .bindings_of(it.parent, it.name)
        .iter()
        .find(|binding| matches!(binding.kind, facts::BindingKind::Class(local) if local == class.local));
    let (order, region) = match defined {
        Some(binding) => (binding.order.saturating_sub(1), binding.region),
        None => (u32::MAX, facts.function(it.parent).body),
    };
    let scope = Scope { file: class.file, function: it.parent, region, order };
    let mut eval = Eval::new(world);
    let mut bases = Things::none();
    for base in facts.list(&it.bases) {
        let found = eval.ask(*base, scope);
        if found.is_empty() {
            bases.add(Thing::Foreign);
        }
        for thing in found.iter().filter(|it| *it != Thing::Class(id)) {
            bases.add(thing);
        }
    }
    bases
}

/// Depth first, each class once: close enough to the language's own order for single bases and mixins.
fn line_of(world: &World<'_>, id: ClassId) -> (Vec<ClassId>, Vec<NodeId>, bool) {
    let mut line = Vec::new();
    let mut outside: Vec<NodeId> = world.class(id).foreign_home.into_iter().collect();
    let mut open = false;
    let mut stack = vec![id];
    while let Some(class) = stack.pop() {
        if line.contains(&class) || line.len() >= LONGEST_LINE {
            continue;
        }
        line.push(class);
        line.extend(world.class(class).parts.iter().copied());
        let parts = world.class(class).parts.iter().flat_map(|it| world.class(*it).bases.iter());
        let bases: Vec<Thing> = world.class(class).bases.iter().chain(parts).collect();
        for base in bases.into_iter().rev() {
            match base {
                Thing::Class(class) => stack.push(class),
                Thing::Library(node) => {
                    if !outside.contains(&node) {
                        outside.push(node);
                    }
                }
                _ => open = true,
            }
        }
    }
    (line, outside, open)
}
