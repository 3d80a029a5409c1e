//! `dynamic-span-name`: a span's name is visibly built from runtime values, so there is no end of names.

mod convention;
mod values;

use crate::program::{SpanSite, TextSource};
use crate::rule::{Context, Findings, Level};

pub(crate) fn check(ctx: &Context<'_>, found: &mut Findings) {
    for site in ctx.program.spans.iter().filter(|it| is_built(it)) {
        let Some(name) = site.name.text else { continue };
        if convention::asks_for(ctx, site, name.as_str()) {
            continue;
        }
        found
            .add(
                site.name_place.unwrap_or(site.at.place),
                format!("span name `{name}` is built from runtime values"),
            )
            .label("every value makes a new name")
            .reason("Spans of the same work cannot be grouped or compared, and metrics by span name grow without end.")
            .help(help(name.as_str()))
            .function(ctx.owner(&site.at))
            .certainty(site.certainty)
            // What is not known to be without end may well have one.
            .at_most(if values::are_endless(ctx, site) && !site.of_vendor { Level::Error } else { Level::Note });
    }
}

/// A variable that holds the whole name may be bounded in ways nobody sees; only what is put together in sight is reported.
fn is_built(site: &SpanSite) -> bool {
    site.name.source == TextSource::Template && !site.name.bounded && !site.named_by_helper && !site.renamed
}

fn help(name: &str) -> String {
    let fixed = name.split("{}").fold(String::new(), |mut fixed, part| {
        // `task.{}.done` without the hole is `task.done`.
        if part.starts_with(|it: char| !it.is_alphanumeric()) {
            fixed.truncate(fixed.trim_end_matches(|it: char| !it.is_alphanumeric()).len());
        }
        fixed + part
    });
    let fixed = fixed.trim_matches(|it: char| !it.is_alphanumeric());
    if fixed.is_empty() {
        "give the span a fixed name and put the values in attributes".to_owned()
    } else {
        format!("keep the fixed part as the name, such as `{fixed}`, and put the values in attributes")
    }
}
