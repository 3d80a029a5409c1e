//! Answers that stay as they are however the tables grow: whoever finds one first keeps it for everybody.

use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use rayon::prelude::*;
use rustc_hash::FxHashMap;

use crate::facts::FnId;
use crate::link::things::{Thing, Things};
use crate::program::File;
use crate::text::{FileId, Symbol};

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
    pub(crate) starred: Starred,
}

impl Settled {
    pub(super) fn nothing(files: &[File], functions: usize) -> Settled {
        let each = |count: fn(&File) -> usize| files.par_iter().map(move |it| answers(count(it))).collect();
        Settled {
            names: each(|it| it.facts.scope(FnId::MODULE).len()),
            params: each(|it| it.facts.params.len()),
            returns: answers(functions),
            open_params: (0..functions).map(|_| OnceLock::new()).collect(),
            starred: Starred::nothing(),
        }
    }
}

fn answers(count: usize) -> Vec<Answer> {
    (0..count).map(|_| Answer::default()).collect()
}

const SHARDS: usize = 64;

/// What scopes have under a name through whatever they import everything of: most of it is asked for again and again.
#[derive(Debug)]
pub(crate) struct Starred([Mutex<Known>; SHARDS]);

type Key = (FileId, FnId, Symbol);
type Known = FxHashMap<Key, Option<Thing>>;

impl Starred {
    pub(super) fn nothing() -> Starred {
        Starred(std::array::from_fn(|_| Mutex::default()))
    }

    pub(crate) fn get(&self, key: Key) -> Option<Option<Things>> {
        Some(self.known(key.2).get(&key)?.map(Things::one))
    }

    pub(crate) fn keep(&self, key: Key, found: Option<&Things>) {
        let mut things = found.into_iter().flat_map(Things::iter);
        let first = things.next();
        if things.next().is_none() && found.is_some() == first.is_some() {
            self.known(key.2).insert(key, first);
        }
    }

    fn known(&self, name: Symbol) -> MutexGuard<'_, Known> {
        self.0[name.number() as usize % SHARDS].lock().unwrap_or_else(PoisonError::into_inner)
    }
}
