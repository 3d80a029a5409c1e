//! Runs the Rust projects of `fixtures/projects` under the real SDK and writes down what they emitted, as `tests/reality/README.md`
//! says. Nothing in here knows a verdict of otcov: the functions are those that `syn` sees, the rest is what happened.

mod drive;
mod effects;
mod fold;
mod mutate;
mod probes;
mod raw;
mod sources;
mod workspace;

use std::fs;
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, Result, bail};

use crate::drive::Plan;
use crate::sources::Functions;
use crate::workspace::Workspace;

const USAGE: &str = "usage: reality-rust build | lock | run TREE OUT | places TREE | mutate TREE NUMBER";

/// As `tests/reality/README.md` wants it of `mutate`.
const NOTHING_TO_CHANGE: u8 = 3;

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match run(&words) {
        Ok(status) => status,
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(words: &[&str]) -> Result<ExitCode> {
    match words {
        ["lock"] => Workspace::new()?.lock()?,
        ["build"] => Workspace::new()?.build(&[])?,
        ["run", tree, out] => observe(Path::new(tree), Path::new(out))?,
        ["places", tree] => {
            let tree = Path::new(tree);
            for mutation in mutate::all(&sources::read_tree(tree)?, &Plan::read(&name(tree)?)?)? {
                println!("{mutation}");
            }
        }
        ["mutate", tree, number] => {
            let tree = Path::new(tree);
            let all = mutate::all(&sources::read_tree(tree)?, &Plan::read(&name(tree)?)?)?;
            let Some(mutation) = all.get(number.parse::<usize>()?) else {
                return Ok(ExitCode::from(NOTHING_TO_CHANGE));
            };
            let path = tree.join(&mutation.file);
            fs::write(&path, mutation.apply(&fs::read_to_string(&path)?))?;
            println!("{mutation}");
        }
        _ => bail!(USAGE),
    }
    Ok(ExitCode::SUCCESS)
}

fn observe(tree: &Path, out: &Path) -> Result<()> {
    let tree = tree.canonicalize().with_context(|| tree.display().to_string())?;
    let project = name(&tree)?;
    let mut workspace = Workspace::new()?;
    let _alone = workspace::alone(&project)?;
    workspace.place(&project, &tree)?;
    workspace.build(&[&project])?;
    let plan = Plan::read(&project)?;
    let log = workspace.root.join(format!("{project}.log"));
    drive::drive(&workspace, &project, &plan, &log)?;
    let functions = Functions::of(&sources::read_tree(&tree)?)?;
    let rows = fold::fold(&raw::read(&log, &project)?, &functions, &plan);
    fs::write(out, rows).with_context(|| out.display().to_string())
}

fn name(tree: &Path) -> Result<String> {
    Ok(tree.file_name().context("a project has a name")?.to_string_lossy().into_owned())
}
