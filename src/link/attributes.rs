//! The tables of attributes, events and metrics: what is written directly, and what helpers write with what they are given.
//!
//! A helper that forwards a parameter as key, dictionary or name is a sink; a call of a sink writes what is passed. Sinks that
//! forward to sinks are found in rounds.

mod handed;
mod instruments;
mod typed;

use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};

use self::handed::{Handed, yielding};
use self::instruments::{Built, Uses};
use self::typed::Typed;
use crate::facts::{ParamKind, Spread, Value, ValueId};
use crate::library::{Role, Slot};
use crate::link::eval::{Eval, Scope};
use crate::link::keys::{Key, OF_THE_MACRO, is_derived, whole_params};
use crate::link::names::shown;
use crate::link::rounds::Targets;
use crate::link::texts::Part;
use crate::link::things::{Site, Thing};
use crate::link::world::World;
use crate::program::{
    At, AttributeSite, AttributeTarget, Certainty, EventSite, FuncId, MeasurementSite, MetricSite, Spelled,
    TextSource,
};
use crate::text::{FileId, Place, Symbol};

const MOST_ROUNDS: usize = 5;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum What {
    Attribute(AttributeTarget, Product),
    Event,
    Metric(Instrument),
}

/// Whose the span, the event or the measurement is that has the attribute.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Product {
    OpenTelemetry,
    /// Of the agent of some vendor, which has names of its own.
    Vendor,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Instrument {
    kind: Symbol,
    unit: Option<Symbol>,
    unit_missing: bool,
    /// The boundaries of its buckets.
    boundaries: Option<(FileId, ValueId)>,
    /// The library's function that makes it.
    call: Symbol,
}

/// Something that a function writes with what its caller passes.
#[derive(Clone, Debug)]
struct Sink {
    what: What,
    parts: Vec<Part>,
    certainty: Certainty,
}

#[derive(Clone)]
struct Written {
    what: What,
    key: Key,
    site: Site,
    via: Option<Symbol>,
    certainty: Certainty,
}

#[derive(Default)]
pub(crate) struct Tables {
    pub(crate) attributes: Vec<AttributeSite>,
    pub(crate) open_writes: Vec<At>,
    pub(crate) events: Vec<EventSite>,
    pub(crate) metrics: Vec<MetricSite>,
    pub(crate) measurements: Vec<MeasurementSite>,
}

/// What was found in one file.
#[derive(Default)]
struct Found {
    written: Vec<Written>,
    /// Functions that yield a dictionary which they write.
    handed: Vec<(FuncId, (What, Certainty))>,
    /// Calls that write to a span what nobody can tell.
    open: Vec<Site>,
}

type Sinks = FxHashMap<FuncId, Vec<Sink>>;

pub(crate) fn find(world: &World<'_>, targets: &Targets) -> Tables {
    let mut sinks = Sinks::default();
    let mut written: Vec<Written> = Vec::new();
    let mut handed = Handed::default();
    let mut open_writes: Vec<Site> = Vec::new();
    for round in 0..MOST_ROUNDS {
        let parts: Vec<Found> = world
            .each_file()
            .map(|file| match round {
                0 => written_directly(world, targets, file),
                _ => written_through(world, targets, file, &sinks),
            })
            .collect();
        let mut found: Vec<Written> = Vec::new();
        for part in parts {
            found.extend(part.written);
            open_writes.extend(part.open);
            part.handed.into_iter().for_each(|(function, it)| handed.entry(function).or_default().push(it));
        }
        if round == 0 && !handed.is_empty() {
            let files = world.each_file();
            found.par_extend(files.flat_map_iter(|it| handed::completed(world, targets, it, &handed)));
        }
        let (fresh, open): (Vec<Written>, Vec<Written>) =
            found.into_iter().partition(|it| owner(it).is_none());
        written.extend(fresh);
        let before: usize = sinks.values().map(Vec::len).sum();
        for it in open {
            // What the helper adds itself is known here, whatever its callers pass.
            if it.via.is_none() && it.key.text.parts.iter().any(is_telling) {
                written.push(it.clone());
            }
            add_sink(&mut sinks, it);
        }
        if sinks.values().map(Vec::len).sum::<usize>() == before {
            break;
        }
    }
    open_writes.sort_by_key(|it| (it.file, it.op));
    open_writes.dedup();
    let open_writes = open_writes.into_iter().map(|it| call_at(world, it)).collect();
    Tables { open_writes, ..tables(world, targets, written) }
}

fn is_telling(part: &Part) -> bool {
    matches!(part, Part::Literal(text) if text.as_str().chars().any(char::is_alphanumeric))
}

/// The function whose parameter decides the text.
fn owner(it: &Written) -> Option<FuncId> {
    it.key.text.parts.iter().find_map(|part| match part {
        Part::Param(function, _) | Part::KeyOf(function, _) | Part::EntryKeys(function, ..) => {
            Some(*function)
        }
        _ => None,
    })
}

fn add_sink(sinks: &mut Sinks, it: Written) {
    let Some(function) = owner(&it) else { return };
    let list = sinks.entry(function).or_default();
    let known = list.iter().any(|sink| sink.what == it.what && sink.parts == it.key.text.parts);
    if !known && list.len() < 64 {
        list.push(Sink { what: it.what, parts: it.key.text.parts, certainty: it.certainty });
    }
}

fn written_directly(world: &World<'_>, targets: &Targets, file: FileId) -> Found {
    let mut eval = Eval::new(world);
    let mut found = Found::default();
    targets.modelled(file).for_each(|site| direct(world, targets, &mut eval, site, &mut found));
    found
}

fn written_through(world: &World<'_>, targets: &Targets, file: FileId, sinks: &Sinks) -> Found {
    let mut eval = Eval::new(world);
    let mut found = Found::default();
    for (op, callees) in targets.calls(file) {
        let site = Site { file, op };
        let made = callees.iter().filter_map(|it| match it {
            Thing::Class(class) => world.method(class, world.names.init).map(|it| (it, true)),
            _ => None,
        });
        for (function, bound) in callees.functions().chain(made) {
            let Some(list) = sinks.get(&function) else { continue };
            if function == world.runner(site) {
                continue;
            }
            let whole = whole_params(list.iter().map(|it| it.parts.as_slice()), function);
            for sink in list.iter().filter(|it| !is_derived(&it.parts, &whole)) {
                through(world, &mut eval, site, function, bound, sink, &mut found);
            }
        }
    }
    found
}

/// A call of a project function that writes what it is given.
fn through(
    world: &World<'_>,
    eval: &mut Eval<'_, '_>,
    site: Site,
    function: FuncId,
    bound: bool,
    sink: &Sink,
    found: &mut Found,
) {
    let scope = Eval::scope_of(world, site);
    let place = Place { file: site.file, span: world.facts(site.file).op(site.op).span };
    let text =
        crate::link::texts::Parts { parts: sink.parts.clone(), source: crate::program::TextSource::Constant };
    let key = Key { text, place, scope, value: None, whole: None };
    let via = Some(shown(world, function));
    let keys = eval.substitute(key, function, site, bound, 0);
    let to_a_span = matches!(sink.what, What::Attribute(AttributeTarget::Span, _));
    if keys.is_empty() && to_a_span && hands_over(world, site, function, bound, &sink.parts) {
        found.open.push(site);
    }
    for key in keys {
        found.written.push(Written { what: sink.what, key, site, via, certainty: sink.certainty });
    }
}

/// Whether a call gives anything to the parameter that a sink writes.
fn hands_over(world: &World<'_>, site: Site, function: FuncId, bound: bool, parts: &[Part]) -> bool {
    let index = parts.iter().find_map(|it| match it {
        Part::Param(_, index) | Part::KeyOf(_, index) | Part::EntryKeys(_, index, _) => Some(*index),
        _ => None,
    });
    let (file, local) = world.local(function);
    let params = world.facts(file).params(local);
    let Some(param) = index.and_then(|it| params.get(usize::from(it))) else { return false };
    let mut args = world.call_args(site).iter().enumerate();
    let position = usize::from(index.unwrap_or_default()).saturating_sub(usize::from(bound));
    args.any(|(at, it)| match param.kind {
        ParamKind::Keywords => it.spread == Spread::Dict,
        _ => it.spread != Spread::No || it.name == Some(param.name) || (it.name.is_none() && at == position),
    })
}

/// What a library call writes.
fn direct(world: &World<'_>, targets: &Targets, eval: &mut Eval<'_, '_>, site: Site, found: &mut Found) {
    let scope = Eval::scope_of(world, site);
    let certainty = targets.certainty(site);
    let Found { written, handed, open } = found;
    let mut put = |what: What, keys: Vec<Key>| {
        written.extend(keys.into_iter().map(|key| Written { what, key, site, via: None, certainty }));
    };
    for node in targets.nodes(site) {
        for model in &world.library.node(node).models {
            let at = |slot: Slot| {
                let place = model.place(slot)?;
                let (value, from) =
                    world.argument_named(site, place.keyword, place.index.map(usize::from))?;
                Some((value, if from == site { scope } else { Eval::scope_of(world, from) }))
            };
            let target = match model.role {
                Role::Span | Role::SetAttribute | Role::SetAttributes => AttributeTarget::Span,
                Role::AddEvent | Role::RecordException => AttributeTarget::Event,
                Role::MetricRecord => AttributeTarget::Metric,
                Role::Log | Role::LogException => AttributeTarget::Log,
                Role::SetUp if model.detail.is_some_and(|it| it.as_str() == "resource") => {
                    AttributeTarget::Resource
                }
                Role::Context if model.detail.is_some_and(|it| it.as_str() == "baggage") => {
                    AttributeTarget::Baggage
                }
                Role::MetricCreate => {
                    if let Some((name, scope)) = at(Slot::Name) {
                        let kind = model.detail.unwrap_or_else(|| Symbol::new("counter"));
                        let given = at(Slot::Unit);
                        let unit_missing = model.place(Slot::Unit).is_some() && given.is_none();
                        let given = given.or_else(|| chained_unit(world, targets, site));
                        let unit = given.and_then(|(it, scope)| eval.text(it, scope).text().text);
                        let boundaries = keyword_of(world, site, BOUNDARIES).map(|it| (site.file, it));
                        let call = world.library.node(node).path;
                        put(
                            What::Metric(Instrument { kind, unit, unit_missing, boundaries, call }),
                            eval.key_options(name, scope, 0),
                        );
                    }
                    continue;
                }
                _ => continue,
            };
            let product = if model.of_vendor { Product::Vendor } else { Product::OpenTelemetry };
            let what = What::Attribute(target, product);
            if model.role == Role::AddEvent
                && let Some((name, scope)) = at(Slot::Name)
            {
                put(What::Event, eval.key_options(name, scope, 0));
            }
            if matches!(model.role, Role::SetAttribute | Role::Context)
                && let Some((key, scope)) = at(Slot::Key)
            {
                let value = at(Slot::Value).filter(|(_, it)| *it == scope).map(|(it, _)| it);
                let keys = eval.key_options(key, scope, 0).into_iter();
                put(
                    what,
                    keys.map(|it| value.into_iter().fold(it, |it, value| eval.hold(it, value, scope)))
                        .collect(),
                );
            }
            if let Some((attributes, scope)) = at(Slot::Attributes) {
                handed.extend(yielding(world, attributes, scope).map(|it| (it, (what, certainty))));
                let keys = eval.dict_keys(attributes, scope, 0);
                if target == AttributeTarget::Span && is_open(world, eval, attributes, scope, keys.is_empty())
                {
                    open.push(site);
                }
                put(what, keys);
            } else if let Some(keyword) = model.place(Slot::Attributes).and_then(|it| it.keyword) {
                match eval.spread_argument(site, keyword) {
                    Some((attributes, inner)) => put(what, eval.dict_keys(attributes, inner, 0)),
                    None => put(what, eval.spread_keys(site, keyword)),
                }
            }
            if takes_keywords(model) {
                let lexical = world.facts(site.file).lexical;
                let named = model.args.iter().filter_map(|(_, it)| it.keyword);
                // A field that says more of the span than an attribute does is written as a field all the same.
                let mut known: Vec<Symbol> =
                    named.filter(|it| !lexical || !it.as_str().contains('.')).collect();
                if lexical {
                    known.extend(OF_THE_MACRO.map(Symbol::new));
                }
                let mut keys = eval.keyword_keys(site, &known, 0);
                if lexical {
                    keys.extend(eval.field_names(site, model.place(Slot::Name).and_then(|it| it.index)));
                }
                // A leading underscore marks the library's own options.
                keys.retain(|it| !matches!(it.text.parts[..], [Part::Literal(name)] if name.as_str().starts_with('_')));
                put(what, keys);
            }
        }
    }
}

/// Whether a dictionary has keys that nobody can tell: none of it is known, or what is spread into it.
fn is_open(world: &World<'_>, eval: &mut Eval<'_, '_>, value: ValueId, scope: Scope, unknown: bool) -> bool {
    let facts = world.facts(scope.file);
    match facts.value(value) {
        Value::Dict(run) => facts
            .dict(run)
            .iter()
            .filter(|(key, _)| key.is_none())
            .any(|(_, spread)| eval.dict_keys(*spread, scope, 0).is_empty()),
        Value::None => false,
        _ => unknown,
    }
}

/// The keyword by which an instrument is told the boundaries of its buckets.
const BOUNDARIES: &str = "explicit_bucket_boundaries_advisory";

fn keyword_of(world: &World<'_>, site: Site, keyword: &str) -> Option<ValueId> {
    let args = world.call_args(site).iter();
    args.filter(|it| it.name.is_some_and(|it| it.as_str() == keyword)).map(|it| it.value).next()
}

/// The unit that a builder is given after the name: `meter.u64_counter("jobs").with_unit("{job}")`.
fn chained_unit(world: &World<'_>, targets: &Targets, made: Site) -> Option<(ValueId, Scope)> {
    let facts = world.facts(made.file);
    let next = |on: Site| {
        world.ops(world.runner(made)).map(|(site, _)| site).find(|site| {
            world.receiver(*site).is_some_and(|it| matches!(facts.value(it), Value::Call(op) if *op == on.op))
        })
    };
    let mut at = made;
    for _ in 0..8 {
        at = next(at)?;
        let models = targets.nodes(at).flat_map(|node| &world.library.node(node).models);
        let unit = models.filter(|it| it.role == Role::MetricUnit).find_map(|it| it.place(Slot::Unit));
        if let Some(place) = unit {
            let (value, from) = world.argument_named(at, place.keyword, place.index.map(usize::from))?;
            return Some((value, Eval::scope_of(world, from)));
        }
    }
    None
}

/// All keyword arguments that have no other meaning are attributes.
fn takes_keywords(model: &crate::library::Model) -> bool {
    model.place(Slot::Keywords).is_some()
        || model.place(Slot::Attributes).is_some_and(|it| it.keyword.is_some_and(|it| it.as_str() == "**"))
}

fn tables(world: &World<'_>, targets: &Targets, mut written: Vec<Written>) -> Tables {
    written.sort_by(|a, b| {
        (a.key.place, a.site.file, a.site.op, a.via).cmp(&(b.key.place, b.site.file, b.site.op, b.via))
    });
    let instruments = written.iter().filter(|it| matches!(it.what, What::Metric(_)));
    let instruments: FxHashSet<Symbol> =
        instruments.flat_map(|it| Built::of(world, it.site).bound_names(world)).collect();
    let uses = Uses::of(world, &instruments);
    let mut eval = Eval::new(world);
    let mut tables = Tables::default();
    let mut seen = FxHashSet::default();
    for it in written {
        let facts = world.facts(it.key.scope.file);
        let function = world.func(it.key.scope.file, it.key.scope.function);
        let at = At { place: it.key.place, function, region: it.key.scope.region };
        let text = it.key.text.text();
        match it.what {
            What::Attribute(target, product) => {
                if !seen.insert((it.key.place, text.text, target.as_str())) {
                    continue;
                }
                // A value's number means something in its own file only.
                let value = it.key.value.filter(|_| it.key.scope.file == it.key.place.file);
                let typed = Typed { facts, function: it.key.scope.function };
                let value_type = value.and_then(|value| typed.type_of(value));
                let value_text = value.and_then(|value| told(&mut eval, value, it.key.scope));
                let spelled = spelled(&mut eval, &it.key, text.text);
                tables.attributes.push(AttributeSite {
                    at,
                    key: text,
                    target,
                    via: it.via,
                    value,
                    value_type,
                    value_text,
                    spelled,
                    of_vendor: product == Product::Vendor,
                    certainty: it.certainty,
                });
            }
            What::Event => tables.events.push(EventSite {
                at: call_at(world, it.site),
                name: text,
                attributes: Vec::new(),
            }),
            What::Metric(made) => {
                let built = Built::of(world, it.site);
                let observable = made.kind.as_str().starts_with("observable");
                // A helper that gives nothing back records by itself what it makes.
                let by_helper = it.via.is_some() && world.is_discarded(it.site);
                let recorded = observable || by_helper || built.is_recorded(world, &uses, it.via.is_some());
                let scope = Eval::scope_of(world, it.site);
                let added = built.unit.map(|it| eval.text(it, scope).text());
                let added_boundaries = built.boundaries.map(|it| (scope.file, it));
                tables.metrics.push(MetricSite {
                    at: call_at(world, it.site),
                    name: text,
                    instrument: made.kind,
                    unit: added.as_ref().and_then(|it| it.text).or(made.unit),
                    unit_missing: made.unit_missing || (built.finished && added.is_none()),
                    call: made.call,
                    via: it.via,
                    certainty: it.certainty,
                    recorded,
                    bound: built.bound_names(world),
                    boundaries: added_boundaries.or(made.boundaries),
                });
            }
        }
    }
    tables.events.sort_by_key(|it| it.at.place);
    tables.metrics.sort_by_key(|it| it.at.place);
    tables.events.dedup_by(|a, b| a.at.place == b.at.place && a.name == b.name);
    tables.metrics.dedup_by(|a, b| a.at.place == b.at.place && a.name == b.name);
    instruments::spare_makers_without_use(&mut tables.metrics);
    tables.measurements = instruments::measurements(world, targets, &tables.metrics);
    tables
}

/// Where the text of a key is written down: where the key stands, or where the constant is defined that it is.
fn spelled(eval: &mut Eval<'_, '_>, key: &Key, text: Option<Symbol>) -> Option<Spelled> {
    let [Part::Literal(only)] = key.text.parts[..] else { return None };
    text.filter(|it| *it == only)?;
    let Some(whole) = key.whole.filter(|_| key.text.source != TextSource::Literal) else {
        return Some(Spelled { place: key.place, constant: None });
    };
    let (file, value, constant) = eval.definition(whole, key.scope, 0)?;
    let facts = eval.world.facts(file);
    let is_it = *facts.value(value) == Value::Text(only);
    is_it.then(|| Spelled { place: Place { file, span: facts.value_span(value) }, constant })
}

/// The text of a value, where it is one and the same whenever the program runs.
fn told(eval: &mut Eval<'_, '_>, value: ValueId, scope: Scope) -> Option<Symbol> {
    match eval.world.facts(scope.file).value(value) {
        Value::Text(text) => Some(*text),
        Value::Name(_) | Value::Member { .. } => {
            let text = eval.text(value, scope).text();
            text.text.filter(|_| matches!(text.source, TextSource::Literal | TextSource::Constant))
        }
        _ => None,
    }
}

pub(crate) fn call_at(world: &World<'_>, site: Site) -> At {
    let op = world.facts(site.file).op(site.op);
    At { place: Place { file: site.file, span: op.span }, function: world.runner(site), region: op.region }
}
