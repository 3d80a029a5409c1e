//! Contexts that are attached, and what becomes of the token that takes them off again.

use rayon::prelude::*;

use crate::facts::{Facts, FnId, Op, OpId, OpKind, RegionId, RegionKind, Value, ValueId};
use crate::library::Role;
use crate::link::attributes::call_at;
use crate::link::handlers::is_telemetry;
use crate::link::openings::region_is_inside;
use crate::link::rounds::Targets;
use crate::link::things::Site;
use crate::link::world::World;
use crate::program::{AttachedSite, Detached};
use crate::text::{FileId, Place, Symbol};

/// Contexts that stay on some path, or on all of them. Where the token goes to somebody else nobody can tell.
pub(crate) fn find(world: &World<'_>, targets: &Targets) -> Vec<AttachedSite> {
    world.each_file().flat_map_iter(|file| in_file(world, targets, file)).collect()
}

fn in_file(world: &World<'_>, targets: &Targets, file: FileId) -> Vec<AttachedSite> {
    let facts = world.facts(file);
    if facts.lexical || world.files[file.index()].test {
        return Vec::new();
    }
    let attaches = targets.modelled(file).filter(|it| is_context(world, targets, *it, "attach"));
    let token = |site: Site| {
        let function = facts.region(facts.op(site.op).region).function;
        let detached = Token { world, targets, facts, site, function }.detached()?;
        Some(AttachedSite { at: call_at(world, site), detached, certainty: targets.certainty(site) })
    };
    attaches.filter_map(token).collect()
}

fn is_context(world: &World<'_>, targets: &Targets, site: Site, kind: &str) -> bool {
    targets.nodes(site).any(|it| {
        let model = world.library.node(it).model(Role::Context);
        model.and_then(|it| it.detail).is_some_and(|it| it.as_str() == kind)
    })
}

/// What an attached context is taken off with.
struct Token<'w, 'a> {
    world: &'w World<'a>,
    targets: &'w Targets,
    facts: &'a Facts,
    site: Site,
    function: FnId,
}

impl Token<'_, '_> {
    /// None where it is taken off on every path, or where the token goes elsewhere.
    fn detached(&self) -> Option<Detached> {
        let names = self.names();
        if self.function == FnId::MODULE || self.escapes(&names) {
            return None;
        }
        let ops = self.facts.ops_of(self.function);
        let detaches: Vec<OpId> = ops.map(|(it, _)| it).filter(|it| self.is_detach(*it, &names)).collect();
        if detaches.is_empty() {
            return Some(Detached::Never);
        }
        self.left_before(&detaches)
    }

    /// The variables that hold the token.
    fn names(&self) -> Vec<Symbol> {
        let binds = self.facts.ops_of(self.function).filter_map(|(_, it)| match it.kind {
            OpKind::Bind { name, value } if self.holds(value, &[], 0) => Some(name),
            _ => None,
        });
        binds.collect()
    }

    fn holds(&self, value: ValueId, names: &[Symbol], depth: u32) -> bool {
        let any = |run: &crate::facts::Run| {
            depth < 4 && self.facts.list(run).iter().any(|it| self.holds(*it, names, depth + 1))
        };
        match self.facts.value(value) {
            Value::Call(op) => *op == self.site.op,
            Value::Name(name) => names.contains(name),
            Value::Either(run) | Value::Fallback(run) | Value::Sequence(run) => any(run),
            Value::Dict(run) => {
                let mut entries = self.facts.dict(run).iter();
                depth < 4 && entries.any(|(_, it)| self.holds(*it, names, depth + 1))
            }
            _ => false,
        }
    }

    /// Somebody else may take it off: it is given back, kept, passed on, or used by what is written in here.
    fn escapes(&self, names: &[Symbol]) -> bool {
        let facts = self.facts;
        let goes = |op: OpId, it: &Op| match it.kind {
            OpKind::Return(Some(value))
            | OpKind::Yield(value)
            | OpKind::SetMember { value, .. }
            | OpKind::SetItem { value, .. } => self.holds(value, names, 0),
            OpKind::Bind { value, .. } => {
                let inside = matches!(facts.value(value), Value::Sequence(_) | Value::Dict(_));
                inside && self.holds(value, names, 0)
            }
            OpKind::Call { ref args, .. } => {
                facts.args(args).iter().any(|it| self.holds(it.value, names, 0)) && !self.is_detach(op, names)
            }
            _ => false,
        };
        let owned_elsewhere = |name: &Symbol| {
            let mut bindings = facts.bindings_of(self.function, *name).iter();
            !bindings.any(|it| it.from == self.function)
        };
        facts.ops_of(self.function).any(|(op, it)| goes(op, it))
            || names.iter().any(owned_elsewhere)
            || self.is_used_inside(names)
    }

    /// A function that is written in this one names the token.
    fn is_used_inside(&self, names: &[Symbol]) -> bool {
        let facts = self.facts;
        let inner = facts.functions.iter().filter(|it| it.parent == Some(self.function)).map(|it| it.span);
        let inner: Vec<_> = inner.collect();
        let mut values = facts.values.iter().zip(&facts.value_spans);
        !inner.is_empty()
            && values.any(|(value, at)| {
                matches!(value, Value::Name(name) if names.contains(name))
                    && inner.iter().any(|it| it.contains(*at))
            })
    }

    fn is_detach(&self, op: OpId, names: &[Symbol]) -> bool {
        let site = Site { file: self.site.file, op };
        is_context(self.world, self.targets, site, "detach")
            && self.world.call_args(site).iter().any(|it| self.holds(it.value, names, 0))
    }

    /// The first thing after it was attached by which the function is left with the context still on.
    fn left_before(&self, detaches: &[OpId]) -> Option<Detached> {
        let facts = self.facts;
        let region = |it: &OpId| facts.op(*it).region;
        let is_last = |it: RegionId| {
            facts
                .regions_from(it)
                .any(|(_, it)| matches!(it.kind, RegionKind::Finally | RegionKind::Handler { .. }))
        };
        let last = detaches.iter().max()?;
        // What is done at last, or when something fails, is thought of for every path.
        if detaches.iter().any(|it| is_last(region(it))) {
            return None;
        }
        let between = facts.ops_of(self.function).filter(|(it, _)| *it > self.site.op && it < last);
        let open = between.filter(|(op, it)| {
            !detaches.iter().any(|detach| detach < op && region_is_inside(facts, it.region, region(detach)))
        });
        let mut fails = None;
        for (op, it) in open {
            let place = Place { file: self.site.file, span: it.span };
            match it.kind {
                OpKind::Return(_) | OpKind::Raise(_) => return Some(Detached::Sometimes(place)),
                OpKind::Call { .. } | OpKind::Yield(_) if self.may_fail(op) => {
                    fails = fails.or(Some(Detached::UnlessFails(place)));
                }
                _ => {}
            }
        }
        fails
    }

    fn may_fail(&self, op: OpId) -> bool {
        let site = Site { file: self.site.file, op };
        let library = self.world.library;
        !self.targets.nodes(site).any(|it| {
            let it = library.node(it);
            is_telemetry(it) || it.model(Role::Context).is_some() || it.path.as_str().starts_with("builtins.")
        })
    }
}
