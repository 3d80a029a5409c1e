//! From what the rules found to what is reported: levels, suppressions, the gate, the exit status. Finds nothing by itself except
//! suppressions that suppress nothing.

pub(crate) mod baseline;
mod gate;
pub(crate) mod levels;
mod suppress;

use std::cmp::Ordering;

use crate::config::Settings;
use crate::measure::{Coverage, Dimension, Gate, Tallies};
use crate::program::Program;
use crate::rule::{Catalogue, Finding, Held, Level};

use levels::Levels;

/// The findings at their levels.
#[derive(Debug)]
pub(crate) struct Judged {
    /// Sorted by path, line, column and rule.
    pub(crate) findings: Vec<Finding>,
    /// What comments suppress, in the same order; what is in the baseline comes after that.
    pub(crate) held: Vec<Held>,
}

impl Judged {
    /// Drops the findings that are not wanted, and counts them.
    pub(crate) fn keep(&mut self, wanted: impl Fn(&Finding) -> bool) -> usize {
        let before = self.findings.len();
        self.findings.retain(wanted);
        before - self.findings.len()
    }

    /// Told or held, as identities are given to them.
    pub(crate) fn all(&self) -> impl Iterator<Item = &Finding> {
        self.findings.iter().chain(self.held.iter().map(|it| &it.finding))
    }
}

/// What thresholds are held against.
pub(crate) struct Gauge<'a> {
    pub(crate) program: &'a Program,
    pub(crate) coverage: &'a Coverage,
    /// Of what was changed, if that is known.
    pub(crate) changed: Option<&'a Tallies>,
    /// What was covered before, of how much, if anybody knows.
    pub(crate) before: &'a dyn Fn(Dimension) -> Option<(u32, u32)>,
}

/// What a run comes to.
#[derive(Debug)]
pub(crate) struct Verdict {
    pub(crate) gate: Gate,
    pub(crate) exit: Exit,
}

/// The exit status, all there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Exit {
    /// Nothing at or above `--fail-on`, and the gate passed.
    Clean,
    /// Findings at or above `--fail-on`, or the gate failed.
    Failed,
    /// The command, the configuration or a path cannot be used, or otcov itself is broken.
    Unusable,
}

impl Exit {
    pub(crate) fn code(self) -> u8 {
        match self {
            Exit::Clean => 0,
            Exit::Failed => 1,
            Exit::Unusable => 2,
        }
    }
}

/// Levels and comments.
pub(crate) fn judge(
    program: &Program,
    findings: Vec<Finding>,
    settings: &Settings,
    rules: &Catalogue,
) -> Judged {
    let levels = Levels::new(settings, rules);
    let mut findings = levelled(program, findings, &levels);
    let mut held = suppress::apply(program, &levels, rules, &mut findings);
    findings.sort_by(|a, b| order(program, a, b));
    held.sort_by(|a, b| order(program, &a.finding, &b.finding));
    Judged { findings, held }
}

/// What is told in a whole tree as a note alone, because nothing shows that anybody wants it otherwise, is worth more where it is new.
pub(crate) fn raise_new(program: &Program, findings: &mut [Finding], settings: &Settings, rules: &Catalogue) {
    let levels = Levels::new(settings, rules);
    for finding in findings {
        let level = levels.level(finding.rule, &program.file(finding.place.file).absolute);
        finding.level = finding.level.max(level.min(finding.most));
    }
}

/// The gate, and what the run comes to.
pub(crate) fn conclude(findings: &[Finding], gauge: &Gauge<'_>, settings: &Settings) -> Verdict {
    let gate = gate::check(gauge, settings);
    let fails = |it: &Finding| settings.fail_on.is_some_and(|least| it.level >= least);
    let failed = findings.iter().any(fails) || !gate.passed();
    let exit = if failed { Exit::Failed } else { Exit::Clean };
    Verdict { gate, exit }
}

/// Gives each finding its level and drops those that are off.
fn levelled(program: &Program, findings: Vec<Finding>, levels: &Levels<'_>) -> Vec<Finding> {
    let mut kept = Vec::with_capacity(findings.len());
    for mut finding in findings {
        let file = program.file(finding.place.file);
        let function = finding.function.map(|it| &*program.function(it).qualified);
        if function.is_some_and(|it| levels.allows(finding.rule, &file.absolute, it)) {
            continue;
        }
        let level = levels.level(finding.rule, &file.absolute);
        let is_given = levels.is_given(finding.rule, &file.absolute);
        finding.level = if is_given { level.min(finding.most) } else { finding.capped(level) };
        if finding.level > Level::Off {
            kept.push(finding);
        }
    }
    kept
}

fn order(program: &Program, a: &Finding, b: &Finding) -> Ordering {
    let key = |it: &Finding| (program.position(it.place), it.rule);
    let path = |it: &Finding| &program.file(it.place.file).path;
    path(a).cmp(path(b)).then_with(|| key(a).cmp(&key(b))).then_with(|| a.message.cmp(&b.message))
}

#[cfg(test)]
mod tests;
