//! Where reports go: to stdout and to files, all of them or none.

use anyhow::{Result, bail};

use super::console::Console;
use super::files::{self, Pending};
use crate::cli::Output;
use crate::discover::Note;
use crate::report::{self, Format, Report};

/// Files first: if one of them cannot be written, none is, and nothing on stdout claims that all is well.
pub(crate) fn tell(
    mut report: Report<'_>,
    outputs: &[Output],
    baseline: Option<Pending>,
    console: &Console,
) -> Result<()> {
    let style = report.style;
    report.style = console.file_style();
    let in_files = outputs.iter().filter_map(|it| Some((it.format, it.file.as_ref()?)));
    let prepared: Result<Vec<Pending>> = in_files
        .map(|(format, file)| files::prepare(file, |out| report::render(&report, format, out)))
        .collect();
    prepared?.into_iter().chain(baseline).try_for_each(Pending::commit)?;
    report.style = style;
    for output in outputs.iter().filter(|it| it.file.is_none()) {
        console.print(|out| report::render(&report, output.format, out))?;
    }
    Ok(())
}

/// What was typed, or the human report; a place can only take one.
pub(crate) fn wanted(typed: &[Output]) -> Result<Vec<Output>> {
    if typed.is_empty() {
        return Ok(vec![Output { format: Format::Human, file: None }]);
    }
    for (index, output) in typed.iter().enumerate() {
        if typed[..index].iter().any(|it| it.file == output.file) {
            match &output.file {
                Some(file) => bail!("two reports cannot go to one file: `{}`", file.display()),
                None => bail!(
                    "two reports cannot go to stdout: give one of them a file, as in --format json=FILE"
                ),
            }
        }
    }
    Ok(typed.to_vec())
}

/// The human report names what is lost by itself.
pub(crate) fn tell_notes(notes: &[Note], outputs: &[Output], console: &Console) {
    let told = outputs.iter().any(|it| it.file.is_none() && it.format == Format::Human);
    console.notes(notes.iter().filter(|it| !(told && it.lost)));
}
