//! `unknown-attribute`: a key in a namespace of the registry that the registry does not have.

use std::collections::BTreeMap;

use crate::program::AttributeSite;
use crate::registry::Standing;
use crate::rule::{Context, Findings};

/// Other places shown with the first.
const MOST_RELATED: usize = 2;

pub(crate) fn check(ctx: &Context<'_>, found: &mut Findings) {
    for (key, sites) in unknown(ctx) {
        let Some(first) = sites.first() else { continue };
        let (namespace, _) = key.split_once('.').unwrap_or((key, ""));
        let places = match sites.len() {
            1 => String::new(),
            places => format!(" ({places} places)"),
        };
        let registry = if ctx.program.registry.team_owns(namespace) {
            "the project's registry, which owns"
        } else {
            "the semantic conventions, which own"
        };
        let help = match ctx.program.registry.nearest(key) {
            Some(near) => format!("did you mean `{near}`?"),
            None => "use a name that the conventions have, or put it in a namespace of your own".to_owned(),
        };
        // A name is one decision, however often it is written.
        let finding = found
            .add(
                first.at.place,
                format!("attribute `{key}` is not in {registry} the namespace `{namespace}`{places}"),
            )
            .label("written here")
            .reason("Nobody who knows the conventions will look for it, and a later version may give the name another meaning.")
            .help(help)
            .function(ctx.owner(&first.at))
            .certainty(first.certainty);
        for other in sites.iter().skip(1).take(MOST_RELATED) {
            finding.related(other.at.place, "and here");
        }
    }
}

/// By key, the places in the program's own code that write it.
fn unknown<'a>(ctx: &Context<'a>) -> BTreeMap<&'static str, Vec<&'a AttributeSite>> {
    let mut keys: BTreeMap<&'static str, Vec<&'a AttributeSite>> = BTreeMap::new();
    for site in ctx.program.attributes.iter().filter(|it| it.is_named_by_convention()) {
        let file = ctx.program.file(site.at.place.file);
        if file.test || file.facts.generated {
            continue;
        }
        // `otel.kind` and its kin tell the library what to do, and are no attributes.
        let Some(key) = site.key.text.map(|it| it.as_str()).filter(|it| !it.starts_with("otel.")) else {
            continue;
        };
        if matches!(ctx.program.standing(site), Some(Standing::Unknown)) && !ctx.options.allows(key) {
            keys.entry(key).or_default().push(site);
        }
    }
    keys
}
