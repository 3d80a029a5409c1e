//! `context-lost-thread`: work that opens spans goes to a thread without the span of here.

use crate::checks::context_lost_task::{is_minor, lost};
use crate::program::Mechanism;
use crate::rule::{Context, Findings, Level};

pub(crate) fn check(ctx: &Context<'_>, found: &mut Findings) {
    for site in lost(ctx.program, &[Mechanism::Thread, Mechanism::Executor]) {
        found
            .add(site.at.place, format!("`{}` leaves the span behind", site.call))
            .label("the thread begins a trace of its own")
            .reason("What runs on the thread is in another trace than the request that needed it.")
            .help("take the current context along with the work and enter it there, or instrument threads")
            .function(ctx.owner(&site.at))
            .at_most(if is_minor(ctx.program, site) { Level::Note } else { Level::Error });
    }
}
