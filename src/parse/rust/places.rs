//! Where tokens stand in the file. The parser counts lines and characters, facts count bytes.

use proc_macro2::{Span as TokenSpan, TokenStream};
use syn::Item;
use syn::parse::Parser;

use crate::text::Span;

pub(super) struct Places<'a> {
    text: &'a str,
    /// Where the text that is parsed begins: after a byte order mark and a first line `#!…`.
    start: usize,
    /// Where each line of the parsed text begins, and whether its characters are bytes.
    lines: Vec<(u32, bool)>,
}

impl<'a> Places<'a> {
    pub(super) fn new(text: &'a str) -> Places<'a> {
        let start = beginning(text);
        let mut lines = Vec::with_capacity(text.len() / 32 + 1);
        let ascii = text.is_ascii();
        let mut at = start;
        for line in text[start..].split_inclusive('\n') {
            lines.push((at as u32, ascii || line.is_ascii()));
            at += line.len();
        }
        lines.push((at as u32, true));
        Places { text, start, lines }
    }

    pub(super) fn text(&self) -> &'a str {
        self.text
    }

    pub(super) fn beginning(&self) -> usize {
        self.start
    }

    pub(super) fn parse_file(&self) -> syn::Result<Vec<Item>> {
        self.parse(self.text)
    }

    /// The items of a text that has the same lines as the file.
    pub(super) fn parse(&self, text: &str) -> syn::Result<Vec<Item>> {
        let tokens: TokenStream = text[self.start..].parse()?;
        syn::parse2::<syn::File>(tokens).map(|it| it.items)
    }

    /// The place of a token. What is made up has none.
    pub(super) fn span(&self, span: TokenSpan) -> Span {
        Span { start: self.offset(span.start()), end: self.offset(span.end()) }
    }

    pub(super) fn start(&self, span: TokenSpan) -> u32 {
        self.offset(span.start())
    }

    pub(super) fn end(&self, span: TokenSpan) -> u32 {
        self.offset(span.end())
    }

    fn offset(&self, at: proc_macro2::LineColumn) -> u32 {
        let Some((start, ascii)) = at.line.checked_sub(1).and_then(|it| self.lines.get(it)) else { return 0 };
        if *ascii {
            return start + at.column as u32;
        }
        let line = &self.text[*start as usize..];
        let bytes = line.char_indices().nth(at.column).map_or(line.len(), |(index, _)| index);
        start + bytes as u32
    }
}

/// Parses tokens by a function, and takes what it gives if it read all of them.
pub(super) fn parsed<T>(
    tokens: TokenStream,
    parse: impl FnOnce(syn::parse::ParseStream<'_>) -> syn::Result<T>,
) -> Option<T> {
    parse.parse2(tokens).ok()
}

fn beginning(text: &str) -> usize {
    let mark = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
    let rest = &text[mark..];
    // `#![attribute]` is no interpreter.
    if rest.starts_with("#!") && !rest[2..].trim_start().starts_with('[') {
        return mark + rest.find('\n').unwrap_or(rest.len());
    }
    mark
}
