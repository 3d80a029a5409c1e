//! From what an edit means to the exact bytes: each function looks at the text and gives none where it is not what was expected.

use crate::text::Span;

type Exact = Option<(Span, String)>;

/// A name in quotes, or the name of a field before its `=`.
pub(super) fn name(text: &str, span: Span, old: &str, new: &str, lexical: bool) -> Exact {
    let plain = |it: char| it.is_alphanumeric() || "._-/%{}".contains(it);
    let written = text.get(span.start as usize..span.end as usize)?;
    if new.is_empty() || !new.chars().all(plain) {
        return None;
    }
    if written == old {
        let after = text.get(span.end as usize..)?.trim_start();
        let is_field = lexical && after.starts_with('=') && !after.starts_with("==") && is_path(new);
        return is_field.then(|| (span, new.to_owned()));
    }
    let content = content(written, new, lexical)?;
    let start = span.start + content.start as u32;
    let is_it = &written[content.clone()] == old;
    is_it.then(|| (Span { start, end: start + content.len() as u32 }, new.to_owned()))
}

fn is_path(name: &str) -> bool {
    let is_word = |it: &str| it.starts_with(|it: char| it.is_alphabetic() || it == '_');
    name.split('.').all(|it| is_word(it) && it.chars().all(|it| it.is_alphanumeric() || it == '_'))
}

/// What is between the quotes of one string.
fn content(written: &str, new: &str, lexical: bool) -> Option<std::ops::Range<usize>> {
    let start = written.find(['"', '\''])?;
    let (prefix, rest) = written.split_at(start);
    let hashes = if lexical { prefix.trim_start_matches('r') } else { "" };
    let known = if lexical {
        hashes.chars().all(|it| it == '#')
    } else {
        prefix.chars().all(|it| "rRuUfF".contains(it))
    };
    // Braces mean something in a template.
    let is_template = !lexical && prefix.contains(['f', 'F']);
    if !known || (is_template && new.contains(['{', '}'])) {
        return None;
    }
    let quote = ["\"\"\"", "'''", "\"", "'"]
        .into_iter()
        .find(|it| rest.starts_with(it) && rest.len() >= 2 * it.len())?;
    let inner = rest.strip_suffix(hashes)?.strip_prefix(quote)?.strip_suffix(quote)?;
    let start = start + quote.len();
    (!inner.contains(['"', '\'', '\\'])).then(|| start..start + inner.len())
}

/// `let _ = value;` and the bare `value;` become `let name = value;`.
pub(super) fn keep(text: &str, span: Span, name: &str) -> Exact {
    let (before, after) = (text.get(..span.start as usize)?, text.get(span.end as usize..)?);
    if !after.trim_start().starts_with(';') {
        return None;
    }
    let left = before.trim_end();
    if left.is_empty() || left.ends_with(['{', '}', ';']) {
        return Some((Span { start: span.start, end: span.start }, format!("let {name} = ")));
    }
    let left = left.strip_suffix('=')?.trim_end().strip_suffix('_')?;
    let keyword = left.trim_end();
    let is_word = |it: char| it.is_alphanumeric() || it == '_';
    let is_let =
        keyword.len() < left.len() && keyword.strip_suffix("let").is_some_and(|it| !it.ends_with(is_word));
    let start = left.len() as u32;
    is_let.then(|| (Span { start, end: start + 1 }, name.to_owned()))
}

/// `#[instrument]` and `#[instrument(skip(x))]` with one argument more.
pub(super) fn argument(text: &str, span: Span, word: &str) -> Exact {
    let written = text.get(span.start as usize..span.end as usize)?;
    let inner = written.strip_prefix("#[").and_then(|it| it.strip_suffix(']')).unwrap_or(written);
    let offset = span.start + (written.len() - inner.len()).min(2) as u32;
    let is_name = |it: &str| it.rsplit("::").next().is_some_and(|it| it.trim() == "instrument");
    let at = |index: usize| Span { start: offset + index as u32, end: offset + index as u32 };
    let Some((path, rest)) = inner.split_once('(') else {
        return is_name(inner).then(|| (at(inner.trim_end().len()), format!("({word})")));
    };
    let arguments = rest.trim_end().strip_suffix(')')?;
    // Behind a comment nothing would be read.
    if !is_name(path) || arguments.contains("//") {
        return None;
    }
    let given = arguments.trim_end();
    let new = match given.chars().last() {
        None => word.to_owned(),
        Some(',') => format!(" {word}"),
        Some(_) => format!(", {word}"),
    };
    Some((at(path.len() + 1 + given.len()), new))
}

/// `# otcov: ignore[a, b] -- reason` without one of its words; the whole comment with its last word, and with it the line that it
/// is alone on.
pub(super) fn unsay(text: &str, span: Span, word: &str) -> Exact {
    let written = text.get(span.start as usize..span.end as usize)?;
    let open = written.find('[')?;
    let close = open + written[open..].find(']')?;
    let names: Vec<&str> =
        written[open + 1..close].split(',').map(str::trim).filter(|it| !it.is_empty()).collect();
    let kept: Vec<&str> = names.iter().copied().filter(|it| *it != word).collect();
    if kept.len() == names.len() {
        return None;
    }
    if !kept.is_empty() {
        let list = Span { start: span.start + open as u32 + 1, end: span.start + close as u32 };
        return Some((list, kept.join(", ")));
    }
    // What else stands in the comment is addressed to others, or may be.
    let rest = written[close + 1..].trim();
    let is_reason =
        rest.is_empty() || (rest.starts_with("--") && !rest.contains(['#', ':']) && !rest.contains("//"));
    is_reason.then(|| (comment(text, span), String::new()))
}

/// A comment with the white space before it, and with its line where nothing else is on it.
fn comment(text: &str, span: Span) -> Span {
    let before = &text[..span.start as usize];
    let blank = before.len() - before.trim_end_matches([' ', '\t']).len();
    let start = before.len() - blank;
    let is_alone = start == 0 || text.as_bytes()[start - 1] == b'\n';
    let end = span.end as usize;
    let line_end = text[end..].find('\n').map_or(text.len(), |it| end + it + 1);
    let end = if is_alone && text[end..line_end].trim().is_empty() { line_end } else { end };
    Span { start: start as u32, end: end as u32 }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Applies what a function makes of the part of a text between `«` and `»`.
    fn with(marked: &str, settle: impl Fn(&str, Span) -> Exact) -> Option<String> {
        let (before, rest) = marked.split_once('«').unwrap();
        let (inner, after) = rest.split_once('»').unwrap();
        let text = format!("{before}{inner}{after}");
        let start = before.len() as u32;
        let (span, new) = settle(&text, Span { start, end: start + inner.len() as u32 })?;
        Some(format!("{}{new}{}", &text[..span.start as usize], &text[span.end as usize..]))
    }

    #[test]
    fn a_name_is_one_string_or_one_field() {
        let python = |it: &str| with(it, |text, span| name(text, span, "a.b", "c.d", false));
        let rust = |it: &str| with(it, |text, span| name(text, span, "a.b", "c.d", true));
        assert_eq!(python("f(«\"a.b\"», 1)").as_deref(), Some("f(\"c.d\", 1)"));
        assert_eq!(python("f(«rf'a.b'»)").as_deref(), Some("f(rf'c.d')"));
        assert_eq!(python("f(«'''a.b'''»)").as_deref(), Some("f('''c.d''')"));
        assert_eq!(rust("f(«r#\"a.b\"#»)").as_deref(), Some("f(r#\"c.d\"#)"));
        assert_eq!(rust("span!(«a.b» = 1)").as_deref(), Some("span!(c.d = 1)"));
        for it in
            ["f(«\"a\" \".b\"»)", "f(«b'a.b'»)", "f(«NAME»)", "f(«t['a.b']»)", "f(«'a.bc'»)", "f(«a.b»)"]
        {
            assert_eq!(python(it), None, "{it}");
        }
        for it in ["span!(«a.b»)", "span!(«a.b» == 1)", "f(«concat!(\"a\", \".b\")»)"] {
            assert_eq!(rust(it), None, "{it}");
        }
        let quoted = |it: &str| with(it, |text, span| name(text, span, "a.b", "c\"d", false));
        assert_eq!(quoted("f(«'a.b'»)"), None);
        let braces = |it: &str| with(it, |text, span| name(text, span, "a.b", "{a}", false));
        assert_eq!(braces("f(«'a.b'»)").as_deref(), Some("f('{a}')"));
        assert_eq!(braces("f(«f'a.b'»)"), None);
    }

    #[test]
    fn a_guard_gets_a_name() {
        let kept = |it: &str| with(it, |text, span| keep(text, span, "_guard"));
        assert_eq!(kept("{ let _ = «s.enter()»; f() }").as_deref(), Some("{ let _guard = s.enter(); f() }"));
        assert_eq!(kept("{ «s.enter()»; f() }").as_deref(), Some("{ let _guard = s.enter(); f() }"));
        assert_eq!(kept("{ let _: G = «s.enter()»; }"), None);
        assert_eq!(kept("{ outlet _ = «s.enter()»; }"), None);
        assert_eq!(kept("f(«s.enter()»);"), None);
    }

    #[test]
    fn an_attribute_gets_an_argument() {
        let told = |it: &str| with(it, |text, span| argument(text, span, "err"));
        assert_eq!(told("«#[instrument]»").as_deref(), Some("#[instrument(err)]"));
        assert_eq!(told("#[«tracing::instrument»]").as_deref(), Some("#[tracing::instrument(err)]"));
        assert_eq!(told("#[«instrument(skip(a))»]").as_deref(), Some("#[instrument(skip(a), err)]"));
        assert_eq!(
            told("«#[instrument(\n    skip(a),\n)]»").as_deref(),
            Some("#[instrument(\n    skip(a), err\n)]")
        );
        assert_eq!(told("#[«instrument()»]").as_deref(), Some("#[instrument(err)]"));
        assert_eq!(told("#[«instrument(a // all\n)»]"), None);
        assert_eq!(told("#[«other»]"), None);
        assert_eq!(told("#[«cfg_attr(feature = \"t\", instrument)»]"), None);
    }

    #[test]
    fn a_suppression_loses_a_word_or_goes() {
        let unsaid = |it: &str| with(it, |text, span| unsay(text, span, "a"));
        assert_eq!(
            unsaid("x  «# otcov: ignore[b, a] -- why»\n").as_deref(),
            Some("x  # otcov: ignore[b] -- why\n")
        );
        assert_eq!(unsaid("x  «# otcov: ignore[a] -- why»\r\ny").as_deref(), Some("x\r\ny"));
        assert_eq!(unsaid("x\n  «# otcov: ignore[a]»\ny").as_deref(), Some("x\ny"));
        assert_eq!(unsaid("x\n«// otcov: ignore[a]»").as_deref(), Some("x\n"));
        assert_eq!(unsaid("x «# otcov: ignore[a]  # noqa: E501»"), None);
        assert_eq!(unsaid("x «# otcov: ignore[b]»"), None);
    }
}
