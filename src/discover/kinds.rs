//! What a file is, told from its name and, for scripts without an extension, from its first line.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use super::Language;

/// Above this size no settings file is read; none that people write by hand is larger.
pub(super) const MAX_SETTINGS_SIZE: u64 = 1 << 20;

/// Longer first lines are no shebangs of any use.
const SHEBANG_BYTES: u64 = 256;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum SettingsKind {
    Pyproject,
    SetupCfg,
    Requirements,
    Pipfile,
    CargoManifest,
    Dockerfile,
    Compose,
    Kubernetes,
    Procfile,
    Environment,
    Supervisor,
    Systemd,
}

#[derive(Debug, Clone, Copy)]
pub(super) enum Kind {
    Source {
        language: &'static str,
        stub: bool,
    },
    Settings(SettingsKind),
    /// Without an extension: only its first line tells.
    MaybeScript,
    Other,
}

pub(super) fn kind(languages: &[Language], path: &Path) -> Kind {
    // Taking a path apart costs more than looking at its last part, and every file of the tree comes by here.
    let name = path.file_name().unwrap_or_default();
    let extension = Path::new(name).extension();
    if let Some(language) = extension.and_then(|it| by_extension(languages, it.to_str()?)) {
        return language;
    }
    let in_requirements = || path.parent().and_then(Path::file_name) == Some(OsStr::new("requirements"));
    match settings(&name.to_string_lossy(), in_requirements) {
        Some(kind) => Kind::Settings(kind),
        None if extension.is_none() => Kind::MaybeScript,
        None => Kind::Other,
    }
}

fn by_extension(languages: &[Language], extension: &str) -> Option<Kind> {
    let found = |list: &[&str]| list.contains(&extension);
    languages.iter().find_map(|language| {
        let stub = found(language.stubs);
        (stub || found(language.extensions)).then_some(Kind::Source { language: language.name, stub })
    })
}

fn settings(name: &str, in_requirements: impl Fn() -> bool) -> Option<SettingsKind> {
    let lower = name.to_ascii_lowercase();
    let extension = lower.rsplit_once('.').map_or("", |(_, it)| it);
    let yaml = matches!(extension, "yaml" | "yml");
    let starts = |list: &[&str]| list.iter().any(|it| lower.starts_with(it));
    Some(match extension {
        _ if name == "pyproject.toml" => SettingsKind::Pyproject,
        _ if name == "Cargo.toml" => SettingsKind::CargoManifest,
        _ if name == "setup.cfg" => SettingsKind::SetupCfg,
        _ if name == "Pipfile" => SettingsKind::Pipfile,
        "txt" if lower.starts_with("requirements") || in_requirements() => SettingsKind::Requirements,
        "dockerfile" | "containerfile" => SettingsKind::Dockerfile,
        _ if is_or_extends(&lower, &["dockerfile", "containerfile"]) => SettingsKind::Dockerfile,
        _ if yaml && starts(&["compose", "docker-compose"]) => SettingsKind::Compose,
        _ if yaml => SettingsKind::Kubernetes,
        _ if is_or_extends(&lower, &["procfile"]) => SettingsKind::Procfile,
        "conf" if starts(&["supervisor"]) => SettingsKind::Supervisor,
        "service" => SettingsKind::Systemd,
        "env" => SettingsKind::Environment,
        _ if starts(&[".env"]) => SettingsKind::Environment,
        _ => return None,
    })
}

/// `Dockerfile`, `Dockerfile.worker`, and not `Dockerfile.md`.
fn is_or_extends(name: &str, stems: &[&str]) -> bool {
    stems.iter().any(|stem| match name.strip_prefix(stem) {
        Some("") => true,
        Some(rest) => rest.starts_with('.') && !matches!(rest, ".md" | ".txt" | ".rst"),
        None => false,
    })
}

/// Hidden files are nobody's code; only the environment of a launch is kept in them.
pub(super) fn is_hidden_but_wanted(name: &OsStr) -> bool {
    name.as_encoded_bytes().starts_with(b".env")
}

/// Hidden directories in which teams keep code of their own.
pub(super) fn holds_scripts(name: &OsStr) -> bool {
    let name = name.to_str().unwrap_or_default();
    matches!(name, ".github" | ".gitlab" | ".circleci" | ".buildkite" | ".ci" | ".dagger")
}

/// Whether a YAML file is a manifest: everything else in YAML says nothing about a launch.
pub(super) fn is_manifest(text: &str) -> bool {
    text.contains("apiVersion:")
}

/// Reads the first line of a file that has no extension.
pub(super) fn script(languages: &[Language], path: &Path) -> io::Result<Option<&'static str>> {
    let mut start = Vec::with_capacity(SHEBANG_BYTES as usize);
    File::open(path)?.take(SHEBANG_BYTES).read_to_end(&mut start)?;
    let Some(rest) = start.strip_prefix(b"#!") else {
        return Ok(None);
    };
    let line = rest.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let line = String::from_utf8_lossy(line);
    let Some(interpreter) = interpreter(&line) else {
        return Ok(None);
    };
    Ok(languages.iter().find(|it| it.shebangs.contains(&interpreter)).map(|it| it.name))
}

/// `/usr/bin/env -S python3.12 -u` is `python`.
fn interpreter(line: &str) -> Option<&str> {
    let mut words = line.split_whitespace().map(|it| it.rsplit('/').next().unwrap_or(it));
    let first = words.next()?;
    let name = match first {
        "env" => words.find(|it| !it.starts_with('-') && !it.contains('='))?,
        _ => first,
    };
    Some(name.trim_end_matches(|it: char| it.is_ascii_digit() || it == '.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn interpreters_lose_directory_version_and_env() {
        assert_eq!(interpreter("/usr/bin/python3.12 -u"), Some("python"));
        assert_eq!(interpreter("/usr/bin/env python3"), Some("python"));
        assert_eq!(interpreter(" /usr/bin/env -S A=1 uv run --script"), Some("uv"));
        assert_eq!(interpreter("/home/python/bin/bash"), Some("bash"));
        assert_eq!(interpreter("/usr/bin/env"), None);
    }

    #[test]
    fn settings_are_told_by_their_names() {
        let kind = |name| settings(name, || false);
        assert_eq!(kind("Dockerfile"), Some(SettingsKind::Dockerfile));
        assert_eq!(kind("Dockerfile.worker"), Some(SettingsKind::Dockerfile));
        assert_eq!(kind("worker.dockerfile"), Some(SettingsKind::Dockerfile));
        assert_eq!(kind("Dockerfile.md"), None);
        assert_eq!(kind("docker-compose.prod.yml"), Some(SettingsKind::Compose));
        assert_eq!(kind("deployment.yaml"), Some(SettingsKind::Kubernetes));
        assert_eq!(kind("requirements-dev.txt"), Some(SettingsKind::Requirements));
        assert_eq!(kind("base.txt"), None);
        assert_eq!(settings("base.txt", || true), Some(SettingsKind::Requirements));
        assert_eq!(kind(".env.production"), Some(SettingsKind::Environment));
        assert_eq!(kind("otel-worker.service"), Some(SettingsKind::Systemd));
        assert_eq!(kind("supervisord.conf"), Some(SettingsKind::Supervisor));
        assert_eq!(kind("poetry.lock"), None);
    }
}
