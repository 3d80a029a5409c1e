//! Turns a document that has been checked into settings. What the check has let through is taken at its word; what only makes
//! sense together is checked here.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::check::{Checker, hint_or_list, texts};
use super::document::{self, ConfigError, Fields, Problems};
use super::find::Found;
use super::own;
use super::shape::{self, Vocabulary};
use super::{Eligible, LayerSettings, ModelSettings, Override, Selection, Settings, Threshold};
use crate::measure::{Dimension, Part};
use crate::patterns::PathSet;
use crate::registry::{self, Version};
use crate::rule::{Catalogue, Level, RuleOptions, Selector};

/// `base` is where patterns start, `shown` how errors call the file.
pub(crate) fn read(
    found: &Found,
    base: &Path,
    shown: &Path,
    vocabulary: &Vocabulary<'_>,
) -> Result<Settings, ConfigError> {
    let document = document::parse(shown, &found.text)?;
    let mut problems = Problems::new(shown, &found.text);
    let path = found.table.join(".");
    let (fields, place) = match document::find(document.get_ref(), found.table) {
        None => (document.get_ref(), document.span()),
        Some(node) => match node.get_ref().as_table() {
            Some(fields) => (fields, node.span()),
            None => {
                problems.add(node.span(), format!("`{path}` must be a table"));
                problems.finish()?;
                return Ok(Settings::without_file());
            }
        },
    };
    Checker { vocabulary, problems: &mut problems }.table(fields, &shape::ROOT, &path, place);
    check_layers(fields, &mut problems);
    check_registry(fields, &mut problems);
    own::check(fields, found, vocabulary, &mut problems);
    problems.finish()?;
    let reader = Reader { base, home: &home(&found.path), rules: vocabulary.rules };
    let mut settings = reader.settings(fields);
    settings.models = models(found, shown, fields);
    settings.own_rules = own::own_rules(found);
    settings.file = Some(found.path.clone());
    Ok(settings)
}

/// Layers have names of their own, and a gate names none but them.
fn check_layers(fields: &Fields<'_>, problems: &mut Problems<'_>) {
    let mut names: Vec<&str> = Vec::new();
    for layer in tables(fields, "layer") {
        let Some(node) = document::field(layer, "name") else { continue };
        let Some(name) = node.get_ref().as_str() else { continue };
        if names.contains(&name) {
            problems.add(node.span(), format!("there are two layers `{name}`"));
        }
        names.push(name);
    }
    let gate = table(fields, "gate").and_then(|it| table(it, "layer"));
    for (key, _) in gate.into_iter().flat_map(|it| it.iter()) {
        if !names.contains(&&**key.get_ref()) {
            let hint = if names.is_empty() { String::new() } else { hint_or_list(key.get_ref(), &names) };
            problems.add(key.span(), format!("no [[layer]] has the name `{}`{hint}", key.get_ref()));
        }
    }
}

/// The version is one that is known.
fn check_registry(fields: &Fields<'_>, problems: &mut Problems<'_>) {
    let Some(node) = table(fields, "registry").and_then(|it| document::field(it, "semconv")) else { return };
    let Some(text) = node.get_ref().as_str().filter(|it| *it != BUNDLED) else { return };
    let newest = registry::NEWEST;
    match Version::parse(text) {
        Some(version) if Version::parse(newest).is_some_and(|it| version <= it) => {}
        Some(_) => {
            problems.add(node.span(), format!("the newest semantic conventions that are known are {newest}"))
        }
        None => problems.add(
            node.span(),
            format!("`registry.semconv` must be `{BUNDLED}` or a version such as `1.26`, not `{text}`"),
        ),
    }
}

/// The rule that is off until a registry is strict.
const WHAT_STRICT_ASKS: &str = "unregistered-attribute";

/// The word for the newest version.
const BUNDLED: &str = "bundled";

/// The folder of a file.
fn home(file: &Path) -> PathBuf {
    let absolute = file.canonicalize().unwrap_or_else(|_| file.to_path_buf());
    absolute.parent().map(Path::to_path_buf).unwrap_or_default()
}

struct Reader<'a> {
    /// Where patterns start: they are about the tree.
    base: &'a Path,
    /// Where paths start: they are about files beside the configuration, wherever the tree is.
    home: &'a Path,
    rules: &'a Catalogue,
}

impl Reader<'_> {
    fn settings(&self, fields: &Fields<'_>) -> Settings {
        let mut settings = Settings::without_file();
        if let Some(scan) = table(fields, "scan") {
            settings.scan.exclude = self.paths(scan, "exclude");
            settings.scan.include = self.paths(scan, "include");
            settings.scan.languages = document::field(scan, "languages").and_then(|it| texts(it.get_ref()));
            settings.scan.tests = self.paths(scan, "tests");
            settings.scan.max_file_size = document::field(scan, "max-file-size")
                .and_then(|it| document::whole(it.get_ref()))
                .and_then(|it| u64::try_from(it).ok());
        }
        if let Some(coverage) = table(fields, "coverage") {
            let word = text(coverage, "eligible").unwrap_or_default();
            let eligible = Eligible::ALL.into_iter().find(|it| it.as_str() == word);
            settings.coverage.eligible = eligible.unwrap_or_default();
            settings.coverage.exclude = self.paths(coverage, "exclude");
            settings.coverage.exclude_functions = list(coverage, "exclude-functions");
        }
        let layer =
            |it| LayerSettings { name: text(it, "name").unwrap_or_default(), paths: self.paths(it, "paths") };
        settings.layers = tables(fields, "layer").map(layer).collect();
        thresholds(fields).into_iter().for_each(|it| settings.set_threshold(it));
        if let Some(gate) = table(fields, "gate") {
            settings.ratchet =
                document::field(gate, "ratchet").is_some_and(|it| it.get_ref().as_bool() == Some(true));
            let patterns = table(gate, "path").into_iter().flat_map(|it| it.iter());
            let patterns = patterns.map(|(name, _)| name.get_ref().to_string());
            settings.gate_paths = patterns.map(|it| (it.clone(), self.path_set(&[it]))).collect();
        }
        if let Some(registry) = table(fields, "registry") {
            settings.semconv = text(registry, "semconv").and_then(|it| Version::parse(&it));
            let paths = list(registry, "paths");
            settings.registry_paths = paths.iter().map(|it| self.home.join(it)).collect();
            settings.registry_namespaces = list(registry, "namespaces");
            settings.registry_strict =
                document::field(registry, "strict").is_some_and(|it| it.get_ref().as_bool() == Some(true));
        }
        self.rules(fields, &mut settings);
        if settings.registry_strict {
            // Whoever gave the rule a level has the last word.
            settings.rules.base.severity.entry(WHAT_STRICT_ASKS.to_owned()).or_insert(Level::Warning);
        }
        if let Some(telemetry) = table(fields, "telemetry") {
            settings.auto_instrumentation = list(telemetry, "auto-instrumentation");
        }
        settings
    }

    fn rules(&self, fields: &Fields<'_>, settings: &mut Settings) {
        if let Some(rules) = table(fields, "rules") {
            settings.rules.base = self.selection(rules);
            settings.rules.options = self.options(rules);
        }
        let each = |it| Override {
            paths: self.paths(it, "paths"),
            selection: self.selection(it),
            options: self.options(it),
        };
        settings.rules.overrides = tables(fields, "override").map(each).collect();
    }

    fn selection(&self, fields: &Fields<'_>) -> Selection {
        let selectors = |key| list(fields, key).iter().filter_map(|it| self.rules.selector(it)).collect();
        Selection {
            select: selectors("select"),
            ignore: selectors("ignore"),
            severity: self.severity(fields),
        }
    }

    /// A rule's own name is stronger than what another tool calls it.
    fn severity(&self, fields: &Fields<'_>) -> BTreeMap<String, Level> {
        let (mut severity, mut named) = (BTreeMap::new(), BTreeMap::new());
        for (word, level) in table(fields, "severity").into_iter().flat_map(|it| it.iter()) {
            let (Some(level), Some(selector)) =
                (level.get_ref().as_str().and_then(Level::parse), self.rules.selector(word.get_ref()))
            else {
                continue;
            };
            let list = if matches!(selector, Selector::Rule(_)) { &mut named } else { &mut severity };
            let meant = self.rules.entries().iter().filter(|it| selector.covers(it));
            list.extend(meant.map(|it| (it.rule.name.to_owned(), level)));
        }
        severity.extend(named);
        severity
    }

    fn options(&self, fields: &Fields<'_>) -> BTreeMap<String, RuleOptions> {
        let names = self.rules.names().into_iter();
        names
            .filter_map(|name| {
                let allow = list(table(fields, name)?, "allow");
                Some((name.to_owned(), RuleOptions { allow, own: None }))
            })
            .collect()
    }

    fn paths(&self, fields: &Fields<'_>, key: &str) -> PathSet {
        self.path_set(&list(fields, key))
    }

    fn path_set(&self, patterns: &[String]) -> PathSet {
        // The check has compiled every pattern already.
        PathSet::new(self.base, patterns).unwrap_or_else(|_| PathSet::empty())
    }
}

fn thresholds(fields: &Fields<'_>) -> Vec<Threshold> {
    let mut all = Vec::new();
    let Some(gate) = table(fields, "gate") else { return all };
    add_thresholds(gate, &Part::Whole, &mut all);
    if let Some(fields) = table(gate, "diff") {
        add_thresholds(fields, &Part::Change, &mut all);
    }
    let parts = [("layer", Part::Layer as fn(String) -> Part), ("path", Part::Paths)];
    for (key, part) in parts {
        for (name, node) in table(gate, key).into_iter().flat_map(|it| it.iter()) {
            if let Some(fields) = node.get_ref().as_table() {
                add_thresholds(fields, &part(name.get_ref().to_string()), &mut all);
            }
        }
    }
    all
}

fn add_thresholds(fields: &Fields<'_>, part: &Part, all: &mut Vec<Threshold>) {
    for dimension in Dimension::ALL {
        let value = document::field(fields, dimension.as_str());
        if let Some(percent) = value.and_then(|it| document::number(it.get_ref())) {
            all.push(Threshold { part: part.clone(), dimension, percent });
        }
    }
}

/// The models as plain tables, each with its place.
fn models(found: &Found, shown: &Path, fields: &Fields<'_>) -> Vec<ModelSettings> {
    let nodes = document::field(fields, "model").and_then(|it| it.get_ref().as_array());
    let lines = nodes
        .into_iter()
        .flat_map(|it| it.iter())
        .map(|it| document::position(&found.text, it.span().start).0);
    let mut plain = found.text.parse::<toml::Table>().ok();
    for key in found.table {
        plain = plain.and_then(|mut it| match it.remove(*key) {
            Some(toml::Value::Table(inner)) => Some(inner),
            _ => None,
        });
    }
    let list = match plain.and_then(|mut it| it.remove("model")) {
        Some(toml::Value::Array(list)) => list,
        _ => Vec::new(),
    };
    let tables =
        list.into_iter().filter_map(|it| if let toml::Value::Table(it) = it { Some(it) } else { None });
    let model = |(line, table)| ModelSettings { origin: format!("{}:{line}", shown.display()), table };
    lines.zip(tables).map(model).collect()
}

fn table<'t, 'a>(fields: &'t Fields<'a>, key: &str) -> Option<&'t Fields<'a>> {
    document::field(fields, key)?.get_ref().as_table()
}

pub(super) fn tables<'t, 'a>(fields: &'t Fields<'a>, key: &str) -> impl Iterator<Item = &'t Fields<'a>> {
    let items = document::field(fields, key).and_then(|it| it.get_ref().as_array());
    items.into_iter().flat_map(|it| it.iter()).filter_map(|it| it.get_ref().as_table())
}

pub(super) fn text(fields: &Fields<'_>, key: &str) -> Option<String> {
    document::field(fields, key)?.get_ref().as_str().map(str::to_owned)
}

fn list(fields: &Fields<'_>, key: &str) -> Vec<String> {
    document::field(fields, key).and_then(|it| texts(it.get_ref())).unwrap_or_default()
}
