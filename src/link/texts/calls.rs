//! Texts that calls give: project functions that build them, methods of texts, formatting.

use super::{Env, Given, Part, Parts, Title, join};
use crate::facts::{BindingKind, OpKind, Value, ValueId};
use crate::link::eval::{Eval, Scope};
use crate::link::things::{Site, Thing};
use crate::program::{FuncId, TextSource};
use crate::text::Symbol;

impl Eval<'_, '_> {
    pub(super) fn called_text(&mut self, site: Site, scope: Scope, env: &Env, depth: u32) -> Parts {
        let facts = self.world.facts(site.file);
        let Some(callee) = self.world.callee(site) else { return Parts::hole(false) };
        let args = self.world.call_args(site);
        if let Value::Member { of, name } = *facts.value(callee) {
            if let Some(text) = self.method_text(of, name, args, scope, env, depth) {
                return text;
            }
        } else if let (Value::Name(name), [arg, ..]) = (facts.value(callee), args) {
            match name.as_str() {
                "str" => return self.text_at(arg.value, scope, env, depth + 1),
                "getattr" => {
                    if let [of, attribute, ..] = args
                        && let Value::Text(attribute) = *facts.value(attribute.value)
                        && let Some(title) = Title::of(attribute)
                    {
                        return self.title_of(of.value, title, scope, env);
                    }
                }
                "type" => return Parts::hole(true),
                _ => {}
            }
        }
        self.given_text(site, callee, scope, env, depth)
            .unwrap_or_else(|| self.returned_text(site, env, depth))
    }

    /// A callable that somebody passes to make the text: `traced(name=lambda self: f"Order {self.id}")`. Nothing, where none is passed.
    fn given_text(
        &mut self,
        site: Site,
        callee: ValueId,
        scope: Scope,
        env: &Env,
        depth: u32,
    ) -> Option<Parts> {
        let Value::Name(name) = *self.world.facts(site.file).value(callee) else { return None };
        let (file, binding) = self.single_binding(name, scope)?;
        let BindingKind::Param(index) = binding.kind else { return None };
        let helper = self.world.func(file, binding.from);
        let Some((_, given)) = env.iter().find(|(it, _)| *it == helper) else {
            // What is written in a helper has the name that those give who use the helper.
            let is_around = binding.from != scope.function;
            return is_around.then(|| Parts::one(Part::Param(helper, index as u16), TextSource::Forwarded));
        };
        let Given::Call(call, bound) = *given else { return None };
        let Some((value, from)) = self.world.passed_by(call, helper, index as usize, bound) else {
            let missing = self.param_text(helper, index as u16, env, depth);
            return missing.is_absent().then_some(missing);
        };
        let functions = self.things(value, Eval::scope_of(self.world, from));
        let function = functions.iter().find_map(|it| match it {
            Thing::Function(function) | Thing::Method(function) => Some(function),
            _ => None,
        })?;
        let outer: Env = env.iter().filter(|(it, _)| *it != helper && *it != function).copied().collect();
        let texts = self.returns_of(function, &outer, depth);
        Some(Parts { source: TextSource::Constant, ..join(texts) })
    }

    fn returns_of(&mut self, function: FuncId, env: &Env, depth: u32) -> Vec<Parts> {
        let world = self.world;
        let mut texts = Vec::new();
        for (site, op) in world.ops(function) {
            if let OpKind::Return(Some(value)) = op.kind {
                texts.push(self.text_at(value, Eval::scope_of(world, site), env, depth + 2));
            }
        }
        texts.retain(|it| !it.is_absent());
        texts
    }

    /// A project function that builds a text: its return statements, with this call's arguments.
    fn returned_text(&mut self, site: Site, env: &Env, depth: u32) -> Parts {
        let world = self.world;
        let Some(callee) = world.callee(site) else { return Parts::hole(false) };
        let scope = Eval::scope_of(world, site);
        for thing in self.things(callee, scope).iter() {
            let (function, bound) = match thing {
                Thing::Function(function) => (function, false),
                Thing::Method(function) => (function, true),
                Thing::Class(class) if self.is_enum(class) => return Parts::hole(true),
                _ => continue,
            };
            if env.len() > 6 || env.iter().any(|(it, _)| *it == function) {
                return Parts::hole(false);
            }
            let mut inner = env.clone();
            inner.push((function, Given::Call(site, bound)));
            let text = join(self.returns_of(function, &inner, depth));
            return Parts { source: TextSource::Constant, ..text };
        }
        Parts::hole(false)
    }

    fn method_text(
        &mut self,
        of: ValueId,
        name: Symbol,
        args: &[crate::facts::Arg],
        scope: Scope,
        env: &Env,
        depth: u32,
    ) -> Option<Parts> {
        let facts = self.world.facts(scope.file);
        match name.as_str() {
            "format" => {
                let Value::Text(pattern) = *facts.value(of) else { return None };
                Some(self.format_text(pattern, args, scope, env, depth))
            }
            "lower" | "upper" | "strip" | "title" | "replace" | "removeprefix" | "removesuffix" => {
                let text = self.text_at(of, scope, env, depth + 1);
                let plain = text.parts.iter().all(|it| matches!(it, Part::Literal(_)));
                match (name.as_str(), plain) {
                    ("lower", true) => Some(map_literals(text, str::to_lowercase)),
                    ("upper", true) => Some(map_literals(text, str::to_uppercase)),
                    ("strip", true) => Some(map_literals(text, |it| it.trim().to_owned())),
                    _ => Some(Parts::hole(text.parts.iter().all(|it| !matches!(it, Part::Hole(false))))),
                }
            }
            "join" => {
                let (Value::Text(between), [arg]) = (facts.value(of), args) else { return None };
                let Value::Sequence(run) = facts.value(arg.value) else { return Some(Parts::hole(false)) };
                let mut parts = Vec::new();
                for (index, piece) in facts.list(run).iter().enumerate() {
                    if index > 0 {
                        parts.push(Part::Literal(*between));
                    }
                    parts.extend(self.text_at(*piece, scope, env, depth + 1).parts);
                }
                Some(Parts { parts, source: TextSource::Constant })
            }
            _ => None,
        }
    }

    fn format_text(
        &mut self,
        pattern: Symbol,
        args: &[crate::facts::Arg],
        scope: Scope,
        env: &Env,
        depth: u32,
    ) -> Parts {
        let mut parts = Vec::new();
        let mut next = 0;
        let mut rest = pattern.as_str();
        while let Some((before, after)) = rest.split_once('{') {
            parts.push(Part::Literal(Symbol::new(before)));
            let Some((field, tail)) = after.split_once('}') else { break };
            let key = field.split([':', '!', '.', '[']).next().unwrap_or_default();
            let arg = if key.is_empty() {
                next += 1;
                args.iter().filter(|it| it.name.is_none()).nth(next - 1)
            } else if let Ok(index) = key.parse::<usize>() {
                args.iter().filter(|it| it.name.is_none()).nth(index)
            } else {
                args.iter().find(|it| it.name.is_some_and(|name| name.as_str() == key))
            };
            match arg {
                Some(arg) => parts.extend(self.text_at(arg.value, scope, env, depth + 1).parts),
                None => parts.push(Part::Hole(false)),
            }
            rest = tail;
        }
        parts.push(Part::Literal(Symbol::new(rest)));
        Parts { parts, source: TextSource::Constant }
    }
}

fn map_literals(text: Parts, change: impl Fn(&str) -> String) -> Parts {
    let parts = text
        .parts
        .into_iter()
        .map(|it| match it {
            Part::Literal(text) => Part::Literal(Symbol::new(&change(text.as_str()))),
            other => other,
        })
        .collect();
    Parts { parts, source: TextSource::Constant }
}
