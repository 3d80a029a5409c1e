//! Writes files whole or not at all: under a temporary name beside the target, then renamed.

use std::fs;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use tempfile::NamedTempFile;

/// What a new file may be used for by whom, before the user's mask is applied.
#[cfg(unix)]
const MODE: u32 = 0o666;

/// A file that is complete and not yet in its place; dropped, it leaves nothing behind.
pub(crate) struct Pending {
    path: PathBuf,
    target: PathBuf,
    /// None for a device or a pipe, which has been written to already.
    temporary: Option<NamedTempFile>,
}

/// Replaces a file by what `content` writes.
pub(crate) fn replace(path: &Path, content: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<()> {
    prepare(path, content)?.commit()
}

/// Writes what shall replace a file, beside it.
pub(crate) fn prepare(
    path: &Path,
    content: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> Result<Pending> {
    let told = || format!("cannot write `{}`", path.display());
    let old = fs::metadata(path);
    if old.as_ref().is_ok_and(fs::Metadata::is_dir) {
        return Err(io::Error::other("it is a directory")).with_context(told);
    }
    // A link stays a link: what it leads to is replaced.
    let target = path.canonicalize().unwrap_or_else(|_| path.to_path_buf());
    if old.as_ref().is_ok_and(|it| !it.is_file()) {
        // A device or a pipe cannot be replaced, only written to.
        let mut file = fs::OpenOptions::new().write(true).open(path).with_context(told)?;
        content(&mut file).with_context(told)?;
        return Ok(Pending { path: path.to_path_buf(), target, temporary: None });
    }
    let temporary = filled(&target, content).with_context(told)?;
    if let Ok(old) = old {
        fs::set_permissions(temporary.path(), old.permissions()).with_context(told)?;
    }
    Ok(Pending { path: path.to_path_buf(), target, temporary: Some(temporary) })
}

impl Pending {
    pub(crate) fn commit(self) -> Result<()> {
        let Some(temporary) = self.temporary else { return Ok(()) };
        let told = || format!("cannot write `{}`", self.path.display());
        temporary.persist(&self.target).map_err(|it| it.error).with_context(told)?;
        Ok(())
    }
}

/// Writes a file that must not be there yet.
pub(crate) fn create(path: &Path, text: &str) -> Result<()> {
    let told = || format!("cannot write `{}`", path.display());
    let temporary = filled(path, |out| out.write_all(text.as_bytes())).with_context(told)?;
    temporary.persist_noclobber(path).map_err(|it| it.error).with_context(told)?;
    Ok(())
}

fn filled(
    target: &Path,
    content: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> io::Result<NamedTempFile> {
    let directory = target.parent().filter(|it| !it.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut builder = tempfile::Builder::new();
    builder.prefix(".otcov-");
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(MODE));
    let mut file = builder.tempfile_in(directory).map_err(|it| without_temporary_name(it, directory))?;
    let mut buffer = BufWriter::new(file.as_file_mut());
    content(&mut buffer)?;
    buffer.flush()?;
    drop(buffer);
    Ok(file)
}

/// The name of a temporary file differs from run to run and means nothing to anybody.
fn without_temporary_name(error: io::Error, directory: &Path) -> io::Error {
    let directory: PathBuf = directory.components().collect();
    let reason = match error.kind() {
        io::ErrorKind::NotFound => format!("there is no directory `{}`", directory.display()),
        kind => format!("{kind} in `{}`", directory.display()),
    };
    io::Error::new(error.kind(), reason)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_replaced_whole_or_not_at_all() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("report.json");
        fs::write(&path, "old").unwrap();
        let broken = replace(&path, |out| {
            out.write_all(b"half")?;
            Err(io::Error::other("disk on fire"))
        });
        assert!(broken.is_err());
        assert_eq!(fs::read_to_string(&path).unwrap(), "old");
        replace(&path, |out| out.write_all(b"new")).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "new");
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_new_file_overwrites_nothing() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("otcov.toml");
        create(&path, "one").unwrap();
        assert!(create(&path, "two").is_err());
        assert_eq!(fs::read_to_string(&path).unwrap(), "one");
    }

    #[test]
    fn a_missing_directory_is_named() {
        let error = replace(Path::new("/nowhere/at/all/x"), |_| Ok(())).unwrap_err();
        assert_eq!(
            format!("{error:#}"),
            "cannot write `/nowhere/at/all/x`: there is no directory `/nowhere/at/all`"
        );
    }
}
