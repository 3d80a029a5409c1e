//! The rows of two tables: errors that are values, and what the queries of the configuration captured.

use super::At;
use crate::text::{FileId, Span, Symbol};

/// A place where an error that is a value is dealt with.
#[derive(Debug)]
pub(crate) struct ErrorSite {
    pub(crate) at: At,
    pub(crate) form: ErrorForm,
    pub(crate) in_span: bool,
    /// On the span, its status, by a helper of the project, or in a log that carries the error.
    pub(crate) recorded: bool,
    /// The caller gets it, or another error made of it.
    pub(crate) propagates: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum ErrorForm {
    Match,
    IfLet,
    LetElse,
    Ok,
    UnwrapOr,
    UnwrapOrDefault,
    UnwrapOrElse,
    MapErr,
}

/// A place where a query of the configuration fits.
#[derive(Debug)]
pub(crate) struct MatchSite {
    pub(crate) file: FileId,
    /// The number of the query, and of the pattern in it.
    pub(crate) query: u32,
    pub(crate) pattern: u32,
    pub(crate) captures: Vec<CaptureSite>,
}

#[derive(Debug)]
pub(crate) struct CaptureSite {
    pub(crate) name: Symbol,
    /// The first line of what is captured.
    pub(crate) text: Symbol,
    pub(crate) at: At,
    /// What to mark of it: of a whole function, its head.
    pub(crate) marked: Span,
    /// Whether a span is open there, in its own function or in every caller; none where that cannot be told.
    pub(crate) in_span: Option<bool>,
    /// It runs when an error was caught.
    pub(crate) in_handler: bool,
    /// What the call does, where a call is captured.
    pub(crate) roles: Vec<Symbol>,
}
