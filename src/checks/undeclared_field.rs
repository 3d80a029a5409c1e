//! `undeclared-field`: a value is recorded in a field that the span does not have.

use std::collections::{BTreeMap, BTreeSet};

use crate::program::UndeclaredField;
use crate::rule::{Context, Findings, Level};

pub(crate) fn check(ctx: &Context<'_>, found: &mut Findings) {
    let mut told = BTreeSet::new();
    let mut by_function: BTreeMap<_, Vec<(usize, &UndeclaredField)>> = BTreeMap::new();
    for site in &ctx.program.undeclared {
        let key = site.key.as_str();
        if ctx.options.allows(key) {
            continue;
        }
        let span = site.span.map(|it| &ctx.program.spans[it]);
        let message = match span {
            Some(span) => format!("{} has no field `{key}` to record", span.title()),
            None => format!("no span of the program has the field `{key}` that is recorded here"),
        };
        let finding = found
            .add(site.place, message)
            .label("dropped without a word")
            .reason("A span keeps only the fields that it was made with: the value is in no trace.")
            .help(format!("declare it where the span is made, as `{key} = tracing::field::Empty`"))
            .function(ctx.owner(&site.at))
            // Declared once, it is there for all who record it.
            .at_most(if is_sure(ctx, site) && told.insert((site.span, key)) {
                Level::Error
            } else {
                Level::Note
            });
        if let Some(span) = span {
            finding.related(span.at.place, "the span is made here, without it");
        }
        by_function.entry(ctx.owner(&site.at)).or_default().push((found.list.len() - 1, site));
    }
    by_function.values().for_each(|it| tell_together(ctx, found, it));
}

/// One of the fields that a function records in vain speaks for them all, the less sure ones of a span that is known included.
fn tell_together(ctx: &Context<'_>, found: &mut Findings, fields: &[(usize, &UndeclaredField)]) {
    let is_told = |it: &&(usize, &UndeclaredField)| ctx.is_more_than_a_note(&found.list[it.0]);
    let Some(first) = fields.iter().find(is_told) else { return };
    let mut seen = BTreeSet::from([(first.1.span, first.1.key.as_str())]);
    let others = fields.iter().filter(|it| it.0 != first.0 && (it.1.span.is_some() || is_told(it)));
    let others = others.filter(|(_, it)| seen.insert((it.span, it.key.as_str())));
    let members: Vec<usize> = std::iter::once(first.0).chain(others.map(|it| it.0)).collect();
    let more = match members.len() - 1 {
        0 => return,
        1 => "; 1 more is dropped beside it".to_owned(),
        count => format!("; {count} more are dropped beside it"),
    };
    found.fold(&members, &more, |_| "another field that the span does not have".to_owned());
}

/// Where the span itself is not known, a library may have made it, with names that are common; and where the level of a span turns it
/// off, the one around it is current, which may have the field.
fn is_sure(ctx: &Context<'_>, site: &UndeclaredField) -> bool {
    let key = site.key.as_str();
    let is_common =
        !key.contains('.') || ctx.program.registry.attribute(key).is_some() || key.starts_with("otel.");
    !site.elsewhere && (site.span.is_some() || !is_common)
}
