//! Groups of the old syntax, and the signals, refinements and attribute groups of the new one.

use super::Faults;
use super::definitions::list;
use super::definitions::{Definitions, Reference, Signal, Sort, Target, known_keys, required, text, word};
use super::groups::{check_stability, deprecated, references};
use super::yaml::Node;

const GROUP_KEYS: &[&str] = &[
    "id",
    "type",
    "brief",
    "note",
    "prefix",
    "extends",
    "stability",
    "deprecated",
    "display_name",
    "attributes",
    "annotations",
    "entity_associations",
    "constraints",
    "span_kind",
    "events",
    "metric_name",
    "instrument",
    "unit",
    "name",
    "body",
    "visibility",
    "requirement_level",
];
const GROUP_TYPES: &[&str] = &[
    "attribute_group",
    "span",
    "event",
    "metric",
    "metric_group",
    "entity",
    "resource",
    "scope",
    "any_value",
];
const SPAN_KINDS: &[&str] = &["client", "server", "producer", "consumer", "internal"];
const INSTRUMENTS: &[&str] = &["counter", "histogram", "gauge", "updowncounter"];

const SIGNAL_KEYS: &[&str] = &[
    "id",
    "ref",
    "type",
    "name",
    "kind",
    "brief",
    "note",
    "stability",
    "requirement_level",
    "deprecated",
    "attributes",
    "entity_associations",
    "annotations",
    "instrument",
    "unit",
    "events",
    "body",
    "identity",
    "description",
    "visibility",
];

/// A group of the old syntax.
pub(super) fn read_group(node: &Node<'_>, definitions: &mut Definitions, faults: &mut Faults<'_>) {
    known_keys(node, GROUP_KEYS, "a group", faults);
    let Some(id) = required(node, "id", "a group", faults) else { return };
    check_stability(node, faults);
    let group = node.get("type").map_or(Some("span"), |it| word(it, "type", GROUP_TYPES, faults));
    let sort = match group {
        Some("span") => Sort::Span,
        Some("event") => Sort::Event,
        Some("metric") => Sort::Metric,
        Some("entity" | "resource") => Sort::Entity,
        _ => Sort::AttributeGroup,
    };
    let what = format!("group `{id}`");
    let metric = match sort {
        Sort::Metric => metric(node, "metric_name", &what, faults),
        _ => None,
    };
    if sort == Sort::Event && node.get("name").is_none() && node.get("prefix").is_none() {
        faults.add(node.at, format!("{what} needs `name`, for it is an event"));
    }
    let kind = node.get("span_kind").and_then(|it| word(it, "span_kind", SPAN_KINDS, faults));
    let prefix = node.get("prefix").and_then(|it| text(it, "prefix", faults)).unwrap_or_default();
    let mut all = references(node, "attributes", &prefix, definitions, faults);
    if let Some(it) = node.get("extends") {
        all.extend(text(it, "extends", faults).map(|name| Reference::new(it.at, Target::Group, name)));
    }
    let deprecated = deprecated(node, faults);
    definitions.signals.push(Signal {
        at: node.at,
        sort,
        id,
        title: node.get("name").and_then(Node::text).filter(|_| sort == Sort::Event).map(str::to_owned),
        kind: kind.map(str::to_owned),
        metric,
        references: all,
        deprecated,
        refinement: false,
    });
}

/// Everything of the new syntax but the attributes.
pub(super) fn read_signals(document: &Node<'_>, definitions: &mut Definitions, faults: &mut Faults<'_>) {
    let kinds = [
        ("attribute_groups", Sort::AttributeGroup, "id", false),
        ("spans", Sort::Span, "type", false),
        ("span_refinements", Sort::Span, "id", true),
        ("events", Sort::Event, "name", false),
        ("event_refinements", Sort::Event, "id", true),
        ("metrics", Sort::Metric, "name", false),
        ("metric_refinements", Sort::Metric, "id", true),
        ("entities", Sort::Entity, "type", false),
        ("entity_refinements", Sort::Entity, "id", true),
    ];
    for (key, sort, name, refinement) in kinds {
        for node in list(document, key, faults) {
            let signal = read_signal(node, sort, name, refinement, definitions, faults);
            definitions.signals.extend(signal);
        }
    }
}

fn read_signal(
    node: &Node<'_>,
    sort: Sort,
    name: &str,
    refinement: bool,
    definitions: &mut Definitions,
    faults: &mut Faults<'_>,
) -> Option<Signal> {
    let (one, _) = sort.words();
    known_keys(node, SIGNAL_KEYS, &format!("a definition of the sort `{one}`"), faults);
    check_stability(node, faults);
    let what = if refinement {
        format!("a refinement of the sort `{one}`")
    } else {
        format!("a definition of the sort `{one}`")
    };
    let id = required(node, name, &what, faults)?;
    let what = format!("{one} `{id}`");
    let kind = node.get("kind").and_then(|it| word(it, "kind", SPAN_KINDS, faults)).map(str::to_owned);
    let title = node.get("name").and_then(|it| it.get("note")).and_then(Node::text).map(str::to_owned);
    let metric = if sort == Sort::Metric && !refinement { metric(node, "name", &what, faults) } else { None };
    let mut all = Vec::new();
    for key in ["attributes", "identity", "description"] {
        all.extend(references(node, key, "", definitions, faults));
    }
    if refinement {
        let target = required(node, "ref", &what, faults);
        let at = node.get("ref").map_or(node.at, |it| it.at);
        all.extend(target.map(|name| Reference::new(at, Target::Signal, name)));
    }
    let deprecated = deprecated(node, faults);
    Some(Signal { at: node.at, sort, id, title, kind, metric, references: all, deprecated, refinement })
}

/// Name, instrument and unit, which every metric has.
fn metric(
    node: &Node<'_>,
    name: &str,
    what: &str,
    faults: &mut Faults<'_>,
) -> Option<(String, String, String)> {
    let name = required(node, name, what, faults);
    let instrument = match node.get("instrument") {
        Some(it) => word(it, "instrument", INSTRUMENTS, faults).map(str::to_owned),
        None => required(node, "instrument", what, faults),
    };
    let unit = required(node, "unit", what, faults);
    Some((name?, instrument?, unit?))
}
