//! What is told of a mended tree: the difference as a unified diff, and the sum in words.

use std::io::{self, Write};

use similar::TextDiff;

use super::{Job, Mended};
use crate::report::counted;

/// Lines around a change.
const CONTEXT: usize = 3;

/// As `git apply` and `patch -p1` take it, from where the user stands.
pub(crate) fn diff(mended: &Mended, job: &Job, out: &mut dyn Write) -> io::Result<()> {
    for it in mended.shelf.changed() {
        let path = job.shown(it.absolute);
        let path = path.trim_start_matches('/');
        let (before, after) = (String::from_utf8_lossy(it.before), String::from_utf8_lossy(it.after));
        let diff = TextDiff::from_lines(&*before, &*after);
        let mut unified = diff.unified_diff();
        let unified =
            unified.context_radius(CONTEXT).header(&format!("a/{path}"), &format!("b/{path}")).to_string();
        out.write_all(unified.as_bytes())?;
    }
    Ok(())
}

/// `fixed 12 findings in 4 files: 9 deprecated-attribute, 3 unused-suppression`, and what else could be.
pub(crate) fn summary(mended: &Mended, dry: bool) -> String {
    let files = mended.shelf.changed().count();
    let total: usize = mended.fixed.values().sum();
    let mut told = match files {
        0 => "nothing to fix".to_owned(),
        _ => {
            let word = if dry { "would fix" } else { "fixed" };
            let mut rules: Vec<(usize, &str)> =
                mended.fixed.iter().map(|(rule, count)| (*count, *rule)).collect();
            rules.sort_by_key(|(count, rule)| (std::cmp::Reverse(*count), *rule));
            let rules: Vec<String> = rules.iter().map(|(count, rule)| format!("{count} {rule}")).collect();
            let findings = counted(total, "finding", "findings");
            format!("{word} {findings} in {}: {}", counted(files, "file", "files"), rules.join(", "))
        }
    };
    if mended.left > 0 {
        told.push_str(&format!("; {} more with --unsafe", mended.left));
    }
    told
}
