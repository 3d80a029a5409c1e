//! The plain part of YAML, read in one go: blocks, brackets on one line, texts on one line or under `|` and `>`. That is nearly all that
//! registries are written in. Where there is anything else this reader gives up, and the parser that knows all of YAML takes the file.

use std::borrow::Cow;

use super::{Data, Key, Node, plain};
use crate::registry::weaver::Spot;

/// Blocks and brackets in each other.
const DEEPEST: usize = 40;

/// None where the text is more than this reader knows, or is wrong: the other parser says what.
pub(super) fn read(text: &str, file: usize) -> Option<Node<'_>> {
    let is_odd = |it: &u8| *it < b' ' && *it != b'\n';
    if text.bytes().any(|it| is_odd(&it)) || text.contains(['\u{feff}', '\u{85}', '\u{2028}', '\u{2029}']) {
        return None;
    }
    let mut reader = Reader { file, lines: text.split('\n').collect(), at: 0, entries: Vec::new() };
    let (indent, _) = reader.next()?;
    let node = reader.block(indent, 0)?;
    reader.next().is_none().then_some(node)
}

struct Reader<'t> {
    file: usize,
    lines: Vec<&'t str>,
    /// The number of the line that is next.
    at: usize,
    /// Entries of the mappings that are open: each mapping gets room for what it has, and no more.
    entries: Vec<(Key<'t>, Node<'t>)>,
}

/// Part of a line: the number of the line, from 0, and where the part begins.
#[derive(Clone, Copy)]
struct Rest<'t> {
    line: usize,
    start: usize,
    text: &'t str,
    /// A blank stands before it.
    apart: bool,
}

impl<'t> Rest<'t> {
    fn skip(self, count: usize) -> Rest<'t> {
        let text = &self.text[count..];
        let bare = text.trim_start_matches(' ');
        let blanks = text.len() - bare.len();
        Rest { start: self.start + count + blanks, text: bare, apart: blanks > 0, ..self }
    }

    /// Nothing, or a comment.
    fn is_over(self) -> bool {
        self.text.is_empty() || (self.apart && self.text.starts_with('#'))
    }
}

impl<'t> Reader<'t> {
    /// The next line that says something, and how far it is indented.
    fn next(&mut self) -> Option<(usize, Rest<'t>)> {
        loop {
            let line = self.lines.get(self.at)?;
            let text = line.trim_start_matches(' ');
            if text.is_empty() || text.starts_with('#') {
                self.at += 1;
                continue;
            }
            let start = line.len() - text.len();
            return Some((
                start,
                Rest { line: self.at, start, text: text.trim_end_matches(' '), apart: true },
            ));
        }
    }

    fn spot(&self, line: usize, start: usize) -> Spot {
        let before = self.lines.get(line).and_then(|it| it.get(..start)).unwrap_or_default();
        let column = if before.is_ascii() { start } else { before.chars().count() };
        Spot::new(self.file, line + 1, column + 1)
    }

    /// A list or a mapping whose lines are indented so.
    fn block(&mut self, indent: usize, depth: usize) -> Option<Node<'t>> {
        let (found, rest) = self.next()?;
        if found != indent || depth > DEEPEST {
            return None;
        }
        if is_item(rest.text) { self.list(indent, depth) } else { self.mapping(rest, indent, depth) }
    }

    fn list(&mut self, indent: usize, depth: usize) -> Option<Node<'t>> {
        let (_, first) = self.next()?;
        let at = self.spot(first.line, first.start);
        let mut items = Vec::new();
        while let Some((found, rest)) = self.next() {
            if found < indent || (found == indent && !is_item(rest.text)) {
                break;
            }
            let rest = rest.skip(1);
            if found > indent || rest.is_over() || is_item(rest.text) {
                return None;
            }
            items.push(match key(rest) {
                Some(_) => self.mapping(rest, rest.start, depth + 1)?,
                None => {
                    self.at += 1;
                    self.value(rest, indent)?
                }
            });
        }
        Some(Node { at, data: Data::List(items) })
    }

    /// A mapping, whose first entry may stand behind the sign of a list.
    fn mapping(&mut self, first: Rest<'t>, indent: usize, depth: usize) -> Option<Node<'t>> {
        if depth > DEEPEST {
            return None;
        }
        let at = self.spot(first.line, first.start);
        let begin = self.entries.len();
        let mut rest = first;
        loop {
            let (name, is_text, length) = key(rest)?;
            let place = self.spot(rest.line, rest.start);
            self.at += 1;
            let value = self.entry(rest.skip(length), indent, depth)?;
            if is_text {
                self.entries.push((Key { at: place, name: Cow::Borrowed(name) }, value));
            }
            match self.next() {
                Some((found, next)) if found == indent && !is_item(next.text) => rest = next,
                Some((found, _)) if found > indent => return None,
                _ => return Some(Node { at, data: Data::Map(self.entries.drain(begin..).collect()) }),
            }
        }
    }

    /// What stands behind a key, or below it.
    fn entry(&mut self, rest: Rest<'t>, indent: usize, depth: usize) -> Option<Node<'t>> {
        if !rest.is_over() {
            return self.value(rest, indent);
        }
        match self.next() {
            Some((found, _)) if found > indent => self.block(found, depth + 1),
            // A list may stand as far to the left as its key.
            Some((found, below)) if found == indent && is_item(below.text) => {
                // Where the other parser has it begin.
                let first = below.skip(1);
                let at = self.spot(first.line, first.start);
                Some(Node { at, ..self.list(found, depth + 1)? })
            }
            _ => Some(Node { at: self.spot(rest.line, rest.start), data: Data::Nothing }),
        }
    }

    /// A value that begins on a line that has been taken.
    fn value(&mut self, rest: Rest<'t>, indent: usize) -> Option<Node<'t>> {
        if rest.text.starts_with(['|', '>']) {
            let (text, at) = self.lines_of_text(rest, indent)?;
            return Some(Node { at, data: Data::Text(Cow::Owned(text)) });
        }
        let (node, rest) = self.inline(rest, false, 0)?;
        // What stands deeper on the next line goes on with a text.
        let goes_on = self.next().is_some_and(|(found, _)| found > indent);
        (rest.is_over() && !goes_on).then_some(node)
    }

    /// Lines below `|` and `>`, without their indentation, and where the first of them begins.
    fn lines_of_text(&mut self, rest: Rest<'t>, indent: usize) -> Option<(String, Spot)> {
        let (folded, keeps_end) = match rest.text {
            "|" => (false, true),
            "|-" => (false, false),
            ">" => (true, true),
            ">-" => (true, false),
            _ => return None,
        };
        let (mut text, mut blank, mut inner, mut first) = (String::new(), 0, None, None);
        while let Some(line) = self.lines.get(self.at) {
            let bare = line.trim_start_matches(' ');
            let found = line.len() - bare.len();
            if bare.is_empty() {
                // Spaces may be part of the text.
                if found > 0 {
                    return None;
                }
                blank += 1;
                self.at += 1;
                continue;
            }
            if found <= indent {
                break;
            }
            let inner = *inner.get_or_insert(found);
            // Lines that stand out are folded otherwise.
            if found < inner || (folded && found > inner) {
                return None;
            }
            match (first.is_some(), folded) {
                (false, _) => text.extend(std::iter::repeat_n('\n', blank)),
                (true, true) if blank == 0 => text.push(' '),
                (true, true) => text.extend(std::iter::repeat_n('\n', blank)),
                (true, false) => text.extend(std::iter::repeat_n('\n', blank + 1)),
            }
            text.push_str(line.get(inner..)?);
            first = first.or(Some(self.spot(self.at, inner)));
            blank = 0;
            self.at += 1;
        }
        text.extend(keeps_end.then_some('\n'));
        Some((text, first?))
    }

    /// A text or a bracket on one line, and what follows it.
    fn inline(&self, rest: Rest<'t>, in_brackets: bool, depth: usize) -> Option<(Node<'t>, Rest<'t>)> {
        let at = self.spot(rest.line, rest.start);
        let scalar = |data, length| (Node { at, data }, rest.skip(length));
        match rest.text.as_bytes().first()? {
            _ if depth > DEEPEST => None,
            b'"' | b'\'' => {
                let (text, length) = quoted(rest.text)?;
                // Two texts side by side are none.
                let after = rest.text.as_bytes().get(length);
                let ends = after.is_none_or(|it| *it == b' ' || (in_brackets && b",]}".contains(it)));
                ends.then(|| scalar(Data::Text(Cow::Borrowed(text)), length))
            }
            b'[' => self.bracket(rest, depth),
            b'{' => self.braces(rest, depth),
            _ => {
                let text = plain_text(rest.text, in_brackets)?;
                Some(scalar(plain(Cow::Borrowed(text)), text.len()))
            }
        }
    }

    fn bracket(&self, rest: Rest<'t>, depth: usize) -> Option<(Node<'t>, Rest<'t>)> {
        let at = self.spot(rest.line, rest.start);
        let mut items = Vec::new();
        let mut rest = rest.skip(1);
        while !rest.text.starts_with(']') {
            let (item, after) = self.inline(rest, true, depth + 1)?;
            items.push(item);
            rest = between(after, ']')?;
        }
        Some((Node { at, data: Data::List(items) }, rest.skip(1)))
    }

    fn braces(&self, rest: Rest<'t>, depth: usize) -> Option<(Node<'t>, Rest<'t>)> {
        let at = self.spot(rest.line, rest.start);
        let mut entries = Vec::new();
        let mut rest = rest.skip(1);
        while !rest.text.starts_with('}') {
            let (name, is_text, length) =
                key(rest).filter(|(name, ..)| !name.contains([',', '[', ']', '{', '}']))?;
            let place = self.spot(rest.line, rest.start);
            let (value, after) = self.inline(rest.skip(length), true, depth + 1)?;
            if is_text {
                entries.push((Key { at: place, name: Cow::Borrowed(name) }, value));
            }
            rest = between(after, '}')?;
        }
        Some((Node { at, data: Data::Map(entries) }, rest.skip(1)))
    }
}

/// `-` with something behind it.
fn is_item(text: &str) -> bool {
    text == "-" || text.starts_with("- ")
}

/// Behind the comma, or before the end.
fn between(rest: Rest<'_>, end: char) -> Option<Rest<'_>> {
    if rest.text.starts_with(end) {
        return Some(rest);
    }
    let rest = rest.text.starts_with(',').then(|| rest.skip(1))?;
    // `[a,]` and `[a,,b]` are for the other parser.
    (!rest.text.starts_with([',', end])).then_some(rest)
}

/// The key that a text begins with, whether it is a text, and how much of the line it takes with its colon.
fn key(rest: Rest<'_>) -> Option<(&str, bool, usize)> {
    let text = rest.text;
    if text.starts_with(['"', '\'']) {
        let (name, length) = quoted(text)?;
        let after = &text[length..];
        return (after == ":" || after.starts_with(": ")).then_some((name, true, length + 1));
    }
    let end = text.find(':').filter(|it| text[it + 1..].is_empty() || text[it + 1..].starts_with(' '))?;
    let name = &text[..end];
    let is_word = |it: char| it.is_alphanumeric() || matches!(it, '_' | '.' | '-' | '/');
    let is_plain = name.chars().all(is_word) && name.starts_with(char::is_alphanumeric);
    is_plain.then(|| (name, matches!(plain(Cow::Borrowed(name)), Data::Text(_)), end + 1))
}

/// A text in quotes in which nothing is written otherwise than it is meant, and how long it is with them.
fn quoted(text: &str) -> Option<(&str, usize)> {
    let quote = text.chars().next()?;
    let inner = &text[1..];
    let end = inner.find(quote)?;
    let odd = inner[..end].contains('\\') && quote == '"';
    (!odd && !inner[end + 1..].starts_with(quote)).then(|| (&inner[..end], end + 2))
}

/// A text without quotes, to the end of the line or the bracket.
fn plain_text(text: &str, in_brackets: bool) -> Option<&str> {
    let starts = |it: char| it.is_alphanumeric() || matches!(it, '_' | '/' | '(' | '$' | '<' | '.' | '~');
    let is_number = text.starts_with(['-', '+']) && text[1..].starts_with(|it: char| it.is_ascii_digit());
    if !text.starts_with(starts) && !is_number {
        return None;
    }
    let end = if in_brackets { text.find([',', ']', '}'])? } else { text.len() };
    let text = &text[..end];
    if in_brackets && (text.contains(['[', '{', '#', ':']) || text.contains('"') || text.contains('\'')) {
        return None;
    }
    let text = text.split(" #").next().unwrap_or_default().trim_end_matches(' ');
    (!text.contains(": ") && !text.ends_with(':')).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::super::load;
    use super::*;

    /// Whether this reader takes a text; what it makes of it is what the other parser makes of it.
    fn takes(text: &str) -> bool {
        let Some(quick) = read(text, 0) else { return false };
        let whole = load(text, 0).unwrap_or_else(|it| panic!("{it}\n{text}")).unwrap();
        assert_eq!(shown(&quick), shown(&whole), "{text}");
        true
    }

    /// Where nothing stands is no place.
    fn shown(node: &Node<'_>) -> String {
        let at = (node.at.line, node.at.column);
        match &node.data {
            Data::Nothing => "nothing".to_owned(),
            Data::List(items) => format!("{at:?}{:?}", items.iter().map(shown).collect::<Vec<_>>()),
            Data::Map(entries) => {
                let entry = |(key, value): &(Key<'_>, Node<'_>)| {
                    format!("({},{}) {}: {}", key.at.line, key.at.column, key.name, shown(value))
                };
                format!("{at:?}{:?}", entries.iter().map(entry).collect::<Vec<_>>())
            }
            other => format!("{at:?} {other:?}"),
        }
    }

    #[test]
    fn what_it_takes_it_reads_as_the_other_parser_does() {
        for text in [
            "a: 1\nb: two words # and more\nc:\n  - x\n  - y: 1\n    z: [1, -2, 3.5, \"q\", 'p', true, ~]\n  - {k: v, l: {m: []}}\nd:\n- e\n",
            "# begins\n\ngroups:\n  - id: a.b\n    note: |\n      One.\n\n        Two.\n    brief: >-\n      One\n      two.\n\n      Three.\n    type:\n      members:\n        - id: x\n          value: \"x\"\n",
            "- a\n- b: c\n",
            "ü: {ö: ä, é: \"ß\"}\n'quoted key': yes\n\"k\": 0x1F\n1: one\n",
            "a:\nb: \nc: null\n",
            "a: http://x.y/z#a\nb: it's\nc: a,b [c]\nd: {}\n",
            "a: |\n\n  x\n  y\n\n\nb: >\n  x\n  y\n",
        ] {
            assert!(takes(text), "{text}");
        }
    }

    #[test]
    fn it_gives_up_where_more_is_meant() {
        for text in [
            "",
            "a: &x 1\nb: *x\n",
            "a: !!str 1\n",
            "a: \"x\\n\"\n",
            "a: 'it''s'\n",
            "a: one\n  two\n",
            "a: [1,\n  2]\n",
            "---\na: 1\n",
            "a: b: c\n",
            "a: |2\n   x\n",
            "- - a\n",
            "? a\n: b\n",
            "a: 1\n b: 2\n",
            "a: {b}\n",
            "a: [b c: d]\n",
            "a:\tb\n",
            "a: \"b\" c\n",
            "a: `b`\n",
            "a: @b\n",
            "a: [1,]\n",
            "-\n  a: 1\n",
            "a: >\n  x\n    y\n",
            "a: [\"b\"c]\n",
            "a\n",
            "a: ]\n",
            "a: {b: c\n",
            "a: >+\n  x\n",
            "a: 1\n- b\n",
            "a:\n  b: 1\n c: 2\n",
            "a:\n    - b\n  - c\n",
        ] {
            assert!(read(text, 0).is_none(), "{text}");
        }
    }

    /// Texts put together at random from what makes YAML hard: whatever is taken is read alike.
    #[test]
    fn texts_at_random_are_read_alike_or_not_at_all() {
        let pieces = [
            "a: 1\n",
            "b:\n",
            "  ",
            "- ",
            "c: x y",
            "\n",
            "[1, a]",
            "{k: v}",
            "\"q\"",
            "'s'",
            " # n\n",
            "|\n",
            ">-\n",
            "e: ",
            ": ",
            "text\n",
            "\n\n",
            "    d: 2\n",
            "  - e\n",
            "#",
            ",",
            "]",
            "}",
            "key",
            "~",
            "-1",
            ".5",
            "x:y ",
        ];
        let mut seed = 7_u64;
        let mut next = |below: usize| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (seed >> 33) as usize % below
        };
        let mut taken = 0;
        for _ in 0..30_000 {
            let count = 1 + next(9);
            let text: String = (0..count).map(|_| pieces[next(pieces.len())]).collect();
            taken += usize::from(takes(&text));
        }
        assert!(taken > 500, "{taken}");
    }
}
