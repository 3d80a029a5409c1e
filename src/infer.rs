//! What the program emits, as a registry: names, types, values seen in literals, and which attributes are on which span, event and
//! metric. The counterpart of what a registry asks for; knows no file format.

mod attributes;
mod signals;

use std::collections::BTreeMap;

use crate::program::{At, Program};
use crate::registry::{Attribute, Described, Draft, Metric, Note};

/// Everything that the program's own code emits, whoever defines it.
pub(crate) fn emitted(program: &Program) -> Draft {
    let mut found = Draft::default();
    let keys = attributes::emitted(program, &mut found);
    signals::emitted(program, &keys, &mut found);
    found
}

/// Of each key that is written, the attribute that it belongs to: itself, or the template that its fixed part names.
type Keys = BTreeMap<&'static str, &'static str>;

/// The function that emits something, as people would look for it.
fn source(program: &Program, at: &At, does: &str) -> String {
    let owner = program.function(program.enclosing_named(at.function).unwrap_or(at.function));
    format!("{does} by `{}`.", owner.qualified)
}

impl Draft {
    fn note(&mut self, sort: &'static str, name: &'static str, note: Note) {
        self.notes.entry((sort, name)).or_insert(note);
    }

    fn add_attribute(&mut self, attribute: Attribute, note: Note) {
        self.note("attribute", attribute.name, note);
        self.registry.attributes.push(attribute);
    }

    fn add_metric(&mut self, metric: Metric, described: Described, note: Note) {
        self.note("metric", metric.name, note);
        self.registry.metrics.push(metric);
        self.registry.measured.push(described);
    }
}
