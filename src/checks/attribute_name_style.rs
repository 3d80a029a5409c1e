//! `attribute-name-style`: an attribute key that is not lowercase, dotted snake_case in a namespace.

use std::collections::BTreeMap;

use crate::program::{AttributeSite, AttributeTarget};
use crate::rule::{Context, Findings};

pub(crate) fn check(ctx: &Context<'_>, found: &mut Findings) {
    for (key, mut sites) in by_key(ctx) {
        let Some(fault) = fault(key) else { continue };
        // Keys of an event or a measurement are read together with its name, which is a namespace already.
        if matches!(fault, Fault::Namespace) {
            sites.retain(|it| !matches!(it.target, AttributeTarget::Event | AttributeTarget::Metric));
        }
        let Some(first) = sites.first() else { continue };
        if ctx.options.allows(key) {
            continue;
        }
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
    for site in ctx.program.attributes.iter().filter(|it| is_named_by_convention(it)) {
        let file = ctx.program.file(site.at.place.file);
        if let Some(key) = site.key.text.filter(|_| !file.test && !file.facts.generated) {
            keys.entry(key.as_str()).or_default().push(site);
        }
    }
    keys
}

/// Log fields and baggage follow conventions of their own.
fn is_named_by_convention(site: &AttributeSite) -> bool {
    !matches!(site.target, AttributeTarget::Log | AttributeTarget::Baggage)
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

    fn help(self, key: &str) -> String {
        let better = snake_case(key);
        match self {
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
    fn better_names_are_suggested() {
        assert_eq!(snake_case("orderID"), "order_id");
        assert_eq!(snake_case("Order-Total count"), "order_total_count");
        assert_eq!(snake_case("shop.orderId"), "shop.order_id");
    }
}
