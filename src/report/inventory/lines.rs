//! A record as one line of JSON. Written by hand, straight into bytes: there are hundreds of thousands of them, and their keys must
//! keep their order.

use super::kinds::{Common, Record};
use crate::text::Symbol;

pub(super) struct JsonRecord<'b> {
    out: &'b mut Vec<u8>,
}

impl<'b> JsonRecord<'b> {
    pub(super) fn open(out: &'b mut Vec<u8>, common: &Common<'_>) -> JsonRecord<'b> {
        out.extend_from_slice(b"{\"kind\":");
        string(out, common.kind);
        let mut record = JsonRecord { out };
        record.text("language", common.language);
        record.text("file", common.file);
        record.number("line", common.line);
        record.number("column", common.column);
        record.number("end_line", common.end_line);
        record.maybe("function", common.function);
        record
    }

    pub(super) fn close(self) {
        self.out.extend_from_slice(b"}\n");
    }

    /// Keys are plain words and need no escapes.
    fn key(&mut self, key: &str) {
        self.out.extend_from_slice(b",\"");
        self.out.extend_from_slice(key.as_bytes());
        self.out.extend_from_slice(b"\":");
    }

    fn number(&mut self, key: &str, value: u32) {
        self.key(key);
        let mut digits = [0; 10];
        let mut from = digits.len();
        let mut rest = value;
        loop {
            from -= 1;
            digits[from] = b'0' + (rest % 10) as u8;
            rest /= 10;
            if rest == 0 {
                break;
            }
        }
        self.out.extend_from_slice(&digits[from..]);
    }
}

impl Record for JsonRecord<'_> {
    fn text(&mut self, key: &'static str, value: &str) {
        self.key(key);
        string(self.out, value);
    }

    fn null(&mut self, key: &'static str) {
        self.key(key);
        self.out.extend_from_slice(b"null");
    }

    fn flag(&mut self, key: &'static str, value: bool) {
        self.key(key);
        self.out.extend_from_slice(if value { b"true".as_slice() } else { b"false" });
    }

    fn list(&mut self, key: &'static str, values: &[Symbol]) {
        self.key(key);
        self.out.push(b'[');
        for (at, value) in values.iter().enumerate() {
            if at > 0 {
                self.out.push(b',');
            }
            string(self.out, value.as_str());
        }
        self.out.push(b']');
    }
}

fn string(out: &mut Vec<u8>, text: &str) {
    out.push(b'"');
    let mut copied = 0;
    for (at, byte) in text.bytes().enumerate() {
        if byte >= 0x20 && byte != b'"' && byte != b'\\' {
            continue;
        }
        out.extend_from_slice(&text.as_bytes()[copied..at]);
        copied = at + 1;
        match byte {
            b'"' => out.extend_from_slice(b"\\\""),
            b'\\' => out.extend_from_slice(b"\\\\"),
            b'\n' => out.extend_from_slice(b"\\n"),
            b'\t' => out.extend_from_slice(b"\\t"),
            other => out.extend_from_slice(format!("\\u{other:04x}").as_bytes()),
        }
    }
    out.extend_from_slice(&text.as_bytes()[copied..]);
    out.push(b'"');
}

#[cfg(test)]
mod tests {
    #[test]
    fn strings_are_escaped_as_json_has_it() {
        for text in ["", "plain", "\"q\" \\ \n\t\r\u{1}\u{7f}", "ü ‹日本› 🦀"] {
            let mut out = Vec::new();
            super::string(&mut out, text);
            assert_eq!(serde_json::from_slice::<String>(&out).unwrap(), text);
        }
    }
}
