//! The terminal: the only place that writes to stdout and stderr, and that asks who is watching.

use std::io::{self, IsTerminal, Write};

use super::progress::Progress;
use crate::cli::{TalkArgs, When};
use crate::discover::Note;
use crate::report::{Style, Verbosity};

/// More notes than these are counted only, unless all were asked for.
const MOST_NOTES: usize = 20;

pub(crate) struct Console {
    pub(crate) verbosity: Verbosity,
    progress: When,
    color: When,
}

/// What the surroundings say about colours, read once.
struct Surroundings {
    no_color: bool,
    forced: bool,
    dumb: bool,
    terminal: bool,
}

impl Console {
    pub(crate) fn new(talk: &TalkArgs) -> Console {
        let verbosity = match (talk.quiet, talk.verbose) {
            (true, _) => Verbosity::Quiet,
            (_, true) => Verbosity::Verbose,
            _ => Verbosity::Normal,
        };
        Console { verbosity, progress: talk.progress, color: talk.color }
    }

    pub(crate) fn progress(&self) -> Progress {
        Progress::new(self.progress, self.verbosity == Verbosity::Quiet)
    }

    /// How stdout is to be written to.
    pub(crate) fn style(&self) -> Style {
        let terminal = is_watched();
        let plain = Style::default();
        if !terminal {
            return Style { color: colored(self.color, &surroundings(false)), ..plain };
        }
        let width = terminal_size::terminal_size().map_or(plain.width, |(width, _)| usize::from(width.0));
        Style { color: colored(self.color, &surroundings(true)), width, unicode: is_unicode() }
    }

    /// How a file is to be written to: the same wherever it is made.
    pub(crate) fn file_style(&self) -> Style {
        Style::default()
    }

    /// Writes to stdout. Nobody reading on is no error.
    pub(crate) fn print(&self, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> anyhow::Result<()> {
        let mut out = io::BufWriter::new(io::stdout().lock());
        match write(&mut out).and_then(|()| out.flush()) {
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
                Err(anyhow::Error::new(error).context("cannot write to stdout"))
            }
            _ => {
                // What is left in the buffer has no reader.
                let _ = out.into_parts();
                Ok(())
            }
        }
    }

    /// What was left out or guessed, unless silence was asked for.
    pub(crate) fn notes<'n>(&self, notes: impl Iterator<Item = &'n Note>) {
        if self.verbosity == Verbosity::Quiet {
            return;
        }
        let all = self.verbosity == Verbosity::Verbose;
        let mut more = 0;
        for (index, note) in notes.enumerate() {
            if all || index < MOST_NOTES {
                self.tell("note", &format!("{}: {}", note.file, note.reason));
            } else {
                more += 1;
            }
        }
        if more > 0 {
            self.tell("note", &format!("{more} more files could not be read as they are (-v names them)"));
        }
    }

    /// Something to know beside the reports, unless silence was asked for.
    pub(crate) fn note(&self, message: &str) {
        if self.verbosity != Verbosity::Quiet {
            self.tell("note", message);
        }
    }

    pub(crate) fn error(&self, message: &str) {
        message.lines().for_each(|it| self.tell("error", it));
    }

    fn tell(&self, level: &str, message: &str) {
        // A name may hold anything, and some who read stderr take a line of it for a command.
        let message: String = message.chars().map(|it| if it.is_control() { ' ' } else { it }).collect();
        // Without stderr there is nobody left to tell.
        let _ = writeln!(io::stderr(), "{level}: {message}");
    }
}

/// Somebody sees stdout as it is written.
pub(crate) fn is_watched() -> bool {
    io::stdout().is_terminal()
}

fn surroundings(terminal: bool) -> Surroundings {
    let set = |name: &str| std::env::var_os(name).is_some_and(|it| !it.is_empty() && it != "0");
    Surroundings {
        no_color: std::env::var_os("NO_COLOR").is_some_and(|it| !it.is_empty()),
        forced: set("CLICOLOR_FORCE") || set("FORCE_COLOR"),
        dumb: std::env::var_os("TERM").is_some_and(|it| it == "dumb"),
        terminal,
    }
}

/// What was typed wins, then `NO_COLOR`, then `CLICOLOR_FORCE`, then whether a terminal is there.
fn colored(typed: When, around: &Surroundings) -> bool {
    match typed {
        When::Always => true,
        When::Never => false,
        When::Auto if around.no_color => false,
        When::Auto => around.forced || (around.terminal && !around.dumb),
    }
}

fn is_unicode() -> bool {
    let name = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().filter_map(|it| std::env::var(it).ok());
    let locale = name.into_iter().find(|it| !it.is_empty());
    locale.is_some_and(|it| it.to_ascii_lowercase().replace('-', "").contains("utf8"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_typed_wins_over_the_surroundings() {
        let around = |no_color, forced, terminal| Surroundings { no_color, forced, dumb: false, terminal };
        assert!(colored(When::Always, &around(true, false, false)));
        assert!(!colored(When::Never, &around(false, true, true)));
        assert!(!colored(When::Auto, &around(true, true, true)));
        assert!(colored(When::Auto, &around(false, true, false)));
        assert!(colored(When::Auto, &around(false, false, true)));
        assert!(!colored(When::Auto, &around(false, false, false)));
    }
}
