//! What is being done, told on stderr while it takes long. Never part of the output.

use std::io::{self, IsTerminal, Write};
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread::JoinHandle;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget};

use crate::cli::When;

/// Shorter runs are over before anybody wonders.
const PATIENCE: Duration = Duration::from_millis(500);
const TICK: Duration = Duration::from_millis(100);

pub(crate) enum Progress {
    Silent,
    /// No terminal is there to draw on: a line for each stage.
    Lines,
    Spinner(Spinner),
}

/// A spinner that shows itself after a while, and leaves nothing behind.
pub(crate) struct Spinner {
    bar: ProgressBar,
    /// Dropping it ends the wait.
    end: Option<Sender<()>>,
    waiter: Option<JoinHandle<()>>,
}

impl Progress {
    pub(crate) fn new(when: When, quiet: bool) -> Progress {
        let terminal = io::stderr().is_terminal();
        match when {
            When::Never => Progress::Silent,
            When::Auto if quiet || !terminal => Progress::Silent,
            When::Auto => Progress::Spinner(Spinner::start(PATIENCE)),
            When::Always if terminal => Progress::Spinner(Spinner::start(Duration::ZERO)),
            When::Always => Progress::Lines,
        }
    }

    pub(crate) fn stage(&self, what: &'static str) {
        match self {
            Progress::Silent => {}
            Progress::Lines => {
                let _ = writeln!(io::stderr(), "otcov: {what}");
            }
            Progress::Spinner(spinner) => spinner.bar.set_message(what),
        }
    }
}

impl Spinner {
    fn start(patience: Duration) -> Spinner {
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::hidden());
        let (end, ended) = mpsc::channel();
        let shown = bar.clone();
        let wait = move || {
            if ended.recv_timeout(patience) == Err(RecvTimeoutError::Timeout) {
                shown.set_draw_target(ProgressDrawTarget::stderr());
                shown.enable_steady_tick(TICK);
                // Until the run is over.
                let _ = ended.recv();
            }
        };
        let waiter = std::thread::Builder::new().name("progress".to_owned()).spawn(wait).ok();
        Spinner { bar, end: Some(end), waiter }
    }
}

impl Drop for Spinner {
    fn drop(&mut self) {
        drop(self.end.take());
        if let Some(waiter) = self.waiter.take() {
            let _ = waiter.join();
        }
        self.bar.finish_and_clear();
    }
}
