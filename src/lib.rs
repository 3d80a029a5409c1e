//! otcov: which of a team's code is dark to OpenTelemetry, told before it ships.
#![allow(dead_code)]

mod facts;
mod library;
mod link;
mod measure;
mod parse;
mod program;
mod rule;
mod text;
