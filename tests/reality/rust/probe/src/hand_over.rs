//! Work that is handed over: where, inside which span, and as which task it goes on.

use std::future::Future;
use std::ops::{Deref, DerefMut};
use std::panic::Location;
use std::pin::pin;
use std::thread;

use serde_json::json;
use tokio::task::{AbortHandle, JoinHandle};

use crate::log;

#[track_caller]
pub fn spawn<F>(future: F) -> JoinHandle<F::Output>
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    tokio::spawn(task(handed_over("task", Location::caller()), future))
}

#[track_caller]
pub fn spawn_blocking<T: Send + 'static>(run: impl FnOnce() -> T + Send + 'static) -> JoinHandle<T> {
    let id = handed_over("thread", Location::caller());
    tokio::task::spawn_blocking(move || log::within(id, run))
}

#[track_caller]
pub fn spawn_thread<T: Send + 'static>(run: impl FnOnce() -> T + Send + 'static) -> thread::JoinHandle<T> {
    let id = handed_over("thread", Location::caller());
    thread::spawn(move || log::within(id, run))
}

pub struct Builder(thread::Builder);

impl Builder {
    #[expect(clippy::new_without_default, reason = "as in the standard library")]
    pub fn new() -> Builder {
        Builder(thread::Builder::new())
    }

    pub fn name(self, name: String) -> Builder {
        Builder(self.0.name(name))
    }

    #[track_caller]
    pub fn spawn<T: Send + 'static>(
        self,
        run: impl FnOnce() -> T + Send + 'static,
    ) -> std::io::Result<thread::JoinHandle<T>> {
        let id = handed_over("thread", Location::caller());
        self.0.spawn(move || log::within(id, run))
    }
}

pub struct JoinSet<T>(tokio::task::JoinSet<T>);

impl<T: 'static> JoinSet<T> {
    #[expect(clippy::new_without_default, reason = "as in tokio")]
    pub fn new() -> JoinSet<T> {
        JoinSet(tokio::task::JoinSet::new())
    }

    #[track_caller]
    pub fn spawn<F>(&mut self, future: F) -> AbortHandle
    where
        F: Future<Output = T> + Send + 'static,
        T: Send,
    {
        self.0.spawn(task(handed_over("task", Location::caller()), future))
    }

    #[track_caller]
    pub fn spawn_blocking(&mut self, run: impl FnOnce() -> T + Send + 'static) -> AbortHandle
    where
        T: Send,
    {
        let id = handed_over("thread", Location::caller());
        self.0.spawn_blocking(move || log::within(id, run))
    }
}

impl<T> Deref for JoinSet<T> {
    type Target = tokio::task::JoinSet<T>;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl<T> DerefMut for JoinSet<T> {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.0
    }
}

fn handed_over(kind: &str, place: &Location<'_>) -> u64 {
    let id = log::fresh();
    let (span, trace) = log::current();
    let row = json!({"kind": kind, "id": id, "file": place.file(), "line": place.line(), "span": span, "trace": trace});
    log::tell("handed", row);
    id
}

async fn task<F: Future>(id: u64, future: F) -> F::Output {
    let mut future = pin!(future);
    std::future::poll_fn(move |context| log::within(id, || future.as_mut().poll(context))).await
}
