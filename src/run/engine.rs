//! Feeds the engine: sources to the parser in parallel, and to the linker what it is told beside them.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::LazyLock;

use anyhow::Result;
use rayon::prelude::*;

use crate::config::{Eligible, Settings};
use crate::discover::{self, Discovered, Note, SourceFile};
use crate::facts::Facts;
use crate::library::{ExtraModel, Library};
use crate::link::{self, LaunchFile, LinkInput};
use crate::parse::remarks::Remarks;
use crate::parse::{Bodies, LANGUAGES, query};
use crate::patterns;
use crate::program::{File, Program};
use crate::registry::Registry;
use crate::run::job::Job;
use crate::run::progress::Progress;
use crate::text::LineIndex;

/// What files hold that are not on disk, or not as they are there.
pub(crate) type Overlay = BTreeMap<PathBuf, Vec<u8>>;

/// What a comment speaks of that says that a function is left without.
static TELEMETRY: LazyLock<Remarks> = LazyLock::new(|| {
    Remarks::of(&[
        "instrument",
        "instrumented",
        "instrumentation",
        "span",
        "spans",
        "tracing",
        "traced",
        "opentelemetry",
        "otel",
        "telemetry",
    ])
});

/// What one thread takes before it looks for more: so few that at the end none waits long for another.
const FILES_AT_ONCE: usize = 8;

/// From files to the linked program, with a note for each that could not be read whole.
pub(crate) fn build(
    found: &Discovered,
    overlay: &Overlay,
    job: &Job,
    progress: &Progress,
) -> Result<(Program, Vec<Note>)> {
    let ((files, notes), library) = rayon::join(|| parse(found, overlay, job), || library(found, job));
    progress.stage("linking");
    let mut program = link(files, &library, found, job);
    program.registry = Registry {
        pinned: job.settings.semconv,
        team: job.team.get()?,
        namespaces: job.settings.registry_namespaces.clone(),
        strict: job.settings.registry_strict,
    };
    Ok((program, notes))
}

fn parse(found: &Discovered, overlay: &Overlay, job: &Job) -> (Vec<File>, Vec<Note>) {
    let wanted: Vec<&SourceFile> = found.sources.iter().filter(|it| !has_source(found, it)).collect();
    let read: Vec<(Option<File>, Option<Note>)> =
        wanted.into_par_iter().with_max_len(FILES_AT_ONCE).map(|it| parse_one(it, overlay, job)).collect();
    let mut files = Vec::with_capacity(read.len());
    let mut notes = Vec::new();
    for (file, note) in read {
        files.extend(file);
        notes.extend(note);
    }
    let built_with = built_with(found);
    for file in &mut files {
        file.beside |= built_with.iter().any(|it| file.path.starts_with(it));
    }
    (files, notes)
}

/// Types that are declared beside their source say nothing that the source does not say.
fn has_source(found: &Discovered, stub: &SourceFile) -> bool {
    let Some((stem, _)) = stub.path.rsplit_once('.').filter(|_| stub.stub) else { return false };
    LANGUAGES.iter().filter(|it| it.name == stub.language).flat_map(|it| it.extensions).any(|extension| {
        let source = format!("{stem}.{extension}");
        found.sources.binary_search_by(|it| it.path.as_str().cmp(&source)).is_ok()
    })
}

/// The directories of crates that the compiler runs: what they do is done when something is built.
fn built_with(found: &Discovered) -> Vec<&str> {
    let manifests = found.settings_files.iter().filter(|it| {
        let lines = || it.text.lines().map(|it| it.split_whitespace().collect::<String>());
        it.path.ends_with("Cargo.toml")
            && lines().any(|it| it == "proc-macro=true" || it == "proc_macro=true")
    });
    manifests.filter_map(|it| it.path.strip_suffix("Cargo.toml")).collect()
}

fn parse_one(source: &SourceFile, overlay: &Overlay, job: &Job) -> (Option<File>, Option<Note>) {
    let read = match overlay.get(&source.absolute) {
        Some(bytes) => discover::contents(source, bytes, job.max_file_size()),
        None => discover::read_source(source, job.max_file_size()),
    };
    let contents = match read {
        Ok(contents) => contents,
        Err(note) => return (None, Some(note)),
    };
    let Some(language) = LANGUAGES.iter().find(|it| it.name == source.language) else {
        return (None, contents.note);
    };
    let test = job.settings.scan.tests.matches(&source.absolute) || is_test(&source.path);
    let bodies = if test && job.bodies == Bodies::ButTests { Bodies::None } else { job.bodies };
    let lines = LineIndex::new(&contents.text);
    let mut facts = (language.parse)(&contents.text, &lines, bodies);
    query::run(&job.queries, language, &contents.text, &mut facts);
    TELEMETRY.find(&contents.text, &mut facts);
    let file = File {
        path: source.path.clone(),
        absolute: source.absolute.clone(),
        language: language.name,
        lines,
        test: test || (stem(&source.path) == "test" && holds_tests(&facts)),
        facts: Box::new(facts),
        beside: is_beside(&source.path),
        first_function: 0,
    };
    (Some(file), contents.note)
}

/// Where tests live in every project: by directory or by name. `test` alone can also be a command of that name.
fn is_test(path: &str) -> bool {
    let directories = path.rsplit_once('/').map_or("", |(directories, _)| directories);
    let stem = stem(path);
    directories.split('/').any(is_for_tests)
        || stem.starts_with("test_")
        || stem.ends_with("_test")
        || matches!(stem, "conftest" | "tests")
}

fn stem(path: &str) -> &str {
    let name = path.rsplit_once('/').map_or(path, |(_, name)| name);
    name.rsplit_once('.').map_or(name, |(stem, _)| stem)
}

fn holds_tests(facts: &Facts) -> bool {
    let is_case = |name: &str| name.starts_with("Test") || name.ends_with("Test") || name.ends_with("Tests");
    facts.functions.iter().any(|it| it.is_test || it.name.as_str().starts_with("test_"))
        || facts.classes.iter().any(|it| is_case(it.name.as_str()))
}

/// A directory or package that is there for tests alone; one `test` among other words may be anything.
fn is_for_tests(directory: &str) -> bool {
    let name = directory.replace('-', "_");
    matches!(
        &*name,
        "test" | "testing" | "e2e" | "__tests__" | "fuzz" | "fuzz_targets" | "testutil" | "testutils"
    ) || name.split('_').any(|it| it == "tests")
        || ["test_util", "test_utils", "test_helpers", "test_support", "_fixture", "_fixtures"]
            .iter()
            .any(|it| name.ends_with(it))
}

/// Directories of what is for show: called so as a whole, or by their last word where that stands for many (`test_samples`).
fn is_for_show(directory: &str) -> bool {
    const MANY: [&str; 10] = [
        "examples",
        "templates",
        "samples",
        "demos",
        "benchmarks",
        "cookbooks",
        "tutorials",
        "quickstarts",
        "walkthroughs",
        "notebooks",
    ];
    const WHOLE: [&str; 16] = [
        "example",
        "sample",
        "doc",
        "docs",
        "benches",
        "cookbook",
        "tutorial",
        "quickstart",
        "walkthrough",
        "playground",
        // What brings a database up to date, when something is deployed.
        "migrations",
        "alembic",
        // What builds a Rust project beside cargo is called so by custom.
        "xtask",
        "getting_started",
        "getting-started",
        "bench",
    ];
    WHOLE.contains(&directory) || directory.rsplit(['_', '-']).next().is_some_and(|it| MANY.contains(&it))
}

/// What stands beside a program and never runs in production: scripts that build it, and what shows or measures it.
fn is_beside(path: &str) -> bool {
    let (directories, name) = path.rsplit_once('/').unwrap_or(("", path));
    // What continuous integration runs lies in hidden directories; others are not looked into.
    let shows = |it: &str| it.starts_with('.') || is_for_show(it);
    let stem = name.split('.').next().unwrap_or(name);
    let is_example = stem.starts_with("example_") || stem.ends_with("_example");
    is_example
        || matches!(name, "setup.py" | "noxfile.py" | "fabfile.py" | "build.rs")
        || directories.split('/').any(shows)
}

/// What is known of libraries. Models of the configuration were read once before, to tell the mistakes in them.
fn library(found: &Discovered, job: &Job) -> Library {
    let is_there = |it: &&'static str| found.sources.iter().any(|source| source.language == *it);
    let languages: Vec<&'static str> = LANGUAGES.iter().map(|it| it.name).filter(is_there).collect();
    Library::load(&languages, &extra_models(&job.settings)).0
}

fn link(files: Vec<File>, library: &Library, found: &Discovered, job: &Job) -> Program {
    let settings = &job.settings;
    let input = LinkInput {
        launch: launch_files(found),
        packages: found.packages.clone(),
        auto_instrumented: settings.auto_instrumentation.clone(),
        eligible: match settings.coverage.eligible {
            Eligible::All => link::Eligible::All,
            Eligible::Nontrivial => link::Eligible::Nontrivial,
            Eligible::Public => link::Eligible::Public,
        },
        excluded: Box::new(|file, qualified| {
            settings.coverage.exclude.matches(&file.absolute)
                || settings.coverage.exclude_functions.iter().any(|it| patterns::name_matches(it, qualified))
        }),
    };
    link::link(files, library, &input)
}

pub(crate) fn extra_models(settings: &Settings) -> Vec<ExtraModel> {
    settings
        .models
        .iter()
        .map(|it| ExtraModel { origin: it.origin.clone(), table: it.table.clone() })
        .collect()
}

fn launch_files(found: &Discovered) -> Vec<LaunchFile> {
    found
        .settings_files
        .iter()
        .map(|it| LaunchFile { path: it.path.clone(), text: it.text.clone() })
        .collect()
}
