//! Small programs for the tests of the reports, put together by hand: the texts are real, the tables say what the tests need.

use std::path::PathBuf;

use super::{Report, Sources, Style, Verbosity};
use crate::facts::{Facts, FnId, Function as FnFacts, FunctionKind, RegionId, Shape, Value, ValueId};
use crate::measure::{Coverage, Dimension, Gate, Layer, Tallies, Tally};
use crate::program::{
    Activation, At, AttributeSite, AttributeTarget, CallCategory, CallSite, Certainty, EntryKind, EntryPoint,
    EnvSite, EventSite, File, FuncId, Function, HandlerSite, HandoffSite, LogSite, Mechanism, MetricSite,
    ProcessSite, Program, Reach, Reraises, SetupSite, SpanEnd, SpanSite, SpanStyle, State, Text, TextSource,
};
use crate::rule::{Finding, Findings, Level, Rule};
use crate::text::{FileId, LineIndex, Place, Span, Symbol};

#[derive(Default)]
pub(super) struct Sample {
    pub(super) program: Program,
    pub(super) coverage: Coverage,
    pub(super) gate: Gate,
    pub(super) findings: Vec<Finding>,
    pub(super) unparsed: Vec<(String, String)>,
    texts: Vec<String>,
}

impl Sample {
    pub(super) fn file(&mut self, path: &str, text: &str) -> FileId {
        self.program.uses_telemetry = true;
        let id = FileId(self.program.files.len() as u32);
        self.program.files.push(File {
            path: path.to_owned(),
            absolute: PathBuf::from("/nowhere").join(path),
            language: if path.ends_with(".rs") { "rust" } else { "python" },
            lines: LineIndex::new(text),
            facts: Facts { values: vec![Value::Opaque], ..Facts::default() },
            test: false,
            first_function: self.program.functions.len() as u32,
        });
        self.texts.push(text.to_owned());
        let whole = Span { start: 0, end: text.len() as u32 };
        self.add(id, FunctionKind::Module, "", None, whole, Span::default());
        id
    }

    /// The function that the file defines as `def name` or `fn name`, its parent being the last part but one of a dotted name.
    pub(super) fn function(&mut self, file: FileId, name: &str) -> FuncId {
        let short = name.rsplit(['.', ':']).next().unwrap();
        let parent = name.rsplit_once('.').map(|it| it.0).unwrap_or("");
        let text = &self.texts[file.index()];
        let head = ["def ", "fn "].iter().find_map(|keyword| {
            let start = text.find(&format!("{keyword}{short}("))?;
            Some(Span { start: start as u32, end: (start + keyword.len() + short.len()) as u32 })
        });
        let head = head.unwrap();
        let end =
            text[head.start as usize..].find("\n\n").map_or(text.len(), |it| it + head.start as usize + 1);
        let facts = &self.program.file(file).facts;
        let parent = facts.functions.iter().position(|it| it.path.as_str() == parent).unwrap_or(0);
        let whole = Span { start: head.start, end: end as u32 };
        self.add(file, FunctionKind::Named, name, Some(FnId(parent as u32)), whole, head)
    }

    fn add(
        &mut self,
        file: FileId,
        kind: FunctionKind,
        name: &str,
        parent: Option<FnId>,
        span: Span,
        head: Span,
    ) -> FuncId {
        let file_entry = &mut self.program.files[file.index()];
        let local = FnId(file_entry.facts.functions.len() as u32);
        file_entry.facts.functions.push(FnFacts {
            kind,
            name: Symbol::new(name),
            path: Symbol::new(name),
            parent,
            class: None,
            params: 0..0,
            decorators: 0..0,
            returns: ValueId::OPAQUE,
            is_async: false,
            is_generator: false,
            shape: Shape::Normal,
            span,
            head,
            statements: 3,
            body: RegionId(0),
            ops: 0..0,
            bindings: 0..0,
        });
        let module = file_entry.path.trim_end_matches(".py").replace('/', ".");
        let id = FuncId(self.program.functions.len() as u32);
        self.program.functions.push(Function {
            file,
            local,
            named: kind == FunctionKind::Named,
            name: Symbol::new(name),
            qualified: Symbol::new(&format!("{module}.{name}")),
            public: true,
            test: false,
            trivial: false,
            excluded: None,
            entry_point: None,
            state: State::Dark,
            direct_span: false,
            opens_via: None,
            reach: Reach::Dark,
            callers: Vec::new(),
            callees: Vec::new(),
        });
        id
    }

    pub(super) fn entry(&mut self, function: FuncId, kind: EntryKind) {
        let through = Symbol::new("typer");
        self.program.functions[function.index()].entry_point = Some(EntryPoint { kind, through });
    }

    pub(super) fn call(&mut self, from: FuncId, to: FuncId) {
        self.program.functions[from.index()].callees.push(to);
        self.program.functions[to.index()].callers.push(from);
    }

    pub(super) fn at(&self, function: FuncId, text: &str) -> At {
        let file = self.program.function(function).file;
        At { place: self.place(file, text), function, region: RegionId(0) }
    }

    pub(super) fn process(&mut self, function: FuncId, text: &str) {
        let site = ProcessSite {
            at: self.at(function, text),
            call: Symbol::new("subprocess.run"),
            in_span: false,
            covered: false,
            via_wrapper: None,
            certainty: Certainty::Certain,
        };
        self.program.processes.push(site);
    }

    pub(super) fn outgoing(&mut self, function: FuncId, text: &str, category: CallCategory) {
        let site = CallSite {
            at: self.at(function, text),
            call: Symbol::new("requests.get"),
            category,
            covered_by: None,
            reach: Reach::Dark,
            certainty: Certainty::Certain,
        };
        self.program.calls.push(site);
    }

    /// Where this text first stands in the file.
    pub(super) fn place(&self, file: FileId, text: &str) -> Place {
        placed(file, self.texts[file.index()].find(text).unwrap(), text)
    }

    pub(super) fn last_place(&self, file: FileId, text: &str) -> Place {
        placed(file, self.texts[file.index()].rfind(text).unwrap(), text)
    }

    pub(super) fn sources(&self) -> Sources<'_> {
        let sources = Sources::new(&self.program);
        for (at, text) in self.texts.iter().enumerate() {
            sources.hold(FileId(at as u32), text);
        }
        sources
    }

    pub(super) fn report<'a>(&'a self, sources: &'a Sources<'a>) -> Report<'a> {
        Report {
            program: &self.program,
            coverage: &self.coverage,
            findings: &self.findings,
            suppressed: 0,
            gate: &self.gate,
            unparsed: &self.unparsed,
            root: ".",
            elapsed: None,
            verbosity: Verbosity::Normal,
            statistics: false,
            configured: false,
            style: Style::default(),
            rules: &[],
            sources,
        }
    }

    pub(super) fn layer(&mut self, name: &str, numbers: &[(Dimension, u32, u32)]) {
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

pub(super) fn stretched(place: Place, end: u32) -> Place {
    Place { span: Span { end, ..place.span }, ..place }
}

pub(super) fn finding(rule: &'static str, level: Level, place: Place, function: FuncId) -> Finding {
    let mut findings = Findings::default();
    findings.add(place, "a process is started outside any span").function(function);
    let mut finding = findings.list.pop().unwrap();
    finding.rule = rule;
    finding.level = level;
    finding
}

pub(super) fn rendered(report: &Report<'_>, format: super::Format) -> String {
    let mut out = Vec::new();
    super::render(report, format, &mut out).unwrap();
    String::from_utf8(out).unwrap()
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
pub(super) fn shop() -> Sample {
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
    shop.coverage.excluded.insert(crate::program::Exclusion::Test, 280);
    shop.coverage.excluded.insert(crate::program::Exclusion::Stub, 34);
    shop
}

/// A catalogue of two.
pub(super) fn rules() -> Vec<Rule> {
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
pub(super) fn everything() -> Sample {
    let mut sample = Sample::default();
    let python = sample
        .file("a.py", "os.environ['X']\n\ndef outer():\n    def inner():\n        run(x)\n        more()\n");
    let outer = sample.function(python, "outer");
    let inner = sample.function(python, "outer.inner");
    let rust = sample.file("b.rs", "fn main() { info_span!(\"x\"); }\n");
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
        value_type: Some("int"),
        certainty: Certainty::Certain,
    });
    program.events.push(EventSite { at, name: text("retry"), attributes: vec![word("n")] });
    let (instrument, unit) = (word("counter"), Some(word("1")));
    program.metrics.push(MetricSite { at, name: text("orders"), instrument, unit, recorded: true });
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
    program.handoffs.push(HandoffSite {
        at,
        call: word("Thread"),
        mechanism: Mechanism::Thread,
        propagates: false,
    });
    program.logs.push(LogSite { at, call: word("print"), print: true });
    program.setups.push(SetupSite { at, what: word("provider"), call: word("TracerProvider"), detail: None });
    let place = Place { file: python, span: Span { start: 0, end: 10 } };
    program.envs.push(EnvSite { place, function: None, name: word("OTEL_X"), value: None, known: false });
    sample
}

fn span(at: At, name: Text) -> SpanSite {
    SpanSite {
        at,
        owner: at.function,
        name,
        name_place: None,
        span_kind: None,
        level: None,
        style: SpanStyle::Context,
        via: None,
        attributes: vec![Symbol::new("shop.id")],
        activated: Activation::Context,
        end: SpanEnd::Escapes,
        guard_across_await: false,
        dropped_at_once: false,
        records_errors: true,
        not_current: false,
        has_children: false,
        skips: Vec::new(),
        certainty: Certainty::Certain,
    }
}
