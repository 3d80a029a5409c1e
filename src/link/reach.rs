//! Who calls whom, and on which paths a span is open: a greatest fixpoint for what is surely inside one, a least fixpoint for
//! what is surely not. What neither says is unknown.

use std::rc::Rc;

use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};

use crate::facts::{BindingKind, FunctionKind, OpKind, RegionKind, Value, ValueId};
use crate::library::{Model, Role, Slot};
use crate::link::eval::Eval;
use crate::link::launch::Instrumented;
use crate::link::openings::{Open, Openings, argument_at, runs};
use crate::link::outgoing::spawners::{Spawners, Treatment};
use crate::link::rounds::Targets;
use crate::link::things::{Site, Thing};
use crate::link::world::World;
use crate::program::{FuncId, Reach};
use crate::text::{FileId, Symbol};

/// Overriding methods that a call of the overridden one may mean; past this many nobody can follow.
const MOST_OVERRIDES: usize = 24;

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
struct Edge {
    callee: FuncId,
    caller: FuncId,
    in_span: bool,
    /// What runs has nothing of the caller's context.
    detached: bool,
}

pub(crate) struct CallGraph {
    /// Sorted by callee.
    edges: Vec<Edge>,
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
    ) -> CallGraph {
        let names: FxHashSet<Symbol> = world
            .files
            .iter()
            .flat_map(|it| it.facts.functions.iter())
            .filter(|it| it.kind == FunctionKind::Named)
            .map(|it| it.name)
            .collect();
        let parts: Vec<(Vec<Edge>, Vec<FuncId>)> = (0..world.files.len())
            .into_par_iter()
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
                    overriding: FxHashMap::default(),
                    edges: Vec::new(),
                    escaped: Vec::new(),
                    carried: FxHashSet::default(),
                    detached: FxHashSet::default(),
                    placed: FxHashSet::default(),
                };
                reader.file(FileId(file as u32));
                (reader.edges, reader.escaped)
            })
            .collect();
        let mut edges = Vec::new();
        let mut escaped = FxHashSet::default();
        for (some, more) in parts {
            edges.extend(some);
            escaped.extend(more);
        }
        edges.par_sort_unstable();
        edges.dedup();
        CallGraph { edges, escaped }
    }

    fn to(&self, callee: FuncId) -> &[Edge] {
        let from = self.edges.partition_point(|it| it.callee < callee);
        let length = self.edges[from..].iter().take_while(|it| it.callee == callee).count();
        &self.edges[from..from + length]
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
                        && !edge.detached
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

    pub(crate) fn callees(&self, functions: usize) -> Vec<Vec<FuncId>> {
        let mut all = vec![Vec::new(); functions];
        for edge in &self.edges {
            let list: &mut Vec<FuncId> = &mut all[edge.caller.index()];
            if list.last() != Some(&edge.callee) {
                list.push(edge.callee);
            }
        }
        all
    }

    /// For each function whether its body runs inside a span: `rooted` are those that open one round their whole body,
    /// `exposed` those that are entered from outside the program.
    pub(crate) fn reach(&self, world: &World<'_>, rooted: &[bool], exposed: &[bool]) -> Vec<Reach> {
        let functions = rooted.len();
        let counts = |edge: &Edge| !world.is_test(edge.caller) || world.is_test(edge.callee);
        let mut inside: Vec<bool> = (0..functions)
            .map(|it| {
                let id = FuncId(it as u32);
                rooted[it]
                    || (!exposed[it]
                        && !world.is_body(id)
                        && !self.escaped.contains(&id)
                        && self.to(id).iter().any(&counts))
            })
            .collect();
        loop {
            self.drop_uncovered(&mut inside, rooted, &counts);
            let grounded = self.grounded(&inside, rooted, &counts);
            if grounded == inside {
                break;
            }
            inside = grounded;
        }
        let dark = self.dark(world, &inside, exposed, &counts);
        (0..functions)
            .map(|it| match (inside[it], dark[it]) {
                (true, _) => Reach::Covered,
                (false, true) => Reach::Dark,
                (false, false) => Reach::Unknown,
            })
            .collect()
    }

    /// Takes out, until nothing changes, whatever some caller reaches without a span.
    fn drop_uncovered(
        &self,
        inside: &mut Vec<bool>,
        rooted: &[bool],
        counts: &(dyn Fn(&Edge) -> bool + Sync),
    ) {
        loop {
            let keep: Vec<bool> = (0..inside.len())
                .into_par_iter()
                .map(|it| {
                    let covered =
                        |edge: &Edge| edge.in_span || (!edge.detached && inside[edge.caller.index()]);
                    let callers = self.to(FuncId(it as u32)).iter();
                    inside[it] && (rooted[it] || callers.filter(|edge| counts(edge)).all(covered))
                })
                .collect();
            if keep == *inside {
                return;
            }
            *inside = keep;
        }
    }

    /// Functions that only call each other would keep one another inside of nothing: what counts is reached from a span that is
    /// really opened somewhere.
    fn grounded(&self, inside: &[bool], rooted: &[bool], counts: &dyn Fn(&Edge) -> bool) -> Vec<bool> {
        let opened = |it: usize| {
            rooted[it] || self.to(FuncId(it as u32)).iter().any(|edge| edge.in_span && counts(edge))
        };
        let mut found: Vec<bool> = (0..inside.len()).map(|it| inside[it] && opened(it)).collect();
        let callees = self.callees(inside.len());
        let mut due: Vec<usize> = (0..found.len()).filter(|it| found[*it]).collect();
        while let Some(caller) = due.pop() {
            for callee in &callees[caller] {
                let it = callee.index();
                if inside[it] && !found[it] {
                    found[it] = true;
                    due.push(it);
                }
            }
        }
        found
    }

    /// For each function whether a span may be open around it: on some path one is, or some path is not known.
    pub(crate) fn may_be_inside(&self, world: &World<'_>, rooted: &[bool], exposed: &[bool]) -> Vec<bool> {
        let functions = rooted.len();
        let unknown = |it: usize| {
            let id = FuncId(it as u32);
            self.escaped.contains(&id) || (!exposed[it] && !world.is_body(id) && self.to(id).is_empty())
        };
        let mut may: Vec<bool> = (0..functions)
            .map(|it| rooted[it] || unknown(it) || self.to(FuncId(it as u32)).iter().any(|edge| edge.in_span))
            .collect();
        let callees = self.callees(functions);
        let mut due: Vec<FuncId> = (0..functions).filter(|it| may[*it]).map(|it| FuncId(it as u32)).collect();
        while let Some(caller) = due.pop() {
            for callee in &callees[caller.index()] {
                if !may[callee.index()] {
                    may[callee.index()] = true;
                    due.push(*callee);
                }
            }
        }
        may
    }

    /// Entered from outside without a span, or called from such a function outside of a span.
    fn dark(
        &self,
        world: &World<'_>,
        inside: &[bool],
        exposed: &[bool],
        counts: &dyn Fn(&Edge) -> bool,
    ) -> Vec<bool> {
        let mut dark: Vec<bool> = (0..inside.len())
            .map(|it| {
                let id = FuncId(it as u32);
                let detached =
                    || self.to(id).iter().any(|edge| edge.detached && !edge.in_span && counts(edge));
                !inside[it] && (exposed[it] || world.is_body(id) || detached())
            })
            .collect();
        let callees = self.callees(inside.len());
        let mut due: Vec<FuncId> =
            (0..inside.len()).filter(|it| dark[*it]).map(|it| FuncId(it as u32)).collect();
        while let Some(caller) = due.pop() {
            for callee in &callees[caller.index()] {
                if dark[callee.index()] || inside[callee.index()] {
                    continue;
                }
                let uncovered = self
                    .to(*callee)
                    .iter()
                    .any(|edge| edge.caller == caller && !edge.in_span && counts(edge));
                if uncovered {
                    dark[callee.index()] = true;
                    due.push(*callee);
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
    names: &'w FxHashSet<Symbol>,
    eval: Eval<'w, 'a>,
    overriding: FxHashMap<FuncId, Rc<[FuncId]>>,
    edges: Vec<Edge>,
    escaped: Vec<FuncId>,
    /// Calls of coroutine functions whose coroutine is awaited in somebody else's span.
    carried: FxHashSet<Site>,
    /// Calls of such functions whose work runs elsewhere, without the context of here.
    detached: FxHashSet<Site>,
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
        let in_span = (in_span && !(is_async && self.detached.contains(&site)))
            || (self.carried.contains(&site) && is_async);
        if caller != callee {
            let detached = is_async && self.detached.contains(&site);
            self.edges.push(Edge { callee, caller, in_span, detached });
        }
    }

    fn call(&mut self, site: Site) {
        let world = self.world;
        let in_span = self.openings.in_span(world, site);
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
                    let overriding = self
                        .overriding
                        .entry(function)
                        .or_insert_with(|| world.overriding(function, MOST_OVERRIDES).into())
                        .clone();
                    for it in overriding.iter() {
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

    fn note_arguments(&mut self, site: Site) {
        let facts = self.world.facts(site.file);
        for arg in self.world.call_args(site) {
            if let Value::Closure(local) = *facts.value(arg.value) {
                self.argument_of.insert(self.world.func(site.file, local), site);
            }
        }
    }

    /// Closures that are given to a function of the project which runs them in a context of its own.
    fn given_to_project(&mut self, site: Site, in_span: bool) {
        let world = self.world;
        if self.spawners.is_empty() {
            return;
        }
        for (callee, bound) in self.targets.functions(site) {
            for index in 0..world.params(callee).len() {
                let Some(treatment) = self.spawners.treatment(callee, index) else { continue };
                let Some(value) = world.argument(site, callee, index, bound) else { continue };
                let Value::Closure(local) = *world.facts(site.file).value(value) else { continue };
                let closure = world.func(site.file, local);
                self.placed.insert(closure);
                self.edges.push(Edge {
                    callee: closure,
                    caller: world.runner(site),
                    in_span: treatment == Treatment::Opens || (treatment == Treatment::Keeps && in_span),
                    detached: treatment == Treatment::Loses,
                });
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
            let keeps = model.keeps_context || runs_at_once(model) || self.instrumented.carries_threads;
            for function in self.functions_of(value, site) {
                understood = true;
                if keeps || !world.facts(site.file).lexical {
                    self.edge(function, site, in_span && keeps);
                } else {
                    let caller = world.runner(site);
                    self.edges.push(Edge { callee: function, caller, in_span: false, detached: true });
                }
                self.placed.insert(function);
            }
        }
        // Where names are lexical, what a library does with its arguments is known or does not matter.
        understood
            || world.facts(site.file).lexical
            || world.library.node(node).path.as_str().starts_with("builtins.")
    }

    /// Whether a library call that runs something does so in a span that is open then: not in whichever was current.
    fn runs_in_span(&mut self, site: Site, node: crate::library::NodeId) -> bool {
        let world = self.world;
        if world.library.node(node).model(Role::Span).is_some() {
            return true;
        }
        let place = world.library.node(node).model(Role::SpanActivate).and_then(|it| it.place(Slot::Subject));
        let Some(subject) = place.and_then(|it| argument_at(world, site, it)) else { return false };
        match world.facts(site.file).value(subject) {
            Value::Call(op) => {
                let made = Site { file: site.file, op: *op };
                !self.targets.nodes(made).any(|it| world.library.node(it).model(Role::SpanCurrent).is_some())
            }
            _ => true,
        }
    }

    /// Futures that are made by a call and handed to somebody who runs them, in a span or elsewhere.
    fn find_handed(&mut self, file: FileId) {
        let world = self.world;
        for (op, _) in self.targets.calls(file.index()) {
            let site = Site { file, op: *op };
            for (callee, bound) in
                self.targets.functions(site).filter(|_| !self.spawners.is_empty()).collect::<Vec<_>>()
            {
                for index in 0..world.params(callee).len() {
                    let Some(treatment) = self.spawners.treatment(callee, index) else { continue };
                    let made =
                        world.argument(site, callee, index, bound).and_then(|it| self.made_by(it, site));
                    match (made, treatment) {
                        (Some(made), Treatment::Opens) => self.carried.insert(made),
                        (Some(made), Treatment::Loses) => self.detached.insert(made),
                        _ => continue,
                    };
                }
            }
            for node in self.targets.nodes(site) {
                for model in &world.library.node(node).models {
                    let Some(value) = model.place(Slot::Function).and_then(|it| argument_at(world, site, it))
                    else {
                        continue;
                    };
                    let Some(made) = self.made_by(value, site) else { continue };
                    if runs(world, site, node).is_some() {
                        if self.runs_in_span(site, node) {
                            self.carried.insert(made);
                        }
                    } else if !model.keeps_context && !runs_at_once(model) && !gives_it_back(model) {
                        self.detached.insert(made);
                    }
                }
            }
        }
    }

    /// The call that a value comes from, directly or through a variable.
    fn made_by(&mut self, value: ValueId, site: Site) -> Option<Site> {
        match *self.world.facts(site.file).value(value) {
            Value::Call(op) => Some(Site { file: site.file, op }),
            Value::Name(name) => {
                let (file, binding) = self.eval.single_binding(name, Eval::scope_of(self.world, site))?;
                match binding.kind {
                    BindingKind::Value(value) => match *self.world.facts(file).value(value) {
                        Value::Call(op) => Some(Site { file, op }),
                        _ => None,
                    },
                    _ => None,
                }
            }
            _ => None,
        }
    }

    /// A closure or block runs where it stands, unless it is handed to somebody who runs it elsewhere.
    fn closures(&mut self, file: FileId) {
        let world = self.world;
        let facts = world.facts(file);
        for (index, it) in facts.functions.iter().enumerate() {
            let callee = world.func(file, crate::facts::FnId(index as u32));
            let (FunctionKind::Closure, Some(parent)) = (it.kind, it.parent) else { continue };
            if self.placed.contains(&callee) {
                continue;
            }
            let caller = world.func(file, parent);
            let (region, order) = it.place;
            let next =
                Site { file, op: crate::facts::OpId(order.min(facts.ops.len().saturating_sub(1) as u32)) };
            let around = self.openings.around_region(world, region, next).is_some();
            // What runs in a span runs its arguments in it.
            let carried = self.argument_of.get(&callee).is_some_and(|it| self.carried.contains(it));
            let in_span = around || carried || !self.openings.decorations[caller.index()].is_empty();
            self.edges.push(Edge { callee, caller, in_span, detached: false });
        }
    }

    fn functions_of(&mut self, value: ValueId, site: Site) -> Vec<FuncId> {
        if !self.may_be_function(value, site.file) {
            return Vec::new();
        }
        let scope = Eval::scope_of(self.world, site);
        self.eval
            .ask(value, scope)
            .iter()
            .filter_map(|it| match it {
                Thing::Function(function) | Thing::Method(function) => Some(function),
                _ => None,
            })
            .collect()
    }

    fn may_be_function(&self, value: ValueId, file: FileId) -> bool {
        match self.world.facts(file).value(value) {
            Value::Name(name) | Value::Member { name, .. } => self.names.contains(name),
            Value::Closure(_) => true,
            Value::Call(op) => {
                // `partial(f, x)` is `f`.
                self.world.call_args(Site { file, op: *op }).first().is_some_and(|it| {
                    matches!(self.world.facts(file).value(it.value), Value::Name(name) | Value::Member { name, .. } if self.names.contains(name))
                })
            }
            _ => false,
        }
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
            _ => {
                let found = self.functions_of(value, site);
                self.escaped.extend(found);
            }
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
                        self.edges.push(Edge { callee, caller, in_span, detached: false });
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
