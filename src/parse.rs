//! Source text into facts, one front end a language. Never fails, never sees two files, knows no telemetry.

mod builder;
mod directive;
mod pieces;
mod python;
pub(crate) mod query;
pub(crate) mod remarks;
mod rust;

use crate::facts::Facts;
use crate::text::LineIndex;

/// Which bodies a front end is asked for. What is declared is wanted always. More may be read than is asked for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Bodies {
    All,
    /// Not those of tests: nothing in them is reported.
    ButTests,
    /// The file is a test.
    None,
}

/// A language otcov reads: adding one is a folder under `src/parse/` and a row in [`LANGUAGES`].
#[derive(Clone, Copy)]
pub(crate) struct Language {
    pub(crate) name: &'static str,
    pub(crate) extensions: &'static [&'static str],
    /// Extensions of files that only declare types.
    pub(crate) stubs: &'static [&'static str],
    /// Words that name the interpreter on a first line `#!…`.
    pub(crate) shebangs: &'static [&'static str],
    pub(crate) parse: fn(&str, &LineIndex, Bodies) -> Facts,
    /// The grammar that queries are written for.
    pub(crate) grammar: fn() -> tree_sitter::Language,
    /// Nodes of that grammar that are never without a word, and the word.
    pub(crate) words: &'static [(&'static str, &'static str)],
}

pub(crate) static LANGUAGES: &[Language] = &[
    Language {
        name: "python",
        extensions: &["py"],
        stubs: &["pyi"],
        shebangs: &["python"],
        parse: python::parse,
        grammar: || tree_sitter_python::LANGUAGE.into(),
        words: &[
            ("assert_statement", "assert"),
            ("await", "await"),
            ("class_definition", "class"),
            ("decorator", "@"),
            ("delete_statement", "del"),
            ("except_clause", "except"),
            ("finally_clause", "finally"),
            ("for_statement", "for"),
            ("global_statement", "global"),
            ("import_from_statement", "import"),
            ("import_statement", "import"),
            ("lambda", "lambda"),
            ("raise_statement", "raise"),
            ("try_statement", "try"),
            ("while_statement", "while"),
            ("with_statement", "with"),
            ("yield", "yield"),
        ],
    },
    Language {
        name: "rust",
        extensions: &["rs"],
        stubs: &[],
        shebangs: &[],
        parse: rust::parse,
        grammar: || tree_sitter_rust::LANGUAGE.into(),
        words: &[
            ("async_block", "async"),
            ("await_expression", "await"),
            ("enum_item", "enum"),
            ("for_expression", "for"),
            ("if_expression", "if"),
            ("impl_item", "impl"),
            ("loop_expression", "loop"),
            ("macro_definition", "macro_rules!"),
            ("macro_invocation", "!"),
            ("match_expression", "match"),
            ("mod_item", "mod"),
            ("return_expression", "return"),
            ("struct_item", "struct"),
            ("trait_item", "trait"),
            ("try_expression", "?"),
            ("unsafe_block", "unsafe"),
            ("use_declaration", "use"),
            ("while_expression", "while"),
        ],
    },
];
