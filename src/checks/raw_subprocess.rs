//! `raw-subprocess`: a process is started with no span open around it, and not through the project's own runner.

mod question;

use std::collections::BTreeMap;

use crate::checks::dark_call::{WAITED_FOR, are_left_out};
use crate::measure::counts;
use crate::program::{Certainty, FuncId, ProcessSite, Reach, State};
use crate::rule::{Context, Findings, Level};
use crate::text::FileId;

pub(crate) fn check(ctx: &Context<'_>, found: &mut Findings) {
    let evidence = Evidence::find(ctx);
    for site in ctx.program.processes.iter().filter(|it| is_raw(it)) {
        let file = ctx.program.file(site.at.place.file);
        let left_alone = file.beside || is_runner(ctx, site) || ctx.options.allows(site.call.as_str());
        if left_alone || !counts(ctx.program, site.at.function) {
            continue;
        }
        let runner = usable_runner(ctx, site);
        let is_wanted = evidence.speaks_for(ctx, site, runner.is_some());
        let runner = runner.map(|it| &ctx.program.function(it).qualified);
        // Who has a runner means every process to go through it, whoever the caller is.
        let unknown = runner.is_none() && ctx.program.function(site.at.function).reach == Reach::Unknown;
        let mut reason = "Its command, duration and exit code are in no trace.".to_owned();
        let is_waited_for = runner.is_none() && ctx.program.is_waited_for_in_span(site.at.function);
        if is_waited_for {
            reason = WAITED_FOR.to_owned();
        } else if unknown {
            reason.push_str(" No caller is known: one outside this program might have a span open.");
        }
        found
            .add(site.at.place, format!("`{}` starts a process with no span open", site.call))
            .label("nothing shows this process")
            .reason(reason)
            .help(match runner {
                Some(runner) => format!("start it through `{runner}`, which opens a span for it"),
                None => {
                    "open a span around it, best in one runner that every process goes through".to_owned()
                }
            })
            .function(ctx.owner(&site.at))
            .certainty(if unknown { Certainty::Assumed } else { site.certainty });
        // The entry point above it says how many processes nobody sees; that a runner is passed by, only this says.
        let is_told_above = runner.is_none() && ctx.is_told_by_entry(&site.at);
        let Some(finding) = found.list.last_mut() else { continue };
        if is_told_above
            || !ctx.coverage.sending.reaches(ctx.program, ctx.owner(&site.at))
            || is_waited_for
            || ctx.program.is_declined(ctx.owner(&site.at))
            || question::asks_the_machine(ctx, site)
        {
            finding.at_most(Level::Note);
        }
        if !is_wanted {
            finding.at_most_unless_new(Level::Note);
        }
    }
}

/// The runner, where the code at hand can use it: to any other it is no help, and says nothing of it.
fn usable_runner(ctx: &Context<'_>, site: &ProcessSite) -> Option<FuncId> {
    let program = ctx.program;
    program
        .process_runner
        .filter(|it| program.projects.can_use(site.at.place.file, program.function(*it).file))
}

/// By project, how many processes of the programs that it is a part of have no span, and how many have one. Where only a caller
/// has a span, nobody opened it for the process: it counts on neither side.
struct Evidence(BTreeMap<Option<usize>, (usize, usize)>);

impl Evidence {
    fn find(ctx: &Context<'_>) -> Evidence {
        let projects = &ctx.program.projects;
        let mut own: BTreeMap<Option<usize>, (FileId, usize, usize)> = BTreeMap::new();
        for it in &ctx.program.processes {
            let file = it.at.place.file;
            let is_by_chance = it.covered && !it.in_span && it.via_wrapper.is_none();
            let is_counted = counts(ctx.program, it.at.function) && !is_runner(ctx, it);
            if is_by_chance || !is_counted || ctx.program.file(file).beside {
                continue;
            }
            let (_, raw, seen) = own.entry(projects.of(file)).or_insert((file, 0, 0));
            if is_raw(it) {
                *raw += 1;
            } else if it.covered || it.in_span || it.wrapper.is_some_and(|it| opens_span(ctx, it)) {
                *seen += 1;
            }
        }
        let sum = |file: FileId| {
            let together = own.values().filter(|it| projects.are_together(file, it.0));
            together.fold((0, 0), |sum, (_, raw, seen)| (sum.0 + raw, sum.1 + seen))
        };
        Evidence(own.iter().map(|(project, (file, ..))| (*project, sum(*file))).collect())
    }

    /// Nearly all processes of those programs have a span; half are enough where there is a runner to use, which somebody made for
    /// them all.
    fn speaks_for(&self, ctx: &Context<'_>, site: &ProcessSite, has_runner: bool) -> bool {
        let project = ctx.program.projects.of(site.at.place.file);
        let (raw, seen) = self.0.get(&project).copied().unwrap_or_default();
        (has_runner && seen >= raw) || are_left_out(raw, seen)
    }
}

fn is_raw(site: &ProcessSite) -> bool {
    !site.covered && !site.in_span && site.via_wrapper.is_none()
}

/// A helper that starts processes and opens no span shows nothing of them.
fn opens_span(ctx: &Context<'_>, wrapper: FuncId) -> bool {
    ctx.program.process_runner == Some(wrapper) || ctx.program.function(wrapper).state == State::Span
}

fn is_runner(ctx: &Context<'_>, site: &ProcessSite) -> bool {
    ctx.program.process_runner == Some(ctx.owner(&site.at))
}
