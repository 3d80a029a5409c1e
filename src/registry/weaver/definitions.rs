//! What the files of a registry define, before names are looked up; and the questions that are asked of every node.

use super::yaml::Node;
use super::{Faults, Spot};
use crate::registry::{AllowedValue, Kind, Requirement};

#[derive(Debug, Default)]
pub(super) struct Definitions {
    pub(super) elsewhere: Elsewhere,
    pub(super) attributes: Vec<AttributeDefinition>,
    pub(super) signals: Vec<Signal>,
}

/// Whether names may come from registries that are not at hand.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Elsewhere {
    /// All is here.
    #[default]
    No,
    /// Groups of the official conventions, of which only the names of attributes and metrics are bundled.
    Groups,
    /// Anything, from a registry that nobody fetches.
    Anything,
}

#[derive(Debug)]
pub(super) struct AttributeDefinition {
    pub(super) at: Spot,
    pub(super) name: String,
    pub(super) kind: Kind,
    pub(super) values: Vec<AllowedValue>,
    pub(super) deprecated: Option<Deprecated>,
}

/// A group of the old syntax, or a signal, a refinement or a group of attributes of the new one.
#[derive(Debug)]
pub(super) struct Signal {
    pub(super) at: Spot,
    pub(super) sort: Sort,
    /// By what others name it: the id of a group, the type of a span or an entity, the name of an event or a metric.
    pub(super) id: String,
    /// Of a span: what it is called in the code, where the registry says so, and its kind.
    pub(super) title: Option<String>,
    pub(super) kind: Option<String>,
    /// Of a metric: its name, its instrument and its unit.
    pub(super) metric: Option<(String, String, String)>,
    pub(super) references: Vec<Reference>,
    pub(super) deprecated: Option<Deprecated>,
    /// A refinement has a name of its own and describes nothing new.
    pub(super) refinement: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sort {
    AttributeGroup,
    Span,
    Event,
    Metric,
    Entity,
}

#[derive(Debug)]
pub(super) struct Reference {
    pub(super) at: Spot,
    pub(super) to: Target,
    pub(super) name: String,
    /// Of an attribute: how much it is wanted, where the reference says so.
    pub(super) level: Option<Requirement>,
    /// The name that the attribute gets here, where the prefix of the group is put before it.
    pub(super) becomes: Option<String>,
}

impl Reference {
    pub(super) fn new(at: Spot, to: Target, name: String) -> Reference {
        Reference { at, to, name, level: None, becomes: None }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Target {
    Attribute,
    /// A group of either syntax, by its id; a signal too.
    Group,
    /// A signal of the same sort.
    Signal,
}

#[derive(Debug)]
pub(super) struct Deprecated {
    /// None where nothing took its place, or nobody says what.
    pub(super) renamed_to: Option<(Spot, String)>,
}

impl Sort {
    /// One of them, and many, as messages call them.
    pub(super) fn words(self) -> (&'static str, &'static str) {
        match self {
            Sort::AttributeGroup => ("attribute group", "attribute groups"),
            Sort::Span => ("span", "spans"),
            Sort::Event => ("event", "events"),
            Sort::Metric => ("metric", "metrics"),
            Sort::Entity => ("entity", "entities"),
        }
    }
}

/// A text that has to be there. Its absence is told at the node that should have it.
pub(super) fn required(node: &Node<'_>, key: &str, what: &str, faults: &mut Faults<'_>) -> Option<String> {
    match node.get(key) {
        Some(it) => text(it, key, faults),
        None => {
            faults.add(node.at, format!("{what} needs `{key}`"));
            None
        }
    }
}

pub(super) fn text(node: &Node<'_>, key: &str, faults: &mut Faults<'_>) -> Option<String> {
    let found = node.text().filter(|it| !it.is_empty());
    if found.is_none() {
        faults.add(
            node.at,
            format!(
                "`{key}` must be a text, not {}",
                if node.text().is_some() { "empty" } else { node.kind() }
            ),
        );
    }
    found.map(str::to_owned)
}

/// The items of a list that may be missing.
pub(super) fn list<'n>(node: &'n Node<'n>, key: &str, faults: &mut Faults<'_>) -> &'n [Node<'n>] {
    let Some(found) = node.get(key) else { return &[] };
    found.items().unwrap_or_else(|| {
        faults.add(found.at, format!("`{key}` must be a list, not {}", found.kind()));
        &[]
    })
}

/// Every key is one that is known.
pub(super) fn known_keys(node: &Node<'_>, known: &[&str], what: &str, faults: &mut Faults<'_>) {
    for (key, _) in node.entries() {
        if !known.contains(&&*key.name) {
            faults.add(key.at, format!("unknown key `{}` of {what}{}", key.name, hint(&key.name, known)));
        }
    }
}

/// A word out of a few.
pub(super) fn word<'w>(
    node: &Node<'_>,
    key: &str,
    words: &[&'w str],
    faults: &mut Faults<'_>,
) -> Option<&'w str> {
    let found = node.text().and_then(|it| words.iter().find(|word| **word == it));
    if found.is_none() {
        let list: Vec<String> = words.iter().map(|it| format!("`{it}`")).collect();
        let (shown, hint) = match node.text() {
            Some(text) => (format!("`{text}`"), hint(text, words)),
            None => (node.kind().to_owned(), String::new()),
        };
        faults.add(node.at, format!("`{key}` must be one of {}, not {shown}{hint}", list.join(", ")));
    }
    found.copied()
}

pub(super) fn hint(word: &str, known: &[&str]) -> String {
    let near = known.iter().map(|it| (strsim::damerau_levenshtein(word, it), it)).min();
    let near = near.filter(|(edits, _)| *edits <= word.len().div_ceil(4));
    let near = near.filter(|_| word.len() > 2);
    near.map_or_else(String::new, |(_, it)| format!("; did you mean `{it}`?"))
}
