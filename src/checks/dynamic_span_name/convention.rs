//! Names that the semantic conventions ask for: an operation and what it is done to, both of which the span has as attributes.

use crate::facts::{Arg, Binding, BindingKind, Facts, OpKind, Value, ValueId};
use crate::program::{AttributeSite, AttributeTarget, SpanSite};
use crate::registry;
use crate::rule::Context;

/// Words in keys that say nothing of what they are the name of.
const GENERIC: [&str; 5] = ["name", "id", "request", "type", "ai"];

/// Whether each runtime part of the name is the value of the attribute that the conventions put there.
pub(super) fn asks_for(ctx: &Context<'_>, site: &SpanSite, name: &str) -> bool {
    let wanted = registry::conventional(name);
    if wanted.is_empty() {
        return false;
    }
    let facts = &ctx.program.file(site.at.place.file).facts;
    let args = arguments(ctx, site);
    let parts = parts(ctx, site, &args);
    let callees = &ctx.program.function(site.owner).callees;
    let of_the_span = |it: &&AttributeSite| {
        let function = ctx.owner(&it.at);
        it.target == AttributeTarget::Span && (function == site.owner || callees.contains(&function))
    };
    let written: Vec<&AttributeSite> = ctx.program.attributes.iter().filter(of_the_span).collect();
    let is_there = |key: &str| written.iter().any(|it| is_called(ctx, it, key));
    let is = |part: ValueId, key: &str| {
        let same = |it: &&&AttributeSite| {
            it.at.place.file == site.at.place.file && it.value.is_some_and(|it| are_same(facts, it, part, 0))
        };
        let given = match *facts.value(part) {
            // What is taken out of the attributes that the span is given, it has.
            Value::Item { of, .. } => args.iter().any(|it| are_same(facts, it.value, of, 0)),
            _ => false,
        };
        written.iter().filter(same).any(|it| is_called(ctx, it, key))
            || ((given || is_there(key)) && speaks_of(last_name(facts, part), key))
    };
    // A helper that puts the name together is told the parts under names of their own.
    let is_told = |key: &str| {
        let by_name = |it: &Arg| speaks_of(it.name.map(|it| it.as_str()), key);
        is_there(key) && args.iter().any(|it| by_name(it) || speaks_of(last_name(facts, it.value), key))
    };
    wanted.iter().any(|keys| match &parts {
        Some(parts) => keys.len() == parts.len() && keys.iter().zip(parts).all(|(key, part)| is(*part, key)),
        None => keys.iter().all(|it| is_told(it)),
    })
}

/// What the call is given that opens the span.
pub(super) fn arguments(ctx: &Context<'_>, site: &SpanSite) -> Vec<Arg> {
    let facts = &ctx.program.file(site.at.place.file).facts;
    let (_, local) = ctx.program.facts_of(site.at.function);
    let opening = facts.ops_of(local).map(|(_, it)| it).filter(|it| it.span == site.at.place.span);
    let args = opening.filter_map(|it| match &it.kind {
        OpKind::Call { args, .. } => Some(facts.args(args)),
        _ => None,
    });
    args.flatten().copied().collect()
}

/// The runtime parts of a name that is put together in sight: among the arguments, or in a variable.
pub(super) fn parts(ctx: &Context<'_>, site: &SpanSite, args: &[Arg]) -> Option<Vec<ValueId>> {
    let facts = &ctx.program.file(site.at.place.file).facts;
    let (_, local) = ctx.program.facts_of(site.at.function);
    let written = args.iter().map(|it| match *facts.value(it.value) {
        Value::Name(name) => match facts.bindings_of(local, name) {
            [Binding { kind: BindingKind::Value(bound), .. }] => *bound,
            _ => it.value,
        },
        _ => it.value,
    });
    let templates: Vec<Vec<ValueId>> = written.filter_map(|it| runtime_parts(facts, it)).collect();
    if let [only] = templates.as_slice() { Some(only.clone()) } else { None }
}

fn runtime_parts(facts: &Facts, value: ValueId) -> Option<Vec<ValueId>> {
    let Value::Template(run) = facts.value(value) else { return None };
    let pieces = facts.list(run).iter().copied();
    Some(pieces.filter(|it| !matches!(facts.value(*it), Value::Text(_))).collect())
}

/// By its name of today or by one that it had.
fn is_called(ctx: &Context<'_>, site: &AttributeSite, wanted: &str) -> bool {
    let Some(key) = site.key.text.map(|it| it.as_str()) else { return false };
    let fate = || ctx.program.registry.attribute(key).and_then(|it| it.fate.as_ref());
    key == wanted || fate().is_some_and(|it| it.replacements.iter().any(|it| it.to == wanted))
}

fn are_same(facts: &Facts, a: ValueId, b: ValueId, depth: u32) -> bool {
    let inner = |a: ValueId, b: ValueId| depth < 6 && are_same(facts, a, b, depth + 1);
    match (facts.value(a), facts.value(b)) {
        (Value::Name(a), Value::Name(b))
        | (Value::Head(a), Value::Head(b))
        | (Value::Text(a), Value::Text(b)) => a == b,
        (Value::Member { of: a, name }, Value::Member { of: b, name: other }) => {
            name == other && inner(*a, *b)
        }
        (Value::Item { of: a, key }, Value::Item { of: b, key: other }) => {
            inner(*a, *b) && inner(*key, *other)
        }
        _ => false,
    }
}

/// `tool_name` and `tool` are the name of a tool; `tool_call_id` is not.
fn speaks_of(name: Option<&str>, key: &str) -> bool {
    let Some(name) = name.map(str::to_lowercase) else { return false };
    let mut words = name.rsplit(['_', '.']);
    let means = |word: &str| {
        let of_the_key = key.split(['.', '_']).skip(1).filter(|it| !GENERIC.contains(it));
        of_the_key.into_iter().any(|it| it == word)
    };
    match words.next() {
        Some("name") => words.next().is_some_and(means),
        Some(word) => means(word),
        None => false,
    }
}

pub(super) fn last_name(facts: &Facts, value: ValueId) -> Option<&'static str> {
    match facts.value(value) {
        Value::Name(name) | Value::Member { name, .. } => Some(name.as_str()),
        Value::Item { key, .. } => match facts.value(*key) {
            Value::Text(name) => Some(name.as_str()),
            _ => last_name(facts, *key),
        },
        Value::Call(op) => match facts.op(*op).kind {
            OpKind::Call { callee, .. } => last_name(facts, callee),
            _ => None,
        },
        _ => None,
    }
}
