//! The identity that GitHub gives a line when a report names none: a polynomial over the line and what follows it, blanks aside,
//! with a number for the lines that look the same. Spelt the same way here, so that reports that reach it by other ways than its
//! own uploader are told apart as well, and the uploader finds nothing to complain of.

use std::collections::HashMap;

/// So many characters take part, from the start of the line on.
const LENGTH: usize = 100;
const FACTOR: u64 = 37;
/// What stands for the end of the file.
const END: u16 = u16::MAX;

/// One identity for each line of a text, the first line's first.
pub(super) fn line_hashes(text: &str) -> Vec<String> {
    let (characters, starts) = without_blanks(text);
    let mut seen: HashMap<u64, u32> = HashMap::new();
    let mut one = |start: &usize| {
        let after = characters[*start..].iter().copied().chain(std::iter::repeat(0));
        let hash =
            after.take(LENGTH).fold(0, |hash: u64, it| hash.wrapping_mul(FACTOR).wrapping_add(it.into()));
        let count = seen.entry(hash).or_default();
        *count += 1;
        format!("{hash:x}:{count}")
    };
    starts.iter().map(&mut one).collect()
}

/// The text as UTF-16 without spaces and tabs, every line end as one `\n`, and where its lines begin.
fn without_blanks(text: &str) -> (Vec<u16>, Vec<usize>) {
    const CR: u16 = b'\r' as u16;
    const LF: u16 = b'\n' as u16;
    const BLANKS: [u16; 2] = [b' ' as u16, b'\t' as u16];
    let mut characters = Vec::with_capacity(text.len() + 1);
    let mut starts = vec![0];
    let mut after_return = false;
    for unit in text.encode_utf16() {
        if BLANKS.contains(&unit) || (after_return && unit == LF) {
            after_return = false;
            continue;
        }
        after_return = unit == CR;
        let is_end = after_return || unit == LF;
        characters.push(if is_end { LF } else { unit });
        if is_end {
            starts.push(characters.len());
        }
    }
    characters.push(END);
    (characters, starts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_have_the_identities_that_github_gives_them() {
        assert_eq!(line_hashes(""), ["c129715d7a2bc9a3:1"]);
        let four = ["271789c17abda88f:1", "54703d4cd895b18:1", "180aee12dab6264:1", "a23a3dc5e078b07b:1"];
        assert_eq!(line_hashes(" a\nb\n  \t\tc\n d"), four);
        let ends = "e9496ae3ebfced30:1 fb7c023a8b9ccb3f:1 ce8ba1a563dcdaca:1 e20e36e16fcb0cc8:1 b3edc88f2938467e:1 \
                    c8e28b0b4002a3a0:1 c129715d7a2bc9a3:1";
        for text in [
            " hello; \t\nworld!!!\n\n\n  \t\tGreetings\n End\n",
            " hello; \t\r\nworld!!!\r\n\r\n\r\n  \t\tGreetings\r\n End\r\n",
            " hello; \t\rworld!!!\r\r\r  \t\tGreetings\r End\r",
        ] {
            assert_eq!(line_hashes(text).join(" "), ends);
        }
    }

    #[test]
    fn lines_that_look_the_same_are_numbered() {
        let hashes = line_hashes(&"Lorem ipsum dolor sit amet.\n".repeat(10));
        assert_eq!(hashes[0], "a7f2ff13bc495cf2:1");
        assert_eq!(hashes[5], "a7f2ff13bc495cf2:6");
        assert_eq!(hashes[6], "a7f2ff1481e87703:1");
    }
}
