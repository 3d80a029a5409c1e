//! What the registry says of the program's names.

use crate::program::{AttributeSite, AttributeTarget, MetricSite, Program};
use crate::registry::{Only, Replacement, Standing};
use crate::text::Symbol;

impl AttributeSite {
    /// Log fields and baggage follow conventions of their own.
    pub(crate) fn is_named_by_convention(&self) -> bool {
        !matches!(self.target, AttributeTarget::Log | AttributeTarget::Baggage)
    }
}

impl Program {
    /// The verdict on a key; none where it is known only when the program runs.
    pub(crate) fn standing(&self, it: &AttributeSite) -> Option<Standing<'_>> {
        let only = match it.target {
            AttributeTarget::Event => Some(Only::Event),
            AttributeTarget::Metric => Some(Only::Metric),
            _ => None,
        };
        self.registry.standing(it.key.text?.as_str(), only)
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
