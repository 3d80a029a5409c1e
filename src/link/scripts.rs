//! Scripts that stand apart: started by a person, loading nothing that has telemetry and loaded by nothing that has. What they leave
//! dark is worth a note; the team that traces its services does not trace `bump_version.py`.

use rayon::prelude::*;
use rustc_hash::FxHashSet;

use crate::facts::FnId;
use crate::link::projects::{Tree, upwards};
use crate::link::rounds::Targets;
use crate::link::things::Thing;
use crate::link::touches::speaks_of_telemetry;
use crate::link::world::World;
use crate::program::{EntryKind, Program};
use crate::text::FileId;

/// For each file whether it is a part of such a script, or of a project of which none has telemetry.
pub(crate) fn find(
    world: &World<'_>,
    targets: &Targets,
    program: &Program,
    loads: &[Vec<usize>],
    tree: &Tree<'_, '_>,
) -> Vec<bool> {
    let files = world.files.len();
    let traced = traced(world, targets, program);
    let mut starts: Vec<bool> = (0..files).map(|it| stands_alone(world, it)).collect();
    let mut serves = traced.clone();
    for function in &program.functions {
        match function.entry_point.map(|it| it.kind) {
            Some(EntryKind::Main) => starts[function.file.index()] = true,
            Some(_) => serves[function.file.index()] = true,
            None => {}
        }
    }
    let homes = homes(world, &traced);
    let loaders = loaders(loads);
    let (to_traces, to_services) = (spread(&loaders, traced), spread(&loaders, serves));
    for file in 0..files {
        starts[file] &= !to_services[file];
    }
    let (of_scripts, of_traced) = (spread(loads, starts), spread(loads, to_traces));
    let at_home = |file: usize| homes.contains(world.files[file].directory());
    let without = tree.without_telemetry(program, &of_traced);
    // Each file loads itself.
    let is_left = |file: usize| tree.is_beside_a_package(file) && loaders[file].iter().all(|it| *it == file);
    (0..files)
        .map(|it| without[it] || is_left(it) || (of_scripts[it] && !of_traced[it] && !at_home(it)))
        .collect()
}

/// The files that each file loads, with the packages that they are in.
pub(crate) fn loads(world: &World<'_>) -> Vec<Vec<usize>> {
    (0..world.files.len()).into_par_iter().map(|it| loaded_by(world, it)).collect()
}

/// The directories that hold code with telemetry, directly or further down: a new file in one of them is a part of what is traced. At
/// the root everything lies further down, and only what lies there itself counts.
fn homes<'a>(world: &World<'a>, traced: &[bool]) -> FxHashSet<&'a str> {
    let mut homes = FxHashSet::default();
    for (file, _) in world.files.iter().zip(traced).filter(|(_, traced)| **traced) {
        let own = file.directory();
        homes.insert(own);
        homes.extend(upwards(own).filter(|it| !it.is_empty()));
    }
    homes
}

/// The files with telemetry in them. Where one language has no imports of files, all of its files count as such.
fn traced(world: &World<'_>, targets: &Targets, program: &Program) -> Vec<bool> {
    let mut traced: Vec<bool> = (0..world.files.len())
        .map(|it| world.files[it].facts.lexical || speaks_of_telemetry(world, targets, FileId(it as u32)))
        .collect();
    let emits = program.spans.iter().map(|it| it.at.place.file);
    for file in emits.chain(program.metrics.iter().map(|it| it.at.place.file)) {
        traced[file.index()] = true;
    }
    traced
}

/// A file in no package, which does something when it is run.
fn stands_alone(world: &World<'_>, file: usize) -> bool {
    let modules = &world.modules;
    let module = modules.get(modules.of_file(FileId(file as u32)));
    let packaged = module.parent.is_some_and(|it| modules.get(it).file.is_some());
    !packaged && world.files[file].facts.ops_of(FnId::MODULE).next().is_some()
}

fn loaded_by(world: &World<'_>, file: usize) -> Vec<usize> {
    let (id, modules, facts) = (FileId(file as u32), &world.modules, &world.files[file].facts);
    // A test loads whatever it tests.
    if world.files[file].test || facts.lexical {
        return Vec::new();
    }
    let mut found = vec![modules.of_file(id)];
    let starred = facts.star_imports.iter().map(|(_, it)| it);
    for import in facts.imports.iter().map(|(_, it)| it).chain(starred) {
        if let Some(Thing::Module(module)) = world.imports[file].get(&(import.level, import.module)) {
            found.push(*module);
            found.extend(import.name.and_then(|it| modules.child(*module, it)));
        }
    }
    found.extend(facts.import_roots.iter().filter_map(|(_, it)| modules.absolute(id, it.as_str())));
    let upwards = |it| std::iter::successors(Some(it), |it| modules.get(*it).parent);
    let mut files: Vec<usize> = found
        .into_iter()
        .flat_map(upwards)
        .filter_map(|it| modules.get(it).file)
        .map(FileId::index)
        .collect();
    files.sort_unstable();
    files.dedup();
    files
}

/// The same edges, backwards.
fn loaders(loads: &[Vec<usize>]) -> Vec<Vec<usize>> {
    let mut loaders = vec![Vec::new(); loads.len()];
    for (file, loaded) in loads.iter().enumerate() {
        for it in loaded {
            loaders[*it].push(file);
        }
    }
    loaders
}

/// Marks whatever can be reached from what is marked.
fn spread(edges: &[Vec<usize>], mut marked: Vec<bool>) -> Vec<bool> {
    let mut due: Vec<usize> = (0..marked.len()).filter(|it| marked[*it]).collect();
    while let Some(file) = due.pop() {
        for next in &edges[file] {
            if !marked[*next] {
                marked[*next] = true;
                due.push(*next);
            }
        }
    }
    marked
}
