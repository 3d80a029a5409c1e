//! `unknown-attribute`: a key in a namespace of the registry that the registry does not have.

use crate::registry::{Standing, reader};
use crate::rule::{Context, Findings};

/// Other places shown with the first.
const MOST_RELATED: usize = 2;

pub(crate) fn check(ctx: &Context<'_>, found: &mut Findings) {
    for (key, mut sites) in ctx.program.written_keys() {
        // `otel.kind` and its kin tell the library what to do, and are no attributes; what a product reads is as the product wants it.
        if key.starts_with("otel.") || reader(key).is_some() || ctx.options.allows(key) {
            continue;
        }
        sites.retain(|it| matches!(ctx.program.standing(it), Some(Standing::Unknown)));
        // Where a registry is strict, its own namespaces are watched by a rule of their own.
        if ctx.program.registry.strict && ctx.program.registry.is_ours(key) {
            continue;
        }
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
