//! What the tests of the reports share: a small program to report on, and the schemas to hold reports against.

pub(super) mod sample;
pub(super) mod schema;
