//! `metric-shadows-attribute`: a metric that has the name of an attribute.

use crate::rule::{Context, Findings};

pub(crate) fn check(ctx: &Context<'_>, found: &mut Findings) {
    let registry = &ctx.program.registry;
    for site in ctx.program.metrics.iter().filter(|it| it.is_of_opentelemetry()) {
        let Some(name) = site.name.text.map(|it| it.as_str()) else { continue };
        let known = registry.attribute(name).filter(|it| it.name == name && it.fate.is_none());
        // The conventions themselves have a few names that are both.
        if known.is_none() || registry.metric(name).is_some() || ctx.options.allows(name) {
            continue;
        }
        found
            .add(site.at.place, format!("metric `{name}` has the name of an attribute"))
            .label("created here")
            .reason(
                "Where metrics and attributes share a list of names, one of the two is taken for the other.",
            )
            .help(format!("say what is measured, such as `{name}.count` or `{name}.duration`"))
            .function(ctx.owner(&site.at))
            .certainty(site.certainty);
    }
}
