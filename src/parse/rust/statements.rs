//! Blocks and statements into operations and regions.

use syn::{Block, Expr, Local, Pat, Stmt};

use super::{DEEPEST, Reader};
use crate::facts::{BindingKind, OpKind, RegionKind, ValueId};
use crate::text::Span;

impl<'a> Reader<'a> {
    /// The body of a function: what stands last is what it gives.
    pub(super) fn tail_block(&mut self, block: &'a Block) {
        let end = self.places.end(block.brace_token.span.close());
        self.scope(|it| {
            it.statements(&block.stmts, end, Last::Given);
        });
    }

    /// A block in the middle of a function, with the value that it gives.
    pub(super) fn block(&mut self, block: &'a Block) -> ValueId {
        let end = self.places.end(block.brace_token.span.close());
        self.scope(|it| it.statements(&block.stmts, end, Last::Value))
    }

    /// Whatever is opened inside ends with it.
    pub(super) fn scope<T>(&mut self, read: impl FnOnce(&mut Self) -> T) -> T {
        let outer = self.builder.region;
        let held = self.held.clone();
        let value = read(self);
        self.builder.region = outer;
        self.held = held;
        value
    }

    pub(super) fn statements(&mut self, statements: &'a [Stmt], end: u32, last: Last) -> ValueId {
        if self.depth >= DEEPEST {
            let at = Span { start: end.saturating_sub(1), end };
            self.problem(at, "blocks nested too deeply to be followed");
            return ValueId::OPAQUE;
        }
        self.depth += 1;
        let mut value = ValueId::OPAQUE;
        for (index, statement) in statements.iter().enumerate() {
            let is_last = index + 1 == statements.len();
            value = self.statement(statement, end, is_last, last);
        }
        self.depth -= 1;
        value
    }

    fn statement(&mut self, statement: &'a Stmt, end: u32, is_last: bool, last: Last) -> ValueId {
        if !matches!(statement, Stmt::Item(_)) {
            self.count_statement();
        }
        match statement {
            Stmt::Local(it) => self.local(it, end),
            Stmt::Item(it) => self.item(it),
            Stmt::Expr(it, None) if is_last && last == Last::Given => self.tail(it),
            Stmt::Expr(it, None) if is_last => return self.value(it),
            Stmt::Expr(it, _) => self.expression_statement(it),
            Stmt::Macro(it) if is_last && it.semi_token.is_none() && last == Last::Given => {
                let value = self.macro_call(&it.mac);
                let at = self.builder.facts.value_span(value);
                self.builder.op(OpKind::Return(Some(value)), at);
            }
            Stmt::Macro(it) if is_last && it.semi_token.is_none() => return self.macro_call(&it.mac),
            Stmt::Macro(it) => {
                let value = self.macro_call(&it.mac);
                self.discard(value);
            }
        }
        ValueId::OPAQUE
    }

    pub(super) fn count_statement(&mut self) {
        let here = self.builder.function;
        self.builder.facts.functions[here.index()].statements += 1;
    }

    fn expression_statement(&mut self, expr: &'a Expr) {
        let value = self.value(expr);
        let stands_alone = matches!(
            expr,
            Expr::Call(_) | Expr::MethodCall(_) | Expr::Macro(_) | Expr::Await(_) | Expr::Try(_)
        );
        if stands_alone {
            self.discard(value);
        }
    }

    /// A value that nobody keeps.
    pub(super) fn discard(&mut self, value: ValueId) {
        let at = self.builder.facts.value_span(value);
        self.builder.op(OpKind::Discard(value), at);
    }

    fn local(&mut self, it: &'a Local, end: u32) {
        let (pat, declared) = match &it.pat {
            Pat::Type(typed) => (&*typed.pat, Some(self.type_(&typed.ty))),
            other => (other, None),
        };
        let start = self.places.start(it.let_token.span);
        let Some(init) = &it.init else {
            self.declare(pat, declared);
            if let Pat::Ident(name) = pat {
                let name = self.symbol(&name.ident);
                let here = self.builder.function;
                self.builder.bind(here, name, BindingKind::Opaque);
            }
            return;
        };
        let value = match &init.diverge {
            Some((_, other)) => self.guarded(&init.expr, pat, other),
            None => self.value(&init.expr),
        };
        match pat {
            Pat::Wild(_) => self.discard(value),
            Pat::Ident(name) => {
                self.declare(pat, declared);
                let name = self.symbol(&name.ident);
                self.hold(name, value, Span { start, end });
                self.bind_pattern(pat, value);
            }
            _ => {
                self.hold_parts(pat, value, Span { start, end });
                self.bind_pattern(pat, value);
            }
        }
    }

    fn declare(&mut self, pat: &Pat, declared: Option<ValueId>) {
        if let (Pat::Ident(name), Some(declared)) = (pat, declared.filter(|it| *it != ValueId::OPAQUE)) {
            let name = self.symbol(&name.ident);
            let here = self.builder.function;
            self.builder.bind(here, name, BindingKind::Declared(declared));
        }
    }

    /// `let Ok(x) = .. else { .. }`: the other way out is taken where the pattern does not fit.
    fn guarded(&mut self, init: &'a Expr, pat: &'a Pat, other: &'a Expr) -> ValueId {
        if !self.is_success(pat) {
            let value = self.value(init);
            let at = self.start_of(other);
            let outer = self.builder.open(RegionKind::Branch { condition: value, negated: true }, at);
            self.scope(|it| it.value(other));
            self.builder.region = outer;
            return value;
        }
        let at = self.start_of(init);
        let (value, guarded) = self.attempt(at, |it| it.value(init));
        self.handler(guarded, &[], None, other);
        value
    }
}

/// What becomes of the value that stands last in a block.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Last {
    /// The function gives it.
    Given,
    Value,
}
