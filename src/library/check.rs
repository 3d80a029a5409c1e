//! What a model may say: the details that each role knows, and the names that are left dangling. Changes nothing.

use super::{Library, Model, Node, NodeId, Role};
use crate::text::Symbol;

/// The words that a role's `kind` may be; none where the role has no kind.
pub(super) fn kinds(role: Role) -> &'static [&'static str] {
    match role {
        Role::EntryPoint => &["cli", "http", "rpc", "task", "consumer", "main", "mcp", "lambda"],
        Role::MetricCreate => &[
            "counter",
            "up_down_counter",
            "histogram",
            "gauge",
            "observable_counter",
            "observable_up_down_counter",
            "observable_gauge",
        ],
        Role::Messaging => &["send", "receive", "enqueue"],
        Role::SpanActivate => &["enter", "entered", "in_scope", "instrument"],
        Role::Transparent => &["makes-decorator"],
        Role::Middleware => &["calls"],
        Role::Context => &["get", "set", "copy", "attach", "detach", "baggage"],
        Role::SetUp => &[
            "provider",
            "processor",
            "exporter",
            "sampler",
            "propagator",
            "resource",
            "view",
            "instrumentor",
            "tracer",
            "meter",
            "reader",
            "log-bridge",
            "ids",
            "limits",
            "install",
            "flush",
        ],
        _ => &[],
    }
}

/// Why a model contradicts itself, if it does.
pub(super) fn contradiction(model: &Model) -> Option<String> {
    let known = kinds(model.role);
    match model.detail {
        Some(kind) if !known.contains(&kind.as_str()) => {
            let list = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
            return Some(format!("kind `{kind}` is not one that this role knows: {list}"));
        }
        None if model.role == Role::EntryPoint => {
            return Some(format!("an entry point needs a kind: {}", known.join(", ")));
        }
        _ => {}
    }
    if !model.methods.is_empty() && !model.forms.base {
        return Some("`methods` goes with form \"base\"".to_owned());
    }
    if model.around.is_empty() != (model.role != Role::Middleware) {
        return Some("`around` goes with the role \"middleware\", and that needs it".to_owned());
    }
    None
}

/// Paths that nobody can reach, because their parent is only another spelling.
pub(super) fn members_of_aliases(library: &Library) -> Vec<Symbol> {
    let hidden = |it: &&Node| it.parent.is_some_and(|parent| library.node(parent).alias.is_some());
    library.nodes.iter().filter(hidden).map(|it| it.path).collect()
}

/// The first type that reaches itself through its bases.
pub(super) fn base_cycle(library: &Library) -> Option<NodeId> {
    (0..library.nodes.len() as u32).map(NodeId).find(|start| {
        let mut seen = Vec::new();
        let mut rest = library.node(*start).bases.to_vec();
        while let Some(base) = rest.pop() {
            if base == *start {
                return true;
            }
            if !seen.contains(&base) {
                seen.push(base);
                rest.extend(library.node(base).bases.iter().copied());
            }
        }
        false
    })
}
