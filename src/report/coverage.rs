//! The table of coverage by layer and, under it, everything that is in no cell: what is unknown, excluded or unread. It fits the
//! width by leaving out counts first and the ends of long names after that.

use std::borrow::Cow;
use std::io;

use super::Report;
use super::style::{Ink, Pen};
use super::table::{Align, Cell, Grid};
use super::words::{counted, grouped, shortened, whole_percent, width, wrap};
use crate::measure::{Dimension, Layer, OTHER, Tallies, Tally};

/// In the order of the first screen; the others are in the machine-readable reports.
const COLUMNS: [Dimension; 6] = [
    Dimension::EntryPoints,
    Dimension::Functions,
    Dimension::Reach,
    Dimension::Calls,
    Dimension::Errors,
    Dimension::Attributes,
];

pub(super) fn write(report: &Report<'_>, pen: &mut Pen<'_>) -> io::Result<()> {
    title(report, pen)?;
    if let Some(grid) = fitted(report, pen) {
        grid.write(pen)?;
    }
    unknown(report, pen)?;
    excluded(report, pen)?;
    unparsed(report, pen)?;
    pen.end()
}

fn title(report: &Report<'_>, pen: &mut Pen<'_>) -> io::Result<()> {
    let coverage = report.coverage;
    let mut facts = vec![
        counted(report.program.files.len(), "file", "files"),
        counted(coverage.functions as usize, "function", "functions"),
    ];
    let excluded: u32 = coverage.excluded.values().sum();
    if excluded > 0 {
        facts.push(format!("{} excluded", grouped(excluded as usize)));
    }
    if let Some(elapsed) = report.elapsed {
        facts.push(match elapsed.as_millis() {
            millis @ 0..10_000 => format!("{} ms", grouped(millis as usize)),
            _ => format!("{:.1} s", elapsed.as_secs_f64()),
        });
    }
    let dot = format!(" {} ", pen.style.dot());
    pen.put(Ink::Strong, " Telemetry coverage")?;
    pen.line(Ink::Faint, format_args!("   {}", facts.join(&dot)))
}

/// How much of the table is told: each step takes fewer columns than the one before.
#[derive(Clone, Copy)]
struct Detail {
    /// The columns, from the left, that give counts beside the percentage.
    counts: usize,
    gap: u16,
    name: usize,
}

const DETAILS: [Detail; 7] = [
    Detail { counts: 6, gap: 3, name: 40 },
    Detail { counts: 3, gap: 3, name: 24 },
    Detail { counts: 2, gap: 3, name: 24 },
    Detail { counts: 2, gap: 3, name: 16 },
    Detail { counts: 2, gap: 2, name: 16 },
    Detail { counts: 1, gap: 2, name: 16 },
    Detail { counts: 0, gap: 2, name: 12 },
];

/// None where there is nothing to count at all.
fn fitted(report: &Report<'_>, pen: &Pen<'_>) -> Option<Grid> {
    let all = &report.coverage.all;
    let dimensions: Vec<_> = COLUMNS.into_iter().filter(|it| all.get(*it).total > 0).collect();
    if dimensions.is_empty() {
        return None;
    }
    let room = pen.style.columns();
    let grids = DETAILS.iter().map(|detail| grid(report, &dimensions, *detail, pen));
    let mut last = None;
    for grid in grids {
        if grid.width() <= room {
            return Some(grid);
        }
        last = Some(grid);
    }
    last
}

fn grid(report: &Report<'_>, dimensions: &[Dimension], detail: Detail, pen: &Pen<'_>) -> Grid {
    let mut columns = vec![Align::Right; dimensions.len() + 1];
    columns[0] = Align::Left;
    let mut grid = Grid::new(columns).gap(detail.gap);
    let heads = dimensions.iter().map(|it| Cell::new(Ink::Faint, it.as_str().replace('-', " ")));
    let layers = told(report);
    let folder = common_folder(&layers);
    let rows = if report.by_language { "language" } else { "layer" };
    let head = if folder.is_empty() { rows } else { folder };
    let head = shortened_path(head, detail.name, pen.style.ellipsis());
    grid.row(std::iter::once(Cell::new(Ink::Faint, head)).chain(heads).collect());
    for layer in layers.iter() {
        let name = layer.name.strip_prefix(folder).unwrap_or(&layer.name);
        let name = shortened_path(name, detail.name, pen.style.ellipsis());
        grid.row(row(Cell::plain(name), dimensions, &layer.tallies, detail, pen));
    }
    grid.row(row(Cell::new(Ink::Strong, "all"), dimensions, &report.coverage.all, detail, pen));
    grid
}

/// One layer says nothing that the row of all does not, and where all is dark one row will do.
fn told<'a>(report: &'a Report<'_>) -> Cow<'a, [Layer]> {
    let rows = report.rows();
    if (rows.len() > 1 && report.program.uses_telemetry) || report.by_language {
        rows
    } else {
        Cow::default()
    }
}

/// What all names begin with, up to a slash: it stands above the names instead of in each.
fn common_folder(layers: &[Layer]) -> &str {
    let mut names = layers.iter().map(|it| it.name.as_str()).filter(|it| *it != OTHER);
    let Some(mut folder) = names.next() else { return "" };
    for name in names {
        let shared = folder.bytes().zip(name.bytes()).take_while(|(a, b)| a == b).count();
        folder = folder.get(..shared).unwrap_or_default();
    }
    folder.rfind('/').map_or("", |end| &folder[..=end])
}

/// The end of a path tells more than its beginning: directories are left out from the left, as many as need be.
fn shortened_path(path: &str, columns: usize, ellipsis: &str) -> String {
    if width(path) <= columns {
        return path.to_owned();
    }
    let slashes = path.trim_end_matches('/').match_indices('/').map(|(at, _)| at);
    let ends: Vec<String> = slashes.map(|at| format!("{ellipsis}{}", &path[at..])).collect();
    let fitting = ends.iter().find(|it| width(it) <= columns).or_else(|| ends.last());
    shortened(fitting.map_or(path, String::as_str), columns, ellipsis)
}

fn row(name: Cell, dimensions: &[Dimension], tallies: &Tallies, detail: Detail, pen: &Pen<'_>) -> Vec<Cell> {
    let cell = |(at, dimension): (usize, &Dimension)| {
        let tally = tallies.get(*dimension);
        let Some(percent) = whole_percent(tally) else {
            return Cell::new(Ink::Faint, pen.style.nothing());
        };
        let ink = ink_of(percent);
        if at >= detail.counts {
            return Cell::new(ink, format!("{percent} %"));
        }
        Cell::plain(counts(tally)).and(ink, format!(" {percent:>3} %"))
    };
    std::iter::once(name).chain(dimensions.iter().enumerate().map(cell)).collect()
}

fn counts(tally: Tally) -> String {
    format!("{}/{}", grouped(tally.covered as usize), grouped(tally.total as usize))
}

fn ink_of(percent: u32) -> Ink {
    match percent {
        0..40 => Ink::Bad,
        40..80 => Ink::Fair,
        _ => Ink::Good,
    }
}

fn unknown(report: &Report<'_>, pen: &mut Pen<'_>) -> io::Result<()> {
    let count = |dimension| report.coverage.all.get(dimension).unknown as usize;
    let (reach, calls) = (count(Dimension::Reach), count(Dimension::Calls));
    if reach > 0 {
        let functions = counted(reach, "function", "functions");
        aside(&format!("reach cannot be told for {functions}: no caller in the program"), pen)?;
    }
    if calls > 0 {
        let calls = counted(calls, "outgoing call", "outgoing calls");
        aside(&format!("it cannot be told whether {calls} run in a span"), pen)?;
    }
    Ok(())
}

fn excluded(report: &Report<'_>, pen: &mut Pen<'_>) -> io::Result<()> {
    let reasons: Vec<String> = report
        .coverage
        .excluded
        .iter()
        .filter(|(_, count)| **count > 0)
        .map(|(reason, count)| format!("{} {}", grouped(*count as usize), reason.as_str()))
        .collect();
    if reasons.is_empty() { Ok(()) } else { aside(&format!("excluded: {}", reasons.join(", ")), pen) }
}

/// The files that were not read whole, by name where they are few.
pub(super) fn unparsed(report: &Report<'_>, pen: &mut Pen<'_>) -> io::Result<()> {
    const NAMED: usize = 3;
    if report.unparsed.is_empty() {
        return Ok(());
    }
    let shown = if report.verbosity == super::Verbosity::Verbose { report.unparsed.len() } else { NAMED };
    aside(&format!("not read: {}", counted(report.unparsed.len(), "file", "files")), pen)?;
    for (path, reason) in report.unparsed.iter().take(shown) {
        pen.line(Ink::Faint, format_args!("   {path}: {}", super::words::flat(reason)))?;
    }
    if report.unparsed.len() > shown {
        let more = grouped(report.unparsed.len() - shown);
        pen.line(Ink::Faint, format_args!("   {} and {more} more", pen.style.ellipsis()))?;
    }
    Ok(())
}

fn aside(text: &str, pen: &mut Pen<'_>) -> io::Result<()> {
    let room = pen.style.columns() - 3;
    for (at, line) in wrap(text, room, room).iter().enumerate() {
        pen.line(Ink::Faint, format_args!("{}{line}", if at == 0 { " " } else { "   " }))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(names: &[&str]) -> String {
        let layer = |it: &&str| Layer { name: (*it).to_owned(), tallies: Tallies::default(), files: 1 };
        common_folder(&names.iter().map(layer).collect::<Vec<_>>()).to_owned()
    }

    #[test]
    fn what_all_names_begin_with_is_said_once() {
        assert_eq!(folder(&["src/shop/web", "src/shop/*", "src/shop/worker", "other"]), "src/shop/");
        assert_eq!(folder(&["src/shop", "src/shipping"]), "src/");
        assert_eq!(folder(&["commands", "core"]), "");
        assert_eq!(folder(&["src/shop", "tools"]), "");
    }

    #[test]
    fn a_long_path_keeps_its_end() {
        assert_eq!(shortened_path("src/components", 16, "…"), "src/components");
        assert_eq!(shortened_path("src/integrations/components", 16, "…"), "…/components");
        assert_eq!(shortened_path("components_of_a_house", 16, "…"), "components_of_a…");
        assert_eq!(shortened_path("src/integrations/home/", 16, "…"), "…/home/");
        assert_eq!(shortened_path("one/src/prefect/*", 16, "…"), "…/src/prefect/*");
    }
}
