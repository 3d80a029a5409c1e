//! The linked program as rules, numbers and reports read it: tables and questions. No pass lives here; `link` fills it.

mod arguments;
mod instruments;
mod names;
mod projects;
mod questions;
mod sites;
mod words;

use std::path::PathBuf;

pub(crate) use self::instruments::{MeasurementSite, MetricSite};
pub(crate) use self::projects::Projects;
pub(crate) use self::sites::{CaptureSite, ErrorForm, ErrorSite, MatchSite};
use crate::facts::{Facts, FnId, RegionId, ValueId};
use crate::registry::Registry;
use crate::text::{FileId, LineIndex, Place, Symbol};

/// A function of the program: named functions, bodies of modules and classes, and closures alike.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub(crate) struct FuncId(pub(crate) u32);

impl FuncId {
    pub(crate) fn index(self) -> usize {
        self.0 as usize
    }
}

#[derive(Debug, Default)]
pub(crate) struct Program {
    pub(crate) files: Vec<File>,
    pub(crate) functions: Vec<Function>,
    pub(crate) spans: Vec<SpanSite>,
    pub(crate) attributes: Vec<AttributeSite>,
    /// Places that write attributes of a span whose keys nobody can tell.
    pub(crate) open_writes: Vec<At>,
    pub(crate) events: Vec<EventSite>,
    pub(crate) metrics: Vec<MetricSite>,
    pub(crate) measurements: Vec<MeasurementSite>,
    pub(crate) processes: Vec<ProcessSite>,
    pub(crate) calls: Vec<CallSite>,
    pub(crate) handlers: Vec<HandlerSite>,
    pub(crate) errors: Vec<ErrorSite>,
    pub(crate) handoffs: Vec<HandoffSite>,
    pub(crate) attached: Vec<AttachedSite>,
    pub(crate) logs: Vec<LogSite>,
    pub(crate) setups: Vec<SetupSite>,
    /// Functions that start a server, or a loop that waits for work as long as the program lives.
    pub(crate) servers: Vec<FuncId>,
    /// By function: on every path it takes time of a span, one that is open around it or around who waits for it. Empty where that is
    /// nothing but `Reach::Covered`.
    pub(crate) timed: Vec<bool>,
    pub(crate) guards: Vec<GuardSite>,
    /// Statements inside a span that throw an error away: `f().ok();`, `let _ = f();`.
    pub(crate) drops: Vec<At>,
    pub(crate) envs: Vec<EnvSite>,
    pub(crate) enrichments: Vec<EnrichmentSite>,
    pub(crate) records: Vec<RecordSite>,
    /// Values for fields that their span does not have.
    pub(crate) undeclared: Vec<UndeclaredField>,
    /// Decorators that close their span before the decorated work has run.
    pub(crate) early_ends: Vec<EarlyEnd>,
    /// Where the queries of the configuration fit.
    pub(crate) matches: Vec<MatchSite>,
    /// The project's own runner of processes, the one most used, if it has one.
    pub(crate) process_runner: Option<FuncId>,
    /// The names that its telemetry should have.
    pub(crate) registry: Registry,
    /// By file: a script of its own that nobody traces, or a part of no program that has telemetry while others of the tree have.
    pub(crate) apart: Vec<bool>,
    /// The oldest version of `tracing-opentelemetry` that the manifests ask for, where all of them tell.
    pub(crate) tracing_layer: Option<(u32, u32)>,
    /// Which project of the tree each file is of, and which of them share code.
    pub(crate) projects: Projects,
    /// Whether anything in the program is telemetry at all.
    pub(crate) uses_telemetry: bool,
}

#[derive(Debug)]
pub(crate) struct File {
    /// As printed: relative to the root, with `/`.
    pub(crate) path: String,
    pub(crate) absolute: PathBuf,
    pub(crate) language: &'static str,
    pub(crate) lines: LineIndex,
    /// Apart, because files are handed on from table to table.
    pub(crate) facts: Box<Facts>,
    pub(crate) test: bool,
    /// Beside the program: build scripts, examples, documentation, benchmarks. It is counted, but never runs in production.
    pub(crate) beside: bool,
    /// The number of its first function in `Program::functions`.
    pub(crate) first_function: u32,
}

#[derive(Debug)]
pub(crate) struct Function {
    pub(crate) file: FileId,
    pub(crate) local: FnId,
    /// A `def` or `fn` with a name: what coverage counts. Bodies and closures are not.
    pub(crate) named: bool,
    /// Dotted name in its file; empty for a module body.
    pub(crate) name: Symbol,
    /// With the module in front.
    pub(crate) qualified: Box<str>,
    pub(crate) public: bool,
    pub(crate) test: bool,
    pub(crate) trivial: bool,
    pub(crate) excluded: Option<Exclusion>,
    pub(crate) entry_point: Option<EntryPoint>,
    pub(crate) state: State,
    pub(crate) direct_span: bool,
    /// The wrapper through which it opens its span, when it is not the library itself.
    pub(crate) opens_via: Option<Symbol>,
    pub(crate) reach: Reach,
    /// The functions that call it, each once, sorted; closures stand for themselves.
    pub(crate) callers: Vec<FuncId>,
    pub(crate) callees: Vec<FuncId>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct EntryPoint {
    pub(crate) kind: EntryKind,
    /// What makes it one: the framework or the mechanism, for people.
    pub(crate) through: Symbol,
    /// It runs within what the program has begun itself: the tool of an agent, the node of a graph.
    pub(crate) within_run: bool,
    /// Its thread runs no other task.
    pub(crate) alone: bool,
    /// Its framework is instrumented, and it is registered where that does not reach: most often on purpose.
    pub(crate) beside_layers: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub(crate) enum EntryKind {
    Cli,
    Http,
    Rpc,
    Task,
    Consumer,
    Main,
    Mcp,
    Lambda,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub(crate) enum State {
    Span,
    Auto,
    Inherited,
    Dark,
    Excluded,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub(crate) enum Exclusion {
    Test,
    Stub,
    Accessor,
    Generated,
    Suppressed,
    Telemetry,
    Configured,
    Private,
    /// The instrumentation of its framework is told to leave it alone.
    Untraced,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Reach {
    Covered,
    Dark,
    /// No caller is known, so nobody can tell.
    Unknown,
}

/// How sure a verdict is. `Assumed` rests on a bare name and never yields more than a note.
#[derive(Clone, Copy, PartialEq, Eq, Debug, PartialOrd, Ord)]
pub(crate) enum Certainty {
    Assumed,
    Certain,
}

/// A text as far as it is known before the program runs.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Text {
    /// Static text, or a template with `{}` where runtime values go; none when all of it is dynamic.
    pub(crate) text: Option<Symbol>,
    pub(crate) source: TextSource,
    /// The runtime parts, if any, come from a bounded set (an enum, a class name, a method or route template, a literal list).
    /// Also true where they are parameters of a wrapper that opens the span: its callers' names are judged at the call.
    pub(crate) bounded: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum TextSource {
    Literal,
    Constant,
    Template,
    /// It is a parameter of the function that it stands in.
    Forwarded,
    Dynamic,
}

/// Where a fact stands and in whose code.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct At {
    pub(crate) place: Place,
    /// The function that runs it; a closure or body where it stands in one.
    pub(crate) function: FuncId,
    pub(crate) region: RegionId,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum SpanStyle {
    Context,
    Decorator,
    Manual,
    Callback,
    Macro,
    Attribute,
    Guard,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Activation {
    Context,
    Decorator,
    Enter,
    Entered,
    InScope,
    Instrument,
    Returned,
    Stored,
    Never,
}

#[derive(Debug)]
pub(crate) struct SpanSite {
    pub(crate) at: At,
    /// Whose span it is: for a decorator, the decorated function; else where it stands.
    pub(crate) owner: FuncId,
    pub(crate) name: Text,
    /// The runtime part of the name is put in by the helper that opens the span: its own place is where to look.
    pub(crate) named_by_helper: bool,
    /// It gets another name as soon as it is open.
    pub(crate) renamed: bool,
    /// Where the name is written, for messages.
    pub(crate) name_place: Option<Place>,
    pub(crate) span_kind: Option<Symbol>,
    pub(crate) level: Option<Symbol>,
    pub(crate) style: SpanStyle,
    /// The in-house wrapper that opens it.
    pub(crate) via: Option<Symbol>,
    /// Keys given to it, in order of appearance.
    pub(crate) attributes: Vec<Symbol>,
    pub(crate) activated: Activation,
    pub(crate) end: SpanEnd,
    pub(crate) guard_across_await: bool,
    pub(crate) dropped_at_once: bool,
    /// An exception that leaves it is recorded by itself.
    pub(crate) records_errors: bool,
    /// Entered with `with`, or started and ended by hand in one function, yet not made current and not handed on as an explicit
    /// context, so that calls inside do not nest under it.
    pub(crate) not_current: bool,
    /// Work between its start and its end opens spans or calls out, so that nesting matters.
    pub(crate) has_children: bool,
    /// The first span that is opened there.
    pub(crate) child: Option<Child>,
    pub(crate) skips: Vec<Symbol>,
    /// The arguments of the function are recorded on it, those of `skips` aside.
    pub(crate) records_arguments: bool,
    /// Those arguments.
    pub(crate) arguments: Vec<Symbol>,
    /// The fields that what makes it gives it by itself.
    pub(crate) declares: Vec<Symbol>,
    /// It is told when it began: what it stands for is over by then.
    pub(crate) written_after: bool,
    /// It is of the agent of some vendor, and no span of OpenTelemetry.
    pub(crate) of_vendor: bool,
    /// It could record the errors that leave it, if it were told to.
    pub(crate) may_record: bool,
    pub(crate) certainty: Certainty,
}

/// A span that is opened while another is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Child {
    /// An index into `Program::spans`.
    Own(usize),
    /// The one that an instrumentation opens for this call.
    Library(Place),
    /// Those of whatever the function is given to call.
    Given(Place),
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum SpanEnd {
    /// By its block, its decorator or its runner.
    Managed,
    /// On every path, by hand.
    Always,
    /// By hand, but not when an exception or an early return leaves before; the place that leaves.
    Sometimes(Place),
    Never,
    /// Somebody else has it: returned, stored, passed on.
    Escapes,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum AttributeTarget {
    Span,
    Event,
    Metric,
    Resource,
    Log,
    Baggage,
}

#[derive(Debug)]
pub(crate) struct AttributeSite {
    pub(crate) at: At,
    pub(crate) key: Text,
    pub(crate) target: AttributeTarget,
    pub(crate) via: Option<Symbol>,
    /// Its value, in the file where the key stands.
    pub(crate) value: Option<ValueId>,
    pub(crate) value_type: Option<&'static str>,
    /// The value, where it is a text that is known before the program runs.
    pub(crate) value_text: Option<Symbol>,
    /// Where the text of the key is written down, if it is written in one piece.
    pub(crate) spelled: Option<Spelled>,
    /// It goes to the agent of some vendor, which has names of its own.
    pub(crate) of_vendor: bool,
    pub(crate) certainty: Certainty,
}

/// A value that is recorded in a field which the span was not made with.
#[derive(Debug)]
pub(crate) struct UndeclaredField {
    pub(crate) at: At,
    /// Where the name of the field stands.
    pub(crate) place: Place,
    pub(crate) key: Symbol,
    /// The span, if it is known which one: an index into `Program::spans`.
    pub(crate) span: Option<usize>,
    /// Some other span of the program has the field.
    pub(crate) elsewhere: bool,
}

/// A text that is written in one piece.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Spelled {
    pub(crate) place: Place,
    /// The name under which others have it; none where it stands where it is used.
    pub(crate) constant: Option<Symbol>,
}

#[derive(Debug)]
pub(crate) struct EventSite {
    pub(crate) at: At,
    pub(crate) name: Text,
    pub(crate) attributes: Vec<Symbol>,
}

#[derive(Debug)]
pub(crate) struct ProcessSite {
    pub(crate) at: At,
    /// As a dotted path: `subprocess.run`.
    pub(crate) call: Symbol,
    /// A span is open around it in its own function.
    pub(crate) in_span: bool,
    /// A span is open around it, in its own function or in every caller.
    pub(crate) covered: bool,
    /// The call goes through the project's own runner.
    pub(crate) via_wrapper: Option<Symbol>,
    /// That runner.
    pub(crate) wrapper: Option<FuncId>,
    pub(crate) certainty: Certainty,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum CoveredBy {
    Span,
    Auto,
    Inherited,
}

/// An outgoing call.
#[derive(Debug)]
pub(crate) struct CallSite {
    pub(crate) at: At,
    pub(crate) call: Symbol,
    pub(crate) category: CallCategory,
    pub(crate) covered_by: Option<CoveredBy>,
    /// An instrumentation opens a span for it, whatever else is around it.
    pub(crate) instrumented: bool,
    /// One that would is known.
    pub(crate) instrumentable: bool,
    /// No caller of its function is known: whether a span is open cannot be told.
    pub(crate) reach: Reach,
    pub(crate) certainty: Certainty,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub(crate) enum CallCategory {
    Process,
    Http,
    Db,
    Messaging,
    Rpc,
    Llm,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Reraises {
    Always,
    Sometimes,
    Never,
}

#[derive(Debug)]
pub(crate) struct HandlerSite {
    pub(crate) at: At,
    /// Types caught, as written last (`ValueError`); empty for everything.
    pub(crate) types: Vec<Symbol>,
    pub(crate) broad: bool,
    pub(crate) in_span: bool,
    /// On the span, its status, by a helper of the project, or in a log that carries the exception.
    pub(crate) recorded: bool,
    pub(crate) reraises: Reraises,
    pub(crate) swallows_in_span: bool,
    pub(crate) logs: bool,
    /// The span around it, as an index into `Program::spans`.
    pub(crate) span: Option<usize>,
    /// Why it is right not to record: what is caught is an expected answer, not a failure.
    pub(crate) expected: bool,
}

#[derive(Debug)]
pub(crate) struct HandoffSite {
    pub(crate) at: At,
    pub(crate) call: Symbol,
    pub(crate) mechanism: Mechanism,
    pub(crate) propagates: bool,
    /// A span is open around it, in its own function or around it.
    pub(crate) in_span: bool,
    /// What is handed over, where it is the program's.
    pub(crate) work: Option<FuncId>,
    /// What is handed over opens spans of its own.
    pub(crate) traced: bool,
    /// All that is handed over is the making of a future, which runs wherever that is awaited.
    pub(crate) only_makes: bool,
    /// What the call gives back is put into a span: `spawn_blocking(work).instrument(span)`.
    pub(crate) handle_in_span: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[expect(dead_code, reason = "processes that continue a trace are not told apart yet")]
pub(crate) enum Mechanism {
    Thread,
    Executor,
    ProcessPool,
    Task,
    Subprocess,
}

/// A context that is made current by hand, and stays so on some path.
#[derive(Debug)]
pub(crate) struct AttachedSite {
    pub(crate) at: At,
    pub(crate) detached: Detached,
    pub(crate) certainty: Certainty,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Detached {
    Never,
    /// Not where the function is left here.
    Sometimes(Place),
    /// Not where this fails.
    UnlessFails(Place),
}

/// A value that keeps a span open as long as it lives.
#[derive(Debug)]
pub(crate) struct GuardSite {
    pub(crate) at: At,
    /// What gives it: `enter`, `entered`, a helper.
    pub(crate) call: Symbol,
    /// Where the span is made that it keeps open, if that is known.
    pub(crate) span: Option<Place>,
    /// Nobody keeps it, so that it ends where it begins.
    pub(crate) dropped: bool,
    /// The first `.await` that it lives across.
    pub(crate) across_await: Option<Place>,
}

#[derive(Debug)]
pub(crate) struct LogSite {
    pub(crate) at: At,
    pub(crate) call: Symbol,
    pub(crate) print: bool,
}

#[derive(Debug)]
pub(crate) struct SetupSite {
    pub(crate) at: At,
    /// `provider processor exporter sampler propagator resource view instrumentor tracer meter`
    pub(crate) what: Symbol,
    pub(crate) call: Symbol,
    pub(crate) detail: Option<Symbol>,
    /// It is not for logs or metrics alone.
    pub(crate) traces: bool,
    /// It is enough for something to be sent: more than a provider that nothing is added to.
    pub(crate) sends: bool,
}

#[derive(Debug)]
pub(crate) struct EnvSite {
    pub(crate) place: EnvPlace,
    pub(crate) name: Symbol,
    /// What it is set to, where that is written down.
    pub(crate) value: Option<Symbol>,
    pub(crate) known: bool,
}

#[derive(Debug, Clone, Copy)]
pub(crate) enum EnvPlace {
    Code(Place, Option<FuncId>),
    /// A file that tells how the program is launched.
    Launch {
        path: Symbol,
        line: u32,
        column: u32,
    },
}

/// Something added to "the current span".
#[derive(Debug)]
pub(crate) struct EnrichmentSite {
    pub(crate) at: At,
    /// `set_attribute`, `add_event`, `record_exception`, …
    pub(crate) call: Symbol,
    /// None where it cannot be told whether a span is open.
    pub(crate) span_open: Option<bool>,
    pub(crate) certainty: Certainty,
}

/// An exception recorded by hand.
#[derive(Debug)]
pub(crate) struct RecordSite {
    pub(crate) at: At,
    /// It is raised all the same, through a span that records by itself.
    pub(crate) raised_through: Option<Through>,
    /// What leaves is another exception, which tells of the recorded one.
    pub(crate) translated: bool,
    pub(crate) certainty: Certainty,
}

/// A span that what is raised leaves.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Through {
    /// An index into `Program::spans`.
    Span(usize),
    /// The one that an instrumentation opens for this handler.
    Library(FuncId),
}

#[derive(Debug)]
pub(crate) struct EarlyEnd {
    pub(crate) at: At,
    pub(crate) function: FuncId,
    pub(crate) decorator: Symbol,
    /// Where the decorator lets the span end, in the project's own code.
    pub(crate) ends_at: Option<Place>,
    /// `async function`, `generator`, `async generator`.
    pub(crate) what: &'static str,
    pub(crate) certainty: Certainty,
}

#[cfg(test)]
mod tests;
