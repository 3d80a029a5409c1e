//! Code that was copied has its faults in every copy: the first finding speaks for those in the others, which are notes that name it.

use std::collections::BTreeMap;

use super::{Context, Finding, Findings};
use crate::facts::{FunctionKind, OpKind, Value};
use crate::program::FuncId;
use crate::text::{FileId, Symbol};

/// Fewer calls make no function that could be told from another, and fewer functions no file.
const FEWEST_CALLS: usize = 4;
const FEWEST_FUNCTIONS: usize = 3;

impl Findings {
    /// Folds what says the same of functions that are called the same, in code that is copied from one file to another. The findings
    /// are in the order of their places.
    pub(super) fn fold_copies(&mut self, ctx: &Context<'_>) {
        let mut families: BTreeMap<(String, &str), Vec<usize>> = BTreeMap::new();
        for (index, it) in self.list.iter().enumerate().filter(|(_, it)| ctx.is_more_than_a_note(it)) {
            // The same method of sister types is a copy as well.
            let function = it.function.map_or("", |it| ctx.program.function(it).own_name());
            families.entry((it.message.clone(), function)).or_default().push(index);
        }
        for members in families.into_values().filter(|it| it.len() > 1) {
            for copies in self.groups(ctx, &members) {
                self.fold_group(&copies);
            }
        }
    }

    /// Those that stand in copies of each other.
    fn groups(&self, ctx: &Context<'_>, members: &[usize]) -> Vec<Vec<usize>> {
        let codes: Vec<Code<'_>> = members.iter().map(|it| Code::of(ctx, &self.list[*it])).collect();
        let mut groups: Vec<Vec<usize>> = Vec::new();
        for (at, code) in codes.iter().enumerate() {
            // It can be what two groups have in common.
            let (of_it, others): (Vec<_>, Vec<_>) =
                groups.into_iter().partition(|group| group.iter().any(|it| codes[*it].is_copy_of(code)));
            let mut joined = of_it.concat();
            joined.push(at);
            joined.sort_unstable();
            groups = others;
            groups.push(joined);
        }
        groups.retain(|it| it.len() > 1);
        groups.into_iter().map(|it| it.into_iter().map(|at| members[at]).collect()).collect()
    }

    fn fold_group(&mut self, copies: &[usize]) {
        let [first, others @ ..] = copies else { return };
        let place = self.list[*first].place;
        let count = others.len();
        let said = format!(" (as in {count} {} of this code)", if count == 1 { "copy" } else { "copies" });
        self.fold(copies, &said, |_| "a copy of it".to_owned());
        for other in others {
            self.list[*other].related(place, "told here, for all copies of this code");
        }
    }
}

/// Where a finding stands, as far as copies are told by it.
struct Code<'a> {
    file: FileId,
    directory: &'a str,
    /// What the function calls, and which functions are beside it; sorted.
    calls: Vec<Symbol>,
    functions: Vec<Symbol>,
}

impl<'a> Code<'a> {
    fn of(ctx: &Context<'a>, finding: &Finding) -> Code<'a> {
        let file = ctx.program.file(finding.place.file);
        let named = file.facts.functions.iter().filter(|it| it.kind == FunctionKind::Named);
        let mut functions: Vec<Symbol> = named.map(|it| it.path).collect();
        functions.sort_unstable();
        Code {
            file: finding.place.file,
            directory: file.path.rsplit_once('/').map_or("", |(directory, _)| directory),
            calls: finding.function.map(|it| calls_of(ctx, it)).unwrap_or_default(),
            functions,
        }
    }

    fn is_copy_of(&self, other: &Code<'_>) -> bool {
        self.file != other.file && (self.is_same_function(other) || self.is_same_file(other))
    }

    /// Three in five of what the longer of the two calls are called by the other, too.
    fn is_same_function(&self, other: &Code<'_>) -> bool {
        let (one, other) = (&self.calls, &other.calls);
        one.len().min(other.len()) >= FEWEST_CALLS && shared(one, other) * 5 >= one.len().max(other.len()) * 3
    }

    /// Files of one directory that have most of their functions in common.
    fn is_same_file(&self, other: &Code<'_>) -> bool {
        let (one, two) = (&self.functions, &other.functions);
        let shared = shared(one, two);
        self.directory == other.directory
            && shared >= FEWEST_FUNCTIONS
            && shared * 2 > one.len().min(two.len())
    }
}

/// What a function calls, by the last names.
fn calls_of(ctx: &Context<'_>, function: FuncId) -> Vec<Symbol> {
    let (facts, local) = ctx.program.facts_of(function);
    if facts.function(local).kind != FunctionKind::Named {
        return Vec::new();
    }
    let bodies = std::iter::once(local).chain(facts.closures_inside(local));
    let mut called: Vec<Symbol> = bodies
        .flat_map(|it| facts.ops_of(it))
        .filter_map(|(_, op)| match op.kind {
            OpKind::Call { callee, .. } => match facts.value(callee) {
                Value::Name(name) | Value::Head(name) | Value::Member { name, .. } => Some(*name),
                _ => None,
            },
            _ => None,
        })
        .collect();
    called.sort_unstable();
    called
}

/// How many two sorted lists have in common.
fn shared(one: &[Symbol], other: &[Symbol]) -> usize {
    let (mut count, mut left, mut right) = (0, one, other);
    while let ([first, rest @ ..], [second, others @ ..]) = (left, right) {
        match first.cmp(second) {
            std::cmp::Ordering::Less => left = rest,
            std::cmp::Ordering::Greater => right = others,
            std::cmp::Ordering::Equal => {
                count += 1;
                (left, right) = (rest, others);
            }
        }
    }
    count
}
