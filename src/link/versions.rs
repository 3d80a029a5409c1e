//! Which version of a crate the manifests of a tree ask for, where a crate changed what it does.

use crate::link::LaunchFile;

/// The oldest version that any manifest asks for, as its first two numbers; none where one of them does not tell.
pub(crate) fn oldest_of(name: &str, launch: &[LaunchFile]) -> Option<(u32, u32)> {
    let manifests = launch.iter().filter(|it| it.path.rsplit('/').next() == Some("Cargo.toml"));
    let manifests = manifests.filter(|it| it.text.contains(name));
    let asked: Vec<Asked> = manifests.flat_map(|it| asked_by(name, &it.text)).collect();
    let versions: Option<Vec<(u32, u32)>> = asked
        .into_iter()
        .filter_map(|it| match it {
            Asked::ByWorkspace => None,
            Asked::Version(version) => Some(Some(version)),
            Asked::Untold => Some(None),
        })
        .collect();
    versions?.into_iter().min()
}

enum Asked {
    /// As the manifest of the workspace says.
    ByWorkspace,
    Version((u32, u32)),
    /// From a path, from a repository, or whatever there is.
    Untold,
}

fn asked_by(name: &str, text: &str) -> Vec<Asked> {
    let Ok(manifest) = text.parse::<toml::Table>() else { return Vec::new() };
    let shared = manifest.get("workspace").and_then(|it| it.get("dependencies"));
    let systems = manifest.get("target").and_then(toml::Value::as_table).into_iter().flatten();
    let systems = systems.filter_map(|(_, it)| it.get("dependencies"));
    let tables = manifest.get("dependencies").into_iter().chain(shared).chain(systems);
    tables
        .filter_map(toml::Value::as_table)
        .flatten()
        .filter(|(alias, it)| {
            it.get("package").and_then(toml::Value::as_str).unwrap_or(alias.as_str()) == name
        })
        .map(|(_, it)| asked(it))
        .collect()
}

fn asked(dependency: &toml::Value) -> Asked {
    if dependency.get("workspace").and_then(toml::Value::as_bool) == Some(true) {
        return Asked::ByWorkspace;
    }
    let version = dependency.as_str().or_else(|| dependency.get("version").and_then(toml::Value::as_str));
    version.and_then(first_two).map_or(Asked::Untold, Asked::Version)
}

/// `0.32`, `^0.32.1`, `=0.33.0`, `>=0.31, <0.34`: from which version on.
fn first_two(requirement: &str) -> Option<(u32, u32)> {
    let from = requirement.split(',').next()?.trim().trim_start_matches(['^', '=', '~', '>']).trim();
    let mut numbers = from.split('.').map(|it| it.trim().parse::<u32>());
    Some((numbers.next()?.ok()?, numbers.next()?.ok()?))
}

#[cfg(test)]
mod tests {
    use super::oldest_of;
    use crate::link::LaunchFile;

    fn oldest(manifests: &[&str]) -> Option<(u32, u32)> {
        let file = |text: &&str| LaunchFile { path: "a/Cargo.toml".to_owned(), text: (*text).to_owned() };
        oldest_of("some-layer", &manifests.iter().map(file).collect::<Vec<_>>())
    }

    #[test]
    fn the_oldest_version_counts_where_all_are_told() {
        let shared = "[workspace.dependencies]\nsome-layer = { version = \"0.33\" }\n";
        let member = "[dependencies]\nsome-layer.workspace = true\n";
        assert_eq!(oldest(&[shared, member]), Some((0, 33)));
        assert_eq!(
            oldest(&[
                shared,
                "[dependencies]\nlayer = { package = \"some-layer\", version = \"^0.31.2\" }\n"
            ]),
            Some((0, 31))
        );
        assert_eq!(
            oldest(&[shared, "[target.'cfg(unix)'.dependencies]\nsome-layer = \">=0.30, <0.40\"\n"]),
            Some((0, 30))
        );
        assert_eq!(oldest(&[shared, "[dependencies]\nsome-layer = { path = \"../layer\" }\n"]), None);
        assert_eq!(oldest(&[shared, "[dependencies]\nsome-layer = \"*\"\n"]), None);
        assert_eq!(oldest(&["[dependencies]\nsome-layer-more = \"1.2\"\n"]), None);
    }
}
