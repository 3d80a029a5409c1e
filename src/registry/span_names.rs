//! How the semantic conventions want spans to be named, read from `rules/semconv/span_names.tsv` at the first question.

use std::sync::LazyLock;

const NAMES: &str = include_str!("../../rules/semconv/span_names.tsv");

/// A runtime part of a name.
const HOLE: &str = "{}";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Piece {
    /// The value of this attribute.
    Attribute(&'static str),
    Fixed(&'static str),
}

static WANTED: LazyLock<Vec<Vec<Piece>>> =
    LazyLock::new(|| NAMES.lines().filter(|it| !it.starts_with('#')).map(pieces).collect());

fn pieces(line: &'static str) -> Vec<Piece> {
    let mut pieces = Vec::new();
    for part in line.split_inclusive('}') {
        let (fixed, attribute) = part.split_once('{').unwrap_or((part, ""));
        pieces.extend((!fixed.is_empty()).then_some(Piece::Fixed(fixed)));
        pieces.extend(attribute.strip_suffix('}').map(Piece::Attribute));
    }
    pieces
}

/// For each way in which the conventions would name a span so: the attributes whose values its runtime parts are, in their order.
pub(crate) fn conventional(name: &str) -> Vec<Vec<&'static str>> {
    WANTED.iter().filter_map(|it| holes(it, name)).collect()
}

/// What an attribute gives to a name is a word that is written there, or a runtime part.
fn holes(pieces: &[Piece], name: &str) -> Option<Vec<&'static str>> {
    let Some((first, rest)) = pieces.split_first() else { return name.is_empty().then(Vec::new) };
    match first {
        Piece::Fixed(text) => holes(rest, name.strip_prefix(text)?),
        Piece::Attribute(key) => match name.strip_prefix(HOLE) {
            Some(after) => {
                let mut found = holes(rest, after)?;
                found.insert(0, key);
                Some(found)
            }
            None => {
                let end = name.find(|it: char| !it.is_alphanumeric() && it != '_').unwrap_or(name.len());
                if end == 0 { None } else { holes(rest, &name[end..]) }
            }
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registry::Registry;

    #[test]
    fn names_of_the_conventions_are_known() {
        assert!(conventional("execute_tool {}").contains(&vec!["gen_ai.tool.name"]));
        assert!(conventional("{} {}").contains(&vec!["gen_ai.operation.name", "gen_ai.request.model"]));
        assert!(conventional("{} {}.{}").contains(&vec![
            "db.operation.name",
            "db.namespace",
            "db.collection.name"
        ]));
        assert_eq!(conventional("{}/{}"), [["rpc.service", "rpc.method"]]);
        assert!(conventional("ship order {}").is_empty() && conventional("{}").is_empty());
    }

    #[test]
    fn every_part_is_an_attribute() {
        for piece in WANTED.iter().flatten() {
            let Piece::Attribute(key) = piece else { continue };
            assert!(Registry::default().attribute(key).is_some(), "{key}");
        }
        let lines: Vec<&str> = NAMES.lines().filter(|it| !it.starts_with('#')).collect();
        assert!(lines.is_sorted());
    }
}
