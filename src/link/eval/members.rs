//! Modules that imports name, and members: of modules, classes, instances and the types of libraries.

use crate::facts::{BindingKind, FnId, Import};
use crate::library::NodeId;
use crate::link::eval::{Dependency, Eval, LONGEST_CHAIN, Remembered};
use crate::link::modules::ModuleId;
use crate::link::things::{ClassId, Site, Thing, Things};
use crate::program::FuncId;
use crate::text::{FileId, Symbol};

impl<'w, 'a> Eval<'w, 'a> {
    /// The module of an import; the world knows the answer for every import that is written.
    pub(super) fn imported_module(&mut self, file: FileId, from: FnId, import: Import) -> Things {
        let lexical = self.world.facts(file).lexical;
        // What a path means depends on the module that it stands in.
        let key = (if lexical { from.0 } else { import.level }, import.module);
        match self.world.imports.get(file.index()).and_then(|it| it.get(&key)) {
            Some(thing) => Things::one(*thing),
            None if lexical => self.used_path(file, from, import.module),
            None => self.find_module(file, import),
        }
    }

    pub(crate) fn find_module(&self, file: FileId, import: Import) -> Things {
        let modules = &self.world.modules;
        let dotted = import.module.as_str();
        if import.level > 0 {
            let start = modules.upwards(file, import.level);
            let found = start.and_then(|it| {
                dotted
                    .split('.')
                    .filter(|it| !it.is_empty())
                    .try_fold(it, |at, part| modules.child(at, Symbol::new(part)))
            });
            return found.map_or_else(|| Things::one(Thing::Foreign), |it| Things::one(Thing::Module(it)));
        }
        self.absolute(file, dotted)
    }

    pub(crate) fn absolute(&self, file: FileId, dotted: &str) -> Things {
        if let Some(found) = self.world.modules.absolute(file, dotted) {
            return Things::one(Thing::Module(found));
        }
        let library = self.world.library;
        match library.find(self.world.files[file.index()].language, dotted) {
            Some(node) => Things::one(Thing::Library(node)),
            None => self.unknown_module(file, dotted),
        }
    }

    pub(super) fn unknown_module(&self, file: FileId, dotted: &str) -> Things {
        if let Some(found) = self.path(dotted) {
            return found;
        }
        let root = dotted.split('.').next().unwrap_or_default();
        let language = self.world.files[file.index()].language;
        let known = self.world.library.root(language, Symbol::new(root)).is_some();
        let likely = if known { None } else { self.world.modules.likely(file, dotted) };
        Things::one(likely.map_or(Thing::Foreign, Thing::Module))
    }

    /// What a dotted path in a text means, `package.module.Class`.
    pub(crate) fn named_by_text(&mut self, file: FileId, dotted: &str) -> Things {
        match dotted.rsplit_once('.') {
            Some((module, name)) => {
                let module = self.absolute(file, module);
                self.members(&module, Symbol::new(name))
            }
            None => Things::none(),
        }
    }

    pub(super) fn imported(&mut self, file: FileId, from: FnId, import: Import) -> Things {
        let module = self.imported_module(file, from, import);
        match import.name {
            None => module,
            Some(name) => {
                if let Some(part) = self.own_part(file, import, &module, name) {
                    return Things::one(part);
                }
                let found = self.members(&module, name);
                if found.is_empty() { Things::one(Thing::Foreign) } else { found }
            }
        }
    }

    /// The module that one takes out of itself: `from . import part` in a package's own text, and `mod part;`, bind the very name
    /// that they ask for. To look that up would come back here.
    fn own_part(&self, file: FileId, import: Import, of: &Things, name: Symbol) -> Option<Thing> {
        let modules = &self.world.modules;
        let Some(Thing::Module(module)) = of.only() else { return None };
        let part = modules.child(module, name).map(Thing::Module);
        if self.world.facts(file).lexical {
            return (import.level > 0).then(|| part.unwrap_or(Thing::Foreign));
        }
        part.filter(|_| module == modules.of_file(file))
    }

    pub(super) fn import_root(&mut self, file: FileId, dotted: Symbol) -> Things {
        if let Some(thing) = self.world.import_roots.get(file.index()).and_then(|it| it.get(&dotted)) {
            return Things::one(*thing);
        }
        self.find_root(file, dotted)
    }

    pub(crate) fn find_root(&self, file: FileId, dotted: Symbol) -> Things {
        let root = dotted.as_str().split('.').next().unwrap_or_default();
        self.absolute(file, root)
    }

    pub(crate) fn members(&mut self, of: &Things, name: Symbol) -> Things {
        if let Some(one) = of.only() {
            return self.member(one, name);
        }
        let mut found = Things::none();
        for thing in of.iter() {
            found.join(&self.member(thing, name));
        }
        found
    }

    pub(super) fn member(&mut self, of: Thing, name: Symbol) -> Things {
        let foreign = || Things::one(Thing::Foreign);
        match of {
            Thing::Module(module) => self.module_member(module, name).unwrap_or_else(Things::none),
            Thing::Library(node) => self.library_member(node, name).unwrap_or_else(foreign),
            Thing::Object(node) => self.object_member(node, name),
            Thing::Instance(class) => self.instance_member(class, name),
            Thing::Class(class) => {
                let mut found = self.stored(class, name);
                found.join(&self.class_member(class, name).unwrap_or_else(Things::none));
                found
            }
            Thing::Super(class) => self.super_member(class, name),
            Thing::Made(site, node) => self.made_member(site, node, name),
            Thing::Given(function, _) => {
                let inner = self.world.returns[function.index()].clone();
                let spans: Things = inner.iter().filter(|it| !matches!(it, Thing::Given(..))).collect();
                self.members(&spans, name)
            }
            Thing::Foreign => foreign(),
            Thing::Path(path) => self.path(&format!("{path}.{name}")).unwrap_or_else(foreign),
            Thing::Function(_)
            | Thing::Method(_)
            | Thing::AnyMethod(..)
            | Thing::Text(_)
            | Thing::Param(..)
            | Thing::Called(..) => Things::none(),
        }
    }

    /// A constant of a library by its path, or the way to some.
    pub(super) fn path(&self, dotted: &str) -> Option<Things> {
        let library = self.world.library;
        if let Some(text) = library.constant(dotted) {
            return Some(Things::one(Thing::Text(text)));
        }
        library.leads_to_constants(dotted).then(|| Things::one(Thing::Path(Symbol::new(dotted))))
    }

    pub(super) fn library_member(&self, node: NodeId, name: Symbol) -> Option<Things> {
        let library = self.world.library;
        let Some(found) = library.member(node, name) else {
            let path = library.node(node).path.as_str();
            return if library.leads_to_constants(path) {
                self.path(&format!("{path}.{name}"))
            } else {
                None
            };
        };
        Some(Things::one(match library.node(found).value {
            Some(of_type) => Thing::Object(of_type),
            None => Thing::Library(found),
        }))
    }

    pub(super) fn object_member(&self, node: NodeId, name: Symbol) -> Things {
        if let Some(found) = self.library_member(node, name) {
            return found;
        }
        let library = self.world.library;
        // A type can have both: whether the name is called or used as an object is told by what follows.
        let method = library.any_call(node).map(|_| Thing::AnyMethod(node, name));
        let field = library.any_attribute(node).map(Thing::Object);
        let found: Things = method.into_iter().chain(field).collect();
        if found.is_empty() { Things::one(Thing::Foreign) } else { found }
    }

    /// A span that was made and is used as an object: its type is what the call gives, or what entering it gives.
    pub(super) fn made_member(&mut self, _site: Site, node: NodeId, name: Symbol) -> Things {
        let library = self.world.library;
        let types: Things = [library.returned_by(node), library.entered_by(node)]
            .into_iter()
            .flatten()
            .map(Thing::Object)
            .collect();
        self.members(&types, name)
    }

    pub(crate) fn module_member(&mut self, module: ModuleId, name: Symbol) -> Option<Things> {
        let it = self.world.modules.get(module);
        if let Some(file) = it.file
            && let Some(found) = self.global(file, it.scope, name).filter(|it| !it.is_empty())
        {
            return Some(found);
        }
        self.brought_member(module, name)
    }

    /// What a module has by importing everything of another, as a module inside it, or as a macro.
    fn brought_member(&mut self, module: ModuleId, name: Symbol) -> Option<Things> {
        let it = self.world.modules.get(module);
        if let Some(file) = it.file {
            if self.depth < LONGEST_CHAIN {
                self.depth += 1;
                let starred = self.star_import(file, it.scope, name);
                self.depth -= 1;
                if starred.is_some() {
                    return starred;
                }
            } else {
                self.cut_short();
            }
        }
        if let Some(found) = self.world.modules.child(module, name) {
            return Some(Things::one(Thing::Module(found)));
        }
        if let Some(plain) = name.as_str().strip_suffix('!') {
            let file = it.file?;
            let imported = self.imported_macro(file, it.scope, Symbol::new(plain));
            return imported.or_else(|| self.macro_of_crate(module, name));
        }
        if name.as_str() == "super" { it.parent.map(|it| Things::one(Thing::Module(it))) } else { None }
    }

    pub(super) fn patch(&mut self, module: ModuleId, name: Symbol, found: &mut Things) {
        if self.world.patched_names.contains(name) {
            self.depends(Dependency::Patch(module, name));
            if let Some(patch) = self.world.patches.get(&(module, name)) {
                found.join(patch);
            }
        }
    }

    /// A name in a class's body or those above it, as the class itself sees it.
    pub(super) fn class_member(&mut self, class: ClassId, name: Symbol) -> Option<Things> {
        if let Some(known) = self.members.get(&(class, name)) {
            return known.clone();
        }
        let loose = self.loose;
        let found = self.find_class_member(class, name);
        if self.is_settled(loose) {
            self.members.insert((class, name), found.clone());
        }
        found
    }

    pub(super) fn find_class_member(&mut self, class: ClassId, name: Symbol) -> Option<Things> {
        for index in 0..self.world.class(class).line.len() {
            let owner = self.world.class(class).line[index];
            let file = self.world.class(owner).file;
            let body = self.world.class_facts(owner).body;
            let bindings = self.world.facts(file).bindings_of(body, name);
            if !bindings.is_empty() {
                return Some(self.bindings(file, bindings, None));
            }
        }
        self.outside_member(class, name)
    }

    pub(super) fn outside_member(&mut self, class: ClassId, name: Symbol) -> Option<Things> {
        for index in 0..self.world.class(class).outside.len() {
            let node = self.world.class(class).outside[index];
            if let Some(found) = self.library_member(node, name) {
                return Some(found);
            }
        }
        None
    }

    /// What methods set under a name, on the instance or on the class.
    fn stored(&mut self, class: ClassId, name: Symbol) -> Things {
        let mut found = Things::none();
        let world = self.world;
        self.depends(Dependency::Field(class, name));
        if world.field_names.contains(name) {
            for owner in &world.class(class).line {
                if let Some(stored) = world.fields.get(&(*owner, name)) {
                    found.join(stored);
                }
            }
        }
        found
    }

    pub(super) fn instance_member(&mut self, class: ClassId, name: Symbol) -> Things {
        if let Some(known) = self.of_instances.get(&(class, name)) {
            self.loose += u32::from(known.loose);
            self.read.extend_from_slice(&known.read);
            return known.things.clone();
        }
        let (cut, loose, recalled, read) = (self.cut, self.loose, self.recalled, self.read.len());
        let things = self.find_instance_member(class, name);
        // Whatever was taken up again does not say once more what it rests on.
        if self.cut == cut && self.recalled == recalled {
            let remembered = Remembered {
                things: things.clone(),
                loose: self.loose != loose,
                read: self.read[read..].into(),
            };
            self.of_instances.insert((class, name), remembered);
        }
        things
    }

    fn find_instance_member(&mut self, class: ClassId, name: Symbol) -> Things {
        let mut found = self.stored(class, name);
        if let Some(declared) = self.class_member(class, name) {
            for thing in declared.iter() {
                match thing {
                    Thing::Function(function) if self.is_property(function) => {
                        found.join(&self.returned(function))
                    }
                    Thing::Function(function) if self.world.binds_first(function) => {
                        for it in self.world.implementations(class, function) {
                            found.add(Thing::Method(it));
                        }
                    }
                    other => found.add(other),
                }
            }
            if !found.is_known() {
                found.join(&self.declared_field(class, name));
            }
        }
        if found.is_empty() && self.world.class(class).open { Things::one(Thing::Foreign) } else { found }
    }

    /// `name: Type` in a class body promises an instance.
    pub(super) fn declared_field(&mut self, class: ClassId, name: Symbol) -> Things {
        let mut found = Things::none();
        for index in 0..self.world.class(class).line.len() {
            let owner = self.world.class(class).line[index];
            let file = self.world.class(owner).file;
            let body = self.world.class_facts(owner).body;
            for binding in self.world.facts(file).bindings_of(body, name) {
                if let BindingKind::Declared(annotation) = binding.kind {
                    found.join(&self.annotated(annotation, Self::at(file, binding)));
                }
            }
        }
        found
    }

    /// What calling a function gives, as far as its body tells; else what its annotation promises.
    pub(super) fn returned(&mut self, function: FuncId) -> Things {
        self.depends(Dependency::Result(function));
        let found = self.world.returns[function.index()].clone();
        if found.is_known() {
            return found;
        }
        self.return_type(function)
    }

    pub(crate) fn is_property(&self, function: FuncId) -> bool {
        let names = &self.world.names;
        self.world.has_plain_decorator(function, names.property)
            || self.world.has_plain_decorator(function, names.cached_property)
    }

    pub(super) fn super_member(&mut self, class: ClassId, name: Symbol) -> Things {
        for index in 1..self.world.class(class).line.len() {
            let above = self.world.class(class).line[index];
            if let Some(method) = self.world.own_method(above, name) {
                return Things::one(Thing::Method(method));
            }
        }
        self.outside_member(class, name).unwrap_or_else(|| Things::one(Thing::Foreign))
    }
}
