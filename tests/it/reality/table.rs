//! `docs/reality.md`: what was compared, in figures. Where the figures differ it is written anew and the test fails once.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;

use super::effects::MEASURED;
use super::mutations::COUNT;
use super::run::Held;
use super::seen::Row;
use crate::tidy::root;

const HEAD: &str = "\
# Verdicts held against programs that run

otcov runs nothing. To know that what it says is so, its tests run programs: the projects in `fixtures/projects`, under the real
OpenTelemetry SDKs, every entry point through success and failure. What they emitted is held against `otcov inventory` and `otcov scan`
of the same tree: each span, attribute, event and instrument has to be known at its place, each function has to be what its state says,
and each finding of a rule about a bug has to show its effect, as each effect has to be found. This page is written by that test.

";

const TAIL: &str = "
Functions: those of the projects that ran. Spans: those that ended or should have, libraries' own included. Keys and instruments:
different names. Findings: those whose effect was measured. How it is done: [tests/reality](../tests/reality/README.md).
";

struct Figures {
    functions: usize,
    spans: usize,
    keys: BTreeSet<String>,
    events: usize,
    instruments: BTreeSet<String>,
    outgoing: usize,
    findings: usize,
}

pub(crate) fn hold(held: &[Held]) {
    let path = root("docs/reality.md");
    let text = text(held);
    if fs::read_to_string(&path).ok().as_ref() != Some(&text) {
        fs::write(&path, text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        panic!("{} was out of date and has been written anew", path.display());
    }
}

fn text(held: &[Held]) -> String {
    let mut text = HEAD.to_owned();
    text.push_str("| project | language | functions | spans | attribute keys | events | instruments | calls, processes, handovers | findings |\n");
    text.push_str("| --- | --- | --- | --- | --- | --- | --- | --- | --- |\n");
    let mut all = Figures::none();
    for it in held {
        let figures = Figures::of(it);
        figures.line(&it.name, it.language, &mut text);
        all.add(figures);
    }
    all.line("all", "", &mut text);
    let _ = writeln!(
        text,
        "\nMutations: {COUNT}, each of which takes one piece of instrumentation away or puts one in, and changes what the program emits \
         and what otcov says alike.\n\nDifferences: none.\n\nOf the calls, {} stand nowhere in the text: an attribute was read, and an object fetched it only \
         then, as SQLAlchemy does with what has expired. No reader of sources can tell such calls, and they are not compared.",
        held.iter().flat_map(|it| &it.rows).filter(|it| it.by_attribute).map(Row::times).sum::<usize>()
    );
    text + TAIL
}

impl Figures {
    fn none() -> Figures {
        let (keys, instruments) = (BTreeSet::new(), BTreeSet::new());
        Figures { functions: 0, spans: 0, keys, events: 0, instruments, outgoing: 0, findings: 0 }
    }

    fn of(held: &Held) -> Figures {
        let of_kind = |kind: &'static str| held.rows.iter().filter(move |it| it.kind == kind);
        let times = |kind| of_kind(kind).map(Row::times).sum::<usize>();
        let places: BTreeSet<_> = of_kind("function").map(|it| (&it.file, it.line)).collect();
        let outgoing = ["call", "process", "handoff"].into_iter().map(times).sum();
        Figures {
            functions: places.len(),
            spans: times("span"),
            keys: of_kind("attribute").map(|it| it.key.clone()).collect(),
            events: times("event"),
            instruments: of_kind("instrument").map(|it| it.name.clone()).collect(),
            outgoing,
            findings: held.said.findings.iter().filter(|it| MEASURED.contains(&it.rule.as_str())).count(),
        }
    }

    fn add(&mut self, other: Figures) {
        self.functions += other.functions;
        self.spans += other.spans;
        self.keys.extend(other.keys);
        self.events += other.events;
        self.instruments.extend(other.instruments);
        self.outgoing += other.outgoing;
        self.findings += other.findings;
    }

    fn line(&self, name: &str, language: &str, text: &mut String) {
        let Figures { functions, spans, keys, events, instruments, outgoing, findings } = self;
        let (keys, instruments) = (keys.len(), instruments.len());
        let _ = writeln!(
            text,
            "| {name} | {language} | {functions} | {spans} | {keys} | {events} | {instruments} | {outgoing} | {findings} |"
        );
    }
}
