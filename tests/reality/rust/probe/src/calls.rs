//! HTTP requests: which line sends one, and inside of a span or not when it goes out.

use std::future::Future;
use std::panic::Location;

use reqwest::{IntoUrl, Response, Result};
use serde_json::json;

use crate::log;

#[derive(Clone, Default)]
pub struct Client(reqwest::Client);

pub struct RequestBuilder(reqwest::RequestBuilder);

impl Client {
    pub fn new() -> Client {
        Client::default()
    }

    pub fn get(&self, url: impl IntoUrl) -> RequestBuilder {
        RequestBuilder(self.0.get(url))
    }

    pub fn post(&self, url: impl IntoUrl) -> RequestBuilder {
        RequestBuilder(self.0.post(url))
    }
}

impl RequestBuilder {
    pub fn header(self, name: &str, value: &str) -> RequestBuilder {
        RequestBuilder(self.0.header(name, value))
    }

    pub fn body(self, body: impl Into<reqwest::Body>) -> RequestBuilder {
        RequestBuilder(self.0.body(body))
    }

    #[track_caller]
    pub fn send(self) -> impl Future<Output = Result<Response>> + Send {
        let place = Location::caller();
        async move {
            let (span, _) = log::current();
            log::tell("call", json!({"file": place.file(), "line": place.line(), "span": span}));
            self.0.send().await
        }
    }
}
