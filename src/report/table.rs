//! Tables in columns. `comfy-table` lays them out; the ink is laid on afterwards, because escape codes have no width.

use std::io;

use comfy_table::{Cell as PlainCell, CellAlignment, ContentArrangement, Table, presets};

use super::style::{Ink, Pen};
use super::words::width;

/// What stands in one column of one row: pieces of text, each in its ink, without spaces around them.
#[derive(Clone, Debug, Default)]
pub(super) struct Cell {
    pieces: Vec<(Ink, String)>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Align {
    Left,
    Right,
}

pub(super) struct Grid {
    columns: Vec<Align>,
    rows: Vec<Vec<Cell>>,
    gap: u16,
    indent: u16,
}

impl Cell {
    pub(super) fn new(ink: Ink, text: impl Into<String>) -> Cell {
        Cell { pieces: vec![(ink, text.into())] }
    }

    pub(super) fn plain(text: impl Into<String>) -> Cell {
        Cell::new(Ink::Plain, text)
    }

    pub(super) fn and(mut self, ink: Ink, text: impl Into<String>) -> Cell {
        self.pieces.push((ink, text.into()));
        self
    }

    fn text(&self) -> String {
        self.pieces.iter().map(|(_, text)| text.as_str()).collect()
    }
}

impl Grid {
    pub(super) fn new(columns: Vec<Align>) -> Grid {
        Grid { columns, rows: Vec::new(), gap: 3, indent: 1 }
    }

    pub(super) fn gap(mut self, gap: u16) -> Grid {
        self.gap = gap;
        self
    }

    pub(super) fn indent(mut self, indent: u16) -> Grid {
        self.indent = indent;
        self
    }

    pub(super) fn row(&mut self, cells: Vec<Cell>) {
        self.rows.push(cells);
    }

    /// The columns that the widest line takes.
    pub(super) fn width(&self) -> usize {
        self.lay_out().iter().map(|line| width(line)).max().unwrap_or(0)
    }

    pub(super) fn write(&self, pen: &mut Pen<'_>) -> io::Result<()> {
        for (line, cells) in self.lay_out().iter().zip(&self.rows) {
            paint(line, cells, pen)?;
        }
        Ok(())
    }

    fn lay_out(&self) -> Vec<String> {
        let mut table = Table::new();
        table.load_preset(presets::NOTHING).set_content_arrangement(ContentArrangement::Disabled);
        for row in &self.rows {
            table.add_row(row.iter().map(|cell| PlainCell::new(cell.text())));
        }
        for (at, column) in table.column_iter_mut().enumerate() {
            let left = if at == 0 { self.indent } else { self.gap };
            column.set_padding((left, 0));
            if self.columns.get(at) == Some(&Align::Right) {
                column.set_cell_alignment(CellAlignment::Right);
            }
        }
        table.lines().map(|line| line.trim_end().to_owned()).collect()
    }
}

/// Cells stand in a line in their order with nothing but spaces between them, so each is found by looking on from the last.
fn paint(line: &str, cells: &[Cell], pen: &mut Pen<'_>) -> io::Result<()> {
    let mut rest = line;
    for cell in cells {
        let text = cell.text();
        let Some(at) = rest.find(&text) else { continue };
        pen.text(&rest[..at])?;
        for (ink, piece) in &cell.pieces {
            pen.put(*ink, piece)?;
        }
        rest = &rest[at + text.len()..];
    }
    pen.line(Ink::Plain, rest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::Style;

    fn written(grid: &Grid, color: bool) -> String {
        let mut out = Vec::new();
        let style = Style { color, ..Style::default() };
        grid.write(&mut Pen::new(&mut out, style)).unwrap();
        String::from_utf8(out).unwrap()
    }

    fn sample() -> Grid {
        let mut grid = Grid::new(vec![Align::Left, Align::Right]);
        grid.row(vec![Cell::new(Ink::Strong, "layer"), Cell::plain("calls")]);
        grid.row(vec![Cell::plain("web"), Cell::plain("1/20").and(Ink::Bad, "   5 %")]);
        grid
    }

    #[test]
    fn columns_are_aligned_without_borders() {
        assert_eq!(written(&sample(), false), " layer        calls\n web     1/20   5 %\n");
        assert_eq!(sample().width(), 19);
    }

    #[test]
    fn ink_does_not_move_a_column() {
        let expected = " \u{1b}[1mlayer\u{1b}[0m        calls\n web     1/20\u{1b}[31m   5 %\u{1b}[0m\n";
        assert_eq!(written(&sample(), true), expected);
    }
}
