//! What a rule is and what it finds. Rules see the program and its coverage; never a syntax tree, a path on disk or a setting
//! other than their own options.

mod catalogue;
mod copies;
mod fix;
mod fold;
pub(crate) mod own;
mod page;
mod rename;
mod written;

#[cfg(test)]
pub(crate) use catalogue::tests as sample;
pub(crate) use catalogue::{Catalogue, Entry, Selector, by_group};
pub(crate) use fix::{Change, Edit, Fix, Safety};
pub(crate) use fold::and_more;
pub(crate) use rename::{Renames, Wish};

use std::sync::Arc;

use crate::measure::Coverage;
use crate::program::{At, Certainty, FuncId, Program};
use crate::text::Place;

#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub(crate) enum Level {
    Off,
    Note,
    Warning,
    Error,
}

impl Level {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Level::Off => "off",
            Level::Note => "note",
            Level::Warning => "warning",
            Level::Error => "error",
        }
    }
}

/// A rule: its page, which is the only home of its metadata, and its one function.
#[derive(Clone, Copy)]
pub(crate) struct Rule {
    pub(crate) name: &'static str,
    /// `rules/checks/<name>.md`, whole.
    pub(crate) page: &'static str,
    pub(crate) check: fn(&Context<'_>, &mut Findings),
}

impl Rule {
    pub(crate) fn metadata(&self) -> Result<Metadata, String> {
        Metadata::parse(self.page)
    }

    /// The page without its front matter.
    pub(crate) fn body(&self) -> &'static str {
        page::body(self.page)
    }

    /// What the rule finds, with its name and its page's level on it. Outside the group `engine`, a rule is silent in tests and in
    /// generated code: nobody would act on it there. In a program without telemetry only those speak that the project wrote itself.
    pub(crate) fn run(&self, ctx: &Context<'_>) -> Vec<Finding> {
        let Ok(metadata) = self.metadata() else { return Vec::new() };
        let engine = metadata.group == "engine";
        if !engine && metadata.group != own::GROUP && !ctx.program.uses_telemetry {
            return Vec::new();
        }
        let mut found = Findings::default();
        (self.check)(ctx, &mut found);
        let mut list = found.list;
        // What a page says of one language need not hold in another.
        let speaks_of = |it: &Finding| {
            let language = ctx.program.file(it.place.file).language;
            metadata.languages.iter().any(|it| it == language)
        };
        list.retain(|it| engine || (speaks_of(it) && ctx.acts_on(it) && !ctx.allows_function(it.function)));
        for finding in &mut list {
            finding.rule = self.name;
            if metadata.group == "coverage" && ctx.program.is_apart(finding.place.file) {
                finding.at_most(Level::Note);
            }
            // What a script writes, somebody starts by hand to see it or to try it: how it is called matters to nobody else.
            let of_names = matches!(metadata.group.as_str(), "attributes" | "metrics")
                || self.name == "dynamic-span-name";
            if of_names && ctx.program.is_script(finding.place.file) {
                finding.at_most(Level::Note);
            }
            // An example shows, and runs nowhere; a copy that is kept as it was is there for those who have it; and what is so on
            // purpose has been thought of.
            if !engine
                && metadata.group != own::GROUP
                && finding.most > Level::Note
                && (ctx.program.is_for_show(finding.place.file)
                    || ctx.program.is_frozen(finding.place.file)
                    || ctx.program.is_tried_out(finding.place)
                    || (metadata.level < Level::Error && ctx.program.is_deliberate(finding.place)))
            {
                finding.at_most(Level::Note);
            }
        }
        list.sort_by(|a, b| (a.place, &a.message).cmp(&(b.place, &b.message)));
        let mut found = Findings { list };
        let usual = metadata.level.selected();
        if usual > Level::Note && !engine && metadata.group != own::GROUP {
            found.fold_copies(ctx);
        }
        for finding in &mut found.list {
            finding.level = finding.capped(usual);
        }
        found.list
    }
}

impl Level {
    /// The level of a rule that was asked for although it is off by default.
    pub(crate) fn selected(self) -> Level {
        if self == Level::Off { Level::Warning } else { self }
    }

    pub(crate) fn parse(word: &str) -> Option<Level> {
        [Level::Off, Level::Note, Level::Warning, Level::Error].into_iter().find(|it| it.as_str() == word)
    }
}

/// What a page's front matter says.
#[derive(Debug, Clone)]
pub(crate) struct Metadata {
    pub(crate) level: Level,
    pub(crate) group: String,
    pub(crate) languages: Vec<String>,
    pub(crate) since: String,
    pub(crate) summary: String,
    /// What other tools call such findings; several rules may have one of them.
    pub(crate) aliases: Vec<String>,
}

/// What a rule may ask.
pub(crate) struct Context<'a> {
    pub(crate) program: &'a Program,
    pub(crate) coverage: &'a Coverage,
    pub(crate) options: &'a RuleOptions,
    /// The rules that run.
    pub(crate) running: &'a [&'static str],
}

/// `[rules.<name>]` of the configuration.
#[derive(Debug, Default, Clone)]
pub(crate) struct RuleOptions {
    /// Qualified names, with `*`, that the rule leaves alone.
    pub(crate) allow: Vec<String>,
    /// What a rule of the project itself looks for.
    pub(crate) own: Option<Arc<own::Own>>,
}

impl RuleOptions {
    /// Whether one of the patterns fits the whole name; `*` stands for any text.
    pub(crate) fn allows(&self, name: &str) -> bool {
        self.allow.iter().any(|pattern| fits(pattern, name))
    }
}

fn fits(pattern: &str, name: &str) -> bool {
    let Some((head, tail)) = pattern.split_once('*') else { return pattern == name };
    let Some(rest) = name.strip_prefix(head) else { return false };
    let starts = rest.char_indices().map(|(at, _)| at).chain([rest.len()]);
    tail.is_empty() || starts.into_iter().any(|at| fits(tail, &rest[at..]))
}

impl Context<'_> {
    /// The named function around a fact, or the module body that it stands in.
    pub(crate) fn owner(&self, at: &At) -> FuncId {
        self.program.enclosing_named(at.function).unwrap_or(at.function)
    }

    /// The owner as messages call it.
    pub(crate) fn owner_name(&self, at: &At) -> String {
        let owner = self.program.function(self.owner(at));
        if owner.named { format!("`{}`", owner.name) } else { format!("the module `{}`", owner.qualified) }
    }

    /// An entry point without a span leads there, and the finding on that tells of all that it starts.
    pub(crate) fn is_told_by_entry(&self, at: &At) -> bool {
        self.running.contains(&"dark-entry-point")
            && self.coverage.below_dark_entries.get(at.function.index()).is_some_and(|it| *it)
    }

    fn acts_on(&self, finding: &Finding) -> bool {
        let file = self.program.file(finding.place.file);
        let test = finding.function.is_some_and(|it| self.program.function(it).test);
        !file.test && !file.facts.generated && !test
    }

    fn allows_function(&self, function: Option<FuncId>) -> bool {
        function.is_some_and(|it| self.options.allows(&self.program.function(it).qualified))
    }
}

#[derive(Debug, Clone)]
pub(crate) struct Finding {
    pub(crate) rule: &'static str,
    pub(crate) level: Level,
    pub(crate) place: Place,
    /// One sentence: what is.
    pub(crate) message: String,
    /// What stands under the marked text; may be empty.
    pub(crate) label: String,
    pub(crate) related: Vec<Related>,
    /// One sentence: what is lost in production.
    pub(crate) reason: Option<String>,
    /// One sentence: what to do.
    pub(crate) help: Option<String>,
    /// How it can be mended without anybody thinking about it.
    pub(crate) fix: Option<Fix>,
    pub(crate) function: Option<FuncId>,
    /// The most that it may be, whatever was asked for.
    pub(crate) most: Level,
    /// The same for all that is not new in a change.
    pub(crate) usual: Level,
}

/// A finding that is known of and not told.
#[derive(Debug, Clone)]
pub(crate) struct Held {
    pub(crate) finding: Finding,
    pub(crate) by: HeldBy,
    /// What the comment gives as its reason.
    pub(crate) reason: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum HeldBy {
    /// A comment in the source.
    Comment,
    /// The baseline: it was there before.
    Baseline,
}

/// By what a finding is known from run to run: hexadecimal digits, and no line takes part in them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Identity {
    /// No two findings of a run share it.
    pub(crate) fingerprint: String,
    /// The same for all that look the same in one place.
    pub(crate) look: String,
    /// The same wherever the code goes: neither file nor module take part.
    pub(crate) content: String,
}

#[derive(Debug, Clone)]
pub(crate) struct Related {
    pub(crate) place: Place,
    pub(crate) message: String,
}

/// Where a rule puts what it finds.
#[derive(Default)]
pub(crate) struct Findings {
    pub(crate) list: Vec<Finding>,
}

impl Findings {
    /// Starts a finding; the rest is added to what it returns.
    pub(crate) fn add(&mut self, place: Place, message: impl Into<String>) -> &mut Finding {
        self.list.push(Finding {
            rule: "",
            level: Level::Off,
            place,
            message: message.into(),
            label: String::new(),
            related: Vec::new(),
            reason: None,
            help: None,
            fix: None,
            function: None,
            most: Level::Error,
            usual: Level::Error,
        });
        let last = self.list.len() - 1;
        &mut self.list[last]
    }
}

impl Finding {
    pub(crate) fn label(&mut self, label: impl Into<String>) -> &mut Finding {
        self.label = label.into();
        self
    }

    pub(crate) fn related(&mut self, place: Place, message: impl Into<String>) -> &mut Finding {
        self.related.push(Related { place, message: message.into() });
        self
    }

    pub(crate) fn reason(&mut self, reason: impl Into<String>) -> &mut Finding {
        self.reason = Some(reason.into());
        self
    }

    pub(crate) fn help(&mut self, help: impl Into<String>) -> &mut Finding {
        self.help = Some(help.into());
        self
    }

    pub(crate) fn function(&mut self, function: FuncId) -> &mut Finding {
        self.function = Some(function);
        self
    }

    /// What rests on a bare name is never more than a hint.
    pub(crate) fn certainty(&mut self, certainty: Certainty) -> &mut Finding {
        if certainty == Certainty::Assumed { self.at_most(Level::Note) } else { self }
    }

    pub(crate) fn at_most(&mut self, level: Level) -> &mut Finding {
        self.most = self.most.min(level);
        self
    }

    /// No more than this in code that was there before; whoever writes it now is at it.
    pub(crate) fn at_most_unless_new(&mut self, level: Level) -> &mut Finding {
        self.usual = self.usual.min(level);
        self
    }

    /// Its level where its rule has this one.
    pub(crate) fn capped(&self, level: Level) -> Level {
        level.min(self.most).min(self.usual)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_fit_whole_names() {
        let allow = vec!["shop.proc.*".to_owned(), "*.ping".to_owned(), "one".to_owned()];
        let options = RuleOptions { allow, own: None };
        assert!(options.allows("shop.proc.run"));
        assert!(options.allows("shop.health.ping"));
        assert!(options.allows("one"));
        assert!(!options.allows("shop.process.run"));
        assert!(!options.allows("shop.health.pings"));
        assert!(!options.allows("one.two"));
    }
}
