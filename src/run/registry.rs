//! Reads the files of registries, checks a registry by itself, compares two, and writes one from the code.

mod infer;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock};
use std::thread::{self, JoinHandle};

use anyhow::{Context, Result, anyhow, bail};

pub(crate) use self::infer::{Target, write};
use crate::registry::{self, Change, Fault, RegistryFile, Team};

/// A file of more bytes is no registry that anybody wrote.
const MOST_BYTES: u64 = 16 << 20;
/// Faults that are told before a scan is given up; `otcov registry check` tells all.
const MOST_TOLD: usize = 5;

/// The registry at some paths; none without paths. A registry with faults is no ground to judge by.
fn team(paths: &[PathBuf]) -> Result<Option<Arc<Team>>> {
    if paths.is_empty() { Ok(None) } else { sound(files(paths)?).map(|it| Some(Arc::new(it))) }
}

type Reader = JoinHandle<Result<Option<Arc<Team>>>>;

/// A registry that is read while other things go on, and waited for by the first who asks.
pub(crate) struct Awaited {
    reader: Mutex<Option<Reader>>,
    read: OnceLock<Option<Arc<Team>>>,
}

impl Awaited {
    pub(crate) fn start(paths: &[PathBuf]) -> Awaited {
        let awaited = Awaited { reader: Mutex::new(None), read: OnceLock::new() };
        if paths.is_empty() {
            awaited.read.get_or_init(|| None);
        } else if let Ok(mut reader) = awaited.reader.lock() {
            let paths = paths.to_vec();
            *reader = Some(thread::spawn(move || team(&paths)));
        }
        awaited
    }

    pub(crate) fn get(&self) -> Result<Option<Arc<Team>>> {
        let reader = self.reader.lock().ok().and_then(|mut it| it.take());
        if let Some(reader) = reader {
            let found = reader.join().map_err(|_| anyhow!("the registry could not be read"))??;
            self.read.get_or_init(|| found);
        }
        Ok(self.read.get().cloned().flatten())
    }
}

/// The files at some paths but one; none without paths, and none where that one is all there is.
fn files_but(paths: &[PathBuf], but: Option<&Path>) -> Result<Option<Files>> {
    if paths.is_empty() {
        return Ok(None);
    }
    let mut all = files(paths)?;
    let is_it =
        |it: &RegistryFile| Path::new(&it.path).canonicalize().is_ok_and(|it| Some(it.as_path()) == but);
    all.list.retain(|it| !is_it(it));
    Ok((!all.list.is_empty()).then_some(all))
}

/// A registry that has to be sound.
fn sound(files: Files) -> Result<Team> {
    let (team, faults) = registry::read(&files.list, &files.here);
    if faults.is_empty() {
        return Ok(team);
    }
    let told: Vec<String> = faults.iter().take(MOST_TOLD).map(Fault::to_string).collect();
    let more = match faults.len().saturating_sub(MOST_TOLD) {
        0 => String::new(),
        more => format!("\nand {more} more: otcov registry check tells all"),
    };
    bail!("the registry cannot be used:\n{}{more}", told.join("\n"))
}

/// What changed from the registry at one path to the one at another.
pub(crate) fn compare(before: &Path, now: &Path) -> Result<Vec<Change>> {
    let read = |path: &Path| sound(files(&[path.to_path_buf()])?);
    Ok(registry::diff(&read(before)?, &read(now)?))
}

/// What a check prints, and whether the registry is sound.
pub(crate) fn check(paths: &[PathBuf]) -> Result<(String, bool)> {
    let Files { list, here } = files(paths)?;
    let (team, faults) = registry::read(&list, &here);
    let mut out: String = faults.iter().map(|it| format!("{it}\n")).collect();
    let counts: Vec<String> = team.counts.iter().map(|(what, count)| format!("{count} {what}")).collect();
    let plural = |count: usize, word: &str| format!("{count} {word}{}", if count == 1 { "" } else { "s" });
    out.push_str(&format!(
        "{}: {}; {}\n",
        plural(list.len(), "file"),
        counts.join(", "),
        if faults.is_empty() { "no faults".to_owned() } else { plural(faults.len(), "fault") }
    ));
    Ok((out, faults.is_empty()))
}

/// The files of a registry and of the folders that it builds on.
struct Files {
    list: Vec<RegistryFile>,
    /// The dependencies that were found, as manifests name them.
    here: Vec<String>,
}

/// All YAML files at and below some paths, sorted, with those of dependencies that are folders beside the manifest.
fn files(paths: &[PathBuf]) -> Result<Files> {
    let (mut seen, mut here) = (BTreeSet::new(), Vec::new());
    let mut list = Vec::new();
    let mut waiting: Vec<PathBuf> = paths.to_vec();
    while let Some(path) = waiting.pop() {
        let mut found = Vec::new();
        if path.is_dir() {
            collect(&path, &mut found)?;
        } else {
            found.push(path);
        }
        for path in found {
            if !seen.insert(path.canonicalize().unwrap_or_else(|_| path.clone())) {
                continue;
            }
            let file = read(&path)?;
            for it in registry::dependencies(&file) {
                let folder = path.parent().unwrap_or(&path).join(&it);
                if folder.is_dir() {
                    waiting.push(folder);
                    here.push(it);
                }
            }
            list.push(file);
        }
    }
    if list.is_empty() {
        bail!("there is no YAML file in {}", paths.first().map(|it| shown(it)).unwrap_or_default());
    }
    list.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(Files { list, here })
}

fn collect(folder: &Path, found: &mut Vec<PathBuf>) -> Result<()> {
    let entries = fs::read_dir(folder).with_context(|| format!("{} cannot be read", shown(folder)))?;
    for entry in entries {
        let entry = entry?;
        let (path, kind) = (entry.path(), entry.file_type()?);
        let hidden = entry.file_name().to_string_lossy().starts_with('.');
        if kind.is_dir() && !hidden {
            collect(&path, found)?;
        } else if path.extension().is_some_and(|it| it == "yaml" || it == "yml") && !hidden && path.is_file()
        {
            found.push(path);
        }
    }
    Ok(())
}

fn read(path: &Path) -> Result<RegistryFile> {
    let size = fs::metadata(path).with_context(|| format!("{} cannot be read", shown(path)))?.len();
    if size > MOST_BYTES {
        bail!("{} is too large for a registry", shown(path));
    }
    let text = fs::read_to_string(path).with_context(|| format!("{} cannot be read", shown(path)))?;
    Ok(RegistryFile { path: shown(path), text })
}

/// From where the user stands, where that is shorter.
fn shown(path: &Path) -> String {
    let working = std::env::current_dir().ok();
    let below = working.as_deref().and_then(|it| path.strip_prefix(it).ok());
    below.unwrap_or(path).display().to_string()
}
