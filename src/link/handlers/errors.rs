//! Where errors that are values are dealt with: arms and conditions for them, and the methods that take a value or make one up.

use rayon::prelude::*;

use super::{Reader, Recorders};
use crate::facts::{FnId, HandlerForm, OpId, OpKind, RegionKind, Value, ValueId};
use crate::link::attributes::call_at;
use crate::link::openings::Openings;
use crate::link::rounds::Targets;
use crate::link::things::Site;
use crate::link::world::World;
use crate::program::{ErrorForm, ErrorSite, HandlerSite, Reraises};

/// In the order of files; `handlers` are those of the whole program.
pub(crate) fn sites(
    world: &World<'_>,
    targets: &Targets,
    openings: &Openings,
    recorders: &Recorders,
    handlers: &[HandlerSite],
) -> Vec<ErrorSite> {
    let of_handlers = handlers.iter().filter_map(|it| handled(world, it));
    let by_methods = world.each_file().flat_map_iter(|file| {
        let facts = world.facts(file);
        let reader = Reader { world, targets, openings, recorders, file, facts };
        let ops = if facts.errors_are_values { 0..facts.ops.len() } else { 0..0 };
        ops.filter_map(move |it| reader.method(OpId(it as u32)))
    });
    of_handlers.chain(by_methods.collect::<Vec<_>>()).collect()
}

fn handled(world: &World<'_>, it: &HandlerSite) -> Option<ErrorSite> {
    let RegionKind::Handler { form, .. } = world.facts(it.at.place.file).region(it.at.region).kind else {
        return None;
    };
    let form = match form {
        HandlerForm::Clause => return None,
        HandlerForm::Match => ErrorForm::Match,
        HandlerForm::IfLet => ErrorForm::IfLet,
        HandlerForm::LetElse => ErrorForm::LetElse,
    };
    let propagates = it.reraises != Reraises::Never;
    Some(ErrorSite { at: it.at, form, in_span: it.in_span, recorded: it.recorded, propagates })
}

impl Reader<'_, '_> {
    /// `x.ok()`, `x.unwrap_or_else(|error| ..)`. Some of these names belong to values that may be absent too: then it has to show
    /// that this one may be an error.
    fn method(&self, op: OpId) -> Option<ErrorSite> {
        let site = Site { file: self.file, op };
        let OpKind::Call { callee, args } = &self.facts.op(op).kind else { return None };
        let Value::Member { of, name } = *self.facts.value(*callee) else { return None };
        let args = self.facts.args(args);
        let closure = args.first().and_then(|it| self.closure_of_one(it.value));
        let form = match name.as_str() {
            "ok" if args.is_empty() => ErrorForm::Ok,
            "map_err" if args.len() == 1 => ErrorForm::MapErr,
            "unwrap_or_else" if closure.is_some() => ErrorForm::UnwrapOrElse,
            "unwrap_or" if args.len() == 1 && self.may_fail(of) => ErrorForm::UnwrapOr,
            "unwrap_or_default" if args.is_empty() && self.may_fail(of) => ErrorForm::UnwrapOrDefault,
            _ => return None,
        };
        let recorded = closure.is_some_and(|it| {
            let ops: Vec<OpId> = self.facts.ops_of(it).map(|(id, _)| id).collect();
            self.keeps(&ops, self.facts.params(it).first().map(|it| it.name)).0
        });
        Some(ErrorSite {
            at: call_at(self.world, site),
            form,
            in_span: self.openings.in_span(self.world, site),
            recorded,
            propagates: form == ErrorForm::MapErr,
        })
    }

    /// The closure that takes the error; one that takes nothing makes up for a value that is absent.
    fn closure_of_one(&self, value: ValueId) -> Option<FnId> {
        match *self.facts.value(value) {
            Value::Closure(it) if self.facts.params(it).len() == 1 => Some(it),
            _ => None,
        }
    }

    /// A call of a function that is known to return a `Result`.
    fn may_fail(&self, value: ValueId) -> bool {
        let op = match *self.facts.value(value) {
            Value::Call(op) => op,
            Value::Awaited(of) => return self.may_fail(of),
            _ => return false,
        };
        let mut callees = self.targets.of(Site { file: self.file, op }).functions();
        callees.any(|(it, _)| {
            let (file, local) = self.world.local(it);
            self.world.facts(file).returns_result(local)
        })
    }
}
