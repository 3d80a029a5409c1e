//! `undeclared-field`: a value is recorded in a field that the span does not have.

use std::collections::BTreeSet;

use crate::program::UndeclaredField;
use crate::rule::{Context, Findings, Level};

pub(crate) fn check(ctx: &Context<'_>, found: &mut Findings) {
    let mut told = BTreeSet::new();
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
    }
    let said = |count| format!("; {count} more {} dropped beside it", if count == 1 { "is" } else { "are" });
    found.fold_by(ctx, |it| it.function, said, "another field that the span does not have");
}

/// Where the span itself is not known, a library may have made it, with names that are common; and where the level of a span turns it
/// off, the one around it is current, which may have the field.
fn is_sure(ctx: &Context<'_>, site: &UndeclaredField) -> bool {
    let key = site.key.as_str();
    let is_common =
        !key.contains('.') || ctx.program.registry.attribute(key).is_some() || key.starts_with("otel.");
    !site.elsewhere && (site.span.is_some() || !is_common)
}
