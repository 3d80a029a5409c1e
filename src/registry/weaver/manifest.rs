//! The manifest of a registry: what it is called, and which registries it builds on.

use super::definitions::{Elsewhere, known_keys, list, required};
use super::yaml::{self, Data, Node};
use super::{Faults, RegistryFile};

const NAMES: [&str; 4] = ["registry_manifest.yaml", "registry_manifest.yml", "manifest.yaml", "manifest.yml"];

pub(super) fn is_manifest(path: &str) -> bool {
    let name = path.rsplit(['/', '\\']).next().unwrap_or(path);
    NAMES.contains(&name)
}

/// Where the registries are that a manifest builds on, if the file is one; as it is written there.
pub(crate) fn dependencies(file: &RegistryFile) -> Vec<String> {
    let document = yaml::parse(&file.text, 0).ok().flatten().filter(|_| is_manifest(&file.path));
    let list =
        document.as_ref().and_then(|it| it.get("dependencies")).and_then(Node::items).unwrap_or_default();
    list.iter().filter_map(|it| Some(it.get("registry_path")?.text()?.to_owned())).collect()
}

/// What may be missing because of a dependency. `here` are the folders that were read.
pub(super) fn elsewhere(document: &Node<'_>, here: &[String]) -> Elsewhere {
    let list = document.get("dependencies").and_then(Node::items).unwrap_or_default();
    let one = |it: &Node<'_>| {
        let text = |key: &str| it.get(key).and_then(Node::text).unwrap_or_default();
        let path = text("registry_path");
        if here.iter().any(|it| it == path) {
            Elsewhere::No
        } else if is_official(path) || is_official(text("schema_url")) {
            Elsewhere::Groups
        } else {
            Elsewhere::Anything
        }
    };
    list.iter().map(one).max().unwrap_or_default()
}

fn is_official(place: &str) -> bool {
    place.contains("open-telemetry/semantic-conventions")
        || place.starts_with("https://opentelemetry.io/schemas/")
}

pub(super) fn check(document: &Node<'_>, faults: &mut Faults<'_>) {
    if !matches!(document.data, Data::Map(_)) {
        return faults.add(document.at, format!("a manifest must be a mapping, not {}", document.kind()));
    }
    known_keys(
        document,
        &[
            "file_format",
            "name",
            "description",
            "semconv_version",
            "version",
            "schema_base_url",
            "schema_url",
            "repository_url",
            "stability",
            "dependencies",
            "resolved_schema_uri",
        ],
        "a manifest",
        faults,
    );
    for it in list(document, "dependencies", faults) {
        known_keys(it, &["name", "schema_url", "registry_path"], "a dependency", faults);
        if it.get("name").is_none() && it.get("schema_url").is_none() {
            required(it, "schema_url", "a dependency", faults);
        }
    }
}
