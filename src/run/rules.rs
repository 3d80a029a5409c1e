//! Runs the rules that can report anything, side by side. A rule that breaks is left out and told; the others go on.

use rayon::prelude::*;

use super::guard;
use crate::config::Settings;
use crate::measure::Coverage;
use crate::policy::levels::Levels;
use crate::program::Program;
use crate::rule::{Catalogue, Context, Entry, Finding};

pub(crate) struct Checked {
    pub(crate) findings: Vec<Finding>,
    /// One sentence for each rule that broke.
    pub(crate) faults: Vec<String>,
}

pub(crate) fn check(
    program: &Program,
    coverage: &Coverage,
    settings: &Settings,
    rules: &Catalogue,
) -> Checked {
    let levels = Levels::new(settings, rules);
    let wanted: Vec<&Entry> = rules.entries().iter().filter(|it| levels.is_on_somewhere(it)).collect();
    let running: Vec<&'static str> = wanted.iter().map(|it| it.rule.name).collect();
    let run = |entry: &&Entry| {
        let options = settings.options(entry.rule.name);
        let context = Context { program, coverage, options: &options, running: &running };
        let found = guard::caught(|| entry.rule.run(&context));
        found.map_err(|error| {
            format!("the rule `{}` broke, and its findings are missing: {error}", entry.rule.name)
        })
    };
    let results: Vec<Result<Vec<Finding>, String>> = wanted.par_iter().map(run).collect();
    let mut checked = Checked { findings: Vec::new(), faults: Vec::new() };
    for result in results {
        match result {
            Ok(findings) => checked.findings.extend(findings),
            Err(fault) => checked.faults.push(fault),
        }
    }
    checked
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::Rule;

    static RULES: &[Rule] = &[
        Rule {
            name: "broken",
            page: "---\nlevel: note\ngroup: engine\nlanguages: python\nsince: next\nsummary: s\n---\n",
            check: |_, _| panic!("out of luck"),
        },
        Rule {
            name: "sound",
            page: "---\nlevel: note\ngroup: engine\nlanguages: python\nsince: next\nsummary: s\n---\n",
            check: |_, _| {},
        },
    ];

    #[test]
    fn a_broken_rule_is_told_by_its_name() {
        let rules = Catalogue::new(RULES).unwrap();
        let checked = check(&Program::default(), &Coverage::default(), &Settings::without_file(), &rules);
        assert_eq!(checked.faults.len(), 1);
        assert!(
            checked.faults[0]
                .starts_with("the rule `broken` broke, and its findings are missing: out of luck")
        );
    }
}
