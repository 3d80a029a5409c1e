//! Hands the arguments to the library and its answer to the system. Nothing else happens here.

use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    ExitCode::from(otcov::run(std::env::args_os()))
}
