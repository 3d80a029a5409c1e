//! Keys put into a dictionary that has a name: a variable, a field, something global that others complete.

use crate::facts::{BindingKind, FnId, OpKind, Spread, Value, ValueId};
use crate::link::eval::{Eval, Scope};
use crate::link::keys::Key;
use crate::link::texts::{Part, Parts};
use crate::link::things::{Site, Thing};
use crate::program::{FuncId, TextSource};
use crate::text::{FileId, Place, Symbol};

impl<'a> Eval<'_, 'a> {
    pub(super) fn variable_keys(&mut self, name: Symbol, scope: Scope, depth: u32) -> Vec<Key> {
        let world = self.world;
        let Some((file, binding)) = self.single_binding(name, scope) else { return Vec::new() };
        let (file, binding) = match binding.kind {
            BindingKind::Import(import) => match self.imported_binding(file, binding.from, import, 0) {
                Some(found) => found,
                None => return Vec::new(),
            },
            _ => (file, binding),
        };
        let facts = world.facts(file);
        let name = binding.name;
        let is_global = facts.bindings_of(FnId::MODULE, name).iter().any(|it| std::ptr::eq(it, binding));
        let owner = if is_global { FnId::MODULE } else { binding.from };
        let mut found = Vec::new();
        for binding in facts.bindings_of(owner, name) {
            let inner = Scope { file, function: binding.from, region: binding.region, order: binding.order };
            match &binding.kind {
                BindingKind::Value(value) => found.extend(self.dict_keys(*value, inner, depth + 1)),
                BindingKind::Param(index) => {
                    found.push(self.param_keys(world.func(file, owner), *index, inner))
                }
                _ => {}
            }
        }
        let is_it = |value: ValueId| matches!(facts.value(value), Value::Name(it) if *it == name);
        found.extend(self.put_in(file, owner, &is_it, depth));
        if is_global {
            // Everybody in the module may complete it, unless the name means something of their own there.
            let others = (1..facts.functions.len() as u32).map(FnId);
            for function in others.filter(|it| facts.bindings_of(*it, name).is_empty()) {
                found.extend(self.put_in(file, function, &is_it, depth + 1));
            }
        }
        found
    }

    pub(super) fn param_keys(&mut self, function: FuncId, index: u32, scope: Scope) -> Key {
        let facts = self.world.facts(scope.file);
        let place = Place { file: scope.file, span: facts.function(scope.function).head };
        let text = Parts { parts: vec![Part::KeyOf(function, index as u16)], source: TextSource::Forwarded };
        Key { text, place, scope, value: None, whole: None }
    }

    /// What a function stores into a dictionary, statement by statement.
    pub(crate) fn put_in(
        &mut self,
        file: FileId,
        function: FnId,
        is_it: &dyn Fn(ValueId) -> bool,
        depth: u32,
    ) -> Vec<Key> {
        let world = self.world;
        let facts = world.facts(file);
        let mut found = Vec::new();
        for (op, it) in facts.ops_of(function) {
            let site = Site { file, op };
            match &it.kind {
                OpKind::SetItem { of, key, value } if is_it(*of) => {
                    let scope = Eval::scope_of(world, site);
                    let keys = self.key_options(*key, scope, depth + 1).into_iter();
                    found.extend(keys.map(|it| self.hold(it, *value, scope)));
                }
                OpKind::Call { callee, .. } => {
                    if let Value::Member { of, name } = *facts.value(*callee)
                        && is_it(of)
                    {
                        found.extend(self.put_by_call(site, name, depth));
                    } else if depth < 5 && world.call_args(site).iter().any(|it| is_it(it.value)) {
                        found.extend(self.put_by_callee(site, is_it, depth));
                    }
                }
                _ => {}
            }
        }
        found
    }

    /// A project function that stores into the dictionary it is given.
    pub(super) fn put_by_callee(
        &mut self,
        site: Site,
        is_it: &dyn Fn(ValueId) -> bool,
        depth: u32,
    ) -> Vec<Key> {
        let world = self.world;
        let scope = Eval::scope_of(world, site);
        let Some(callee) = world.callee(site) else { return Vec::new() };
        let mut found = Vec::new();
        for thing in self.things(callee, scope).iter() {
            let (function, bound) = match thing {
                Thing::Function(function) => (function, false),
                Thing::Method(function) => (function, true),
                _ => continue,
            };
            for (index, param) in world.params(function).iter().enumerate() {
                if !world.argument(site, function, index, bound).is_some_and(is_it) {
                    continue;
                }
                let (file, local) = world.local(function);
                let inner = world.facts(file);
                let name = param.name;
                let is_param = |value: ValueId| matches!(inner.value(value), Value::Name(it) if *it == name);
                found.extend(self.put_in(file, local, &is_param, depth + 2));
            }
        }
        found
    }

    /// `d.update({…}, k=v)`, `d.setdefault("k", v)`, and pairs put into a list: `pairs.append(("k", v))`.
    pub(super) fn put_by_call(&mut self, site: Site, method: Symbol, depth: u32) -> Vec<Key> {
        let scope = Eval::scope_of(self.world, site);
        let args = self.world.call_args(site);
        match (method.as_str(), args) {
            ("setdefault", [key, ..]) => self.key_options(key.value, scope, depth + 1),
            ("append" | "push", [pair]) => match self.world.facts(site.file).value(pair.value) {
                Value::Sequence(run) => {
                    let key = self.world.facts(site.file).list(run).first();
                    key.map_or_else(Vec::new, |it| self.key_options(*it, scope, depth + 1))
                }
                _ => self.dict_keys(pair.value, scope, depth + 1),
            },
            ("update" | "extend" | "extend_from_slice", _) => {
                let mut found = self.keyword_keys(site, &[], depth);
                for arg in args.iter().filter(|it| it.name.is_none() && it.spread == Spread::No) {
                    found.extend(self.dict_keys(arg.value, scope, depth + 1));
                }
                found
            }
            _ => Vec::new(),
        }
    }

    pub(super) fn member_keys(&mut self, of: ValueId, name: Symbol, scope: Scope, depth: u32) -> Vec<Key> {
        let world = self.world;
        let mut found = Vec::new();
        if let Some((file, binding)) = self.member_binding(of, name, scope)
            && let BindingKind::Value(value) = binding.kind
        {
            let inner = Scope { file, function: binding.from, region: binding.region, order: binding.order };
            found = self.dict_keys(value, inner, depth + 1);
        }
        for owner in self.things(of, scope).iter() {
            let (Thing::Instance(class) | Thing::Class(class)) = owner else { continue };
            if let Some(property) = world.method(class, name).filter(|it| self.is_property(*it)) {
                found.extend(self.returned_keys(property, depth));
                continue;
            }
            for owner in &world.class(class).line {
                let file = world.class(*owner).file;
                for binding in world.facts(file).scope(world.class_facts(*owner).body) {
                    if let BindingKind::Function(method) = binding.kind {
                        found.extend(self.field_keys(file, method, name, depth));
                    }
                }
            }
        }
        found
    }

    pub(super) fn field_keys(&mut self, file: FileId, method: FnId, name: Symbol, depth: u32) -> Vec<Key> {
        let world = self.world;
        let facts = world.facts(file);
        let mut found = Vec::new();
        for (op, it) in facts.ops_of(method) {
            if let OpKind::SetMember { name: stored, value, .. } = it.kind
                && stored == name
            {
                found.extend(self.dict_keys(value, Eval::scope_of(world, Site { file, op }), depth + 1));
            }
        }
        let is_it =
            |value: ValueId| matches!(facts.value(value), Value::Member { name: it, .. } if *it == name);
        found.extend(self.put_in(file, method, &is_it, depth + 1));
        found
    }
}
