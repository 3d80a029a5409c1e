//! Decorators that nobody uses: what they record is recorded nowhere yet.

use crate::facts::{FunctionKind, Value};
use crate::program::FuncId;
use crate::rule::Context;
use crate::text::Symbol;

/// Whether a place is in a wrapper whose decorator is named nowhere else, neither imported nor exported, nor in a test, while others take
/// something else out of its file: what is written for people outside is taken by nobody inside.
pub(super) fn is_in_unused(ctx: &Context<'_>, owner: FuncId) -> bool {
    let program = ctx.program;
    let outer = ctx.unit(owner);
    let (facts, local) = program.facts_of(outer);
    let it = facts.function(local);
    if outer == owner || facts.lexical || it.kind != FunctionKind::Named || !it.decorators.is_empty() {
        return false;
    }
    let name = it.name;
    let is_named = program.files.iter().any(|file| {
        let facts = &file.facts;
        let values = || {
            facts.values.iter().any(|it| match it {
                Value::Name(of) | Value::Text(of) | Value::Member { name: of, .. } => *of == name,
                _ => false,
            })
        };
        facts.imports.iter().any(|(_, it)| it.name == Some(name))
            || facts.exports.as_ref().is_some_and(|it| it.contains(&name))
            || values()
    });
    let beside = facts.functions.iter().filter(|it| it.kind == FunctionKind::Named).map(|it| it.name);
    let beside: Vec<Symbol> = beside.collect();
    let is_taken = |it: &crate::program::File| {
        it.facts.imports.iter().any(|(_, it)| it.name.is_some_and(|name| beside.contains(&name)))
    };
    !is_named && program.files.iter().any(|it| !it.test && is_taken(it))
}
