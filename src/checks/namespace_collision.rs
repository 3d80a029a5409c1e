//! `namespace-collision`: a key that is also the namespace of another key.

use std::collections::BTreeMap;

use crate::program::{AttributeSite, SpanSite};
use crate::registry::Standing;
use crate::rule::{Context, Findings, Level};

/// What is written to one kind of thing, by key, in all of its places.
type Keys<'a> = BTreeMap<&'a str, Vec<&'a AttributeSite>>;

pub(crate) fn check(ctx: &Context<'_>, found: &mut Findings) {
    // What is written to different things never meets.
    let mut by_target: BTreeMap<&str, Keys<'_>> = BTreeMap::new();
    for (key, sites) in ctx.program.written_keys() {
        for site in sites.into_iter().filter(|_| !key.contains("{}")) {
            by_target.entry(site.target.as_str()).or_default().entry(key).or_default().push(site);
        }
    }
    for keys in by_target.values() {
        for (key, sites) in keys.iter().filter(|(key, _)| !ctx.options.allows(key)) {
            below_a_known_key(ctx, keys, key, sites, found);
            above_another(ctx, keys, key, sites, found);
        }
    }
    let said =
        |count| format!("; {count} more {} beside it", if count == 1 { "collides" } else { "collide" });
    found.fold_by(ctx, |it| Some(ctx.unit(it.function?)), said, "another that collides");
}

/// A key of the project's own that makes a namespace of one that the registry defines as a plain value.
fn below_a_known_key(
    ctx: &Context<'_>,
    keys: &Keys<'_>,
    key: &str,
    sites: &[&AttributeSite],
    found: &mut Findings,
) {
    let [site, ..] = sites else { return };
    if matches!(ctx.program.standing(site), Some(Standing::Known(_) | Standing::Deprecated(..)) | None) {
        return;
    }
    let registry = &ctx.program.registry;
    let parents = key.rmatch_indices('.').map(|(at, _)| &key[..at]);
    let known = parents.filter_map(|it| registry.attribute(it)).find(|it| it.fate.is_none());
    let Some(parent) = known else { return };
    let message = format!("attribute `{key}` makes a namespace of `{}`, which is an attribute", parent.name);
    // They meet in a backend only where somebody writes the other one.
    let level = if keys.contains_key(parent.name) { Level::Error } else { Level::Note };
    tell(ctx, found, site, &message, level);
}

/// A key of the project's own that another of its keys goes on from.
fn above_another(
    ctx: &Context<'_>,
    keys: &Keys<'_>,
    key: &str,
    sites: &[&AttributeSite],
    found: &mut Findings,
) {
    let [first, ..] = sites else { return };
    if matches!(ctx.program.standing(first), Some(Standing::Deprecated(..) | Standing::Known(_))) {
        return;
    }
    let namespace = format!("{key}.");
    let below = || keys.range(namespace.as_str()..).take_while(|(it, _)| it.starts_with(&namespace));
    let pairs = below().flat_map(|(child, others)| {
        others.iter().flat_map(move |other| sites.iter().map(move |site| (*child, *other, *site)))
    });
    // Two that one function writes are on one span and surely meet, unless it has several and they are on different ones.
    let meet = |(child, other, site): &(&str, &AttributeSite, &AttributeSite)| {
        ctx.owner(&other.at) == ctx.owner(&site.at) && !are_on_different_spans(ctx, site, key, child)
    };
    let mut meeting = None;
    for pair in pairs.take(MOST_PAIRS).filter(meet) {
        let is_known = is_of_a_registry(ctx, pair.1);
        if is_known || meeting.is_none() {
            meeting = Some(pair);
        }
        if is_known {
            break;
        }
    }
    let apart = || below().next().and_then(|(child, others)| Some((*child, *others.first()?, *first)));
    // Two names of the project's own are its own to keep or to change, and it may send them where they do not meet.
    let is_known = meeting.as_ref().is_some_and(|(_, other, _)| is_of_a_registry(ctx, other));
    let level = if is_known { Level::Error } else { Level::Note };
    let Some((child, other, site)) = meeting.or_else(apart) else { return };
    tell(ctx, found, site, &format!("attribute `{key}` is also the namespace of `{child}`"), level);
    if let Some(finding) = found.list.last_mut() {
        finding.related(other.at.place, format!("`{child}` is written here"));
    }
}

fn is_of_a_registry(ctx: &Context<'_>, site: &AttributeSite) -> bool {
    matches!(ctx.program.standing(site), Some(Standing::Known(_) | Standing::Deprecated(..)))
}

fn are_on_different_spans(ctx: &Context<'_>, site: &AttributeSite, key: &str, child: &str) -> bool {
    let owner = ctx.owner(&site.at);
    let spans = || ctx.program.spans.iter().filter(|it| ctx.owner(&it.at) == owner);
    let has = |it: &SpanSite, key: &str| it.attributes.iter().any(|it| it.as_str() == key);
    spans().any(|it| has(it, key) && !has(it, child)) && spans().any(|it| has(it, child) && !has(it, key))
}

/// More pairs than these are not looked at.
const MOST_PAIRS: usize = 4_000;

fn tell(ctx: &Context<'_>, found: &mut Findings, site: &AttributeSite, message: &str, level: Level) {
    let plain = site.key.text.is_none_or(|it| !it.as_str().contains('.'));
    found
        .add(site.at.place, message)
        .label("written here")
        .reason("Backends that keep attributes as nested objects cannot hold a value and an object under one name: one of the two is lost.")
        .help("give the value a name below the namespace, such as `.name`, `.id` or `.type`")
        .function(ctx.owner(&site.at))
        // A bare word is seldom meant to share a namespace with anything.
        .certainty(site.certainty)
        .at_most(if plain { Level::Note } else { level });
}
