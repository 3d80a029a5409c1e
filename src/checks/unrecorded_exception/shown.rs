//! Handlers of what is only shown: an answer, or some value, is parsed and printed in one form, and otherwise in another.

use crate::facts::{Facts, Op, OpKind, RegionId, RegionKind, Value, ValueId};
use crate::program::{HandlerSite, Program};
use crate::text::Symbol;

/// `try: print(answer.json()) except Exception: print(answer.text)`, `try: told = answer.json() except Exception: told = answer.text`.
pub(super) fn is_only_shown(program: &Program, site: &HandlerSite) -> bool {
    let facts = &program.file(site.at.place.file).facts;
    let RegionKind::Handler { of, bound, .. } = facts.region(site.at.region).kind else { return false };
    let body: Vec<&Op> = ops_in(facts, of).collect();
    let handler: Vec<&Op> = ops_in(facts, site.at.region).collect();
    let goes_out = program.calls.iter().any(|it| {
        it.at.function == site.at.function && facts.regions_from(it.at.region).any(|(id, _)| id == of)
    });
    !goes_out
        && body.iter().chain(&handler).all(|it| is_harmless(facts, it))
        && match body.iter().any(|it| shows(facts, it)) {
            true => handler.iter().any(|it| shows(facts, it)),
            false => gives_a_text(facts, &body, &handler, bound),
        }
}

fn ops_in(facts: &Facts, region: RegionId) -> impl Iterator<Item = &Op> {
    let ops = facts.ops_of(facts.region(region).function).map(|(_, it)| it);
    ops.filter(move |it| facts.regions_from(it.region).any(|(id, _)| id == region))
}

/// Nothing is changed but variables, and nothing is called but what formats, parses or shows.
fn is_harmless(facts: &Facts, op: &Op) -> bool {
    const FORMS: [&str; 36] = [
        "json",
        "loads",
        "dumps",
        "safe_load",
        "safe_dump",
        "fromstring",
        "text",
        "decode",
        "encode",
        "str",
        "repr",
        "len",
        "int",
        "float",
        "bool",
        "dict",
        "list",
        "tuple",
        "sorted",
        "format",
        "join",
        "strip",
        "lower",
        "upper",
        "split",
        "replace",
        "get",
        "items",
        "keys",
        "values",
        "isinstance",
        "getattr",
        "hasattr",
        "isoformat",
        "model_dump",
        "model_dump_json",
    ];
    match op.kind {
        OpKind::Call { callee, .. } => {
            shows(facts, op) || name_of(facts, callee).is_some_and(|it| FORMS.contains(&it))
        }
        OpKind::SetMember { .. }
        | OpKind::SetItem { .. }
        | OpKind::Raise(_)
        | OpKind::Yield(_)
        | OpKind::Jump => false,
        _ => true,
    }
}

fn name_of(facts: &Facts, value: ValueId) -> Option<&'static str> {
    match facts.value(value) {
        Value::Name(name) | Value::Member { name, .. } => Some(name.as_str()),
        _ => None,
    }
}

/// It prints or logs.
fn shows(facts: &Facts, op: &Op) -> bool {
    const LEVELS: [&str; 7] = ["debug", "info", "warning", "warn", "error", "critical", "exception"];
    let OpKind::Call { callee, .. } = op.kind else { return false };
    match *facts.value(callee) {
        Value::Name(name) => matches!(name.as_str(), "print" | "pprint" | "echo"),
        Value::Member { of, name } => {
            let receiver = name_of(facts, of).unwrap_or_default().to_ascii_lowercase();
            matches!(name.as_str(), "echo" | "secho" | "pprint")
                || receiver.contains("console") && name.as_str() == "print"
                || receiver.contains("log") && LEVELS.contains(&name.as_str())
        }
        _ => false,
    }
}

/// What was parsed is a text instead: bound to the same name, or given back where the other would have been.
fn gives_a_text(facts: &Facts, body: &[&Op], handler: &[&Op], bound: Option<Symbol>) -> bool {
    let takes_its_place = |it: &&Op| match it.kind {
        OpKind::Bind { name, value } => {
            let same = body.iter().any(|it| matches!(it.kind, OpKind::Bind { name: of, .. } if of == name));
            same && is_text(facts, value, bound)
        }
        OpKind::Return(Some(value)) => {
            body.iter().any(|it| matches!(it.kind, OpKind::Return(Some(_)))) && is_text(facts, value, bound)
        }
        _ => false,
    };
    handler.iter().any(takes_its_place)
}

/// A text that does not come from the exception: a failure that is given as an answer is no other form of what failed.
fn is_text(facts: &Facts, value: ValueId, bound: Option<Symbol>) -> bool {
    let is_error = |it: ValueId| matches!(facts.value(it), Value::Name(name) if Some(*name) == bound);
    match facts.value(value) {
        Value::Text(_) => true,
        Value::Member { of, name } => name.as_str() == "text" && !is_error(*of),
        Value::Template(run) => !facts.list(run).iter().any(|it| is_error(*it)),
        Value::Call(op) => match facts.op(*op).kind {
            OpKind::Call { callee, ref args } => {
                matches!(name_of(facts, callee), Some("str" | "repr" | "decode"))
                    && !facts.args(args).iter().any(|it| is_error(it.value))
            }
            _ => false,
        },
        _ => false,
    }
}
