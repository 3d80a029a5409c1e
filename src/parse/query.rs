//! Queries of the configuration over syntax trees. The only place that knows `tree_sitter`, beside the one that finds what is intact in broken files of Rust.
//!
//! A query is run while its file is parsed, and what it captures becomes facts: nobody behind the parser sees a tree. Only files
//! that hold the texts that a query cannot do without are parsed this second way.

mod needs;

use std::fmt;

use tree_sitter::{Parser, QueryCursor, QueryPredicateArg, StreamingIterator};

use self::needs::Needs;
use crate::facts::{Capture, Facts, Match};
use crate::parse::Language;
use crate::text::{Span, Symbol};

/// More of a captured text is not told in a message.
const LONGEST_TEXT: usize = 80;

/// A query that is sound, and what it needs of a file.
pub(crate) struct Query {
    /// The name of its language.
    pub(crate) language: &'static str,
    compiled: tree_sitter::Query,
    needs: Needs,
    names: Vec<Symbol>,
    /// What it asks of its captures that no syntax tree can answer: `(#in-span? @call)`.
    pub(crate) conditions: Vec<Condition>,
}

/// One question of one pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Condition {
    pub(crate) pattern: u32,
    /// As written, without `#` and `?`.
    pub(crate) word: String,
    pub(crate) captures: Vec<Symbol>,
    pub(crate) texts: Vec<String>,
    /// Where it is written in the query.
    pub(crate) at: usize,
}

/// What is wrong in a query, and where in its text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fault {
    pub(crate) at: usize,
    pub(crate) message: String,
}

impl fmt::Debug for Query {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Query").field("language", &self.language).field("needs", &self.needs).finish()
    }
}

impl Query {
    pub(crate) fn new(language: &Language, text: &str) -> Result<Query, Fault> {
        let grammar = (language.grammar)();
        let compiled = tree_sitter::Query::new(&grammar, text).map_err(|it| fault(text, &it))?;
        if compiled.pattern_count() == 0 {
            return Err(Fault { at: 0, message: "the query has no pattern".to_owned() });
        }
        let names: Vec<Symbol> = compiled.capture_names().iter().map(|it| Symbol::new(it)).collect();
        if names.is_empty() {
            return Err(Fault {
                at: 0,
                message: "the query captures nothing: mark a node with `@name`".to_owned(),
            });
        }
        let needs = Needs::of(&compiled, text, language.words);
        let conditions =
            (0..compiled.pattern_count()).flat_map(|it| conditions(&compiled, &names, text, it)).collect();
        Ok(Query { language: language.name, compiled, needs, names, conditions })
    }

    pub(crate) fn captures(&self) -> &[Symbol] {
        &self.names
    }
}

/// Runs all queries over one file, and adds what they capture to its facts; each query is known by its number.
pub(crate) fn run(queries: &[Query], language: &Language, text: &str, facts: &mut Facts) {
    let can_match = |it: &&(usize, &Query)| it.1.language == language.name && it.1.needs.are_met(text);
    let numbered: Vec<(usize, &Query)> = queries.iter().enumerate().collect();
    let wanted: Vec<&(usize, &Query)> = numbered.iter().filter(can_match).collect();
    if wanted.is_empty() {
        return;
    }
    let mut parser = Parser::new();
    if parser.set_language(&(language.grammar)()).is_err() {
        return;
    }
    let Some(tree) = parser.parse(text, None) else { return };
    for (number, query) in wanted {
        let mut cursor = QueryCursor::new();
        let mut found = cursor.matches(&query.compiled, tree.root_node(), text.as_bytes());
        while let Some(it) = found.next() {
            let start = facts.captures.len() as u32;
            facts.captures.extend(it.captures().iter().map(|it| {
                let range = it.node.byte_range();
                let span = Span { start: range.start as u32, end: range.end as u32 };
                Capture { name: query.names[it.index as usize], span, text: shortened(&text[range]) }
            }));
            let captures = start..facts.captures.len() as u32;
            facts.matches.push(Match { query: *number as u32, pattern: it.pattern_index as u32, captures });
        }
    }
}

/// The first line, and no more of it than a message can take.
fn shortened(text: &str) -> Symbol {
    let line = text.lines().next().unwrap_or_default().trim_end();
    let cut = line.char_indices().nth(LONGEST_TEXT).map_or(line.len(), |(at, _)| at);
    if cut == text.len() { Symbol::new(text) } else { Symbol::new(&format!("{}…", &line[..cut])) }
}

fn conditions(query: &tree_sitter::Query, names: &[Symbol], text: &str, pattern: usize) -> Vec<Condition> {
    let range = query.start_byte_for_pattern(pattern)..query.end_byte_for_pattern(pattern);
    let mut from = range.start;
    let read = |it: &tree_sitter::QueryPredicate| {
        let written = format!("#{}", it.operator);
        // They come in the order in which they are written.
        let at = text[from..range.end].find(&written).map_or(range.start, |at| from + at);
        from = (at + 1).min(range.end);
        let captures = it.args.iter().filter_map(|it| match it {
            QueryPredicateArg::Capture(index) => names.get(*index as usize).copied(),
            QueryPredicateArg::String(_) => None,
        });
        let texts = it.args.iter().filter_map(|it| match it {
            QueryPredicateArg::String(text) => Some(text.to_string()),
            QueryPredicateArg::Capture(_) => None,
        });
        Condition {
            pattern: pattern as u32,
            word: it.operator.trim_end_matches('?').to_owned(),
            captures: captures.collect(),
            texts: texts.collect(),
            at,
        }
    };
    query.general_predicates(pattern).iter().map(read).collect()
}

fn fault(text: &str, error: &tree_sitter::QueryError) -> Fault {
    use tree_sitter::QueryErrorKind as Kind;
    let word = error.message.trim_matches(['"', '@']);
    let message = match error.kind {
        Kind::NodeType => format!("there is no node `{word}` in this language"),
        Kind::Field => format!("there is no field `{word}` in this language"),
        Kind::Capture => {
            format!("there is no capture `@{word}` in this pattern")
        }
        Kind::Structure => "no syntax tree of this language looks like that".to_owned(),
        Kind::Predicate => error.message.clone(),
        Kind::Syntax => "this is no tree-sitter query".to_owned(),
        Kind::Language => "the grammar and the library do not fit together".to_owned(),
    };
    let at = match error.kind {
        // Of a predicate only the row of its pattern is known.
        Kind::Predicate => text.split_inclusive('\n').take(error.row).map(str::len).sum(),
        _ => error.offset.min(text.len()),
    };
    Fault { at, message }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse::LANGUAGES;

    fn python() -> &'static Language {
        LANGUAGES.iter().find(|it| it.name == "python").unwrap()
    }

    fn fault_of(text: &str) -> (usize, String) {
        let fault = Query::new(python(), text).unwrap_err();
        (fault.at, fault.message)
    }

    #[test]
    fn what_is_captured_becomes_facts() {
        let query = Query::new(python(), "(call function: (identifier) @name) @call").unwrap();
        let mut facts = Facts::default();
        run(&[query], python(), "import a\nprint(1)\n", &mut facts);
        let told: Vec<(&str, &str)> =
            facts.captures.iter().map(|it| (it.name.as_str(), it.text.as_str())).collect();
        assert_eq!(told, [("call", "print(1)"), ("name", "print")]);
        assert_eq!(facts.matches.len(), 1);
    }

    #[test]
    fn what_is_wrong_in_a_query_has_its_place() {
        assert_eq!(fault_of("(cal) @x"), (1, "there is no node `cal` in this language".to_owned()));
        assert_eq!(fault_of("(call) @x (#eq? @y \"a\")").1, "there is no capture `@y` in this pattern");
        assert_eq!(fault_of("(call").1, "this is no tree-sitter query");
        assert_eq!(fault_of("; nothing").1, "the query has no pattern");
        assert!(fault_of("(call)").1.starts_with("the query captures nothing"));
        assert_eq!(fault_of("(call) @y\n((call) @x\n  (#match? @x \"(\"))").0, 10);
    }

    #[test]
    fn what_only_the_program_can_answer_is_kept_with_its_place() {
        let text =
            "((call) @c (#in-span? @c) (#eq? @c \"x\"))\n((call) @d (#calls-role? @d \"db\" \"http\"))";
        let query = Query::new(python(), text).unwrap();
        let told: Vec<(u32, &str, usize, usize)> =
            query.conditions.iter().map(|it| (it.pattern, it.word.as_str(), it.texts.len(), it.at)).collect();
        assert_eq!(told, [(0, "in-span", 0, 12), (1, "calls-role", 2, 53)]);
    }

    #[test]
    fn a_long_capture_is_cut() {
        assert_eq!(shortened("a\nb").as_str(), "a…");
        assert_eq!(shortened(&"x".repeat(90)).as_str().chars().count(), LONGEST_TEXT + 1);
        assert_eq!(shortened("abc").as_str(), "abc");
    }
}
