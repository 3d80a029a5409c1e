//! Rules of a project's own, from the configuration to the parser and to the catalogue; and the examples that they carry.

use std::fmt::Write;
use std::path::Path;
use std::sync::Arc;

use anyhow::Result;

use super::engine::{self, Overlay};
use super::job::{Job, ROLES};
use super::progress::Progress;
use crate::checks;
use crate::config::{self, Example, Found, OwnRule, RuleFault, RulePart, Settings};
use crate::discover::{Discovered, SourceFile};
use crate::measure::{self, LayerSpec};
use crate::parse::query::{Fault, Query};
use crate::parse::{LANGUAGES, Language};
use crate::rule::own::{Condition, GROUP, Own, Vocabulary, Written, unknown_captures};
use crate::rule::{Catalogue, Context, Rule};

/// otcov's own rules and those of the configuration.
pub(crate) fn catalogue(found: Option<&Found>) -> Result<Catalogue> {
    let mut all = checks::ALL.to_vec();
    for own in found.map(config::own_rules).unwrap_or_default() {
        if !all.iter().any(|it| it.name == own.name) {
            all.push(rule(&own));
        }
    }
    Catalogue::new(&all).map_err(anyhow::Error::msg)
}

/// What the name of a rule of one's own cannot be.
pub(crate) fn taken() -> Vec<&'static str> {
    let mut taken: Vec<&str> = vec!["default", "strict", "select", "ignore", "severity", GROUP];
    taken.extend(checks::ALL.iter().map(|it| it.name));
    for rule in checks::ALL {
        taken.extend(rule.metadata().ok().map(|it| crate::text::Symbol::new(&it.group).as_str()));
    }
    taken
}

fn rule(own: &OwnRule) -> Rule {
    let written = Written {
        name: &own.name,
        level: own.level,
        language: &own.language,
        message: &own.message,
        query: &own.query,
        reason: own.reason.as_deref(),
        help: own.help.as_deref(),
        examples: own.examples.iter().map(|it| (it.code.as_str(), it.matches > 0)).collect(),
    };
    written.rule()
}

/// What is wrong in a rule's query, in what it asks and in its message.
pub(crate) fn judge(own: &OwnRule, layers: &[&str]) -> Vec<RuleFault> {
    let layers: Vec<String> = layers.iter().map(|it| (*it).to_owned()).collect();
    let of_query = |it: Fault| RuleFault { part: RulePart::Query, at: it.at, message: it.message };
    let query = match compile(own) {
        Ok(query) => query,
        Err(fault) => return vec![of_query(fault)],
    };
    let mut faults: Vec<RuleFault> = match conditions(&query, &layers) {
        Ok(_) => Vec::new(),
        Err(found) => found.into_iter().map(of_query).collect(),
    };
    let unknown = unknown_captures(&own.message, query.captures()).into_iter();
    faults.extend(unknown.map(|(at, name)| RuleFault {
        part: RulePart::Message,
        at,
        message: format!("the query has no capture `@{name}`"),
    }));
    faults
}

fn compile(own: &OwnRule) -> Result<Query, Fault> {
    let language = language(&own.language)
        .ok_or_else(|| Fault { at: 0, message: format!("there is no language `{}`", own.language) })?;
    Query::new(language, &own.query)
}

fn language(name: &str) -> Option<&'static Language> {
    LANGUAGES.iter().find(|it| it.name == name)
}

fn conditions(query: &Query, layers: &[String]) -> Result<Vec<(u32, Condition)>, Vec<Fault>> {
    let roles = ROLES.map(str::to_owned);
    let known = Vocabulary { roles: &roles, layers };
    let (mut sound, mut faults) = (Vec::new(), Vec::new());
    for it in &query.conditions {
        match Condition::parse(&it.word, &it.captures, &it.texts, &known) {
            Ok(condition) => sound.push((it.pattern, condition)),
            Err(message) => faults.push(Fault { at: it.at, message }),
        }
    }
    if faults.is_empty() { Ok(sound) } else { Err(faults) }
}

/// The queries of the configuration, in the order of their numbers; the rules get what they have to ask. The settings have been
/// judged, so nothing is wrong in them.
pub(crate) fn prepare(settings: &mut Settings, layers: Vec<LayerSpec>) -> Vec<Query> {
    let layers = Arc::new(layers);
    let names: Vec<String> = layers.iter().map(|it| it.name.clone()).collect();
    let mut queries = Vec::new();
    for own in &settings.own_rules {
        let Ok(query) = compile(own) else { continue };
        let Ok(conditions) = conditions(&query, &names) else { continue };
        let asked = Own {
            query: queries.len() as u32,
            conditions,
            message: own.message.clone(),
            reason: own.reason.clone(),
            help: own.help.clone(),
            layers: layers.clone(),
        };
        settings.rules.options.entry(own.name.clone()).or_default().own = Some(Arc::new(asked));
        queries.push(query);
    }
    queries
}

/// What `otcov rules --check` prints, and whether every example is as its rule says.
pub(crate) fn check(job: &Job) -> (String, bool) {
    let file =
        job.settings.file.as_deref().and_then(Path::file_name).unwrap_or_default().display().to_string();
    let (mut told, mut examples, mut wrong) = (String::new(), 0, 0);
    for own in &job.settings.own_rules {
        for example in &own.examples {
            examples += 1;
            let found = fires(job, own, example);
            if found != example.matches {
                wrong += 1;
                let said =
                    if example.matches == 0 { "not at all".to_owned() } else { times(example.matches) };
                let _ = writeln!(
                    told,
                    "{file}:{}: `{}` should fire {said} here, and fires {}",
                    example.line,
                    own.name,
                    times(found)
                );
            }
        }
    }
    let plural = |count: usize, word: &str| format!("{count} {word}{}", if count == 1 { "" } else { "s" });
    let rules = plural(job.settings.own_rules.len(), "rule");
    let outcome = if wrong == 0 { "all as they should be".to_owned() } else { format!("{wrong} wrong") };
    let _ = writeln!(told, "{rules}, {}: {outcome}", plural(examples, "example"));
    (told, wrong == 0)
}

fn times(count: u32) -> String {
    match count {
        0 => "not at all".to_owned(),
        1 => "once".to_owned(),
        2 => "twice".to_owned(),
        more => format!("{more} times"),
    }
}

/// How often a rule fires in its example, which is a program of one file.
fn fires(job: &Job, own: &OwnRule, example: &Example) -> u32 {
    let Some(language) = language(&own.language) else { return 0 };
    let usual = || format!("example.{}", language.extensions.first().unwrap_or(&""));
    let path = example.path.clone().unwrap_or_else(usual);
    let absolute = job.roots.root.join(&path);
    let source = SourceFile { absolute: absolute.clone(), path, language: language.name, stub: false };
    let found = Discovered::of_one(&job.roots.root, source);
    let overlay = Overlay::from([(absolute, example.code.clone().into_bytes())]);
    job.pool.install(|| {
        // Only a broken registry stops it, and that was told before.
        let Ok((program, _)) = engine::build(&found, &overlay, job, &Progress::Silent) else { return 0 };
        let coverage = measure::measure(&program, &[]);
        let options = job.settings.options(&own.name);
        let context = Context { program: &program, coverage: &coverage, options: &options, running: &[] };
        job.rules.get(&own.name).map_or(0, |it| it.rule.run(&context).len() as u32)
    })
}
