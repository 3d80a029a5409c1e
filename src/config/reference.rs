//! The reference of the configuration for people, made from its shape. Only the tests write it: `docs/configuration.md` is
//! committed.

use super::shape::{Key, ROOT, Shape, Table, Vocabulary, Words};

const HEAD: &str = "\
# Configuration

A test writes this page from what otcov accepts; `schemas/otcov.schema.json` says the same to editors. The nearest of `otcov.toml`,
`.otcov.toml`, `[tool.otcov]` in `pyproject.toml`, and `[workspace.metadata.otcov]` or `[package.metadata.otcov]` in `Cargo.toml`
holds, from the scanned path upwards. What is not known is an error with its place. Paths are patterns as in `.gitignore`, from the
directory of the file.
";

pub(crate) fn reference(vocabulary: &Vocabulary<'_>) -> String {
    let mut text = HEAD.to_owned();
    section("", "", &ROOT, vocabulary, &mut text);
    text
}

/// One table, and after it the tables in it.
fn section(path: &str, about: &str, table: &Table, vocabulary: &Vocabulary<'_>, text: &mut String) {
    let plain: Vec<&Key> = table.keys.iter().filter(|it| !is_table(&it.shape)).collect();
    let others = table.others.as_ref().filter(|(_, shape)| !is_table(shape));
    if !path.is_empty() {
        text.push_str(&format!("\n## `{path}`\n\n{about}\n"));
    }
    if !plain.is_empty() || others.is_some() {
        text.push_str("\n| key | value | |\n| --- | --- | --- |\n");
    }
    for key in plain {
        let about = if key.required { format!("{} Must be given.", key.about) } else { key.about.to_owned() };
        text.push_str(&format!("| `{}` | {} | {about} |\n", key.name, value(&key.shape, vocabulary)));
    }
    if let Some((words, shape)) = others {
        text.push_str(&format!("| {} | {} | |\n", keys(*words, vocabulary), value(shape, vocabulary)));
    }
    for key in table.keys {
        inner(path, key.name, key.about, &key.shape, vocabulary, text);
    }
    if let Some((words, shape)) = table.others.as_ref().filter(|(_, shape)| is_table(shape)) {
        let about = format!("For each {}.", words.noun());
        inner(path, &format!("<{}>", words.noun()), &about, shape, vocabulary, text);
    }
}

fn inner(path: &str, name: &str, about: &str, shape: &Shape, vocabulary: &Vocabulary<'_>, text: &mut String) {
    let bare = path.trim_matches(['[', ']']);
    let name = if bare.is_empty() { name.to_owned() } else { format!("{bare}.{name}") };
    match shape {
        Shape::Table(table) => section(&format!("[{name}]"), about, table, vocabulary, text),
        Shape::Tables(table) => section(&format!("[[{name}]]"), about, table, vocabulary, text),
        _ => {}
    }
}

fn is_table(shape: &Shape) -> bool {
    matches!(shape, Shape::Table(_) | Shape::Tables(_))
}

/// What the key may be where it is a word of its own.
fn keys(words: Words, vocabulary: &Vocabulary<'_>) -> String {
    match words {
        Words::Rules => "the name of a rule".to_owned(),
        Words::Names => "the name of a rule, or what another tool calls such findings".to_owned(),
        words => listed(&vocabulary.words(words)),
    }
}

fn value(shape: &Shape, vocabulary: &Vocabulary<'_>) -> String {
    match shape {
        Shape::Whole => "a whole number".to_owned(),
        Shape::Percent => "0 to 100".to_owned(),
        Shape::Flag => "`true` or `false`".to_owned(),
        Shape::Text => "a string".to_owned(),
        Shape::Texts => "a list of strings".to_owned(),
        Shape::TextOrTexts => "a string, or a list of them".to_owned(),
        Shape::Patterns => "a list of path patterns".to_owned(),
        Shape::Argument => "the number of an argument, its keyword, or both in a list".to_owned(),
        Shape::Word(Words::Roles) => "a role, as CONTRIBUTING.md explains them".to_owned(),
        Shape::Word(words) => listed(&vocabulary.words(*words)),
        Shape::WordList(Words::Selectors) => "a list of rules and groups".to_owned(),
        Shape::WordList(words) => format!("a list of {}", listed(&vocabulary.words(*words))),
        Shape::Table(_) | Shape::Tables(_) => String::new(),
    }
}

fn listed(words: &[&str]) -> String {
    words.iter().map(|it| format!("`{it}`")).collect::<Vec<_>>().join(", ")
}
