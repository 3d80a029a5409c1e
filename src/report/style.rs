//! Ink: the few styles that the reports use, and the pen that writes them or leaves them out. The sixteen basic colours only, and
//! never white, black or grey as such: these must be readable on light and dark grounds alike.

use std::fmt::Display;
use std::io::{self, Write};

use codespan_reporting::diagnostic::{LabelStyle, Severity};
use codespan_reporting::term::WriteStyle;

use crate::rule::Level;

/// What the place that is written to can show.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Style {
    pub(crate) color: bool,
    pub(crate) width: usize,
    /// Box drawing and other characters beyond ASCII.
    pub(crate) unicode: bool,
}

impl Default for Style {
    fn default() -> Style {
        Style { color: false, width: 80, unicode: true }
    }
}

impl Style {
    /// The columns to fill: a width that nobody can read is not taken at its word.
    pub(super) fn columns(self) -> usize {
        self.width.clamp(72, 110)
    }

    pub(super) fn ellipsis(self) -> &'static str {
        if self.unicode { "…" } else { "..." }
    }

    pub(super) fn dot(self) -> &'static str {
        if self.unicode { "·" } else { "-" }
    }

    /// What stands for "0 of 0".
    pub(super) fn nothing(self) -> &'static str {
        if self.unicode { "–" } else { "-" }
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Ink {
    Plain,
    Strong,
    Faint,
    Error,
    Warning,
    Note,
    ErrorMark,
    WarningMark,
    NoteMark,
    Border,
    Code,
    Good,
    Fair,
    Bad,
}

impl Ink {
    fn code(self) -> &'static str {
        match self {
            Ink::Plain => "",
            Ink::Strong => "1",
            Ink::Faint => "2",
            Ink::Error => "1;31",
            Ink::Warning => "1;33",
            Ink::Note => "1;36",
            Ink::ErrorMark | Ink::Bad => "31",
            Ink::WarningMark | Ink::Fair => "33",
            Ink::NoteMark | Ink::Border | Ink::Code => "36",
            Ink::Good => "32",
        }
    }

    pub(super) fn of_level(level: Level) -> Ink {
        match level {
            Level::Error => Ink::Error,
            Level::Warning => Ink::Warning,
            Level::Note | Level::Off => Ink::Note,
        }
    }
}

/// Writes text in ink, as far as the style allows.
pub(super) struct Pen<'w> {
    out: &'w mut dyn Write,
    pub(super) style: Style,
}

impl<'w> Pen<'w> {
    pub(super) fn new(out: &'w mut dyn Write, style: Style) -> Pen<'w> {
        Pen { out, style }
    }

    pub(super) fn put(&mut self, ink: Ink, text: impl Display) -> io::Result<()> {
        if self.style.color && ink != Ink::Plain {
            write!(self.out, "\x1b[{}m{text}\x1b[0m", ink.code())
        } else {
            write!(self.out, "{text}")
        }
    }

    pub(super) fn text(&mut self, text: impl Display) -> io::Result<()> {
        write!(self.out, "{text}")
    }

    pub(super) fn line(&mut self, ink: Ink, text: impl Display) -> io::Result<()> {
        self.put(ink, text)?;
        self.end()
    }

    pub(super) fn end(&mut self) -> io::Result<()> {
        self.out.write_all(b"\n")
    }

    fn open(&mut self, ink: Ink) -> io::Result<()> {
        if self.style.color { write!(self.out, "\x1b[{}m", ink.code()) } else { Ok(()) }
    }
}

impl Write for Pen<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.out.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// The ink of the marks under source lines, in the terms of the library that draws them.
impl WriteStyle for Pen<'_> {
    fn set_header(&mut self, severity: Severity) -> io::Result<()> {
        self.open(match severity {
            Severity::Bug | Severity::Error => Ink::Error,
            Severity::Warning => Ink::Warning,
            Severity::Note | Severity::Help => Ink::Note,
        })
    }

    fn set_header_message(&mut self) -> io::Result<()> {
        self.open(Ink::Strong)
    }

    fn set_line_number(&mut self) -> io::Result<()> {
        self.open(Ink::Border)
    }

    fn set_note_bullet(&mut self) -> io::Result<()> {
        self.open(Ink::Border)
    }

    fn set_source_border(&mut self) -> io::Result<()> {
        self.open(Ink::Border)
    }

    fn set_label(&mut self, severity: Severity, style: LabelStyle) -> io::Result<()> {
        self.open(match (style, severity) {
            (LabelStyle::Secondary, _) => Ink::Border,
            (LabelStyle::Primary, Severity::Bug | Severity::Error) => Ink::ErrorMark,
            (LabelStyle::Primary, Severity::Warning) => Ink::WarningMark,
            (LabelStyle::Primary, Severity::Note | Severity::Help) => Ink::NoteMark,
        })
    }

    fn reset(&mut self) -> io::Result<()> {
        if self.style.color { self.out.write_all(b"\x1b[0m") } else { Ok(()) }
    }
}
