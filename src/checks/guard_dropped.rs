//! `guard-dropped`: a guard that nobody keeps, so that its span ends where it begins.

use crate::rule::{Context, Findings};

pub(crate) fn check(ctx: &Context<'_>, found: &mut Findings) {
    for guard in ctx.program.guards.iter().filter(|it| it.dropped) {
        found
            .add(guard.at.place, format!("the guard of `{}` is dropped at once", guard.call))
            .label("the span ends on this line")
            .reason(
                "The work that follows runs outside of the span, which lasts no time and has nothing in it.",
            )
            .help("give the guard a name, as in `let _guard = span.enter();`")
            .function(ctx.owner(&guard.at));
    }
}
