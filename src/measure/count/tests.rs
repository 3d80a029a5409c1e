//! Numbers of small programs made by hand.

use super::*;
use crate::facts::{Facts, FnId, Function as LocalFunction, FunctionKind, RegionId, Shape, ValueId};
use crate::measure::{Dimension, Tally};
use crate::program::{
    At, AttributeSite, AttributeTarget, CallCategory, CallSite, Certainty, EntryKind, EntryPoint, Exclusion,
    File, FuncId, Function, HandlerSite, LogSite, MetricSite, ProcessSite, Reach, Reraises, State, Text,
    TextSource,
};
use crate::text::{LineIndex, Place, Span, Symbol};

/// A program of files `path` with named functions `f0`, `f1`, … in each; function 0 of a file is its module body.
struct Sketch(Program);

impl Sketch {
    fn new(files: &[(&str, u32)]) -> Sketch {
        let mut sketch = Sketch(Program { uses_telemetry: true, ..Program::default() });
        for (path, functions) in files {
            sketch.file(path, *functions);
        }
        sketch
    }

    fn file(&mut self, path: &str, functions: u32) {
        let id = FileId(self.0.files.len() as u32);
        let first_function = self.0.functions.len() as u32;
        let mut facts = Facts::default();
        for local in 0..=functions {
            facts.functions.push(local_function(local));
            self.0.functions.push(function(id, local));
        }
        self.0.files.push(File {
            path: path.to_owned(),
            absolute: path.into(),
            language: "python",
            lines: LineIndex::default(),
            facts: Box::new(facts),
            test: path.contains("tests/"),
            beside: false,
            first_function,
        });
    }

    fn f(&self, file: u32, nth: u32) -> FuncId {
        FuncId(self.0.files[file as usize].first_function + 1 + nth)
    }

    fn edit(&mut self, id: FuncId) -> &mut Function {
        &mut self.0.functions[id.index()]
    }

    fn at(&self, id: FuncId) -> At {
        let file = self.0.function(id).file;
        At { place: Place { file, span: Span::default() }, function: id, region: RegionId(0) }
    }

    fn process(&mut self, id: FuncId, covered: bool) {
        let at = self.at(id);
        self.0.processes.push(ProcessSite {
            at,
            call: Symbol::new("subprocess.run"),
            in_span: covered,
            covered,
            via_wrapper: None,
            wrapper: None,
            certainty: Certainty::Certain,
        });
    }

    fn call(&mut self, id: FuncId, reach: Reach) {
        let at = self.at(id);
        self.0.calls.push(CallSite {
            at,
            call: Symbol::new("requests.get"),
            category: CallCategory::Http,
            covered_by: None,
            instrumented: false,
            instrumentable: false,
            reach,
            certainty: Certainty::Certain,
        });
    }

    fn log(&mut self, id: FuncId, print: bool) {
        let at = self.at(id);
        self.0.logs.push(LogSite { at, call: Symbol::new("log"), print });
    }

    fn handler(&mut self, id: FuncId, recorded: bool, reraises: Reraises) {
        let at = self.at(id);
        self.0.handlers.push(HandlerSite {
            at,
            types: Vec::new(),
            broad: true,
            in_span: true,
            recorded,
            reraises,
            swallows_in_span: !recorded,
            logs: false,
            span: None,
            expected: false,
        });
    }

    fn entry(&mut self, id: FuncId, kind: EntryKind) {
        self.edit(id).entry_point = Some(EntryPoint {
            kind,
            through: Symbol::new("click"),
            within_run: false,
            alone: false,
            beside_layers: false,
        });
    }

    fn calls(&mut self, from: FuncId, to: FuncId) {
        self.edit(from).callees.push(to);
        self.edit(to).callers.push(from);
    }

    fn tally(&self, dimension: Dimension) -> (u32, u32, u32) {
        parts(measure(&self.0, &[]).all.get(dimension))
    }
}

fn parts(tally: Tally) -> (u32, u32, u32) {
    (tally.covered, tally.total, tally.unknown)
}

fn local_function(local: u32) -> LocalFunction {
    let name = if local == 0 { String::new() } else { format!("f{}", local - 1) };
    LocalFunction {
        kind: if local == 0 { FunctionKind::Module } else { FunctionKind::Named },
        name: Symbol::new(&name),
        path: Symbol::new(&name),
        parent: (local > 0).then_some(FnId::MODULE),
        class: None,
        params: 0..0,
        decorators: 0..0,
        returns: ValueId::OPAQUE,
        is_async: false,
        is_generator: false,
        is_static: false,
        is_test: false,
        public: None,
        place: (RegionId(0), 0),
        shape: Shape::Normal,
        span: Span::default(),
        head: Span::default(),
        statements: 9,
        body: RegionId(0),
        ops: 0..0,
        bindings: 0..0,
    }
}

fn function(file: FileId, local: u32) -> Function {
    let name = if local == 0 { String::new() } else { format!("f{}", local - 1) };
    Function {
        file,
        local: FnId(local),
        named: local > 0,
        name: Symbol::new(&name),
        qualified: name.into(),
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
    }
}

#[test]
fn functions_and_reach_are_counted_apart() {
    let mut sketch = Sketch::new(&[("shop.py", 5)]);
    let [span, inherited, unknown, dark, stub] = [0, 1, 2, 3, 4].map(|nth| sketch.f(0, nth));
    sketch.edit(span).state = State::Span;
    sketch.edit(inherited).state = State::Inherited;
    sketch.edit(inherited).reach = Reach::Covered;
    sketch.edit(unknown).reach = Reach::Unknown;
    sketch.edit(dark).reach = Reach::Dark;
    sketch.edit(stub).excluded = Some(Exclusion::Stub);
    assert_eq!(sketch.tally(Dimension::Functions), (1, 4, 0));
    assert_eq!(sketch.tally(Dimension::Reach), (2, 3, 1));
    let coverage = measure(&sketch.0, &[]);
    assert_eq!(coverage.functions, 5);
    assert_eq!(coverage.excluded.get(&Exclusion::Stub), Some(&1));
}

#[test]
fn tests_are_left_out_of_every_number() {
    let mut sketch = Sketch::new(&[("shop.py", 1), ("tests/test_shop.py", 1)]);
    let test = sketch.f(1, 0);
    sketch.edit(test).test = true;
    sketch.edit(test).excluded = Some(Exclusion::Test);
    sketch.process(test, false);
    sketch.log(test, true);
    sketch.handler(test, false, Reraises::Never);
    assert_eq!(sketch.tally(Dimension::Functions), (0, 1, 0));
    for dimension in [Dimension::Calls, Dimension::Logs, Dimension::Errors] {
        assert_eq!(sketch.tally(dimension), (0, 0, 0), "{dimension:?}");
    }
    assert_eq!(measure(&sketch.0, &[]).files.len(), 1);
}

#[test]
fn a_call_that_nobody_is_known_to_reach_is_unknown() {
    let mut sketch = Sketch::new(&[("shop.py", 3)]);
    let [known, unknown, helper] = [0, 1, 2].map(|nth| sketch.f(0, nth));
    sketch.edit(unknown).reach = Reach::Unknown;
    sketch.edit(helper).excluded = Some(Exclusion::Telemetry);
    sketch.process(known, true);
    sketch.process(known, false);
    sketch.process(unknown, false);
    sketch.process(helper, false);
    sketch.call(known, Reach::Dark);
    sketch.call(unknown, Reach::Unknown);
    assert_eq!(sketch.tally(Dimension::Calls), (1, 3, 2));
}

#[test]
fn handlers_in_spans_must_record_or_raise() {
    let mut sketch = Sketch::new(&[("shop.py", 1)]);
    let f = sketch.f(0, 0);
    sketch.handler(f, true, Reraises::Never);
    sketch.handler(f, false, Reraises::Always);
    sketch.handler(f, false, Reraises::Sometimes);
    sketch.handler(f, false, Reraises::Never);
    sketch.0.handlers[3].expected = true;
    sketch.handler(f, false, Reraises::Never);
    sketch.0.handlers[4].in_span = false;
    assert_eq!(sketch.tally(Dimension::Errors), (3, 4, 0));
}

#[test]
fn what_a_command_prints_is_not_a_log() {
    let mut sketch = Sketch::new(&[("shop.py", 2)]);
    let [command, other] = [0, 1].map(|nth| sketch.f(0, nth));
    sketch.entry(command, EntryKind::Cli);
    sketch.log(command, true);
    sketch.log(command, false);
    sketch.log(other, true);
    let module = FuncId(0);
    sketch.log(module, true);
    assert_eq!(sketch.tally(Dimension::Logs), (1, 2, 0));
}

#[test]
fn instruments_must_be_recorded() {
    let mut sketch = Sketch::new(&[("shop.py", 1)]);
    let at = sketch.at(FuncId(0));
    let name = Text { text: Some(Symbol::new("orders")), source: TextSource::Literal, bounded: true };
    for recorded in [true, false] {
        let instrument = Symbol::new("counter");
        sketch.0.metrics.push(MetricSite {
            at,
            name: name.clone(),
            instrument,
            unit: None,
            unit_missing: true,
            call: Symbol::new("opentelemetry.metrics.Meter.create_counter"),
            via: None,
            certainty: Certainty::Certain,
            recorded,
            bound: Vec::new(),
            boundaries: None,
        });
    }
    assert_eq!(sketch.tally(Dimension::Metrics), (1, 2, 0));
}

#[test]
fn attributes_conform_to_the_registry() {
    let mut sketch = Sketch::new(&[("shop.py", 1)]);
    let at = sketch.at(FuncId(0));
    let mut write = |key: Option<&str>, target: AttributeTarget| {
        let key = Text { text: key.map(Symbol::new), source: TextSource::Literal, bounded: true };
        let (value, value_type, value_text, via) = (None, None, None, None);
        let certainty = Certainty::Certain;
        let site = AttributeSite {
            at,
            key,
            target,
            via,
            value,
            value_type,
            value_text,
            spelled: None,
            of_vendor: false,
            certainty,
        };
        sketch.0.attributes.push(site);
    };
    for key in ["http.request.method", "shop.order.id", "http.method", "http.verb"] {
        write(Some(key), AttributeTarget::Span);
    }
    write(None, AttributeTarget::Span);
    write(Some("http.method"), AttributeTarget::Log);
    assert_eq!(sketch.tally(Dimension::Attributes), (2, 4, 1));
}

#[test]
fn entry_points_count_unless_excluded() {
    let mut sketch = Sketch::new(&[("shop.py", 3)]);
    let [open, dark, stub] = [0, 1, 2].map(|nth| sketch.f(0, nth));
    for it in [open, dark, stub] {
        sketch.entry(it, EntryKind::Http);
    }
    sketch.edit(open).state = State::Auto;
    sketch.edit(dark).excluded = Some(Exclusion::Private);
    sketch.edit(stub).excluded = Some(Exclusion::Stub);
    assert_eq!(sketch.tally(Dimension::EntryPoints), (1, 2, 0));
}

#[test]
fn unseen_work_stops_at_spans_and_survives_cycles() {
    let mut sketch = Sketch::new(&[("shop.py", 5)]);
    let [entry, a, b, spanned, below] = [0, 1, 2, 3, 4].map(|nth| sketch.f(0, nth));
    sketch.entry(entry, EntryKind::Cli);
    sketch.edit(spanned).state = State::Span;
    for (from, to) in [(entry, a), (a, b), (b, a), (b, spanned), (spanned, below)] {
        sketch.calls(from, to);
    }
    sketch.process(a, false);
    sketch.process(a, true);
    sketch.call(b, Reach::Dark);
    sketch.process(below, false);
    let coverage = measure(&sketch.0, &[]);
    let [(id, unseen)] = coverage.dark_entry_points.as_slice() else { panic!("one dark entry point") };
    assert_eq!(*id, entry);
    assert_eq!((unseen.functions, unseen.processes, unseen.outgoing()), (2, 1, 2));
    assert!(unseen.hands_over);
}

#[test]
fn layers_are_as_configured_and_may_overlap() {
    let sketch = Sketch::new(&[("src/shop/commands/a.py", 1), ("src/shop/models/b.py", 2)]);
    let spec = |name: &str, part: &'static str| LayerSpec {
        name: name.to_owned(),
        matches: Box::new(move |path| path.contains(part)),
    };
    let coverage =
        measure(&sketch.0, &[spec("all", "shop"), spec("commands", "commands"), spec("none", "zoo")]);
    let rows: Vec<_> = coverage
        .layers
        .iter()
        .map(|it| (it.name.as_str(), it.tallies.get(Dimension::Functions).total))
        .collect();
    assert_eq!(rows, [("all", 3), ("commands", 1), ("none", 0)]);
    assert_eq!(coverage.directories["src/shop"].get(Dimension::Functions).total, 3);
    assert_eq!(coverage.directories["src/shop/models"].get(Dimension::Functions).total, 2);
}

#[test]
fn without_layers_the_heart_of_the_tree_is_cut() {
    let sketch = Sketch::new(&[
        ("scripts/x.py", 1),
        ("src/shop/app.py", 2),
        ("src/shop/commands/a.py", 9),
        ("src/shop/models/b.py", 8),
        ("tests/test_a.py", 9),
    ]);
    let coverage = measure(&sketch.0, &[]);
    let names: Vec<_> = coverage.layers.iter().map(|it| it.name.as_str()).collect();
    assert_eq!(names, ["scripts", "src/shop/*", "src/shop/commands", "src/shop/models"]);
}

#[test]
fn too_many_directories_are_folded() {
    let files: Vec<(String, u32)> = (0..20).map(|it| (format!("pkg/d{it:02}/a.py"), 20 - it)).collect();
    let files: Vec<(&str, u32)> = files.iter().map(|(path, count)| (path.as_str(), *count)).collect();
    let coverage = measure(&Sketch::new(&files).0, &[]);
    assert_eq!(coverage.layers.len(), 12);
    let other = &coverage.layers[11];
    assert_eq!((other.name.as_str(), other.files), ("other", 9));
    let sum: u32 = coverage.layers.iter().map(|it| it.tallies.get(Dimension::Functions).total).sum();
    assert_eq!(sum, coverage.all.get(Dimension::Functions).total);
}

#[test]
fn one_directory_needs_no_rows() {
    assert!(measure(&Sketch::new(&[("shop/a.py", 2), ("shop/b.py", 1)]).0, &[]).layers.is_empty());
}
