//! Each span, attribute, event, instrument, process, call, handover and handler of the run, against the record of its place.

use super::compare::Found;
use super::said::{Record, Said, fits};
use super::seen::Row;

pub(crate) fn compare(rows: &[Row], said: &Said, found: &mut Found<'_>) {
    for row in rows {
        match row.kind.as_str() {
            "span" if !row.library => span(row, said, found),
            "attribute" => attribute(row, said, found),
            "event" => event(row, said, found),
            "instrument" => instrument(row, said, found),
            _ => {}
        }
    }
    all_runs(rows, said, "process", found, |it| it.via_wrapper.is_none(), process);
    all_runs(rows, said, "call", found, |_| true, call);
    all_runs(rows, said, "handoff", found, |_| true, handoff);
    all_runs(rows, said, "handler", found, |_| true, handler);
}

fn span(row: &Row, said: &Said, found: &mut Found<'_>) {
    let here: Vec<&Record> = said.at("span", row).collect();
    let fitting = |it: &&&Record| match &it.name {
        Some(template) => fits(template, &row.name),
        None => it.name_source == "dynamic" || it.name_source == "forwarded",
    };
    let named: Vec<_> = here.iter().filter(fitting).collect();
    let run = format!("span `{}` for {:?}", row.name, row.function);
    let by_helper = || {
        said.of_kind("span")
            .filter(|it| is_through(it, row, said))
            .any(|it| it.name.as_deref() == Some(&row.name))
    };
    if !named.iter().any(|it| said.function_line(it) == row.function) && !by_helper() {
        found.add(&row.place(), "span", listed(&here, |it| it.name.clone()), run);
    }
}

fn attribute(row: &Row, said: &Said, found: &mut Found<'_>) {
    let known = said.of_kind("attribute").filter(|it| it.target == row.target);
    let known: Vec<&Record> =
        known.filter(|it| it.key.as_deref().is_none_or(|key| fits(key, &row.key))).collect();
    let here = |it: &&Record| match &row.file {
        Some(file) => it.file == *file && said.function_line(it) == row.function || of_row(it, row, said),
        None => true,
    };
    let is_argument = |it: &Record| it.arguments.contains(&row.key);
    if !known.iter().any(here) && !said.of_kind("span").any(is_argument) {
        let run = format!("`{}` on a {} in {:?}", row.key, row.target, row.function);
        found.add(
            &row.place(),
            "attribute",
            listed(&known, |it| Some(format!("{}:{}", it.file, it.line))),
            run,
        );
    }
}

fn event(row: &Row, said: &Said, found: &mut Found<'_>) {
    let known: Vec<&Record> =
        said.of_kind("event").filter(|it| row.file.is_none() || of_row(it, row, said)).collect();
    if !known.iter().any(|it| it.name.as_deref().is_none_or(|name| fits(name, &row.name))) {
        found.add(&row.place(), "event", listed(&known, |it| it.name.clone()), format!("`{}`", row.name));
    }
}

/// At the place of a row, or in a helper on the way there.
fn of_row(record: &Record, row: &Row, said: &Said) -> bool {
    row.covers(&record.file, record.line) || is_through(record, row, said)
}

fn is_through(record: &Record, row: &Row, said: &Said) -> bool {
    said.function_line(record).is_some_and(|line| row.through.contains(&format!("{}:{line}", record.file)))
}

fn instrument(row: &Row, said: &Said, found: &mut Found<'_>) {
    let known: Vec<&Record> =
        said.of_kind("metric").filter(|it| row.file.is_none() || row.covers(&it.file, it.line)).collect();
    let same = |it: &&&Record| {
        it.name.as_deref().is_none_or(|name| fits(name, &row.name))
            && it.instrument == row.instrument
            && it.unit.as_deref().unwrap_or_default() == row.unit.as_deref().unwrap_or_default()
            && (it.recorded == row.recorded.is() || row.instrument.starts_with("observable"))
    };
    if known.iter().find(same).is_none() {
        let told = |it: &Record| {
            Some(format!("{:?} {} {:?}, recorded: {}", it.name, it.instrument, it.unit, it.recorded))
        };
        let (name, kind, unit) = (&row.name, &row.instrument, &row.unit);
        let run = format!("`{name}` {kind} {unit:?}, recorded {} times", row.recorded.count());
        found.add(&row.place(), "instrument", listed(&known, told), run);
    }
}

/// A thing is what all of its runs are: each record of this kind against the rows at its place. Rows need a record.
fn all_runs(
    rows: &[Row],
    said: &Said,
    kind: &str,
    found: &mut Found<'_>,
    runs_itself: impl Fn(&Record) -> bool,
    fault: impl Fn(&Record, &[&Row]) -> Option<&'static str>,
) {
    let rows: Vec<&Row> = rows.iter().filter(|it| it.kind == kind && !it.by_attribute).collect();
    for row in &rows {
        if said.at(kind, row).next().is_none() {
            found.add(&row.place(), kind, "nothing", told(&[row]));
        }
    }
    for record in said.of_kind(kind).filter(|it| runs_itself(it)) {
        let here: Vec<&Row> =
            rows.iter().filter(|it| it.covers(&record.file, record.line)).copied().collect();
        if here.is_empty() {
            continue;
        }
        if let Some(what) = fault(record, &here) {
            found.add(&format!("{}:{}", record.file, record.line), kind, what, told(&here));
        }
    }
}

fn process(record: &Record, rows: &[&Row]) -> Option<&'static str> {
    let inside = rows.iter().all(|it| it.inside.is());
    (record.in_span && !inside).then_some("in a span")
}

fn call(record: &Record, rows: &[&Row]) -> Option<&'static str> {
    match record.covered_by.as_deref() {
        Some("auto") if !rows.iter().all(|it| it.library) => Some("an instrumented library"),
        Some("span" | "inherited") if !rows.iter().all(|it| it.inside.is()) => Some("inside a span"),
        None if rows.iter().all(|it| it.library) => Some("no instrumented library"),
        _ => None,
    }
}

fn handoff(record: &Record, rows: &[&Row]) -> Option<&'static str> {
    let mut inside = rows.iter().filter(|it| it.inside.is()).peekable();
    inside.peek()?;
    match record.propagates {
        true if !inside.clone().all(|it| it.carried) => Some("the work keeps its context"),
        false if inside.all(|it| it.carried) => Some("the work loses its context"),
        _ => None,
    }
}

fn handler(record: &Record, rows: &[&Row]) -> Option<&'static str> {
    let ended: Vec<_> = rows.iter().filter(|it| !it.raised).collect();
    let raises = rows.len() - ended.len();
    match record.reraises.as_str() {
        "always" if !ended.is_empty() => return Some("always raises again"),
        "never" if raises > 0 => return Some("never raises again"),
        _ => {}
    }
    if record.in_span && !rows.iter().all(|it| it.inside.is()) {
        return Some("in a span");
    }
    let mut inside = ended.iter().filter(|it| it.inside.is()).peekable();
    inside.peek()?;
    let kept = inside.clone().all(|it| it.recorded.is());
    match record.recorded {
        true if !kept => Some("the exception is recorded"),
        false if inside.any(|it| it.recorded.is()) && !record.logs => Some("the exception is not recorded"),
        _ => None,
    }
}

fn listed(records: &[&Record], tell: impl Fn(&Record) -> Option<String>) -> String {
    let each = |it: &&Record| {
        let function = it.function.as_deref().unwrap_or("the module");
        format!("{} in {function}", tell(it).unwrap_or_else(|| "any name".to_owned()))
    };
    let all: Vec<String> = records.iter().map(each).collect();
    if all.is_empty() { "nothing".to_owned() } else { all.join("; ") }
}

fn told(rows: &[&Row]) -> String {
    let yes = |name: &'static str, is: bool| is.then_some(name);
    let each = |it: &&Row| {
        let words = [
            yes("inside", it.inside.is()),
            yes("library", it.library),
            yes("carried", it.carried),
            yes("traced", it.traced),
            yes("raised", it.raised),
            yes("recorded", it.recorded.is()),
            yes("logged", it.logged),
        ];
        let words: Vec<_> = words.into_iter().flatten().collect();
        format!("{} × ({})", it.times(), words.join(", "))
    };
    rows.iter().map(each).collect::<Vec<_>>().join("; ")
}
