//! How deeply brackets are nested. The parser goes down as far as they do, so a file that goes too far is told before.

/// Nobody writes this by hand.
const DEEPEST: u32 = 256;

/// What the place of brackets depends on; all other characters are passed over.
const MATTERS: [bool; 256] = {
    let mut matters = [false; 256];
    let mut rest: &[u8] = b"()[]{}\"r'/";
    while let [first, more @ ..] = rest {
        matters[*first as usize] = true;
        rest = more;
    }
    matters
};

/// The place of the first bracket that is nested too deeply.
pub(super) fn too_deep(text: &str) -> Option<u32> {
    let bytes = text.as_bytes();
    let mut depth = 0u32;
    let mut at = 0;
    while let Some(step) = bytes[at.min(bytes.len())..].iter().position(|it| MATTERS[usize::from(*it)]) {
        at += step;
        match bytes[at] {
            b'(' | b'[' | b'{' => {
                depth += 1;
                if depth > DEEPEST {
                    return Some(at as u32);
                }
            }
            b')' | b']' | b'}' => depth = depth.saturating_sub(1),
            b'"' => at = after_string(bytes, at),
            b'r' if !is_name_before(bytes, at) => at = after_raw_string(bytes, at),
            b'\'' => at = after_character(bytes, at),
            b'/' if bytes.get(at + 1) == Some(&b'/') => {
                at += memchr::memchr(b'\n', &bytes[at..]).unwrap_or(bytes.len() - at);
            }
            b'/' if bytes.get(at + 1) == Some(&b'*') => {
                at += memchr::memmem::find(&bytes[at..], b"*/").map_or(bytes.len() - at, |it| it + 1);
            }
            _ => {}
        }
        at += 1;
    }
    None
}

fn is_name_before(bytes: &[u8], at: usize) -> bool {
    let before = at.checked_sub(1).map(|it| bytes[it]);
    // `br"…"` is a raw string too.
    before.is_some_and(|it| it != b'b' && (it.is_ascii_alphanumeric() || it == b'_'))
}

/// The closing quote of a string that opens here.
fn after_string(bytes: &[u8], open: usize) -> usize {
    let mut at = open + 1;
    while at < bytes.len() {
        match bytes[at] {
            b'\\' => at += 1,
            b'"' => return at,
            _ => {}
        }
        at += 1;
    }
    at
}

/// The end of `r#"…"#`; the same place where no raw string begins.
fn after_raw_string(bytes: &[u8], start: usize) -> usize {
    let hashes = bytes[start + 1..].iter().take_while(|it| **it == b'#').count();
    let open = start + 1 + hashes;
    if bytes.get(open) != Some(&b'"') {
        return start;
    }
    let mut closing = vec![b'"'];
    closing.resize(hashes + 1, b'#');
    match memchr::memmem::find(&bytes[open + 1..], &closing) {
        Some(found) => open + 1 + found + hashes,
        None => bytes.len(),
    }
}

/// The end of `'x'`, `'\''`; the same place for a lifetime.
fn after_character(bytes: &[u8], open: usize) -> usize {
    match bytes.get(open + 1) {
        Some(b'\\') => {
            let rest = &bytes[(open + 3).min(bytes.len())..];
            open + 3 + memchr::memchr(b'\'', rest).unwrap_or(rest.len())
        }
        Some(_) if bytes.get(open + 2) == Some(&b'\'') => open + 2,
        _ => open,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_real_brackets_count() {
        let deep = |open: &str| open.repeat(300);
        assert!(too_deep(&format!("fn f() {{ {} }}", deep("("))).is_some());
        assert!(too_deep(&format!("const A: &str = \"{}\";", deep("("))).is_none());
        assert!(too_deep(&format!("const A: &str = r#\"{} \" \"#;", deep("["))).is_none());
        assert!(too_deep(&format!("// {}\n/* {} */ fn f<'a>() {{}}", deep("{"), deep("{"))).is_none());
        assert!(too_deep(&"const A: char = '(';\nconst B: u8 = b'\\'';".repeat(300)).is_none());
    }
}
