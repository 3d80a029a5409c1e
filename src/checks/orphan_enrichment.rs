//! `orphan-enrichment`: something is added to the current span where no span can be open.

use std::collections::BTreeSet;

use crate::rule::{Context, Findings, Level};

pub(crate) fn check(ctx: &Context<'_>, found: &mut Findings) {
    let mut told = BTreeSet::new();
    for site in ctx.program.enrichments.iter().filter(|it| it.span_open == Some(false)) {
        let owner = ctx.owner_name(&site.at);
        found
            .add(site.at.place, format!("`{}` writes to the current span where none is open", site.call))
            .label("no span is open here")
            .reason("What it adds is dropped without a word.")
            .help(format!("open a span around {owner} or its callers, or hand the span over"))
            .function(ctx.owner(&site.at))
            .certainty(site.certainty)
            // One span mends all that a function writes.
            .at_most(if told.insert(ctx.owner(&site.at)) { Level::Error } else { Level::Note });
    }
}
