//! `unregistered-attribute`: a key of the project's own that no registry defines.

use crate::registry::Standing;
use crate::rule::{Context, Findings};

pub(crate) fn check(ctx: &Context<'_>, found: &mut Findings) {
    let registry = &ctx.program.registry;
    for (key, mut sites) in ctx.program.written_keys() {
        if !registry.is_ours(key) || ctx.options.allows(key) {
            continue;
        }
        sites.retain(|it| matches!(ctx.program.standing(it), Some(Standing::Unknown | Standing::Custom)));
        let Some(first) = sites.first() else { continue };
        let places = match sites.len() {
            1 => String::new(),
            places => format!(" ({places} places)"),
        };
        let help = match registry.nearest(key) {
            Some(near) => format!("did you mean `{near}`?"),
            None => {
                "define it in the project's registry; `otcov registry infer` writes the definition".to_owned()
            }
        };
        // A name is one decision, however often it is written.
        let finding = found
            .add(first.at.place, format!("attribute `{key}` is not in the project's registry{places}"))
            .label("written here")
            .reason("Nobody agreed on its name, its type or its meaning, and nothing that is made from the registry knows it.")
            .help(help)
            .function(ctx.owner(&first.at))
            .certainty(first.certainty);
        for other in sites.iter().skip(1).take(MOST_RELATED) {
            finding.related(other.at.place, "and here");
        }
    }
}

/// Other places shown with the first.
const MOST_RELATED: usize = 2;
