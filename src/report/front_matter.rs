//! Stands in for `Rule::metadata` until `rule` has it; to be deleted then.

use crate::rule::{Level, Metadata, Rule};

impl Rule {
    pub(crate) fn metadata(&self) -> Result<Metadata, String> {
        let rest = self.page.strip_prefix("---\n").ok_or("the page has no front matter")?;
        let (front, _) = rest.split_once("\n---\n").ok_or("the front matter has no end")?;
        let mut found = Metadata {
            level: Level::Off,
            group: String::new(),
            languages: Vec::new(),
            since: String::new(),
            summary: String::new(),
        };
        for line in front.lines() {
            let (key, value) = line.split_once(':').ok_or_else(|| format!("not `key: value`: {line}"))?;
            let value = value.trim();
            match key {
                "level" => {
                    found.level = [Level::Off, Level::Note, Level::Warning, Level::Error]
                        .into_iter()
                        .find(|it| it.as_str() == value)
                        .ok_or("unknown level")?
                }
                "group" => found.group = value.to_owned(),
                "languages" => found.languages = value.split(',').map(|it| it.trim().to_owned()).collect(),
                "since" => found.since = value.to_owned(),
                "summary" => found.summary = value.to_owned(),
                _ => return Err(format!("unknown key {key}")),
            }
        }
        Ok(found)
    }
}
