//! Who calls whom, and on which paths a span is open: a greatest fixpoint for what is surely inside one, a least fixpoint for
//! what is surely not. What neither says is unknown.

mod edges;
mod escapes;
mod handed;
mod overriding;

use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};

use self::edges::{Edge, Grouped, Tie};
use self::escapes::HandedOut;
use self::overriding::Overriding;
use crate::facts::{FunctionKind, OpKind, RegionKind, Value, ValueId};
use crate::library::{Model, Role, Slot};
use crate::link::entries::Entries;
use crate::link::eval::Eval;
use crate::link::functions::is_instrumented;
use crate::link::launch::Instrumented;
use crate::link::openings::{Open, Openings, argument_at, runs};
use crate::link::outgoing::spawners::{Spawners, mechanism};
use crate::link::outgoing::waits::is_waited_for;
use crate::link::rounds::Targets;
use crate::link::things::{Site, Thing};
use crate::link::touches;
use crate::link::world::World;
use crate::program::{FuncId, Reach};
use crate::text::{FileId, Symbol, SymbolSet};

pub(crate) struct CallGraph {
    /// By callee.
    edges: Grouped<Edge>,
    /// By caller: each with what it calls.
    callees: Grouped<(FuncId, FuncId)>,
    /// Functions handed to somebody outside the program.
    escaped: FxHashSet<FuncId>,
}

impl CallGraph {
    pub(crate) fn new(
        world: &World<'_>,
        targets: &Targets,
        openings: &Openings,
        instrumented: &Instrumented,
        spawners: &Spawners,
        entries: &Entries,
    ) -> CallGraph {
        let names: SymbolSet = world
            .files
            .iter()
            .flat_map(|it| it.facts.functions.iter())
            .filter(|it| it.kind == FunctionKind::Named)
            .map(|it| it.name)
            .collect();
        let overriding = Overriding::new(world);
        let parts: Vec<(Vec<Edge>, Vec<HandedOut>)> = world
            .each_file()
            .map(|file| {
                let mut reader = Reader {
                    world,
                    targets,
                    openings,
                    instrumented,
                    spawners,
                    argument_of: FxHashMap::default(),
                    names: &names,
                    eval: Eval::new(world),
                    overriding: &overriding,
                    edges: Vec::new(),
                    handed_out: Vec::new(),
                    carried: FxHashSet::default(),
                    detached: FxHashMap::default(),
                    placed: FxHashSet::default(),
                };
                reader.file(file);
                (reader.edges, reader.handed_out)
            })
            .collect();
        let functions = world.file_of.len();
        let (mut edges, mut handed_out) = (Vec::new(), Vec::new());
        for (some, more) in parts {
            edges.extend(some);
            handed_out.extend(more);
        }
        let edges = Grouped::new(functions, &edges, |it| it.callee);
        let pairs: Vec<(FuncId, FuncId)> = edges.all.iter().map(|it| (it.caller, it.callee)).collect();
        let callees = Grouped::new(functions, &pairs, |it| it.0);
        let mut graph = CallGraph { edges, callees, escaped: FxHashSet::default() };
        let matters = if touches::writes_to_spans(world, targets) {
            vec![true; functions]
        } else {
            graph.near_spans(world, openings, instrumented, entries)
        };
        graph.escaped = escapes::among(world, &handed_out, &matters);
        graph
    }

    /// The functions that may run inside of a span: what opens one or is entered in one, and whatever that calls. Of all others it does
    /// not matter who has them.
    fn near_spans(
        &self,
        world: &World<'_>,
        openings: &Openings,
        instrumented: &Instrumented,
        entries: &Entries,
    ) -> Vec<bool> {
        let is_near = |it: FuncId| {
            !openings.own[it.index()].is_empty()
                || !openings.decorations[it.index()].is_empty()
                || entries.get(&it).is_some_and(|entry| is_instrumented(world, instrumented, it, entry))
                || self.to(it).iter().any(|edge| edge.opens(true))
        };
        let mut near: Vec<bool> = world.each_function().map(is_near).collect();
        self.spread(&mut near, |_| true);
        near
    }

    fn to(&self, callee: FuncId) -> &[Edge] {
        self.edges.of(callee)
    }

    /// The closures that run inside a span of the function that they are written in.
    pub(crate) fn closures_inside(&self, world: &World<'_>, openings: &Openings) -> Vec<bool> {
        let mut inside = vec![false; world.file_of.len()];
        for index in 0..inside.len() {
            let function = FuncId(index as u32);
            let (file, local) = world.local(function);
            let facts = world.facts(file);
            let it = facts.function(local);
            if !facts.lexical || it.kind != FunctionKind::Closure {
                continue;
            }
            // The outer ones come first.
            inside[index] = self.to(function).iter().any(|edge| {
                let within = world.file_of[edge.caller.index()] == file
                    && world.function(edge.caller).span.contains(it.span);
                edge.in_span
                    || (within
                        && !edge.is_detached()
                        && (inside[edge.caller.index()]
                            || !openings.decorations[edge.caller.index()].is_empty()))
            });
        }
        inside
    }

    pub(crate) fn callers(&self, callee: FuncId) -> Vec<FuncId> {
        let mut all: Vec<FuncId> = self.to(callee).iter().map(|it| it.caller).collect();
        all.dedup();
        all
    }

    pub(crate) fn callees(&self, caller: FuncId) -> impl Iterator<Item = FuncId> {
        self.callees.of(caller).iter().map(|it| it.1)
    }

    /// For each function whether its body runs inside a span: `rooted` are those that open one round their whole body,
    /// `exposed` those that are entered from outside the program.
    pub(crate) fn reach(&self, world: &World<'_>, rooted: &[bool], exposed: &[bool]) -> Vec<Reach> {
        let inside = self.inside(world, rooted, exposed, false);
        let dark = self.dark(world, &inside, exposed);
        (0..rooted.len())
            .map(|it| match (inside[it], dark[it]) {
                (true, _) => Reach::Covered,
                (false, true) => Reach::Dark,
                (false, false) => Reach::Unknown,
            })
            .collect()
    }

    /// For each function whether it takes time of a span on every path: one that is open around it, or around who waits for it
    /// though the context does not get there. Nothing where nobody waits for such work.
    pub(crate) fn timed(&self, world: &World<'_>, rooted: &[bool], exposed: &[bool]) -> Vec<bool> {
        if !self.edges.all.iter().any(|it| matches!(it.tie, Tie::Time { .. })) {
            return Vec::new();
        }
        self.inside(world, rooted, exposed, true)
    }

    /// The functions that run inside a span on every path; or take time of one, where `waiting` is enough.
    fn inside(&self, world: &World<'_>, rooted: &[bool], exposed: &[bool], waiting: bool) -> Vec<bool> {
        let functions = rooted.len();
        let mut inside: Vec<bool> = (0..functions)
            .map(|it| {
                let id = FuncId(it as u32);
                rooted[it]
                    || (!exposed[it]
                        && self.to(id).iter().any(|edge| edge.counts)
                        && !world.is_body(id)
                        && !self.escaped.contains(&id))
            })
            .collect();
        loop {
            self.drop_uncovered(&mut inside, rooted, waiting);
            let grounded = self.grounded(&inside, rooted, waiting);
            if grounded == inside {
                return inside;
            }
            inside = grounded;
        }
    }

    /// Takes out, until nothing changes, whatever some caller reaches without a span.
    fn drop_uncovered(&self, inside: &mut [bool], rooted: &[bool], waiting: bool) {
        let is_uncovered = |it: FuncId, inside: &[bool]| {
            let uncovered = |edge: &Edge| edge.counts && !edge.is_inside(inside, waiting);
            inside[it.index()] && !rooted[it.index()] && self.to(it).iter().any(uncovered)
        };
        let mut due: Vec<FuncId> =
            (0..inside.len() as u32).map(FuncId).filter(|it| is_uncovered(*it, inside)).collect();
        due.iter().for_each(|it| inside[it.index()] = false);
        while let Some(caller) = due.pop() {
            for callee in self.callees(caller) {
                if is_uncovered(callee, inside) {
                    inside[callee.index()] = false;
                    due.push(callee);
                }
            }
        }
    }

    /// Functions that only call each other would keep one another inside of nothing: what counts is reached from a span that is
    /// really opened somewhere.
    fn grounded(&self, inside: &[bool], rooted: &[bool], waiting: bool) -> Vec<bool> {
        let opened = |it: usize| {
            rooted[it] || self.to(FuncId(it as u32)).iter().any(|edge| edge.opens(waiting) && edge.counts)
        };
        let mut found: Vec<bool> = (0..inside.len()).map(|it| inside[it] && opened(it)).collect();
        self.spread(&mut found, |it| inside[it.index()]);
        found
    }

    /// Marks whatever the marked functions call, and what that calls, as far as it may be marked.
    fn spread(&self, marked: &mut [bool], may: impl Fn(FuncId) -> bool) {
        let mut due: Vec<FuncId> =
            (0..marked.len()).filter(|it| marked[*it]).map(|it| FuncId(it as u32)).collect();
        while let Some(caller) = due.pop() {
            for callee in self.callees(caller) {
                if !marked[callee.index()] && may(callee) {
                    marked[callee.index()] = true;
                    due.push(callee);
                }
            }
        }
    }

    /// For each function whether a span may be open around it: on some path one is, or some path is not known. What is handed over
    /// without its context is inside of nothing, wherever it stands.
    pub(crate) fn may_be_inside(
        &self,
        world: &World<'_>,
        rooted: &[bool],
        exposed: &[bool],
        lost: &FxHashSet<FuncId>,
    ) -> Vec<bool> {
        let functions = rooted.len();
        let unknown = |it: usize| {
            let id = FuncId(it as u32);
            self.escaped.contains(&id) || (!exposed[it] && !world.is_body(id) && self.to(id).is_empty())
        };
        let may_be = |it: usize| {
            let is_inside = || unknown(it) || self.to(FuncId(it as u32)).iter().any(|edge| edge.in_span);
            rooted[it] || !lost.contains(&FuncId(it as u32)) && is_inside()
        };
        let mut may: Vec<bool> = (0..functions).map(may_be).collect();
        self.spread(&mut may, |it| !lost.contains(&it));
        may
    }

    /// Entered from outside without a span, or called from such a function outside of a span.
    fn dark(&self, world: &World<'_>, inside: &[bool], exposed: &[bool]) -> Vec<bool> {
        let mut dark: Vec<bool> = (0..inside.len())
            .map(|it| {
                let id = FuncId(it as u32);
                let detached =
                    || self.to(id).iter().any(|edge| edge.is_detached() && !edge.in_span && edge.counts);
                !inside[it] && (exposed[it] || world.is_body(id) || detached())
            })
            .collect();
        let mut due: Vec<FuncId> =
            (0..inside.len()).filter(|it| dark[*it]).map(|it| FuncId(it as u32)).collect();
        while let Some(caller) = due.pop() {
            for callee in self.callees(caller) {
                if dark[callee.index()] || inside[callee.index()] {
                    continue;
                }
                let uncovered = |edge: &Edge| edge.caller == caller && !edge.in_span && edge.counts;
                if self.to(callee).iter().any(uncovered) {
                    dark[callee.index()] = true;
                    due.push(callee);
                }
            }
        }
        dark
    }

    /// Functions from which one of these can be reached, themselves included.
    pub(crate) fn leading_to(&self, mut marked: Vec<bool>) -> Vec<bool> {
        let mut due: Vec<FuncId> =
            (0..marked.len()).filter(|it| marked[*it]).map(|it| FuncId(it as u32)).collect();
        while let Some(function) = due.pop() {
            for edge in self.to(function) {
                if !marked[edge.caller.index()] {
                    marked[edge.caller.index()] = true;
                    due.push(edge.caller);
                }
            }
        }
        marked
    }
}

struct Reader<'w, 'a> {
    world: &'w World<'a>,
    targets: &'w Targets,
    openings: &'w Openings,
    instrumented: &'w Instrumented,
    spawners: &'w Spawners,
    /// The call that a closure is an argument of.
    argument_of: FxHashMap<FuncId, Site>,
    /// All names of functions: other names need not be looked up.
    names: &'w SymbolSet,
    eval: Eval<'w, 'a>,
    overriding: &'w Overriding,
    edges: Vec<Edge>,
    handed_out: Vec<HandedOut>,
    /// Calls of coroutine functions whose coroutine is awaited in somebody else's span.
    carried: FxHashSet<Site>,
    /// Calls of such functions whose work runs elsewhere, without the context of here, and what it has of here then.
    detached: FxHashMap<Site, Tie>,
    /// Closures that somebody runs who is known.
    placed: FxHashSet<FuncId>,
}

impl Reader<'_, '_> {
    fn file(&mut self, file: FileId) {
        let facts = self.world.facts(file);
        self.find_carried(file);
        if facts.lexical {
            self.find_handed(file);
        }
        for (op, it) in facts.ops.iter().enumerate() {
            let site = Site { file, op: crate::facts::OpId(op as u32) };
            match &it.kind {
                OpKind::Call { .. } => self.call(site),
                OpKind::Return(Some(value)) | OpKind::Yield(value) => self.hand_out(*value, site),
                OpKind::SetMember { value, .. } | OpKind::SetItem { value, .. } => {
                    self.hand_out(*value, site)
                }
                OpKind::Bind { value, .. }
                    if !matches!(facts.value(*value), Value::Name(_) | Value::Closure(_)) =>
                {
                    self.hand_out(*value, site);
                }
                _ => {}
            }
        }
        self.entered_instances(file);
        if facts.lexical {
            self.closures(file);
        }
    }

    /// `await in_span("name", work())`: what is made here runs there.
    fn find_carried(&mut self, file: FileId) {
        let world = self.world;
        let facts = world.facts(file);
        for index in 0..facts.functions.len() {
            let caller = world.func(file, crate::facts::FnId(index as u32));
            for opening in &self.openings.own[caller.index()] {
                let Open::Run { function, call } = opening.open else { continue };
                let bound = self.targets.of(call).contains(Thing::Method(function));
                for param in self.openings.runs.get(&function).into_iter().flatten() {
                    let argument = world.argument(call, function, usize::from(*param), bound);
                    if let Some(Value::Call(op)) = argument.map(|it| facts.value(it)) {
                        self.carried.insert(Site { file, op: *op });
                    }
                }
            }
        }
    }

    fn edge(&mut self, callee: FuncId, site: Site, in_span: bool) {
        let caller = self.world.runner(site);
        let is_async = self.world.function(callee).is_async;
        let tie = self.detached.get(&site).copied().filter(|_| is_async).unwrap_or(Tie::Context);
        let in_span = (in_span && tie == Tie::Context) || (self.carried.contains(&site) && is_async);
        if caller != callee {
            self.add_edge(callee, caller, in_span, tie);
        }
    }

    fn add(&mut self, callee: FuncId, caller: FuncId, in_span: bool) {
        self.add_edge(callee, caller, in_span, Tie::Context);
    }

    fn add_edge(&mut self, callee: FuncId, caller: FuncId, in_span: bool, tie: Tie) {
        let (here, there) = (self.world.is_test(caller), self.world.is_test(callee));
        let counts = (!here || there) && (!self.world.is_beside(caller) || self.world.is_beside(callee));
        self.edges.push(Edge { callee, caller, in_span, tie, counts });
    }

    fn call(&mut self, site: Site) {
        let world = self.world;
        let in_span = self.openings.is_current(world, site);
        let mut known = false;
        if world.facts(site.file).lexical {
            self.note_arguments(site);
            self.given_to_project(site, in_span);
        }
        for thing in self.targets.of(site).iter() {
            match thing {
                Thing::Function(function) => {
                    known = true;
                    self.edge(function, site, in_span);
                }
                Thing::Method(function) => {
                    known = true;
                    self.edge(function, site, in_span);
                    for it in self.overriding.of(world, function) {
                        self.edge(*it, site, in_span);
                    }
                }
                Thing::Class(class) => {
                    known = true;
                    if let Some(init) = world.method(class, world.names.init) {
                        self.edge(init, site, in_span);
                    }
                }
                Thing::Instance(class) => {
                    known = true;
                    if let Some(method) = world.method(class, world.names.call) {
                        self.edge(method, site, in_span);
                    }
                }
                Thing::Library(node) => known |= self.handed_to(site, node, in_span),
                _ => {}
            }
        }
        if !known {
            for arg in world.call_args(site) {
                self.hand_out(arg.value, site);
            }
        }
    }

    /// A library that runs its argument: at once, or later, with or without the caller's context.
    fn handed_to(&mut self, site: Site, node: crate::library::NodeId, in_span: bool) -> bool {
        let world = self.world;
        let mut understood = false;
        for model in &world.library.node(node).models {
            let Some(place) = model.place(Slot::Function) else { continue };
            let Some(value) = argument_at(world, site, place) else { continue };
            if runs(world, site, node).is_some() {
                let opens = in_span || self.runs_in_span(site, node);
                for function in self.functions_of(value, site) {
                    self.edge(function, site, opens);
                    self.placed.insert(function);
                }
                understood = true;
                continue;
            }
            if gives_it_back(model) {
                understood = true;
                continue;
            }
            let carries = mechanism(model).is_some_and(|it| self.instrumented.carries(it));
            let keeps = model.keeps_context || runs_at_once(model) || carries;
            let given = self.functions_of(value, site);
            let tie = if keeps || given.is_empty() { Tie::Context } else { self.tie(site, in_span) };
            for function in given {
                understood = true;
                if keeps {
                    self.edge(function, site, in_span);
                } else {
                    self.add_edge(function, world.runner(site), false, tie);
                }
                self.placed.insert(function);
            }
        }
        // Where names are lexical, what a library does with its arguments is known or does not matter.
        understood
            || world.facts(site.file).lexical
            || world.library.node(node).path.as_str().starts_with("builtins.")
    }

    /// What work has of here that is handed over without the context of here.
    fn tie(&mut self, site: Site, in_span: bool) -> Tie {
        match is_waited_for(self.world, self.targets, &mut self.eval, site) {
            true => Tie::Time { in_span },
            false => Tie::Nothing,
        }
    }

    fn functions_of(&mut self, value: ValueId, site: Site) -> Vec<FuncId> {
        match self.may_be_function(value, site.file) {
            true => escapes::functions(&mut self.eval, value, site),
            false => Vec::new(),
        }
    }

    fn may_be_function(&self, value: ValueId, file: FileId) -> bool {
        let world = self.world;
        matches!(world.facts(file).value(value), Value::Closure(_))
            || escapes::named(world, value, file).is_some_and(|it| self.names.contains(it))
    }

    /// A function that leaves as a value can be called by anybody.
    fn hand_out(&mut self, value: ValueId, site: Site) {
        let facts = self.world.facts(site.file);
        match facts.value(value) {
            Value::Sequence(run) | Value::Either(run) | Value::Fallback(run) => {
                for part in facts.list(run) {
                    self.hand_out(*part, site);
                }
            }
            Value::Dict(run) => {
                for (_, part) in facts.dict(run) {
                    self.hand_out(*part, site);
                }
            }
            Value::Call(_) if matches!(facts.op(site.op).kind, OpKind::Bind { .. }) => {}
            Value::Closure(_) if facts.lexical => {}
            _ if self.may_be_function(value, site.file) => self.handed_out.push((value, site)),
            _ => {}
        }
    }

    /// `with instance:` calls its `__enter__` and `__exit__`.
    fn entered_instances(&mut self, file: FileId) {
        let world = self.world;
        let facts = world.facts(file);
        for (index, region) in facts.regions.iter().enumerate() {
            let RegionKind::With { context, .. } = region.kind else { continue };
            let id = crate::facts::RegionId(index as u32);
            let scope = crate::link::openings::scope_before(world, file, id);
            let caller = world.func(file, region.function);
            for thing in self.eval.ask(context, scope).iter() {
                let Thing::Instance(class) = thing else { continue };
                for name in ["__enter__", "__aenter__", "__exit__", "__aexit__"] {
                    if let Some(callee) = world.method(class, Symbol::new(name)) {
                        let next = Site { file, op: crate::facts::OpId(scope.order) };
                        let around = self.openings.around_region(world, scope.region, next).is_some();
                        let in_span = around || !self.openings.decorations[caller.index()].is_empty();
                        self.add(callee, caller, in_span);
                    }
                }
            }
        }
    }
}

fn runs_at_once(model: &Model) -> bool {
    model.role == Role::Runs
}

/// `partial(f, x)` calls nothing yet: whoever calls what it gives calls `f`.
fn gives_it_back(model: &Model) -> bool {
    matches!(model.role, Role::Transparent | Role::Partial | Role::Identity)
}
