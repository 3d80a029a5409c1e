//! What containers hold, as annotations promise it: `dict[str, Tracer]`, `list[Span]`, `tuple[Unit, Counter]`.

use crate::facts::{BindingKind, Value, ValueId};
use crate::link::eval::{Eval, Scope};
use crate::link::things::{Site, Thing, Things};
use crate::text::Symbol;

const DEEPEST: u32 = 6;

/// Which part of a container is asked for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Held {
    /// What `container[key]` gives.
    Item,
    /// What a loop over it gives.
    Element,
    /// What stands at a place of a tuple.
    Place(u32),
}

impl<'a> Eval<'_, 'a> {
    /// What the annotation of a container says of its parts; nothing where there is none.
    pub(super) fn promised(&mut self, container: ValueId, held: Held, scope: Scope) -> Things {
        match self.annotation_of(container, scope, 0).and_then(|(it, at)| self.held_by(it, held, at, 0)) {
            Some((annotation, at)) => self.annotated(annotation, at),
            None => Things::none(),
        }
    }

    /// The annotation that speaks for a value, and where it is written.
    fn annotation_of(&mut self, value: ValueId, scope: Scope, depth: u32) -> Option<(ValueId, Scope)> {
        if depth > DEEPEST {
            return None;
        }
        let facts = self.world.facts(scope.file);
        match *facts.value(value) {
            Value::Name(name) => self.annotation_of_name(name, scope),
            Value::Member { of, name } => self.annotation_of_member(of, name, scope),
            Value::Item { of, .. } => {
                let (annotation, at) = self.annotation_of(of, scope, depth + 1)?;
                self.held_by(annotation, Held::Item, at, 0)
            }
            Value::Element(of) => {
                let (annotation, at) = self.annotation_of(of, scope, depth + 1)?;
                self.held_by(annotation, Held::Element, at, 0)
            }
            Value::Part(of, index) => {
                let (annotation, at) = self.annotation_of(of, scope, depth + 1)?;
                self.held_by(annotation, Held::Place(index), at, 0)
            }
            Value::Awaited(of) => self.annotation_of(of, scope, depth + 1),
            Value::Call(op) => self.annotation_of_result(Site { file: scope.file, op }, scope, depth),
            _ => None,
        }
    }

    fn annotation_of_name(&mut self, name: Symbol, scope: Scope) -> Option<(ValueId, Scope)> {
        let facts = self.world.facts(scope.file);
        let mut at = Some(scope.function);
        while let Some(function) = at {
            let bindings = facts.bindings_of(function, name);
            for binding in bindings {
                let annotation = match binding.kind {
                    BindingKind::Declared(annotation) => annotation,
                    BindingKind::Param(index) => facts.params(binding.from).get(index as usize)?.annotation,
                    _ => continue,
                };
                if annotation != ValueId::OPAQUE {
                    return Some((annotation, Self::at(scope.file, binding)));
                }
            }
            if !bindings.is_empty() {
                return None;
            }
            at = facts.function(function).parent;
        }
        None
    }

    fn annotation_of_member(&mut self, of: ValueId, name: Symbol, scope: Scope) -> Option<(ValueId, Scope)> {
        let world = self.world;
        self.things(of, scope).iter().find_map(|it| {
            let (Thing::Instance(class) | Thing::Class(class)) = it else { return None };
            world.class(class).line.iter().find_map(|owner| {
                let file = world.class(*owner).file;
                let body = world.class_facts(*owner).body;
                world.facts(file).bindings_of(body, name).iter().find_map(|it| match it.kind {
                    BindingKind::Declared(annotation) => Some((annotation, Self::at(file, it))),
                    _ => None,
                })
            })
        })
    }

    /// What a project function promises to return; `d.get(key)` speaks of what `d` holds.
    fn annotation_of_result(&mut self, site: Site, scope: Scope, depth: u32) -> Option<(ValueId, Scope)> {
        let world = self.world;
        let callee = world.callee(site)?;
        if let Some(mapping) = self.looked_up_in(callee, scope) {
            let (annotation, at) = self.annotation_of(mapping, scope, depth + 1)?;
            return self.held_by(annotation, Held::Item, at, 0);
        }
        self.called(site).into_iter().find_map(|function| {
            let returns = world.function(function).returns;
            (returns != ValueId::OPAQUE).then(|| (returns, self.decorator_scope(function)))
        })
    }

    /// The `d` of `d.get`, `d.pop` and `d.setdefault`.
    pub(super) fn looked_up_in(&self, callee: ValueId, scope: Scope) -> Option<ValueId> {
        match *self.world.facts(scope.file).value(callee) {
            Value::Member { of, name } if matches!(name.as_str(), "get" | "pop" | "setdefault") => Some(of),
            _ => None,
        }
    }

    fn held_by(&self, annotation: ValueId, held: Held, at: Scope, depth: u32) -> Option<(ValueId, Scope)> {
        if depth > DEEPEST {
            return None;
        }
        let facts = self.world.facts(at.file);
        let (of, key) = match facts.value(annotation) {
            Value::Item { of, key } => (*of, *key),
            Value::Either(run) => {
                return facts.list(run).iter().find_map(|it| self.held_by(*it, held, at, depth + 1));
            }
            _ => return None,
        };
        let (Value::Name(generic) | Value::Member { name: generic, .. }) = facts.value(of) else {
            return None;
        };
        let parts = match facts.value(key) {
            Value::Sequence(run) => facts.list(run),
            _ => std::slice::from_ref(&key),
        };
        let part = match (generic.as_str(), held) {
            ("Optional" | "Union" | "Annotated" | "Final" | "ClassVar", _) => {
                return parts.iter().find_map(|it| self.held_by(*it, held, at, depth + 1));
            }
            ("tuple" | "Tuple", Held::Place(index)) => parts.get(index as usize).or_else(|| parts.last()),
            (
                "dict" | "Dict" | "Mapping" | "MutableMapping" | "defaultdict" | "DefaultDict"
                | "OrderedDict",
                Held::Item,
            ) => parts.get(1),
            (
                "list" | "List" | "Sequence" | "MutableSequence" | "Iterable" | "Iterator" | "Collection"
                | "set" | "Set" | "frozenset" | "tuple" | "Tuple" | "deque" | "AsyncIterator"
                | "AsyncIterable" | "Generator",
                _,
            ) => parts.first(),
            _ => None,
        };
        part.map(|it| (*it, at))
    }

    /// What a loop over a container gives: `for it in d.values()`, `for it in some_list`.
    pub(super) fn promised_element(&mut self, container: ValueId, scope: Scope) -> Things {
        match self.view_of(container, "values", scope) {
            Some(mapping) => self.promised(mapping, Held::Item, scope),
            None => self.promised(container, Held::Element, scope),
        }
    }

    /// One side of what `a, b = …` and `for a, b in …` take apart.
    pub(super) fn promised_part(&mut self, of: ValueId, index: u32, scope: Scope) -> Things {
        if let Value::Element(source) = *self.world.facts(scope.file).value(of)
            && let Some(mapping) = self.view_of(source, "items", scope)
        {
            return if index == 1 { self.promised(mapping, Held::Item, scope) } else { Things::none() };
        }
        self.promised(of, Held::Place(index), scope)
    }

    /// The mapping whose `values()` or `items()` a value is.
    fn view_of(&self, value: ValueId, method: &str, scope: Scope) -> Option<ValueId> {
        let facts = self.world.facts(scope.file);
        let Value::Call(op) = facts.value(value) else { return None };
        let callee = self.world.callee(Site { file: scope.file, op: *op })?;
        match *facts.value(callee) {
            Value::Member { of, name } if name.as_str() == method => Some(of),
            _ => None,
        }
    }
}
