//! Looks up what is referred to, in the registry itself and in the bundled conventions, and puts the names together.

use std::collections::{BTreeMap, BTreeSet};

use super::definitions::{
    AttributeDefinition, Definitions, Deprecated, Elsewhere, Reference, Signal, Sort, Target,
};
use super::{Faults, Spot, Team};
use crate::registry::{Attribute, Described, Fate, Metric, Registry, Relation, Replacement, Requirement};
use crate::text::Symbol;

pub(super) fn resolve(definitions: Definitions, faults: &mut Faults<'_>) -> Team {
    let Definitions { mut attributes, signals, elsewhere } = definitions;
    prefixed(&mut attributes, &signals);
    twice(attributes.iter().map(|it| (it.at, it.name.as_str())), "attribute", faults);
    // A refinement may have the id of what it refines.
    let named = |sort: Sort, refinement: bool| {
        let it = signals.iter().filter(move |it| it.sort == sort && it.refinement == refinement);
        it.map(|it| (it.at, it.id.as_str()))
    };
    for sort in [Sort::AttributeGroup, Sort::Span, Sort::Event, Sort::Metric, Sort::Entity] {
        twice(named(sort, false), sort.words().0, faults);
        twice(named(sort, true), "refinement", faults);
    }
    let metrics = signals.iter().filter_map(|it| Some((it.at, it.metric.as_ref()?.0.as_str())));
    twice(metrics, "metric", faults);
    let names = Names {
        elsewhere,
        attributes: attributes.iter().map(|it| it.name.clone()).collect(),
        signals: signals.iter().map(|it| (it.id.as_str(), it)).collect(),
    };
    for signal in &signals {
        signal.references.iter().for_each(|it| names.look_up(signal, it, faults));
        names.circle(signal, faults);
    }
    for it in attributes.iter().filter_map(|it| it.deprecated.as_ref()) {
        if let Some((at, name)) = it.renamed_to.as_ref().filter(|(_, name)| !names.has_attribute(name)) {
            faults.add(*at, format!("there is no attribute `{name}`{}", names.near(name)));
        }
    }
    let described = |sort: Sort| {
        let all = signals.iter().filter(|it| it.sort == sort && !it.refinement);
        let mut list: Vec<Described> = all.map(|it| names.describe(it)).collect();
        list.sort_by_key(|it| it.name);
        list.dedup_by_key(|it| it.name);
        list
    };
    let (spans, events, measured) = (described(Sort::Span), described(Sort::Event), described(Sort::Metric));
    Team { spans, events, measured, ..team(attributes, &signals) }
}

/// Attributes that get the prefix of the group that refers to them: the same thing under another name.
fn prefixed(attributes: &mut Vec<AttributeDefinition>, signals: &[Signal]) {
    let mut more: BTreeMap<&str, AttributeDefinition> = BTreeMap::new();
    let mut prefixed =
        signals.iter().flat_map(|it| &it.references).filter(|it| it.becomes.is_some()).peekable();
    if prefixed.peek().is_none() {
        return;
    }
    let own: BTreeMap<&str, &AttributeDefinition> =
        attributes.iter().rev().map(|it| (it.name.as_str(), it)).collect();
    for reference in prefixed {
        let Some(name) = reference.becomes.as_deref().filter(|it| !own.contains_key(it)) else { continue };
        let (before, at) = (own.get(reference.name.as_str()), reference.at);
        let kind = before.map(|it| it.kind).or_else(|| Registry::default().attribute(&reference.name)?.kind);
        let Some(kind) = kind else { continue };
        let values = before.map(|it| it.values.clone()).unwrap_or_default();
        let defined = || AttributeDefinition { at, name: name.to_owned(), kind, values, deprecated: None };
        more.entry(name).or_insert_with(defined);
    }
    let more: Vec<AttributeDefinition> = more.into_values().collect();
    attributes.extend(more);
}

fn twice<'n>(all: impl Iterator<Item = (Spot, &'n str)>, what: &str, faults: &mut Faults<'_>) {
    let mut first: BTreeMap<&str, Spot> = BTreeMap::new();
    for (at, name) in all {
        if let Some(before) = first.get(name) {
            let path = faults.files.get(before.file as usize).map_or("", |it| it.path.as_str());
            let message = format!("the {what} `{name}` is defined twice, before in {path}:{}", before.line);
            faults.add(at, message);
        } else {
            first.insert(name, at);
        }
    }
}

/// Groups that build on groups; more are a circle, which is told elsewhere.
const DEEPEST: usize = 20;

struct Names<'d> {
    elsewhere: Elsewhere,
    attributes: BTreeSet<String>,
    signals: BTreeMap<&'d str, &'d Signal>,
}

impl Names<'_> {
    fn has_attribute(&self, name: &str) -> bool {
        self.elsewhere == Elsewhere::Anything
            || self.attributes.contains(name)
            || Registry::default().attribute(name).is_some()
    }

    fn near(&self, name: &str) -> String {
        let known: Vec<&str> = self.attributes.iter().map(String::as_str).collect();
        super::definitions::hint(name, &known)
    }

    fn look_up(&self, signal: &Signal, it: &Reference, faults: &mut Faults<'_>) {
        let name = &it.name;
        match it.to {
            Target::Attribute if !self.has_attribute(name) => {
                faults.add(it.at, format!("there is no attribute `{name}`{}", self.near(name)));
            }
            Target::Group | Target::Signal
                if self.elsewhere == Elsewhere::No && !self.signals.contains_key(name.as_str()) =>
            {
                let known: Vec<&str> = self.signals.keys().copied().collect();
                let what = if it.to == Target::Group { "group" } else { signal.sort.words().0 };
                // A metric may be refined that the bundled conventions have.
                let bundled = it.to == Target::Signal
                    && signal.sort == Sort::Metric
                    && Registry::default().metric(name).is_some();
                if !bundled {
                    faults.add(
                        it.at,
                        format!("there is no {what} `{name}`{}", super::definitions::hint(name, &known)),
                    );
                }
            }
            _ => {}
        }
    }

    /// A signal with all its attributes, those of the groups that it builds on among them.
    fn describe(&self, signal: &Signal) -> Described {
        let mut attributes = BTreeMap::new();
        self.collect(signal, &mut attributes, 0);
        let name = match (&signal.metric, &signal.title) {
            (Some((name, ..)), _) => name,
            (None, Some(title)) if signal.sort == Sort::Event => title,
            _ => signal.id.strip_prefix("span.").filter(|_| signal.sort == Sort::Span).unwrap_or(&signal.id),
        };
        let symbol = |it: &String| Symbol::new(it).as_str();
        Described {
            name: Symbol::new(name).as_str(),
            title: signal.title.as_ref().map(symbol),
            kind: signal.kind.as_ref().map(symbol),
            attributes: attributes
                .into_iter()
                .map(|(name, level)| (Symbol::new(name).as_str(), level))
                .collect(),
        }
    }

    /// What a signal says itself stands before what it builds on.
    fn collect<'s>(&'s self, signal: &'s Signal, found: &mut BTreeMap<&'s str, Requirement>, depth: usize) {
        let (own, built_on): (Vec<&Reference>, Vec<&Reference>) =
            signal.references.iter().partition(|it| it.to == Target::Attribute);
        for it in built_on.iter().filter(|_| depth < DEEPEST) {
            if let Some(group) = self.signals.get(it.name.as_str()) {
                self.collect(group, found, depth + 1);
            }
        }
        for it in own {
            let name = it.becomes.as_deref().unwrap_or(&it.name);
            let known = found.entry(name).or_insert(Requirement::Recommended);
            *known = it.level.unwrap_or(*known);
        }
    }

    /// A group that extends itself, by whatever detour.
    fn circle(&self, signal: &Signal, faults: &mut Faults<'_>) {
        let parent = |it: &Signal| {
            let it = it.references.iter().find(|it| it.to == Target::Group)?;
            self.signals.get(it.name.as_str()).copied()
        };
        let mut at = parent(signal);
        for _ in 0..self.signals.len() {
            match at {
                Some(it) if it.id == signal.id => {
                    return faults.add(signal.at, format!("`{}` extends itself", signal.id));
                }
                Some(it) => at = parent(it),
                None => return,
            }
        }
    }
}

fn team(attributes: Vec<AttributeDefinition>, signals: &[Signal]) -> Team {
    let mut team = Team::default();
    *team.counts.entry("attributes").or_default() = attributes.len();
    for it in signals.iter().filter(|it| !it.refinement) {
        *team.counts.entry(it.sort.words().1).or_default() += 1;
    }
    team.attributes = attributes
        .into_iter()
        .map(|it| Attribute {
            name: Symbol::new(&it.name).as_str(),
            kind: Some(it.kind),
            values: it.values,
            fate: fate(it.deprecated.as_ref()),
            only: None,
            carrier: None,
        })
        .collect();
    let metrics = signals.iter().filter_map(|it| Some((it.metric.as_ref()?, it)));
    team.metrics = metrics
        .map(|((name, instrument, unit), it)| Metric {
            name: Symbol::new(name).as_str(),
            instrument: if instrument == "updowncounter" {
                "up_down_counter"
            } else {
                Symbol::new(instrument).as_str()
            },
            unit: Symbol::new(unit).as_str(),
            fate: fate(it.deprecated.as_ref()),
        })
        .collect();
    team.attributes.sort_by_key(|it| it.name);
    team.attributes.dedup_by_key(|it| it.name);
    team.metrics.sort_by_key(|it| it.name);
    team.metrics.dedup_by_key(|it| it.name);
    team
}

fn fate(deprecated: Option<&Deprecated>) -> Option<Fate> {
    let renamed = deprecated?.renamed_to.as_ref().map(|(_, name)| Replacement {
        to: Symbol::new(name).as_str(),
        relation: Relation::Rename,
        span_kinds: Vec::new(),
        lost_values: Vec::new(),
    });
    Some(Fate { of_the_team: true, since: None, replacements: renamed.into_iter().collect() })
}
