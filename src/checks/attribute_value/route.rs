//! The path of a request where the template of its route belongs.

use crate::facts::{Binding, BindingKind, Facts, FnId, OpKind, Value, ValueId};
use crate::program::AttributeSite;
use crate::rule::{Context, Findings};

/// `http.route` is `/orders/{id}`, which many requests share; their paths are as many as there are orders.
pub(super) fn tell(ctx: &Context<'_>, found: &mut Findings, site: &AttributeSite) {
    let is_route = site.key.text.is_some_and(|it| it.as_str() == "http.route");
    if !is_route || ctx.options.allows("http.route") {
        return;
    }
    let (facts, function) = ctx.program.facts_of(site.at.function);
    if !site.value.is_some_and(|it| is_path(facts, function, it, 0)) {
        return;
    }
    found
        .add(site.at.place, "`http.route` is given the path of the request".to_owned())
        .label("each path is another route")
        .reason("Whoever groups by route gets as many groups as there are paths, and metrics a series for each.")
        .help("give it the template that the framework has matched, such as `/orders/{id}`, and the path to `url.path`")
        .function(ctx.owner(&site.at))
        .certainty(site.certainty);
}

/// `request.url.path`, `request.uri().path()`, by itself: with a fallback, the route may be what is meant.
fn is_path(facts: &Facts, function: FnId, value: ValueId, depth: u32) -> bool {
    if depth > 4 {
        return false;
    }
    match *facts.value(value) {
        Value::Name(name) => match facts.bindings_of(function, name) {
            [Binding { kind: BindingKind::Value(bound), .. }] => is_path(facts, function, *bound, depth + 1),
            _ => false,
        },
        Value::Member { of, name } => is_a_path(name.as_str()) && is_request(facts, of),
        Value::Call(op) => {
            let OpKind::Call { callee, ref args } = facts.op(op).kind else { return false };
            match (facts.value(callee), facts.args(args)) {
                (Value::Name(name), [only]) if name.as_str() == "str" => {
                    is_path(facts, function, only.value, depth + 1)
                }
                (Value::Member { of, name }, []) if is_a_path(name.as_str()) => is_request(facts, *of),
                // `path.to_string()`, `path.to_owned()`.
                (Value::Member { of, name }, []) if name.as_str().starts_with("to_") => {
                    is_path(facts, function, *of, depth + 1)
                }
                _ => false,
            }
        }
        _ => false,
    }
}

fn is_a_path(name: &str) -> bool {
    matches!(name, "path" | "raw_path" | "full_path" | "path_info")
}

/// A request or its address, and no route, which has a path too.
fn is_request(facts: &Facts, value: ValueId) -> bool {
    match *facts.value(value) {
        Value::Name(name) | Value::Member { name, .. } => {
            matches!(name.as_str(), "request" | "req" | "url" | "uri" | "rel_url")
        }
        Value::Call(op) => match facts.op(op).kind {
            OpKind::Call { callee, .. } => is_request(facts, callee),
            _ => false,
        },
        _ => false,
    }
}
