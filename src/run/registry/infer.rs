//! Writes what the code emits as a registry: on its own, or as what another one lacks.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result};

use super::{files_but, sound};
use crate::cli::InferArgs;
use crate::registry::{Draft, NEWEST, Registry, Section};
use crate::run::console::Console;
use crate::run::files::replace;
use crate::run::job::Job;

/// Names of files by which a folder is known for a registry.
const MANIFESTS: [&str; 4] =
    ["manifest.yaml", "manifest.yml", "registry_manifest.yaml", "registry_manifest.yml"];
const INFERRED: &str = "inferred.yaml";

/// Where the registry goes, and what is defined already.
pub(crate) struct Target {
    /// None: to stdout.
    file: Option<PathBuf>,
    /// A manifest that is not there yet, and what it says.
    manifest: Option<(PathBuf, String)>,
    known: Registry,
}

impl Target {
    pub(crate) fn new(args: &InferArgs, job: &Job) -> Result<Target> {
        let folder = args.output.as_deref().filter(|it| it.is_dir() || it.extension().is_none());
        let file = folder.map(|it| it.join(INFERRED)).or_else(|| args.output.clone());
        let manifest = folder.filter(|it| !MANIFESTS.iter().any(|name| it.join(name).exists()));
        let manifest = manifest.map(|it| (it.join(MANIFESTS[0]), manifest_text(&job.roots.root)));
        let mut paths = job.settings.registry_paths.clone();
        paths.extend(args.registries.iter().cloned());
        // What was inferred before is inferred again, and must not count as defined.
        let own = file.as_deref().and_then(|it| it.canonicalize().ok());
        let registry = files_but(&paths, own.as_deref())?;
        let team = registry.map(sound).transpose()?.map(Arc::new);
        Ok(Target { file, manifest, known: Registry { team, ..Registry::default() } })
    }
}

/// Enough for Weaver to read the folder; the address is the team's to settle.
fn manifest_text(root: &Path) -> String {
    let name = root.file_name().map_or("registry".into(), |it| it.to_string_lossy());
    let name: String = name
        .chars()
        .map(|it| if it.is_ascii_alphanumeric() { it.to_ascii_lowercase() } else { '-' })
        .collect();
    format!(
        "# The address names this registry and its version: change both to your own.\n\
         schema_url: https://example.com/schemas/{name}/0.1.0\n\
         dependencies:\n  \
         - schema_url: https://opentelemetry.io/schemas/{NEWEST}.0\n    \
         registry_path: https://github.com/open-telemetry/semantic-conventions@v{NEWEST}.0[model]\n"
    )
}

pub(crate) fn write(draft: &Draft, target: &Target, console: &Console) -> Result<()> {
    let text = draft.text(&target.known, &Section::ALL);
    match &target.file {
        None => console.print(|out| out.write_all(text.as_bytes()))?,
        Some(file) => {
            if let Some((manifest, said)) = &target.manifest {
                let folder = manifest.parent().unwrap_or(Path::new("."));
                fs::create_dir_all(folder).with_context(|| format!("cannot make `{}`", folder.display()))?;
                replace(manifest, |out| out.write_all(said.as_bytes()))?;
            }
            replace(file, |out| out.write_all(text.as_bytes()))?;
            console.note(&format!("written to {}", file.display()));
        }
    }
    if !draft.skipped.is_empty() {
        console.note(&format!(
            "keys that are put together at run time and were left out: {}",
            draft.skipped.join(", ")
        ));
    }
    Ok(())
}
