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
            let function = it.function.map_or("", |it| ctx.program.function(it).name.as_str());
            families.entry((it.message.clone(), function)).or_default().push(index);
        }
        for members in families.into_values().filter(|it| it.len() > 1) {
            for copies in self.groups(ctx, &members) {
                self.fold_group(&copies);
            }
        }
    }

    /// The first of each group, and what stands in copies of it.
    fn groups(&self, ctx: &Context<'_>, members: &[usize]) -> Vec<Vec<usize>> {
        let mut groups: Vec<Vec<usize>> = Vec::new();
        for member in members {
            let is_copy = |group: &&mut Vec<usize>| {
                group.first().is_some_and(|it| are_copies(ctx, &self.list[*it], &self.list[*member]))
            };
            match groups.iter_mut().find(is_copy) {
                Some(group) => group.push(*member),
                None => groups.push(vec![*member]),
            }
        }
        groups.retain(|it| it.len() > 1);
        groups
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

fn are_copies(ctx: &Context<'_>, one: &Finding, other: &Finding) -> bool {
    let (here, there) = (one.place.file, other.place.file);
    let functions = one.function.zip(other.function);
    here != there
        && (functions.is_some_and(|(one, other)| are_alike(&calls_of(ctx, one), &calls_of(ctx, other)))
            || are_files_alike(ctx, here, there))
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

/// Most of what the longer of two sorted lists has is in the other, too.
fn are_alike(one: &[Symbol], other: &[Symbol]) -> bool {
    let longer = one.len().max(other.len());
    one.len().min(other.len()) >= FEWEST_CALLS && shared(one, other) * 4 >= longer * 3
}

/// Files of one directory that have most of their functions in common.
fn are_files_alike(ctx: &Context<'_>, one: FileId, other: FileId) -> bool {
    let directory =
        |it: FileId| ctx.program.file(it).path.rsplit_once('/').map_or("", |(directory, _)| directory);
    let functions = |it: FileId| {
        let facts = &ctx.program.file(it).facts;
        let named = facts.functions.iter().filter(|it| it.kind == FunctionKind::Named);
        let mut names: Vec<Symbol> = named.map(|it| it.path).collect();
        names.sort_unstable();
        names
    };
    if directory(one) != directory(other) {
        return false;
    }
    let (one, other) = (functions(one), functions(other));
    let shared = shared(&one, &other);
    shared >= FEWEST_FUNCTIONS && shared * 2 > one.len().min(other.len())
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
