//! `double-recorded-exception`: an exception is recorded by hand and once more by the span that it then leaves.

use crate::program::Through;
use crate::rule::{Context, Findings, Level};

pub(crate) fn check(ctx: &Context<'_>, found: &mut Findings) {
    for site in &ctx.program.records {
        let Some(through) = site.raised_through else { continue };
        let (name, place, certainty, help) = match through {
            Through::Span(span) => {
                let span = &ctx.program.spans[span];
                let help = "leave the recording to the span, or open it with `record_exception=False`";
                (span.title(), span.at.place, site.certainty.min(span.certainty), help)
            }
            Through::Library(handler) => {
                let it = ctx.program.function(handler);
                let name = format!("the span of `{}`, which a library opens", it.name);
                (name, ctx.program.head(handler), site.certainty, "leave the recording to the library")
            }
        };
        found
            .add(site.at.place, format!("the exception is recorded here and again as it leaves {name}"))
            .label("recorded by hand")
            .reason("One failure makes two exception events, and counts of errors double.")
            .help(help)
            .function(ctx.owner(&site.at))
            .certainty(certainty)
            // Two exceptions are two events: the cause, and what it is told as.
            .at_most(if site.translated { Level::Note } else { Level::Error })
            .related(place, "this span records what leaves it");
    }
}
