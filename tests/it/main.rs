//! Everything that is tested from outside, in one binary. Each module says what belongs there.

mod baseline;
mod cli;
mod consumers;
mod diff;
mod projects;
mod robust;
mod tidy;
