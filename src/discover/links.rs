//! Symbolic links to directories and to files: each real file once, under its own name where that is in the tree, and no loops.

use std::path::{Path, PathBuf};

use rustc_hash::FxHashSet;

use super::walk::{self, Harvest};
use super::{Roots, Scope};

pub(super) const LOOP: &str = "is a symbolic link to a directory around it; it was not followed";

/// Walks the directories that links lead to, unless they are walked anyway or contain what is walked.
///
/// Links are followed one target at a time and in sorted order, so that directories full of links to each other cost no more
/// than the files they hold.
pub(super) fn follow(roots: &Roots, scope: &Scope, found: &mut Harvest) {
    let mut walked = roots.directories.clone();
    let mut waiting = std::mem::take(&mut found.linked_directories);
    while !waiting.is_empty() {
        waiting.sort();
        for link in std::mem::take(&mut waiting) {
            let Ok(target) = link.canonicalize() else {
                found.note(&roots.root, &link, "is a symbolic link that leads nowhere");
                continue;
            };
            if leads_around(&link, &target, &walked) {
                found.note(&roots.root, &link, LOOP);
            } else if !walked.iter().any(|it| target.starts_with(it)) {
                let mut harvest = walk_link(roots, scope, &link);
                waiting.append(&mut harvest.linked_directories);
                found.append(harvest);
                walked.push(target);
            }
        }
    }
}

/// The target is around the link itself, or around a whole tree that is walked already.
fn leads_around(link: &Path, target: &Path, walked: &[PathBuf]) -> bool {
    let place = link.parent().and_then(|it| it.canonicalize().ok());
    place.is_some_and(|it| it.starts_with(target))
        || walked.iter().any(|it| it != target && it.starts_with(target))
}

fn walk_link(roots: &Roots, scope: &Scope, link: &Path) -> Harvest {
    // A closing slash makes the walker see the directory, not the link.
    let mut harvest = walk::walk(&roots.root, scope, &link.join(""));
    harvest.linked_sources.append(&mut harvest.sources);
    harvest
}

/// Drops what links lead to when it is there under its own name, or by an earlier link.
pub(super) fn drop_twins(found: &mut Harvest) {
    if found.linked_sources.is_empty() {
        return;
    }
    let mut seen: FxHashSet<PathBuf> = found.sources.iter().map(|it| it.absolute.clone()).collect();
    found.linked_sources.sort_by(|a, b| a.path.cmp(&b.path));
    found.linked_sources.retain(|it| it.absolute.canonicalize().is_ok_and(|real| seen.insert(real)));
}
