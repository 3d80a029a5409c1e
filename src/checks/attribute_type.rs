//! `attribute-type`: a value of a type that the key does not have, or that not every SDK keeps.

use crate::facts::{Facts, Op, OpKind, Value, ValueId};
use crate::program::{AttributeSite, Certainty};
use crate::registry::{Base, Kind, Standing};
use crate::rule::{Context, Findings};

pub(crate) fn check(ctx: &Context<'_>, found: &mut Findings) {
    for site in ctx.program.attributes.iter().filter(|it| it.is_named_by_convention()) {
        let (Some(key), Some(given)) = (site.key.text, site.value_type) else { continue };
        if ctx.options.allows(key.as_str()) {
            continue;
        }
        let kind = match ctx.program.standing(site) {
            Some(Standing::Known(attribute)) => attribute.kind,
            _ => None,
        };
        let facts = &ctx.program.file(site.at.place.file).facts;
        let Some(fault) = fault(facts, site, given, kind) else { continue };
        if matches!(fault, Fault::Dropped(_)) && !is_written_as_it_is(ctx, site) {
            continue;
        }
        let (what, reason, help) = match fault {
            Fault::Dropped(what) => (
                format!("attribute `{key}` is {what}, which not every SDK keeps"),
                "Older ones drop it with a warning in the log; newer ones keep it in a form that few backends can search.",
                "write texts, numbers, booleans, or lists of one of these; leave it out where there is nothing".to_owned(),
            ),
            Fault::Wrong(kind) => (
                format!("attribute `{key}` is {}, where the semantic conventions have {}", said(given), wanted(kind)),
                "Backends keep one type for a name: the value is dropped, or cannot be compared with those of other services.",
                help(kind, given),
            ),
        };
        found
            .add(site.at.place, what)
            .label("written here")
            .reason(reason)
            .help(help)
            .function(ctx.owner(&site.at))
            // A helper may turn what it is given into something else.
            .certainty(if site.via.is_some() { Certainty::Assumed } else { site.certainty });
    }
}

/// What is put together first, or handed to a helper, is often sorted out before it is written.
fn is_written_as_it_is(ctx: &Context<'_>, site: &AttributeSite) -> bool {
    let (facts, local) = ctx.program.facts_of(site.at.function);
    let is_around = |op: &Op| matches!(op.kind, OpKind::Call { .. }) && op.span.contains(site.at.place.span);
    site.via.is_none() && facts.ops_of(local).any(|(_, op)| is_around(op))
}

enum Fault {
    /// Of a type that only newer SDKs keep.
    Dropped(&'static str),
    Wrong(Kind),
}

fn fault(facts: &Facts, site: &AttributeSite, given: &str, kind: Option<Kind>) -> Option<Fault> {
    let any = kind.is_some_and(|it| it.base == Base::Any);
    match given {
        "none" => return Some(Fault::Dropped("`None`")),
        "map" if !any => return Some(Fault::Dropped("a dictionary")),
        "array" if !any && site.value.is_some_and(|it| is_mixed(facts, it)) => {
            return Some(Fault::Dropped("a list of several types"));
        }
        _ => {}
    }
    let kind = kind.filter(|_| !any)?;
    let fits = match (kind.array, given) {
        (true, it) => it == "array",
        (false, "string") => kind.base == Base::String,
        (false, "int") => matches!(kind.base, Base::Int | Base::Double),
        (false, "double") => kind.base == Base::Double,
        (false, "boolean") => kind.base == Base::Boolean,
        (false, "array" | "map") => false,
        (false, _) => true,
    };
    (!fits).then_some(Fault::Wrong(kind))
}

/// Literals of different types side by side in one list.
fn is_mixed(facts: &Facts, value: ValueId) -> bool {
    let Value::Sequence(run) = facts.value(value) else { return false };
    let mut types = facts.list(run).iter().filter_map(|it| match facts.value(*it) {
        Value::Text(_) | Value::Template(_) | Value::LongText => Some("string"),
        Value::Int => Some("int"),
        Value::Float => Some("double"),
        Value::Bool(_) => Some("boolean"),
        Value::Dict(_) | Value::Sequence(_) => Some("nested"),
        _ => None,
    });
    let Some(first) = types.next() else { return false };
    first == "nested" || types.any(|it| it != first)
}

fn said(given: &str) -> &'static str {
    match given {
        "string" => "a text",
        "int" => "a whole number",
        "double" => "a number",
        "boolean" => "a boolean",
        "array" => "a list",
        _ => "something else",
    }
}

fn wanted(kind: Kind) -> &'static str {
    match (kind.array, kind.base) {
        (false, Base::String) => "a text",
        (false, Base::Int) => "a whole number",
        (false, Base::Double) => "a number",
        (false, Base::Boolean) => "a boolean",
        (true, Base::String) => "a list of texts",
        (true, Base::Int) => "a list of whole numbers",
        (true, Base::Double) => "a list of numbers",
        (true, Base::Boolean) => "a list of booleans",
        (_, Base::Any) => "anything",
    }
}

fn help(kind: Kind, given: &str) -> String {
    match (kind.array, given) {
        (true, "string" | "int" | "double" | "boolean") => "write a list, even of one".to_owned(),
        _ => format!("write {}", wanted(kind)),
    }
}
