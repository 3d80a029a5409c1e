//! What changed from one registry to another, and what of it breaks those who read the telemetry.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::{Attribute, Described, Fate, Metric, Requirement, Team, near};

/// One change of one name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Change {
    /// `attribute`, `span`, `event`, `metric`.
    pub(crate) sort: &'static str,
    pub(crate) name: String,
    pub(crate) what: What,
    /// Whoever reads the telemetry may find less than before, or something else.
    pub(crate) breaking: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum What {
    Added,
    Removed,
    /// To another name.
    Renamed(String),
    /// Still there, and not wanted any more; the name to use instead.
    Deprecated(Option<String>),
    /// From one to the other, in words.
    Changed {
        part: String,
        before: String,
        now: String,
    },
    /// Something about a part that has no before and after.
    Part(String),
}

impl What {
    /// One word for programs.
    pub(crate) fn word(&self) -> &'static str {
        match self {
            What::Added => "added",
            What::Removed => "removed",
            What::Renamed(_) => "renamed",
            What::Deprecated(_) => "deprecated",
            What::Changed { part, .. } if part == "type" => "retyped",
            What::Changed { .. } | What::Part(_) => "changed",
        }
    }
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} `{}`", self.what.word(), self.sort, self.name)?;
        match &self.what {
            What::Added | What::Removed => Ok(()),
            What::Renamed(to) => write!(f, " to `{to}`"),
            What::Deprecated(Some(to)) => write!(f, ", use `{to}`"),
            What::Deprecated(None) => Ok(()),
            What::Changed { part, before, now } if part == "type" => write!(f, " from {before} to {now}"),
            What::Changed { part, before, now } => write!(f, ": {part} from {before} to {now}"),
            What::Part(it) => write!(f, ": {it}"),
        }
    }
}

/// All changes, sorted by sort and name.
pub(crate) fn diff(before: &Team, now: &Team) -> Vec<Change> {
    let mut changes = Vec::new();
    attributes(before, now, &mut changes);
    metrics(before, now, &mut changes);
    signals("span", &before.spans, &now.spans, &mut changes);
    signals("event", &before.events, &now.events, &mut changes);
    parts("metric", &before.measured, &now.measured, &mut changes);
    changes.sort();
    changes.dedup();
    changes
}

fn add(changes: &mut Vec<Change>, sort: &'static str, name: &str, what: What, breaking: bool) {
    changes.push(Change { sort, name: name.to_owned(), what, breaking });
}

/// Names that are gone and names that are new. What is gone and has one near neighbour among the new was renamed.
fn come_and_go<'n>(
    sort: &'static str,
    before: &BTreeSet<&'n str>,
    now: &BTreeSet<&'n str>,
    alike: impl Fn(&str, &str) -> bool,
    changes: &mut Vec<Change>,
) {
    let mut added: BTreeSet<&str> = now.difference(before).copied().collect();
    for gone in before.difference(now) {
        let candidates = added.iter().copied().filter(|it| alike(gone, it));
        match near::nearest(gone, candidates).or_else(|| moved(gone, &added).filter(|it| alike(gone, it))) {
            Some(new) => {
                added.remove(new);
                add(changes, sort, gone, What::Renamed(new.to_owned()), true);
            }
            None => add(changes, sort, gone, What::Removed, true),
        }
    }
    added.iter().for_each(|it| add(changes, sort, it, What::Added, false));
}

/// The only new name that ends as the old one does: it went to another namespace.
fn moved<'n>(gone: &str, added: &BTreeSet<&'n str>) -> Option<&'n str> {
    let (_, last) = gone.rsplit_once('.')?;
    let mut same = added.iter().filter(|it| it.rsplit_once('.').is_some_and(|(_, it)| it == last));
    let first = same.next()?;
    same.next().is_none().then_some(*first)
}

fn attributes(before: &Team, now: &Team, changes: &mut Vec<Change>) {
    let old: BTreeMap<&'static str, &Attribute> = before.attributes.iter().map(|it| (it.name, it)).collect();
    let new: BTreeMap<&'static str, &Attribute> = now.attributes.iter().map(|it| (it.name, it)).collect();
    let alike = |gone: &str, new_name: &str| {
        let base =
            |it: Option<&&Attribute>| it.and_then(|it| it.kind).map(|it| (it.base, it.array, it.template));
        base(old.get(gone)) == base(new.get(new_name))
    };
    come_and_go("attribute", &old.keys().copied().collect(), &new.keys().copied().collect(), alike, changes);
    for (name, now) in &new {
        let Some(before) = old.get(name) else { continue };
        fate("attribute", name, before.fate.as_ref(), now.fate.as_ref(), changes);
        let (was, is) = (typed(before), typed(now));
        if was != is {
            let what = What::Changed { part: "type".to_owned(), before: was, now: is };
            add(changes, "attribute", name, what, true);
        }
        let values = |it: &Attribute| it.values.iter().map(|it| it.text).collect::<BTreeSet<&str>>();
        for value in values(before).difference(&values(now)) {
            // Where it is no enumeration any more, any value may be there.
            let closed = now.kind.is_some_and(|it| it.listed.is_some());
            add(changes, "attribute", name, What::Part(format!("the value `{value}` is gone")), closed);
        }
        for value in values(now).difference(&values(before)) {
            add(changes, "attribute", name, What::Part(format!("the value `{value}` is new")), false);
        }
    }
}

/// The type of values in words; whether they are listed is no other type.
fn typed(it: &Attribute) -> String {
    let Some(kind) = it.kind else { return "nothing".to_owned() };
    super::write::kind_text(Some(super::Kind { listed: None, ..kind }))
}

fn fate(
    sort: &'static str,
    name: &str,
    before: Option<&Fate>,
    now: Option<&Fate>,
    changes: &mut Vec<Change>,
) {
    if let (None, Some(now)) = (before, now) {
        let to = now.replacements.first().map(|it| it.to.to_owned());
        add(changes, sort, name, What::Deprecated(to), false);
    }
}

fn metrics(before: &Team, now: &Team, changes: &mut Vec<Change>) {
    let old: BTreeMap<&'static str, &Metric> = before.metrics.iter().map(|it| (it.name, it)).collect();
    let new: BTreeMap<&'static str, &Metric> = now.metrics.iter().map(|it| (it.name, it)).collect();
    let alike = |gone: &str, name: &str| match (old.get(gone), new.get(name)) {
        (Some(a), Some(b)) => (a.instrument, a.unit) == (b.instrument, b.unit),
        _ => false,
    };
    come_and_go("metric", &old.keys().copied().collect(), &new.keys().copied().collect(), alike, changes);
    for (name, now) in &new {
        let Some(before) = old.get(name) else { continue };
        fate("metric", name, before.fate.as_ref(), now.fate.as_ref(), changes);
        for (part, was, is) in
            [("instrument", before.instrument, now.instrument), ("unit", before.unit, now.unit)]
        {
            if was != is {
                let what = What::Changed { part: part.to_owned(), before: quoted(was), now: quoted(is) };
                add(changes, "metric", name, what, true);
            }
        }
    }
}

fn quoted(text: &str) -> String {
    format!("`{text}`")
}

fn signals(sort: &'static str, before: &[Described], now: &[Described], changes: &mut Vec<Change>) {
    let old: BTreeSet<&str> = before.iter().map(|it| it.name).collect();
    let new: BTreeSet<&str> = now.iter().map(|it| it.name).collect();
    come_and_go(sort, &old, &new, |_, _| true, changes);
    parts(sort, before, now, changes);
}

/// What changed in signals that are in both.
fn parts(sort: &'static str, before: &[Described], now: &[Described], changes: &mut Vec<Change>) {
    let old: BTreeMap<&str, &Described> = before.iter().map(|it| (it.name, it)).collect();
    for now in now {
        let Some(before) = old.get(now.name) else { continue };
        for (part, was, is) in [("kind", before.kind, now.kind), ("name", before.title, now.title)] {
            if let (Some(was), Some(is)) = (was, is)
                && was != is
            {
                let what = What::Changed { part: part.to_owned(), before: quoted(was), now: quoted(is) };
                add(changes, sort, now.name, what, true);
            }
        }
        let level =
            |it: &Described, name: &str| it.attributes.iter().find(|(it, _)| *it == name).map(|it| it.1);
        for (name, was) in &before.attributes {
            match level(now, name) {
                None => add(changes, sort, now.name, What::Part(format!("`{name}` is gone from it")), true),
                Some(is) if *was == Requirement::Required && is != *was => {
                    let what = format!("`{name}` is not required any more");
                    add(changes, sort, now.name, What::Part(what), true);
                }
                Some(is) if is == Requirement::Required && is != *was => {
                    add(changes, sort, now.name, What::Part(format!("`{name}` is required now")), false);
                }
                Some(_) => {}
            }
        }
        for (name, _) in now.attributes.iter().filter(|(name, _)| level(before, name).is_none()) {
            add(changes, sort, now.name, What::Part(format!("`{name}` is new on it")), false);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registry::{RegistryFile, read};

    fn told(before: &str, now: &str) -> Vec<String> {
        let team = |text: &str| {
            let file = RegistryFile { path: "shop.yaml".to_owned(), text: text.to_owned() };
            read(&[file], &[]).0
        };
        let all = diff(&team(before), &team(now));
        all.iter().map(|it| format!("{}{it}", if it.breaking { "! " } else { "" })).collect()
    }

    fn attributes(lines: &[&str]) -> String {
        lines.iter().fold("attributes:\n".to_owned(), |text, it| text + "  - " + it + "\n")
    }

    #[test]
    fn what_is_gone_and_comes_back_nearly_the_same_was_renamed() {
        let before = attributes(&[
            "{key: shop.order.titel, type: string}",
            "{key: cart.size, type: int}",
            "{key: shop.age, type: int}",
        ]);
        let now = attributes(&[
            "{key: shop.order.title, type: string}",
            "{key: shop.size, type: int}",
            "{key: shop.ago, type: string}",
        ]);
        assert_eq!(
            told(&before, &now),
            [
                "! renamed attribute `cart.size` to `shop.size`",
                "! removed attribute `shop.age`",
                "added attribute `shop.ago`",
                "! renamed attribute `shop.order.titel` to `shop.order.title`",
            ]
        );
    }

    #[test]
    fn values_and_types_of_attributes_are_compared() {
        let of = |kind: &str| attributes(&[&format!("{{key: shop.kind, type: {kind}}}")]);
        let listed = |values: &[&str]| {
            let each: Vec<String> = values.iter().map(|it| format!("{{id: {it}, value: {it}}}")).collect();
            of(&format!("{{members: [{}]}}", each.join(", ")))
        };
        assert_eq!(told(&of("int"), &of("\"int[]\"")), ["! retyped attribute `shop.kind` from int to int[]"]);
        assert_eq!(
            told(&listed(&["book", "toy"]), &listed(&["book", "game"])),
            [
                "changed attribute `shop.kind`: the value `game` is new",
                "! changed attribute `shop.kind`: the value `toy` is gone"
            ]
        );
        // Whoever read the listed values still does.
        let open = told(&listed(&["book", "toy"]), &of("string"));
        assert!(open.iter().all(|it| !it.starts_with('!')), "{open:?}");
        assert_eq!(told(&of("string"), &of("string")), [""; 0]);
    }

    #[test]
    fn spans_and_metrics_are_compared_part_by_part() {
        let registry = |kind: &str, level: &str, instrument: &str| {
            format!(
                "attributes:\n  - {{key: shop.id, type: int}}\nspans:\n  - type: ship\n    kind: {kind}\n    name: {{note: ship}}\n    attributes:\n      - {{ref: shop.id, requirement_level: {level}}}\nmetrics:\n  - {{name: shop.orders, instrument: {instrument}, unit: \"1\"}}\n"
            )
        };
        assert_eq!(
            told(&registry("internal", "required", "counter"), &registry("client", "recommended", "gauge")),
            [
                "! changed metric `shop.orders`: instrument from `counter` to `gauge`",
                "! changed span `ship`: kind from `internal` to `client`",
                "! changed span `ship`: `shop.id` is not required any more",
            ]
        );
    }
}
