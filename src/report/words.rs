//! Words and numbers for people: grouped digits, plurals, wrapped and shortened text. It writes nothing and knows no findings.

use unicode_width::UnicodeWidthStr;

use super::Report;
use crate::measure::{GateCheck, Tally};
use crate::rule::HeldBy;

/// `2458` as `2,458`.
pub(super) fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `1 file`, `2,458 files`.
pub(crate) fn counted(number: usize, one: &str, many: &str) -> String {
    format!("{} {}", grouped(number), if number == 1 { one } else { many })
}

/// Whole percent, rounded down: 99.9 is not all.
pub(super) fn whole_percent(tally: Tally) -> Option<u32> {
    (tally.total > 0).then(|| (u64::from(tally.covered) * 100 / u64::from(tally.total)) as u32)
}

/// A share with at most `digits` digits after the point, rounded down for the same reason.
pub(super) fn floored(percent: f64, digits: i32) -> f64 {
    let scale = 10f64.powi(digits);
    // Binary fractions sit a hair below the decimal ones: 33.3 must not become 33.2.
    (percent * scale + 1e-7).floor() / scale
}

/// With a capital and a full stop.
pub(super) fn sentence(text: &str) -> String {
    let mut characters = text.chars();
    let first: String = characters.next().into_iter().flat_map(char::to_uppercase).collect();
    let stop = if text.ends_with(['.', '!', '?']) { "" } else { "." };
    format!("{first}{}{stop}", characters.as_str())
}

/// `calls in layer web: 33.3 % of 40 %`
pub(super) fn failed_check(check: &GateCheck) -> String {
    let actual = check.actual.map_or_else(|| "none".to_owned(), |it| format!("{:.1} %", floored(it, 1)));
    let before = if check.ratchet { " before" } else { "" };
    format!("{}: {actual} of {} %{before}", check.name(), shown(check.required))
}

/// A threshold as it was set; one that was measured with two digits.
pub(super) fn shown(percent: f64) -> f64 {
    floored(percent, 2)
}

/// `2 suppressed, 5 in the baseline`; empty where all is told.
pub(super) fn held(report: &Report<'_>) -> String {
    let kinds = [
        (report.held_by(HeldBy::Comment), "suppressed"),
        (report.held_by(HeldBy::Baseline), "in the baseline"),
        (report.outside.len(), "not of the change"),
        (report.elsewhere, "elsewhere"),
    ];
    let told = kinds.iter().filter(|it| it.0 > 0).map(|(count, what)| format!("{} {what}", grouped(*count)));
    told.collect::<Vec<_>>().join(", ")
}

/// The difference of two shares in points: `+2.1`, `-0.3`, `±0`; none where one of them is of nothing.
pub(super) fn points(before: Tally, now: Tally) -> Option<String> {
    let difference = now.percent()? - before.percent()?;
    let tenths = (difference * 10.0).round() / 10.0;
    Some(match tenths {
        0.0 if difference == 0.0 => "±0".to_owned(),
        // Too small to show is still a direction.
        0.0 => if difference > 0.0 { "+0.0" } else { "-0.0" }.to_owned(),
        _ => format!("{tenths:+.1}"),
    })
}

/// How many columns a text takes.
pub(super) fn width(text: &str) -> usize {
    text.width()
}

/// One line of it: line breaks and control characters become spaces.
pub(super) fn flat(text: &str) -> String {
    text.chars().map(|it| if it.is_control() { ' ' } else { it }).collect()
}

/// Breaks a text at spaces into lines of at most `first` and then `rest` columns. A word longer than that stays whole.
pub(super) fn wrap(text: &str, first: usize, rest: usize) -> Vec<String> {
    packed(text.split_whitespace(), first, rest)
}

/// The same for words that may have spaces in them, where no line must break.
pub(super) fn packed<'a>(words: impl Iterator<Item = &'a str>, first: usize, rest: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in words {
        let room = if lines.len() == 1 { first } else { rest };
        let Some(line) = lines.last_mut() else { break };
        if line.is_empty() {
            line.push_str(word);
        } else if width(line) + 1 + width(word) <= room {
            line.push(' ');
            line.push_str(word);
        } else {
            lines.push(word.to_owned());
        }
    }
    lines
}

/// Shortens a text to so many columns, at its end.
pub(super) fn shortened(text: &str, columns: usize, ellipsis: &str) -> String {
    if width(text) <= columns {
        return text.to_owned();
    }
    let room = columns.saturating_sub(width(ellipsis));
    let mut short = String::new();
    for character in text.chars() {
        short.push(character);
        if width(&short) > room {
            short.pop();
            break;
        }
    }
    short + ellipsis
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped_by_thousands() {
        assert_eq!(grouped(0), "0");
        assert_eq!(grouped(999), "999");
        assert_eq!(grouped(1_234_567), "1,234,567");
        assert_eq!(counted(1, "file", "files"), "1 file");
        assert_eq!(counted(2458, "file", "files"), "2,458 files");
    }

    #[test]
    fn shares_never_look_better_than_they_are() {
        assert_eq!(whole_percent(Tally { covered: 999, total: 1000, unknown: 0 }), Some(99));
        assert_eq!(whole_percent(Tally::default()), None);
        assert_eq!(floored(99.99, 1), 99.9);
        assert_eq!(floored(33.3, 1), 33.3);
    }

    #[test]
    fn text_wraps_at_spaces_and_long_words_stay_whole() {
        assert_eq!(wrap("one two three", 7, 20), ["one two", "three"]);
        assert_eq!(wrap("abcdefghij k", 4, 4), ["abcdefghij", "k"]);
        assert_eq!(wrap("a\nb", 80, 80), ["a b"]);
    }

    #[test]
    fn short_text_says_that_it_is_short() {
        assert_eq!(shortened("commands", 8, "…"), "commands");
        assert_eq!(shortened("commands", 5, "…"), "comm…");
        assert_eq!(shortened("日本語", 5, "…"), "日本…");
    }
}
