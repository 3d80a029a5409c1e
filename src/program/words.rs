//! What messages call things of the program.

use crate::program::{CallCategory, SpanSite};

impl SpanSite {
    /// As messages call it.
    pub(crate) fn title(&self) -> String {
        match self.name.text {
            Some(name) => format!("span `{name}`"),
            None => "this span".to_owned(),
        }
    }
}

impl CallCategory {
    /// One and many, for people.
    pub(crate) fn words(self) -> (&'static str, &'static str) {
        match self {
            CallCategory::Process => ("process", "processes"),
            CallCategory::Http => ("HTTP call", "HTTP calls"),
            CallCategory::Db => ("DB call", "DB calls"),
            CallCategory::Messaging => ("message", "messages"),
            CallCategory::Rpc => ("RPC call", "RPC calls"),
            CallCategory::Llm => ("LLM call", "LLM calls"),
        }
    }
}
