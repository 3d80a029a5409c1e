//! Where a text is written that a fact was read from.

use super::Context;
use crate::facts::{Arg, Facts, Op, OpKind, Value};
use crate::text::{Place, Span, Symbol};

impl Context<'_> {
    /// The one argument with this text, of the call that stands there or of one that goes on from it:
    /// `meter.u64_counter("jobs").with_unit("{job}")`.
    pub(crate) fn argument_saying(&self, call: Place, text: Symbol) -> Option<Place> {
        let facts = &self.program.file(call.file).facts;
        let goes_on = |it: &&Op| it.span.contains(call.span) || is_made_of(facts, it, call.span);
        let given = facts.ops.iter().filter(goes_on).filter_map(|it| match &it.kind {
            OpKind::Call { args, .. } => {
                let is_it = |it: &&Arg| *facts.value(it.value) == Value::Text(text);
                let found: Vec<&Arg> = facts.args(args).iter().filter(is_it).collect();
                if let [only] = found.as_slice() { Some((it.span, only.value)) } else { None }
            }
            _ => None,
        });
        let (_, value) = given.min_by_key(|(span, _)| span.end - span.start)?;
        Some(Place { file: call.file, span: facts.value_span(value) })
    }
}

fn is_made_of(facts: &Facts, op: &Op, made: Span) -> bool {
    let OpKind::Call { callee, .. } = op.kind else { return false };
    let Value::Member { of, .. } = *facts.value(callee) else { return false };
    let Value::Call(before) = *facts.value(of) else { return false };
    let before = facts.op(before);
    before.span == made || is_made_of(facts, before, made)
}
