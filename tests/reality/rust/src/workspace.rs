//! The projects with their probes, as one workspace below `target/reality`: one lock, one build.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::probes::with_probes;
use crate::sources::{Tree, read_tree};

pub(crate) struct Workspace {
    pub(crate) root: PathBuf,
    projects: Vec<String>,
}

/// Lines and no more: it is all that is asked of the stack, and builds fast.
const PROFILE: &str =
    "[profile.dev]\ndebug = \"line-tables-only\"\n\n[profile.dev.package.\"*\"]\ndebug = false\n";

impl Workspace {
    /// All Rust projects of the repository are in it, whichever is run: they share the lock.
    pub(crate) fn new() -> Result<Workspace> {
        let _alone = alone("workspace")?;
        let home = home();
        let repository = home.join("../../..").canonicalize()?;
        let mut out = Workspace { root: folder()?, projects: Vec::new() };
        let mut folders: Vec<PathBuf> = Vec::new();
        for entry in fs::read_dir(repository.join("fixtures/projects"))? {
            folders.push(entry?.path());
        }
        folders.sort();
        for folder in folders.iter().filter(|it| it.join("Cargo.toml").is_file()) {
            let name = folder.file_name().context("a folder has a name")?.to_string_lossy().into_owned();
            if !out.root.join(&name).exists() {
                out.place(&name, folder)?;
            }
            out.projects.push(name);
        }
        for (path, text) in read_tree(&home.join("probe"))? {
            write(&out.root.join("probe").join(path), &text)?;
        }
        let members: Vec<String> = out.projects.iter().map(|it| format!("{it:?}, ")).collect();
        let manifest =
            format!("[workspace]\nresolver = \"3\"\nmembers = [{}\"probe\"]\n\n{PROFILE}", members.concat());
        write(&out.root.join("Cargo.toml"), &manifest)?;
        write(&out.root.join("Cargo.lock"), &fs::read_to_string(home.join("projects.lock"))?)?;
        Ok(out)
    }

    /// Copies a project with probes in it; what did not change is not touched, so that little is built anew.
    pub(crate) fn place(&mut self, project: &str, tree: &Path) -> Result<()> {
        let files: Tree = read_tree(tree)?;
        for (path, text) in &files {
            let text = match path.as_str() {
                "Cargo.toml" => text.replacen(
                    "[dependencies]\n",
                    "[dependencies]\nreality-probe = { path = \"../probe\" }\n",
                    1,
                ),
                _ if path.ends_with(".rs") => with_probes(&format!("{project}/{path}"), text)?,
                _ => text.clone(),
            };
            write(&self.root.join(project).join(path), &text)?;
        }
        Ok(())
    }

    /// Builds these projects, or all.
    pub(crate) fn build(&self, projects: &[&str]) -> Result<()> {
        let mut command = self.cargo();
        command.args(["build", "--locked", "--quiet", "--bins"]);
        for project in projects {
            command.args(["--package", project]);
        }
        let out = command.output().context("cargo does not start")?;
        if !out.status.success() {
            bail!("the projects do not build:\n{}", String::from_utf8_lossy(&out.stderr));
        }
        Ok(())
    }

    /// Adds to the lock what the projects need and it does not have.
    pub(crate) fn lock(&self) -> Result<()> {
        let mut command = self.cargo();
        let out =
            command.args(["update", "--workspace", "--quiet"]).output().context("cargo does not start")?;
        if !out.status.success() {
            bail!("{}", String::from_utf8_lossy(&out.stderr));
        }
        fs::copy(self.root.join("Cargo.lock"), home().join("projects.lock"))?;
        Ok(())
    }

    fn cargo(&self) -> Command {
        let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        command.current_dir(&self.root).env("CARGO_TARGET_DIR", self.target()).env_remove("RUSTFLAGS");
        command
    }

    pub(crate) fn binary(&self, project: &str) -> PathBuf {
        self.target().join("debug").join(project)
    }

    fn target(&self) -> PathBuf {
        self.root.join("target")
    }
}

/// The folder of this program in the repository.
pub(crate) fn home() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Where the projects are built.
fn folder() -> Result<PathBuf> {
    let base = std::env::var_os("OTCOV_REALITY").map(PathBuf::from);
    let root = base.unwrap_or_else(|| home().join("../../../target/reality")).join("rust");
    fs::create_dir_all(&root)?;
    Ok(root.canonicalize()?)
}

/// Until this is dropped, no other process works on what is named: tests run several at once.
pub(crate) fn alone(name: &str) -> Result<File> {
    let path = folder()?.join(format!("{name}.lock"));
    let file = File::create(&path).with_context(|| path.display().to_string())?;
    file.lock()?;
    Ok(file)
}

fn write(path: &Path, text: &str) -> Result<()> {
    if fs::read_to_string(path).is_ok_and(|it| it == text) {
        return Ok(());
    }
    fs::create_dir_all(path.parent().context("a file is in a folder")?)?;
    fs::write(path, text).with_context(|| path.display().to_string())
}
