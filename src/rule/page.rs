//! Reads the front matter of a rule's page: flat `key: value` lines between two `---`. Nothing else of the page is understood.

use super::{Level, Metadata};

impl Metadata {
    /// Every key must be there, once, and no other; only `aliases` may be missing.
    pub(crate) fn parse(page: &str) -> Result<Metadata, String> {
        let body = page.strip_prefix("---\n").ok_or("the page does not open with `---`")?;
        let (head, _) = body.split_once("\n---\n").ok_or("the front matter does not close with `---`")?;
        let mut keys = Keys::default();
        for line in head.lines() {
            let (key, value) =
                line.split_once(": ").ok_or_else(|| format!("`{line}` is not `key: value`"))?;
            let slot = keys.slot(key).ok_or_else(|| format!("unknown key `{key}`"))?;
            if slot.replace(value.trim()).is_some() {
                return Err(format!("`{key}` twice"));
            }
        }
        keys.finish()
    }
}

/// What follows the front matter.
pub(super) fn body(page: &str) -> &str {
    let body = page.strip_prefix("---\n").and_then(|it| it.split_once("\n---\n")).map_or(page, |it| it.1);
    body.trim_start_matches('\n')
}

#[derive(Default)]
struct Keys<'a> {
    level: Option<&'a str>,
    group: Option<&'a str>,
    languages: Option<&'a str>,
    since: Option<&'a str>,
    summary: Option<&'a str>,
    aliases: Option<&'a str>,
}

impl<'a> Keys<'a> {
    fn slot(&mut self, key: &str) -> Option<&mut Option<&'a str>> {
        match key {
            "level" => Some(&mut self.level),
            "group" => Some(&mut self.group),
            "languages" => Some(&mut self.languages),
            "since" => Some(&mut self.since),
            "summary" => Some(&mut self.summary),
            "aliases" => Some(&mut self.aliases),
            _ => None,
        }
    }

    fn finish(self) -> Result<Metadata, String> {
        let need = |value: Option<&str>, key: &str| value.map(str::to_owned).ok_or(format!("no `{key}`"));
        let list = |it: &str| it.split(',').map(|it| it.trim().to_owned()).collect();
        let level = need(self.level, "level")?;
        Ok(Metadata {
            level: Level::parse(&level).ok_or(format!("`{level}` is no level"))?,
            group: need(self.group, "group")?,
            languages: list(&need(self.languages, "languages")?),
            since: need(self.since, "since")?,
            summary: need(self.summary, "summary")?,
            aliases: self.aliases.map(list).unwrap_or_default(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = "---\nlevel: warning\ngroup: spans\nlanguages: python, rust\nsince: 0.1.0\nsummary: a: b\n---\n\n## What it finds\n";

    #[test]
    fn front_matter_is_read() {
        let metadata = Metadata::parse(PAGE).unwrap();
        assert_eq!(metadata.level, Level::Warning);
        assert_eq!(metadata.languages, ["python", "rust"]);
        assert_eq!(metadata.summary, "a: b");
        assert!(metadata.aliases.is_empty());
        let aliased = Metadata::parse(&PAGE.replace("a: b\n", "a: b\naliases: one, two\n")).unwrap();
        assert_eq!(aliased.aliases, ["one", "two"]);
    }

    #[test]
    fn wrong_front_matter_is_refused() {
        assert!(Metadata::parse(&PAGE.replace("since", "sinse")).is_err());
        assert!(Metadata::parse(&PAGE.replace("level: warning\n", "")).is_err());
        assert!(Metadata::parse(&PAGE.replace("warning", "fatal")).is_err());
        assert!(Metadata::parse("## What it finds\n").is_err());
    }
}
