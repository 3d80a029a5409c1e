//! Where to start: the entry points that set off the most work nobody sees, or, without entry points, the files with the most dark
//! functions.

use std::io;

use rayon::prelude::*;

use super::Report;
use super::style::{Ink, Pen};
use super::table::{Align, Cell, Grid};
use super::words::{counted, grouped, width, wrap};
use crate::program::{CallCategory, FuncId, Program, State};

const SHOWN: usize = 8;
/// Where each takes two lines.
const SHOWN_TALL: usize = 5;
/// How many functions are followed from one entry point. Sets that overlap can only be counted one by one, and past this the number
/// itself says enough.
const FOLLOWED: usize = 2_000;
/// What a program without any telemetry is told to begin with.
const FIRST_STEPS: usize = 3;

/// Dark work: functions that open no span, and what goes out of them unseen.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
struct Work {
    functions: usize,
    processes: usize,
    calls: [usize; CATEGORIES.len()],
    /// Not all of it was followed: the numbers are at least these.
    more: bool,
}

const CATEGORIES: [(CallCategory, &str, &str); 5] = [
    (CallCategory::Http, "HTTP call", "HTTP calls"),
    (CallCategory::Db, "DB call", "DB calls"),
    (CallCategory::Messaging, "message", "messages"),
    (CallCategory::Rpc, "RPC call", "RPC calls"),
    (CallCategory::Llm, "LLM call", "LLM calls"),
];

/// A row of the list.
#[derive(Debug)]
struct Spot {
    place: String,
    what: String,
    work: Work,
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
    list(&spots, pen)?;
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
        list(&entries, pen)?;
    }
    pen.end()
}

fn dark_entries<'a>(report: &'a Report<'_>, limit: usize) -> Vec<Spot<'a>> {
    let entries = report.coverage.dark_entry_points.iter();
    let matters = entries.filter(|(id, unseen)| {
        let inherits = report.program.function(*id).state == State::Inherited;
        let passes_on = unseen.hands_over && unseen.outgoing() == 0;
        !inherits && !passes_on && unseen.functions + unseen.outgoing() > 0
    });
    matters.take(limit).map(|(id, unseen)| entry_spot(report, *id, told(unseen))).collect()
}

fn entry_spot<'a>(report: &'a Report<'_>, id: FuncId, work: String) -> Spot<'a> {
    let function = report.program.function(id);
    let line = report.program.position(report.program.head(id)).line;
    let kind = function.entry_point.map_or("", |it| it.kind.as_str());
    let name = function.name.as_str();
    let what = if name.is_empty() { format!("({kind})") } else { format!("{name} ({kind})") };
    Spot { report, file: function.file, line: Some(line), what, work }
}

fn dark_files(report: &Report<'_>, limit: usize) -> Vec<Spot> {
    let program = report.program;
    let outgoing = Outgoing::new(program);
    let mut works = vec![Work::default(); program.files.len()];
    for (id, function) in program.function_ids() {
        let work = &mut works[function.file.index()];
        work.add_function(program, id);
        work.add_outgoing(outgoing.of(id));
    }
    let mut ranked: Vec<_> = works.into_iter().enumerate().filter(|(_, work)| work.functions > 0).collect();
    ranked.sort_by(|(at, work), (other_at, other)| other.cmp(work).then(at.cmp(other_at)));
    let spot = |(at, work): (usize, Work)| {
        let place = report.path(crate::text::FileId(at as u32));
        Spot { place, what: String::new(), work }
    };
    ranked.into_iter().take(limit).map(spot).collect()
}

/// What leaves each function outside any span, found by the function.
struct Outgoing {
    of: Vec<Option<Box<Work>>>,
}

impl Outgoing {
    fn new(program: &Program) -> Outgoing {
        let mut of: Vec<Option<Box<Work>>> = Vec::new();
        of.resize_with(program.functions.len(), || None);
        let mut outgoing = Outgoing { of };
        for process in program.processes.iter().filter(|it| !it.covered) {
            outgoing.work(process.at.function).processes += 1;
        }
        for call in program.calls.iter().filter(|it| it.covered_by.is_none()) {
            // Processes have a table of their own.
            if let Some(at) = CATEGORIES.iter().position(|(category, ..)| *category == call.category) {
                outgoing.work(call.at.function).calls[at] += 1;
            }
        }
        outgoing
    }

    fn work(&mut self, function: FuncId) -> &mut Work {
        self.of[function.index()].get_or_insert_default()
    }

    fn of(&self, function: FuncId) -> Option<&Work> {
        self.of[function.index()].as_deref()
    }
}

impl Work {
    fn add_function(&mut self, program: &Program, id: FuncId) {
        self.functions += usize::from(program.eligible(id) && program.function(id).state == State::Dark);
    }

    fn add_outgoing(&mut self, other: Option<&Work>) {
        let Some(other) = other else { return };
        self.processes += other.processes;
        for (mine, theirs) in self.calls.iter_mut().zip(other.calls) {
            *mine += theirs;
        }
    }

    fn told(&self) -> String {
        let mut parts = Vec::new();
        let mut add = |count: usize, one: &str, many: &str| {
            if count > 0 && self.more {
                parts.push(format!("{}+ {many}", grouped(count)));
            } else if count > 0 {
                parts.push(counted(count, one, many));
            }
        };
        add(self.functions, "function", "functions");
        add(self.processes, "process", "processes");
        for (count, (_, one, many)) in self.calls.iter().zip(CATEGORIES) {
            add(*count, one, many);
        }
        parts.join(", ")
    }
}

/// A search through callees that is used for one entry point after the other without being cleared in between.
struct Walk<'a> {
    program: &'a Program,
    /// The round in which a function was last seen.
    seen: Vec<u32>,
    round: u32,
    /// The nearest first, so that a search that is cut short has seen what is close.
    found: Vec<FuncId>,
}

impl<'a> Walk<'a> {
    fn new(program: &'a Program) -> Walk<'a> {
        Walk { program, seen: vec![0; program.functions.len()], round: 0, found: Vec::new() }
    }

    /// All the dark work that a call of this function can start, short of what runs in a span of its own.
    fn from(&mut self, entry: FuncId, outgoing: &Outgoing) -> Work {
        self.round += 1;
        self.seen[entry.index()] = self.round;
        self.found.clear();
        self.found.push(entry);
        let mut work = Work::default();
        let mut next = 0;
        while let Some(id) = self.found.get(next).copied() {
            next += 1;
            work.add_function(self.program, id);
            work.add_outgoing(outgoing.of(id));
            for callee in &self.program.function(id).callees {
                let seen = &mut self.seen[callee.index()];
                if *seen == self.round || is_covered(self.program.function(*callee).state) {
                    continue;
                }
                *seen = self.round;
                if self.found.len() < FOLLOWED {
                    self.found.push(*callee);
                } else {
                    work.more = true;
                }
            }
        }
        work
    }
}

/// One row each where all of them fit; else two lines each, because a path must stay whole.
fn list(spots: &[Spot], pen: &mut Pen<'_>) -> io::Result<()> {
    let longest = spots.iter().map(|it| width(&it.what)).max().unwrap_or(0);
    let mut grid = Grid::new(vec![Align::Left; 3]).indent(3).gap(2);
    for spot in spots {
        let what = (longest > 0).then(|| Cell::new(Ink::Strong, &spot.what));
        let cells = [Some(Cell::plain(&spot.place)), what, Some(Cell::plain(spot.work.told()))];
        grid.row(cells.into_iter().flatten().collect());
    }
    if grid.width() <= pen.style.columns() {
        return grid.write(pen);
    }
    for spot in spots.iter().take(SHOWN_TALL) {
        pen.line(Ink::Plain, format_args!("   {}", spot.place))?;
        pen.text("     ")?;
        if longest > 0 {
            pen.put(Ink::Strong, &spot.what)?;
            pen.text(format_args!("{:1$}", "", longest - width(&spot.what) + 2))?;
        }
        pen.line(Ink::Plain, spot.work.told())?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::program::EntryKind;
    use crate::report::tests::sample::Sample;

    fn chain(length: usize) -> (Sample, Vec<FuncId>) {
        let mut sample = Sample::default();
        let file = sample.file("a.py", "def f():\n    subprocess.run(x)\n");
        let functions: Vec<_> = (0..length).map(|_| sample.function(file, "f")).collect();
        for pair in functions.windows(2) {
            sample.call(pair[0], pair[1]);
        }
        sample.call(functions[length - 1], functions[0]);
        sample.entry(functions[0], EntryKind::Cli);
        (sample, functions)
    }

    fn work(sample: &Sample, entry: FuncId) -> Work {
        Walk::new(&sample.program).from(entry, &Outgoing::new(&sample.program))
    }

    #[test]
    fn work_is_counted_once_and_up_to_what_has_a_span() {
        let (mut sample, functions) = chain(10);
        sample.process(functions[2], "subprocess.run");
        sample.process(functions[7], "subprocess.run");
        assert_eq!(work(&sample, functions[0]).told(), "10 functions, 2 processes");
        sample.program.functions[functions[5].index()].state = State::Span;
        assert_eq!(work(&sample, functions[0]).told(), "5 functions, 1 process");
    }

    #[test]
    fn a_search_without_end_stops_and_says_so() {
        let (sample, functions) = chain(FOLLOWED + 5);
        assert_eq!(work(&sample, functions[0]).told(), "2,000+ functions");
    }

    #[test]
    fn an_entry_point_with_a_span_or_out_of_the_numbers_is_no_place_to_start() {
        let (mut sample, functions) = chain(2);
        let entry = &mut sample.program.functions[functions[0].index()];
        assert!(is_dark_entry(entry));
        entry.state = State::Auto;
        assert!(!is_dark_entry(entry));
    }
}
