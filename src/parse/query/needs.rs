//! What a file must hold for a query to match in it: texts that a pattern compares with, tokens that it names, and the words that
//! some nodes are never without. Reads the text of a query just far enough for that; where it is not sure, nothing is needed.

use tree_sitter::CaptureQuantifier;

/// For each pattern the texts that a file needs: one of each list. A file that meets one pattern's needs can match.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Needs(Vec<Vec<Vec<String>>>);

impl Needs {
    /// `words` are the nodes of the language that have a word in them, and that word.
    pub(super) fn of(query: &tree_sitter::Query, text: &str, words: &[(&str, &str)]) -> Needs {
        let pattern = |it: usize| {
            let range = query.start_byte_for_pattern(it)..query.end_byte_for_pattern(it);
            let mut reader = Reader { text: &text[range], at: 0 };
            let (mut forms, names) = (reader.forms(), query.capture_names());
            let quantifiers = query.capture_quantifiers(it);
            let is_there = |name: &str| {
                let index = names.iter().position(|it| *it == name);
                index
                    .and_then(|it| quantifiers.get(it))
                    .is_some_and(|it| matches!(it, CaptureQuantifier::One | CaptureQuantifier::OneOrMore))
            };
            let mut needed = Vec::new();
            forms.iter_mut().for_each(|it| it.needs(words, &is_there, &mut needed));
            needed.sort();
            needed.dedup();
            needed
        };
        Needs((0..query.pattern_count()).map(pattern).collect())
    }

    pub(super) fn are_met(&self, text: &str) -> bool {
        let holds = |it: &String| memchr::memmem::find(text.as_bytes(), it.as_bytes()).is_some();
        self.0.iter().any(|pattern| pattern.iter().all(|any| any.iter().any(holds)))
    }
}

/// A part of a query.
enum Form {
    /// `(…)`, and whether it must be there.
    Group(Vec<Form>, bool),
    /// `[…]`: one of these.
    Choice,
    /// `"token"`, and whether it must be there.
    Text(String, bool),
    Word(String),
}

impl Form {
    fn needs(&self, words: &[(&str, &str)], is_there: &dyn Fn(&str) -> bool, needed: &mut Vec<Vec<String>>) {
        let parts = match self {
            Form::Text(text, true) if !text.is_empty() => return needed.push(vec![text.clone()]),
            Form::Group(parts, true) => parts,
            _ => return,
        };
        match parts.first() {
            Some(Form::Word(word)) if word.starts_with('#') => needed.extend(compared(word, parts, is_there)),
            // A node that is missing is written nowhere.
            Some(Form::Word(word)) if word == "MISSING" => {}
            _ => {
                if let Some(Form::Word(kind)) = parts.first() {
                    let word = words.iter().find(|(it, _)| it == kind);
                    needed.extend(word.map(|(_, it)| vec![(*it).to_owned()]));
                }
                parts.iter().for_each(|it| it.needs(words, is_there, needed));
            }
        }
    }
}

/// `(#eq? @name "text")`, `(#any-of? @name "one" "other")`: one of the texts is there where the capture is.
fn compared(word: &str, parts: &[Form], is_there: &dyn Fn(&str) -> bool) -> Option<Vec<String>> {
    let [_, Form::Word(capture), rest @ ..] = parts else { return None };
    if !matches!(word, "#eq?" | "#any-of?") || !is_there(capture.strip_prefix('@')?) {
        return None;
    }
    let texts: Vec<String> = rest
        .iter()
        .filter_map(|it| if let Form::Text(text, _) = it { Some(text.clone()) } else { None })
        .collect();
    (!texts.is_empty() && texts.len() == rest.len()).then_some(texts)
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
}

impl Reader<'_> {
    /// Everything up to the bracket that closes, or to the end.
    fn forms(&mut self) -> Vec<Form> {
        let mut forms = Vec::new();
        while let Some(it) = self.text[self.at..].chars().next() {
            self.at += it.len_utf8();
            match it {
                '(' => {
                    let inner = self.forms();
                    forms.push(Form::Group(inner, self.must_be_there()));
                }
                '[' => {
                    self.forms();
                    forms.push(Form::Choice);
                }
                ')' | ']' => break,
                ';' => self.skip(|it| it != '\n'),
                '"' => {
                    let text = self.quoted();
                    forms.push(Form::Text(text, self.must_be_there()));
                }
                it if it.is_whitespace() => {}
                _ => {
                    let start = self.at - it.len_utf8();
                    self.skip(|it| !it.is_whitespace() && !"()[]\";".contains(it));
                    forms.push(Form::Word(self.text[start..self.at].to_owned()));
                }
            }
        }
        forms
    }

    /// Not followed by `?` or `*`.
    fn must_be_there(&self) -> bool {
        !self.text[self.at..].trim_start().starts_with(['?', '*'])
    }

    fn skip(&mut self, more: impl Fn(char) -> bool) {
        let rest = &self.text[self.at..];
        self.at += rest.find(|it| !more(it)).unwrap_or(rest.len());
    }

    fn quoted(&mut self) -> String {
        let mut text = String::new();
        let mut escaped = false;
        for it in self.text[self.at..].chars() {
            self.at += it.len_utf8();
            match it {
                'n' if escaped => text.push('\n'),
                'r' if escaped => text.push('\r'),
                't' if escaped => text.push('\t'),
                '0' if escaped => text.push('\0'),
                '\\' if !escaped => {
                    escaped = true;
                    continue;
                }
                '"' if !escaped => break,
                it => text.push(it),
            }
            escaped = false;
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse::LANGUAGES;

    fn needs(text: &str) -> Vec<Vec<Vec<String>>> {
        let language = &LANGUAGES[0];
        let query = tree_sitter::Query::new(&(language.grammar)(), text).unwrap();
        Needs::of(&query, text, language.words).0
    }

    fn one(text: &str) -> Vec<Vec<String>> {
        needs(text).remove(0)
    }

    #[test]
    fn a_file_needs_what_a_pattern_compares_with() {
        assert_eq!(one("((identifier) @a (#eq? @a \"pri\\\"nt\"))"), [["pri\"nt"]]);
        assert_eq!(one("((identifier) @a (#any-of? @a \"x\" \"y\"))"), [["x", "y"]]);
        assert_eq!(one("((identifier) @a (#not-eq? @a \"x\"))"), [[""; 0]; 0]);
        assert_eq!(one("(call function: [(identifier) @a (attribute) @b] (#eq? @a \"x\")) @c"), [[""; 0]; 0]);
    }

    #[test]
    fn a_file_needs_the_words_of_nodes_and_tokens() {
        assert_eq!(one("(try_statement (except_clause) @a)"), [["except"], ["try"]]);
        assert_eq!(one("(try_statement (finally_clause)? @a) @t"), [["try"]]);
        assert_eq!(one("(binary_operator operator: \"**\") @a"), [["**"]]);
        assert_eq!(one("[(try_statement) (with_statement)] @a ; try"), [[""; 0]; 0]);
    }

    #[test]
    fn each_pattern_has_needs_of_its_own() {
        let query = "(try_statement) @a (with_statement) @b";
        assert_eq!(needs(query), [[["try"]], [["with"]]]);
        let needs = Needs(needs(query));
        assert!(needs.are_met("with a: pass") && needs.are_met("try: pass"));
        assert!(!needs.are_met("a = 1"));
    }

    /// Each word is in every node of its kind, or files would be passed over that can match.
    #[test]
    fn the_words_of_nodes_are_really_in_them() {
        let sample = |language: &str| match language {
            "python" => include_str!("../../../fixtures/queries/python.py"),
            _ => include_str!("../../../fixtures/queries/rust.rs"),
        };
        for language in LANGUAGES {
            let text = sample(language.name);
            let mut parser = tree_sitter::Parser::new();
            parser.set_language(&(language.grammar)()).unwrap();
            let tree = parser.parse(text, None).unwrap();
            assert!(!tree.root_node().has_error(), "{}", tree.root_node().to_sexp());
            let mut due = vec![tree.root_node()];
            let mut met = Vec::new();
            while let Some(node) = due.pop() {
                if let Some((kind, word)) = language.words.iter().find(|(it, _)| *it == node.kind()) {
                    assert!(text[node.byte_range()].contains(word), "{kind} without `{word}`");
                    met.push(*kind);
                }
                due.extend((0..node.child_count()).filter_map(|it| node.child(it)));
            }
            let missing: Vec<_> = language.words.iter().filter(|(it, _)| !met.contains(it)).collect();
            assert!(missing.is_empty(), "the sample of {} shows none of {missing:?}", language.name);
        }
    }
}
