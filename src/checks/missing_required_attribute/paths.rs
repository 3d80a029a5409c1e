//! Attributes that a span gets on some paths only. Told is what is beyond doubt: every place that writes the key stands in a branch, and
//! another path around that branch ends as usual. What returns early, fails, or is done elsewhere is given the benefit of it.

use crate::facts::{Facts, FnId, OpKind, Region, RegionId, RegionKind, Value, ValueId};
use crate::program::{AttributeSite, AttributeTarget, SpanSite};
use crate::rule::Context;
use crate::text::Place;

/// Words by which code asks whether there is telemetry at all: where there is none, no attribute is missing.
const OF_TELEMETRY: [&str; 8] =
    ["span", "record", "trac", "telemetry", "otel", "enabled", "debug", "verbose"];

/// The branch in which alone a key is written; none where it may be written on all paths.
pub(super) fn only_where(ctx: &Context<'_>, span: &SpanSite, key: &str) -> Option<Place> {
    let program = ctx.program;
    let owner = span.owner;
    // Of several spans nobody can tell which one gets it.
    if program.spans.iter().filter(|it| it.owner == owner).count() > 1 {
        return None;
    }
    let is_it = |it: &&AttributeSite| {
        it.target == AttributeTarget::Span && it.key.text.is_some_and(|it| it.as_str() == key)
    };
    let inside = program.reached(span)?;
    let sites: Vec<&AttributeSite> =
        program.attributes.iter().filter(is_it).filter(|it| program.is_within(&it.at, &inside)).collect();
    let (facts, local) = program.facts_of(owner);
    if sites.is_empty() || sites.iter().any(|it| it.at.function != owner) {
        return None;
    }
    let is_around = span.at.function != owner;
    let opened = if is_around { facts.function(local).body } else { span.at.region };
    let reader = Reader { facts, local, opened };
    let branches: Option<Vec<RegionId>> = sites.iter().map(|it| reader.branch_of(it.at.region)).collect();
    let branches = branches?;
    let first = *branches.first()?;
    let same_parent = branches.iter().all(|it| facts.region(*it).parent == facts.region(first).parent);
    let span = facts.value_span(condition(facts.region(first))?);
    let passed_by = same_parent && branches.iter().all(|it| !reader.is_covered(*it, &branches));
    passed_by.then(|| Place { file: program.function(owner).file, span })
}

struct Reader<'f> {
    facts: &'f Facts,
    local: FnId,
    /// Where the span is opened.
    opened: RegionId,
}

impl Reader<'_> {
    /// The outermost branch around a region, inside of the one where the span is opened. None where there is none, or where
    /// something else than a plain decision lies between.
    fn branch_of(&self, region: RegionId) -> Option<RegionId> {
        let mut branch = None;
        for (id, it) in self.facts.regions_from(region) {
            if id == self.opened {
                return branch;
            }
            match it.kind {
                RegionKind::Branch { condition, .. } if !self.is_of_telemetry(condition, 0) => {
                    branch = Some(id)
                }
                RegionKind::With { .. } | RegionKind::Held { .. } | RegionKind::Body => {}
                _ => return None,
            }
        }
        None
    }

    /// Every other arm of the decision writes it too or leaves, and there is one for what is left.
    fn is_covered(&self, branch: RegionId, written: &[RegionId]) -> bool {
        let arms = self.arms(branch);
        let Some(arms) = arms else { return true };
        let is_last =
            |it: &RegionId| matches!(self.facts.region(*it).kind, RegionKind::Branch { negated: true, .. });
        arms.iter().any(is_last) && arms.iter().all(|it| written.contains(it) || self.leaves(*it))
    }

    /// The arms of the decision that a branch belongs to; none where it is a choice between patterns.
    fn arms(&self, branch: RegionId) -> Option<Vec<RegionId>> {
        let own = self.facts.region(branch);
        let siblings = || {
            let all = self.facts.regions.iter().enumerate();
            let same =
                move |it: &(usize, &Region)| it.1.parent == own.parent && it.1.function == own.function;
            all.filter(same).map(|(id, it)| (RegionId(id as u32), it))
        };
        let own_condition = condition(own)?;
        if own_condition == ValueId::OPAQUE || siblings().any(|(id, it)| id != branch && is_choice(own, it)) {
            return None;
        }
        // The first arm spans those that follow it, or all of them share one condition.
        let head =
            siblings().map(|(_, it)| it).find(|it| condition(it).is_some() && it.span.contains(own.span));
        let head = head.unwrap_or(own);
        let belongs = |it: &Region| match condition(it) {
            Some(of) => condition(head) == Some(of) || head.span.contains(it.span),
            None => false,
        };
        Some(siblings().filter(|(_, it)| belongs(it)).map(|(id, _)| id).collect())
    }

    fn leaves(&self, region: RegionId) -> bool {
        let ops = self.facts.ops_of(self.local);
        let mut ends = ops.filter(|(_, it)| it.region == region);
        ends.any(|(_, it)| matches!(it.kind, OpKind::Raise(_) | OpKind::Return(_) | OpKind::Jump))
    }

    fn is_of_telemetry(&self, value: ValueId, depth: u32) -> bool {
        let inner = |it: ValueId| depth < 5 && self.is_of_telemetry(it, depth + 1);
        let says = |it: &str| OF_TELEMETRY.iter().any(|word| it.to_lowercase().contains(word));
        match self.facts.value(value) {
            Value::Name(name) | Value::Head(name) => says(name.as_str()),
            Value::Member { of, name } => says(name.as_str()) || inner(*of),
            Value::Test(run) | Value::Fallback(run) | Value::Either(run) => {
                self.facts.list(run).iter().any(|it| inner(*it))
            }
            Value::Call(op) => match self.facts.op(*op).kind {
                OpKind::Call { callee, .. } => inner(callee),
                _ => false,
            },
            _ => false,
        }
    }
}

fn condition(region: &Region) -> Option<ValueId> {
    match region.kind {
        RegionKind::Branch { condition, .. } => Some(condition),
        _ => None,
    }
}

/// Two arms for one value, neither of which is what is left.
fn is_choice(a: &Region, b: &Region) -> bool {
    let plain = |it: &Region| matches!(it.kind, RegionKind::Branch { negated: false, .. });
    plain(a) && plain(b) && condition(a) == condition(b)
}
