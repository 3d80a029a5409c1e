//! Reports read by the tools that they are made for, which `.ci/tools` installs. Without one of them its tests say so and pass;
//! with `OTCOV_CI=1`, as in `.ci/run`, they fail.

#[cfg(unix)]
mod action;
mod coverage;
mod html;
mod others;
mod packages;
mod sarif;
pub(crate) mod trees;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::tidy::root;

/// Where a tool is that `.ci/tools` installs, as a path below its directory.
pub(crate) fn installed(path: &str) -> Option<PathBuf> {
    let tools = std::env::var_os("OTCOV_TOOLS").map_or_else(|| root("target/tools"), PathBuf::from);
    prepared(tools.join(path), ".ci/tools")
}

/// Where a tool of the system is that `.ci/tools` installs.
pub(crate) fn on_the_path(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let place = std::env::split_paths(&path).map(|it| it.join(name)).find(|it| it.is_file());
    place.or_else(|| prepared(PathBuf::from(name), ".ci/tools"))
}

/// Something that a script puts there.
pub(crate) fn prepared(path: PathBuf, script: &str) -> Option<PathBuf> {
    if path.exists() {
        return Some(path);
    }
    assert!(std::env::var_os("OTCOV_CI").is_none(), "{} is missing: run {script}", path.display());
    // Not by a macro of the standard library, whose words are kept back where a test passes.
    let _ = writeln!(std::io::stderr(), "skipped: {} is missing, {script} prepares it", path.display());
    None
}

/// Runs a command that must succeed; what it prints.
#[track_caller]
pub(crate) fn succeeds(command: &mut Command) -> String {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {}\n{printed}{said}", output.status);
    printed
}

/// How a command ends, and what it says on both streams.
pub(crate) fn said_by(command: &mut Command) -> (Option<i32>, String) {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let text = [output.stdout, output.stderr].concat();
    (output.status.code(), String::from_utf8_lossy(&text).into_owned())
}

/// A script for the Python that has the tools, with arguments.
pub(crate) fn python(interpreter: &Path, script: &str, args: &[&Path]) -> Command {
    let mut command = Command::new(interpreter);
    command.arg("-c").arg(script).args(args);
    command
}
