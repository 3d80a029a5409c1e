//! The field by which `tracing-opentelemetry` was told why something failed: it has another name since version 0.32, and the old one
//! is an attribute like any other.

use std::collections::HashSet;

use super::written::Declared;
use crate::program::{AttributeSite, AttributeTarget};
use crate::rule::{Context, Findings, Level, and_more};
use crate::text::{Place, Symbol};

const OLD: &str = "otel.status_message";
const NEW: &str = "otel.status_description";
/// From this version on.
const RENAMED_IN: (u32, u32) = (0, 32);

pub(super) fn tell(ctx: &Context<'_>, found: &mut Findings, undeclared: &HashSet<Place>) {
    if ctx.program.tracing_layer.is_none_or(|it| it < RENAMED_IN) || ctx.options.allows(OLD) {
        return;
    }
    let is_field = |it: &&AttributeSite, key: &str| {
        it.target == AttributeTarget::Span
            && it.key.text.is_some_and(|it| it.as_str() == key)
            && ctx.program.file(it.at.place.file).facts.lexical
    };
    let new: HashSet<_> =
        ctx.program.attributes.iter().filter(|it| is_field(it, NEW)).map(|it| ctx.owner(&it.at)).collect();
    let declared = Declared::find(ctx, std::iter::once(Symbol::new(OLD)));
    let sites = ctx.program.attributes.iter().filter(|it| is_field(it, OLD));
    let sites = sites.filter(|it| {
        !undeclared.contains(&it.at.place) && !declared.is_all_of(it) && !new.contains(&ctx.owner(&it.at))
    });
    let mut told = Vec::new();
    for site in sites {
        let finding = found
            .add(site.at.place, format!("`{OLD}` is no description of the status since `tracing-opentelemetry` 0.32"))
            .label("an attribute like any other")
            .reason("The status of a span that failed says nothing of why: backends and alerts look for it there.")
            .help(format!("write it as `{NEW}`, wherever the field is declared and recorded"))
            .function(ctx.owner(&site.at))
            .certainty(site.certainty);
        if ctx.program.is_for_show(site.at.place.file) {
            finding.at_most(Level::Note);
        }
        told.push((declared.is_only_declared(site), found.list.len() - 1));
    }
    // It is renamed everywhere or nowhere; where something is recorded shows best what is lost.
    told.retain(|it| ctx.is_more_than_a_note(&found.list[it.1]));
    told.sort_unstable();
    let members: Vec<usize> = told.iter().map(|it| it.1).collect();
    if members.len() > 1 {
        found.fold(&members, &and_more(members.len() - 1), |_| "this one is none, either".to_owned());
    }
}
