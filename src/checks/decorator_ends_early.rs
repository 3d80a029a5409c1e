//! `decorator-ends-early`: a span decorator closes its span before the decorated work has run.

use crate::program::EarlyEnd;
use crate::rule::{Context, Findings};

pub(crate) fn check(ctx: &Context<'_>, found: &mut Findings) {
    for site in &ctx.program.early_ends {
        let name = ctx.program.function(site.function).name;
        let (verb, gets, later, help) = words(site);
        let finding = found
            .add(site.at.place, format!("`{}` closes its span before `{name}` has run", site.decorator))
            .label(format!("this decorator calls {} {} without {verb} it", article(site.what), site.what))
            .reason("Every span of this function lasts microseconds and records no error.")
            .help(help)
            .function(site.function)
            .certainty(site.certainty);
        if let Some(place) = site.ends_at {
            finding.related(place, format!("the span ends here, the {gets} {later}"));
        }
    }
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
