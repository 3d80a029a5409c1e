//! Verdicts over small programs made by hand.

use std::path::{Path, PathBuf};

use super::*;
use crate::config::{Override, Threshold};
use crate::facts::{
    Facts, FnId, Function, FunctionKind, Mark, MarkKind, Op, OpKind, RegionId, Shape, ValueId,
};
use crate::measure::{Dimension, Layer, Part, Tally};
use crate::patterns::PathSet;
use crate::program::{Certainty, File};
use crate::rule::{Selector, sample};
use crate::text::{FileId, LineIndex, Place, Span, Symbol};

struct Sketch {
    program: Program,
    settings: Settings,
    text: String,
}

/// One file; its marks are read from its text in the plainest way.
fn sketch(text: &str) -> Sketch {
    let mut program = Program { uses_telemetry: true, ..Program::default() };
    let marks = marks(text);
    program.files.push(File {
        path: "src/a.py".to_owned(),
        absolute: "/root/src/a.py".into(),
        language: "python",
        lines: LineIndex::new(text),
        facts: Box::new(Facts { marks, ..Facts::default() }),
        test: false,
        beside: false,
        first_function: 0,
    });
    Sketch { program, settings: Settings::without_file(), text: text.to_owned() }
}

fn marks(text: &str) -> Vec<Mark> {
    let mut marks = Vec::new();
    for (at, _) in text.match_indices("# otcov: ") {
        let comment = text[at..].lines().next().unwrap_or_default();
        let directive = &comment["# otcov: ".len()..];
        let (word, rest) = directive.split_once('[').unwrap_or((directive, ""));
        let kind = match word {
            "ignore" => MarkKind::Ignore,
            "ignore-file" => MarkKind::IgnoreFile,
            "exclude" => MarkKind::Exclude,
            _ => MarkKind::Unknown,
        };
        let rules =
            rest.trim_end_matches(']').split(", ").filter(|it| !it.is_empty()).map(str::to_owned).collect();
        let own_line = text[..at].lines().next_back().is_none_or(|it| it.trim().is_empty())
            || text[..at].ends_with('\n');
        let span = Span { start: at as u32, end: (at + comment.len()) as u32 };
        marks.push(Mark { kind, rules, reason: None, span, own_line });
    }
    marks
}

impl Sketch {
    fn span(&self, of: &str) -> Span {
        let start = self.text.find(of).unwrap() as u32;
        Span { start, end: start + of.len() as u32 }
    }

    fn finding(&self, rule: &'static str, at: &str) -> Finding {
        let mut findings = crate::rule::Findings::default();
        findings.add(Place { file: FileId(0), span: self.span(at) }, format!("{rule} at {at}"));
        let mut finding = findings.list.remove(0);
        finding.rule = rule;
        finding
    }

    fn apply(&self, findings: Vec<Finding>) -> Judged {
        judge(&self.program, findings, &self.settings, &sample::catalogue())
    }

    fn conclude(&self, coverage: &Coverage, findings: Vec<Finding>) -> Verdict {
        let gauge = Gauge { program: &self.program, coverage, changed: None, before: &|_| Some((2, 4)) };
        conclude(&self.apply(findings).findings, &gauge, &self.settings)
    }

    fn told(&self, findings: Vec<Finding>) -> Vec<String> {
        let tell = |it: &Finding| format!("{}[{}] {}", it.level.as_str(), it.rule, it.message);
        self.apply(findings).findings.iter().map(tell).collect()
    }

    /// The level of one finding of this rule; off where it is dropped.
    fn level(&self, rule: &'static str) -> Level {
        let findings = self.apply(vec![self.finding(rule, "run()")]).findings;
        findings.first().map_or(Level::Off, |it| it.level)
    }
}

fn selection(select: &[&str], ignore: &[&str]) -> crate::config::Selection {
    let rules = sample::catalogue();
    let read =
        |list: &[&str]| -> Vec<Selector> { list.iter().map(|it| rules.selector(it).unwrap()).collect() };
    crate::config::Selection { select: read(select), ignore: read(ignore), severity: Default::default() }
}

#[test]
fn levels_come_from_the_page_the_configuration_and_the_command_line() {
    let mut it = sketch("run()\n");
    assert_eq!(it.level("raw-subprocess"), Level::Warning);
    assert_eq!(it.level("dark-function"), Level::Off);
    it.settings.rules.base.severity.insert("dark-function".to_owned(), Level::Note);
    assert_eq!(it.level("dark-function"), Level::Note);
    it.settings.rules.base = selection(&["dark-function"], &[]);
    assert_eq!((it.level("dark-function"), it.level("raw-subprocess")), (Level::Warning, Level::Off));
    it.settings.rules.base = selection(&["raw-subprocess"], &["coverage"]);
    assert_eq!(it.level("raw-subprocess"), Level::Warning);
    it.settings.rules.base = selection(&[], &["raw-subprocess"]);
    it.settings.rules.typed = selection(&["coverage"], &[]);
    assert_eq!((it.level("raw-subprocess"), it.level("dark-function")), (Level::Off, Level::Warning));
    it.settings.rules.typed = selection(&["raw-subprocess"], &[]);
    assert_eq!((it.level("raw-subprocess"), it.level("span-discarded")), (Level::Warning, Level::Off));
    it.settings.rules.typed = selection(&["strict"], &["spans"]);
    assert_eq!((it.level("dark-function"), it.level("span-discarded")), (Level::Warning, Level::Off));
}

#[test]
fn overrides_hold_for_their_paths_only() {
    let mut it = sketch("run()\n");
    let paths = |pattern: &str| PathSet::new(&PathBuf::from("/root"), &[pattern.to_owned()]).unwrap();
    let ignoring = |pattern| Override {
        paths: paths(pattern),
        selection: selection(&[], &["coverage"]),
        options: Default::default(),
    };
    it.settings.rules.base = selection(&["raw-subprocess"], &[]);
    it.settings.rules.overrides = vec![ignoring("tools")];
    assert_eq!(it.level("raw-subprocess"), Level::Warning);
    it.settings.rules.overrides = vec![ignoring("src")];
    assert_eq!(it.level("raw-subprocess"), Level::Off);
}

#[test]
fn what_is_assumed_is_a_note_at_most() {
    let mut it = sketch("run()\n");
    it.settings.rules.base.severity.insert("span-discarded".to_owned(), Level::Error);
    let mut finding = it.finding("span-discarded", "run()");
    finding.certainty(Certainty::Assumed);
    assert_eq!(it.apply(vec![finding]).findings[0].level, Level::Note);
}

#[test]
fn suppressions_work_on_the_line_and_from_the_line_above() {
    let text = "run()  # otcov: ignore[raw-subprocess]\n# otcov: ignore[coverage]\n# otcov: ignore[spans]\ngo()\nstop()\n";
    let it = sketch(text);
    let findings = ["run()", "go()", "stop()"].map(|at| it.finding("raw-subprocess", at)).to_vec();
    let verdict = it.apply(findings);
    assert_eq!(verdict.held.len(), 2);
    let left: Vec<&str> = verdict.findings.iter().map(|it| it.message.as_str()).collect();
    assert_eq!(left, ["`spans` finds nothing here that could be suppressed", "raw-subprocess at stop()"]);
}

#[test]
fn a_statement_over_several_lines_is_suppressed_from_its_ends() {
    let text = "x = go(  # otcov: ignore[spans]\n    run(),\n)  # otcov: ignore[raw-subprocess]\n";
    let mut it = sketch(text);
    let whole = Span { start: 0, end: text.find(")  #").unwrap() as u32 + 1 };
    let name = Symbol::new("x");
    it.program.files[0].facts.ops.push(Op {
        kind: OpKind::Bind { name, value: ValueId::OPAQUE },
        region: RegionId(0),
        span: whole,
    });
    let findings = vec![it.finding("raw-subprocess", "run()"), it.finding("span-discarded", "run()")];
    assert_eq!(it.told(findings), [""; 0]);
}

#[test]
fn a_comment_above_the_decorators_is_about_the_function() {
    let text = "# otcov: ignore[raw-subprocess]\n@app.command()\ndef sync():\n    run()\n";
    let mut it = sketch(text);
    let (decorator, head) = (it.span("@app"), it.span("def sync"));
    it.program.files[0].facts.functions.push(Function {
        kind: FunctionKind::Named,
        name: Symbol::new("sync"),
        path: Symbol::new("sync"),
        parent: Some(FnId::MODULE),
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
        span: Span { start: decorator.start, end: text.len() as u32 },
        head,
        statements: 1,
        body: RegionId(0),
        ops: 0..0,
        bindings: 0..0,
    });
    let findings = vec![it.finding("raw-subprocess", "def sync"), it.finding("raw-subprocess", "run()")];
    assert_eq!(it.told(findings), ["warning[raw-subprocess] raw-subprocess at run()"]);
}

#[test]
fn a_whole_file_can_be_suppressed() {
    let it = sketch("# otcov: ignore-file[coverage]\nx()\nrun()\n");
    let findings = vec![it.finding("raw-subprocess", "run()"), it.finding("span-discarded", "x()")];
    assert_eq!(it.told(findings), ["error[span-discarded] span-discarded at x()"]);
}

#[test]
fn suppressions_without_effect_are_findings() {
    let text = "a()  # otcov: ignore[raw-subproces]\nb()  # otcov: ignore\nc()  # otcov: ingore[spans]\nd()  # otcov: ignore[dark-function]\ne()  # otcov: exclude\n";
    let expected = [
        "note[unused-suppression] there is no rule or group `raw-subproces`; did you mean `raw-subprocess`?",
        "note[unused-suppression] this suppression names no rule, so it suppresses nothing",
        "note[unused-suppression] this comment is addressed to otcov and says nothing it understands",
    ];
    assert_eq!(sketch(text).told(Vec::new()), expected);
    let mut it = sketch("a()  # otcov: ignore[raw-subprocess]\n");
    assert_eq!(it.apply(Vec::new()).findings.len(), 1);
    it.program.uses_telemetry = false;
    assert_eq!(it.apply(Vec::new()).findings.len(), 0);
    let mut it = sketch("a()  # otcov: ignore[coverage]\n");
    it.settings.rules.typed = selection(&["unused-suppression"], &[]);
    assert_eq!(it.apply(Vec::new()).findings.len(), 0);
}

#[test]
fn findings_come_by_line_column_and_rule() {
    let it = sketch("b(a())\nrun()\n");
    let findings = vec![
        it.finding("raw-subprocess", "run()"),
        it.finding("raw-subprocess", "a()"),
        it.finding("span-discarded", "b("),
        it.finding("raw-subprocess", "b("),
    ];
    let order: Vec<String> = it.apply(findings).findings.into_iter().map(|it| it.message).collect();
    let expected =
        ["raw-subprocess at b(", "span-discarded at b(", "raw-subprocess at a()", "raw-subprocess at run()"];
    assert_eq!(order, expected);
}

#[test]
fn the_exit_status_is_that_of_the_worst() {
    let mut it = sketch("run()\n");
    let exit = |it: &Sketch, rule| it.conclude(&Coverage::default(), vec![it.finding(rule, "run()")]).exit;
    assert_eq!(exit(&it, "raw-subprocess"), Exit::Clean);
    assert_eq!(exit(&it, "span-discarded"), Exit::Failed);
    it.settings.fail_on = Some(Level::Warning);
    assert_eq!(exit(&it, "raw-subprocess"), Exit::Failed);
    it.settings.fail_on = None;
    assert_eq!(exit(&it, "span-discarded"), Exit::Clean);
}

#[test]
fn thresholds_are_held_against_the_exact_number() {
    let mut coverage = Coverage::default();
    coverage.all.0[Dimension::Functions as usize] = Tally { covered: 2, total: 3, unknown: 9 };
    coverage.layers.push(Layer { name: "web".to_owned(), tallies: coverage.all, files: 1 });
    coverage.files.push((FileId(0), coverage.all));
    let threshold = |part, dimension, percent| Threshold { part, dimension, percent };
    let mut sketch = sketch("");
    sketch.settings.thresholds = vec![
        threshold(Part::Whole, Dimension::Functions, 66.0),
        threshold(Part::Whole, Dimension::Functions, 66.67),
        threshold(Part::Whole, Dimension::Calls, 100.0),
        threshold(Part::Layer("web".to_owned()), Dimension::Functions, 70.0),
        threshold(Part::Paths("src".to_owned()), Dimension::Functions, 70.0),
        threshold(Part::Paths("lib".to_owned()), Dimension::Functions, 70.0),
    ];
    for pattern in ["src", "lib"] {
        let paths = PathSet::new(Path::new("/root"), &[pattern.to_owned()]).unwrap();
        sketch.settings.gate_paths.insert(pattern.to_owned(), paths);
    }
    let checks = sketch.conclude(&coverage, Vec::new()).gate.checks;
    let passed: Vec<bool> = checks.iter().map(|it| it.passed).collect();
    assert_eq!(passed, [true, false, true, false, false, true]);
}

#[test]
fn a_ratchet_holds_what_was_reached() {
    let mut sketch = sketch("");
    sketch.settings.ratchet = true;
    let checks = |covered, total| {
        let mut coverage = Coverage::default();
        coverage.all.0[Dimension::Calls as usize] = Tally { covered, total, unknown: 0 };
        let checks = sketch.conclude(&coverage, Vec::new()).gate.checks;
        let calls = checks.iter().find(|it| it.dimension == Dimension::Calls).unwrap().clone();
        (calls.required, calls.passed)
    };
    assert_eq!(checks(1, 2), (50.0, true));
    assert_eq!(checks(5, 9), (50.0, true));
    assert_eq!(checks(4, 9), (50.0, false));
    assert_eq!(checks(0, 0), (50.0, true));
}
