//! What annotations promise: `Tracer`, `Optional[Tracer]`, `Arc<Tracer>`.

use crate::facts::{Value, ValueId};
use crate::link::eval::{Eval, Scope};
use crate::link::things::{Thing, Things};
use crate::link::world::Answer;
use crate::program::FuncId;

impl Eval<'_, '_> {
    /// What a function's annotation promises that it gives.
    pub(super) fn return_type(&mut self, function: FuncId) -> Things {
        let world = self.world;
        let annotation = world.function(function).returns;
        if annotation == ValueId::OPAQUE {
            return Things::none();
        }
        self.promise(&world.settled.returns[function.index()], |eval| {
            let scope = eval.decorator_scope(function);
            eval.annotated(annotation, scope)
        })
    }

    /// What the annotation of a parameter promises.
    pub(super) fn param_type(&mut self, function: FuncId, index: usize) -> Things {
        let world = self.world;
        let (file, local) = world.local(function);
        let facts = world.facts(file);
        let place = facts.function(local).params.start as usize + index;
        let annotation = facts.params[place].annotation;
        if annotation == ValueId::OPAQUE {
            return Things::none();
        }
        self.promise(&world.settled.params[file.index()][place], |eval| {
            let scope = eval.decorator_scope(function);
            eval.annotated(annotation, scope)
        })
    }

    fn promise(&mut self, answer: &Answer, find: impl FnOnce(&mut Self) -> Things) -> Things {
        if let Some(known) = answer.get() {
            return known;
        }
        let loose = self.loose;
        let found = find(self);
        if self.is_settled(loose) {
            answer.keep(&found);
        }
        found
    }

    /// The things that an annotation promises.
    pub(crate) fn annotated(&mut self, annotation: ValueId, scope: Scope) -> Things {
        if annotation == ValueId::OPAQUE {
            return Things::none();
        }
        let facts = self.world.facts(scope.file);
        match facts.value(annotation) {
            Value::Item { of, key } => {
                let generic = match facts.value(*of) {
                    Value::Name(name) | Value::Member { name, .. } => name.as_str(),
                    _ => "",
                };
                match generic {
                    "Optional" | "Union" | "Annotated" | "Final" | "ClassVar" | "Awaitable" | "Coroutine"
                    | "Required" | "NotRequired" => {
                        self.annotated_key(*key, generic == "Annotated", generic == "Coroutine", scope)
                    }
                    "type" | "Type" => self.things(*key, scope),
                    _ if facts.lexical => self.wrapped(*of, *key, scope),
                    _ => self.annotated(*of, scope),
                }
            }
            Value::Either(run) => {
                let mut found = Things::none();
                for part in facts.list(run) {
                    found.join(&self.annotated(*part, scope));
                }
                found
            }
            Value::Name(_) | Value::Head(_) | Value::Member { .. } => {
                let named = self.things(annotation, scope);
                self.instances(&named)
            }
            _ => Things::none(),
        }
    }

    /// What a function is called with that is given where this is promised: `impl FnOnce(&Handle)` is called with a handle.
    pub(crate) fn handed_back(&mut self, annotation: ValueId, scope: Scope) -> Vec<Things> {
        let facts = self.world.facts(scope.file);
        let Value::Item { of, key } = *facts.value(annotation) else { return Vec::new() };
        let (Value::Name(of) | Value::Head(of) | Value::Member { name: of, .. }) = *facts.value(of) else {
            return Vec::new();
        };
        let Value::Sequence(run) = facts.value(key) else { return Vec::new() };
        if !matches!(of.as_str(), "Fn" | "FnMut" | "FnOnce" | "AsyncFn" | "AsyncFnMut" | "AsyncFnOnce") {
            return Vec::new();
        }
        let Some((_, inputs)) = facts.list(run).split_last() else { return Vec::new() };
        inputs.iter().map(|it| self.annotated(*it, scope)).collect()
    }

    /// `Arc<T>` is what `T` is; other types are themselves, whatever they are made of.
    fn wrapped(&mut self, of: ValueId, key: ValueId, scope: Scope) -> Things {
        let library = self.world.library;
        let named = self.things(of, scope);
        match named.iter().any(|it| matches!(it, Thing::Library(node) if library.node(node).wraps)) {
            true => self.annotated_key(key, true, false, scope),
            false => self.instances(&named),
        }
    }

    fn annotated_key(&mut self, key: ValueId, first_only: bool, last_only: bool, scope: Scope) -> Things {
        let facts = self.world.facts(scope.file);
        let Value::Sequence(run) = facts.value(key) else { return self.annotated(key, scope) };
        let parts = facts.list(run);
        let chosen = match (first_only, last_only) {
            (true, _) => &parts[..parts.len().min(1)],
            (_, true) => &parts[parts.len().saturating_sub(1)..],
            _ => parts,
        };
        let mut found = Things::none();
        for part in chosen {
            found.join(&self.annotated(*part, scope));
        }
        found
    }

    fn instances(&self, named: &Things) -> Things {
        let library = self.world.library;
        named
            .iter()
            .filter_map(|it| match it {
                Thing::Class(class) => Some(Thing::Instance(class)),
                Thing::Library(node) if library.node(node).is_type => Some(Thing::Object(node)),
                Thing::Object(node) => library.node(node).value.map(Thing::Object),
                Thing::Foreign => Some(Thing::Foreign),
                _ => None,
            })
            .collect()
    }
}
