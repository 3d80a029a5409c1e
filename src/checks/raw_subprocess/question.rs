//! Processes that ask something of the machine or the checkout and are over at once: nobody would look for them in a trace.

use crate::facts::{Facts, OpKind, Value, ValueId};
use crate::program::ProcessSite;
use crate::rule::Context;

/// Programs that only answer.
const ANSWERS: [&str; 18] = [
    "nvidia-smi",
    "rocm-smi",
    "xpu-smi",
    "hl-smi",
    "npu-smi",
    "uname",
    "hostname",
    "lscpu",
    "sw_vers",
    "sysctl",
    "lsb_release",
    "which",
    "where",
    "whoami",
    "id",
    "nproc",
    "getconf",
    "ldconfig",
];
/// What others are asked with.
const QUESTIONS: [&str; 8] =
    ["--version", "-version", "-V", "rev-parse", "describe", "symbolic-ref", "--show-toplevel", "ls-files"];

pub(super) fn asks_the_machine(ctx: &Context<'_>, site: &ProcessSite) -> bool {
    let facts = &ctx.program.file(site.at.place.file).facts;
    let op =
        facts.ops.iter().find(|it| it.span == site.at.place.span && matches!(it.kind, OpKind::Call { .. }));
    let Some(OpKind::Call { callee, args }) = op.map(|it| &it.kind) else { return false };
    let mut words = Vec::new();
    add_chain(facts, *callee, &mut words, 0);
    let positional = facts.args(args).iter().filter(|it| it.name.is_none());
    positional.take(4).for_each(|it| add_words(facts, it.value, &mut words));
    let Some((program, rest)) = words.split_first() else { return false };
    let program = program.rsplit(['/', '\\']).next().unwrap_or(program);
    ANSWERS.contains(&program) || rest.iter().any(|it| QUESTIONS.contains(it))
}

/// The words of a command, in one text or in a list of texts.
fn add_words(facts: &Facts, value: ValueId, words: &mut Vec<&'static str>) {
    match facts.value(value) {
        Value::Text(text) => words.extend(text.as_str().split_whitespace().take(4)),
        Value::Sequence(run) => {
            facts.list(run).iter().take(4).for_each(|it| add_words(facts, *it, words));
        }
        _ => {}
    }
}

/// `Command::new("git").arg("rev-parse").output()`: what the calls before were given, the first of them first.
fn add_chain(facts: &Facts, callee: ValueId, words: &mut Vec<&'static str>, depth: u32) {
    let Value::Member { of, .. } = facts.value(callee) else { return };
    let Value::Call(op) = facts.value(*of) else { return };
    let OpKind::Call { callee, args } = &facts.op(*op).kind else { return };
    if depth < 16 {
        add_chain(facts, *callee, words, depth + 1);
    }
    facts.args(args).iter().for_each(|it| add_words(facts, it.value, words));
}
