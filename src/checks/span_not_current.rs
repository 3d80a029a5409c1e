//! `span-not-current`: a span is open around work that opens spans, but was never made the current one.

use crate::rule::{Context, Findings};

pub(crate) fn check(ctx: &Context<'_>, found: &mut Findings) {
    for site in ctx.program.spans.iter().filter(|it| it.not_current && it.has_children) {
        found
            .add(site.at.place, format!("{} is open but not the current span", site.title()))
            .label("started, not made current")
            .reason("Spans and calls inside it are attached to the outer span, so the trace shows this one empty.")
            .help("start it as the current span (`start_as_current_span`), or make it current with `use_span`")
            .function(ctx.owner(&site.at))
            .certainty(site.certainty);
    }
}
