//! `dynamic-span-name`: a span's name is visibly built from runtime values, so there is no end of names.

mod convention;
mod values;

use std::collections::BTreeMap;

use crate::program::{SpanSite, TextSource};
use crate::rule::{Context, Finding, Findings, Level};

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
            .help(match values::are_of_a_request(ctx, site) {
                true => BY_ROUTE.to_owned(),
                false => help(name.as_str()),
            })
            .function(ctx.owner(&site.at))
            .certainty(site.certainty)
            // What is not known to be without end may well have one.
            .at_most(if values::are_endless(ctx, site) { Level::Error } else { Level::Note });
    }
    let said = |count| format!(", and so {} {count} more", if count == 1 { "is" } else { "are" });
    // A way of naming that is in many places is a decision of its own.
    let mut habits: BTreeMap<&str, usize> = BTreeMap::new();
    let package = |it: &Finding| it.function.map_or("", |it| ctx.program.function(it).package());
    found.list.iter().filter(|it| ctx.is_more_than_a_note(it)).for_each(|it| {
        *habits.entry(package(it)).or_default() += 1;
    });
    let decision = |it: &Finding| match habits.get(package(it)) {
        Some(count) if *count >= FEWEST_OF_A_HABIT => Ok(package(it)),
        _ => Err(it.function.map(|it| ctx.unit(it))),
    };
    found.fold_by(ctx, |it| Some(decision(it)), said, "another name of its kind");
}

/// From so many on, a package names its spans so by habit.
const FEWEST_OF_A_HABIT: usize = 3;

const BY_ROUTE: &str =
    "name it by the route that was matched, `{method} {route}`, and by the method alone where there is none";

/// A variable that holds the whole name may be bounded in ways nobody sees; only what is put together in sight is reported.
fn is_built(site: &SpanSite) -> bool {
    site.name.source == TextSource::Template
        && !site.name.bounded
        && !site.named_by_helper
        && !site.renamed
        && !site.of_vendor
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
