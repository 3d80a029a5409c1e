//! Arguments that helpers hand on without looking at them: `*args` and `**keywords`, through as many helpers as there are.

use crate::facts::{ParamKind, Spread};
use crate::link::eval::Eval;
use crate::link::keys::Key;
use crate::link::texts::{Env, Given, Part, Parts};
use crate::link::things::{Site, Thing};
use crate::program::{FuncId, TextSource};
use crate::text::{Place, Symbol};

const DEEPEST: u32 = 6;

impl Eval<'_, '_> {
    /// The text of an argument, with what is known of the parameters around; through what is spread where it is not written.
    pub(crate) fn argument_text(
        &mut self,
        site: Site,
        name: Option<Symbol>,
        position: Option<usize>,
        env: &Env,
        depth: u32,
    ) -> Option<Parts> {
        let world = self.world;
        if let Some((value, from)) = world.argument_named(site, name, position) {
            return Some(self.text_at(value, Eval::scope_of(world, from), env, depth));
        }
        if depth > DEEPEST {
            return None;
        }
        let args = world.call_args(site);
        let before = args.iter().filter(|it| it.name.is_none() && it.spread == Spread::No).count();
        for spread in args.iter().filter(|it| it.spread != Spread::No) {
            let Some((function, kind)) = self.spread_param(site, spread.value) else { continue };
            let Some((_, Given::Call(call, bound))) = env.iter().find(|(it, _)| *it == function).copied()
            else {
                continue;
            };
            let outer: Env = env.iter().filter(|(it, _)| *it != function).copied().collect();
            let named = name.filter(|_| kind == ParamKind::Keywords);
            let rest = position.filter(|it| kind == ParamKind::Rest && *it >= before);
            let rest = rest.map(|it| it - before + self.positional(function) - usize::from(bound));
            if named.is_some() || rest.is_some() {
                let found = self.argument_text(call, named, rest, &outer, depth + 1);
                if found.is_some() {
                    return found;
                }
            }
        }
        None
    }

    /// How many parameters take positions before the rest of them does.
    fn positional(&self, function: FuncId) -> usize {
        let takes = |kind| matches!(kind, ParamKind::PositionalOnly | ParamKind::Normal);
        self.world.params(function).iter().filter(|it| takes(it.kind)).count()
    }

    /// The function whose `*args` or `**keywords` a spread value is.
    fn spread_param(&mut self, site: Site, value: crate::facts::ValueId) -> Option<(FuncId, ParamKind)> {
        self.spread_index(site, value).map(|(function, index)| {
            let kind = self.world.params(function)[usize::from(index)].kind;
            (function, kind)
        })
    }

    fn spread_index(&mut self, site: Site, value: crate::facts::ValueId) -> Option<(FuncId, u16)> {
        let scope = Eval::scope_of(self.world, site);
        self.ask(value, scope).iter().find_map(|it| match it {
            Thing::Param(function, index) => {
                let param = self.world.params(function).get(usize::from(index))?;
                matches!(param.kind, ParamKind::Rest | ParamKind::Keywords).then_some((function, index))
            }
            _ => None,
        })
    }

    /// The keys of a dictionary that a call hands on among its `**keywords`, for whoever calls the function around.
    pub(crate) fn spread_keys(&mut self, site: Site, keyword: Symbol) -> Vec<Key> {
        let scope = Eval::scope_of(self.world, site);
        let spread = self.world.call_args(site).iter().filter(|it| it.spread == Spread::Dict);
        let params: Vec<(FuncId, u16)> = spread.filter_map(|it| self.spread_index(site, it.value)).collect();
        let place = Place { file: site.file, span: self.world.facts(site.file).op(site.op).span };
        let key = |(function, index)| {
            let parts = vec![Part::EntryKeys(function, index, keyword)];
            Key {
                text: Parts { parts, source: TextSource::Forwarded },
                place,
                scope,
                value: None,
                whole: None,
            }
        };
        params.into_iter().map(key).collect()
    }

    /// The keys of a dictionary that a call passes by name, or hands on in its turn.
    pub(crate) fn entry_keys(&mut self, site: Site, keyword: Symbol, depth: u32) -> Vec<Key> {
        match self.world.argument_named(site, Some(keyword), None) {
            Some((value, from)) => self.dict_keys(value, Eval::scope_of(self.world, from), depth + 1),
            None => self.spread_keys(site, keyword),
        }
    }
}
