//! Writes a registry as OpenTelemetry Weaver reads it, in its second syntax.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::{Attribute, Base, Described, Kind, Registry, Requirement, Team};

/// A registry that is not written yet, with what shall be said of its definitions.
#[derive(Debug, Default)]
pub(crate) struct Draft {
    pub(crate) registry: Team,
    /// By the sort of what is defined and its name.
    pub(crate) notes: BTreeMap<(&'static str, &'static str), Note>,
    /// Keys that cannot be defined, for their fixed part names nothing.
    pub(crate) skipped: Vec<&'static str>,
}

#[derive(Debug, Default)]
pub(crate) struct Note {
    pub(crate) brief: String,
    pub(crate) note: Option<&'static str>,
    pub(crate) examples: Vec<&'static str>,
}

/// The sections of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Section {
    Attributes,
    Spans,
    Events,
    Metrics,
}

impl Section {
    pub(crate) const ALL: [Section; 4] =
        [Section::Attributes, Section::Spans, Section::Events, Section::Metrics];
}

impl Draft {
    /// Leaves out what registries define already; what their spans lack is added to them.
    pub(crate) fn text(&self, known: &Registry, sections: &[Section]) -> String {
        let mut file = File { draft: self, known, out: "file_format: definition/2\n".to_owned() };
        for section in sections {
            match section {
                Section::Attributes => file.attributes(),
                Section::Spans => file.spans(),
                Section::Events => file.events(),
                Section::Metrics => file.metrics(),
            }
        }
        file.out
    }
}

struct File<'d> {
    draft: &'d Draft,
    known: &'d Registry,
    out: String,
}

impl File<'_> {
    fn line(&mut self, indent: usize, text: &str) {
        // Writing to a string cannot fail.
        let _ = writeln!(self.out, "{:indent$}{text}", "");
    }

    fn title(&mut self, key: &str, count: usize) {
        if count > 0 {
            self.line(0, &format!("{key}:"));
        }
    }

    fn attributes(&mut self) {
        // What is known for one kind of telemetry alone is not known for the others.
        let new = |it: &&Attribute| self.known.attribute(it.name).is_none_or(|it| it.only.is_some());
        let list: Vec<&Attribute> = self.draft.registry.attributes.iter().filter(new).collect();
        self.title("attributes", list.len());
        for it in list {
            self.line(2, &format!("- key: {}", text(it.name)));
            match it.kind {
                Some(Kind { listed: Some(_), .. }) => {
                    self.line(4, "type:");
                    self.line(6, "members:");
                    for value in &it.values {
                        let value = value.text;
                        self.line(8, &format!("- id: {}", text(&member_id(value))));
                        self.line(10, &format!("value: {}", quoted(value)));
                        self.line(10, "stability: development");
                    }
                }
                kind => self.line(4, &format!("type: {}", kind_text(kind))),
            }
            self.common("attribute", it.name);
        }
    }

    fn spans(&mut self) {
        let all = &self.draft.registry.spans;
        let known: Vec<Option<&Described>> =
            all.iter().map(|it| self.known.span(it.title.unwrap_or(it.name), it.kind)).collect();
        self.title("spans", known.iter().filter(|it| it.is_none()).count());
        for (it, _) in all.iter().zip(&known).filter(|(_, known)| known.is_none()) {
            self.line(2, &format!("- type: {}", text(it.name)));
            self.line(4, &format!("kind: {}", it.kind.unwrap_or("internal")));
            self.line(4, "name:");
            self.line(6, &format!("note: {}", quoted(it.title.unwrap_or(it.name))));
            self.common("span", it.name);
            self.references(&it.attributes);
        }
        let lacking = all.iter().zip(&known).filter_map(|(it, known)| Some((it, (*known)?)));
        let lacking: Vec<(&Described, Vec<(&'static str, Requirement)>)> = lacking
            .map(|(it, known)| {
                let has = |name: &str| known.attributes.iter().any(|(it, _)| *it == name);
                (known, it.attributes.iter().filter(|(name, _)| !has(name)).copied().collect())
            })
            .filter(|(_, missing): &(_, Vec<_>)| !missing.is_empty())
            .collect();
        self.title("span_refinements", lacking.len());
        for (known, missing) in lacking {
            self.line(2, &format!("- id: {}", text(&format!("{}.emitted", known.name))));
            self.line(4, &format!("ref: {}", text(known.name)));
            self.references(&missing);
        }
    }

    fn events(&mut self) {
        let team = self.known.team.as_ref();
        let new =
            |it: &&Described| !team.is_some_and(|team| team.events.iter().any(|known| known.name == it.name));
        let list: Vec<&Described> = self.draft.registry.events.iter().filter(new).collect();
        self.title("events", list.len());
        for it in list {
            self.line(2, &format!("- name: {}", text(it.name)));
            self.common("event", it.name);
            self.references(&it.attributes);
        }
    }

    fn metrics(&mut self) {
        let registry = &self.draft.registry;
        let all = registry.metrics.iter().zip(&registry.measured);
        let list: Vec<_> = all.filter(|(it, _)| self.known.metric(it.name).is_none()).collect();
        self.title("metrics", list.len());
        for (it, described) in list {
            let instrument = it.instrument.replace("up_down_counter", "updowncounter");
            self.line(2, &format!("- name: {}", text(it.name)));
            self.line(4, &format!("instrument: {instrument}"));
            self.line(4, &format!("unit: {}", quoted(it.unit)));
            self.common("metric", it.name);
            self.references(&described.attributes);
        }
    }

    /// What every definition has.
    fn common(&mut self, sort: &'static str, name: &'static str) {
        let draft = self.draft;
        let Some(note) = draft.notes.get(&(sort, name)) else { return };
        self.line(4, "stability: development");
        self.line(4, &format!("brief: {}", quoted(&note.brief)));
        if let Some(it) = note.note {
            self.line(4, &format!("note: {}", quoted(it)));
        }
        if !note.examples.is_empty() {
            let list: Vec<String> = note.examples.iter().map(|it| quoted(it)).collect();
            self.line(4, &format!("examples: [{}]", list.join(", ")));
        }
    }

    fn references(&mut self, attributes: &[(&'static str, Requirement)]) {
        if !attributes.is_empty() {
            self.line(4, "attributes:");
        }
        for (name, level) in attributes {
            self.line(6, &format!("- ref: {}", text(name)));
            self.line(8, &format!("requirement_level: {}", level.as_str()));
        }
    }
}

pub(super) fn kind_text(kind: Option<Kind>) -> String {
    let Some(kind) = kind else { return "string".to_owned() };
    let base = match kind.base {
        Base::String => "string",
        Base::Int => "int",
        Base::Double => "double",
        Base::Boolean => "boolean",
        Base::Any => "any",
    };
    let item = if kind.array { format!("{base}[]") } else { base.to_owned() };
    if kind.template { format!("template[{item}]") } else { item }
}

/// A member is called like its value, as far as a name can be.
fn member_id(value: &str) -> String {
    let id: String = value
        .chars()
        .map(|it| if it.is_ascii_alphanumeric() { it.to_ascii_lowercase() } else { '_' })
        .collect();
    let id = id.trim_matches('_');
    if id.is_empty() { "other".to_owned() } else { id.to_owned() }
}

/// Names stand as they are where nothing in them means anything to YAML.
fn text(text: &str) -> String {
    let plain = text.starts_with(|it: char| it.is_ascii_lowercase())
        && text.bytes().all(|it| it.is_ascii_lowercase() || it.is_ascii_digit() || matches!(it, b'.' | b'_'));
    // These are booleans and nothing to one reader or another.
    let word = matches!(text, "true" | "false" | "null" | "yes" | "no" | "on" | "off" | "y" | "n");
    if plain && !word { text.to_owned() } else { quoted(text) }
}

/// What is quoted for JSON is quoted for YAML.
fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for it in text.chars() {
        match it {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            it if it.is_control() || matches!(it, '\u{2028}' | '\u{2029}' | '\u{feff}') => {
                let _ = write!(out, "\\u{:04x}", it as u32);
            }
            it => out.push(it),
        }
    }
    out.push('"');
    out
}
