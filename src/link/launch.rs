//! How a program is launched and what instruments it from outside or by one call: console scripts, zero-code launchers,
//! instrumentors, and what the configuration declares.

mod agents;
mod own;
mod versions;

use rayon::prelude::*;
use rustc_hash::FxHashSet;

use crate::facts::{Facts, Value};
use crate::library::{Instrumentor, Library, NodeId, Role};
use crate::link::middleware::Middleware;
use crate::link::rounds::Targets;
use crate::link::world::World;
use crate::program::{File, Mechanism};
use crate::text::Symbol;

/// A file that tells how a program is built, launched or configured.
#[derive(Debug, Clone)]
pub(crate) struct LaunchFile {
    pub(crate) path: String,
    pub(crate) text: String,
}

/// What libraries open spans by themselves in this program.
#[derive(Debug, Default)]
pub(crate) struct Instrumented {
    modules: FxHashSet<Symbol>,
    /// What has been switched on, by the library's models; and what the configuration says to be covered.
    enabled: FxHashSet<NodeId>,
    declared: FxHashSet<Symbol>,
    /// Those of which only the handlers get one, and those of which only the outgoing calls do: from middleware of the program.
    served: FxHashSet<Symbol>,
    called: FxHashSet<Symbol>,
    carries_threads: bool,
    carries_executors: bool,
    pub(crate) any: bool,
}

impl Instrumented {
    pub(crate) fn find(
        world: &World<'_>,
        targets: &Targets,
        launch: &[LaunchFile],
        declared: &[String],
        middleware: Middleware,
    ) -> Instrumented {
        let mut found = Instrumented::default();
        let library = world.library;
        if launch.iter().any(launches_zero_code) {
            found.enable_zero_code(library);
        }
        for name in declared {
            found.modules.insert(Symbol::new(name));
            found.declared.insert(Symbol::new(name));
            found.any = true;
        }
        let on_import: Vec<_> = library.instrumentors().iter().filter(|it| it.on_import).collect();
        let mut by_code = found.any;
        // What an example switches on is on in the example.
        let only_beside = world.files.iter().all(|it| it.test || it.beside);
        let is_run = |it: &File| !it.test && (only_beside || !it.beside);
        let files = world.each_file().filter(|it| is_run(&world.files[it.index()]));
        let (imported, called): (Vec<_>, FxHashSet<NodeId>) = rayon::join(
            || {
                let imported = files.clone().flat_map_iter(|file| {
                    let facts = world.facts(file);
                    on_import.iter().filter(|it| imports(facts, library.node(it.node).path.as_str()))
                });
                imported.collect()
            },
            || {
                let calls = files.clone().flat_map_iter(|it| targets.calls(it));
                calls.flat_map_iter(|(_, callees)| callees.nodes()).collect()
            },
        );
        let mut agents = agents::Agents::launched(library, launch);
        let is_set_up = found.any || called.iter().any(|it| library.node(*it).model(Role::SetUp).is_some());
        let works = |it: &&&Instrumentor| {
            (is_set_up || !it.built_in) && it.since.is_none_or(|since| !versions::is_older(launch, it, since))
        };
        imported.into_iter().filter(works).for_each(|it| found.switch_on(it, &mut agents));
        let makes_provider = called.iter().any(|it| is_provider(library, *it));
        for call in called.into_iter().chain(middleware.members) {
            for it in library.enabled_by(call) {
                by_code |= it.zero_code;
                found.switch_on(it, &mut agents);
            }
        }
        // Who sets up a provider in code is not launched by what would do it, unless it loads whatever is installed.
        if agents.loads_installed || !by_code && (!makes_provider || loads_installed(world)) {
            found.enable_installed(library, launch);
        }
        if agents.loads_installed && !library.zero_code().any(|it| found.enabled.contains(&it.node)) {
            found.enable_zero_code(library);
        }
        found.served.extend(middleware.served);
        found.called.extend(middleware.called);
        if agents.are_the_tracer(world, targets, launch, &found) {
            agents.enabled.into_iter().for_each(|it| found.enable(it));
        }
        found.modules.extend(own::wrapped(world, targets));
        found
    }

    /// Instrumentations that are installed while nothing in the code enables any: a launcher does.
    fn enable_installed(&mut self, library: &Library, launch: &[LaunchFile]) {
        let manifests: Vec<String> = launch
            .iter()
            .filter(|it| is_manifest(&it.path))
            .map(|it| it.text.replace('_', "-").to_ascii_lowercase())
            .collect();
        for it in library.zero_code() {
            let name = it.distribution.as_str();
            if manifests.iter().any(|text| names_package(text, name)) {
                self.enable(it);
            }
        }
    }

    fn enable_zero_code(&mut self, library: &Library) {
        library.zero_code().for_each(|it| self.enable(it));
    }

    /// What the code switches on; whether an agent of some vendor counts is told when all is known.
    fn switch_on<'b>(&mut self, it: &'b Instrumentor, agents: &mut agents::Agents<'b>) {
        agents.loads_installed |= it.installed;
        if it.opentelemetry { self.enable(it) } else { agents.enabled.push(it) }
    }

    fn enable(&mut self, it: &Instrumentor) {
        self.carries_threads |= it.carries_threads;
        self.carries_executors |= it.carries_executors;
        self.any = true;
        if it.spans {
            self.enabled.insert(it.node);
            self.modules.extend(it.modules.iter().copied());
        }
    }

    /// Whether work that is handed over in this way has the context of where that is done.
    pub(crate) fn carries(&self, mechanism: Mechanism) -> bool {
        match mechanism {
            Mechanism::Thread => self.carries_threads,
            Mechanism::Executor => self.carries_threads || self.carries_executors,
            _ => false,
        }
    }

    pub(crate) fn enabled<'b>(&self, library: &'b Library) -> impl Iterator<Item = &'b Instrumentor> {
        library.instrumentors().iter().filter(|it| self.enabled.contains(&it.node))
    }

    /// Whether what this part of a library serves gets its span from something that leaves no url alone.
    pub(crate) fn covers_otherwise(&self, library: &Library, node: NodeId) -> bool {
        let mut others = self.enabled(library).filter(|it| it.excludes.is_none());
        others.any(|it| it.covers(library, node))
            || names_part(&self.declared, library, node)
            || names_part(&self.served, library, node)
    }

    /// Whether an exception that leaves what this part of a library serves is put on the span that it gets.
    pub(crate) fn records_of_handler(&self, library: &Library, node: NodeId) -> bool {
        self.enabled(library).any(|it| it.records && it.covers(library, node))
    }

    /// Whether calls into this part of a library get their span from its instrumentation.
    pub(crate) fn covers_call(&self, library: &Library, node: NodeId) -> bool {
        names_part(&self.modules, library, node) || names_part(&self.called, library, node)
    }

    /// Whether what this part of a library serves gets its span from its instrumentation.
    pub(crate) fn covers_handler(&self, library: &Library, node: NodeId) -> bool {
        names_part(&self.modules, library, node) || names_part(&self.served, library, node)
    }
}

/// Sets up where spans go.
fn is_provider(library: &Library, node: NodeId) -> bool {
    let model = library.node(node).model(Role::SetUp);
    model.is_some_and(|it| it.detail.is_none_or(|it| it.as_str() == "provider"))
        && library.node(node).path.as_str().ends_with("TracerProvider")
}

/// `entry_points(group="opentelemetry_instrumentor")`: switches on whatever is there.
fn loads_installed(world: &World<'_>) -> bool {
    let group = Symbol::new("opentelemetry_instrumentor");
    let files = world.files.iter().filter(|it| !it.test);
    files.into_iter().any(|it| it.facts.values.contains(&Value::Text(group)))
}

/// Whether a path, or one above it, is among these.
fn names_part(modules: &FxHashSet<Symbol>, library: &Library, node: NodeId) -> bool {
    !modules.is_empty() && library.upwards(node).any(|it| modules.contains(&it))
}

/// Whether a file imports a module, or something out of it.
fn imports(facts: &Facts, module: &str) -> bool {
    let is_it = |dotted: &str| {
        dotted.strip_prefix(module).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    };
    let taken = facts.imports.iter().filter(|(_, it)| it.level == 0).any(|(_, import)| {
        let whole = |name: Symbol| is_it(&format!("{}.{name}", import.module));
        is_it(import.module.as_str())
            || (module.starts_with(import.module.as_str()) && import.name.is_some_and(whole))
    });
    taken || facts.import_roots.iter().any(|(_, dotted)| is_it(dotted.as_str()))
}

fn is_manifest(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or_default();
    matches!(name, "pyproject.toml" | "setup.cfg" | "Pipfile") || name.starts_with("requirements")
}

/// The whole name stands there, not only the beginning of a longer one.
fn names_package(text: &str, name: &str) -> bool {
    text.match_indices(name).any(|(at, _)| {
        !text[at + name.len()..].starts_with(|it: char| it.is_ascii_alphanumeric() || it == '-')
    })
}

/// `opentelemetry-instrument` and the operator's annotation.
fn launches_zero_code(file: &LaunchFile) -> bool {
    lines(file).any(|it| {
        (it.contains("opentelemetry-instrument") && !it.contains("opentelemetry-instrumentation"))
            || (it.contains("instrumentation.opentelemetry.io/inject-python") && !it.contains("false"))
    })
}

/// The same, or the launcher of some vendor's agent.
pub(crate) fn launches_instrumented(library: &Library, file: &LaunchFile) -> bool {
    launches_zero_code(file) || library.instrumentors().iter().any(|it| agents::launches(file, it))
}

/// What a file says, without its comments.
fn lines(file: &LaunchFile) -> impl Iterator<Item = &str> {
    file.text.lines().map(str::trim).filter(|it| !it.starts_with('#'))
}

/// `name = "package.module:function"` under `[project.scripts]` and its kin.
pub(crate) fn console_scripts(launch: &[LaunchFile]) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for file in launch {
        let name = file.path.rsplit('/').next().unwrap_or_default();
        if !matches!(name, "pyproject.toml" | "setup.cfg" | "setup.py") {
            continue;
        }
        let mut inside = false;
        for line in file.text.lines().map(str::trim) {
            if line.starts_with('[') {
                inside = matches!(
                    line.trim_matches(['[', ']']),
                    "project.scripts"
                        | "tool.poetry.scripts"
                        | "project.gui-scripts"
                        | "options.entry_points"
                );
            } else if name != "pyproject.toml" && line.contains("console_scripts") {
                inside = true;
            }
            if inside && let Some(target) = script_target(line) {
                found.push(target);
            }
        }
    }
    found
}

fn script_target(line: &str) -> Option<(String, String)> {
    let (_, target) = line.split_once('=')?;
    let target = target.trim().trim_matches(|it: char| matches!(it, '"' | '\'' | ',' | ']' | ')' | ' '));
    let (module, function) = target.split_once(':')?;
    let is_path = |it: &str| {
        !it.is_empty()
            && it
                .split('.')
                .all(|it| !it.is_empty() && it.chars().all(|it| it.is_alphanumeric() || it == '_'))
    };
    let function = function.trim().split(['[', ' ']).next()?;
    (is_path(module.trim()) && is_path(function)).then(|| (module.trim().to_owned(), function.to_owned()))
}
