//! Exceptions that are swallowed on purpose: what the span stands for goes on without what failed.

use crate::facts::{Facts, Op, OpKind, Region, RegionId, RegionKind, Value, ValueId};
use crate::program::{AttributeTarget, HandlerSite, Program, SpanStyle};
use crate::text::Symbol;

/// One of many is left out, something is tried that need not succeed, or who asked is told that they asked wrongly.
pub(super) fn is_meant(program: &Program, site: &HandlerSite) -> bool {
    let facts = &program.file(site.at.place.file).facts;
    let handler = site.at.region;
    let leaves = in_handler(facts, handler).any(|it| matches!(it.kind, OpKind::Return(_) | OpKind::Raise(_)));
    is_for_debugging(facts, handler)
        || guards_telemetry(facts, handler)
        || tells_of_a_mistake(facts, handler)
        || is_counted(program, site, facts)
        || is_printed(facts, handler)
        || (!leaves && is_one_of_many(program, site, facts).unwrap_or_else(|| goes_on(program, site, facts)))
}

fn in_handler(facts: &Facts, handler: RegionId) -> impl Iterator<Item = &Op> {
    let function = facts.region(handler).function;
    facts
        .ops_of(function)
        .map(|(_, it)| it)
        .filter(move |it| facts.regions_from(it.region).any(|(id, _)| id == handler))
}

/// `try: span.set_attribute("order", json.dumps(order)) except Exception: pass`: nothing fails there but telemetry.
fn guards_telemetry(facts: &Facts, handler: RegionId) -> bool {
    let RegionKind::Handler { of, .. } = facts.region(handler).kind else { return false };
    let function = facts.region(handler).function;
    let guarded = facts.ops_of(function).map(|(_, it)| it).filter(|it| {
        matches!(it.kind, OpKind::Call { .. }) && facts.regions_from(it.region).any(|(id, _)| id == of)
    });
    let calls: Vec<&Op> = guarded.collect();
    let writes: Vec<&&Op> = calls.iter().filter(|it| writes_to_span(facts, it)).collect();
    !writes.is_empty() && calls.iter().all(|it| writes.iter().any(|write| write.span.contains(it.span)))
}

fn writes_to_span(facts: &Facts, call: &Op) -> bool {
    const WRITING: [&str; 5] =
        ["set_attribute", "set_attributes", "add_event", "set_status", "record_exception"];
    match call.kind {
        OpKind::Call { callee, .. } => {
            matches!(facts.value(callee), Value::Member { name, .. } if WRITING.contains(&name.as_str()))
        }
        _ => false,
    }
}

/// `traceback.print_exc()`, `print(error)`, `console.error(error)`: the failure is told, though not in the trace.
fn is_printed(facts: &Facts, handler: RegionId) -> bool {
    let RegionKind::Handler { bound, .. } = facts.region(handler).kind else { return false };
    let names: Vec<Symbol> = bound.into_iter().collect();
    in_handler(facts, handler).any(|it| match it.kind {
        OpKind::Call { callee, ref args } => match facts.value(callee) {
            Value::Name(name) | Value::Member { name, .. } => match name.as_str() {
                "print_exc" | "print_exception" => true,
                "print" | "echo" | "secho" => {
                    facts.args(args).iter().any(|it| mentions(facts, it.value, &names, 0))
                }
                _ => false,
            },
            _ => false,
        },
        _ => false,
    })
}

/// `failed += 1`, and `span.set_attribute("batch.failed", failed)` when all is done: the span tells of it in its own words.
fn is_counted(program: &Program, site: &HandlerSite, facts: &Facts) -> bool {
    let kept: Vec<Symbol> = in_handler(facts, site.at.region)
        .filter_map(|it| match it.kind {
            OpKind::Bind { name, .. } => Some(name),
            _ => None,
        })
        .collect();
    let handler = facts.region(site.at.region).span;
    let mut written = program.attributes.iter().filter(|it| {
        it.at.function == site.at.function
            && it.target == AttributeTarget::Span
            && it.at.place.span.start > handler.start
    });
    !kept.is_empty() && written.any(|it| it.value.is_some_and(|it| mentions(facts, it, &kept, 0)))
}

fn mentions(facts: &Facts, value: ValueId, names: &[Symbol], depth: u32) -> bool {
    let inner = |it: &ValueId| depth < 4 && mentions(facts, *it, names, depth + 1);
    match facts.value(value) {
        Value::Name(name) => names.contains(name),
        Value::Template(run) | Value::Test(run) | Value::Arithmetic(run) | Value::Either(run) => {
            facts.list(run).iter().any(inner)
        }
        Value::Call(op) => match &facts.op(*op).kind {
            OpKind::Call { args, .. } => facts.args(args).iter().any(|it| inner(&it.value)),
            _ => false,
        },
        _ => false,
    }
}

/// `logger.debug(..)`: whoever wrote it knows that this fails now and then.
fn is_for_debugging(facts: &Facts, handler: RegionId) -> bool {
    in_handler(facts, handler).any(|it| match it.kind {
        OpKind::Call { callee, .. } => {
            matches!(facts.value(callee), Value::Member { name, .. } if name.as_str() == "debug")
        }
        _ => false,
    })
}

/// `return bad_request("no JSON")`.
fn tells_of_a_mistake(facts: &Facts, handler: RegionId) -> bool {
    const MISTAKES: [&str; 6] =
        ["bad_request", "not_found", "unprocessable", "unauthorized", "forbidden", "method_not_allowed"];
    in_handler(facts, handler).any(|it| match it.kind {
        OpKind::Return(Some(value)) => called(facts, value)
            .is_some_and(|name| MISTAKES.iter().any(|it| name.to_ascii_lowercase().contains(it))),
        _ => false,
    })
}

fn called(facts: &Facts, value: ValueId) -> Option<&'static str> {
    let Value::Call(op) = *facts.value(value) else { return None };
    let OpKind::Call { callee, .. } = facts.op(op).kind else { return None };
    match facts.value(callee) {
        Value::Name(name) | Value::Member { name, .. } => Some(name.as_str()),
        _ => None,
    }
}

/// Where the work of the span is a loop that goes on with the next: whether what failed is but a part of what it does with each.
fn is_one_of_many(program: &Program, site: &HandlerSite, facts: &Facts) -> Option<bool> {
    let begins = block(program, site, facts).map_or(0, |it| it.span.start);
    let RegionKind::Handler { of, .. } = facts.region(site.at.region).kind else { return None };
    let mut around = facts.regions_from(site.at.region);
    let (around, _) = around.find(|(_, it)| it.kind == RegionKind::Loop && it.span.start >= begins)?;
    let is_part = facts.ops_of(facts.region(around).function).map(|(_, it)| it).any(|it| {
        let regions = || facts.regions_from(it.region);
        let is_guarded = |id: RegionId, it: &Region| {
            id == of || matches!(it.kind, RegionKind::Handler { of: guarded, .. } if guarded == of)
        };
        matches!(it.kind, OpKind::Call { .. } | OpKind::Jump)
            && regions().any(|(id, _)| id == around)
            && !regions().any(|(id, it)| is_guarded(id, it))
    });
    Some(is_part)
}

/// Calls follow in what the span is open around.
fn goes_on(program: &Program, site: &HandlerSite, facts: &Facts) -> bool {
    let ends = block(program, site, facts).map_or(u32::MAX, |it| it.span.end);
    let after = facts.region(site.at.region).span.end;
    let function = facts.region(site.at.region).function;
    facts.ops_of(function).any(|(_, it)| {
        let is_later =
            it.span.start >= after && it.span.end <= ends && matches!(it.kind, OpKind::Call { .. });
        let mut around = facts.regions_from(it.region);
        is_later && !around.any(|(_, it)| matches!(it.kind, RegionKind::Handler { .. } | RegionKind::Finally))
    })
}

/// The block that the span is open for; none where that is the whole function.
fn block<'f>(program: &Program, site: &HandlerSite, facts: &'f Facts) -> Option<&'f Region> {
    let span = program.spans.get(site.span?)?;
    if span.style == SpanStyle::Decorator || span.at.place.file != site.at.place.file {
        return None;
    }
    let is_its = |it: &Region| match it.kind {
        RegionKind::With { context, .. } => {
            matches!(facts.value(context), Value::Call(op) if facts.op(*op).span == span.at.place.span)
        }
        _ => false,
    };
    facts.regions_from(site.at.region).map(|it| it.1).find(|it| is_its(it))
}
