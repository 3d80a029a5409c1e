//! Whether work that was handed over is waited for where it was: awaited, joined, or answered through a channel.

use std::collections::BTreeSet;

use crate::facts::{Arg, BindingKind, Facts, FnId, FunctionKind, Op, OpKind, RegionKind, Value, ValueId};
use crate::program::{HandoffSite, Program};
use crate::text::{Span, Symbol};

/// Variables that take over what others have, in so many steps.
const MOST_ROUNDS: usize = 3;

/// Expressions inside of expressions; deeper ones are given up.
const DEEPEST: u32 = 8;

/// Calls that wait for what they are made on or given.
const WAITING: [&str; 17] = [
    "result",
    "results",
    "join",
    "join_all",
    "join_next",
    "try_join",
    "try_join_all",
    "wait",
    "wait_for",
    "as_completed",
    "gather",
    "block_on",
    "recv",
    "blocking_recv",
    "select",
    "get",
    "shutdown",
];

/// Calls that put what they are given into what they are made on.
const KEEPING: [&str; 6] = ["push", "push_back", "append", "insert", "extend", "add"];

pub(super) fn is_waited_for(program: &Program, site: &HandoffSite) -> bool {
    let (facts, local) = program.facts_of(site.at.function);
    let reader = Reader { facts, call: site.at.place.span, functions: functions_around(facts, local) };
    let held = reader.holders();
    reader.ops().any(|op| reader.waits(op, &held))
        || reader.is_in_block_of_pool(site)
        || reader.is_given_back(site)
}

/// The function, and where it is a closure or a block, those around it.
fn functions_around(facts: &Facts, function: FnId) -> Vec<FnId> {
    std::iter::successors(Some(function), |it| match facts.function(*it).kind {
        FunctionKind::Closure => facts.function(*it).parent,
        _ => None,
    })
    .collect()
}

struct Reader<'f> {
    facts: &'f Facts,
    /// The call that hands the work over.
    call: Span,
    functions: Vec<FnId>,
}

impl<'f> Reader<'f> {
    fn ops(&self) -> impl Iterator<Item = &'f Op> {
        let facts = self.facts;
        self.functions.clone().into_iter().flat_map(move |it| facts.ops_of(it)).map(|(_, op)| op)
    }

    /// The variables through which the end of the work can be seen: a handle, a list of handles, the set that the work was put into,
    /// the other end of a channel that the work has.
    fn holders(&self) -> BTreeSet<Symbol> {
        let (mut held, none) = (self.other_ends(), BTreeSet::new());
        for _ in 0..MOST_ROUNDS {
            let before = held.len();
            for op in self.ops() {
                let kept = match &op.kind {
                    OpKind::Bind { name, value } => {
                        (self.has(*value, &none) || self.hands_on(*value, &held)).then_some(*name)
                    }
                    OpKind::SetItem { of, key, value } => {
                        let is_kept = [key, value].into_iter().any(|it| self.has(*it, &held));
                        self.name(*of).filter(|_| is_kept)
                    }
                    OpKind::Call { callee, args } => self.kept_in(op, *callee, self.facts.args(args), &held),
                    _ => None,
                };
                held.extend(kept);
            }
            if held.len() == before {
                break;
            }
        }
        held
    }

    /// `handles.push(spawn(work))`, and `set.spawn(work)` itself.
    fn kept_in(&self, op: &Op, callee: ValueId, args: &[Arg], held: &BTreeSet<Symbol>) -> Option<Symbol> {
        let Value::Member { of, name } = *self.facts.value(callee) else { return None };
        let keeps = KEEPING.contains(&name.as_str()) && args.iter().any(|it| self.has(it.value, held));
        self.name(of).filter(|_| keeps || op.span == self.call)
    }

    /// `let (done, answer) = channel()`, where the work has `done`.
    fn other_ends(&self) -> BTreeSet<Symbol> {
        let parts: Vec<(Symbol, ValueId)> = self
            .ops()
            .filter_map(|it| match it.kind {
                OpKind::Bind { name, value } => match *self.facts.value(value) {
                    Value::Part(of, _) => Some((name, of)),
                    _ => None,
                },
                _ => None,
            })
            .collect();
        if parts.is_empty() {
            return BTreeSet::new();
        }
        let values = (0..self.facts.values.len() as u32).map(ValueId);
        let inside: BTreeSet<Symbol> = values
            .filter(|it| self.call.contains(self.facts.value_span(*it)))
            .filter_map(|it| self.name(it))
            .collect();
        let taken: Vec<ValueId> = parts.iter().filter(|it| inside.contains(&it.0)).map(|it| it.1).collect();
        let is_other = |it: &&(Symbol, ValueId)| taken.contains(&it.1) && !inside.contains(&it.0);
        parts.iter().filter(is_other).map(|it| it.0).collect()
    }

    fn waits(&self, op: &Op, held: &BTreeSet<Symbol>) -> bool {
        match &op.kind {
            OpKind::Await(value) => self.has(*value, held),
            OpKind::Call { callee, args } => {
                let name = match self.facts.value(*callee) {
                    Value::Name(name) | Value::Member { name, .. } | Value::Head(name) => name.as_str(),
                    _ => return false,
                };
                // The results of `pool.map(work, orders)` are waited for one by one.
                if op.span == self.call {
                    return name == "map";
                }
                let mut given = self.facts.args(args).iter().map(|it| it.value);
                let receiver = match *self.facts.value(*callee) {
                    Value::Member { of, .. } => Some(of),
                    _ => None,
                };
                WAITING.contains(&name.trim_end_matches('!'))
                    && (given.any(|it| self.has(it, held)) || receiver.is_some_and(|it| self.has(it, held)))
            }
            _ => false,
        }
    }

    /// `with ThreadPoolExecutor() as pool:`: the end of the block waits for what the pool was given.
    fn is_in_block_of_pool(&self, site: &HandoffSite) -> bool {
        let made = self.ops().find(|it| it.span == self.call);
        let pool = made.and_then(|it| match it.kind {
            OpKind::Call { callee, .. } => match *self.facts.value(callee) {
                Value::Member { of, .. } => self.name(of),
                _ => None,
            },
            _ => None,
        });
        let mut around = self.facts.regions_from(site.at.region);
        pool.is_some()
            && around.any(|(_, it)| matches!(it.kind, RegionKind::With { bound, .. } if bound == pool))
    }

    /// A set of tasks that the caller has given, and waits for.
    fn is_given_back(&self, site: &HandoffSite) -> bool {
        let into_a_set = site.call.as_str().contains("Set.spawn");
        let made = self.ops().find(|it| it.span == self.call).map(|it| &it.kind);
        let Some(OpKind::Call { callee, .. }) = made.filter(|_| into_a_set) else { return false };
        let Value::Member { of, .. } = *self.facts.value(*callee) else { return false };
        let bindings = |name| self.functions.iter().flat_map(move |it| self.facts.bindings_of(*it, name));
        self.name(of).is_some_and(|it| bindings(it).any(|it| matches!(it.kind, BindingKind::Param(_))))
    }

    /// An element of what is held, or the very same by another name.
    fn hands_on(&self, value: ValueId, held: &BTreeSet<Symbol>) -> bool {
        match *self.facts.value(value) {
            Value::Name(name) => held.contains(&name),
            Value::Element(of) | Value::Part(of, _) => self.has(of, held),
            _ => false,
        }
    }

    /// Whether an expression has the call in it, or a variable that shows how its work ends.
    fn has(&self, value: ValueId, held: &BTreeSet<Symbol>) -> bool {
        self.mentions(value, held, 0)
    }

    fn mentions(&self, value: ValueId, held: &BTreeSet<Symbol>, depth: u32) -> bool {
        if depth > DEEPEST {
            return false;
        }
        let inner = |it: ValueId| self.mentions(it, held, depth + 1);
        match self.facts.value(value) {
            Value::Name(name) => held.contains(name),
            Value::Call(op) => {
                let op = self.facts.op(*op);
                let OpKind::Call { callee, args } = &op.kind else { return false };
                let method = matches!(self.facts.value(*callee), Value::Member { of, .. } if inner(*of));
                op.span == self.call || method || self.facts.args(args).iter().any(|it| inner(it.value))
            }
            Value::Member { of, .. }
            | Value::Item { of, .. }
            | Value::Element(of)
            | Value::Part(of, _)
            | Value::Awaited(of)
            | Value::Many(of) => inner(*of),
            Value::Sequence(run) | Value::Either(run) | Value::Fallback(run) => {
                self.facts.list(run).iter().any(|it| inner(*it))
            }
            // What a closure gives for each of several is gathered where the closure is given.
            Value::Closure(local) => {
                let given = self.facts.ops_of(*local);
                self.functions.contains(local)
                    && given
                        .into_iter()
                        .any(|(_, it)| matches!(it.kind, OpKind::Return(Some(it)) if inner(it)))
            }
            _ => false,
        }
    }

    fn name(&self, value: ValueId) -> Option<Symbol> {
        match self.facts.value(value) {
            Value::Name(name) => Some(*name),
            _ => None,
        }
    }
}
