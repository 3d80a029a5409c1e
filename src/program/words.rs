//! The words for what is in the program: the one spelling of output and configuration, and what messages say.

use crate::program::{
    Activation, AttributeTarget, CallCategory, CoveredBy, EntryKind, ErrorForm, Exclusion, Mechanism,
    Reraises, SpanSite, SpanStyle, State, TextSource,
};

macro_rules! words {
    ($name:ident { $($variant:ident = $word:literal),* $(,)? }) => {
        impl $name {
            /// Its one spelling, in output and in configuration.
            pub(crate) fn as_str(self) -> &'static str {
                match self { $($name::$variant => $word),* }
            }
        }
    };
}

words!(EntryKind { Cli = "cli", Http = "http", Rpc = "rpc", Task = "task", Consumer = "consumer", Main = "main", Mcp = "mcp", Lambda = "lambda" });
words!(State { Span = "span", Auto = "auto", Inherited = "inherited", Dark = "dark", Excluded = "excluded" });
words!(Exclusion { Test = "test", Stub = "stub", Accessor = "accessor", Generated = "generated", Suppressed = "suppressed", Telemetry = "telemetry", Configured = "configured", Private = "private", Untraced = "untraced" });
words!(TextSource { Literal = "literal", Constant = "constant", Template = "template", Forwarded = "forwarded", Dynamic = "dynamic" });
words!(SpanStyle { Context = "context", Decorator = "decorator", Manual = "manual", Callback = "callback", Macro = "macro", Attribute = "attribute", Guard = "guard" });
words!(Activation { Context = "context", Decorator = "decorator", Enter = "enter", Entered = "entered", InScope = "in_scope", Instrument = "instrument", Returned = "returned", Stored = "stored", Never = "never" });
words!(AttributeTarget { Span = "span", Event = "event", Metric = "metric", Resource = "resource", Log = "log", Baggage = "baggage" });
words!(CoveredBy { Span = "span", Auto = "auto", Inherited = "inherited" });
words!(CallCategory { Process = "process", Http = "http", Db = "db", Messaging = "messaging", Rpc = "rpc", Llm = "llm" });
words!(ErrorForm { Match = "match", IfLet = "if_let", LetElse = "let_else", Ok = "ok", UnwrapOr = "unwrap_or", UnwrapOrDefault = "unwrap_or_default", UnwrapOrElse = "unwrap_or_else", MapErr = "map_err" });
words!(Reraises { Always = "always", Sometimes = "sometimes", Never = "never" });
words!(Mechanism { Thread = "thread", Executor = "executor", ProcessPool = "process-pool", Task = "task", Subprocess = "subprocess" });

impl EntryKind {
    pub(crate) const ALL: [EntryKind; 8] = [
        EntryKind::Cli,
        EntryKind::Http,
        EntryKind::Rpc,
        EntryKind::Task,
        EntryKind::Consumer,
        EntryKind::Main,
        EntryKind::Mcp,
        EntryKind::Lambda,
    ];
}

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
