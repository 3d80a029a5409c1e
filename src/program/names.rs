//! What the registry says of the program's names.

use std::collections::{BTreeMap, BTreeSet};

use crate::program::{At, AttributeSite, AttributeTarget, FuncId, MetricSite, Program, SpanEnd, SpanSite};
use crate::registry::{Only, Replacement, Standing};
use crate::text::Symbol;

impl AttributeSite {
    /// Log fields, baggage and the agents of vendors follow conventions of their own.
    pub(crate) fn is_named_by_convention(&self) -> bool {
        !self.of_vendor && !matches!(self.target, AttributeTarget::Log | AttributeTarget::Baggage)
    }
}

impl Program {
    /// By key, the places in the program's own code that write it: neither tests nor generated code, neither log fields nor baggage.
    pub(crate) fn written_keys(&self) -> BTreeMap<&'static str, Vec<&AttributeSite>> {
        let mut keys: BTreeMap<&'static str, Vec<&AttributeSite>> = BTreeMap::new();
        for site in self.attributes.iter().filter(|it| it.is_named_by_convention() && self.is_own(&it.at)) {
            if let Some(key) = site.key.text {
                keys.entry(key.as_str()).or_default().push(site);
            }
        }
        keys
    }

    /// Whether a place is in code that people write and that runs in production.
    pub(crate) fn is_own(&self, at: &At) -> bool {
        let file = self.file(at.place.file);
        !file.test && !file.facts.generated && !self.function(at.function).test
    }

    /// The verdict on a key; none where it is known only when the program runs.
    pub(crate) fn standing(&self, it: &AttributeSite) -> Option<Standing<'_>> {
        let only = match it.target {
            AttributeTarget::Event => Some(Only::Event),
            AttributeTarget::Metric => Some(Only::Metric),
            _ => None,
        };
        self.registry.standing(it.key.text?.as_str(), only)
    }

    /// The attributes that a span may get, in its own function, in what that calls, and where the span is handed out, in whoever
    /// calls it. None where some of them are known only when the program runs.
    pub(crate) fn reaching_keys(&self, span: &SpanSite) -> Option<BTreeSet<Symbol>> {
        let inside = self.reached(span)?;
        if self.open_writes.iter().any(|it| self.is_within(it, &inside)) {
            return None;
        }
        let written = self.attributes.iter().filter(|it| it.target == AttributeTarget::Span);
        let mut keys: BTreeSet<Symbol> = span.attributes.iter().copied().collect();
        for site in written.filter(|it| self.is_within(&it.at, &inside)) {
            keys.insert(site.key.text.filter(|it| !it.as_str().contains("{}"))?);
        }
        Some(keys)
    }

    /// The functions that may write to a span: its own, what that calls, and where it is handed out, whoever calls it and what they
    /// call. None where nobody knows who gets it.
    pub(crate) fn reached(&self, span: &SpanSite) -> Option<BTreeSet<FuncId>> {
        let mut inside = self.with_callees(&[span.owner]);
        if span.end == SpanEnd::Escapes {
            let callers = &self.function(span.owner).callers;
            if callers.is_empty() {
                return None;
            }
            inside.extend(self.with_callees(callers));
        }
        Some(inside)
    }

    /// Whether a place is in one of these functions, or in a closure of one.
    pub(crate) fn is_within(&self, at: &At, functions: &BTreeSet<FuncId>) -> bool {
        functions.contains(&at.function)
            || self.enclosing_named(at.function).is_some_and(|it| functions.contains(&it))
    }

    fn with_callees(&self, functions: &[FuncId]) -> BTreeSet<FuncId> {
        let mut seen: BTreeSet<FuncId> = functions.iter().copied().collect();
        let mut waiting = functions.to_vec();
        while let Some(function) = waiting.pop() {
            let callees = self.function(function).callees.iter();
            waiting.extend(callees.filter(|it| seen.insert(**it)));
        }
        seen
    }

    /// What stands in for a deprecated key at this place, by its whole name.
    pub(crate) fn replacements(&self, it: &AttributeSite) -> Vec<(Symbol, &Replacement)> {
        let (Some(Standing::Deprecated(attribute, fate)), Some(key)) = (self.standing(it), it.key.text)
        else {
            return Vec::new();
        };
        let all = fate.replacements_for(self.span_kind_around(it).as_deref()).into_iter();
        all.map(|it| (Symbol::new(&attribute.renamed(key.as_str(), it.to)), it)).collect()
    }

    /// The kind of the span that an attribute is written to: of the call that opens it around the key, or else of all spans of the
    /// function, if they agree.
    fn span_kind_around(&self, it: &AttributeSite) -> Option<String> {
        let file = it.at.place.file;
        let start = self.spans.partition_point(|span| span.at.place.file < file);
        let spans = || self.spans[start..].iter().take_while(move |span| span.at.place.file == file);
        let opening = spans().filter(|span| span.at.place.span.contains(it.at.place.span)).last();
        let kind = match opening {
            Some(span) => span.span_kind,
            None => {
                let mut kinds =
                    spans().filter(|span| span.owner == it.at.function).map(|span| span.span_kind);
                let first = kinds.next()?;
                first.filter(|_| kinds.all(|kind| kind == first))
            }
        };
        kind.map(|it| it.as_str().to_lowercase())
    }
}

impl MetricSite {
    /// Made through OpenTelemetry, whose names and units are meant; other libraries have rules of their own.
    pub(crate) fn is_of_opentelemetry(&self) -> bool {
        let path = self.call.as_str();
        path.starts_with("opentelemetry.") || path.starts_with("logfire.")
    }
}
