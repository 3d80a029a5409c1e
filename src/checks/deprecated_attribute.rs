//! `deprecated-attribute`: a key that the semantic conventions have renamed or dropped.

mod status;
mod written;

use std::collections::{BTreeMap, HashMap, HashSet};

use crate::facts::{Facts, OpKind, RegionKind, Value, ValueId};
use crate::program::{
    AttributeSite, CallCategory, CallSite, CoveredBy, EntryKind, FuncId, Function, State, TextSource,
};
use crate::registry::{Fate, Relation, Replacement, Standing, Version};
use crate::rule::{Context, Findings, Level, Renames, Wish};
use crate::text::{Place, Symbol};

pub(crate) fn check(ctx: &Context<'_>, found: &mut Findings) {
    let undeclared: HashSet<Place> = ctx.program.undeclared.iter().map(|it| it.place).collect();
    status::tell(ctx, found, &undeclared);
    let deprecated =
        ctx.program.attributes.iter().filter(|it| it.is_named_by_convention()).filter_map(|site| {
            match ctx.program.standing(site)? {
                // What no span keeps has no name to be right or wrong.
                _ if undeclared.contains(&site.at.place) => None,
                Standing::Deprecated(attribute, fate) => Some((site, attribute, fate)),
                _ => None,
            }
        });
    let deprecated: Vec<_> = deprecated.collect();
    if deprecated.is_empty() {
        return;
    }
    let side = |it: &AttributeSite, key: Symbol| (ctx.owner(&it.at), it.target.as_str(), key);
    let written: HashSet<(FuncId, &str, Symbol)> =
        ctx.program.attributes.iter().filter_map(|it| Some(side(it, it.key.text?))).collect();
    let mut told = Vec::new();
    let declared = written::Declared::find(ctx, deprecated.iter().filter_map(|it| it.0.key.text));
    let mut wishes = Vec::new();
    for (site, _, fate) in deprecated {
        let Some(key) = site.key.text.filter(|it| !ctx.options.allows(it.as_str())) else { continue };
        let replacements = ctx.program.replacements(site);
        if is_switched(ctx, site) || declared.is_all_of(site) {
            continue;
        }
        // Both names side by side are a migration under way.
        if replacements.iter().any(|(name, _)| written.contains(&side(site, *name))) {
            continue;
        }
        wishes.extend(wish(site, key, &replacements));
        told.push((site, key, fate, replacements));
    }
    let renames = Renames::new(ctx.program, &wishes);
    let by_instrumentation = speaks_old_http(ctx);
    let anywhere: HashSet<Symbol> = ctx.program.attributes.iter().filter_map(|it| it.key.text).collect();
    let generation = written::Generation::find(ctx, told.iter().map(|(_, key, ..)| *key));
    let mut places: HashMap<Symbol, usize> = HashMap::new();
    told.iter().for_each(|(_, key, ..)| *places.entry(*key).or_default() += 1);
    let mut decided = HashSet::new();
    let mut beside: BTreeMap<FuncId, Vec<(usize, Symbol, Place)>> = BTreeMap::new();
    for (site, key, fate, replacements) in told {
        let since = match fate.since {
            _ if fate.of_the_team => " in the project's registry".to_owned(),
            Some(version) => format!(" since version {version} of the semantic conventions"),
            None => " in the semantic conventions".to_owned(),
        };
        found
            .add(site.at.place, format!("attribute `{key}` is deprecated{since}"))
            .label("written here")
            .reason("Dashboards, alerts and backends that know the current names do not find it.")
            .help(help(&replacements, site.value_text))
            .fix(renames.fix(site))
            .function(ctx.owner(&site.at))
            .certainty(site.certainty);
        // A key is renamed everywhere or nowhere: one decision, and one warning.
        let Some(finding) = found.list.last_mut() else { continue };
        // The constant of a library brings the name that the library knows: a newer one brings the new name.
        let is_of_library = site.key.source == TextSource::Constant && site.spelled.is_none();
        if is_of_library || ctx.program.is_for_show(site.at.place.file) {
            finding.at_most(Level::Note);
        }
        // Nobody looks for what has no name of today, and what is written is as good as it was.
        if replacements.is_empty() && !fate.of_the_team {
            finding.at_most(Level::Note);
        }
        if written::is_for_a_vendor(ctx, site) {
            finding.reason(OF_A_VENDOR).at_most(Level::Note);
        }
        // What is written all over and never as it is called now is how the program speaks, and others read it so.
        let is_schema = places[&key] >= FEWEST_OF_A_SCHEMA
            && !replacements.iter().any(|(name, _)| anywhere.contains(name));
        if is_schema {
            finding.at_most_unless_new(Level::Note);
        }
        if is_of_an_old_generation(key.as_str(), fate) && !anywhere.iter().any(|it| is_newer(it.as_str())) {
            finding.reason(AN_OLD_GENERATION).at_most(Level::Note);
        }
        if ctx.program.registry.is_recent(fate) {
            finding.reason(A_RECENT_NAME).at_most(Level::Note);
        }
        if generation.has_others(ctx, site, key, &replacements) {
            finding.reason(WRITTEN_BY_OTHERS).at_most(Level::Note);
        }
        let of_http = ["http.", "net."].iter().any(|it| key.as_str().starts_with(it));
        if of_http && by_instrumentation && ctx.program.file(site.at.place.file).language == "python" {
            finding.reason(WRITTEN_ALIKE).at_most(Level::Note);
        }
        if finding.most > Level::Note && !is_schema && !decided.insert(key) {
            finding.at_most(Level::Note);
        }
        if !is_schema && found.list.last().is_some_and(|it| ctx.is_more_than_a_note(it)) {
            beside.entry(ctx.unit(ctx.owner(&site.at))).or_default().push((
                found.list.len() - 1,
                key,
                site.at.place,
            ));
        }
    }
    beside.into_values().for_each(|it| tell_together(found, &it));
}

/// Old names that one function or class writes are changed in one go: the first speaks for all of them.
fn tell_together(found: &mut Findings, names: &[(usize, Symbol, Place)]) {
    let others = names.get(1..).unwrap_or_default();
    let said: Vec<String> = others.iter().map(|(_, key, _)| format!("`{key}`")).collect();
    let said = match said.as_slice() {
        [] => return,
        [one] => format!("; so is {one} beside it"),
        [one, two] => format!("; so are {one} and {two} beside it"),
        [one, two, rest @ ..] => format!("; so are {one}, {two} and {} more beside it", rest.len()),
    };
    let members: Vec<usize> = names.iter().map(|(index, ..)| *index).collect();
    let key =
        |place: Place| names.iter().find(|(.., it)| *it == place).map_or("", |(_, key, _)| key.as_str());
    found.fold(&members, &said, |it| format!("`{}` is another", key(it.place)));
}

const OF_A_VENDOR: &str = "It is written for one product, which may know it by this name alone.";

const AN_OLD_GENERATION: &str = "All that this program says of generative AI is of before version 1.37 of the conventions, which asks those who emit that to go on with it until they are told to change: change all of it at once.";

/// The conventions for generative AI say themselves that whoever writes the names of 1.36 should not change them unasked.
fn is_of_an_old_generation(key: &str, fate: &Fate) -> bool {
    !fate.of_the_team && key.starts_with("gen_ai.") && fate.since >= Version::parse("1.37")
}

/// What generative AI is told with since then.
fn is_newer(key: &str) -> bool {
    const NEWER: [&str; 6] = [
        "gen_ai.provider.name",
        "gen_ai.input.messages",
        "gen_ai.output.messages",
        "gen_ai.system_instructions",
        "gen_ai.tool.definitions",
        "gen_ai.tool.call.",
    ];
    NEWER.iter().any(|it| key.starts_with(it)) && key != "gen_ai.tool.call.id"
}

const A_RECENT_NAME: &str =
    "It has another name only since lately: libraries and dashboards mostly still use this one.";

const WRITTEN_BY_OTHERS: &str = "A library that the program uses, or its part in another language, writes the same name: change both together.";

/// In so many places a name is no oversight.
const FEWEST_OF_A_SCHEMA: usize = 10;

const WRITTEN_ALIKE: &str = "The instrumentations that are on here write the old names as well, until `OTEL_SEMCONV_STABILITY_OPT_IN` says otherwise: change both together.";

/// Python's instrumentations of HTTP write the old names until somebody asks for the new ones.
fn speaks_old_http(ctx: &Context<'_>) -> bool {
    let program = ctx.program;
    let serves = |it: &Function| {
        it.state == State::Auto && it.entry_point.is_some_and(|it| it.kind == EntryKind::Http)
    };
    let calls =
        |it: &CallSite| it.category == CallCategory::Http && matches!(it.covered_by, Some(CoveredBy::Auto));
    !program.envs.iter().any(|it| it.name.as_str() == "OTEL_SEMCONV_STABILITY_OPT_IN")
        && (program.functions.iter().any(serves) || program.calls.iter().any(calls))
}

/// The one name to write instead, where the value can stay as it is.
fn wish<'a>(
    site: &'a AttributeSite,
    old: Symbol,
    replacements: &[(Symbol, &Replacement)],
) -> Option<Wish<'a>> {
    let [(new, replacement)] = replacements else { return None };
    if !matches!(replacement.relation, Relation::Rename | Relation::OneOf) || old.as_str().contains("{}") {
        return None;
    }
    let lost = &replacement.lost_values;
    let same_value = match site.value_text {
        Some(value) if lost.contains(&value.as_str()) => return None,
        Some(_) => true,
        None => lost.is_empty(),
    };
    // Which of several it is was told by what stands around, and that is less than what people know.
    let same_value =
        same_value && replacement.relation == Relation::Rename && replacement.span_kinds.is_empty();
    Some(Wish { site, old, new: *new, same_value })
}

/// Words in the names of what decides which generation of names is written, and of what collects the old one.
const SWITCHES: &[&str] = &["opt_in", "semconv", "sem_conv", "report_old", "legacy", "stability"];

/// Written because somebody chose the old names: behind a switch, or into what is called old.
fn is_switched(ctx: &Context<'_>, site: &AttributeSite) -> bool {
    let facts = &ctx.program.file(site.at.place.file).facts;
    let (_, local) = ctx.program.facts_of(site.at.function);
    let behind_a_switch = facts.regions_from(site.at.region).any(|(_, it)| match it.kind {
        RegionKind::Branch { condition, .. } => speaks_of_a_switch(facts, condition, 0),
        _ => false,
    });
    let into_the_old = facts.ops_of(local).any(|(_, op)| match op.kind {
        OpKind::SetItem { of, key, .. } if facts.value_span(key) == site.at.place.span => {
            is_called_old(facts, of)
        }
        _ => false,
    });
    behind_a_switch || into_the_old
}

fn is_called_old(facts: &Facts, value: ValueId) -> bool {
    let (Value::Name(name) | Value::Member { name, .. }) = facts.value(value) else { return false };
    name.as_str().split('_').any(|it| it == "old" || it == "legacy")
}

fn speaks_of_a_switch(facts: &Facts, value: ValueId, depth: u32) -> bool {
    let is_one = |name: &Symbol| {
        let name = name.as_str().to_lowercase();
        SWITCHES.iter().any(|it| name.contains(it))
    };
    let inner = |it: ValueId| depth < 4 && speaks_of_a_switch(facts, it, depth + 1);
    match facts.value(value) {
        Value::Name(name) => is_one(name),
        Value::Member { of, name } => is_one(name) || inner(*of),
        Value::Test(run) | Value::Fallback(run) | Value::Either(run) => {
            facts.list(run).iter().any(|it| inner(*it))
        }
        Value::Call(op) => match &facts.op(*op).kind {
            OpKind::Call { callee, args } => {
                inner(*callee) || facts.args(args).iter().any(|it| inner(it.value))
            }
            _ => false,
        },
        _ => false,
    }
}

fn help(replacements: &[(Symbol, &Replacement)], value: Option<Symbol>) -> String {
    let [(first, replacement), ..] = replacements else {
        return "nothing took its place: leave it out, or keep the value under a name of your own".to_owned();
    };
    let names = |and: &str| {
        let each = replacements.iter().map(|(name, it)| format!("`{name}`{}", on(&it.span_kinds)));
        each.collect::<Vec<_>>().join(and)
    };
    match replacement.relation {
        Relation::Rename | Relation::OneOf if replacements.len() == 1 => {
            format!("use `{first}`{}", lost(replacement, value))
        }
        Relation::Rename | Relation::OneOf => format!("use what is meant of {}", names(", ")),
        Relation::Split => format!("write its parts to {}", names(" and ")),
        Relation::Merge => format!("make it a part of `{first}`"),
        Relation::Retype => format!("use `{first}`, which has values of another type"),
    }
}

fn on(kinds: &[&str]) -> String {
    if kinds.is_empty() { String::new() } else { format!(" (on {} spans)", kinds.join(" and ")) }
}

/// A few of the values that need another look, unless the one that is written is none of them.
fn lost(replacement: &Replacement, value: Option<Symbol>) -> String {
    match value.map(|it| it.as_str()) {
        Some(value) if replacement.lost_values.contains(&value) => {
            return format!("; the value `{value}` is called otherwise there");
        }
        Some(_) => return String::new(),
        None => {}
    }
    let named: Vec<String> = replacement.lost_values.iter().take(3).map(|it| format!("`{it}`")).collect();
    match named.as_slice() {
        [] => String::new(),
        [only] => format!("; one of its values, {only}, is called otherwise there"),
        several => {
            let more = if replacement.lost_values.len() > several.len() { ", …" } else { "" };
            format!("; some of its values ({}{more}) are called otherwise there", several.join(", "))
        }
    }
}
