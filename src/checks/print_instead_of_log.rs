//! `print-instead-of-log`: a file that logs also prints what its log should say.

use std::collections::BTreeMap;

use crate::facts::{OpKind, RegionKind, Value};
use crate::program::{EntryKind, FuncId, LogSite, Program};
use crate::rule::{Context, Findings};
use crate::text::FileId;

/// Who prints more often than that in one function shows something to somebody: a banner, a table, a plan.
const MOST_PRINTS: usize = 3;

pub(crate) fn check(ctx: &Context<'_>, found: &mut Findings) {
    let program = ctx.program;
    let mut logging: Vec<FileId> =
        program.logs.iter().filter(|it| !it.print).map(|it| it.at.place.file).collect();
    logging.sort_unstable();
    logging.dedup();
    let mut printing: BTreeMap<FuncId, usize> = BTreeMap::new();
    program
        .logs
        .iter()
        .filter(|it| it.print)
        .for_each(|it| *printing.entry(ctx.owner(&it.at)).or_default() += 1);
    for site in program.logs.iter().filter(|it| it.print) {
        let file = site.at.place.file;
        let shows = printing.get(&ctx.owner(&site.at)).is_some_and(|it| *it > MOST_PRINTS);
        if logging.binary_search(&file).is_err()
            || program.file(file).beside
            || shows
            || is_for_a_program(program, site)
            || is_for_users(program, site)
        {
            continue;
        }
        let call = site.call.as_str().rsplit('.').next().unwrap_or_default();
        found
            .add(site.at.place, format!("`{call}` says what the log should say"))
            .label("printed, in a file that logs")
            .reason("It has no level, no time and no trace, and is not where people look.")
            .help("write it with the logger")
            .function(ctx.owner(&site.at));
    }
}

/// What a build tool or a runner of workflows reads from the output: `cargo:rerun-if-changed=..`, `::error file=..`.
fn is_for_a_program(program: &Program, site: &LogSite) -> bool {
    let facts = &program.file(site.at.place.file).facts;
    let (_, local) = program.facts_of(site.at.function);
    let call = facts.ops_of(local).find_map(|(_, op)| match &op.kind {
        OpKind::Call { args, .. } if op.span == site.at.place.span => facts.args(args).first(),
        _ => None,
    });
    let mut value = call.map(|it| it.value);
    if let Some(Value::Template(parts)) = value.map(|it| facts.value(it)) {
        value = facts.list(parts).first().copied();
    }
    match value.map(|it| facts.value(it)) {
        Some(Value::Text(text)) => ["cargo:", "::"].iter().any(|it| text.as_str().starts_with(it)),
        _ => false,
    }
}

/// A file that is part of a command line by where it lies or what it is called.
fn is_command(path: &str) -> bool {
    path.trim_end_matches(".rs").trim_end_matches(".py").split('/').any(|it| {
        matches!(it, "cli" | "cmd" | "bin" | "commands" | "scripts" | "main" | "__main__" | "xtask" | "tools")
            || it.ends_with("-cli")
            || it.ends_with("_cli")
    })
}

/// Commands and mains speak to people, and so does whatever stands at the top of a script.
fn is_for_users(program: &Program, site: &LogSite) -> bool {
    let Some(owner) = program.enclosing_named(site.at.function) else { return true };
    if is_command(&program.file(site.at.place.file).path) {
        return true;
    }
    let speaks = |kind: EntryKind| matches!(kind, EntryKind::Cli | EntryKind::Main);
    let (facts, _) = program.facts_of(site.at.function);
    let is_entry = program.function(owner).entry_point.is_some_and(|it| speaks(it.kind));
    let called_by_entry = program.function(owner).callers.iter().any(|it| {
        let caller = program.enclosing_named(*it).unwrap_or(*it);
        program.function(caller).entry_point.is_some_and(|it| speaks(it.kind))
    });
    let in_failure = facts.regions_from(site.at.region).any(|(_, it)| matches!(it.kind, RegionKind::Finally));
    is_entry || called_by_entry || in_failure
}
