//! Verdicts held against programs that run. The projects of `fixtures/projects` are run under the real SDKs by `tests/reality`, which
//! says in rows what they emitted (`tests/reality/README.md`); those are compared with what otcov says of the same tree. Without
//! the environments that `.ci/reality` prepares this is skipped; with `OTCOV_CI=1`, as in `.ci/run`, it fails.

mod compare;
mod effects;
mod functions;
mod mutations;
mod places;
mod run;
mod said;
mod seen;
mod table;

use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::tidy::names;
use compare::Difference;
use run::Held;

#[test]
fn programs_emit_what_otcov_says() {
    if run::environments().is_none() {
        return;
    }
    let held = unchanged();
    let faults: Vec<String> = held.iter().flat_map(|it| &it.differences).map(Difference::to_string).collect();
    assert!(faults.is_empty(), "\n{} differences\n{}", faults.len(), faults.join("\n"));
    table::hold(held);
}

#[test]
fn mutations_change_verdict_and_reality_alike() {
    if run::environments().is_none() {
        return;
    }
    mutations::hold();
}

/// Each project as it is, run once for all tests.
fn unchanged() -> &'static [Held] {
    static HELD: OnceLock<Vec<Held>> = OnceLock::new();
    let run = || in_parallel(&names("fixtures/projects", ""), |name| run::held(&run::project(name)));
    HELD.get_or_init(run)
}

/// Programs mostly wait and start; two at a time are enough to keep a small machine busy.
fn in_parallel<T: Sync, R: Send>(all: &[T], each: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let next = AtomicUsize::new(0);
    let work = || {
        let mut done = Vec::new();
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            let Some(it) = all.get(index) else { return done };
            done.push((index, each(it)));
        }
    };
    let mut done: Vec<(usize, R)> = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..3).map(|_| scope.spawn(work)).collect();
        workers
            .into_iter()
            .flat_map(|it| it.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
            .collect()
    });
    done.sort_by_key(|(index, _)| *index);
    done.into_iter().map(|(_, it)| it).collect()
}
