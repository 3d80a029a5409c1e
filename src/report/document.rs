//! Writes JSON a key at a time, one entry of a list on one line, so that reports can be compared and searched line by line.

use std::io::{self, Write};

use serde::Serialize;

pub(super) struct Document<'w> {
    out: &'w mut dyn Write,
    first: bool,
    indent: usize,
}

impl<'w> Document<'w> {
    /// Opens the object; [`Document::end`] closes it.
    pub(super) fn begin(out: &'w mut dyn Write) -> io::Result<Document<'w>> {
        out.write_all(b"{")?;
        Ok(Document { out, first: true, indent: 2 })
    }

    pub(super) fn end(self) -> io::Result<()> {
        self.out.write_all(b"\n}\n")
    }

    fn name(&mut self, name: &str) -> io::Result<()> {
        let comma = if self.first { "" } else { "," };
        self.first = false;
        write!(self.out, "{comma}\n{:1$}\"{name}\": ", "", self.indent)
    }

    pub(super) fn key<T: Serialize + ?Sized>(&mut self, name: &str, value: &T) -> io::Result<()> {
        self.name(name)?;
        self.value(value)
    }

    pub(super) fn list<T: Serialize>(
        &mut self,
        name: &str,
        values: impl Iterator<Item = T>,
    ) -> io::Result<()> {
        self.name(name)?;
        self.out.write_all(b"[")?;
        let mut any = false;
        for value in values {
            write!(self.out, "{}\n{:2$}", if any { "," } else { "" }, "", self.indent + 2)?;
            self.value(&value)?;
            any = true;
        }
        if any { write!(self.out, "\n{:1$}]", "", self.indent) } else { self.out.write_all(b"]") }
    }

    /// A key that holds an object, or a list of this one object.
    pub(super) fn nested(
        &mut self,
        name: &str,
        in_list: bool,
        fill: impl FnOnce(&mut Document<'_>) -> io::Result<()>,
    ) -> io::Result<()> {
        self.name(name)?;
        self.out.write_all(if in_list { b"[{" } else { b"{" })?;
        let mut inner = Document { out: &mut *self.out, first: true, indent: self.indent + 2 };
        fill(&mut inner)?;
        write!(self.out, "\n{:1$}{2}", "", self.indent, if in_list { "}]" } else { "}" })
    }

    fn value<T: Serialize + ?Sized>(&mut self, value: &T) -> io::Result<()> {
        serde_json::to_writer(&mut *self.out, value).map_err(io::Error::from)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects_and_lists_are_indented_and_entries_are_lines() {
        let mut out = Vec::new();
        let mut document = Document::begin(&mut out).unwrap();
        document.key("a", &1).unwrap();
        document.nested("runs", true, |it| it.list("b", [1, 2].into_iter())).unwrap();
        document.list("none", std::iter::empty::<u8>()).unwrap();
        document.end().unwrap();
        let expected = "{\n  \"a\": 1,\n  \"runs\": [{\n    \"b\": [\n      1,\n      2\n    ]\n  }],\n  \"none\": []\n}\n";
        assert_eq!(String::from_utf8(out).unwrap(), expected);
    }
}
