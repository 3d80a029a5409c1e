//! `attribute-level`: what describes the process written on a span, or what describes a piece of work written on a resource.

use std::collections::BTreeSet;

use crate::facts::{Binding, BindingKind, OpKind, Value, are_alike};
use crate::program::{AttributeSite, AttributeTarget};
use crate::registry::{Attribute, Carrier, Standing};
use crate::rule::{Context, Findings, Level};

/// Of the names that entities have, those that only ever speak of who sends the telemetry. A span may well be about another
/// host, pod or process than its own.
const OF_THE_SENDER: &[&str] = &["service", "telemetry", "deployment", "webengine", "process.runtime"];

/// Of the names that signals have, those that speak of one piece of work. A resource may well have a session or a user.
const OF_ONE_WORK: &[&str] = &[
    "http",
    "url",
    "db",
    "rpc",
    "messaging",
    "exception",
    "code",
    "thread",
    "graphql",
    "gen_ai",
    "network",
    "error",
];

pub(crate) fn check(ctx: &Context<'_>, found: &mut Findings) {
    for (key, sites) in ctx.program.written_keys() {
        if ctx.options.allows(key) {
            continue;
        }
        let judged = sites.into_iter().filter_map(|it| Some((it, misplaced(ctx, it, key)?)));
        // A key moves from everywhere or from nowhere: one decision in each package.
        let mut decided = BTreeSet::new();
        for (site, (what, reason, help)) in judged {
            let package = ctx.program.function(ctx.owner(&site.at)).package();
            let is_said_twice = says_what_the_resource_says(ctx, site);
            let differs = site.target == AttributeTarget::Resource || is_on_the_resource(ctx, site, key);
            let is_told =
                differs && !is_said_twice && !is_handed_through(ctx, site) && decided.insert(package);
            found
                .add(site.at.place, format!("attribute `{key}` {what}"))
                .label("written here")
                .reason(reason)
                .help(help)
                .function(ctx.owner(&site.at))
                .certainty(site.certainty)
                .at_most(if is_told { Level::Error } else { Level::Note });
            if is_said_twice && let Some(finding) = found.list.last_mut() {
                finding.reason(SAID_TWICE);
            }
        }
    }
}

const SAID_TWICE: &str = "The resource of the program says the same, so that it is only said twice.";

/// What SDKs put on every resource themselves.
const OF_EVERY_RESOURCE: &[&str] =
    &["service.name", "telemetry.sdk.name", "telemetry.sdk.language", "telemetry.sdk.version"];

/// Whether the resource of the same program has the key: without it the span is the only one to tell.
fn is_on_the_resource(ctx: &Context<'_>, site: &AttributeSite, key: &str) -> bool {
    OF_EVERY_RESOURCE.contains(&key) || of_resource(ctx, site).next().is_some()
}

/// Where the resource of the same program gets the key.
fn of_resource<'c>(ctx: &'c Context<'_>, site: &'c AttributeSite) -> impl Iterator<Item = &'c AttributeSite> {
    ctx.program.attributes.iter().filter(|it| {
        it.target == AttributeTarget::Resource
            && it.key.text == site.key.text
            && ctx.program.projects.are_together(site.at.place.file, it.at.place.file)
    })
}

/// The resource of the same program has the key with the same value, or with one that is written alike.
fn says_what_the_resource_says(ctx: &Context<'_>, site: &AttributeSite) -> bool {
    let file = |it: &AttributeSite| it.at.place.file;
    let facts = |it: &AttributeSite| &*ctx.program.file(file(it)).facts;
    let is_alike = |other: &AttributeSite| {
        let known = site.value_text.is_some() && site.value_text == other.value_text;
        let written = || match (site.value, other.value) {
            // A name of another file can stand for anything.
            (Some(one), Some(two)) => {
                file(site) == file(other) && are_alike((facts(site), one), (facts(other), two))
            }
            _ => false,
        };
        known || written()
    };
    site.target == AttributeTarget::Span && of_resource(ctx, site).any(is_alike)
}

/// `attributes[key] = given.get(key)`: only who gives it decides that it is there.
fn is_handed_through(ctx: &Context<'_>, site: &AttributeSite) -> bool {
    let (facts, function) = ctx.program.facts_of(site.at.function);
    let Some(mut value) = site.value else { return false };
    if let Value::Name(name) = *facts.value(value)
        && let [Binding { kind: BindingKind::Value(bound), .. }] = facts.bindings_of(function, name)
    {
        value = *bound;
    }
    let key = match facts.value(value) {
        Value::Item { key, .. } => *key,
        Value::Call(op) => match &facts.op(*op).kind {
            OpKind::Call { callee, args } if matches!(facts.value(*callee), Value::Member { name, .. } if name.as_str() == "get") =>
            {
                let [first, ..] = facts.args(args) else { return false };
                first.value
            }
            _ => return false,
        },
        _ => return false,
    };
    matches!(facts.value(key), Value::Name(_))
}

fn misplaced(
    ctx: &Context<'_>,
    site: &AttributeSite,
    key: &str,
) -> Option<(&'static str, &'static str, &'static str)> {
    let Some(Standing::Known(attribute)) = ctx.program.standing(site) else { return None };
    match site.target {
        AttributeTarget::Span if is(attribute, Carrier::Resource) && is_below(key, OF_THE_SENDER) => Some((
            "describes what sends the telemetry, and is written on a span",
            "It is on the resource of every span already, and where the two differ nobody knows which one is right.",
            "put it on the resource; for the other side of a call there are names such as `service.peer.name`",
        )),
        AttributeTarget::Resource if is(attribute, Carrier::Signal) && is_below(key, OF_ONE_WORK) => Some((
            "describes one piece of work, and is written on a resource",
            "A resource is the same for as long as the process lives: every span and every metric then claims this value.",
            "put it on the span or the measurement that it is about",
        )),
        _ => None,
    }
}

fn is(attribute: &Attribute, carrier: Carrier) -> bool {
    attribute.carrier == Some(carrier)
}

fn is_below(key: &str, namespaces: &[&str]) -> bool {
    namespaces.iter().any(|it| key.strip_prefix(it).is_some_and(|rest| rest.starts_with('.')))
}
