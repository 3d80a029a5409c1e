//! Bytes to text: byte order marks, coding cookies (PEP 263) and, at the worst, replacement characters. Never fails.

pub(super) struct Decoded {
    pub(super) text: String,
    /// What had to be guessed.
    pub(super) problem: Option<String>,
}

pub(super) fn decode(bytes: Vec<u8>) -> Decoded {
    if let Some(rest) = bytes.strip_prefix(b"\xef\xbb\xbf") {
        return utf8(rest.to_vec(), None);
    }
    let cookie = cookie(&bytes).map(|it| it.to_ascii_lowercase().replace('_', "-"));
    match cookie.as_deref() {
        Some("latin-1" | "latin1" | "iso-8859-1" | "iso8859-1" | "l1") => {
            Decoded { text: bytes.iter().map(|it| char::from(*it)).collect(), problem: None }
        }
        Some("cp1252" | "windows-1252") => {
            Decoded { text: bytes.iter().map(|it| windows_1252(*it)).collect(), problem: None }
        }
        None | Some("utf-8" | "utf8" | "utf-8-sig" | "ascii" | "us-ascii") => utf8(bytes, None),
        Some(other) => utf8(bytes, Some(other)),
    }
}

fn utf8(bytes: Vec<u8>, declared: Option<&str>) -> Decoded {
    match String::from_utf8(bytes) {
        Ok(text) => Decoded { text, problem: None },
        Err(error) => {
            let text = String::from_utf8_lossy(error.as_bytes()).into_owned();
            let what = declared.map_or_else(
                || "is not UTF-8".to_owned(),
                |it| format!("declares the encoding `{it}`, which otcov cannot read"),
            );
            Decoded { text, problem: Some(format!("{what}; what could not be read was replaced")) }
        }
    }
}

/// The name in `# -*- coding: NAME -*-`, in a comment on one of the first two lines.
fn cookie(bytes: &[u8]) -> Option<&str> {
    let mut lines = bytes.split(|it| *it == b'\n');
    let first = lines.next()?.trim_ascii_start();
    if let Some(found) = cookie_of_line(first) {
        return Some(found);
    }
    let may_continue = first.is_empty() || first.starts_with(b"#");
    lines.next().filter(|_| may_continue).and_then(|it| cookie_of_line(it.trim_ascii_start()))
}

fn cookie_of_line(line: &[u8]) -> Option<&str> {
    if !line.starts_with(b"#") {
        return None;
    }
    let at = line.windows(7).position(|it| matches!(it, b"coding:" | b"coding="))?;
    let rest = line[at + 7..].trim_ascii_start();
    let end =
        rest.iter().position(|it| !(it.is_ascii_alphanumeric() || b"-_.".contains(it))).unwrap_or(rest.len());
    std::str::from_utf8(&rest[..end]).ok().filter(|it| !it.is_empty())
}

/// Where Windows-1252 differs from Latin-1; unassigned bytes keep their control characters.
fn windows_1252(byte: u8) -> char {
    const HIGH: [char; 32] = [
        '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8d}', 'Ž', '\u{8f}',
        '\u{90}', '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9d}', 'ž', 'Ÿ',
    ];
    match byte {
        0x80..=0x9f => HIGH[usize::from(byte - 0x80)],
        _ => char::from(byte),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(bytes: &[u8]) -> (String, Option<String>) {
        let decoded = decode(bytes.to_vec());
        (decoded.text, decoded.problem)
    }

    #[test]
    fn a_byte_order_mark_is_dropped() {
        assert_eq!(text(b"\xef\xbb\xbfx = 1"), ("x = 1".to_owned(), None));
    }

    #[test]
    fn coding_cookies_are_honoured() {
        assert_eq!(text(b"# -*- coding: latin-1 -*-\n\xe9").0, "# -*- coding: latin-1 -*-\né");
        assert_eq!(text(b"#!/bin/x\n# vim: set fileencoding=cp1252 :\n\x80").0.chars().last(), Some('€'));
        assert_eq!(text(b"x = 1\n# coding: latin-1\n\xc3\xa9").0.chars().last(), Some('é'));
    }

    #[test]
    fn what_cannot_be_read_is_replaced_and_said() {
        let (text, problem) = text(b"x = '\xff'");
        assert_eq!(text, "x = '\u{fffd}'");
        assert_eq!(problem.as_deref(), Some("is not UTF-8; what could not be read was replaced"));
        let decoded = decode(b"# coding: shift_jis\n\x82\xa0".to_vec());
        assert!(decoded.problem.is_some_and(|it| it.contains("`shift-jis`")));
    }
}
