//! Stand-in until the reports are there.

use std::io::{self, Write};

macro_rules! formats {
    ($name:ident { $($variant:ident = $word:literal),* }, $count:literal) => {
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        pub(crate) enum $name { $($variant),* }
        impl $name {
            pub(crate) const ALL: [$name; $count] = [$($name::$variant),*];
            pub(crate) fn as_str(self) -> &'static str {
                match self { $($name::$variant => $word),* }
            }
        }
    };
}
formats!(Format { Human = "human", Json = "json" }, 2);
formats!(InventoryFormat { Jsonl = "jsonl", Table = "table" }, 2);
formats!(CatalogueFormat { Text = "text", Markdown = "markdown", Json = "json" }, 3);

pub(crate) const INVENTORY_KINDS: [&str; 13] = [
    "function",
    "span",
    "attribute",
    "event",
    "metric",
    "process",
    "call",
    "handler",
    "error",
    "handoff",
    "log",
    "setup",
    "env",
];

#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) enum Verbosity {
    Quiet,
    #[default]
    Normal,
    Verbose,
}
