//! Crates: which file is the root of one, by the manifests and by where it lies, and which files the modules below it are.

use rustc_hash::FxHashMap;

use super::{ModuleId, Modules};
use crate::facts::{FnId, Submodule};
use crate::link::LaunchFile;
use crate::program::File;
use crate::text::{FileId, Symbol};

/// A manifest's directory, and what it says of the crates in it.
#[derive(Debug, Default)]
struct Package {
    /// With `/` at the end; empty at the top.
    directory: String,
    name: Option<Symbol>,
    library: Option<(Symbol, String)>,
    /// Programs, examples and tests with a path of their own.
    programs: Vec<(Symbol, String)>,
    /// Dependencies that are called otherwise than they are: the name in the code, and the real one.
    renamed: Vec<(Symbol, Symbol)>,
    /// What it is built from, by the real names; what only tests need is left out.
    dependencies: Vec<Symbol>,
}

/// What a package says of itself that is asked for once its files are placed.
#[derive(Debug)]
pub(crate) struct Manifest {
    pub(crate) name: Symbol,
    pub(crate) dependencies: Vec<Symbol>,
}

struct Planter<'a> {
    modules: &'a mut Modules,
    files: &'a [File],
    by_path: FxHashMap<&'a str, FileId>,
}

/// Finds the crates of all files whose names are lexical, and places their files.
pub(super) fn plant(modules: &mut Modules, files: &[File], launch: &[LaunchFile]) {
    let by_path: FxHashMap<&str, FileId> = files
        .iter()
        .enumerate()
        .filter(|(_, it)| it.facts.lexical)
        .map(|(index, it)| (it.path.as_str(), FileId(index as u32)))
        .collect();
    if by_path.is_empty() {
        return;
    }
    let workspaces: Vec<Workspace> = launch.iter().filter_map(workspace).collect();
    let mut packages: Vec<Package> = launch.iter().filter_map(|it| package(it, &workspaces)).collect();
    // Inner packages first, so that a file is given to the nearest.
    packages.sort_by(|a, b| b.directory.len().cmp(&a.directory.len()).then(a.directory.cmp(&b.directory)));
    let mut paths: Vec<&str> = by_path.keys().copied().collect();
    paths.sort_unstable();
    let mut planter = Planter { modules, files, by_path };
    let mut owned: Vec<Vec<&str>> = packages.iter().map(|_| Vec::new()).collect();
    for path in &paths {
        if let Some(index) = packages.iter().position(|it| path.starts_with(&it.directory)) {
            owned[index].push(path);
        }
    }
    for (package, paths) in packages.iter().zip(&owned) {
        planter.package(package, paths);
    }
    planter.orphans(&paths);
    for (index, paths) in owned.iter().enumerate() {
        let files = paths.iter().filter_map(|it| planter.by_path.get(it).copied());
        planter.modules.package_of.extend(files.map(|it| (it, index)));
    }
    modules.packages = packages
        .into_iter()
        .map(|it| Manifest {
            name: it.name.unwrap_or_else(|| Symbol::new("crate")),
            dependencies: it.dependencies,
        })
        .collect();
}

impl Planter<'_> {
    fn package(&mut self, package: &Package, paths: &[&str]) {
        let inside = |path: &str| path[package.directory.len()..].to_owned();
        let name = package.name.unwrap_or_else(|| Symbol::new("crate"));
        let (library, source) = package.library.clone().unwrap_or_else(|| (name, "src/lib.rs".to_owned()));
        if let Some(file) = self.by_path.get(format!("{}{source}", package.directory).as_str()).copied() {
            let root = self.root(library, file);
            self.modules.crates.entry(library).or_insert(root);
        }
        let mut programs = package.programs.clone();
        programs.push((name, "src/main.rs".to_owned()));
        for path in paths {
            let inside = inside(path);
            programs.extend(program_name(&inside).map(|it| (Symbol::new(&it), inside)));
        }
        for (name, source) in programs {
            let path = format!("{}{source}", package.directory);
            if let Some(file) = self.by_path.get(path.as_str()).copied()
                && !self.is_placed(file)
            {
                self.root(name, file);
            }
        }
        self.strays(paths);
        for path in paths {
            if let Some(file) = self.by_path.get(path).copied() {
                let root = self.modules.top_of(self.modules.of_file(file));
                for (alias, real) in &package.renamed {
                    self.modules.renamed.insert((root, *alias), *real);
                }
            }
        }
    }

    fn is_placed(&self, file: FileId) -> bool {
        self.modules.of_file[file.index()] != super::TOP
    }

    fn root(&mut self, name: Symbol, file: FileId) -> ModuleId {
        let id = self.modules.add(name, None, false);
        self.modules.all[id.0 as usize].is_crate = true;
        let path = self.files[file.index()].path.as_str();
        let directory = path.rsplit_once('/').map_or("", |(it, _)| it).to_owned();
        self.place(id, file, directory);
        id
    }

    /// Gives a file to a module, and goes on with the modules that it declares.
    fn place(&mut self, module: ModuleId, file: FileId, children: String) {
        let mut due = vec![(module, file, children)];
        while let Some((module, file, children)) = due.pop() {
            if self.is_placed(file) {
                continue;
            }
            self.modules.of_file[file.index()] = module;
            self.modules.all[module.0 as usize].file = Some(file);
            let path = self.files[file.index()].path.as_str();
            let own = path.rsplit_once('/').map_or("", |(it, _)| it);
            // The bodies of the file, where their modules' files lie, and where a path that is written starts from.
            let mut bodies = vec![(FnId::MODULE, module, children, own.to_owned())];
            let submodules: &[Submodule] = &self.files[file.index()].facts.submodules;
            for it in submodules {
                let Some((_, parent, directory, start)) =
                    bodies.iter().find(|(body, ..)| *body == it.scope).cloned()
                else {
                    continue;
                };
                match it.body {
                    Some(body) => {
                        let known = self.modules.child(parent, it.name);
                        // A body beside a file of that name is what another condition brings: `#[cfg(not(x))] mod y {}`.
                        let has_file = |id: ModuleId| {
                            let known = self.modules.get(id).file;
                            known.is_some_and(|it| it != file) || due.iter().any(|(it, ..)| *it == id)
                        };
                        let id = match known {
                            Some(known) if has_file(known) => self.modules.add_apart(it.name, parent),
                            _ => self.modules.child_or_new(parent, it.name, false),
                        };
                        let inner = &mut self.modules.all[id.0 as usize];
                        inner.file = Some(file);
                        inner.scope = body;
                        self.modules.inline.insert((file, body), id);
                        let below = joined(&directory, it.path.map_or(it.name.as_str(), Symbol::as_str));
                        bodies.push((body, id, below.clone(), below));
                    }
                    None => due.extend(self.child(parent, it, &directory, &start)),
                }
            }
        }
    }

    /// The file of a module that is declared without a body.
    fn child(
        &mut self,
        parent: ModuleId,
        it: &Submodule,
        directory: &str,
        start: &str,
    ) -> Option<(ModuleId, FileId, String)> {
        let name = it.name.as_str();
        let candidates = match it.path {
            Some(path) => vec![joined(start, path.as_str())],
            None => {
                vec![joined(directory, &format!("{name}.rs")), joined(directory, &format!("{name}/mod.rs"))]
            }
        };
        let found = candidates.iter().find_map(|it| Some((it, *self.by_path.get(it.as_str())?)));
        let (path, file) = found?;
        if self.is_placed(file) {
            // Two crates of one package can share a file: it belongs to the first.
            let known = self.modules.of_file(file);
            self.modules.all[parent.0 as usize].children.entry(it.name).or_insert(known);
            return None;
        }
        let mut id = self.modules.child_or_new(parent, it.name, false);
        if self.modules.get(id).scope != FnId::MODULE {
            // What has a body is what another condition brings: the file is the one that is meant by its name.
            id = self.modules.add(it.name, Some(parent), false);
        }
        if self.modules.get(id).file.is_some() {
            return None;
        }
        let (folder, file_name) = path.rsplit_once('/').unwrap_or(("", path));
        let children = match file_name {
            "mod.rs" => folder.to_owned(),
            _ if it.path.is_some() => folder.to_owned(),
            _ => joined(folder, name),
        };
        Some((id, file, children))
    }

    /// Files that no module declares, perhaps because a macro does: they are placed by where they lie.
    fn strays(&mut self, paths: &[&str]) {
        for path in paths {
            let Some(file) = self.by_path.get(path).copied() else { continue };
            if self.is_placed(file) {
                continue;
            }
            let Some(at) = path.rfind("src/") else { continue };
            let (directory, inside) = path.split_at(at + 4);
            let roots = ["lib.rs", "main.rs"].map(|it| format!("{directory}{it}"));
            let root = roots.iter().find_map(|it| self.by_path.get(it.as_str()).copied());
            let Some(root) = root.filter(|it| self.is_placed(*it)) else { continue };
            let stem = inside.strip_suffix(".rs").unwrap_or(inside);
            let stem = stem.strip_suffix("/mod").unwrap_or(stem);
            let mut module = self.modules.of_file(root);
            for part in stem.split('/') {
                module = self.modules.child_or_new(module, Symbol::new(part), false);
            }
            if self.modules.get(module).file.is_none() {
                let children = format!("{directory}{stem}");
                self.place(module, file, children);
            }
        }
    }

    /// What is left stands alone; those that declare modules come first, as the others may be theirs.
    fn orphans(&mut self, paths: &[&str]) {
        let declares =
            |it: &FileId| self.files[it.index()].facts.submodules.iter().any(|it| it.body.is_none());
        let all: Vec<FileId> = paths.iter().filter_map(|it| self.by_path.get(it).copied()).collect();
        let (first, rest): (Vec<FileId>, Vec<FileId>) = all.into_iter().partition(declares);
        for file in first.into_iter().chain(rest) {
            if self.is_placed(file) {
                continue;
            }
            let path = self.files[file.index()].path.as_str();
            let (directory, name) = path.rsplit_once('/').unwrap_or(("", path));
            let stem = name.strip_suffix(".rs").unwrap_or(name);
            let title = match stem {
                "lib" | "main" | "mod" => {
                    let above = directory.strip_suffix("src").unwrap_or(directory).trim_end_matches('/');
                    above.rsplit('/').next().filter(|it| !it.is_empty()).unwrap_or("crate")
                }
                other => other,
            };
            let title = Symbol::new(&title.replace('-', "_"));
            let root = self.root(title, file);
            if stem == "lib" {
                self.modules.crates.entry(title).or_insert(root);
            }
        }
    }
}

/// What a file that is a program by where it lies is called.
fn program_name(inside: &str) -> Option<String> {
    if inside == "build.rs" {
        return Some("build".to_owned());
    }
    let folders = ["src/bin/", "examples/", "tests/", "benches/"];
    let rest = folders.iter().find_map(|it| inside.strip_prefix(it))?;
    let stem = rest.strip_suffix(".rs")?;
    let name = match stem.split_once('/') {
        None => stem,
        Some((folder, "main")) => folder,
        Some(_) => return None,
    };
    Some(name.replace('-', "_"))
}

/// A path below a directory, with `..` and `.` taken out.
fn joined(directory: &str, path: &str) -> String {
    let mut parts: Vec<&str> = directory.split('/').filter(|it| !it.is_empty()).collect();
    for part in path.split(['/', '\\']) {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            other => parts.push(other),
        }
    }
    parts.join("/")
}

/// The dependencies that the packages of a workspace can share under a name of their own.
struct Workspace {
    directory: String,
    renamed: Vec<(Symbol, Symbol)>,
}

fn workspace(file: &LaunchFile) -> Option<Workspace> {
    let directory = directory_of(file)?;
    if !file.text.contains("workspace") {
        return None;
    }
    let table: toml::Table = file.text.parse().ok()?;
    let shared = table.get("workspace")?.get("dependencies")?.as_table()?;
    let renamed =
        shared.iter().filter_map(|(alias, it)| Some((spelled(alias), spelled(it.get("package")?.as_str()?))));
    Some(Workspace { directory: directory.to_owned(), renamed: renamed.collect() })
}

fn directory_of(file: &LaunchFile) -> Option<&str> {
    let directory = file.path.strip_suffix("Cargo.toml")?;
    (directory.is_empty() || directory.ends_with('/')).then_some(directory)
}

fn spelled(name: &str) -> Symbol {
    Symbol::new(&name.replace('-', "_"))
}

fn package(file: &LaunchFile, workspaces: &[Workspace]) -> Option<Package> {
    let directory = directory_of(file)?;
    let table: toml::Table = file.text.parse().ok()?;
    let text = |it: Option<&toml::Value>| it.and_then(toml::Value::as_str).map(str::to_owned);
    let name =
        table.get("package").and_then(|it| it.get("name")).and_then(toml::Value::as_str).map(spelled)?;
    let mut package = Package { directory: directory.to_owned(), name: Some(name), ..Package::default() };
    if let Some(library) = table.get("lib") {
        let title = library.get("name").and_then(toml::Value::as_str).map_or(name, spelled);
        let path = text(library.get("path")).unwrap_or_else(|| "src/lib.rs".to_owned());
        package.library = Some((title, path));
    }
    for kind in ["bin", "example", "test", "bench"] {
        for it in table.get(kind).and_then(toml::Value::as_array).into_iter().flatten() {
            if let (Some(title), Some(path)) = (text(it.get("name")), text(it.get("path"))) {
                package.programs.push((spelled(&title), path));
            }
        }
    }
    for kind in ["dependencies", "dev-dependencies", "build-dependencies"] {
        for (alias, it) in table.get(kind).and_then(toml::Value::as_table).into_iter().flatten() {
            if let Some(real) = it.get("package").and_then(toml::Value::as_str) {
                package.renamed.push((spelled(alias), spelled(real)));
            } else if it.get("workspace").and_then(toml::Value::as_bool) == Some(true) {
                let alias = spelled(alias);
                let shared = workspaces.iter().filter(|it| directory.starts_with(&it.directory));
                let mut renamed = shared.flat_map(|it| &it.renamed);
                package.renamed.extend(renamed.find(|(name, _)| *name == alias));
            }
        }
    }
    package.dependencies = dependencies(&table);
    for it in &mut package.dependencies {
        *it = package.renamed.iter().find(|(alias, _)| alias == it).map_or(*it, |(_, real)| *real);
    }
    Some(package)
}

/// What a package is built from, everywhere or on some system.
fn dependencies(table: &toml::Table) -> Vec<Symbol> {
    let systems = table.get("target").and_then(toml::Value::as_table).into_iter().flatten();
    let systems = systems.filter_map(|(_, it)| it.get("dependencies"));
    let tables = table.get("dependencies").into_iter().chain(systems).filter_map(toml::Value::as_table);
    tables.flat_map(|it| it.keys()).map(|it| spelled(it)).collect()
}
