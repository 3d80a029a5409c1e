//! The edges of the call graph: who calls whom, and what what is called has of its caller.

use crate::program::FuncId;

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct Edge {
    pub(super) callee: FuncId,
    pub(super) caller: FuncId,
    pub(super) in_span: bool,
    pub(super) tie: Tie,
    /// What tests and examples call says nothing of how the program runs, unless it is one of them.
    pub(super) counts: bool,
}

/// What what runs has of its caller.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Tie {
    /// The context: the spans that are open.
    Context,
    /// Nothing but that the caller waits for it; or a span is open around the call, which waits for it too.
    Time {
        in_span: bool,
    },
    Nothing,
}

impl Edge {
    /// It has nothing of the caller's context.
    pub(super) fn is_detached(&self) -> bool {
        self.tie != Tie::Context
    }

    /// A span is open around the call itself.
    pub(super) fn opens(&self, waiting: bool) -> bool {
        self.in_span || (waiting && self.tie == Tie::Time { in_span: true })
    }

    /// A span is open around the call, or around the caller.
    pub(super) fn is_inside(&self, inside: &[bool], waiting: bool) -> bool {
        let follows = match self.tie {
            Tie::Context => true,
            Tie::Time { .. } => waiting,
            Tie::Nothing => false,
        };
        self.opens(waiting) || (follows && inside[self.caller.index()])
    }
}

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
