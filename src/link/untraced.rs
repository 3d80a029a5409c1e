//! Handlers that an instrumentation is told to leave alone: their route is one of the urls that it keeps out of the traces, as an
//! argument or the environment says.

use regex::Regex;
use rustc_hash::FxHashSet;

use crate::facts::{BindingKind, OpKind, Value, ValueId};
use crate::library::{Instrumentor, UrlExcludes};
use crate::link::entries::{Entries, Entry};
use crate::link::environment;
use crate::link::eval::{Eval, Scope};
use crate::link::launch::{Instrumented, LaunchFile};
use crate::link::openings::argument_at;
use crate::link::rounds::Targets;
use crate::link::things::Site;
use crate::link::world::World;
use crate::program::{EnvSite, FuncId};
use crate::text::{FileId, Symbol};

/// Routes are held against patterns for whole urls: what stands before them is anything.
const SERVER: &str = "http://server";

/// Names of the argument that is a route, where it is not the first.
const ROUTE: [&str; 3] = ["path", "rule", "route"];
/// Of a router, what stands before all of its routes.
const PREFIX: [&str; 2] = ["prefix", "url_prefix"];

pub(crate) fn find(
    world: &World<'_>,
    targets: &Targets,
    launch: &[LaunchFile],
    entries: &Entries,
    instrumented: &Instrumented,
) -> FxHashSet<FuncId> {
    let able = || instrumented.enabled(world.library).filter_map(|it| Some((it, it.excludes.as_ref()?)));
    if able().next().is_none() {
        return FxHashSet::default();
    }
    let set = &environment::find(world, launch);
    let enabled: Vec<Enabled<'_>> =
        able().flat_map(|(it, excludes)| Switches { world, targets, set, excludes }.of(it)).collect();
    if enabled.iter().all(|it| it.patterns.is_none()) {
        return FxHashSet::default();
    }
    let is_untraced = |(function, entry): (&FuncId, &Entry)| {
        let node = entry.node?;
        let library = world.library;
        let mut covering = enabled.iter().filter(|it| it.by.covers(library, node)).peekable();
        covering.peek()?;
        let routes = routes(world, *function, entry);
        let left_alone = |it: &Enabled<'_>| {
            let patterns = it.patterns.as_ref();
            patterns.is_some_and(|it| routes.iter().all(|route| it.is_match(route)))
        };
        let alone =
            !routes.is_empty() && covering.all(left_alone) && !instrumented.covers_otherwise(library, node);
        alone.then_some(*function)
    };
    entries.iter().filter_map(is_untraced).collect()
}

/// An instrumentation as it is switched on at one place, and the urls that it leaves alone.
struct Enabled<'a> {
    by: &'a Instrumentor,
    patterns: Option<Regex>,
}

struct Switches<'w, 'a> {
    world: &'w World<'a>,
    targets: &'w Targets,
    /// What the environment is set to.
    set: &'w [EnvSite],
    excludes: &'w UrlExcludes,
}

impl Switches<'_, '_> {
    fn of<'b>(&self, by: &'b Instrumentor) -> Vec<Enabled<'b>> {
        let world = self.world;
        let files = (0..world.files.len()).filter(|it| !world.files[*it].test).map(|it| FileId(it as u32));
        let sites = files.flat_map(|file| self.targets.modelled(file));
        let sites =
            sites.filter(|site| self.targets.nodes(*site).any(|it| world.library.is_switched_on(by, it)));
        let told: Vec<Option<Regex>> = sites.map(|it| self.told_at(it)).collect();
        // A launcher says nothing of its own.
        let told = if told.is_empty() { vec![self.by_environment()] } else { told };
        told.into_iter().map(|patterns| Enabled { by, patterns }).collect()
    }

    fn told_at(&self, site: Site) -> Option<Regex> {
        let argument = self.excludes.argument.and_then(|it| argument_at(self.world, site, it));
        match argument {
            Some(value) if *self.world.facts(site.file).value(value) != Value::None => {
                let text = Eval::new(self.world).text(value, Eval::scope_of(self.world, site)).text();
                text.text.filter(|it| !it.as_str().contains("{}")).and_then(|it| patterns(it.as_str()))
            }
            _ => self.by_environment(),
        }
    }

    /// The first of the variables that is set anywhere.
    fn by_environment(&self) -> Option<Regex> {
        let value = |name: &Symbol| self.set.iter().find(|it| it.name == *name)?.value;
        self.excludes.variables.iter().find_map(value).and_then(|it| patterns(it.as_str()))
    }
}

/// Several patterns with commas in between, of which one has to be found anywhere in the url.
fn patterns(text: &str) -> Option<Regex> {
    let each: Vec<&str> = text.split(',').map(str::trim).collect();
    if text.is_empty() { None } else { Regex::new(&each.join("|")).ok() }
}

/// The urls under which a handler is served, as far as they are written down.
fn routes(world: &World<'_>, function: FuncId, entry: &Entry) -> Vec<String> {
    let (file, local) = world.local(function);
    let facts = world.facts(file);
    let mut eval = Eval::new(world);
    let scope = eval.decorator_scope(function);
    let decorators = facts.list(&facts.function(local).decorators).iter();
    let decorators = decorators.filter_map(|it| match facts.value(*it) {
        Value::Call(op) => Some((Site { file, op: *op }, scope)),
        _ => None,
    });
    let registered = entry.at.map(|it| (it, Eval::scope_of(world, it)));
    let sites: Vec<(Site, Scope)> = decorators.chain(registered).collect();
    sites.into_iter().filter_map(|(site, scope)| route(world, &mut eval, site, scope)).collect()
}

fn route(world: &World<'_>, eval: &mut Eval<'_, '_>, site: Site, scope: Scope) -> Option<String> {
    let args = world.call_args(site);
    let named = args.iter().find(|it| it.name.is_some_and(|it| ROUTE.contains(&it.as_str())));
    let given = named.or_else(|| args.first().filter(|it| it.name.is_none()))?;
    let route = eval.text(given.value, scope).text().text?;
    let prefix = prefix(world, eval, site, scope).unwrap_or_default();
    let route = [prefix.as_str(), route.as_str()].concat();
    let between = if route.starts_with('/') { "" } else { "/" };
    Some([SERVER, between, &route].concat())
}

/// `router = APIRouter(prefix="/rooms")`, of which the route is one.
fn prefix(world: &World<'_>, eval: &mut Eval<'_, '_>, site: Site, scope: Scope) -> Option<String> {
    let Value::Member { of, .. } = *world.facts(site.file).value(world.callee(site)?) else { return None };
    let (made, scope) = made_by(world, eval, of, scope)?;
    let args = world.call_args(made);
    let given = args.iter().find(|it| it.name.is_some_and(|it| PREFIX.contains(&it.as_str())))?;
    Some(eval.text(given.value, scope).text().text?.as_str().to_owned())
}

fn made_by(
    world: &World<'_>,
    eval: &mut Eval<'_, '_>,
    router: ValueId,
    scope: Scope,
) -> Option<(Site, Scope)> {
    let Value::Name(name) = *world.facts(scope.file).value(router) else { return None };
    let (file, binding) = eval.single_binding(name, scope)?;
    let BindingKind::Value(value) = binding.kind else { return None };
    let Value::Call(op) = *world.facts(file).value(value) else { return None };
    let site = Site { file, op };
    matches!(world.facts(file).op(op).kind, OpKind::Call { .. }).then(|| (site, Eval::scope_of(world, site)))
}
