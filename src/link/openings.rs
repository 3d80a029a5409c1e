//! Which code opens spans, through however many helpers: context managers, functions that give one, classes that are one,
//! decorators, runners of callables. A fixpoint over facts that were evaluated once.

mod candidates;
mod futures;
mod lazy;
mod passed;
mod questions;
mod wrappers;

use rustc_hash::{FxHashMap, FxHashSet};

use crate::facts::{FunctionKind, OpKind, RegionId, ValueId};
use crate::library::{NodeId, Role, Slot};
use crate::link::decorators;
use crate::link::ends;
use crate::link::eval::Eval;
use crate::link::functions::only_speaks;
use crate::link::names::SpanNames;
use crate::link::rounds::Targets;
use crate::link::texts::Part;
use crate::link::things::{Among, ClassId, Site, Thing, Things};
use crate::link::world::World;
use crate::program::FuncId;
use crate::text::{FileId, Place};

use candidates::Candidates;
pub(crate) use candidates::{made_at, runs, scope_before};
use lazy::is_activated;
pub(crate) use wrappers::{called_params, named_param};

/// Wrappers round wrappers round wrappers: deeper ones are given up.
const MOST_ROUNDS: usize = 10;

/// One way in which a span comes to be open.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Open {
    /// A library call makes it.
    Library { site: Site, node: NodeId },
    /// A decorator of the library without arguments.
    Bare { node: NodeId },
    /// A project function was called and gives it.
    Given { function: FuncId, call: Site },
    /// An instance of a project class is it.
    Instance { class: ClassId, made: Option<Site> },
    /// A project function runs its callable argument in it.
    Run { function: FuncId, call: Site },
    /// A project decorator's inner function opens it; the call is the decorator's, where it has arguments.
    Wrapped { wrapper: FuncId, call: Option<Site> },
}

/// A place where a function opens a span.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Opening {
    pub(crate) open: Open,
    pub(crate) how: How,
    pub(crate) site: Site,
    /// The call that makes the span current, where that is another than the one that makes the span.
    pub(crate) by: Option<Site>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum How {
    /// `with`
    Managed(RegionId),
    /// Entered by hand or through a stack: open for the rest of the function.
    Entered,
    /// Started by hand.
    Started,
    /// A callable runs in it.
    Run,
}

impl Opening {
    /// Where the table of spans shows it: where the span is made, be it entered elsewhere.
    pub(crate) fn shown_at(&self) -> Site {
        match (self.how, self.open) {
            (How::Entered, Open::Library { site, .. }) => site,
            // What is entered elsewhere was made before.
            (_, Open::Library { site, .. } | Open::Given { call: site, .. }) if self.by.is_some() => site,
            _ => self.site,
        }
    }
}

/// A span that decorates a function, directly or through the function's class.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Decoration {
    pub(crate) open: Open,
    pub(crate) decorator: ValueId,
    /// The file where the decorator is written.
    pub(crate) file: FileId,
}

pub(crate) struct Openings {
    /// By function: the span inside which a generator yields.
    pub(crate) scopes: Vec<Option<Open>>,
    /// By function: the span, or scope of one, that it returns.
    pub(crate) gives: Vec<Option<Open>>,
    /// By function: what it gives is entered already, and open as long as it is held.
    pub(crate) gives_entered: Vec<bool>,
    /// By class: the span that entering an instance opens.
    pub(crate) classes: Vec<Option<Open>>,
    /// Functions that emit a whole span under the name that they are given.
    pub(crate) emitters: Vec<bool>,
    /// Generators that are used as context managers: by their decorator, or by a `with` that enters them.
    managers: Vec<bool>,
    /// By function: its own openings.
    pub(crate) own: Vec<Vec<Opening>>,
    /// By function: the spans that decorate it, and are open while it runs.
    pub(crate) decorations: Vec<Vec<Decoration>>,
    /// Those that are closed before it has run: nothing that the function does is inside of them.
    pub(crate) brief: Vec<Vec<Decoration>>,
    /// Functions that run a parameter in a span, and which.
    pub(crate) runs: FxHashMap<FuncId, Vec<u16>>,
    /// Parameters that are spans which their function enters.
    entering: passed::Entering,
    /// Inner functions of decorators that open a span and call what they wrap.
    pub(crate) wrappers: Vec<bool>,
    /// Macros that are called somewhere.
    expanded: FxHashSet<FuncId>,
    /// What the calls of a function enter, or run something in; sorted by where they stand.
    entered_values: Vec<(Site, ValueId)>,
    /// Functions that make a span and keep it in the instance that they give.
    keepers: Vec<(FuncId, Thing)>,
    /// Closures that run inside a span of the function around them.
    pub(crate) inside: Vec<bool>,
    /// Managed regions in which a span is open that was made elsewhere (`use_span(span)`).
    pub(crate) activated: FxHashMap<(FileId, RegionId), Site>,
    /// Calls that make futures which are put into a span.
    futures: FxHashSet<Place>,
    /// Nothing in the program opens a span.
    pub(crate) nothing: bool,
}

pub(crate) fn find(world: &World<'_>, targets: &Targets) -> Openings {
    let candidates = candidates::candidates(world, targets);
    let functions = world.file_of.len();
    let mut openings = Openings {
        scopes: vec![None; functions],
        gives: vec![None; functions],
        gives_entered: vec![false; functions],
        emitters: vec![false; functions],
        managers: candidates::managers(world, &candidates),
        classes: vec![None; world.classes.len()],
        own: vec![Vec::new(); functions],
        decorations: vec![Vec::new(); functions],
        brief: vec![Vec::new(); functions],
        runs: FxHashMap::default(),
        entering: passed::Entering::default(),
        wrappers: vec![false; functions],
        activated: FxHashMap::default(),
        inside: vec![false; functions],
        keepers: lazy::keepers(world),
        entered_values: Vec::new(),
        expanded: FxHashSet::default(),
        futures: FxHashSet::default(),
        nothing: false,
    };
    openings.find_activated(world, &candidates);
    openings.find_entering(world, targets, &candidates);
    if world.has_lexical {
        openings.expanded = candidates
            .calls(world, targets)
            .iter()
            .flat_map(|(_, site)| targets.functions(*site))
            .map(|(it, _)| it)
            .filter(|it| world.function(*it).kind == FunctionKind::Macro)
            .collect();
    }
    openings.entered_values.clone_from(&candidates.entered_values);
    openings.entered_values.sort_by_key(|(site, _)| *site);
    for _ in 0..MOST_ROUNDS {
        if !openings.round(world, targets, &candidates) {
            break;
        }
    }
    openings.find_futures(world, targets, &candidates);
    openings.find_decorations(world);
    openings.nothing = openings.own.iter().all(Vec::is_empty)
        && openings.decorations.iter().all(Vec::is_empty)
        && openings.activated.is_empty();
    openings
}

impl Openings {
    fn find_decorations(&mut self, world: &World<'_>) {
        let mut lasting = decorators::find(world, self);
        let brief = lasting.iter_mut().enumerate().map(|(index, all)| {
            let is_early = |it: &mut Decoration| ends::is_early(world, self, FuncId(index as u32), it.open);
            all.extract_if(.., is_early).collect()
        });
        self.brief = brief.collect();
        self.decorations = lasting;
    }

    /// One look at everything with what is known so far; says whether anything new came of it.
    fn round(&mut self, world: &World<'_>, targets: &Targets, candidates: &Candidates) -> bool {
        let mut own: Vec<Vec<Opening>> = vec![Vec::new(); self.own.len()];
        for it in &candidates.managed {
            let open = self.first_open(world, &it.things, it.made);
            let waits = |open: &Open| self.is_lazy(world, *open, 0) || self.gives_inactive(world, *open);
            if let Some(open) = open.filter(|open| it.entered || !waits(open)) {
                let site = self.site_of(open, it.made);
                let site = site.unwrap_or_else(|| first_op_site(world, it.function, it.region));
                let how = How::Managed(it.region);
                own[it.function.index()].push(Opening { open, how, site, by: it.by });
            }
        }
        for it in &candidates.ran {
            let open = self.first_open(world, &it.things, it.made);
            // What is open without it is told by its start.
            if let Some(open) =
                open.filter(|it| self.is_lazy(world, *it, 0) || !self.is_manual(world, *it, 0))
            {
                let by = Some(it.site);
                own[it.function.index()].push(Opening { open, how: How::Run, site: it.site, by });
            }
        }
        for (function, site, things, made) in &candidates.entered {
            if let Some(open) = self.first_open(world, things, *made) {
                own[function.index()].push(Opening {
                    open,
                    how: How::Entered,
                    site: made.unwrap_or(*site),
                    by: None,
                });
            }
        }
        for (function, site, node) in &candidates.started {
            if !own[function.index()].iter().any(|it| it.site == *site) {
                let open = Open::Library { site: *site, node: *node };
                own[function.index()].push(Opening { open, how: How::Started, site: *site, by: None });
            }
        }
        if !self.entering.is_empty() {
            for (function, site) in candidates.calls(world, targets) {
                self.handed_over(world, targets, *site, &mut own[function.index()]);
            }
        }
        if world.has_lexical {
            let calls = candidates.calls(world, targets).iter();
            for (function, site) in calls.filter(|(_, it)| world.facts(it.file).lexical) {
                self.expanded(world, *function, *site, targets.of(*site), &mut own[function.index()]);
            }
        }
        let gives_any = self.gives.iter().any(Option::is_some) || self.emitters.iter().any(|it| *it);
        if !self.runs.is_empty() || gives_any {
            for (function, site) in candidates.calls(world, targets) {
                self.called(world, targets, *function, *site, targets.of(*site), &mut own);
            }
        }
        let before = (self.own.iter().map(Vec::len).sum::<usize>(), self.known());
        self.own = own;
        self.find_scopes(world);
        self.find_gives(world);
        self.find_kept(world);
        // Classes and wrappers open what one of their functions opens.
        if self.own.iter().any(|it| !it.is_empty()) {
            self.find_classes(world, targets, &candidates.entering);
            self.find_wrappers(world, targets);
            self.find_emitters(world, targets);
        }
        before != (self.own.iter().map(Vec::len).sum::<usize>(), self.known())
    }

    fn known(&self) -> usize {
        let tables = [&self.scopes, &self.gives, &self.classes];
        tables.iter().map(|it| it.iter().flatten().count()).sum::<usize>()
            + self.runs.len()
            + self.emitters.iter().filter(|it| **it).count()
            + self.wrappers.iter().filter(|it| **it).count()
    }

    /// The span that entering one of these things opens. What opens is preferred to a no-op beside it.
    pub(crate) fn first_open(&self, world: &World<'_>, things: &Things, made: Option<Site>) -> Option<Open> {
        things.iter().find_map(|it| self.open_of(world, it, made))
    }

    pub(crate) fn open_of(&self, world: &World<'_>, thing: Thing, made: Option<Site>) -> Option<Open> {
        match thing {
            Thing::Made(site, node) => {
                let it = world.library.node(node);
                if it.model(Role::Span).is_none() && it.model(Role::SpanActivate).is_some() {
                    return self.entered_span(world, site, node, made);
                }
                it.model(Role::Span)?;
                Some(Open::Library { site, node })
            }
            Thing::Given(function, call) => {
                let known = self.scopes[function.index()].or(self.gives[function.index()]);
                known.map(|_| Open::Given { function, call })
            }
            Thing::Instance(class) => self.classes[class.index()].map(|_| Open::Instance { class, made }),
            _ => None,
        }
    }

    fn site_of(&self, open: Open, made: Option<Site>) -> Option<Site> {
        match open {
            Open::Library { site, .. } => Some(site),
            Open::Given { call, .. } | Open::Run { call, .. } => Some(call),
            Open::Instance { made, .. } => made,
            Open::Bare { .. } | Open::Wrapped { .. } => made,
        }
    }

    /// A call of a project function that gives a span by hand, or that runs an argument in one.
    fn called(
        &self,
        world: &World<'_>,
        targets: &Targets,
        function: FuncId,
        site: Site,
        callees: Among<'_>,
        own: &mut [Vec<Opening>],
    ) {
        for thing in callees.iter() {
            let (Thing::Function(callee) | Thing::Method(callee)) = thing else { continue };
            if let Some(open) = self.gives[callee.index()]
                && self.is_manual(world, open, 0)
                && !self.is_lazy(world, open, 0)
                && !hands_back(world, function, callees)
                && !own[function.index()].iter().any(|it| it.site == site)
            {
                let open = Open::Given { function: callee, call: site };
                own[function.index()].push(Opening { open, how: How::Started, site, by: None });
                return;
            }
            if world.function(callee).kind == FunctionKind::Macro {
                continue;
            }
            if self.emitters[callee.index()] && callee != function {
                let open = Open::Run { function: callee, call: site };
                own[function.index()].push(Opening { open, how: How::Run, site, by: None });
                return;
            }
            if let Some(params) = self.runs.get(&callee)
                && callee != function
                && self.takes_its_name(world, targets, callee)
            {
                let bound = matches!(thing, Thing::Method(_));
                let passes_callable =
                    params.iter().any(|it| world.passed_by(site, callee, usize::from(*it), bound).is_some());
                if passes_callable && self.names_its_work(world, targets, callee, site) {
                    let open = Open::Run { function: callee, call: site };
                    own[function.index()].push(Opening { open, how: How::Run, site, by: None });
                    return;
                }
            }
        }
    }

    /// A helper opens its span for others when they say what it is called; a fixed name says that it is the function's own work.
    fn takes_its_name(&self, world: &World<'_>, targets: &Targets, helper: FuncId) -> bool {
        let Some(first) = self.own[helper.index()].first() else { return false };
        let names = SpanNames { world, targets, openings: self };
        let name = names.of(&mut Eval::new(world), first.open, None);
        name.parts.iter().any(|it| matches!(it, Part::Param(..) | Part::NameOf(..)))
    }

    /// Where names are lexical, a function that only hands on the name that it was given opens no span of its own.
    fn names_its_work(&self, world: &World<'_>, targets: &Targets, callee: FuncId, site: Site) -> bool {
        if !world.facts(site.file).lexical {
            return true;
        }
        let names = SpanNames { world, targets, openings: self };
        let name = names.of(&mut Eval::new(world), Open::Run { function: callee, call: site }, None);
        name.parts.iter().any(|it| matches!(it, Part::Literal(_)))
    }

    /// Functions that make a whole span out of what they are given, and do nothing else: calling one is opening a span.
    fn find_emitters(&mut self, world: &World<'_>, targets: &Targets) {
        for index in 0..self.own.len() {
            let function = FuncId(index as u32);
            let gives = self.gives[index].is_some() || self.scopes[index].is_some() || self.wrappers[index];
            if self.own[index].is_empty() || gives || self.emitters[index] || world.is_body(function) {
                continue;
            }
            // A span that stays open when the function is left is not whole.
            let left_open = self.own[index].iter().any(|it| match it.how {
                How::Managed(_) | How::Run => false,
                How::Entered => true,
                How::Started => crate::link::fates::of(world, targets, it.site).ends.is_empty(),
            });
            if left_open {
                continue;
            }
            self.emitters[index] = !world.params(function).is_empty()
                && only_speaks(world, targets, function)
                && self.takes_its_name(world, targets, function);
        }
    }

    /// Whether the span at the bottom has to be ended by somebody's hand.
    pub(crate) fn is_manual(&self, world: &World<'_>, open: Open, depth: u32) -> bool {
        match open {
            Open::Library { node, .. } => {
                world.library.node(node).model(Role::Span).is_some_and(|it| !it.activates)
            }
            Open::Given { function, .. } if depth < 8 => {
                self.gives[function.index()].is_some_and(|it| self.is_manual(world, it, depth + 1))
            }
            _ => false,
        }
    }

    /// Generators that yield while a span is open.
    fn find_scopes(&mut self, world: &World<'_>) {
        for index in 0..self.own.len() {
            let function = FuncId(index as u32);
            if self.own[index].is_empty() || !self.managers[index] || !world.function(function).is_generator {
                continue;
            }
            self.scopes[index] = self.scopes[index].or_else(|| self.open_at_yield(world, function));
        }
    }

    fn open_at_yield(&self, world: &World<'_>, function: FuncId) -> Option<Open> {
        for (site, op) in world.ops(function) {
            if !matches!(op.kind, OpKind::Yield(_)) {
                continue;
            }
            let facts = world.facts(site.file);
            let around = |region: RegionId| facts.regions_from(op.region).any(|(it, _)| it == region);
            let found = self.own[function.index()].iter().find(|it| match it.how {
                How::Managed(region) => around(region),
                How::Entered | How::Started => it.site.op < site.op,
                How::Run => false,
            });
            if let Some(found) = found {
                return Some(found.open);
            }
        }
        None
    }

    fn find_gives(&mut self, world: &World<'_>) {
        for index in 0..self.gives.len() {
            let entered = world.returns[index].iter().any(|it| match it {
                Thing::Given(inner, _) => self.gives_entered[inner.index()],
                other => is_activated(world, other),
            });
            self.gives_entered[index] |= entered;
            if self.gives[index].is_none() {
                let returned = &world.returns[index];
                let open = returned.iter().find_map(|it| match it {
                    Thing::Made(..) | Thing::Given(..) => self.open_of(world, it, None),
                    _ => None,
                });
                self.gives[index] = open;
            }
        }
    }

    fn find_kept(&mut self, world: &World<'_>) {
        for (function, kept) in std::mem::take(&mut self.keepers) {
            match self.open_of(world, kept, None) {
                open @ Some(_) if self.gives[function.index()].is_none() => {
                    self.gives[function.index()] = open
                }
                Some(_) => {}
                None => self.keepers.push((function, kept)),
            }
        }
    }

    /// Classes whose instances open a span when they are entered.
    fn find_classes(&mut self, world: &World<'_>, targets: &Targets, entering: &[(ClassId, FuncId)]) {
        for (class, method) in entering {
            if self.classes[class.index()].is_none() {
                self.classes[class.index()] = self.opened_by_method(world, targets, *class, *method, 0);
            }
        }
        for index in 0..self.classes.len() {
            let class = ClassId(index as u32);
            if self.classes[index].is_none() && world.facts(world.class(class).file).lexical {
                self.classes[index] = self.held_in_field(world, class);
            }
        }
    }

    /// The span that a method leaves open, by itself or through another method of its class.
    fn opened_by_method(
        &self,
        world: &World<'_>,
        targets: &Targets,
        class: ClassId,
        method: FuncId,
        depth: u32,
    ) -> Option<Open> {
        let left_open =
            self.own[method.index()].iter().find(|it| matches!(it.how, How::Entered | How::Started));
        if let Some(found) = left_open {
            return Some(found.open);
        }
        if depth >= 3 {
            return None;
        }
        world.ops(method).filter(|(_, op)| matches!(op.kind, OpKind::Call { .. })).find_map(|(site, _)| {
            targets.of(site).iter().find_map(|it| match it {
                Thing::Method(callee)
                    if callee != method
                        && world
                            .class_of(callee)
                            .is_some_and(|owner| world.class(class).line.contains(&owner)) =>
                {
                    self.opened_by_method(world, targets, class, callee, depth + 1)
                }
                _ => None,
            })
        })
    }

    fn find_activated(&mut self, world: &World<'_>, candidates: &Candidates) {
        for (region, file, site) in &candidates.activated {
            self.activated.insert((*file, *region), *site);
        }
        for it in &candidates.managed {
            for thing in it.things.iter() {
                if let Thing::Made(site, node) = thing
                    && world.library.node(node).model(Role::SpanActivate).is_some()
                {
                    let file = world.file_of[it.function.index()];
                    self.activated.insert((file, it.region), site);
                }
            }
        }
    }
}

/// The named function that a decorator's inner function belongs to.
pub(crate) fn outermost(world: &World<'_>, function: FuncId) -> FuncId {
    let (file, mut local) = world.local(function);
    let facts = world.facts(file);
    while let Some(parent) = facts.function(local).parent {
        if facts.function(parent).kind != FunctionKind::Named {
            break;
        }
        local = parent;
    }
    world.func(file, local)
}

pub(crate) fn is_inside(world: &World<'_>, site: Site, region: RegionId) -> bool {
    let facts = world.facts(site.file);
    region_is_inside(facts, facts.op(site.op).region, region)
}

pub(crate) fn region_is_inside(facts: &crate::facts::Facts, inner: RegionId, outer: RegionId) -> bool {
    facts.regions_from(inner).any(|(it, _)| it == outer)
}

fn first_op_site(world: &World<'_>, function: FuncId, region: RegionId) -> Site {
    let file = world.file_of[function.index()];
    let order = scope_before(world, file, region).order;
    Site { file, op: crate::facts::OpId(order.min(world.facts(file).ops.len().saturating_sub(1) as u32)) }
}

/// The argument of a library call in a slot, and the call that it is written in.
pub(crate) fn slot(
    world: &World<'_>,
    site: Site,
    node: NodeId,
    role: Role,
    slot: Slot,
) -> Option<(ValueId, Site)> {
    let place = world.library.node(node).model(role)?.place(slot)?;
    if place.receiver {
        return world.receiver(site).map(|it| (it, site));
    }
    world.argument_named(site, place.keyword, place.index.map(usize::from))
}

pub(crate) fn argument_at(world: &World<'_>, site: Site, place: crate::library::ArgPlace) -> Option<ValueId> {
    if place.receiver {
        return world.receiver(site);
    }
    let args = world.call_args(site);
    if let Some(keyword) = place.keyword
        && let Some(found) = args.iter().find(|it| it.name == Some(keyword))
    {
        return Some(found.value);
    }
    let shift = place.of_method && world.facts(site.file).lexical && world.is_called_by_path(site);
    let index = usize::from(place.index?) + usize::from(shift);
    let positional = args.iter().filter(|it| it.name.is_none());
    let before_spread: Vec<_> = positional.take_while(|it| it.spread == crate::facts::Spread::No).collect();
    before_spread.get(index).map(|it| it.value)
}

/// The function gives back what its caller's function gives: the span is the caller's.
fn hands_back(world: &World<'_>, function: FuncId, callees: Among<'_>) -> bool {
    callees.iter().any(|it| match it {
        Thing::Param(owner, index) => {
            owner == function && world.returns[function.index()].contains(Thing::Called(owner, index))
        }
        _ => false,
    })
}
