//! YAML as a tree of plain nodes, each with its place. The parser is named nowhere else.

use std::borrow::Cow;

use saphyr::{LoadableYamlNode, MarkedYaml, Scalar, YamlData};

use super::Spot;

#[derive(Debug, Clone)]
pub(super) struct Node {
    pub(super) at: Spot,
    pub(super) data: Data,
}

#[derive(Debug, Clone)]
pub(super) enum Data {
    Nothing,
    Boolean(bool),
    Int(i64),
    Double,
    Text(String),
    List(Vec<Node>),
    /// In the order of the text; a key that is no text is left out.
    Map(Vec<(Key, Node)>),
}

#[derive(Debug, Clone)]
pub(super) struct Key {
    pub(super) at: Spot,
    pub(super) name: String,
}

/// The first document of a text; none if it is empty.
pub(super) fn parse(text: &str, file: usize) -> Result<Option<Node>, (Spot, String)> {
    let mut text = Cow::Borrowed(text);
    // Each attempt mends one line.
    for _ in 0..=text.lines().count() {
        match MarkedYaml::load_from_str(&text) {
            Ok(documents) => {
                let document = documents.first().map(|it| node(it, file));
                return Ok(document.filter(|it| !matches!(it.data, Data::Nothing)));
            }
            Err(error) => match mended(&text, error.marker().line()) {
                Some(better) => text = Cow::Owned(better),
                None => {
                    let at = Spot { file, line: error.marker().line(), column: error.marker().col() + 1 };
                    return Err((at, error.info().to_owned()));
                }
            },
        }
    }
    Ok(None)
}

/// A bracket that closes at the indentation of what opened it is not YAML to the letter, yet what most people use reads it, and the
/// conventions themselves have it. Moved to the right, it is YAML; nothing is ever told of a closing bracket.
fn mended(text: &str, line: usize) -> Option<String> {
    let lines: Vec<&str> = text.split('\n').collect();
    let closing = lines.get(line.checked_sub(1)?)?;
    let indented = closing.len() - closing.trim_start().len();
    if !closing.trim_start().starts_with([']', '}']) || indented > DEEPEST {
        return None;
    }
    let moved = format!("{}{closing}", " ".repeat(DEEPEST + 1));
    let mut lines = lines;
    lines[line - 1] = &moved;
    Some(lines.join("\n"))
}

/// No registry is indented deeper.
const DEEPEST: usize = 60;

fn node(yaml: &MarkedYaml<'_>, file: usize) -> Node {
    let spot =
        |it: &MarkedYaml<'_>| Spot { file, line: it.span.start.line(), column: it.span.start.col() + 1 };
    let data = match &yaml.data {
        YamlData::Value(Scalar::Boolean(it)) => Data::Boolean(*it),
        YamlData::Value(Scalar::Integer(it)) => Data::Int(*it),
        YamlData::Value(Scalar::FloatingPoint(_)) => Data::Double,
        YamlData::Value(Scalar::String(it)) => Data::Text(it.to_string()),
        YamlData::Sequence(list) => Data::List(list.iter().map(|it| node(it, file)).collect()),
        YamlData::Mapping(map) => {
            let entry = |(key, value): (&MarkedYaml<'_>, &MarkedYaml<'_>)| {
                let name = key.data.as_str()?.to_owned();
                Some((Key { at: spot(key), name }, node(value, file)))
            };
            Data::Map(map.iter().filter_map(entry).collect())
        }
        YamlData::Tagged(_, inner) => return node(inner, file),
        _ => Data::Nothing,
    };
    Node { at: spot(yaml), data }
}

impl Node {
    pub(super) fn get(&self, name: &str) -> Option<&Node> {
        let value = self.entries().iter().find(|(key, _)| key.name == name).map(|(_, value)| value);
        value.filter(|it| !matches!(it.data, Data::Nothing))
    }

    pub(super) fn text(&self) -> Option<&str> {
        match &self.data {
            Data::Text(text) => Some(text),
            _ => None,
        }
    }

    pub(super) fn entries(&self) -> &[(Key, Node)] {
        match &self.data {
            Data::Map(entries) => entries,
            _ => &[],
        }
    }

    pub(super) fn items(&self) -> Option<&[Node]> {
        match &self.data {
            Data::List(items) => Some(items),
            _ => None,
        }
    }

    /// What it is, as messages call it.
    pub(super) fn kind(&self) -> &'static str {
        match self.data {
            Data::Nothing => "nothing",
            Data::Boolean(_) => "a boolean",
            Data::Int(_) => "a whole number",
            Data::Double => "a number",
            Data::Text(_) => "a text",
            Data::List(_) => "a list",
            Data::Map(_) => "a mapping",
        }
    }
}
