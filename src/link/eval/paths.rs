//! Names of languages that are lexical: paths and their first names, variables from where they are let, macros.

use crate::facts::{Binding, BindingKind, FnId, FunctionKind, Import};
use crate::link::eval::circles::Place;
use crate::link::eval::{Eval, LONGEST_CHAIN, MOST_STEPS, Scope};
use crate::link::modules::ModuleId;
use crate::link::things::{Thing, Things};
use crate::link::world::World;
use crate::text::{FileId, Symbol};

impl<'w, 'a> Eval<'w, 'a> {
    /// A name by itself: a variable, else an item.
    pub(super) fn lexical_name(&mut self, name: Symbol, scope: Scope) -> Things {
        let facts = self.world.facts(scope.file);
        let mut seen_from = scope;
        let mut at = Some(scope.function);
        while let Some(function) = at.filter(|it| *it != FnId::MODULE) {
            let it = facts.function(function);
            if !matches!(it.kind, FunctionKind::ClassBody(_)) {
                let visible = self.visible(facts.bindings_of(function, name), seen_from);
                if !visible.is_empty() {
                    return self.bindings(scope.file, visible, None);
                }
                if let Some(found) = self.star_import(scope.file, function, name) {
                    return found;
                }
            }
            let (region, order) = it.place;
            seen_from =
                Scope { file: scope.file, function: it.parent.unwrap_or(FnId::MODULE), region, order };
            at = it.parent;
        }
        self.item_of_file(name, scope)
    }

    /// The first name of a path: variables are not meant.
    pub(super) fn head(&mut self, name: Symbol, scope: Scope) -> Things {
        if let Some(found) = relative(self.world, name, scope.file, scope.function) {
            return Things::one(Thing::Module(found));
        }
        if let Some(plain) = name.as_str().strip_prefix("::") {
            return self.of_a_crate(Symbol::new(plain), scope);
        }
        let facts = self.world.facts(scope.file);
        let mut at = Some(scope.function);
        while let Some(function) = at.filter(|it| *it != FnId::MODULE) {
            let it = facts.function(function);
            if !matches!(it.kind, FunctionKind::ClassBody(_)) {
                let is_space = it.kind == FunctionKind::Namespace;
                for binding in facts.bindings_of(function, name).iter().filter(|it| is_space || is_item(it)) {
                    let found = self.bound(scope.file, binding);
                    if !found.is_empty() {
                        return found;
                    }
                }
                if let Some(found) = self.star_import(scope.file, function, name) {
                    return found;
                }
            }
            at = it.parent;
        }
        self.item_of_file(name, scope)
    }

    /// `::name`: a crate, in old editions also what the top of this one has.
    fn of_a_crate(&self, name: Symbol, scope: Scope) -> Things {
        let modules = &self.world.modules;
        let here = modules.around_function(self.world.files, scope.file, scope.function);
        let child = || modules.child(modules.top_of(here), name).map(Thing::Module);
        outer(self.world, here, name).or_else(child).map_or_else(Things::none, Things::one)
    }

    /// What the file's own scope has under a name, else what everybody has.
    fn item_of_file(&mut self, name: Symbol, scope: Scope) -> Things {
        if let Some(found) = self.global(scope.file, FnId::MODULE, name).filter(|it| !it.is_empty()) {
            return found;
        }
        if let Some(found) = self.star_import(scope.file, FnId::MODULE, name) {
            return found;
        }
        if let Some(plain) = name.as_str().strip_suffix('!')
            && let Some(found) = self.macro_named(name, Symbol::new(plain), scope)
        {
            return found;
        }
        let here = self.world.modules.around_function(self.world.files, scope.file, scope.function);
        if let Some(thing) = outer(self.world, here, name) {
            return Things::one(thing);
        }
        let known = self.builtin(scope.file, name);
        if known.is_empty() { self.macro_used(here, name).unwrap_or(known) } else { known }
    }

    /// What `#[macro_use] extern crate` at the top of a crate lets all of it name: attributes like `#[instrument]`, too.
    fn macro_used(&mut self, here: ModuleId, name: Symbol) -> Option<Things> {
        let root = self.world.modules.get(self.world.modules.top_of(here)).file?;
        self.star_import(root, FnId::MODULE, name)
    }

    /// The bindings that a place can see: from the last one in a block around it, whatever was bound inside since.
    pub(super) fn visible<'b>(&self, bindings: &'b [Binding], from: Scope) -> &'b [Binding] {
        if bindings.is_empty() {
            return bindings;
        }
        let facts = self.world.facts(from.file);
        let before = bindings.partition_point(|it| it.order <= from.order);
        let sure = bindings[..before].iter().rposition(|it| {
            !matches!(it.kind, BindingKind::Declared(_))
                && facts.regions_from(from.region).any(|(region, _)| region == it.region)
        });
        match sure {
            // A declared type stands just before the value that it is of.
            Some(at) if at > 0 && matches!(bindings[at - 1].kind, BindingKind::Declared(_)) => {
                &bindings[at - 1..before]
            }
            Some(at) => &bindings[at..before],
            None if before > 0 => &bindings[..before],
            // Items are there before they are defined.
            None if bindings.iter().all(is_item) => bindings,
            None => &[],
        }
    }

    /// The same question from outside: with a fresh allowance.
    pub(crate) fn asked_path(&mut self, file: FileId, from: FnId, dotted: Symbol) -> Things {
        self.steps = 0;
        self.used_path(file, from, dotted)
    }

    /// The module that a path of an import leads to, as a `use` in this function reads it.
    pub(super) fn used_path(&mut self, file: FileId, from: FnId, dotted: Symbol) -> Things {
        self.steps += 1;
        let key = (file, from, dotted);
        if self.depth >= LONGEST_CHAIN || self.steps > MOST_STEPS || self.using.contains(&key) {
            self.cut_short();
            return Things::none();
        }
        self.using.push(key);
        let found = self.followed_path(file, from, dotted);
        self.using.pop();
        if found.is_empty() { Things::one(Thing::Foreign) } else { found }
    }

    fn followed_path(&mut self, file: FileId, from: FnId, dotted: Symbol) -> Things {
        let world = self.world;
        let mut parts = dotted.as_str().split('.');
        let first = Symbol::new(parts.next().unwrap_or_default());
        let here = world.modules.around_function(world.files, file, from);
        let mut things = match first_of_path(world, here, file, from, first) {
            Some(thing) => Things::one(thing),
            None => {
                self.depth += 1;
                let scope = world.modules.get(here).scope;
                let found = self.global(file, scope, first);
                let found = match found.filter(|it| !it.is_empty()) {
                    Some(found) => found,
                    None => {
                        self.star_import(file, scope, first).unwrap_or_else(|| Things::one(Thing::Foreign))
                    }
                };
                self.depth -= 1;
                found
            }
        };
        for part in parts {
            things = self.members(&things, Symbol::new(part));
        }
        things
    }

    /// A macro: imported under its plain name, defined anywhere in the crate, or made known to all of it.
    fn macro_named(&mut self, name: Symbol, plain: Symbol, scope: Scope) -> Option<Things> {
        let facts = self.world.facts(scope.file);
        let mut at = Some(scope.function);
        while let Some(function) = at {
            if let Some(found) = self.imported_macro(scope.file, function, plain) {
                return Some(found);
            }
            at = facts.function(function).parent;
        }
        let here = self.world.modules.of_file(scope.file);
        if let Some(found) = self.macro_of_crate(here, name) {
            return Some(found);
        }
        self.macro_used(here, name)
    }

    /// `use path::name;` brings the macro of that name too.
    pub(super) fn imported_macro(&mut self, file: FileId, function: FnId, plain: Symbol) -> Option<Things> {
        let bindings = self.world.facts(file).bindings_of(function, plain);
        if !bindings.iter().any(|it| matches!(it.kind, BindingKind::Import(Import { name: Some(_), .. }))) {
            return None;
        }
        let place = Place { file, scope: function, name: plain, is_macro: true };
        self.look_once(place, |it| {
            bindings.iter().find_map(|binding| match binding.kind {
                BindingKind::Import(import) => it.macro_of(file, binding.from, import),
                _ => None,
            })
        })
    }

    fn macro_of(&mut self, file: FileId, from: FnId, import: Import) -> Option<Things> {
        let called = Symbol::new(&format!("{}!", import.name?));
        let module = self.imported_module(file, from, import);
        Some(self.members(&module, called)).filter(Things::is_known)
    }

    /// A macro that is defined somewhere in the crate of a module.
    pub(super) fn macro_of_crate(&self, module: ModuleId, name: Symbol) -> Option<Things> {
        let modules = &self.world.modules;
        let top = modules.top_of(module);
        let all = self.world.macros.get(&name)?;
        let found: Things = all
            .iter()
            .filter(|it| modules.top_of(modules.of_file(self.world.file_of[it.index()])) == top)
            .map(|it| Thing::Function(*it))
            .collect();
        (!found.is_empty()).then_some(found)
    }
}

/// Items can be named in paths; variables and parameters cannot.
fn is_item(binding: &Binding) -> bool {
    matches!(
        binding.kind,
        BindingKind::Function(_) | BindingKind::Class(_) | BindingKind::Import(_) | BindingKind::Module(_)
    )
}

/// `crate`, `self` and `super`.
fn relative(world: &World<'_>, name: Symbol, file: FileId, function: FnId) -> Option<ModuleId> {
    let modules = &world.modules;
    let here = || modules.around_function(world.files, file, function);
    match name.as_str() {
        "crate" => Some(modules.top_of(here())),
        "self" => Some(here()),
        "super" => modules.get(here()).parent,
        _ => None,
    }
}

/// What everybody can name: the crates of the program, and libraries.
fn outer(world: &World<'_>, here: ModuleId, name: Symbol) -> Option<Thing> {
    if let Some(found) = world.modules.crate_named(here, name) {
        return Some(Thing::Module(found));
    }
    let language = world.modules.get(here).file.map(|it| world.files[it.index()].language)?;
    let name = world.modules.real_name(here, name);
    let root = world.library.root(language, name).map(Thing::Library);
    root.or_else(|| world.library.leads_to_constants(name.as_str()).then_some(Thing::Path(name)))
}

/// The first name of an import's path, where no other import decides.
fn first_of_path(
    world: &World<'_>,
    here: ModuleId,
    file: FileId,
    from: FnId,
    first: Symbol,
) -> Option<Thing> {
    if let Some(found) = relative(world, first, file, from) {
        return Some(Thing::Module(found));
    }
    world.modules.child(here, first).map(Thing::Module).or_else(|| outer(world, here, first))
}

/// The module of an import, where nothing but modules and libraries are on the way to it.
pub(crate) fn plain_path(world: &World<'_>, file: FileId, from: FnId, dotted: Symbol) -> Option<Thing> {
    let mut parts = dotted.as_str().split('.');
    let first = Symbol::new(parts.next()?);
    let here = world.modules.around_function(world.files, file, from);
    let mut thing = first_of_path(world, here, file, from, first)?;
    for part in parts {
        let part = Symbol::new(part);
        thing = match thing {
            Thing::Module(module) if part.as_str() == "super" => {
                Thing::Module(world.modules.get(module).parent?)
            }
            Thing::Module(module) => Thing::Module(world.modules.child(module, part)?),
            Thing::Library(node) => Thing::Library(world.library.member(node, part)?),
            _ => return None,
        };
    }
    Some(thing)
}
