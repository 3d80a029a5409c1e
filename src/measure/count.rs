//! From single things to tallies by file, and from those to every other cut.

use super::items::each_item;
use super::layers::{self, LayerSpec};
use super::sending::Sending;
use super::{Coverage, Layer, Tallies, unseen};
use crate::program::Program;
use crate::text::FileId;

/// All numbers of a program. Percentages come from sums over the whole, never from a mean of files.
pub(crate) fn measure(program: &Program, specs: &[LayerSpec]) -> Coverage {
    let (files, (sending, (dark_entry_points, below_dark_entries))) = rayon::join(
        || by_file(program),
        || {
            let sending = Sending::find(program);
            let dark = unseen::dark_entry_points(program, &sending);
            (sending, dark)
        },
    );
    let mut coverage =
        Coverage { files, sending, dark_entry_points, below_dark_entries, ..Coverage::default() };
    for function in program.functions.iter().filter(|it| it.named) {
        coverage.functions += 1;
        if let Some(reason) = function.excluded {
            *coverage.excluded.entry(reason).or_default() += 1;
        }
    }
    sum_up(program, &mut coverage);
    coverage.layers = if specs.is_empty() {
        layers::by_directory(program, &coverage.files)
    } else {
        configured(program, &coverage.files, specs)
    };
    coverage
}

fn sum_up(program: &Program, coverage: &mut Coverage) {
    for (id, tallies) in &coverage.files {
        let file = program.file(*id);
        coverage.all.add(tallies);
        let language = coverage.languages.entry(file.language).or_default();
        language.0 += 1;
        language.1.add(tallies);
        for (at, _) in file.path.match_indices('/') {
            coverage.directories.entry(file.path[..at].to_owned()).or_default().add(tallies);
        }
    }
}

/// A file counts in every layer that claims it: each layer answers for itself.
fn configured(program: &Program, files: &[(FileId, Tallies)], specs: &[LayerSpec]) -> Vec<Layer> {
    specs
        .iter()
        .map(|spec| {
            let mut layer = Layer { name: spec.name.clone(), tallies: Tallies::default(), files: 0 };
            for (id, tallies) in files {
                if (spec.matches)(&program.file(*id).path) {
                    layer.files += 1;
                    layer.tallies.add(tallies);
                }
            }
            layer
        })
        .collect()
}

/// The tallies of all files, tests aside.
fn by_file(program: &Program) -> Vec<(FileId, Tallies)> {
    let mut files = vec![Tallies::default(); program.files.len()];
    each_item(program, &mut |it| files[it.place.file.index()].count(&it));
    let files = program.files.iter().zip(files).enumerate();
    files.filter(|(_, (file, _))| !file.test).map(|(at, (_, tallies))| (FileId(at as u32), tallies)).collect()
}

#[cfg(test)]
mod tests;
