//! What is really written of a key, and for whom.

use std::collections::HashSet;

use crate::facts::{Facts, Value, ValueId};
use crate::program::{AttributeSite, SpanStyle, TextSource};
use crate::registry::Replacement;
use crate::rule::Context;
use crate::text::{Place, Symbol};

/// Fields that spans are made with and that nobody gives a value: no span has them.
pub(super) struct Declared {
    places: HashSet<Place>,
    recorded: HashSet<Symbol>,
}

impl Declared {
    pub(super) fn find(ctx: &Context<'_>, keys: impl Iterator<Item = Symbol>) -> Declared {
        let keys: HashSet<Symbol> = keys.collect();
        let mut found = Declared { places: HashSet::new(), recorded: HashSet::new() };
        for site in
            ctx.program.attributes.iter().filter(|it| it.key.text.is_some_and(|it| keys.contains(&it)))
        {
            if is_only_declared(ctx, site) {
                found.places.insert(site.at.place);
            } else {
                found.recorded.extend(site.key.text);
            }
        }
        found
    }

    pub(super) fn is_only_declared(&self, site: &AttributeSite) -> bool {
        self.places.contains(&site.at.place)
    }

    /// Whether that is all that is done with the key.
    pub(super) fn is_all_of(&self, site: &AttributeSite) -> bool {
        self.places.contains(&site.at.place) && site.key.text.is_some_and(|it| !self.recorded.contains(&it))
    }
}

/// `field = tracing::field::Empty`, or in an attribute the name alone.
fn is_only_declared(ctx: &Context<'_>, site: &AttributeSite) -> bool {
    let facts = &ctx.program.file(site.at.place.file).facts;
    if !facts.lexical {
        return false;
    }
    let is_empty = |it: ValueId| match facts.value(it) {
        Value::Name(name) | Value::Head(name) | Value::Member { name, .. } => name.as_str() == "Empty",
        _ => false,
    };
    let is_name =
        |it: ValueId| spelled(facts, it).is_some_and(|name| site.key.text == Some(Symbol::new(&name)));
    site.value.is_some_and(is_empty)
        || (site.value.is_none_or(is_name) && is_in_an_attribute(ctx, site.at.place))
}

fn is_in_an_attribute(ctx: &Context<'_>, place: Place) -> bool {
    let start = ctx.program.spans.partition_point(|it| it.at.place.file < place.file);
    let mut beside = ctx.program.spans[start..].iter().take_while(|it| it.at.place.file == place.file);
    beside.any(|it| it.style == SpanStyle::Attribute && it.at.place.span.contains(place.span))
}

fn spelled(facts: &Facts, value: ValueId) -> Option<String> {
    match facts.value(value) {
        Value::Name(name) | Value::Head(name) => Some(name.to_string()),
        Value::Member { of, name } => Some(format!("{}.{name}", spelled(facts, *of)?)),
        _ => None,
    }
}

/// Who writes an old name.
#[derive(Default)]
pub(super) struct Generation {
    /// By the constants of libraries.
    of_libraries: HashSet<Symbol>,
    /// In which languages.
    languages: HashSet<(Symbol, &'static str)>,
    /// All names, by language, to tell who has gone on.
    anywhere: HashSet<(Symbol, &'static str)>,
}

impl Generation {
    pub(super) fn find(ctx: &Context<'_>, keys: impl Iterator<Item = Symbol>) -> Generation {
        let keys: HashSet<Symbol> = keys.collect();
        let mut found = Generation::default();
        for site in ctx.program.attributes.iter().filter(|it| !ctx.program.is_for_show(it.at.place.file)) {
            let Some(key) = site.key.text else { continue };
            let language = ctx.program.file(site.at.place.file).language;
            found.anywhere.insert((key, language));
            if !keys.contains(&key) || site.target.as_str() == "metric" {
                continue;
            }
            found.languages.insert((key, language));
            if site.key.source == TextSource::Constant && site.spelled.is_none() {
                found.of_libraries.insert(key);
            }
        }
        found
    }

    /// A library that the program takes the name from, or a part of it in another language, that has not gone on to the new one either.
    pub(super) fn has_others(
        &self,
        ctx: &Context<'_>,
        site: &AttributeSite,
        key: Symbol,
        replacements: &[(Symbol, &Replacement)],
    ) -> bool {
        let here = ctx.program.file(site.at.place.file).language;
        let is_elsewhere = |(name, language): &(Symbol, &str)| {
            *name == key
                && *language != here
                && !replacements.iter().any(|(new, _)| self.anywhere.contains(&(*new, *language)))
        };
        self.of_libraries.contains(&key) || self.languages.iter().any(is_elsewhere)
    }
}

/// Products that look for names of their own choice.
const VENDORS: [&str; 16] = [
    "openlit",
    "langfuse",
    "phoenix",
    "arize",
    "openinference",
    "datadog",
    "ddtrace",
    "honeycomb",
    "langsmith",
    "traceloop",
    "newrelic",
    "dynatrace",
    "signoz",
    "logfire",
    "weave",
    "mlflow",
];

/// In a module, a class or a function that is named after a product.
pub(super) fn is_for_a_vendor(ctx: &Context<'_>, site: &AttributeSite) -> bool {
    let name = ctx.program.function(ctx.owner(&site.at)).qualified.to_lowercase();
    // What the package itself is called says what it is, and not whom it sends to.
    let inner = name.split_once(['.', ':']).map_or("", |(_, rest)| rest);
    VENDORS.iter().any(|it| inner.contains(it))
}
