//! Processes: which line starts one, inside of a span or not, and whether the trace goes with it.

use std::ffi::OsStr;
use std::future::Future;
use std::io::Result;
use std::panic::Location;
use std::path::Path;
use std::process::{Child, ExitStatus, Output, Stdio};

use serde_json::json;

use crate::log;

pub struct Command(std::process::Command);
pub struct TokioCommand(tokio::process::Command);

macro_rules! builder {
    ($shim:ident, $real:ty) => {
        impl $shim {
            pub fn new(program: impl AsRef<OsStr>) -> Self {
                Self(<$real>::new(program))
            }
            pub fn arg(&mut self, argument: impl AsRef<OsStr>) -> &mut Self {
                self.0.arg(argument);
                self
            }
            pub fn args<A: AsRef<OsStr>>(&mut self, arguments: impl IntoIterator<Item = A>) -> &mut Self {
                self.0.args(arguments);
                self
            }
            pub fn env(&mut self, key: impl AsRef<OsStr>, value: impl AsRef<OsStr>) -> &mut Self {
                self.0.env(key, value);
                self
            }
            pub fn envs<K: AsRef<OsStr>, V: AsRef<OsStr>>(
                &mut self,
                pairs: impl IntoIterator<Item = (K, V)>,
            ) -> &mut Self {
                self.0.envs(pairs);
                self
            }
            pub fn current_dir(&mut self, folder: impl AsRef<Path>) -> &mut Self {
                self.0.current_dir(folder);
                self
            }
            pub fn stdin(&mut self, to: impl Into<Stdio>) -> &mut Self {
                self.0.stdin(to);
                self
            }
            pub fn stdout(&mut self, to: impl Into<Stdio>) -> &mut Self {
                self.0.stdout(to);
                self
            }
            pub fn stderr(&mut self, to: impl Into<Stdio>) -> &mut Self {
                self.0.stderr(to);
                self
            }
        }
    };
}

builder!(Command, std::process::Command);
builder!(TokioCommand, tokio::process::Command);

impl Command {
    pub fn get_program(&self) -> &OsStr {
        self.0.get_program()
    }

    #[track_caller]
    pub fn spawn(&mut self) -> Result<Child> {
        started(&self.0, Location::caller());
        self.0.spawn()
    }

    #[track_caller]
    pub fn output(&mut self) -> Result<Output> {
        started(&self.0, Location::caller());
        self.0.output()
    }

    #[track_caller]
    pub fn status(&mut self) -> Result<ExitStatus> {
        started(&self.0, Location::caller());
        self.0.status()
    }
}

impl TokioCommand {
    #[track_caller]
    pub fn spawn(&mut self) -> Result<tokio::process::Child> {
        started(self.0.as_std(), Location::caller());
        self.0.spawn()
    }

    #[track_caller]
    pub fn output(&mut self) -> impl Future<Output = Result<Output>> + use<> {
        started(self.0.as_std(), Location::caller());
        self.0.output()
    }

    #[track_caller]
    pub fn status(&mut self) -> impl Future<Output = Result<ExitStatus>> + use<> {
        started(self.0.as_std(), Location::caller());
        self.0.status()
    }

    pub fn kill_on_drop(&mut self, kill: bool) -> &mut Self {
        self.0.kill_on_drop(kill);
        self
    }
}

fn started(command: &std::process::Command, place: &Location<'_>) {
    let carried = command.get_envs().any(|(key, value)| key == "TRACEPARENT" && value.is_some());
    let (span, _) = log::current();
    let row = json!({"file": place.file(), "line": place.line(), "span": span, "carried": carried});
    log::tell("process", row);
}
