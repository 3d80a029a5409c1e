//! YAML as a tree of plain nodes, each with its place. The parser is named nowhere else.

mod quick;

use std::borrow::Cow;
use std::collections::BTreeMap;

use saphyr_parser::{Event, Parser, ScalarStyle, ScanError, Span};

use super::Spot;

#[derive(Debug, Clone)]
pub(super) struct Node<'t> {
    pub(super) at: Spot,
    pub(super) data: Data<'t>,
}

#[derive(Debug, Clone)]
pub(super) enum Data<'t> {
    Nothing,
    Boolean(bool),
    Int(i64),
    Double,
    Text(Cow<'t, str>),
    List(Vec<Node<'t>>),
    /// In the order of the text; a key that is no text is left out.
    Map(Vec<(Key<'t>, Node<'t>)>),
}

#[derive(Debug, Clone)]
pub(super) struct Key<'t> {
    pub(super) at: Spot,
    pub(super) name: Cow<'t, str>,
}

/// The first document of a text; none if it is empty.
pub(super) fn parse(text: &str, file: usize) -> Result<Option<Node<'_>>, (Spot, String)> {
    if let Some(document) = quick::read(text, file) {
        return Ok(Some(document));
    }
    let said = |document: Option<Node<'static>>| document.filter(|it| !matches!(it.data, Data::Nothing));
    let mut error = match load(text, file) {
        Ok(document) => return Ok(said(document)),
        Err(error) => error,
    };
    // What is written so once is mostly written so everywhere, and a file may be long.
    if mended(text, error.marker().line()).is_some()
        && let Ok(document) = load(&text.split('\n').map(moved).collect::<Vec<_>>().join("\n"), file)
    {
        return Ok(said(document));
    }
    let mut text = Cow::Borrowed(text);
    // Each attempt mends one line.
    for _ in 0..=text.lines().count() {
        let Some(better) = mended(&text, error.marker().line()) else { break };
        text = Cow::Owned(better);
        error = match load(&text, file) {
            Ok(document) => return Ok(said(document)),
            Err(error) => error,
        };
    }
    let at = Spot::new(file, error.marker().line(), error.marker().col() + 1);
    Err((at, error.info().to_owned()))
}

/// A bracket that closes at the indentation of what opened it is not YAML to the letter, yet what most people use reads it, and the
/// conventions themselves have it. Moved to the right, it is YAML; nothing is ever told of a closing bracket.
fn mended(text: &str, line: usize) -> Option<String> {
    let mut lines: Vec<Cow<'_, str>> = text.split('\n').map(Cow::Borrowed).collect();
    let closing = lines.get_mut(line.checked_sub(1)?)?;
    let Cow::Borrowed(before) = *closing else { return None };
    *closing = moved(before);
    matches!(closing, Cow::Owned(_)).then(|| lines.join("\n"))
}

/// A line that closes a bracket, moved to the right; any other as it is.
fn moved(line: &str) -> Cow<'_, str> {
    let inner = line.trim_start();
    if !inner.starts_with([']', '}']) || line.len() - inner.len() > DEEPEST {
        return Cow::Borrowed(line);
    }
    Cow::Owned(format!("{}{line}", " ".repeat(DEEPEST + 1)))
}

/// No registry is indented deeper.
const DEEPEST: usize = 60;

fn load(text: &str, file: usize) -> Result<Option<Node<'static>>, ScanError> {
    let mut builder = Builder { file, ..Builder::default() };
    for event in Parser::new_from_str(text) {
        let (event, span) = event?;
        builder.take(event, span);
    }
    Ok(builder.document)
}

/// Puts nodes together from the events of the parser.
#[derive(Default)]
struct Builder {
    file: usize,
    /// What was opened and is not closed.
    open: Vec<Open>,
    /// Nodes that others may stand for, by their number.
    anchors: BTreeMap<usize, Node<'static>>,
    /// The first document that came to its end.
    document: Option<Node<'static>>,
}

struct Open {
    at: Spot,
    anchor: usize,
    inside: Inside,
}

enum Inside {
    List(Vec<Node<'static>>),
    /// With the key that waits for its value; it has no name if it is no text.
    Map(Vec<(Key<'static>, Node<'static>)>, Option<Option<Key<'static>>>),
}

impl Builder {
    fn take(&mut self, event: Event<'_>, span: Span) {
        let at = Spot::new(self.file, span.start.line(), span.start.col() + 1);
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                let is_text = style != ScalarStyle::Plain || tag.is_some_and(|it| it.suffix == "str");
                let data = if is_text {
                    Data::Text(Cow::Owned(text.into_owned()))
                } else {
                    plain(Cow::Owned(text.into_owned()))
                };
                self.put(Node { at, data }, anchor);
            }
            Event::Alias(anchor) => {
                let node = self.anchors.get(&anchor).cloned().unwrap_or(Node { at, data: Data::Nothing });
                self.put(node, 0);
            }
            Event::SequenceStart(anchor, _) => {
                self.open.push(Open { at, anchor, inside: Inside::List(Vec::new()) });
            }
            Event::MappingStart(anchor, _) => {
                self.open.push(Open { at, anchor, inside: Inside::Map(Vec::new(), None) });
            }
            Event::SequenceEnd | Event::MappingEnd => {
                if let Some(Open { at, anchor, inside }) = self.open.pop() {
                    let data = match inside {
                        Inside::List(items) => Data::List(items),
                        Inside::Map(entries, _) => Data::Map(entries),
                    };
                    self.put(Node { at, data }, anchor);
                }
            }
            _ => {}
        }
    }

    /// A node that is complete goes into what is open around it.
    fn put(&mut self, node: Node<'static>, anchor: usize) {
        if anchor > 0 {
            self.anchors.insert(anchor, node.clone());
        }
        match self.open.last_mut().map(|it| &mut it.inside) {
            None => drop(self.document.get_or_insert(node)),
            Some(Inside::List(items)) => items.push(node),
            Some(Inside::Map(entries, waiting)) => match waiting.take() {
                None => {
                    let Node { at, data } = node;
                    let key = match data {
                        Data::Text(name) => Some(Key { at, name }),
                        _ => None,
                    };
                    *waiting = Some(key);
                }
                Some(Some(key)) => entries.push((key, node)),
                Some(None) => {}
            },
        }
    }
}

/// A scalar without quotes, by the core schema of YAML.
fn plain(text: Cow<'_, str>) -> Data<'_> {
    match text.as_ref() {
        "" | "~" | "null" | "Null" | "NULL" => return Data::Nothing,
        "true" | "True" | "TRUE" => return Data::Boolean(true),
        "false" | "False" | "FALSE" => return Data::Boolean(false),
        _ => {}
    }
    let is_number = text.starts_with(|it: char| it.is_ascii_digit() || matches!(it, '-' | '+' | '.'));
    if is_number {
        let radix = |prefix: &str, radix| i64::from_str_radix(text.strip_prefix(prefix)?, radix).ok();
        if let Some(number) = text.parse().ok().or_else(|| radix("0x", 16)).or_else(|| radix("0o", 8)) {
            return Data::Int(number);
        }
        let bare = text.trim_start_matches(['-', '+']);
        if text.parse::<f64>().is_ok() || matches!(bare, ".inf" | ".Inf" | ".INF" | ".nan" | ".NaN" | ".NAN")
        {
            return Data::Double;
        }
    }
    Data::Text(text)
}

impl<'t> Node<'t> {
    pub(super) fn get(&self, name: &str) -> Option<&Node<'t>> {
        let value = self.entries().iter().find(|(key, _)| key.name == name).map(|(_, value)| value);
        value.filter(|it| !matches!(it.data, Data::Nothing))
    }

    pub(super) fn text(&self) -> Option<&str> {
        match &self.data {
            Data::Text(text) => Some(text),
            _ => None,
        }
    }

    pub(super) fn entries(&self) -> &[(Key<'t>, Node<'t>)] {
        match &self.data {
            Data::Map(entries) => entries,
            _ => &[],
        }
    }

    pub(super) fn items(&self) -> Option<&[Node<'t>]> {
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
