//! Keys of attributes: of dictionaries built up over several statements, merged, passed on and returned, of keyword arguments,
//! of loops over any of these.

use crate::facts::{BindingKind, Facts, FnId, OpKind, ParamKind, Run, Spread, Value, ValueId};
use crate::library::{Role, Slot};
use crate::link::eval::{Eval, Scope};
use crate::link::openings::argument_at;
use crate::link::texts::{Env, Part, Parts};
use crate::link::things::{Site, Thing};
use crate::program::{FuncId, TextSource};
use crate::text::{FileId, Place, Symbol};

const DEEPEST: u32 = 9;
/// Overriding methods whose keys are looked at; past this many nobody can follow.
const MOST_OVERRIDES: usize = 8;

/// One key, where it is written, and what is stored under it.
#[derive(Clone, Debug)]
pub(crate) struct Key {
    pub(crate) text: Parts,
    pub(crate) place: Place,
    pub(crate) scope: Scope,
    pub(crate) value: Option<ValueId>,
}

impl<'a> Eval<'_, 'a> {
    /// The keys that an expression in a key's place can be.
    pub(crate) fn key_options(&mut self, value: ValueId, scope: Scope, depth: u32) -> Vec<Key> {
        if depth > DEEPEST {
            return Vec::new();
        }
        let facts = self.world.facts(scope.file);
        match facts.value(value) {
            Value::Name(name) => {
                let Some((file, binding)) = self.single_binding(*name, scope) else {
                    return self.plain_key(value, scope);
                };
                if let BindingKind::Value(inner) = binding.kind
                    && file == scope.file
                    && is_iterated(self.world.facts(file).value(inner))
                {
                    let there =
                        Scope { file, function: binding.from, region: binding.region, order: binding.order };
                    let found = self.key_options(inner, there, depth + 1);
                    // One text under a name is written where the name is used, like any constant.
                    let is_itself = |it: &Key| it.place.span == self.world.facts(file).value_span(inner);
                    if !matches!(found.as_slice(), [only] if is_itself(only)) {
                        return found;
                    }
                }
                self.plain_key(value, scope)
            }
            Value::Part(of, index) => match facts.value(*of) {
                Value::Element(source) => {
                    let found = self.pairs(*source, *index, scope, depth);
                    if found.is_empty() { self.plain_key(value, scope) } else { found }
                }
                _ => self.plain_key(value, scope),
            },
            Value::Element(source) => self.elements(*source, scope, depth),
            Value::Either(run) => {
                let list = facts.list(run);
                list.iter().flat_map(|it| self.key_options(*it, scope, depth + 1)).collect()
            }
            Value::Template(run) => self.template_keys(value, run, scope, depth),
            _ => self.plain_key(value, scope),
        }
    }

    fn plain_key(&mut self, value: ValueId, scope: Scope) -> Vec<Key> {
        let facts = self.world.facts(scope.file);
        let place = Place { file: scope.file, span: facts.value_span(value) };
        vec![Key { text: self.text(value, scope), place, scope, value: None }]
    }

    /// `f"app.{key}"`: one piece may stand for many keys.
    fn template_keys(&mut self, value: ValueId, run: &Run, scope: Scope, depth: u32) -> Vec<Key> {
        let facts = self.world.facts(scope.file);
        let pieces = facts.list(run);
        for (index, piece) in pieces.iter().enumerate() {
            let Value::Name(_) = facts.value(*piece) else { continue };
            let options = self.key_options(*piece, scope, depth + 1);
            let expands = options.len() > 1
                || options
                    .first()
                    .is_some_and(|it| it.place.span != facts.value_span(*piece) || has_key_of(&it.text));
            // A key that nobody can tell is no better for being looked for elsewhere.
            if !expands || options.iter().all(|it| it.text.parts.iter().all(|it| matches!(it, Part::Hole(_))))
            {
                continue;
            }
            let before: Vec<Part> =
                pieces[..index].iter().flat_map(|it| self.text(*it, scope).parts).collect();
            let after: Vec<Part> =
                pieces[index + 1..].iter().flat_map(|it| self.text(*it, scope).parts).collect();
            let wrap = |mut key: Key| {
                let mut parts = before.clone();
                parts.extend(key.text.parts.iter().copied());
                parts.extend(after.iter().copied());
                // What the caller passes has no place here; the template that it goes into has.
                if has_key_of(&key.text) {
                    key.place = Place { file: scope.file, span: facts.value_span(value) };
                    key.scope = scope;
                }
                key.text = Parts { parts, source: TextSource::Constant };
                key
            };
            return options.into_iter().map(wrap).collect();
        }
        self.plain_key(value, scope)
    }

    /// One side of the pairs that a loop runs over: `d.items()`, a list of tuples; `enumerate` and `zip` aside.
    fn pairs(&mut self, source: ValueId, index: u32, scope: Scope, depth: u32) -> Vec<Key> {
        let facts = self.world.facts(scope.file);
        if let Value::Call(op) = facts.value(source)
            && let OpKind::Call { callee, .. } = facts.op(*op).kind
            && let Value::Member { of, name } = *facts.value(callee)
            && name.as_str() == "items"
        {
            return if index == 0 {
                self.dict_keys(of, scope, depth + 1)
            } else {
                self.dict_texts(of, scope, depth + 1)
            };
        }
        let Some((display, inner)) = self.display(source, scope, 0) else { return Vec::new() };
        let facts = self.world.facts(inner.file);
        let Value::Sequence(run) = facts.value(display) else { return Vec::new() };
        let firsts = facts.list(run).iter().filter_map(|it| match facts.value(*it) {
            Value::Sequence(pair) => facts.list(pair).get(index as usize).copied(),
            _ => None,
        });
        firsts.collect::<Vec<_>>().into_iter().flat_map(|it| self.key_options(it, inner, depth + 1)).collect()
    }

    /// The texts that a written-down dictionary has as values: a table from one name to another.
    fn dict_texts(&mut self, of: ValueId, scope: Scope, depth: u32) -> Vec<Key> {
        let Some((display, inner)) = self.display(of, scope, 0) else { return Vec::new() };
        let facts = self.world.facts(inner.file);
        let Value::Dict(run) = facts.value(display) else { return Vec::new() };
        let values: Vec<ValueId> = facts.dict(run).iter().map(|(_, value)| *value).collect();
        values.into_iter().flat_map(|it| self.key_options(it, inner, depth + 1)).collect()
    }

    /// What a loop runs over: keys of a dictionary, texts of a list.
    fn elements(&mut self, source: ValueId, scope: Scope, depth: u32) -> Vec<Key> {
        let facts = self.world.facts(scope.file);
        if let Value::Call(op) = facts.value(source)
            && let OpKind::Call { callee, .. } = facts.op(*op).kind
            && let Value::Member { of, name } = *facts.value(callee)
            && name.as_str() == "keys"
        {
            return self.dict_keys(of, scope, depth + 1);
        }
        let Some((display, inner)) = self.display(source, scope, 0) else { return Vec::new() };
        let facts = self.world.facts(inner.file);
        match facts.value(display) {
            Value::Sequence(run) => {
                let list = facts.list(run).to_vec();
                list.into_iter().flat_map(|it| self.key_options(it, inner, depth + 1)).collect()
            }
            Value::Dict(_) => self.dict_keys(display, inner, depth + 1),
            _ => Vec::new(),
        }
    }

    /// The keys of a dictionary-valued expression, wherever they were put in.
    pub(crate) fn dict_keys(&mut self, value: ValueId, scope: Scope, depth: u32) -> Vec<Key> {
        if depth > DEEPEST {
            return Vec::new();
        }
        let facts = self.world.facts(scope.file);
        match facts.value(value) {
            Value::Dict(run) => self.entries(run, scope, depth),
            Value::Name(name) => self.variable_keys(*name, scope, depth),
            Value::Member { of, name } => self.member_keys(*of, *name, scope, depth),
            Value::Either(run) | Value::Fallback(run) => {
                let list = facts.list(run);
                list.iter().flat_map(|it| self.dict_keys(*it, scope, depth + 1)).collect()
            }
            Value::Awaited(inner) => self.dict_keys(*inner, scope, depth + 1),
            Value::Closure(local) if facts.lexical => {
                self.closure_keys(self.world.func(scope.file, *local), depth)
            }
            Value::Sequence(run) if facts.lexical => {
                let list = facts.list(run);
                list.iter()
                    .flat_map(|it| match facts.value(*it) {
                        Value::Text(_) => self.key_options(*it, scope, depth + 1),
                        _ => self.dict_keys(*it, scope, depth + 1),
                    })
                    .collect()
            }
            Value::Call(op) => self.call_keys(Site { file: scope.file, op: *op }, scope, depth),
            _ => Vec::new(),
        }
    }

    /// What a closure gives: a pair of key and value, or several.
    fn closure_keys(&mut self, closure: FuncId, depth: u32) -> Vec<Key> {
        let world = self.world;
        let mut found = Vec::new();
        for (site, op) in world.ops(closure) {
            let OpKind::Return(Some(value)) = op.kind else { continue };
            let facts = world.facts(site.file);
            let Value::Sequence(run) = facts.value(value) else { continue };
            let scope = Eval::scope_of(world, site);
            let list = facts.list(run);
            let is_pair = |it: &ValueId| matches!(facts.value(*it), Value::Sequence(_));
            let pairs: Vec<&[ValueId]> = match list.iter().all(is_pair) {
                true => list
                    .iter()
                    .filter_map(|it| match facts.value(*it) {
                        Value::Sequence(run) => Some(facts.list(run)),
                        _ => None,
                    })
                    .collect(),
                false => vec![list],
            };
            for pair in pairs {
                let [key, value, ..] = pair else { continue };
                let mut keys = self.key_options(*key, scope, depth + 1);
                keys.iter_mut().for_each(|it| it.value = it.value.or(Some(*value)));
                found.extend(keys);
            }
        }
        found
    }

    fn entries(&mut self, run: &Run, scope: Scope, depth: u32) -> Vec<Key> {
        let facts = self.world.facts(scope.file);
        let mut found = Vec::new();
        for (key, value) in facts.dict(run) {
            match key {
                Some(key) => {
                    found.extend(self.key_options(*key, scope, depth + 1).into_iter().map(|mut it| {
                        it.value.get_or_insert(*value);
                        it
                    }))
                }
                None => found.extend(self.dict_keys(*value, scope, depth + 1)),
            }
        }
        found
    }

    fn variable_keys(&mut self, name: Symbol, scope: Scope, depth: u32) -> Vec<Key> {
        let world = self.world;
        let Some((file, binding)) = self.single_binding(name, scope) else { return Vec::new() };
        let facts = world.facts(file);
        let owner = binding.from;
        let mut found = Vec::new();
        let local = file == scope.file && !facts.bindings_of(owner, name).is_empty();
        let bindings = if local { facts.bindings_of(owner, name) } else { std::slice::from_ref(binding) };
        for binding in bindings {
            let inner = Scope { file, function: binding.from, region: binding.region, order: binding.order };
            match &binding.kind {
                BindingKind::Value(value) => found.extend(self.dict_keys(*value, inner, depth + 1)),
                BindingKind::Param(index) => {
                    found.push(self.param_keys(world.func(file, owner), *index, inner))
                }
                BindingKind::Import(import) => {
                    if let Some((file, binding)) = self.imported_binding(file, binding.from, *import, 0)
                        && let BindingKind::Value(value) = binding.kind
                    {
                        let inner = Scope {
                            file,
                            function: binding.from,
                            region: binding.region,
                            order: binding.order,
                        };
                        found.extend(self.dict_keys(value, inner, depth + 1));
                    }
                }
                _ => {}
            }
        }
        let is_it = |value: ValueId| matches!(facts.value(value), Value::Name(it) if *it == name);
        if local {
            found.extend(self.put_in(file, owner, &is_it, depth));
        }
        found
    }

    fn param_keys(&mut self, function: FuncId, index: u32, scope: Scope) -> Key {
        let facts = self.world.facts(scope.file);
        let place = Place { file: scope.file, span: facts.function(scope.function).head };
        let text = Parts { parts: vec![Part::KeyOf(function, index as u16)], source: TextSource::Forwarded };
        Key { text, place, scope, value: None }
    }

    /// What a function stores into a dictionary, statement by statement.
    fn put_in(
        &mut self,
        file: crate::text::FileId,
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
                    found.extend(self.key_options(*key, scope, depth + 1).into_iter().map(|mut it| {
                        it.value.get_or_insert(*value);
                        it
                    }));
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
    fn put_by_callee(&mut self, site: Site, is_it: &dyn Fn(ValueId) -> bool, depth: u32) -> Vec<Key> {
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

    /// `d.update({…}, k=v)`, `d.setdefault("k", v)`.
    fn put_by_call(&mut self, site: Site, method: Symbol, depth: u32) -> Vec<Key> {
        let scope = Eval::scope_of(self.world, site);
        let args = self.world.call_args(site);
        match (method.as_str(), args) {
            ("setdefault", [key, ..]) => self.key_options(key.value, scope, depth + 1),
            ("update", _) => {
                let mut found = self.keyword_keys(site, &[], depth);
                for arg in args.iter().filter(|it| it.name.is_none() && it.spread == Spread::No) {
                    found.extend(self.dict_keys(arg.value, scope, depth + 1));
                }
                found
            }
            _ => Vec::new(),
        }
    }

    /// The names of keyword arguments that are no parameters, and the keys of `**spreads`.
    /// Names that a macro takes as fields of the same name: after the name of a span (`info_span!("name", order.id)`), before the
    /// text of a log line (`error!(order.id, "failed")`).
    pub(crate) fn field_names(&mut self, site: Site, after_name: bool) -> Vec<Key> {
        let scope = Eval::scope_of(self.world, site);
        let facts = self.world.facts(site.file);
        let args =
            self.world.call_args(site).iter().filter(|it| it.name.is_none() && it.spread == Spread::No);
        let values: Vec<ValueId> = args.map(|it| it.value).collect();
        let text = values
            .iter()
            .position(|it| matches!(facts.value(*it), Value::Text(_) | Value::LongText | Value::Template(_)));
        let fields = match (text, after_name) {
            (Some(at), true) => &values[at + 1..],
            (Some(at), false) => &values[..at],
            (None, true) => values.get(1..).unwrap_or_default(),
            (None, false) => &values[..],
        };
        fields.iter().filter_map(|it| named_field(facts, *it, site.file, scope)).collect()
    }

    pub(crate) fn keyword_keys(&mut self, site: Site, known: &[Symbol], depth: u32) -> Vec<Key> {
        let scope = Eval::scope_of(self.world, site);
        let facts = self.world.facts(site.file);
        let mut found = Vec::new();
        for arg in self.world.call_args(site) {
            match (arg.name, arg.spread) {
                (Some(name), _) if !known.contains(&name) => {
                    let place = Place { file: site.file, span: facts.value_span(arg.value) };
                    let text = Parts { parts: vec![Part::Literal(name)], source: TextSource::Literal };
                    found.push(Key { text, place, scope, value: Some(arg.value) });
                }
                (None, Spread::Dict) => found.extend(self.dict_keys(arg.value, scope, depth + 1)),
                _ => {}
            }
        }
        found
    }

    fn member_keys(&mut self, of: ValueId, name: Symbol, scope: Scope, depth: u32) -> Vec<Key> {
        let world = self.world;
        if let Some((file, binding)) = self.member_binding(of, name, scope)
            && let BindingKind::Value(value) = binding.kind
        {
            let inner = Scope { file, function: binding.from, region: binding.region, order: binding.order };
            return self.dict_keys(value, inner, depth + 1);
        }
        let mut found = Vec::new();
        for owner in self.things(of, scope).iter() {
            let Thing::Instance(class) = owner else { continue };
            let file = world.class(class).file;
            let facts = world.facts(file);
            let body = world.class_facts(class).body;
            let methods: Vec<FnId> = facts
                .scope(body)
                .iter()
                .filter_map(|it| match it.kind {
                    BindingKind::Function(local) => Some(local),
                    _ => None,
                })
                .collect();
            for method in methods {
                found.extend(self.field_keys(file, method, name, depth));
            }
        }
        found
    }

    fn field_keys(&mut self, file: crate::text::FileId, method: FnId, name: Symbol, depth: u32) -> Vec<Key> {
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

    /// A call that gives a dictionary: `dict(..)`, `d.copy()`, a project function.
    fn call_keys(&mut self, site: Site, scope: Scope, depth: u32) -> Vec<Key> {
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
        let mut found = Vec::new();
        let mut reached: Vec<(FuncId, bool)> = Vec::new();
        for thing in self.things(callee, scope).iter() {
            match thing {
                Thing::Function(function) => reached.push((function, false)),
                Thing::Method(function) => {
                    reached.push((function, true));
                    reached
                        .extend(world.overriding(function, MOST_OVERRIDES).into_iter().map(|it| (it, true)));
                }
                Thing::Library(node) => {
                    if let Some(model) = world.library.node(node).model(Role::Pair) {
                        let at = |slot| model.place(slot).and_then(|it| argument_at(world, site, it));
                        let value = at(Slot::Value);
                        if let Some(key) = at(Slot::Key) {
                            let mut keys = self.key_options(key, Self::scope_of(world, site), depth + 1);
                            keys.iter_mut().for_each(|it| it.value = it.value.or(value));
                            found.extend(keys);
                        }
                    }
                }
                _ => {}
            }
        }
        for (function, bound) in reached {
            for (inner, op) in world.ops(function) {
                if let OpKind::Return(Some(value)) = op.kind {
                    for key in self.dict_keys(value, Eval::scope_of(world, inner), depth + 2) {
                        found.extend(self.substitute(key, function, site, bound, depth + 1));
                    }
                }
            }
        }
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
                    vec![Key { text, place: key.place, scope: key.scope, value: None }]
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
            let value = replacement.value.or(key.value);
            let next = Key {
                text: Parts { parts, source },
                place: replacement.place,
                scope: replacement.scope,
                value,
            };
            found.extend(self.substitute(next, callee, site, bound, depth + 1));
        }
        found
    }

    fn passed_keys(&mut self, callee: FuncId, index: u16, site: Site, bound: bool, depth: u32) -> Vec<Key> {
        let world = self.world;
        let params = world.params(callee);
        let Some(param) = params.get(usize::from(index)) else { return Vec::new() };
        if param.kind == ParamKind::Keywords {
            let known: Vec<Symbol> =
                params.iter().filter(|it| it.kind != ParamKind::Keywords).map(|it| it.name).collect();
            return self.keyword_keys(site, &known, depth);
        }
        match world.passed_by(site, callee, usize::from(index), bound) {
            Some((value, from)) => self.dict_keys(value, Eval::scope_of(world, from), depth + 1),
            None => Vec::new(),
        }
    }
}

fn concerns(part: Part, callee: FuncId) -> bool {
    match part {
        Part::Param(function, _)
        | Part::NameOf(function, ..)
        | Part::KeyOf(function, _)
        | Part::EntryKeys(function, ..) => function == callee,
        _ => false,
    }
}

fn has_key_of(text: &Parts) -> bool {
    text.parts.iter().any(|it| matches!(it, Part::KeyOf(..)))
}

fn is_iterated(value: &Value) -> bool {
    matches!(value, Value::Part(..) | Value::Element(_) | Value::Template(_))
}

/// A name or a path of names that stands for itself.
fn named_field(facts: &Facts, value: ValueId, file: FileId, scope: Scope) -> Option<Key> {
    fn spelled(facts: &Facts, value: ValueId) -> Option<String> {
        match facts.value(value) {
            Value::Name(name) => Some(name.to_string()),
            Value::Member { of, name } => Some(format!("{}.{name}", spelled(facts, *of)?)),
            _ => None,
        }
    }
    let name = Symbol::new(&spelled(facts, value)?);
    let place = Place { file, span: facts.value_span(value) };
    let text = Parts { parts: vec![Part::Literal(name)], source: TextSource::Literal };
    Some(Key { text, place, scope, value: Some(value) })
}
