//! The effects of rules, as they were measured: where one was seen, and where it was looked for and did not come.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::fold::{Observed, put};
use crate::raw::Place;

pub(crate) fn rows(observed: &Observed<'_>) -> Vec<Value> {
    let mut out = guards(observed);
    out.extend(discarded(observed));
    out.extend(hand_overs(observed));
    out.extend(outside(observed));
    out.extend(current(observed));
    out.extend(failures(observed));
    decided(out)
}

/// One row a rule and place: seen once is seen.
fn decided(rows: Vec<Value>) -> Vec<Value> {
    let place = |it: &Value| (it["rule"].to_string(), it["file"].to_string(), it["line"].as_u64());
    let seen: BTreeSet<_> = rows.iter().filter(|it| it["shown"] == true).map(place).collect();
    let mut done = BTreeSet::new();
    let mut out: Vec<Value> =
        rows.iter().filter(|it| it["shown"] == true || !seen.contains(&place(it))).cloned().collect();
    out.retain(|it| done.insert(place(it)));
    out
}

fn effect(rule: &str, place: Place, shown: bool) -> Value {
    let mut out = json!({"kind": "effect", "rule": rule, "shown": shown});
    put(&mut out, &Some(place));
    out
}

/// A span that was entered and left on one line, with nothing in it; and one that a task holds while it waits.
fn guards(it: &Observed<'_>) -> Vec<Value> {
    let held: BTreeSet<&str> = it.log.of("held").filter_map(|row| row["span"].as_str()).collect();
    let used = used(it);
    let mut out = Vec::new();
    for (span, place, dropped) in entered(it, &used) {
        out.push(effect("guard-dropped", place.clone(), dropped));
        out.push(effect("guard-across-await", place, held.contains(span)));
    }
    out
}

/// Spans that were entered by a guard: where, and whether they were left there and then.
fn entered<'a>(it: &Observed<'a>, used: &BTreeSet<&str>) -> Vec<(&'a str, Place, bool)> {
    let mut out = Vec::new();
    for row in it.log.of("created") {
        let Some(span) = row["span"].as_str() else { continue };
        let by_attribute = it.origins.get(span).is_some_and(|it| it.by_attribute);
        let Some(place) = it.log.places(&row["entered"]).first().cloned() else { continue };
        if by_attribute || it.log.words(&row["entered"], 0).contains(&"instrument") {
            continue;
        }
        let left = it.log.places(&row["left"]).first() == Some(&place);
        out.push((span, place, left && !used.contains(span)));
    }
    out
}

/// Spans that nothing was in and nothing could be in: a guard dropped at once, or no guard at all.
pub(crate) fn empty<'a>(it: &Observed<'a>) -> BTreeSet<&'a str> {
    let used = used(it);
    let dropped = entered(it, &used).into_iter().filter(|(_, _, dropped)| *dropped).map(|(span, _, _)| span);
    let unused = it.origins.keys().copied().filter(|id| {
        // Of `tracing`, one that is never entered is around nothing, however long it lives.
        let row = it.origins[id].row;
        let never = row["file"].is_string() && row["entered"].is_null() && !used.contains(id);
        never || discarded_at_once(it, id, &used)
    });
    dropped.chain(unused).collect()
}

/// Spans that some code of the project, or another span, ran in.
fn used<'a>(it: &Observed<'a>) -> BTreeSet<&'a str> {
    let parents = it.exported.values().filter_map(|row| row["parent"].as_str());
    let ran = ["at", "run", "call", "process", "handed"].into_iter().flat_map(|kind| it.log.of(kind));
    parents.chain(ran.filter_map(|row| row["span"].as_str())).collect()
}

fn discarded(it: &Observed<'_>) -> Vec<Value> {
    let used = used(it);
    let own = it.origins.iter().filter(|(_, origin)| !origin.by_attribute);
    own.filter_map(|(id, origin)| {
        Some(effect("span-discarded", origin.place.clone()?, discarded_at_once(it, id, &used)))
    })
    .collect()
}

/// A span that nothing was ever inside of, and that was gone on the line that made it.
fn discarded_at_once(it: &Observed<'_>, id: &str, used: &BTreeSet<&str>) -> bool {
    let Some(origin) = it.origins.get(id) else { return false };
    let Some(place) = &origin.place else { return false };
    let ended = it.log.of("ended").find(|row| row["span"] == *id);
    let at_once = ended.is_some_and(|row| it.log.places(&row["frames"]).contains(place));
    origin.row["entered"].is_null() && !used.contains(id) && at_once && !origin.by_attribute
}

fn hand_overs(it: &Observed<'_>) -> Vec<Value> {
    let mut out = Vec::new();
    for row in it.log.of("handed") {
        let Some(place) = it.log.place(row) else { continue };
        let rule = if row["kind"] == "task" { "context-lost-task" } else { "context-lost-thread" };
        let handed = it.handed(row);
        let lost = row["span"].is_string() && handed.traced && handed.carried == Some(false);
        out.push(effect(rule, place, lost));
    }
    out
}

/// Processes and calls that nothing shows.
fn outside(it: &Observed<'_>) -> Vec<Value> {
    let mut out = Vec::new();
    for (kind, rule) in [("process", "raw-subprocess"), ("call", "dark-call")] {
        let rows = it.log.of(kind).filter_map(|row| Some((it.log.place(row)?, row["span"].is_null())));
        out.extend(rows.map(|(place, dark)| effect(rule, place, dark)));
    }
    out
}

/// What is written to the current span, by statements that name it.
fn current(it: &Observed<'_>) -> Vec<Value> {
    let mut out = Vec::new();
    for row in it.log.of("at").filter(|row| row["current"] == true) {
        let Some(place) = it.log.place(row) else { continue };
        let met = it.log.of("at").any(|other| {
            other["line"] == row["line"] && other["file"] == row["file"] && other["span"].is_string()
        });
        let mut row_out = effect("orphan-enrichment", place, !met);
        row_out["end_line"] = row["end"].clone();
        out.push(row_out);
    }
    out
}

/// Errors that a function returned: on its own span, and where somebody did not hand them on.
fn failures(it: &Observed<'_>) -> Vec<Value> {
    let failed: BTreeSet<u64> = it.log.of("failed").filter_map(|row| row["run"].as_u64()).collect();
    let mut out = Vec::new();
    for run in it.log.of("run").filter(|row| row["run"].as_u64().is_some_and(|it| failed.contains(&it))) {
        let around = it.around(run);
        if let Some(own) = run["span"].as_str().filter(|own| Some(*own) != around)
            && let Some(place) = it.origins.get(own).and_then(|it| it.place.clone())
        {
            out.push(effect("instrument-without-err", place, !told(it, own)));
        }
        out.extend(swallowed(it, run, &failed));
    }
    out
}

/// The statement in which an error came to its end, inside of a span.
fn swallowed(it: &Observed<'_>, run: &Value, failed: &BTreeSet<u64>) -> Option<Value> {
    let place = |run: &Value, line: usize| it.log.place(&json!({"file": run[1], "line": run[line]}));
    // Helpers hand on what they get, whatever their types say.
    let caller =
        run["callers"].as_array()?.iter().find(|run| place(run, 2).is_some_and(|it_is| !it.helps(&it_is)))?;
    let (id, from, to) = (caller[0].as_u64()?, caller[3].as_u64()?, caller[4].as_u64()?);
    let span = caller[5].as_str()?;
    if failed.contains(&id) {
        return None;
    }
    let said = it.log.of("said").filter(|row| row["level"] == "ERROR" || row["level"] == "WARN").any(|row| {
        let runs = row["runs"].as_array().map(Vec::as_slice).unwrap_or_default();
        runs.iter().any(|run| run[0] == id && run[3].as_u64().is_some_and(|line| from <= line && line <= to))
    });
    // An event that the API put on the span is about it: nothing else is written down there.
    let status = it.exported.get(span).is_some_and(|row| {
        let events = row["events"].as_array().map(Vec::as_slice).unwrap_or_default();
        row["status"] == "error" || events.iter().any(|event| event["level"].is_null())
    });
    let mut out = effect("swallowed-error", place(caller, 3)?, !said && !status);
    out["end_line"] = json!(to);
    Some(out)
}

/// The span says that something failed.
fn told(it: &Observed<'_>, span: &str) -> bool {
    let Some(row) = it.exported.get(span) else { return false };
    let events = row["events"].as_array().map(Vec::as_slice).unwrap_or_default();
    row["status"] == "error" || events.iter().any(|event| event["name"] == "exception")
}
