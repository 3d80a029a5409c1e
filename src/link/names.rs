//! The name of a span, through the wrappers that open it.

use crate::facts::{FunctionKind, Spread, Value};
use crate::library::{Role, Slot};
use crate::link::decorators::makes_decorator;
use crate::link::eval::Eval;
use crate::link::openings::{Open, Openings};
use crate::link::rounds::Targets;
use crate::link::texts::{Env, Given, Part, Parts};
use crate::link::things::{ClassId, Site, Thing};
use crate::link::world::World;
use crate::program::{FuncId, TextSource};
use crate::text::Symbol;

const DEEPEST: u32 = 10;

pub(crate) struct SpanNames<'w, 'a> {
    pub(crate) world: &'w World<'a>,
    pub(crate) targets: &'w Targets,
    pub(crate) openings: &'w Openings,
}

impl SpanNames<'_, '_> {
    /// The name of a span opened so, with the function that it decorates, if it does.
    pub(crate) fn of(&self, eval: &mut Eval<'_, '_>, open: Open, decorated: Option<FuncId>) -> Parts {
        let name = self.with(eval, open, decorated, &Env::new(), 0);
        match open {
            Open::Library { .. } | Open::Bare { .. } => name,
            _ => self.made_once(eval, name),
        }
    }

    /// A helper that is a method of an object of which there is only one: what that was made with is known.
    fn made_once(&self, eval: &mut Eval<'_, '_>, mut name: Parts) -> Parts {
        let world = self.world;
        let mut parts = Vec::with_capacity(name.parts.len());
        for part in name.parts {
            let maker = match part {
                Part::Param(init, _) if world.function(init).name == world.names.init => {
                    world.class_of(init).and_then(|it| self.targets.only_maker(it)).map(|it| (init, it))
                }
                _ => None,
            };
            match (maker, part) {
                (Some((init, site)), Part::Param(_, index)) => {
                    let env = vec![(init, Given::Call(site, true))];
                    parts.extend(eval.param_text(init, index, &env, 0).parts);
                }
                _ => parts.push(part),
            }
        }
        name.parts = parts;
        name
    }

    /// Whether the runtime part of a name comes from the helper that opens the span, not from who calls it.
    pub(crate) fn built_by_helper(&self, eval: &mut Eval<'_, '_>, open: Open) -> bool {
        let openings = self.openings;
        let inner = match open {
            Open::Given { function, .. } => {
                openings.scopes[function.index()].or(openings.gives[function.index()])
            }
            Open::Instance { class, .. } => openings.classes[class.index()],
            Open::Run { function, .. } | Open::Wrapped { wrapper: function, .. } => {
                openings.own[function.index()].first().map(|it| it.open)
            }
            Open::Library { .. } | Open::Bare { .. } => None,
        };
        inner.is_some_and(|it| self.of(eval, it, None).parts.iter().any(|it| matches!(it, Part::Hole(false))))
    }

    fn with(
        &self,
        eval: &mut Eval<'_, '_>,
        open: Open,
        decorated: Option<FuncId>,
        env: &Env,
        depth: u32,
    ) -> Parts {
        if depth > DEEPEST {
            return Parts::hole(false);
        }
        match open {
            Open::Library { site, node } => self.library(eval, site, node, decorated, env),
            Open::Bare { node } => self.bare(node, decorated),
            Open::Given { function, call } => {
                let Some(inner) =
                    self.openings.scopes[function.index()].or(self.openings.gives[function.index()])
                else {
                    return Parts::hole(false);
                };
                let env = self.extended(env, function, call);
                self.with(eval, inner, decorated, &env, depth + 1)
            }
            Open::Instance { class, made } => {
                if let Some((function, call, made)) = made.and_then(|it| self.made_by_helper(it, class)) {
                    let env = self.extended(env, function, call);
                    let open = Open::Instance { class, made: Some(made) };
                    return self.with(eval, open, decorated, &env, depth + 1);
                }
                let Some(inner) = self.openings.classes[class.index()] else { return Parts::hole(false) };
                let mut env = env.clone();
                if let (Some(site), Some(init)) = (made, self.world.method(class, self.world.names.init)) {
                    env.push((init, Given::Call(site, true)));
                }
                self.with(eval, inner, decorated, &env, depth + 1)
            }
            Open::Run { function, call } => {
                let Some(inner) = self.openings.own[function.index()].first() else {
                    return Parts::hole(false);
                };
                let env = self.extended(env, function, call);
                self.with(eval, inner.open, decorated, &env, depth + 1)
            }
            Open::Wrapped { wrapper, call } => {
                let Some(inner) = self.openings.own[wrapper.index()].first() else {
                    return Parts::hole(false);
                };
                let mut env = self.wrapped(wrapper, call, decorated, env);
                if let Some(decorated) = decorated.filter(|_| makes_decorator(self.world, eval, wrapper)) {
                    env.push((wrapper, Given::Decorates(decorated)));
                }
                self.with(eval, inner.open, decorated, &env, depth + 1)
            }
        }
    }

    /// An instance that this call does not make itself: the helper that it calls, and where that makes it.
    fn made_by_helper(&self, call: Site, class: ClassId) -> Option<(FuncId, Site, Site)> {
        self.targets.functions(call).find_map(|(helper, _)| {
            let gives = |it: FuncId| self.world.returns[it.index()].contains(Thing::Instance(class));
            let mut calls = self.targets.calls_of(self.world, helper);
            let (op, _) = calls.find(|(_, callees)| {
                callees.contains(Thing::Class(class))
                    || callees.functions().any(|(it, _)| it != helper && gives(it))
            })?;
            Some((helper, call, Site { file: self.world.file_of[helper.index()], op }))
        })
    }

    fn library(
        &self,
        eval: &mut Eval<'_, '_>,
        site: Site,
        node: crate::library::NodeId,
        decorated: Option<FuncId>,
        env: &Env,
    ) -> Parts {
        let place = self.world.library.node(node).model(Role::Span).and_then(|it| it.place(Slot::Name));
        let Some(place) = place else { return self.bare(node, decorated) };
        if place.receiver {
            return self.built(eval, site, env);
        }
        let named = eval.argument_text(site, place.keyword, place.index.map(usize::from), env, 0);
        let says_nothing = |it: &Parts| it.parts.iter().all(|part| matches!(part, Part::Hole(_)));
        match named {
            // A field that replaces the name when it runs leaves the name that is written as the better answer.
            Some(text) if says_nothing(&text) && self.world.facts(site.file).lexical => {
                eval.argument_text(site, None, place.index.map(usize::from), env, 0).unwrap_or(text)
            }
            Some(text) => text,
            None if self.world.call_args(site).iter().any(|it| it.spread != Spread::No) => Parts::hole(false),
            None => self.bare(node, decorated),
        }
    }

    /// A builder was given the name when it was made: `tracer.span_builder("name").with_kind(..).start(..)`.
    fn built(&self, eval: &mut Eval<'_, '_>, site: Site, env: &Env) -> Parts {
        let world = self.world;
        let mut at = site;
        for _ in 0..16 {
            let Some(Value::Call(op)) = world.receiver(at).map(|it| world.facts(at.file).value(it)) else {
                break;
            };
            at = Site { file: at.file, op: *op };
        }
        match eval.argument_text(at, None, Some(0), env, 0) {
            Some(text) if at != site => text,
            _ => Parts::hole(false),
        }
    }

    /// No name is given: the model's fixed one, else that of the decorated function.
    fn bare(&self, node: crate::library::NodeId, decorated: Option<FuncId>) -> Parts {
        let fixed = self.world.library.node(node).model(Role::Span).and_then(|it| it.fixed_name);
        let name = fixed.or_else(|| decorated.map(|it| self.world.function(it).name));
        match name {
            Some(text) => Parts { parts: vec![Part::Literal(text)], source: TextSource::Constant },
            None => Parts::hole(false),
        }
    }

    fn extended(&self, env: &Env, function: FuncId, call: Site) -> Env {
        let mut env = env.clone();
        env.retain(|(it, _)| *it != function);
        env.push((function, Given::Call(call, self.is_bound(call, function))));
        env
    }

    fn is_bound(&self, call: Site, function: FuncId) -> bool {
        self.targets.of(call).contains(Thing::Method(function)) || self.calls_instance(call, function)
    }

    /// An instance is called, and the function is its class's `__call__`.
    fn calls_instance(&self, call: Site, function: FuncId) -> bool {
        self.targets.of(call).iter().any(|it| match it {
            Thing::Instance(class) => self.world.method(class, self.world.names.call) == Some(function),
            _ => false,
        })
    }

    /// The functions around a decorator's inner one: the one that was called has the call's arguments, the others what they decorate.
    fn wrapped(&self, wrapper: FuncId, call: Option<Site>, decorated: Option<FuncId>, env: &Env) -> Env {
        let world = self.world;
        let mut env = env.clone();
        let called = call.map(|it| self.targets.of(it));
        let (file, local) = world.local(wrapper);
        let facts = world.facts(file);
        // A class that is the decorator itself is made from what it decorates.
        if let (None, Some(decorated), Some(class)) = (call, decorated, world.class_of(wrapper))
            && let Some(init) = world.method(class, world.names.init)
        {
            env.push((init, Given::Decorates(decorated)));
        }
        let mut at = facts.function(local).parent;
        while let Some(local) = at {
            let function = world.func(file, local);
            let it = facts.function(local);
            if it.kind != FunctionKind::Named {
                break;
            }
            let is_called = called.as_ref().is_some_and(|it| {
                it.contains(Thing::Function(function)) || it.contains(Thing::Method(function))
            }) || call.is_some_and(|it| self.calls_instance(it, function));
            match (call, decorated) {
                (Some(site), _) if is_called => {
                    env.push((function, Given::Call(site, self.is_bound(site, function))))
                }
                (_, Some(decorated)) => env.push((function, Given::Decorates(decorated))),
                _ => {}
            }
            if let (Some(site), Some(class)) = (call, world.class_of(function))
                && self.targets.of(site).contains(Thing::Class(class))
                && let Some(init) = world.method(class, world.names.init)
            {
                env.push((init, Given::Call(site, true)));
            }
            at = it.parent;
        }
        env
    }
}

/// A dotted name for people: the function as its file calls it.
pub(crate) fn shown(world: &World<'_>, function: FuncId) -> Symbol {
    let it = world.function(function);
    let name = it.name;
    match world.class_of(function) {
        Some(class) if name.as_str().starts_with("__") => world.class_facts(class).name,
        _ => name,
    }
}
