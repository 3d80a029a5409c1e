//! The tables of `rules/semconv`, compiled in and read at the first question.

use std::sync::LazyLock;

use super::{
    AllowedValue, Attribute, Base, Carrier, Fate, Kind, Listed, Metric, Only, Relation, Replacement, Version,
};

const ATTRIBUTES: &str = include_str!("../../rules/semconv/attributes.tsv");
const METRICS: &str = include_str!("../../rules/semconv/metrics.tsv");

/// The version of the semantic conventions that the tables hold.
pub(crate) const NEWEST: &str = "1.44";

/// So many versions of the conventions come out in a year, at the slowest.
pub(super) const RELEASES_OF_A_YEAR: u16 = 6;

static TABLES: LazyLock<(Vec<Attribute>, Vec<Metric>)> = LazyLock::new(read);

fn read() -> (Vec<Attribute>, Vec<Metric>) {
    (rows(ATTRIBUTES).map(read_attribute).collect(), rows(METRICS).map(read_metric).collect())
}

pub(super) fn attributes() -> &'static [Attribute] {
    &TABLES.0
}

pub(super) fn attribute(name: &str) -> Option<&'static Attribute> {
    let all = attributes();
    all.binary_search_by(|it| it.name.cmp(name)).ok().map(|at| &all[at])
}

#[cfg(test)]
pub(super) fn metrics() -> &'static [Metric] {
    &TABLES.1
}

pub(super) fn metric(name: &str) -> Option<&'static Metric> {
    let all = &TABLES.1;
    all.binary_search_by(|it| it.name.cmp(name)).ok().map(|at| &all[at])
}

/// The names whose first part is this.
pub(super) fn in_namespace(namespace: &str) -> &'static [Attribute] {
    super::in_namespace(attributes(), namespace)
}

fn rows(table: &'static str) -> impl Iterator<Item = [&'static str; 8]> {
    table.lines().filter(|it| !it.starts_with('#')).map(|line| {
        let mut cells = [""; 8];
        line.split('\t').zip(&mut cells).for_each(|(text, cell)| *cell = text);
        cells
    })
}

fn read_attribute(
    [name, _since, kind, values, deprecated, replaced_by, only, carrier]: [&'static str; 8],
) -> Attribute {
    Attribute {
        name,
        kind: read_kind(kind),
        values: values.split_ascii_whitespace().map(read_value).collect(),
        fate: read_fate(deprecated, replaced_by),
        only: match only {
            "event" => Some(Only::Event),
            "metric" => Some(Only::Metric),
            _ => None,
        },
        carrier: match carrier {
            "resource" => Some(Carrier::Resource),
            "signal" => Some(Carrier::Signal),
            _ => None,
        },
    }
}

fn read_metric([name, instrument, unit, deprecated, replaced_by, ..]: [&'static str; 8]) -> Metric {
    let instrument = if instrument == "updowncounter" { "up_down_counter" } else { instrument };
    Metric { name, instrument, unit, fate: read_fate(deprecated, replaced_by) }
}

pub(super) fn read_kind(text: &str) -> Option<Kind> {
    let template = text.strip_prefix("template[").and_then(|it| it.strip_suffix(']'));
    let inner = template.unwrap_or(text);
    let (listed, inner) = match inner.split_once(':') {
        Some(("open", inner)) => (Some(Listed::Open), inner),
        Some(("closed", inner)) => (Some(Listed::Closed), inner),
        _ => (None, inner),
    };
    let item = inner.strip_suffix("[]");
    let base = match item.unwrap_or(inner) {
        "string" => Base::String,
        "int" => Base::Int,
        "double" => Base::Double,
        "boolean" => Base::Boolean,
        "any" => Base::Any,
        _ => return None,
    };
    Some(Kind { base, array: item.is_some(), template: template.is_some(), listed })
}

fn read_value(text: &'static str) -> AllowedValue {
    match text.split_once('>') {
        None => AllowedValue { text, replaced_by: None },
        Some((old, new)) => AllowedValue { text: old, replaced_by: Some((!new.is_empty()).then_some(new)) },
    }
}

fn read_fate(deprecated: &str, replaced_by: &'static str) -> Option<Fate> {
    if deprecated.is_empty() {
        return None;
    }
    let replacements = replaced_by.split_ascii_whitespace().filter_map(read_replacement).collect();
    Some(Fate { of_the_team: false, since: Version::parse(deprecated), replacements })
}

fn read_replacement(text: &'static str) -> Option<Replacement> {
    let (relation, rest) = text.split_once(':')?;
    let (rest, lost) = rest.split_once('!').unwrap_or((rest, ""));
    let (to, kinds) = rest.split_once('@').unwrap_or((rest, ""));
    let relation = match relation {
        "rename" => Relation::Rename,
        "one_of" => Relation::OneOf,
        "split" => Relation::Split,
        "merge" => Relation::Merge,
        "retype" => Relation::Retype,
        _ => return None,
    };
    let list = |text: &'static str| text.split(',').filter(|it| !it.is_empty()).collect();
    Some(Replacement { to, relation, span_kinds: list(kinds), lost_values: list(lost) })
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;

    #[test]
    fn tables_are_sorted_and_read_whole() {
        for (table, width) in [(ATTRIBUTES, 8), (METRICS, 5)] {
            let lines: Vec<&str> = table.lines().filter(|it| !it.starts_with('#')).collect();
            let names: Vec<&str> = lines.iter().filter_map(|it| it.split('\t').next()).collect();
            assert!(names.is_sorted() && names.windows(2).all(|it| it[0] != it[1]));
            assert!(lines.iter().all(|it| it.split('\t').count() <= width));
        }
        for it in attributes() {
            assert!(it.kind.is_some() || it.fate.is_some(), "{}", it.name);
            let listed = it.kind.is_some_and(|kind| kind.listed.is_some());
            assert_eq!(listed, !it.values.is_empty(), "{}", it.name);
        }
        let cells = |table: &'static str, at: usize| -> usize {
            rows(table).map(|it| it[at].split_ascii_whitespace().count()).sum()
        };
        let replacements = |fate: &Option<Fate>| fate.as_ref().map_or(0, |it| it.replacements.len());
        assert_eq!(cells(ATTRIBUTES, 5), attributes().iter().map(|it| replacements(&it.fate)).sum::<usize>());
        assert_eq!(cells(METRICS, 4), TABLES.1.iter().map(|it| replacements(&it.fate)).sum::<usize>());
    }

    #[test]
    fn the_newest_version_is_the_one_of_the_tables() {
        assert!(
            ATTRIBUTES
                .starts_with(&format!("# Attributes of the OpenTelemetry semantic conventions {NEWEST}.0,"))
        );
        let newest = Version::parse(NEWEST);
        assert!(attributes().iter().flat_map(|it| &it.fate).all(|it| it.since <= newest));
    }

    #[test]
    fn what_replaces_a_name_is_alive() {
        for old in attributes() {
            for it in old.fate.iter().flat_map(|it| &it.replacements) {
                let registry = super::super::Registry::default();
                let new = registry.attribute(it.to);
                assert!(new.is_some_and(|it| it.fate.is_none()), "{} becomes {}", old.name, it.to);
            }
        }
        for old in &TABLES.1 {
            for it in old.fate.iter().flat_map(|it| &it.replacements) {
                assert!(metric(it.to).is_some_and(|it| it.fate.is_none()), "{} becomes {}", old.name, it.to);
            }
        }
    }

    #[test]
    fn a_rename_keeps_the_type() {
        for old in attributes() {
            let Some(kind) = old.kind else { continue };
            for it in old.fate.iter().flat_map(|it| &it.replacements) {
                let Some(new) = attribute(it.to).and_then(|it| it.kind) else { continue };
                let same = (kind.base, kind.array) == (new.base, new.array) || new.base == Base::Any;
                let tells = it.relation != Relation::Rename || same;
                assert!(tells, "{} becomes {} as another type", old.name, it.to);
            }
        }
    }

    #[test]
    fn namespaces_are_whole_words() {
        let user: Vec<&str> = in_namespace("user").iter().map(|it| it.name).collect();
        assert!(user.contains(&"user.id") && user.iter().all(|it| it.starts_with("user.")));
        assert!(in_namespace("use").is_empty());
        assert!(!in_namespace("zos").is_empty());
    }

    /// Far below this where it matters: without optimisation it is some ten times as slow.
    #[test]
    fn reading_takes_no_time() {
        let started = Instant::now();
        let tables = read();
        assert!(tables.0.len() > 900 && started.elapsed().as_millis() < 200);
    }
}
