//! Mutations: instrumentation taken away or added at one place, within its own line, so that all lines stay where they are.

use std::fmt;
use std::ops::Range;

use anyhow::{Context, Result};
use proc_macro2::{Span, TokenTree};
use syn::spanned::Spanned;
use syn::visit::{self, Visit};
use syn::{
    Attribute, Block, Expr, ExprAwait, ExprMethodCall, ImplItemFn, ItemFn, ItemImpl, ItemMod, Signature,
    Stmt, Visibility,
};

use crate::drive::Plan;
use crate::sources::{Tree, line, name_of, named, of_tests};

#[derive(Clone)]
pub(crate) struct Mutation {
    pub(crate) file: String,
    line: usize,
    what: &'static str,
    /// What goes, and what comes in its place.
    edit: (Range<usize>, String),
}

impl fmt::Display for Mutation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.file, self.line, self.what)
    }
}

impl Mutation {
    pub(crate) fn apply(&self, text: &str) -> String {
        let (range, new) = &self.edit;
        // What spanned lines goes on to span them.
        let gone = &text[range.clone()];
        let lines: String = gone.chars().filter(|it| *it == '\n').collect();
        format!("{}{new}{lines}{}", &text[..range.start], &text[range.end..])
    }
}

/// All mutations of a project, in an order that mixes kinds and places and is the same every time.
pub(crate) fn all(tree: &Tree, plan: &Plan) -> Result<Vec<Mutation>> {
    let uses_tracing = tree.get("Cargo.toml").is_some_and(|it| it.contains("\ntracing = "));
    let mut out = Vec::new();
    for (path, text) in tree.iter().filter(|(path, _)| path.ends_with(".rs")) {
        let file = syn::parse_file(text).with_context(|| path.clone())?;
        let mut finder =
            Finder { path, plan, uses_tracing, found: Vec::new(), body: String::new(), skipped: false };
        finder.visit_file(&file);
        out.extend(finder.found);
    }
    let mut mixed: Vec<(u64, Mutation)> = out.into_iter().map(|it| (mixed(&it.to_string()), it)).collect();
    mixed.sort_by_key(|(order, _)| *order);
    Ok(mixed.into_iter().map(|(_, it)| it).collect())
}

/// FNV-1a: an order without any meaning.
fn mixed(text: &str) -> u64 {
    text.bytes()
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

struct Finder<'a> {
    path: &'a str,
    plan: &'a Plan,
    uses_tracing: bool,
    found: Vec<Mutation>,
    /// The text of the function around.
    body: String,
    /// Inside of what is left alone: helpers, and what formats or drops, in which no span can be opened safely.
    skipped: bool,
}

impl Finder<'_> {
    fn add(&mut self, at: Span, what: &'static str, range: Range<usize>, new: impl Into<String>) {
        let it = Mutation { file: self.path.to_owned(), line: line(at), what, edit: (range, new.into()) };
        self.found.push(it);
    }

    /// Whether its body may be mutated.
    fn function(
        &mut self,
        attributes: &[Attribute],
        head: &Visibility,
        signature: &Signature,
        block: &Block,
    ) -> bool {
        let name = signature.ident.to_string();
        self.body = block.span().source_text().unwrap_or_default();
        if self.skipped
            || name == "main"
            || signature.constness.is_some()
            || self.plan.helper(self.path, &name)
            || self.plan.sets_up(self.path, &name)
        {
            return false;
        }
        let instrument = attributes.iter().find(|it| named(it, "instrument"));
        if let Some(attribute) = instrument {
            let range = attribute.span().byte_range();
            self.add(attribute.span(), "takes the attribute away", range, "");
            if let Some(range) = argument_err(attribute) {
                self.add(attribute.span(), "takes `err` out of the attribute", range, "");
            }
            return true;
        }
        let place = match head {
            Visibility::Inherited => signature.span().byte_range().start,
            _ => head.span().byte_range().start,
        };
        let body = block.brace_token.span.open().byte_range().end;
        let at = signature.fn_token.span;
        let returns_future = signature.output.to_token_text().contains("Future");
        if self.uses_tracing && !returns_future {
            let fails = signature.output.to_token_text().contains("Result<");
            let fields = if fails { "skip_all, err" } else { "skip_all" };
            self.add(at, "adds an attribute", place..place, format!("#[tracing::instrument({fields})] "));
        }
        if signature.asyncness.is_none() && !returns_future {
            let guard = if self.uses_tracing {
                " let _mutation = tracing::info_span!(\"mutation\").entered();"
            } else {
                " let _mutation = opentelemetry::trace::mark_span_as_active(opentelemetry::trace::Tracer::start(&opentelemetry::global::tracer(\"mutation\"), \"mutation\"));"
            };
            self.add(at, "adds a guard", body..body, guard);
        }
        true
    }

    /// The span is entered in another place as well: which of them is open around what, no verdict tells.
    fn used_elsewhere(&self, call: &ExprMethodCall) -> bool {
        let Some(Expr::Path(span)) = call.args.first() else { return false };
        let name = span.span().source_text().unwrap_or_default();
        let words = self.body.split(|it: char| !it.is_alphanumeric() && it != '_');
        words.filter(|it| *it == name).count() > 2
    }

    fn within(&mut self, open: bool, visit: impl FnOnce(&mut Self)) {
        let before = self.skipped;
        self.skipped |= !open;
        visit(self);
        self.skipped = before;
    }
}

trait TokenText {
    fn to_token_text(&self) -> String;
}

impl TokenText for syn::ReturnType {
    fn to_token_text(&self) -> String {
        self.span().source_text().unwrap_or_default()
    }
}

impl<'ast> Visit<'ast> for Finder<'_> {
    fn visit_item_fn(&mut self, it: &'ast ItemFn) {
        let open = self.function(&it.attrs, &it.vis, &it.sig, &it.block);
        self.within(open, |finder| visit::visit_item_fn(finder, it));
    }

    fn visit_impl_item_fn(&mut self, it: &'ast ImplItemFn) {
        let open = self.function(&it.attrs, &it.vis, &it.sig, &it.block);
        self.within(open, |finder| visit::visit_impl_item_fn(finder, it));
    }

    fn visit_item_impl(&mut self, it: &'ast ItemImpl) {
        let name = name_of(it);
        let open = !["Display for ", "Debug for ", "Drop for ", "From for "]
            .iter()
            .any(|start| name.starts_with(start));
        self.within(open, |finder| visit::visit_item_impl(finder, it));
    }

    fn visit_item_mod(&mut self, it: &'ast ItemMod) {
        self.within(!of_tests(it), |finder| visit::visit_item_mod(finder, it));
    }

    fn visit_block(&mut self, block: &'ast Block) {
        let text = block.span().source_text().unwrap_or_default();
        for it in if self.skipped { &[] } else { block.stmts.as_slice() } {
            // A guard that is dropped by name has to stay.
            if let Stmt::Local(local) = it
                && let syn::Pat::Ident(name) = &local.pat
                && name.ident.to_string().starts_with('_')
                && text.matches(&name.ident.to_string()).count() == 1
                && local.init.as_ref().is_some_and(|init| activates(&init.expr))
            {
                self.add(it.span(), "takes a guard away", it.span().byte_range(), "");
            }
        }
        visit::visit_block(self, block);
    }

    fn visit_expr_method_call(&mut self, it: &'ast ExprMethodCall) {
        if !self.skipped && it.method == "instrument" && !self.used_elsewhere(it) {
            let from = it.receiver.span().byte_range().end;
            self.add(it.method.span(), "takes `.instrument` away", from..it.span().byte_range().end, "");
        }
        // The closure is run all the same, by what takes one of the same kind.
        let made_here = matches!(&*it.receiver, Expr::Macro(_) | Expr::Call(_));
        if let Some(closure @ Expr::Closure(_)) = it.args.last()
            && !self.skipped
            && made_here
        {
            let head = it.span().byte_range().start..closure.span().byte_range().start;
            if it.method == "in_scope" {
                self.add(it.method.span(), "takes `in_scope` away", head, "Option::unwrap_or_else(None, ");
            } else if it.method == "in_span" {
                let given = "Result::unwrap_or_else(Err(opentelemetry::Context::current()), ";
                self.add(it.method.span(), "takes `in_span` away", head, given);
            }
        }
        visit::visit_expr_method_call(self, it);
    }

    fn visit_expr_await(&mut self, it: &'ast ExprAwait) {
        let span = it.base.span();
        if !self.skipped
            && self.uses_tracing
            && matches!(&*it.base, Expr::Call(_))
            && line(span) == span.end().line
        {
            let text = span.source_text().unwrap_or_default();
            let new = format!("tracing::Instrument::instrument({text}, tracing::info_span!(\"mutation\"))");
            self.add(span, "adds `.instrument`", span.byte_range(), new);
        }
        visit::visit_expr_await(self, it);
    }
}

/// `err` or `err(..)` among the arguments of an attribute, and a comma beside it.
fn argument_err(attribute: &Attribute) -> Option<Range<usize>> {
    let tokens: Vec<TokenTree> = attribute.meta.require_list().ok()?.tokens.clone().into_iter().collect();
    let is_comma = |it: &TokenTree| matches!(it, TokenTree::Punct(it) if it.as_char() == ',');
    let at = tokens.iter().position(|it| matches!(it, TokenTree::Ident(it) if it == "err"))?;
    let has_own = matches!(tokens.get(at + 1), Some(TokenTree::Group(_)));
    let last = at + usize::from(has_own);
    let (first, last) = match (at.checked_sub(1), tokens.get(last + 1)) {
        (Some(before), _) if is_comma(&tokens[before]) => (before, last),
        (_, Some(after)) if is_comma(after) => (at, last + 1),
        _ => (at, last),
    };
    Some(tokens[first].span().byte_range().start..tokens[last].span().byte_range().end)
}

/// `span.enter()`, `span.entered()`, `context.attach()`, `mark_span_as_active(span)`.
fn activates(it: &Expr) -> bool {
    match it {
        Expr::MethodCall(call) => ["enter", "entered", "attach"].iter().any(|name| call.method == name),
        Expr::Call(call) => {
            matches!(&*call.func, Expr::Path(path) if path.path.segments.last().is_some_and(|it| it.ident == "mark_span_as_active"))
        }
        _ => false,
    }
}
