//! The source text behind a finding, read again from disk when it is printed: the engine has dropped it by then. The only place
//! among the reports that reads files.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::Path;
use std::rc::Rc;

use crate::program::Program;
use crate::text::FileId;

/// Gives the text of a file, as it was when it was analysed, or nothing.
pub(crate) struct Sources<'a> {
    program: &'a Program,
    reader: fn(&Path) -> Option<String>,
    read: RefCell<BTreeMap<FileId, Option<Rc<str>>>>,
}

impl<'a> Sources<'a> {
    pub(crate) fn new(program: &'a Program) -> Sources<'a> {
        Sources { program, reader: utf8, read: RefCell::default() }
    }

    /// Reads with the function given, which knows more encodings than one.
    pub(crate) fn reading(self, reader: fn(&Path) -> Option<String>) -> Sources<'a> {
        Sources { reader, ..self }
    }

    /// Gives a text that is not on disk: a file as it was.
    pub(crate) fn hold(&self, file: FileId, text: &str) {
        self.read.borrow_mut().insert(file, Some(Rc::from(text)));
    }

    /// None where the file is gone, or has changed so that places in it no longer mean anything.
    pub(crate) fn get(&self, file: FileId) -> Option<Rc<str>> {
        self.read.borrow_mut().entry(file).or_insert_with(|| self.load(file)).clone()
    }

    fn load(&self, file: FileId) -> Option<Rc<str>> {
        let known = self.program.file(file);
        let text = (self.reader)(&known.absolute)?;
        known.lines.fits(&text).then(|| Rc::from(text))
    }
}

fn utf8(path: &Path) -> Option<String> {
    let bytes = std::fs::read(path).ok()?;
    let bare = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes);
    Some(String::from_utf8_lossy(bare).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::tests::sample::Sample;

    #[test]
    fn only_the_text_that_was_analysed_is_given() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.py");
        let mut sample = Sample::default();
        let file = sample.file("a.py", "x = 1\ny = 2\n");
        sample.program.files[0].absolute = path.clone();
        let after_writing = |text: &str| {
            std::fs::write(&path, text).unwrap();
            Sources::new(&sample.program).get(file).map(|it| it.to_string())
        };
        assert_eq!(after_writing("x = 1\ny = 2\n").as_deref(), Some("x = 1\ny = 2\n"));
        assert_eq!(after_writing("\u{feff}x = 1\ny = 2\n").as_deref(), Some("x = 1\ny = 2\n"));
        assert_eq!(after_writing("x = 1\n\ny = 2"), None);
        let given = Sources::new(&sample.program).reading(|_| Some("ü = 1\nä= 2\n".to_owned()));
        assert_eq!(given.get(file).as_deref(), None);
        std::fs::remove_file(&path).unwrap();
        assert_eq!(Sources::new(&sample.program).get(file), None);
    }
}
