//! The page on rules of one's own: each of its rules is sound, and its examples are as it says.

use super::cli::otcov;
use super::tidy::{read, root};

#[test]
fn the_rules_of_the_page_are_as_it_says() {
    let page = read(&root("docs/custom-rules.md"));
    let blocks = page.split("```toml\n").skip(1).filter_map(|it| it.split("\n```\n").next());
    let config: String = blocks.map(|it| format!("{it}\n\n")).collect();
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("otcov.toml"), config).unwrap();
    let output = otcov(directory.path()).args(["rules", "--check"]).output().unwrap();
    let told =
        String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert_eq!(told, "3 rules, 4 examples: all as they should be\n");
}
