//! A badge: the share of the functions that run inside a span, as a small picture for a README.

use std::io::{self, Write};

use super::Report;
use super::words::whole_percent;
use crate::measure::Dimension;

const LABEL: &str = "telemetry";
const LABEL_WIDTH: usize = 64;
/// Of a digit or sign in the font of badges, at 11 pixels.
const CHARACTER_WIDTH: usize = 8;

/// From which percentage on which ground; white is readable on each of them.
const GROUNDS: [(u32, &str); 5] =
    [(90, "#2e7d32"), (75, "#558b2f"), (50, "#946200"), (25, "#b34700"), (0, "#b3261e")];

pub(super) fn render(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    let percent = whole_percent(report.coverage.all.get(Dimension::Reach));
    let value = percent.map_or_else(|| "none".to_owned(), |it| format!("{it} %"));
    let ground = percent.map_or("#5f6368", |percent| {
        GROUNDS.iter().find(|(least, _)| percent >= *least).map_or(GROUNDS[4].1, |it| it.1)
    });
    let value_width = value.chars().count() * CHARACTER_WIDTH + 10;
    let width = LABEL_WIDTH + value_width;
    let (label_at, value_at) = (LABEL_WIDTH / 2, LABEL_WIDTH + value_width / 2);
    write!(
        out,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"20\" role=\"img\" aria-label=\"{LABEL}: {value}\">\n\
         <title>{LABEL}: {value}</title>\n\
         <clipPath id=\"r\"><rect width=\"{width}\" height=\"20\" rx=\"3\"/></clipPath>\n\
         <g clip-path=\"url(#r)\">\n\
         <rect width=\"{LABEL_WIDTH}\" height=\"20\" fill=\"#444\"/>\n\
         <rect x=\"{LABEL_WIDTH}\" width=\"{value_width}\" height=\"20\" fill=\"{ground}\"/>\n\
         </g>\n\
         <g fill=\"#fff\" text-anchor=\"middle\" font-family=\"Verdana,DejaVu Sans,Geneva,sans-serif\" font-size=\"11\">\n\
         <text x=\"{label_at}\" y=\"14\">{LABEL}</text>\n\
         <text x=\"{value_at}\" y=\"14\">{value}</text>\n\
         </g>\n\
         </svg>\n"
    )
}

#[cfg(test)]
mod tests {
    use crate::report::Format;
    use crate::report::tests::sample::{Sample, rendered, shop};

    #[test]
    fn a_badge_tells_the_share_that_is_seen() {
        let shop = shop();
        let text = rendered(&shop.report(&shop.sources()), Format::Badge);
        assert!(text.contains("aria-label=\"telemetry: 82 %\"") && text.contains("#558b2f"), "{text}");
        let nothing = Sample::default();
        assert!(rendered(&nothing.report(&nothing.sources()), Format::Badge).contains(">none</text>"));
    }
}
