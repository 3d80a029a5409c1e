//! The report as Markdown, for a comment at a pull request or the summary of a CI run: the numbers, the gate, the worst findings.
//! It fits a comment, which takes 65,536 characters.

use std::io::{self, Write};

use super::Report;
use super::words::{counted, failed_check, floored, grouped, held, points, sentence};
use crate::change::FunctionChange;
use crate::measure::{Dimension, Tallies, Tally};
use crate::rule::{Finding, Level};

/// By which a bot finds the comment that it wrote before.
const MARKER: &str = "<!-- otcov -->";
/// Of findings, of layers, and of functions: more would be read by nobody.
const MOST_FINDINGS: usize = 20;
const MOST_LAYERS: usize = 30;
/// In each direction.
const MOST_FUNCTIONS: usize = 20;
/// Of one message: a hundred of the longest still fit.
const MOST_CHARACTERS: usize = 400;

pub(super) fn render(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "{MARKER}\n## Telemetry coverage\n")?;
    verdict(report, out)?;
    coverage(report, out)?;
    findings(report, out)?;
    unread(report, out)
}

fn verdict(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    let failed: Vec<String> = report.gate.checks.iter().filter(|it| !it.passed).map(failed_check).collect();
    if !failed.is_empty() {
        writeln!(out, "**The gate failed:** {}.\n", failed.join("; "))?;
    } else if !report.gate.checks.is_empty() {
        let checks = counted(report.gate.checks.len(), "check", "checks");
        writeln!(out, "The gate passed ({checks}).\n")?;
    }
    Ok(())
}

fn coverage(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    let all = &report.coverage.all;
    let told: Vec<Dimension> = Dimension::ALL.into_iter().filter(|it| all.get(*it).total > 0).collect();
    if told.is_empty() {
        return writeln!(out, "There is nothing to count.\n");
    }
    table_head(&told, out)?;
    if let Some(change) = report.change {
        row("**the change**", &told, &change.coverage, out)?;
    }
    row("**all**", &told, all, out)?;
    if let Some(change) = report.change {
        let moved =
            |it: &Dimension| points(change.before.get(*it), all.get(*it)).unwrap_or_else(|| "–".to_owned());
        let name = format!("against {}", code(&super::changes::name(change)));
        writeln!(out, "| {name} | {} |", told.iter().map(moved).collect::<Vec<_>>().join(" | "))?;
    }
    writeln!(out)?;
    turned(report, out)?;
    let layers = report.rows();
    if layers.len() > 1 {
        let what = if report.by_language { "language" } else { "layer" };
        writeln!(out, "<details><summary>By {what}</summary>\n")?;
        table_head(&told, out)?;
        for layer in layers.iter().take(MOST_LAYERS) {
            row(&code(&layer.name), &told, &layer.tallies, out)?;
        }
        writeln!(out, "\n</details>\n")?;
    }
    Ok(())
}

/// The functions that turned dark or came to light.
fn turned(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    let Some(change) = report.change else { return Ok(()) };
    let (darker, brighter): (Vec<&FunctionChange>, Vec<_>) =
        change.functions.iter().partition(|it| it.is_darker());
    for (functions, what) in [(darker, "no longer seen"), (brighter, "seen from now on")] {
        if functions.is_empty() {
            continue;
        }
        let count = counted(functions.len(), "function", "functions");
        writeln!(out, "<details><summary>{count} {what}</summary>\n")?;
        for it in functions.iter().take(MOST_FUNCTIONS) {
            let place = report.program.head(it.function);
            let path = report.path_in_repository(place.file);
            let line = report.program.position(place).line;
            let name = code(report.program.function(it.function).name.as_str());
            writeln!(out, "- {name} in {}{}", code(&format!("{path}:{line}")), super::changes::because(it))?;
        }
        let more = functions.len().saturating_sub(MOST_FUNCTIONS);
        if more > 0 {
            writeln!(out, "- and {} more", grouped(more))?;
        }
        writeln!(out, "\n</details>\n")?;
    }
    Ok(())
}

fn table_head(dimensions: &[Dimension], out: &mut dyn Write) -> io::Result<()> {
    let names: Vec<String> = dimensions.iter().map(|it| it.as_str().replace('-', " ")).collect();
    writeln!(out, "| | {} |\n| --- |{}", names.join(" | "), " ---: |".repeat(names.len()))
}

fn row(name: &str, dimensions: &[Dimension], tallies: &Tallies, out: &mut dyn Write) -> io::Result<()> {
    let cells: Vec<String> = dimensions.iter().map(|it| share(tallies.get(*it))).collect();
    writeln!(out, "| {name} | {} |", cells.join(" | "))
}

/// `41.1 % (7/17)`
fn share(tally: Tally) -> String {
    match tally.percent() {
        None => "–".to_owned(),
        Some(percent) => {
            let (covered, total) = (grouped(tally.covered as usize), grouped(tally.total as usize));
            format!("{:.1} % ({covered}/{total})", floored(percent, 1))
        }
    }
}

fn findings(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    let of = |level| report.findings.iter().filter(move |it| it.level == level);
    let held = held(report);
    let count = |level, one, many| counted(of(level).count(), one, many);
    let title = if report.change.is_some() { "Findings of the change" } else { "Findings" };
    writeln!(
        out,
        "### {title}\n\n{}, {}, {}{}.\n",
        count(Level::Error, "error", "errors"),
        count(Level::Warning, "warning", "warnings"),
        count(Level::Note, "note", "notes"),
        if held.is_empty() { held } else { format!(" ({held})") }
    )?;
    let told: Vec<&Finding> = of(Level::Error).chain(of(Level::Warning)).collect();
    if told.is_empty() {
        return Ok(());
    }
    writeln!(out, "| | where | what |\n| --- | --- | --- |")?;
    for finding in told.iter().take(MOST_FINDINGS) {
        let path = report.path_in_repository(finding.place.file);
        let line = report.program.position(finding.place).line;
        let place = code(&format!("{path}:{line}"));
        let what = cell(&sentence(&finding.message));
        writeln!(out, "| {} | {place} | {what} `{}` |", finding.level.as_str(), finding.rule)?;
    }
    let more = told.len().saturating_sub(MOST_FINDINGS);
    if more > 0 {
        writeln!(out, "\nand {} more.", grouped(more))?;
    }
    writeln!(out)
}

fn unread(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    if report.unparsed.is_empty() {
        return Ok(());
    }
    let files = counted(report.unparsed.len(), "file", "files");
    writeln!(out, "Nothing is known of {files} that could not be read.")
}

/// Text in a cell: on one line, and nothing in it is a column, a tag, a link, an image or a mention.
fn cell(text: &str) -> String {
    let mut safe = String::new();
    for (at, part) in shortened(text).split('`').enumerate() {
        if at > 0 {
            safe.push('`');
        }
        // Between backticks only the column has a meaning.
        let is_code = at % 2 == 1;
        for character in part.chars() {
            match character {
                '|' => safe.push_str("\\|"),
                '<' if !is_code => safe.push_str("&lt;"),
                '@' if !is_code => safe.push_str("&#64;"),
                '[' | ']' | '*' | '_' | '~' | '\\' | '#' if !is_code => safe.extend(['\\', character]),
                it => safe.push(it),
            }
        }
    }
    safe
}

fn shortened(text: &str) -> String {
    let flat = super::words::flat(text);
    let is_long = flat.chars().count() > MOST_CHARACTERS;
    let short: String = flat.chars().take(MOST_CHARACTERS).collect();
    // An odd backtick would open code that nothing closes.
    let short = if short.matches('`').count() % 2 == 1 { short.replace('`', "'") } else { short };
    if is_long { short + "…" } else { short }
}

/// A path or a name, as code.
fn code(text: &str) -> String {
    format!("`{}`", shortened(&text.replace('`', "'")).replace('|', "\\|"))
}

#[cfg(test)]
mod tests {
    use crate::report::Format;
    use crate::report::tests::sample::{change, expect, rendered, shop};

    #[test]
    fn a_comment_has_the_numbers_and_the_worst() {
        let mut shop = shop();
        shop.findings[1].message = "`a|b` is <b>not</b> @me [x](y)".to_owned();
        let sources = shop.sources();
        expect("markdown", &rendered(&shop.report(&sources), Format::Markdown));
    }

    #[test]
    fn a_comment_on_a_change_tells_what_turned() {
        let shop = shop();
        let (sources, change) = (shop.sources(), change(&shop));
        let report = crate::report::Report {
            change: Some(&change),
            outside: &shop.findings[3..],
            ..shop.report(&sources)
        };
        expect("markdown_change", &rendered(&report, Format::Markdown));
    }

    #[test]
    fn a_comment_fits_whatever_there_is_to_tell() {
        let mut shop = shop();
        shop.findings[1].message = "`x".repeat(70_000);
        let long = shop.findings[1].clone();
        shop.findings.extend(std::iter::repeat_n(long, 5_000));
        let layers = (0..3_000).map(|it| crate::measure::Layer {
            name: format!("{it}{}", "layer".repeat(90)),
            ..shop.coverage.layers[0].clone()
        });
        shop.coverage.layers = layers.collect();
        let sources = shop.sources();
        let text = rendered(&shop.report(&sources), Format::Markdown);
        assert!(text.chars().count() < 65_536, "{}", text.chars().count());
    }
}
