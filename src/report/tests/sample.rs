//! Small programs for the tests of the reports, put together by hand: the texts are real, the tables say what the tests need.

use std::path::PathBuf;

use crate::change::{Change, FunctionChange};
use crate::measure::{Coverage, Dimension, Gate, Layer, Tallies, Tally, Unseen, Verdict};
use crate::program::{
    Activation, At, AttributeSite, AttributeTarget, CallCategory, CallSite, Certainty, EntryKind, EntryPoint,
    EnvPlace, EnvSite, ErrorForm, ErrorSite, EventSite, FuncId, HandlerSite, HandoffSite, LogSite, Mechanism,
    MetricSite, ProcessSite, Program, Reach, Reraises, SetupSite, SpanEnd, SpanSite, SpanStyle, Text,
    TextSource,
};
use crate::report::{Format, Report, Sources, Style, Verbosity, render};
use crate::rule::{Finding, Findings, Held, Level, Rule};
use crate::text::{FileId, Place, Span, Symbol};

#[derive(Default)]
pub(crate) struct Sample {
    pub(crate) program: Program,
    pub(crate) coverage: Coverage,
    pub(crate) gate: Gate,
    pub(crate) findings: Vec<Finding>,
    pub(crate) held: Vec<Held>,
    pub(crate) unparsed: Vec<(String, String)>,
    texts: Vec<String>,
}

impl Sample {
    pub(crate) fn file(&mut self, path: &str, text: &str) -> FileId {
        self.program.uses_telemetry = true;
        self.texts.push(text.to_owned());
        self.program.add_file(path, text)
    }

    pub(crate) fn function(&mut self, file: FileId, name: &str) -> FuncId {
        let text = &self.texts[file.index()];
        self.program.add_function(file, text, name)
    }

    pub(crate) fn entry(&mut self, function: FuncId, kind: EntryKind) {
        let through = Symbol::new("typer");
        self.program.functions[function.index()].entry_point =
            Some(EntryPoint { kind, through, within_run: false, alone: false, beside_layers: false });
    }

    pub(crate) fn call(&mut self, from: FuncId, to: FuncId) {
        self.program.functions[from.index()].callees.push(to);
        self.program.functions[to.index()].callers.push(from);
    }

    pub(crate) fn at(&self, function: FuncId, text: &str) -> At {
        let file = self.program.function(function).file;
        At::anywhere(self.place(file, text), function)
    }

    pub(crate) fn process(&mut self, function: FuncId, text: &str) {
        let site = ProcessSite {
            at: self.at(function, text),
            call: Symbol::new("subprocess.run"),
            in_span: false,
            covered: false,
            via_wrapper: None,
            wrapper: None,
            certainty: Certainty::Certain,
        };
        self.program.processes.push(site);
    }

    pub(crate) fn outgoing(&mut self, function: FuncId, text: &str, category: CallCategory) {
        let site = CallSite {
            at: self.at(function, text),
            call: Symbol::new("requests.get"),
            category,
            covered_by: None,
            instrumented: false,
            instrumentable: false,
            reach: Reach::Dark,
            certainty: Certainty::Certain,
        };
        self.program.calls.push(site);
    }

    /// Where this text first stands in the file.
    pub(crate) fn place(&self, file: FileId, text: &str) -> Place {
        placed(file, self.texts[file.index()].find(text).unwrap(), text)
    }

    pub(crate) fn last_place(&self, file: FileId, text: &str) -> Place {
        placed(file, self.texts[file.index()].rfind(text).unwrap(), text)
    }

    pub(crate) fn sources(&self) -> Sources<'_> {
        let sources = Sources::new(&self.program);
        for (at, text) in self.texts.iter().enumerate() {
            sources.hold(FileId(at as u32), text);
        }
        sources
    }

    pub(crate) fn report<'a>(&'a self, sources: &'a Sources<'a>) -> Report<'a> {
        Report {
            program: &self.program,
            coverage: &self.coverage,
            findings: &self.findings,
            held: &self.held,
            change: None,
            outside: &[],
            elsewhere: 0,
            baseline: None,
            faults: &[],
            prefix: "",
            gate: &self.gate,
            fail_on: Some(Level::Error),
            unparsed: &self.unparsed,
            root: ".",
            elapsed: None,
            verbosity: Verbosity::Normal,
            statistics: false,
            by_language: false,
            configured: false,
            style: Style::default(),
            rules: &[],
            sources,
        }
    }

    pub(crate) fn layer(&mut self, name: &str, numbers: &[(Dimension, u32, u32)]) {
        let mut tallies = Tallies::default();
        for (dimension, covered, total) in numbers {
            tallies.0[*dimension as usize] = Tally { covered: *covered, total: *total, unknown: 0 };
        }
        self.coverage.all.add(&tallies);
        self.coverage.layers.push(Layer { name: name.to_owned(), tallies, files: 1 });
    }
}

fn placed(file: FileId, start: usize, text: &str) -> Place {
    Place { file, span: Span { start: start as u32, end: (start + text.len()) as u32 } }
}

pub(crate) fn stretched(place: Place, end: u32) -> Place {
    Place { span: Span { end, ..place.span }, ..place }
}

pub(crate) fn finding(rule: &'static str, level: Level, place: Place, function: FuncId) -> Finding {
    let mut findings = Findings::default();
    findings.add(place, "a process is started outside any span").function(function);
    let mut finding = findings.list.pop().unwrap();
    finding.rule = rule;
    finding.level = level;
    finding
}

pub(crate) fn rendered(report: &Report<'_>, format: Format) -> String {
    let mut out = Vec::new();
    render(report, format, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

/// Compares with `expected/<name>.txt`; with `OTCOV_BLESS` set, writes it.
pub(crate) fn expect(name: &str, actual: &str) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("src/report/tests/expected")
        .join(name)
        .with_extension("txt");
    if std::env::var_os("OTCOV_BLESS").is_some() {
        std::fs::write(&path, actual).unwrap();
    }
    let expected = std::fs::read_to_string(&path).unwrap();
    assert!(actual == expected, "{} differs; OTCOV_BLESS=1 accepts:\n{actual}", path.display());
}

const ORDERS: &str = r#"import subprocess
import requests


def import_orders(source, target):
    for name in listed(source):
        fetch(name)
    subprocess.run(["rsync", "--archive", "--delete", source, target], check=True, capture_output=True)


def fetch(name):
    return requests.get(name)


def listed(source):
    return subprocess.run(
        ["ls", source],
        check=True,
    )
"#;

const AGENTS: &str =
    "@instrument(\"agents.run\")\nasync def run_analysis(task):\n    return await task.run()\n";

const TELEMETRY: &str = "\
def instrument(name):
    def wrap(func):
        def inner(*args, **kwargs):
            with tracer.start_as_current_span(name):
                return func(*args, **kwargs)
        return inner
    return wrap
";

/// A shop with one command that is dark, one decorator that is wrong, and numbers for the table.
pub(crate) fn shop() -> Sample {
    let mut shop = Sample::default();
    let agents = shop.file("src/shop/agents.py", AGENTS);
    let run = shop.function(agents, "run_analysis");
    let orders = shop.file("src/shop/commands/orders.py", ORDERS);
    let import = shop.function(orders, "import_orders");
    let fetch = shop.function(orders, "fetch");
    let listed = shop.function(orders, "listed");
    let telemetry = shop.file("src/shop/telemetry.py", TELEMETRY);
    shop.entry(import, EntryKind::Cli);
    shop.call(import, fetch);
    shop.call(import, listed);
    shop.process(import, "subprocess.run([\"rsync\"");
    shop.process(listed, "subprocess.run(\n");
    shop.outgoing(fetch, "requests.get(name)", CallCategory::Http);

    let mut findings = Findings::default();
    findings
        .add(
            shop.place(agents, "@instrument(\"agents.run\")"),
            "`instrument` closes its span before `run_analysis` has run",
        )
        .label("this decorator calls an async function without awaiting it")
        .related(
            shop.place(telemetry, "return func(*args, **kwargs)"),
            "the span ends here, the coroutine starts later",
        )
        .related(shop.place(agents, "async def run_analysis"), "defined here")
        .reason("every span of this function lasts microseconds and records no error")
        .help("await the call in an async wrapper when the function is a coroutine function")
        .function(run);
    let place = stretched(
        shop.place(orders, "subprocess.run([\"rsync\""),
        shop.place(orders, "capture_output=True)").span.end,
    );
    findings
        .add(place, "a process is started outside any span")
        .label("nothing tells how long this process ran, or that it failed")
        .reason("a hanging or failing process leaves no trace")
        .function(import);
    findings
        .add(
            stretched(shop.place(orders, "subprocess.run(\n"), ORDERS.len() as u32 - 1),
            "a process is started outside any span",
        )
        .function(listed);
    findings
        .add(shop.place(orders, "requests.get"), "`requests` is called and not instrumented")
        .function(fetch);
    let levels = [
        ("decorator-ends-early", Level::Error),
        ("raw-subprocess", Level::Warning),
        ("raw-subprocess", Level::Warning),
        ("missing-instrumentor", Level::Note),
    ];
    for (finding, (rule, level)) in findings.list.iter_mut().zip(levels) {
        (finding.rule, finding.level) = (rule, level);
    }
    shop.findings = findings.list;

    use Dimension::{Calls, EntryPoints, Errors, Functions, Reach};
    shop.layer(
        "commands",
        &[(EntryPoints, 41, 58), (Functions, 112, 340), (Reach, 190, 300), (Calls, 12, 60), (Errors, 9, 10)],
    );
    shop.layer(
        "web",
        &[(EntryPoints, 60, 60), (Functions, 1200, 2118), (Reach, 1700, 2000), (Calls, 200, 215)],
    );
    shop.coverage.all.0[Reach as usize].unknown = 158;
    shop.coverage.functions = 2772;
    let unseen = Unseen {
        functions: 2,
        processes: 2,
        calls: [(CallCategory::Http, 1)].into(),
        hands_over: false,
        ..Unseen::default()
    };
    shop.coverage.dark_entry_points = vec![(import, unseen)];
    shop.coverage.excluded.insert(crate::program::Exclusion::Test, 280);
    shop.coverage.excluded.insert(crate::program::Exclusion::Stub, 34);
    shop
}

/// A change of that shop in which one function turned dark and one came to light.
pub(crate) fn change(shop: &Sample) -> Change {
    let function = |at, before, now, touched| FunctionChange { function: FuncId(at), before, now, touched };
    let mut coverage = Tallies::default();
    coverage.0[Dimension::Functions as usize] = Tally { covered: 3, total: 8, unknown: 1 };
    let mut before = shop.coverage.all;
    before.0[Dimension::Functions as usize].covered += 25;
    Change {
        revision: "origin/main".to_owned(),
        commit: "0123456789abcdef".to_owned(),
        coverage,
        before,
        files: 4,
        functions: vec![
            function(1, Verdict::Covered, Verdict::Uncovered, false),
            function(3, Verdict::Unknown, Verdict::Covered, true),
        ],
    }
}

/// A catalogue of two.
pub(crate) fn rules() -> Vec<Rule> {
    let rule = |name, page| Rule { name, page, check: |_, _| {} };
    vec![
        rule(
            "raw-subprocess",
            "---\nlevel: warning\ngroup: coverage\nlanguages: python, rust\nsince: 0.1.0\n\
             summary: A process is started outside any span, so that nobody sees how long it ran or that it failed.\n---\n\n\
             # raw-subprocess\n\n## What it finds\nA process that is started\noutside any `span`.\n\n- one\n- two\n\n\
             ## Example\n```python\nsubprocess.run([\"ls\"])\n```\n",
        ),
        rule(
            "decorator-ends-early",
            "---\nlevel: error\ngroup: spans\nlanguages: python\nsince: 0.1.0\n\
             summary: A decorator closes its span before the work has run.\n---\n\n# decorator-ends-early\n",
        ),
    ]
}

/// One fact of each kind, in Python and in Rust.
pub(crate) fn everything() -> Sample {
    let mut sample = Sample::default();
    let python = sample
        .file("a.py", "os.environ['X']\n\ndef outer():\n    def inner():\n        run(x)\n        more()\n");
    let outer = sample.function(python, "outer");
    let inner = sample.function(python, "outer.inner");
    let rust = sample.file("b.rs", "fn main() { info_span!(\"x\"); }\n");
    sample.program.files[rust.index()].facts.errors_are_values = true;
    let main = sample.function(rust, "main");
    sample.process(inner, "run(x)");
    sample.outgoing(inner, "more()", CallCategory::Db);
    let at = sample.at(outer, "run");
    let text = |it: &str| Text { text: Some(Symbol::new(it)), source: TextSource::Literal, bounded: true };
    let word = Symbol::new;
    for at in [at, sample.at(main, "info_span!")] {
        sample.program.spans.push(span(at, text("a \"b\"")));
    }
    let program = &mut sample.program;
    program.attributes.push(AttributeSite {
        at,
        key: Text { text: None, source: TextSource::Forwarded, bounded: false },
        target: AttributeTarget::Span,
        via: Some(word("tel.tag")),
        value: None,
        value_type: Some("int"),
        value_text: None,
        spelled: None,
        of_vendor: false,
        certainty: Certainty::Certain,
    });
    program.events.push(EventSite { at, name: text("retry"), attributes: vec![word("n")] });
    let (instrument, unit) = (word("counter"), Some(word("1")));
    program.metrics.push(MetricSite {
        at,
        name: text("orders"),
        instrument,
        unit,
        unit_missing: false,
        call: word("opentelemetry.metrics.Meter.create_counter"),
        via: None,
        certainty: Certainty::Certain,
        recorded: true,
        bound: Vec::new(),
        boundaries: None,
    });
    program.handlers.push(HandlerSite {
        at,
        types: Vec::new(),
        broad: true,
        in_span: true,
        recorded: false,
        reraises: Reraises::Sometimes,
        swallows_in_span: true,
        logs: false,
        span: None,
        expected: false,
    });
    program.errors.push(ErrorSite {
        at,
        form: ErrorForm::Match,
        in_span: true,
        recorded: false,
        propagates: true,
    });
    program.handoffs.push(HandoffSite {
        in_span: false,
        work: None,
        traced: false,
        only_makes: false,
        handle_in_span: false,
        at,
        call: word("Thread"),
        mechanism: Mechanism::Thread,
        propagates: false,
    });
    program.logs.push(LogSite { at, call: word("print"), print: true });
    program.setups.push(SetupSite {
        at,
        what: word("provider"),
        call: word("TracerProvider"),
        detail: None,
        traces: true,
        sends: true,
    });
    let place = Place { file: python, span: Span { start: 0, end: 10 } };
    let place = EnvPlace::Code(place, None);
    program.envs.push(EnvSite { place, name: word("OTEL_X"), value: None, known: false });
    sample
}

fn span(at: At, name: Text) -> SpanSite {
    SpanSite {
        records_arguments: false,
        arguments: Vec::new(),
        may_record: false,
        of_vendor: false,
        at,
        owner: at.function,
        name,
        named_by_helper: false,
        renamed: false,
        written_after: false,
        name_place: None,
        span_kind: None,
        level: None,
        style: SpanStyle::Context,
        via: None,
        attributes: vec![Symbol::new("shop.id")],
        declares: Vec::new(),
        activated: Activation::Context,
        end: SpanEnd::Escapes,
        guard_across_await: false,
        dropped_at_once: false,
        records_errors: true,
        not_current: false,
        has_children: false,
        child: None,
        skips: Vec::new(),
        certainty: Certainty::Certain,
    }
}
