//! Values of which there is no end, told by what they are called: users, data and time bring them.

use super::convention::{arguments, last_name, parts};
use crate::facts::{Arg, Binding, BindingKind, Facts, FnId, OpKind, Value, ValueId};
use crate::program::SpanSite;
use crate::rule::Context;

/// Whether some runtime part of a name surely has no end of values.
pub(super) fn are_endless(ctx: &Context<'_>, site: &SpanSite) -> bool {
    let facts = &ctx.program.file(site.at.place.file).facts;
    let parts = parts(ctx, site, &arguments(ctx, site)).unwrap_or_default();
    let (_, local) = ctx.program.facts_of(site.at.function);
    parts.into_iter().any(|it| is_endless(facts, local, it, 0) && !is_route(facts, local, it))
}

/// The route that a server has matched, or a fixed word where there is none:
/// `request.extensions().get::<MatchedPath>().map(|it| it.as_str()).unwrap_or("unmatched")`.
fn is_route(facts: &Facts, function: FnId, part: ValueId) -> bool {
    let Value::Name(name) = *facts.value(part) else { return false };
    let [Binding { kind: BindingKind::Value(value), .. }] = facts.bindings_of(function, name) else {
        return false;
    };
    let Some((_, "unwrap_or", [other])) = method(facts, *value) else { return false };
    let mut chain = std::iter::successors(Some(*value), |it| method(facts, *it).map(|it| it.0));
    matches!(facts.value(other.value), Value::Text(_))
        && chain.any(|it| method(facts, it).is_some_and(|it| it.1 == "extensions"))
}

/// A call of a method: what it is called on, its name and what it is given.
fn method(facts: &Facts, value: ValueId) -> Option<(ValueId, &'static str, &[Arg])> {
    let Value::Call(op) = *facts.value(value) else { return None };
    let OpKind::Call { callee, ref args } = facts.op(op).kind else { return None };
    let Value::Member { of, name } = *facts.value(callee) else { return None };
    Some((of, name.as_str(), facts.args(args)))
}

fn is_endless(facts: &Facts, function: FnId, value: ValueId, depth: u32) -> bool {
    if depth > 4 {
        return false;
    }
    match facts.value(value) {
        // `path = f"{info.parent_type}.{info.field_name}"`: what it is made of says more than what it is called.
        Value::Name(name) => match facts.bindings_of(function, *name) {
            [Binding { kind: BindingKind::Value(bound), .. }]
                if matches!(facts.value(*bound), Value::Template(_) | Value::Member { .. }) =>
            {
                is_endless(facts, function, *bound, depth + 1)
            }
            _ => speaks_of_many(name.as_str()),
        },
        Value::Template(run) => facts.list(run).iter().any(|it| is_endless(facts, function, *it, depth + 1)),

        // Made a text of, whatever else is done to it.
        Value::Call(op) => match facts.op(*op).kind {
            OpKind::Call { callee, ref args } => {
                let inside = facts.args(args).iter().map(|it| it.value);
                let receiver = match *facts.value(callee) {
                    Value::Member { of, .. } => Some(of),
                    _ => None,
                };
                last_name(facts, callee).is_some_and(makes_new)
                    || inside.chain(receiver).any(|it| is_endless(facts, function, it, depth + 1))
            }
            _ => false,
        },
        _ => last_name(facts, value).is_some_and(speaks_of_many),
    }
}

/// What gives another value each time.
fn makes_new(function: &str) -> bool {
    matches!(
        function,
        "uuid1" | "uuid4" | "uuid7" | "new_v4" | "now" | "utcnow" | "time" | "token_hex" | "randint"
    )
}

/// `order_id`, `url`, `request.path`, `query`: what each request brings.
fn speaks_of_many(name: &str) -> bool {
    const MANY: [&str; 25] = [
        "id",
        "uid",
        "uuid",
        "guid",
        "url",
        "uri",
        "path",
        "query",
        "sql",
        "statement",
        "prompt",
        "message",
        "text",
        "email",
        "user",
        "username",
        "address",
        "hash",
        "token",
        "timestamp",
        "date",
        "filename",
        "stem",
        "file",
        "ip",
    ];
    let last = name.rsplit('_').next().unwrap_or(name).to_ascii_lowercase();
    // Models and the like have numbers that somebody wrote down.
    MANY.contains(&&*last) && !matches!(name, "model_id" | "tool_id" | "agent_id" | "route_path")
}
