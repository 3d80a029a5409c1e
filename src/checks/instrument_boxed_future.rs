//! `instrument-boxed-future`: the span of a function that only makes a future ends before the work begins.

use crate::facts::{Facts, OpKind, Value, ValueId};
use crate::program::{FuncId, Program, SpanSite, SpanStyle};
use crate::rule::{Context, Findings, Level};

pub(crate) fn check(ctx: &Context<'_>, found: &mut Findings) {
    of_attributes(ctx, found);
    of_handles(ctx, found);
}

/// `spawn_blocking(|| async { .. }).instrument(span).await?.await`: the span is round the handle, and the work comes after it.
fn of_handles(ctx: &Context<'_>, found: &mut Findings) {
    for site in ctx.program.handoffs.iter().filter(|it| it.only_makes && it.handle_in_span) {
        found
            .add(site.at.place, format!("the span of what `{}` gives ends before the work begins", site.call))
            .label("the thread only makes the future")
            .reason("The work is done when the future is awaited, and the span has ended by then.")
            .help("give the future itself its span, as in `async move { .. }.instrument(span)`")
            .function(ctx.owner(&site.at));
    }
}

fn of_attributes(ctx: &Context<'_>, found: &mut Findings) {
    for site in &ctx.program.spans {
        let is_plain =
            site.style == SpanStyle::Attribute && site.may_record && !ctx.program.is_async(site.owner);
        if !is_plain
            || !returns_future(ctx.program, site.owner)
            || ends_in_async_block(ctx.program, site.owner)
        {
            continue;
        }
        let name = ctx.program.function(site.owner).name;
        found
            .add(site.at.place, format!("the span of `{name}` ends before the work begins"))
            .label("the function only makes the future")
            .reason("The work is done when the future is polled, and the span has ended by then.")
            .help("make the function `async`, or give the future its span with `.instrument(span)`")
            .function(site.owner)
            .at_most(if shows_something(ctx.program, site) { Level::Note } else { Level::Error });
    }
}

/// The span has something to show all the same: work that is done before the future is made, or the span of what makes it. Nobody
/// looks at the finest level for how long something takes.
fn shows_something(program: &Program, site: &SpanSite) -> bool {
    let called = program.function(site.owner).callees.iter();
    let mut at_once = called.filter(|it| program.function(**it).named && !program.is_async(**it));
    site.level.is_some_and(|it| it.as_str() == "trace")
        || at_once.any(|it| !returns_future(program, *it) || program.function(*it).direct_span)
}

fn returns_future(program: &Program, function: FuncId) -> bool {
    let (facts, local) = program.facts_of(function);
    is_future(facts, facts.function(local).returns, 0)
}

fn is_future(facts: &Facts, of: ValueId, depth: u32) -> bool {
    match facts.value(of) {
        Value::Item { of, key } => {
            let wraps = matches!(facts.value(*of), Value::Head(name) | Value::Name(name) if matches!(name.as_str(), "Pin" | "Box"));
            is_future(facts, *of, depth) || (wraps && depth < 4 && is_future(facts, *key, depth + 1))
        }
        Value::Name(name) | Value::Head(name) | Value::Member { name, .. } => {
            matches!(name.as_str(), "Future" | "BoxFuture" | "LocalBoxFuture")
        }
        _ => false,
    }
}

/// What the attribute understands: `async move { .. }` or `Box::pin(async move { .. })` at the end.
fn ends_in_async_block(program: &Program, function: FuncId) -> bool {
    let (facts, local) = program.facts_of(function);
    facts.ops_of(local).rev().find_map(|(_, op)| match op.kind {
        OpKind::Return(value) => Some(value.is_some_and(|it| is_async_block(facts, it))),
        _ => None,
    }) == Some(true)
}

fn is_async_block(facts: &Facts, value: ValueId) -> bool {
    match facts.value(value) {
        Value::Closure(local) => facts.function(*local).is_async,
        Value::Call(op) => match &facts.op(*op).kind {
            OpKind::Call { callee, args } => {
                facts.args(args).iter().any(|it| is_async_block(facts, it.value))
                    || is_method_of_block(facts, *callee)
            }
            _ => false,
        },
        _ => false,
    }
}

/// `async move { .. }.in_current_span()`: the future has its span.
fn is_method_of_block(facts: &Facts, callee: ValueId) -> bool {
    matches!(facts.value(callee), Value::Member { of, .. } if is_async_block(facts, *of))
}
