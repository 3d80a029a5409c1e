//! Who may use whom. The stages form one line and nothing points back, so the inside of each can be rewritten alone.

use std::collections::BTreeSet;

use super::{assert_none, read, root, rust_files};

const ALL: &[&str] = &["*"];

/// A module and the modules that it may name with `crate::`; what is not listed is forbidden.
const ALLOWED: &[(&str, &[&str])] = &[
    ("text", &[]),
    ("patterns", &[]),
    ("facts", &["text"]),
    ("discover", &["patterns"]),
    ("parse", &["text", "facts"]),
    ("library", &["text", "facts"]),
    ("registry", &["text"]),
    ("program", &["text", "facts", "registry"]),
    ("link", &["text", "facts", "library", "program"]),
    ("measure", &["text", "facts", "registry", "program"]),
    ("infer", &["text", "facts", "registry", "program"]),
    ("rule", &["text", "facts", "program", "measure"]),
    ("fix", &["text", "program", "rule"]),
    ("checks", &["text", "facts", "registry", "program", "measure", "rule"]),
    ("change", &["text", "program", "measure", "rule"]),
    ("report", &["text", "registry", "program", "infer", "measure", "rule", "checks", "change"]),
    ("cli", &["rule", "report"]),
    ("config", &["patterns", "registry", "rule", "cli", "measure"]),
    ("policy", &["text", "facts", "program", "measure", "rule", "config", "patterns"]),
    ("probe", ALL),
    ("run", ALL),
    ("lib", ALL),
    ("main", ALL),
];

#[test]
fn modules_use_only_what_the_table_allows() {
    let mut faults = Vec::new();
    for file in rust_files("src") {
        let module = module_of(&file);
        let Some((_, allowed)) = ALLOWED.iter().find(|(it, _)| *it == module) else {
            faults.push(format!("{file}: `{module}` is not in the table of tests/it/tidy/directions.rs"));
            continue;
        };
        let used = used_modules(&read(&root(&file)));
        let forbidden =
            used.iter().filter(|it| **it != module && *allowed != ALL && !allowed.contains(&it.as_str()));
        faults.extend(forbidden.map(|it| format!("{file}: `{module}` may not use `{it}`")));
    }
    assert_none(&faults);
}

/// `src/measure/count.rs` and `src/measure.rs` are `measure`.
fn module_of(file: &str) -> String {
    let below = file.strip_prefix("src/").unwrap_or(file);
    below.split(['/', '.']).next().unwrap_or_default().to_owned()
}

/// The modules named right after `crate::`, in braces too; comments and tests of the file aside.
fn used_modules(text: &str) -> BTreeSet<String> {
    let code: String =
        text.lines().filter(|it| !it.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n");
    let code = code.split("#[cfg(test)]\nmod ").next().unwrap_or_default();
    let mut used = BTreeSet::new();
    for after in code.split("crate::").skip(1) {
        match after.strip_prefix('{') {
            Some(list) => used.extend(heads(list)),
            None => used.extend(identifier(after)),
        }
    }
    used
}

/// The first name of each entry of `{a::b, c::{d, e}}`.
fn heads(list: &str) -> Vec<String> {
    let mut heads = Vec::new();
    let (mut depth, mut fresh) = (1, true);
    for (at, it) in list.char_indices() {
        match it {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 1 => fresh = true,
            _ if fresh && depth == 1 && it.is_alphabetic() => {
                heads.extend(identifier(&list[at..]));
                fresh = false;
            }
            _ => {}
        }
        if depth == 0 {
            break;
        }
    }
    heads
}

/// Types and functions of the crate root do not count.
fn identifier(text: &str) -> Option<String> {
    let name: String = text.chars().take_while(|it| it.is_alphanumeric() || *it == '_').collect();
    name.starts_with(char::is_lowercase).then_some(name)
}

#[test]
fn the_reader_of_paths_reads_braces() {
    let text = "use crate::{rule::Rule, program::{At, Program}};\n// crate::config\nfn f(it: crate::text::Place) {}\n";
    let used: Vec<String> = used_modules(text).into_iter().collect();
    assert_eq!(used, ["program", "rule", "text"]);
}
