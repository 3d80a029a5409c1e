//! What is known about libraries: one tree of dotted paths, filled from `rules/libraries/*/*.toml` and from `[[model]]` of the
//! configuration. A path in the tree is a module, a type or something callable; nothing here knows a language's syntax.

use rustc_hash::FxHashMap;
use smallvec::SmallVec;

use crate::text::Symbol;

/// A dotted path that some library model names, or a prefix of one.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub(crate) struct NodeId(pub(crate) u32);

#[derive(Debug, Default)]
pub(crate) struct Library {
    nodes: Vec<Node>,
    roots: FxHashMap<Symbol, NodeId>,
    children: FxHashMap<(NodeId, Symbol), NodeId>,
    /// Method names so telling that the receiver need not be known: they give an assumed match.
    assumed: FxHashMap<Symbol, NodeId>,
    instrumentors: Vec<Instrumentor>,
}

#[derive(Debug)]
pub(crate) struct Node {
    /// The whole dotted path.
    pub(crate) path: Symbol,
    pub(crate) parent: Option<NodeId>,
    /// Another spelling of this node.
    pub(crate) alias: Option<NodeId>,
    pub(crate) is_type: bool,
    /// Types whose members it has too.
    pub(crate) bases: Vec<NodeId>,
    /// The type of what calling it gives. A type gives itself without saying so.
    pub(crate) returns: Option<NodeId>,
    /// The type of what `with` binds; for a type, of what entering an instance binds (itself without saying so).
    pub(crate) enters: Option<NodeId>,
    /// The type of an element: `x[..]`, `for y in x`.
    pub(crate) items: Option<NodeId>,
    /// For a value or a field: its type.
    pub(crate) value: Option<NodeId>,
    /// Every unknown attribute of an instance has this type (a database client whose attributes are databases).
    pub(crate) attributes: Option<NodeId>,
    /// For a constant: its text.
    pub(crate) text: Option<Symbol>,
    pub(crate) models: SmallVec<[Model; 1]>,
}

/// What calling something (or decorating with it, or deriving from it) does.
#[derive(Debug, Clone)]
pub(crate) struct Model {
    pub(crate) role: Role,
    pub(crate) forms: Forms,
    pub(crate) args: SmallVec<[(Slot, ArgPlace); 2]>,
    /// For a span: it becomes the current one.
    pub(crate) activates: bool,
    /// For a span: it ends by itself with its block or its function.
    pub(crate) ends: bool,
    /// For a span: an exception that leaves it is recorded.
    pub(crate) records: bool,
    /// For a span decorator: it waits for an async function, it follows a generator to its end.
    pub(crate) handles_async: bool,
    pub(crate) handles_generators: bool,
    /// For work handed over: the callee sees the caller's context.
    pub(crate) keeps_context: bool,
    /// The role's detail: the kind of entry point, of set-up, of instrument; the operation of a message.
    pub(crate) detail: Option<Symbol>,
    /// The call really goes out: not only a constructor of a client or a query builder.
    pub(crate) goes_out: bool,
    /// A name given by nobody else: the span's fixed name, if it has one.
    pub(crate) fixed_name: Option<Symbol>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Forms {
    /// `with f(..)`
    pub(crate) context: bool,
    /// `@f` or `@f(..)`
    pub(crate) decorator: bool,
    /// `x = f(..)`: somebody has to end it, to enter it or to pass it on.
    pub(crate) manual: bool,
    /// `class X(f)`: the methods named in `Model::methods` of the data are meant.
    pub(crate) base: bool,
    /// `f(.., handler)`: registers or runs its argument.
    pub(crate) registration: bool,
}

/// What an argument is for.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub(crate) enum Slot {
    Name,
    Attributes,
    Kind,
    Key,
    Value,
    Exception,
    Status,
    Function,
    Handler,
    Unit,
    Context,
    RecordException,
    EndOnExit,
    Url,
    Command,
    Env,
    Message,
    ExcInfo,
    /// Keyword arguments that no other slot names are attributes.
    Keywords,
    /// What an object is put to work on: the span of `use_span`, the application of `instrument_app`.
    Subject,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct ArgPlace {
    pub(crate) index: Option<u8>,
    pub(crate) keyword: Option<Symbol>,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub(crate) enum Role {
    Span,
    SpanEnd,
    /// Gives the span that is current.
    SpanCurrent,
    /// Makes an existing span current (`use_span`).
    SpanActivate,
    /// Reads a span: no enrichment.
    SpanQuery,
    SetAttribute,
    SetAttributes,
    AddEvent,
    AddLink,
    RecordException,
    SetStatus,
    UpdateName,
    GetTracer,
    GetMeter,
    GetLogger,
    MetricCreate,
    MetricRecord,
    Process,
    ProcessPool,
    Thread,
    Executor,
    /// Makes an executor; its type tells which.
    ExecutorCreate,
    Task,
    /// Reads, copies, attaches or detaches context.
    Context,
    /// Runs its callable argument at once, in this very context (`Context.run`, `retry.call`).
    Runs,
    Inject,
    Extract,
    Http,
    Db,
    Messaging,
    Rpc,
    Llm,
    Network,
    FileIo,
    Log,
    /// Logs the exception being handled, with its traceback.
    LogException,
    LogSetup,
    /// A decorator or context that logs what escapes it.
    LogDecorator,
    Print,
    EntryPoint,
    SetUp,
    AutoInstrument,
    /// Turns a generator function into a context manager.
    ContextManager,
    /// Suppresses exceptions as a context manager.
    Suppress,
    /// A decorator that keeps the function as it is for the caller (`functools.wraps(f)`, `staticmethod`, `lru_cache`, `retry`).
    Transparent,
    /// A stack of context managers: `enter_context(cm)`.
    EnterContext,
    /// Binds arguments: `functools.partial(f, ..)`.
    Partial,
    /// `typing.cast(T, x)` and kin: gives its argument `Subject`.
    Identity,
    /// Ends the process without the usual exit.
    Exit,
}

/// An instrumentation library: what it covers once it is enabled.
#[derive(Debug)]
pub(crate) struct Instrumentor {
    /// Its class or function.
    pub(crate) node: NodeId,
    pub(crate) distribution: Symbol,
    /// The roots of the libraries it instruments (`fastapi`, `sqlalchemy`, `urllib.request`).
    pub(crate) modules: Vec<Symbol>,
    /// Method names that switch it on; empty where calling it does.
    pub(crate) enable: Vec<Symbol>,
    /// It opens spans (some only carry context, or make logs).
    pub(crate) spans: bool,
    /// It carries context over threads.
    pub(crate) carries_threads: bool,
}

impl Library {
    pub(crate) fn node(&self, id: NodeId) -> &Node {
        &self.nodes[id.0 as usize]
    }

    /// The top of a path: `opentelemetry`, `subprocess`.
    pub(crate) fn root(&self, name: Symbol) -> Option<NodeId> {
        self.roots.get(&name).copied()
    }

    /// A member of a module or type, aliases followed, base types included.
    pub(crate) fn member(&self, of: NodeId, name: Symbol) -> Option<NodeId> {
        let of = self.resolve(of);
        if let Some(found) = self.children.get(&(of, name)) {
            return Some(self.resolve(*found));
        }
        self.node(of).bases.iter().find_map(|base| self.member(*base, name))
    }

    /// The node that this one is only a spelling of.
    pub(crate) fn resolve(&self, id: NodeId) -> NodeId {
        self.node(id).alias.unwrap_or(id)
    }

    pub(crate) fn find(&self, path: &str) -> Option<NodeId> {
        let mut parts = path.split('.');
        let mut at = self.root(Symbol::new(parts.next()?))?;
        for part in parts {
            at = self.member(at, Symbol::new(part))?;
        }
        Some(self.resolve(at))
    }

    /// The text of a constant that a library defines (a semantic-convention key), where its model says it.
    pub(crate) fn constant(&self, node: NodeId) -> Option<Symbol> {
        self.node(node).text
    }

    pub(crate) fn assumed(&self, method: Symbol) -> Option<NodeId> {
        self.assumed.get(&method).copied()
    }

    pub(crate) fn instrumentors(&self) -> &[Instrumentor] {
        &self.instrumentors
    }
}

impl Node {
    pub(crate) fn model(&self, role: Role) -> Option<&Model> {
        self.models.iter().find(|it| it.role == role)
    }
}

impl Model {
    pub(crate) fn place(&self, slot: Slot) -> Option<ArgPlace> {
        self.args.iter().find(|(it, _)| *it == slot).map(|(_, place)| *place)
    }
}
