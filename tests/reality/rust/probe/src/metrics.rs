//! The instruments that were recorded to, as they are exported.

use std::time::Duration;

use opentelemetry::KeyValue;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::metrics::data::{AggregatedMetrics, MetricData, ResourceMetrics};
use opentelemetry_sdk::metrics::exporter::PushMetricExporter;
use opentelemetry_sdk::metrics::{MeterProviderBuilder, PeriodicReader, SdkMeterProvider, Temporality};
use serde_json::json;

use crate::log;

/// In place of `SdkMeterProvider::builder()`.
pub fn meter_provider() -> MeterProviderBuilder {
    SdkMeterProvider::builder().with_reader(PeriodicReader::builder(Exports).build())
}

struct Exports;

impl PushMetricExporter for Exports {
    async fn export(&self, metrics: &ResourceMetrics) -> OTelSdkResult {
        for scope in metrics.scope_metrics() {
            for it in scope.metrics() {
                let points = match it.data() {
                    AggregatedMetrics::F64(data) => points(data),
                    AggregatedMetrics::I64(data) => points(data),
                    AggregatedMetrics::U64(data) => points(data),
                };
                let row = json!({
                    "name": it.name(), "unit": it.unit(), "type": points.kind, "recorded": points.recorded,
                    "attributes": points.keys,
                });
                log::tell("instrument", row);
            }
        }
        Ok(())
    }

    fn force_flush(&self) -> OTelSdkResult {
        Ok(())
    }

    fn shutdown_with_timeout(&self, _: Duration) -> OTelSdkResult {
        Ok(())
    }

    fn temporality(&self) -> Temporality {
        // What is exported is what came since: sums over exports are then true.
        Temporality::Delta
    }
}

struct Points {
    kind: &'static str,
    /// Measurements, where the data counts them; points of data otherwise.
    recorded: u64,
    keys: Vec<String>,
}

fn points<T>(data: &MetricData<T>) -> Points {
    match data {
        MetricData::Gauge(it) => of("gauge", it.data_points().map(|it| (1, keys(it.attributes())))),
        MetricData::Sum(it) => {
            let kind = if it.is_monotonic() { "counter" } else { "up_down_counter" };
            of(kind, it.data_points().map(|it| (1, keys(it.attributes()))))
        }
        MetricData::Histogram(it) => {
            of("histogram", it.data_points().map(|it| (it.count(), keys(it.attributes()))))
        }
        MetricData::ExponentialHistogram(it) => {
            of("histogram", it.data_points().map(|it| (it.count() as u64, keys(it.attributes()))))
        }
    }
}

fn of(kind: &'static str, points: impl Iterator<Item = (u64, Vec<String>)>) -> Points {
    let mut out = Points { kind, recorded: 0, keys: Vec::new() };
    for (recorded, keys) in points {
        out.recorded += recorded;
        out.keys.extend(keys);
    }
    out.keys.sort();
    out.keys.dedup();
    out
}

fn keys<'a>(attributes: impl Iterator<Item = &'a KeyValue>) -> Vec<String> {
    attributes.map(|it| it.key.to_string()).collect()
}
