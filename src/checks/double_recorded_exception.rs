//! `double-recorded-exception`: an exception is recorded by hand and once more by the span that it then leaves.

mod unused;

use std::collections::BTreeMap;

use crate::facts::RegionKind;
use crate::program::{RecordSite, Through};
use crate::rule::{Context, Findings, Level};

pub(crate) fn check(ctx: &Context<'_>, found: &mut Findings) {
    tell_each(ctx, found);
    let mut habits: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (index, it) in found.list.iter().enumerate().filter(|(_, it)| ctx.is_more_than_a_note(it)) {
        if let Some(function) = it.function {
            habits.entry(ctx.program.function(function).package()).or_default().push(index);
        }
    }
    // What is done everywhere is one decision: the first place speaks for all of them.
    for members in habits.into_values().filter(|it| it.len() >= FEWEST_OF_A_HABIT) {
        let count = members.len();
        for (at, index) in members.into_iter().enumerate() {
            if at > 0 {
                found.list[index].at_most_unless_new(Level::Note);
            } else {
                found.list[index].message = format!(
                    "{count} exceptions are recorded by hand and again as they leave their spans, this one first"
                );
            }
        }
    }
    let said = |count| {
        format!(", here and in {count} more {} beside it", if count == 1 { "place" } else { "places" })
    };
    found.fold_by(ctx, |it| Some(ctx.unit(it.function?)), said, "and here");
}

/// From so many on, a package records twice by habit.
const FEWEST_OF_A_HABIT: usize = 8;

fn tell_each(ctx: &Context<'_>, found: &mut Findings) {
    // The plainest places come first, so that one of them speaks for others.
    let mut records: Vec<&RecordSite> = ctx.program.records.iter().collect();
    records.sort_by_key(|it| is_conditional(ctx, it));
    for site in records {
        let Some(through) = site.raised_through else { continue };
        let (name, place, certainty, help) = match through {
            Through::Span(span) => {
                let span = &ctx.program.spans[span];
                let help = "leave the recording to the span, or open it with `record_exception=False`";
                (span.title(), span.at.place, site.certainty.min(span.certainty), help)
            }
            Through::Library(handler) => {
                let it = ctx.program.function(handler);
                let name = format!("the span of `{}`, which a library opens", it.name);
                (name, ctx.program.head(handler), site.certainty, "leave the recording to the library")
            }
        };
        found
            .add(site.at.place, format!("the exception is recorded here and again as it leaves {name}"))
            .label("recorded by hand")
            .reason("One failure makes two exception events, and counts of errors double.")
            .help(help)
            .function(ctx.owner(&site.at))
            .certainty(certainty)
            // Two exceptions are two events: the cause, and what it is told as.
            .at_most(match site.translated || unused::is_in_unused(ctx, ctx.owner(&site.at)) {
                true => Level::Note,
                false => Level::Error,
            })
            .related(place, "this span records what leaves it");
    }
}

/// Whether the handler records only sometimes.
fn is_conditional(ctx: &Context<'_>, site: &RecordSite) -> bool {
    let facts = &ctx.program.file(site.at.place.file).facts;
    let in_handler = |it: &RegionKind| !matches!(it, RegionKind::Handler { .. });
    let mut around =
        facts.regions_from(site.at.region).map(|(_, it)| &it.kind).take_while(|it| in_handler(it));
    around.any(|it| matches!(it, RegionKind::Branch { .. }))
}
