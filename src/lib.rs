//! otcov: which of a team's code is dark to OpenTelemetry, told before it ships.
#![allow(dead_code)]

mod checks;
mod facts;
mod library;
mod link;
mod measure;
mod parse;
#[doc(hidden)]
pub mod probe;
mod program;
mod report;
mod rule;
mod text;
