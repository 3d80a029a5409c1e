//! The items of a broken text that are intact, found by a grammar that goes on where the parser gives up.

use std::ops::Range;

use tree_sitter::{Node, Parser};

/// How deep items in items are looked for: what is broken deeper down is lost whole.
const DEEPEST: u32 = 8;

/// What is intact in a part of a text, in order.
pub(super) fn intact(text: &str, part: &Range<usize>) -> Vec<Range<usize>> {
    let mut finder = Finder { text: &text[part.clone()], kept: Vec::new() };
    let mut parser = Parser::new();
    let known = parser.set_language(&tree_sitter_rust::LANGUAGE.into());
    if let Some(tree) = known.ok().and_then(|()| parser.parse(finder.text, None)) {
        finder.items(tree.root_node(), Inside::Module, 0);
    }
    finder.kept.iter().map(|it| it.start + part.start..it.end + part.start).collect()
}

/// What the items stand in.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Inside {
    Module,
    /// An `impl` or a trait: members are no items by themselves.
    Block,
}

struct Finder<'t> {
    text: &'t str,
    kept: Vec<Range<usize>>,
}

impl Finder<'_> {
    fn items(&mut self, around: Node<'_>, inside: Inside, depth: u32) {
        let mut cursor = around.walk();
        // Attributes belong to what follows.
        let mut from = None;
        let children: Vec<Node<'_>> = around.named_children(&mut cursor).collect();
        for it in children {
            let kind = it.kind();
            if kind == "inner_attribute_item" && !it.has_error() {
                self.kept.push(it.byte_range());
                from = None;
                continue;
            }
            if kind == "attribute_item" && !it.has_error() {
                from.get_or_insert(it.start_byte());
                continue;
            }
            if matches!(kind, "line_comment" | "block_comment") {
                continue;
            }
            let start = from.take().unwrap_or(it.start_byte());
            let whole = start..it.end_byte();
            if it.is_error() {
                // What follows something broken may be sound.
                if depth < DEEPEST {
                    self.items(it, inside, depth + 1);
                }
            } else if !it.has_error() && is_item(kind) && self.parses(&whole, inside) {
                self.kept.push(whole);
            } else if depth < DEEPEST {
                self.block(start, it, depth);
            }
        }
    }

    /// A block of items keeps those that are intact: its head and its last brace, and what is sound between.
    fn block(&mut self, start: usize, it: Node<'_>, depth: u32) {
        let inside = match it.kind() {
            "mod_item" => Inside::Module,
            "impl_item" | "trait_item" => Inside::Block,
            _ => return,
        };
        let Some(body) = it.child_by_field_name("body") else { return };
        let (head, last) = (start..body.start_byte() + 1, body.end_byte().saturating_sub(1)..body.end_byte());
        let brace = body.child(body.child_count().saturating_sub(1));
        let closed =
            brace.is_some_and(|it| it.kind() == "}" && !it.is_missing() && it.start_byte() >= head.end);
        let hollow = [&self.text[head.clone()], "}"].concat();
        if closed && syn::parse_str::<syn::Item>(&hollow).is_ok() {
            self.kept.push(head);
            self.items(body, inside, depth + 1);
            self.kept.push(last);
        }
    }

    /// The grammar and the parser need not agree: what is kept must be sound for both.
    fn parses(&self, range: &Range<usize>, inside: Inside) -> bool {
        let text = &self.text[range.clone()];
        match inside {
            Inside::Module => syn::parse_str::<syn::File>(text).is_ok(),
            Inside::Block => {
                syn::parse_str::<syn::ImplItem>(text).is_ok()
                    || syn::parse_str::<syn::TraitItem>(text).is_ok()
            }
        }
    }
}

fn is_item(kind: &str) -> bool {
    kind.ends_with("_item")
        || kind.ends_with("_declaration")
        || kind.ends_with("_definition")
        || matches!(kind, "macro_invocation" | "expression_statement")
}
