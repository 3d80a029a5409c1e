//! Dotted paths as model files write them: braces are spelled out and names interned while the files are read in parallel.

use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, Error, SeqAccess, Visitor};

use crate::text::Symbol;

/// `a.b.c`, taken apart once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct DottedPath {
    pub(super) full: Symbol,
    /// `a.b`; none for a root.
    pub(super) parent: Option<Symbol>,
    pub(super) name: Symbol,
}

impl DottedPath {
    pub(super) fn new(text: &str) -> DottedPath {
        let (parent, name) = match text.rsplit_once('.') {
            Some((parent, name)) => (Some(Symbol::new(parent)), name),
            None => (None, text),
        };
        DottedPath { full: Symbol::new(text), parent, name: Symbol::new(name) }
    }

    pub(super) fn depth(self) -> usize {
        self.full.as_str().matches('.').count()
    }
}

/// One path or a list of them; `a.{b,c}` stands for two.
#[derive(Debug, Default)]
pub(super) struct Paths {
    pub(super) list: Vec<DottedPath>,
    /// The first one as it is written, to find its line.
    pub(super) written: String,
}

impl Paths {
    fn add(&mut self, text: &str) -> Result<(), String> {
        if self.written.is_empty() {
            text.clone_into(&mut self.written);
        }
        spell_out(text, &mut self.list).ok_or_else(|| format!("`{text}` is not a dotted path"))
    }
}

/// Pushes every path that the text stands for.
fn spell_out(text: &str, into: &mut Vec<DottedPath>) -> Option<()> {
    let Some(open) = text.find('{') else {
        into.push(is_path(text).then(|| DottedPath::new(text))?);
        return Some(());
    };
    let (head, rest) = (&text[..open], &text[open + 1..]);
    let close = rest.find('}')?;
    let mut path = String::with_capacity(text.len());
    for choice in rest[..close].split(',') {
        path.clear();
        path.push_str(head);
        path.push_str(choice.trim());
        path.push_str(&rest[close + 1..]);
        spell_out(&path, into)?;
    }
    Some(())
}

fn is_path(text: &str) -> bool {
    let text = text.strip_suffix(".*").unwrap_or(text);
    // A macro's name ends in `!`.
    let plain =
        |it: &str| it.strip_suffix('!').unwrap_or(it).chars().all(|c| c == '_' || c.is_alphanumeric());
    let word = |it: &str| !it.is_empty() && plain(it);
    text.split('.').all(word)
}

impl<'de> Deserialize<'de> for DottedPath {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct PathVisitor;
        impl Visitor<'_> for PathVisitor {
            type Value = DottedPath;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a dotted path")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<DottedPath, E> {
                if is_path(text) {
                    Ok(DottedPath::new(text))
                } else {
                    Err(E::custom(format!("`{text}` is not a dotted path")))
                }
            }
        }
        deserializer.deserialize_str(PathVisitor)
    }
}

impl<'de> Deserialize<'de> for Paths {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct PathsVisitor;
        impl<'de> Visitor<'de> for PathsVisitor {
            type Value = Paths;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a dotted path or a list of them")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Paths, E> {
                let mut paths = Paths::default();
                paths.add(text).map_err(E::custom)?;
                Ok(paths)
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Paths, A::Error> {
                let mut paths = Paths::default();
                while let Some(text) = list.next_element::<String>()? {
                    paths.add(&text).map_err(A::Error::custom)?;
                }
                Ok(paths)
            }
        }
        deserializer.deserialize_any(PathsVisitor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spelled_out(text: &str) -> Option<Vec<String>> {
        let mut paths = Vec::new();
        spell_out(text, &mut paths)?;
        Some(paths.iter().map(|it| it.full.to_string()).collect())
    }

    #[test]
    fn braces_multiply() {
        assert_eq!(spelled_out("a.{b,c}.{d, e}").unwrap(), ["a.b.d", "a.b.e", "a.c.d", "a.c.e"]);
        assert_eq!(spelled_out("a.b.*").unwrap(), ["a.b.*"]);
    }

    #[test]
    fn what_is_no_path_is_refused() {
        for text in ["", "a..b", "a.{b", "a b", "a.*.b", "a.}"] {
            assert_eq!(spelled_out(text), None, "{text}");
        }
    }
}
