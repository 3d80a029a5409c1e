//! Statements that throw an error away: `f().ok();`, and `let _ = f();` where `f` is known to fail with one.

use rayon::prelude::*;
use rustc_hash::FxHashSet;

use super::keeps_errors;
use crate::facts::{Facts, OpId, OpKind, RegionKind, Value, ValueId};
use crate::library::{Model, Node, Role};
use crate::link::attributes::call_at;
use crate::link::eval::{Eval, Scope};
use crate::link::openings::Openings;
use crate::link::rounds::Targets;
use crate::link::things::{Site, Thing};
use crate::link::world::World;
use crate::program::{At, Certainty, FuncId, SpanSite};
use crate::text::{FileId, Symbol};

/// Those inside a span, in the order of files.
pub(crate) fn find(world: &World<'_>, targets: &Targets, openings: &Openings, spans: &[SpanSite]) -> Vec<At> {
    let telling = spans.iter().filter(|it| it.records_errors).map(|it| it.owner).collect();
    let reader = Reader { world, targets, openings, telling };
    let files = world.each_file().filter(|it| world.facts(*it).lexical);
    files.flat_map_iter(|file| reader.of_file(file)).collect()
}

struct Reader<'w, 'a> {
    world: &'w World<'a>,
    targets: &'w Targets,
    openings: &'w Openings,
    /// Functions with a span that has their errors.
    telling: FxHashSet<FuncId>,
}

impl Reader<'_, '_> {
    fn of_file(&self, file: FileId) -> Vec<At> {
        let facts = self.world.facts(file);
        let mut found = Vec::new();
        for (index, op) in facts.ops.iter().enumerate() {
            let OpKind::Discard(value) = op.kind else { continue };
            // `f()?;` has given its error on.
            let given_on =
                index > 0 && matches!(facts.ops[index - 1].kind, OpKind::Propagate(it) if it == value);
            if given_on {
                continue;
            }
            let (called, awaited) = match *facts.value(value) {
                Value::Awaited(of) => (of, true),
                _ => (value, false),
            };
            let Value::Call(op) = *facts.value(called) else { continue };
            let site = Site { file, op };
            let is_dropped_ok = !awaited && is_ok(facts, op) && !self.is_told_before(site);
            let drops = is_dropped_ok || self.is_error_of(site, awaited);
            if drops && self.openings.in_span(self.world, site) {
                found.push(call_at(self.world, site));
            }
        }
        found
    }

    /// What is thrown away is the result of a call that may fail, and nobody expects it to.
    fn is_error_of(&self, site: Site, awaited: bool) -> bool {
        let things = self.targets.of(site);
        self.targets.certainty(site) == Certainty::Certain
            && things.is_known()
            && things.iter().all(|it| match it {
                Thing::Function(function) | Thing::Method(function) => self.may_fail(function, awaited),
                Thing::Library(node) => goes_out(self.world.library.node(node)),
                _ => false,
            })
            && !self.is_expected_here(site)
    }

    /// `f().ok()`, where `f` says it all itself.
    fn is_told_before(&self, ok: Site) -> bool {
        let facts = self.world.facts(ok.file);
        let Some(Value::Member { of, .. }) = self.world.callee(ok).map(|it| facts.value(it)) else {
            return false;
        };
        let called = match *facts.value(*of) {
            Value::Awaited(of) => of,
            _ => *of,
        };
        let Value::Call(op) = *facts.value(called) else { return false };
        let mut callees = self.targets.functions(Site { file: ok.file, op }).peekable();
        callees.peek().is_some() && callees.all(|(it, _)| self.tells(it))
    }

    /// Its error is on a span of its own, or in a log.
    fn tells(&self, function: FuncId) -> bool {
        let world = self.world;
        let keeps = |site: Site| self.targets.nodes(site).any(|it| keeps_errors(world.library.node(it)));
        self.telling.contains(&function) || world.ops(function).any(|(site, _)| keeps(site))
    }

    /// A function that returns a `Result`, says nothing of its error itself, and is expected to succeed.
    fn may_fail(&self, function: FuncId, awaited: bool) -> bool {
        let world = self.world;
        let it = world.function(function);
        it.is_async == awaited
            && !speaks(it.name.as_str())
            && !(world.class_of(function).is_some() && !it.is_static && ends(it.name.as_str()))
            && self.returns_result(function)
            && !self.tells(function)
    }

    fn returns_result(&self, function: FuncId) -> bool {
        let (file, local) = self.world.local(function);
        let it = self.world.facts(file).function(local);
        let (region, order) = it.place;
        let scope = Scope { file, function: it.parent.unwrap_or(local), region, order };
        is_result(&mut Eval::new(self.world), it.returns, scope, 0)
    }

    /// While something is cleaned up, and after another failure, there is nothing to be done about one more.
    fn is_expected_here(&self, site: Site) -> bool {
        let facts = self.world.facts(site.file);
        let region = facts.op(site.op).region;
        let in_handler =
            facts.regions_from(region).any(|(_, it)| matches!(it.kind, RegionKind::Handler { .. }));
        in_handler || self.world.function(self.world.runner(site)).name.as_str() == "drop"
    }
}

/// `f().ok()`, where nothing on the way looks at the error.
fn is_ok(facts: &Facts, op: OpId) -> bool {
    let OpKind::Call { callee, args } = &facts.op(op).kind else { return false };
    let Value::Member { of, name } = *facts.value(*callee) else { return false };
    name.as_str() == "ok"
        && args.is_empty()
        && !is_looked_at(facts, *callee)
        && !is_awaited_or_parting(facts, of)
}

/// Of a task or a channel that is waited for it is no news that it has gone.
fn is_awaited_or_parting(facts: &Facts, value: ValueId) -> bool {
    match *facts.value(value) {
        Value::Awaited(of) => match *facts.value(of) {
            Value::Call(op) => is_parting_call(facts, op),
            _ => true,
        },
        Value::Call(op) => is_parting_call(facts, op),
        _ => false,
    }
}

/// A method by whose name somebody is told something, or something comes to its end.
pub(super) fn is_parting_call(facts: &Facts, op: OpId) -> bool {
    let OpKind::Call { callee, .. } = facts.op(op).kind else { return false };
    matches!(facts.value(callee), Value::Member { name, .. } if speaks(name.as_str()) || ends(name.as_str()))
}

/// Something on the way is given a function for the error: `f().inspect_err(|e| warn!(..)).ok()`.
fn is_looked_at(facts: &Facts, callee: ValueId) -> bool {
    let mut at = callee;
    for _ in 0..MOST_LINKS {
        let Value::Member { of, .. } = *facts.value(at) else { return false };
        let mut receiver = of;
        while let Value::Awaited(of) = *facts.value(receiver) {
            receiver = of;
        }
        let Value::Call(op) = *facts.value(receiver) else { return false };
        let OpKind::Call { callee, args } = &facts.op(op).kind else { return false };
        if facts.args(args).iter().any(|it| matches!(facts.value(it.value), Value::Closure(_))) {
            return true;
        }
        at = *callee;
    }
    false
}

/// Links of a chain of calls that are looked at.
const MOST_LINKS: usize = 4;

/// Calls that leave the process answer with a result. Messages and processes aside: who is told may have gone.
fn goes_out(node: &Node) -> bool {
    let is_call =
        |it: &Model| it.goes_out && matches!(it.role, Role::Http | Role::Db | Role::Rpc | Role::Llm);
    node.models.iter().any(is_call)
}

/// By its name, it tells something to somebody who may have gone, or tidies up: `send_reply`, `cleanup_files`.
fn speaks(name: &str) -> bool {
    let is_tidying = |it: &str| matches!(it, "cleanup" | "clean");
    name.split('_').any(is_tidying)
        || matches!(verb(name), "notify" | "reply" | "respond" | "send" | "wake" | "write")
}

/// By its name, a method brings what it is called on to an end.
fn ends(name: &str) -> bool {
    matches!(
        verb(name),
        "abort"
            | "cancel"
            | "close"
            | "disconnect"
            | "flush"
            | "join"
            | "kill"
            | "release"
            | "rollback"
            | "shutdown"
            | "stop"
    )
}

fn verb(name: &str) -> &str {
    name.split('_').find(|it| *it != "try").unwrap_or_default()
}

/// `Result`, or an alias of it; what merely is named so may be anything. What cannot be sent, or says nothing, is no failure.
fn is_result(eval: &mut Eval<'_, '_>, returns: ValueId, scope: Scope, depth: u32) -> bool {
    let facts = eval.world.facts(scope.file);
    let (of, error) = match *facts.value(returns) {
        Value::Item { of, key } => (of, error_of(facts, key)),
        _ => (returns, None),
    };
    if error.is_some_and(|it| says_nothing(facts, it)) {
        return false;
    }
    let (name, module) = match *facts.value(of) {
        Value::Name(name) | Value::Head(name) => (name, None),
        Value::Member { of, name } => (name, last_name(facts, of)),
        _ => return false,
    };
    if name.as_str() == "Result" {
        return module.is_none_or(|it| it.as_str() != "fmt");
    }
    if !name.as_str().ends_with("Result") || module.is_some() || depth > MOST_ALIASES {
        return false;
    }
    match eval.single_binding(name, scope) {
        Some((file, binding)) => match binding.kind {
            crate::facts::BindingKind::Value(value) => {
                let scope =
                    Scope { file, function: binding.from, region: binding.region, order: binding.order };
                is_result(eval, value, scope, depth + 1)
            }
            _ => false,
        },
        None => false,
    }
}

const MOST_ALIASES: u32 = 3;

/// The second of the types that a `Result` is made of.
fn error_of(facts: &Facts, key: ValueId) -> Option<ValueId> {
    match facts.value(key) {
        Value::Sequence(run) => facts.list(run).get(1).copied(),
        _ => None,
    }
}

fn says_nothing(facts: &Facts, error: ValueId) -> bool {
    if *facts.value(error) == Value::Opaque {
        return true;
    }
    let of = match *facts.value(error) {
        Value::Item { of, .. } => of,
        _ => error,
    };
    last_name(facts, of).is_some_and(|it| {
        let it = it.as_str();
        it.ends_with("SendError") || it.ends_with("RecvError") || it == "Infallible"
    })
}

fn last_name(facts: &Facts, value: ValueId) -> Option<Symbol> {
    match facts.value(value) {
        Value::Name(name) | Value::Head(name) | Value::Member { name, .. } => Some(*name),
        _ => None,
    }
}
