//! What a run needs around its stages: settings and threads, the terminal, files that are written whole, and what happens when
//! a rule breaks. Nothing is found out here.

pub(crate) mod before;
pub(crate) mod console;
pub(crate) mod engine;
pub(crate) mod files;
pub(crate) mod fix;
pub(crate) mod git;
pub(crate) mod guard;
pub(crate) mod init;
pub(crate) mod job;
pub(crate) mod known;
pub(crate) mod manual;
pub(crate) mod outputs;
pub(crate) mod own;
pub(crate) mod progress;
pub(crate) mod registry;
pub(crate) mod repository;
pub(crate) mod rules;
