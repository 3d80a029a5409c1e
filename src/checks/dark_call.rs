//! `dark-call`: a call leaves the program with no span open around it.

use crate::measure::counts;
use crate::program::{CallCategory, CallSite, Certainty, Reach};
use crate::rule::{Context, Findings};

pub(crate) fn check(ctx: &Context<'_>, found: &mut Findings) {
    for site in ctx.program.calls.iter().filter(|it| is_dark(it)) {
        let beside = ctx.program.file(site.at.place.file).beside;
        if beside || !counts(ctx.program, site.at.function) || ctx.options.allows(site.call.as_str()) {
            continue;
        }
        let owner = ctx.owner_name(&site.at);
        let mut reason = format!("Its duration and its failures are in no trace of {owner}.");
        if site.reach == Reach::Unknown {
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
    }
}

fn is_dark(site: &CallSite) -> bool {
    site.covered_by.is_none() && site.category != CallCategory::Process
}
