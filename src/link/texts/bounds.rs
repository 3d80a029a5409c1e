//! Which runtime values have few forms, told by what they are called: what a team configures is bounded, what users and data
//! bring is not.

use crate::facts::{Facts, Value, ValueId};
use crate::text::Symbol;

/// Whether a member (`tool.name`, `request.method`) has few values.
pub(super) fn is_bounded_member(facts: &Facts, of: ValueId, name: Symbol) -> bool {
    let owner = match facts.value(of) {
        Value::Name(name) | Value::Member { name, .. } => name.as_str(),
        _ => "",
    };
    is_template(name.as_str()) || is_template(owner) || is_bounded(owner, name.as_str())
}

/// Whether a variable has few values, by its own name.
pub(super) fn is_bounded_variable(name: Symbol) -> bool {
    let name = name.as_str();
    match name.rsplit_once('_') {
        Some((owner, "name")) => is_bounded(owner, "name"),
        _ => is_template(name) || is_bounded("", name),
    }
}

fn is_bounded(owner: &str, name: &str) -> bool {
    if name == "name" || name.ends_with("_name") {
        let owner = owner.trim_matches('_').to_ascii_lowercase();
        let own = name.trim_end_matches("name").trim_end_matches('_');
        return owner == "self" || is_part_of_program(&owner) || is_part_of_program(own);
    }
    let last = name.rsplit('_').next().unwrap_or(name);
    matches!(
        last,
        "method"
            | "class"
            | "kind"
            | "type"
            | "mode"
            | "action"
            | "operation"
            | "stage"
            | "phase"
            | "model"
            | "provider"
            | "workflow"
            | "activity"
            | "signal"
    ) || matches!(name, "__class__" | "model_id")
}

/// What programs consist of, and so what they have a fixed number of.
fn is_part_of_program(noun: &str) -> bool {
    let last = noun.rsplit('_').next().unwrap_or(noun);
    matches!(
        last,
        "tool"
            | "agent"
            | "model"
            | "function"
            | "func"
            | "fn"
            | "method"
            | "class"
            | "module"
            | "operation"
            | "component"
            | "stage"
            | "step"
            | "command"
            | "handler"
            | "hook"
            | "plugin"
            | "validator"
            | "workflow"
            | "pipeline"
            | "service"
            | "queue"
            | "topic"
            | "node"
            | "event"
            | "field"
            | "type"
            | "qualified"
    )
}

/// Templates of routes stand for many requests.
fn is_template(name: &str) -> bool {
    matches!(
        name,
        "route" | "route_path" | "path_template" | "path_format" | "url_rule" | "endpoint" | "view_name"
    )
}
