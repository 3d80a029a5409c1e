//! Instrumentations that the project wrote itself: classes of the base that all of them have, which name what they wrap.

use crate::facts::Value;
use crate::link::rounds::Targets;
use crate::link::things::{ClassId, Thing};
use crate::link::world::World;
use crate::text::{FileId, Symbol};

/// The base of instrumentations.
const BASE: &str = "opentelemetry.instrumentation.instrumentor.BaseInstrumentor";

/// The modules that instrumentations of the project wrap, as far as the project makes one: what `instrumentation_dependencies` asks for.
pub(super) fn wrapped(world: &World<'_>, targets: &Targets) -> Vec<Symbol> {
    let classes = (0..world.classes.len() as u32).map(ClassId);
    let own: Vec<ClassId> = classes.filter(|it| is_instrumentor(world, *it)).collect();
    let mut found = Vec::new();
    for class in own.into_iter().filter(|it| is_made(world, targets, *it)) {
        let facts = world.facts(world.class(class).file);
        let texts = facts.values.iter().filter_map(|it| match it {
            Value::Text(text) => required(text.as_str()),
            _ => None,
        });
        found.extend(texts.map(|it| Symbol::new(&it)));
    }
    found
}

fn is_instrumentor(world: &World<'_>, class: ClassId) -> bool {
    let it = world.class(class);
    !world.files[it.file.index()].test
        && it.outside.iter().any(|it| world.library.node(*it).path.as_str() == BASE)
}

fn is_made(world: &World<'_>, targets: &Targets, class: ClassId) -> bool {
    (0..world.files.len()).filter(|it| !world.files[*it].test).any(|file| {
        let mut calls = targets.calls(FileId(file as u32));
        calls.any(|(_, callees)| callees.contains(Thing::Class(class)))
    })
}

/// The module of a requirement: `langchain-core > 0.1.0` is `langchain_core`.
fn required(text: &str) -> Option<String> {
    let end = text.find(|it: char| !(it.is_ascii_alphanumeric() || matches!(it, '-' | '_' | '.')))?;
    let (name, rest) = text.split_at(end);
    let rest = rest.trim_start();
    let compares = ["<", ">", "=", "~", "!"].iter().any(|it| rest.starts_with(it));
    let is_version =
        rest.trim_start_matches(['<', '>', '=', '~', '!', ' ']).starts_with(|it: char| it.is_ascii_digit());
    (!name.is_empty() && compares && is_version).then(|| name.replace('-', "_").to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requirements_name_modules() {
        assert_eq!(required("langchain-core > 0.1.0").as_deref(), Some("langchain_core"));
        assert_eq!(required("openai>=1.2").as_deref(), Some("openai"));
        assert_eq!(required("a > b"), None);
        assert_eq!(required("openai"), None);
    }
}
