//! Comments that suppress findings, and those of them that suppress nothing.

use crate::facts::{Facts, Mark, MarkKind, OpKind};
use crate::program::{File, Program};
use crate::rule::{Catalogue, Change, Edit, Entry, Finding, Fix, Held, HeldBy, Level, Safety, Selector};
use crate::text::{FileId, LineIndex, Place, Span};

use super::levels::Levels;

const OWN_RULE: &str = "unused-suppression";

/// One word of one comment: a rule or group that it suppresses.
struct Suppression {
    selector: Selector,
    word: String,
    /// What stands after `--`.
    reason: Option<String>,
    span: Span,
    /// The line it speaks of; none for the whole file.
    line: Option<u32>,
    used: bool,
}

/// What is wrong with a comment, and how to mend that.
type Odd = (Span, String, Option<Fix>);

/// Takes the suppressed findings out and gives them back, and adds one for each suppression without effect.
pub(super) fn apply(
    program: &Program,
    levels: &Levels<'_>,
    rules: &Catalogue,
    findings: &mut Vec<Finding>,
) -> Vec<Held> {
    let mut held = Vec::new();
    let mut unused = Vec::new();
    let mut told = Vec::new();
    for (index, file) in program.files.iter().enumerate() {
        if file.facts.marks.is_empty() {
            continue;
        }
        let id = FileId(index as u32);
        let (mut suppressions, mut odd) = read(file, rules);
        for finding in findings.extract_if(.., |it| it.place.file == id) {
            match suppress(&mut suppressions, file, &finding, rules) {
                Some(reason) => held.push(Held { finding, by: HeldBy::Comment, reason }),
                None => told.push(finding),
            }
        }
        let file_levels = FileLevels { levels, file, rules, engine_only: !program.uses_telemetry };
        odd.extend(suppressions.iter().filter(|it| !it.used && file_levels.can_tell(it)).map(|it| {
            let what = if it.line.is_some() { "here" } else { "in this file" };
            (
                it.span,
                format!("`{}` finds nothing {what} that could be suppressed", it.word),
                Some(unsay(id, it)),
            )
        }));
        unused.extend(
            odd.into_iter().map(|(span, message, fix)| Finding { fix, ..finding(id, span, message) }),
        );
    }
    findings.append(&mut told);
    findings.extend(unused.into_iter().filter_map(|it| with_level(program, levels, it)));
    held
}

fn unsay(file: FileId, it: &Suppression) -> Fix {
    let place = Place { file, span: it.span };
    let edits = vec![Edit { place, change: Change::Unsay(it.word.clone()) }];
    Fix { safety: Safety::Safe, title: format!("remove `{}` from the suppression", it.word), edits }
}

/// The suppressions of a file, and what is wrong with comments that are none.
fn read(file: &File, rules: &Catalogue) -> (Vec<Suppression>, Vec<Odd>) {
    let mut suppressions = Vec::new();
    let mut odd = Vec::new();
    for mark in &file.facts.marks {
        match mark.kind {
            MarkKind::Exclude => continue,
            MarkKind::Unknown => {
                odd.push((
                    mark.span,
                    "this comment is addressed to otcov and says nothing it understands".to_owned(),
                    None,
                ));
                continue;
            }
            MarkKind::Ignore | MarkKind::IgnoreFile => {}
        }
        if mark.rules.is_empty() {
            odd.push((
                mark.span,
                "this suppression names no rule, so it suppresses nothing".to_owned(),
                None,
            ));
        }
        let line = (mark.kind == MarkKind::Ignore).then(|| target_line(&file.lines, &file.facts.marks, mark));
        for word in &mark.rules {
            match rules.selector(word) {
                Some(selector @ (Selector::Rule(_) | Selector::Alias(_) | Selector::Group(_))) => {
                    suppressions.push(Suppression {
                        selector,
                        word: word.clone(),
                        reason: mark.reason.clone(),
                        span: mark.span,
                        line,
                        used: false,
                    });
                }
                _ => odd.push((mark.span, unknown(word, rules), None)),
            }
        }
    }
    (suppressions, odd)
}

fn unknown(word: &str, rules: &Catalogue) -> String {
    let near = rules.selector_words().into_iter().map(|it| (strsim::damerau_levenshtein(word, it), it)).min();
    let hint = near.filter(|(distance, _)| *distance <= word.len().div_ceil(3));
    let hint = hint.map_or_else(String::new, |(_, it)| format!("; did you mean `{it}`?"));
    format!("there is no rule or group `{word}`{hint}")
}

/// A comment that stands alone speaks of the next line that is no such comment itself.
fn target_line(lines: &LineIndex, marks: &[Mark], mark: &Mark) -> u32 {
    let mut line = lines.line(mark.span.start);
    while marks.iter().any(|it| it.own_line && lines.line(it.span.start) == line) {
        line += 1;
    }
    line
}

/// Some where a comment suppresses it, with the reason that the first of them gives.
fn suppress(
    suppressions: &mut [Suppression],
    file: &File,
    finding: &Finding,
    rules: &Catalogue,
) -> Option<Option<String>> {
    let entry = rules.get(finding.rule)?;
    let lines = lines_of(&file.facts, &file.lines, finding.place.span);
    let mut suppressed: Option<Option<String>> = None;
    for it in suppressions.iter_mut().filter(|it| it.selector.covers(entry)) {
        if it.line.is_none_or(|line| lines.contains(&line)) {
            it.used = true;
            let reason = suppressed.get_or_insert_default();
            *reason = reason.take().or_else(|| it.reason.clone());
        }
    }
    suppressed
}

/// The lines where a comment about this place may stand: where it begins, and where the statement around it begins and ends.
///
/// For the head of a function that is every line from its first decorator on.
fn lines_of(facts: &Facts, lines: &LineIndex, place: Span) -> Vec<u32> {
    let end_line = |span: Span| lines.line(span.end.saturating_sub(1).max(span.start));
    let mut all = vec![lines.line(place.start)];
    for function in facts.functions.iter().filter(|it| it.head.contains(place) && it.head.start < it.head.end)
    {
        all.extend(lines.line(function.span.start)..=end_line(function.head));
    }
    for op in facts.ops.iter().filter(|it| it.span.contains(place)) {
        if !matches!(op.kind, OpKind::Define(_) | OpKind::DefineClass(_)) {
            all.extend([lines.line(op.span.start), end_line(op.span)]);
        }
    }
    all
}

/// What can be told about the rules in one file.
struct FileLevels<'a> {
    levels: &'a Levels<'a>,
    file: &'a File,
    rules: &'a Catalogue,
    /// Without telemetry in the program no other rule has run.
    engine_only: bool,
}

impl FileLevels<'_> {
    /// Whether the rules that a suppression names have run: of one that is switched off nobody knows what it would find.
    fn can_tell(&self, suppression: &Suppression) -> bool {
        let ran = |it: &Entry| !self.engine_only || it.metadata.group == "engine";
        let on = |it: &Entry| ran(it) && self.levels.level(it.rule.name, &self.file.absolute) > Level::Off;
        let mut named = self.rules.entries().iter().filter(|it| suppression.selector.covers(it));
        match suppression.selector {
            Selector::Rule(_) | Selector::Alias(_) => named.all(on),
            _ => named.all(|it| on(it) || !it.is_on_by_default()),
        }
    }
}

fn finding(file: FileId, span: Span, message: String) -> Finding {
    Finding {
        rule: OWN_RULE,
        level: Level::Off,
        place: Place { file, span },
        message,
        label: String::new(),
        related: Vec::new(),
        reason: Some("a suppression without effect hides the next real finding".to_owned()),
        help: Some("remove the comment, or correct the name in it".to_owned()),
        fix: None,
        function: None,
        most: Level::Error,
        usual: Level::Error,
    }
}

fn with_level(program: &Program, levels: &Levels<'_>, mut finding: Finding) -> Option<Finding> {
    finding.level = levels.level(OWN_RULE, &program.file(finding.place.file).absolute);
    (finding.level > Level::Off).then_some(finding)
}
