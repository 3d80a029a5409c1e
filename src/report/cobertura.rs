//! Cobertura XML, in which a line is a thing that should be seen: see `lines.rs`. A package is a directory, a class a file. The
//! time is always 0, because the same tree gives the same report.

use std::collections::BTreeMap;
use std::io::{self, Write};

use super::Report;
use super::lines::{self, FileLines};
use super::xml::escaped;

const HEAD: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
    <!DOCTYPE coverage SYSTEM \"http://cobertura.sourceforge.net/xml/coverage-04.dtd\">\n";

/// Branches and complexity are not what is measured; the format asks for them.
const NO_BRANCHES: &str = "branch-rate=\"0\" complexity=\"0\"";

pub(super) fn render(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    let files = lines::by_file(report);
    let mut packages: BTreeMap<String, Vec<(String, &FileLines)>> = BTreeMap::new();
    for file in &files {
        let path = report.path_in_repository(file.file);
        let directory = path.rsplit_once('/').map_or(".", |(directory, _)| directory).to_owned();
        packages.entry(directory).or_default().push((path, file));
    }
    let (covered, valid) = counted(files.iter());
    out.write_all(HEAD.as_bytes())?;
    writeln!(
        out,
        "<coverage line-rate=\"{}\" {NO_BRANCHES} lines-covered=\"{covered}\" lines-valid=\"{valid}\" \
         branches-covered=\"0\" branches-valid=\"0\" version=\"otcov {}\" timestamp=\"0\">",
        rate(covered, valid),
        env!("CARGO_PKG_VERSION"),
    )?;
    writeln!(out, "  <sources>\n    <source>.</source>\n  </sources>\n  <packages>")?;
    for (name, files) in &packages {
        let (covered, valid) = counted(files.iter().map(|it| it.1));
        let (name, rate) = (escaped(name), rate(covered, valid));
        writeln!(out, "    <package name=\"{name}\" line-rate=\"{rate}\" {NO_BRANCHES}>\n      <classes>")?;
        files.iter().try_for_each(|(path, file)| class(path, file, out))?;
        writeln!(out, "      </classes>\n    </package>")?;
    }
    writeln!(out, "  </packages>\n</coverage>")
}

fn class(path: &str, file: &FileLines, out: &mut dyn Write) -> io::Result<()> {
    let name = escaped(path.rsplit('/').next().unwrap_or(path));
    let rate = rate(file.covered(), file.lines.len());
    let path = escaped(path);
    writeln!(out, "        <class name=\"{name}\" filename=\"{path}\" line-rate=\"{rate}\" {NO_BRANCHES}>")?;
    writeln!(out, "          <methods/>\n          <lines>")?;
    for (line, covered) in &file.lines {
        writeln!(out, "            <line number=\"{line}\" hits=\"{}\"/>", u8::from(*covered))?;
    }
    writeln!(out, "          </lines>\n        </class>")
}

fn counted<'f>(files: impl Iterator<Item = &'f FileLines>) -> (usize, usize) {
    files.fold((0, 0), |(covered, valid), it| (covered + it.covered(), valid + it.lines.len()))
}

/// Nothing of nothing is complete. Rounded down: 0.9999 is not all.
fn rate(covered: usize, valid: usize) -> String {
    if valid == 0 {
        return "1".to_owned();
    }
    let of_ten_thousand = covered * 10_000 / valid;
    format!("{}.{:04}", of_ten_thousand / 10_000, of_ten_thousand % 10_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_are_never_rounded_up() {
        assert_eq!(rate(0, 0), "1");
        assert_eq!(rate(2, 3), "0.6666");
        assert_eq!(rate(3, 3), "1.0000");
        assert_eq!(rate(99_999, 100_000), "0.9999");
    }
}
