//! The shape of a registry file in Weaver's second syntax: which keys each definition has and needs, and the words that are allowed.
//! Written from the schema that Weaver publishes, in words of its own.

use saphyr::{LoadableYamlNode, Yaml};

struct Shape {
    section: &'static str,
    needs: &'static [&'static str],
    may_have: &'static [&'static str],
}

const SHAPES: &[Shape] = &[
    Shape {
        section: "attributes",
        needs: &["key", "type", "brief", "stability"],
        may_have: &["note", "deprecated", "examples", "annotations"],
    },
    Shape {
        section: "spans",
        needs: &["type", "kind", "name", "brief", "stability"],
        may_have: &[
            "note",
            "deprecated",
            "attributes",
            "annotations",
            "entity_associations",
            "requirement_level",
        ],
    },
    Shape {
        section: "span_refinements",
        needs: &["id", "ref"],
        may_have: &[
            "brief",
            "note",
            "name",
            "stability",
            "deprecated",
            "attributes",
            "annotations",
            "entity_associations",
        ],
    },
    Shape {
        section: "events",
        needs: &["name", "brief", "stability"],
        may_have: &[
            "note",
            "deprecated",
            "attributes",
            "annotations",
            "entity_associations",
            "requirement_level",
        ],
    },
    Shape {
        section: "metrics",
        needs: &["name", "instrument", "unit", "brief", "stability"],
        may_have: &[
            "note",
            "deprecated",
            "attributes",
            "annotations",
            "entity_associations",
            "requirement_level",
        ],
    },
];

const WORDS: &[(&str, &[&str])] = &[
    ("stability", &["stable", "development", "alpha", "beta", "release_candidate", "deprecated"]),
    ("kind", &["internal", "client", "server", "producer", "consumer"]),
    ("instrument", &["counter", "updowncounter", "gauge", "histogram"]),
];

const BASES: [&str; 5] = ["string", "int", "double", "boolean", "any"];
const LEVELS: [&str; 3] = ["required", "recommended", "opt_in"];

/// Everything in a text that the schema would refuse.
pub(crate) fn faults(text: &str) -> Vec<String> {
    let documents = match Yaml::load_from_str(text) {
        Ok(documents) => documents,
        Err(error) => return vec![error.to_string()],
    };
    let mut faults = Vec::new();
    let Some(document) = documents.first().and_then(Yaml::as_mapping) else {
        return vec!["no mapping".to_owned()];
    };
    for (key, value) in document {
        match key.as_str() {
            Some("file_format") if value.as_str() == Some("definition/2") => {}
            Some(section) => match SHAPES.iter().find(|it| it.section == section) {
                Some(shape) => {
                    let list = value.as_sequence().map(Vec::as_slice).unwrap_or_default();
                    list.iter().for_each(|it| definition(shape, it, &mut faults));
                }
                None => faults.push(format!("unknown section {section}")),
            },
            None => faults.push("a key is no text".to_owned()),
        }
    }
    faults
}

fn text<'y>(node: &'y Yaml<'_>, key: &str) -> Option<&'y str> {
    node.as_mapping_get(key).and_then(Yaml::as_str)
}

fn definition(shape: &Shape, node: &Yaml<'_>, faults: &mut Vec<String>) {
    let name = ["key", "type", "id", "name"].iter().find_map(|it| text(node, it)).unwrap_or("?").to_owned();
    let mut fault = |what: String| faults.push(format!("{} {name}: {what}", shape.section));
    let keys: Vec<&str> =
        node.as_mapping().into_iter().flatten().filter_map(|(key, _)| key.as_str()).collect();
    shape.needs.iter().filter(|it| !keys.contains(it)).for_each(|it| fault(format!("no {it}")));
    let known = |it: &&&str| !shape.needs.contains(it) && !shape.may_have.contains(it);
    keys.iter().filter(known).for_each(|it| fault(format!("unknown key {it}")));
    for (key, words) in WORDS {
        if let Some(word) = text(node, key).filter(|it| !words.contains(it)) {
            fault(format!("{key} is {word}"));
        }
    }
    if shape.section == "attributes" && !is_type(node.as_mapping_get("type")) {
        fault("its type".to_owned());
    }
    if shape.section == "spans" && node.as_mapping_get("name").and_then(|it| text(it, "note")).is_none() {
        fault("its name has no note".to_owned());
    }
    let references = node.as_mapping_get("attributes").and_then(Yaml::as_sequence).into_iter().flatten();
    for it in references {
        let level = it
            .as_mapping_get("requirement_level")
            .is_none_or(|it| it.as_str().is_some_and(|it| LEVELS.contains(&it)));
        if text(it, "ref").is_none() || !level {
            fault("a reference".to_owned());
        }
    }
}

/// A word, or members with ids.
fn is_type(node: Option<&Yaml<'_>>) -> bool {
    let Some(node) = node else { return false };
    if let Some(word) = node.as_str() {
        let inner = word.strip_prefix("template[").and_then(|it| it.strip_suffix(']')).unwrap_or(word);
        let item = inner.strip_suffix("[]").filter(|it| *it != "any").unwrap_or(inner);
        return BASES.contains(&item);
    }
    let members = node.as_mapping_get("members").and_then(Yaml::as_sequence);
    members.is_some_and(|it| !it.is_empty() && it.iter().all(|it| text(it, "id").is_some()))
}

#[test]
fn the_shape_refuses_what_the_schema_refuses() {
    for faulty in [
        "attributes:\n  - {key: a.b, type: text, brief: x, stability: stable}\n",
        "attributes:\n  - {key: a.b, type: int, stability: stable}\n",
        "spans:\n  - {type: a, kind: inner, name: {note: a}, brief: x, stability: stable}\n",
        "metrics:\n  - {name: a, instrument: up_down_counter, unit: s, brief: x, stability: stable}\n",
        "events:\n  - {name: a, brief: x, stability: stable, attributes: [{ref: b, requirement_level: must}]}\n",
        "spams: []\n",
    ] {
        assert_eq!(faults(faulty).len(), 1, "{faulty}");
    }
}
