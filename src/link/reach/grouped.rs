//! Tables by function: edges of the call graph, and the methods that stand in for a method.

use std::sync::OnceLock;

use crate::link::world::World;
use crate::program::FuncId;

/// Overriding methods that a call of the overridden one may mean; past this many nobody can follow.
const MOST_OVERRIDES: usize = 24;

/// What there is of something for each function: sorted, and each once.
pub(super) struct Grouped<T> {
    pub(super) all: Vec<T>,
    /// By function: where in `all` its own begins, and one more for the end.
    first: Vec<u32>,
}

impl<T: Copy + Ord> Grouped<T> {
    /// Brings together by counting: there is little for each function, and that is sorted fast.
    pub(super) fn new(functions: usize, scattered: &[T], of: impl Fn(&T) -> FuncId) -> Grouped<T> {
        let mut first = vec![0; functions + 1];
        scattered.iter().for_each(|it| first[of(it).index() + 1] += 1);
        for index in 0..functions {
            first[index + 1] += first[index];
        }
        let mut next = first.clone();
        let mut all = scattered.to_vec();
        for it in scattered {
            let place = &mut next[of(it).index()];
            all[*place as usize] = *it;
            *place += 1;
        }
        let mut kept = 0;
        for function in 0..functions {
            let group = first[function] as usize..first[function + 1] as usize;
            first[function] = kept as u32;
            all[group.clone()].sort_unstable();
            for at in group {
                if kept == first[function] as usize || all[kept - 1] != all[at] {
                    all[kept] = all[at];
                    kept += 1;
                }
            }
        }
        first[functions] = kept as u32;
        all.truncate(kept);
        Grouped { all, first }
    }

    pub(super) fn of(&self, function: FuncId) -> &[T] {
        let index = function.index();
        &self.all[self.first[index] as usize..self.first[index + 1] as usize]
    }
}

/// By method: those of classes below that stand in for it. Methods of common bases are called in most files.
pub(super) struct Overriding(Vec<OnceLock<Box<[FuncId]>>>);

impl Overriding {
    pub(super) fn new(world: &World<'_>) -> Overriding {
        Overriding(world.file_of.iter().map(|_| OnceLock::new()).collect())
    }

    pub(super) fn of(&self, world: &World<'_>, method: FuncId) -> &[FuncId] {
        self.0[method.index()].get_or_init(|| world.overriding(method, MOST_OVERRIDES).into())
    }
}
