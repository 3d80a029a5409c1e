//! What a fixture project tells of itself while it runs: lines of JSON, appended to the file that `REALITY_OUT` names. Nothing in here
//! knows a verdict of otcov; what is told is what the functions, the SDK and the shims saw.

mod calls;
mod frames;
mod hand_over;
mod log;
mod metrics;
mod process;
mod runs;
mod sdk;
mod tracing_layer;

pub use metrics::meter_provider;
pub use runs::{at, enter, enter_result, scope, scope_result};
pub use sdk::tracer_provider;
pub use tracing_layer::registry;

/// The places of the standard library and of tokio where work leaves its function, under the names that they have there.
pub mod shim {
    pub mod process {
        pub use crate::process::Command;
        pub use std::process::*;
    }
    pub mod reqwest {
        pub use crate::calls::{Client, RequestBuilder};
        pub use reqwest::*;
    }
    pub mod thread {
        pub use crate::hand_over::{Builder, spawn_thread as spawn};
        pub use std::thread::*;
    }
    pub mod tokio {
        pub use crate::hand_over::spawn;
        pub use tokio::*;
        pub mod process {
            pub use crate::process::TokioCommand as Command;
            pub use tokio::process::*;
        }
        pub mod task {
            pub use crate::hand_over::{JoinSet, spawn, spawn_blocking};
            pub use tokio::task::*;
        }
    }
}
