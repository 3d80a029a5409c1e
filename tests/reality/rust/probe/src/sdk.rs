//! What the SDK is given and what leaves it: a span as it starts, and as it is exported.

use opentelemetry::Context;
use opentelemetry::trace::{Span as _, SpanId, Status};
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{
    SdkTracerProvider, Span, SpanData, SpanExporter, SpanProcessor, TracerProviderBuilder,
};
use serde_json::{Value, json};
use std::time::Duration;

use crate::{frames, log, runs};

/// In place of `SdkTracerProvider::builder()`: what the project adds is added to this.
pub fn tracer_provider() -> TracerProviderBuilder {
    SdkTracerProvider::builder().with_span_processor(Starts).with_simple_exporter(Exports)
}

#[derive(Debug)]
struct Starts;

impl SpanProcessor for Starts {
    fn on_start(&self, span: &mut Span, _: &Context) {
        let id = span.span_context().span_id().to_string();
        let row = json!({
            "span": id, "frames": frames::frames(), "runs": runs::stack(), "task": log::task(), "current": log::current().0,
        });
        log::tell("started", row);
    }

    fn on_end(&self, span: SpanData) {
        log::ended(span.span_context.span_id());
        let id = span.span_context.span_id().to_string();
        log::tell("ended", json!({"span": id, "frames": frames::frames()}));
    }

    fn force_flush(&self) -> OTelSdkResult {
        Ok(())
    }

    fn shutdown_with_timeout(&self, _: Duration) -> OTelSdkResult {
        Ok(())
    }
}

#[derive(Debug)]
struct Exports;

impl SpanExporter for Exports {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        for span in batch {
            log::tell("span", row(&span));
        }
        Ok(())
    }
}

fn row(span: &SpanData) -> Value {
    let keys = |all: &[opentelemetry::KeyValue]| all.iter().map(|it| it.key.to_string()).collect::<Vec<_>>();
    let events: Vec<Value> = span
        .events
        .iter()
        .map(|event| {
            let level = event.attributes.iter().find(|it| it.key.as_str() == "level");
            let line = event.attributes.iter().find(|it| it.key.as_str() == "code.line.number");
            json!({
                "name": event.name, "attributes": keys(&event.attributes),
                "level": level.map(|it| it.value.to_string()),
                "line": line.map(|it| it.value.to_string()),
            })
        })
        .collect();
    let parent = (span.parent_span_id != SpanId::INVALID).then(|| span.parent_span_id.to_string());
    json!({
        "span": span.span_context.span_id().to_string(),
        "trace": span.span_context.trace_id().to_string(),
        "parent": parent, "remote": span.parent_span_is_remote,
        "name": span.name, "scope": span.instrumentation_scope.name(),
        "attributes": keys(&span.attributes), "events": events,
        "status": match &span.status { Status::Unset => "unset", Status::Ok => "ok", Status::Error { .. } => "error" },
    })
}
