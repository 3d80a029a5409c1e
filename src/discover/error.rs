//! What can be wrong with a path that was asked for by name, and system errors in plain words.

use std::io;
use std::path::{Path, PathBuf};

#[derive(Debug, thiserror::Error)]
#[error("cannot scan `{}`: {reason}", path.display())]
pub(crate) struct DiscoverError {
    path: PathBuf,
    reason: String,
}

impl DiscoverError {
    pub(crate) fn new(path: &Path, error: io::Error) -> DiscoverError {
        let link = path.symlink_metadata().is_ok_and(|it| it.is_symlink());
        let reason = match error.kind() {
            io::ErrorKind::NotFound if link => "the symbolic link leads nowhere".to_owned(),
            io::ErrorKind::NotFound => "no such file or directory".to_owned(),
            _ => plain(&error),
        };
        DiscoverError { path: path.to_path_buf(), reason }
    }
}

/// The system's words without their number, which differs from system to system.
pub(crate) fn plain(error: &io::Error) -> String {
    let text = error.to_string();
    let text = text.split(" (os error").next().unwrap_or(&text);
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_lowercase().chain(letters).collect())
}

pub(crate) fn size(bytes: u64) -> String {
    const UNITS: [(&str, u64); 3] = [("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)];
    match UNITS.iter().find(|(_, unit)| bytes >= *unit) {
        Some((name, unit)) => {
            let number = format!("{:.1}", bytes as f64 / *unit as f64);
            format!("{} {name}", number.strip_suffix(".0").unwrap_or(&number))
        }
        None => format!("{bytes} bytes"),
    }
}
