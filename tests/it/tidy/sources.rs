//! What every source file has in common.

use super::{assert_none, read, root, rust_files};

const MOST_LINES: usize = 600;

fn all_files() -> impl Iterator<Item = (String, String)> {
    rust_files("src").into_iter().chain(rust_files("tests")).map(|it| {
        let text = read(&root(&it));
        (it, text)
    })
}

#[test]
fn every_file_opens_with_what_it_is_for() {
    let faulty = all_files().filter(|(_, text)| !text.starts_with("//! "));
    assert_none(&faulty.map(|(file, _)| format!("{file} does not open with `//!`")).collect::<Vec<_>>());
}

#[test]
fn files_stay_short() {
    let long = all_files().filter(|(_, text)| text.lines().count() > MOST_LINES);
    assert_none(
        &long
            .map(|(file, text)| format!("{file}: {} lines, {MOST_LINES} is the most", text.lines().count()))
            .collect::<Vec<_>>(),
    );
}

#[test]
fn nothing_unwraps_outside_tests() {
    let mut faults = Vec::new();
    for file in
        rust_files("src").into_iter().filter(|it| !it.ends_with("tests.rs") && !it.contains("/tests/"))
    {
        let text = read(&root(&file));
        let code = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
        for (at, line) in code.lines().enumerate() {
            let comment = line.trim_start().starts_with("//");
            if !comment && (line.contains(".unwrap()") || line.contains(".expect(\"")) {
                faults.push(format!("{file}:{}: {}", at + 1, line.trim()));
            }
        }
    }
    assert_none(&faults);
}
