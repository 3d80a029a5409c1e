//! Holds a document against the shape of a configuration: unknown keys, wrong types, unknown words, broken patterns.

use std::ops::Range;
use std::path::Path;

use toml::de::DeValue;

use super::document::{self, Fields, Name, Node, Problems};
use super::shape::{Shape, Table, Vocabulary, Words};
use crate::patterns::PathSet;

pub(crate) struct Checker<'a, 'p> {
    pub(crate) vocabulary: &'a Vocabulary<'a>,
    pub(crate) problems: &'a mut Problems<'p>,
}

impl Checker<'_, '_> {
    /// `path` is how the table is called in messages: `scan`, `gate.layer`; empty at the top.
    pub(crate) fn table(&mut self, fields: &Fields<'_>, table: &Table, path: &str, whole: Range<usize>) {
        for (name, value) in fields.iter() {
            let place = Place { table: path, key: name.get_ref() };
            if let Some(key) = table.keys.iter().find(|it| it.name == name.get_ref()) {
                self.value(value, &key.shape, &place);
            } else if let Some(shape) = self.other(table, name) {
                if table.others.as_ref().is_some_and(|it| it.0 == Words::Patterns) {
                    self.is_pattern(name.get_ref(), name.span());
                }
                self.value(value, shape, &place);
            } else {
                self.unknown_key(table, name, path);
            }
        }
        for key in table.keys.iter().filter(|it| it.required) {
            if document::field(fields, key.name).is_none() {
                self.problems.add(whole.clone(), format!("[[{path}]] needs `{}`", key.name));
            }
        }
    }

    fn other(&self, table: &Table, name: &Name<'_>) -> Option<&'static Shape> {
        let (words, shape) = table.others.as_ref()?;
        let known = matches!(words, Words::Any | Words::Patterns)
            || self.vocabulary.words(*words).contains(&&**name.get_ref());
        known.then_some(*shape)
    }

    fn unknown_key(&mut self, table: &Table, name: &Name<'_>, path: &str) {
        let mut known: Vec<&str> = table.keys.iter().map(|it| it.name).collect();
        let others = table.others.as_ref().map(|(words, _)| *words);
        if let Some(words) = others {
            known.extend(self.vocabulary.words(words));
        }
        let what = match others {
            Some(words) if table.keys.is_empty() => words.noun().to_owned(),
            Some(words) => format!("key or {}", words.noun()),
            None => "key".to_owned(),
        };
        let place = if path.is_empty() { String::new() } else { format!(" in [{path}]") };
        let hint = hint(name.get_ref(), &known);
        self.problems.add(name.span(), format!("unknown {what} `{}`{place}{hint}", name.get_ref()));
    }

    fn value(&mut self, node: &Node<'_>, shape: &'static Shape, place: &Place<'_>) {
        let value = node.get_ref();
        let fits = match shape {
            Shape::Whole => document::whole(value).is_some_and(|it| it >= 0),
            Shape::Percent => document::number(value).is_some_and(|it| (0.0..=100.0).contains(&it)),
            Shape::Text => value.as_str().is_some_and(|it| !it.is_empty()),
            Shape::Flag => value.is_bool(),
            Shape::TextOrTexts => value.is_str() || texts(value).is_some(),
            Shape::Argument => is_argument(value),
            Shape::Word(_) => value.is_str(),
            Shape::Texts | Shape::Patterns | Shape::WordList(_) => texts(value).is_some(),
            Shape::Table(_) => value.is_table(),
            Shape::Tables(_) => {
                value.as_array().is_some_and(|it| it.iter().all(|it| it.get_ref().is_table()))
            }
        };
        if !fits {
            let message = format!("{place} must be {}, not {}", expected(shape), found(value));
            return self.problems.add(node.span(), message);
        }
        self.inside(node, shape, place);
    }

    /// What a value of the right type may still have wrong inside.
    fn inside(&mut self, node: &Node<'_>, shape: &'static Shape, place: &Place<'_>) {
        let value = node.get_ref();
        match shape {
            Shape::Word(words) => self.word(node, *words),
            Shape::WordList(words) => items(value).iter().for_each(|it| self.word(it, *words)),
            Shape::Patterns => items(value).iter().for_each(|it| self.pattern(it)),
            Shape::Table(table) => {
                if let Some(fields) = value.as_table() {
                    self.table(fields, table, &place.path(), node.span());
                }
            }
            Shape::Tables(table) => {
                for item in items(value) {
                    if let Some(fields) = item.get_ref().as_table() {
                        self.table(fields, table, &place.path(), item.span());
                    }
                }
            }
            _ => {}
        }
    }

    fn word(&mut self, node: &Node<'_>, words: Words) {
        let Some(word) = node.get_ref().as_str() else { return };
        let known = self.vocabulary.words(words);
        if !known.contains(&word) {
            let message = format!("unknown {} `{word}`{}", words.noun(), hint_or_list(word, &known));
            self.problems.add(node.span(), message);
        }
    }

    fn pattern(&mut self, node: &Node<'_>) {
        if let Some(pattern) = node.get_ref().as_str() {
            self.is_pattern(pattern, node.span());
        }
    }

    fn is_pattern(&mut self, pattern: &str, place: Range<usize>) {
        if let Err(error) = PathSet::new(Path::new("/"), &[pattern.to_owned()]) {
            self.problems.add(place, format!("`{pattern}` is not a path pattern: {}", error.reason));
        }
    }
}

fn is_argument(value: &DeValue<'_>) -> bool {
    let index = |it: &DeValue<'_>| document::whole(it).is_some_and(|it| (0..256).contains(&it));
    match items(value) {
        [first, second] => index(first.get_ref()) && second.get_ref().is_str(),
        _ => value.is_str() || index(value),
    }
}

/// A key in its table, for messages.
struct Place<'a> {
    table: &'a str,
    key: &'a str,
}

impl Place<'_> {
    fn path(&self) -> String {
        if self.table.is_empty() { self.key.to_owned() } else { format!("{}.{}", self.table, self.key) }
    }
}

impl std::fmt::Display for Place<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "`{}`", self.path())
    }
}

fn expected(shape: &Shape) -> &'static str {
    match shape {
        Shape::Whole => "a whole number, 0 or more",
        Shape::Percent => "a number from 0 to 100",
        Shape::Flag => "true or false",
        Shape::Text => "a string that is not empty",
        Shape::TextOrTexts => "a string or a list of strings",
        Shape::Word(_) => "a string",
        Shape::Texts | Shape::Patterns | Shape::WordList(_) => "a list of strings",
        Shape::Argument => "the number of an argument, its keyword, or both in a list",
        Shape::Table(_) => "a table",
        Shape::Tables(_) => "a list of tables",
    }
}

/// What is there instead; numbers are shown, because they may be of the right type and out of range.
fn found(value: &DeValue<'_>) -> String {
    match value {
        DeValue::Integer(it) => it.as_str().to_owned(),
        DeValue::Float(it) => it.as_str().to_owned(),
        DeValue::String(it) if it.is_empty() => "an empty string".to_owned(),
        DeValue::Array(it) => match it.iter().find(|it| !it.get_ref().is_str()) {
            Some(item) => format!("a list with {}", document::kind(item.get_ref())),
            None => "a list".to_owned(),
        },
        other => document::kind(other).to_owned(),
    }
}

fn items<'t, 'a>(value: &'t DeValue<'a>) -> &'t [Node<'a>] {
    value.as_array().map_or(&[], |it| it)
}

/// The strings of a list, if it is one and holds nothing else.
pub(crate) fn texts(value: &DeValue<'_>) -> Option<Vec<String>> {
    value.as_array()?.iter().map(|it| it.get_ref().as_str().map(str::to_owned)).collect()
}

/// `; did you mean …?`, or nothing where no word is near.
pub(crate) fn hint(word: &str, known: &[&str]) -> String {
    let near = known.iter().map(|it| (strsim::damerau_levenshtein(word, it), it));
    let best = near.min_by(|a, b| a.cmp(b)).filter(|(distance, _)| *distance <= word.len().div_ceil(3));
    best.map_or_else(String::new, |(_, it)| format!("; did you mean `{it}`?"))
}

/// The nearest word, or all of them where none is near and they are few.
pub(crate) fn hint_or_list(word: &str, known: &[&str]) -> String {
    let hint = hint(word, known);
    if !hint.is_empty() || known.len() > 8 {
        return hint;
    }
    let quoted: Vec<String> = known.iter().map(|it| format!("`{it}`")).collect();
    format!("; one of {}", quoted.join(", "))
}
