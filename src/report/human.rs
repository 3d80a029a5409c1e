//! The first screen, in its order: what is broken, what is dark, where to start, and what it all comes to.

use std::io::{self, Write};

use super::style::{Ink, Pen};
use super::{Report, Verbosity, changes, closing, coverage, findings, worst};

pub(super) fn render(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    let mut pen = Pen::new(out, report.style);
    if report.verbosity == Verbosity::Quiet {
        return closing::write(report, &mut pen);
    }
    findings::write(report, &mut pen)?;
    if report.statistics {
        findings::statistics(report, &mut pen)?;
    }
    if report.program.files.is_empty() {
        nothing_to_read(report, &mut pen)?;
    } else {
        coverage::write(report, &mut pen)?;
        match report.change {
            Some(_) => changes::write(report, &mut pen)?,
            None => worst::write(report, &mut pen)?,
        }
    }
    closing::write(report, &mut pen)
}

fn nothing_to_read(report: &Report<'_>, pen: &mut Pen<'_>) -> io::Result<()> {
    let root = if report.root.is_empty() { "." } else { report.root };
    pen.line(Ink::Strong, format_args!(" There is no source file to analyse in {root}"))?;
    pen.line(
        Ink::Plain,
        " Give otcov a directory or a file of a language it reads; what .gitignore or the\n \
         configuration leaves out is not looked at.",
    )?;
    coverage::unparsed(report, pen)?;
    pen.end()
}

#[cfg(test)]
mod tests {
    use super::super::tests::sample::{Sample, change, expect, finding, rendered, shop};
    use super::super::words::width;
    use super::super::{Format, Style};
    use crate::measure::{Dimension, GateCheck, Part};
    use crate::rule::{Held, HeldBy, Level};
    use crate::text::{Place, Span};

    use super::*;

    fn written(sample: &Sample, change: impl FnOnce(&mut Report<'_>)) -> String {
        let sources = sample.sources();
        let mut report = sample.report(&sources);
        change(&mut report);
        rendered(&report, Format::Human)
    }

    #[test]
    fn the_first_screen() {
        expect("first_screen", &written(&shop(), |_| ()));
    }

    #[test]
    fn a_change_takes_the_place_of_where_to_start() {
        let shop = shop();
        let change = change(&shop);
        let sources = shop.sources();
        let (findings, outside) = (&[], shop.findings.as_slice());
        let report = Report { change: Some(&change), findings, outside, ..shop.report(&sources) };
        expect("change", &rendered(&report, Format::Human));
    }

    #[test]
    fn the_first_screen_in_color_and_in_full() {
        let actual = written(&shop(), |it| {
            it.style.color = true;
            it.verbosity = Verbosity::Verbose;
            it.statistics = true;
        });
        expect("color", &actual);
    }

    #[test]
    fn without_color_there_is_no_escape_and_with_ascii_nothing_but_ascii() {
        let plain = written(&shop(), |it| it.verbosity = Verbosity::Verbose);
        assert!(!plain.contains('\u{1b}'));
        let ascii = written(&shop(), |it| it.style.unicode = false);
        assert!(ascii.is_ascii(), "{ascii}");
    }

    #[test]
    fn nothing_is_wider_than_the_terminal() {
        for columns in [72, 80, 100, 110] {
            let style = Style { width: columns, ..Style::default() };
            let text = written(&shop(), |it| (it.style, it.statistics) = (style, true));
            let wide: Vec<_> = text.lines().filter(|it| width(it) > columns).collect();
            assert!(wide.is_empty(), "{columns}: {wide:#?}");
        }
    }

    #[test]
    fn quiet_is_one_line_and_the_failures_of_the_gate() {
        let mut shop = shop();
        shop.gate.checks = vec![
            check(Dimension::Functions, Some("commands"), 40.0, 32.99),
            check(Dimension::Calls, None, 62.5, 90.0),
        ];
        let held = Held { finding: shop.findings[1].clone(), by: HeldBy::Comment, reason: None };
        shop.held = vec![held.clone(), held];
        let text = written(&shop, |it| it.verbosity = Verbosity::Quiet);
        assert_eq!(
            text,
            " 1 error · 2 warnings · 1 note (2 suppressed)     gate: failed\n   functions 32.9 % of 40 % (layer commands)\n"
        );
        shop.gate.checks.remove(0);
        shop.findings.clear();
        shop.held.clear();
        let text = written(&shop, |it| it.verbosity = Verbosity::Quiet);
        assert_eq!(text, " no findings     gate: passed (1 check)\n");
    }

    fn check(dimension: Dimension, layer: Option<&str>, required: f64, actual: f64) -> GateCheck {
        let passed = actual >= required;
        let part = layer.map_or(Part::Whole, |it| Part::Layer(it.to_owned()));
        GateCheck { dimension, part, ratchet: false, required, actual: Some(actual), passed }
    }

    #[test]
    fn a_program_without_telemetry_is_told_so_once() {
        let mut shop = shop();
        shop.program.uses_telemetry = false;
        shop.findings.clear();
        expect("no_telemetry", &written(&shop, |_| ()));
    }

    #[test]
    fn no_file_at_all_is_said_in_a_sentence() {
        let text = written(&Sample::default(), |it| it.root = "docs");
        assert!(text.starts_with(" There is no source file to analyse in docs\n"), "{text}");
        assert!(!text.contains("Telemetry coverage"), "{text}");
    }

    #[test]
    fn without_entry_points_the_darkest_files_are_named() {
        let mut sample = Sample::default();
        for (path, text) in [("a.py", "def a():\n"), ("b.py", "def b():\ndef c():\n")] {
            let file = sample.file(path, text);
            text.lines().for_each(|line| {
                sample.function(file, &line[4..5]);
            });
        }
        let text = written(&sample, |it| it.root = "src/");
        assert!(text.contains("   src/b.py  2 functions\n   src/a.py  1 function\n"), "{text}");
    }

    #[test]
    fn a_large_run_shows_the_worst_in_full_and_counts_the_rest() {
        let mut sample = Sample::default();
        let file = sample.file("a.py", &"def f():\n".repeat(400));
        let function = sample.function(file, "f");
        let place = sample.place(file, "def f");
        let of = |rule, level, count| (0..count).map(move |_| finding(rule, level, place, function));
        let warnings = of("raw-subprocess", Level::Warning, 300).chain(of("dark-call", Level::Note, 50));
        sample.findings = warnings.chain(of("span-discarded", Level::Error, 3)).collect();
        let text = written(&sample, |_| ());
        let count = |what: &str| text.lines().filter(|it| it.starts_with(what)).count();
        assert_eq!((count("error[span-discarded]"), count("warning[raw-subprocess]")), (2, 2));
        assert_eq!(count("a.py:1:1: warning[raw-subprocess]: a process"), 19);
        assert_eq!(count("… and 279 more: 279 raw-subprocess"), 1);
        assert_eq!(text.matches("note[").count(), 0);
        assert!(text.contains("3 errors · 300 warnings · 50 notes"), "{text}");
    }

    #[test]
    fn a_finding_is_told_when_its_file_is_gone() {
        let mut shop = shop();
        shop.findings.truncate(1);
        let gone = super::super::Sources::new(&shop.program);
        let text = rendered(&shop.report(&gone), Format::Human);
        let expected = "  ┌─ src/shop/agents.py:1:1\n  │\n1 │ this decorator calls";
        assert!(text.contains(expected), "{text}");
        assert!(text.contains("  = help: await"), "{text}");
    }

    #[test]
    fn places_at_the_end_of_a_line_or_a_file_can_be_shown() {
        let mut sample = Sample::default();
        let file = sample.file("a.py", "def f():\n\n    ü = 1");
        let function = sample.function(file, "f");
        let end = sample.place(file, "1").span.end;
        for (start, stop) in [(end, end), (8, 9), (9, 9), (9, 900), (15, 16), (end, end + 4)] {
            let place = Place { file, span: Span { start, end: stop } };
            let mut found = finding("raw-subprocess", Level::Error, place, function);
            found.label("here").related(place, "and here").related(sample.place(file, "def"), "far");
            sample.findings.push(found.clone());
            found.related.clear();
            sample.findings.push(found);
        }
        let text = written(&sample, |it| it.verbosity = Verbosity::Verbose);
        assert_eq!(text.matches("and here").count(), 6, "{text}");
    }

    #[test]
    fn a_line_of_thousands_of_characters_is_cut() {
        let mut sample = Sample::default();
        let text = format!("{}run(){}def f():\n", "a;".repeat(3000), ";b".repeat(3000));
        let file = sample.file("min.py", &text);
        let function = sample.function(file, "f");
        sample.findings =
            vec![finding("raw-subprocess", Level::Error, sample.place(file, "run()"), function)];
        let text = written(&sample, |_| ());
        assert!(text.contains("a;run();b;b"), "{text}");
        assert!(text.lines().all(|it| width(it) <= 80), "{text}");
    }
}
