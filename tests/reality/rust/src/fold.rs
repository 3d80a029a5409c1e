//! What the probes wrote, folded into the rows of `tests/reality/README.md`.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::drive::Plan;
use crate::effects;
use crate::raw::{Log, Place};
use crate::sources::{Function, Functions};

/// What the bridge from `tracing`, and the exporter, add of their own accord.
const OF_THE_BRIDGE: [&str; 7] =
    ["busy_ns", "idle_ns", "target", "level", "thread.id", "thread.name", "code."];

pub(crate) struct Observed<'a> {
    pub(crate) log: &'a Log,
    pub(crate) functions: &'a Functions,
    pub(crate) plan: &'a Plan,
    /// By the ids of spans: how they came to be.
    pub(crate) origins: BTreeMap<&'a str, Origin<'a>>,
    /// By the ids of spans: what was exported.
    pub(crate) exported: BTreeMap<&'a str, &'a Value>,
}

pub(crate) struct Origin<'a> {
    pub(crate) row: &'a Value,
    pub(crate) library: bool,
    /// Where the innermost code is that is no helper.
    pub(crate) place: Option<Place>,
    pub(crate) function: Option<&'a Function>,
    /// The attribute `#[instrument]` made it.
    pub(crate) by_attribute: bool,
}

pub(crate) fn fold(log: &Log, functions: &Functions, plan: &Plan) -> String {
    let exported = log.of("span").filter_map(|row| Some((row["span"].as_str()?, row))).collect();
    let mut it = Observed { log, functions, plan, origins: BTreeMap::new(), exported };
    // What `tracing` says of a span is nearer to the source than what the SDK saw of it.
    for row in log.of("started").chain(log.of("created")) {
        if let Some(id) = row["span"].as_str() {
            let origin = it.origin(row);
            it.origins.insert(id, origin);
        }
    }
    let mut rows = it.function_rows();
    rows.extend(it.span_rows());
    rows.extend(it.handoff_rows());
    rows.extend(it.place_rows());
    rows.extend(it.statement_rows());
    rows.extend(effects::rows(&it));
    folded(rows)
}

/// Equal rows become one that says how often.
fn folded(rows: Vec<Value>) -> String {
    let mut times: BTreeMap<String, (Value, u64)> = BTreeMap::new();
    for row in rows {
        times.entry(row.to_string()).or_insert((row, 0)).1 += 1;
    }
    let mut lines: Vec<String> = Vec::new();
    for (mut row, times) in times.into_values() {
        if times > 1 {
            row["times"] = json!(times);
        }
        lines.push(format!("{row}\n"));
    }
    lines.sort();
    lines.concat()
}

impl<'a> Observed<'a> {
    fn origin(&self, row: &'a Value) -> Origin<'a> {
        let callsite = self.log.place(row);
        let by_attribute = callsite.as_ref().and_then(|it| self.functions.instrumented_at(&it.0, it.1));
        let mut places: Vec<Place> = callsite.clone().into_iter().collect();
        places.extend(self.log.places(&row["frames"]));
        let of_tracing = row["file"].is_string();
        let called_by_library = self.log.words(&row["frames"], 1).contains(&"library");
        // What the project's own closure makes for a library that asked for it is the library's.
        let library = (of_tracing && callsite.is_none()) || places.is_empty() || called_by_library;
        let place = places.iter().find(|it| !self.helps(it)).or(places.first()).cloned();
        let function = by_attribute.or_else(|| place.as_ref().and_then(|it| self.functions.at(&it.0, it.1)));
        let by_attribute = by_attribute.is_some();
        if library {
            return Origin { row, library, place: None, function: None, by_attribute };
        }
        Origin { row, library, place, function, by_attribute }
    }

    /// Here is code that is there to open, name or fill spans for others.
    pub(crate) fn helps(&self, place: &Place) -> bool {
        let name = self.functions.at(&place.0, place.1).map_or("", |it| &it.name);
        self.plan.helper(&place.0, name)
    }

    /// The span that was current around a run, for a span that the function's own attribute opened: the one around that.
    pub(crate) fn around(&self, run: &'a Value) -> Option<&'a str> {
        let span = run["span"].as_str()?;
        let (file, line) = self.log.place(run)?;
        let own = self.origins.get(span).is_some_and(|it| {
            it.by_attribute
                && it.function.is_some_and(|function| function.line == line)
                && it.place.as_ref().is_some_and(|place| place.0 == file)
        });
        if own { self.parent(span) } else { Some(span) }
    }

    pub(crate) fn parent(&self, span: &str) -> Option<&'a str> {
        self.exported.get(span)?["parent"].as_str()
    }

    /// The runs in which a span was opened that counts for their function: one that nothing can be in does not.
    fn opened(&self) -> BTreeSet<u64> {
        let mut out = BTreeSet::new();
        let empty = effects::empty(self);
        for (id, origin) in self.origins.iter().filter(|(id, _)| !empty.contains(*id)) {
            let (Some(function), Some(place)) = (origin.function, &origin.place) else { continue };
            let of_it = |row: &Value| self.log.place(row) == Some((place.0.clone(), function.line));
            let run = if origin.by_attribute {
                self.log
                    .of("run")
                    .find(|row| row["span"] == *id && of_it(row))
                    .and_then(|row| row["run"].as_u64())
            } else {
                let stack = origin.row["runs"].as_array().map(Vec::as_slice).unwrap_or_default();
                stack
                    .iter()
                    .find(|run| of_it(&json!({"file": run[1], "line": run[2]})))
                    .and_then(|run| run[0].as_u64())
                    // A closure or block that runs on its own belongs to its function all the same.
                    .or_else(|| {
                        self.log.of("run").filter(|row| of_it(row)).last().and_then(|row| row["run"].as_u64())
                    })
            };
            out.extend(run);
        }
        out
    }

    fn function_rows(&self) -> Vec<Value> {
        let opened = self.opened();
        let mut counts: BTreeMap<Place, [u64; 4]> = BTreeMap::new();
        let mut begun = BTreeSet::new();
        for run in self.log.of("run") {
            let Some(place) = self.log.place(run) else { continue };
            let around = self.around(run);
            let of_library = around.and_then(|it| self.origins.get(it)).is_some_and(|it| it.library);
            let first = around.is_some_and(|span| begun.insert(span));
            let count = counts.entry(place).or_default();
            count[0] += 1;
            count[1] += u64::from(around.is_some());
            count[2] += u64::from(run["run"].as_u64().is_some_and(|it| opened.contains(&it)));
            count[3] += u64::from(of_library && first);
        }
        let row = |(place, [calls, inside, opened, from_library]): (Place, [u64; 4])| {
            let name = self.functions.at(&place.0, place.1).map_or("", |it| &it.name);
            json!({
                "kind": "function", "file": place.0, "line": place.1, "name": name, "calls": calls, "inside": inside,
                "opened": opened, "from_library": from_library, "helper": self.helps(&place),
            })
        };
        counts.into_iter().map(row).collect()
    }

    fn span_rows(&self) -> Vec<Value> {
        let mut out = Vec::new();
        for (id, origin) in &self.origins {
            let Some(span) = self.exported.get(id) else { continue };
            let parent = span["parent"].as_str().and_then(|it| self.exported.get(it));
            let empty = Vec::new();
            let events = span["events"].as_array().unwrap_or(&empty);
            let said: Vec<&Value> = events.iter().filter(|it| it["level"].is_null()).collect();
            let mut names: Vec<&str> = said.iter().filter_map(|it| it["name"].as_str()).collect();
            names.sort_unstable();
            let keys = keys(&span["attributes"]);
            let function = origin.function.map(|it| it.line);
            let mut row = json!({
                "kind": "span", "name": span["name"], "function": function, "library": origin.library,
                "parent": parent.map(|it| &it["name"]), "attributes": keys, "events": names, "status": span["status"], "ended": true,
            });
            put(&mut row, &origin.place);
            out.push(row);
            if origin.library {
                continue;
            }
            out.extend(keys.iter().map(|key| json!({"kind": "attribute", "key": key, "target": "span"})));
            for event in events {
                if event["name"] == "exception" || !event["level"].is_null() {
                    continue;
                }
                out.push(json!({"kind": "event", "name": event["name"]}));
                let of_event = self::keys(&event["attributes"]);
                out.extend(
                    of_event.iter().map(|key| json!({"kind": "attribute", "key": key, "target": "event"})),
                );
            }
        }
        out
    }

    fn handoff_rows(&self) -> Vec<Value> {
        let rows = self.log.of("handed").filter_map(|row| {
            let place = self.log.place(row)?;
            let handed = self.handed(row);
            let function = self.functions.at(&place.0, place.1).map(|it| it.line);
            let mut out = json!({
                "kind": "handoff", "function": function, "inside": row["span"].is_string(), "traced": handed.traced,
                "mechanism": row["kind"],
            });
            if let Some(carried) = handed.carried {
                out["carried"] = json!(carried);
            }
            put(&mut out, &Some(place));
            Some(out)
        });
        rows.collect()
    }

    /// What went on in work that was handed over.
    pub(crate) fn handed(&self, row: &Value) -> Handed {
        let within = |it: &&Value| it["task"] == row["id"];
        let trace = |span: &str| self.exported.get(span).map(|it| &it["trace"]);
        let opened = self.origins.iter().filter(|(_, it)| it.row["task"] == row["id"]);
        let opened: Vec<_> = opened.map(|(id, _)| trace(id)).collect();
        if !opened.is_empty() {
            return Handed {
                traced: true,
                carried: Some(opened.iter().all(|it| *it == Some(&row["trace"]))),
            };
        }
        let ran = self.log.of("run").chain(self.log.of("at")).filter(within);
        let ran: Vec<_> = ran.map(|it| it["span"].as_str().and_then(trace)).collect();
        let carried = (!ran.is_empty()).then(|| ran.contains(&Some(&row["trace"])));
        Handed { traced: false, carried }
    }

    /// Processes, calls and instruments.
    fn place_rows(&self) -> Vec<Value> {
        let mut out = Vec::new();
        for kind in ["process", "call"] {
            for row in self.log.of(kind) {
                let Some(place) = self.log.place(row) else { continue };
                let function = self.functions.at(&place.0, place.1).map(|it| it.line);
                let mut it = json!({"kind": kind, "function": function, "inside": row["span"].is_string()});
                match kind {
                    "process" => {
                        it["carried"] = row["carried"].clone();
                        let span = row["span"].as_str().and_then(|it| self.exported.get(it));
                        it["within"] = span.map_or(Value::Null, |it| it["name"].clone());
                    }
                    _ => it["library"] = json!(false),
                }
                put(&mut it, &Some(place));
                out.push(it);
            }
        }
        let mut recorded: BTreeMap<(String, String, String), u64> = BTreeMap::new();
        for row in self.log.of("instrument") {
            let text = |key: &str| row[key].as_str().unwrap_or_default().to_owned();
            *recorded.entry((text("name"), text("type"), text("unit"))).or_default() +=
                row["recorded"].as_u64().unwrap_or(1);
            for key in keys(&row["attributes"]) {
                out.push(json!({"kind": "attribute", "key": key, "target": "metric"}));
            }
        }
        for ((name, instrument, unit), recorded) in recorded {
            let unit = (!unit.is_empty()).then_some(unit);
            let row = json!({"kind": "instrument", "name": name, "instrument": instrument, "unit": unit, "recorded": recorded});
            out.push(row);
        }
        out
    }

    fn statement_rows(&self) -> Vec<Value> {
        let mut counts: BTreeMap<(String, u64, u64), [u64; 2]> = BTreeMap::new();
        for row in self.log.of("at") {
            let (Some(place), Some(end)) = (self.log.place(row), row["end"].as_u64()) else { continue };
            let count = counts.entry((place.0, place.1 as u64, end)).or_default();
            count[0] += 1;
            count[1] += u64::from(row["span"].is_string());
        }
        let row = |((file, line, end), [times, inside]): ((String, u64, u64), [u64; 2])| json!({"kind": "statement", "file": file, "line": line, "end_line": end, "times": times, "inside": inside});
        counts.into_iter().map(row).collect()
    }
}

pub(crate) struct Handed {
    pub(crate) traced: bool,
    /// Nobody can tell, where no code of the project ran in it.
    pub(crate) carried: Option<bool>,
}

pub(crate) fn put(row: &mut Value, place: &Option<Place>) {
    row["file"] = json!(place.as_ref().map(|it| &it.0));
    row["line"] = json!(place.as_ref().map(|it| it.1));
}

fn keys(of: &Value) -> Vec<&str> {
    let mut out: Vec<&str> = of.as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    out.retain(|key| !OF_THE_BRIDGE.iter().any(|it| key == it || (it.ends_with('.') && key.starts_with(it))));
    out.sort_unstable();
    out.dedup();
    out
}
