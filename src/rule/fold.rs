//! One decision that mends several findings is one finding: the first speaks for the others and shows some of them.

use std::collections::BTreeMap;

use super::{Context, Finding, Findings, Level};
use crate::facts::FunctionKind;
use crate::program::FuncId;

/// More places are listed as notes alone.
const MOST_SHOWN: usize = 4;

impl Findings {
    /// The first of these speaks for all, with this added to what it says; `shown` says what each of the others is. They stay findings
    /// of their own, with their fixes and their suppressions.
    pub(crate) fn fold(&mut self, members: &[usize], added: &str, shown: impl Fn(&Finding) -> String) {
        let [first, others @ ..] = members else { return };
        self.list[*first].message.push_str(added);
        for (at, other) in others.iter().enumerate() {
            let other = self.list[*other].at_most_unless_new(Level::Note);
            let (place, said) = (other.place, shown(other));
            if at < MOST_SHOWN {
                self.list[*first].related(place, said);
            }
        }
    }

    /// Folds those that have the same key. `said` is added to the first, and is given how many others there are.
    pub(crate) fn fold_by<K: Ord>(
        &mut self,
        ctx: &Context<'_>,
        key: impl Fn(&Finding) -> Option<K>,
        said: impl Fn(usize) -> String,
        shown: &str,
    ) {
        let mut families: BTreeMap<K, Vec<usize>> = BTreeMap::new();
        for (index, it) in self.list.iter().enumerate().filter(|(_, it)| ctx.is_more_than_a_note(it)) {
            if let Some(key) = key(it) {
                families.entry(key).or_default().push(index);
            }
        }
        let mut families: Vec<Vec<usize>> = families.into_values().filter(|it| it.len() > 1).collect();
        families.sort_unstable();
        for members in families {
            self.fold(&members, &said(members.len() - 1), |_| shown.to_owned());
        }
    }
}

impl Context<'_> {
    /// Whether a finding is one that somebody is told of, and so can speak for others.
    pub(crate) fn is_more_than_a_note(&self, finding: &Finding) -> bool {
        finding.most.min(finding.usual) > Level::Note
            && self.acts_on(finding)
            && !self.allows_function(finding.function)
            && !self.program.is_for_show(finding.place.file)
            && !self.program.is_deliberate(finding.place)
    }

    /// What is written together: the outermost function or class around a function; itself, if it is in neither.
    pub(crate) fn unit(&self, function: FuncId) -> FuncId {
        let file = self.program.function(function).file;
        let (facts, mut local) = self.program.facts_of(function);
        while let Some(above) = facts.function(local).parent
            && !matches!(facts.function(above).kind, FunctionKind::Module | FunctionKind::Namespace)
        {
            local = above;
        }
        self.program.global(file, local)
    }
}

/// `; so is 1 more beside it`, `; so are 3 more beside it`.
pub(crate) fn and_more(count: usize) -> String {
    if count == 1 {
        "; so is 1 more beside it".to_owned()
    } else {
        format!("; so are {count} more beside it")
    }
}
