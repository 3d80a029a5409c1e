//! Cuts the tree into the rows of the table: as the configuration says, or else by the directories that hold the code.

use std::collections::BTreeMap;

use super::{Dimension, Layer, Tallies};
use crate::program::Program;
use crate::text::FileId;

/// A named part of the tree, given by the configuration.
pub(crate) struct LayerSpec {
    pub(crate) name: String,
    pub(crate) matches: Box<dyn Fn(&str) -> bool + Send + Sync>,
}

/// As many rows as one screen holds.
const MOST_ROWS: usize = 12;

/// The row of all that is too small for one of its own.
pub(crate) const OTHER: &str = "other";

/// The directories below the one that holds nearly all code; what lies beside it has rows of its own.
pub(super) fn by_directory(program: &Program, files: &[(FileId, Tallies)]) -> Vec<Layer> {
    let files: Vec<(&str, &Tallies)> =
        files.iter().map(|(id, tallies)| (program.file(*id).path.as_str(), tallies)).collect();
    let mut rows = Vec::new();
    let mut root = String::new();
    let mut rest = files;
    loop {
        let mut parts = split(&root, &rest);
        let Some(heart) = heart(&parts).filter(|it| is_worth_opening(it, &parts)) else {
            rows.extend(parts.into_iter().map(|(name, files)| layer(name, &files)));
            break;
        };
        rest = parts.remove(&heart).unwrap_or_default();
        rows.extend(parts.into_iter().map(|(name, files)| layer(name, &files)));
        root = format!("{heart}/");
    }
    rows.retain(|it| it.tallies.0.iter().any(|tally| tally.total + tally.unknown > 0));
    if rows.len() < 2 { Vec::new() } else { folded(rows) }
}

type Parts<'a> = BTreeMap<String, Vec<(&'a str, &'a Tallies)>>;

/// Files by the next directory below `root`; those in `root` itself under `root*`.
fn split<'a>(root: &str, files: &[(&'a str, &'a Tallies)]) -> Parts<'a> {
    let mut parts = Parts::new();
    for (path, tallies) in files {
        let below = &path[root.len()..];
        let name = match below.split_once('/') {
            Some((first, _)) => format!("{root}{first}"),
            None => format!("{root}*"),
        };
        parts.entry(name).or_default().push((path, tallies));
    }
    parts
}

/// The one directory that holds at least three quarters of the functions: a row for it would say little.
fn heart(parts: &Parts<'_>) -> Option<String> {
    let all: u32 = parts.values().map(|it| weight(it)).sum();
    parts
        .iter()
        .filter(|(name, _)| !name.ends_with('*'))
        .find(|(_, files)| weight(files) > 0 && weight(files) * 4 >= all * 3)
        .map(|(name, _)| name.clone())
}

/// A directory of hundreds of small ones is better told as one row than as a few of them by chance.
fn is_worth_opening(heart: &str, parts: &Parts<'_>) -> bool {
    let files = &parts[heart];
    let mut weights: Vec<u32> = split(&format!("{heart}/"), files).values().map(|it| weight(it)).collect();
    weights.sort_unstable_by(|a, b| b.cmp(a));
    let told: u32 = weights.iter().take(MOST_ROWS - 1).sum();
    parts.len() == 1 || told * 2 >= weight(files)
}

fn weight(files: &[(&str, &Tallies)]) -> u32 {
    files.iter().map(|(_, tallies)| tallies.get(Dimension::Functions).total).sum()
}

fn layer(name: String, files: &[(&str, &Tallies)]) -> Layer {
    let mut layer = Layer { name, tallies: Tallies::default(), files: files.len() as u32 };
    files.iter().for_each(|(_, tallies)| layer.tallies.add(tallies));
    layer
}

/// Sorted by name, the smallest of too many put together at the end.
fn folded(mut rows: Vec<Layer>) -> Vec<Layer> {
    rows.sort_by(|a, b| {
        let size = |it: &Layer| it.tallies.get(Dimension::Functions).total;
        size(b).cmp(&size(a)).then_with(|| a.name.cmp(&b.name))
    });
    let small = if rows.len() > MOST_ROWS { rows.split_off(MOST_ROWS - 1) } else { Vec::new() };
    rows.sort_by(|a, b| a.name.cmp(&b.name));
    if !small.is_empty() {
        let mut other = Layer { name: OTHER.to_owned(), tallies: Tallies::default(), files: 0 };
        for it in &small {
            other.files += it.files;
            other.tallies.add(&it.tallies);
        }
        rows.push(other);
    }
    rows
}
