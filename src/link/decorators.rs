//! Which functions are decorated with a span: by their own decorators, by one on their class, by a decorator called by hand.

use rayon::prelude::*;
use rustc_hash::FxHashMap;

use crate::facts::{BindingKind, FunctionKind, Op, OpKind, Value, ValueId};
use crate::library::Role;
use crate::link::eval::{Eval, Scope};
use crate::link::openings::{Decoration, Open, Openings, made_at};
use crate::link::things::{ClassId, Site, Thing};
use crate::link::world::World;
use crate::program::FuncId;
use crate::text::FileId;

/// Decorators that are called with a function whose name then stands for what they give.
type ByHand = FxHashMap<FuncId, Vec<(ValueId, Scope)>>;

pub(crate) fn find(world: &World<'_>, openings: &Openings) -> Vec<Vec<Decoration>> {
    let by_hand: Vec<Vec<(FuncId, (ValueId, Scope))>> =
        world.each_file().map(|it| by_hand_in(world, it)).collect();
    let mut all = ByHand::default();
    for (function, decorator) in by_hand.into_iter().flatten() {
        all.entry(function).or_default().push(decorator);
    }
    world.each_function().map(|it| openings.decorations_of(world, it, &all)).collect()
}

/// `load = traced(load)`, `Shop.load = traced("load")(Shop.load)`.
fn by_hand_in(world: &World<'_>, file: FileId) -> Vec<(FuncId, (ValueId, Scope))> {
    let facts = world.facts(file);
    let mut found = Vec::new();
    for op in world.leads[file.index()].rebindings.iter().map(|it| facts.op(*it)) {
        let (OpKind::Bind { value, .. } | OpKind::SetMember { value, .. }) = op.kind else { continue };
        let Value::Call(call) = *facts.value(value) else { continue };
        let site = Site { file, op: call };
        let (Some(callee), [original]) = (world.callee(site), world.call_args(site)) else { continue };
        let scope = Eval::scope_of(world, site);
        let functions = originals(world, op, original.value, scope);
        found.extend(functions.into_iter().map(|it| (it, (callee, scope))));
    }
    found
}

/// The functions that a name stood for before it was bound anew.
fn originals(world: &World<'_>, op: &Op, value: ValueId, scope: Scope) -> Vec<FuncId> {
    let facts = world.facts(scope.file);
    if let (Value::Name(name), OpKind::Bind { .. }) = (facts.value(value), &op.kind) {
        let bindings = facts.bindings_of(scope.function, *name).iter().rev();
        let last = bindings.filter(|it| it.order <= scope.order).find_map(|it| match it.kind {
            BindingKind::Function(local) => Some(world.func(scope.file, local)),
            _ => None,
        });
        return last.into_iter().collect();
    }
    let things = Eval::new(world).ask(value, scope);
    let functions = things.iter().filter_map(|it| match it {
        Thing::Function(function) | Thing::Method(function) => Some(function),
        _ => None,
    });
    functions.collect()
}

impl Openings {
    fn decorations_of(&self, world: &World<'_>, function: FuncId, by_hand: &ByHand) -> Vec<Decoration> {
        let (file, local) = world.local(function);
        let facts = world.facts(file);
        let it = facts.function(local);
        let mut found = Vec::new();
        if it.kind != FunctionKind::Named {
            return found;
        }
        let mut eval = Eval::new(world);
        for (decorator, scope) in by_hand.get(&function).into_iter().flatten() {
            if let Some(open) = self.decorator(world, &mut eval, *decorator, *scope) {
                found.push(Decoration { open, decorator: *decorator, file: scope.file });
            }
        }
        if !it.decorators.is_empty() {
            let scope = eval.decorator_scope(function);
            for decorator in facts.list(&it.decorators) {
                if let Some(open) = self.decorator(world, &mut eval, *decorator, scope) {
                    found.push(Decoration { open, decorator: *decorator, file });
                }
            }
        }
        if let Some(class) = world.class_of(function)
            && !it.name.as_str().starts_with('_')
        {
            found.extend(self.class_decorations(world, class));
        }
        found
    }

    /// The span that a decorator puts round what it decorates.
    fn decorator(
        &self,
        world: &World<'_>,
        eval: &mut Eval<'_, '_>,
        decorator: ValueId,
        scope: Scope,
    ) -> Option<Open> {
        let call = made_at(world, scope.file, decorator);
        eval.ask(decorator, scope).iter().find_map(|it| match it {
            Thing::Made(site, node) => {
                let model = world.library.node(node).model(Role::Span)?;
                (model.forms.decorator || model.forms.context).then_some(Open::Library { site, node })
            }
            Thing::Library(node) => {
                let model = world.library.node(node).model(Role::Span)?;
                model.forms.decorator.then_some(Open::Bare { node })
            }
            Thing::Given(..) => self.open_of(world, it, call),
            Thing::Function(function) | Thing::Method(function) => {
                let itself = || self.is_made_decorator(world, eval, function).then_some(function);
                let wrapper = self.wrapper_from(world, function).or_else(itself)?;
                Some(Open::Wrapped { wrapper, call })
            }
            Thing::Instance(class) | Thing::Class(class) => {
                // A class without `__call__` can still be one through its base, `ContextDecorator`.
                let wrapper = world.method(class, world.names.call).and_then(|method| {
                    let own = self.wrappers[method.index()].then_some(method);
                    self.wrapper_from(world, method).or(own.filter(|_| matches!(it, Thing::Class(_))))
                });
                match wrapper {
                    Some(wrapper) => Some(Open::Wrapped { wrapper, call }),
                    None => self.open_of(world, it, call),
                }
            }
            _ => None,
        })
    }

    /// The inner function that a decorator puts in place of what it decorates, if that opens a span.
    fn wrapper_from(&self, world: &World<'_>, decorator: FuncId) -> Option<FuncId> {
        world.returns[decorator.index()].iter().find_map(|it| match it {
            Thing::Function(inner) if self.wrappers[inner.index()] => Some(inner),
            _ => None,
        })
    }

    /// A function that runs its first parameter in a span, and that a library makes a decorator of.
    fn is_made_decorator(&self, world: &World<'_>, eval: &mut Eval<'_, '_>, function: FuncId) -> bool {
        self.runs.get(&function).is_some_and(|it| it.contains(&0)) && makes_decorator(world, eval, function)
    }

    /// A decorator on the class that wraps its methods.
    fn class_decorations(&self, world: &World<'_>, class: ClassId) -> Vec<Decoration> {
        let it = world.class_facts(class);
        let file = world.class(class).file;
        let facts = world.facts(file);
        let mut found = Vec::new();
        if it.decorators.is_empty() {
            return found;
        }
        let mut eval = Eval::new(world);
        let scope =
            Scope { file, function: it.parent, region: facts.function(it.parent).body, order: u32::MAX };
        for decorator in facts.list(&it.decorators) {
            for thing in eval.ask(*decorator, scope).iter() {
                let Thing::Function(function) = thing else { continue };
                if let Some(wrapper) = self.method_wrapper(world, function) {
                    let call = made_at(world, file, *decorator);
                    found.push(Decoration {
                        open: Open::Wrapped { wrapper, call },
                        decorator: *decorator,
                        file,
                    });
                }
            }
        }
        found
    }

    /// `setattr(cls, name, wrapped)` inside a class decorator, where what is set is a wrapper.
    fn method_wrapper(&self, world: &World<'_>, decorator: FuncId) -> Option<FuncId> {
        let mut eval = Eval::new(world);
        world.ops(decorator).find_map(|(site, op)| {
            let OpKind::Call { callee, .. } = op.kind else { return None };
            let facts = world.facts(site.file);
            if !matches!(facts.value(callee), Value::Name(name) if name.as_str() == "setattr") {
                return None;
            }
            let [_, _, wrapped] = world.call_args(site) else { return None };
            let scope = Eval::scope_of(world, site);
            eval.ask(wrapped.value, scope).iter().find_map(|it| match it {
                Thing::Function(inner) if self.wrappers[inner.index()] => Some(inner),
                Thing::Function(inner) => self.wrapper_from(world, inner),
                _ => None,
            })
        })
    }
}

/// Whether one of the function's own decorators turns it into a decorator of what it gets first.
pub(crate) fn makes_decorator(world: &World<'_>, eval: &mut Eval<'_, '_>, function: FuncId) -> bool {
    let (file, local) = world.local(function);
    let facts = world.facts(file);
    let scope = eval.decorator_scope(function);
    facts.list(&facts.function(local).decorators).iter().any(|it| {
        eval.decorator_nodes(*it, scope).iter().any(|it| match it {
            Thing::Library(node) => {
                let model = world.library.node(node).model(Role::Transparent);
                model.and_then(|it| it.detail).is_some_and(|it| it.as_str() == "makes-decorator")
            }
            _ => false,
        })
    })
}
