//! `otcov inventory`: every telemetry fact of the program, one record each, sorted by file, line, column and kind. The keys of a
//! kind are said once, in `kinds`; how they are written is said here and in `lines` and `listing`.

mod kinds;
mod lines;
mod listing;

use std::collections::BTreeMap;
use std::io::{self, Write};

use rayon::prelude::*;

use super::Style;
use crate::infer;
use crate::program::{EnvPlace, EnvSite, Program};
use crate::registry::{Registry, Section};
use crate::text::FileId;
use kinds::{Common, Fact};

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum InventoryFormat {
    Jsonl,
    Table,
    /// A registry of what is emitted, as OpenTelemetry Weaver reads it.
    Weaver,
}

impl InventoryFormat {
    pub(crate) const ALL: [InventoryFormat; 3] =
        [InventoryFormat::Jsonl, InventoryFormat::Table, InventoryFormat::Weaver];

    pub(crate) fn as_str(self) -> &'static str {
        match self {
            InventoryFormat::Jsonl => "jsonl",
            InventoryFormat::Table => "table",
            InventoryFormat::Weaver => "weaver",
        }
    }
}

/// The kinds of facts, in the order of the documentation.
pub(crate) const INVENTORY_KINDS: [&str; 13] = [
    "function",
    "span",
    "attribute",
    "event",
    "metric",
    "process",
    "call",
    "handler",
    "error",
    "handoff",
    "log",
    "setup",
    "env",
];

/// How many files are written out at a time: enough to share among threads, few enough to hold.
const BATCH: usize = 512;

/// Without kinds, all of them.
pub(crate) fn write(
    program: &Program,
    kinds: &[String],
    format: InventoryFormat,
    style: Style,
    out: &mut dyn Write,
) -> io::Result<()> {
    if format == InventoryFormat::Weaver {
        let registry = infer::emitted(program).text(&Registry::default(), &sections(kinds));
        return out.write_all(registry.as_bytes());
    }
    let facts = by_file(program, |it| kinds.is_empty() || kinds.iter().any(|kind| kind == it));
    match format {
        InventoryFormat::Jsonl => {
            for batch in facts.chunks(BATCH) {
                let texts: Vec<Vec<u8>> = batch.par_iter().map(|it| json_lines(program, it)).collect();
                texts.iter().try_for_each(|text| out.write_all(text))?;
            }
            out.flush()
        }
        _ => listing::write(program, &facts, style, out),
    }
}

/// What a registry has of the kinds that were asked for; it has no others.
fn sections(kinds: &[String]) -> Vec<Section> {
    let of = |it: &Section| match it {
        Section::Attributes => "attribute",
        Section::Spans => "span",
        Section::Events => "event",
        Section::Metrics => "metric",
    };
    let wanted = |it: &Section| kinds.is_empty() || kinds.iter().any(|kind| kind == of(it));
    Section::ALL.into_iter().filter(wanted).collect()
}

fn json_lines(program: &Program, facts: &FileFacts<'_>) -> Vec<u8> {
    let mut text = Vec::with_capacity(facts.list.len() * 300);
    for (common, fact) in facts.sorted(program) {
        let mut record = lines::JsonRecord::open(&mut text, &common);
        fact.keys(program, &mut record);
        record.close();
    }
    text
}

struct FileFacts<'p> {
    path: &'p str,
    /// Of source files only.
    file: FileId,
    list: Vec<Fact<'p>>,
}

impl<'p> FileFacts<'p> {
    fn sorted(&self, program: &'p Program) -> Vec<(Common<'p>, Fact<'p>)> {
        let mut all: Vec<_> = self.list.iter().map(|fact| (fact.common(program, self.file), *fact)).collect();
        all.sort_by_key(|(it, _)| (it.line, it.column, it.kind));
        all
    }
}

/// The facts of each file, in the order of the tables.
fn by_file<'p>(program: &'p Program, wanted: impl Fn(&str) -> bool) -> Vec<FileFacts<'p>> {
    let mut files: Vec<FileFacts<'p>> = (0..program.files.len() as u32)
        .map(FileId)
        .map(|file| FileFacts { path: &program.file(file).path, file, list: Vec::new() })
        .collect();
    let mut put = |fact: Fact<'p>| {
        if !wanted(fact.kind()) {
            return;
        }
        let at = fact.place(program).file.index();
        files[at].list.push(fact);
    };
    program.function_ids().filter(|(_, it)| it.named).for_each(|(id, _)| put(Fact::Function(id)));
    program.spans.iter().map(Fact::Span).for_each(&mut put);
    program.attributes.iter().map(Fact::Attribute).for_each(&mut put);
    program.events.iter().map(Fact::Event).for_each(&mut put);
    program.metrics.iter().map(Fact::Metric).for_each(&mut put);
    program.processes.iter().map(Fact::Process).for_each(&mut put);
    program.calls.iter().map(Fact::Call).for_each(&mut put);
    program.handlers.iter().map(Fact::Handler).for_each(&mut put);
    program.errors.iter().map(Fact::Error).for_each(&mut put);
    program.handoffs.iter().map(Fact::Handoff).for_each(&mut put);
    program.logs.iter().map(Fact::Log).for_each(&mut put);
    program.setups.iter().map(Fact::Setup).for_each(&mut put);
    let (code, launch): (Vec<_>, Vec<_>) =
        program.envs.iter().partition(|it| matches!(it.place, EnvPlace::Code(..)));
    code.into_iter().map(Fact::Env).for_each(&mut put);
    if wanted("env") {
        files.extend(of_launch_files(program, launch));
        files.sort_by_key(|it| it.path);
    }
    files
}

/// What the files that launch the program say, each under its own path.
fn of_launch_files<'p>(program: &'p Program, sites: Vec<&'p EnvSite>) -> Vec<FileFacts<'p>> {
    let mut files: BTreeMap<&str, Vec<Fact<'p>>> = BTreeMap::new();
    for site in sites {
        let fact = Fact::Env(site);
        files.entry(fact.common(program, FileId(0)).file).or_default().push(fact);
    }
    files.into_iter().map(|(path, list)| FileFacts { path, file: FileId(0), list }).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::report::tests::sample::{everything, shop};
    use crate::report::tests::schema::Schema;

    const SCHEMA: &str = include_str!("../../schemas/inventory.schema.json");

    fn written(program: &Program, format: InventoryFormat) -> String {
        let mut out = Vec::new();
        write(program, &[], format, Style::default(), &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    fn records(program: &Program) -> Vec<Value> {
        written(program, InventoryFormat::Jsonl).lines().map(|it| serde_json::from_str(it).unwrap()).collect()
    }

    #[test]
    fn every_kind_is_what_the_schema_says() {
        let sample = everything();
        let records = records(&sample.program);
        let mut kinds: Vec<_> = records.iter().map(|it| it["kind"].as_str().unwrap()).collect();
        kinds.sort_unstable();
        kinds.dedup();
        let mut all = INVENTORY_KINDS;
        all.sort_unstable();
        assert_eq!(kinds, all);
        for record in &records {
            let faults = Schema::new(SCHEMA).faults(record);
            assert!(faults.is_empty(), "{record}\n{faults:#?}");
        }
    }

    #[test]
    fn records_are_sorted_and_keys_keep_their_order() {
        let text = written(&shop().program, InventoryFormat::Jsonl);
        let lines: Vec<_> = text.lines().collect();
        assert_eq!(
            lines[0],
            "{\"kind\":\"function\",\"language\":\"python\",\"file\":\"src/shop/agents.py\",\"line\":2,\"column\":7,\
             \"end_line\":4,\"function\":null,\"name\":\"run_analysis\",\"qualified\":\"src.shop.agents.run_analysis\",\
             \"public\":true,\"is_async\":false,\"test\":false,\"trivial\":false,\"eligible\":true,\
             \"excluded_because\":null,\"entry_point\":null,\"state\":\"dark\",\"direct_span\":false,\"opens_via\":null}"
        );
        let key = |it: &Value| {
            let number = |key: &str| it[key].as_u64().unwrap();
            let text = |key: &str| it[key].as_str().unwrap().to_owned();
            (text("file"), number("line"), number("column"), text("kind"))
        };
        let keys: Vec<_> = records(&shop().program).iter().map(key).collect();
        assert!(keys.is_sorted(), "{keys:#?}");
    }

    #[test]
    fn facts_belong_to_the_named_function_around_them() {
        let records = records(&everything().program);
        let function_of = |kind: &str| {
            let record = records.iter().find(|it| it["kind"] == kind).unwrap();
            record["function"].clone()
        };
        assert_eq!(function_of("process"), "outer.inner");
        assert_eq!(function_of("env"), Value::Null);
        let inner = records.iter().find(|it| it["name"] == "outer.inner").unwrap();
        assert_eq!(inner["function"], "outer");
    }

    #[test]
    fn what_functions_return_is_told_where_errors_are_values() {
        let everything = everything();
        let records = records(&everything.program);
        let told = records.iter().filter(|it| it.get("returns_result").is_some()).count();
        let values = everything.program.functions.iter().filter(|it| it.named);
        let values = values.filter(|it| everything.program.file(it.file).facts.errors_are_values).count();
        assert!(told == values && told > 0, "{told} of {values}");
    }

    #[test]
    fn only_the_kinds_asked_for_are_written() {
        let mut out = Vec::new();
        let kinds = ["process".to_owned(), "env".to_owned()];
        write(&everything().program, &kinds, InventoryFormat::Jsonl, Style::default(), &mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        assert_eq!(
            text.lines().map(|it| &it[..12]).collect::<Vec<_>>(),
            ["{\"kind\":\"env", "{\"kind\":\"pro"]
        );
    }

    #[test]
    fn the_listing_has_one_table_for_each_kind() {
        let text = written(&shop().program, InventoryFormat::Table);
        assert!(text.contains(" process   2\n"), "{text}");
        assert!(text.contains(" src/shop/commands/orders.py:8   subprocess.run  no"), "{text}");
    }
}
