//! The file that is told to, and who tells: this process, and the task or thread that runs.

use std::cell::Cell;
use std::collections::BTreeSet;
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, OnceLock};

use opentelemetry::Context;
use opentelemetry::trace::{SpanId, TraceContextExt};
use serde_json::{Value, json};

static FILE: OnceLock<Option<Mutex<File>>> = OnceLock::new();
static NEXT: AtomicU64 = AtomicU64::new(1);

static ENDED: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());

thread_local! {
    static TASK: Cell<u64> = const { Cell::new(0) };
}

/// One line, written at once: a program may end at any time.
pub(crate) fn tell(kind: &str, mut row: Value) {
    row["t"] = json!(kind);
    let file = FILE.get_or_init(|| {
        let path = std::env::var_os("REALITY_OUT")?;
        OpenOptions::new().append(true).create(true).open(path).ok().map(Mutex::new)
    });
    if let Some(Ok(mut file)) = file.as_ref().map(Mutex::lock) {
        let _ = file.write_all(format!("{row}\n").as_bytes());
    }
}

/// An id that no other process has.
pub(crate) fn fresh() -> u64 {
    u64::from(std::process::id()) * 1_000_000 + NEXT.fetch_add(1, Ordering::Relaxed)
}

/// What is current may have ended already.
pub(crate) fn ended(span: SpanId) {
    if let Ok(mut ended) = ENDED.lock() {
        ended.insert(span.to_string());
    }
}

pub(crate) fn task() -> u64 {
    TASK.get()
}

/// Whatever runs in here belongs to the task.
pub(crate) fn within<T>(task: u64, run: impl FnOnce() -> T) -> T {
    let before = TASK.replace(task);
    let out = run();
    TASK.set(before);
    out
}

/// The span that is recording here and now, with its trace.
pub(crate) fn current() -> (Value, Value) {
    let context = Context::current();
    let span = context.span();
    // `is_recording` would lock the span, and whoever prints an error for it has done so already.
    let it = span.span_context();
    if !it.is_sampled() || ENDED.lock().is_ok_and(|ended| ended.contains(&it.span_id().to_string())) {
        return (Value::Null, Value::Null);
    }
    (json!(it.span_id().to_string()), json!(it.trace_id().to_string()))
}
