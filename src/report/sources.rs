//! The source text behind a finding, read again from disk when it is printed: the engine has dropped it by then. The only place
//! among the reports that reads files.

use std::cell::{OnceCell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;

use crate::program::Program;
use crate::text::FileId;

/// Gives the text of a file, as it was when it was analysed, or nothing.
pub(crate) struct Sources<'a> {
    program: &'a Program,
    read: RefCell<BTreeMap<FileId, Rc<OnceCell<Option<Rc<str>>>>>>,
}

impl<'a> Sources<'a> {
    pub(crate) fn new(program: &'a Program) -> Sources<'a> {
        Sources { program, read: RefCell::default() }
    }

    /// Gives a text that is not on disk: standard input, an editor's buffer.
    pub(crate) fn hold(&self, file: FileId, text: &str) {
        let cell = OnceCell::from(Some(Rc::from(text)));
        self.read.borrow_mut().insert(file, Rc::new(cell));
    }

    /// None where the file is gone, or has changed so that places in it no longer mean anything.
    pub(crate) fn get(&self, file: FileId) -> Option<Rc<str>> {
        let cell = Rc::clone(self.read.borrow_mut().entry(file).or_default());
        cell.get_or_init(|| self.load(file)).clone()
    }

    fn load(&self, file: FileId) -> Option<Rc<str>> {
        let known = self.program.file(file);
        let bytes = std::fs::read(&known.absolute).ok()?;
        let text = String::from_utf8_lossy(&bytes);
        let bare = text.strip_prefix('\u{feff}').unwrap_or(&text);
        [&*text, bare].into_iter().find(|it| known.lines.fits(it)).map(Rc::from)
    }
}
