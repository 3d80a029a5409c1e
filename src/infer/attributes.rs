//! Keys into attributes: their types by what is written to them, enumerations by their literals, templates by their fixed parts.

use std::collections::BTreeSet;

use super::{Draft, Keys, Note, source};
use crate::facts::Value;
use crate::program::{AttributeSite, Program};
use crate::registry::{AllowedValue, Attribute, Base, Kind, Listed};
use crate::text::Symbol;

/// With more values it is no enumeration, but a text that is often written down.
const MOST_MEMBERS: usize = 20;
const MOST_EXAMPLES: usize = 3;

pub(super) fn emitted(program: &Program, found: &mut Draft) -> Keys {
    let mut keys = Keys::new();
    for (key, sites) in program.written_keys() {
        let Some((name, template)) = name_of(program, key) else {
            found.skipped.push(key);
            continue;
        };
        keys.insert(key, name);
        let Some(first) = sites.first() else { continue };
        if found.registry.attributes.iter().any(|it| it.name == name) {
            continue;
        }
        let kind = kind(program, &sites);
        let values = if template { Vec::new() } else { members(&sites, kind.kind) };
        let listed = (!values.is_empty()).then_some(Listed::Open);
        let note = Note {
            brief: source(program, &first.at, "Set"),
            note: kind.note,
            examples: if listed.is_some() { Vec::new() } else { examples(&sites) },
        };
        let kind = Some(Kind { template, listed, ..kind.kind });
        found.add_attribute(Attribute { name, kind, values, fate: None, only: None, carrier: None }, note);
    }
    found.registry.attributes.sort_by_key(|it| it.name);
    keys
}

/// The attribute's name, and whether it is a template: `shop.label.{}` is `shop.label` with anything behind it. None for keys whose
/// fixed part names nothing, or a whole namespace of the conventions.
fn name_of(program: &Program, key: &'static str) -> Option<(&'static str, bool)> {
    match key.split_once("{}") {
        None => Some((key, false)).filter(|_| !key.is_empty()),
        Some((fixed, _)) => {
            let fixed =
                fixed.strip_suffix('.').filter(|it| it.contains('.') || !program.registry.owns(it))?;
            Some((Symbol::new(fixed).as_str(), true))
        }
    }
}

struct Told {
    kind: Kind,
    note: Option<&'static str>,
}

/// One type for all places that write a key.
fn kind(program: &Program, sites: &[&AttributeSite]) -> Told {
    let plain = |base| Kind { base, array: false, template: false, listed: None };
    let told: BTreeSet<&str> =
        sites.iter().filter_map(|it| it.value_type).filter(|it| !matches!(*it, "none" | "map")).collect();
    let words: Vec<&str> = told.into_iter().collect();
    let base = match words.as_slice() {
        [] => {
            return Told {
                kind: plain(Base::String),
                note: Some("The type is a guess: the code does not tell it."),
            };
        }
        ["string"] => plain(Base::String),
        ["int"] => plain(Base::Int),
        ["double"] | ["double", "int"] => plain(Base::Double),
        ["boolean"] => plain(Base::Boolean),
        ["array"] => Kind { array: true, ..plain(items(program, sites)) },
        _ => {
            return Told { kind: plain(Base::Any), note: Some("The code writes values of several types.") };
        }
    };
    Told { kind: base, note: None }
}

/// The type of the items of lists that are written down.
fn items(program: &Program, sites: &[&AttributeSite]) -> Base {
    let item = |it: &&AttributeSite| {
        let facts = &program.file(it.at.place.file).facts;
        let Value::Sequence(run) = facts.value(it.value?) else { return None };
        match facts.value(*facts.list(run).first()?) {
            Value::Int => Some(Base::Int),
            Value::Float => Some(Base::Double),
            Value::Bool(_) => Some(Base::Boolean),
            _ => None,
        }
    };
    sites.iter().find_map(item).unwrap_or(Base::String)
}

/// The values of a key that nothing but literals are written to.
fn members(sites: &[&AttributeSite], kind: Kind) -> Vec<AllowedValue> {
    let texts: Option<BTreeSet<&'static str>> =
        sites.iter().map(|it| it.value_text.map(|it| it.as_str())).collect();
    let texts =
        texts.filter(|it| (2..=MOST_MEMBERS).contains(&it.len()) && it.iter().all(|it| !it.is_empty()));
    match texts.filter(|_| kind.base == Base::String && !kind.array) {
        Some(texts) => texts.into_iter().map(|text| AllowedValue { text, replaced_by: None }).collect(),
        None => Vec::new(),
    }
}

fn examples(sites: &[&AttributeSite]) -> Vec<&'static str> {
    let texts: BTreeSet<&'static str> =
        sites.iter().filter_map(|it| it.value_text).map(|it| it.as_str()).collect();
    texts.into_iter().filter(|it| !it.is_empty()).take(MOST_EXAMPLES).collect()
}
