//! The functions of a project, as `syn` sees them: where each begins and ends, and where its attributes are.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use proc_macro2::Span;
use syn::visit::{self, Visit};
use syn::{Attribute, Block, ImplItemFn, ItemFn, ItemImpl, ItemMod, ItemTrait, Signature, TraitItemFn, Type};

/// Files of a project by their paths below it, in order.
pub(crate) type Tree = BTreeMap<String, String>;

#[derive(Clone, Debug)]
pub(crate) struct Function {
    pub(crate) name: String,
    /// The line of `fn`.
    pub(crate) line: usize,
    /// The first line of its attributes, or of itself, and the last of its body.
    pub(crate) lines: (usize, usize),
    pub(crate) instrumented: Option<usize>,
}

#[derive(Default)]
pub(crate) struct Functions(BTreeMap<String, Vec<Function>>);

impl Functions {
    pub(crate) fn of(tree: &Tree) -> Result<Functions> {
        let mut out = Functions::default();
        for (path, text) in tree.iter().filter(|(path, _)| path.ends_with(".rs")) {
            let file = syn::parse_file(text).with_context(|| path.clone())?;
            let mut finder = Finder::default();
            finder.visit_file(&file);
            out.0.insert(path.clone(), finder.found);
        }
        Ok(out)
    }

    /// The innermost function that this line belongs to, its attributes included.
    pub(crate) fn at(&self, file: &str, line: usize) -> Option<&Function> {
        let all = self.0.get(file)?;
        all.iter()
            .filter(|it| it.lines.0 <= line && line <= it.lines.1)
            .min_by_key(|it| it.lines.1 - it.lines.0)
    }

    /// The function whose attribute `#[instrument]` is here.
    pub(crate) fn instrumented_at(&self, file: &str, line: usize) -> Option<&Function> {
        self.0.get(file)?.iter().find(|it| it.instrumented == Some(line))
    }
}

/// Everything below the folder, but what building leaves behind.
pub(crate) fn read_tree(root: &Path) -> Result<Tree> {
    let mut out = Tree::new();
    let mut folders = vec![PathBuf::new()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(root.join(&folder))? {
            let name = entry?.file_name();
            let path = folder.join(&name);
            let skipped = ["target", "expected", "Cargo.lock"].iter().any(|it| *it == name);
            if skipped {
                continue;
            } else if root.join(&path).is_dir() {
                folders.push(path);
            } else if let Ok(text) = fs::read_to_string(root.join(&path)) {
                out.insert(path.to_string_lossy().into_owned(), text);
            }
        }
    }
    Ok(out)
}

pub(crate) fn line(span: Span) -> usize {
    span.start().line
}

pub(crate) fn named(attribute: &Attribute, name: &str) -> bool {
    attribute.path().segments.last().is_some_and(|it| it.ident == name)
}

/// A module of tests: it is not part of what runs.
pub(crate) fn of_tests(module: &ItemMod) -> bool {
    module.attrs.iter().any(|it| {
        it.path().is_ident("cfg") && it.parse_args::<syn::Ident>().is_ok_and(|condition| condition == "test")
    })
}

/// `Type`, or `Trait for Type`.
pub(crate) fn name_of(it: &ItemImpl) -> String {
    let last = |path: &syn::Path| path.segments.last().map(|it| it.ident.to_string()).unwrap_or_default();
    let name = match &*it.self_ty {
        Type::Path(path) => last(&path.path),
        _ => String::new(),
    };
    match &it.trait_ {
        Some((_, path, _)) => format!("{} for {name}", last(path)),
        None => name,
    }
}

#[derive(Default)]
struct Finder {
    owner: Vec<String>,
    found: Vec<Function>,
}

impl Finder {
    fn add(&mut self, attributes: &[Attribute], signature: &Signature, block: &Block) {
        let own = line(signature.fn_token.span);
        let first = attributes.iter().map(|it| line(it.pound_token.span)).min().unwrap_or(own);
        let instrument = attributes.iter().find(|it| named(it, "instrument"));
        let mut name = self.owner.clone();
        name.push(signature.ident.to_string());
        self.found.push(Function {
            name: name.join("::"),
            line: own,
            lines: (first.min(own), block.brace_token.span.close().start().line),
            instrumented: instrument.map(|it| line(it.pound_token.span)),
        });
    }
}

impl<'ast> Visit<'ast> for Finder {
    fn visit_item_fn(&mut self, it: &'ast ItemFn) {
        self.add(&it.attrs, &it.sig, &it.block);
        visit::visit_item_fn(self, it);
    }

    fn visit_impl_item_fn(&mut self, it: &'ast ImplItemFn) {
        self.add(&it.attrs, &it.sig, &it.block);
        visit::visit_impl_item_fn(self, it);
    }

    fn visit_trait_item_fn(&mut self, it: &'ast TraitItemFn) {
        if let Some(block) = &it.default {
            self.add(&it.attrs, &it.sig, block);
        }
        visit::visit_trait_item_fn(self, it);
    }

    fn visit_item_impl(&mut self, it: &'ast ItemImpl) {
        self.owner.push(name_of(it));
        visit::visit_item_impl(self, it);
        self.owner.pop();
    }

    fn visit_item_trait(&mut self, it: &'ast ItemTrait) {
        self.owner.push(it.ident.to_string());
        visit::visit_item_trait(self, it);
        self.owner.pop();
    }

    fn visit_item_mod(&mut self, it: &'ast ItemMod) {
        if !of_tests(it) {
            self.owner.push(it.ident.to_string());
            visit::visit_item_mod(self, it);
            self.owner.pop();
        }
    }
}
