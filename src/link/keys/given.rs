//! Keys of dictionaries that calls give and take: what functions return, what keywords say, what callers pass.

use crate::facts::{BindingKind, FunctionKind, OpId, OpKind, ParamKind, Spread, Value, ValueId};
use crate::library::{Model, NodeId, Role, Slot};
use crate::link::eval::{Eval, Scope};
use crate::link::keys::{DEEPEST, Key, OF_THE_MACRO, concerns};
use crate::link::openings::{argument_at, named_param};
use crate::link::texts::{Env, Part, Parts};
use crate::link::things::{Site, Thing};
use crate::program::{FuncId, TextSource};
use crate::text::{Place, Symbol};

/// Overriding methods whose keys are looked at; past this many nobody can follow.
const MOST_OVERRIDES: usize = 8;

impl<'a> Eval<'_, 'a> {
    /// A call that gives a dictionary: `dict(..)`, `d.copy()`, a project function.
    pub(super) fn call_keys(&mut self, site: Site, scope: Scope, depth: u32) -> Vec<Key> {
        let world = self.world;
        let facts = world.facts(site.file);
        let Some(callee) = world.callee(site) else { return Vec::new() };
        match facts.value(callee) {
            Value::Name(name) if *name == world.names.dict => {
                let mut found = self.keyword_keys(site, &[], depth);
                for arg in
                    world.call_args(site).iter().filter(|it| it.name.is_none() && it.spread == Spread::No)
                {
                    found.extend(self.dict_keys(arg.value, scope, depth + 1));
                }
                return found;
            }
            Value::Member { of, name } if name.as_str() == "copy" => {
                return self.dict_keys(*of, scope, depth + 1);
            }
            _ => {}
        }
        let things = self.things(callee, scope);
        let mut found = Vec::new();
        let mut reached: Vec<(FuncId, bool)> = Vec::new();
        for thing in things.iter() {
            match thing {
                Thing::Function(function) => reached.push((function, false)),
                Thing::Method(function) => {
                    reached.push((function, true));
                    reached
                        .extend(world.overriding(function, MOST_OVERRIDES).into_iter().map(|it| (it, true)));
                }
                Thing::Library(node) => found.extend(self.library_keys(node, site, scope, depth)),
                _ => {}
            }
        }
        for (function, bound) in reached {
            let keys = self.returned_keys(function, depth);
            let whole = whole_params(keys.iter().map(|it| it.text.parts.as_slice()), function);
            for key in keys {
                if is_derived(&key.text.parts, &whole) {
                    found.push(unfilled(key, function));
                } else {
                    found.extend(self.substitute(key, function, site, bound, depth + 1));
                }
            }
        }
        found
    }

    /// The keys of what a project function returns, its parameters left as they are.
    pub(super) fn returned_keys(&mut self, function: FuncId, depth: u32) -> Vec<Key> {
        let world = self.world;
        let mut found = Vec::new();
        for (inner, op) in world.ops(function) {
            if let OpKind::Return(Some(value)) = op.kind {
                found.extend(self.dict_keys(value, Eval::scope_of(world, inner), depth + 2));
            }
        }
        found
    }

    /// A library's function that gives a dictionary: a copy, keys and values put together, what a context variable holds.
    fn library_keys(&mut self, node: NodeId, site: Site, scope: Scope, depth: u32) -> Vec<Key> {
        let world = self.world;
        let receiver = match world.callee(site).map(|it| world.facts(site.file).value(it)) {
            Some(Value::Member { of, .. }) => Some(*of),
            _ => None,
        };
        for model in &world.library.node(node).models {
            if model.role == Role::Pair {
                return self.pair_keys(model, site, depth);
            }
            let subject = model.place(Slot::Subject).and_then(|it| argument_at(world, site, it)).or(receiver);
            let Some(subject) = subject else { continue };
            match model.role {
                Role::Identity => return self.dict_keys(subject, scope, depth + 1),
                Role::Keys => return self.elements(subject, scope, depth + 1),
                Role::Held => return self.held_keys(subject, scope, depth),
                _ => {}
            }
        }
        Vec::new()
    }

    /// One attribute, made of its key and its value.
    fn pair_keys(&mut self, model: &Model, site: Site, depth: u32) -> Vec<Key> {
        let world = self.world;
        let at = |slot| model.place(slot).and_then(|it| argument_at(world, site, it));
        let value = at(Slot::Value);
        let Some(key) = at(Slot::Key) else { return Vec::new() };
        let scope = Self::scope_of(world, site);
        let keys = self.key_options(key, scope, depth + 1).into_iter();
        keys.map(|it| value.into_iter().fold(it, |it, value| self.hold(it, value, scope))).collect()
    }

    /// What a context variable may hold: what it starts with, and what its module puts into it.
    fn held_keys(&mut self, holder: ValueId, scope: Scope, depth: u32) -> Vec<Key> {
        let world = self.world;
        if depth + 3 > DEEPEST {
            return Vec::new();
        }
        let binding = match *world.facts(scope.file).value(holder) {
            Value::Name(name) => self.single_binding(name, scope),
            Value::Member { of, name } => self.member_binding(of, name, scope),
            _ => None,
        };
        let Some((file, binding)) = binding else { return Vec::new() };
        let (file, binding) = match binding.kind {
            BindingKind::Import(import) => match self.imported_binding(file, binding.from, import, 0) {
                Some(found) => found,
                None => return Vec::new(),
            },
            _ => (file, binding),
        };
        let facts = world.facts(file);
        let mut found = Vec::new();
        if let BindingKind::Value(value) = binding.kind
            && let Value::Call(op) = *facts.value(value)
        {
            let site = Site { file, op };
            let places = world.call_args(site).iter().filter(|it| it.name.is_some());
            let starts: Vec<ValueId> = places.map(|it| it.value).collect();
            let scope = Eval::scope_of(world, site);
            found.extend(starts.into_iter().flat_map(|it| self.dict_keys(it, scope, depth + 3)));
        }
        let is_it = |value: ValueId| match facts.value(value) {
            Value::Name(name) | Value::Member { name, .. } => *name == binding.name,
            _ => false,
        };
        for (index, op) in facts.ops.iter().enumerate() {
            let OpKind::Call { callee, .. } = op.kind else { continue };
            let Value::Member { of, .. } = *facts.value(callee) else { continue };
            if !is_it(of) {
                continue;
            }
            let site = Site { file, op: OpId(index as u32) };
            let scope = Eval::scope_of(world, site);
            for thing in self.things(callee, scope).iter() {
                let Thing::Library(node) = thing else { continue };
                let model = world.library.node(node).model(Role::Hold);
                let place = model.and_then(|it| it.place(Slot::Subject));
                if let Some(value) = place.and_then(|it| argument_at(world, site, it)) {
                    found.extend(self.dict_keys(value, scope, depth + 3));
                }
            }
        }
        found
    }

    /// The names of keyword arguments that are no parameters, and the keys of `**spreads`.
    pub(crate) fn keyword_keys(&mut self, site: Site, known: &[Symbol], depth: u32) -> Vec<Key> {
        let scope = Eval::scope_of(self.world, site);
        let facts = self.world.facts(site.file);
        let mut found = Vec::new();
        for arg in self.world.call_args(site) {
            match (arg.name, arg.spread) {
                (Some(name), _) if !known.contains(&name) => {
                    let place = Place { file: site.file, span: facts.value_span(arg.value) };
                    let text = Parts { parts: vec![Part::Literal(name)], source: TextSource::Literal };
                    found.push(Key { text, place, scope, value: Some(arg.value), whole: None });
                }
                (None, Spread::Dict) => found.extend(self.dict_keys(arg.value, scope, depth + 1)),
                (None, Spread::List) => found.extend(self.fields_passed_on(arg.value, site)),
                _ => {}
            }
        }
        found
    }

    /// `$($fields)*` in a macro: whatever fields its callers write there.
    fn fields_passed_on(&mut self, value: ValueId, site: Site) -> Option<Key> {
        let (function, index) = named_param(self.world, self.world.runner(site), value)?;
        let is_macro = self.world.function(function).kind == FunctionKind::Macro;
        is_macro.then(|| self.param_keys(function, u32::from(index), Eval::scope_of(self.world, site)))
    }

    /// The fields that a call of a macro hands to the variable that takes many.
    fn fields_passed(&mut self, callee: FuncId, index: u16, site: Site, depth: u32) -> Vec<Key> {
        let params = self.world.params(callee);
        let params = params.iter().filter(|it| it.kind != ParamKind::Rest).map(|it| it.name);
        let known: Vec<Symbol> = params.chain(OF_THE_MACRO.map(Symbol::new)).collect();
        let mut found = self.keyword_keys(site, &known, depth + 1);
        found.extend(self.names_from(site, usize::from(index)));
        found
    }

    /// Puts a call's arguments in place of the callee's parameters; one key may become many.
    pub(crate) fn substitute(
        &mut self,
        key: Key,
        callee: FuncId,
        site: Site,
        bound: bool,
        depth: u32,
    ) -> Vec<Key> {
        let Some(at) = key.text.parts.iter().position(|it| concerns(*it, callee)) else { return vec![key] };
        if depth > DEEPEST + 4 {
            return Vec::new();
        }
        let world = self.world;
        let replacements: Vec<Key> = match key.text.parts[at] {
            Part::KeyOf(_, index) => self.passed_keys(callee, index, site, bound, depth),
            Part::EntryKeys(_, _, keyword) => self.entry_keys(site, keyword, depth),
            Part::Param(_, index) => match world.passed_by(site, callee, usize::from(index), bound) {
                Some((value, from)) => self.key_options(value, Eval::scope_of(world, from), depth + 1),
                None => {
                    let env: Env = vec![(callee, crate::link::texts::Given::Call(site, bound))];
                    let text = self.param_text(callee, index, &env, 0);
                    vec![Key { text, place: key.place, scope: key.scope, value: None, whole: None }]
                }
            },
            _ => vec![Key { text: Parts::hole(true), ..key.clone() }],
        };
        let mut found = Vec::new();
        for mut replacement in replacements {
            let mut parts = key.text.parts[..at].to_vec();
            let source =
                if key.text.parts.len() == 1 { replacement.text.source } else { TextSource::Constant };
            parts.append(&mut replacement.text.parts);
            parts.extend(key.text.parts[at + 1..].iter().copied());
            // A value's number means something in its own file only.
            let own = key.value.filter(|_| replacement.scope.file == key.scope.file);
            let value = replacement.value.or(own);
            let whole = replacement.whole.filter(|_| key.text.parts.len() == 1);
            let next = Key {
                text: Parts { parts, source },
                place: replacement.place,
                scope: replacement.scope,
                value,
                whole,
            };
            found.extend(self.substitute(next, callee, site, bound, depth + 1));
        }
        found
    }

    pub(super) fn passed_keys(
        &mut self,
        callee: FuncId,
        index: u16,
        site: Site,
        bound: bool,
        depth: u32,
    ) -> Vec<Key> {
        let world = self.world;
        let params = world.params(callee);
        let Some(param) = params.get(usize::from(index)) else { return Vec::new() };
        if param.kind == ParamKind::Keywords {
            let known: Vec<Symbol> =
                params.iter().filter(|it| it.kind != ParamKind::Keywords).map(|it| it.name).collect();
            return self.keyword_keys(site, &known, depth);
        }
        if param.kind == ParamKind::Rest && world.function(callee).kind == FunctionKind::Macro {
            return self.fields_passed(callee, index, site, depth);
        }
        match world.passed_by(site, callee, usize::from(index), bound) {
            Some((value, from)) => self.dict_keys(value, Eval::scope_of(world, from), depth + 1),
            None => Vec::new(),
        }
    }
}

/// The parameters of a function that are a key each, as they are.
pub(crate) fn whole_params<'p>(keys: impl Iterator<Item = &'p [Part]>, function: FuncId) -> Vec<Part> {
    let whole = keys.filter_map(|parts| match parts {
        [only @ (Part::Param(owner, _) | Part::KeyOf(owner, _))] if *owner == function => Some(*only),
        _ => None,
    });
    whole.collect()
}

/// A variant of a key that is also used as it is: `f"{key}_type"` beside `key`. Who passes the key means the key; the variant is
/// the helper's own.
pub(crate) fn is_derived(parts: &[Part], whole: &[Part]) -> bool {
    parts.len() > 1 && parts.iter().any(|it| whole.contains(it))
}

fn unfilled(mut key: Key, function: FuncId) -> Key {
    for part in &mut key.text.parts {
        if concerns(*part, function) {
            *part = Part::Hole(true);
        }
    }
    key
}
