//! `dark-call`: a call leaves the program with no span open around it.

use std::collections::BTreeMap;

use crate::measure::counts;
use crate::program::{CallCategory, CallSite, Certainty, CoveredBy, FuncId, Reach};
use crate::rule::{Context, Finding, Findings, Level};
use crate::text::FileId;

pub(crate) fn check(ctx: &Context<'_>, found: &mut Findings) {
    let evidence = Evidence::find(ctx);
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
            .help(match can_be_switched_on(ctx, site.at.place.file, site.instrumentable) {
                // Those of frameworks are of their requests: a query is traced by whoever sends it.
                true if site.category == CallCategory::Db => {
                    "enable the OpenTelemetry instrumentation of the database driver or client, or open a span around the call"
                }
                true => {
                    "enable the OpenTelemetry instrumentation of the library, or open a span around the call"
                }
                false => "open a span around the call",
            })
            .function(ctx.owner(&site.at))
            .certainty(if site.reach == Reach::Unknown { Certainty::Assumed } else { site.certainty });
        let Some(finding) = found.list.last_mut() else { continue };
        // The entry point above it says how much goes out unseen; a connection that is kept lasts as long as a session.
        let goes_nowhere = !ctx.coverage.sending.reaches(ctx.program, ctx.owner(&site.at));
        if is_waited_for
            || goes_nowhere
            || ctx.program.is_declined(ctx.owner(&site.at))
            || runs_on_loading(ctx, site.at.function, 0)
            || ctx.is_told_by_entry(&site.at)
            || site.call.as_str().contains("websocket")
            || frames_a_transaction(site)
        {
            finding.at_most(Level::Note);
        }
        if !evidence.speaks_for(ctx, site) {
            finding.at_most_unless_new(Level::Note);
        } else if finding.most > Level::Note {
            families.entry((package_of(ctx, site), library_of(site))).or_default().push(found.list.len() - 1);
        }
    }
    for ((package, library), members) in families {
        if members.len() < FEWEST_OF_A_WALL {
            continue;
        }
        let count = members.len();
        let mut all = members.into_iter();
        if let Some(first) = all.next().and_then(|it| found.list.get_mut(it)) {
            speak_for_all(ctx, first, (count, package, library));
        }
        all.for_each(|it| {
            found.list[it].at_most(Level::Note);
        });
    }
}

/// Where names are lexical, what instruments a library is another client to be used in its place, and no switch.
fn can_be_switched_on(ctx: &Context<'_>, file: FileId, instrumentable: bool) -> bool {
    instrumentable && !ctx.program.file(file).facts.lexical
}

/// `pool.begin()`, `transaction.commit()`: what takes time is between them.
fn frames_a_transaction(site: &CallSite) -> bool {
    let last = site.call.as_str().rsplit('.').next().unwrap_or_default();
    site.category == CallCategory::Db
        && matches!(last, "begin" | "commit" | "rollback" | "begin_nested" | "savepoint")
}

/// The context of here is not there, but the time is.
pub(super) const WAITED_FOR: &str =
    "It runs where no span is current; the span of who waits for it lasts as long, and does not say why.";

/// From so many on, calls of one library in one package are dark for one reason.
const FEWEST_OF_A_WALL: usize = 2;

/// What runs as a module is loaded, and then only: no request waits for it, and what would send its span may not be there yet.
fn runs_on_loading(ctx: &Context<'_>, function: FuncId, depth: u32) -> bool {
    let it = ctx.program.function(function);
    let (facts, local) = ctx.program.facts_of(function);
    if facts.function(local).parent.is_none() {
        return !facts.lexical;
    }
    depth < DEEPEST
        && it.entry_point.is_none()
        && !it.callers.is_empty()
        && it.callers.iter().all(|it| runs_on_loading(ctx, *it, depth + 1))
}

/// Longer ways from a module's top are not followed.
const DEEPEST: u32 = 5;

/// By package and library, how many calls have a span and how many have none: others of its kind show that one is meant to.
struct Evidence(BTreeMap<(String, &'static str), (usize, usize)>);

impl Evidence {
    fn find(ctx: &Context<'_>) -> Evidence {
        let mut found = BTreeMap::new();
        for site in &ctx.program.calls {
            let file = ctx.program.file(site.at.place.file);
            let is_counted =
                site.certainty == Certainty::Certain && counts(ctx.program, site.at.function) && !file.beside;
            // Where only a caller has a span, nobody opened it for the call.
            let is_by_chance = site.covered_by == Some(CoveredBy::Inherited);
            if !is_counted || is_by_chance || frames_a_transaction(site) {
                continue;
            }
            let key = (package_of(ctx, site).to_owned(), library_of(site));
            let (lit, dark): &mut (usize, usize) = found.entry(key).or_default();
            *if site.covered_by.is_some() { lit } else { dark } += 1;
        }
        Evidence(found)
    }

    fn speaks_for(&self, ctx: &Context<'_>, site: &CallSite) -> bool {
        let calls = self.0.get(&(package_of(ctx, site).to_owned(), library_of(site)));
        calls.is_some_and(|(lit, dark)| are_left_out(*dark, *lit))
    }
}

/// Nearly all of a kind have a span: whoever opened those wants these to have one, too. Where it is fewer, what has none may as
/// well have been left alone on purpose.
pub(super) fn are_left_out(dark: usize, lit: usize) -> bool {
    lit >= LIT_PER_DARK * dark.max(1)
}

/// So many with a span to each that has none show what is wanted.
const LIT_PER_DARK: usize = 3;

fn package_of<'a>(ctx: &'a Context<'_>, site: &CallSite) -> &'a str {
    ctx.program.function(ctx.owner(&site.at)).package()
}

fn library_of(site: &CallSite) -> &'static str {
    let call = site.call.as_str();
    call.split_once('.').map_or(call, |(library, _)| library)
}

fn speak_for_all(ctx: &Context<'_>, finding: &mut Finding, (count, package, library): (usize, &str, &str)) {
    finding.message =
        format!("{count} calls of `{library}` in `{package}` go out with no span open, this one first");
    // Whoever has opened spans by hand shows how.
    let by_hand = |it: &&CallSite| {
        it.covered_by == Some(CoveredBy::Span) && library_of(it) == library && package_of(ctx, it) == package
    };
    let example = ctx.program.calls.iter().find(by_hand).map(|it| ctx.owner_name(&it.at));
    finding.help(match example {
        Some(example) => format!("open a span around what makes them, as {example} does"),
        None => "open a span around what makes them, as the other calls of the library have one".to_owned(),
    });
}

fn is_dark(site: &CallSite) -> bool {
    site.covered_by.is_none() && site.category != CallCategory::Process
}
