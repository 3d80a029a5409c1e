//! What a run shall do: the configuration file and the command line, resolved into one [`Settings`]. Reads the configuration and
//! nothing else; decides nothing about a program.

mod check;
mod document;
mod find;
mod own;
mod read;
#[cfg(test)]
pub(crate) mod reference;
#[cfg(test)]
pub(crate) mod schema;
mod shape;
mod typed;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::cli::ScanArgs;
use crate::measure::{Dimension, Part};
use crate::patterns::PathSet;
use crate::registry::Version;
use crate::rule::{Level, RuleOptions, Selector};

pub(crate) use document::ConfigError;
pub(crate) use find::Found;
pub(crate) use own::{Example, OwnRule, Part as RulePart, RuleFault, own_rules};
pub(crate) use shape::Vocabulary;
pub(crate) use typed::choose;

const LEVELS: [Level; 4] = [Level::Off, Level::Note, Level::Warning, Level::Error];

/// Everything that was decided before the tree is read.
#[derive(Debug)]
pub(crate) struct Settings {
    /// The configuration file in force.
    pub(crate) file: Option<PathBuf>,
    pub(crate) scan: ScanSettings,
    pub(crate) coverage: CoverageSettings,
    pub(crate) layers: Vec<LayerSettings>,
    /// Sorted by part and dimension, each pair once.
    pub(crate) thresholds: Vec<Threshold>,
    /// What the patterns among the parts match.
    pub(crate) gate_paths: BTreeMap<String, PathSet>,
    /// No number may fall below what it was.
    pub(crate) ratchet: bool,
    /// The version of the semantic conventions that decides what is deprecated, if one is pinned.
    pub(crate) semconv: Option<Version>,
    /// Folders and files of the project's own registry.
    pub(crate) registry_paths: Vec<PathBuf>,
    /// The namespaces that are the project's own.
    pub(crate) registry_namespaces: Vec<String>,
    /// Every name of the project's own has to be in a registry.
    pub(crate) registry_strict: bool,
    pub(crate) rules: RuleSettings,
    pub(crate) models: Vec<ModelSettings>,
    /// Rules of the project's own, in the order of the file.
    pub(crate) own_rules: Vec<OwnRule>,
    pub(crate) auto_instrumentation: Vec<String>,
    /// None: findings never fail the run.
    pub(crate) fail_on: Option<Level>,
    /// 0: as many threads as the machine has processors.
    pub(crate) jobs: usize,
}

#[derive(Debug)]
pub(crate) struct ScanSettings {
    pub(crate) exclude: PathSet,
    pub(crate) include: PathSet,
    /// None: all that otcov reads.
    pub(crate) languages: Option<Vec<String>>,
    pub(crate) tests: PathSet,
    pub(crate) max_file_size: Option<u64>,
}

#[derive(Debug)]
pub(crate) struct CoverageSettings {
    pub(crate) eligible: Eligible,
    pub(crate) exclude: PathSet,
    /// Dotted names with `*`; see [`crate::patterns::name_matches`].
    pub(crate) exclude_functions: Vec<String>,
}

/// Which functions count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Eligible {
    All,
    #[default]
    Nontrivial,
    Public,
}

#[derive(Debug)]
pub(crate) struct LayerSettings {
    pub(crate) name: String,
    pub(crate) paths: PathSet,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Threshold {
    pub(crate) part: Part,
    pub(crate) dimension: Dimension,
    pub(crate) percent: f64,
}

#[derive(Debug, Default)]
pub(crate) struct RuleSettings {
    pub(crate) base: Selection,
    pub(crate) overrides: Vec<Override>,
    /// What the command line says; it has the last word.
    pub(crate) typed: Selection,
    pub(crate) options: BTreeMap<String, RuleOptions>,
}

/// Which rules are on.
#[derive(Debug, Default, Clone)]
pub(crate) struct Selection {
    /// Empty: nothing was said.
    pub(crate) select: Vec<Selector>,
    pub(crate) ignore: Vec<Selector>,
    pub(crate) severity: BTreeMap<String, Level>,
}

#[derive(Debug)]
pub(crate) struct Override {
    pub(crate) paths: PathSet,
    pub(crate) selection: Selection,
    pub(crate) options: BTreeMap<String, RuleOptions>,
}

/// One `[[model]]`: what a function of the project does, as the project says. Its details are checked where models are put
/// together.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ModelSettings {
    /// File and line, for messages.
    pub(crate) origin: String,
    pub(crate) table: toml::Table,
}

#[derive(Debug, thiserror::Error)]
pub(crate) enum SettingsError {
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// Something on the command line that clap cannot judge.
    #[error("{0}")]
    Typed(String),
}

impl Eligible {
    pub(crate) const ALL: [Eligible; 3] = [Eligible::All, Eligible::Nontrivial, Eligible::Public];

    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Eligible::All => "all",
            Eligible::Nontrivial => "nontrivial",
            Eligible::Public => "public",
        }
    }
}

/// The file that holds for the tree at `root`: the one that is named, or else the nearest.
pub(crate) fn locate(
    named: Option<&Path>,
    isolated: bool,
    root: &Path,
) -> Result<Option<Found>, SettingsError> {
    Ok(match named {
        _ if isolated => None,
        Some(path) => Some(find::named(path)?),
        None => find::nearest(root)?,
    })
}

/// The settings of a run over the tree at `root`, which is absolute. `working` is where the user stands: errors name files from
/// there.
pub(crate) fn resolve(
    found: Option<&Found>,
    scan: Option<&ScanArgs>,
    root: &Path,
    working: &Path,
    vocabulary: &Vocabulary<'_>,
) -> Result<Settings, SettingsError> {
    let mut settings = match found {
        Some(found) => read::read(found, &base(&found.path, root), &shown(&found.path, working), vocabulary)?,
        None => Settings::without_file(),
    };
    if let Some(scan) = scan {
        typed::apply(scan, &mut settings, vocabulary.rules)?;
    }
    Ok(settings)
}

/// The configuration that is in this very directory, if there is one.
pub(crate) fn beside(directory: &Path) -> Result<Option<PathBuf>, SettingsError> {
    Ok(find::beside(directory)?.map(|it| it.path))
}

/// The directory whose configuration holds for this one.
pub(crate) fn home(directory: &Path) -> Result<Option<PathBuf>, SettingsError> {
    Ok(find::nearest(directory)?.and_then(|it| it.path.parent().map(Path::to_path_buf)))
}

/// Where patterns start: beside the configuration, or at the root if that lies elsewhere.
fn base(file: &Path, root: &Path) -> PathBuf {
    let absolute = file.canonicalize().unwrap_or_else(|_| file.to_path_buf());
    let beside = absolute.parent().filter(|it| root.starts_with(it));
    beside.unwrap_or(root).to_path_buf()
}

fn shown(file: &Path, working: &Path) -> PathBuf {
    file.strip_prefix(working).unwrap_or(file).to_path_buf()
}

impl Settings {
    pub(crate) fn without_file() -> Settings {
        Settings {
            file: None,
            scan: ScanSettings {
                exclude: PathSet::empty(),
                include: PathSet::empty(),
                languages: None,
                tests: PathSet::empty(),
                max_file_size: None,
            },
            coverage: CoverageSettings {
                eligible: Eligible::default(),
                exclude: PathSet::empty(),
                exclude_functions: Vec::new(),
            },
            layers: Vec::new(),
            thresholds: Vec::new(),
            gate_paths: BTreeMap::new(),
            ratchet: false,
            semconv: None,
            registry_paths: Vec::new(),
            registry_namespaces: Vec::new(),
            registry_strict: false,
            rules: RuleSettings::default(),
            models: Vec::new(),
            own_rules: Vec::new(),
            auto_instrumentation: Vec::new(),
            fail_on: Some(Level::Error),
            jobs: 0,
        }
    }

    /// A later threshold for the same thing replaces the earlier one.
    fn set_threshold(&mut self, threshold: Threshold) {
        let key = |it: &Threshold| (it.part.clone(), it.dimension);
        match self.thresholds.binary_search_by(|it| key(it).cmp(&key(&threshold))) {
            Ok(at) => self.thresholds[at] = threshold,
            Err(at) => self.thresholds.insert(at, threshold),
        }
    }

    /// The options of a rule, as the whole program sees them.
    pub(crate) fn options(&self, rule: &str) -> RuleOptions {
        self.rules.options.get(rule).cloned().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests;
