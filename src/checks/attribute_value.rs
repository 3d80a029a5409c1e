//! `attribute-value`: a literal that is not among the values that the conventions list for its key.

mod route;

use crate::program::AttributeSite;
use crate::registry::{AllowedValue, Attribute, Listed, Standing};
use crate::rule::{Context, Findings, Level};

pub(crate) fn check(ctx: &Context<'_>, found: &mut Findings) {
    for site in ctx.program.attributes.iter().filter(|it| it.is_named_by_convention()) {
        route::tell(ctx, found, site);
        let Some((attribute, value)) = unlisted(ctx, site) else { continue };
        let closed = attribute.kind.is_some_and(|it| it.listed == Some(Listed::Closed));
        let old = attribute.values.iter().find(|it| it.text == value).and_then(|it| it.replaced_by);
        let (what, help) = match old {
            Some(new) => (
                format!("the value `{value}` of `{}` is deprecated", attribute.name),
                new.map_or_else(|| "nothing took its place".to_owned(), |it| format!("write `{it}`")),
            ),
            None => (
                format!("`{value}` is not among the values of `{}`", attribute.name),
                advice(attribute, value, closed),
            ),
        };
        let finding = found
            .add(site.at.place, what)
            .label("written here")
            .reason("Whoever filters or groups by the listed values does not see it.")
            .help(help)
            .function(ctx.owner(&site.at));
        // Whoever needs another value of an open enumeration may have one.
        let is_minor = !closed || is_read_as_meant(ctx, site, value);
        finding.certainty(site.certainty).at_most(if is_minor { Level::Note } else { Level::Error });
    }
}

/// The value of a key with listed values that is none of them, or one that is deprecated.
fn unlisted<'a>(ctx: &Context<'a>, site: &AttributeSite) -> Option<(&'a Attribute, &'static str)> {
    let Some(Standing::Known(attribute)) = ctx.program.standing(site) else { return None };
    attribute.kind?.listed?;
    let value = site.value_text?.as_str();
    let key = site.key.text?.as_str();
    let free = living(attribute).count() < 2;
    // The libraries that read `otel.status_code` take it in lower case too.
    let same =
        |it: &str| it == value || (attribute.name.starts_with("otel.") && it.eq_ignore_ascii_case(value));
    let listed = living(attribute).any(|it| same(it.text));
    (!free && !listed && !ctx.options.allows(key)).then_some((attribute, value))
}

/// What hands the spans of `tracing` on takes any other status than the two for none.
fn is_read_as_meant(ctx: &Context<'_>, site: &AttributeSite, value: &str) -> bool {
    site.key.text.is_some_and(|it| it.as_str() == "otel.status_code")
        && value.eq_ignore_ascii_case("unset")
        && ctx.program.file(site.at.place.file).language == "rust"
}

fn living(attribute: &Attribute) -> impl Iterator<Item = &AllowedValue> {
    attribute.values.iter().filter(|it| it.replaced_by.is_none())
}

fn advice(attribute: &Attribute, value: &str, closed: bool) -> String {
    let texts: Vec<&str> = living(attribute).map(|it| it.text).collect();
    let spelled = |text: &str| text.replace(['-', '.', ' '], "_").to_lowercase();
    if let Some(same) = texts.iter().find(|it| spelled(it) == spelled(value)) {
        return format!("write it as `{same}`");
    }
    let near = texts.iter().map(|it| (strsim::damerau_levenshtein(it, value), it)).min();
    if let Some((_, near)) = near.filter(|(edits, it)| it.len() >= 4 && *edits <= it.len() / 4) {
        return format!("did you mean `{near}`?");
    }
    let some: Vec<String> = texts.iter().take(MOST_SHOWN).map(|it| format!("`{it}`")).collect();
    let more = if texts.len() > MOST_SHOWN { ", …" } else { "" };
    let list = format!("{}{more}", some.join(", "));
    if closed { format!("write one of {list}") } else { format!("use one of {list} if it means the same") }
}

const MOST_SHOWN: usize = 8;
