//! Source text into facts, one front end a language. Never fails, never sees two files, knows no telemetry.

mod builder;
mod directive;
mod pieces;
mod python;
mod rust;

use crate::facts::Facts;

/// A language otcov reads: adding one is a folder under `src/parse/` and a row in [`LANGUAGES`].
#[derive(Clone, Copy)]
pub(crate) struct Language {
    pub(crate) name: &'static str,
    pub(crate) extensions: &'static [&'static str],
    /// Extensions of files that only declare types.
    pub(crate) stubs: &'static [&'static str],
    /// Words that name the interpreter on a first line `#!…`.
    pub(crate) shebangs: &'static [&'static str],
    pub(crate) parse: fn(&str) -> Facts,
}

pub(crate) static LANGUAGES: &[Language] = &[
    Language {
        name: "python",
        extensions: &["py"],
        stubs: &["pyi"],
        shebangs: &["python"],
        parse: python::parse,
    },
    Language { name: "rust", extensions: &["rs"], stubs: &[], shebangs: &[], parse: rust::parse },
];
