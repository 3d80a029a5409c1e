//! One parallel walk of one directory: what is skipped, what is kept, and what is only noted.

use std::fs::{self, FileType};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use ignore::gitignore::Gitignore;
use ignore::{DirEntry, WalkBuilder, WalkState};

use super::kinds::{self, Kind, SettingsKind};
use super::{Discovered, Language, Note, Scope, SettingsFile, SourceFile, decode, display, error};

/// What a walk brings home, in no order.
#[derive(Debug, Default)]
pub(super) struct Harvest {
    pub(super) sources: Vec<SourceFile>,
    /// Sources that a symbolic link leads to: the same file may be at hand under its own name.
    pub(super) linked_sources: Vec<SourceFile>,
    pub(super) linked_directories: Vec<PathBuf>,
    pub(super) settings_files: Vec<SettingsFile>,
    pub(super) notes: Vec<Note>,
}

/// The walk in hand, as each of its threads needs it.
struct Walk<'a> {
    root: &'a Path,
    scope: &'a Scope,
}

pub(super) fn walk(root: &Path, scope: &Scope, start: &Path) -> Harvest {
    struct Basket<'a> {
        harvest: Harvest,
        all: &'a Mutex<Harvest>,
    }
    impl Drop for Basket<'_> {
        fn drop(&mut self) {
            let harvest = std::mem::take(&mut self.harvest);
            self.all.lock().unwrap_or_else(PoisonError::into_inner).append(harvest);
        }
    }
    let all = Mutex::new(Harvest::default());
    builder(scope, start).build_parallel().run(|| {
        let mut basket = Basket { harvest: Harvest::default(), all: &all };
        let walk = Walk { root, scope };
        Box::new(move |entry| {
            basket.harvest.take(&walk, entry);
            WalkState::Continue
        })
    });
    all.into_inner().unwrap_or_else(PoisonError::into_inner)
}

fn builder(scope: &Scope, start: &Path) -> WalkBuilder {
    let repository = repository(start);
    let mut builder = WalkBuilder::new(start);
    builder
        .standard_filters(false)
        .git_ignore(true)
        .git_exclude(repository.is_some())
        .require_git(repository.is_some())
        .parents(repository.is_some())
        .threads(scope.threads)
        .add_custom_ignore_filename(".otcovignore");
    let (exclude, languages) = (scope.exclude.clone(), scope.languages.clone());
    builder.filter_entry(move |entry| {
        entry.depth() == 0
            || (is_wanted(entry) && !is_nothing(&languages, entry) && !exclude.matches(entry.path()))
    });
    builder
}

/// A file that tells nothing. Most trees hold more of those than of others, and here they cost least.
fn is_nothing(languages: &[Language], entry: &DirEntry) -> bool {
    entry.file_type().is_some_and(|it| it.is_file())
        && matches!(kinds::kind(languages, entry.path()), Kind::Other)
}

/// The repository around a directory, unless that repository ignores the directory: whoever asks for an ignored place by name
/// wants to see what is in it. Outside a repository, only ignore files inside the directory count.
fn repository(start: &Path) -> Option<&Path> {
    let repository = start.ancestors().find(|it| it.join(".git").exists())?;
    let around = start.ancestors().skip(1).take_while(|it| it.starts_with(repository));
    let verdict =
        around.map(|directory| Gitignore::new(directory.join(".gitignore")).0).find_map(|rules| match rules
            .matched_path_or_any_parents(start, true)
        {
            ignore::Match::None => None,
            ignore::Match::Ignore(_) => Some(true),
            ignore::Match::Whitelist(_) => Some(false),
        });
    (verdict != Some(true)).then_some(repository)
}

fn is_wanted(entry: &DirEntry) -> bool {
    let name = entry.file_name();
    let directory = entry.file_type().is_some_and(|it| it.is_dir());
    if name.as_encoded_bytes().starts_with(b".") {
        return if directory { kinds::holds_scripts(name) } else { kinds::is_hidden_but_wanted(name) };
    }
    !(directory && is_somebody_elses(entry.path()))
}

/// Directories of installed, generated or built code, told by their names only where nobody names their own code so.
fn is_somebody_elses(directory: &Path) -> bool {
    let has = |name: &str| directory.join(name).exists();
    match directory.file_name().and_then(|it| it.to_str()).unwrap_or_default() {
        "node_modules" | "__pycache__" | "site-packages" | "__pypackages__" => true,
        "build" | "dist" => {
            let beside = |name: &str| directory.with_file_name(name).exists();
            !has("__init__.py") && (beside("pyproject.toml") || beside("setup.py") || beside("setup.cfg"))
        }
        _ => has("pyvenv.cfg") || has("CACHEDIR.TAG"),
    }
}

impl Harvest {
    pub(super) fn append(&mut self, mut other: Harvest) {
        self.sources.append(&mut other.sources);
        self.linked_sources.append(&mut other.linked_sources);
        self.linked_directories.append(&mut other.linked_directories);
        self.settings_files.append(&mut other.settings_files);
        self.notes.append(&mut other.notes);
    }

    /// Adds a file that was asked for by name: it is looked into whatever its extension.
    pub(super) fn add_explicit(&mut self, root: &Path, scope: &Scope, file: &Path) {
        let walk = Walk { root, scope };
        let Ok(metadata) = fs::metadata(file) else {
            return self.note(root, file, "cannot be read");
        };
        if !metadata.is_file() {
            return self.note(root, file, "is not a regular file");
        }
        let linked = file.symlink_metadata().is_ok_and(|it| it.is_symlink());
        match kinds::kind(&scope.languages, file) {
            Kind::Other | Kind::MaybeScript => match kinds::script(&scope.languages, file) {
                Ok(Some(language)) => self.add_source(&walk, file, language, false, linked),
                Ok(None) => self.note(root, file, "is in no language that otcov reads"),
                Err(error) => self.note(root, file, &unreadable(&error)),
            },
            kind => self.add(&walk, file, kind, linked),
        }
    }

    fn take(&mut self, walk: &Walk<'_>, entry: Result<DirEntry, ignore::Error>) {
        let entry = match entry {
            Ok(entry) => entry,
            Err(error) => return self.note_error(walk.root, None, &error),
        };
        if let Some(error) = entry.error() {
            self.note_error(walk.root, None, error);
        }
        let path = entry.path();
        match entry.file_type() {
            Some(it) if it.is_dir() => {}
            Some(it) if it.is_symlink() => self.take_link(walk, path),
            Some(it) => self.take_file(walk, path, it, false),
            None => {}
        }
    }

    fn take_link(&mut self, walk: &Walk<'_>, path: &Path) {
        match fs::metadata(path) {
            Ok(target) if target.is_dir() => self.linked_directories.push(path.to_path_buf()),
            Ok(target) => self.take_file(walk, path, target.file_type(), true),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                self.note(walk.root, path, "is a symbolic link that leads nowhere");
            }
            Err(error) => {
                self.note(walk.root, path, &format!("is a symbolic link: {}", error::plain(&error)))
            }
        }
    }

    fn take_file(&mut self, walk: &Walk<'_>, path: &Path, file_type: FileType, linked: bool) {
        let kind = kinds::kind(&walk.scope.languages, path);
        if file_type.is_file() {
            return self.add(walk, path, kind, linked);
        }
        // Opening a pipe would wait for ever; devices and sockets hold no code.
        if matches!(kind, Kind::Source { .. } | Kind::Settings(_)) {
            self.note(walk.root, path, "is not a regular file");
        }
    }

    fn add(&mut self, walk: &Walk<'_>, path: &Path, kind: Kind, linked: bool) {
        match kind {
            Kind::Source { language, stub } => self.add_source(walk, path, language, stub, linked),
            Kind::Settings(kind) => self.add_settings(walk.root, path, kind),
            Kind::MaybeScript => match kinds::script(&walk.scope.languages, path) {
                Ok(Some(language)) => self.add_source(walk, path, language, false, linked),
                Ok(None) => {}
                Err(error) => self.note(walk.root, path, &unreadable(&error)),
            },
            Kind::Other => {}
        }
    }

    fn add_source(&mut self, walk: &Walk<'_>, path: &Path, language: &'static str, stub: bool, linked: bool) {
        let include = &walk.scope.include;
        if !include.is_empty() && !include.matches(path) {
            return;
        }
        let list = if linked { &mut self.linked_sources } else { &mut self.sources };
        list.push(SourceFile {
            absolute: path.to_path_buf(),
            path: display(walk.root, path),
            language,
            stub,
        });
    }

    fn add_settings(&mut self, root: &Path, path: &Path, kind: SettingsKind) {
        let read = || -> std::io::Result<Option<Vec<u8>>> {
            let large = fs::metadata(path)?.len() > kinds::MAX_SETTINGS_SIZE;
            if large { Ok(None) } else { fs::read(path).map(Some) }
        };
        match read() {
            Ok(Some(bytes)) => {
                let text = decode::decode(bytes).text;
                if kind != SettingsKind::Kubernetes || kinds::is_manifest(&text) {
                    self.settings_files.push(SettingsFile { path: display(root, path), kind, text });
                }
            }
            // Most YAML has nothing to do with a launch, large YAML least of all.
            Ok(None) if kind == SettingsKind::Kubernetes => {}
            Ok(None) => {
                let reason = format!("is more than {} large", error::size(kinds::MAX_SETTINGS_SIZE));
                self.note(root, path, &reason);
            }
            Err(error) => self.note(root, path, &unreadable(&error)),
        }
    }

    pub(super) fn note(&mut self, root: &Path, file: &Path, reason: &str) {
        self.notes.push(Note { file: display(root, file), reason: reason.to_owned(), lost: true });
    }

    fn note_error(&mut self, root: &Path, path: Option<&Path>, error: &ignore::Error) {
        use ignore::Error;
        match error {
            Error::Partial(errors) => errors.iter().for_each(|it| self.note_error(root, path, it)),
            Error::WithPath { path, err } => self.note_error(root, Some(path), err),
            Error::WithDepth { err, .. } => self.note_error(root, path, err),
            Error::WithLineNumber { line, err } => {
                let reason = format!("line {line}: {err}");
                self.notes.push(Note { file: display(root, path.unwrap_or(root)), reason, lost: false });
            }
            Error::Loop { child, .. } => self.note(root, child, super::links::LOOP),
            Error::Io(error) => self.note(root, path.unwrap_or(root), &unreadable(error)),
            other => self.note(root, path.unwrap_or(root), &other.to_string()),
        }
    }

    pub(super) fn finish(mut self, root: PathBuf) -> Discovered {
        self.sources.append(&mut self.linked_sources);
        self.sources.sort_by(|a, b| a.path.cmp(&b.path).then_with(|| a.absolute.cmp(&b.absolute)));
        self.sources.dedup_by(|a, b| a.absolute == b.absolute);
        self.settings_files.sort_by(|a, b| a.path.cmp(&b.path));
        self.settings_files.dedup_by(|a, b| a.path == b.path);
        self.notes.sort();
        self.notes.dedup();
        let packages = super::packages_around(&root);
        Discovered {
            root,
            packages,
            sources: self.sources,
            settings_files: self.settings_files,
            notes: self.notes,
        }
    }
}

fn unreadable(error: &std::io::Error) -> String {
    format!("cannot be read: {}", error::plain(error))
}
