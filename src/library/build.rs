//! Grows the tree of paths out of parsed model files: aliases first, so that every other entry lands on the one true node.

use rustc_hash::{FxBuildHasher, FxHashMap};

use super::format::{CallEntry, ExcludesEntry, InstrumentorEntry, ModelFile, Trait, TypeEntry, ValueEntry};
use super::load::language_of;
use super::model::{model_of, plain_model};
use super::paths::DottedPath;
use super::{ArgPlace, Instrumentor, Library, Node, NodeId, Role, UrlExcludes, check};
use crate::text::{LineIndex, Symbol};

/// Where an entry comes from: a name for messages, and the text in which its line can be found.
type Source<'a> = (&'a str, &'a str);

/// Source files, whose names begin with their language.
type NamedFile<'a> = ((&'static str, &'a str), ModelFile);

/// About as many as the built-in models have.
const NODES: usize = 8192;

pub(super) struct Builder<'a> {
    library: Library,
    /// Types that an entry names, and where: each has to be declared by some entry.
    named_types: Vec<(NodeId, Source<'a>, Symbol)>,
    /// Nodes by the path that led to them, aliases not followed.
    by_path: FxHashMap<(&'static str, Symbol), NodeId>,
    /// The language whose tree is grown.
    language: &'static str,
    /// The file is about the agent of some vendor.
    of_vendor: bool,
    errors: Vec<String>,
}

impl<'a> Builder<'a> {
    pub(super) fn new(errors: Vec<String>) -> Builder<'a> {
        let mut library = Library::default();
        library.nodes.reserve(NODES);
        library.children.reserve(NODES);
        let by_path = FxHashMap::with_capacity_and_hasher(NODES, FxBuildHasher);
        Builder { library, named_types: Vec::new(), by_path, language: "", of_vendor: false, errors }
    }

    pub(super) fn add_files(&mut self, files: &'a [NamedFile<'a>]) {
        self.add_aliases(files);
        for (source, file) in files {
            self.language = language_of(source.0);
            self.of_vendor = file.vendor;
            for entry in &file.types {
                self.add_type(*source, entry);
            }
            for entry in &file.values {
                self.add_value(*source, entry);
            }
            for entry in &file.calls {
                self.add_call(*source, entry);
            }
            for entry in &file.instrumentors {
                self.add_instrumentor(entry);
            }
            for entry in &file.constants {
                self.library.constants.add(entry);
            }
            for (path, instead) in &file.deprecated {
                self.library.deprecated.insert(path.full, Symbol::new(instead));
            }
        }
    }

    pub(super) fn add_extra(&mut self, language: &'static str, origin: &'a str, entry: &'a CallEntry) {
        self.language = language;
        self.of_vendor = false;
        self.add_call((origin, ""), entry);
    }

    pub(super) fn finish(mut self) -> (Library, Vec<String>) {
        for (node, source, path) in std::mem::take(&mut self.named_types) {
            if !self.library.node(node).is_type {
                self.fail(source, path.as_str(), "no model declares this type");
            }
        }
        for path in check::members_of_aliases(&self.library) {
            self.errors.push(format!("`{path}` is a member of an alias"));
        }
        if let Some(node) = check::base_cycle(&self.library) {
            self.errors.push(format!("`{}` is its own base type", self.library.node(node).path));
        }
        (self.library, self.errors)
    }

    /// Shorter paths first, so that an alias below an alias lands under the true parent.
    fn add_aliases(&mut self, files: &'a [NamedFile<'a>]) {
        let mut pairs = Vec::new();
        for (source, file) in files {
            let source: (&'static str, &'a str) = *source;
            pairs.extend(file.alias.iter().map(|(from, to)| (source, *from, *to)));
            for entry in &file.types {
                match entry.path.list.as_slice() {
                    [path] => pairs.extend(entry.also.list.iter().map(|it| (source, *it, *path))),
                    _ if entry.also.list.is_empty() => {}
                    _ => self.fail(source, &entry.also.written, "`also` needs a `path` that is a single one"),
                }
            }
        }
        pairs.sort_by_cached_key(|(_, from, to)| (from.depth(), *from, *to));
        let mut made = Vec::with_capacity(pairs.len());
        for (source, from, to) in pairs {
            self.language = language_of(source.0);
            let target = self.node(to);
            let alias = self.unresolved(from);
            if alias == target {
                self.fail(source, from.full.as_str(), "this alias leads back to itself");
            } else if self.library.node(alias).alias.is_some_and(|it| it != target) {
                self.fail(source, from.full.as_str(), "this is an alias of something else already");
            } else {
                self.library.nodes[alias.0 as usize].alias = Some(target);
                made.push((alias, source, from));
            }
        }
        self.straighten(made);
    }

    /// Lets every alias point at the end of its chain.
    fn straighten(&mut self, made: Vec<(NodeId, Source<'_>, DottedPath)>) {
        for (alias, source, from) in made {
            let mut end = alias;
            for _ in 0..8 {
                end = self.library.resolve(end);
            }
            if self.library.node(end).alias.is_some() {
                self.fail(source, from.full.as_str(), "an alias leads in a circle");
            } else {
                self.library.nodes[alias.0 as usize].alias = Some(end);
            }
        }
    }

    fn add_type(&mut self, source: Source<'a>, entry: &'a TypeEntry) {
        for path in &entry.path.list {
            let node = self.node(*path);
            let bases = &entry.bases.list;
            let bases: Vec<NodeId> = bases.iter().map(|it| self.named_type(source, *it, None)).collect();
            let enters = entry.enters.map(|it| self.named_type(source, it, Some(node)));
            let items = entry.items.map(|it| self.named_type(source, it, Some(node)));
            for (field, of) in &entry.fields {
                let of = self.named_type(source, *of, Some(node));
                if field == "*" {
                    self.library.nodes[node.0 as usize].attributes = Some(of);
                } else {
                    let field = self.child(node, Symbol::new(field));
                    self.library.nodes[field.0 as usize].value = Some(of);
                }
            }
            let it = &mut self.library.nodes[node.0 as usize];
            it.is_type = true;
            it.bases.extend(bases);
            it.enters = enters.or(it.enters);
            it.items = items.or(it.items);
            it.wraps |= entry.wraps;
            it.extension |= entry.extension;
            if entry.extension {
                self.library.extensions.push(node);
            }
        }
    }

    fn add_value(&mut self, source: Source<'a>, entry: &'a ValueEntry) {
        let of = self.named_type(source, entry.of, None);
        for path in &entry.path.list {
            let node = self.node(*path);
            self.library.nodes[node.0 as usize].value = Some(of);
        }
    }

    fn add_call(&mut self, source: Source<'a>, entry: &'a CallEntry) {
        let gives = entry.gives.map(|it| self.named_type(source, it, None));
        let of_vendor = self.of_vendor;
        let model = entry.role.map(|role| super::Model { gives, of_vendor, ..model_of(role, entry) });
        if let Some(why) = model.as_ref().and_then(check::contradiction) {
            self.fail(source, &entry.path.written, &why);
        }
        for path in &entry.path.list {
            if let ("*", Some(owner)) = (path.name.as_str(), path.parent) {
                let owner = self.at(owner);
                self.library.nodes[owner.0 as usize].any_call = model.clone().map(Box::new);
                continue;
            }
            if entry.does.contains(&Trait::NeverFails) {
                self.library.never_fail.insert((self.language, path.full));
                // Nothing else is known of it: most programs are full of what looks at a value or at the clock.
                if model.is_none() && entry.returns.is_none() {
                    continue;
                }
            }
            let node = self.node(*path);
            let parent = self.library.node(node).parent;
            let returns = entry.returns.map(|it| self.named_type(source, it, parent));
            let enters = entry.enters.map(|it| self.named_type(source, it, parent));
            let it = &mut self.library.nodes[node.0 as usize];
            it.returns = returns.or(it.returns);
            it.enters = enters.or(it.enters);
            it.models.extend(model.clone());
            if entry.assume {
                self.library.assumed.insert((self.language, path.name), node);
            }
            if let Some(owner) = &entry.assume_on {
                self.library.assumed_on.insert((self.language, path.name), (Symbol::new(owner), node));
            }
        }
    }

    /// The class becomes a type and its methods calls, so that a call to one can be resolved like any other.
    fn add_instrumentor(&mut self, entry: &InstrumentorEntry) {
        for path in &entry.path.list {
            let node = self.node(*path);
            let enable: Vec<Symbol> = entry.enable.0.iter().map(|it| Symbol::new(it)).collect();
            let switches: Vec<NodeId> = match enable.as_slice() {
                [] => vec![node],
                names => names.iter().map(|it| self.child(node, *it)).collect(),
            };
            for switch in switches {
                let it = &mut self.library.nodes[switch.0 as usize];
                if !it.models.iter().any(|model| model.role == Role::AutoInstrument) {
                    it.models.push(plain_model(Role::AutoInstrument));
                }
            }
            self.library.nodes[node.0 as usize].is_type |= !enable.is_empty();
            self.library.instrumentors.push(Instrumentor {
                node,
                distribution: Symbol::new(&entry.distribution),
                modules: entry.modules.0.iter().map(|it| Symbol::new(it)).collect(),
                enable,
                spans: entry.spans,
                carries_threads: entry.carries_threads,
                carries_executors: entry.carries_executors,
                installed: entry.installed,
                launcher: entry.launcher.as_deref().map(Symbol::new),
                bridges: entry.bridges.0.iter().map(|it| Symbol::new(it)).collect(),
                zero_code: entry.zero_code,
                on_import: entry.on_import,
                built_in: entry.built_in,
                since: entry.since,
                records: entry.records,
                opentelemetry: entry.opentelemetry,
                excludes: entry.excludes.as_ref().map(url_excludes),
            });
        }
    }

    /// The node of a type that an entry names; `Self` is the type that the entry belongs to.
    fn named_type(&mut self, source: Source<'a>, path: DottedPath, this: Option<NodeId>) -> NodeId {
        if let ("Self", Some(this)) = (path.full.as_str(), this) {
            return this;
        }
        let node = self.node(path);
        if !self.library.node(node).is_type {
            self.named_types.push((node, source, path.full));
        }
        node
    }

    fn node(&mut self, path: DottedPath) -> NodeId {
        let node = self.unresolved(path);
        self.library.resolve(node)
    }

    fn at(&mut self, path: Symbol) -> NodeId {
        match self.by_path.get(&(self.language, path)) {
            Some(node) => self.library.resolve(*node),
            None => self.node(DottedPath::new(path.as_str())),
        }
    }

    /// The node of exactly this spelling, made if it is new.
    fn unresolved(&mut self, path: DottedPath) -> NodeId {
        if let Some(node) = self.by_path.get(&(self.language, path.full)) {
            return *node;
        }
        let node = match path.parent {
            Some(parent) => {
                let parent = self.at(parent);
                self.child(parent, path.name)
            }
            None => {
                let root = self.push(path.full, None);
                self.library.roots.insert((self.language, path.full), root);
                root
            }
        };
        self.by_path.insert((self.language, path.full), node);
        node
    }

    fn child(&mut self, of: NodeId, name: Symbol) -> NodeId {
        let of = self.library.resolve(of);
        if let Some(child) = self.library.children.get(&(of, name)) {
            return *child;
        }
        let path = Symbol::new(&format!("{}.{name}", self.library.node(of).path));
        let child = self.push(path, Some(of));
        self.library.children.insert((of, name), child);
        child
    }

    fn push(&mut self, path: Symbol, parent: Option<NodeId>) -> NodeId {
        let id = NodeId(self.library.nodes.len() as u32);
        self.library.nodes.push(Node::new(path, parent));
        id
    }

    fn fail(&mut self, source: Source<'_>, near: &str, why: &str) {
        self.errors.push(format!("{}: `{near}`: {why}", place_of(source, near)));
    }
}

/// Errors are rare: the line is looked for only when there is one.
fn place_of((name, text): Source<'_>, near: &str) -> String {
    match text.find(&format!("\"{near}\"")) {
        Some(at) => format!("{name}:{}", LineIndex::new(text).line(at as u32)),
        None => name.to_owned(),
    }
}

fn url_excludes(entry: &ExcludesEntry) -> UrlExcludes {
    let by_name = |name: &String| ArgPlace { keyword: Some(Symbol::new(name)), ..ArgPlace::default() };
    UrlExcludes {
        argument: entry.argument.as_ref().map(by_name),
        variables: entry.variables.0.iter().map(|it| Symbol::new(it)).collect(),
    }
}
