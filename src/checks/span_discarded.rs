//! `span-discarded`: a span is created as a statement of its own and thrown away.

use crate::rule::{Context, Findings};

pub(crate) fn check(ctx: &Context<'_>, found: &mut Findings) {
    for site in ctx.program.spans.iter().filter(|it| it.dropped_at_once) {
        found
            .add(site.at.place, format!("{} is created and thrown away", site.title()))
            .label("nobody enters it")
            .reason(
                "The work that follows runs as if this line were not there: nothing of it is in the span.",
            )
            .help("enter it around the work it stands for")
            .function(ctx.owner(&site.at))
            .certainty(site.certainty);
    }
}
