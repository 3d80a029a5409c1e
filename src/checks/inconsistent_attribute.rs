//! `inconsistent-attribute`: one key with values of different types in different places.

use std::collections::BTreeMap;

use crate::program::AttributeSite;
use crate::registry::Standing;
use crate::rule::{Context, Findings};

pub(crate) fn check(ctx: &Context<'_>, found: &mut Findings) {
    for (key, sites) in ctx.program.written_keys() {
        if key.contains("{}") || ctx.options.allows(key) {
            continue;
        }
        let mut by_target: BTreeMap<&str, BTreeMap<&str, Vec<&AttributeSite>>> = BTreeMap::new();
        for site in sites {
            if let Some(sort) = sort(ctx, site) {
                by_target.entry(site.target.as_str()).or_default().entry(sort).or_default().push(site);
            }
        }
        by_target.values().for_each(|it| tell(ctx, key, it, found));
    }
}

/// The type of a value, in the words of messages. Whole and broken numbers go together. What a registry types is judged by it, and
/// helpers may turn what they are given into something else.
fn sort(ctx: &Context<'_>, site: &AttributeSite) -> Option<&'static str> {
    let typed = matches!(ctx.program.standing(site), Some(Standing::Known(it)) if it.kind.is_some());
    if typed || site.via.is_some() {
        return None;
    }
    match site.value_type? {
        "string" => Some("a text"),
        "int" | "double" => Some("a number"),
        "boolean" => Some("a boolean"),
        "array" => Some("a list"),
        _ => None,
    }
}

/// The type that is written least often is the one to look at.
fn tell(ctx: &Context<'_>, key: &str, sorts: &BTreeMap<&str, Vec<&AttributeSite>>, found: &mut Findings) {
    let usual = sorts.iter().max_by_key(|(sort, sites)| (sites.len(), std::cmp::Reverse(**sort)));
    let Some((usual, sites)) = usual else { return };
    for (sort, odd) in sorts.iter().filter(|(it, _)| *it != usual) {
        let (Some(first), Some(other)) = (odd.first(), sites.first()) else { continue };
        found
            .add(first.at.place, format!("attribute `{key}` is {sort} here, and {usual} elsewhere"))
            .label(format!("{sort} here"))
            .related(other.at.place, format!("{usual} here"))
            .reason("Backends keep one type for a name: values of the other are dropped, or are found by no comparison.")
            .help("settle on one type, or give the other value a name of its own")
            .function(ctx.owner(&first.at))
            .certainty(first.certainty);
    }
}
