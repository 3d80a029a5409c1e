//! A TOML document with its positions, and what is wrong in it. Knows nothing of what the keys mean.

use std::fmt;
use std::ops::Range;
use std::path::{Path, PathBuf};

use toml::Spanned;
use toml::de::{DeString, DeTable, DeValue};

pub(crate) type Node<'a> = Spanned<DeValue<'a>>;
pub(crate) type Name<'a> = Spanned<DeString<'a>>;
pub(crate) type Fields<'a> = DeTable<'a>;

/// Everything that is wrong, in the order of the text.
#[derive(Debug)]
pub(crate) struct ConfigError {
    problems: Vec<Problem>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Problem {
    file: PathBuf,
    /// Line and column, from 1.
    position: Option<(usize, usize)>,
    message: String,
}

impl ConfigError {
    /// About a file as a whole.
    pub(crate) fn of_file(file: &Path, message: impl Into<String>) -> ConfigError {
        ConfigError {
            problems: vec![Problem { file: file.to_path_buf(), position: None, message: message.into() }],
        }
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.problems.iter().enumerate() {
            let separator = if index == 0 { "" } else { "\n" };
            write!(f, "{separator}{}", problem.file.display())?;
            if let Some((line, column)) = problem.position {
                write!(f, ":{line}:{column}")?;
            }
            write!(f, ": {}", problem.message)?;
        }
        Ok(())
    }
}

impl std::error::Error for ConfigError {}

/// Collects what is wrong in one document.
pub(crate) struct Problems<'a> {
    file: &'a Path,
    text: &'a str,
    found: Vec<(usize, String)>,
}

impl<'a> Problems<'a> {
    pub(crate) fn new(file: &'a Path, text: &'a str) -> Problems<'a> {
        Problems { file, text, found: Vec::new() }
    }

    pub(crate) fn add(&mut self, place: Range<usize>, message: String) {
        self.found.push((place.start, message));
    }

    pub(crate) fn finish(mut self) -> Result<(), ConfigError> {
        if self.found.is_empty() {
            return Ok(());
        }
        self.found.sort();
        self.found.dedup();
        let problem = |(offset, message): (usize, String)| Problem {
            file: self.file.to_path_buf(),
            position: Some(position(self.text, offset)),
            message,
        };
        Err(ConfigError { problems: self.found.into_iter().map(problem).collect() })
    }
}

pub(crate) fn position(text: &str, offset: usize) -> (usize, usize) {
    let before = text.get(..offset).unwrap_or(text);
    let line_start = before.rfind('\n').map_or(0, |it| it + 1);
    (before.matches('\n').count() + 1, before[line_start..].chars().count() + 1)
}

/// Where a byte of a string stands in the document: `raw` is the string as it is written, with its quotes.
pub(crate) fn offset_in_string(raw: &str, wanted: usize) -> usize {
    let long = raw.starts_with("\"\"\"") || raw.starts_with("'''");
    let mut at = if long { 3 } else { 1 };
    if long && raw[at..].starts_with('\n') {
        at += 1;
    } else if long && raw[at..].starts_with("\r\n") {
        at += 2;
    }
    let escapes = raw.starts_with('"');
    let mut read = 0;
    while read < wanted {
        let rest = &raw[at.min(raw.len())..];
        let Some(first) = rest.chars().next() else { break };
        let (written, means) =
            if escapes && first == '\\' { escape(rest) } else { (first.len_utf8(), first.len_utf8()) };
        at += written;
        read += means;
    }
    at
}

/// How long an escape is, and the text that it stands for.
fn escape(rest: &str) -> (usize, usize) {
    match rest.as_bytes().get(1) {
        Some(kind @ (b'u' | b'U' | b'x')) => {
            let digits = match kind {
                b'u' => 4,
                b'U' => 8,
                _ => 2,
            };
            let number = rest.get(2..2 + digits).and_then(|it| u32::from_str_radix(it, 16).ok());
            (2 + digits, number.and_then(char::from_u32).map_or(1, char::len_utf8))
        }
        // A line that ends so goes on where the next one has text.
        Some(b'\n' | b'\r' | b' ' | b'\t') => (1 + rest[1..].len() - rest[1..].trim_start().len(), 0),
        _ => (2, 1),
    }
}

/// Reads the whole document; what cannot be read at all is one error.
pub(crate) fn parse<'a>(file: &Path, text: &'a str) -> Result<Spanned<Fields<'a>>, ConfigError> {
    DeTable::parse(text).map_err(|error| {
        let mut problems = Problems::new(file, text);
        problems.add(error.span().unwrap_or(0..0), format!("this is not TOML: {}", error.message()));
        problems.finish().err().unwrap_or_else(|| ConfigError::of_file(file, "this is not TOML"))
    })
}

/// The table below a dotted path, if it is there; the error says what is in its place.
pub(crate) fn find<'t, 'a>(fields: &'t Fields<'a>, path: &[&str]) -> Option<&'t Node<'a>> {
    let (first, rest) = path.split_first()?;
    let node = field(fields, first)?;
    if rest.is_empty() { Some(node) } else { find(node.get_ref().as_table()?, rest) }
}

pub(crate) fn field<'t, 'a>(fields: &'t Fields<'a>, name: &str) -> Option<&'t Node<'a>> {
    fields.iter().find(|(key, _)| key.get_ref() == name).map(|(_, value)| value)
}

/// A value's type, as messages call it.
pub(crate) fn kind(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a string",
        DeValue::Integer(_) => "a whole number",
        DeValue::Float(_) => "a number",
        DeValue::Boolean(_) => "a boolean",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}

pub(crate) fn whole(value: &DeValue<'_>) -> Option<i64> {
    let number = value.as_integer()?;
    i64::from_str_radix(&number.as_str().replace('_', ""), number.radix()).ok()
}

pub(crate) fn number(value: &DeValue<'_>) -> Option<f64> {
    match value {
        DeValue::Integer(_) => whole(value).map(|it| it as f64),
        DeValue::Float(it) => it.as_str().replace('_', "").parse().ok(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_byte_of_a_string_is_found_in_the_document() {
        let at = |raw: &'static str, wanted| &raw[offset_in_string(raw, wanted)..];
        assert_eq!(at("'abc'", 1), "bc'");
        assert_eq!(at("\"a\\tb\"", 2), "b\"");
        assert_eq!(at("\"\\u00e9b\"", 2), "b\"");
        assert_eq!(at("'''\nabc'''", 0), "abc'''");
        assert_eq!(at("\"\"\"a\\\n   b\"\"\"", 1), "\\\n   b\"\"\"");
        assert_eq!(at("\"\"\"a\\\n   bc\"\"\"", 2), "c\"\"\"");
    }
}
