//! The rules for people: `otcov explain RULE` and `otcov rules`. What is said of a rule comes from its page alone.

mod page;

use std::io::{self, Write};

use serde::Serialize;

use super::Style;
use super::style::{Ink, Pen};
use super::table::{Align, Cell, Grid};
use super::words::{width, wrap};
use crate::rule::{Metadata, Rule};

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum CatalogueFormat {
    Text,
    Markdown,
    Json,
}

impl CatalogueFormat {
    pub(crate) const ALL: [CatalogueFormat; 3] =
        [CatalogueFormat::Text, CatalogueFormat::Markdown, CatalogueFormat::Json];

    pub(crate) fn as_str(self) -> &'static str {
        match self {
            CatalogueFormat::Text => "text",
            CatalogueFormat::Markdown => "markdown",
            CatalogueFormat::Json => "json",
        }
    }
}

/// A rule's page, by its name or by what another tool calls its findings. The outer error is of writing; the inner one is a sentence for the user: there is no such rule.
pub(crate) fn explain(
    rules: &[Rule],
    name: &str,
    style: Style,
    out: &mut dyn Write,
) -> io::Result<Result<(), String>> {
    let by_alias = |it: &&Rule| it.metadata().is_ok_and(|it| it.aliases.iter().any(|it| it == name));
    let Some(rule) = rules.iter().find(|it| it.name == name).or_else(|| rules.iter().find(by_alias)) else {
        return Ok(Err(unknown(rules, name)));
    };
    if !style.color {
        out.write_all(rule.page.as_bytes())?;
        return Ok(Ok(()));
    }
    let mut pen = Pen::new(out, style);
    page::write(rule, &mut pen)?;
    Ok(Ok(()))
}

fn unknown(rules: &[Rule], name: &str) -> String {
    const CLOSE: f64 = 0.75;
    let by_closeness = |rule: &Rule| (strsim::jaro_winkler(rule.name, name), rule.name);
    let best = rules.iter().map(by_closeness).max_by(|(one, _), (other, _)| one.total_cmp(other));
    match best {
        Some((closeness, best)) if closeness >= CLOSE => {
            format!("there is no rule `{name}`; did you mean `{best}`? (`otcov rules` lists them all)")
        }
        _ => format!("there is no rule `{name}`: `otcov rules` lists them all"),
    }
}

/// The catalogue, in the order given. Fails on a page whose front matter cannot be read.
pub(crate) fn rules(
    rules: &[Rule],
    format: CatalogueFormat,
    style: Style,
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut entries = Vec::with_capacity(rules.len());
    for rule in rules {
        let told = rule.metadata().map_err(|why| io::Error::other(format!("{}: {why}", rule.name)))?;
        entries.push((rule.name, told));
    }
    match format {
        CatalogueFormat::Text => text(&entries, &mut Pen::new(out, style)),
        CatalogueFormat::Markdown => markdown(&entries, out),
        CatalogueFormat::Json => json(&entries, out),
    }
}

/// The summary takes what is left of the width, on as many lines as it needs.
fn text(entries: &[(&str, Metadata)], pen: &mut Pen<'_>) -> io::Result<()> {
    const NARROWEST: usize = 24;
    let mut head = Grid::new(vec![Align::Left; 4]).indent(0).gap(2);
    let mut lines = vec![["rule", "level", "languages"].map(str::to_owned).to_vec()];
    for (name, told) in entries {
        lines.push(vec![(*name).to_owned(), told.level.as_str().to_owned(), told.languages.join(", ")]);
    }
    let column = |at: usize| lines.iter().map(|it| width(&it[at])).max().unwrap_or(0) + 2;
    let indent: usize = (0..3).map(column).sum();
    let room = pen.style.columns().saturating_sub(indent).max(NARROWEST);

    let mut group = "";
    head.row(["rule", "level", "languages", "finds"].map(|it| Cell::new(Ink::Faint, it)).to_vec());
    for ((name, told), line) in entries.iter().zip(&lines[1..]) {
        if told.group != group {
            group = &told.group;
            head.row(vec![
                Cell::new(Ink::Faint, format!("# {group}")),
                Cell::default(),
                Cell::default(),
                Cell::default(),
            ]);
        }
        for (at, part) in wrap(&told.summary, room, room).into_iter().enumerate() {
            let first = |ink, text: &str| if at == 0 { Cell::new(ink, text) } else { Cell::default() };
            head.row(vec![
                first(Ink::Strong, name),
                first(Ink::of_level(told.level), &line[1]),
                first(Ink::Plain, &line[2]),
                Cell::plain(part),
            ]);
        }
    }
    head.write(pen)
}

fn markdown(entries: &[(&str, Metadata)], out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "| rule | group | level | languages | finds |")?;
    writeln!(out, "| --- | --- | --- | --- | --- |")?;
    for (name, told) in entries {
        let summary = told.summary.replace('|', "\\|");
        let languages = told.languages.join(", ");
        writeln!(out, "| `{name}` | {} | {} | {languages} | {summary} |", told.group, told.level.as_str())?;
    }
    Ok(())
}

#[derive(Serialize)]
struct Entry<'a> {
    name: &'a str,
    group: &'a str,
    level: &'a str,
    languages: &'a [String],
    since: &'a str,
    summary: &'a str,
}

fn json(entries: &[(&str, Metadata)], out: &mut dyn Write) -> io::Result<()> {
    let list: Vec<Entry<'_>> = entries
        .iter()
        .map(|(name, told)| Entry {
            name,
            group: &told.group,
            level: told.level.as_str(),
            languages: &told.languages,
            since: &told.since,
            summary: &told.summary,
        })
        .collect();
    serde_json::to_writer_pretty(&mut *out, &list)?;
    writeln!(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::tests::sample;

    fn listed(format: CatalogueFormat) -> String {
        let mut out = Vec::new();
        rules(&sample::rules(), format, Style::default(), &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    fn explained(name: &str, color: bool) -> Result<String, String> {
        let mut out = Vec::new();
        let style = Style { color, width: 60, ..Style::default() };
        explain(&sample::rules(), name, style, &mut out).unwrap().map(|()| String::from_utf8(out).unwrap())
    }

    #[test]
    fn the_catalogue_fits_eighty_columns() {
        let expected = "\
rule                  level    languages     finds
# coverage
raw-subprocess        warning  python, rust  A process is started outside any
                                             span, so that nobody sees how long
                                             it ran or that it failed.
# spans
decorator-ends-early  error    python        A decorator closes its span before
                                             the work has run.
";
        assert_eq!(listed(CatalogueFormat::Text), expected);
    }

    #[test]
    fn the_catalogue_is_a_markdown_table_or_json() {
        let row = "| `decorator-ends-early` | spans | error | python | A decorator closes";
        assert!(listed(CatalogueFormat::Markdown).contains(row));
        let json: serde_json::Value = serde_json::from_str(&listed(CatalogueFormat::Json)).unwrap();
        assert_eq!(json[0]["languages"][1], "rust");
    }

    #[test]
    fn a_page_is_its_text_when_it_is_not_read_on_a_terminal() {
        assert_eq!(explained("raw-subprocess", false).unwrap(), sample::rules()[0].page);
    }

    #[test]
    fn a_page_on_a_terminal_has_headings_wrapped_text_and_indented_code() {
        let page = explained("raw-subprocess", true).unwrap();
        let plain = page.replace("\u{1b}[0m", "").replace("\u{1b}[1m", "").replace("\u{1b}[36m", "");
        let expected = "\
What it finds
A process that is started outside any `span`.

- one
- two

Example
    subprocess.run([\"ls\"])
";
        assert!(plain.ends_with(expected), "{plain}");
        assert!(page.contains("\u{1b}[1mWhat it finds\u{1b}[0m"), "{page}");
    }

    #[test]
    fn an_unknown_rule_is_answered_with_the_closest_one() {
        let answer = explained("raw-subproces", false).unwrap_err();
        assert!(answer.contains("did you mean `raw-subprocess`?"), "{answer}");
        assert!(!explained("zzz", false).unwrap_err().contains("mean"));
    }
}
