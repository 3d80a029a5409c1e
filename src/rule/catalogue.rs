//! The rules as a list with their pages read, and the words by which people select them.

use super::{Level, Metadata, Rule};

/// All rules, by name.
pub(crate) struct Catalogue {
    entries: Vec<Entry>,
}

pub(crate) struct Entry {
    pub(crate) rule: Rule,
    pub(crate) metadata: Metadata,
}

/// A word that names rules; the later in this list, the more exact it is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Selector {
    /// `strict`: every rule there is.
    Strict,
    /// `default`: the rules that are on by themselves.
    Default,
    Group(String),
    /// What another tool calls the findings of some rules.
    Alias(String),
    Rule(&'static str),
}

impl Catalogue {
    /// Fails only where a page of otcov's own is broken.
    pub(crate) fn new(rules: &[Rule]) -> Result<Catalogue, String> {
        let read = |rule: &Rule| match rule.metadata() {
            Ok(metadata) => Ok(Entry { rule: *rule, metadata }),
            Err(error) => Err(format!("the page of `{}` is broken: {error}", rule.name)),
        };
        let mut entries = rules.iter().map(read).collect::<Result<Vec<Entry>, String>>()?;
        entries.sort_by_key(|it| it.rule.name);
        Ok(Catalogue { entries })
    }

    pub(crate) fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// By name.
    pub(crate) fn rules(&self) -> Vec<Rule> {
        self.entries.iter().map(|it| it.rule).collect()
    }

    pub(crate) fn get(&self, name: &str) -> Option<&Entry> {
        self.entries.iter().find(|it| it.rule.name == name)
    }

    pub(crate) fn names(&self) -> Vec<&'static str> {
        self.entries.iter().map(|it| it.rule.name).collect()
    }

    pub(crate) fn groups(&self) -> Vec<&str> {
        let mut groups: Vec<&str> = self.entries.iter().map(|it| it.metadata.group.as_str()).collect();
        groups.sort_unstable();
        groups.dedup();
        groups
    }

    /// What other tools call findings, each once.
    fn aliases(&self) -> Vec<&str> {
        let all = self.entries.iter().flat_map(|it| &it.metadata.aliases);
        let mut aliases: Vec<&str> = all.map(String::as_str).collect();
        aliases.sort_unstable();
        aliases.dedup();
        aliases
    }

    /// The words that mean single rules.
    pub(crate) fn words_for_rules(&self) -> Vec<&str> {
        let mut words = self.names();
        words.extend(self.aliases());
        words
    }

    /// Every word that [`Catalogue::selector`] understands.
    pub(crate) fn selector_words(&self) -> Vec<&str> {
        let mut words = self.words_for_rules();
        words.extend(self.groups());
        words.extend(["default", "strict"]);
        words
    }

    pub(crate) fn selector(&self, word: &str) -> Option<Selector> {
        match word {
            "strict" => Some(Selector::Strict),
            "default" => Some(Selector::Default),
            _ if self.groups().contains(&word) => Some(Selector::Group(word.to_owned())),
            _ if self.aliases().contains(&word) => Some(Selector::Alias(word.to_owned())),
            _ => self.get(word).map(|it| Selector::Rule(it.rule.name)),
        }
    }
}

/// The same rules, group after group; those of a broken page come first.
pub(crate) fn by_group(rules: &[Rule]) -> Vec<Rule> {
    let mut sorted: Vec<&Rule> = rules.iter().collect();
    sorted.sort_by_key(|it| (it.metadata().map(|it| it.group).unwrap_or_default(), it.name));
    sorted.into_iter().copied().collect()
}

impl Entry {
    pub(crate) fn is_on_by_default(&self) -> bool {
        self.metadata.level != Level::Off
    }
}

impl Selector {
    pub(crate) fn covers(&self, entry: &Entry) -> bool {
        match self {
            Selector::Strict => true,
            Selector::Default => entry.is_on_by_default(),
            Selector::Group(group) => entry.metadata.group == *group,
            Selector::Alias(word) => entry.metadata.aliases.contains(word),
            Selector::Rule(name) => entry.rule.name == *name,
        }
    }

    /// How exactly the rule is meant: 0 by `strict`, 3 by its own name or what another tool calls it.
    pub(crate) fn exactness(&self) -> u8 {
        match self {
            Selector::Strict => 0,
            Selector::Default => 1,
            Selector::Group(_) => 2,
            Selector::Alias(_) | Selector::Rule(_) => 3,
        }
    }
}

#[cfg(test)]
pub(crate) mod tests;
