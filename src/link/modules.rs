//! Dotted module names to files: packages, namespace packages, `src` layouts and several roots in one tree; crates and the
//! modules that they declare.
//!
//! A directory that is no package can be an import root. Which root a name means is told by where the importing file lies:
//! the nearest root around it that has the name, else a root elsewhere that holds a real package of that name.

mod crates;

use rustc_hash::{FxHashMap, FxHashSet};

pub(crate) use self::crates::Manifest;
use crate::facts::{FnId, FunctionKind};
use crate::link::LaunchFile;
use crate::program::File;
use crate::text::{FileId, Symbol};

#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub(crate) struct ModuleId(pub(crate) u32);

#[derive(Debug)]
pub(crate) struct Module {
    pub(crate) name: Symbol,
    pub(crate) parent: Option<ModuleId>,
    /// The module's own text; a namespace package has none.
    pub(crate) file: Option<FileId>,
    /// The body in that file which is the module's: that of the file, or one inside it.
    pub(crate) scope: FnId,
    children: FxHashMap<Symbol, ModuleId>,
    is_directory: bool,
    is_crate: bool,
    /// A package around the tree: its text is not a part of that.
    is_around: bool,
}

impl Module {
    fn is_package(&self) -> bool {
        self.file.is_some() || self.is_around
    }
}

#[derive(Debug)]
pub(crate) struct Modules {
    all: Vec<Module>,
    of_file: Vec<ModuleId>,
    /// Directories that are no packages, by the names that can be imported from them.
    roots: FxHashMap<Symbol, Vec<ModuleId>>,
    /// Packages that hold packages: some of them are put on the import path all the same, but none inside of a package whose files
    /// call it by its full name.
    inner: FxHashMap<Symbol, Vec<ModuleId>>,
    /// The crates that others can name.
    crates: FxHashMap<Symbol, ModuleId>,
    /// By crate: what it calls a dependency, and what that is called itself.
    renamed: FxHashMap<(ModuleId, Symbol), Symbol>,
    /// Modules whose body stands inside a file.
    inline: FxHashMap<(FileId, FnId), ModuleId>,
    /// What the manifests of crates say, and by file which of them it belongs to.
    pub(crate) packages: Vec<Manifest>,
    pub(crate) package_of: FxHashMap<FileId, usize>,
}

const TOP: ModuleId = ModuleId(0);

impl Modules {
    pub(crate) fn new(files: &[File], launch: &[LaunchFile], packages: &[String]) -> Modules {
        let mut modules = Modules {
            all: Vec::new(),
            of_file: Vec::new(),
            roots: FxHashMap::default(),
            inner: FxHashMap::default(),
            crates: FxHashMap::default(),
            renamed: FxHashMap::default(),
            inline: FxHashMap::default(),
            packages: Vec::new(),
            package_of: FxHashMap::default(),
        };
        let mut top = modules.add(Symbol::new(""), None, true);
        for package in packages {
            top = modules.add(Symbol::new(package), Some(top), true);
            modules.all[top.0 as usize].is_around = true;
        }
        for (index, file) in files.iter().enumerate() {
            let id = match file.facts.lexical {
                true => TOP,
                false => modules.place(top, &file.path, FileId(index as u32)),
            };
            modules.of_file.push(id);
        }
        crates::plant(&mut modules, files, launch);
        let named = modules.named_in_full(files);
        modules.find_roots(&named);
        modules
    }

    fn add(&mut self, name: Symbol, parent: Option<ModuleId>, is_directory: bool) -> ModuleId {
        let id = ModuleId(self.all.len() as u32);
        self.all.push(Module {
            name,
            parent,
            file: None,
            scope: FnId::MODULE,
            children: FxHashMap::default(),
            is_directory,
            is_crate: false,
            is_around: false,
        });
        if let Some(parent) = parent {
            self.all[parent.0 as usize].children.insert(name, id);
        }
        id
    }

    /// A module that nobody finds by its name: another one has that.
    fn add_apart(&mut self, name: Symbol, parent: ModuleId) -> ModuleId {
        let known = self.child(parent, name);
        let id = self.add(name, Some(parent), false);
        if let Some(known) = known {
            self.all[parent.0 as usize].children.insert(name, known);
        }
        id
    }

    fn child_or_new(&mut self, parent: ModuleId, name: Symbol, is_directory: bool) -> ModuleId {
        match self.child(parent, name) {
            Some(found) => found,
            None => self.add(name, Some(parent), is_directory),
        }
    }

    fn place(&mut self, top: ModuleId, path: &str, file: FileId) -> ModuleId {
        let (directory, name) = path.rsplit_once('/').unwrap_or(("", path));
        let mut at = top;
        for part in directory.split('/').filter(|it| !it.is_empty()) {
            at = self.child_or_new(at, Symbol::new(part), true);
        }
        let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
        if stem != "__init__" {
            let found = self.child_or_new(at, Symbol::new(stem), false);
            // A package and a module of one name: the package wins, and the module stays reachable by its file.
            at = if self.get(found).is_directory {
                self.add(Symbol::new(name), Some(at), false)
            } else {
                found
            };
        }
        let module = &mut self.all[at.0 as usize];
        module.file.get_or_insert(file);
        at
    }

    fn find_roots(&mut self, named: &FxHashSet<ModuleId>) {
        for index in 0..self.all.len() {
            let id = ModuleId(index as u32);
            let module = &self.all[index];
            if !module.is_directory {
                continue;
            }
            let is_package = module.is_package();
            if is_package && named.contains(&self.outermost(id)) {
                continue;
            }
            let table = if is_package { &mut self.inner } else { &mut self.roots };
            for name in module.children.keys() {
                table.entry(*name).or_default().push(id);
            }
        }
    }

    /// The outermost packages that more than half of their files call by name when they import from them.
    fn named_in_full(&self, files: &[File]) -> FxHashSet<ModuleId> {
        let mut naming: FxHashMap<ModuleId, i32> = FxHashMap::default();
        for (file, id) in files.iter().zip(&self.of_file).filter(|(it, _)| !it.facts.lexical) {
            let top = self.outermost(*id);
            let name = self.get(top).name.as_str();
            let is_named = |dotted: &str| {
                dotted.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
            };
            let facts = &file.facts;
            let plain = facts.import_roots.iter().any(|(_, dotted)| is_named(dotted.as_str()));
            let names =
                plain || facts.imports.iter().any(|(_, it)| it.level == 0 && is_named(it.module.as_str()));
            *naming.entry(top).or_default() += if names { 1 } else { -1 };
        }
        naming.into_iter().filter(|(_, balance)| *balance > 0).map(|(top, _)| top).collect()
    }

    /// The package around a module that lies in no other package; itself if there is none.
    fn outermost(&self, mut id: ModuleId) -> ModuleId {
        while let Some(parent) = self.get(id).parent.filter(|it| self.get(*it).is_package()) {
            id = parent;
        }
        id
    }

    pub(crate) fn get(&self, id: ModuleId) -> &Module {
        &self.all[id.0 as usize]
    }

    pub(crate) fn child(&self, of: ModuleId, name: Symbol) -> Option<ModuleId> {
        self.get(of).children.get(&name).copied()
    }

    pub(crate) fn of_file(&self, file: FileId) -> ModuleId {
        self.of_file[file.index()]
    }

    /// The module's dotted name, from the nearest directory that is no package.
    pub(crate) fn dotted(&self, id: ModuleId) -> String {
        let mut parts = Vec::new();
        let mut at = Some(id);
        while let Some(module) = at.filter(|it| *it != TOP) {
            let it = self.get(module);
            if it.is_directory && !it.is_package() && module != id {
                break;
            }
            parts.push(it.name.as_str());
            at = it.parent;
        }
        parts.reverse();
        parts.join(self.separator(id))
    }

    /// What stands between the names of modules and of what is in them.
    pub(crate) fn separator(&self, id: ModuleId) -> &'static str {
        if self.get(self.top_of(id)).is_crate { "::" } else { "." }
    }

    /// The crate that a module belongs to; for others, the top of the tree.
    pub(crate) fn top_of(&self, id: ModuleId) -> ModuleId {
        std::iter::successors(Some(id), |it| self.get(*it).parent).last().unwrap_or(TOP)
    }

    /// The innermost module that a function stands in.
    pub(crate) fn around_function(&self, files: &[File], file: FileId, function: FnId) -> ModuleId {
        let facts = &files[file.index()].facts;
        let mut at = Some(function);
        while let Some(id) = at.filter(|it| *it != FnId::MODULE) {
            let it = facts.function(id);
            if it.kind == FunctionKind::Namespace
                && let Some(found) = self.inline.get(&(file, id))
            {
                return *found;
            }
            at = it.parent;
        }
        self.of_file(file)
    }

    /// The crate that a name means from inside another.
    pub(crate) fn crate_named(&self, from: ModuleId, name: Symbol) -> Option<ModuleId> {
        self.crates.get(&self.real_name(from, name)).copied()
    }

    /// What a dependency is really called.
    pub(crate) fn real_name(&self, from: ModuleId, name: Symbol) -> Symbol {
        if self.renamed.is_empty() {
            return name;
        }
        self.renamed.get(&(self.top_of(from), name)).copied().unwrap_or(name)
    }

    /// The package that a relative import of this many levels starts from.
    pub(crate) fn upwards(&self, from: FileId, level: u32) -> Option<ModuleId> {
        let mut at = self.of_file(from);
        let mut left = level;
        if self.get(at).is_directory {
            left = left.checked_sub(1)?;
        }
        for _ in 0..left {
            at = self.get(at).parent?;
        }
        Some(at)
    }

    /// The module that an absolute dotted name means in this file, if it is one of the program's.
    pub(crate) fn absolute(&self, from: FileId, dotted: &str) -> Option<ModuleId> {
        let mut parts = dotted.split('.');
        let name = Symbol::new(parts.next()?);
        let candidates = self.roots.get(&name)?;
        let around = self.around(self.of_file(from));
        let below = |top: ModuleId| parts.clone().try_fold(top, |at, part| self.child(at, Symbol::new(part)));
        let near = around.iter().filter(|it| candidates.contains(it)).filter_map(|it| self.child(*it, name));
        // A directory on the way that only shares its name with the package has nothing of what is asked for.
        let whole = near.filter(|it| self.holds_code(*it)).find_map(below);
        whole.or_else(|| below(self.package_in(candidates, from, name)?))
    }

    /// What a dotted name most likely means where nothing else knows it: programs also run with a package's own directory on the
    /// import path.
    pub(crate) fn likely(&self, from: FileId, dotted: &str) -> Option<ModuleId> {
        let mut parts = dotted.split('.');
        let name = Symbol::new(parts.next()?);
        let here = self.of_file(from);
        let around = self.get(here).parent.filter(|it| self.is_on_path(*it, name));
        let beside = around.and_then(|it| self.child(it, name)).filter(|it| *it != here);
        let mut at = match beside {
            Some(found) => found,
            None => self.package_in(self.inner.get(&name)?, from, name)?,
        };
        for part in parts {
            at = self.child(at, Symbol::new(part))?;
        }
        Some(at)
    }

    /// Whether a directory can be on the import path and has that name.
    fn is_on_path(&self, directory: ModuleId, name: Symbol) -> bool {
        [&self.inner, &self.roots].iter().any(|it| it.get(&name).is_some_and(|it| it.contains(&directory)))
    }

    /// The real package of a name in one of these directories, the one that shares most of its way with the file.
    fn package_in(&self, candidates: &[ModuleId], from: FileId, name: Symbol) -> Option<ModuleId> {
        let around = self.around(self.of_file(from));
        let elsewhere = candidates.iter().filter(|root| {
            self.child(**root, name)
                .is_some_and(|it| self.get(it).is_directory && self.get(it).file.is_some())
        });
        let best = elsewhere.max_by_key(|root| {
            let shared = self.around(**root).iter().filter(|it| around.contains(it)).count();
            (shared, std::cmp::Reverse(root.0))
        })?;
        self.child(*best, name)
    }

    fn holds_code(&self, id: ModuleId) -> bool {
        let module = self.get(id);
        module.file.is_some() || !module.children.is_empty()
    }

    /// The module and what lies above it, nearest first.
    fn around(&self, id: ModuleId) -> Vec<ModuleId> {
        std::iter::successors(Some(id), |it| self.get(*it).parent).collect()
    }
}
