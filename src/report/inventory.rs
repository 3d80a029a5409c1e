//! `otcov inventory`: every telemetry fact of the program, one record each, sorted by file, line, column and kind. The keys of a
//! kind are said once, in `kinds`; how they are written is said here and in `lines` and `listing`.

mod kinds;
mod lines;
mod listing;

use std::io::{self, Write};

use rayon::prelude::*;

use super::Style;
use crate::program::Program;
use crate::text::FileId;
use kinds::{Common, Fact};

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum InventoryFormat {
    Jsonl,
    Table,
}

impl InventoryFormat {
    pub(crate) const ALL: [InventoryFormat; 2] = [InventoryFormat::Jsonl, InventoryFormat::Table];

    pub(crate) fn as_str(self) -> &'static str {
        match self {
            InventoryFormat::Jsonl => "jsonl",
            InventoryFormat::Table => "table",
        }
    }
}

/// How many files are written out at a time: enough to share among threads, few enough to hold.
const BATCH: usize = 512;

pub(crate) fn write(
    program: &Program,
    format: InventoryFormat,
    style: Style,
    out: &mut dyn Write,
) -> io::Result<()> {
    let facts = by_file(program);
    match format {
        InventoryFormat::Jsonl => {
            for batch in facts.chunks(BATCH) {
                let texts: Vec<Vec<u8>> = batch.par_iter().map(|it| json_lines(program, it)).collect();
                texts.iter().try_for_each(|text| out.write_all(text))?;
            }
            out.flush()
        }
        InventoryFormat::Table => listing::write(program, &facts, style, out),
    }
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
fn by_file<'p>(program: &'p Program) -> Vec<FileFacts<'p>> {
    let files = (0..program.files.len() as u32).map(|it| FileFacts { file: FileId(it), list: Vec::new() });
    let mut files: Vec<FileFacts<'p>> = files.collect();
    let mut put = |fact: Fact<'p>| {
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
    program.handoffs.iter().map(Fact::Handoff).for_each(&mut put);
    program.logs.iter().map(Fact::Log).for_each(&mut put);
    program.setups.iter().map(Fact::Setup).for_each(&mut put);
    program.envs.iter().map(Fact::Env).for_each(&mut put);
    files
}
