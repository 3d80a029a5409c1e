//! Files with errors. The parser recovers by itself from most of them, but after an unclosed bracket it takes what follows for
//! a part of what is open. Then the file is read in pieces, so that a broken piece does not take its neighbours with it.

use std::ops::Range;

use crate::parse::pieces::only;

use ruff_python_ast::{ModModule, PySourceType, Stmt};
use ruff_python_parser::{Parsed, parse_unchecked_source};
use ruff_text_size::Ranged;

/// How many pieces a broken one is joined with before it is given up: what splits a long text or list is not broken.
const MOST_JOINED: usize = 8;
/// More broken pieces than this, and the file is not what it claims to be.
const MOST_BROKEN: usize = 64;

/// The trees that a broken file is better read from, if any: none where the one tree of the whole file has all that begins a line.
pub(super) fn pieces(text: &str, whole: &Parsed<ModModule>) -> Option<Vec<Parsed<ModModule>>> {
    if has_every_definition(text, &whole.syntax().body) {
        return None;
    }
    let (sound, broken) = sort(text, &split(text))?;
    let alone = broken.iter().map(|it| parse(&only(text, std::slice::from_ref(it))));
    Some(std::iter::once(parse(&only(text, &sound))).chain(alone).collect())
}

/// Whether each definition that begins its line stands at the top of the tree.
fn has_every_definition(text: &str, module: &[Stmt]) -> bool {
    let starts: Vec<usize> = module.iter().map(|it| it.range().start().to_usize()).collect();
    lines(text).filter(|(_, line)| begins_definition(line)).all(|(at, _)| {
        let around = starts.partition_point(|it| *it <= at).checked_sub(1).map(|it| &module[it]);
        starts.binary_search(&at).is_ok() || around.is_some_and(|it| is_decorated_at(it, at))
    })
}

/// A definition whose decorators or keyword stand at this place.
fn is_decorated_at(statement: &Stmt, at: usize) -> bool {
    let (decorators, name) = match statement {
        Stmt::FunctionDef(it) => (&it.decorator_list, &it.name),
        Stmt::ClassDef(it) => (&it.decorator_list, &it.name),
        _ => return false,
    };
    !decorators.is_empty() && at <= name.range().start().to_usize()
}

fn begins_definition(line: &str) -> bool {
    ["def ", "class ", "async def ", "@"].iter().any(|it| line.starts_with(it))
}

/// Pieces that begin where a statement can begin at the start of a line; decorators stay with what they decorate.
fn split(text: &str) -> Vec<Range<usize>> {
    let mut starts = vec![0];
    let mut decorated = false;
    for (at, line) in lines(text) {
        if begins_definition(line) {
            if !decorated {
                starts.push(at);
            }
            decorated = line.starts_with('@');
        } else if !decorated && begins_statement(line) {
            starts.push(at);
        }
    }
    starts.dedup();
    let ends = starts.iter().skip(1).copied().chain([text.len()]);
    starts.iter().copied().zip(ends).map(|(start, end)| start..end).collect()
}

fn begins_statement(line: &str) -> bool {
    let continues = ["else", "elif", "except", "finally", "case "].iter().any(|it| line.starts_with(it));
    !continues && line.starts_with(|it: char| it.is_alphabetic() || it == '_')
}

/// The pieces that can be read, those that go together joined, and those that cannot; none where too many cannot.
#[expect(clippy::type_complexity, reason = "two lists of pieces")]
fn sort(text: &str, pieces: &[Range<usize>]) -> Option<(Vec<Range<usize>>, Vec<Range<usize>>)> {
    let mut sound = Vec::new();
    let mut broken = Vec::new();
    let mut at = 0;
    while at < pieces.len() {
        let last = (at + MOST_JOINED).min(pieces.len());
        let whole =
            (at..last).find(|end| parse(&text[pieces[at].start..pieces[*end].end]).errors().is_empty());
        match whole {
            Some(end) => {
                sound.push(pieces[at].start..pieces[end].end);
                at = end + 1;
            }
            None => {
                match without_broken_members(text, &pieces[at]) {
                    Some(rest) => sound.extend(rest),
                    None => broken.push(pieces[at].clone()),
                }
                at += 1;
            }
        }
        if broken.len() > MOST_BROKEN {
            return None;
        }
    }
    Some((sound, broken))
}

/// A class keeps the members that can be read.
fn without_broken_members(text: &str, piece: &Range<usize>) -> Option<Vec<Range<usize>>> {
    let mut starts = Vec::new();
    let mut width = None;
    let mut decorated = false;
    let mut is_class = false;
    for (at, line) in lines(&text[piece.clone()]) {
        let member = line.trim_start();
        is_class |= line.starts_with("class ");
        let indentation = line.len() - member.len();
        if !is_class || indentation == 0 || !begins_definition(member) {
            continue;
        }
        if *width.get_or_insert(indentation) == indentation {
            if !decorated {
                starts.push(piece.start + at);
            }
            decorated = member.starts_with('@');
        }
    }
    let head = piece.start..*starts.first()?;
    let ends = starts.iter().skip(1).copied().chain([piece.end]);
    let members = starts.iter().copied().zip(ends).map(|(start, end)| start..end);
    let is_sound = |it: &Range<usize>| parse(&format!("class _:\n{}", &text[it.clone()])).errors().is_empty();
    let kept: Vec<Range<usize>> = std::iter::once(head).chain(members.filter(is_sound)).collect();
    parse(&only(text, &kept)).errors().is_empty().then_some(kept)
}

fn parse(text: &str) -> Parsed<ModModule> {
    parse_unchecked_source(text, PySourceType::Python)
}

/// Each line with the place where it begins.
fn lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.split_inclusive('\n').scan(0, |at, line| {
        let start = *at;
        *at += line.len();
        Some((start, line))
    })
}
