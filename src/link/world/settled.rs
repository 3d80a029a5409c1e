//! Answers that stay as they are however the tables grow: whoever finds one first keeps it for everybody.

use std::sync::OnceLock;

use rayon::prelude::*;

use crate::facts::FnId;
use crate::link::things::{Thing, Things};
use crate::program::File;

/// One answer of one thing or none; longer ones are rare, and found anew.
#[derive(Debug, Default)]
pub(crate) struct Answer(OnceLock<Option<Thing>>);

impl Answer {
    pub(crate) fn get(&self) -> Option<Things> {
        Some(self.0.get()?.map_or_else(Things::none, Things::one))
    }

    pub(crate) fn keep(&self, found: &Things) {
        if found.iter().nth(1).is_none() {
            // Whoever comes first: the answer is the same.
            let _ = self.0.set(found.iter().next());
        }
    }
}

#[derive(Debug)]
pub(crate) struct Settled {
    /// By file and place among the module's bindings: what a name stands for.
    pub(crate) names: Vec<Vec<Answer>>,
    /// By file and place among its parameters: what the annotation promises.
    pub(crate) params: Vec<Vec<Answer>>,
    /// By function: what its annotation promises.
    pub(crate) returns: Vec<Answer>,
    /// By function: the parameters for which it matters what callers pass.
    pub(crate) open_params: Vec<OnceLock<u64>>,
}

impl Settled {
    pub(super) fn nothing(files: &[File], functions: usize) -> Settled {
        let each = |count: fn(&File) -> usize| files.par_iter().map(move |it| answers(count(it))).collect();
        Settled {
            names: each(|it| it.facts.scope(FnId::MODULE).len()),
            params: each(|it| it.facts.params.len()),
            returns: answers(functions),
            open_params: (0..functions).map(|_| OnceLock::new()).collect(),
        }
    }
}

fn answers(count: usize) -> Vec<Answer> {
    (0..count).map(|_| Answer::default()).collect()
}
