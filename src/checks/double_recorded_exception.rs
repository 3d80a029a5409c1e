//! `double-recorded-exception`: an exception is recorded by hand and once more by the span that it then leaves.

use crate::rule::{Context, Findings};

pub(crate) fn check(ctx: &Context<'_>, found: &mut Findings) {
    for site in &ctx.program.records {
        let Some(span) = site.raised_through else { continue };
        let span = ctx.program.spans.get(span);
        let name = span.map_or_else(|| "the span".to_owned(), |it| it.title());
        let finding = found
            .add(site.at.place, format!("the exception is recorded here and again as it leaves {name}"))
            .label("recorded by hand")
            .reason("One failure makes two exception events, and counts of errors double.")
            .help("leave the recording to the span, or open it with `record_exception=False`")
            .function(ctx.owner(&site.at))
            .certainty(span.map_or(site.certainty, |it| site.certainty.min(it.certainty)));
        if let Some(span) = span {
            finding.related(span.at.place, "this span records what leaves it");
        }
    }
}
