//! Rules for tests, here and elsewhere: two on, one off, one of the engine.

use super::*;

pub(crate) static RULES: &[Rule] = &[
    Rule {
        name: "raw-subprocess",
        page: "---\nlevel: warning\ngroup: coverage\nlanguages: python\nsince: next\nsummary: s\n---\n",
        check: |_, _| {},
    },
    Rule {
        name: "dark-function",
        page: "---\nlevel: off\ngroup: coverage\nlanguages: python\nsince: next\nsummary: s\n---\n",
        check: |_, _| {},
    },
    Rule {
        name: "span-discarded",
        page: "---\nlevel: error\ngroup: spans\nlanguages: python\nsince: next\nsummary: s\naliases: lost_span\n---\n",
        check: |_, _| {},
    },
    Rule {
        name: "unused-suppression",
        page: "---\nlevel: note\ngroup: engine\nlanguages: python\nsince: next\nsummary: s\n---\n",
        check: |_, _| {},
    },
];

pub(crate) fn catalogue() -> Catalogue {
    Catalogue::new(RULES).unwrap()
}

#[test]
fn words_name_rules_groups_and_sets() {
    let catalogue = catalogue();
    assert_eq!(catalogue.selector("raw-subprocess"), Some(Selector::Rule("raw-subprocess")));
    assert_eq!(catalogue.selector("coverage"), Some(Selector::Group("coverage".to_owned())));
    assert_eq!(catalogue.selector("strict"), Some(Selector::Strict));
    let alias = catalogue.selector("lost_span").unwrap();
    assert_eq!(alias, Selector::Alias("lost_span".to_owned()));
    let covered: Vec<&str> =
        catalogue.entries().iter().filter(|it| alias.covers(it)).map(|it| it.rule.name).collect();
    assert_eq!(covered, ["span-discarded"]);
    assert_eq!(catalogue.selector("coverages"), None);
    assert_eq!(catalogue.groups(), ["coverage", "engine", "spans"]);
}
