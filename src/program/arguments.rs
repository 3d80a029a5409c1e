//! Which arguments a decorator makes attributes of.

use super::SpanSite;
use crate::text::Symbol;

impl SpanSite {
    pub(crate) fn records(&self, argument: Symbol) -> bool {
        self.records_arguments
            && !self.skips.iter().any(|it| it.as_str() == "*" || *it == argument)
            // A field of that name stands in its place.
            && !self.attributes.contains(&argument)
    }
}
