//! Values that are recorded in fields of spans which do not have them: a span keeps only the fields that it was made with.

use rayon::prelude::*;
use rustc_hash::FxHashSet;

use super::{SpanIndex, current_at};
use crate::facts::{OpKind, Value, ValueId};
use crate::library::{Role, Slot};
use crate::link::attributes::call_at;
use crate::link::eval::Eval;
use crate::link::openings::{Openings, argument_at};
use crate::link::rounds::Targets;
use crate::link::things::{Site, Thing};
use crate::link::world::World;
use crate::program::{AttributeTarget, Certainty, FuncId, Program, SpanSite, SpanStyle, UndeclaredField};
use crate::text::{FileId, Place, Symbol};

/// Calls in a chain, `span.record(..).record(..)`, and names for names; longer ways are given up.
const LONGEST: u32 = 12;

pub(super) struct Fields<'w, 'a> {
    pub(super) world: &'w World<'a>,
    pub(super) targets: &'w Targets,
    pub(super) openings: &'w Openings,
    pub(super) index: &'w SpanIndex,
}

/// A value that is put into a field.
struct Recorded {
    site: Site,
    key: ValueId,
}

impl Fields<'_, '_> {
    pub(super) fn find(&self, program: &Program) -> Vec<UndeclaredField> {
        let recorded: Vec<Recorded> =
            self.world.each_file().flat_map_iter(|it| self.recorded_in(it)).collect();
        if recorded.is_empty() {
            return Vec::new();
        }
        let places: FxHashSet<Place> = recorded.iter().map(|it| self.place(it)).collect();
        let declared = Declared::of(self.world, program, &places);
        let mut found: Vec<UndeclaredField> =
            recorded.iter().filter_map(|it| self.undeclared(program, &declared, it)).collect();
        let unsure: FxHashSet<Symbol> =
            found.iter().filter(|it| it.span.is_none()).map(|it| it.key).collect();
        if !unsure.is_empty() {
            let said = self.said_elsewhere(&unsure, &places);
            found.retain(|it| it.span.is_some() || !said.contains(&it.key));
        }
        found
    }

    /// Which of some names stand anywhere but where they are recorded: a span can be made in ways that nobody follows.
    fn said_elsewhere(&self, names: &FxHashSet<Symbol>, recorded: &FxHashSet<Place>) -> FxHashSet<Symbol> {
        let in_file = |file: FileId| {
            let facts = self.world.facts(file);
            let texts = facts.values.iter().enumerate().filter_map(move |(at, it)| match it {
                Value::Text(text) => Some((ValueId(at as u32), *text)),
                _ => None,
            });
            let place = move |it| Place { file, span: facts.value_span(it) };
            let said = texts.filter(|(at, text)| names.contains(text) && !recorded.contains(&place(*at)));
            said.map(|(_, text)| text).collect::<Vec<_>>()
        };
        self.world.each_file().flat_map_iter(in_file).collect()
    }

    fn recorded_in(&self, file: FileId) -> Vec<Recorded> {
        let lexical = self.world.facts(file).lexical;
        let sites = self.targets.modelled(file).filter(|_| lexical);
        sites.filter_map(|site| Some(Recorded { site, key: self.key(site)? })).collect()
    }

    /// The field that a call records, if it records one that has to be there.
    fn key(&self, site: Site) -> Option<ValueId> {
        if self.targets.certainty(site) != Certainty::Certain {
            return None;
        }
        let nodes = self.targets.nodes(site).map(|it| self.world.library.node(it));
        let place = nodes
            .filter_map(|it| it.model(Role::SetAttribute))
            .find(|it| it.declared_only)
            .and_then(|it| it.place(Slot::Key))?;
        argument_at(self.world, site, place)
    }

    fn place(&self, it: &Recorded) -> Place {
        Place { file: it.site.file, span: self.world.facts(it.site.file).value_span(it.key) }
    }

    fn undeclared(&self, program: &Program, declared: &Declared, it: &Recorded) -> Option<UndeclaredField> {
        let world = self.world;
        let scope = Eval::scope_of(world, it.site);
        let key =
            Eval::new(world).text(it.key, scope).text().text.filter(|it| !it.as_str().contains("{}"))?;
        let span = self.span_of(program, it.site);
        let own = span.map(|it| &program.spans[it]);
        let elsewhere = declared.anywhere.contains(&key);
        if own.is_some_and(|own| declared.by(own, key)) || (own.is_none() && elsewhere) {
            return None;
        }
        let at = call_at(world, it.site);
        Some(UndeclaredField { at, place: self.place(it), key, span, elsewhere })
    }

    /// The span that a call is made on, where it is written as a macro or an attribute whose fields are in sight.
    fn span_of(&self, program: &Program, site: Site) -> Option<usize> {
        let world = self.world;
        let (mut at, mut value) = (site, world.receiver(site)?);
        let facts = world.facts(site.file);
        for _ in 0..LONGEST {
            let Value::Call(op) = *facts.value(value) else { break };
            let before = Site { file: site.file, op };
            if self.key(before).is_none() && !is_copy(facts.op(op), facts) {
                break;
            }
            (at, value) = (before, world.receiver(before)?);
        }
        let mut eval = Eval::new(world);
        let scope = Eval::scope_of(world, at);
        if let Some(asked) = current_at(world, self.targets, &mut eval, value, scope, 0) {
            let there = call_at(world, asked);
            let around = self.index.around(world, self.openings, there);
            return around.or_else(|| self.of_attribute(program, there.function));
        }
        let made = match eval.ask(value, scope).only()? {
            Thing::Made(made, _) => made,
            _ => return None,
        };
        let place = Place { file: made.file, span: world.facts(made.file).op(made.op).span };
        self.index.by_place.get(&place).copied()
    }

    fn of_attribute(&self, program: &Program, function: FuncId) -> Option<usize> {
        let is_its = |it: &SpanSite| it.style == SpanStyle::Attribute && it.owner == function;
        program.spans.iter().position(is_its)
    }
}

/// `span.clone()` is the same span.
fn is_copy(op: &crate::facts::Op, facts: &crate::facts::Facts) -> bool {
    match op.kind {
        OpKind::Call { callee, .. } => {
            matches!(facts.value(callee), Value::Member { name, .. } if name.as_str() == "clone")
        }
        _ => false,
    }
}

/// The fields that spans are made with.
struct Declared {
    fields: Vec<(Place, Symbol)>,
    anywhere: FxHashSet<Symbol>,
}

impl Declared {
    fn of(world: &World<'_>, program: &Program, recorded: &FxHashSet<Place>) -> Declared {
        let written = program.attributes.iter().filter(|it| {
            let lexical = world.facts(it.at.place.file).lexical;
            lexical && it.target == AttributeTarget::Span && !recorded.contains(&it.at.place)
        });
        let fields: Vec<(Place, Symbol)> =
            written.filter_map(|it| Some((it.at.place, it.key.text?))).collect();
        let arguments = program.spans.iter().flat_map(|it| it.arguments.iter().chain(&it.declares).copied());
        let anywhere = fields.iter().map(|it| it.1).chain(arguments).collect();
        Declared { fields, anywhere }
    }

    /// Whether a span has a field; one that is not written out may have any.
    fn by(&self, span: &SpanSite, key: Symbol) -> bool {
        let in_sight = matches!(span.style, SpanStyle::Macro | SpanStyle::Attribute) && span.via.is_none();
        let whole = span.at.place;
        !in_sight
            || span.arguments.contains(&key)
            || span.declares.contains(&key)
            || self
                .fields
                .iter()
                .any(|(place, it)| *it == key && place.file == whole.file && whole.span.contains(place.span))
    }
}
