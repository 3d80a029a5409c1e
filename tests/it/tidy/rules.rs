//! A rule is three things under one name: a source file, a page, a folder of fixtures. The list of rules is generated.

use std::fmt::Write;
use std::fs;

use super::{assert_none, names, read, root};

const HEADINGS: [&str; 5] = ["## What it finds", "## Why it matters", "## Example", "## Fix", "## Limits"];
const KEYS: [&str; 5] = ["level", "group", "languages", "since", "summary"];

fn rule_names() -> Vec<String> {
    let mut names: Vec<String> = names("src/checks", ".rs").iter().map(|it| it.replace('_', "-")).collect();
    names.sort();
    names
}

#[test]
fn the_list_of_rules_is_as_generated() {
    let rules = rule_names();
    let mut modules: Vec<String> = rules.iter().map(|it| it.replace('-', "_")).collect();
    modules.sort();
    let mut text = String::from(
        "//! The list of rules, one file each. Generated from `src/checks/` by the tidy tests; edit nothing here.\n\nuse crate::rule::Rule;\n\n",
    );
    for module in &modules {
        writeln!(text, "mod {module};").unwrap();
    }
    text.push_str("\n/// Every rule, by name.\npub(crate) static ALL: &[Rule] = &[\n");
    for rule in &rules {
        text.push_str(&entry(rule));
    }
    text.push_str("];\n");
    let path = root("src/checks.rs");
    if read(&path) != text {
        // Other tests read this file at the same time: it must never be half there.
        let written = root("src/checks.rs.new");
        fs::write(&written, text).unwrap();
        fs::rename(written, &path).unwrap();
        panic!("src/checks.rs was out of date and has been written anew: run the tests again");
    }
}

/// As rustfmt would have it, which puts on one line what fits.
fn entry(rule: &str) -> String {
    let parts = [
        format!("name: \"{rule}\""),
        format!("page: include_str!(\"../rules/checks/{rule}.md\")"),
        format!("check: {}::check", rule.replace('-', "_")),
    ];
    let short = format!("    Rule {{ {} }},\n", parts.join(", "));
    if short.trim_end().len() <= 110 {
        return short;
    }
    format!("    Rule {{\n        {},\n    }},\n", parts.join(",\n        "))
}

#[test]
fn every_rule_has_a_page_and_fixtures_and_nothing_else_does() {
    let rules = rule_names();
    let mut faults = Vec::new();
    for (folder, ending, what) in
        [("rules/checks", ".md", "page"), ("fixtures/checks", "", "folder of fixtures")]
    {
        let mut there = names(folder, ending);
        there.retain(|it| root(&format!("{folder}/{it}{ending}")).is_dir() == ending.is_empty());
        let missing = rules.iter().filter(|it| !there.contains(it));
        faults.extend(missing.map(|it| format!("{it} has no {what} in {folder}")));
        let surplus = there.iter().filter(|it| !rules.contains(it));
        faults.extend(surplus.map(|it| format!("{folder}/{it}{ending} belongs to no rule")));
    }
    assert_none(&faults);
}

#[test]
fn every_rule_file_has_one_public_function_named_check() {
    let faulty = names("src/checks", ".rs").into_iter().filter(|it| {
        let text = read(&root(&format!("src/checks/{it}.rs")));
        text.matches("pub(crate) ").count() != 1 || !text.contains("\npub(crate) fn check(")
    });
    assert_none(
        &faulty.map(|it| format!("src/checks/{it}.rs: one public item, `check`")).collect::<Vec<_>>(),
    );
}

#[test]
fn pages_have_the_same_parts_in_the_same_order() {
    let mut faults = Vec::new();
    for name in names("rules/checks", ".md") {
        let page = read(&root(&format!("rules/checks/{name}.md")));
        let mut fault = |what: String| faults.push(format!("rules/checks/{name}.md: {what}"));
        let headings: Vec<&str> =
            page.lines().filter(|it| it.starts_with('#') && it.contains("## ")).collect();
        if headings != HEADINGS {
            fault(format!("headings are {headings:?}"));
        }
        // Each language more has two examples more.
        let languages = front_value(&page, "languages").split(',').count();
        let most = 20 + 40 * languages;
        if page.lines().count() > most {
            fault(format!("{} lines, {most} is the most", page.lines().count()));
        }
        match front_matter(&page) {
            Some(keys) if keys == KEYS || keys.strip_suffix(&["aliases"]).is_some_and(|it| it == KEYS) => {}
            Some(keys) => fault(format!("front matter has {keys:?}")),
            None => fault("no front matter".to_owned()),
        }
    }
    assert_none(&faults);
}

fn front_matter(page: &str) -> Option<Vec<&str>> {
    let (head, _) = page.strip_prefix("---\n")?.split_once("\n---\n")?;
    head.lines().map(|it| Some(it.split_once(": ")?.0)).collect()
}

#[test]
fn every_fixture_folder_of_a_claimed_language_has_a_case() {
    let mut faults = Vec::new();
    for name in names("rules/checks", ".md") {
        let page = read(&root(&format!("rules/checks/{name}.md")));
        let languages = page.lines().find_map(|it| it.strip_prefix("languages: ")).unwrap_or_default();
        for language in languages.split(',').map(str::trim) {
            let folder = format!("fixtures/checks/{name}/{language}");
            if names(&folder, "").is_empty() {
                faults.push(format!("{folder} is empty"));
            }
        }
    }
    assert_none(&faults);
}

/// One value of the front matter; empty where it has none.
fn front_value<'a>(page: &'a str, key: &str) -> &'a str {
    page.lines().find_map(|it| it.strip_prefix(key)?.strip_prefix(": ")).unwrap_or_default()
}

/// Models rot without code that they must match. Those of Python are held by the fixtures of rules and wrappers.
#[test]
fn every_model_of_rust_has_a_fixture() {
    let models = names("rules/libraries/rust", ".toml");
    let fixture = |it: &&String| {
        root(&format!("fixtures/libraries/rust/{it}.rs")).exists()
            || root(&format!("fixtures/libraries/rust/{it}")).exists()
    };
    let missing: Vec<String> = models.iter().filter(|it| !fixture(it)).cloned().collect();
    assert_none(&missing);
}
