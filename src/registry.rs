//! What names mean: attributes and metrics of the semantic conventions, of any version, as questions about one name. Knows no program.

mod bundled;
mod diff;
mod near;
mod readers;
mod span_names;
#[cfg(test)]
mod tests;
mod version;
mod weaver;
mod write;

pub(crate) use bundled::NEWEST;
use bundled::RELEASES_OF_A_YEAR;
pub(crate) use diff::{Change, diff};
pub(crate) use readers::reader;
pub(crate) use span_names::conventional;
pub(crate) use version::Version;
pub(crate) use weaver::{Fault, RegistryFile, Team, dependencies, read};
pub(crate) use write::{Draft, Note, Section};

use std::sync::Arc;

/// The registries in force.
#[derive(Debug, Clone, Default)]
pub(crate) struct Registry {
    /// The version that decides what is deprecated; the newest one if none.
    pub(crate) pinned: Option<Version>,
    /// The names of the project's own registry; they come first.
    pub(crate) team: Option<Arc<Team>>,
    /// The namespaces that are the project's own.
    pub(crate) namespaces: Vec<String>,
    /// Every name of the project's own has to be in a registry.
    pub(crate) strict: bool,
}

/// What is known of an attribute's name.
#[derive(Debug)]
pub(crate) struct Attribute {
    pub(crate) name: &'static str,
    /// None for names from before the registry.
    pub(crate) kind: Option<Kind>,
    pub(crate) values: Vec<AllowedValue>,
    pub(crate) fate: Option<Fate>,
    pub(crate) only: Option<Only>,
    /// What the conventions put it on, if that is one thing only.
    pub(crate) carrier: Option<Carrier>,
}

/// What is known of a metric's name.
#[derive(Debug)]
pub(crate) struct Metric {
    pub(crate) name: &'static str,
    /// As instruments are called in code: `up_down_counter`; empty for names from before the registry, like the unit.
    pub(crate) instrument: &'static str,
    pub(crate) unit: &'static str,
    pub(crate) fate: Option<Fate>,
}

/// A span, an event or a metric as a registry describes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Described {
    /// The type of a span, else the name.
    pub(crate) name: &'static str,
    /// What a span is called in the code, where the registry says so.
    pub(crate) title: Option<&'static str>,
    /// Of a span.
    pub(crate) kind: Option<&'static str>,
    /// Sorted by name.
    pub(crate) attributes: Vec<(&'static str, Requirement)>,
}

/// How much an attribute is wanted on a signal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Requirement {
    OptIn,
    Recommended,
    Conditional,
    Required,
}

impl Requirement {
    pub(crate) fn parse(word: &str) -> Option<Requirement> {
        let all =
            [Requirement::OptIn, Requirement::Recommended, Requirement::Conditional, Requirement::Required];
        all.into_iter().find(|it| it.as_str() == word)
    }

    /// As registries write it.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Requirement::OptIn => "opt_in",
            Requirement::Recommended => "recommended",
            Requirement::Conditional => "conditionally_required",
            Requirement::Required => "required",
        }
    }
}

/// The name of a span as the type of a span is written: `GET /orders` is `get.orders`.
pub(crate) fn signal_id(name: &str) -> String {
    let lower = name.to_lowercase();
    let words = lower.split(|it: char| !it.is_alphanumeric() && it != '_');
    words.filter(|it| !it.is_empty()).collect::<Vec<_>>().join(".")
}

/// The type of an attribute's values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Kind {
    pub(crate) base: Base,
    pub(crate) array: bool,
    /// The name is the beginning of many: `http.request.header.<key>`.
    pub(crate) template: bool,
    /// An enumeration; a closed one has no other values than those listed.
    pub(crate) listed: Option<Listed>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Base {
    String,
    Int,
    Double,
    Boolean,
    Any,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Listed {
    Open,
    Closed,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct AllowedValue {
    pub(crate) text: &'static str,
    /// Some for a value that is deprecated: what to use instead, if anything.
    pub(crate) replaced_by: Option<Option<&'static str>>,
}

/// That a name is not wanted any more, and what to use instead.
#[derive(Debug)]
pub(crate) struct Fate {
    /// Said by the project's own registry, whatever version of the conventions is pinned.
    pub(crate) of_the_team: bool,
    /// None where nobody wrote down since which version.
    pub(crate) since: Option<Version>,
    pub(crate) replacements: Vec<Replacement>,
}

#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Replacement {
    pub(crate) to: &'static str,
    pub(crate) relation: Relation,
    /// Holds for spans of these kinds only; empty for all.
    pub(crate) span_kinds: Vec<&'static str>,
    /// Values of the old name that the new one does not have.
    pub(crate) lost_values: Vec<&'static str>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Relation {
    /// The same thing under another name: safe to rename.
    Rename,
    /// One of several, by what is meant.
    OneOf,
    /// All of them together.
    Split,
    /// The value becomes a part of another one.
    Merge,
    /// The same thing as another type.
    Retype,
}

/// The only signal that a name was meant for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Only {
    Event,
    Metric,
}

/// What carries an attribute: what the telemetry is of, or the telemetry itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Carrier {
    Resource,
    /// A span, an event or a measurement.
    Signal,
}

/// The verdict on a name.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Standing<'a> {
    Known(&'a Attribute),
    Deprecated(&'a Attribute, &'a Fate),
    /// In a namespace of the registry, but not in the registry.
    Unknown,
    /// Somebody's own.
    Custom,
}

impl Standing<'_> {
    pub(crate) fn as_str(&self) -> &'static str {
        match self {
            Standing::Known(_) => "known",
            Standing::Deprecated(..) => "deprecated",
            Standing::Unknown => "unknown",
            Standing::Custom => "custom",
        }
    }
}

impl Registry {
    /// The verdict on a key; `only` says what it is written to, if that is an event or a metric. Runtime parts of a key are `{}`.
    /// None where it depends on them.
    pub(crate) fn standing(&self, key: &str, only: Option<Only>) -> Option<Standing<'_>> {
        if let Some((fixed, _)) = key.split_once("{}") {
            return self.standing_of_template(key, fixed);
        }
        let Some(attribute) = self.attribute(key).filter(|it| it.only.is_none() || it.only == only) else {
            let owned = key.contains('.') && self.owns(namespace(key));
            return Some(if owned { Standing::Unknown } else { Standing::Custom });
        };
        Some(match &attribute.fate {
            Some(fate) if self.is_in_force(fate) => Standing::Deprecated(attribute, fate),
            _ => Standing::Known(attribute),
        })
    }

    /// A key with runtime parts is known if a template attribute begins it, and nobody's if its namespace is not the registry's.
    fn standing_of_template(&self, key: &str, fixed: &str) -> Option<Standing<'_>> {
        if let Some(attribute) = self.template(fixed) {
            return Some(match &attribute.fate {
                Some(fate) if self.is_in_force(fate) => Standing::Deprecated(attribute, fate),
                _ => Standing::Known(attribute),
            });
        }
        let (namespace, _) = fixed.split_once('.')?;
        if !self.owns(namespace) {
            return Some(Standing::Custom);
        }
        let mut all = self.own_attributes().iter().chain(bundled::attributes());
        let may_be = all.any(|it| fits(key, it.name));
        (!may_be).then_some(Standing::Unknown)
    }

    /// The attribute of this name, or the template that the name belongs to.
    pub(crate) fn attribute(&self, key: &str) -> Option<&Attribute> {
        self.named(key).or_else(|| self.template(key))
    }

    fn template(&self, key: &str) -> Option<&Attribute> {
        let prefixes = key.rmatch_indices('.').map(|(at, _)| &key[..at]);
        prefixes.filter_map(|it| self.named(it)).find(|it| it.kind.is_some_and(|kind| kind.template))
    }

    fn named(&self, key: &str) -> Option<&Attribute> {
        let own = self.own_attributes();
        let found = own.binary_search_by(|it| it.name.cmp(key)).ok().map(|at| &own[at]);
        found.or_else(|| bundled::attribute(key))
    }

    fn own_attributes(&self) -> &[Attribute] {
        self.team.as_ref().map_or(&[], |it| &it.attributes)
    }

    pub(crate) fn metric(&self, name: &str) -> Option<&Metric> {
        let own = self.team.as_ref().map_or(&[][..], |it| &it.metrics);
        let found = own.binary_search_by(|it| it.name.cmp(name)).ok().map(|at| &own[at]);
        found.or_else(|| bundled::metric(name))
    }

    /// Whether a fate has been met already in the version that is pinned.
    pub(crate) fn is_in_force(&self, fate: &Fate) -> bool {
        match (self.pinned, fate.since) {
            _ if fate.of_the_team => true,
            (None, _) => true,
            (Some(_), None) => false,
            (Some(pinned), Some(since)) => since <= pinned,
        }
    }

    /// A name that is old so recently that most libraries still write it, where nobody has said which version holds.
    pub(crate) fn is_recent(&self, fate: &Fate) -> bool {
        let newest = Version::parse(NEWEST);
        let earliest = newest.map(|it| it.back(RELEASES_OF_A_YEAR));
        self.pinned.is_none() && !fate.of_the_team && fate.since.is_some_and(|it| Some(it) > earliest)
    }

    /// Whether the registry has living names in this namespace, the first part of a key.
    pub(crate) fn owns(&self, namespace: &str) -> bool {
        self.team_owns(namespace) || bundled::in_namespace(namespace).iter().any(|it| it.fate.is_none())
    }

    /// Whether it is the project's own registry that has names in it.
    pub(crate) fn team_owns(&self, namespace: &str) -> bool {
        in_namespace(self.own_attributes(), namespace).iter().any(|it| it.fate.is_none())
    }

    /// Whether a key is the project's own to define: in one of its namespaces, if it has named any. Else in those that its registry
    /// has names in; and where it is strict, any that the conventions do not own.
    pub(crate) fn is_ours(&self, key: &str) -> bool {
        let below = |it: &String| {
            key.strip_prefix(it.as_str()).is_some_and(|it| it.is_empty() || it.starts_with('.'))
        };
        if !self.namespaces.is_empty() {
            return self.namespaces.iter().any(below);
        }
        self.team_owns(namespace(key)) || (self.strict && !self.owns(namespace(key)))
    }

    /// What the project's own registry says of a span of this name; none where it describes several such.
    pub(crate) fn span(&self, name: &str, kind: Option<&str>) -> Option<&Described> {
        let id = signal_id(name);
        let is_it = |it: &&Described| match it.title {
            Some(title) if title == name => true,
            _ => !id.is_empty() && (it.name == name || it.name == id),
        };
        let same_kind = |it: &&Described| it.kind.is_none() || kind.is_none() || it.kind == kind;
        let mut found = self.team.as_ref()?.spans.iter().filter(is_it).filter(same_kind);
        let first = found.next()?;
        found.next().is_none().then_some(first)
    }

    /// The living name in the same namespace that is most probably meant.
    pub(crate) fn nearest(&self, key: &str) -> Option<&'static str> {
        let own = in_namespace(self.own_attributes(), namespace(key)).iter();
        let living = own.chain(bundled::in_namespace(namespace(key))).filter(|it| it.fate.is_none());
        near::nearest(key, living.map(|it| it.name))
    }
}

impl Attribute {
    /// What stands in for a key of this name: with the rest of the key behind it where the name is a template.
    pub(crate) fn renamed(&self, key: &str, to: &str) -> String {
        let rest = if self.kind.is_some_and(|it| it.template) { key.strip_prefix(self.name) } else { None };
        format!("{to}{}", rest.unwrap_or_default())
    }
}

impl Fate {
    /// The replacements that hold for spans of this kind; without a kind, those that hold whatever it is. What holds for some kinds
    /// only is no answer unless the other kinds have theirs.
    pub(crate) fn replacements_for(&self, span_kind: Option<&str>) -> Vec<&Replacement> {
        let all = self.replacements.iter();
        match span_kind {
            Some(kind) => {
                all.filter(|it| it.span_kinds.is_empty() || it.span_kinds.contains(&kind)).collect()
            }
            None if self.replacements.len() == 1 => all.filter(|it| it.span_kinds.is_empty()).collect(),
            None => all.collect(),
        }
    }
}

/// Of names that are sorted, those whose first part is this.
fn in_namespace<'a>(all: &'a [Attribute], namespace: &str) -> &'a [Attribute] {
    let below = |it: &&Attribute| it.name.strip_prefix(namespace).is_some_and(|rest| rest.starts_with('.'));
    let start = all.partition_point(|it| it.name < namespace);
    // The namespace itself may be a name, and `user-x` comes before `user.id`.
    let skipped = all[start..].iter().take_while(|it| !below(it) && it.name.starts_with(namespace)).count();
    let start = start + skipped;
    let count = all[start..].iter().take_while(below).count();
    &all[start..start + count]
}

fn namespace(key: &str) -> &str {
    key.split_once('.').map_or(key, |(namespace, _)| namespace)
}

/// Whether a text with `{}` for its runtime parts may come out as this name.
fn fits(template: &str, name: &str) -> bool {
    let Some((head, tail)) = template.split_once("{}") else { return template == name };
    let Some(rest) = name.strip_prefix(head) else { return false };
    let mut starts = rest.char_indices().map(|(at, _)| at).chain([rest.len()]);
    starts.any(|at| fits(tail, &rest[at..]))
}
