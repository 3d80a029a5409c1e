//! `macro_rules!`: each arm is a function with the macro's variables as parameters, and its body is read as code as far as it
//! is code once the variables are names.

use proc_macro2::{Delimiter, Group, Ident, TokenStream, TokenTree};
use rustc_hash::FxHashSet;
use syn::{Block, ItemMacro};

use super::places::parsed;
use super::statements::Last;
use super::{Body, Parsed, Reader};
use crate::facts::{BindingKind, FnId, FunctionKind, OpKind, Param, ParamKind, ValueId};
use crate::parse::builder::Head;
use crate::text::{Span, Symbol};

/// A macro's variable: its name, what it matches, and whether there can be many.
struct Variable {
    name: Ident,
    matches: String,
    many: bool,
}

impl<'a> Reader<'a> {
    pub(super) fn rules(&mut self, name: &Ident, it: &ItemMacro) {
        let spelled = self.symbol(name);
        let called = Symbol::new(&format!("{spelled}!"));
        let head_at = self.at(name);
        let public = it.attrs.iter().any(|it| it.path().is_ident("macro_export"));
        let tokens: Vec<TokenTree> = it.mac.tokens.clone().into_iter().collect();
        let groups: Vec<&Group> = tokens
            .iter()
            .filter_map(|it| match it {
                TokenTree::Group(it) => Some(it),
                _ => None,
            })
            .collect();
        for arm in groups.chunks_exact(2) {
            let [pattern, body] = arm else { continue };
            let mut variables = Vec::new();
            find_variables(pattern.stream(), false, &mut variables);
            let params: Vec<Param> = variables.iter().map(|it| self.variable(it)).collect();
            let params = self.add_params(params);
            let at = self.places.span(body.span_open());
            let span = Span { start: at.start, end: self.places.end(body.span_close()) };
            let path = self.path(called);
            let head = Head::body(FunctionKind::Macro, called, path, span);
            let parent = self.builder.function;
            let is_test = self.around.is_test;
            let head = Head { params, is_test, public: Some(public), head: head_at, ..head };
            let id = self.builder.declare(head, Some(parent));
            let plain = without_variables(body.stream(), &variables, 0);
            if let Parsed::Tokens(plain) = self.arena.alloc(Parsed::Tokens(plain)) {
                let mut around = self.around.clone();
                around.in_macro = true;
                self.queue.push((id, around, Body::Macro(plain)));
            }
            self.define(id, head_at);
            self.builder.bind(parent, called, BindingKind::Function(id));
        }
    }

    fn variable(&mut self, it: &Variable) -> Param {
        let name = self.symbol(&it.name);
        let kind = if it.many { ParamKind::Rest } else { ParamKind::Normal };
        Param { name, kind, annotation: ValueId::OPAQUE, default: None }
    }

    pub(super) fn macro_body(&mut self, id: FnId, tokens: &'a TokenStream) {
        let many: FxHashSet<Symbol> = self
            .builder
            .facts
            .params(id)
            .iter()
            .filter(|it| it.kind == ParamKind::Rest)
            .map(|it| it.name)
            .collect();
        let outer = std::mem::replace(&mut self.spread, many);
        let end = self.builder.facts.function(id).span.end;
        if let Some(statements) = parsed(tokens.clone(), Block::parse_within) {
            if let Parsed::Statements(statements) = self.arena.alloc(Parsed::Statements(statements)) {
                // What it lets without braces of its own lives on in the block that calls it.
                let before = self.held.len();
                self.statements(statements, end, Last::Given);
                let left: Vec<ValueId> = self.held[before.min(self.held.len())..]
                    .iter()
                    .filter_map(|it| match self.builder.facts.region(it.region).kind {
                        crate::facts::RegionKind::Held { context, .. } => Some(context),
                        _ => None,
                    })
                    .collect();
                for value in left {
                    let at = self.builder.facts.value_span(value);
                    self.builder.op(OpKind::Return(Some(value)), at);
                }
            }
        } else {
            self.statements_of(tokens.clone());
        }
        self.spread = outer;
    }
}

/// `$name:kind` anywhere in a pattern.
fn find_variables(pattern: TokenStream, many: bool, found: &mut Vec<Variable>) {
    let tokens: Vec<TokenTree> = pattern.into_iter().collect();
    for (at, token) in tokens.iter().enumerate() {
        match token {
            TokenTree::Group(group) => {
                let repeated =
                    at > 0 && is_dollar(&tokens[at - 1]) && group.delimiter() == Delimiter::Parenthesis;
                find_variables(group.stream(), many || repeated, found);
            }
            TokenTree::Ident(name) if at > 0 && is_dollar(&tokens[at - 1]) => {
                if let (Some(TokenTree::Punct(colon)), Some(TokenTree::Ident(kind))) =
                    (tokens.get(at + 1), tokens.get(at + 2))
                    && colon.as_char() == ':'
                {
                    found.push(Variable { name: name.clone(), matches: kind.to_string(), many });
                }
            }
            _ => {}
        }
    }
}

fn is_dollar(token: &TokenTree) -> bool {
    matches!(token, TokenTree::Punct(it) if it.as_char() == '$')
}

/// The body with `$name` as a name, `$( .. ),*` once, and `$crate` as the crate.
fn without_variables(body: TokenStream, variables: &[Variable], depth: u32) -> TokenStream {
    let mut plain = Vec::new();
    let mut tokens = body.into_iter().peekable();
    while let Some(token) = tokens.next() {
        match token {
            TokenTree::Punct(it) if it.as_char() == '$' => match tokens.next() {
                Some(TokenTree::Ident(name)) => match variables.iter().find(|it| it.name == name) {
                    // These are nothing that code can be made of here.
                    Some(it) if matches!(it.matches.as_str(), "vis" | "item" | "lifetime") => {}
                    Some(it) if it.matches == "block" => {
                        let inner = TokenStream::from(TokenTree::Ident(name.clone()));
                        let mut group = Group::new(Delimiter::Brace, inner);
                        group.set_span(name.span());
                        plain.push(TokenTree::Group(group));
                    }
                    _ => plain.push(TokenTree::Ident(name)),
                },
                Some(TokenTree::Group(group)) if depth < 64 => {
                    plain.extend(without_variables(group.stream(), variables, depth + 1));
                    skip_repetition(&mut tokens);
                }
                Some(other) => plain.push(other),
                None => {}
            },
            TokenTree::Group(group) if depth < 64 => {
                let inner = without_variables(group.stream(), variables, depth + 1);
                let mut fresh = Group::new(group.delimiter(), inner);
                fresh.set_span(group.span());
                plain.push(TokenTree::Group(fresh));
            }
            other => plain.push(other),
        }
    }
    plain.into_iter().collect()
}

/// The separator and the sign after `$( .. )`. A separator between code stays out, as there is only one of it.
fn skip_repetition(tokens: &mut std::iter::Peekable<proc_macro2::token_stream::IntoIter>) {
    let is_sign =
        |it: &TokenTree| matches!(it, TokenTree::Punct(it) if matches!(it.as_char(), '*' | '+' | '?'));
    if tokens.peek().is_some_and(is_sign) {
        tokens.next();
        return;
    }
    let mut ahead = tokens.clone();
    ahead.next();
    if ahead.next().as_ref().is_some_and(is_sign) {
        tokens.next();
        tokens.next();
    }
}
