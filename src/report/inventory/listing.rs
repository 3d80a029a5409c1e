//! The inventory for people: one compact table for each kind.

use std::collections::BTreeMap;
use std::io::{self, Write};

use super::FileFacts;
use super::kinds::Record;
use crate::program::Program;
use crate::report::Style;
use crate::report::style::{Ink, Pen};
use crate::report::table::{Align, Cell, Grid};
use crate::report::words::{flat, grouped, shortened};
use crate::text::Symbol;

/// The kinds in the order of the documentation, each with the keys worth a column; the rest is in the records.
const KINDS: [(&str, &[&str]); 12] = [
    ("function", &["name", "state", "entry_point", "excluded_because"]),
    ("span", &["name", "style", "activated"]),
    ("attribute", &["key", "target", "value_type", "status", "replacement"]),
    ("event", &["name", "attributes"]),
    ("metric", &["name", "instrument", "unit", "recorded"]),
    ("process", &["call", "in_span", "via_wrapper"]),
    ("call", &["call", "category", "covered_by"]),
    ("handler", &["in_span", "recorded", "reraises", "logs"]),
    ("handoff", &["call", "mechanism", "propagates"]),
    ("log", &["call", "style"]),
    ("setup", &["what", "call", "detail"]),
    ("env", &["name", "value", "known"]),
];

const WIDEST: usize = 36;

pub(super) fn write(
    program: &Program,
    facts: &[FileFacts<'_>],
    style: Style,
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut rows: BTreeMap<&str, Vec<Vec<Cell>>> = BTreeMap::new();
    for file in facts {
        for (common, fact) in file.sorted(program) {
            let Some((kind, keys)) = KINDS.iter().find(|(kind, _)| *kind == common.kind) else { continue };
            let mut record = Row { keys, style, values: vec![Cell::plain(style.nothing()); keys.len()] };
            fact.keys(program, &mut record);
            let mut cells = vec![Cell::new(Ink::Faint, format!("{}:{}", common.file, common.line))];
            cells.append(&mut record.values);
            rows.entry(kind).or_default().push(cells);
        }
    }
    let mut pen = Pen::new(out, style);
    for (kind, keys) in KINDS {
        if let Some(rows) = rows.remove(kind) {
            table(kind, keys, rows, &mut pen)?;
        }
    }
    pen.flush()
}

fn table(kind: &str, keys: &[&str], rows: Vec<Vec<Cell>>, pen: &mut Pen<'_>) -> io::Result<()> {
    pen.put(Ink::Strong, format_args!(" {kind}"))?;
    pen.line(Ink::Faint, format_args!("   {}", grouped(rows.len())))?;
    let mut grid = Grid::new(vec![Align::Left; keys.len() + 1]).gap(2);
    let heads = std::iter::once("place".to_owned()).chain(keys.iter().map(|it| it.replace('_', " ")));
    grid.row(heads.map(|it| Cell::new(Ink::Faint, it)).collect());
    for row in rows {
        grid.row(row);
    }
    grid.write(pen)?;
    pen.end()
}

/// Keeps the keys that have a column.
struct Row<'k> {
    keys: &'k [&'k str],
    style: Style,
    values: Vec<Cell>,
}

impl Row<'_> {
    fn put(&mut self, key: &str, text: &str) {
        if let Some(at) = self.keys.iter().position(|it| *it == key) {
            let text = shortened(&flat(text), WIDEST, self.style.ellipsis());
            self.values[at] = Cell::plain(text.trim());
        }
    }
}

impl Record for Row<'_> {
    fn text(&mut self, key: &'static str, value: &str) {
        self.put(key, value);
    }

    /// The cell already says that there is nothing.
    fn null(&mut self, _key: &'static str) {}

    fn flag(&mut self, key: &'static str, value: bool) {
        self.put(key, if value { "yes" } else { "no" });
    }

    fn list(&mut self, key: &'static str, values: &[Symbol]) {
        if !values.is_empty() {
            self.put(key, &values.iter().map(|it| it.as_str()).collect::<Vec<_>>().join(", "));
        }
    }
}
