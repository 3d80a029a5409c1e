//! `attribute-name-style`: an attribute key that is not lowercase, dotted snake_case in a namespace.

use std::collections::{BTreeMap, BTreeSet};

use crate::program::{AttributeSite, AttributeTarget, FuncId, SpanStyle, TextSource};
use crate::registry::reader;
use crate::rule::{Context, Findings, Fix, Level, Renames, Wish};
use crate::text::Symbol;

/// From so many on, a way of writing keys is what the team has settled on: to change it is one decision.
const FEWEST_OF_A_HABIT: usize = 12;
/// The same within one function.
const FEWEST_OF_A_FUNCTION: usize = 3;

pub(crate) fn check(ctx: &Context<'_>, found: &mut Findings) {
    let keys = judged(ctx);
    let wishes: Vec<Wish<'_>> =
        keys.iter().filter(|it| !ctx.options.allows(it.key)).flat_map(Judged::wishes).collect();
    let renames = Renames::new(ctx.program, &wishes);
    let styles = styles(ctx, &keys);
    let spellings = Spellings::of(&keys);
    for fault in [Fault::Style, Fault::Namespace] {
        let total = keys.len();
        let faulty = keys.iter().filter(|it| it.fault == Some(fault)).count();
        let is_habit = faulty >= FEWEST_OF_A_HABIT;
        let written: Vec<&Judged<'_>> =
            keys.iter().filter(|it| it.fault == Some(fault) && !ctx.options.allows(it.key)).collect();
        let mut by_function: BTreeMap<Option<FuncId>, usize> = BTreeMap::new();
        written.iter().for_each(|it| *by_function.entry(it.owner(ctx)).or_default() += 1);
        let mut decided = BTreeSet::new();
        for it in written {
            tell(ctx, found, it, fault);
            let Some(finding) = found.list.last_mut() else { continue };
            if it.is_named_by_keywords() || !styles.get(it.package(ctx)).is_some_and(Style::is_broken_by_few)
            {
                finding.at_most(Level::Note);
            }
            // A name that is there is in dashboards by now, and says what it means: another one is for new code. What is there in two
            // spellings is found by neither.
            if !spellings.is_the_rarer(it) {
                finding.at_most_unless_new(Level::Note);
            }
            if begins_with_digit(it.key) {
                finding.at_most(Level::Note);
            }
            if !is_habit {
                finding.fix(it.fix(&renames));
            }
            // One decision about all of them is worth a warning; each of them alone is not.
            let here = by_function[&it.owner(ctx)];
            let (decision, count) = match is_habit {
                true => (None, format!("{faulty} of {total} attribute keys")),
                false if here >= FEWEST_OF_A_FUNCTION => {
                    (Some(it.owner(ctx)), format!("{here} attribute keys here"))
                }
                false => continue,
            };
            if decided.insert(decision) {
                finding.message = format!("{count} {}, `{}` among them", fault.say(), it.key);
            } else {
                finding.at_most(Level::Note);
            }
        }
    }
}

/// A key and what is wrong with it.
struct Judged<'a> {
    key: &'static str,
    sites: Vec<&'a AttributeSite>,
    fault: Option<Fault>,
}

impl<'a> Judged<'a> {
    /// The function that writes it first.
    fn owner(&self, ctx: &Context<'_>) -> Option<FuncId> {
        self.sites.first().map(|it| ctx.owner(&it.at))
    }

    fn package(&self, ctx: &Context<'a>) -> &'a str {
        self.owner(ctx).map_or("", |it| ctx.program.function(it).package())
    }

    /// Keywords of calls, which cannot have dots in them: the name stands there without quotes.
    fn is_named_by_keywords(&self) -> bool {
        self.sites.iter().all(|it| {
            let span = it.at.place.span;
            it.key.source == TextSource::Literal && (span.end - span.start) as usize == self.key.len()
        })
    }

    /// The same name in the usual style, where it has a namespace already.
    fn wishes(&self) -> impl Iterator<Item = Wish<'a>> {
        let better = snake_case(self.key);
        let is_better =
            self.fault == Some(Fault::Style) && fault(&better).is_none() && !self.key.contains("{}");
        let (old, new) = (Symbol::new(self.key), Symbol::new(&better));
        let sites = self.sites.iter().filter(move |_| is_better);
        sites.map(move |site| Wish { site, old, new, same_value: false })
    }

    /// All places at once: a name in two spellings would be worse than before.
    fn fix(&self, renames: &Renames<'_>) -> Option<Fix> {
        let fixes: Option<Vec<Fix>> = self.sites.iter().map(|it| renames.fix(it)).collect();
        let mut fixes = fixes?.into_iter();
        let mut all = fixes.next()?;
        all.edits.extend(fixes.flat_map(|it| it.edits));
        Some(all)
    }
}

/// By the name in the usual style: how often it is written at most, in one of its spellings, and in how many.
struct Spellings(BTreeMap<String, (usize, usize)>);

impl Spellings {
    fn of(keys: &[Judged<'_>]) -> Spellings {
        let mut all: BTreeMap<String, (usize, usize)> = BTreeMap::new();
        for it in keys {
            let (most, count) = all.entry(snake_case(it.key)).or_default();
            *most = it.sites.len().max(*most);
            *count += 1;
        }
        Spellings(all)
    }

    fn is_the_rarer(&self, it: &Judged<'_>) -> bool {
        it.fault == Some(Fault::Style)
            && self
                .0
                .get(&snake_case(it.key))
                .is_some_and(|(most, count)| *count > 1 && it.sites.len() <= *most)
    }
}

/// How the keys of a package are written.
#[derive(Default)]
struct Style {
    good: usize,
    faulty: usize,
}

impl Style {
    /// Where a package writes its keys in another way, that is its style; what is at odds with the others is a slip.
    fn is_broken_by_few(&self) -> bool {
        self.good >= FEWEST_OF_A_STYLE && self.good >= self.faulty * MOST_SLIPS
    }
}

/// So many keys show how a package means to write them.
const FEWEST_OF_A_STYLE: usize = 6;

/// At most one of so many is a slip.
const MOST_SLIPS: usize = 3;

fn styles<'a>(ctx: &Context<'a>, keys: &[Judged<'a>]) -> BTreeMap<&'a str, Style> {
    let mut styles: BTreeMap<&str, Style> = BTreeMap::new();
    for it in keys {
        let style = styles.entry(it.package(ctx)).or_default();
        match it.fault {
            None => style.good += 1,
            Some(_) => style.faulty += 1,
        }
    }
    styles
}

fn judged<'a>(ctx: &Context<'a>) -> Vec<Judged<'a>> {
    // The fields of a macro or an attribute are named like the variables that they show.
    let fields: BTreeSet<Symbol> = ctx
        .program
        .spans
        .iter()
        .filter(|it| matches!(it.style, SpanStyle::Macro | SpanStyle::Attribute))
        .flat_map(|it| it.attributes.iter().copied())
        .collect();
    let judge = |(key, mut sites): (&'static str, Vec<&'a AttributeSite>)| {
        let fault = fault(key);
        // Keys of an event or a measurement are read together with its name, which is a namespace already.
        if fault == Some(Fault::Namespace) {
            if fields.contains(&Symbol::new(key)) {
                return None;
            }
            sites.retain(|it| !matches!(it.target, AttributeTarget::Event | AttributeTarget::Metric));
        }
        (!sites.is_empty()).then_some(Judged { key, sites, fault })
    };
    let mut keys = by_key(ctx);
    // The conventions of OpenInference have a name without a namespace.
    if keys.contains_key("openinference.span.kind") {
        keys.remove("metadata");
    }
    keys.into_iter().filter_map(judge).collect()
}

fn tell(ctx: &Context<'_>, found: &mut Findings, judged: &Judged<'_>, fault: Fault) {
    let Judged { key, sites, .. } = judged;
    if let Some(first) = sites.first() {
        // A name is one decision, however often it is written: one finding for all of its places.
        let places = match sites.len() {
            1 => String::new(),
            places => format!(" ({places} places)"),
        };
        let finding = found
            .add(first.at.place, format!("attribute `{key}` {}{places}", fault.says()))
            .label("written here")
            .reason("Dashboards and queries find an attribute by its exact name, and a name in another style is missed.")
            .help(fault.help(key))
            .function(ctx.owner(&first.at))
            .certainty(first.certainty);
        for other in sites.iter().skip(1).take(MOST_RELATED) {
            finding.related(other.at.place, "and here");
        }
    }
}

/// Other places shown with the first.
const MOST_RELATED: usize = 2;

fn by_key<'a>(ctx: &Context<'a>) -> BTreeMap<&'static str, Vec<&'a AttributeSite>> {
    let mut keys: BTreeMap<&'static str, Vec<&'a AttributeSite>> = BTreeMap::new();
    for site in ctx.program.attributes.iter().filter(|it| it.is_named_by_convention()) {
        let file = ctx.program.file(site.at.place.file);
        let is_ours = |key: &Symbol| !file.test && !file.facts.generated && reader(key.as_str()).is_none();
        if let Some(key) = site.key.text.filter(is_ours) {
            keys.entry(key.as_str()).or_default().push(site);
        }
    }
    keys
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Fault {
    Style,
    Namespace,
}

impl Fault {
    fn says(self) -> &'static str {
        match self {
            Fault::Style => "is not lowercase, dotted snake_case",
            Fault::Namespace => "has no namespace",
        }
    }

    /// Of several keys.
    fn say(self) -> &'static str {
        match self {
            Fault::Style => "are not lowercase, dotted snake_case",
            Fault::Namespace => "have no namespace",
        }
    }

    fn help(self, key: &str) -> String {
        let better = snake_case(key);
        match self {
            Fault::Style if begins_with_digit(key) => {
                "begin it with a letter, as names of attributes do".to_owned()
            }
            Fault::Style if better == key => "leave no part between two dots empty".to_owned(),
            Fault::Style if better.contains('.') => format!("write it as `{better}`"),
            Fault::Style | Fault::Namespace => format!("put it in a namespace, as in `<namespace>.{better}`"),
        }
    }
}

/// A key whose last part names something of the outside world (a header, a label) keeps that name's spelling.
fn fault(key: &str) -> Option<Fault> {
    if key.is_empty() || key.starts_with("{}") {
        return None;
    }
    let (fixed, open) = match key.split_once("{}") {
        Some((fixed, _)) => (fixed, true),
        None => (key, false),
    };
    let foreign = NAMED_OUTSIDE.iter().any(|it| fixed.contains(it));
    let parts: Vec<&str> = fixed.split('.').collect();
    if !foreign
        && !parts.iter().enumerate().all(|(at, it)| is_part(it, at == 0, open && at + 1 == parts.len()))
    {
        return Some(Fault::Style);
    }
    (parts.len() < 2).then_some(Fault::Namespace)
}

const NAMED_OUTSIDE: [&str; 6] =
    [".header.", ".metadata.", ".label.", ".annotation.", ".parameter.", ".environment_variable."];

fn is_part(part: &str, first: bool, unfinished: bool) -> bool {
    if part.is_empty() {
        return unfinished;
    }
    part.bytes()
        .enumerate()
        .all(|(at, it)| it.is_ascii_lowercase() || (it.is_ascii_digit() || it == b'_') && !(first && at == 0))
}

fn begins_with_digit(key: &str) -> bool {
    key.starts_with(|it: char| it.is_ascii_digit())
}

/// `orderId`, `Order-ID` and `order id` all become `order_id`.
fn snake_case(key: &str) -> String {
    let mut better = String::new();
    let mut after_lower = false;
    for it in key.chars() {
        if it.is_uppercase() && after_lower {
            better.push('_');
        }
        after_lower = it.is_lowercase() || it.is_ascii_digit();
        match it {
            '.' | '_' | '{' | '}' => better.push(it),
            _ if it.is_alphanumeric() => better.extend(it.to_lowercase()),
            _ => better.push('_'),
        }
    }
    better
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn good_names_have_no_fault() {
        for key in [
            "order.id",
            "http.request.header.content-type",
            "http.request.header.{}",
            "k8s.pod.label.App",
            "{}.id",
        ] {
            assert_eq!(fault(key), None, "{key}");
        }
    }

    #[test]
    fn faults_are_told_apart() {
        assert_eq!(fault("retries"), Some(Fault::Namespace));
        assert_eq!(fault("orderId"), Some(Fault::Style));
        assert_eq!(fault("order.Id"), Some(Fault::Style));
        assert_eq!(fault("order id"), Some(Fault::Style));
        assert_eq!(fault("order-id"), Some(Fault::Style));
        assert_eq!(fault("order..id"), Some(Fault::Style));
        assert_eq!(fault("order_{}"), Some(Fault::Namespace));
    }

    #[test]
    fn the_help_is_never_what_is_there() {
        for key in ["8020.success", "order..id", "order.Id", "orderId", "8020", "order."] {
            let help = fault(key).map(|it| it.help(key)).unwrap();
            assert!(!help.ends_with(&format!("`{key}`")), "{key}: {help}");
        }
    }

    #[test]
    fn the_rarer_of_two_spellings_is_known() {
        let judged = |key| Judged { key, sites: Vec::new(), fault: fault(key) };
        let keys = [judged("order.id"), judged("order.Id"), judged("order.Size")];
        let spellings = Spellings::of(&keys);
        assert!(spellings.is_the_rarer(&keys[1]));
        assert!(!spellings.is_the_rarer(&keys[0]) && !spellings.is_the_rarer(&keys[2]));
    }

    #[test]
    fn better_names_are_suggested() {
        assert_eq!(snake_case("orderID"), "order_id");
        assert_eq!(snake_case("Order-Total count"), "order_total_count");
        assert_eq!(snake_case("shop.orderId"), "shop.order_id");
    }
}
