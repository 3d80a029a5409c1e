//! Reads the models that are built in and those of the configuration. Files on disk are not read here.

use rayon::prelude::*;
use serde::Deserialize;

use super::build::Builder;
use super::embedded::FILES;
use super::format::{CallEntry, ModelFile};
use super::{ExtraModel, Library};
use crate::text::LineIndex;

impl Library {
    /// The built-in models of one language.
    #[cfg(test)]
    pub(crate) fn embedded(language: &'static str) -> (Library, Vec<String>) {
        Library::load(&[language], &[])
    }

    /// The built-in models of some languages, and on top of them those of the configuration. Languages have a tree each, because
    /// their packages share names.
    pub(crate) fn load(languages: &[&'static str], extra_models: &[ExtraModel]) -> (Library, Vec<String>) {
        let files = FILES.iter().filter(|(name, _)| languages.contains(&language_of(name)));
        Library::from_files(files, languages, extra_models)
    }

    /// Each error is a sentence that starts with its file and line.
    pub(super) fn from_files<'a>(
        files: impl Iterator<Item = &'a (&'static str, &'a str)>,
        languages: &[&'static str],
        extra_models: &[ExtraModel],
    ) -> (Library, Vec<String>) {
        let files: Vec<_> = files.copied().collect();
        let parsed: Vec<_> = files.par_iter().with_max_len(1).map(|(name, text)| parse(name, text)).collect();
        let mut errors = Vec::new();
        let mut keep = |it: Result<_, String>| it.map_err(|error| errors.push(error)).ok();
        let models: Vec<_> =
            files.into_iter().zip(parsed).filter_map(|(source, it)| Some((source, keep(it)?))).collect();
        let mut keep = |it: Result<_, String>| it.map_err(|error| errors.push(error)).ok();
        let extra: Vec<_> =
            extra_models.iter().filter_map(|it| Some((it.origin.as_str(), keep(call_of(it))?))).collect();
        let mut builder = Builder::new(errors);
        builder.add_files(&models);
        for language in languages {
            for (origin, call) in &extra {
                builder.add_extra(language, origin, call);
            }
        }
        builder.finish()
    }
}

/// The files of a language lie in a folder of its name.
pub(super) fn language_of(file: &'static str) -> &'static str {
    file.split('/').next().unwrap_or_default()
}

fn parse(name: &str, text: &str) -> Result<ModelFile, String> {
    toml::from_str(text).map_err(|error| {
        let line = error.span().map_or(1, |span| LineIndex::new(text).line(span.start as u32));
        format!("{name}:{line}: {}", error.message())
    })
}

fn call_of(extra: &ExtraModel) -> Result<CallEntry, String> {
    let mut table = toml::Table::new();
    let mut args = toml::Table::new();
    for (key, value) in &extra.table {
        match (key.strip_suffix("-arg"), value) {
            (Some(slot), value) => {
                args.insert(slot.to_owned(), value.clone());
            }
            (None, toml::Value::Table(inner)) if key == "args" => args.extend(inner.clone()),
            // However the language writes its paths, the tree is a tree.
            (None, toml::Value::String(path)) if key == "path" => {
                table.insert(key.clone(), path.replace("::", ".").into());
            }
            (None, value) => {
                table.insert(key.clone(), value.clone());
            }
        }
    }
    // Who says that a helper is a span means the plain case; anything else has to be said.
    if table.get("role").and_then(toml::Value::as_str) == Some("span") {
        let list = |words: &[&str]| toml::Value::Array(words.iter().map(|it| (*it).into()).collect());
        table.entry("form").or_insert_with(|| list(&["with", "decorator"]));
        table.entry("does").or_insert_with(|| list(&["activates", "ends", "records"]));
    }
    if !args.is_empty() {
        table.insert("args".to_owned(), toml::Value::Table(args));
    }
    CallEntry::deserialize(table).map_err(|error| format!("{}: {}", extra.origin, error.message()))
}
