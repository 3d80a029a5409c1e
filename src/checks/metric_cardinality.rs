//! `metric-cardinality`: an attribute of a measurement that can have any number of values.

mod configured;

use std::collections::BTreeMap;

use crate::facts::{BindingKind, Facts, FnId, OpKind, Value, ValueId};
use crate::program::{AttributeTarget, Certainty, FuncId};
use crate::rule::{Context, Findings, Level};
use crate::text::{Place, Symbol};

/// Last words of keys, or the last two, that name one thing among any number.
const ENDLESS: &[&[&str]] = &[
    &["user", "id"],
    &["user", "name"],
    &["username"],
    &["enduser", "id"],
    &["customer", "id"],
    &["session", "id"],
    &["request", "id"],
    &["trace", "id"],
    &["span", "id"],
    &["correlation", "id"],
    &["transaction", "id"],
    &["order", "id"],
    &["message", "id"],
    &["conversation", "id"],
    &["job", "id"],
    &["task", "id"],
    &["run", "id"],
    &["execution", "id"],
    &["invocation", "id"],
    &["document", "id"],
    &["exception", "message"],
    &["error", "message"],
    &["exception", "stacktrace"],
    &["url", "full"],
    &["url", "path"],
    &["url", "query"],
    &["http", "url"],
    &["http", "target"],
    &["request", "path"],
    &["request", "url"],
    &["query", "text"],
    &["db", "statement"],
    &["client", "address"],
    &["email"],
    &["uuid"],
    &["guid"],
    &["timestamp"],
    &["stacktrace"],
    &["traceback"],
];

/// Functions that give another value each time.
const FRESH: &[&str] = &["uuid1", "uuid4", "uuid7", "token_hex", "time_ns", "isoformat", "utcnow"];

pub(crate) fn check(ctx: &Context<'_>, found: &mut Findings) {
    let mut keys: BTreeMap<Place, Symbol> = BTreeMap::new();
    let measured = ctx.program.attributes.iter().filter(|it| it.target == AttributeTarget::Metric);
    for site in measured {
        let Some(key) = site.key.text.map(|it| it.as_str()) else { continue };
        if ctx.options.allows(key) || site.value_text.is_some() {
            continue;
        }
        let facts = &ctx.program.file(site.at.place.file).facts;
        let (_, function) = ctx.program.facts_of(site.at.function);
        if site.value.is_some_and(|it| is_bounded(facts, it)) {
            continue;
        }
        let by_value = site.value.and_then(|it| endless_value(facts, it, 0));
        let by_value_is_none = by_value.is_none();
        let Some(told) = by_value.or_else(|| is_endless(key).then(|| "its name says so".to_owned())) else {
            continue;
        };
        // There are as many as somebody has set up, and the metric is about those.
        let is_configured = configured::is_one_of_few(ctx, site, key);
        // What a function of one's own makes of a value may well be bounded.
        let made = by_value_is_none && site.value.is_some_and(|it| is_made(facts, function, it));
        keys.extend(site.key.text.map(|it| (site.at.place, it)));
        found
            .add(site.at.place, format!("metric attribute `{key}` can have any number of values: {told}"))
            .label("recorded here")
            .reason("Each value makes a time series of its own: memory and bills grow with the traffic, and backends drop what is too much.")
            .help("put it on a span or a log, and keep for the metric what is bounded: a route, a kind, a status")
            .function(ctx.owner(&site.at))
            .certainty(if made || site.via.is_some() { Certainty::Assumed } else { site.certainty })
            .at_most(if is_configured || (by_value_is_none && !grows_with_the_traffic(key)) {
                Level::Note
            } else {
                Level::Error
            });
    }
    // The worst of them speaks: who it was before what was asked for.
    found.list.sort_by_key(|it| keys.get(&it.place).map(|key| (badness(key.as_str()), it.place)));
    // A key is taken off all measurements of a package, or off none.
    let package = |it: FuncId| ctx.program.function(it).package();
    found.fold_by(
        ctx,
        |it| Some((package(it.function?), *keys.get(&it.place)?)),
        |count| format!(", here and in {count} more {}", if count == 1 { "place" } else { "places" }),
        "and here",
    );
    // Several of one function go to the same measurement as a rule, and are taken off it together.
    let said = |count| format!("; so can {count} more beside it");
    found.fold_by(ctx, |it| it.function, said, "another without end");
}

/// People first; paths last, of which some services have few.
fn badness(key: &str) -> u8 {
    let last = key.rsplit(['.', '_', '-']).next().unwrap_or_default();
    match last {
        _ if key.contains("user") || key.contains("customer") || last == "email" => 0,
        "path" | "url" | "target" | "full" => 2,
        _ => 1,
    }
}

/// People, and what each request brings anew; of paths, jobs and documents a service may well have few.
fn grows_with_the_traffic(key: &str) -> bool {
    const SOMETIMES: &[&str] =
        &["path", "url", "target", "full", "job", "task", "run", "execution", "document", "order"];
    let last_two = key.rsplit(['.', '_', '-']).take(2);
    badness(key) == 0 || !last_two.into_iter().any(|it| SOMETIMES.contains(&it))
}

fn is_bounded(facts: &Facts, value: ValueId) -> bool {
    match facts.value(value) {
        Value::Bool(_) | Value::Test(_) | Value::Int | Value::Float | Value::None => true,
        // Of a route, of a kind, there are few.
        Value::Name(name) | Value::Member { name, .. } => {
            let last = name.as_str().rsplit('_').next().unwrap_or_default();
            matches!(last, "route" | "template" | "pattern" | "kind" | "type" | "status" | "method")
        }
        Value::Call(op) => match &facts.op(*op).kind {
            OpKind::Call { callee, args } => {
                let is_str = matches!(facts.value(*callee), Value::Name(name) if name.as_str() == "str");
                is_str && matches!(facts.args(args), [only] if is_bounded(facts, only.value))
            }
            _ => false,
        },
        _ => false,
    }
}

/// A function of one's own gives it, and not a mere change of type.
fn is_made(facts: &Facts, function: FnId, value: ValueId) -> bool {
    if let Value::Name(name) = facts.value(value)
        && let [only] = facts.bindings_of(function, *name)
        && let BindingKind::Value(inner) = only.kind
        && !matches!(facts.value(inner), Value::Name(_))
    {
        return is_made(facts, function, inner);
    }
    let Value::Call(op) = facts.value(value) else { return false };
    let OpKind::Call { callee, .. } = &facts.op(*op).kind else { return false };
    !matches!(facts.value(*callee), Value::Name(name) if matches!(name.as_str(), "str" | "repr" | "int"))
}

fn is_endless(name: &str) -> bool {
    let words: Vec<&str> = name.split(['.', '_', '-']).collect();
    ENDLESS.iter().any(|run| words.ends_with(run))
}

/// What in an expression gives another value each time.
fn endless_value(facts: &Facts, value: ValueId, depth: u32) -> Option<String> {
    if depth > 3 {
        return None;
    }
    let inner = |it: &ValueId| endless_value(facts, *it, depth + 1);
    match facts.value(value) {
        Value::Name(name) | Value::Member { name, .. } => {
            is_endless(name.as_str()).then(|| format!("its value is `{name}`"))
        }
        Value::Template(run) | Value::Either(run) | Value::Fallback(run) => {
            facts.list(run).iter().find_map(inner)
        }
        Value::Call(op) => {
            let OpKind::Call { callee, args } = &facts.op(*op).kind else { return None };
            let (Value::Name(name) | Value::Member { name, .. }) = facts.value(*callee) else { return None };
            if FRESH.contains(&name.as_str()) {
                return Some(format!("its value comes from `{name}`"));
            }
            let first = facts.args(args).first()?;
            (name.as_str() == "str")
                .then(|| caught(facts, op.index(), first.value).or_else(|| inner(&first.value)))?
        }
        _ => None,
    }
}

/// `str(error)` of an exception that a handler around it caught.
fn caught(facts: &Facts, op: usize, value: ValueId) -> Option<String> {
    let Value::Name(name) = facts.value(value) else { return None };
    let mut regions = facts.regions_from(facts.ops[op].region);
    let is_it = regions.any(|(_, it)| {
        matches!(&it.kind, crate::facts::RegionKind::Handler { bound: Some(bound), .. } if bound == name)
    });
    is_it.then(|| format!("its value is the message of `{name}`"))
}
