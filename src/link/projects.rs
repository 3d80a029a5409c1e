//! Projects of one tree: packages with a manifest of their own, which of them build on which, and which have no telemetry at all. What
//! one program has says nothing of another that shares no code with it.

use std::collections::{BTreeMap, BTreeSet};

use rustc_hash::FxHashSet;

use crate::link::LaunchFile;
use crate::link::launch::launches_instrumented;
use crate::link::world::World;
use crate::program::{EntryKind, Function, Program, Projects};
use crate::text::Symbol;

pub(crate) struct Tree<'w, 'a> {
    world: &'w World<'a>,
    launch: &'w [LaunchFile],
    /// The directories of packages that no manifest of a crate tells of, and their numbers.
    homes: BTreeMap<&'w str, usize>,
    pub(crate) projects: Projects,
}

impl<'w, 'a> Tree<'w, 'a> {
    /// Crates build on what they depend on, other packages on what their files load.
    pub(crate) fn new(world: &'w World<'a>, launch: &'w [LaunchFile], loads: &[Vec<usize>]) -> Tree<'w, 'a> {
        let crates = &world.modules.packages;
        let mut of_file: Vec<Option<usize>> = vec![None; world.files.len()];
        for (file, package) in &world.modules.package_of {
            of_file[file.index()] = Some(*package);
        }
        let homes: BTreeSet<&str> = launch.iter().filter_map(|it| home(&it.path)).collect();
        let homes: BTreeMap<&str, usize> = homes.into_iter().zip(crates.len()..).collect();
        for (file, project) in world.files.iter().zip(&mut of_file).filter(|(it, _)| !it.facts.lexical) {
            *project = upwards(file.directory()).find_map(|it| homes.get(it).copied());
        }
        let mut direct = vec![BTreeSet::new(); crates.len() + homes.len()];
        let names: BTreeMap<Symbol, usize> =
            crates.iter().enumerate().map(|(index, it)| (it.name, index)).collect();
        for (package, direct) in crates.iter().zip(&mut direct) {
            direct.extend(package.dependencies.iter().filter_map(|it| names.get(it)));
        }
        for (file, loaded) in loads.iter().enumerate() {
            if let Some(from) = of_file[file] {
                direct[from].extend(loaded.iter().filter_map(|it| of_file[*it]));
            }
        }
        Tree { world, launch, homes, projects: Projects::new(of_file, &direct) }
    }

    /// By file: it belongs to no program that has telemetry, while another program of the tree has. `traced` tells of each file whether
    /// a program that loads it has any.
    pub(crate) fn without_telemetry(&self, program: &Program, traced: &[bool]) -> Vec<bool> {
        let (crates, packages) = (self.lit_crates(program), self.lit_packages(traced));
        let files = self.world.files.iter().zip(self.projects.all());
        files
            .map(|(file, project)| {
                let lit = if file.facts.lexical { &crates } else { &packages };
                project.is_some_and(|it| !lit.is_empty() && !lit.contains(&it))
            })
            .collect()
    }

    /// A script in the root of what is built as a package is not built with it, and nothing launches it.
    pub(crate) fn is_beside_a_package(&self, file: usize) -> bool {
        let file = &self.world.files[file];
        let Some(stem) = file.path.strip_suffix(".py").filter(|it| !it.contains('/')) else { return false };
        const PROGRAMS: [&str; 8] = ["main", "app", "server", "manage", "wsgi", "asgi", "run", "cli"];
        let is_built = |it: &LaunchFile| it.path == "pyproject.toml" && it.text.contains("[build-system]");
        // `CMD python orders.py`, `uvicorn orders:app`, `py-modules = ["orders"]`.
        let names =
            |text: &str| ["{}.py", "{}:", "\"{}\""].iter().any(|it| text.contains(&it.replace("{}", stem)));
        !PROGRAMS.contains(&stem)
            && self.launch.iter().any(is_built)
            && !self.launch.iter().any(|it| names(&it.text))
            && self.world.files.iter().any(|it| it.path.ends_with("/__init__.py") && !it.test && !it.beside)
    }

    /// The crates that have telemetry or are part of a program that sends it. None where nothing says that any program does.
    fn lit_crates(&self, program: &Program) -> FxHashSet<usize> {
        let packages = &self.world.modules.packages;
        let names = |index: usize, of: &dyn Fn(&str) -> bool| {
            packages[index].dependencies.iter().any(|it| of(it.as_str()))
        };
        let sends: FxHashSet<usize> = (0..packages.len()).filter(|it| names(*it, &is_sink)).collect();
        if sends.is_empty() {
            return FxHashSet::default();
        }
        let project = |it: &Function| self.projects.all()[it.file.index()];
        let is_program = |it: &&Function| {
            let file = &self.world.files[it.file.index()];
            it.entry_point.is_some_and(|it| it.kind == EntryKind::Main) && !file.test && !file.beside
        };
        let spans = program.spans.iter().filter_map(|it| self.projects.all()[it.at.place.file.index()]);
        let mut lit: FxHashSet<usize> = sends.iter().copied().chain(spans).collect();
        lit.extend((0..packages.len()).filter(|it| names(*it, &|it| it.starts_with("tracing"))));
        for program in program.functions.iter().filter(is_program).filter_map(project) {
            if self.projects.parts(program).any(|it| sends.contains(&it)) {
                lit.extend(self.projects.parts(program));
            }
        }
        lit
    }

    /// The packages of which some file has telemetry or is loaded by a program that has, and those that are launched or installed with
    /// some.
    fn lit_packages(&self, traced: &[bool]) -> FxHashSet<usize> {
        let files = self.world.files.iter().zip(traced).zip(self.projects.all());
        let of_traced = files.filter(|((file, traced), _)| **traced && !file.test && !file.facts.lexical);
        let mut lit: FxHashSet<usize> = of_traced.filter_map(|(_, it)| *it).collect();
        for file in self.launch {
            let own = file.path.rsplit_once('/').map_or("", |(directory, _)| directory);
            if home(&file.path).is_some() && file.text.contains("opentelemetry") {
                lit.extend(self.homes.get(own));
            } else if launches_instrumented(self.world.library, file) {
                // What is launched from above is not told by where that is written.
                let above = upwards(own).find(|it| self.homes.contains_key(it)).unwrap_or_default();
                let is_below = |it: &str| upwards(it).any(|it| it == above);
                lit.extend(self.homes.iter().filter(|(it, _)| is_below(it)).map(|(_, it)| it));
            }
        }
        lit
    }
}

/// The directory of a package, if that is what the file tells of.
fn home(path: &str) -> Option<&str> {
    let (directory, name) = path.rsplit_once('/').unwrap_or(("", path));
    matches!(name, "pyproject.toml" | "setup.cfg").then_some(directory)
}

/// A directory and those above it, up to the top.
pub(crate) fn upwards(directory: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(directory), |it| match it.rsplit_once('/') {
        Some((above, _)) => Some(above),
        None => (!it.is_empty()).then_some(""),
    })
}

/// A crate through which spans leave the process.
fn is_sink(name: &str) -> bool {
    const WORDS: [&str; 6] = ["opentelemetry", "otel", "fastrace", "minitrace", "sentry", "datadog"];
    name.split('_').any(|it| WORDS.contains(&it))
}
