//! What lists, dictionaries and tuples hold as far as they are written down, and the one binding behind a name.

use crate::facts::{Binding, BindingKind, FnId, Import, OpKind, Value, ValueId};
use crate::link::eval::held::Held;
use crate::link::eval::{Eval, MOST_STEPS, Scope};
use crate::link::modules::ModuleId;
use crate::link::things::{Site, Thing, Things};
use crate::program::FuncId;
use crate::text::{FileId, Symbol};

/// Constants are not handed on through more modules that import everything.
const DEEPEST_STAR: u32 = 4;

impl<'w, 'a> Eval<'w, 'a> {
    pub(super) fn item(&mut self, of: ValueId, key: ValueId, scope: Scope) -> Things {
        let library = self.world.library;
        let container = self.things(of, scope);
        let mut found: Things = container
            .iter()
            .filter_map(|it| match it {
                Thing::Object(node) => library.element(node).map(Thing::Object),
                Thing::Class(class) => Some(Thing::Class(class)),
                Thing::Library(node) if library.node(node).is_type => Some(Thing::Library(node)),
                _ => None,
            })
            .collect();
        let facts = self.world.facts(scope.file);
        if let Some((entries, inner)) = self.literal_dict(of, scope) {
            let wanted = match facts.value(key) {
                Value::Text(text) => Some(*text),
                _ => None,
            };
            let inner_facts = self.world.facts(inner.file);
            for (key, value) in inner_facts.dict(&entries) {
                let matches = match (wanted, key.map(|it| inner_facts.value(it))) {
                    (Some(wanted), Some(Value::Text(text))) => *text == wanted,
                    _ => true,
                };
                if matches {
                    found.join(&self.things(*value, inner));
                }
            }
        }
        if found.is_empty() {
            found = self.promised(of, Held::Item, scope);
        }
        if found.is_empty()
            && !facts.lexical
            && matches!(facts.value(key), Value::Name(_) | Value::Member { .. })
        {
            found = self.asked_for(key, scope);
        }
        found
    }

    /// `container[Tracer]`: who is asked for a type gives one of it.
    fn asked_for(&mut self, key: ValueId, scope: Scope) -> Things {
        let library = self.world.library;
        let types = self.things(key, scope);
        types
            .iter()
            .filter_map(|it| match it {
                Thing::Class(class) => Some(Thing::Instance(class)),
                Thing::Library(node) if library.node(node).is_type => Some(Thing::Object(node)),
                _ => None,
            })
            .collect()
    }

    /// The dictionary display that a value is, or that a name is bound to.
    pub(super) fn literal_dict(
        &mut self,
        value: ValueId,
        scope: Scope,
    ) -> Option<(crate::facts::Run, Scope)> {
        let (value, scope) = self.display(value, scope, 0)?;
        match self.world.facts(scope.file).value(value) {
            Value::Dict(run) => Some((run.clone(), scope)),
            _ => None,
        }
    }

    /// Follows names to the one display (dictionary, list, comprehension) that they stand for.
    pub(crate) fn display(&mut self, value: ValueId, scope: Scope, depth: u32) -> Option<(ValueId, Scope)> {
        let facts = self.world.facts(scope.file);
        match facts.value(value) {
            Value::Dict(_) | Value::Sequence(_) | Value::Many(_) => Some((value, scope)),
            Value::Name(name) if depth < 6 => {
                let (file, binding) = self.single_binding(*name, scope)?;
                match &binding.kind {
                    BindingKind::Value(value) => self.display(*value, Self::at(file, binding), depth + 1),
                    BindingKind::Import(import) => {
                        let (file, binding) = self.imported_binding(file, binding.from, *import, 0)?;
                        match &binding.kind {
                            BindingKind::Value(value) => {
                                self.display(*value, Self::at(file, binding), depth + 1)
                            }
                            _ => None,
                        }
                    }
                    _ => None,
                }
            }
            Value::Member { of, name } if depth < 6 => match self.member_binding(*of, *name, scope) {
                Some((file, binding)) => match &binding.kind {
                    BindingKind::Value(value) => self.display(*value, Self::at(file, binding), depth + 1),
                    _ => None,
                },
                None => self.kept_display(*of, *name, scope),
            },
            Value::Awaited(inner) => self.display(*inner, scope, depth + 1),
            Value::Call(op) if depth < 4 => self.returned_display(Site { file: scope.file, op: *op }, depth),
            _ => None,
        }
    }

    /// The display that a method keeps on its instance.
    fn kept_display(&mut self, of: ValueId, name: Symbol, scope: Scope) -> Option<(ValueId, Scope)> {
        let world = self.world;
        if world.displays.is_empty() {
            return None;
        }
        self.things(of, scope).iter().find_map(|it| {
            let Thing::Instance(class) = it else { return None };
            let kept = world.class(class).line.iter().find_map(|owner| world.displays.get(&(*owner, name)));
            kept.map(|(site, value)| (*value, Self::scope_of(world, *site)))
        })
    }

    /// The display that a project function returns, where it returns one.
    fn returned_display(&mut self, site: Site, depth: u32) -> Option<(ValueId, Scope)> {
        let world = self.world;
        self.called(site).into_iter().find_map(|function| {
            world.ops(function).find_map(|(inner, op)| match op.kind {
                OpKind::Return(Some(value)) => self.display(value, Self::scope_of(world, inner), depth + 2),
                _ => None,
            })
        })
    }

    /// The binding of a module's or class's member: where a constant is defined.
    pub(crate) fn member_binding(
        &mut self,
        of: ValueId,
        name: Symbol,
        scope: Scope,
    ) -> Option<(FileId, &'a Binding)> {
        let world = self.world;
        for thing in self.things(of, scope).iter() {
            match thing {
                Thing::Module(module) => {
                    if let Some(file) = world.modules.get(module).file {
                        let found = self.module_binding(file, name, 0);
                        if found.is_some() {
                            return found;
                        }
                    }
                }
                Thing::Class(class) | Thing::Instance(class) => {
                    for owner in &world.class(class).line {
                        let file = world.class(*owner).file;
                        let body = world.class_facts(*owner).body;
                        let facts = world.facts(file);
                        let found = facts.bindings_of(body, name).iter().rev().find(|it| is_assigned(it));
                        if let Some(found) = found {
                            return Some((file, found));
                        }
                    }
                }
                _ => {}
            }
        }
        None
    }

    /// The binding that a name means here, when one decides.
    pub(crate) fn single_binding(&mut self, name: Symbol, scope: Scope) -> Option<(FileId, &'a Binding)> {
        let facts = self.world.facts(scope.file);
        let mut at = Some(scope.function);
        while let Some(function) = at {
            let bindings = facts.bindings_of(function, name);
            if !bindings.is_empty() {
                let chosen = match function == scope.function {
                    true if facts.lexical => self.visible(bindings, scope),
                    true => self.reaching(bindings, scope),
                    false => bindings,
                };
                return chosen.iter().rev().find(|it| is_assigned(it)).map(|it| (scope.file, it));
            }
            at = facts.function(function).parent;
        }
        self.starred_binding(scope.file, name, 0)
    }

    pub(super) fn starred_binding(
        &mut self,
        file: FileId,
        name: Symbol,
        depth: u32,
    ) -> Option<(FileId, &'a Binding)> {
        let facts = self.world.facts(file);
        self.steps += 1;
        if facts.star_imports.is_empty() || depth > DEEPEST_STAR || self.steps > MOST_STEPS {
            return None;
        }
        for (from, import) in &facts.star_imports {
            for thing in self.imported_module(file, *from, *import).iter() {
                if let Thing::Module(module) = thing
                    && let Some(from) = self.world.modules.get(module).file
                    && let Some(found) = self.module_binding(from, name, depth + 1)
                {
                    return Some(found);
                }
            }
        }
        None
    }

    /// A module-level name, through re-exports, to where it gets its value.
    pub(crate) fn module_binding(
        &mut self,
        file: FileId,
        name: Symbol,
        depth: u32,
    ) -> Option<(FileId, &'a Binding)> {
        if depth > 12 {
            return None;
        }
        let module = self.world.modules.of_file(file);
        self.binding_in(module, name, depth)
    }

    fn binding_in(&mut self, module: ModuleId, name: Symbol, depth: u32) -> Option<(FileId, &'a Binding)> {
        if depth > 12 {
            return None;
        }
        let (file, scope) = (self.world.modules.get(module).file?, self.world.modules.get(module).scope);
        let facts = self.world.facts(file);
        let Some(binding) = facts.bindings_of(scope, name).iter().rev().find(|it| is_assigned(it)) else {
            return self.starred_binding(file, name, depth);
        };
        match &binding.kind {
            BindingKind::Import(import) => self.imported_binding(file, binding.from, *import, depth + 1),
            _ => Some((file, binding)),
        }
    }

    pub(crate) fn imported_binding(
        &mut self,
        file: FileId,
        from: FnId,
        import: Import,
        depth: u32,
    ) -> Option<(FileId, &'a Binding)> {
        let name = import.name?;
        for thing in self.imported_module(file, from, import).iter() {
            if let Thing::Module(module) = thing
                && let Some(found) = self.binding_in(module, name, depth + 1)
            {
                return Some(found);
            }
        }
        None
    }

    pub(super) fn element(&mut self, of: ValueId, scope: Scope) -> Things {
        let library = self.world.library;
        let mut found = Things::none();
        if let Some((display, inner)) = self.display(of, scope, 0) {
            let facts = self.world.facts(inner.file);
            match facts.value(display) {
                Value::Sequence(run) => {
                    for part in facts.list(run) {
                        found.join(&self.things(*part, inner));
                    }
                }
                Value::Many(part) => found.join(&self.things(*part, inner)),
                _ => {}
            }
        }
        for thing in self.things(of, scope).iter() {
            match thing {
                Thing::Object(node) => {
                    if let Some(items) = library.element(node) {
                        found.add(Thing::Object(items));
                    }
                }
                Thing::Class(class) => found.add(Thing::Instance(class)),
                _ => {}
            }
        }
        if found.is_empty() {
            found = self.promised_element(of, scope);
        }
        found
    }

    pub(super) fn part(&mut self, of: ValueId, index: u32, scope: Scope) -> Things {
        let found = self.written_part(of, index, scope);
        if found.is_empty() { self.promised_part(of, index, scope) } else { found }
    }

    fn written_part(&mut self, of: ValueId, index: u32, scope: Scope) -> Things {
        let facts = self.world.facts(scope.file);
        match facts.value(of) {
            Value::Sequence(run) => {
                let part = facts.list(run).get(index as usize).copied();
                part.map_or_else(Things::none, |it| self.things(it, scope))
            }
            Value::Call(op) => self.returned_part(Site { file: scope.file, op: *op }, index),
            Value::Awaited(inner) => self.written_part(*inner, index, scope),
            Value::Either(run) if facts.lexical => {
                let mut found = Things::none();
                for one in facts.list(run) {
                    found.join(&self.part(*one, index, scope));
                }
                found
            }
            Value::Element(source) => match self.display(*source, scope, 0) {
                Some((display, inner)) => self.part_of_elements(display, index, inner),
                None => Things::none(),
            },
            _ => Things::none(),
        }
    }

    pub(super) fn part_of_elements(&mut self, display: ValueId, index: u32, scope: Scope) -> Things {
        let facts = self.world.facts(scope.file);
        let mut found = Things::none();
        if let Value::Sequence(run) = facts.value(display) {
            for element in facts.list(run) {
                if let Value::Sequence(inner) = facts.value(*element)
                    && let Some(part) = facts.list(inner).get(index as usize)
                {
                    found.join(&self.things(*part, scope));
                }
            }
        }
        found
    }

    /// `a, b = f()`: the parts of the tuples that `f` returns.
    pub(super) fn returned_part(&mut self, site: Site, index: u32) -> Things {
        let mut found = Things::none();
        for function in self.called(site) {
            let (file, local) = self.world.local(function);
            let facts = self.world.facts(file);
            for (op, it) in facts.ops_of(local) {
                if let OpKind::Return(Some(value)) = it.kind
                    && let Value::Sequence(run) = facts.value(value)
                    && let Some(part) = facts.list(run).get(index as usize)
                {
                    let scope = Self::scope_of(self.world, Site { file, op });
                    found.join(&self.things(*part, scope));
                }
            }
        }
        found
            .iter()
            .filter(|it| !matches!(it, Thing::Param(..) | Thing::Called(..) | Thing::Text(_)))
            .collect()
    }

    /// The value of a keyword that a call takes out of `**mapping`, where the mapping is written down in the function.
    pub(crate) fn spread_argument(&mut self, site: Site, keyword: Symbol) -> Option<(ValueId, Scope)> {
        let scope = Self::scope_of(self.world, site);
        let args = self.world.call_args(site);
        for arg in args.iter().filter(|it| it.spread == crate::facts::Spread::Dict) {
            let Some((display, inner)) = self.display(arg.value, scope, 0) else { continue };
            let facts = self.world.facts(inner.file);
            let Value::Dict(run) = facts.value(display) else { continue };
            let entry = facts.dict(run).iter().find(|(key, _)| {
                key.is_some_and(|it| matches!(facts.value(it), Value::Text(text) if *text == keyword))
            });
            if let Some((_, value)) = entry {
                return Some((*value, inner));
            }
        }
        None
    }

    /// The project's functions that a call reaches.
    pub(crate) fn called(&mut self, site: Site) -> Vec<FuncId> {
        let Some(callee) = self.world.callee(site) else { return Vec::new() };
        let scope = Self::scope_of(self.world, site);
        self.things(callee, scope)
            .iter()
            .filter_map(|it| match it {
                Thing::Function(function) | Thing::Method(function) => Some(function),
                _ => None,
            })
            .collect()
    }
}

fn is_assigned(binding: &Binding) -> bool {
    !matches!(binding.kind, BindingKind::Declared(_))
}
