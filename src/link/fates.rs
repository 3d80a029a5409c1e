//! What becomes of a span that somebody has to end: where it goes, where it is ended, on which paths it is not.

use rayon::iter::ParallelIterator;

use crate::facts::{BindingKind, Facts, FnId, OpId, OpKind, Region, RegionId, RegionKind, Value, ValueId};
use crate::library::{Role, Slot};
use crate::link::eval::Eval;
use crate::link::openings::argument_at;
use crate::link::rounds::Targets;
use crate::link::things::{Site, Thing};
use crate::link::world::World;
use crate::program::{FuncId, SpanEnd};
use crate::text::{Place, Span, Symbol};

/// The uses of a span within the function that got it.
#[derive(Debug, Default)]
pub(crate) struct Fate {
    pub(crate) returned: bool,
    pub(crate) stored: bool,
    /// Given to somebody who may end it.
    pub(crate) passed: bool,
    /// Made the current span for a block.
    pub(crate) activated: Option<OpId>,
    /// Put into a context: whoever asks for the current span may have it.
    pub(crate) in_context: bool,
    /// That block ends it too.
    pub(crate) ended_by_block: bool,
    /// Used as a `with` item itself.
    pub(crate) managed: bool,
    /// Thrown away as a statement of its own.
    pub(crate) discarded: bool,
    pub(crate) ends: Vec<OpId>,
}

pub(crate) fn of(world: &World<'_>, targets: &Targets, site: Site) -> Fate {
    let mut reader = Reader::new(world, targets, site);
    let function = world.runner(site);
    for (at, op) in world.ops(function) {
        if at.op > site.op {
            reader.op(at, &op.kind);
        }
    }
    reader.managed_regions(function);
    reader.closures(function);
    reader.fate
}

struct Reader<'w, 'a> {
    world: &'w World<'a>,
    targets: &'w Targets,
    eval: Eval<'w, 'a>,
    site: Site,
    fate: Fate,
}

impl<'w, 'a> Reader<'w, 'a> {
    fn new(world: &'w World<'a>, targets: &'w Targets, site: Site) -> Reader<'w, 'a> {
        Reader { world, targets, eval: Eval::new(world), site, fate: Fate::default() }
    }

    fn is_handed(&mut self, at: Site) -> bool {
        self.world.call_args(at).iter().any(|it| self.holds_it(it.value, at))
    }

    fn is_it(&mut self, value: ValueId, at: Site) -> bool {
        let scope = Eval::scope_of(self.world, at);
        let site = self.site;
        self.eval.ask(value, scope).iter().any(|it| match it {
            Thing::Made(made, _) | Thing::Given(_, made) => made == site,
            _ => false,
        })
    }

    fn holds_it(&mut self, value: ValueId, at: Site) -> bool {
        let facts = self.world.facts(at.file);
        match facts.value(value) {
            Value::Sequence(run) | Value::Either(run) | Value::Fallback(run) => {
                facts.list(run).iter().any(|it| self.holds_it(*it, at))
            }
            Value::Dict(run) => facts.dict(run).iter().any(|(_, it)| self.holds_it(*it, at)),
            _ => self.is_it(value, at),
        }
    }

    fn op(&mut self, at: Site, kind: &OpKind) {
        match kind {
            OpKind::Return(Some(value)) | OpKind::Yield(value) => {
                let held = self.holds_it(*value, at);
                self.fate.returned |= held;
            }
            OpKind::SetMember { value, .. } | OpKind::SetItem { value, .. } => {
                let held = self.holds_it(*value, at);
                self.fate.stored |= held;
            }
            // In a container it goes wherever that goes.
            OpKind::Bind { value, .. } => {
                let facts = self.world.facts(at.file);
                let contained = matches!(facts.value(*value), Value::Dict(_) | Value::Sequence(_));
                self.fate.stored |= contained && self.holds_it(*value, at);
            }
            OpKind::Discard(value) => {
                let facts = self.world.facts(at.file);
                let direct = matches!(facts.value(*value), Value::Call(op) if *op == self.site.op);
                self.fate.discarded |= direct;
            }
            OpKind::Call { callee, .. } => self.call(at, *callee),
            _ => {}
        }
    }

    fn call(&mut self, at: Site, callee: ValueId) {
        let facts = self.world.facts(at.file);
        if let Value::Member { of, name } = *facts.value(callee)
            && self.is_it(of, at)
        {
            let ends = is_end(name);
            let enters = matches!(name.as_str(), "__enter__" | "__aenter__");
            if ends {
                self.fate.ends.push(at.op);
            } else if enters {
                self.fate.activated = Some(at.op);
            }
            return;
        }
        for index in 0..self.world.call_args(at).len() {
            let arg = self.world.call_args(at)[index];
            if self.holds_it(arg.value, at) {
                self.handed(at, arg.value);
            }
        }
    }

    /// The span is an argument of a call.
    fn handed(&mut self, at: Site, value: ValueId) {
        let world = self.world;
        let callees = self.targets.of(at);
        let mut understood = false;
        for thing in callees.iter() {
            match thing {
                Thing::Library(node) => {
                    let it = world.library.node(node);
                    if let Some(model) = it.model(Role::SpanActivate) {
                        self.fate.activated = Some(at.op);
                        let flag = model.place(Slot::EndOnExit).and_then(|it| argument_at(world, at, it));
                        let ends = flag.map_or(model.ends, |it| {
                            !matches!(world.facts(at.file).value(it), Value::Bool(false))
                        });
                        self.fate.ended_by_block |= ends;
                        understood = true;
                    } else if it.model(Role::Context).is_some() || it.model(Role::EnterContext).is_some() {
                        self.fate.activated = Some(at.op);
                        self.fate.in_context = true;
                        self.fate.managed |= it.model(Role::EnterContext).is_some();
                        understood = true;
                    } else if it.path.as_str().starts_with("builtins.") {
                        understood = true;
                    }
                }
                Thing::Function(function) | Thing::Method(function) => {
                    let bound = matches!(thing, Thing::Method(_));
                    match self.param_fate(function, at, value, bound) {
                        ParamFate::Ends => self.fate.ends.push(at.op),
                        ParamFate::Reads => {}
                        ParamFate::Keeps => self.fate.passed = true,
                    }
                    understood = true;
                }
                _ => {}
            }
        }
        if !understood {
            self.fate.passed = true;
        }
    }

    /// What a project function does to the span it is given.
    fn param_fate(&mut self, function: FuncId, at: Site, value: ValueId, bound: bool) -> ParamFate {
        let world = self.world;
        let params = world.params(function);
        let index = (0..params.len()).find(|it| world.argument(at, function, *it, bound) == Some(value));
        let Some(index) = index else { return ParamFate::Keeps };
        let name = params[index].name;
        let (file, local) = world.local(function);
        let facts = world.facts(file);
        let is_param = |it: ValueId| matches!(facts.value(it), Value::Name(found) if *found == name);
        let mut fate = ParamFate::Reads;
        for (_, op) in facts.ops_of(local) {
            match &op.kind {
                OpKind::Call { callee, args } => {
                    if let Value::Member { of, name } = facts.value(*callee)
                        && is_param(*of)
                    {
                        if is_end(*name) {
                            return ParamFate::Ends;
                        }
                    } else if facts.args(args).iter().any(|it| is_param(it.value)) {
                        fate = ParamFate::Keeps;
                    }
                }
                OpKind::Return(Some(value))
                | OpKind::SetMember { value, .. }
                | OpKind::SetItem { value, .. }
                    if is_param(*value) =>
                {
                    fate = ParamFate::Keeps;
                }
                _ => {}
            }
        }
        fate
    }

    fn managed_regions(&mut self, function: FuncId) {
        let (file, local) = self.world.local(function);
        let facts = self.world.facts(file);
        for (index, region) in facts.regions.iter().enumerate() {
            if region.function == local
                && let RegionKind::With { context, .. } = region.kind
            {
                let scope = crate::link::openings::scope_before(self.world, file, RegionId(index as u32));
                let site = self.site;
                let found = self.eval.ask(context, scope).iter().any(|it| match it {
                    Thing::Made(made, _) | Thing::Given(_, made) => made == site,
                    _ => false,
                });
                self.fate.managed |= found;
            }
        }
    }

    /// A closure that uses the variable may end it whenever it runs.
    fn closures(&mut self, function: FuncId) {
        let (file, local) = self.world.local(function);
        let facts = self.world.facts(file);
        let names: Vec<_> = facts
            .ops_of(local)
            .filter_map(|(op, it)| match it.kind {
                OpKind::Bind { name, value } if self.is_it(value, Site { file, op }) => Some(name),
                _ => None,
            })
            .collect();
        if local == FnId::MODULE && !names.is_empty() {
            self.fate.stored = true;
        }
        for name in names {
            let owned_elsewhere = !facts.bindings_of(local, name).iter().any(|it| it.from == local);
            self.fate.stored |= owned_elsewhere || facts.bindings_of(local, name).is_empty();
            self.fate.passed |= used_in_closure(facts, local, name);
        }
    }
}

fn is_end(method: Symbol) -> bool {
    matches!(method.as_str(), "end" | "finish" | "__exit__" | "__aexit__" | "close" | "stop")
}

enum ParamFate {
    Ends,
    Reads,
    Keeps,
}

fn used_in_closure(facts: &Facts, function: FnId, name: Symbol) -> bool {
    facts.functions.iter().enumerate().any(|(index, it)| {
        let id = FnId(index as u32);
        id != function
            && facts.function(function).span.contains(it.span)
            && facts.bindings_of(id, name).is_empty()
            && ends_name(facts, id, name)
    })
}

fn ends_name(facts: &Facts, function: FnId, name: Symbol) -> bool {
    let is_it = |value: ValueId| matches!(facts.value(value), Value::Name(found) if *found == name);
    facts.ops_of(function).any(|(_, op)| match &op.kind {
        OpKind::Call { callee, args } => {
            facts.args(args).iter().any(|it| is_it(it.value))
                || matches!(facts.value(*callee), Value::Member { of, name } if is_it(*of) && is_end(*name))
        }
        _ => false,
    })
}

/// On which paths the span is ended.
pub(crate) fn end_of(world: &World<'_>, targets: &Targets, site: Site, fate: &Fate) -> SpanEnd {
    if fate.managed || fate.ended_by_block {
        return SpanEnd::Managed;
    }
    if fate.returned || fate.stored || fate.passed {
        return SpanEnd::Escapes;
    }
    if fate.ends.is_empty() {
        let may_be_ended = fate.in_context && ends_current_span(world, targets);
        return if may_be_ended { SpanEnd::Escapes } else { SpanEnd::Never };
    }
    match leaves_before(world, targets, site, fate) {
        Some(op) => SpanEnd::Sometimes(Place { file: site.file, span: world.facts(site.file).op(op).span }),
        None => SpanEnd::Always,
    }
}

/// Whether some function ends whatever span is current: `trace.get_current_span().end()`.
fn ends_current_span(world: &World<'_>, targets: &Targets) -> bool {
    let is_current = |site: &Site| {
        targets.nodes(*site).any(|it| world.library.node(it).model(Role::SpanCurrent).is_some())
    };
    world
        .each_file()
        .any(|file| targets.modelled(file).filter(is_current).any(|it| ends_what_it_gives(world, it)))
}

fn ends_what_it_gives(world: &World<'_>, site: Site) -> bool {
    let facts = world.facts(site.file);
    let (_, function) = world.local(world.runner(site));
    let is_it = |value: ValueId| matches!(facts.value(value), Value::Call(op) if *op == site.op);
    facts.ops_of(function).any(|(_, op)| {
        let OpKind::Call { callee, .. } = op.kind else { return false };
        let Value::Member { of, name } = *facts.value(callee) else { return false };
        let is_bound = |name| {
            let mut bindings = facts.bindings_of(function, name).iter();
            bindings.any(|it| matches!(it.kind, BindingKind::Value(value) if is_it(value)))
        };
        is_end(name) && (is_it(of) || matches!(*facts.value(of), Value::Name(it) if is_bound(it)))
    })
}

/// The first operation after the start by which the function can be left while the span is open.
fn leaves_before(world: &World<'_>, targets: &Targets, site: Site, fate: &Fate) -> Option<OpId> {
    let facts = world.facts(site.file);
    let first_end = fate.ends.iter().min()?;
    let function = world.runner(site);
    let quiet = telemetry_around(world, targets, site, *first_end);
    for (at, op) in world.ops(function) {
        if at.op <= site.op || at.op >= *first_end {
            continue;
        }
        if is_guarded(facts, op.region, fate)
            || is_beside_end(facts, op.region, fate)
            || quiet.iter().any(|it| it.contains(op.span))
        {
            continue;
        }
        if is_without(world, targets, site, at) {
            continue;
        }
        match &op.kind {
            OpKind::Return(_) => return Some(at.op),
            OpKind::Raise(_) if !is_caught(facts, op.region) => return Some(at.op),
            OpKind::Call { callee, .. } if may_raise(world, targets, at, *callee) => return Some(at.op),
            _ => {}
        }
    }
    None
}

/// A branch for when there is no span: `if span is None: return`.
fn is_without(world: &World<'_>, targets: &Targets, made: Site, at: Site) -> bool {
    let facts = world.facts(made.file);
    let mut reader = Reader::new(world, targets, made);
    facts.regions_from(facts.op(at.op).region).any(|(_, it)| match it.kind {
        RegionKind::Branch { condition, negated } => match facts.value(condition) {
            Value::Test(run) => match facts.list(run) {
                [only] => !negated && reader.is_it(*only, at),
                [value, other] => matches!(facts.value(*other), Value::None) && reader.is_it(*value, at),
                _ => false,
            },
            _ => negated && reader.is_it(condition, at),
        },
        _ => false,
    })
}

/// The calls between a span's start and its end that only write telemetry: methods of the span, and helpers that are handed it. What
/// is worked out for them is worked out for telemetry.
fn telemetry_around(world: &World<'_>, targets: &Targets, start: Site, end: OpId) -> Vec<Span> {
    let mut reader = Reader::new(world, targets, start);
    let mut found = Vec::new();
    for (at, op) in world.ops(world.runner(start)) {
        let OpKind::Call { callee, .. } = op.kind else { continue };
        if at.op <= start.op || at.op > end {
            continue;
        }
        let of_span = match *world.facts(at.file).value(callee) {
            Value::Member { of, .. } => reader.is_it(of, at),
            _ => false,
        };
        if of_span || (is_project_call(targets, at) && reader.is_handed(at)) {
            found.push(op.span);
        }
    }
    found
}

fn is_project_call(targets: &Targets, at: Site) -> bool {
    targets.functions(at).next().is_some()
}

/// Whether a call is handed the span that a site makes.
pub(crate) fn is_handed(world: &World<'_>, targets: &Targets, made: Site, at: Site) -> bool {
    Reader::new(world, targets, made).is_handed(at)
}

/// Some `finally` or catch-all around the region ends the span.
fn is_guarded(facts: &Facts, region: RegionId, fate: &Fate) -> bool {
    facts.regions_from(region).any(|(id, it)| {
        matches!(it.kind, RegionKind::Try | RegionKind::TryElse | RegionKind::Handler { .. })
            && ends_in_sibling(facts, id, it, fate)
    })
}

/// In the `finally` that ends the span: what is cleaned up before is not what it measures.
fn is_beside_end(facts: &Facts, region: RegionId, fate: &Fate) -> bool {
    let mut around = facts.regions_from(region).filter(|(_, it)| matches!(it.kind, RegionKind::Finally));
    around.any(|(id, _)| {
        let mut ends = fate.ends.iter().flat_map(|it| facts.regions_from(facts.op(*it).region));
        ends.any(|(it, _)| it == id)
    })
}

fn ends_in_sibling(facts: &Facts, guarded: RegionId, region: &Region, fate: &Fate) -> bool {
    fate.ends.iter().any(|end| {
        facts.regions_from(facts.op(*end).region).any(|(_, it)| {
            it.parent == region.parent
                && match &it.kind {
                    RegionKind::Finally => it.span.contains(region.span) || region.span.contains(it.span),
                    RegionKind::Handler { of, types, .. } => *of == guarded && is_broad(facts, types),
                    _ => false,
                }
        })
    })
}

pub(crate) fn is_broad(facts: &Facts, types: &crate::facts::Run) -> bool {
    let list = facts.list(types);
    list.is_empty()
        || list.iter().any(|it| match facts.value(*it) {
            Value::Name(name) | Value::Member { name, .. } => {
                matches!(name.as_str(), "Exception" | "BaseException")
            }
            _ => false,
        })
}

fn is_caught(facts: &Facts, region: RegionId) -> bool {
    facts.regions_from(region).any(|(_, it)| matches!(it.kind, RegionKind::Try))
}

/// Telemetry calls and what never fails are not what an exception is expected from.
fn may_raise(world: &World<'_>, targets: &Targets, at: Site, callee: ValueId) -> bool {
    let facts = world.facts(at.file);
    if let Value::Member { name, .. } = facts.value(callee)
        && matches!(
            name.as_str(),
            "set_attribute" | "set_attributes" | "add_event" | "set_status" | "record_exception"
        )
    {
        return false;
    }
    if never_fails(world, targets, at, callee) {
        return false;
    }
    !targets.nodes(at).any(|it| {
        let it = world.library.node(it);
        it.path.as_str().starts_with("builtins.") || !it.models.is_empty()
    })
}

/// What a value looks like, what time it is: models say of which calls nobody has seen them fail.
fn never_fails(world: &World<'_>, targets: &Targets, at: Site, callee: ValueId) -> bool {
    let (facts, language) = (world.facts(at.file), world.files[at.file.index()].language);
    let says = |path: &str| world.library.never_fails(language, Symbol::new(path));
    match *facts.value(callee) {
        Value::Name(name) => {
            targets.of(at).iter().next().is_none() && says(&format!("builtins.{name}"))
                || targets.nodes(at).any(|it| says(world.library.node(it).path.as_str()))
        }
        Value::Member { of, name } => {
            let of_module = match facts.value(of) {
                Value::Name(module) => says(&format!("{module}.{name}")),
                _ => false,
            };
            let things = || Eval::new(world).ask(of, Eval::scope_of(world, at));
            of_module
                || is_of_builtin(world, targets, at, name)
                || things().iter().any(|it| match it {
                    Thing::Object(node) => says(&format!("{}.{name}", world.library.node(node).path)),
                    _ => false,
                })
        }
        _ => false,
    }
}

/// A method that values of the language itself have, called as one calls those: with a text, or with nothing that could be missing.
fn is_of_builtin(world: &World<'_>, targets: &Targets, at: Site, method: Symbol) -> bool {
    let (facts, language) = (world.facts(at.file), world.files[at.file.index()].language);
    let first = world.call_args(at).first().map(|it| facts.value(it.value));
    let is_key = match first {
        Some(Value::Text(key)) => !key.as_str().contains('/'),
        Some(_) => method.as_str() != "get",
        None => true,
    };
    is_key && !targets.of(at).is_known() && world.library.never_fails_on_builtins(language, method)
}
