//! Whether two expressions are written alike: what they say, and not where they stand.

use super::{Facts, OpKind, Run, Value, ValueId};

/// Deeper ones are taken for different.
const DEEPEST: u32 = 8;

/// Whether two expressions are the same text of names, calls and literals. What cannot be told is not the same.
pub(crate) fn are_alike(one: (&Facts, ValueId), other: (&Facts, ValueId)) -> bool {
    Pair { one: one.0, other: other.0 }.alike(one.1, other.1, 0)
}

struct Pair<'f> {
    one: &'f Facts,
    other: &'f Facts,
}

impl Pair<'_> {
    fn alike(&self, one: ValueId, other: ValueId, depth: u32) -> bool {
        let inner = |one: &ValueId, other: &ValueId| self.alike(*one, *other, depth + 1);
        if depth > DEEPEST {
            return false;
        }
        match (self.one.value(one), self.other.value(other)) {
            (Value::Text(one), Value::Text(other)) => one == other,
            (Value::Bool(one), Value::Bool(other)) => one == other,
            (Value::None, Value::None) => true,
            (Value::Name(one) | Value::Head(one), Value::Name(other) | Value::Head(other)) => one == other,
            (Value::Member { of, name }, Value::Member { of: other, name: second }) => {
                name == second && inner(of, other)
            }
            (Value::Item { of, key }, Value::Item { of: other, key: second }) => {
                inner(of, other) && inner(key, second)
            }
            (Value::Template(one), Value::Template(other))
            | (Value::Sequence(one), Value::Sequence(other))
            | (Value::Either(one), Value::Either(other))
            | (Value::Fallback(one), Value::Fallback(other)) => self.all_alike(one, other, depth + 1),
            (Value::Call(one), Value::Call(other)) => {
                match (&self.one.op(*one).kind, &self.other.op(*other).kind) {
                    (OpKind::Call { callee, args }, OpKind::Call { callee: second, args: others }) => {
                        let (args, others) = (self.one.args(args), self.other.args(others));
                        inner(callee, second)
                            && args.len() == others.len()
                            && args
                                .iter()
                                .zip(others)
                                .all(|(it, other)| it.name == other.name && inner(&it.value, &other.value))
                    }
                    _ => false,
                }
            }
            _ => false,
        }
    }

    fn all_alike(&self, one: &Run, other: &Run, depth: u32) -> bool {
        let (one, other) = (self.one.list(one), self.other.list(other));
        one.len() == other.len() && one.iter().zip(other).all(|(one, other)| self.alike(*one, *other, depth))
    }
}
