//! Texts that libraries give names to, such as the keys of the semantic conventions: what a constant's path stands for.

use std::fmt;

use rustc_hash::FxHashMap;
use serde::Deserialize;
use serde::de::{Deserializer, Error, Visitor};

use super::format::ConstantsEntry;
use super::paths::DottedPath;
use crate::text::Symbol;

#[derive(Debug)]
pub(super) struct Constant {
    name: Symbol,
    text: Symbol,
}

#[derive(Debug, Default)]
pub(super) struct Constants {
    sets: Vec<ConstantSet>,
}

#[derive(Debug)]
struct ConstantSet {
    /// Classes and modules that have the constants.
    owners: Vec<Symbol>,
    /// Packages whose modules have them.
    packages: Vec<Symbol>,
    texts: FxHashMap<Symbol, Symbol>,
}

impl Constants {
    pub(super) fn add(&mut self, entry: &ConstantsEntry) {
        let of = &entry.of.list;
        let every = |it: &&DottedPath| it.name.as_str() == "*";
        self.sets.push(ConstantSet {
            owners: of.iter().filter(|it| !every(it)).map(|it| it.full).collect(),
            packages: of.iter().filter(every).filter_map(|it| it.parent).collect(),
            texts: entry.texts.iter().map(|it| (it.name, it.text)).collect(),
        });
    }

    pub(super) fn find(&self, path: &str) -> Option<Symbol> {
        let (owner, name) = path.rsplit_once('.')?;
        // Where a key has a variable part, the constant is its fixed beginning.
        let name = Symbol::new(name.strip_suffix("_TEMPLATE").unwrap_or(name));
        let has = |set: &&ConstantSet| {
            let package = owner.rsplit_once('.').map(|(it, _)| it);
            set.owners.iter().any(|it| it.as_str() == owner)
                || set.packages.iter().any(|it| Some(it.as_str()) == package)
        };
        self.sets.iter().filter(has).find_map(|it| it.texts.get(&name).copied())
    }
}

impl Constants {
    /// Whether constants stand under a path, directly or further down.
    pub(super) fn lead_from(&self, path: &str) -> bool {
        let below = |it: &Symbol| {
            it.as_str().strip_prefix(path).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        };
        let package = path.rsplit_once('.').map(|(it, _)| it);
        self.sets.iter().any(|set| {
            set.owners.iter().any(below)
                || set.packages.iter().any(|it| below(it) || Some(it.as_str()) == package)
        })
    }
}

impl<'de> Deserialize<'de> for Constant {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct TextVisitor;
        impl Visitor<'_> for TextVisitor {
            type Value = Constant;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("the text of a constant")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Constant, E> {
                let upper = |it: char| if it.is_alphanumeric() { it.to_ascii_uppercase() } else { '_' };
                let name: String = text.chars().map(upper).collect();
                Ok(Constant { name: Symbol::new(&name), text: Symbol::new(text) })
            }
        }
        deserializer.deserialize_str(TextVisitor)
    }
}
