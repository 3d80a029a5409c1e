//! Middleware and interceptors of the program itself: what opens a span in which whatever a framework serves is run covers those
//! handlers as an instrumentation does. A class of a library's instrumentation may be what is put in.

use rayon::prelude::*;
use rustc_hash::FxHashSet;

use crate::facts::{BindingKind, FnId, OpKind, RegionId, Value, ValueId};
use crate::library::{Model, NodeId, Role, Slot};
use crate::link::eval::{Eval, Scope};
use crate::link::openings::{How, Openings, argument_at, region_is_inside};
use crate::link::rounds::Targets;
use crate::link::things::{ClassId, Thing};
use crate::link::world::World;
use crate::program::FuncId;
use crate::text::{FileId, Symbol};

/// What stands around the handlers of this program.
#[derive(Default)]
pub(crate) struct Middleware {
    /// The parts of libraries whose handlers run in a span that the program's own middleware opens.
    pub(crate) served: Vec<Symbol>,
    /// Those whose outgoing calls do.
    pub(crate) called: Vec<Symbol>,
    /// Members of libraries that are put in.
    pub(crate) members: FxHashSet<NodeId>,
}

/// Something that is put around handlers, and the model of how.
struct Placed<'w> {
    thing: Thing,
    model: &'w Model,
}

pub(crate) fn find(world: &World<'_>, targets: &Targets, openings: &Openings) -> Middleware {
    let finder = Finder { world, targets, opening: opening(world, openings) };
    let mut found = Middleware::default();
    for it in finder.placed() {
        match it.thing {
            Thing::Library(node) => {
                found.members.insert(node);
            }
            thing if finder.opens_around(thing) => {
                let is_client = it.model.detail.is_some_and(|kind| kind.as_str() == "calls");
                let list = if is_client { &mut found.called } else { &mut found.served };
                list.extend(it.model.around.iter().copied());
            }
            _ => {}
        }
    }
    found
}

/// The functions that run, in a span of their own, what they are given or what they keep.
fn opening(world: &World<'_>, openings: &Openings) -> Vec<FuncId> {
    let runs = |it: FuncId| openings.wrappers[it.index()] || openings.runs.contains_key(&it);
    let serves = |it: FuncId| {
        world.function(it).name.as_str() == "call"
            && world.facts(world.file_of[it.index()]).lexical
            && world.class_of(it).is_some()
            && openings.own[it.index()].iter().any(|own| own.how == How::Run)
    };
    let all = (0..openings.own.len() as u32).map(FuncId);
    let mut found: Vec<FuncId> = all
        .filter(|it| !openings.own[it.index()].is_empty() && !world.is_test(*it))
        .filter(|it| runs(*it) || serves(*it))
        .collect();
    found.extend(openings.activated.keys().filter_map(|it| serving_in(world, it.0, it.1)));
    found.sort_unstable();
    found.dedup();
    found
}

/// `with use_span(span): await self.app(scope, receive, send)`: who makes the span need not be known.
fn serving_in(world: &World<'_>, file: FileId, region: RegionId) -> Option<FuncId> {
    let facts = world.facts(file);
    let function = world.func(file, facts.region(region).function);
    let params = world.params(function);
    let own = |it: ValueId| matches!(facts.value(it), Value::Name(name) if params.iter().any(|it| it.name == *name));
    let serves = world.ops(function).any(|(site, op)| match op.kind {
        OpKind::Call { callee, .. } if region_is_inside(facts, op.region, region) => {
            let of_self = matches!(*facts.value(callee), Value::Member { of, .. } if own(of));
            of_self && world.call_args(site).iter().filter(|it| own(it.value)).count() >= 2
        }
        _ => false,
    });
    let is_call = world.function(function).name == world.names.call && world.class_of(function).is_some();
    (is_call && serves && !world.is_test(function)).then_some(function)
}

struct Finder<'w, 'a> {
    world: &'w World<'a>,
    targets: &'w Targets,
    opening: Vec<FuncId>,
}

impl<'w> Finder<'w, '_> {
    fn placed(&self) -> Vec<Placed<'w>> {
        let files = self.world.each_file().filter(|it| !self.world.files[it.index()].test);
        let mut placed: Vec<Placed<'w>> = files.flat_map_iter(|file| self.registered(file)).collect();
        placed.extend(self.decorated());
        placed.extend(self.derived());
        placed.extend(self.listed());
        placed
    }

    /// `app.add_middleware(Tracing)`, `Server.layer(TracingLayer)`.
    fn registered(&self, file: FileId) -> Vec<Placed<'w>> {
        let mut placed = Vec::new();
        for site in self.targets.modelled(file) {
            for node in self.targets.nodes(site) {
                let Some(model) = self.model(node).filter(|it| it.forms.registration) else { continue };
                let place = model.place(Slot::Handler);
                let value = place.and_then(|it| argument_at(self.world, site, it));
                if let Some(value) = value {
                    self.put(value, Eval::scope_of(self.world, site), model, &mut placed);
                }
            }
        }
        placed
    }

    fn model(&self, node: NodeId) -> Option<&'w Model> {
        self.world.library.node(node).model(Role::Middleware)
    }

    fn put(&self, value: ValueId, scope: Scope, model: &'w Model, placed: &mut Vec<Placed<'w>>) {
        if let Value::Sequence(run) = self.world.facts(scope.file).value(value) {
            for part in self.world.facts(scope.file).list(run) {
                self.put(*part, scope, model, placed);
            }
            return;
        }
        let things = Eval::new(self.world).ask(value, scope);
        if !things.is_known() {
            placed.push(Placed { thing: Thing::Foreign, model });
        }
        placed.extend(things.iter().map(|thing| Placed { thing, model }));
    }

    /// `@app.middleware("http")` over a function that opens a span.
    fn decorated(&self) -> Vec<Placed<'w>> {
        let mut eval = Eval::new(self.world);
        let mut placed = Vec::new();
        for function in &self.opening {
            let (file, local) = self.world.local(*function);
            let facts = self.world.facts(file);
            for decorator in facts.list(&facts.function(local).decorators) {
                let scope = eval.decorator_scope(*function);
                for thing in eval.decorator_nodes(*decorator, scope).iter() {
                    if let Thing::Library(node) = thing
                        && let Some(model) = self.model(node).filter(|it| it.forms.decorator)
                    {
                        placed.push(Placed { thing: Thing::Function(*function), model });
                    }
                }
            }
        }
        placed
    }

    /// A class of such a base, of which the program makes an instance somewhere: who takes it need not be known.
    fn derived(&self) -> Vec<Placed<'w>> {
        let mut placed = Vec::new();
        for class in self.classes() {
            let models = self.world.class(class).outside.iter().filter_map(|it| self.model(*it));
            let models: Vec<&Model> = models.filter(|it| it.forms.base).collect();
            if !models.is_empty() && self.is_made(class) {
                placed.extend(models.into_iter().map(|model| Placed { thing: Thing::Class(class), model }));
            }
        }
        placed
    }

    /// The classes in which something opens a span around what it runs.
    fn classes(&self) -> Vec<ClassId> {
        let mut classes: Vec<ClassId> = self.opening.iter().filter_map(|it| self.class_around(*it)).collect();
        classes.sort_unstable();
        classes.dedup();
        classes
    }

    fn is_made(&self, class: ClassId) -> bool {
        self.world.each_file().filter(|it| !self.world.files[it.index()].test).any(|file| {
            let mut calls = self.targets.calls(file);
            calls.any(|(_, callees)| callees.contains(Thing::Class(class)))
        })
    }

    /// `MIDDLEWARE = ["shop.telemetry.Tracing"]` at the top of a module.
    fn listed(&self) -> Vec<Placed<'w>> {
        let mut placed = Vec::new();
        for (name, model) in self.world.library.settings(Role::Middleware) {
            for index in (0..self.world.files.len()).filter(|it| !self.world.files[*it].test) {
                let facts = self.world.facts(FileId(index as u32));
                for binding in facts.bindings_of(FnId::MODULE, name) {
                    if let BindingKind::Value(value) = binding.kind {
                        self.named(FileId(index as u32), value, model, &mut placed);
                    }
                }
            }
        }
        placed
    }

    fn named(&self, file: FileId, value: ValueId, model: &'w Model, placed: &mut Vec<Placed<'w>>) {
        let facts = self.world.facts(file);
        match facts.value(value) {
            Value::Sequence(run) => {
                for part in facts.list(run) {
                    self.named(file, *part, model, placed);
                }
            }
            Value::Text(path) => {
                let things = Eval::new(self.world).named_by_text(file, path.as_str());
                placed.extend(things.iter().map(|thing| Placed { thing, model }));
            }
            _ => {}
        }
    }

    /// Whether what is put in opens a span around what it runs.
    fn opens_around(&self, thing: Thing) -> bool {
        match thing {
            Thing::Function(function) | Thing::Method(function) => {
                self.opening.iter().any(|it| *it == function || self.is_within(*it, function))
            }
            Thing::Class(class) | Thing::Instance(class) => {
                self.has_opening(class) || self.gives_opening(class)
            }
            _ => false,
        }
    }

    fn has_opening(&self, class: ClassId) -> bool {
        let line = &self.world.class(class).line;
        self.opening.iter().filter_map(|it| self.class_around(*it)).any(|it| line.contains(&it))
    }

    /// A layer gives the service that does the work.
    fn gives_opening(&self, class: ClassId) -> bool {
        let layer = self.world.method(class, Symbol::new("layer"));
        layer.is_some_and(|it| {
            self.world.returns[it.index()].iter().any(|given| match given {
                Thing::Instance(service) => self.has_opening(service),
                _ => false,
            })
        })
    }

    fn is_within(&self, inner: FuncId, outer: FuncId) -> bool {
        self.world.file_of[inner.index()] == self.world.file_of[outer.index()]
            && self.world.function(outer).span.contains(self.world.function(inner).span)
    }

    /// The class of the method that a function is, or is written in.
    fn class_around(&self, function: FuncId) -> Option<ClassId> {
        let (file, local) = self.world.local(function);
        let facts = self.world.facts(file);
        let mut outwards = std::iter::successors(Some(local), |it| facts.function(*it).parent);
        outwards.find_map(|it| self.world.class_of(self.world.func(file, it)))
    }
}
