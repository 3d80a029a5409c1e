//! Where programs are entered: commands, handlers, tasks, consumers, mains; by decorator, by base class, by registration, by launch.

mod commands;
mod makers;
mod wrappers;

use rayon::prelude::*;
use rustc_hash::FxHashMap;

use self::makers::Makers;
use crate::facts::{Facts, FnId, FunctionKind, OpKind, RegionKind, Value, ValueId};
use crate::library::{Model, NodeId, Role, Slot};
use crate::link::eval::Eval;
use crate::link::launch::{LaunchFile, console_scripts};
use crate::link::openings::argument_at;
use crate::link::rounds::Targets;
use crate::link::things::{Among, ClassId, Site, Thing};
use crate::link::world::World;
use crate::program::{EntryKind, EntryPoint, FuncId};
use crate::text::{FileId, Symbol};

/// An entry point and the library member that makes it one, if one does.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Entry {
    pub(crate) point: EntryPoint,
    pub(crate) node: Option<NodeId>,
    /// The call that registers it, if one does.
    pub(crate) at: Option<Site>,
    /// The program itself calls it: it is inside of whatever is open there.
    pub(crate) called: bool,
}

pub(crate) type Entries = FxHashMap<FuncId, Entry>;

pub(crate) fn find(world: &World<'_>, targets: &Targets, launch: &[LaunchFile]) -> Entries {
    let found: Vec<Vec<(FuncId, Entry)>> =
        world.each_file().map(|file| in_file(world, targets, file)).collect();
    let mut entries = Entries::default();
    let found = without_runtimes(world, targets, found);
    for (function, entry) in found.into_iter().flatten().chain(commands::find(world, targets)) {
        entries.entry(function).or_insert(entry);
    }
    for (function, entry) in mains(world, targets).into_iter().chain(scripts(world, launch)) {
        entries.entry(function).or_insert(entry);
    }
    entries
}

/// `#[tokio::main] async fn workers()` is a function with a runtime of its own, where the program calls it: it is entered there.
fn without_runtimes(
    world: &World<'_>,
    targets: &Targets,
    mut found: Vec<Vec<(FuncId, Entry)>>,
) -> Vec<Vec<(FuncId, Entry)>> {
    let is_one = |(function, entry): &(FuncId, Entry)| {
        let file = world.file_of[function.index()];
        entry.point.kind == EntryKind::Main
            && world.facts(file).lexical
            && world.function(*function).name.as_str() != "main"
    };
    let runtimes: Vec<FuncId> = found.iter().flatten().filter(|it| is_one(it)).map(|it| it.0).collect();
    if runtimes.is_empty() {
        return found;
    }
    let mut called: Vec<FuncId> = world
        .each_file()
        .flat_map_iter(|file| targets.calls(file))
        .flat_map_iter(|(_, it)| it.functions().map(|it| it.0).collect::<Vec<_>>())
        .filter(|it| runtimes.contains(it))
        .collect();
    called.sort_unstable();
    found.iter_mut().for_each(|it| it.retain(|it| !is_one(it) || called.binary_search(&it.0).is_err()));
    found
}

fn kind(model: &Model) -> Option<EntryKind> {
    Some(match model.detail?.as_str() {
        "cli" => EntryKind::Cli,
        "http" => EntryKind::Http,
        "rpc" => EntryKind::Rpc,
        "task" => EntryKind::Task,
        "consumer" => EntryKind::Consumer,
        "main" => EntryKind::Main,
        "mcp" => EntryKind::Mcp,
        "lambda" => EntryKind::Lambda,
        _ => return None,
    })
}

fn entry(world: &World<'_>, node: NodeId, model: &Model) -> Option<Entry> {
    let through = world.library.node(node).path;
    Some(Entry {
        point: EntryPoint {
            kind: kind(model)?,
            through,
            within_run: model.within_run,
            alone: model.alone,
            beside_layers: false,
        },
        node: Some(node),
        at: None,
        called: false,
    })
}

fn told(kind: EntryKind, through: &str) -> Entry {
    let point = EntryPoint {
        kind,
        through: Symbol::new(through),
        within_run: false,
        alone: false,
        beside_layers: false,
    };
    Entry { point, node: None, at: None, called: false }
}

fn in_file(world: &World<'_>, targets: &Targets, file: FileId) -> Vec<(FuncId, Entry)> {
    let facts = world.facts(file);
    let mut found = Vec::new();
    let mut eval = Eval::new(world);
    let mut makers = Makers::new(world, targets);
    for (index, it) in facts.functions.iter().enumerate() {
        if it.kind != FunctionKind::Named {
            continue;
        }
        let function = world.func(file, FnId(index as u32));
        let by = by_decorator(world, &mut eval, &mut makers, function)
            .or_else(|| by_base(world, function))
            .or_else(|| by_derive(world, &mut eval, function))
            .or_else(|| by_type(world, &mut eval, function))
            .or_else(|| by_signature(world, function));
        found.extend(by.map(|it| (function, it)));
    }
    for (op, callees) in targets.calls(file) {
        let before = found.len();
        registered(world, targets, &mut eval, (Site { file, op }, callees), &mut found);
        // What a decorator wraps around a function is entered for the function's sake.
        let news = found.split_off(before);
        found.extend(news.into_iter().filter(|(it, _)| !makers.has_inside(*it)));
    }
    found
}

fn by_decorator(
    world: &World<'_>,
    eval: &mut Eval<'_, '_>,
    makers: &mut Makers<'_, '_>,
    function: FuncId,
) -> Option<Entry> {
    let (file, local) = world.local(function);
    let facts = world.facts(file);
    let run = &facts.function(local).decorators;
    if run.is_empty() {
        return None;
    }
    let scope = eval.decorator_scope(function);
    for decorator in facts.list(run) {
        let things = eval.decorator_nodes(*decorator, scope);
        for thing in things.iter() {
            let found = match thing {
                Thing::Library(node) => {
                    let model = world.library.node(node).model(Role::EntryPoint);
                    model.filter(|it| it.forms.decorator).and_then(|it| entry(world, node, it))
                }
                Thing::Function(it) | Thing::Method(it) => makers.entry(it),
                _ => None,
            };
            if found.is_some() {
                return found;
            }
        }
        if !things.is_known()
            && let Some(found) = by_decorator_shape(facts, *decorator)
        {
            return Some(found);
        }
    }
    None
}

/// The framework's object is not known: `@x.get("/path")`, `@x.command()`, `@x.task` speak for themselves.
fn by_decorator_shape(facts: &Facts, decorator: ValueId) -> Option<Entry> {
    let (callee, first) = match facts.value(decorator) {
        Value::Call(op) => match &facts.op(*op).kind {
            OpKind::Call { callee, args } => (*callee, facts.args(args).first().map(|it| it.value)),
            _ => return None,
        },
        _ => (decorator, None),
    };
    let Value::Member { of, name } = *facts.value(callee) else { return None };
    let is_path = first
        .is_some_and(|it| matches!(facts.value(it), Value::Text(text) if text.as_str().starts_with('/')));
    let owner = match facts.value(of) {
        Value::Name(name) | Value::Member { name, .. } => name.as_str(),
        _ => "",
    };
    match name.as_str() {
        "get" | "post" | "put" | "delete" | "patch" | "head" | "options" | "route" | "websocket"
        | "api_route"
            if is_path =>
        {
            Some(told(EntryKind::Http, "route"))
        }
        "task" if matches!(owner, "app" | "celery" | "celery_app" | "huey" | "broker") => {
            Some(told(EntryKind::Task, "task"))
        }
        "command"
            if matches!(owner, "cli" | "app" | "main" | "group")
                || owner.ends_with("_app")
                || owner.ends_with("_cli") =>
        {
            Some(told(EntryKind::Cli, "command"))
        }
        _ => None,
    }
}

/// A method that a framework calls on classes of this base.
fn by_base(world: &World<'_>, function: FuncId) -> Option<Entry> {
    let class = world.class_of(function)?;
    let name = world.function(function).name;
    for node in &world.class(class).outside {
        let found = models_above(world, *node).find_map(|(node, model)| {
            (model.forms.base && model.methods.contains(&name)).then(|| entry(world, node, model)).flatten()
        });
        if found.is_some() {
            return found;
        }
    }
    by_servicer(world, function, class, name)
}

fn models_above<'w>(world: &'w World<'_>, node: NodeId) -> impl Iterator<Item = (NodeId, &'w Model)> {
    let mut all = vec![node];
    let mut at = 0;
    while at < all.len() && all.len() < 16 {
        all.extend(world.library.node(all[at]).bases.iter().copied());
        at += 1;
    }
    all.into_iter().filter_map(|it| world.library.node(it).model(Role::EntryPoint).map(|model| (it, model)))
}

/// gRPC: classes made from a service description end in `Servicer`, and their methods take request and context.
fn by_servicer(world: &World<'_>, function: FuncId, class: ClassId, name: Symbol) -> Option<Entry> {
    if name.as_str().starts_with('_') || world.params(function).len() != 3 {
        return None;
    }
    let it = world.class_facts(class);
    let facts = world.facts(world.class(class).file);
    let derived = facts.list(&it.bases).iter().any(|it| match facts.value(*it) {
        Value::Name(name) | Value::Member { name, .. } => name.as_str().ends_with("Servicer"),
        _ => false,
    });
    derived.then(|| told(EntryKind::Rpc, "grpc"))
}

/// `fn main` at the root of a crate.
fn main_of_crate(world: &World<'_>, function: FuncId) -> Option<Entry> {
    let it = world.function(function);
    let (file, local) = world.local(function);
    let modules = &world.modules;
    let is_main =
        it.name.as_str() == "main" && world.facts(file).function(local).parent == Some(FnId::MODULE);
    let at_root = || modules.get(modules.of_file(file)).parent.is_none() && world.facts(file).lexical;
    (is_main && at_root()).then(|| told(EntryKind::Main, "main"))
}

/// A method of a type that is read from the command line, by the name that such methods have.
fn by_derive(world: &World<'_>, eval: &mut Eval<'_, '_>, function: FuncId) -> Option<Entry> {
    if !world.facts(world.file_of[function.index()]).lexical {
        return None;
    }
    let named = |(node, model): (NodeId, &Model)| {
        model.methods.contains(&world.function(function).name).then(|| entry(world, node, model)).flatten()
    };
    command_of(world, eval, world.class_of(function)?)
        .and_then(named)
        .or_else(|| by_marked_block(world, eval, function))
}

/// A method with a mark of its own, in a block that is marked: `#[OpenApi] impl Orders { #[oai(..)] fn list() }`.
fn by_marked_block(world: &World<'_>, eval: &mut Eval<'_, '_>, function: FuncId) -> Option<Entry> {
    let (file, local) = world.local(function);
    let facts = world.facts(file);
    let it = facts.function(local);
    let block = world.class_id(file, it.class?);
    if it.decorators.is_empty() {
        return None;
    }
    let (node, model) = command_of(world, eval, block)?;
    let is_marked = facts.list(&it.decorators).iter().any(|decorator| {
        let callee = match facts.value(*decorator) {
            Value::Call(op) => world.callee(Site { file, op: *op }),
            _ => Some(*decorator),
        };
        callee.is_some_and(|it| match facts.value(it) {
            Value::Name(name) => {
                model.methods.iter().any(|mark| mark.as_str().strip_prefix('#') == Some(name.as_str()))
            }
            _ => false,
        })
    });
    is_marked.then(|| entry(world, node, model)).flatten()
}

/// The library member that makes a type a command, which it derives.
fn command_of<'w>(
    world: &'w World<'_>,
    eval: &mut Eval<'_, '_>,
    class: ClassId,
) -> Option<(NodeId, &'w Model)> {
    let it = world.class_facts(class);
    let file = world.class(class).file;
    let facts = world.facts(file);
    let (region, order) = facts.function(it.body).place;
    let scope = crate::link::eval::Scope { file, function: it.parent, region, order };
    facts.list(&it.decorators).iter().find_map(|decorator| {
        eval.decorator_nodes(*decorator, scope).iter().find_map(|it| match it {
            Thing::Library(node) => {
                let model = world.library.node(node).model(Role::EntryPoint).filter(|it| it.forms.base)?;
                Some((node, model))
            }
            _ => None,
        })
    })
}

/// A method of a trait that takes what only a framework gives, and gives what only that takes.
fn by_type(world: &World<'_>, eval: &mut Eval<'_, '_>, function: FuncId) -> Option<Entry> {
    let (file, local) = world.local(function);
    let facts = world.facts(file);
    let it = facts.function(local);
    let is_of_trait =
        it.class.is_some_and(|it| facts.class(it).part_of.is_some() && !facts.class(it).bases.is_empty());
    if !facts.lexical || !is_of_trait {
        return None;
    }
    let scope = eval.decorator_scope(function);
    world.params(function).iter().find_map(|param| {
        eval.annotated(param.annotation, scope).iter().find_map(|thing| {
            let Thing::Object(node) = thing else { return None };
            let model = world.library.node(node).model(Role::EntryPoint).filter(|it| it.forms.takes)?;
            let given = eval.annotated(it.returns, scope);
            let fits = model.gives.is_none_or(|wanted| given.contains(Thing::Object(wanted)));
            fits.then(|| entry(world, node, model)).flatten()
        })
    })
}

/// `lambda_handler(event, context)`.
fn by_signature(world: &World<'_>, function: FuncId) -> Option<Entry> {
    let it = world.function(function);
    if let Some(found) = main_of_crate(world, function) {
        return Some(found);
    }
    let params = world.params(function);
    let top_level = it.parent == Some(FnId::MODULE);
    let names = [params.first().map(|it| it.name.as_str()), params.get(1).map(|it| it.name.as_str())];
    let is_lambda = top_level
        && params.len() == 2
        && matches!(names, [Some("event" | "_event"), Some("context" | "_context" | "ctx" | "_")])
        && it.name.as_str().contains("handler");
    is_lambda.then(|| told(EntryKind::Lambda, "aws lambda"))
}

/// `app.add_api_route("/x", handler)`, `path("x", view)`, `app.get("/x")(handler)`.
fn registered(
    world: &World<'_>,
    targets: &Targets,
    eval: &mut Eval<'_, '_>,
    (site, callees): (Site, Among<'_>),
    found: &mut Vec<(FuncId, Entry)>,
) {
    for node in callees.nodes() {
        let Some(model) = world.library.node(node).model(Role::EntryPoint) else { continue };
        if !model.forms.registration {
            continue;
        }
        let handler = model
            .place(Slot::Handler)
            .or(model.place(Slot::Function))
            .and_then(|it| argument_at(world, site, it));
        if let (Some(value), Some(entry)) = (handler, entry(world, node, model)) {
            let scope = Eval::scope_of(world, site);
            let entry = Entry { at: Some(site), ..entry };
            found.extend(handlers(world, eval, value, scope).into_iter().map(|it| (it, entry)));
        }
    }
    // A decorator that is applied by hand.
    let facts = world.facts(site.file);
    let Some(callee) = world.callee(site) else { return };
    if let Value::Call(inner) = facts.value(callee)
        && let [arg, ..] = world.call_args(site)
    {
        for node in targets.nodes(Site { file: site.file, op: *inner }) {
            if let Some(model) = world.library.node(node).model(Role::EntryPoint)
                && model.forms.decorator
                && let Some(entry) = entry(world, node, model)
            {
                let scope = Eval::scope_of(world, site);
                found.extend(handlers(world, eval, arg.value, scope).into_iter().map(|it| (it, entry)));
            }
        }
    }
}

/// The functions that a handler argument stands for; a class stands for its methods named like requests.
fn handlers(
    world: &World<'_>,
    eval: &mut Eval<'_, '_>,
    value: ValueId,
    scope: crate::link::eval::Scope,
) -> Vec<FuncId> {
    let facts = world.facts(scope.file);
    let mut found = Vec::new();
    if let Value::Sequence(run) = facts.value(value) {
        for part in facts.list(run) {
            found.extend(handlers(world, eval, *part, scope));
        }
        return found;
    }
    for thing in eval.ask(value, scope).iter() {
        match thing {
            Thing::Function(function) if wrappers::is_wrapper(world, function) => {
                found.extend(wrappers::behind(world, eval, value, scope));
            }
            Thing::Function(function) | Thing::Method(function) => found.push(function),
            Thing::Class(class) => {
                for name in ["get", "post", "put", "delete", "patch"] {
                    found.extend(world.own_method(class, Symbol::new(name)));
                }
            }
            _ => {}
        }
    }
    found
}

/// Console scripts of the packaging.
fn scripts(world: &World<'_>, launch: &[LaunchFile]) -> Vec<(FuncId, Entry)> {
    let mut found = Vec::new();
    let mut eval = Eval::new(world);
    for (module, function) in console_scripts(launch) {
        for (index, _) in world.files.iter().enumerate() {
            let file = FileId(index as u32);
            let id = world.modules.of_file(file);
            if world.modules.dotted(id) != module {
                continue;
            }
            let mut parts = function.split('.');
            let Some(first) = parts.next() else { continue };
            let mut things = eval.module_member(id, Symbol::new(first)).unwrap_or_default();
            for part in parts {
                things = eval.members(&things, Symbol::new(part));
            }
            for thing in things.iter() {
                if let Thing::Function(function) | Thing::Method(function) = thing {
                    found.push((function, told(EntryKind::Cli, "console script")));
                }
            }
        }
    }
    found
}

/// What runs under `if __name__ == "__main__"`.
fn mains(world: &World<'_>, targets: &Targets) -> Vec<(FuncId, Entry)> {
    let mut found = Vec::new();
    for (index, file) in world.files.iter().enumerate() {
        let file_id = FileId(index as u32);
        let mut called: Vec<FuncId> = Vec::new();
        for (op, it) in file.facts.ops_of(FnId::MODULE) {
            let site = Site { file: file_id, op };
            if matches!(it.kind, OpKind::Call { .. }) && is_main_block(&file.facts, it.region) {
                called.extend(
                    targets
                        .functions(site)
                        .map(|(it, _)| it)
                        .filter(|it| world.file_of[it.index()] == file_id),
                );
                called.extend(handed_over(world, site).filter(|it| world.file_of[it.index()] == file_id));
            }
        }
        called.retain(|it| world.class_of(*it).is_none());
        called.dedup();
        let last = file.facts.ops_of(FnId::MODULE).rfind(|(_, it)| matches!(it.kind, OpKind::Call { .. }));
        let closes = |it: &FuncId| {
            last.as_ref().is_some_and(|(op, _)| {
                let site = Site { file: file_id, op: *op };
                targets.functions(site).any(|(function, _)| function == *it)
                    || handed_over(world, site).any(|function| function == *it)
            })
        };
        let telling = called.iter().find(|it| {
            let name = world.function(**it).name.as_str();
            ["main", "run", "cli", "serve", "start", "app"].iter().any(|word| name.contains(word))
        });
        if let Some(function) = telling.or(called.last().filter(|it| closes(it))) {
            found.push((*function, told(EntryKind::Main, "__main__")));
        }
    }
    found
}

/// `asyncio.run(main())` calls it directly; `executor(main)` hands it over.
fn handed_over<'w>(world: &'w World<'_>, site: Site) -> impl Iterator<Item = FuncId> + 'w {
    let scope = Eval::scope_of(world, site);
    let mut eval = Eval::new(world);
    world.call_args(site).iter().flat_map(move |it| {
        let things = eval.ask(it.value, scope);
        things
            .iter()
            .filter_map(|it| match it {
                Thing::Function(function) => Some(function),
                _ => None,
            })
            .collect::<Vec<_>>()
    })
}

/// The arm of `if __name__ == "__main__"`.
pub(crate) fn is_main_block(facts: &Facts, region: crate::facts::RegionId) -> bool {
    facts.regions_from(region).any(|(_, it)| match it.kind {
        RegionKind::Branch { condition, negated: false } => match facts.value(condition) {
            Value::Test(run) => {
                let list = facts.list(run);
                list.iter()
                    .any(|it| matches!(facts.value(*it), Value::Name(name) if name.as_str() == "__name__"))
                    && list.iter().any(
                        |it| matches!(facts.value(*it), Value::Text(text) if text.as_str() == "__main__"),
                    )
            }
            _ => false,
        },
        _ => false,
    })
}
