//! What is known about libraries: one tree of dotted paths, filled from `rules/libraries/*/*.toml` and from `[[model]]` of the
//! configuration. A path in the tree is a module, a type or something callable; nothing here knows a language's syntax.

mod build;
mod check;
mod constants;
mod embedded;
mod environment;
mod format;
mod load;
mod model;
mod paths;
#[cfg(test)]
mod tests;

pub(crate) use self::environment::Environment;
use rustc_hash::{FxHashMap, FxHashSet};
use serde::Deserialize;
use smallvec::SmallVec;

use self::constants::Constants;
use crate::text::Symbol;

/// A dotted path that some library model names, or a prefix of one.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub(crate) struct NodeId(pub(crate) u32);

#[derive(Debug, Default)]
pub(crate) struct Library {
    nodes: Vec<Node>,
    /// By language: packages of different ones share names.
    roots: FxHashMap<(&'static str, Symbol), NodeId>,
    children: FxHashMap<(NodeId, Symbol), NodeId>,
    /// Method names so telling that the receiver need not be known: they give an assumed match.
    assumed: FxHashMap<(&'static str, Symbol), NodeId>,
    /// Those that are so on what is called by a telling name.
    assumed_on: FxHashMap<(&'static str, Symbol), (Symbol, NodeId)>,
    instrumentors: Vec<Instrumentor>,
    constants: Constants,
    extensions: Vec<NodeId>,
    /// What nobody has seen fail, by language and whole path.
    never_fail: FxHashSet<(&'static str, Symbol)>,
    /// What to use instead of a path that is deprecated or removed.
    deprecated: FxHashMap<Symbol, Symbol>,
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
    /// For a type: an instance stands for what it is made of (`Option<T>`, `Arc<T>`).
    pub(crate) wraps: bool,
    /// For a type: whatever value has its methods where it is imported.
    pub(crate) extension: bool,
    /// For a value or a field: its type.
    pub(crate) value: Option<NodeId>,
    /// Every unknown attribute of an instance has this type (a database client whose attributes are databases).
    pub(crate) attributes: Option<NodeId>,
    pub(crate) models: SmallVec<[Model; 1]>,
    /// For a type: what calling a method does that no model names (any method of a cloud client goes out).
    pub(crate) any_call: Option<Box<Model>>,
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
    /// For an attribute: only a span that was made with the key takes its value.
    pub(crate) declared_only: bool,
    /// The role's detail: the kind of entry point, of set-up, of instrument; the operation of a message.
    pub(crate) detail: Option<Symbol>,
    /// The call really goes out: not only a constructor of a client or a query builder.
    pub(crate) goes_out: bool,
    /// What a set-up is for, where it is not for traces.
    pub(crate) signal: Option<Signal>,
    /// An entry point that runs within what the program has begun itself: the tool of an agent, the node of a graph.
    pub(crate) within_run: bool,
    /// An entry point whose thread runs no other task, unless one thread is asked for.
    pub(crate) alone: bool,
    /// For a span: how much detail it is, where that is not said at the call.
    pub(crate) level: Option<Symbol>,
    /// A name given by nobody else: the span's fixed name, if it has one.
    pub(crate) fixed_name: Option<Symbol>,
    /// For a span: the fields that it has without being told.
    pub(crate) declares: Vec<Symbol>,
    /// For a span and what is written to one: it is of the agent of some vendor, which has names of its own.
    pub(crate) of_vendor: bool,
    /// For what is taken as a parameter: the type that has to be given in return.
    pub(crate) gives: Option<NodeId>,
    /// For a base class: the methods of the derived class that are meant (`handle` of a command).
    pub(crate) methods: SmallVec<[Symbol; 2]>,
    /// For middleware: the parts of libraries whose handlers it stands around.
    pub(crate) around: SmallVec<[Symbol; 1]>,
}

/// What traces need nothing of.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Signal {
    Logs,
    Metrics,
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
    /// `fn f(x: T)`: a method of a trait that takes one is meant.
    pub(crate) takes: bool,
    /// Made here, and open only where it is entered or where something runs in it.
    pub(crate) entered: bool,
    /// `f(.., handler)`: registers or runs its argument.
    pub(crate) registration: bool,
    /// `NAME = ["package.module.Class"]`: a setting that lists what it means by dotted paths.
    pub(crate) setting: bool,
}

/// What an argument is for.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
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
    /// When a span began, where that is said.
    StartTime,
    Url,
    Command,
    Env,
    Message,
    ExcInfo,
    /// Keyword arguments that no other slot names are attributes.
    Keywords,
    /// How much detail a span or a log line is.
    Level,
    /// Arguments that are not recorded.
    Skip,
    /// Nothing is recorded by itself.
    SkipAll,
    /// What an object is put to work on: the span of `use_span`, the application of `instrument_app`.
    Subject,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct ArgPlace {
    pub(crate) index: Option<u8>,
    pub(crate) keyword: Option<Symbol>,
    /// What the method is called on.
    pub(crate) receiver: bool,
    /// It is the argument of a method: called by its path, what it is called on comes first.
    pub(crate) of_method: bool,
}

/// Spelled in kebab-case in the models: `span-end`, `http`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
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
    /// Makes one attribute, a key and its value, for whoever takes it.
    Pair,
    AddEvent,
    AddLink,
    RecordException,
    SetStatus,
    UpdateName,
    GetTracer,
    GetMeter,
    GetLogger,
    MetricCreate,
    /// Gives an instrument in the making its unit.
    MetricUnit,
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
    /// Puts routers together: `layer` puts something around what it has, `join` takes in more, `serve` is where requests come from.
    Router,
    /// Gives what is left of the program's life to a server, or to a loop that waits for work.
    Serve,
    /// Puts code around whatever a framework serves: `add_middleware(X)`, `class X(ServerInterceptor)`.
    Middleware,
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
    /// Gives the keys that it is given first, with values from elsewhere: `zip(keys, values)`.
    Keys,
    /// Gives what somebody else put there: `ContextVar.get()`.
    Held,
    /// Keeps its argument `Subject` for whoever asks: `ContextVar.set(x)`.
    Hold,
    /// Ends the process without the usual exit.
    Exit,
}

impl Role {
    /// As models spell it.
    pub(crate) fn word(self) -> String {
        let mut word = String::new();
        for it in format!("{self:?}").chars() {
            if it.is_uppercase() && !word.is_empty() {
                word.push('-');
            }
            word.push(it.to_ascii_lowercase());
        }
        word
    }
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
    /// It carries context into the work of executors, and of no bare thread.
    pub(crate) carries_executors: bool,
    /// It switches on every instrumentation that is installed.
    pub(crate) installed: bool,
    /// The command that launches a program with it.
    pub(crate) launcher: Option<Symbol>,
    /// Of an agent that is none of OpenTelemetry: the variables that make it take the spans of OpenTelemetry as its own.
    pub(crate) bridges: Vec<Symbol>,
    /// A launcher enables it without a line of code, where its package is installed.
    pub(crate) zero_code: bool,
    /// Importing it is what enables it.
    pub(crate) on_import: bool,
    /// It is a part of the library: its spans are there where the program sets up anything that takes them.
    pub(crate) built_in: bool,
    /// The first major version of its distribution that does all this.
    pub(crate) since: Option<u32>,
    /// The exception that leaves a handler ends up on its span.
    pub(crate) records: bool,
    /// Its spans are spans of OpenTelemetry.
    pub(crate) opentelemetry: bool,
    pub(crate) excludes: Option<UrlExcludes>,
}

impl Instrumentor {
    /// Whether calls into this part of a library, or what it serves, get their spans from it.
    pub(crate) fn covers(&self, library: &Library, node: NodeId) -> bool {
        library.upwards(node).any(|it| self.modules.contains(&it))
    }
}

/// Where an instrumentation is told which urls to leave alone: regular expressions, with commas in between.
#[derive(Debug)]
pub(crate) struct UrlExcludes {
    /// An argument of what switches it on.
    pub(crate) argument: Option<ArgPlace>,
    /// Variables of the environment, the first that is set.
    pub(crate) variables: Vec<Symbol>,
}

/// A model that the configuration adds: the keys of `[[call]]`, and `<slot>-arg` as a short form of `args`.
#[derive(Debug, Clone)]
pub(crate) struct ExtraModel {
    /// File and line, for messages.
    pub(crate) origin: String,
    pub(crate) table: toml::Table,
}

impl Library {
    /// What stands beside a node: the other members of its module or type.
    pub(crate) fn siblings(&self, node: &Node) -> impl Iterator<Item = &Node> {
        let parent = node.parent;
        self.nodes.iter().filter(move |it| parent.is_some() && it.parent == parent)
    }

    pub(crate) fn node(&self, id: NodeId) -> &Node {
        &self.nodes[id.0 as usize]
    }

    /// The top of a path: `opentelemetry`, `subprocess`.
    pub(crate) fn root(&self, language: &'static str, name: Symbol) -> Option<NodeId> {
        self.roots.get(&(language, name)).copied()
    }

    /// A member of a module or type, aliases followed, base types included; of a value, a member of its type.
    pub(crate) fn member(&self, of: NodeId, name: Symbol) -> Option<NodeId> {
        let of = self.resolve(of);
        if let Some(found) = self.children.get(&(of, name)) {
            return Some(self.resolve(*found));
        }
        let node = self.node(of);
        node.bases.iter().chain(&node.value).find_map(|it| self.member(*it, name))
    }

    /// The node that this one is only a spelling of.
    pub(crate) fn resolve(&self, id: NodeId) -> NodeId {
        self.node(id).alias.unwrap_or(id)
    }

    pub(crate) fn find(&self, language: &'static str, path: &str) -> Option<NodeId> {
        let mut parts = path.split('.');
        let mut at = self.root(language, Symbol::new(parts.next()?))?;
        for part in parts {
            at = self.member(at, Symbol::new(part))?;
        }
        Some(self.resolve(at))
    }

    pub(crate) fn assumed(&self, language: &'static str, method: Symbol) -> Option<NodeId> {
        self.assumed.get(&(language, method)).copied()
    }

    /// The same, for a method of something whose name is known as well: `span`, `request_span`.
    pub(crate) fn assumed_on(
        &self,
        language: &'static str,
        method: Symbol,
        owner: impl FnOnce() -> Option<Symbol>,
    ) -> Option<NodeId> {
        let (wanted, node) = self.assumed_on.get(&(language, method))?;
        let owner = owner()?;
        let before = owner.as_str().strip_suffix(wanted.as_str())?;
        (before.is_empty() || before.ends_with('_')).then_some(*node)
    }

    /// Whether calling what has this whole path cannot fail, whatever it is given.
    pub(crate) fn never_fails(&self, language: &'static str, path: Symbol) -> bool {
        self.never_fail.contains(&(language, path))
    }

    /// The same for a method of a type that needs no import, by its own name.
    pub(crate) fn never_fails_on_builtins(&self, language: &'static str, method: Symbol) -> bool {
        let types = ["dict", "list", "set", "str"];
        types.iter().any(|it| self.never_fails(language, Symbol::new(&format!("builtins.{it}.{method}"))))
    }

    /// Whether constants stand under a dotted path.
    pub(crate) fn leads_to_constants(&self, path: &str) -> bool {
        self.constants.lead_from(path)
    }

    /// Whether a type is another one or stands on it.
    pub(crate) fn derives(&self, of: NodeId, top: NodeId) -> bool {
        let of = self.resolve(of);
        of == top || self.node(of).bases.iter().any(|it| self.derives(*it, top))
    }

    /// The text of a constant, by its whole path: `opentelemetry.semconv.trace.SpanAttributes.HTTP_METHOD`.
    pub(crate) fn constant(&self, path: &str) -> Option<Symbol> {
        self.constants.find(path)
    }

    /// What to use instead of a path, if it or a module that it is in is deprecated or removed.
    #[cfg_attr(not(test), expect(dead_code, reason = "the rule on deprecated components will ask"))]
    pub(crate) fn instead_of(&self, path: &str) -> Option<Symbol> {
        let mut paths = std::iter::successors(Some(path), |it| Some(it.rsplit_once('.')?.0));
        paths.find_map(|it| self.deprecated.get(&Symbol::new(it)).copied())
    }

    /// Whether an instrumentation of OpenTelemetry is known for this part of a library.
    pub(crate) fn is_instrumentable(&self, node: NodeId) -> bool {
        self.instrumentors().iter().any(|it| it.spans && it.opentelemetry && it.covers(self, node))
    }

    pub(crate) fn instrumentors(&self) -> &[Instrumentor] {
        &self.instrumentors
    }

    /// The path of a node and those of what it is in, innermost first.
    pub(crate) fn upwards(&self, node: NodeId) -> impl Iterator<Item = Symbol> + use<> {
        let path = self.node(node).path;
        let upwards =
            std::iter::successors(Some(path.as_str()), |it| it.rsplit_once('.').map(|(above, _)| above));
        upwards.map(Symbol::new)
    }

    /// What a zero-code launch (`opentelemetry-instrument`, the operator's injection) enables.
    pub(crate) fn zero_code(&self) -> impl Iterator<Item = &Instrumentor> {
        self.instrumentors.iter().filter(|it| it.zero_code)
    }

    /// Settings that list what plays a role, by the names that modules give them.
    pub(crate) fn settings(&self, role: Role) -> impl Iterator<Item = (Symbol, &Model)> {
        self.nodes.iter().filter_map(move |it| {
            let model = it.model(role).filter(|it| it.forms.setting)?;
            let name = it.path.as_str().rsplit('.').next()?;
            Some((Symbol::new(name), model))
        })
    }

    /// The instrumentors that calling this node enables: itself, or the one whose method it is.
    pub(crate) fn enabled_by(&self, call: NodeId) -> impl Iterator<Item = &Instrumentor> {
        self.instrumentors.iter().filter(move |it| self.is_switched_on(it, call))
    }

    pub(crate) fn is_switched_on(&self, it: &Instrumentor, call: NodeId) -> bool {
        let call = self.resolve(call);
        if it.enable.is_empty() { it.node == call } else { Some(it.node) == self.node(call).parent }
    }

    /// The type of what calling this gives.
    pub(crate) fn returned_by(&self, call: NodeId) -> Option<NodeId> {
        let node = self.node(self.resolve(call));
        let own = node.is_type.then(|| self.resolve(call));
        node.returns.or(own).map(|it| self.resolve(it))
    }

    /// The type that `with` binds when the context manager comes from this call.
    pub(crate) fn entered_by(&self, call: NodeId) -> Option<NodeId> {
        let call = self.resolve(call);
        match self.node(call).enters {
            Some(entered) => Some(self.resolve(entered)),
            None => self.returned_by(call).map(|it| self.entered(it)),
        }
    }

    /// The type that entering an instance of this type binds.
    pub(crate) fn entered(&self, of: NodeId) -> NodeId {
        self.inherited(of, |it| it.enters).unwrap_or(of)
    }

    /// The type of an element of an instance.
    pub(crate) fn element(&self, of: NodeId) -> Option<NodeId> {
        self.inherited(of, |it| it.items)
    }

    /// The type of an attribute that no model names.
    pub(crate) fn any_attribute(&self, of: NodeId) -> Option<NodeId> {
        self.inherited(of, |it| it.attributes)
    }

    /// Types whose methods any value has where they are imported.
    pub(crate) fn extensions(&self) -> &[NodeId] {
        &self.extensions
    }

    /// What a method does that no model names.
    pub(crate) fn any_call(&self, of: NodeId) -> Option<&Model> {
        let node = self.node(self.resolve(of));
        node.any_call.as_deref().or_else(|| node.bases.iter().find_map(|base| self.any_call(*base)))
    }

    fn inherited(&self, of: NodeId, read: fn(&Node) -> Option<NodeId>) -> Option<NodeId> {
        let node = self.node(self.resolve(of));
        match read(node) {
            Some(found) => Some(self.resolve(found)),
            None => node.bases.iter().find_map(|base| self.inherited(*base, read)),
        }
    }
}

impl Node {
    fn new(path: Symbol, parent: Option<NodeId>) -> Node {
        Node {
            path,
            parent,
            alias: None,
            is_type: false,
            bases: Vec::new(),
            returns: None,
            enters: None,
            items: None,
            wraps: false,
            extension: false,
            value: None,
            attributes: None,
            models: SmallVec::new(),
            any_call: None,
        }
    }

    pub(crate) fn model(&self, role: Role) -> Option<&Model> {
        self.models.iter().find(|it| it.role == role)
    }
}

impl Model {
    pub(crate) fn place(&self, slot: Slot) -> Option<ArgPlace> {
        self.args.iter().find(|(it, _)| *it == slot).map(|(_, place)| *place)
    }
}
