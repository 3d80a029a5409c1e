//! LCOV tracefiles, in which a line is a thing that should be seen: see `lines.rs`.

use std::io::{self, Write};

use super::Report;
use super::lines::{self, FileLines};
use super::words::flat;

pub(super) fn render(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    lines::by_file(report).iter().try_for_each(|it| record(report, it, out))
}

fn record(report: &Report<'_>, file: &FileLines, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "TN:otcov")?;
    writeln!(out, "SF:{}", flat(&report.path_in_repository(file.file)))?;
    for (line, name, _) in &file.functions {
        writeln!(out, "FN:{line},{name}")?;
    }
    for (_, name, covered) in &file.functions {
        writeln!(out, "FNDA:{},{name}", u8::from(*covered))?;
    }
    writeln!(out, "FNF:{}", file.functions.len())?;
    writeln!(out, "FNH:{}", file.functions.iter().filter(|it| it.2).count())?;
    for (line, covered) in &file.lines {
        writeln!(out, "DA:{line},{}", u8::from(*covered))?;
    }
    writeln!(out, "LF:{}\nLH:{}\nend_of_record", file.lines.len(), file.covered())
}

#[cfg(test)]
mod tests {
    use crate::program::EntryKind;
    use crate::report::Format;
    use crate::report::tests::sample::{Sample, rendered};

    #[test]
    fn lines_that_should_be_seen_are_seen_or_not() {
        let mut sample = Sample::default();
        let file = sample
            .file("a.py", "def main():\n    run(x)\n\ndef seen():\n    pass\n\ndef maybe():\n    pass\n");
        let main = sample.function(file, "main");
        let seen = sample.function(file, "seen");
        let maybe = sample.function(file, "maybe");
        sample.entry(main, EntryKind::Main);
        sample.process(main, "run(x)");
        sample.program.functions[main.index()].reach = crate::program::Reach::Covered;
        sample.program.functions[seen.index()].reach = crate::program::Reach::Covered;
        sample.program.functions[maybe.index()].reach = crate::program::Reach::Unknown;
        let sources = sample.sources();
        let mut report = sample.report(&sources);
        report.prefix = "src";
        let expected = "TN:otcov\nSF:src/a.py\nFN:1,main\nFN:4,seen\nFNDA:0,main\nFNDA:1,seen\nFNF:2\nFNH:1\n\
                        DA:1,0\nDA:2,0\nDA:4,1\nLF:3\nLH:1\nend_of_record\n";
        assert_eq!(rendered(&report, Format::Lcov), expected);
    }
}
