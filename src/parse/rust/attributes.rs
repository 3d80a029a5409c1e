//! Attributes that do something, as decorators: `#[name(flag, key = value, list(a, b), table(k = v))]`.

use proc_macro2::{TokenStream, TokenTree};
use syn::parse::ParseStream;
use syn::punctuated::Punctuated;
use syn::{Attribute, Meta, Path, Token};

use super::Reader;
use super::places::parsed;
use crate::facts::{Arg, Run, Spread, Value, ValueId};
use crate::text::Span;

impl<'a> Reader<'a> {
    pub(super) fn decorators(&mut self, attrs: &'a [Attribute]) -> Run {
        let mut values = Vec::new();
        for attr in attrs {
            if is_of_the_compiler(attr.path()) {
                continue;
            }
            let at = Span {
                start: self.places.start(attr.pound_token.span),
                end: self.places.end(attr.bracket_token.span.close()),
            };
            self.decorator(&attr.meta, at, &mut values);
        }
        self.builder.list(&values)
    }

    /// What a type derives, of what is more than the language's own.
    pub(super) fn derived(&mut self, attrs: &'a [Attribute]) -> Run {
        let mut values = Vec::new();
        for attr in attrs.iter().filter(|it| it.path().is_ident("derive")) {
            let Meta::List(list) = &attr.meta else { continue };
            let paths = parsed(list.tokens.clone(), Punctuated::<Path, Token![,]>::parse_terminated);
            for path in paths.into_iter().flatten() {
                if !path.segments.last().is_some_and(|it| is_of_the_language(&it.ident)) {
                    values.push(self.path_value(&path));
                }
            }
        }
        self.builder.list(&values)
    }

    fn decorator(&mut self, meta: &Meta, at: Span, values: &mut Vec<ValueId>) {
        match meta {
            Meta::List(it) if it.path.is_ident("cfg_attr") => {
                // The first is the condition, the rest is what then stands there.
                let inner = parsed(it.tokens.clone(), |input| {
                    input.parse::<Meta>()?;
                    input.parse::<Option<Token![,]>>()?;
                    Punctuated::<Meta, Token![,]>::parse_terminated(input)
                });
                for meta in inner.into_iter().flatten().filter(|it| !is_of_the_compiler(it.path())) {
                    self.decorator(&meta, at, values);
                }
            }
            Meta::List(it) => {
                let callee = self.path_value(&it.path);
                let args = self.arguments(it.tokens.clone());
                values.push(self.builder.call(callee, &args, at));
            }
            Meta::Path(path) => {
                let value = self.path_value(path);
                self.builder.facts.value_spans[value.0 as usize] = at;
                values.push(value);
            }
            Meta::NameValue(_) => {}
        }
    }

    /// What stands in the brackets of an attribute.
    fn arguments(&mut self, tokens: TokenStream) -> Vec<Arg> {
        let mut args = Vec::new();
        for piece in pieces(tokens) {
            let (name, value) = match piece.as_slice() {
                [TokenTree::Ident(flag)] => {
                    let at = self.at(flag);
                    (Some(self.symbol(flag)), self.builder.value(Value::Bool(true), at))
                }
                [TokenTree::Ident(name), TokenTree::Group(group)] => {
                    let at = self.at(name);
                    (Some(self.symbol(name)), self.table(group.stream(), at))
                }
                [TokenTree::Ident(name), TokenTree::Punct(it), TokenTree::Group(group)]
                    if it.as_char() == '=' && group.delimiter() == proc_macro2::Delimiter::Brace =>
                {
                    let at = self.at(name);
                    (Some(self.symbol(name)), self.table(group.stream(), at))
                }
                [TokenTree::Ident(name), TokenTree::Punct(it), rest @ ..] if it.as_char() == '=' => {
                    (Some(self.symbol(name)), self.loose_value(rest.iter().cloned().collect()))
                }
                other => (None, self.loose_value(other.iter().cloned().collect())),
            };
            args.push(Arg { name, value, spread: Spread::No });
        }
        args
    }

    /// Entries with values are a dictionary, names alone a list of texts.
    fn table(&mut self, tokens: TokenStream, at: Span) -> ValueId {
        let fields = self.macro_fields(tokens);
        if fields.iter().all(|it| it.name.is_none() && it.spread == Spread::No) {
            let names: Vec<ValueId> = fields.iter().map(|it| self.as_text(it.value)).collect();
            let run = self.builder.list(&names);
            return self.builder.value(Value::Sequence(run), at);
        }
        let entries: Vec<(Option<ValueId>, ValueId)> = fields
            .iter()
            .map(|it| match it.name {
                None if it.spread == Spread::Dict => (None, it.value),
                Some(name) => {
                    let key = self.builder.value(Value::Text(name), it.key_at);
                    (Some(key), it.value)
                }
                None => (Some(self.as_text(it.value)), it.value),
            })
            .collect();
        let run = self.builder.dict(&entries);
        self.builder.value(Value::Dict(run), at)
    }

    /// The text of a name: `a.b` is "a.b".
    pub(super) fn as_text(&mut self, value: ValueId) -> ValueId {
        let at = self.builder.facts.value_span(value);
        match self.spelled(value) {
            Some(text) => self.builder.text(&text, at),
            None => value,
        }
    }

    fn spelled(&self, value: ValueId) -> Option<String> {
        match self.builder.facts.value(value) {
            Value::Name(name) | Value::Head(name) => Some(name.to_string()),
            Value::Member { of, name } => Some(format!("{}.{name}", self.spelled(*of)?)),
            _ => None,
        }
    }
}

/// Tokens between commas. One that is forgotten after a whole value is forgiven, as `#[instrument]` does.
fn pieces(tokens: TokenStream) -> Vec<Vec<TokenTree>> {
    let mut pieces: Vec<Vec<TokenTree>> = vec![Vec::new()];
    for token in tokens {
        let last = pieces.last().and_then(|it| it.last());
        let is_whole = matches!(last, Some(TokenTree::Literal(_) | TokenTree::Group(_)));
        if is_whole && matches!(&token, TokenTree::Ident(it) if it != "as") {
            pieces.push(Vec::new());
        }
        match &token {
            TokenTree::Punct(it) if it.as_char() == ',' => pieces.push(Vec::new()),
            _ => {
                if let Some(last) = pieces.last_mut() {
                    last.push(token);
                }
            }
        }
    }
    pieces.retain(|it| !it.is_empty());
    pieces
}

/// Derives that say nothing about what a type is for.
fn is_of_the_language(name: &proc_macro2::Ident) -> bool {
    const NAMES: [&str; 11] = [
        "Debug",
        "Clone",
        "Copy",
        "PartialEq",
        "Eq",
        "Hash",
        "PartialOrd",
        "Ord",
        "Default",
        "Serialize",
        "Deserialize",
    ];
    NAMES.iter().any(|it| name == it)
}

/// What only speaks to the compiler, or makes code that says nothing here.
fn is_of_the_compiler(path: &Path) -> bool {
    const NAMES: [&str; 26] = [
        "doc",
        "allow",
        "warn",
        "deny",
        "forbid",
        "expect",
        "inline",
        "must_use",
        "derive",
        "cfg",
        "cold",
        "track_caller",
        "no_mangle",
        "deprecated",
        "target_feature",
        "repr",
        "path",
        "macro_use",
        "macro_export",
        "test",
        "ignore",
        "should_panic",
        "serde",
        "automatically_derived",
        "rustfmt",
        "link_section",
    ];
    match path.segments.first() {
        Some(first) => NAMES.iter().any(|it| first.ident == it) || first.ident == "clippy",
        None => true,
    }
}

/// A field of a macro or attribute: `a.b = value`, `%value`, `value`.
pub(super) struct Field {
    pub(super) name: Option<crate::text::Symbol>,
    /// Where the name stands, if there is one.
    pub(super) key_at: Span,
    pub(super) value: ValueId,
    pub(super) spread: Spread,
}

/// Everything up to the next comma that stands in no bracket.
pub(super) fn skip_piece(input: ParseStream<'_>) -> syn::Result<()> {
    while !input.is_empty() && !input.peek(Token![,]) && !input.peek(Token![;]) {
        input.parse::<TokenTree>()?;
    }
    Ok(())
}
