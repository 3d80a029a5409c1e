//! Patterns as people write them in settings: globs over paths, and dotted names with `*`. Reads no file and knows no setting.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use globset::{Glob, GlobBuilder, GlobSet, GlobSetBuilder};

/// Path globs, read from the directory that they were written for.
///
/// A pattern that matches a directory matches all that is in it. A pattern without a slash matches at any depth, as in
/// `.gitignore`; any other starts at the base. `*` stays inside one directory, `**` does not.
#[derive(Debug, Clone)]
pub(crate) struct PathSet {
    base: Arc<Path>,
    set: Arc<GlobSet>,
}

/// Which of the patterns is wrong, and why.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct BadPattern {
    pub(crate) index: usize,
    pub(crate) reason: String,
}

impl PathSet {
    pub(crate) fn empty() -> PathSet {
        PathSet { base: PathBuf::new().into(), set: Arc::new(GlobSet::empty()) }
    }

    pub(crate) fn new(base: &Path, patterns: &[String]) -> Result<PathSet, BadPattern> {
        let mut builder = GlobSetBuilder::new();
        for (index, pattern) in patterns.iter().enumerate() {
            for glob in globs(pattern).map_err(|reason| BadPattern { index, reason })? {
                builder.add(glob);
            }
        }
        let too_large = |error: globset::Error| BadPattern { index: 0, reason: error.kind().to_string() };
        Ok(PathSet { base: base.into(), set: Arc::new(builder.build().map_err(too_large)?) })
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.set.is_empty()
    }

    /// Whether a pattern matches an absolute path. What lies outside the base is never matched.
    pub(crate) fn matches(&self, absolute: &Path) -> bool {
        !self.set.is_empty() && absolute.strip_prefix(&self.base).is_ok_and(|it| self.set.is_match(it))
    }
}

fn globs(pattern: &str) -> Result<Vec<Glob>, String> {
    let trimmed = pattern.strip_prefix("./").unwrap_or(pattern);
    let anchored = trimmed.trim_end_matches('/').contains('/');
    let body = trimmed.trim_matches('/');
    if body.is_empty() || body == "." {
        return if pattern.is_empty() { Err("it is empty".to_owned()) } else { Ok(vec![glob("**")?]) };
    }
    let mut spellings = vec![body.to_owned(), format!("{body}/**")];
    if !anchored {
        spellings.extend([format!("**/{body}"), format!("**/{body}/**")]);
    }
    spellings.iter().map(|it| glob(it)).collect()
}

fn glob(text: &str) -> Result<Glob, String> {
    GlobBuilder::new(text).literal_separator(true).build().map_err(|error| error.kind().to_string())
}

/// Whether a dotted name is what the pattern says; `*` stands for anything, dots included.
pub(crate) fn name_matches(pattern: &str, name: &str) -> bool {
    let Some((head, rest)) = pattern.split_once('*') else {
        return pattern == name;
    };
    let Some(name) = name.strip_prefix(head) else {
        return false;
    };
    let mut tails = (0..=name.len()).filter(|at| name.is_char_boundary(*at)).map(|at| &name[at..]);
    if rest.is_empty() { true } else { tails.any(|tail| name_matches(rest, tail)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(pattern: &str, path: &str) -> bool {
        let set = PathSet::new(Path::new("/base"), &[pattern.to_owned()]).unwrap();
        set.matches(&Path::new("/base").join(path))
    }

    #[test]
    fn a_directory_pattern_matches_what_is_in_it() {
        assert!(matches("src/shop/commands", "src/shop/commands/orders.py"));
        assert!(matches("src/shop/commands/", "src/shop/commands/orders.py"));
        assert!(matches("src/shop/commands/**", "src/shop/commands/a/b.py"));
        assert!(!matches("src/shop/commands/**", "src/shop/other.py"));
        assert!(matches(".", "any/thing.py"));
    }

    #[test]
    fn a_pattern_without_a_slash_matches_at_any_depth() {
        assert!(matches("migrations", "src/shop/migrations/0001.py"));
        assert!(matches("*_pb2.py", "src/api_pb2.py"));
        assert!(!matches("src/*_pb2.py", "src/deep/api_pb2.py"));
        assert!(!matches("/migrations", "src/migrations/0001.py"));
        assert!(matches("./setup.py", "setup.py"));
    }

    #[test]
    fn nothing_outside_the_base_is_matched() {
        let set = PathSet::new(Path::new("/base"), &["**".to_owned()]).unwrap();
        assert!(!set.matches(Path::new("/elsewhere/a.py")));
    }

    #[test]
    fn a_broken_pattern_says_which_and_why() {
        let patterns = ["ok".to_owned(), "a[".to_owned()];
        let error = PathSet::new(Path::new("/"), &patterns).unwrap_err();
        assert_eq!((error.index, error.reason.as_str()), (1, "unclosed character class; missing ']'"));
        assert_eq!(PathSet::new(Path::new("/"), &[String::new()]).unwrap_err().reason, "it is empty");
    }

    #[test]
    fn stars_in_names_cross_dots() {
        assert!(name_matches("shop.proc.*", "shop.proc.deep.run"));
        assert!(name_matches("*.run", "shop.proc.run"));
        assert!(name_matches("*", ""));
        assert!(!name_matches("shop.proc", "shop.proc.run"));
    }
}
