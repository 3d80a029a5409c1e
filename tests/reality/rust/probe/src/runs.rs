//! Runs of functions: each body begins with one of these calls, put there on the line of its brace.

use std::cell::RefCell;
use std::future::Future;
use std::pin::pin;
use std::task::Poll;

use serde_json::{Value, json};

use crate::log;

thread_local! {
    /// The runs that are on the stack of this thread, the innermost last.
    static STACK: RefCell<Vec<Run>> = const { RefCell::new(Vec::new()) };
}

#[derive(Clone)]
struct Run {
    id: u64,
    file: &'static str,
    line: u32,
    /// The statement that runs, and the span that was current when it began.
    at: (u32, u32, Option<String>),
}

/// A run of a function that is on the stack as long as this lives.
pub struct Running(u64);

impl Drop for Running {
    fn drop(&mut self) {
        pop(self.0);
    }
}

pub fn enter(file: &'static str, line: u32, name: &'static str) -> Running {
    let run = begin(file, line, name);
    let id = run.id;
    push(run);
    Running(id)
}

/// As `enter`, for a function that may fail.
pub fn enter_result<T, E>(
    file: &'static str,
    line: u32,
    name: &'static str,
    run: impl FnOnce() -> Result<T, E>,
) -> Result<T, E> {
    let running = enter(file, line, name);
    let out = run();
    told(running.0, &out);
    out
}

/// The body of an async function: on the stack while it is polled.
pub async fn scope<F: Future>(file: &'static str, line: u32, name: &'static str, future: F) -> F::Output {
    scoped(begin(file, line, name), future).await
}

pub async fn scope_result<T, E, F: Future<Output = Result<T, E>>>(
    file: &'static str,
    line: u32,
    name: &'static str,
    future: F,
) -> Result<T, E> {
    let run = begin(file, line, name);
    let id = run.id;
    let out = scoped(run, future).await;
    told(id, &out);
    out
}

/// A statement of a function begins, or of a closure in it; one that names the current span says so.
pub fn at(file: &'static str, function: u32, line: u32, end: u32, current: bool) {
    let (span, _) = log::current();
    STACK.with_borrow_mut(|stack| {
        let mut runs = stack.iter_mut().rev();
        if let Some(run) = runs.find(|run| run.file == file && run.line == function) {
            run.at = (line, end, span.as_str().map(str::to_owned));
        }
    });
    let row = json!({"file": file, "line": line, "end": end, "span": span, "current": current, "task": log::task()});
    log::tell("at", row);
}

/// The runs on the stack, the innermost first.
pub(crate) fn stack() -> Value {
    STACK.with_borrow(|stack| {
        let row = |run: &Run| json!([run.id, run.file, run.line, run.at.0, run.at.1, run.at.2]);
        stack.iter().rev().map(row).collect::<Vec<_>>().into()
    })
}

async fn scoped<F: Future>(mut run: Run, future: F) -> F::Output {
    let mut future = pin!(future);
    std::future::poll_fn(move |context| {
        push(run.clone());
        let before = log::current().0;
        let out = future.as_mut().poll(context);
        let after = log::current().0;
        if let Some(left) = pop(run.id) {
            run = left;
        }
        if before != after && out.is_pending() {
            log::tell("held", json!({"span": after, "run": run.id}));
        }
        match out {
            Poll::Ready(value) => Poll::Ready(value),
            Poll::Pending => Poll::Pending,
        }
    })
    .await
}

fn begin(file: &'static str, line: u32, name: &'static str) -> Run {
    let callers = stack();
    let run = Run { id: log::fresh(), file, line, at: (line, line, None) };
    let (span, trace) = log::current();
    let row = json!({
        "run": run.id, "file": file, "line": line, "name": name, "span": span, "trace": trace, "task": log::task(),
        "callers": callers,
    });
    log::tell("run", row);
    run
}

fn told<T, E>(run: u64, out: &Result<T, E>) {
    if out.is_err() {
        let (span, _) = log::current();
        log::tell("failed", json!({"run": run, "span": span}));
    }
}

fn push(run: Run) {
    STACK.with_borrow_mut(|stack| stack.push(run));
}

fn pop(id: u64) -> Option<Run> {
    STACK.with_borrow_mut(|stack| {
        let place = stack.iter().rposition(|it| it.id == id)?;
        Some(stack.remove(place))
    })
}
