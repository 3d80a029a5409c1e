//! Puts probes into the text of a file, each on the line where it stands, so that all lines stay true: one at the start of each
//! function, one before each statement, and the shims in place of the calls by which work leaves its function.

use anyhow::{Context, Result};
use proc_macro2::{Span, TokenStream, TokenTree};
use syn::spanned::Spanned;
use syn::visit::{self, Visit};
use syn::{
    Block, ImplItemFn, ItemConst, ItemFn, ItemImpl, ItemMod, ItemStatic, ReturnType, Signature, Stmt,
    TraitItemFn,
};

use crate::sources::{line, name_of, of_tests};

/// Paths that begin so are led to the probe instead.
const SHIMS: [(&[&str], &str); 9] = [
    (&["std", "process"], "::reality_probe::shim::process"),
    (&["std", "thread"], "::reality_probe::shim::thread"),
    (&["tokio", "spawn"], "::reality_probe::shim::tokio::spawn"),
    (&["tokio", "task"], "::reality_probe::shim::tokio::task"),
    (&["tokio", "process"], "::reality_probe::shim::tokio::process"),
    (&["reqwest"], "::reality_probe::shim::reqwest"),
    (&["SdkTracerProvider", "builder"], "::reality_probe::tracer_provider"),
    (&["SdkMeterProvider", "builder"], "::reality_probe::meter_provider"),
    (&["tracing_subscriber", "registry"], "::reality_probe::registry"),
];

pub(crate) fn with_probes(path: &str, text: &str) -> Result<String> {
    let file = syn::parse_file(text).with_context(|| path.to_owned())?;
    let mut edits = Edits { path, owner: Vec::new(), functions: Vec::new(), list: Vec::new() };
    edits.visit_file(&file);
    let tokens: TokenStream = text.parse().map_err(|error| anyhow::anyhow!("{path}: {error}"))?;
    edits.shims(tokens);
    Ok(edits.apply(text))
}

/// What is replaced where; nothing, where something is only put in.
struct Edit {
    from: usize,
    to: usize,
    text: String,
}

struct Edits<'a> {
    path: &'a str,
    owner: Vec<String>,
    /// The lines of the functions around.
    functions: Vec<usize>,
    list: Vec<Edit>,
}

impl Edits<'_> {
    fn insert(&mut self, place: usize, text: String) {
        self.list.push(Edit { from: place, to: place, text });
    }

    fn function(&mut self, signature: &Signature, block: &Block) {
        if signature.constness.is_some() {
            return;
        }
        let mut name = self.owner.clone();
        name.push(signature.ident.to_string());
        let place = format!("{:?}, {}, {:?}", self.path, line(signature.fn_token.span), name.join("::"));
        let open = block.brace_token.span.open().byte_range().end;
        let close = block.brace_token.span.close().byte_range().start;
        let fails = result(&signature.output);
        if signature.asyncness.is_some() {
            let scope = if fails.is_some() { "scope_result" } else { "scope" };
            self.insert(open, format!(" ::reality_probe::{scope}({place}, async move {{"));
            self.insert(close, "}).await ".to_owned());
        } else if let Some(out) = fails.filter(|out| !out.contains(['&', '\''])) {
            self.insert(open, format!(" ::reality_probe::enter_result({place}, move || -> {out} {{"));
            self.insert(close, "}) ".to_owned());
        } else {
            self.insert(open, format!(" let _running = ::reality_probe::enter({place});"));
        }
    }

    fn at(&self, span: Span, current: bool) -> String {
        let function = self.functions.last().copied().unwrap_or_default();
        let (path, from, to) = (self.path, line(span), span.end().line);
        format!(" ::reality_probe::at({path:?}, {function}, {from}, {to}, {current}); ")
    }

    fn shims(&mut self, tokens: TokenStream) {
        let all: Vec<TokenTree> = tokens.into_iter().collect();
        for (index, token) in all.iter().enumerate() {
            if let TokenTree::Group(group) = token {
                self.shims(group.stream());
            }
            let inside_path =
                index > 0 && matches!(&all[index - 1], TokenTree::Punct(it) if ":.".contains(it.as_char()));
            if inside_path {
                continue;
            }
            for (path, shim) in SHIMS {
                if let Some(last) = begins_with(&all[index..], path) {
                    let (from, to) = (token.span().byte_range().start, last.span().byte_range().end);
                    self.list.push(Edit { from, to, text: shim.to_owned() });
                }
            }
        }
    }

    fn apply(mut self, text: &str) -> String {
        self.list.sort_by_key(|it| it.from);
        let mut out = String::with_capacity(text.len() * 2);
        let mut done = 0;
        for edit in &self.list {
            out.push_str(&text[done..edit.from]);
            out.push_str(&edit.text);
            done = edit.to;
        }
        out.push_str(&text[done..]);
        out
    }
}

/// `a::b` at the start of these tokens; the last token of it.
fn begins_with<'t>(tokens: &'t [TokenTree], path: &[&str]) -> Option<&'t TokenTree> {
    let mut tokens = tokens.iter();
    let mut last = None;
    for (index, part) in path.iter().enumerate() {
        if index > 0 {
            for _ in 0..2 {
                tokens.next().filter(|it| matches!(it, TokenTree::Punct(it) if it.as_char() == ':'))?;
            }
        }
        last = tokens.next().filter(|it| matches!(it, TokenTree::Ident(ident) if ident == part));
        last?;
    }
    last
}

/// `Span::current()` is in this statement, and in no smaller one inside of it.
fn names_current(statement: &Stmt) -> bool {
    let mut finder = Current { found: false };
    finder.visit_stmt(statement);
    finder.found
}

struct Current {
    found: bool,
}

impl<'ast> Visit<'ast> for Current {
    fn visit_expr_path(&mut self, it: &'ast syn::ExprPath) {
        let names: Vec<String> = it.path.segments.iter().map(|it| it.ident.to_string()).collect();
        self.found |= names.ends_with(&["Span".to_owned(), "current".to_owned()]);
    }

    fn visit_block(&mut self, _: &'ast Block) {}
}

/// The text of a return type that is a `Result`.
fn result(output: &ReturnType) -> Option<String> {
    let ReturnType::Type(_, it) = output else { return None };
    let syn::Type::Path(path) = &**it else { return None };
    let last = path.path.segments.last()?;
    if last.ident != "Result" {
        return None;
    }
    it.span().source_text()
}

impl<'ast> Visit<'ast> for Edits<'_> {
    fn visit_item_fn(&mut self, it: &'ast ItemFn) {
        self.function(&it.sig, &it.block);
        if it.sig.constness.is_none() {
            self.functions.push(line(it.sig.fn_token.span));
            visit::visit_item_fn(self, it);
            self.functions.pop();
        }
    }

    fn visit_impl_item_fn(&mut self, it: &'ast ImplItemFn) {
        self.function(&it.sig, &it.block);
        if it.sig.constness.is_none() {
            self.functions.push(line(it.sig.fn_token.span));
            visit::visit_impl_item_fn(self, it);
            self.functions.pop();
        }
    }

    fn visit_trait_item_fn(&mut self, it: &'ast TraitItemFn) {
        if let Some(block) = &it.default {
            self.function(&it.sig, block);
        }
        self.functions.push(line(it.sig.fn_token.span));
        visit::visit_trait_item_fn(self, it);
        self.functions.pop();
    }

    fn visit_item_impl(&mut self, it: &'ast ItemImpl) {
        self.owner.push(name_of(it));
        visit::visit_item_impl(self, it);
        self.owner.pop();
    }

    fn visit_item_mod(&mut self, it: &'ast ItemMod) {
        if !of_tests(it) {
            visit::visit_item_mod(self, it);
        }
    }

    fn visit_item_const(&mut self, _: &'ast ItemConst) {}

    fn visit_item_static(&mut self, _: &'ast ItemStatic) {}

    fn visit_block(&mut self, block: &'ast Block) {
        for statement in block.stmts.iter().filter(|it| !matches!(it, Stmt::Item(_))) {
            let probe = self.at(statement.span(), names_current(statement));
            self.insert(statement.span().byte_range().start, probe);
        }
        visit::visit_block(self, block);
    }

    /// A closure without a block is given one.
    fn visit_expr_closure(&mut self, it: &'ast syn::ExprClosure) {
        if !matches!(&*it.body, syn::Expr::Block(_) | syn::Expr::Async(_)) {
            let span = it.body.span();
            // What it gives goes on to the statement around it, which is the one that deals with it.
            let functions = std::mem::take(&mut self.functions);
            let probe = self.at(span, false);
            self.functions = functions;
            self.insert(span.byte_range().start, format!("{{ {probe}"));
            self.insert(span.byte_range().end, " }".to_owned());
        }
        visit::visit_expr_closure(self, it);
    }
}
