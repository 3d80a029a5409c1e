//! `dynamic-attribute-key`: a key that is put together from runtime values, so that there is no end of keys.

use crate::facts::{BindingKind, Facts, FnId, OpKind, Value, ValueId};
use crate::program::{AttributeSite, Certainty, TextSource};
use crate::registry::Standing;
use crate::rule::{Context, Findings};
use crate::text::Symbol;

pub(crate) fn check(ctx: &Context<'_>, found: &mut Findings) {
    for (key, mut sites) in ctx.program.written_keys() {
        sites.retain(|it| it.key.source == TextSource::Template && !it.key.bounded);
        // The keys of a template attribute are meant to differ.
        sites.retain(|it| {
            !matches!(ctx.program.standing(it), Some(Standing::Known(_) | Standing::Deprecated(..)))
        });
        let judged = sites.into_iter().map(|it| (it, openness(ctx, it).unwrap_or(Openness::Loose)));
        let mut judged: Vec<_> = judged.filter(|(_, openness)| *openness > Openness::Numbered).collect();
        // A namespace alone that is chosen at run time is one for the whole program.
        judged.retain(|_| key.strip_prefix("{}").is_none_or(|it| it.contains("{}")));
        judged.sort_by_key(|(_, openness)| std::cmp::Reverse(*openness));
        let Some((first, openness)) = judged.first().filter(|_| !ctx.options.allows(key)) else { continue };
        let finding = found
            .add(first.at.place, format!("attribute key `{key}` is built from runtime values"))
            .label("every value makes a new key")
            .reason("Backends index by key and limit how many there are: what is too much is dropped, or takes the place of others.")
            .help(help(key))
            .function(ctx.owner(&first.at))
            .certainty(if *openness == Openness::Wide { first.certainty } else { Certainty::Assumed });
        for (other, _) in judged.iter().skip(1).take(MOST_RELATED) {
            finding.related(other.at.place, "and here");
        }
    }
}

/// Other places shown with the first.
const MOST_RELATED: usize = 2;

fn help(key: &str) -> String {
    let fixed = key.split("{}").next().unwrap_or_default().trim_end_matches(['.', '_', '-']);
    match fixed {
        "" => "give it a fixed key, and let the value say what it is about".to_owned(),
        _ => format!(
            "keep `{fixed}` as the key of a list or a text, or let the registry define it as a template"
        ),
    }
}

/// How far from any bound the runtime parts of a key are.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Openness {
    /// The number of a loop's turn: what there is no nicer form for in a flat list of attributes.
    Numbered,
    /// A name that comes from elsewhere: what it can be is known there, if anywhere.
    Loose,
    /// Something of a thing: its id, its title, what a call gives.
    Wide,
}

/// None for a key that is not put together in sight.
fn openness(ctx: &Context<'_>, site: &AttributeSite) -> Option<Openness> {
    let (facts, function) = ctx.program.facts_of(site.at.function);
    let at = site.at.place.span;
    let mut values = (0..facts.values.len() as u32).map(ValueId).filter(|it| facts.value_span(*it) == at);
    let template = values.find(|it| matches!(facts.value(*it), Value::Template(_)))?;
    Reader { facts, function }.open(template, 0)
}

struct Reader<'f> {
    facts: &'f Facts,
    function: FnId,
}

impl Reader<'_> {
    /// None for what is known before the program runs.
    fn open(&self, value: ValueId, depth: u32) -> Option<Openness> {
        if depth > DEEPEST {
            return Some(Openness::Loose);
        }
        match self.facts.value(value) {
            Value::Text(_) | Value::LongText => None,
            Value::Template(run) => {
                let pieces = self.facts.list(run);
                // What stands before everything is a namespace, which whoever deploys the program chooses.
                let leading = matches!(pieces.first(), Some(it) if self.is_a_name(*it));
                pieces.iter().skip(usize::from(leading)).filter_map(|it| self.open(*it, depth + 1)).max()
            }
            Value::Name(name) => Some(self.named(*name, depth)),
            Value::Part(of, 0) => Some(match self.facts.value(*of) {
                Value::Element(it) if self.calls(*it, "enumerate") => Openness::Numbered,
                _ => Openness::Loose,
            }),
            Value::Element(of) if self.calls(*of, "range") => Some(Openness::Numbered),
            Value::Element(_) | Value::Part(..) => Some(Openness::Loose),
            // `count + 1`, `len(items)`.
            Value::Arithmetic(_) | Value::Int => Some(Openness::Numbered),
            Value::Call(_) if self.calls(value, "len") => Some(Openness::Numbered),
            Value::Member { name, .. } if counts(*name) => Some(Openness::Numbered),
            // Of an enumeration, as a rule.
            Value::Member { name, .. } if name.as_str() == "value" => Some(Openness::Loose),
            // Constants of classes and settings that could not be followed.
            Value::Member { name, .. } if name.as_str().chars().all(|it| !it.is_lowercase()) => {
                Some(Openness::Loose)
            }
            _ => Some(Openness::Wide),
        }
    }

    fn is_a_name(&self, value: ValueId) -> bool {
        matches!(self.facts.value(value), Value::Name(_) | Value::Member { .. })
    }

    fn named(&self, name: Symbol, depth: u32) -> Openness {
        if counts(name) {
            return Openness::Numbered;
        }
        let bound = self.facts.bindings_of(self.function, name).iter().map(|it| match it.kind {
            BindingKind::Value(inner) => self.open(inner, depth + 1).unwrap_or(Openness::Numbered),
            _ => Openness::Loose,
        });
        bound.max().unwrap_or(Openness::Loose)
    }

    fn calls(&self, value: ValueId, function: &str) -> bool {
        let Value::Call(op) = self.facts.value(value) else { return false };
        let OpKind::Call { callee, .. } = &self.facts.op(*op).kind else { return false };
        let callee = self.facts.value(*callee);
        matches!(callee, Value::Name(name) | Value::Member { name, .. } if name.as_str() == function)
    }
}

/// `index`, `message_index`, `i`.
fn counts(name: Symbol) -> bool {
    let last = name.as_str().rsplit('_').next().unwrap_or_default();
    matches!(last, "i" | "j" | "n" | "idx" | "index" | "position" | "number" | "count" | "counter")
}

const DEEPEST: u32 = 6;
