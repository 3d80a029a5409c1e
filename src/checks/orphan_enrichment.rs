//! `orphan-enrichment`: something is added to the current span where no span can be open.

use crate::rule::{Context, Findings};

pub(crate) fn check(ctx: &Context<'_>, found: &mut Findings) {
    for site in ctx.program.enrichments.iter().filter(|it| it.span_open == Some(false)) {
        let owner = ctx.owner_name(&site.at);
        found
            .add(site.at.place, format!("`{}` writes to the current span where none is open", site.call))
            .label("no span is open here")
            .reason("What it adds is dropped without a word.")
            .help(format!("open a span around {owner} or its callers, or hand the span over"))
            .function(ctx.owner(&site.at))
            .certainty(site.certainty);
    }
}
