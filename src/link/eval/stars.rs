//! Names that come with everything of another module: `from module import *`, `use module::*`.

use crate::facts::{Binding, BindingKind, FnId};
use crate::link::eval::Eval;
use crate::link::eval::circles::Place;
use crate::link::modules::ModuleId;
use crate::link::things::{Thing, Things};
use crate::text::{FileId, Symbol};

impl Eval<'_, '_> {
    pub(super) fn star_import(&mut self, file: FileId, scope: FnId, name: Symbol) -> Option<Things> {
        let facts = self.world.facts(file);
        if !facts.star_imports.iter().any(|(it, _)| *it == scope) {
            return None;
        }
        let settled = &self.world.settled.starred;
        if let Some(known) = settled.get((file, scope, name)) {
            return known;
        }
        let start = self.start();
        let place = Place { file, scope, name, is_macro: false };
        let found = self.look_once(place, |it| it.star_import_of(file, scope, name));
        if self.is_settled_since(&start) {
            settled.keep((file, scope, name), found.as_ref());
        }
        found
    }

    fn star_import_of(&mut self, file: FileId, scope: FnId, name: Symbol) -> Option<Things> {
        let facts = self.world.facts(file);
        for (from, import) in facts.star_imports.iter().filter(|(it, _)| *it == scope) {
            for thing in self.imported_module(file, *from, *import).iter() {
                let found = match thing {
                    Thing::Class(class) => self.class_member(class, name),
                    Thing::Module(module) if self.is_hidden(module, name, (file, scope)) => None,
                    Thing::Module(module) => self.star_member(module, name),
                    Thing::Library(node) => self.library_member(node, name),
                    _ => None,
                };
                if found.is_some() {
                    return found;
                }
            }
        }
        None
    }

    /// What a module imports for itself, only modules inside it get by `use module::*`.
    fn is_hidden(&self, module: ModuleId, name: Symbol, (file, scope): (FileId, FnId)) -> bool {
        let modules = &self.world.modules;
        let it = modules.get(module);
        let Some(owner) = it.file else { return false };
        let bindings = self.world.facts(owner).bindings_of(it.scope, name);
        let is_private = |it: &Binding| matches!(&it.kind, BindingKind::Import(it) if it.private);
        if bindings.is_empty() || !bindings.iter().all(is_private) {
            return false;
        }
        let here = modules.around_function(self.world.files, file, scope);
        !std::iter::successors(Some(here), |it| modules.get(*it).parent).any(|it| it == module)
    }

    /// What `from module import *` gives under a name: `__all__` decides, else a leading underscore hides.
    pub(super) fn star_member(&mut self, module: ModuleId, name: Symbol) -> Option<Things> {
        let file = self.world.modules.get(module).file?;
        let visible = match &self.world.facts(file).exports {
            Some(exports) => exports.contains(&name),
            None => !name.as_str().starts_with('_'),
        };
        if visible { self.module_member(module, name).filter(|it| !it.is_empty()) } else { None }
    }
}
