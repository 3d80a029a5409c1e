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
