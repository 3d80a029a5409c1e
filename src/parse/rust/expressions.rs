//! Expressions into values, and the calls in them into operations, in the order of evaluation.

use syn::spanned::Spanned;
use syn::{
    BinOp, Expr, ExprBinary, ExprCall, ExprClosure, ExprLit, ExprMethodCall, ExprStruct, Lit, Member, Pat,
    UnOp,
};

use super::{Body, DEEPEST, Reader};
use crate::facts::{
    Arg, Arithmetic, FnId, FunctionKind, OpKind, Param, ParamKind, Run, Spread, Value, ValueId,
};
use crate::parse::builder::{Head, power_of_ten};
use crate::text::{Span, Symbol};

/// What is made of two operands, as far as units of time are concerned.
fn done(it: &ExprBinary) -> Option<Arithmetic> {
    let power = |it: &Expr| match it {
        Expr::Lit(ExprLit { lit: Lit::Int(it), .. }) => it.base10_parse().ok().and_then(power_of_ten),
        Expr::Lit(ExprLit { lit: Lit::Float(it), .. }) => it.base10_parse().ok().and_then(power_of_ten),
        _ => None,
    };
    match it.op {
        BinOp::Sub(_) => Some(Arithmetic::Difference),
        BinOp::Mul(_) => power(&it.right).or_else(|| power(&it.left)).map(Arithmetic::Scaled),
        BinOp::Div(_) => power(&it.right).map(|it| Arithmetic::Scaled(-it)),
        _ => None,
    }
}

const TOO_DEEP: &str = "nested too deeply to be followed";

impl<'a> Reader<'a> {
    pub(super) fn value(&mut self, expr: &'a Expr) -> ValueId {
        if self.depth >= DEEPEST {
            self.builder.facts.problems.retain(|it| it.message != TOO_DEEP);
            let at = self.start_of(expr);
            self.problem(at, TOO_DEEP);
            return ValueId::OPAQUE;
        }
        self.depth += 1;
        let value = self.value_of(expr);
        self.depth -= 1;
        value
    }

    fn value_of(&mut self, expr: &'a Expr) -> ValueId {
        match expr {
            Expr::Path(it) => match &it.qself {
                Some(qself) => self.qualified(qself, &it.path),
                None => self.path_value(&it.path),
            },
            Expr::Lit(it) => self.literal(it),
            Expr::MethodCall(it) => self.method_call(it),
            Expr::Call(it) => self.call(it),
            Expr::Macro(it) => self.macro_call(&it.mac),
            Expr::Field(it) => {
                let of = self.value(&it.base);
                let (name, mut at) = match &it.member {
                    Member::Named(ident) => (self.symbol(ident), self.at(ident)),
                    Member::Unnamed(index) => {
                        (Symbol::new(&index.index.to_string()), self.places.span(index.span))
                    }
                };
                at.start = self.builder.facts.value_span(of).start.min(at.start);
                self.builder.value(Value::Member { of, name }, at)
            }
            Expr::Reference(it) => self.value(&it.expr),
            Expr::Paren(it) => self.value(&it.expr),
            Expr::Group(it) => self.value(&it.expr),
            Expr::Cast(it) => {
                let value = self.value(&it.expr);
                // Nothing but numbers and pointers can be cast to.
                if value != ValueId::OPAQUE {
                    self.builder.facts.numbers.push(value);
                }
                value
            }
            Expr::Await(it) => {
                let value = self.value(&it.base);
                let at = self.places.span(it.await_token.span);
                self.builder.op(OpKind::Await(value), at);
                self.builder.value(Value::Awaited(value), at)
            }
            Expr::Try(it) => {
                let value = self.value(&it.expr);
                let at = self.places.span(it.question_token.span);
                self.builder.op(OpKind::Propagate(value), at);
                value
            }
            Expr::Unary(it) => {
                let value = self.value(&it.expr);
                if !matches!(it.op, UnOp::Not(_)) {
                    return value;
                }
                let at = self.builder.facts.value_span(value);
                let run = self.builder.list(&[value]);
                self.builder.value(Value::Test(run), at)
            }
            Expr::Binary(it) => self.binary(it),
            Expr::Block(it) => self.block(&it.block),
            Expr::If(it) => self.decision(it, false),
            Expr::Match(it) => self.selection(it, false),
            _ => self.other_value(expr),
        }
    }

    /// The rarer forms.
    fn other_value(&mut self, expr: &'a Expr) -> ValueId {
        match expr {
            Expr::Closure(it) => self.closure(it),
            Expr::Async(it) => {
                let at = self.places.span(it.async_token.span);
                let at = Span { end: self.places.end(it.block.brace_token.span.close()), ..at };
                self.runs_later(at, true, 0..0, Body::Block(&it.block))
            }
            Expr::Struct(it) => self.structure(it),
            Expr::Tuple(it) => {
                let at = self.places.span(it.paren_token.span.open());
                let parts: Vec<ValueId> = it.elems.iter().map(|it| self.value(it)).collect();
                self.sequence(&parts, at)
            }
            Expr::Array(it) => {
                let at = self.places.span(it.bracket_token.span.open());
                let parts: Vec<ValueId> = it.elems.iter().map(|it| self.value(it)).collect();
                self.sequence(&parts, at)
            }
            Expr::Repeat(it) => {
                let element = self.value(&it.expr);
                let at = self.places.span(it.bracket_token.span.open());
                self.builder.value(Value::Many(element), at)
            }
            Expr::Index(it) => {
                let of = self.value(&it.expr);
                let key = self.value(&it.index);
                let at = self.builder.facts.value_span(of);
                self.builder.value(Value::Item { of, key }, at)
            }
            Expr::Let(it) => {
                let value = self.value(&it.expr);
                self.pending.push((&it.pat, value));
                value
            }
            Expr::ForLoop(it) => self.for_loop(it),
            Expr::While(it) => self.while_loop(it),
            Expr::Loop(it) => self.endless_loop(it),
            Expr::Unsafe(it) => self.block(&it.block),
            Expr::Const(it) => self.block(&it.block),
            Expr::TryBlock(it) => self.block(&it.block),
            Expr::Return(it) => {
                match &it.expr {
                    Some(value) => self.give(value),
                    None => {
                        let at = self.places.span(it.return_token.span);
                        self.builder.op(OpKind::Return(None), at);
                    }
                }
                ValueId::OPAQUE
            }
            Expr::Break(it) => {
                let at = self.places.span(it.break_token.span);
                let value = it.expr.as_ref().map_or(ValueId::OPAQUE, |it| self.value(it));
                self.builder.op(OpKind::Jump, at);
                value
            }
            Expr::Continue(it) => {
                let at = self.places.span(it.continue_token.span);
                self.builder.op(OpKind::Jump, at);
                ValueId::OPAQUE
            }
            Expr::Assign(it) => {
                let value = self.value(&it.right);
                self.assign(&it.left, value);
                ValueId::OPAQUE
            }
            Expr::Range(it) => {
                for part in [&it.start, &it.end].into_iter().flatten() {
                    self.value(part);
                }
                ValueId::OPAQUE
            }
            Expr::Yield(it) => {
                let value = it.expr.as_ref().map_or(ValueId::OPAQUE, |it| self.value(it));
                let at = self.places.span(it.yield_token.span);
                self.builder.op(OpKind::Yield(value), at);
                ValueId::OPAQUE
            }
            _ => ValueId::OPAQUE,
        }
    }

    fn literal(&mut self, it: &ExprLit) -> ValueId {
        let at = self.places.span(it.lit.span());
        match &it.lit {
            Lit::Str(it) => self.builder.text(&it.value(), at),
            Lit::Char(it) => self.builder.text(it.value().encode_utf8(&mut [0; 4]), at),
            Lit::Int(_) | Lit::Byte(_) => self.builder.value(Value::Int, at),
            Lit::Float(_) => self.builder.value(Value::Float, at),
            Lit::Bool(it) => self.builder.value(Value::Bool(it.value), at),
            _ => self.builder.value(Value::LongText, at),
        }
    }

    pub(super) fn sequence(&mut self, parts: &[ValueId], at: Span) -> ValueId {
        let run = self.builder.list(parts);
        self.builder.value(Value::Sequence(run), at)
    }

    fn call(&mut self, it: &'a ExprCall) -> ValueId {
        if let Expr::Path(path) = &*it.func
            && path.qself.is_none()
            && let Some(last) = path.path.segments.last()
        {
            // What only wraps a value is that value; an error is looked at and is none.
            if last.ident == "Some" || last.ident == "Ok" {
                return it.args.first().map_or(ValueId::OPAQUE, |it| self.value(it));
            }
            if last.ident == "Err" && it.args.len() == 1 {
                if let Some(error) = it.args.first() {
                    self.value(error);
                }
                return ValueId::OPAQUE;
            }
            if last.ident == "drop"
                && it.args.len() == 1
                && let Some(Expr::Path(dropped)) = it.args.first()
                && let Some(name) = dropped.path.get_ident()
            {
                let name = self.symbol(name);
                self.release(name);
                return ValueId::OPAQUE;
            }
        }
        let callee = self.value(&it.func);
        let args = self.args(it.args.iter());
        let start = self.builder.facts.value_span(callee).start;
        let end = self.places.end(it.paren_token.span.close());
        let called = self.builder.call(callee, &args, Span { start, end });
        self.give_away(it.args.iter());
        called
    }

    fn method_call(&mut self, it: &'a ExprMethodCall) -> ValueId {
        let of = self.value(&it.receiver);
        let name = self.symbol(&it.method);
        let at = self.at(&it.method);
        let callee = self.builder.value(Value::Member { of, name }, at);
        let args = self.args(it.args.iter());
        let end = self.places.end(it.paren_token.span.close());
        let called = self.builder.call(callee, &args, Span { start: at.start, end });
        self.give_away(it.args.iter());
        called
    }

    fn args(&mut self, exprs: impl Iterator<Item = &'a Expr>) -> Vec<Arg> {
        exprs.map(|it| Arg { name: None, value: self.value(it), spread: Spread::No }).collect()
    }

    /// What is given away is no longer held here, if it was let last.
    fn give_away(&mut self, exprs: impl Iterator<Item = &'a Expr>) {
        for expr in exprs {
            if let (Expr::Path(path), Some(last)) = (expr, self.held.last())
                && last.region == self.builder.region
                && let Some(ident) = path.path.get_ident()
            {
                let last = last.name;
                let name = self.symbol(ident);
                if last == name {
                    self.release(name);
                }
            }
        }
    }

    fn structure(&mut self, it: &'a ExprStruct) -> ValueId {
        let callee = self.path_value(&it.path);
        let mut args = Vec::with_capacity(it.fields.len());
        for field in &it.fields {
            let name = match &field.member {
                Member::Named(ident) => self.symbol(ident),
                Member::Unnamed(index) => Symbol::new(&index.index.to_string()),
            };
            args.push(Arg { name: Some(name), value: self.value(&field.expr), spread: Spread::No });
        }
        if let Some(rest) = &it.rest {
            self.value(rest);
        }
        let start = self.builder.facts.value_span(callee).start;
        let at = Span { start, end: self.places.end(it.brace_token.span.close()) };
        let made = self.builder.call(callee, &args, at);
        for arg in args {
            let keeps = matches!(
                self.builder.facts.value(arg.value),
                Value::Name(_)
                    | Value::Call(_)
                    | Value::Awaited(_)
                    | Value::Member { .. }
                    | Value::Closure(_)
            );
            if let (Some(name), true) = (arg.name, keeps) {
                self.builder.op(OpKind::SetMember { of: made, name, value: arg.value }, at);
            }
        }
        made
    }

    fn assign(&mut self, target: &'a Expr, value: ValueId) {
        match target {
            Expr::Path(it) => {
                if let Some(ident) = it.path.get_ident() {
                    let (name, at) = (self.symbol(ident), self.at(ident));
                    let here = self.builder.function;
                    self.builder.assign(here, name, value, at);
                }
            }
            Expr::Field(it) => {
                let of = self.value(&it.base);
                if let Member::Named(ident) = &it.member {
                    let (name, at) = (self.symbol(ident), self.at(ident));
                    self.builder.op(OpKind::SetMember { of, name, value }, at);
                }
            }
            Expr::Index(it) => {
                let of = self.value(&it.expr);
                let key = self.value(&it.index);
                let at = self.places.span(it.bracket_token.span.open());
                self.builder.op(OpKind::SetItem { of, key, value }, at);
            }
            Expr::Unary(it) => self.assign(&it.expr, value),
            Expr::Paren(it) => self.assign(&it.expr, value),
            // `_ = f()` throws away what it gets.
            Expr::Infer(_) => self.discard(value),
            _ => {}
        }
    }

    fn binary(&mut self, it: &'a ExprBinary) -> ValueId {
        let first = self.value(&it.left);
        let second = self.value(&it.right);
        let at = self.builder.facts.value_span(first);
        let make: fn(Run) -> Value = match it.op {
            BinOp::And(_) | BinOp::Or(_) => Value::Fallback,
            BinOp::Eq(_) | BinOp::Ne(_) | BinOp::Lt(_) | BinOp::Le(_) | BinOp::Gt(_) | BinOp::Ge(_) => {
                Value::Test
            }
            BinOp::Add(_) if self.is_text(first) || self.is_text(second) => Value::Template,
            _ => return self.builder.arithmetic([first, second], done(it), at),
        };
        let run = self.builder.list(&[first, second]);
        self.builder.value(make(run), at)
    }

    fn is_text(&self, value: ValueId) -> bool {
        matches!(self.builder.facts.value(value), Value::Text(_) | Value::Template(_))
    }

    fn closure(&mut self, it: &'a ExprClosure) -> ValueId {
        let mut params = Vec::with_capacity(it.inputs.len());
        for input in &it.inputs {
            let annotation = match input {
                Pat::Type(it) => self.type_(&it.ty),
                _ => ValueId::OPAQUE,
            };
            let name = self.param_name(input);
            params.push(Param { name, kind: ParamKind::Normal, annotation, default: None });
        }
        let params = self.add_params(params);
        let start = self.places.start(it.or1_token.span);
        let end = self.end_of(&it.body);
        self.runs_later(Span { start, end }, it.asyncness.is_some(), params, Body::Closure(it))
    }

    pub(super) fn closure_body(&mut self, id: FnId, it: &'a ExprClosure) {
        let first = self.builder.facts.function(id).params.start;
        for (index, input) in it.inputs.iter().enumerate() {
            if !matches!(input, Pat::Ident(_) | Pat::Wild(_)) {
                let name = self.builder.facts.params[first as usize + index].name;
                let at = self.builder.facts.function(id).span;
                let value = self.builder.value(Value::Name(name), at);
                if name.as_str() != "_" {
                    continue;
                }
                self.bind_pattern(input, if name.as_str() == "_" { ValueId::OPAQUE } else { value });
            }
        }
        self.tail(&it.body);
    }

    fn runs_later(&mut self, at: Span, is_async: bool, params: crate::facts::Run, body: Body<'a>) -> ValueId {
        let parent = self.builder.function;
        let outer = self.builder.facts.function(parent);
        let (path, is_test) = (outer.path, outer.is_test);
        let name = Symbol::new(if is_async { "<async>" } else { "<closure>" });
        let head = Head::body(FunctionKind::Closure, name, path, at);
        let id = self.builder.declare(Head { params, is_async, is_test, ..head }, Some(parent));
        let around = self.around.clone();
        self.queue.push((id, around, body));
        self.builder.value(Value::Closure(id), at)
    }

    /// Where an expression begins, told without going through all its tokens.
    pub(super) fn start_of(&mut self, expr: &Expr) -> Span {
        let mut at = expr;
        loop {
            at = match at {
                Expr::MethodCall(it) => &it.receiver,
                Expr::Field(it) => &it.base,
                Expr::Call(it) => &it.func,
                Expr::Await(it) => &it.base,
                Expr::Try(it) => &it.expr,
                Expr::Index(it) => &it.expr,
                Expr::Binary(it) => &it.left,
                Expr::Assign(it) => &it.left,
                Expr::Cast(it) => &it.expr,
                _ => break,
            };
        }
        let token = match at {
            Expr::Path(it) => it.path.segments.first().map(|it| it.ident.span()),
            Expr::Block(it) => Some(it.block.brace_token.span.open()),
            Expr::Macro(it) => it.mac.path.segments.first().map(|it| it.ident.span()),
            Expr::Paren(it) => Some(it.paren_token.span.open()),
            Expr::Closure(it) => Some(it.or1_token.span),
            Expr::Struct(it) => it.path.segments.first().map(|it| it.ident.span()),
            Expr::Match(it) => Some(it.match_token.span),
            Expr::If(it) => Some(it.if_token.span),
            Expr::Reference(it) => Some(it.and_token.span),
            Expr::Lit(it) => Some(it.lit.span()),
            _ => None,
        };
        self.places.span(token.unwrap_or_else(|| at.span()))
    }
}
