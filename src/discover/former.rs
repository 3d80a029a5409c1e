//! Files that are no longer there, told from their names and from what they held: for whoever looks at a tree as it was.

use std::ffi::OsStr;
use std::path::Path;

use super::kinds::{self, Kind, SettingsKind};
use super::{Contents, Note, Roots, Scope, SettingsFile, SourceFile, decode, display};

/// What a file was to otcov.
#[derive(Debug)]
pub(crate) enum Former {
    Source(SourceFile),
    Settings(SettingsFile),
}

/// None where it would not have been looked at. Ignore files are those of today.
pub(crate) fn former(roots: &Roots, scope: &Scope, absolute: &Path, bytes: &[u8]) -> Option<Former> {
    let inside = roots.directories.iter().any(|it| absolute.starts_with(it));
    if !(inside || roots.files.iter().any(|it| it == absolute)) || is_left_out(roots, scope, absolute) {
        return None;
    }
    let path = display(&roots.root, absolute);
    match kinds::kind(&scope.languages, absolute) {
        Kind::Source { language, stub } => {
            let wanted = scope.include.is_empty() || scope.include.matches(absolute);
            wanted.then(|| {
                Former::Source(SourceFile { absolute: absolute.to_path_buf(), path, language, stub })
            })
        }
        Kind::Settings(kind) if bytes.len() as u64 <= kinds::MAX_SETTINGS_SIZE => {
            let text = decode::decode(bytes.to_vec()).text;
            let says = kind != SettingsKind::Kubernetes || kinds::is_manifest(&text);
            says.then_some(Former::Settings(SettingsFile { path, kind, text }))
        }
        _ => None,
    }
}

/// By the configuration, or because it lay in a hidden directory or among installed code.
fn is_left_out(roots: &Roots, scope: &Scope, absolute: &Path) -> bool {
    let below = absolute.strip_prefix(&roots.root).unwrap_or(absolute);
    let foreign = |name: &str| {
        name.starts_with('.') && !kinds::holds_scripts(OsStr::new(name))
            || matches!(name, "node_modules" | "__pycache__" | "site-packages")
    };
    let mut directories = below.parent().into_iter().flat_map(Path::components);
    directories.any(|it| it.as_os_str().to_str().is_some_and(foreign))
        || absolute
            .ancestors()
            .take_while(|it| it.starts_with(&roots.root))
            .any(|it| scope.exclude.matches(it))
}

/// The text of a source that is not on disk.
pub(crate) fn contents(source: &SourceFile, bytes: &[u8], max_bytes: u64) -> Result<Contents, Note> {
    let note = |reason: &str, lost| Note { file: source.path.clone(), reason: reason.to_owned(), lost };
    if bytes.len() as u64 > max_bytes {
        return Err(note("was larger than the limit (scan.max-file-size)", true));
    }
    let decoded = decode::decode(bytes.to_vec());
    Ok(Contents { text: decoded.text, note: decoded.problem.map(|it| note(&it, false)) })
}
