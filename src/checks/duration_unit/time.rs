//! In which unit of time a number is, as far as its own arithmetic tells: clocks, differences, factors, and the words of names.

use crate::facts::{Arithmetic, BindingKind, Facts, FnId, OpKind, Run, Value, ValueId};
use crate::text::Symbol;

const DEEPEST: u32 = 8;

/// Functions that give a time or a duration, with the power of ten by which seconds become what they give.
const CLOCKS: &[(&str, i8)] = &[
    ("perf_counter", 0),
    ("monotonic", 0),
    ("process_time", 0),
    ("thread_time", 0),
    ("default_timer", 0),
    ("total_seconds", 0),
    ("as_secs", 0),
    ("as_secs_f64", 0),
    ("as_secs_f32", 0),
    ("time_ns", 9),
    ("perf_counter_ns", 9),
    ("monotonic_ns", 9),
    ("process_time_ns", 9),
    ("as_millis", 3),
    ("as_micros", 6),
    ("as_nanos", 9),
    ("num_seconds", 0),
    ("num_milliseconds", 3),
    ("whole_seconds", 0),
    ("whole_milliseconds", 3),
];

/// What changes a number and not its unit.
const KEEPING: &[&str] =
    &["round", "int", "float", "abs", "max", "min", "ceil", "floor", "from", "unwrap_or", "clamp"];

/// Last words of names that say the unit.
const WORDS: &[(&str, i8)] = &[
    ("ms", 3),
    ("millis", 3),
    ("milliseconds", 3),
    ("us", 6),
    ("micros", 6),
    ("microseconds", 6),
    ("ns", 9),
    ("nanos", 9),
    ("nanoseconds", 9),
    ("seconds", 0),
    ("secs", 0),
    ("sec", 0),
];

/// The power of ten by which a number in seconds becomes one like this; none where nobody can tell.
pub(super) fn power(facts: &Facts, function: FnId, value: ValueId) -> Option<i8> {
    Reader { facts, function }.power(value, 0)
}

struct Reader<'f> {
    facts: &'f Facts,
    function: FnId,
}

impl Reader<'_> {
    fn power(&self, value: ValueId, depth: u32) -> Option<i8> {
        if depth > DEEPEST {
            return None;
        }
        match self.facts.value(value) {
            Value::Name(name) => self.named(*name, depth).or_else(|| told(*name)),
            Value::Member { name, .. } => told(*name),
            Value::Arithmetic(run) => {
                let inner = self.agreed(run, depth);
                match self.facts.arithmetic_of(value)? {
                    Arithmetic::Difference => inner,
                    Arithmetic::Scaled(by) => Some(inner? + by),
                }
            }
            Value::Either(run) | Value::Fallback(run) => self.agreed(run, depth),
            Value::Call(op) => match &self.facts.op(*op).kind {
                OpKind::Call { callee, args } => self.called(*callee, args, depth),
                _ => None,
            },
            _ => None,
        }
    }

    /// What all operands are in that tell.
    fn agreed(&self, run: &Run, depth: u32) -> Option<i8> {
        let mut told = self.facts.list(run).iter().filter_map(|it| self.power(*it, depth + 1));
        let first = told.next()?;
        told.all(|it| it == first).then_some(first)
    }

    /// A name that is bound once, here or around.
    fn named(&self, name: Symbol, depth: u32) -> Option<i8> {
        let mut scope = Some(self.function);
        while let Some(function) = scope {
            match self.facts.bindings_of(function, name) {
                [] => scope = self.facts.function(function).parent,
                [only] => {
                    let BindingKind::Value(value) = only.kind else { return None };
                    return Reader { facts: self.facts, function }.power(value, depth + 1);
                }
                _ => return None,
            }
        }
        None
    }

    fn called(&self, callee: ValueId, args: &Run, depth: u32) -> Option<i8> {
        let (Value::Name(name) | Value::Head(name) | Value::Member { name, .. }) = self.facts.value(callee)
        else {
            return None;
        };
        let name = name.as_str();
        if let Some((_, power)) = CLOCKS.iter().find(|(it, _)| *it == name) {
            return Some(*power);
        }
        if name == "time" {
            return Some(0);
        }
        if !KEEPING.contains(&name) {
            return None;
        }
        let mut inner = self.facts.args(args).iter().map(|it| it.value);
        let by_argument = inner.find_map(|it| self.power(it, depth + 1));
        // `elapsed.as_secs_f64().max(0.0)`: what it is called on.
        by_argument.or_else(|| match self.facts.value(callee) {
            Value::Member { of, .. } => self.power(*of, depth + 1),
            _ => None,
        })
    }
}

/// `duration_ms` says what it is in.
fn told(name: Symbol) -> Option<i8> {
    let (stem, last) = name.as_str().rsplit_once('_')?;
    let (_, power) = WORDS.iter().find(|(word, _)| *word == last)?;
    // `calls_per_ms` is no duration.
    (!stem.ends_with("per")).then_some(*power)
}
