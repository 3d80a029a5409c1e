//! Calls that do not return before the program ends, told by name: the servers and loops of libraries that no model knows, and those
//! of the project itself.

use crate::facts::{OpKind, Value};
use crate::program::{FuncId, Program};

pub(super) fn calls_what_lasts(program: &Program, function: FuncId) -> bool {
    let (facts, local) = program.facts_of(function);
    facts.ops_of(local).any(|(_, op)| {
        let OpKind::Call { callee, .. } = op.kind else { return false };
        match facts.value(callee) {
            Value::Name(name) | Value::Member { name, .. } => lasts(name.as_str()),
            _ => false,
        }
    })
}

/// `serve_forever`, `run_server`, `main_loop`, `start_worker`.
fn lasts(name: &str) -> bool {
    let words: Vec<&str> = name.split('_').collect();
    let has = |word: &str| words.contains(&word);
    let starts = has("run") || has("start") || has("launch");
    let is_loop = has("loop") && !has("event") && !has("get") && !has("new");
    let is_server = has("server") || has("worker") || has("consumer") || has("daemon") || has("bot");
    has("serve") || has("consume") || has("forever") || has("mainloop") || is_loop || (starts && is_server)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_say_what_lasts() {
        for name in ["serve", "serve_forever", "run_server", "start_worker", "main_loop", "consume_events"] {
            assert!(lasts(name), "{name}");
        }
        for name in ["get_event_loop", "new_event_loop", "run", "server_name", "observe", "run_report"] {
            assert!(!lasts(name), "{name}");
        }
    }
}
