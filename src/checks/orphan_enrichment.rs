//! `orphan-enrichment`: something is added to the current span where no span can be open.

use std::collections::BTreeSet;

use crate::program::FuncId;
use crate::rule::{Context, Findings, Level};
use crate::text::FileId;

pub(crate) fn check(ctx: &Context<'_>, found: &mut Findings) {
    let mut told = BTreeSet::new();
    for site in ctx.program.enrichments.iter().filter(|it| it.span_open == Some(false)) {
        let owner = ctx.owner_name(&site.at);
        found
            .add(site.at.place, format!("`{}` writes to the current span where none is open", site.call))
            .label("no span is open here")
            .reason("What it adds is dropped without a word.")
            .help(format!("open a span around {owner} or its callers, or hand the span over"))
            .function(ctx.owner(&site.at))
            .certainty(site.certainty)
            // One span mends all that a function writes.
            .at_most(if told.insert(ctx.owner(&site.at)) { Level::Error } else { Level::Note });
    }
    let said = |count: usize| format!(", and so {}", in_more_places(count));
    found.fold_by(ctx, |it| Some(cause(ctx, it.function?)), said, "and none is open here");
}

/// Why no span is open, where one step opens all of them: nothing in the package opens any, nothing instruments the framework that
/// calls it, or else what is in the file.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Cause<'a> {
    Package(&'a str),
    Framework(&'a str, &'static str),
    File(FileId),
}

fn cause<'a>(ctx: &Context<'a>, function: FuncId) -> Cause<'a> {
    let it = ctx.program.function(function);
    if ctx.program.spans.is_empty() {
        return Cause::Package(it.package());
    }
    let through = it.entry_point.map(|it| it.through.as_str());
    match through.and_then(|it| it.split_once('.')) {
        Some((framework, _)) => Cause::Framework(it.package(), framework),
        None => Cause::File(it.file),
    }
}

fn in_more_places(count: usize) -> String {
    format!("in {count} more {}", if count == 1 { "place" } else { "places" })
}
