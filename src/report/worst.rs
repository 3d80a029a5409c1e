//! Where to start: the entry points that set off the most work nobody sees, or, without entry points, the files with the most dark
//! functions. It takes the numbers as they were measured.

use std::cmp::Reverse;
use std::io;

use super::Report;
use super::style::{Ink, Pen};
use super::table::{Align, Cell, Grid};
use super::words::{counted, width, wrap};
use crate::measure::Unseen;
use crate::program::{FuncId, State};
use crate::text::FileId;

const SHOWN: usize = 8;
/// Where each takes two lines.
const SHOWN_TALL: usize = 5;
/// What a program without any telemetry is told to begin with.
const FIRST_STEPS: usize = 3;

/// A row of the list.
struct Spot {
    file: FileId,
    line: Option<u32>,
    what: String,
    work: String,
}

pub(super) fn write(report: &Report<'_>, pen: &mut Pen<'_>) -> io::Result<()> {
    if !report.program.uses_telemetry {
        return first_steps(report, pen);
    }
    let entries = dark_entries(report, SHOWN);
    let (why, spots) = if entries.is_empty() {
        ("files with the most dark functions", dark_files(report, SHOWN))
    } else {
        ("entry points that start the most unseen work", entries)
    };
    if spots.is_empty() {
        return Ok(());
    }
    pen.put(Ink::Strong, " Dark where it matters")?;
    pen.line(Ink::Faint, format_args!("   {why}"))?;
    list(report, &spots, pen)?;
    pen.end()
}

fn first_steps(report: &Report<'_>, pen: &mut Pen<'_>) -> io::Result<()> {
    let files = counted(report.program.files.len(), "file", "files");
    let say = |text: &str, pen: &mut Pen<'_>| {
        let room = pen.style.columns() - 1;
        wrap(text, room, room).iter().try_for_each(|line| pen.line(Ink::Plain, format_args!(" {line}")))
    };
    pen.line(Ink::Strong, " Nothing here is traced yet")?;
    say(
        &format!("No OpenTelemetry or other tracing library is used in {files}, so all of it is dark."),
        pen,
    )?;
    let entries = dark_entries(report, FIRST_STEPS);
    if entries.is_empty() {
        say("A first step: set up an OpenTelemetry SDK, and open a span where the program starts.", pen)?;
    } else {
        say("A first step: set up an OpenTelemetry SDK, and open a span in what starts the most work:", pen)?;
        list(report, &entries, pen)?;
    }
    pen.end()
}

fn dark_entries(report: &Report<'_>, limit: usize) -> Vec<Spot> {
    let entries = report.coverage.dark_entry_points.iter();
    let matters = entries.filter(|(id, unseen)| is_place_to_start(report, *id, unseen));
    matters.take(limit).map(|(id, unseen)| entry_spot(report, *id, unseen)).collect()
}

/// What runs in the spans of its callers, or only passes the call on to what has spans, is not where to start; nor is an example
/// or a script that stands apart.
fn is_place_to_start(report: &Report<'_>, id: FuncId, unseen: &Unseen) -> bool {
    let file = report.program.function(id).file;
    if report.program.file(file).beside || report.program.is_apart(file) {
        return false;
    }
    let inherits = report.program.function(id).state == State::Inherited;
    let passes_on = unseen.hands_over && unseen.outgoing() == 0;
    !inherits && !passes_on && unseen.functions + unseen.outgoing() > 0
}

fn entry_spot(report: &Report<'_>, id: FuncId, unseen: &Unseen) -> Spot {
    let function = report.program.function(id);
    let line = report.program.position(report.program.head(id)).line;
    let kind = function.entry_point.map_or("", |it| it.kind.as_str());
    let name = function.name.as_str();
    let what = if name.is_empty() { format!("({kind})") } else { format!("{name} ({kind})") };
    Spot { file: function.file, line: Some(line), what, work: told(unseen) }
}

fn dark_files(report: &Report<'_>, limit: usize) -> Vec<Spot> {
    let program = report.program;
    let mut files = vec![Unseen::default(); program.files.len()];
    for (id, function) in program.function_ids() {
        let is_dark = program.eligible(id) && function.state == State::Dark;
        files[function.file.index()].functions += u32::from(is_dark);
    }
    let file_of = |id: FuncId| program.function(id).file.index();
    for process in program.processes.iter().filter(|it| !it.covered) {
        files[file_of(process.at.function)].processes += 1;
    }
    for call in program.calls.iter().filter(|it| it.covered_by.is_none()) {
        *files[file_of(call.at.function)].calls.entry(call.category).or_default() += 1;
    }
    let mut ranked: Vec<_> = files.iter().enumerate().filter(|(_, unseen)| unseen.functions > 0).collect();
    ranked.sort_by_key(|(at, unseen)| (Reverse(unseen.functions), Reverse(unseen.outgoing()), *at));
    let spot = |(at, unseen): (usize, &Unseen)| Spot {
        file: FileId(at as u32),
        line: None,
        what: String::new(),
        work: told(unseen),
    };
    ranked.into_iter().take(limit).map(spot).collect()
}

fn told(unseen: &Unseen) -> String {
    let outgoing = unseen.calls.iter().map(|(category, count)| (*count, category.words()));
    let mut all =
        vec![(unseen.functions, ("function", "functions")), (unseen.processes, ("process", "processes"))];
    all.extend(outgoing);
    let parts: Vec<String> = all
        .into_iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, (one, many))| counted(count as usize, one, many))
        .collect();
    parts.join(", ")
}

/// One row each where all of them fit, if need be with paths from the root of the scan; else two lines each, because a path must
/// stay whole.
fn list(report: &Report<'_>, spots: &[Spot], pen: &mut Pen<'_>) -> io::Result<()> {
    let room = pen.style.columns();
    let whole = places(spots, |file| report.path(file));
    let short = places(spots, |file| report.path_from_root(file));
    for (places, is_short) in [(&whole, false), (&short, true)] {
        let rows = grid(spots, places);
        if rows.width() <= room {
            from_where(report, is_short && whole != short, pen)?;
            return rows.write(pen);
        }
    }
    let fits = whole.iter().take(SHOWN_TALL).all(|it| width(it) + 3 <= room);
    from_where(report, !fits, pen)?;
    tall(spots, if fits { &whole } else { &short }, pen)
}

fn places(spots: &[Spot], path: impl Fn(FileId) -> String) -> Vec<String> {
    let place = |it: &Spot| match it.line {
        Some(line) => format!("{}:{line}", path(it.file)),
        None => path(it.file),
    };
    spots.iter().map(place).collect()
}

fn from_where(report: &Report<'_>, is_short: bool, pen: &mut Pen<'_>) -> io::Result<()> {
    if is_short { pen.line(Ink::Faint, format_args!("   in {}:", report.root)) } else { Ok(()) }
}

fn grid(spots: &[Spot], places: &[String]) -> Grid {
    let is_named = spots.iter().any(|it| !it.what.is_empty());
    let mut grid = Grid::new(vec![Align::Left; 3]).indent(3).gap(2);
    for (spot, place) in spots.iter().zip(places) {
        let what = is_named.then(|| Cell::new(Ink::Strong, &spot.what));
        let cells = [Some(Cell::plain(place)), what, Some(Cell::plain(&spot.work))];
        grid.row(cells.into_iter().flatten().collect());
    }
    grid
}

fn tall(spots: &[Spot], places: &[String], pen: &mut Pen<'_>) -> io::Result<()> {
    let spots = &spots[..spots.len().min(SHOWN_TALL)];
    let longest = spots.iter().map(|it| width(&it.what)).max().unwrap_or(0);
    for (spot, place) in spots.iter().zip(places) {
        pen.line(Ink::Plain, format_args!("   {place}"))?;
        pen.text("     ")?;
        if longest > 0 {
            pen.put(Ink::Strong, &spot.what)?;
            pen.text(format_args!("{:1$}", "", longest - width(&spot.what) + 2))?;
        }
        pen.line(Ink::Plain, &spot.work)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::program::EntryKind;
    use crate::report::Format;
    use crate::report::tests::sample::{Sample, rendered};

    /// An entry point in each of the files, with as many functions below it as its place in the list.
    fn written(root: &str, files: &[&str]) -> String {
        let mut sample = Sample::default();
        for (at, path) in files.iter().enumerate() {
            let file = sample.file(path, "def start():\n");
            let function = sample.function(file, "start");
            sample.entry(function, EntryKind::Cli);
            let unseen = Unseen { functions: at as u32, ..Unseen::default() };
            sample.coverage.dark_entry_points.push((function, unseen));
        }
        let sources = sample.sources();
        let mut report = sample.report(&sources);
        report.root = root;
        let text = rendered(&report, Format::Human);
        let (_, list) = text.split_once("unseen work\n").unwrap();
        list.split_once("\n\n").unwrap().0.to_owned()
    }

    #[test]
    fn an_entry_point_that_starts_nothing_is_no_place_to_start() {
        assert_eq!(written(".", &["a.py", "b.py"]), "   b.py:1  start (cli)  1 function");
    }

    #[test]
    fn paths_are_told_from_the_root_of_the_scan_where_the_whole_ones_do_not_fit() {
        let root = "/a/directory/that/is/far/away/from/where/the/user/stands";
        let text = written(root, &["a.py", "b.py", "c.py"]);
        assert_eq!(
            text,
            format!("   in {root}:\n   b.py:1  start (cli)  1 function\n   c.py:1  start (cli)  2 functions")
        );
        assert_eq!(written("src", &["a.py", "b.py"]), "   src/b.py:1  start (cli)  1 function");
    }

    #[test]
    fn a_long_path_takes_a_line_of_its_own() {
        let long = format!("{}/b.py", "deep".repeat(16));
        assert_eq!(written(".", &["a.py", &long]), format!("   {long}:1\n     start (cli)  1 function"));
    }
}
