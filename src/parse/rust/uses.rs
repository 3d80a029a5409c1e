//! `use` trees, and the crates that are named in the old way.

use syn::{ItemExternCrate, ItemUse, UseTree, Visibility};

use super::Reader;
use crate::facts::{BindingKind, Import};
use crate::text::Symbol;

impl Reader<'_> {
    pub(super) fn import(&mut self, it: &ItemUse) {
        let private = matches!(it.vis, Visibility::Inherited);
        self.use_tree(&it.tree, &mut Vec::new(), private);
    }

    fn use_tree(&mut self, tree: &UseTree, path: &mut Vec<Symbol>, private: bool) {
        match tree {
            UseTree::Path(it) => {
                path.push(self.symbol(&it.ident));
                self.use_tree(&it.tree, path, private);
                path.pop();
            }
            UseTree::Name(it) if it.ident == "self" => {
                if let Some((last, outer)) = path.split_last() {
                    self.take(outer, (*last, *last), private);
                }
            }
            UseTree::Name(it) => {
                let name = self.symbol(&it.ident);
                self.take(path, (name, name), private);
            }
            UseTree::Rename(it) => {
                let alias = self.symbol(&it.rename);
                if it.ident == "self" {
                    if let Some((last, outer)) = path.split_last() {
                        self.take(outer, (*last, alias), private);
                    }
                } else {
                    let name = self.symbol(&it.ident);
                    self.take(path, (name, alias), private);
                }
            }
            UseTree::Glob(_) => {
                let star = Import { level: 0, module: dotted(path), name: None, private };
                let here = self.builder.function;
                self.builder.facts.star_imports.push((here, star));
            }
            UseTree::Group(it) => it.items.iter().for_each(|it| self.use_tree(it, path, private)),
        }
    }

    /// Binds what a path leads to: a crate, or something in a module.
    fn take(&mut self, module: &[Symbol], (name, alias): (Symbol, Symbol), private: bool) {
        let import = match module {
            [] => Import { level: 0, module: name, name: None, private },
            _ => Import { level: 0, module: dotted(module), name: Some(name), private },
        };
        let here = self.builder.function;
        self.builder.bind(here, alias, BindingKind::Import(import));
    }

    /// `mod name;`: a module of this one.
    pub(super) fn bind_child(&mut self, name: Symbol) {
        let import = Import { level: 1, module: Symbol::new("self"), name: Some(name), private: false };
        let here = self.builder.function;
        self.builder.bind(here, name, BindingKind::Import(import));
    }

    pub(super) fn extern_crate(&mut self, it: &ItemExternCrate) {
        let name = self.symbol(&it.ident);
        let alias = match &it.rename {
            Some((_, alias)) => self.symbol(alias),
            None => name,
        };
        if it.ident != "self" {
            self.take(&[], (name, alias), matches!(it.vis, Visibility::Inherited));
        }
        // Its macros can be named everywhere.
        if it.attrs.iter().any(|it| it.path().is_ident("macro_use")) {
            let star = Import { level: 0, module: name, name: None, private: true };
            let here = self.builder.function;
            self.builder.facts.star_imports.push((here, star));
        }
    }
}

fn dotted(path: &[Symbol]) -> Symbol {
    match path {
        [one] => *one,
        _ => Symbol::new(&path.iter().map(|it| it.as_str()).collect::<Vec<_>>().join(".")),
    }
}
