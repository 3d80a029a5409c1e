//! Everything that is tested from outside, in one binary. Each module says what belongs there.

mod baseline;
pub(crate) mod cli;
mod consumers;
mod custom;
mod diff;
#[cfg(target_os = "linux")]
mod outputs;
mod projects;
#[cfg(unix)]
mod reality;
mod robust;
mod tidy;
