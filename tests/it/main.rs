//! Everything that is tested from outside, in one binary. Each module says what belongs there.

mod baseline;
mod cli;
mod consumers;
mod diff;
#[cfg(target_os = "linux")]
mod outputs;
mod projects;
mod registry;
mod robust;
mod tidy;
