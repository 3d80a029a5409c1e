//! Which versions of a distribution the manifests allow, as far as that tells an old one from a new one.

use super::{LaunchFile, is_manifest};
use crate::library::Instrumentor;

/// Whether a manifest holds the distribution below this major version. Where none says anything, it is as new as can be.
pub(super) fn is_older(launch: &[LaunchFile], it: &Instrumentor, since: u32) -> bool {
    let manifests = launch.iter().filter(|file| is_manifest(&file.path));
    manifests
        .flat_map(|file| file.text.lines())
        .any(|line| holds_below(line, it.distribution.as_str(), since))
}

fn holds_below(line: &str, name: &str, since: u32) -> bool {
    let line = line.split('#').next().unwrap_or_default();
    let Some(wanted) = wanted(line, name) else { return false };
    wanted.split(',').any(|it| {
        let it = it.trim();
        let digits = it.find(|it: char| it.is_ascii_digit()).unwrap_or(it.len());
        let (comparison, version) = it.split_at(digits);
        let mut parts = version.split(['.', '*']).map(|it| it.parse::<u32>().ok());
        let Some(Some(major)) = parts.next() else { return false };
        match comparison.trim() {
            "<" => major < since || major == since && parts.flatten().all(|it| it == 0),
            "" | "=" | "==" | "===" | "~=" | "~" | "^" | "<=" => major < since,
            _ => false,
        }
    })
}

/// What a line asks of the versions of a package: `name>=1,<2`, `name = "^1"`, `name = { version = "1" }`.
fn wanted<'a>(line: &'a str, name: &str) -> Option<&'a str> {
    let start =
        line.trim_start_matches(|it: char| it.is_whitespace() || matches!(it, '"' | '\'' | '-' | '['));
    let at = if start.starts_with(name) {
        line.len() - start.len()
    } else {
        line.find(&format!("\"{name}")).or_else(|| line.find(&format!("'{name}"))).map(|it| it + 1)?
    };
    let rest = line[at + name.len()..].trim_start();
    let rest = match rest.strip_prefix('[') {
        Some(extras) => extras.split_once(']')?.1.trim_start(),
        None => rest,
    };
    if rest.starts_with(|it: char| it.is_alphanumeric() || matches!(it, '-' | '_' | '.')) {
        return None;
    }
    let is_quote = |it: char| matches!(it, '"' | '\'');
    match rest.strip_prefix('=').filter(|it| !it.starts_with('=')) {
        Some(value) => {
            let value = value.split_once("version").map_or(value, |(_, value)| value);
            value.split(is_quote).nth(1)
        }
        None => rest.split(|it| is_quote(it) || it == ';').next(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn old_versions_are_told_from_new_ones() {
        for line in [
            "fastmcp<3",
            "fastmcp==2.12.4",
            "    \"fastmcp>=2.5,<3.0\",",
            "fastmcp[cli] ~= 2.1 ; python_version > '3.9'",
            "fastmcp = \"^2.3\"",
            "fastmcp = { version = \"2.3\", extras = [\"x\"] }",
            "dependencies = [\"httpx>=1\", \"fastmcp<=2.9\"]",
        ] {
            assert!(holds_below(line, "fastmcp", 3), "{line}");
        }
        for line in [
            "fastmcp",
            "fastmcp>=2.5",
            "fastmcp==3.0.1",
            "fastmcp<4",
            "fastmcp>=3,<3.5",
            "fastmcp = \"^3.1\"",
            "fastmcp-extra==1.0",
            "# fastmcp<3",
            "dependencies = [\"fastmcp>=3\", \"httpx==1\"]",
        ] {
            assert!(!holds_below(line, "fastmcp", 3), "{line}");
        }
    }
}
