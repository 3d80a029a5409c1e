//! What a rule is and what it finds. Rules see the program and its coverage; never a syntax tree, a path on disk or a setting
//! other than their own options.

use crate::measure::Coverage;
use crate::program::{Certainty, FuncId, Program};
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
pub(crate) struct Rule {
    pub(crate) name: &'static str,
    /// `rules/checks/<name>.md`, whole.
    pub(crate) page: &'static str,
    pub(crate) check: fn(&Context<'_>, &mut Findings),
}

/// What a page's front matter says.
#[derive(Debug, Clone)]
pub(crate) struct Metadata {
    pub(crate) level: Level,
    pub(crate) group: String,
    pub(crate) languages: Vec<String>,
    pub(crate) since: String,
    pub(crate) summary: String,
}

/// What a rule may ask.
pub(crate) struct Context<'a> {
    pub(crate) program: &'a Program,
    pub(crate) coverage: &'a Coverage,
    pub(crate) options: &'a RuleOptions,
}

/// `[rules.<name>]` of the configuration.
#[derive(Debug, Default, Clone)]
pub(crate) struct RuleOptions {
    /// Qualified names, with `*`, that the rule leaves alone.
    pub(crate) allow: Vec<String>,
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
    pub(crate) function: Option<FuncId>,
    pub(crate) certainty: Certainty,
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
            function: None,
            certainty: Certainty::Certain,
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

    pub(crate) fn certainty(&mut self, certainty: Certainty) -> &mut Finding {
        self.certainty = certainty;
        self
    }
}
