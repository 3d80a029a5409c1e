//! `sensitive-attribute`: a secret or personal data in an attribute, told by the name of the key or of the value.

mod words;

use crate::facts::{Facts, OpKind, Value, ValueId};
use crate::program::AttributeSite;
use crate::rule::{Context, Findings, Level};
use words::Secret;

pub(crate) fn check(ctx: &Context<'_>, found: &mut Findings) {
    // Baggage and logs leave the process too.
    for site in &ctx.program.attributes {
        let key = site.key.text.map_or("", |it| it.as_str());
        let Some((secret, told)) = secret(ctx, site, key).filter(|_| !ctx.options.allows(key)) else {
            continue;
        };
        let name = if key.is_empty() { "this attribute".to_owned() } else { format!("attribute `{key}`") };
        let finding = found
            .add(site.at.place, format!("{name} carries {}: {told}", secret.says))
            .label("written here")
            .reason("Telemetry is stored for long, copied to other systems and read by many: whoever reads it has the secret.")
            .help("leave it out, or write a hash, the length, or whether it is there")
            .function(ctx.owner(&site.at))
            .certainty(site.certainty);
        if !secret.sure {
            finding.at_most(Level::Note);
        }
    }
}

/// What gives an attribute away, and in which words.
fn secret(ctx: &Context<'_>, site: &AttributeSite, key: &str) -> Option<(Secret, String)> {
    // Numbers and booleans tell of a secret at most.
    if matches!(site.value_type, Some("int" | "double" | "boolean" | "none")) {
        return None;
    }
    let facts = &ctx.program.file(site.at.place.file).facts;
    let values = site.value.map(|it| named(facts, it, 0));
    let value = match &values {
        Some(Named::Harmless) => return None,
        Some(Named::Names(names)) => {
            names.iter().find_map(|it| Some((words::secret_in_value(it)?, format!("its value is `{it}`"))))
        }
        None => None,
    };
    let by_key = words::secret_in_key(key).map(|it| (it, "its name says so".to_owned()));
    // A text that stands in the source is no secret of anybody's, or another tool's matter.
    by_key.filter(|_| site.value_text.is_none()).or(value)
}

/// What an expression is made of.
enum Named {
    /// What comes out of it is no secret any more, or never was.
    Harmless,
    Names(Vec<&'static str>),
}

const DEEPEST: u32 = 4;

fn named(facts: &Facts, value: ValueId, depth: u32) -> Named {
    let list = |values: &[ValueId]| {
        let mut all = Vec::new();
        for it in values {
            if let Named::Names(names) = named(facts, *it, depth + 1) {
                all.extend(names);
            }
        }
        Named::Names(all)
    };
    match facts.value(value) {
        _ if depth > DEEPEST => Named::Names(Vec::new()),
        Value::Text(_) | Value::Int | Value::Float | Value::Bool(_) | Value::None | Value::Test(_) => {
            Named::Harmless
        }
        Value::Name(name) | Value::Member { name, .. } => Named::Names(vec![name.as_str()]),
        Value::Item { key, .. } => match facts.value(*key) {
            Value::Text(text) => Named::Names(vec![text.as_str()]),
            _ => Named::Names(Vec::new()),
        },
        Value::Template(run) | Value::Either(run) | Value::Fallback(run) => list(facts.list(run)),
        Value::Awaited(inner) => named(facts, *inner, depth + 1),
        Value::Call(op) => match &facts.op(*op).kind {
            OpKind::Call { callee, args } => {
                let name = match facts.value(*callee) {
                    Value::Name(name) | Value::Member { name, .. } => name.as_str(),
                    _ => "",
                };
                let first: Vec<ValueId> = facts.args(args).iter().take(1).map(|it| it.value).collect();
                match name {
                    "str" | "repr" => list(&first),
                    "get" | "getenv" => match first.first().map(|it| facts.value(*it)) {
                        Some(Value::Text(text)) => Named::Names(vec![text.as_str()]),
                        _ => Named::Names(Vec::new()),
                    },
                    _ if words::disarms(name) => Named::Harmless,
                    _ => Named::Names(Vec::new()),
                }
            }
            _ => Named::Names(Vec::new()),
        },
        _ => Named::Names(Vec::new()),
    }
}
