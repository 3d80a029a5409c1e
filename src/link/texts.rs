//! What a text says before the program runs: literals, constants of modules, classes and enums, templates, and what helpers
//! forward, with the caller's arguments put in place of parameters.

mod bounds;
mod calls;
mod written;

use crate::facts::{BindingKind, FunctionKind, OpKind, Run, Value, ValueId};
use crate::link::eval::{Eval, Scope};
use crate::link::things::{ClassId, Site, Thing};
use crate::link::world::World;
use crate::program::{FuncId, Text, TextSource};
use crate::text::Symbol;

const DEEPEST: u32 = 14;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Part {
    Literal(Symbol),
    /// What the caller passes.
    Param(FuncId, u16),
    /// What the function that the caller passes is called.
    NameOf(FuncId, u16, Title),
    /// A key of the dictionary, or of the keywords, that the caller passes.
    KeyOf(FuncId, u16),
    /// A key of the dictionary that the caller passes by a name, among its keywords.
    EntryKeys(FuncId, u16, Symbol),
    /// Something at run time, out of a set that is bounded or not.
    Hole(bool),
    /// Nothing at all: `None`, or an argument left out.
    Absent,
}

/// What a function says of itself.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Title {
    /// `__name__`
    Name,
    /// `__qualname__`
    Qualified,
    /// `__module__`
    Module,
}

impl Title {
    fn of(attribute: Symbol) -> Option<Title> {
        Some(match attribute.as_str() {
            "__name__" => Title::Name,
            "__qualname__" => Title::Qualified,
            "__module__" => Title::Module,
            _ => return None,
        })
    }
}

/// A text in parts, and where its whole came from.
#[derive(Clone, Debug)]
pub(crate) struct Parts {
    pub(crate) parts: Vec<Part>,
    pub(crate) source: TextSource,
}

/// What is known of the parameters of a helper at one use of it.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Given {
    /// It was called here; the flag says that its first parameter was bound before.
    Call(Site, bool),
    /// It decorates this function.
    Decorates(FuncId),
}

pub(crate) type Env = Vec<(FuncId, Given)>;

impl Parts {
    fn one(part: Part, source: TextSource) -> Parts {
        Parts { parts: vec![part], source }
    }

    pub(crate) fn hole(bounded: bool) -> Parts {
        Parts::one(Part::Hole(bounded), TextSource::Dynamic)
    }

    fn is_absent(&self) -> bool {
        self.parts == [Part::Absent]
    }

    /// As it is printed: static text, or a template with `{}`.
    pub(crate) fn text(&self) -> Text {
        let mut out = String::new();
        let mut holes = 0;
        let mut literals = 0;
        let mut forwarded = 0;
        let mut bounded = true;
        for part in &self.parts {
            match part {
                Part::Literal(text) => {
                    literals += usize::from(!text.as_str().is_empty());
                    out.push_str(text.as_str());
                    continue;
                }
                Part::Hole(it) => bounded &= it,
                Part::Param(..) | Part::NameOf(..) | Part::KeyOf(..) | Part::EntryKeys(..) => forwarded += 1,
                Part::Absent => {}
            }
            holes += 1;
            out.push_str("{}");
        }
        if literals == 0 && holes > 0 {
            let source = if forwarded == holes { TextSource::Forwarded } else { TextSource::Dynamic };
            return Text { text: None, source, bounded };
        }
        let source = if holes > 0 { TextSource::Template } else { self.source };
        Text { text: Some(Symbol::new(&out)), source, bounded }
    }
}

impl<'a> Eval<'_, 'a> {
    /// The text of a value, parameters left as they are.
    pub(crate) fn text(&mut self, value: ValueId, scope: Scope) -> Parts {
        self.text_at(value, scope, &Env::new(), 0)
    }

    pub(crate) fn text_at(&mut self, value: ValueId, scope: Scope, env: &Env, depth: u32) -> Parts {
        if depth > DEEPEST {
            return Parts::hole(false);
        }
        let facts = self.world.facts(scope.file);
        match facts.value(value) {
            Value::Text(text) => Parts::one(Part::Literal(*text), TextSource::Literal),
            Value::LongText => Parts::one(Part::Literal(Symbol::new("…")), TextSource::Literal),
            Value::None => Parts::one(Part::Absent, TextSource::Literal),
            Value::Template(run) => self.template(run, scope, env, depth),
            Value::Name(name) => self.named_text(*name, scope, env, depth),
            Value::Member { of, name } => self.member_text(*of, *name, scope, env, depth),
            Value::Fallback(run) => self.first_text(run, scope, env, depth),
            Value::Either(run) => self.either_text(run, scope, env, depth),
            Value::Call(op) => self.called_text(Site { file: scope.file, op: *op }, scope, env, depth),
            Value::Awaited(inner) => self.text_at(*inner, scope, env, depth + 1),
            Value::Element(source) => Parts::hole(self.is_bounded_source(*source, scope)),
            Value::Part(of, index) => self.part_text(*of, *index, scope, env, depth),
            Value::Item { of, key } => self.item_text(*of, *key, scope, env, depth),
            Value::Arithmetic(run) => self.sum_text(run, scope, env, depth),
            Value::Bool(_) => Parts::hole(true),
            _ => Parts::hole(false),
        }
    }

    fn template(&mut self, run: &Run, scope: Scope, env: &Env, depth: u32) -> Parts {
        let facts = self.world.facts(scope.file);
        let mut parts = Vec::new();
        let mut source = TextSource::Literal;
        for piece in facts.list(run) {
            let text = self.text_at(*piece, scope, env, depth + 1);
            if text.source != TextSource::Literal {
                source = TextSource::Constant;
            }
            parts.extend(text.parts);
        }
        Parts { parts, source }
    }

    /// `a + b` of two names: text if both turn out to be.
    fn sum_text(&mut self, run: &Run, scope: Scope, env: &Env, depth: u32) -> Parts {
        let sum = self.template(run, scope, env, depth);
        if sum.parts.iter().any(|it| matches!(it, Part::Literal(_))) { sum } else { Parts::hole(false) }
    }

    fn named_text(&mut self, name: Symbol, scope: Scope, env: &Env, depth: u32) -> Parts {
        if name == self.world.names.name {
            let module = self.world.modules.dotted(self.world.modules.of_file(scope.file));
            return Parts::one(Part::Literal(Symbol::new(&module)), TextSource::Constant);
        }
        let Some((file, binding)) = self.single_binding(name, scope) else { return Parts::hole(false) };
        let inner = Scope { file, function: binding.from, region: binding.region, order: binding.order };
        match &binding.kind {
            BindingKind::Value(value) => {
                if self.is_rebound(name, scope) {
                    return self.joined_text(name, scope, env, depth);
                }
                bounded_by_name(constant(self.text_at(*value, inner, env, depth + 1)), name)
            }
            BindingKind::Param(index) => {
                let function = self.world.func(file, binding.from);
                self.param_text(function, *index as u16, env, depth)
            }
            BindingKind::Import(import) => match self.imported_binding(file, binding.from, *import, 0) {
                Some((file, binding)) => match binding.kind {
                    BindingKind::Value(value) => {
                        let inner = Scope {
                            file,
                            function: binding.from,
                            region: binding.region,
                            order: binding.order,
                        };
                        constant(self.text_at(value, inner, env, depth + 1))
                    }
                    _ => Parts::hole(false),
                },
                None => self.library_text(name, scope),
            },
            _ => Parts::hole(false),
        }
    }

    /// A constant of a library that its model spells out.
    fn library_text(&mut self, name: Symbol, scope: Scope) -> Parts {
        let things = self.name(name, scope);
        self.constant_of(&things)
    }

    fn constant_of(&mut self, things: &crate::link::things::Things) -> Parts {
        let found = things.iter().find_map(|it| match it {
            Thing::Text(text) => Some(text),
            _ => None,
        });
        match found {
            Some(text) => Parts::one(Part::Literal(text), TextSource::Constant),
            None => Parts::hole(false),
        }
    }

    fn is_rebound(&mut self, name: Symbol, scope: Scope) -> bool {
        self.alternatives(name, scope).len() > 1
    }

    /// The values that a local name can have here.
    pub(crate) fn alternatives(&mut self, name: Symbol, scope: Scope) -> Vec<(ValueId, Scope)> {
        let facts = self.world.facts(scope.file);
        let bindings = facts.bindings_of(scope.function, name);
        let before = bindings.partition_point(|it| it.order <= scope.order);
        let sure = bindings[..before]
            .iter()
            .rposition(|it| facts.regions_from(scope.region).any(|(region, _)| region == it.region))
            .unwrap_or(0);
        bindings[sure.min(before)..before]
            .iter()
            .filter_map(|it| match it.kind {
                BindingKind::Value(value) => Some((
                    value,
                    Scope { file: scope.file, function: it.from, region: it.region, order: it.order },
                )),
                _ => None,
            })
            .collect()
    }

    /// Several possible texts: the one they agree on, else something bounded if each of them is.
    fn joined_text(&mut self, name: Symbol, scope: Scope, env: &Env, depth: u32) -> Parts {
        let texts: Vec<Parts> = self
            .alternatives(name, scope)
            .into_iter()
            .map(|(value, inner)| self.text_at(value, inner, env, depth + 2))
            .filter(|it| !it.is_absent())
            .collect();
        join(texts)
    }

    fn either_text(&mut self, run: &Run, scope: Scope, env: &Env, depth: u32) -> Parts {
        let facts = self.world.facts(scope.file);
        let all = facts.list(run).iter().map(|it| self.text_at(*it, scope, env, depth + 1));
        let (absent, texts): (Vec<Parts>, Vec<Parts>) = all.partition(Parts::is_absent);
        match absent.into_iter().next() {
            Some(absent) if texts.is_empty() => absent,
            _ => join(texts),
        }
    }

    /// `a or b`: the first that is there; a parameter that may be missing leaves it open.
    fn first_text(&mut self, run: &Run, scope: Scope, env: &Env, depth: u32) -> Parts {
        let facts = self.world.facts(scope.file);
        for part in facts.list(run) {
            let text = self.text_at(*part, scope, env, depth + 1);
            if !text.is_absent() {
                return text;
            }
        }
        Parts::hole(false)
    }

    pub(crate) fn param_text(&mut self, function: FuncId, index: u16, env: &Env, depth: u32) -> Parts {
        let Some((_, given)) = env.iter().find(|(it, _)| *it == function) else {
            return Parts::one(Part::Param(function, index), TextSource::Forwarded);
        };
        let world = self.world;
        match *given {
            Given::Call(site, bound) => match world.passed_by(site, function, usize::from(index), bound) {
                Some((value, from)) => {
                    let outer: Env = env.iter().filter(|(it, _)| *it != function).copied().collect();
                    self.text_at(value, Eval::scope_of(world, from), &outer, depth + 1)
                }
                None => self.default_text(function, index, env, depth),
            },
            Given::Decorates(_) => self.default_text(function, index, env, depth),
        }
    }

    fn default_text(&mut self, function: FuncId, index: u16, env: &Env, depth: u32) -> Parts {
        let param = self.world.params(function).get(usize::from(index));
        match param.and_then(|it| it.default) {
            Some(value) => {
                let scope = self.decorator_scope(function);
                constant(self.text_at(value, scope, env, depth + 1))
            }
            None => Parts::hole(false),
        }
    }

    fn member_text(&mut self, of: ValueId, name: Symbol, scope: Scope, env: &Env, depth: u32) -> Parts {
        let facts = self.world.facts(scope.file);
        if let Some(title) = Title::of(name) {
            return self.title_of(of, title, scope, env);
        }
        // `Enum.MEMBER.value` and `Enum.MEMBER.name`.
        if let Some((class, member)) = enum_member(facts, of)
            && matches!(name.as_str(), "value" | "name" | "_value_")
            && let Some((file, binding)) = self.member_binding(class, member, scope)
            && let BindingKind::Value(value) = binding.kind
        {
            if name.as_str() == "name" {
                return Parts::one(Part::Literal(member), TextSource::Constant);
            }
            let inner = Scope { file, function: binding.from, region: binding.region, order: binding.order };
            return constant(self.text_at(value, inner, env, depth + 1));
        }
        if is_first_param(facts, scope.function, of) {
            let owners = self.things(of, scope);
            let redefined = |it| matches!(it, Thing::Instance(class) | Thing::Class(class) if self.world.is_redefined(class, name));
            if owners.iter().any(redefined) {
                return Parts::hole(true);
            }
        }
        if let Some((file, binding)) = self.member_binding(of, name, scope)
            && let BindingKind::Value(value) = binding.kind
        {
            let inner = Scope { file, function: binding.from, region: binding.region, order: binding.order };
            let text = self.text_at(value, inner, env, depth + 1);
            if text.parts.iter().any(|it| matches!(it, Part::Literal(_))) {
                return constant(text);
            }
        }
        let owners = self.things(of, scope);
        for owner in owners.iter() {
            if let Thing::Instance(class) = owner {
                if let Some(text) = self.field_text(class, name, env, depth) {
                    return text;
                }
                if self.is_enum(class) && matches!(name.as_str(), "value" | "name") {
                    return Parts::hole(true);
                }
            }
        }
        let things = self.members(&owners, name);
        let known = self.constant_of(&things);
        if known.parts != [Part::Hole(false)] {
            return known;
        }
        Parts::hole(bounds::is_bounded_member(facts, of, name))
    }

    /// Whether a parameter can only be one of a set that is written down: an enumeration, a truth value.
    pub(crate) fn is_bounded_param(&mut self, function: FuncId, index: u16) -> bool {
        let Some(param) = self.world.params(function).get(usize::from(index)) else { return false };
        let scope = self.decorator_scope(function);
        let facts = self.world.facts(scope.file);
        let spelled = match facts.value(param.annotation) {
            Value::Name(name) => name.as_str() == "bool",
            Value::Item { of, .. } => {
                matches!(facts.value(*of), Value::Name(name) | Value::Member { name, .. } if name.as_str() == "Literal")
            }
            _ => false,
        };
        let things = self.annotated(param.annotation, scope);
        spelled
            || bounds::is_bounded_variable(param.name)
            || things.iter().any(|it| matches!(it, Thing::Instance(class) if self.is_enum(class)))
    }

    pub(crate) fn is_enum(&self, class: ClassId) -> bool {
        let library = self.world.library;
        let Some(top) = library.find(self.world.language_of(class), "enum.Enum") else { return false };
        self.world.class(class).outside.iter().any(|it| library.derives(*it, top))
    }

    /// `f.__name__`: a parameter's, or that of a class or function, which is one of a bounded set.
    fn title_of(&mut self, of: ValueId, title: Title, scope: Scope, env: &Env) -> Parts {
        for thing in self.things(of, scope).iter() {
            match thing {
                Thing::Param(function, index) => return self.param_title(function, index, title, env),
                Thing::Function(function) | Thing::Method(function) => {
                    return self.function_title(function, title);
                }
                _ => {}
            }
        }
        Parts::hole(true)
    }

    fn param_title(&mut self, function: FuncId, index: u16, title: Title, env: &Env) -> Parts {
        let world = self.world;
        match env.iter().find(|(it, _)| *it == function) {
            Some((_, Given::Decorates(decorated))) => self.function_title(*decorated, title),
            Some((_, Given::Call(site, bound))) => {
                let outer: Env = env.iter().filter(|(it, _)| *it != function).copied().collect();
                match world.passed_by(*site, function, usize::from(index), *bound) {
                    Some((value, from)) => self.title_of(value, title, Eval::scope_of(world, from), &outer),
                    None => Parts::hole(true),
                }
            }
            None => Parts::one(Part::NameOf(function, index, title), TextSource::Forwarded),
        }
    }

    fn function_title(&self, function: FuncId, title: Title) -> Parts {
        let world = self.world;
        let text = match title {
            Title::Name => world.function(function).name,
            Title::Qualified => qualname(world, function),
            Title::Module => {
                let (file, _) = world.local(function);
                Symbol::new(&world.modules.dotted(world.modules.of_file(file)))
            }
        };
        Parts::one(Part::Literal(text), TextSource::Constant)
    }

    /// A field that methods of the class store: the constructor's parameter, most of the time.
    fn field_text(&mut self, class: ClassId, name: Symbol, env: &Env, depth: u32) -> Option<Parts> {
        let world = self.world;
        let mut texts = Vec::new();
        for owner in &world.class(class).line {
            let file = world.class(*owner).file;
            let facts = world.facts(file);
            let body = world.class_facts(*owner).body;
            for binding in facts.scope(body) {
                let BindingKind::Function(local) = binding.kind else { continue };
                for (op, it) in facts.ops_of(local) {
                    if let OpKind::SetMember { of, name: stored, value } = it.kind
                        && stored == name
                        && is_first_param(facts, local, of)
                    {
                        let scope = Eval::scope_of(world, Site { file, op });
                        texts.push(self.text_at(value, scope, env, depth + 2));
                    }
                }
            }
        }
        texts.retain(|it| !it.is_absent());
        if texts.is_empty() { None } else { Some(join(texts)) }
    }

    fn part_text(&mut self, of: ValueId, index: u32, scope: Scope, env: &Env, depth: u32) -> Parts {
        let facts = self.world.facts(scope.file);
        match facts.value(of) {
            Value::Sequence(run) => match facts.list(run).get(index as usize) {
                Some(part) => self.text_at(*part, scope, env, depth + 1),
                None => Parts::hole(false),
            },
            Value::Element(source) => Parts::hole(self.is_bounded_source(*source, scope)),
            _ => Parts::hole(false),
        }
    }

    /// An entry of a literal dictionary of texts.
    fn item_text(&mut self, of: ValueId, key: ValueId, scope: Scope, env: &Env, depth: u32) -> Parts {
        let Some((display, inner)) = self.display(of, scope, 0) else { return Parts::hole(false) };
        let inner_facts = self.world.facts(inner.file);
        let Value::Dict(run) = inner_facts.value(display) else { return Parts::hole(false) };
        if let Value::Text(wanted) = self.world.facts(scope.file).value(key) {
            for (key, value) in inner_facts.dict(run) {
                if key.is_some_and(|it| matches!(inner_facts.value(it), Value::Text(text) if text == wanted))
                {
                    return constant(self.text_at(*value, inner, env, depth + 1));
                }
            }
        }
        Parts::hole(
            inner_facts
                .dict(run)
                .iter()
                .all(|(_, value)| matches!(inner_facts.value(*value), Value::Text(_))),
        )
    }

    /// A loop over texts that are written down, or over the members of an enum.
    fn is_bounded_source(&mut self, source: ValueId, scope: Scope) -> bool {
        if let Some((display, inner)) = self.display(source, scope, 0) {
            let facts = self.world.facts(inner.file);
            return match facts.value(display) {
                Value::Sequence(run) => facts.list(run).iter().all(|it| self.is_written(*it, inner)),
                Value::Dict(run) => facts.dict(run).iter().all(|(key, _)| key.is_some()),
                _ => false,
            };
        }
        let classes = self.things(source, scope);
        classes.iter().any(|it| matches!(it, Thing::Class(class) if self.is_enum(class)))
    }

    fn is_written(&self, value: ValueId, scope: Scope) -> bool {
        let facts = self.world.facts(scope.file);
        match facts.value(value) {
            Value::Text(_) | Value::Member { .. } => true,
            Value::Sequence(run) => {
                facts.list(run).iter().any(|it| matches!(facts.value(*it), Value::Text(_)))
            }
            _ => false,
        }
    }
}

fn is_first_param(facts: &crate::facts::Facts, function: crate::facts::FnId, value: ValueId) -> bool {
    let first = facts.params(function).first();
    matches!(facts.value(value), Value::Name(name) if first.is_some_and(|it| it.name == *name))
}

/// As the language says it: what is defined in a function is behind `<locals>`.
fn qualname(world: &World<'_>, function: FuncId) -> Symbol {
    let (file, local) = world.local(function);
    let facts = world.facts(file);
    let it = facts.function(local);
    let mut text = it.name.as_str().to_owned();
    let mut at = it.parent;
    while let Some(parent) = at.map(|it| facts.function(it)) {
        match parent.kind {
            FunctionKind::Module | FunctionKind::Namespace => break,
            FunctionKind::ClassBody(class) => text = format!("{}.{text}", facts.class(class).name),
            FunctionKind::Named | FunctionKind::Closure | FunctionKind::Macro => {
                text = format!("{}.<locals>.{text}", parent.name)
            }
        }
        at = parent.parent;
    }
    Symbol::new(&text)
}

/// `Enum.MEMBER` and `Enum["MEMBER"]`.
fn enum_member(facts: &crate::facts::Facts, value: ValueId) -> Option<(ValueId, Symbol)> {
    match *facts.value(value) {
        Value::Member { of, name } => Some((of, name)),
        Value::Item { of, key } => match *facts.value(key) {
            Value::Text(name) => Some((of, name)),
            _ => None,
        },
        _ => None,
    }
}

/// A value that nobody can follow is still bounded where its name says so.
fn bounded_by_name(text: Parts, name: Symbol) -> Parts {
    if text.parts == [Part::Hole(false)] && bounds::is_bounded_variable(name) {
        Parts::hole(true)
    } else {
        text
    }
}

fn constant(text: Parts) -> Parts {
    let source = if text.source == TextSource::Literal { TextSource::Constant } else { text.source };
    Parts { source, ..text }
}

fn join(mut texts: Vec<Parts>) -> Parts {
    texts.dedup_by(|a, b| a.parts == b.parts);
    match texts.len() {
        0 => Parts::hole(false),
        1 => texts.swap_remove(0),
        _ => Parts::hole(texts.iter().all(|it| it.parts.iter().all(|it| !matches!(it, Part::Hole(false))))),
    }
}
