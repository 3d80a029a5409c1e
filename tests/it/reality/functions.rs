//! Each function that ran, against its state.

use super::compare::Found;
use super::said::{Record, Said};
use super::seen::Row;

pub(crate) fn compare(rows: &[Row], said: &Said, found: &mut Found<'_>) {
    let ran: Vec<&Row> = rows.iter().filter(|it| it.kind == "function").collect();
    for row in &ran {
        let place = row.place();
        let record = row.line.and_then(|line| said.function(row.file.as_deref()?, line));
        let Some(record) = record else {
            found.add(&place, "function", "nothing", format!("`{}` ran {} times", row.name, row.calls));
            continue;
        };
        if record.name.as_deref() != Some(&row.name) {
            found.add(&place, "name of a function", format!("{:?}", record.name), row.name.clone());
        }
        helper(row, record, found);
        if row.sdk != Some(false) {
            state(row, record, found);
        }
    }
    for record in said.of_kind("function").filter(|it| it.eligible || it.entry_point.is_some()) {
        if !ran.iter().any(|it| it.covers(&record.file, record.line)) {
            let place = format!("{}:{}", record.file, record.line);
            found.add(
                &place,
                "function",
                format!("`{}` counts", record.name.as_deref().unwrap_or("?")),
                "never ran",
            );
        }
    }
}

/// Telemetry helpers do not count, and what does not count as telemetry is a helper.
fn helper(row: &Row, record: &Record, found: &mut Found<'_>) {
    let excluded = record.excluded_because.as_deref();
    let said = format!("{} {:?}", record.state, excluded);
    if row.helper && record.state != "excluded" {
        found.add(&row.place(), "telemetry helper", said, format!("`{}` is one", row.name));
    } else if !row.helper && excluded == Some("telemetry") {
        found.add(&row.place(), "telemetry helper", said, format!("`{}` is none", row.name));
    }
}

fn state(row: &Row, record: &Record, found: &mut Found<'_>) {
    let (calls, inside) = (row.calls, row.inside.count());
    let holds = match record.state.as_str() {
        "span" => row.opened > 0 && row.opened + row.left_before == calls,
        "auto" => row.from_library == calls,
        "inherited" => inside == calls && row.opened == 0,
        "dark" => row.opened == 0 && !(row.from_library == calls && record.entry_point.is_some()),
        _ if record.excluded_because.as_deref() == Some("untraced") => {
            row.opened == 0 && row.from_library == 0
        }
        _ => true,
    };
    if !holds {
        let (opened, library) = (row.opened, row.from_library);
        let run = format!(
            "{calls} runs: {opened} opened a span, {inside} began inside one, {library} came from a library"
        );
        found.add(&row.place(), "state of a function", format!("`{}` is {}", row.name, record.state), run);
    }
}
