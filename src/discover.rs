//! Finds the files of a tree: sources, and the files that tell how a program is launched. The only reader of the tree beside
//! the configuration; it looks into no source further than a script's first line, and parses nothing.

mod decode;
mod error;
mod former;
mod kinds;
mod links;
mod walk;

use std::fs::File;
use std::io::Read;
use std::path::{Component, Path, PathBuf};

use crate::patterns::PathSet;

pub(crate) use error::DiscoverError;
pub(crate) use former::{Former, contents, former};
pub(crate) use kinds::SettingsKind;

/// Sources above this size are left out unless the configuration says otherwise.
pub(crate) const DEFAULT_MAX_FILE_SIZE: u64 = 4 << 20;

/// A language as the tree shows it, before anything is parsed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Language {
    pub(crate) name: &'static str,
    pub(crate) extensions: &'static [&'static str],
    /// Extensions of files that only declare types.
    pub(crate) stubs: &'static [&'static str],
    /// Words that name the interpreter on a first line `#!…`.
    pub(crate) shebangs: &'static [&'static str],
}

/// What the command line points at.
#[derive(Debug)]
pub(crate) struct Roots {
    /// The directory given, the parent of the one file given, or the directory around all of them.
    pub(crate) root: PathBuf,
    directories: Vec<PathBuf>,
    files: Vec<PathBuf>,
}

/// Which files count.
#[derive(Debug, Clone)]
pub(crate) struct Scope {
    pub(crate) languages: Vec<Language>,
    pub(crate) exclude: PathSet,
    /// Empty: every source counts.
    pub(crate) include: PathSet,
    /// 0: as many as the machine has.
    pub(crate) threads: usize,
}

#[derive(Debug, Clone)]
pub(crate) struct Discovered {
    #[cfg_attr(not(test), expect(dead_code, reason = "whoever asks for a tree knows its root"))]
    pub(crate) root: PathBuf,
    /// The packages that the root itself lies in, the outermost first: its own name is the last.
    pub(crate) packages: Vec<String>,
    /// Sorted by path, as are the others.
    pub(crate) sources: Vec<SourceFile>,
    pub(crate) settings_files: Vec<SettingsFile>,
    pub(crate) notes: Vec<Note>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SourceFile {
    pub(crate) absolute: PathBuf,
    /// As printed: relative to the root, with `/`.
    pub(crate) path: String,
    pub(crate) language: &'static str,
    /// It declares types and holds no code.
    pub(crate) stub: bool,
}

/// A file that tells how a program is built, launched or configured.
#[derive(Debug, Clone)]
pub(crate) struct SettingsFile {
    pub(crate) path: String,
    #[cfg_attr(not(test), expect(dead_code, reason = "the rules on set-up files will ask"))]
    pub(crate) kind: SettingsKind,
    pub(crate) text: String,
}

/// Something that was not analysed, or not as it is, and why. Never a reason to stop.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Note {
    pub(crate) file: String,
    pub(crate) reason: String,
    /// Nothing is known of it; otherwise something had to be guessed.
    pub(crate) lost: bool,
}

/// The text of a source; a note where part of it had to be guessed.
#[derive(Debug)]
pub(crate) struct Contents {
    pub(crate) text: String,
    pub(crate) note: Option<Note>,
}

impl Discovered {
    /// A tree with one source and nothing else.
    pub(crate) fn of_one(root: &Path, source: SourceFile) -> Discovered {
        Discovered {
            root: root.to_path_buf(),
            packages: packages_around(root),
            sources: vec![source],
            settings_files: Vec::new(),
            notes: Vec::new(),
        }
    }
}

impl Roots {
    /// What was named, directories and files.
    pub(crate) fn given(&self) -> Vec<PathBuf> {
        self.directories.iter().chain(&self.files).cloned().collect()
    }
}

/// Looks up what the command line names. A path that does not exist is an error; everything else can be told later.
pub(crate) fn roots(paths: &[PathBuf]) -> Result<Roots, DiscoverError> {
    let mut directories = Vec::new();
    let mut files = Vec::new();
    for path in paths {
        let metadata = std::fs::metadata(path).map_err(|error| DiscoverError::new(path, error))?;
        if metadata.is_dir() {
            directories.push(real_path(path)?);
        } else {
            files.push(real_file(path)?);
        }
    }
    directories.sort();
    directories.dedup();
    let around = directories.iter().map(PathBuf::as_path).chain(files.iter().filter_map(|it| it.parent()));
    let root = around.map(Path::to_path_buf).reduce(|a, b| common(&a, &b)).unwrap_or_default();
    // A directory inside another one that is walked anyway would be walked twice.
    let nested = |it: &Path| directories.iter().any(|other| other != it && it.starts_with(other));
    let directories = directories.iter().filter(|it| !nested(it)).cloned().collect();
    Ok(Roots { root, directories, files })
}

/// Directories that are packages, from the root upwards. Where a project begins, none does.
fn packages_around(root: &Path) -> Vec<String> {
    const BEGINNINGS: [&str; 4] = [".git", "pyproject.toml", "setup.py", "setup.cfg"];
    let is_package = |it: &&Path| {
        it.join("__init__.py").is_file() && !BEGINNINGS.iter().any(|beginning| it.join(beginning).exists())
    };
    let around = root.ancestors().take_while(is_package);
    let names = around.map_while(|it| it.file_name().and_then(|it| it.to_str()).map(str::to_owned));
    let mut names: Vec<String> = names.collect();
    names.reverse();
    names
}

/// Walks the tree. What cannot be read becomes a note.
pub(crate) fn discover(roots: &Roots, scope: &Scope) -> Discovered {
    let mut found = walk::Harvest::default();
    for file in roots.files.iter().filter(|it| !scope.exclude.matches(it)) {
        found.add_explicit(&roots.root, scope, file);
    }
    for directory in roots.directories.iter().filter(|it| !scope.exclude.matches(it)) {
        found.append(walk::walk(&roots.root, scope, directory));
    }
    links::follow(roots, scope, &mut found);
    links::drop_twins(&mut found);
    found.finish(roots.root.clone())
}

/// Reads one source. Above `max_bytes` it is not read at all.
pub(crate) fn read_source(source: &SourceFile, max_bytes: u64) -> Result<Contents, Note> {
    let note = |reason: String| Note { file: source.path.clone(), reason, lost: true };
    let unreadable = |error: std::io::Error| note(format!("cannot be read: {}", error::plain(&error)));
    let file = File::open(&source.absolute).map_err(unreadable)?;
    let metadata = file.metadata().map_err(unreadable)?;
    let too_large = |size: u64| {
        let (size, limit) = (error::size(size), error::size(max_bytes));
        note(format!("is {size} large, more than the limit of {limit} (scan.max-file-size)"))
    };
    if metadata.len() > max_bytes {
        return Err(too_large(metadata.len()));
    }
    let mut bytes = Vec::with_capacity(metadata.len() as usize + 1);
    // The file may have grown since; the limit holds all the same.
    file.take(max_bytes + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    if bytes.len() as u64 > max_bytes {
        return Err(too_large(bytes.len() as u64));
    }
    let decoded = decode::decode(bytes);
    Ok(Contents { text: decoded.text, note: decoded.problem.map(|it| Note { lost: false, ..note(it) }) })
}

/// The same text as [`read_source`] gives, for those who show it.
pub(crate) fn read_text(path: &Path) -> Option<String> {
    Some(decoded(&std::fs::read(path).ok()?))
}

/// The same for what is not on disk.
pub(crate) fn decoded(bytes: &[u8]) -> String {
    decode::decode(bytes.to_vec()).text
}

/// A path as it is printed: relative to the root, with `/`, whatever cannot be shown replaced.
fn display(root: &Path, path: &Path) -> String {
    let relative = path.strip_prefix(root).unwrap_or(path);
    let parts: Vec<_> = relative
        .components()
        .filter(|it| !matches!(it, Component::RootDir))
        .map(|it| it.as_os_str().to_string_lossy())
        .collect();
    if parts.is_empty() { ".".to_owned() } else { parts.join("/") }
}

fn real_path(path: &Path) -> Result<PathBuf, DiscoverError> {
    path.canonicalize().map_err(|error| DiscoverError::new(path, error))
}

/// The file under its own name, even if that is a symbolic link: people look for the name that they gave.
fn real_file(path: &Path) -> Result<PathBuf, DiscoverError> {
    let parent = path.parent().filter(|it| !it.as_os_str().is_empty()).unwrap_or(Path::new("."));
    match path.file_name() {
        Some(name) => Ok(real_path(parent)?.join(name)),
        None => real_path(path),
    }
}

fn common(a: &Path, b: &Path) -> PathBuf {
    a.components().zip(b.components()).take_while(|(a, b)| a == b).map(|(a, _)| a).collect()
}

#[cfg(test)]
mod tests;
