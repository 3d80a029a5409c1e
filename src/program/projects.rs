//! Which project of the tree a file is of, and which projects build on which.

use std::collections::BTreeSet;

use crate::text::FileId;

#[derive(Debug, Default)]
pub(crate) struct Projects {
    of_file: Vec<Option<usize>>,
    /// By project: itself and whatever it is built from.
    parts: Vec<BTreeSet<usize>>,
}

impl Projects {
    /// `direct` says what each project names itself.
    pub(crate) fn new(of_file: Vec<Option<usize>>, direct: &[BTreeSet<usize>]) -> Projects {
        let parts = (0..direct.len()).map(|project| {
            let mut parts = BTreeSet::from([project]);
            let mut due = vec![project];
            while let Some(it) = due.pop() {
                due.extend(direct[it].iter().filter(|it| parts.insert(**it)));
            }
            parts
        });
        Projects { of_file, parts: parts.collect() }
    }

    /// By file, the project that it is of; none where no manifest tells.
    pub(crate) fn all(&self) -> &[Option<usize>] {
        &self.of_file
    }

    pub(crate) fn of(&self, file: FileId) -> Option<usize> {
        self.of_file.get(file.index()).copied().flatten()
    }

    /// A project and whatever it is built from.
    pub(crate) fn parts(&self, project: usize) -> impl Iterator<Item = usize> {
        self.parts.get(project).into_iter().flatten().copied()
    }

    /// Whether code of one file can use that of another; where no manifest tells, it can.
    pub(crate) fn can_use(&self, from: FileId, what: FileId) -> bool {
        match (self.of(from), self.of(what)) {
            (Some(from), Some(what)) => self.parts.get(from).is_some_and(|it| it.contains(&what)),
            _ => true,
        }
    }

    /// Whether some program may hold the code of both.
    pub(crate) fn are_together(&self, one: FileId, other: FileId) -> bool {
        match (self.of(one), self.of(other)) {
            (Some(one), Some(other)) => self.parts.iter().any(|it| it.contains(&one) && it.contains(&other)),
            _ => true,
        }
    }
}
