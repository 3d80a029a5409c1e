//! How a finding can be mended: what to change where, and how far that can be trusted. Rules see no source text, so they say what is
//! meant, and `crate::fix` settles it against the text.

use super::Finding;
use crate::text::{Place, Symbol};

/// Whether people have to look at what was changed.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Safety {
    /// The same is meant, and nothing else in the program depends on how it was written.
    Safe,
    /// Something else may depend on it, or it may not compile.
    Unsafe,
}

impl Safety {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Safety::Safe => "safe",
            Safety::Unsafe => "unsafe",
        }
    }

    pub(crate) fn safe_if(condition: bool) -> Safety {
        if condition { Safety::Safe } else { Safety::Unsafe }
    }
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Fix {
    pub(crate) safety: Safety,
    /// What it does, as an order: "rename `a` to `b`".
    pub(crate) title: String,
    /// All of them or none.
    pub(crate) edits: Vec<Edit>,
}

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct Edit {
    pub(crate) place: Place,
    pub(crate) change: Change,
}

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Change {
    /// What stands there becomes this. All other changes are settled into such.
    Text(String),
    /// A name becomes another, where it is written as one string or as one field.
    Name { old: Symbol, new: String },
    /// What is thrown away there is kept under this name.
    Keep(&'static str),
    /// An attribute gets this argument.
    Argument(&'static str),
    /// A comment that suppresses findings loses this word, and goes with its last one.
    Unsay(String),
}

impl Fix {
    /// Its edits with what they put in, once they have been settled against the text.
    pub(crate) fn settled(&self) -> Option<Vec<(Place, &str)>> {
        let settled = self.edits.iter().map(|it| match &it.change {
            Change::Text(new) => Some((it.place, new.as_str())),
            _ => None,
        });
        settled.collect()
    }
}

impl Finding {
    pub(crate) fn fix(&mut self, fix: Option<Fix>) -> &mut Finding {
        self.fix = fix;
        self
    }
}
