//! `dark-call`: a call leaves the program with no span open around it.

use std::collections::BTreeMap;

use crate::measure::counts;
use crate::program::{CallCategory, CallSite, Certainty, Reach};
use crate::rule::{Context, Finding, Findings, Level};

pub(crate) fn check(ctx: &Context<'_>, found: &mut Findings) {
    let mut families: BTreeMap<(&str, &str), Vec<usize>> = BTreeMap::new();
    for site in ctx.program.calls.iter().filter(|it| is_dark(it)) {
        let beside = ctx.program.file(site.at.place.file).beside;
        if beside || !counts(ctx.program, site.at.function) || ctx.options.allows(site.call.as_str()) {
            continue;
        }
        let owner = ctx.owner_name(&site.at);
        let is_waited_for = ctx.program.is_waited_for_in_span(site.at.function);
        let mut reason = format!("Its duration and its failures are in no trace of {owner}.");
        if is_waited_for {
            reason = WAITED_FOR.to_owned();
        } else if site.reach == Reach::Unknown {
            reason.push_str(" No caller is known: one outside this program might have a span open.");
        }
        found
            .add(
                site.at.place,
                format!("{} `{}` goes out with no span open", site.category.words().0, site.call),
            )
            .label("nothing shows this call")
            .reason(reason)
            .help("enable the OpenTelemetry instrumentation of the library, or open a span around the call")
            .function(ctx.owner(&site.at))
            .certainty(if site.reach == Reach::Unknown { Certainty::Assumed } else { site.certainty });
        let Some(finding) = found.list.last_mut() else { continue };
        // The entry point above it says how much goes out unseen; a connection that is kept lasts as long as a session.
        let goes_nowhere = !ctx.coverage.sending.reaches(ctx.program, ctx.owner(&site.at));
        if is_waited_for
            || goes_nowhere
            || ctx.is_told_by_entry(&site.at)
            || site.call.as_str().contains("websocket")
        {
            finding.at_most(Level::Note);
        }
        if finding.most > Level::Note {
            let package = ctx.program.function(ctx.owner(&site.at)).package();
            families.entry((package, library_of(site))).or_default().push(found.list.len() - 1);
        }
    }
    for ((package, library), members) in families.into_iter().filter(|(_, it)| it.len() >= FEWEST_OF_A_WALL) {
        let count = members.len();
        let mut all = members.into_iter();
        if let Some(first) = all.next().and_then(|it| found.list.get_mut(it)) {
            speak_for_all(first, count, package, library);
        }
        all.for_each(|it| {
            found.list[it].at_most(Level::Note);
        });
    }
}

/// The context of here is not there, but the time is.
pub(super) const WAITED_FOR: &str =
    "It runs where no span is current; the span of who waits for it lasts as long, and does not say why.";

/// From so many on, calls of one library in one package are dark for one reason.
const FEWEST_OF_A_WALL: usize = 4;

fn library_of(site: &CallSite) -> &'static str {
    let call = site.call.as_str();
    call.split_once('.').map_or(call, |(library, _)| library)
}

fn speak_for_all(finding: &mut Finding, count: usize, package: &str, library: &str) {
    finding.message =
        format!("{count} calls of `{library}` in `{package}` go out with no span open, this one first");
    finding.help(
        "enable the OpenTelemetry instrumentation of the library once, or open a span around what makes them",
    );
}

fn is_dark(site: &CallSite) -> bool {
    site.covered_by.is_none() && site.category != CallCategory::Process
}
