//! What code hosts refuse or drop, cut beforehand: GitHub stores 5,000 results of a run and takes 10 MB of it. The worst stay,
//! and what was left out is said.

use std::io;

use super::result::Outcome;

/// More than these are dropped by GitHub, and more than 25,000 refused.
pub(super) const MOST_RESULTS: usize = 5_000;
/// GitHub takes 10 MB after compression; half of that before it is safe everywhere.
const MOST_BYTES: usize = 5_000_000;
/// GitHub shows no more of a result.
pub(super) const MOST_RELATED: usize = 100;
pub(super) const MOST_NOTIFICATIONS: usize = 1_000;

pub(super) struct Kept<'a> {
    pub(super) results: Vec<Outcome<'a>>,
    /// One sentence for each reason to cut.
    pub(super) cut: Vec<String>,
}

/// The results in the order given, without those that are too many: suppressed ones go first, then notes, then warnings.
pub(super) fn kept(results: Vec<Outcome<'_>>) -> io::Result<Kept<'_>> {
    kept_within(results, MOST_RESULTS, MOST_BYTES)
}

fn kept_within(results: Vec<Outcome<'_>>, most: usize, most_bytes: usize) -> io::Result<Kept<'_>> {
    let all = results.len();
    let mut ranked: Vec<(usize, Outcome<'_>)> = results.into_iter().enumerate().collect();
    ranked.sort_by_key(|(at, it)| (it.rank(), *at));
    let mut cut = Vec::new();
    if all > most {
        ranked.truncate(most);
        cut.push(format!("{} of {all} results were left out: a run may hold {most}.", all - most));
    }
    let mut bytes = 0;
    let mut fitting = 0;
    for (_, result) in &ranked {
        bytes += serde_json::to_string(result)?.len();
        if bytes > most_bytes {
            break;
        }
        fitting += 1;
    }
    if fitting < ranked.len() {
        let gone = ranked.len() - fitting;
        cut.push(format!(
            "{gone} of {all} results were left out: the file would be larger than {most_bytes} bytes."
        ));
        ranked.truncate(fitting);
    }
    ranked.sort_by_key(|(at, _)| *at);
    Ok(Kept { results: ranked.into_iter().map(|(_, it)| it).collect(), cut })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sarif::result::results;
    use crate::report::tests::sample::{rules, shop};

    #[test]
    fn the_worst_stay_in_their_order() {
        let mut shop = shop();
        shop.findings.swap(1, 3);
        let sources = shop.sources();
        let rules = rules();
        let report = crate::report::Report { rules: &rules, ..shop.report(&sources) };
        let levels = |most, bytes| {
            let kept = kept_within(results(&report), most, bytes).unwrap();
            let levels: Vec<&str> = kept.results.iter().map(|it| it.level()).collect();
            (levels.join(" "), kept.cut.join(" "))
        };
        assert_eq!(levels(9, 1 << 20), ("error note warning warning".to_owned(), String::new()));
        let (left, cut) = levels(3, 1 << 20);
        assert_eq!(
            (left.as_str(), cut.as_str()),
            ("error warning warning", "1 of 4 results were left out: a run may hold 3.")
        );
        let (left, cut) = levels(9, 1_500);
        assert_eq!(left, "error");
        assert!(cut.contains("3 of 4 results were left out: the file"), "{cut}");
    }
}
