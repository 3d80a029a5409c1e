//! The table of spans: every place that opens one, by the library itself or through a wrapper, with its name and its fate.

use rayon::prelude::*;
use rustc_hash::FxHashSet;

use crate::facts::{Facts, Op, OpId, OpKind, Value, ValueId};
use crate::library::{Model, Role, Slot};
use crate::link::eval::Eval;
use crate::link::fates::{self, Fate};
use crate::link::guards;
use crate::link::names::{SpanNames, shown};
use crate::link::openings::{Decoration, How, Open, Opening, Openings, argument_at, slot};
use crate::link::rounds::Targets;
use crate::link::texts::Part;
use crate::link::things::{Site, Thing};
use crate::link::world::World;
use crate::program::{Activation, At, FuncId, SpanEnd, SpanSite, SpanStyle, Text};
use crate::text::{FileId, Place, Symbol};

pub(crate) fn sites(world: &World<'_>, targets: &Targets, openings: &Openings) -> Vec<SpanSite> {
    let names = SpanNames { world, targets, openings };
    let mut sites: Vec<SpanSite> = world.each_file().flat_map_iter(|file| sites_in(&names, file)).collect();
    sites.sort_by_key(|it| (it.at.place.file, it.at.place.span, it.owner));
    sites.dedup_by_key(|it| (it.at.place, it.owner));
    sites
}

fn sites_in(names: &SpanNames<'_, '_>, file: FileId) -> Vec<SpanSite> {
    let world = names.world;
    let mut found = Vec::new();
    let mut seen = FxHashSet::default();
    let mut eval = Eval::new(world);
    for index in 0..world.facts(file).functions.len() {
        let function = world.func(file, crate::facts::FnId(index as u32));
        let own = &names.openings.own[function.index()];
        if !own.is_empty() && !names.openings.is_in_expanded(world, function) {
            for opening in own {
                if seen.insert(opening.shown_at()) {
                    found.push(opened(names, &mut eval, function, *opening));
                }
            }
        }
        let openings = names.openings;
        let mut outermost = FxHashSet::default();
        for decoration in
            openings.decorations[function.index()].iter().chain(&openings.brief[function.index()])
        {
            if outermost.insert(decoration.decorator) {
                seen.extend(decorator_site(decoration));
                found.push(decorated(names, &mut eval, function, decoration));
            }
        }
    }
    found.extend(created(names, &mut eval, file, &seen));
    found.extend(thrown_away(names, &mut eval, file, &seen));
    found
}

fn decorator_site(decoration: &Decoration) -> Option<Site> {
    match decoration.open {
        Open::Library { site, .. } => Some(site),
        Open::Given { call, .. } => Some(call),
        _ => None,
    }
}

fn model_of<'w>(names: &SpanNames<'w, '_>, open: Open) -> Option<(&'w Model, Option<Site>)> {
    let (site, node) = names.openings.bottom(open, 0)?;
    names.world.library.node(node).model(Role::Span).map(|it| (it, site))
}

/// A span that a function opens while it runs.
fn opened(
    names: &SpanNames<'_, '_>,
    eval: &mut Eval<'_, '_>,
    function: FuncId,
    opening: Opening,
) -> SpanSite {
    let world = names.world;
    let shown = opening.shown_at();
    let function = if shown == opening.site { function } else { world.runner(shown) };
    let op = world.facts(shown.file).op(shown.op);
    let place = Place { file: shown.file, span: op.span };
    let mut site =
        blank(names, eval, function, opening.open, None, At { place, function, region: op.region });
    let manual = names.openings.is_manual(world, opening.open, 0);
    if let Some(by) = opening.by {
        site.activated = activated_by(names, by, opening.how);
        site.style = if site.style == SpanStyle::Macro { SpanStyle::Macro } else { SpanStyle::Guard };
        return site;
    }
    if world.facts(shown.file).lexical && opening.how != How::Started {
        site.style = if site.style == SpanStyle::Macro { SpanStyle::Macro } else { SpanStyle::Guard };
        site.activated = match inner_activation(names, opening.open, 0) {
            Some(inner) => inner,
            None if opening.how == How::Run => Activation::InScope,
            None => Activation::Enter,
        };
        return site;
    }
    match opening.how {
        How::Managed(_) => {
            site.style = SpanStyle::Context;
            site.activated = Activation::Context;
            site.not_current = manual;
        }
        How::Entered => {
            site.style = SpanStyle::Manual;
            site.activated = Activation::Enter;
            site.end = SpanEnd::Escapes;
        }
        How::Run => {
            site.style = SpanStyle::Callback;
            site.activated = Activation::Context;
        }
        How::Started if kept_by_giver(names, opening.open) => {
            site.style = SpanStyle::Manual;
            site.activated = Activation::Stored;
            site.end = SpanEnd::Escapes;
        }
        How::Started => started(names, &mut site, opening.site, manual),
    }
    site
}

/// The helper holds on to the span that it hands out: whoever calls it need not.
fn kept_by_giver(names: &SpanNames<'_, '_>, open: Open) -> bool {
    match open {
        Open::Given { function, .. } => {
            names.openings.keeps_what_it_gives(names.world, names.targets, function, 0)
        }
        _ => false,
    }
}

fn started(names: &SpanNames<'_, '_>, site: &mut SpanSite, made: Site, manual: bool) {
    let fate = fates::of(names.world, names.targets, made);
    if site.style != SpanStyle::Macro {
        site.style = SpanStyle::Manual;
    }
    site.end = fates::end_of(names.world, names.targets, made, &fate);
    site.activated = activation(&fate);
    let dropped = ends_by_drop(names, made);
    if dropped {
        site.end = SpanEnd::Managed;
    }
    let ended_here = !fate.ends.is_empty() && !fate.returned && !fate.stored && !fate.passed;
    site.not_current = (fate.managed || ended_here) && fate.activated.is_none() && !dropped;
    let complete = is_complete(names, made);
    site.dropped_at_once = fate.discarded && !complete;
    if complete {
        site.end = SpanEnd::Managed;
    }
    if manual && !fate.managed {
        let by = fate.activated.map(|op| Site { file: made.file, op });
        site.records_errors = by.is_some_and(|it| activation_records(names, it));
    }
}

/// Only a block records what leaves it: that of `use_span`, unless it is told not to.
fn activation_records(names: &SpanNames<'_, '_>, site: Site) -> bool {
    let world = names.world;
    let model = names.targets.nodes(site).find_map(|it| world.library.node(it).model(Role::SpanActivate));
    model.is_some_and(|it| records(world, it, Some(site)))
}

/// Where names are lexical, a span that ends by itself ends when it is dropped.
fn ends_by_drop(names: &SpanNames<'_, '_>, made: Site) -> bool {
    let library = names.world.library;
    let lexical = names.world.facts(made.file).lexical;
    lexical
        && names
            .targets
            .nodes(made)
            .any(|it| library.node(it).model(Role::Span).is_some_and(|it| it.ends && !it.activates))
}

/// A span that is made to be seen as it is, with nothing inside: it ends where it is made, and is sent for the context that it is given.
fn is_complete(names: &SpanNames<'_, '_>, made: Site) -> bool {
    let world = names.world;
    names.targets.nodes(made).map(|it| world.library.node(it)).any(|node| {
        let takes_context = node.path.as_str().ends_with("_with_context") && ends_by_drop(names, made);
        takes_context || node.model(Role::Span).is_some_and(|it| it.goes_out)
    }) || names.targets.functions(made).any(|(it, _)| is_finished_by(names, it))
}

/// The function ends the spans that it makes: what it gives back is there to be looked at.
fn is_finished_by(names: &SpanNames<'_, '_>, function: FuncId) -> bool {
    let own = &names.openings.own[function.index()];
    let ends = |it: &Opening| match it.open {
        Open::Library { site, .. } => !fates::of(names.world, names.targets, site).ends.is_empty(),
        _ => false,
    };
    !own.is_empty() && own.iter().all(|it| matches!(it.how, How::Managed(_)) || ends(it))
}

/// How the span of a macro or a helper comes to be open inside of it.
fn inner_activation(names: &SpanNames<'_, '_>, open: Open, depth: u32) -> Option<Activation> {
    let Open::Run { function, .. } = open else { return None };
    let inner = names.openings.own[function.index()].first().filter(|_| depth < 8)?;
    match inner.by {
        Some(by) => Some(activated_by(names, by, inner.how)),
        None if inner.how == How::Started => Some(Activation::Context),
        None => inner_activation(names, inner.open, depth + 1),
    }
}

fn activated_by(names: &SpanNames<'_, '_>, by: Site, how: How) -> Activation {
    match guards::activation(names.world, names.targets, names.openings, by, how) {
        "entered" => Activation::Entered,
        "in_scope" => Activation::InScope,
        "instrument" => Activation::Instrument,
        _ => Activation::Enter,
    }
}

fn activation(fate: &Fate) -> Activation {
    if fate.activated.is_some() || fate.managed {
        Activation::Context
    } else if fate.returned {
        Activation::Returned
    } else if fate.stored {
        Activation::Stored
    } else {
        Activation::Never
    }
}

/// A span round a function by a decorator.
fn decorated(
    names: &SpanNames<'_, '_>,
    eval: &mut Eval<'_, '_>,
    function: FuncId,
    it: &Decoration,
) -> SpanSite {
    let world = names.world;
    let place = Place { file: it.file, span: world.facts(it.file).value_span(it.decorator) };
    let body = world.function(function).body;
    let mut site =
        blank(names, eval, function, it.open, Some(function), At { place, function, region: body });
    let lexical = world.facts(it.file).lexical;
    site.style = if lexical { SpanStyle::Attribute } else { SpanStyle::Decorator };
    site.activated = Activation::Decorator;
    site
}

fn blank(
    names: &SpanNames<'_, '_>,
    eval: &mut Eval<'_, '_>,
    owner: FuncId,
    open: Open,
    decorated: Option<FuncId>,
    at: At,
) -> SpanSite {
    let world = names.world;
    let model = model_of(names, open);
    let records = model.is_some_and(|(model, site)| {
        let (model, site) = made_current(names, model, site).unwrap_or((model, site));
        told_by_caller(world, model, site, open).unwrap_or_else(|| records(world, model, site))
    });
    let kind = model.and_then(|(_, site)| site).and_then(|it| kind_of(world, it, open, names));
    SpanSite {
        at,
        owner,
        name: name_of(names, eval, open, decorated),
        named_by_helper: names.built_by_helper(eval, open),
        renamed: false,
        written_after: model
            .and_then(|(model, site)| argument_at(world, site?, model.place(Slot::StartTime)?))
            .is_some(),
        name_place: None,
        span_kind: kind,
        level: level_of(names, open),
        style: if is_macro(names, open) { SpanStyle::Macro } else { SpanStyle::Context },
        via: names.openings.via(world, open).map(|it| shown(world, it)),
        attributes: Vec::new(),
        activated: Activation::Context,
        end: SpanEnd::Managed,
        guard_across_await: false,
        dropped_at_once: false,
        records_errors: records,
        not_current: false,
        has_children: false,
        child: None,
        skips: skips_of(names, open),
        arguments: Vec::new(),
        declares: model.map(|(it, _)| it.declares.clone()).unwrap_or_default(),
        records_arguments: decorated.is_some() && model.is_some_and(|(it, _)| it.place(Slot::Skip).is_some()),
        of_vendor: model.is_some_and(|(it, _)| it.of_vendor),
        may_record: model.is_some_and(|(it, _)| it.place(Slot::RecordException).is_some()),
        certainty: names.openings.certainty(names.targets, open),
    }
}

/// What makes the span is written as a macro.
fn is_macro(names: &SpanNames<'_, '_>, open: Open) -> bool {
    let bottom = names.openings.bottom(open, 0);
    bottom.is_some_and(|(_, node)| names.world.library.node(node).path.as_str().ends_with('!'))
}

fn level_of(names: &SpanNames<'_, '_>, open: Open) -> Option<Symbol> {
    let world = names.world;
    let (model, site) = model_of(names, open)?;
    let place = site.zip(model.place(Slot::Level));
    let said = place.and_then(|(site, place)| {
        let value = argument_at(world, site, place)?;
        match world.facts(site.file).value(value) {
            Value::Text(text) => Some(Symbol::new(&text.as_str().to_lowercase())),
            Value::Member { name, .. } | Value::Name(name) => {
                Some(Symbol::new(&name.as_str().to_lowercase()))
            }
            _ => None,
        }
    });
    said.or(model.level)
}

/// The arguments that a span is told not to record; `*` for all of them.
fn skips_of(names: &SpanNames<'_, '_>, open: Open) -> Vec<Symbol> {
    let world = names.world;
    let Some((model, Some(site))) = model_of(names, open) else { return Vec::new() };
    let at = |slot: Slot| model.place(slot).and_then(|it| argument_at(world, site, it));
    let facts = world.facts(site.file);
    let mut skips = Vec::new();
    if at(Slot::SkipAll).is_some() {
        skips.push(Symbol::new("*"));
    }
    if let Some(Value::Sequence(run)) = at(Slot::Skip).map(|it| facts.value(it)) {
        skips.extend(facts.list(run).iter().filter_map(|it| match facts.value(*it) {
            Value::Text(name) => Some(*name),
            _ => None,
        }));
    }
    skips
}

/// The name; a parameter of a function that is no helper is whatever comes in, and has no bounds.
fn name_of(
    names: &SpanNames<'_, '_>,
    eval: &mut Eval<'_, '_>,
    open: Open,
    decorated: Option<FuncId>,
) -> Text {
    let parts = names.of(eval, open, decorated);
    let mut name = parts.text();
    let open_end = parts.parts.iter().any(|it| match it {
        Part::Param(function, index) => {
            !names.openings.is_helper(names.world, *function) && !eval.is_bounded_param(*function, *index)
        }
        _ => false,
    });
    name.bounded &= !open_end;
    name
}

/// An exception that leaves the span is recorded, unless the call switches that off.
fn records(world: &World<'_>, model: &Model, site: Option<Site>) -> bool {
    let off = site.and_then(|it| {
        let place = model.place(Slot::RecordException)?;
        crate::link::openings::argument_at(world, it, place).map(|value| (it.file, value))
    });
    match off {
        Some((file, value)) => !matches!(world.facts(file).value(value), Value::Bool(false)),
        None => model.records,
    }
}

/// What makes a span current that was started by hand: that has the say on what leaves it, `use_span(span, record_exception=False)`.
fn made_current<'w>(
    names: &SpanNames<'w, '_>,
    model: &Model,
    made: Option<Site>,
) -> Option<(&'w Model, Option<Site>)> {
    let made = made.filter(|_| !model.activates)?;
    let fate = fates::of(names.world, names.targets, made);
    let by = Site { file: made.file, op: fate.activated.filter(|_| !fate.managed)? };
    let node = |it| names.world.library.node(it);
    let mut models = names.targets.nodes(by).filter_map(|it| node(it).model(Role::SpanActivate));
    models.find(|it| it.place(Slot::RecordException).is_some()).map(|it| (it, Some(by)))
}

/// What a helper's caller says for it, where the helper hands its parameter on: `record_exception=record_exception`.
fn told_by_caller(world: &World<'_>, model: &Model, made: Option<Site>, open: Open) -> Option<bool> {
    let (Open::Given { function: helper, call }, Some(made)) = (open, made) else { return None };
    let value = crate::link::openings::argument_at(world, made, model.place(Slot::RecordException)?)?;
    let Value::Name(name) = *world.facts(made.file).value(value) else { return None };
    let params = world.params(helper);
    let index = params.iter().position(|it| it.name == name).filter(|_| world.runner(made) == helper)?;
    let is_bound = world.class_of(helper).is_some();
    let told = match world.argument(call, helper, index, is_bound) {
        Some(given) => (call.file, given),
        None => (made.file, params[index].default?),
    };
    Some(!matches!(world.facts(told.0).value(told.1), Value::Bool(false)))
}

fn kind_of(world: &World<'_>, site: Site, open: Open, names: &SpanNames<'_, '_>) -> Option<Symbol> {
    let (_, node) = names.openings.bottom(open, 0)?;
    let (value, from) = slot(world, site, node, Role::Span, Slot::Kind)?;
    match world.facts(from.file).value(value) {
        Value::Member { name, .. } => Some(Symbol::new(&name.as_str().to_lowercase())),
        Value::Text(text) => Some(*text),
        _ => None,
    }
}

/// Spans, or scopes of spans, that are made here and opened by somebody else, or by nobody.
fn created(
    names: &SpanNames<'_, '_>,
    eval: &mut Eval<'_, '_>,
    file: FileId,
    seen: &FxHashSet<Site>,
) -> Vec<SpanSite> {
    let world = names.world;
    let facts = world.facts(file);
    let mut found = Vec::new();
    for (op, callees) in names.targets.calls(file) {
        let site = Site { file, op };
        if seen.contains(&site) {
            continue;
        }
        let node = callees.iter().find_map(|it| match it {
            Thing::Library(node) if world.library.node(node).model(Role::Span).is_some() => Some(node),
            _ => None,
        });
        let Some(node) = node else { continue };
        if world
            .library
            .node(node)
            .model(Role::Span)
            .is_some_and(|it| !it.forms.context && !it.forms.manual && !it.forms.entered)
        {
            continue;
        }
        let function = world.runner(site);
        if names.openings.is_in_expanded(world, function) {
            continue;
        }
        let it = facts.op(op);
        if decorates_something(world, site) {
            continue;
        }
        let at = At { place: Place { file, span: it.span }, function, region: it.region };
        let open = Open::Library { site, node };
        let mut span = blank(names, eval, function, open, None, at);
        let manual = names.openings.is_manual(world, open, 0);
        started(names, &mut span, site, manual);
        found.push(span);
    }
    found
}

/// Scopes of the project's own that are made as statements, so that nobody enters them.
fn thrown_away(
    names: &SpanNames<'_, '_>,
    eval: &mut Eval<'_, '_>,
    file: FileId,
    seen: &FxHashSet<Site>,
) -> Vec<SpanSite> {
    let world = names.world;
    let facts = world.facts(file);
    let mut found = Vec::new();
    for (op, callees) in names.targets.calls(file) {
        let site = Site { file, op };
        let Some(open) = callees.iter().find_map(|it| unentered(names, eval, it, site)) else { continue };
        if seen.contains(&site) {
            continue;
        }
        let Some(statement) = discards(facts, op) else { continue };
        let function = world.runner(site);
        let at = At { place: Place { file, span: facts.op(op).span }, function, region: statement.region };
        let mut span = blank(names, eval, function, open, None, at);
        span.style = SpanStyle::Manual;
        span.activated = Activation::Never;
        span.dropped_at_once = true;
        found.push(span);
    }
    found
}

/// The statement that throws away what a call gives, perhaps after a name got it.
fn discards(facts: &Facts, call: OpId) -> Option<&Op> {
    let is_it = |value: ValueId| matches!(facts.value(value), Value::Call(op) if *op == call);
    let mut after = facts.ops[call.index() + 1..].iter();
    let next = after.find(|it| !matches!(it.kind, OpKind::Bind { value, .. } if is_it(value)))?;
    matches!(next.kind, OpKind::Discard(value) if is_it(value)).then_some(next)
}

/// The span that would open if somebody entered what a call gives.
fn unentered(names: &SpanNames<'_, '_>, eval: &mut Eval<'_, '_>, callee: Thing, call: Site) -> Option<Open> {
    let openings = names.openings;
    match callee {
        Thing::Function(function) | Thing::Method(function) => {
            let scope = openings.scopes[function.index()].is_some()
                && is_context_manager(names.world, eval, function);
            let gives =
                openings.gives[function.index()].is_some_and(|it| !openings.is_manual(names.world, it, 0));
            let gives = gives && !is_finished_by(names, function);
            (scope || gives).then_some(Open::Given { function, call })
        }
        Thing::Class(class) => {
            openings.classes[class.index()]?;
            let init = names.world.method(class, names.world.names.init);
            let is_entered = init.is_some_and(|it| !openings.own[it.index()].is_empty());
            (!is_entered).then_some(Open::Instance { class, made: Some(call) })
        }
        _ => None,
    }
}

fn is_context_manager(world: &World<'_>, eval: &mut Eval<'_, '_>, function: FuncId) -> bool {
    let (file, local) = world.local(function);
    let facts = world.facts(file);
    let scope = eval.decorator_scope(function);
    facts.list(&facts.function(local).decorators).iter().any(|it| {
        let things = eval.decorator_nodes(*it, scope);
        let is_it = |it| matches!(it, Thing::Library(node) if world.library.node(node).model(Role::ContextManager).is_some());
        things.iter().any(is_it)
    })
}

/// The call is a decorator, or is called itself with a function.
fn decorates_something(world: &World<'_>, site: Site) -> bool {
    let facts = world.facts(site.file);
    let is_it =
        |value: crate::facts::ValueId| matches!(facts.value(value), Value::Call(op) if *op == site.op);
    facts.functions.iter().any(|it| facts.list(&it.decorators).iter().any(|it| is_it(*it)))
        || world
            .ops(world.runner(site))
            .any(|(_, op)| matches!(op.kind, OpKind::Call { callee, .. } if is_it(callee)))
}

/// Gives each span the arguments of its function that its decorator makes attributes of.
pub(crate) fn fill_arguments(world: &World<'_>, spans: &mut [SpanSite]) {
    for span in spans.iter_mut().filter(|it| it.records_arguments) {
        let (file, local) = world.local(span.owner);
        let params = world.facts(file).params(local).iter().map(|it| it.name);
        span.arguments = params.filter(|it| it.as_str() != "_" && span.records(*it)).collect();
    }
}
