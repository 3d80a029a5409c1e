//! Scripts that stand apart: started by a person, sharing no code with anything that has telemetry. What they leave dark is worth a
//! note; the team that traces its services does not trace `bump_version.py`.

use crate::facts::FnId;
use crate::link::rounds::Targets;
use crate::link::things::Thing;
use crate::link::touches::speaks_of_telemetry;
use crate::link::world::World;
use crate::program::{EntryKind, Program};
use crate::text::FileId;

/// For each file whether it is a part of such a script.
pub(crate) fn find(world: &World<'_>, targets: &Targets, program: &Program) -> Vec<bool> {
    let mut groups = Groups::of_imports(world);
    let mut is_script: Vec<bool> = (0..world.files.len()).map(|it| stands_alone(world, it)).collect();
    let mut has_more = vec![false; world.files.len()];
    for function in &program.functions {
        let Some(entry) = function.entry_point else { continue };
        let group = groups.find(function.file.index());
        let by_hand = entry.kind == EntryKind::Main;
        if by_hand { is_script[group] = true } else { has_more[group] = true }
    }
    let emits = program.spans.iter().map(|it| it.at.place.file);
    for file in emits.chain(program.metrics.iter().map(|it| it.at.place.file)) {
        has_more[groups.find(file.index())] = true;
    }
    for file in 0..world.files.len() {
        let lexical = world.files[file].facts.lexical;
        if lexical || speaks_of_telemetry(world, targets, FileId(file as u32)) {
            has_more[groups.find(file)] = true;
        }
    }
    (0..world.files.len())
        .map(|file| {
            let group = groups.find(file);
            is_script[group] && !has_more[group]
        })
        .collect()
}

/// A file in no package, which does something when it is run. Where it imports others, they decide.
fn stands_alone(world: &World<'_>, file: usize) -> bool {
    let modules = &world.modules;
    let module = modules.get(modules.of_file(FileId(file as u32)));
    let packaged = module.parent.is_some_and(|it| modules.get(it).file.is_some());
    let facts = &world.files[file].facts;
    !packaged && facts.imports.is_empty() && facts.ops_of(FnId::MODULE).next().is_some()
}

/// Files that share code, directly or through others.
struct Groups(Vec<u32>);

impl Groups {
    fn of_imports(world: &World<'_>) -> Groups {
        let mut groups = Groups((0..world.files.len() as u32).collect());
        for (index, file) in world.files.iter().enumerate() {
            // A test imports whatever it tests.
            if file.test || file.facts.lexical {
                continue;
            }
            for other in imported(world, FileId(index as u32)) {
                groups.join(index, other.index());
            }
        }
        groups
    }

    fn find(&mut self, file: usize) -> usize {
        let mut at = file;
        while self.0[at] as usize != at {
            self.0[at] = self.0[self.0[at] as usize];
            at = self.0[at] as usize;
        }
        at
    }

    fn join(&mut self, one: usize, other: usize) {
        let (one, other) = (self.find(one), self.find(other));
        self.0[one.max(other)] = one.min(other) as u32;
    }
}

/// The files that a file loads, its packages included.
fn imported(world: &World<'_>, file: FileId) -> Vec<FileId> {
    let modules = &world.modules;
    let facts = world.facts(file);
    let mut found = vec![modules.of_file(file)];
    let starred = facts.star_imports.iter().map(|(_, it)| it);
    for import in facts.imports.iter().map(|(_, it)| it).chain(starred) {
        if let Some(Thing::Module(module)) = world.imports[file.index()].get(&(import.level, import.module)) {
            found.push(*module);
            found.extend(import.name.and_then(|it| modules.child(*module, it)));
        }
    }
    found.extend(facts.import_roots.iter().filter_map(|(_, it)| modules.absolute(file, it.as_str())));
    let upwards = |it| std::iter::successors(Some(it), |it| modules.get(*it).parent);
    found.into_iter().flat_map(upwards).filter_map(|it| modules.get(it).file).collect()
}
