//! `sensitive-attribute`: a secret or personal data in an attribute, told by the name of the key or of the value.

mod types;
mod values;
mod words;

use crate::program::AttributeSite;
use crate::rule::{Context, Findings, Level};
use values::Reading;
use words::Secret;

pub(crate) fn check(ctx: &Context<'_>, found: &mut Findings) {
    // Baggage and logs leave the process too.
    for site in &ctx.program.attributes {
        let key = site.key.text.map_or("", |it| it.as_str());
        let Some(leak) = leak(ctx, site, key).filter(|_| !ctx.options.allows(key)) else {
            continue;
        };
        let name = if key.is_empty() { "this attribute".to_owned() } else { format!("attribute `{key}`") };
        let finding = found
            .add(site.at.place, format!("{name} carries {}: {}", leak.secret.says, leak.told))
            .label("written here")
            .reason("Telemetry is stored for long, copied to other systems and read by many: whoever reads it has the secret.")
            .help("leave it out, or write a hash, the length, or whether it is there")
            .function(ctx.owner(&site.at))
            .certainty(site.certainty);
        if !leak.is_sure {
            finding.at_most(Level::Note);
        }
    }
}

/// What gives an attribute away, and in which words.
struct Leak {
    secret: Secret,
    told: String,
    /// Key and value both say that it is one, and nothing that it is not.
    is_sure: bool,
}

fn leak(ctx: &Context<'_>, site: &AttributeSite, key: &str) -> Option<Leak> {
    // Numbers and booleans tell of a secret at most, and a text that stands in the source is no secret of anybody's, or another
    // tool's matter.
    if matches!(site.value_type, Some("int" | "double" | "boolean" | "none")) || site.value_text.is_some() {
        return None;
    }
    let by_key = words::secret_in_key(key);
    let (_, function) = ctx.program.facts_of(site.at.function);
    let reading = Reading { ctx, file: site.at.place.file, function, matters: by_key.is_some() };
    let value = match site.value {
        Some(value) => reading.told(value, 0)?,
        None => values::Told::default(),
    };
    let by_value = value.names.iter().find_map(|it| Some((words::secret_in_value(it)?, *it)));
    let is_sure =
        value.as_it_is && by_key.is_some_and(|it| it.sure) && by_value.is_some_and(|(secret, _)| secret.sure);
    match (by_key, by_value) {
        (Some(secret), _) => Some(Leak { secret, told: "its name says so".to_owned(), is_sure }),
        (None, Some((secret, name))) => {
            Some(Leak { secret, told: format!("its value is `{name}`"), is_sure })
        }
        (None, None) => None,
    }
}
