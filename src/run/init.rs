//! `otcov init`: a first configuration for a tree, made from its coverage. Layers and thresholds are proposals that people edit.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use anyhow::{Result, bail};

use super::files;
use crate::config;
use crate::measure::{Coverage, Dimension, Layer};

const NAME: &str = "otcov.toml";

const HEAD: &str = "\
# Configuration of otcov. `otcov scan` finds it from any directory below.

[scan]
# exclude = [\"src/legacy\"]
";

/// A file that is there already is never touched: this says so before any work is done.
pub(crate) fn refuse_to_overwrite(directory: &Path) -> Result<()> {
    match config::beside(directory)? {
        Some(path) => bail!("there is a configuration already: `{}`", plain(&path).display()),
        None => Ok(()),
    }
}

/// Writes the file and says what is in it.
pub(crate) fn write(directory: &Path, coverage: &Coverage) -> Result<String> {
    let path = directory.join(NAME);
    let layers = layers(&coverage.layers);
    let thresholds = thresholds(coverage);
    files::create(&path, &render(&layers, &thresholds))?;
    let count = |count: usize, one: &str| format!("{count} {one}{}", if count == 1 { "" } else { "s" });
    Ok(format!(
        "wrote {}: {}, {}\n",
        plain(&path).display(),
        count(layers.len(), "layer"),
        count(thresholds.len(), "threshold")
    ))
}

/// Without the `./` that nobody typed.
fn plain(path: &Path) -> PathBuf {
    path.strip_prefix(".").unwrap_or(path).to_path_buf()
}

/// The rows of the table that are directories, under their last names where those tell them apart.
fn layers(rows: &[Layer]) -> Vec<(String, String)> {
    let is_directory = |it: &&Layer| !it.name.ends_with('*') && it.name != "other";
    let paths: Vec<&str> = rows.iter().filter(is_directory).map(|it| it.name.as_str()).collect();
    let last = |path: &str| path.rsplit('/').next().unwrap_or(path).to_owned();
    let mut seen = BTreeSet::new();
    let twice: BTreeSet<String> =
        paths.iter().map(|it| last(it)).filter(|it| !seen.insert(it.clone())).collect();
    let name = |path: &str| if twice.contains(&last(path)) { path.to_owned() } else { last(path) };
    paths.iter().map(|it| (name(it), format!("{it}/**"))).collect()
}

/// Today's level in whole percent: it can only get better from here.
fn thresholds(coverage: &Coverage) -> Vec<(Dimension, u32)> {
    let floor = |dimension| coverage.all.get(dimension).percent().map(|it| (dimension, it.floor() as u32));
    Dimension::ALL.into_iter().filter_map(floor).filter(|(_, percent)| *percent > 0).collect()
}

fn render(layers: &[(String, String)], thresholds: &[(Dimension, u32)]) -> String {
    let mut text = HEAD.to_owned();
    for (name, path) in layers {
        text.push_str(&format!("\n[[layer]]\nname = {}\npaths = [{}]\n", quoted(name), quoted(path)));
    }
    text.push_str(
        "\n# Percent that must be covered; 0 of 0 passes. These are the numbers of today.\n[gate]\n",
    );
    for (dimension, percent) in thresholds {
        text.push_str(&format!("{} = {percent}\n", dimension.as_str()));
    }
    if let Some((name, _)) = layers.first() {
        text.push_str(&format!("\n# [gate.layer.{}]\n# entry-points = 100\n", quoted(name)));
    }
    text.push_str("\n[rules]\n# ignore = [\"print-instead-of-log\"]\n");
    text
}

fn quoted(text: &str) -> String {
    toml::Value::from(text).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::{Tallies, Tally};

    #[test]
    fn what_is_written_can_be_read_again() {
        let row = |name: &str| Layer { name: name.to_owned(), tallies: Tallies::default(), files: 1 };
        let rows = ["src/shop/commands", "src/shop/web", "tools/web", "src/shop/*", "other"].map(row);
        let mut coverage = Coverage { layers: rows.to_vec(), ..Coverage::default() };
        coverage.all.0[Dimension::Functions as usize] = Tally { covered: 2, total: 3, unknown: 0 };
        coverage.all.0[Dimension::Calls as usize] = Tally { covered: 0, total: 3, unknown: 0 };
        let directory = tempfile::tempdir().unwrap();
        let told = write(directory.path(), &coverage).unwrap();
        assert!(told.ends_with("otcov.toml: 3 layers, 1 threshold\n"), "{told}");
        let root = directory.path().canonicalize().unwrap();
        let rules = crate::rule::Catalogue::new(crate::checks::ALL).unwrap();
        let vocabulary = crate::run::job::vocabulary(&rules);
        let found = config::locate(None, false, &root).unwrap();
        let settings = config::resolve(found.as_ref(), None, &root, &root, &vocabulary).unwrap();
        let names: Vec<&str> = settings.layers.iter().map(|it| it.name.as_str()).collect();
        assert_eq!(names, ["commands", "src/shop/web", "tools/web"]);
        assert_eq!(settings.thresholds[0].percent, 66.0);
        assert!(refuse_to_overwrite(directory.path()).is_err());
    }
}
