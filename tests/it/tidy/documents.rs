//! Documents rot where they name files: each path in backticks must exist.

use std::fs;

use super::{assert_none, names, read, root};

const DOCUMENTS: [&str; 11] = [
    "README.md",
    "ARCHITECTURE.md",
    "CONTRIBUTING.md",
    "docs/install.md",
    "docs/getting-started.md",
    "docs/how-otcov-decides.md",
    "docs/configuration.md",
    "docs/custom-rules.md",
    "docs/ci.md",
    "docs/comparison.md",
    "docs/faq.md",
];

/// Words that look like paths only when they begin with one of these.
const TOPS: [&str; 6] = ["src/", "rules/", "fixtures/", "tests/", "docs/", "schemas/"];

#[test]
fn paths_in_documents_exist() {
    let mut faults = Vec::new();
    for document in DOCUMENTS {
        let Ok(text) = fs::read_to_string(root(document)) else { continue };
        for path in mentioned(&text).filter(|it| !root(it).exists()) {
            faults.push(format!("{document} names {path}, which is not there"));
        }
    }
    assert_none(&faults);
}

#[test]
fn the_code_map_is_complete() {
    let map = read(&root("ARCHITECTURE.md"));
    let files = ["src", "src/link"]
        .into_iter()
        .flat_map(|folder| names(folder, ".rs").into_iter().map(move |it| format!("{folder}/{it}.rs")));
    let missing = files.filter(|it| !map.contains(&format!("`{it}`")));
    assert_none(&missing.map(|it| format!("ARCHITECTURE.md lacks a line for {it}")).collect::<Vec<_>>());
}

/// `path:line:column` is a path too. Paths with `<name>`, `*`, `{` or `…` are patterns.
fn mentioned(text: &str) -> impl Iterator<Item = &str> {
    let words = text.split(|it: char| it.is_whitespace() || "`(),;|".contains(it));
    words
        .map(|it| it.split(':').next().unwrap_or(it).trim_end_matches(['.', '/']))
        .filter(|it| TOPS.iter().any(|top| it.starts_with(top)) && !it.contains(['<', '*', '{', '…', '$']))
}
