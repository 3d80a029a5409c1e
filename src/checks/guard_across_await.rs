//! `guard-across-await`: a span is entered while its task waits.

use crate::rule::{Context, Findings};

pub(crate) fn check(ctx: &Context<'_>, found: &mut Findings) {
    for guard in &ctx.program.guards {
        let Some(awaited) = guard.across_await else { continue };
        let finding =
            found.add(guard.at.place, format!("the guard of `{}` is alive at an `.await`", guard.call));
        finding
            .label("entered here")
            .reason("While the task waits, other tasks of its thread run inside of this span, and its own work may go on outside of it.")
            .help("run the future in the span with `.instrument(span)`, or drop the guard before it waits")
            .function(ctx.owner(&guard.at));
        finding.related(awaited, "the task waits here");
    }
}
