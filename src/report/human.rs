//! The first screen, in its order: what is broken, what is dark, where to start, and what it all comes to.

use std::io::{self, Write};

use super::style::{Ink, Pen};
use super::{Report, Verbosity, closing, coverage, findings, worst};

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
        worst::write(report, &mut pen)?;
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
    use super::super::sample::{Sample, rendered, shop};
    use super::super::{Format, Style};
    use super::*;

    #[test]
    fn show() {
        let shop = shop();
        let sources = shop.sources();
        let mut report = shop.report(&sources);
        println!("{}", rendered(&report, Format::Human));
        report.style.color = true;
        report.statistics = true;
        report.verbosity = Verbosity::Verbose;
        println!("{}", rendered(&report, Format::Human));
    }
}
