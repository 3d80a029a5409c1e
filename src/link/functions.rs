//! The table of functions: what counts and why not, what opens a span, what is entered from outside, who calls it.

mod work;

use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};

use crate::facts::{BindingKind, FnId, FunctionKind, MarkKind, OpKind, Shape, Value};
use crate::library::{Node, Role};
use crate::link::Excludes;
use crate::link::entries::{Entries, Entry};
use crate::link::handlers::is_telemetry;
use crate::link::launch::Instrumented;
use crate::link::names::shown;
use crate::link::openings::{How, Openings, outermost};
use crate::link::reach::CallGraph;
use crate::link::rounds::Targets;
use crate::link::routers::Routers;
use crate::link::things::{ClassId, Site, Thing};
use crate::link::world::World;
use crate::program::{EntryKind, EntryPoint, Exclusion, FuncId, Function, Reach, State, TextSource};
use crate::text::{FileId, Symbol};

/// What makes a function part of coverage, by configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Eligible {
    All,
    #[default]
    Nontrivial,
    Public,
}

pub(crate) struct Verdicts<'w, 'a> {
    pub(crate) world: &'w World<'a>,
    pub(crate) targets: &'w Targets,
    pub(crate) openings: &'w Openings,
    pub(crate) entries: &'w Entries,
    pub(crate) instrumented: &'w Instrumented,
    /// Handlers that the instrumentation of their framework is told to leave alone.
    pub(crate) untraced: &'w FxHashSet<FuncId>,
    pub(crate) routers: &'w Routers<'w, 'a>,
    pub(crate) eligible: Eligible,
    pub(crate) configured: &'w Excludes<'w>,
}

/// What is known of each function before reach.
#[derive(Default)]
pub(crate) struct Own {
    pub(crate) direct: Vec<bool>,
    pub(crate) auto: Vec<bool>,
    pub(crate) excluded: Vec<Option<Exclusion>>,
    /// A span round the whole body.
    pub(crate) rooted: Vec<bool>,
    /// Entered from outside the program.
    pub(crate) exposed: Vec<bool>,
}

/// Whether something that is switched on opens a span around what the framework of an entry point calls.
pub(crate) fn is_instrumented(
    world: &World<'_>,
    instrumented: &Instrumented,
    function: FuncId,
    entry: &Entry,
) -> bool {
    let library = world.library;
    let language = world.files[world.file_of[function.index()].index()].language;
    let likely: &[&str] = match (entry.node, entry.point.kind) {
        (Some(node), _) => return instrumented.covers_handler(library, node),
        (None, EntryKind::Http) => &["fastapi", "starlette", "flask", "django", "aiohttp"],
        (None, EntryKind::Rpc) => &["grpc"],
        (None, _) => &[],
    };
    let mut found = likely.iter().filter_map(|it| library.find(language, it));
    found.any(|it| instrumented.covers_handler(library, it))
}

impl Verdicts<'_, '_> {
    /// `qualified` are the names of all functions, with the module in front.
    pub(crate) fn own(&self, qualified: &[Box<str>]) -> Own {
        let functions = self.world.file_of.len();
        let helpers = Helpers::find(self.world, self.targets, self.openings);
        let verdicts: Vec<(bool, bool, bool, Option<Exclusion>, bool)> = self
            .world
            .each_function()
            .map(|function| {
                let index = function.index();
                let entered = self.entries.get(&function);
                let entry = entered.is_some();
                let exposed = entered.is_some_and(|it| !it.called);
                let decorated = !self.openings.decorations[index].is_empty();
                // One that is closed too early is a span all the same, and nothing is inside of it.
                let brief = !self.openings.brief[index].is_empty();
                let direct = decorated || brief || self.opens_itself(function);
                let auto = entry && self.is_auto(function) && !self.untraced.contains(&function);
                (
                    direct,
                    auto,
                    decorated || auto,
                    self.exclusion(function, direct, entry, &helpers, &qualified[index]),
                    exposed,
                )
            })
            .collect();
        let mut verdicts = verdicts;
        for index in 0..functions {
            // What a closure opens, it opens for the function that it is written in.
            if let (true, Some(outer)) = (verdicts[index].0, self.around_closure(FuncId(index as u32))) {
                verdicts[outer.index()].0 = true;
            }
        }
        let mut own = Own::default();
        for (direct, auto, rooted, excluded, exposed) in verdicts {
            own.direct.push(direct);
            own.auto.push(auto);
            own.rooted.push(rooted);
            own.excluded.push(excluded);
            own.exposed.push(exposed);
        }
        own
    }

    /// The named function around a closure, where names are lexical.
    fn around_closure(&self, function: FuncId) -> Option<FuncId> {
        let (file, mut local) = self.world.local(function);
        let facts = self.world.facts(file);
        if !facts.lexical || facts.function(local).kind != FunctionKind::Closure {
            return None;
        }
        while facts.function(local).kind == FunctionKind::Closure {
            local = facts.function(local).parent?;
        }
        Some(self.world.func(file, local))
    }

    /// A span of its own: one that it gives away unopened is not.
    fn opens_itself(&self, function: FuncId) -> bool {
        self.openings.own[function.index()].iter().any(|it| match it.how {
            How::Managed(_) | How::Entered | How::Run => true,
            How::Started => !self.only_gives(function, it.site),
        })
    }

    fn only_gives(&self, function: FuncId, site: Site) -> bool {
        let gives = self.world.returns[function.index()].iter().any(|it| match it {
            Thing::Made(made, _) | Thing::Given(_, made) => made == site,
            _ => false,
        });
        gives || crate::link::fates::of(self.world, self.targets, site).returned
    }

    fn is_auto(&self, function: FuncId) -> bool {
        let Some(entry) = self.entries.get(&function) else { return false };
        is_instrumented(self.world, self.instrumented, function, entry) && !self.is_beside_layers(entry)
    }

    fn is_beside_layers(&self, entry: &Entry) -> bool {
        entry.node.is_some() && entry.at.is_some_and(|it| self.routers.is_bare(it))
    }

    fn exclusion(
        &self,
        function: FuncId,
        direct: bool,
        entry: bool,
        helpers: &Helpers,
        qualified: &str,
    ) -> Option<Exclusion> {
        let world = self.world;
        let it = world.function(function);
        let file = &world.files[world.file_of[function.index()].index()];
        if it.kind != FunctionKind::Named {
            return None;
        }
        if world.is_test(function) {
            return Some(Exclusion::Test);
        }
        if file.facts.generated {
            return Some(Exclusion::Generated);
        }
        if is_suppressed(world, function) {
            return Some(Exclusion::Suppressed);
        }
        if (self.configured)(file, qualified) {
            return Some(Exclusion::Configured);
        }
        // Where work comes in, nobody helps anybody.
        if helpers.all.contains(&function) && !entry {
            return Some(Exclusion::Telemetry);
        }
        if !direct && self.untraced.contains(&function) {
            return Some(Exclusion::Untraced);
        }
        if self.eligible == Eligible::All || direct || entry {
            return None;
        }
        if it.shape == Shape::Stub || is_declaration(world, function) {
            return Some(Exclusion::Stub);
        }
        if it.shape == Shape::Accessor {
            return Some(Exclusion::Accessor);
        }
        (self.eligible == Eligible::Public && !is_public(world, function)).then_some(Exclusion::Private)
    }

    pub(crate) fn table(
        &self,
        qualified: Vec<Box<str>>,
        own: &Own,
        graph: &CallGraph,
        reach: &[Reach],
    ) -> Vec<Function> {
        let named = qualified.into_par_iter().enumerate();
        named
            .map(|(index, qualified)| {
                let function = FuncId(index as u32);
                let (file, local) = self.world.local(function);
                let it = self.world.function(function);
                let excluded = own.excluded[index];
                let state = match (excluded, own.direct[index], own.auto[index], reach[index]) {
                    (Some(_), ..) => State::Excluded,
                    (None, true, ..) => State::Span,
                    (None, false, true, _) => State::Auto,
                    (None, false, false, Reach::Covered) => State::Inherited,
                    _ => State::Dark,
                };
                Function {
                    file,
                    local,
                    named: it.kind == FunctionKind::Named,
                    name: it.path,
                    qualified,
                    public: is_public(self.world, function),
                    test: self.world.is_test(function),
                    trivial: it.shape != Shape::Normal,
                    excluded,
                    entry_point: self.entry_point(function),
                    state,
                    direct_span: own.direct[index],
                    opens_via: self.opens_via(function),
                    reach: if own.direct[index] && it.kind == FunctionKind::Named {
                        Reach::Covered
                    } else {
                        reach[index]
                    },
                    callers: graph.callers(function),
                    callees: graph.callees(function).collect(),
                }
            })
            .collect()
    }

    /// How a function is entered, and whether that is beside what traces the others.
    fn entry_point(&self, function: FuncId) -> Option<EntryPoint> {
        let entry = self.entries.get(&function)?;
        let is_lit_elsewhere = is_instrumented(self.world, self.instrumented, function, entry);
        let beside_layers = is_lit_elsewhere && self.is_beside_layers(entry);
        Some(EntryPoint { beside_layers, ..entry.point })
    }

    /// The dotted name of each function, with the module in front. Hardly any two are alike: there is nothing to share.
    pub(crate) fn qualified(&self) -> Vec<Box<str>> {
        let modules = &self.world.modules;
        self.world
            .each_file()
            .flat_map_iter(|file| {
                let id = modules.of_file(file);
                let (module, between) = (modules.dotted(id), modules.separator(id));
                let functions = &self.world.facts(file).functions;
                functions.iter().map(move |it| match (it.kind, it.path.as_str()) {
                    (FunctionKind::Closure, _) | (_, "") => module.as_str().into(),
                    (_, path) => [module.as_str(), between, path].concat().into(),
                })
            })
            .collect()
    }

    fn opens_via(&self, function: FuncId) -> Option<Symbol> {
        let index = function.index();
        let decorated = self.openings.decorations[index].iter().chain(&self.openings.brief[index]);
        let decorated = decorated.map(|it| it.open);
        let own = self.openings.own[function.index()].iter().map(|it| it.open);
        let open = decorated.chain(own).next()?;
        self.openings.via(self.world, open).map(|it| shown(self.world, it))
    }
}

fn is_public(world: &World<'_>, function: FuncId) -> bool {
    if let Some(public) = world.function(function).public {
        return public;
    }
    let path = world.function(function).path.as_str();
    path.split('.').all(|it| !it.starts_with('_') || (it.starts_with("__") && it.ends_with("__")))
}

/// `# otcov: exclude` on the definition, on a decorator's line or just above.
fn is_suppressed(world: &World<'_>, function: FuncId) -> bool {
    let (file, _) = world.local(function);
    let file = &world.files[file.index()];
    if file.facts.marks.is_empty() {
        return false;
    }
    let it = world.function(function);
    let first = file.lines.line(it.span.start);
    let last = file.lines.line(it.head.end);
    file.facts.marks.iter().filter(|it| it.kind == MarkKind::Exclude).any(|mark| {
        let line = file.lines.line(mark.span.start);
        (first..=last).contains(&line) || (mark.own_line && line + 1 == first)
    })
}

/// Abstract methods, overloads and the methods of protocols declare; they do nothing.
fn is_declaration(world: &World<'_>, function: FuncId) -> bool {
    let (file, local) = world.local(function);
    let facts = world.facts(file);
    facts.list(&facts.function(local).decorators).iter().any(|it| match facts.value(*it) {
        Value::Name(name) | Value::Member { name, .. } => {
            matches!(name.as_str(), "abstractmethod" | "overload" | "abstractproperty")
        }
        _ => false,
    })
}

/// The project's own telemetry: helpers that open, give, decorate, record; and their stand-ins for when it is missing.
struct Helpers {
    all: FxHashSet<FuncId>,
}

impl Helpers {
    fn find(world: &World<'_>, targets: &Targets, openings: &Openings) -> Helpers {
        let mut all = FxHashSet::default();
        for index in 0..world.file_of.len() {
            let function = FuncId(index as u32);
            if is_helper(world, targets, openings, function) {
                all.insert(function);
            }
            if openings.wrappers[index] {
                let outer = outermost(world, function);
                all.extend(nested(world, outer));
            }
        }
        for (index, open) in openings.classes.iter().enumerate() {
            if open.is_some() {
                all.extend(class_helpers(world, ClassId(index as u32)));
            }
        }
        add_speakers(world, targets, openings, &mut all);
        add_twins(world, &mut all);
        add_imported_twins(world, &mut all);
        Helpers { all }
    }
}

/// A function that gives a span under the name that its caller chooses.
fn is_helper(world: &World<'_>, targets: &Targets, openings: &Openings, function: FuncId) -> bool {
    let index = function.index();
    if world.is_body(function) {
        return false;
    }
    let scope = openings.scopes[index].or(openings.gives[index]);
    let runs = openings.runs.contains_key(&function);
    if scope.is_none() && !runs {
        return false;
    }
    if openings.gives[index].is_some() && openings.own[index].iter().all(|it| it.how == How::Started) {
        return true;
    }
    let names = crate::link::names::SpanNames { world, targets, openings };
    let mut eval = crate::link::eval::Eval::new(world);
    let open = scope.or_else(|| openings.own[index].first().map(|it| it.open));
    open.is_some_and(|it| {
        let name = names.of(&mut eval, it, None);
        name.text().source == TextSource::Forwarded
            || name.parts.iter().any(|it| !matches!(it, crate::link::texts::Part::Literal(_)))
    })
}

/// A function and everything defined in it.
fn nested(world: &World<'_>, outer: FuncId) -> Vec<FuncId> {
    let (file, local) = world.local(outer);
    let facts = world.facts(file);
    let whole = facts.function(local).span;
    facts
        .functions
        .iter()
        .enumerate()
        .filter(|(_, it)| it.kind == FunctionKind::Named && whole.contains(it.span))
        .map(|(index, _)| world.func(file, FnId(index as u32)))
        .collect()
}

/// The constructor and the entering and leaving methods of a class that is a span.
fn class_helpers(world: &World<'_>, class: ClassId) -> Vec<FuncId> {
    ["__init__", "__enter__", "__exit__", "__aenter__", "__aexit__", "__call__"]
        .iter()
        .filter_map(|it| world.own_method(class, Symbol::new(it)))
        .collect()
}

/// Functions whose only work is to speak to telemetry, by the library or by helpers found so far.
fn add_speakers(world: &World<'_>, targets: &Targets, openings: &Openings, all: &mut FxHashSet<FuncId>) {
    for _ in 0..3 {
        let all_known = &*all;
        let found: Vec<FuncId> = world
            .each_function()
            .filter(|it| {
                !all_known.contains(it) && openings.own[it.index()].is_empty() && !world.is_body(*it)
            })
            .filter(|it| openings.decorations[it.index()].is_empty())
            .filter(|it| may_speak(world, targets, *it, all_known))
            .filter(|it| speaks_only(world, targets, *it, all_known))
            .collect();
        if found.is_empty() {
            break;
        }
        all.extend(found);
    }
}

/// A cheap look first: most functions call no telemetry at all.
fn may_speak(world: &World<'_>, targets: &Targets, function: FuncId, helpers: &FxHashSet<FuncId>) -> bool {
    let made_once = || world.ops(function).any(|(site, _)| work::makes_once(world, site, helpers));
    let calls_it = targets.calls_of(world, function).flat_map(|(_, it)| it.iter()).any(|it| match it {
        Thing::Library(node) => is_telemetry(world.library.node(node)),
        Thing::Function(callee) | Thing::Method(callee) => helpers.contains(&callee),
        _ => false,
    });
    calls_it || world.facts(world.file_of[function.index()]).lexical && made_once()
}

/// Whether telemetry of the library is all that a function speaks to.
pub(crate) fn only_speaks(world: &World<'_>, targets: &Targets, function: FuncId) -> bool {
    speaks_only(world, targets, function, &FxHashSet::default())
}

fn speaks_only(world: &World<'_>, targets: &Targets, function: FuncId, helpers: &FxHashSet<FuncId>) -> bool {
    let mut speaks = false;
    for (site, op) in world.ops(function) {
        let facts = world.facts(site.file);
        let (_, local) = world.local(function);
        if matches!(op.kind, OpKind::Return(Some(value)) if work::makes(facts, local, value)) {
            return false;
        }
        let OpKind::Call { callee, .. } = op.kind else { continue };
        let things = targets.of(site);
        let mut plain = work::makes_once(world, site, helpers);
        speaks |= plain;
        plain |= facts.lexical && work::converts(facts, callee);
        for thing in things.iter() {
            match thing {
                Thing::Library(node) => {
                    let it = world.library.node(node);
                    let telemetry = is_telemetry(it);
                    speaks |= telemetry;
                    plain |= telemetry
                        || it.path.as_str().starts_with("builtins.")
                        || it.model(Role::Context).is_some()
                        || it.model(Role::Pair).is_some()
                        || it.model(Role::MetricUnit).is_some()
                        || is_value_of_telemetry(world, it)
                        || world.library.instrumentors().iter().any(|it| it.node == node);
                }
                Thing::Function(callee) | Thing::Method(callee) if helpers.contains(&callee) => {
                    speaks = true;
                    plain = true;
                }
                Thing::Function(callee) | Thing::Method(callee) => plain |= work::looks_up(world, callee),
                // A value of several members does nothing by being put together.
                Thing::Class(_) => plain |= facts.lexical,
                _ => {}
            }
        }
        // A name tells only where nothing else does: `attributes.get`, not `requests.get`.
        let neutral = !things.is_known()
            && match facts.value(callee) {
                Value::Member { name, .. } => {
                    let name = name.as_str();
                    is_neutral_method(name) || is_clock(name) || name == "dumps"
                }
                Value::Name(name) => is_clock(name.as_str()) || is_text(name.as_str()),
                _ => false,
            };
        if !plain && !neutral {
            return false;
        }
    }
    speaks
}

/// What telemetry is given, as a status: making one does nothing.
fn is_value_of_telemetry(world: &World<'_>, node: &Node) -> bool {
    let is_made = node.is_type || node.path.as_str().starts_with("opentelemetry.");
    is_made && node.models.is_empty() && world.library.siblings(node).any(is_telemetry)
}

/// Builtins that make something to be written of what there is.
fn is_text(name: &str) -> bool {
    matches!(
        name,
        "str" | "repr" | "type" | "len" | "int" | "float" | "bool" | "list" | "tuple" | "dict" | "isinstance"
    )
}

/// Reading a clock is how durations are measured.
fn is_clock(name: &str) -> bool {
    matches!(name, "perf_counter" | "perf_counter_ns" | "monotonic" | "monotonic_ns" | "time_ns")
}

/// Methods of texts and collections: they do no work that anybody would want to see.
pub(crate) fn is_neutral_method(name: &str) -> bool {
    matches!(
        name,
        "items"
            | "keys"
            | "values"
            | "get"
            | "update"
            | "append"
            | "format"
            | "join"
            | "lower"
            | "upper"
            | "strip"
            | "split"
            | "replace"
            | "startswith"
            | "endswith"
            | "setdefault"
            | "is_recording"
            | "copy"
            | "isoformat"
            | "pop"
    )
}

/// A definition of the same name beside a helper is its stand-in: `try/except ImportError`, `if TYPE_CHECKING`, a flag.
fn add_twins(world: &World<'_>, all: &mut FxHashSet<FuncId>) {
    if all.is_empty() {
        return;
    }
    let mut by_name: FxHashMap<(u32, FnId, Symbol), Vec<FuncId>> = FxHashMap::default();
    for index in 0..world.file_of.len() {
        let function = FuncId(index as u32);
        let (file, local) = world.local(function);
        let it = world.facts(file).function(local);
        if it.kind == FunctionKind::Named
            && let Some(parent) = it.parent
        {
            by_name.entry((file.0, parent, it.name)).or_default().push(function);
        }
    }
    let mut twins = Vec::new();
    for group in by_name.values().filter(|it| it.len() > 1) {
        if group.iter().any(|it| all.contains(it)) {
            for function in group {
                twins.extend(nested(world, *function));
            }
        }
    }
    all.extend(twins);
}

/// The same where a module imports the helper under a name, and its stand-in under the same one.
fn add_imported_twins(world: &World<'_>, all: &mut FxHashSet<FuncId>) {
    if all.is_empty() {
        return;
    }
    let mut eval = crate::link::eval::Eval::new(world);
    let mut twins = Vec::new();
    for (index, it) in world.files.iter().enumerate() {
        let file = FileId(index as u32);
        // Those of one name lie side by side.
        for group in it.facts.scope(FnId::MODULE).chunk_by(|a, b| a.name == b.name) {
            let imports = group.iter().any(|it| matches!(it.kind, BindingKind::Import(_)));
            if group.len() < 2 || !imports {
                continue;
            }
            let bound = group.iter().map(|it| eval.bound(file, it));
            let functions: Vec<FuncId> =
                bound.flat_map(|it| it.all().functions().map(|(it, _)| it).collect::<Vec<_>>()).collect();
            if functions.iter().any(|it| all.contains(it)) {
                twins.extend(functions.into_iter().flat_map(|it| nested(world, it)));
            }
        }
    }
    all.extend(twins);
}
