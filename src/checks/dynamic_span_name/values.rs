//! Values of which there is no end, told by what they are called: users, data and time bring them.

use super::convention::{arguments, last_name, parts};
use crate::facts::{Facts, OpKind, Value, ValueId};
use crate::program::SpanSite;
use crate::rule::Context;

/// Whether some runtime part of a name surely has no end of values.
pub(super) fn are_endless(ctx: &Context<'_>, site: &SpanSite) -> bool {
    let facts = &ctx.program.file(site.at.place.file).facts;
    let parts = parts(ctx, site, &arguments(ctx, site)).unwrap_or_default();
    parts.into_iter().any(|it| is_endless(facts, it, 0))
}

fn is_endless(facts: &Facts, value: ValueId, depth: u32) -> bool {
    if depth > 4 {
        return false;
    }
    match facts.value(value) {
        // Made a text of, whatever else is done to it.
        Value::Call(op) => match facts.op(*op).kind {
            OpKind::Call { callee, ref args } => {
                let inside = facts.args(args).iter().map(|it| it.value);
                let receiver = match *facts.value(callee) {
                    Value::Member { of, .. } => Some(of),
                    _ => None,
                };
                last_name(facts, callee).is_some_and(makes_new)
                    || inside.chain(receiver).any(|it| is_endless(facts, it, depth + 1))
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
