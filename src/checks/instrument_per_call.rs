//! `instrument-per-call`: an instrument that is made anew each time something is measured.

use crate::facts::{OpKind, RegionKind, Value, ValueId};
use crate::program::{EntryKind, FuncId, MetricSite, Program};
use crate::rule::{Context, Findings};

pub(crate) fn check(ctx: &Context<'_>, found: &mut Findings) {
    for site in ctx.program.metrics.iter().filter(|it| it.is_of_opentelemetry() && it.via.is_none()) {
        let name = site.name.text.map_or("", |it| it.as_str());
        if ctx.options.allows(name) || !is_used_up(ctx.program, site) {
            continue;
        }
        let owner = ctx.owner(&site.at);
        let again = if is_in_a_loop(ctx.program, site) {
            "in every turn of a loop".to_owned()
        } else if runs_often(ctx.program, owner) {
            format!("in every call of `{}`", ctx.program.function(owner).name)
        } else {
            continue;
        };
        let what = if name.is_empty() { "this instrument".to_owned() } else { format!("metric `{name}`") };
        found
            .add(site.at.place, format!("{what} is created anew {again}"))
            .label("created here")
            .reason("Making an instrument takes a lock, and each SDK warns of the second one of a name, or keeps them all.")
            .help("create it once, in the module or in what lives as long as the process, and only record here")
            .function(owner)
            .certainty(site.certainty);
    }
}

/// What is made is recorded with in the same function, and kept nowhere.
fn is_used_up(program: &Program, site: &MetricSite) -> bool {
    let (facts, local) = program.facts_of(site.at.function);
    let records = |value: ValueId| match facts.value(value) {
        Value::Member { of, name } if matches!(name.as_str(), "add" | "record" | "set") => {
            match facts.value(*of) {
                Value::Name(name) => site.bound.contains(name) && !facts.bindings_of(local, *name).is_empty(),
                Value::Call(op) => facts.op(*op).span.contains(site.at.place.span),
                _ => false,
            }
        }
        _ => false,
    };
    let mut used = false;
    for (_, op) in facts.ops_of(local) {
        match &op.kind {
            OpKind::Call { callee, .. } if records(*callee) => used = true,
            OpKind::SetMember { value, .. } | OpKind::SetItem { value, .. } | OpKind::Return(Some(value))
                if is_it(program, site, *value) =>
            {
                return false;
            }
            _ => {}
        }
    }
    used
}

fn is_it(program: &Program, site: &MetricSite, value: ValueId) -> bool {
    let facts = &program.file(site.at.place.file).facts;
    match facts.value(value) {
        Value::Name(name) => site.bound.contains(name),
        Value::Call(op) => facts.op(*op).span.contains(site.at.place.span),
        _ => false,
    }
}

fn is_in_a_loop(program: &Program, site: &MetricSite) -> bool {
    let facts = &program.file(site.at.place.file).facts;
    facts.regions_from(site.at.region).any(|(_, it)| it.kind == RegionKind::Loop)
}

/// Called for each request, message or task, or by what is. What starts the program runs once.
fn runs_often(program: &Program, owner: FuncId) -> bool {
    let mut seen = vec![owner];
    let mut at = 0;
    while let Some(function) = seen.get(at).copied() {
        at += 1;
        let it = program.function(function);
        match it.entry_point.map(|it| it.kind) {
            Some(
                EntryKind::Http
                | EntryKind::Rpc
                | EntryKind::Task
                | EntryKind::Consumer
                | EntryKind::Mcp
                | EntryKind::Lambda,
            ) => {
                return true;
            }
            Some(EntryKind::Main | EntryKind::Cli) => continue,
            None => {}
        }
        for caller in &it.callers {
            if seen.len() < MOST_CALLERS && !seen.contains(caller) {
                seen.push(*caller);
            }
        }
    }
    false
}

/// Who has more callers is called often in any case, and need not be followed further.
const MOST_CALLERS: usize = 200;
