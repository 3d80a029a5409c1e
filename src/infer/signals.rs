//! Spans, events and metrics, each with the attributes that are written to it.

use std::collections::{BTreeMap, BTreeSet};

use super::{Draft, Keys, Note, source};
use crate::program::{At, AttributeTarget, Program, SpanSite, TextSource};
use crate::registry::{Described, Metric, Requirement, signal_id};
use crate::text::{Place, Symbol};

const KINDS: [&str; 5] = ["client", "server", "producer", "consumer", "internal"];

pub(super) fn emitted(program: &Program, keys: &Keys, found: &mut Draft) {
    spans(program, keys, found);
    events(program, keys, found);
    metrics(program, keys, found);
}

/// The spans of one name.
struct Named<'p> {
    sites: Vec<&'p SpanSite>,
    kinds: BTreeSet<&'static str>,
}

fn spans(program: &Program, keys: &Keys, found: &mut Draft) {
    let mut by_name: BTreeMap<&'static str, Named<'_>> = BTreeMap::new();
    for site in program.spans.iter().filter(|it| program.is_own(&it.at)) {
        // A name that is handed through is written elsewhere.
        let Some(name) = site.name.text.filter(|_| site.name.source != TextSource::Forwarded) else {
            continue;
        };
        let named = by_name
            .entry(name.as_str())
            .or_insert_with(|| Named { sites: Vec::new(), kinds: BTreeSet::new() });
        named.kinds.insert(kind(site));
        named.sites.push(site);
    }
    let mut taken = BTreeSet::new();
    for (title, named) in by_name {
        let id = signal_id(title);
        let Some(first) = named.sites.first().filter(|_| !id.is_empty()) else { continue };
        let name = Symbol::new(&free(id, &mut taken)).as_str();
        // Where the kinds differ, the conventions' own default stands for all.
        let kind = named.kinds.first().filter(|_| named.kinds.len() == 1).copied().unwrap_or("internal");
        let attributes = on_spans(program, keys, &named.sites);
        found.note("span", name, Note { brief: source(program, &first.at, "Opened"), ..Note::default() });
        found.registry.spans.push(Described { name, title: Some(title), kind: Some(kind), attributes });
    }
    found.registry.spans.sort_by_key(|it| it.name);
}

fn free(id: String, taken: &mut BTreeSet<String>) -> String {
    let mut names = (1..).map(|it| if it == 1 { id.clone() } else { format!("{id}.{it}") });
    let name = names.find(|it| !taken.contains(it)).unwrap_or_default();
    taken.insert(name.clone());
    name
}

fn kind(site: &SpanSite) -> &'static str {
    let said = site.span_kind.map(|it| it.as_str().to_lowercase()).unwrap_or_default();
    KINDS.into_iter().find(|it| *it == said).unwrap_or("internal")
}

/// All attributes of spans of one name. Those that each of them gets when it is opened are required.
fn on_spans(program: &Program, keys: &Keys, sites: &[&SpanSite]) -> Vec<(&'static str, Requirement)> {
    let mut all: BTreeMap<&'static str, usize> = BTreeMap::new();
    for site in sites {
        let opened_with = within(program, keys, AttributeTarget::Span, site.at.place);
        let own = site.attributes.iter().filter_map(|it| keys.get(it.as_str()).copied());
        for name in own.chain(opened_with.iter().copied()).collect::<BTreeSet<_>>() {
            *all.entry(name).or_default() += usize::from(opened_with.contains(name));
        }
    }
    let level =
        |count: usize| if count == sites.len() { Requirement::Required } else { Requirement::Recommended };
    all.into_iter().map(|(name, count)| (name, level(count))).collect()
}

/// The attributes that are arguments of a call.
fn within(program: &Program, keys: &Keys, target: AttributeTarget, call: Place) -> BTreeSet<&'static str> {
    let from = program.attributes.partition_point(|it| it.at.place.file < call.file);
    let in_file = program.attributes[from..].iter().take_while(|it| it.at.place.file == call.file);
    in_file
        .filter(|it| it.target == target && call.span.contains(it.at.place.span))
        .filter_map(|it| keys.get(it.key.text?.as_str()).copied())
        .collect()
}

fn recommended(names: BTreeSet<&'static str>) -> Vec<(&'static str, Requirement)> {
    names.into_iter().map(|it| (it, Requirement::Recommended)).collect()
}

/// What is written on an event is what its call is given.
fn events(program: &Program, keys: &Keys, found: &mut Draft) {
    let mut by_name: BTreeMap<&'static str, (At, BTreeSet<&'static str>)> = BTreeMap::new();
    for site in program.events.iter().filter(|it| program.is_own(&it.at)) {
        let name = site.name.text.map(|it| it.as_str()).filter(|it| !it.contains("{}"));
        let Some(name) = name else { continue };
        let (_, attributes) = by_name.entry(name).or_insert_with(|| (site.at, BTreeSet::new()));
        attributes.extend(within(program, keys, AttributeTarget::Event, site.at.place));
    }
    for (name, (at, attributes)) in by_name {
        found.note("event", name, Note { brief: source(program, &at, "Added"), ..Note::default() });
        let attributes = recommended(attributes);
        found.registry.events.push(Described { name, title: None, kind: None, attributes });
    }
}

fn metrics(program: &Program, keys: &Keys, found: &mut Draft) {
    let mut attributes: BTreeMap<&str, BTreeSet<&'static str>> = BTreeMap::new();
    for measured in &program.measurements {
        if let Some(name) = program.metrics[measured.metric].name.text {
            let given = within(program, keys, AttributeTarget::Metric, measured.at.place);
            attributes.entry(name.as_str()).or_default().extend(given);
        }
    }
    let mut seen = BTreeSet::new();
    for site in program.metrics.iter().filter(|it| it.is_of_opentelemetry() && program.is_own(&it.at)) {
        let name = site.name.text.map(|it| it.as_str()).filter(|it| !it.is_empty() && !it.contains("{}"));
        let Some(name) = name.filter(|it| seen.insert(*it)) else { continue };
        let made = site.instrument.as_str();
        let instrument = made.strip_prefix("observable_").unwrap_or(made);
        let unit = site.unit.map(|it| it.as_str()).filter(|it| !it.is_empty()).unwrap_or("1");
        let attributes = recommended(attributes.remove(name).unwrap_or_default());
        let note = Note { brief: source(program, &site.at, "Created"), ..Note::default() };
        found.add_metric(
            Metric { name, instrument, unit, fate: None },
            Described { name, title: None, kind: None, attributes },
            note,
        );
    }
    found.registry.metrics.sort_by_key(|it| it.name);
    found.registry.measured.sort_by_key(|it| it.name);
}
