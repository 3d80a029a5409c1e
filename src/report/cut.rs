//! Makes a source line fit to print: no tabs, no control characters, and no more columns than there are. What is kept is the part
//! around the marks. It knows nothing of files.

use std::ops::Range;

use unicode_width::UnicodeWidthChar;

use super::words;

const TAB: usize = 4;
/// What is shown in front of a mark that is longer than the whole line may be.
const LEAD: usize = 8;

/// A line ready to print; the marks are byte ranges of `text`, in the order in which they were given, none of them empty.
#[derive(Debug, PartialEq)]
pub(super) struct CutLine {
    pub(super) text: String,
    pub(super) marks: Vec<Range<usize>>,
}

struct Glyph {
    character: char,
    /// The byte of the line that it stands for.
    from: usize,
    column: usize,
}

/// The first mark is the one that must be seen.
pub(super) fn cut(line: &str, marks: &[Range<usize>], columns: usize, ellipsis: &str) -> CutLine {
    let line = line.trim_end();
    let glyphs = glyphs(line);
    let total = glyphs.last().map_or(0, |it| it.column + width(it.character));
    let column_of = |byte: usize| glyphs.iter().find(|it| it.from >= byte).map_or(total, |it| it.column);
    let marks: Vec<_> = marks.iter().map(|it| column_of(it.start)..column_of(it.end)).collect();
    let focus = marks.first().cloned().unwrap_or(0..0);
    let window = window(total, &focus, columns, words::width(ellipsis));

    let mut shown = CutLine { text: String::new(), marks: Vec::new() };
    // A byte offset of `shown.text` for each column boundary.
    let mut stops: Vec<(usize, usize)> = Vec::new();
    if window.start > 0 {
        shown.text.push_str(ellipsis);
    }
    for glyph in glyphs.iter().filter(|it| window.contains(&it.column)) {
        stops.push((glyph.column, shown.text.len()));
        shown.text.push(glyph.character);
    }
    stops.push((window.end, shown.text.len()));
    if window.end < total {
        shown.text.push_str(ellipsis);
    }
    let stop = |column: usize| stops.iter().find(|it| it.0 >= column).map_or(shown.text.len(), |it| it.1);
    shown.marks = marks.iter().map(|it| at_least_one(stop(it.start)..stop(it.end), &shown.text)).collect();
    shown
}

/// The columns to keep: all, or from the start where that shows the focus, or an equal share on both sides of it.
fn window(total: usize, focus: &Range<usize>, columns: usize, ellipsis: usize) -> Range<usize> {
    if total <= columns {
        return 0..total;
    }
    if focus.end + ellipsis <= columns {
        return 0..columns - ellipsis;
    }
    let room = columns.saturating_sub(2 * ellipsis).max(1);
    let marked = focus.end - focus.start;
    let before = if marked < room { (room - marked) / 2 } else { LEAD.min(room / 2) };
    let start = focus.start.saturating_sub(before);
    if start + room + ellipsis >= total {
        total.saturating_sub(room + ellipsis)..total
    } else {
        start..start + room
    }
}

fn at_least_one(range: Range<usize>, text: &str) -> Range<usize> {
    if range.start < range.end {
        return range;
    }
    let next = text[range.start..].chars().next().map_or(1, char::len_utf8);
    range.start..range.start + next
}

fn glyphs(line: &str) -> Vec<Glyph> {
    let mut column = 0;
    let mut glyphs = Vec::with_capacity(line.len());
    for (from, character) in line.char_indices() {
        let (shown, times) = match character {
            '\t' => (' ', TAB - column % TAB),
            it if it.is_control() => ('\u{fffd}', 1),
            it => (it, 1),
        };
        for _ in 0..times {
            glyphs.push(Glyph { character: shown, from, column });
            column += width(shown);
        }
    }
    glyphs
}

fn width(character: char) -> usize {
    character.width().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn marked(line: &str, what: &str, columns: usize) -> (String, String) {
        let start = line.find(what).unwrap();
        let mark = start..start + what.len();
        let shown = cut(line, std::slice::from_ref(&mark), columns, "…");
        let mark = shown.text[shown.marks[0].clone()].to_owned();
        (shown.text, mark)
    }

    #[test]
    fn a_short_line_stays_as_it_is() {
        assert_eq!(marked("    run(x)  \r\n", "run", 40), ("    run(x)".into(), "run".into()));
    }

    #[test]
    fn tabs_become_spaces_and_marks_follow() {
        assert_eq!(marked("\ta\trun()", "run", 40), ("    a   run()".into(), "run".into()));
        assert_eq!(marked("a\u{1b}[31m run()", "run", 40), ("a\u{fffd}[31m run()".into(), "run".into()));
    }

    #[test]
    fn a_long_line_keeps_what_is_marked() {
        let line = format!("{}subprocess.run(x);{}", "a;".repeat(2000), "b;".repeat(2000));
        let (text, mark) = marked(&line, "subprocess.run", 40);
        assert_eq!(mark, "subprocess.run");
        assert_eq!(text.chars().count(), 40);
        assert!(text.starts_with('…') && text.ends_with('…'), "{text}");
    }

    #[test]
    fn a_mark_near_the_start_or_the_end_needs_one_ellipsis() {
        let line = format!("run();{}", "b;".repeat(200));
        assert_eq!(marked(&line, "run", 20).0, "run();b;b;b;b;b;b;b…");
        let line = format!("{}run();", "b;".repeat(200));
        assert_eq!(marked(&line, "run", 20).0, "…;b;b;b;b;b;b;run();");
    }

    #[test]
    fn a_mark_longer_than_the_line_is_cut_itself() {
        let line = format!("{}f({});", " ".repeat(30), "x, ".repeat(100));
        let mark = 30..line.len();
        let shown = cut(&line, std::slice::from_ref(&mark), 40, "…");
        assert!(shown.text.starts_with("…        f(x, x"), "{}", shown.text);
        assert_eq!(shown.text.chars().count(), 40);
    }

    #[test]
    fn wide_characters_count_twice_and_empty_marks_show() {
        let line = "日本語日本語日本語 = run()";
        assert_eq!(marked(line, "run", 14).1, "run");
        let shown = cut("x", &[1..1, 0..0], 40, "…");
        assert_eq!(shown.marks, [1..2, 0..1]);
    }
}
