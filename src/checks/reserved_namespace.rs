//! `reserved-namespace`: a key in `otel.`, which belongs to OpenTelemetry itself.

use crate::program::{AttributeSite, AttributeTarget};
use crate::registry::Standing;
use crate::rule::{Context, Findings, Level};

const RESERVED: &str = "otel.";

/// Fields by which the `tracing` bridge is told what the span is; they never become attributes.
const TOLD_TO_THE_BRIDGE: &[&str] =
    &["otel.name", "otel.kind", "otel.status_code", "otel.status_message", "otel.status_description"];

pub(crate) fn check(ctx: &Context<'_>, found: &mut Findings) {
    for (key, mut sites) in ctx.program.written_keys() {
        if !key.starts_with(RESERVED) || ctx.options.allows(key) {
            continue;
        }
        sites.retain(|it| !is_meant(ctx, it, key));
        for site in sites {
            found
                .add(site.at.place, format!("attribute `{key}` is in `otel.`, which is reserved for OpenTelemetry"))
                .label("written here")
                .reason("Exporters and backends give these names a meaning of their own, and may overwrite the value or believe it.")
                .help(help(key))
                .function(ctx.owner(&site.at))
                // In fields of `tracing`, such names are as a rule words for a layer that reads them.
                .certainty(site.certainty)
                .at_most(if is_field(ctx, site) { Level::Note } else { Level::Error });
        }
    }
}

/// A field of a macro, which a layer may read and never hand on.
fn is_field(ctx: &Context<'_>, site: &AttributeSite) -> bool {
    ctx.program.file(site.at.place.file).facts.lexical
}

fn is_meant(ctx: &Context<'_>, site: &AttributeSite, key: &str) -> bool {
    let bridged = is_field(ctx, site) && TOLD_TO_THE_BRIDGE.contains(&key);
    // An SDK or an exporter measures itself under these names.
    let measures_itself = site.target == AttributeTarget::Metric
        && matches!(ctx.program.standing(site), Some(Standing::Known(_)));
    bridged || measures_itself
}

fn help(key: &str) -> String {
    match key {
        "otel.status_code" | "otel.status_description" | "otel.status_message" => {
            "set the status of the span: exporters write this name from it".to_owned()
        }
        "otel.scope.name" | "otel.scope.version" | "otel.library.name" | "otel.library.version" => {
            "give the name and the version to the tracer or the meter".to_owned()
        }
        "otel.name" => "give the span this name when it is made, or `update_name`".to_owned(),
        "otel.kind" => "give the span its kind when it is made".to_owned(),
        _ => "put it in a namespace of your own".to_owned(),
    }
}
