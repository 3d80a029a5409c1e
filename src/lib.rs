//! otcov: which of a team's code is dark to OpenTelemetry, told before it ships.

mod change;
mod checks;
mod cli;
mod config;
mod discover;
mod facts;
mod library;
mod link;
mod measure;
mod parse;
mod patterns;
mod policy;
#[doc(hidden)]
pub mod probe;
mod program;
mod registry;
mod report;
mod rule;
mod run;

mod text;

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Instant;

use anyhow::Result;

use change::Change;
use cli::{Cli, Command, ConfigArgs, InitArgs, InventoryArgs, RegistryCommand, ScanArgs, TreeArgs};
use discover::{Discovered, Note};
use policy::{Exit, Gauge};
use program::Program;
use report::{Report, Sources, catalogue, inventory};
use run::before::History;
use run::console::{self, Console};
use run::engine::Overlay;
use run::job::Job;
use run::known::Memory;
use run::progress::Progress;
use run::registry as registries;
use run::{engine, files, guard, init, manual, outputs, own, rules};

/// Does what the arguments ask for. The result is the exit status: 0, 1 or 2.
pub fn run(args: impl Iterator<Item = OsString>) -> u8 {
    let cli = match Cli::from(args) {
        Ok(cli) => cli,
        Err(refusal) => {
            // Help goes to stdout and is what was asked for; the rest goes to stderr and was not.
            let _ = refusal.print();
            return if refusal.use_stderr() { Exit::Unusable } else { Exit::Clean }.code();
        }
    };
    let console = Console::new(&cli.talk);
    guard::silence_panics();
    let outcome = guard::caught(|| obey(&cli.command, &console));
    let exit = match outcome {
        Ok(Ok(exit)) => exit,
        Ok(Err(error)) => {
            console.error(&format!("{error:#}"));
            Exit::Unusable
        }
        Err(fault) => {
            console.error(&format!("otcov broke: {fault}; this is a fault in otcov, please report it"));
            Exit::Unusable
        }
    };
    exit.code()
}

fn obey(command: &Command, console: &Console) -> Result<Exit> {
    match command {
        Command::Scan(args) => return scan(args, console),
        Command::Inventory(args) => inventory(args, console)?,
        Command::Explain { rule, which } => explain(rule, which, console)?,
        Command::Rules { check: true, which, .. } => return check_rules(which, console),
        Command::Rules { format, which, .. } => {
            let rules = rule::by_group(&Job::here(which)?.rules.rules());
            console.print(|out| catalogue::rules(&rules, *format, console.style(), out))?;
        }
        Command::Registry(RegistryCommand::Check { paths }) => return check_registry(paths, console),
        Command::Init(args) => initialise(args, console)?,
        Command::Completions { shell } => console.print(|out| manual::completions(*shell, out))?,
        Command::Man => console.print(manual::page)?,
    }
    Ok(Exit::Clean)
}

/// The main job, stage after stage.
fn scan(args: &ScanArgs, console: &Console) -> Result<Exit> {
    let started = Instant::now();
    let outputs = outputs::wanted(&args.outputs)?;
    let mut memory = Memory::read(args)?;
    let job = Job::prepare(&args.tree, Some(args))?;
    let history = args.diff.as_ref().map(|it| History::read(&job, it)).transpose()?;
    let progress = console.progress();
    job.pool.install(|| {
        let found = find(&job, &progress);
        let (program, notes) = build(&found, &job, &progress);
        progress.stage("checking");
        let coverage = measure::measure(&program, &job.layers());
        let checked = rules::check(&program, &coverage, &job.settings, &job.rules);
        let mut judged = policy::judge(&program, checked.findings, &job.settings, &job.rules);
        let sources = Sources::new(&program).reading(discover::read_text);
        memory.apply(&program, &sources, &job, &coverage.all, &mut judged);
        let elsewhere = judged.keep(|it| job.is_in_focus(&program.file(it.place.file).path));
        let compare = |it: History| it.compare(&job, &found, &program, &mut judged, &sources, &progress);
        let (change, outside) = history.map(compare).unzip();
        let change: Option<&Change> = change.as_ref();
        let before = |it| memory.share(it).or_else(|| change.map(|was| was.share_before(it)));
        let changed = change.map(|it| &it.coverage);
        let gauge = Gauge { program: &program, coverage: &coverage, changed, before: &before };
        let verdict = policy::conclude(&judged.findings, &gauge, &job.settings);
        drop(progress);

        let unparsed = lost(&notes);
        let rules = job.rules.rules();
        let report = Report {
            program: &program,
            coverage: &coverage,
            findings: &judged.findings,
            held: &judged.held,
            change,
            elsewhere,
            outside: outside.as_deref().unwrap_or_default(),
            baseline: memory.told(),
            faults: &checked.faults,
            gate: &verdict.gate,
            fail_on: job.settings.fail_on,
            unparsed: &unparsed,
            root: &job.shown_root,
            prefix: &job.prefix,
            elapsed: console::is_watched().then(|| started.elapsed()),
            verbosity: console.verbosity,
            statistics: args.statistics,
            configured: job.settings.file.is_some(),
            style: console.style(),
            rules: &rules,
            sources: &sources,
        };
        // What a rule that broke would have found must not be missing from a baseline for good.
        let baseline = if checked.faults.is_empty() { memory.prepared()? } else { None };
        outputs::tell(report, &outputs, baseline, console)?;
        outputs::tell_notes(&notes, &outputs, console);
        let beside = [memory.doubts(&judged), memory.written(&judged), aimless_ratchet(&job, args)];
        beside.iter().flatten().for_each(|it| console.note(it));
        checked.faults.iter().for_each(|it| console.error(it));
        // The process ends here: taking a whole program apart piece by piece would only make people wait.
        drop(sources);
        std::mem::forget(program);
        Ok(if checked.faults.is_empty() { verdict.exit } else { Exit::Unusable })
    })
}

/// Files of which nothing is known, and why.
fn lost(notes: &[Note]) -> Vec<(String, String)> {
    notes.iter().filter(|it| it.lost).map(|it| (it.file.clone(), it.reason.clone())).collect()
}

/// A gate that holds nothing must not look like one that holds.
fn aimless_ratchet(job: &Job, args: &ScanArgs) -> Option<String> {
    let aimless = job.settings.ratchet && args.baseline.is_none() && args.diff.is_none();
    aimless.then(|| "gate.ratchet compares with nothing: give it a --baseline, or --diff".to_owned())
}

/// From the tree to the linked program, with a note for everything that is missing in it.
fn read(job: &Job, progress: &Progress) -> (Program, Vec<Note>) {
    let found = find(job, progress);
    build(&found, job, progress)
}

fn find(job: &Job, progress: &Progress) -> Discovered {
    progress.stage("looking for files");
    discover::discover(&job.roots, &job.scope())
}

fn build(found: &Discovered, job: &Job, progress: &Progress) -> (Program, Vec<Note>) {
    progress.stage("parsing");
    let (program, mut notes) = engine::build(found, &Overlay::new(), job, progress);
    notes.extend(found.notes.iter().cloned());
    notes.sort();
    (program, notes)
}

fn inventory(args: &InventoryArgs, console: &Console) -> Result<()> {
    let job = Job::prepare(&args.tree, None)?;
    let progress = console.progress();
    job.pool.install(|| {
        let (program, notes) = read(&job, &progress);
        drop(progress);
        match &args.output {
            Some(file) => files::replace(file, |out| {
                inventory::write(&program, &args.kinds, args.format, console.file_style(), out)
            })?,
            None => console
                .print(|out| inventory::write(&program, &args.kinds, args.format, console.style(), out))?,
        }
        console.notes(notes.iter());
        Ok(())
    })
}

/// A registry by itself; 1 where something is wrong in it.
fn check_registry(paths: &[PathBuf], console: &Console) -> Result<Exit> {
    let (told, sound) = registries::check(paths)?;
    console.print(|out| out.write_all(told.as_bytes()))?;
    Ok(if sound { Exit::Clean } else { Exit::Failed })
}

/// The examples of the project's own rules; 1 where one of them is wrong.
fn check_rules(which: &ConfigArgs, console: &Console) -> Result<Exit> {
    let (told, sound) = own::check(&Job::here(which)?);
    console.print(|out| out.write_all(told.as_bytes()))?;
    Ok(if sound { Exit::Clean } else { Exit::Failed })
}

fn explain(rule: &str, which: &ConfigArgs, console: &Console) -> Result<()> {
    // A page of otcov's own can be read whatever is wrong in a configuration.
    let rules = match checks::ALL.iter().find(|it| it.name == rule) {
        Some(rule) => vec![*rule],
        None => Job::here(which)?.rules.rules(),
    };
    let mut told = Ok(());
    console.print(|out| {
        told = catalogue::explain(&rules, rule, console.style(), out)?;
        Ok(())
    })?;
    told.map_err(anyhow::Error::msg)
}

fn initialise(args: &InitArgs, console: &Console) -> Result<()> {
    init::refuse_to_overwrite(&args.directory)?;
    let paths = vec![args.directory.clone()];
    let tree = TreeArgs { paths, config: None, isolated: true, jobs: args.jobs };
    let job = Job::prepare(&tree, None)?;
    let progress = console.progress();
    job.pool.install(|| {
        let (program, notes) = read(&job, &progress);
        drop(progress);
        console.notes(notes.iter());
        let told = init::write(&args.directory, &measure::measure(&program, &[]))?;
        console.print(|out| out.write_all(told.as_bytes()))
    })
}
