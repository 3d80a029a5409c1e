//! The files that are mended: as they were, as they shall be, and how they get on disk.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use anyhow::{Result, bail};

use crate::discover;
use crate::program::File;
use crate::run::engine::Overlay;
use crate::run::files::{self, Pending};

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

#[derive(Default)]
pub(crate) struct Shelf {
    /// What files shall hold.
    pub(crate) overlay: Overlay,
    /// What they held when they were looked at.
    before: BTreeMap<PathBuf, Vec<u8>>,
    /// Files that are left as they are, and why.
    pub(crate) refused: BTreeSet<String>,
}

/// A file that changes.
pub(crate) struct Changed<'a> {
    pub(crate) absolute: &'a Path,
    pub(crate) before: &'a [u8],
    pub(crate) after: &'a [u8],
}

impl Shelf {
    /// The text of a file as it is by now; none where it cannot be written back as it was read.
    pub(crate) fn text(&mut self, file: &File) -> Option<Rc<str>> {
        let bytes = match self.overlay.get(&file.absolute) {
            Some(bytes) => bytes,
            None => {
                let bytes = match read(file) {
                    Ok(bytes) => bytes,
                    Err(reason) => {
                        self.refused.insert(format!("{}: {reason}, and is left as it is", file.path));
                        return None;
                    }
                };
                self.before.entry(file.absolute.clone()).or_insert(bytes)
            }
        };
        let bare = bytes.strip_prefix(BYTE_ORDER_MARK).unwrap_or(bytes);
        std::str::from_utf8(bare).ok().map(Rc::from)
    }

    /// Puts a text in the place of the one before.
    pub(crate) fn put(&mut self, file: &File, text: String) {
        let Some(before) = self.before.get(&file.absolute) else { return };
        let mark = if before.starts_with(BYTE_ORDER_MARK) { BYTE_ORDER_MARK } else { b"" };
        self.overlay.insert(file.absolute.clone(), [mark, text.as_bytes()].concat());
    }

    /// The files that change, by path.
    pub(crate) fn changed(&self) -> impl Iterator<Item = Changed<'_>> {
        self.overlay.iter().filter_map(|(absolute, after)| {
            let before = self.before.get(absolute)?;
            (before != after).then_some(Changed { absolute, before, after })
        })
    }

    /// Writes all files or none. A file that somebody else has changed meanwhile is theirs.
    pub(crate) fn write(&self) -> Result<()> {
        let mut pending: Vec<Pending> = Vec::new();
        for it in self.changed() {
            if fs::read(it.absolute).ok().as_deref() != Some(it.before) {
                bail!("`{}` was changed meanwhile: nothing is written", it.absolute.display());
            }
            if fs::metadata(it.absolute).is_ok_and(|it| it.permissions().readonly()) {
                bail!("`{}` must not be written to: nothing is written", it.absolute.display());
            }
            pending.push(files::prepare(it.absolute, |out| out.write_all(it.after))?);
        }
        pending.into_iter().try_for_each(Pending::commit)
    }
}

fn read(file: &File) -> Result<Vec<u8>, String> {
    let link = fs::symlink_metadata(&file.absolute).is_ok_and(|it| it.is_symlink());
    if link {
        return Err("is a symbolic link".to_owned());
    }
    let bytes = fs::read(&file.absolute).map_err(|it| format!("cannot be read: {}", it.kind()))?;
    let text = discover::decoded(&bytes);
    if bytes.strip_prefix(BYTE_ORDER_MARK).unwrap_or(&bytes) != text.as_bytes() {
        return Err("is not UTF-8".to_owned());
    }
    if !file.lines.fits(&text) {
        return Err("was changed meanwhile".to_owned());
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::program::Program;

    /// A file on disk that a program was made of.
    fn program(path: &Path, bytes: &[u8]) -> Program {
        fs::write(path, bytes).unwrap();
        let mut program = Program::default();
        program.add_file("a.py", &discover::decoded(bytes));
        program.files[0].absolute = path.to_path_buf();
        program
    }

    #[test]
    fn a_file_is_written_as_it_was_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.py");
        let program = program(&path, b"\xef\xbb\xbfx = 1\r\n");
        let mut shelf = Shelf::default();
        assert_eq!(shelf.text(&program.files[0]).as_deref(), Some("x = 1\r\n"));
        shelf.put(&program.files[0], "y = 1\r\n".to_owned());
        shelf.write().unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"\xef\xbb\xbfy = 1\r\n");
    }

    #[test]
    fn what_changed_meanwhile_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.py");
        let program = program(&path, b"x = 1\n");
        let mut shelf = Shelf::default();
        assert!(shelf.text(&program.files[0]).is_some());
        shelf.put(&program.files[0], "y = 1\n".to_owned());
        fs::write(&path, "z = 1\n").unwrap();
        assert!(shelf.write().unwrap_err().to_string().contains("changed meanwhile"));
        assert_eq!(fs::read_to_string(&path).unwrap(), "z = 1\n");
        fs::write(&path, "zz = 1\n").unwrap();
        assert_eq!(Shelf::default().text(&program.files[0]), None);
    }

    #[test]
    fn other_encodings_are_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let program = program(&folder.path().join("a.py"), b"# coding: latin-1\nx = '\xe9'\n");
        let mut shelf = Shelf::default();
        assert_eq!(shelf.text(&program.files[0]), None);
        assert_eq!(
            shelf.refused.first().map(String::as_str),
            Some("a.py: is not UTF-8, and is left as it is")
        );
    }
}
