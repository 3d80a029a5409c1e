//! The identity of a finding: the same as long as the code in question is the same, wherever it moves within its function. No line
//! number takes part, and the hash is spelt out here so that it is the same in every version and on every machine.

use std::collections::BTreeMap;

use crate::program::Program;
use crate::report::Sources;
use crate::rule::{Finding, Identity};
use crate::text::{FileId, Place};

/// One identity for each finding, in the order given. `path` says how a file is called: from the root of the repository, so that
/// it is the same whichever part of that is scanned.
///
/// Those that look the same are numbered by where they stand, so all findings of a run must be given at once, whether they are
/// told or held: else one would take the place of another.
pub(crate) fn identities<'f>(
    program: &Program,
    sources: &Sources<'_>,
    path: &dyn Fn(FileId) -> String,
    findings: impl Iterator<Item = &'f Finding>,
) -> Vec<Identity> {
    let mut placed: Vec<(usize, &Finding)> = findings.enumerate().collect();
    placed.sort_by_key(|(at, it)| (it.place, *at));
    let mut all = vec![Identity::default(); placed.len()];
    let mut seen: BTreeMap<u64, u64> = BTreeMap::new();
    for (at, finding) in placed {
        let (bare, content) = hashes(program, sources, path, finding);
        let repeat = seen.entry(bare).or_insert(0);
        *repeat += 1;
        let salted = if *repeat == 1 { bare } else { fnv(bare, &repeat.to_le_bytes()) };
        all[at] = Identity {
            fingerprint: format!("{salted:016x}"),
            look: format!("{bare:016x}"),
            content: format!("{content:016x}"),
        };
    }
    all
}

/// With the file, and without.
fn hashes(
    program: &Program,
    sources: &Sources<'_>,
    path: &dyn Fn(FileId) -> String,
    finding: &Finding,
) -> (u64, u64) {
    let function = finding.function.and_then(|it| program.enclosing_named(it));
    let name = function.map_or("", |it| program.function(it).name.as_str());
    let snippet = normalised(sources, finding.place).unwrap_or_else(|| finding.message.clone());
    let file = path(finding.place.file);
    (hash(&[finding.rule, &file, name, &snippet]), hash(&[finding.rule, name, &snippet]))
}

fn hash(parts: &[&str]) -> u64 {
    let hash = parts.iter().fold(OFFSET, |hash, part| fnv(fnv(hash, part.as_bytes()), &[0]));
    // Once more over its own digits: the last bytes of the text have hardly been mixed by then.
    fnv(OFFSET, &hash.to_le_bytes())
}

/// The marked text, with all white space as one space.
fn normalised(sources: &Sources<'_>, place: Place) -> Option<String> {
    let source = sources.get(place.file)?;
    let text = source.get(place.span.start as usize..place.span.end as usize)?;
    Some(text.split_whitespace().collect::<Vec<_>>().join(" "))
}

const OFFSET: u64 = 0xcbf2_9ce4_8422_2325;
const PRIME: u64 = 0x0000_0100_0000_01b3;

/// FNV-1a, carried on from a state.
fn fnv(state: u64, bytes: &[u8]) -> u64 {
    bytes.iter().fold(state, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(PRIME))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::tests::sample::{self, Sample};
    use crate::rule::Level;

    #[test]
    fn the_hash_is_the_published_one() {
        assert_eq!(fnv(OFFSET, b""), 0xcbf2_9ce4_8422_2325);
        assert_eq!(fnv(OFFSET, b"foobar"), 0x8594_4171_f739_67e8);
    }

    #[test]
    fn lines_and_spaces_do_not_matter_but_repeats_do() {
        let one = "def load():\n    run(a, b)\n    run(a, b)\n";
        let two = "# new\n\ndef load():\n    run(a,\n        b)\n    run(a, b)\n";
        let prints = [one, two].map(|text| {
            let mut sample = Sample::default();
            let file = sample.file("a.py", text);
            let load = sample.function(file, "load");
            let first = sample.place(file, "run(a,");
            let second = sample.last_place(file, "run(a, b)");
            let end = sample.place(file, "b)").span.end;
            let first = sample::stretched(first, end);
            let sources = sample.sources();
            let findings =
                [first, second].map(|place| sample::finding("raw-subprocess", Level::Warning, place, load));
            identities(&sample.program, &sources, &|_| "a.py".to_owned(), findings.iter())
        });
        assert_eq!(prints[0], prints[1]);
        assert_ne!(prints[0][0].fingerprint, prints[0][1].fingerprint);
        assert_eq!(prints[0][0].fingerprint.len(), 16);
        assert_eq!(prints[0][0].content, prints[0][1].content);
    }
}
