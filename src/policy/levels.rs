//! At which level a rule stands for a file: the page, then the configuration, then the overrides, then the command line.

use std::collections::BTreeMap;
use std::path::Path;

use crate::config::{Override, Selection, Settings};
use crate::rule::{Catalogue, Entry, Level, Selector};

pub(crate) struct Levels<'a> {
    rules: &'a Catalogue,
    typed: &'a Selection,
    overrides: &'a [Override],
    base: &'a Selection,
    /// The level of every rule where no override reaches.
    plain: BTreeMap<&'static str, Level>,
}

impl<'a> Levels<'a> {
    pub(crate) fn new(settings: &'a Settings, rules: &'a Catalogue) -> Levels<'a> {
        let selections = &settings.rules;
        let plain = rules
            .entries()
            .iter()
            .map(|it| (it.rule.name, decide(it, &[&selections.base], &selections.typed)));
        Levels {
            rules,
            typed: &selections.typed,
            overrides: &selections.overrides,
            base: &selections.base,
            plain: plain.collect(),
        }
    }

    pub(crate) fn level(&self, rule: &str, file: &Path) -> Level {
        let plain = self.plain.get(rule).copied().unwrap_or(Level::Off);
        if self.overrides.is_empty() {
            return plain;
        }
        let mut layers = vec![self.base];
        layers.extend(self.overrides_of(file).map(|it| &it.selection));
        match self.rules.get(rule) {
            Some(entry) if layers.len() > 1 => decide(entry, &layers, self.typed),
            _ => plain,
        }
    }

    /// Whether somebody said what this rule's level is.
    pub(crate) fn is_given(&self, rule: &str, file: &Path) -> bool {
        let here = self.overrides_of(file).map(|it| &it.selection);
        [self.base, self.typed].into_iter().chain(here).any(|it| it.severity.contains_key(rule))
    }

    /// Whether any file can have a finding of this rule.
    pub(crate) fn is_on_somewhere(&self, entry: &Entry) -> bool {
        if self.plain.get(entry.rule.name).is_some_and(|it| *it > Level::Off) {
            return true;
        }
        self.overrides.iter().any(|it| decide(entry, &[self.base, &it.selection], self.typed) > Level::Off)
    }

    /// Whether an override lets this function pass. The options of the whole tree are the rule's own business.
    pub(crate) fn allows(&self, rule: &str, file: &Path, function: &str) -> bool {
        self.overrides_of(file).filter_map(|it| it.options.get(rule)).any(|it| it.allows(function))
    }

    fn overrides_of<'s>(&'s self, file: &'s Path) -> impl Iterator<Item = &'a Override> + 's {
        self.overrides.iter().filter(move |it| it.paths.matches(file))
    }
}

/// `layers` from the weakest to the strongest; what is typed is stronger than any.
fn decide(entry: &Entry, layers: &[&Selection], typed: &Selection) -> Level {
    let mut standing = Standing { level: entry.metadata.level, excluded: false, ignored: None };
    layers.iter().chain([&typed]).for_each(|it| standing.hear(entry, it));
    if standing.excluded { Level::Off } else { standing.level }
}

/// How a rule stands while one voice after the other is heard.
struct Standing {
    level: Level,
    /// Not selected, or ignored.
    excluded: bool,
    /// How exactly it was ignored, if it was.
    ignored: Option<u8>,
}

impl Standing {
    fn hear(&mut self, entry: &Entry, voice: &Selection) {
        let severity = voice.severity.get(entry.rule.name).copied();
        self.level = severity.unwrap_or(self.level);
        let selected = exactness(&voice.select, entry);
        if !voice.select.is_empty() {
            // A group does not bring back what was ignored by name.
            self.excluded = selected.is_none_or(|it| self.ignored.is_some_and(|ignored| ignored > it));
            if severity.is_none() && !self.excluded {
                self.level = self.level.selected();
            }
        }
        if let Some(ignored) = exactness(&voice.ignore, entry) {
            // Within one voice the more exact word counts.
            self.excluded = self.excluded || selected.is_none_or(|it| it <= ignored);
            self.ignored = self.ignored.max(Some(ignored));
        }
    }
}

/// How exactly a list means a rule, if it does.
fn exactness(list: &[Selector], entry: &Entry) -> Option<u8> {
    list.iter().filter(|it| it.covers(entry)).map(Selector::exactness).max()
}
