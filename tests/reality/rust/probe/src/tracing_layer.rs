//! What `tracing` does with spans: made where, entered how and where, left where. What they say is told by the SDK.

use std::collections::HashMap;
use std::sync::Mutex;

use opentelemetry::trace::TraceContextExt;
use serde_json::{Value, json};
use tracing::span::{Attributes, Id};
use tracing::{Dispatch, Event, Subscriber};
use tracing_subscriber::layer::{Context, Layered, SubscriberExt};
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::{Layer, Registry};

use crate::{frames, log, runs};

/// In place of `tracing_subscriber::registry()`: the project puts its layers on top.
pub fn registry() -> Layered<Spans, Registry> {
    tracing_subscriber::registry().with(Spans::default())
}

#[derive(Default)]
pub struct Spans {
    open: Mutex<HashMap<u64, Value>>,
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Spans {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, _: Context<'_, S>) {
        let it = attributes.metadata();
        let row = json!({
            "file": it.file(), "line": it.line(), "target": it.target(), "frames": frames::frames(), "runs": runs::stack(),
            "task": log::task(), "entered": Value::Null, "left": Value::Null,
        });
        self.with(|open| open.insert(id.into_u64(), row));
    }

    /// Whether it reaches a span or not: it has been said.
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let it = event.metadata();
        log::tell(
            "said",
            json!({"level": it.level().as_str(), "file": it.file(), "line": it.line(), "runs": runs::stack()}),
        );
    }

    fn on_enter(&self, id: &Id, _: Context<'_, S>) {
        self.note(id, "entered");
    }

    fn on_exit(&self, id: &Id, _: Context<'_, S>) {
        self.note(id, "left");
    }

    fn on_close(&self, id: Id, _: Context<'_, S>) {
        let row = self.with(|open| open.remove(&id.into_u64())).flatten();
        let context = tracing::dispatcher::get_default(|dispatch: &Dispatch| {
            tracing_opentelemetry::get_otel_context(&id, dispatch)
        });
        if let (Some(mut row), Some(context)) = (row, context) {
            row["span"] = json!(context.span().span_context().span_id().to_string());
            log::tell("created", row);
        }
    }
}

impl Spans {
    fn with<T>(&self, change: impl FnOnce(&mut HashMap<u64, Value>) -> T) -> Option<T> {
        self.open.lock().ok().map(|mut open| change(&mut open))
    }

    /// The first time counts.
    fn note(&self, id: &Id, what: &str) {
        let unknown = self.with(|open| open.get(&id.into_u64()).is_some_and(|row| row[what].is_null()));
        if unknown == Some(true) {
            let frames = frames::frames();
            self.with(|open| open.get_mut(&id.into_u64()).map(|row| row[what] = frames));
        }
    }
}
