//! `dark-entry-point`: work starts here and no span is opened for it.

use crate::measure::Unseen;
use crate::program::{EntryKind, EntryPoint, FuncId, State};
use crate::rule::{Context, Findings};

pub(crate) fn check(ctx: &Context<'_>, found: &mut Findings) {
    for (id, unseen) in &ctx.coverage.dark_entry_points {
        let function = ctx.program.function(*id);
        let Some(entry) = function.entry_point else { continue };
        let beside = ctx.program.file(function.file).beside;
        if beside || matches!(function.state, State::Inherited) || hands_over(ctx, *id, entry.kind, unseen) {
            continue;
        }
        found
            .add(
                ctx.program.head(*id),
                format!("entry point `{}` ({}) opens no span", function.name, kind(entry)),
            )
            .label("a trace could start here, and none does")
            .reason(reason(unseen))
            .help(help(entry))
            .function(*id);
    }
}

/// How it is reached; that `main` is run as a program goes without saying.
fn kind(entry: EntryPoint) -> String {
    match entry.through.as_str() {
        "__main__" | "main" => entry.kind.as_str().to_owned(),
        through => format!("{}, {through}", entry.kind.as_str()),
    }
}

/// All the work that could be seen is seen further down, or there is none: the entry point only passes the call on.
fn hands_over(ctx: &Context<'_>, id: FuncId, kind: EntryKind, unseen: &Unseen) -> bool {
    if unseen.outgoing() > 0 {
        return false;
    }
    if unseen.hands_over {
        return true;
    }
    let (facts, local) = ctx.program.facts_of(id);
    let starts_a_framework = matches!(kind, EntryKind::Cli | EntryKind::Main);
    unseen.functions == 0 && facts.function(local).statements <= if starts_a_framework { 3 } else { 1 }
}

fn reason(unseen: &Unseen) -> String {
    let mut parts = Vec::new();
    let mut part = |count: u32, one: &str, many: &str| {
        if count > 0 {
            parts.push(format!("{count} {}", if count == 1 { one } else { many }));
        }
    };
    part(unseen.functions, "function", "functions");
    part(unseen.processes, "process", "processes");
    for (category, count) in &unseen.calls {
        let words = category.words();
        part(*count, words.0, words.1);
    }
    match parts.as_slice() {
        [] => "Its duration and its failures are in no trace.".to_owned(),
        [only] => format!("It starts {only} that no trace shows."),
        [rest @ .., last] => format!("It starts {} and {last} that no trace shows.", rest.join(", ")),
    }
}

fn help(entry: EntryPoint) -> String {
    match entry.kind {
        EntryKind::Cli | EntryKind::Main => "open a span around its body".to_owned(),
        _ => format!(
            "enable the OpenTelemetry instrumentation of {}, or open a span around its body",
            entry.through
        ),
    }
}
