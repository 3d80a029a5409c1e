//! Ids of what somebody has set up: a form, a queue, a model. There are as many as of those, and a metric of each is what is wanted.

use crate::facts::{Facts, OpKind, RegionKind, Value, ValueId};
use crate::program::{AttributeSite, AttributeTarget};
use crate::rule::Context;

pub(super) fn is_one_of_few(ctx: &Context<'_>, site: &AttributeSite, key: &str) -> bool {
    let facts = &ctx.program.file(site.at.place.file).facts;
    is_for_each_row(ctx, site)
        || (names_nothing(key)
            && (has_a_name_beside(ctx, site, key)
                || site.value.is_some_and(|it| is_of_a_parent(facts, it, 0))))
}

/// `uuid` says that there are many, and not of what: `form.uuid` may be of few forms, `request.uuid` is of no end of requests.
fn names_nothing(key: &str) -> bool {
    let mut words = key.rsplit(['.', '_', '-']);
    let is_bare = words.next().is_some_and(|it| matches!(it, "uuid" | "guid"));
    let of = words.next().unwrap_or_default();
    is_bare
        && !super::ENDLESS.iter().any(|run| matches!(run, [first, second] if *second == "id" && *first == of))
}

/// Who gives it a name beside its number wants to read of it: `form.uuid` and `form.name` of one measurement.
fn has_a_name_beside(ctx: &Context<'_>, site: &AttributeSite, key: &str) -> bool {
    let Some(at) = key.rfind(['.', '_', '-']) else { return false };
    let name = format!("{}name", &key[..=at]);
    let is_it = |it: &AttributeSite| it.key.text.is_some_and(|it| it.as_str() == name);
    let mut beside = ctx.program.attributes.iter().filter(|it| it.at.function == site.at.function);
    beside.any(|it| it.target == AttributeTarget::Metric && is_it(it))
}

/// `submission.form.uuid`: not of what is counted, but of what that belongs to.
fn is_of_a_parent(facts: &Facts, value: ValueId, depth: u32) -> bool {
    match facts.value(value) {
        Value::Member { of, .. } => match facts.value(*of) {
            Value::Member { of, .. } => !matches!(facts.value(*of), Value::Name(it) if it.as_str() == "self"),
            _ => false,
        },
        Value::Call(op) if depth < 2 => match &facts.op(*op).kind {
            OpKind::Call { args, .. } => {
                facts.args(args).first().is_some_and(|it| is_of_a_parent(facts, it.value, depth + 1))
            }
            _ => false,
        },
        _ => false,
    }
}

/// An observation for each of what is there now: `[Observation(count, {"form.uuid": it}) for it, count in counts]`.
fn is_for_each_row(ctx: &Context<'_>, site: &AttributeSite) -> bool {
    let facts = &ctx.program.file(site.at.place.file).facts;
    let (_, local) = ctx.program.facts_of(site.at.function);
    let observes = |callee: ValueId| match facts.value(callee) {
        Value::Name(name) | Value::Member { name, .. } => matches!(name.as_str(), "Observation" | "observe"),
        _ => false,
    };
    facts.ops_of(local).any(|(_, op)| match op.kind {
        OpKind::Call { callee, .. } => {
            op.span.contains(site.at.place.span)
                && observes(callee)
                && facts.regions_from(op.region).any(|(_, it)| it.kind == RegionKind::Loop)
        }
        _ => false,
    })
}
