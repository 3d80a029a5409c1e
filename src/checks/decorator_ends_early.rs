//! `decorator-ends-early`: a span decorator closes its span before the decorated work has run.

use std::collections::BTreeSet;

use crate::program::EarlyEnd;
use crate::rule::{Context, Findings, Level};
use crate::text::Symbol;

pub(crate) fn check(ctx: &Context<'_>, found: &mut Findings) {
    let mut told = BTreeSet::new();
    for site in &ctx.program.early_ends {
        let name = ctx.program.function(site.function).name;
        // A decorator of the project's own is mended once, for all that it decorates.
        let alike =
            ctx.program.early_ends.iter().filter(|it| is_told(ctx, it) && it.decorator == site.decorator);
        let others = alike.count().saturating_sub(1);
        let is_one = others > 0 && is_told(ctx, site) && is_own(ctx, site.decorator);
        let is_first = !is_one || told.insert(site.decorator);
        let all =
            if is_one && is_first { format!(", and before {others} others have") } else { String::new() };
        let (verb, gets, later, help) = words(site);
        let finding = found
            .add(site.at.place, format!("`{}` closes its span before `{name}` has run{all}", site.decorator))
            .label(format!("this decorator calls {} {} without {verb} it", article(site.what), site.what))
            .reason("Every span of this function lasts microseconds and records no error.")
            .help(help)
            .function(site.function)
            .certainty(site.certainty)
            .at_most(if is_first { Level::Error } else { Level::Note });
        if let Some(place) = site.ends_at {
            finding.related(place, format!("the span ends here, the {gets} {later}"));
        }
    }
}

fn is_told(ctx: &Context<'_>, site: &EarlyEnd) -> bool {
    !ctx.program.function(site.function).test && !ctx.program.file(site.at.place.file).test
}

/// A function or a method of the project has this name.
fn is_own(ctx: &Context<'_>, decorator: Symbol) -> bool {
    let is_it = |name: &str| name.rsplit(['.', ':']).next() == Some(decorator.as_str());
    ctx.program.functions.iter().any(|it| it.named && (it.name == decorator || is_it(it.name.as_str())))
}

fn words(site: &EarlyEnd) -> (&'static str, &'static str, &'static str, &'static str) {
    if site.what.contains("generator") {
        (
            "iterating",
            "generator",
            "is read later",
            "iterate inside the span when the function is a generator, or open the span in its body",
        )
    } else {
        (
            "awaiting",
            "coroutine",
            "starts later",
            "await the call in an async wrapper when the function is a coroutine function",
        )
    }
}

fn article(what: &str) -> &'static str {
    if what.starts_with('a') { "an" } else { "a" }
}
