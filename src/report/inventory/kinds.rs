//! The kinds of facts and the keys of each, in the documented order. Nothing here knows how a record is written.

use crate::program::{
    At, AttributeSite, CallSite, EnvPlace, EnvSite, ErrorSite, EventSite, FuncId, HandlerSite, HandoffSite,
    LogSite, MetricSite, ProcessSite, Program, SetupSite, SpanEnd, SpanSite, Text, TextSource,
};
use crate::text::{FileId, Place, Symbol};

/// What a record's keys are written to.
pub(super) trait Record {
    fn text(&mut self, key: &'static str, value: &str);
    fn null(&mut self, key: &'static str);
    fn flag(&mut self, key: &'static str, value: bool);
    fn list(&mut self, key: &'static str, values: &[Symbol]);

    fn maybe(&mut self, key: &'static str, value: Option<&str>) {
        match value {
            Some(text) => self.text(key, text),
            None => self.null(key),
        }
    }

    fn symbol(&mut self, key: &'static str, value: Option<Symbol>) {
        self.maybe(key, value.map(Symbol::as_str));
    }

    fn known(&mut self, key: &'static str, value: Option<bool>) {
        match value {
            Some(flag) => self.flag(key, flag),
            None => self.null(key),
        }
    }
}

/// What every record begins with.
pub(super) struct Common<'p> {
    pub(super) kind: &'static str,
    pub(super) language: &'static str,
    pub(super) file: &'p str,
    pub(super) line: u32,
    pub(super) column: u32,
    pub(super) end_line: u32,
    pub(super) function: Option<&'static str>,
}

#[derive(Clone, Copy)]
pub(super) enum Fact<'p> {
    Function(FuncId),
    Span(&'p SpanSite),
    Attribute(&'p AttributeSite),
    Event(&'p EventSite),
    Metric(&'p MetricSite),
    Process(&'p ProcessSite),
    Call(&'p CallSite),
    Handler(&'p HandlerSite),
    Error(&'p ErrorSite),
    Handoff(&'p HandoffSite),
    Log(&'p LogSite),
    Setup(&'p SetupSite),
    Env(&'p EnvSite),
}

impl<'p> Fact<'p> {
    pub(super) fn kind(self) -> &'static str {
        match self {
            Fact::Function(_) => "function",
            Fact::Span(_) => "span",
            Fact::Attribute(_) => "attribute",
            Fact::Event(_) => "event",
            Fact::Metric(_) => "metric",
            Fact::Process(_) => "process",
            Fact::Call(_) => "call",
            Fact::Handler(_) => "handler",
            Fact::Error(_) => "error",
            Fact::Handoff(_) => "handoff",
            Fact::Log(_) => "log",
            Fact::Setup(_) => "setup",
            Fact::Env(_) => "env",
        }
    }

    pub(super) fn place(self, program: &Program) -> Place {
        match self {
            Fact::Function(id) => program.head(id),
            Fact::Env(EnvSite { place: EnvPlace::Code(place, _), .. }) => *place,
            other => other.at().map_or(Place { file: FileId(0), span: Default::default() }, |it| it.place),
        }
    }

    fn at(self) -> Option<At> {
        match self {
            Fact::Function(_) | Fact::Env(_) => None,
            Fact::Span(it) => Some(it.at),
            Fact::Attribute(it) => Some(it.at),
            Fact::Event(it) => Some(it.at),
            Fact::Metric(it) => Some(it.at),
            Fact::Process(it) => Some(it.at),
            Fact::Call(it) => Some(it.at),
            Fact::Handler(it) => Some(it.at),
            Fact::Error(it) => Some(it.at),
            Fact::Handoff(it) => Some(it.at),
            Fact::Log(it) => Some(it.at),
            Fact::Setup(it) => Some(it.at),
        }
    }

    /// The body or closure that it belongs to.
    fn surrounding(self, program: &Program) -> Option<FuncId> {
        match self {
            Fact::Function(id) => {
                let (facts, local) = program.facts_of(id);
                facts.function(local).parent.map(|it| program.global(program.function(id).file, it))
            }
            Fact::Span(it) => Some(it.owner),
            Fact::Env(it) => match it.place {
                EnvPlace::Code(_, function) => function,
                EnvPlace::Launch { .. } => None,
            },
            other => other.at().map(|it| it.function),
        }
    }

    pub(super) fn common(self, program: &'p Program, file: FileId) -> Common<'p> {
        if let Fact::Env(EnvSite { place: EnvPlace::Launch { path, line, column }, .. }) = self {
            let (line, column) = (*line, *column);
            return Common {
                kind: self.kind(),
                language: "configuration",
                file: path.as_str(),
                line,
                column,
                end_line: line,
                function: None,
            };
        }
        let place = self.place(program);
        let whole = match self {
            Fact::Function(id) => Place { span: program.whole(id), ..place },
            _ => place,
        };
        let position = program.position(place);
        let named = self.surrounding(program).and_then(|it| program.enclosing_named(it));
        let entry = program.file(file);
        Common {
            kind: self.kind(),
            language: entry.language,
            file: &entry.path,
            line: position.line,
            column: position.column,
            end_line: program.end_position(whole).line,
            function: named.map(|it| program.function(it).name.as_str()),
        }
    }

    pub(super) fn keys(self, program: &Program, to: &mut impl Record) {
        match self {
            Fact::Function(id) => function(program, id, to),
            Fact::Span(it) => span(it, to),
            Fact::Attribute(it) => attribute(program, it, to),
            Fact::Event(it) => {
                to.symbol("name", it.name.text);
                to.list("attributes", &it.attributes);
            }
            Fact::Metric(it) => {
                to.symbol("name", it.name.text);
                to.text("instrument", it.instrument.as_str());
                to.symbol("unit", it.unit);
                to.flag("recorded", it.recorded);
            }
            Fact::Process(it) => {
                to.text("call", it.call.as_str());
                to.flag("in_span", it.in_span);
                to.symbol("via_wrapper", it.via_wrapper);
            }
            Fact::Call(it) => {
                to.text("call", it.call.as_str());
                to.text("category", it.category.as_str());
                to.maybe("covered_by", it.covered_by.map(|by| by.as_str()));
            }
            Fact::Handler(it) => {
                to.flag("in_span", it.in_span);
                to.flag("recorded", it.recorded);
                to.text("reraises", it.reraises.as_str());
                to.flag("swallows_in_span", it.swallows_in_span);
                to.flag("logs", it.logs);
            }
            Fact::Error(it) => {
                to.text("form", it.form.as_str());
                to.flag("in_span", it.in_span);
                to.flag("recorded", it.recorded);
                to.flag("propagates", it.propagates);
            }
            Fact::Handoff(it) => {
                to.text("call", it.call.as_str());
                to.text("mechanism", it.mechanism.as_str());
                to.flag("propagates", it.propagates);
            }
            Fact::Log(it) => {
                to.text("call", it.call.as_str());
                to.text("style", if it.print { "print" } else { "logger" });
            }
            Fact::Setup(it) => {
                to.text("what", it.what.as_str());
                to.text("call", it.call.as_str());
                to.symbol("detail", it.detail);
            }
            Fact::Env(it) => {
                to.text("name", it.name.as_str());
                to.symbol("value", it.value);
                to.flag("known", it.known);
            }
        }
    }
}

fn function(program: &Program, id: FuncId, to: &mut impl Record) {
    let it = program.function(id);
    to.text("name", it.name.as_str());
    to.text("qualified", &it.qualified);
    to.flag("public", it.public);
    to.flag("is_async", program.is_async(id));
    if program.file(it.file).facts.errors_are_values {
        to.flag("returns_result", program.returns_result(id));
    }
    to.flag("test", it.test);
    to.flag("trivial", it.trivial);
    to.flag("eligible", program.eligible(id));
    to.maybe("excluded_because", it.excluded.map(|why| why.as_str()));
    to.maybe("entry_point", it.entry_point.map(|entry| entry.kind.as_str()));
    to.text("state", it.state.as_str());
    to.flag("direct_span", it.direct_span);
    to.symbol("opens_via", it.opens_via);
}

fn span(it: &SpanSite, to: &mut impl Record) {
    to.symbol("name", it.name.text);
    to.text("name_source", it.name.source.as_str());
    to.symbol("span_kind", it.span_kind);
    to.symbol("level", it.level);
    to.text("style", it.style.as_str());
    to.symbol("via", it.via);
    to.list("attributes", &it.attributes);
    to.text("activated", it.activated.as_str());
    to.known("ended", ended(it.end));
    to.flag("guard_across_await", it.guard_across_await);
    to.flag("dropped_at_once", it.dropped_at_once);
    to.flag("records_errors", it.records_errors);
    to.list("arguments", &it.arguments);
    to.list("skips", &it.skips);
}

/// Null where the span is somebody else's to end: that cannot be told here.
fn ended(end: SpanEnd) -> Option<bool> {
    match end {
        SpanEnd::Managed | SpanEnd::Always => Some(true),
        SpanEnd::Sometimes(_) | SpanEnd::Never => Some(false),
        SpanEnd::Escapes => None,
    }
}

fn attribute(program: &Program, it: &AttributeSite, to: &mut impl Record) {
    to.symbol("key", it.key.text);
    to.text("key_source", key_source(&it.key));
    to.text("target", it.target.as_str());
    to.symbol("via", it.via);
    to.maybe("value_type", it.value_type);
    to.maybe("status", program.standing(it).map(|standing| standing.as_str()));
    let replacements = program.replacements(it).into_iter().map(|(name, _)| name);
    to.list("replacement", &replacements.collect::<Vec<_>>());
}

/// A key that the caller gives is as open as one that is made up when the program runs.
fn key_source(key: &Text) -> &'static str {
    match key.source {
        TextSource::Forwarded => TextSource::Dynamic.as_str(),
        other => other.as_str(),
    }
}
