//! Reads the definitions of one file, in the old syntax (`groups`) and in the new one (`file_format: definition/2`), which may stand
//! side by side.

use super::Faults;
use super::definitions::{
    AttributeDefinition, Definitions, Deprecated, Reference, Target, known_keys, list, required, text, word,
};
use super::signals;
use super::yaml::{Data, Node};
use crate::registry::bundled::read_kind;
use crate::registry::{AllowedValue, Base, Kind, Listed, Requirement};
use crate::text::Symbol;

const TOP: &[&str] = &[
    "version",
    "file_format",
    "groups",
    "attributes",
    "attribute_groups",
    "spans",
    "span_refinements",
    "events",
    "event_refinements",
    "metrics",
    "metric_refinements",
    "entities",
    "entity_refinements",
    "imports",
];

const STABILITIES: &[&str] =
    &["stable", "development", "alpha", "beta", "release_candidate", "experimental", "deprecated"];
const REASONS: &[&str] = &["renamed", "obsoleted", "uncategorized", "unspecified"];
const LEVELS: &[&str] = &["required", "conditionally_required", "recommended", "opt_in"];
const TYPES: &str = "`string`, `int`, `double`, `boolean`, `any`, one of these with `[]`, `template[..]` of one of these, or `members`";

pub(super) fn read(document: &Node<'_>, definitions: &mut Definitions, faults: &mut Faults<'_>) {
    if !matches!(document.data, Data::Map(_)) {
        return faults
            .add(document.at, format!("a registry file must be a mapping, not {}", document.kind()));
    }
    known_keys(document, TOP, "a registry file", faults);
    if let Some(format) = document.get("file_format") {
        word(format, "file_format", &["definition/2", "definition/1"], faults);
    }
    for group in list(document, "groups", faults) {
        signals::read_group(group, definitions, faults);
    }
    for attribute in list(document, "attributes", faults) {
        let keys = ["key", "type", "brief", "note", "stability", "deprecated", "annotations", "examples"];
        known_keys(attribute, &keys, "an attribute", faults);
        let name = required(attribute, "key", "an attribute", faults);
        definitions.attributes.extend(name.and_then(|it| define(attribute, it, faults)));
    }
    signals::read_signals(document, definitions, faults);
}

/// The attribute that a node defines under a name.
pub(super) fn define(node: &Node<'_>, name: String, faults: &mut Faults<'_>) -> Option<AttributeDefinition> {
    check_stability(node, faults);
    let deprecated = deprecated(node, faults);
    let Some(kind) = node.get("type") else {
        faults.add(node.at, format!("attribute `{name}` needs `type`"));
        return None;
    };
    let (kind, values) = match &kind.data {
        Data::Map(_) => members(kind, faults)?,
        Data::Text(text) => match read_kind(text).filter(|it| it.listed.is_none()) {
            Some(kind) => (kind, Vec::new()),
            None => {
                faults.add(kind.at, format!("`type` must be {TYPES}, not `{text}`"));
                return None;
            }
        },
        _ => {
            faults.add(kind.at, format!("`type` must be {TYPES}, not {}", kind.kind()));
            return None;
        }
    };
    Some(AttributeDefinition { at: node.at, name, kind, values, deprecated })
}

/// The members of an enumeration; its type is that of its values.
fn members(node: &Node<'_>, faults: &mut Faults<'_>) -> Option<(Kind, Vec<AllowedValue>)> {
    known_keys(node, &["members", "allow_custom_values"], "an enumeration", faults);
    let closed = node.get("allow_custom_values").is_some_and(|it| matches!(it.data, Data::Boolean(false)));
    let members = list(node, "members", faults);
    if members.is_empty() {
        faults.add(node.at, "an enumeration needs `members`");
        return None;
    }
    let (mut base, mut values) = (Base::String, Vec::new());
    for it in members {
        let keys = ["id", "value", "brief", "note", "stability", "deprecated", "annotations"];
        known_keys(it, &keys, "a member", faults);
        required(it, "id", "a member", faults);
        let Some(value) = it.get("value") else {
            faults.add(it.at, "a member needs `value`");
            continue;
        };
        let text = match &value.data {
            Data::Text(text) => text.to_string(),
            Data::Int(number) => {
                base = Base::Int;
                number.to_string()
            }
            Data::Boolean(it) => {
                base = Base::Boolean;
                it.to_string()
            }
            _ => {
                faults.add(
                    value.at,
                    format!("`value` must be a text, a whole number or a boolean, not {}", value.kind()),
                );
                continue;
            }
        };
        let text = Symbol::new(&text).as_str();
        let old = deprecated(it, faults);
        let new = |it: Deprecated| it.renamed_to.map(|(_, name)| Symbol::new(&name).as_str());
        values.push(AllowedValue { text, replaced_by: old.map(new) });
    }
    let listed = Some(if closed { Listed::Closed } else { Listed::Open });
    Some((Kind { base, array: false, template: false, listed }, values))
}

/// References of a signal to attributes and to groups of them; what the old syntax defines in passing is defined.
pub(super) fn references(
    node: &Node<'_>,
    key: &str,
    prefix: &str,
    definitions: &mut Definitions,
    faults: &mut Faults<'_>,
) -> Vec<Reference> {
    let mut found = Vec::new();
    for it in list(node, key, faults) {
        known_keys(
            it,
            &[
                "id",
                "ref",
                "ref_group",
                "type",
                "brief",
                "note",
                "examples",
                "tag",
                "stability",
                "deprecated",
                "requirement_level",
                "sampling_relevant",
                "annotations",
                "role",
                "prefix",
            ],
            "an attribute",
            faults,
        );
        let level = level(it, faults);
        let targets = [("ref", Target::Attribute), ("ref_group", Target::Group)];
        let reference = targets.iter().find_map(|(key, to)| Some((it.get(key)?, *key, *to)));
        if let Some((target, key, to)) = reference {
            check_stability(it, faults);
            deprecated(it, faults);
            let prefixed = matches!(it.get("prefix").map(|it| &it.data), Some(Data::Boolean(true)));
            found.extend(text(target, key, faults).map(|name| {
                let becomes = (prefixed && !prefix.is_empty()).then(|| format!("{prefix}.{name}"));
                Reference { level, becomes, ..Reference::new(target.at, to, name) }
            }));
        } else if let Some(id) = it.get("id") {
            let Some(id) = text(id, "id", faults) else { continue };
            let name = if prefix.is_empty() { id } else { format!("{prefix}.{id}") };
            // What a signal defines in passing it has.
            let own = Reference { level, ..Reference::new(it.at, Target::Attribute, name.clone()) };
            if let Some(defined) = define(it, name, faults) {
                definitions.attributes.push(defined);
                found.push(own);
            }
        } else {
            faults.add(it.at, "an attribute needs `id` or `ref`");
        }
    }
    found
}

pub(super) fn check_stability(node: &Node<'_>, faults: &mut Faults<'_>) {
    if let Some(it) = node.get("stability") {
        word(it, "stability", STABILITIES, faults);
    }
}

/// How much an attribute is wanted: a word, or a word with its condition.
fn level(node: &Node<'_>, faults: &mut Faults<'_>) -> Option<Requirement> {
    let level = node.get("requirement_level")?;
    let word = match &level.data {
        Data::Map(entries) => {
            known_keys(level, LEVELS, "a requirement level", faults);
            entries.first().map(|(key, _)| &*key.name)
        }
        _ => word(level, "requirement_level", LEVELS, faults),
    };
    Requirement::parse(word?)
}

/// `deprecated: {reason: renamed, renamed_to: x}`, or the text that older registries have.
pub(super) fn deprecated(node: &Node<'_>, faults: &mut Faults<'_>) -> Option<Deprecated> {
    let it = node.get("deprecated")?;
    match &it.data {
        Data::Text(_) => Some(Deprecated { renamed_to: None }),
        Data::Map(_) => {
            known_keys(it, &["reason", "renamed_to", "note", "brief"], "`deprecated`", faults);
            let reason = match it.get("reason") {
                Some(reason) => word(reason, "reason", REASONS, faults),
                None => {
                    faults.add(it.at, "`deprecated` needs `reason`");
                    None
                }
            };
            let to = it.get("renamed_to");
            if reason == Some("renamed") && to.is_none() {
                faults.add(it.at, "what is renamed needs `renamed_to`");
            }
            let renamed_to = to.and_then(|to| Some((to.at, text(to, "renamed_to", faults)?)));
            Some(Deprecated { renamed_to })
        }
        _ => {
            faults.add(it.at, format!("`deprecated` must be a mapping with `reason`, not {}", it.kind()));
            None
        }
    }
}
