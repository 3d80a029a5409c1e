//! Calls of macros. What they carry is read as arguments with the field syntax of structured logging (`a.b = %x`, `?y`,
//! `target: "t"`), as statements, or as items, whichever it can be.

use proc_macro2::{Delimiter, Group, Ident, TokenStream, TokenTree};
use syn::ext::IdentExt;
use syn::parse::ParseStream;
use syn::parse::discouraged::Speculative;
use syn::{Block, Expr, ItemMacro, LitStr, Macro, MacroDelimiter, Token};

use super::attributes::{Field, skip_piece};
use super::places::parsed;
use super::statements::Last;
use super::{Parsed, Reader};
use crate::facts::{Arg, OpKind, Spread, Value, ValueId};
use crate::text::{Span, Symbol};

/// One piece between the commas of a macro.
enum Piece {
    /// The dotted name, or the key in quotes, and where it stands.
    Named(String, proc_macro2::Span, Expr),
    /// The key is a constant: `{ KEY } = value`.
    Keyed(Expr, Expr),
    /// A field that is called like a setting: `name = value`.
    Field(LitStr, Expr),
    /// A name that is its own value, written with a sign before it: `%error`.
    Short(Expr),
    Plain(Expr),
    /// More fields, in braces.
    Fields(Vec<Piece>),
    Lost,
}

impl<'a> Reader<'a> {
    pub(super) fn macro_call(&mut self, mac: &Macro) -> ValueId {
        let at = self.macro_span(mac);
        let Some(last) = mac.path.segments.last() else { return ValueId::OPAQUE };
        let name = self.symbol(&last.ident);
        if let Some(value) = self.known_form(name.as_str(), mac, at) {
            return value;
        }
        let callee = self.macro_path(mac, name);
        let args = match pieces(&mac.tokens) {
            Some(pieces) => {
                let mut fields = self.fields_of(pieces);
                if !is_span(name.as_str()) {
                    for field in fields.iter_mut().filter(|it| it.name.is_none()) {
                        field.value = self.captured(field.value);
                    }
                }
                if matches!(name.as_str(), "join" | "try_join") {
                    for field in &fields {
                        self.builder.op(OpKind::Await(field.value), at);
                    }
                }
                fields
                    .into_iter()
                    .map(|it| Arg { name: it.name, value: it.value, spread: it.spread })
                    .collect()
            }
            None => {
                self.statements_of(mac.tokens.clone());
                Vec::new()
            }
        };
        self.builder.call(callee, &args, at)
    }

    fn macro_span(&mut self, mac: &Macro) -> Span {
        let first = mac.path.segments.first().map_or(mac.bang_token.span, |it| it.ident.span());
        let close = match &mac.delimiter {
            MacroDelimiter::Paren(it) => it.span.close(),
            MacroDelimiter::Brace(it) => it.span.close(),
            MacroDelimiter::Bracket(it) => it.span.close(),
        };
        Span { start: self.places.start(first), end: self.places.end(close) }
    }

    /// The macro's path with `!` at its last name, which no function has.
    fn macro_path(&mut self, mac: &Macro, name: Symbol) -> ValueId {
        let called = Symbol::new(&format!("{name}!"));
        let mut value = ValueId::OPAQUE;
        let count = mac.path.segments.len();
        for (index, segment) in mac.path.segments.iter().enumerate() {
            let at = self.at(&segment.ident);
            let name = if index + 1 == count { called } else { self.symbol(&segment.ident) };
            value = match index {
                0 if count == 1 => self.builder.value(Value::Name(name), at),
                0 => {
                    let name = self.first_of(&mac.path, &segment.ident);
                    self.builder.value(Value::Head(name), at)
                }
                _ => self.builder.value(Value::Member { of: value, name }, at),
            };
        }
        value
    }

    /// Macros of the language itself that are a value or a decision.
    fn known_form(&mut self, name: &str, mac: &Macro, at: Span) -> Option<ValueId> {
        match name {
            "format" | "format_args" | "concat" => {
                let pieces = pieces(&mac.tokens)?;
                let fields = self.fields_of(pieces);
                let parts: Vec<ValueId> = fields.iter().map(|it| it.value).collect();
                Some(match (name, parts.split_first()) {
                    (_, None) => self.builder.text("", at),
                    ("concat", _) => {
                        let run = self.builder.list(&parts);
                        self.builder.value(Value::Template(run), at)
                    }
                    (_, Some((text, rest))) => self.formatted(*text, rest, at),
                })
            }
            "stringify" => Some(self.builder.text(&mac.tokens.to_string(), at)),
            "vec" => {
                let pieces = pieces(&mac.tokens)?;
                let parts: Vec<ValueId> = self.fields_of(pieces).iter().map(|it| it.value).collect();
                Some(self.sequence(&parts, at))
            }
            "matches" => {
                let tokens = first_piece(&mac.tokens);
                let value = self.expr_of(tokens);
                let run = self.builder.list(&[value]);
                Some(self.builder.value(Value::Test(run), at))
            }
            "select" | "select_biased" => {
                self.select(mac.tokens.clone());
                Some(ValueId::OPAQUE)
            }
            _ => None,
        }
    }

    /// A text with holes: each hole takes the next argument, or the name that is written in it.
    fn formatted(&mut self, text: ValueId, args: &[ValueId], at: Span) -> ValueId {
        let Value::Text(text) = *self.builder.facts.value(text) else {
            // The names in it have been read already.
            let is_template = matches!(self.builder.facts.value(text), Value::Template(_));
            return if is_template { text } else { self.builder.value(Value::LongText, at) };
        };
        let mut parts = Vec::new();
        let mut args = args.iter();
        let mut rest = text.as_str();
        let mut literal = String::new();
        while let Some(open) = rest.find(['{', '}']) {
            literal.push_str(&rest[..open]);
            let doubled = rest[open + 1..].starts_with(&rest[open..=open]);
            if doubled || rest[open..].starts_with('}') {
                literal.push_str(&rest[open..=open]);
                rest = &rest[open + 1 + usize::from(doubled)..];
                continue;
            }
            let close = rest[open..].find('}').map_or(rest.len(), |it| open + it);
            let hole = rest[open + 1..close].split(':').next().unwrap_or_default().trim();
            if !literal.is_empty() {
                parts.push(self.builder.text(&literal, at));
                literal.clear();
            }
            let is_name = hole.starts_with(|it: char| it.is_alphabetic() || it == '_');
            parts.push(match is_name {
                true => self.builder.value(Value::Name(Symbol::new(hole)), at),
                false => args.next().copied().unwrap_or(ValueId::OPAQUE),
            });
            rest = rest.get(close + 1..).unwrap_or_default();
        }
        literal.push_str(rest);
        if parts.is_empty() {
            return self.builder.text(&literal, at);
        }
        if !literal.is_empty() {
            parts.push(self.builder.text(&literal, at));
        }
        let run = self.builder.list(&parts);
        self.builder.value(Value::Template(run), at)
    }

    /// `"{name}"` in the text of a macro is a use of that name.
    fn captured(&mut self, value: ValueId) -> ValueId {
        let Value::Text(text) = *self.builder.facts.value(value) else { return value };
        let names = text.as_str().split('{').skip(1);
        let uses = names.filter(|it| it.starts_with(|it: char| it.is_alphabetic() || it == '_'));
        if uses.count() == 0 {
            return value;
        }
        let at = self.builder.facts.value_span(value);
        self.formatted(value, &[], at)
    }

    /// Tokens that are one expression; opaque where they are not.
    pub(super) fn loose_value(&mut self, tokens: TokenStream) -> ValueId {
        match tokens.clone().into_iter().next() {
            Some(TokenTree::Punct(it)) if matches!(it.as_char(), '%' | '?') => {
                self.expr_of(tokens.into_iter().skip(1).collect())
            }
            _ => self.expr_of(tokens),
        }
    }

    fn expr_of(&mut self, tokens: TokenStream) -> ValueId {
        match parsed(tokens, |input| input.parse::<Expr>()) {
            Some(expr) => self.kept_value(expr),
            None => ValueId::OPAQUE,
        }
    }

    fn kept_value(&mut self, expr: Expr) -> ValueId {
        match self.arena.alloc(Parsed::Expr(expr)) {
            Parsed::Expr(expr) => self.value(expr),
            _ => ValueId::OPAQUE,
        }
    }

    /// Statements, where the tokens are some; else whatever groups they have are tried.
    pub(super) fn statements_of(&mut self, tokens: TokenStream) {
        if let Some(statements) = parsed(tokens.clone(), Block::parse_within) {
            if let Parsed::Statements(statements) = self.arena.alloc(Parsed::Statements(statements)) {
                self.scope(|it| it.statements(statements, 0, Last::Value));
            }
            return;
        }
        for token in tokens {
            if let TokenTree::Group(group) = token
                && group.delimiter() == Delimiter::Brace
                && self.depth < super::DEEPEST
            {
                self.depth += 1;
                self.statements_of(group.stream());
                self.depth -= 1;
            }
        }
    }

    /// `select! { value = future => body, .. }`: each future is waited for, each body is an arm.
    fn select(&mut self, tokens: TokenStream) {
        let arms = parsed(tokens.clone(), |input| {
            let mut arms = Vec::new();
            while !input.is_empty() {
                arms.push(select_arm(input)?);
            }
            Ok(arms)
        });
        let Some(arms) = arms else { return self.statements_of(tokens) };
        for (future, body) in arms {
            if let Some(future) = future {
                let value = self.kept_value(future);
                let at = self.builder.facts.value_span(value);
                self.builder.op(OpKind::Await(value), at);
            }
            let kind = crate::facts::RegionKind::Branch { condition: ValueId::OPAQUE, negated: false };
            let outer = self.builder.open(kind, Span::default());
            self.scope(|it| it.kept_value(body));
            self.builder.region = outer;
        }
    }

    pub(super) fn macro_fields(&mut self, tokens: TokenStream) -> Vec<Field> {
        pieces(&tokens).map_or_else(Vec::new, |it| self.fields_of(it))
    }

    fn fields_of(&mut self, pieces: Vec<Piece>) -> Vec<Field> {
        let mut fields = Vec::with_capacity(pieces.len());
        for piece in pieces {
            match piece {
                Piece::Named(name, at, value) => {
                    let key_at = self.places.span(at);
                    let value = self.kept_value(value);
                    if value != ValueId::OPAQUE {
                        // A field is where its name stands.
                        self.builder.facts.value_spans[value.0 as usize] = key_at;
                    }
                    let name = Some(Symbol::new(&name));
                    fields.push(Field { name, key_at, value, spread: Spread::No });
                }
                Piece::Short(value) => {
                    let value = self.kept_value(value);
                    let key = self.as_text(value);
                    let name = match self.builder.facts.value(key) {
                        Value::Text(name) => Some(*name),
                        _ => None,
                    };
                    let key_at = self.builder.facts.value_span(value);
                    fields.push(Field { name, key_at, value, spread: Spread::No });
                }
                Piece::Keyed(key, value) => {
                    let key = self.kept_value(key);
                    fields.push(self.keyed(key, value));
                }
                Piece::Field(key, value) => {
                    let at = self.places.span(key.span());
                    let key = self.builder.text(&key.value(), at);
                    fields.push(self.keyed(key, value));
                }
                Piece::Plain(value) => {
                    let value = self.kept_value(value);
                    let stands_for_many = matches!(self.builder.facts.value(value), Value::Name(name) if self.spread.contains(name));
                    let spread = if stands_for_many { Spread::List } else { Spread::No };
                    let key_at = self.builder.facts.value_span(value);
                    fields.push(Field { name: None, key_at, value, spread });
                }
                Piece::Fields(inner) => fields.extend(self.fields_of(inner)),
                Piece::Lost => {
                    let (value, key_at) = (ValueId::OPAQUE, Span::default());
                    fields.push(Field { name: None, key_at, value, spread: Spread::No });
                }
            }
        }
        fields
    }

    fn keyed(&mut self, key: ValueId, value: Expr) -> Field {
        let value = self.kept_value(value);
        let key_at = self.builder.facts.value_span(key);
        let run = self.builder.dict(&[(Some(key), value)]);
        let value = self.builder.value(Value::Dict(run), key_at);
        Field { name: None, key_at, value, spread: Spread::Dict }
    }

    /// `task_local! { static NAME: T; }`: what each static is, the macro says.
    fn statics_without_value(&mut self, mac: &Macro) -> bool {
        let (Some(names), Some(last)) = (bare_statics(&mac.tokens), mac.path.segments.last()) else {
            return false;
        };
        let called = self.symbol(&last.ident);
        for name in names {
            let callee = self.macro_path(mac, called);
            let at = self.at(&name);
            let value = self.builder.call(callee, &[], at);
            let here = self.builder.function;
            let name = self.symbol(&name);
            self.builder.assign(here, name, value, at);
        }
        true
    }

    /// A macro where items stand: a definition of one, or a call that makes items.
    pub(super) fn item_macro(&mut self, it: &ItemMacro) {
        if let (Some(name), true) = (&it.ident, it.mac.path.is_ident("macro_rules")) {
            self.rules(name, it);
            return;
        }
        if self.statics_without_value(&it.mac) {
            return;
        }
        let tokens = without_ref(it.mac.tokens.clone());
        if let Some(file) = parsed(tokens, |input| input.parse::<syn::File>())
            && !file.items.is_empty()
        {
            if let Parsed::Items(items) = self.arena.alloc(Parsed::Items(file.items)) {
                items.iter().for_each(|it| self.item(it));
            }
            return;
        }
        self.macro_call(&it.mac);
    }
}

/// The names in `static NAME: T; pub static OTHER: U;`, if there is nothing else.
fn bare_statics(tokens: &TokenStream) -> Option<Vec<Ident>> {
    let names = parsed(tokens.clone(), |input| {
        let mut names = Vec::new();
        while !input.is_empty() {
            input.call(syn::Attribute::parse_outer)?;
            input.parse::<syn::Visibility>()?;
            input.parse::<Token![static]>()?;
            names.push(input.parse()?);
            input.parse::<Token![:]>()?;
            input.parse::<syn::Type>()?;
            if !input.is_empty() {
                input.parse::<Token![;]>()?;
            }
        }
        Ok(names)
    });
    names.filter(|it| !it.is_empty())
}

/// `static ref NAME: T = ..` is a static with a lazy value.
fn without_ref(tokens: TokenStream) -> TokenStream {
    let is_static_ref = |it: &TokenTree| matches!(it, TokenTree::Ident(it) if it == "ref");
    if !tokens.clone().into_iter().any(|it| is_static_ref(&it)) {
        return tokens;
    }
    tokens.into_iter().filter(|it| !is_static_ref(it)).collect()
}

fn first_piece(tokens: &TokenStream) -> TokenStream {
    tokens
        .clone()
        .into_iter()
        .take_while(|it| !matches!(it, TokenTree::Punct(it) if it.as_char() == ','))
        .collect()
}

/// The pieces between commas; none where the first of them is nothing of the kind.
fn pieces(tokens: &TokenStream) -> Option<Vec<Piece>> {
    if tokens.is_empty() {
        return Some(Vec::new());
    }
    parsed(tokens.clone(), list)
}

fn list(input: ParseStream<'_>) -> syn::Result<Vec<Piece>> {
    let mut pieces = Vec::new();
    while !input.is_empty() {
        let ahead = input.fork();
        match piece(&ahead) {
            Ok(piece) if ahead.is_empty() || ahead.peek(Token![,]) || ahead.peek(Token![;]) => {
                input.advance_to(&ahead);
                pieces.push(piece);
            }
            // What begins otherwise is something else as a whole.
            _ if pieces.is_empty() => return Err(input.error("not a list of arguments")),
            _ => {
                skip_piece(input)?;
                pieces.push(Piece::Lost);
            }
        }
        if input.is_empty() {
            break;
        }
        if input.peek(Token![;]) {
            input.parse::<Token![;]>()?;
        } else {
            input.parse::<Token![,]>()?;
        }
    }
    Ok(pieces)
}

fn piece(input: ParseStream<'_>) -> syn::Result<Piece> {
    if input.peek(Token![%]) || input.peek(Token![?]) {
        sigil(input)?;
        return Ok(Piece::Short(input.parse()?));
    }
    let keyed = input.peek2(Token![=]) && !input.peek2(Token![==])
        || input.peek2(Token![:]) && !input.peek2(Token![::]);
    if input.peek(LitStr) && keyed {
        let key: LitStr = input.parse()?;
        input.parse::<TokenTree>()?;
        sigil(input)?;
        return Ok(Piece::Named(key.value(), key.span(), value(input)?));
    }
    if input.peek(syn::token::Brace) && input.peek2(Token![=]) && !input.peek2(Token![==]) {
        let group: Group = input.parse()?;
        input.parse::<Token![=]>()?;
        sigil(input)?;
        let key = parsed(group.stream(), |it| it.parse()).ok_or_else(|| input.error("not a key"))?;
        return Ok(Piece::Keyed(key, value(input)?));
    }
    if input.peek(syn::token::Brace) {
        let ahead = input.fork();
        let group: Group = ahead.parse()?;
        if let Some(inner) = parsed(group.stream(), list).filter(|it| is_fields(it)) {
            input.parse::<Group>()?;
            return Ok(Piece::Fields(inner));
        }
    }
    if input.peek(Ident::peek_any)
        && let Some((name, span, colon)) = key(input)
    {
        sigil(input)?;
        return match colon {
            false if is_setting(&name) => Ok(Piece::Field(LitStr::new(&name, span), value(input)?)),
            _ => Ok(Piece::Named(name, span, value(input)?)),
        };
    }
    Ok(Piece::Plain(input.parse()?))
}

fn is_fields(pieces: &[Piece]) -> bool {
    pieces
        .iter()
        .any(|it| matches!(it, Piece::Named(..) | Piece::Short(_) | Piece::Keyed(..) | Piece::Field(..)))
}

fn sigil(input: ParseStream<'_>) -> syn::Result<()> {
    input.parse::<Option<Token![%]>>()?;
    input.parse::<Option<Token![?]>>()?;
    Ok(())
}

/// What a field is set to; that it is empty has a word of its own.
fn value(input: ParseStream<'_>) -> syn::Result<Expr> {
    input.parse()
}

/// Words that say something of the span or the line itself, with a colon; with `=` they are fields like any other.
fn is_setting(name: &str) -> bool {
    matches!(name, "name" | "target" | "parent" | "level")
}

/// Takes `a.b =` or `target:` if that is what stands next, and says whether it was the latter.
fn key(input: ParseStream<'_>) -> Option<(String, proc_macro2::Span, bool)> {
    let ahead = input.fork();
    let mut names = vec![Ident::parse_any(&ahead).ok()?];
    while ahead.peek(Token![.]) && ahead.peek2(Ident::peek_any) {
        ahead.parse::<Token![.]>().ok()?;
        names.push(Ident::parse_any(&ahead).ok()?);
    }
    let assigned = ahead.peek(Token![=]) && !ahead.peek(Token![==]) && !ahead.peek(Token![=>]);
    let colon = ahead.peek(Token![:]) && !ahead.peek(Token![::]);
    if !assigned && !colon {
        return None;
    }
    let name = names.iter().map(|it| it.unraw().to_string()).collect::<Vec<_>>().join(".");
    let first = names.first()?.span();
    let span = names.last().and_then(|it| first.join(it.span())).unwrap_or(first);
    input.advance_to(&ahead);
    input.parse::<TokenTree>().ok()?;
    Some((name, span, colon))
}

/// `pattern = future, if guard => body`, or `else => body`.
fn select_arm(input: ParseStream<'_>) -> syn::Result<(Option<Expr>, Expr)> {
    let future = if input.peek(Token![else]) {
        input.parse::<Token![else]>()?;
        None
    } else if input.peek(syn::Ident) && input.peek2(Token![;]) {
        // `biased;`
        input.parse::<syn::Ident>()?;
        input.parse::<Token![;]>()?;
        return select_arm(input);
    } else {
        syn::Pat::parse_multi_with_leading_vert(input)?;
        input.parse::<Token![=]>()?;
        let future: Expr = input.parse()?;
        if input.peek(Token![,]) {
            input.parse::<Token![,]>()?;
            input.parse::<Token![if]>()?;
            input.parse::<Expr>()?;
        }
        Some(future)
    };
    input.parse::<Token![=>]>()?;
    let body: Expr = if input.peek(syn::token::Brace) {
        Expr::Block(syn::ExprBlock { attrs: Vec::new(), label: None, block: input.parse()? })
    } else {
        input.parse()?
    };
    input.parse::<Option<Token![,]>>()?;
    Ok((future, body))
}

/// The text in a macro that makes a span is its name as it stands there: braces in it are no holes.
fn is_span(name: &str) -> bool {
    name == "span" || name.ends_with("_span")
}
