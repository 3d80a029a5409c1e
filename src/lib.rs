//! otcov: which of a team's code is dark to OpenTelemetry, told before it ships.
#![allow(dead_code)]

mod checks;
mod cli;
mod config;
mod discover;
mod facts;
mod library;
mod measure;
mod patterns;
mod policy;
#[doc(hidden)]
pub mod probe;
mod program;
mod report;
mod rule;
mod text;
