//! What a change did, for people: the numbers of what was changed, and the functions that turned dark or came to light.

use std::io;

use super::Report;
use super::style::{Ink, Pen};
use super::words::{counted, grouped, points, whole_percent};
use crate::change::{Change, FunctionChange};
use crate::measure::{Dimension, Verdict};

/// So many functions are named of each direction.
const SHOWN: usize = 8;

pub(super) fn write(report: &Report<'_>, pen: &mut Pen<'_>) -> io::Result<()> {
    let Some(change) = report.change else { return Ok(()) };
    pen.put(Ink::Strong, " The change")?;
    let files = counted(change.files, "file", "files");
    pen.line(Ink::Faint, format_args!("   against {}: {files}", name(change)))?;
    numbers(report, change, pen)?;
    let (darker, brighter): (Vec<_>, Vec<_>) = change.functions.iter().partition(|it| it.is_darker());
    list(report, &darker, Ink::Bad, "no longer seen", pen)?;
    list(report, &brighter, Ink::Good, "seen from now on", pen)?;
    pen.end()
}

/// `origin/main (0123abcd)`
pub(super) fn name(change: &Change) -> String {
    let commit = change.commit.get(..8).unwrap_or(&change.commit);
    if change.commit.starts_with(&change.revision) {
        commit.to_owned()
    } else {
        format!("{} ({commit})", change.revision)
    }
}

fn numbers(report: &Report<'_>, change: &Change, pen: &mut Pen<'_>) -> io::Result<()> {
    for dimension in Dimension::ALL {
        let (part, now) = (change.coverage.get(dimension), report.coverage.all.get(dimension));
        let moved = points(change.before.get(dimension), now);
        let Some(percent) = whole_percent(part) else {
            if let Some(moved) = moved.filter(|it| it != "±0") {
                pen.line(
                    Ink::Plain,
                    format_args!("   {:<13}{:>15}   all: {moved}", dimension.as_str(), pen.style.nothing()),
                )?;
            }
            continue;
        };
        let share = format!("{}/{}", grouped(part.covered as usize), grouped(part.total as usize));
        let moved = moved.map(|it| format!("   all: {it}")).unwrap_or_default();
        pen.line(Ink::Plain, format_args!("   {:<13}{share:>9} {percent:>3} %{moved}", dimension.as_str()))?;
    }
    Ok(())
}

fn list(
    report: &Report<'_>,
    functions: &[&FunctionChange],
    ink: Ink,
    what: &str,
    pen: &mut Pen<'_>,
) -> io::Result<()> {
    if functions.is_empty() {
        return Ok(());
    }
    let count = counted(functions.len(), "function", "functions");
    pen.text("   ")?;
    pen.line(ink, format_args!("{count} {what}"))?;
    for it in functions.iter().take(SHOWN) {
        let place = report.program.head(it.function);
        let line = report.program.position(place).line;
        let name = report.program.function(it.function).name;
        let why = because(it);
        pen.line(Ink::Plain, format_args!("     {}:{line}  {name}{why}", report.path(place.file)))?;
    }
    if functions.len() > SHOWN {
        pen.line(
            Ink::Faint,
            format_args!("     {} and {} more", pen.style.ellipsis(), grouped(functions.len() - SHOWN)),
        )?;
    }
    Ok(())
}

/// That nobody can tell is not the same as dark; that it was not touched is what nobody would look for.
pub(super) fn because(change: &FunctionChange) -> &'static str {
    match (change.now, change.touched) {
        (Verdict::Unknown, _) => " (no caller is left)",
        (_, false) => " (not itself changed)",
        (_, true) => "",
    }
}
