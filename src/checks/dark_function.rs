//! `dark-function`: a function that counts and runs outside any span.

use crate::program::{FuncId, Program, State};
use crate::rule::{Context, Findings, Level};

pub(crate) fn check(ctx: &Context<'_>, found: &mut Findings) {
    let visible = functions_with_effects(ctx.program);
    for (id, function) in ctx.program.function_ids() {
        if !ctx.program.eligible(id)
            || function.state != State::Dark
            || is_small_and_pure(ctx.program, id, &visible)
        {
            continue;
        }
        found
            .add(ctx.program.head(id), format!("`{}` runs outside any span", function.name))
            .label("no span covers this function")
            .reason("Its duration and its failures are in no trace.")
            .help("open a span in it, or call it from a function that has one")
            .function(id)
            // Whoever waits for it shows how long it takes.
            .at_most(match ctx.program.is_waited_for_in_span(id) || ctx.program.is_declined(id) {
                true => Level::Note,
                false => Level::Error,
            });
    }
}

/// A helper of at most this many statements that only computes is not worth a span.
const SMALL: u32 = 5;

fn is_small_and_pure(program: &Program, id: FuncId, visible: &[bool]) -> bool {
    let (facts, local) = program.facts_of(id);
    let function = facts.function(local);
    !function.is_async
        && function.statements <= SMALL
        && program.function(id).entry_point.is_none()
        && program.function(id).callees.is_empty()
        && !visible[id.index()]
}

/// The functions that do something a trace could show: start, call, hand over, catch or report.
fn functions_with_effects(program: &Program) -> Vec<bool> {
    let mut visible = vec![false; program.functions.len()];
    let sites = (program.processes.iter().map(|it| it.at))
        .chain(program.calls.iter().map(|it| it.at))
        .chain(program.handoffs.iter().map(|it| it.at))
        .chain(program.handlers.iter().map(|it| it.at))
        .chain(program.logs.iter().map(|it| it.at));
    for at in sites {
        if let Some(function) = program.enclosing_named(at.function) {
            visible[function.index()] = true;
        }
    }
    visible
}
