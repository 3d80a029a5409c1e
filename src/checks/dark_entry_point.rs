//! `dark-entry-point`: work starts here and no span is opened for it.

mod minor;

use std::collections::BTreeMap;

use crate::checks::dark_call::are_left_out;
use crate::measure::Unseen;
use crate::program::{EntryKind, EntryPoint, FuncId, Function, State};
use crate::rule::{Context, Finding, Findings, Level};

pub(crate) fn check(ctx: &Context<'_>, found: &mut Findings) {
    let lit = lit(ctx);
    let mut families: BTreeMap<Family<'_>, Vec<Dark<'_>>> = BTreeMap::new();
    for (id, unseen) in &ctx.coverage.dark_entry_points {
        let function = ctx.program.function(*id);
        let Some(entry) = function.entry_point else { continue };
        let beside = ctx.program.file(function.file).beside;
        if beside || matches!(function.state, State::Inherited) {
            continue;
        }
        if hands_over(ctx, *id, entry.kind, unseen) {
            continue;
        }
        let dark = Dark { id: *id, unseen, entry };
        let family = family(function, entry);
        if ctx.program.is_declined(*id)
            || minor::is_minor(ctx, &dark, !is_program(entry) && lit.contains_key(&family))
        {
            dark.tell(ctx, found).at_most(Level::Note);
        } else {
            families.entry(family).or_default().push(dark);
        }
    }
    for (family, dark) in families {
        let lit = lit.get(&family).copied().unwrap_or_default();
        tell_family(ctx, found, family, &dark, lit);
    }
}

/// An entry point without a span.
struct Dark<'a> {
    id: FuncId,
    unseen: &'a Unseen,
    entry: EntryPoint,
}

/// What is switched on by one decision: the entry points of one framework in one package.
type Family<'a> = (&'a str, &'static str, EntryKind);

impl Dark<'_> {
    fn tell<'f>(&self, ctx: &Context<'_>, found: &'f mut Findings) -> &'f mut Finding {
        let name = ctx.program.function(self.id).name;
        found
            .add(
                ctx.program.head(self.id),
                format!("entry point `{name}` ({}) opens no span", kind(self.entry)),
            )
            .label("a trace could start here, and none does")
            .reason(reason(self.unseen))
            .help(help(self.entry))
            .function(self.id)
    }
}

/// Where most of a family is dark, that is one decision: the one that starts the most work speaks for all.
fn tell_family(ctx: &Context<'_>, found: &mut Findings, family: Family<'_>, dark: &[Dark<'_>], lit: usize) {
    let is_wanted = are_left_out(dark.len(), lit);
    let is_one = dark.len() > 1 && !is_program(dark[0].entry);
    for (index, it) in dark.iter().enumerate() {
        let finding = it.tell(ctx, found);
        if !is_wanted {
            finding.at_most_unless_new(Level::Note);
        }
        if !is_one {
            continue;
        }
        if index > 0 {
            finding.at_most(Level::Note);
            continue;
        }
        let (name, all) = (ctx.program.function(it.id).name, dark.len() + lit);
        let framework = framework(it.entry);
        let count = if lit == 0 { dark.len().to_string() } else { format!("{} of {all}", dark.len()) };
        finding.message =
            format!("{count} entry points of `{framework}` open no span, `{name}` first of all");
        finding.label("this one starts the most that no trace shows").help(match family.2 {
            EntryKind::Cli | EntryKind::Main => {
                "open a span in one place that all of them go through, or around each".to_owned()
            }
            _ => format!(
                "enable the OpenTelemetry instrumentation of {framework} once, or open a span in each"
            ),
        });
        for other in dark.iter().skip(1).take(2) {
            let name = ctx.program.function(other.id).name;
            finding.related(ctx.program.head(other.id), format!("`{name}` opens none either"));
        }
    }
}

/// The family of an entry point.
fn family(function: &Function, entry: EntryPoint) -> Family<'_> {
    (function.package(), framework(entry), entry.kind)
}

fn is_program(entry: EntryPoint) -> bool {
    matches!(entry.through.as_str(), "__main__" | "main")
}

/// The library of which something makes it an entry point.
fn framework(entry: EntryPoint) -> &'static str {
    let through = entry.through.as_str();
    through.split_once('.').map_or(through, |(library, _)| library)
}

/// How many entry points of each family have a span.
fn lit<'a>(ctx: &Context<'a>) -> BTreeMap<Family<'a>, usize> {
    let mut lit = BTreeMap::new();
    for (_, function) in ctx.program.function_ids() {
        let Some(entry) = function.entry_point else { continue };
        let file = ctx.program.file(function.file);
        if function.has_span() && !function.test && !file.test && !file.beside {
            *lit.entry(family(function, entry)).or_default() += 1;
        }
    }
    lit
}

/// How it is reached; that `main` is run as a program goes without saying.
fn kind(entry: EntryPoint) -> String {
    match entry.through.as_str() {
        "__main__" | "main" => entry.kind.as_str().to_owned(),
        through => format!("{}, {through}", entry.kind.as_str()),
    }
}

/// All the work that could be seen is seen further down, or there is none: the entry point only passes the call on.
fn hands_over(ctx: &Context<'_>, id: FuncId, kind: EntryKind, unseen: &Unseen) -> bool {
    if unseen.outgoing() > 0 {
        return false;
    }
    if unseen.hands_over || hands_to_an_executor(ctx, id) {
        return true;
    }
    let (facts, local) = ctx.program.facts_of(id);
    let starts_a_framework = matches!(kind, EntryKind::Cli | EntryKind::Main);
    unseen.functions == 0 && facts.function(local).statements <= if starts_a_framework { 3 } else { 1 }
}

/// `loop.run_in_executor(pool, partial(self.model.predict, request))`: what runs there opens spans.
fn hands_to_an_executor(ctx: &Context<'_>, id: FuncId) -> bool {
    ctx.program.handoffs.iter().any(|it| it.traced && ctx.owner(&it.at) == id)
}

fn reason(unseen: &Unseen) -> String {
    let mut parts = Vec::new();
    let mut part = |count: u32, one: &str, many: &str| {
        if count > 0 {
            parts.push(format!("{count} {}", if count == 1 { one } else { many }));
        }
    };
    part(unseen.functions, "function", "functions");
    part(unseen.processes, "process", "processes");
    for (category, count) in &unseen.calls {
        let words = category.words();
        part(*count, words.0, words.1);
    }
    match parts.as_slice() {
        [] => "Its duration and its failures are in no trace.".to_owned(),
        [only] => format!("It starts {only} that no trace shows."),
        [rest @ .., last] => format!("It starts {} and {last} that no trace shows.", rest.join(", ")),
    }
}

fn help(entry: EntryPoint) -> String {
    match entry.kind {
        EntryKind::Cli | EntryKind::Main => "open a span around its body".to_owned(),
        _ => format!(
            "enable the OpenTelemetry instrumentation of {}, or open a span around its body",
            framework(entry)
        ),
    }
}
