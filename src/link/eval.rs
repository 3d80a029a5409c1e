//! What a value can be: names through scopes and imports, members through modules, classes and library types, results of calls.
//!
//! One evaluator reads one function at a time. Inside the function it follows values as they are bound; across functions it only
//! reads the world's tables, which grow from round to round. So every answer is the same whatever the order or the threads.

use rustc_hash::FxHashMap;

use crate::facts::{Binding, BindingKind, FnId, Import, OpId, OpKind, RegionId, RegionKind, Value, ValueId};
use crate::library::{NodeId, Role, Slot};
use crate::link::modules::ModuleId;
use crate::link::things::{ClassId, Site, Thing, Things};
use crate::link::world::World;
use crate::program::FuncId;
use crate::text::{FileId, Symbol};

/// How far a chain of names, imports and results is followed.
const LONGEST_CHAIN: u32 = 40;
/// How many steps one question may take; past it the answer is what was found so far.
const MOST_STEPS: u32 = 4_000;

/// From where a value is read: a scope, and how far its function has run.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) struct Scope {
    pub(crate) file: FileId,
    pub(crate) function: FnId,
    pub(crate) region: RegionId,
    pub(crate) order: u32,
}

/// Reads the values of one function, remembering what it found.
pub(crate) struct Eval<'w, 'a> {
    pub(crate) world: &'w World<'a>,
    /// Answers of the function that is read, and whether they are loose.
    memo: FxHashMap<(FileId, ValueId), (Things, bool)>,
    /// What class bodies say, where that is settled.
    members: FxHashMap<(ClassId, Symbol), Option<Things>>,
    open: Vec<(FileId, ValueId)>,
    depth: u32,
    steps: u32,
    /// How often a question was cut short.
    cut: u32,
    /// How often an answer rested on a table that may still grow, or was cut short: where this stays the same, the answer is settled.
    loose: u32,
    /// The functions and classes whose table entries were read.
    pub(crate) read: Vec<Dependency>,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) enum Dependency {
    /// What a function returns or yields.
    Result(FuncId),
    /// What callers pass to a function.
    Passed(FuncId),
    /// What instances of a class, or of those above it, hold under a name.
    Field(ClassId, Symbol),
    /// What other modules put in the place of a module's member.
    Patch(ModuleId, Symbol),
}

impl Dependency {
    /// Brings the same ones together, in no order that means anything.
    fn key(&self) -> (u8, u32, usize) {
        match self {
            Dependency::Result(function) => (0, function.0, 0),
            Dependency::Passed(function) => (1, function.0, 0),
            Dependency::Field(class, name) => (2, class.0, name.address()),
            Dependency::Patch(module, name) => (3, module.0, name.address()),
        }
    }
}

impl<'w, 'a> Eval<'w, 'a> {
    pub(crate) fn new(world: &'w World<'a>) -> Eval<'w, 'a> {
        let (memo, members) = (FxHashMap::default(), FxHashMap::default());
        Eval {
            world,
            memo,
            members,
            open: Vec::new(),
            depth: 0,
            steps: 0,
            cut: 0,
            loose: 0,
            read: Vec::new(),
        }
    }

    /// Makes ready for the next function: only what is settled stays known. What was read is given back.
    pub(crate) fn next_function(&mut self) -> Box<[Dependency]> {
        self.memo.clear();
        self.read.sort_unstable_by_key(|it| it.key());
        self.read.dedup();
        let read = self.read.as_slice().into();
        self.read.clear();
        read
    }

    fn depends(&mut self, on: Dependency) {
        self.loose += 1;
        self.read.push(on);
    }

    fn cut_short(&mut self) {
        self.cut += 1;
        self.loose += 1;
    }

    /// Whether what was found since then stays as it is, however the tables grow.
    fn is_settled(&self, since: u32) -> bool {
        self.loose == since && self.world.classes_known
    }

    /// The scope in which an operation reads its values.
    pub(crate) fn scope_of(world: &World<'_>, site: Site) -> Scope {
        let facts = world.facts(site.file);
        let region = facts.op(site.op).region;
        Scope { file: site.file, function: facts.region(region).function, region, order: site.op.0 }
    }

    /// A question from outside: with a fresh allowance.
    pub(crate) fn ask(&mut self, value: ValueId, scope: Scope) -> Things {
        self.steps = 0;
        self.things(value, scope)
    }

    pub(crate) fn things(&mut self, value: ValueId, scope: Scope) -> Things {
        let key = (scope.file, value);
        if let Some((known, loose)) = self.memo.get(&key) {
            self.loose += u32::from(*loose);
            return known.clone();
        }
        self.steps += 1;
        if self.depth >= LONGEST_CHAIN || self.steps > MOST_STEPS || self.open.contains(&key) {
            self.cut_short();
            return Things::none();
        }
        let (cut, loose) = (self.cut, self.loose);
        self.depth += 1;
        self.open.push(key);
        let found = self.evaluate(value, scope);
        self.open.pop();
        self.depth -= 1;
        // An answer that was cut short, by an open question perhaps, may lack what that one would add: only whole answers are kept.
        if self.open.is_empty() || (self.cut == cut && self.is_costly(value, scope.file)) {
            self.memo.insert(key, (found.clone(), self.loose != loose));
        }
        found
    }

    /// What takes more than a look or two, and is often asked again.
    fn is_costly(&self, value: ValueId, file: FileId) -> bool {
        let value = self.world.facts(file).value(value);
        matches!(
            value,
            Value::Call(_) | Value::Entered(_) | Value::Item { .. } | Value::Element(_) | Value::Part(..)
        )
    }

    fn evaluate(&mut self, value: ValueId, scope: Scope) -> Things {
        let facts = self.world.facts(scope.file);
        match facts.value(value) {
            Value::Name(name) => self.name(*name, scope),
            Value::Member { of, name } => {
                let of = self.things(*of, scope);
                self.members(&of, *name)
            }
            Value::Call(op) => self.result(Site { file: scope.file, op: *op }),
            Value::Awaited(inner) => self.things(*inner, scope),
            Value::Text(text) => Things::one(Thing::Text(*text)),
            Value::Closure(local) => Things::one(Thing::Function(self.world.func(scope.file, *local))),
            Value::Either(run) | Value::Fallback(run) => {
                let mut found = Things::none();
                for part in facts.list(run) {
                    found.join(&self.things(*part, scope));
                }
                found
            }
            Value::Item { of, key } => self.item(*of, *key, scope),
            Value::Element(of) => self.element(*of, scope),
            Value::Many(_) | Value::Sequence(_) | Value::Dict(_) => Things::none(),
            Value::Part(of, index) => self.part(*of, *index, scope),
            Value::Entered(region) => self.entered(*region, scope),
            _ => Things::none(),
        }
    }

    // ---- names ----

    /// A name, looked up through the scopes around, the module, its star imports and the builtins.
    pub(crate) fn name(&mut self, name: Symbol, scope: Scope) -> Things {
        let facts = self.world.facts(scope.file);
        let mut at = Some(scope.function);
        while let Some(function) = at {
            let around = facts.function(function);
            let class_body = matches!(around.kind, crate::facts::FunctionKind::ClassBody(_));
            if !class_body || function == scope.function {
                let here = function == scope.function;
                if function == FnId::MODULE && !here {
                    if let Some(found) = self.global(scope.file, name) {
                        return found;
                    }
                    break;
                }
                let bindings = facts.bindings_of(function, name);
                if !bindings.is_empty() {
                    let mut found = self.bindings(scope.file, bindings, here.then_some(scope));
                    if function == FnId::MODULE {
                        self.patch(self.world.modules.of_file(scope.file), name, &mut found);
                    }
                    return found;
                }
            }
            at = around.parent;
        }
        self.star_import(scope.file, name).unwrap_or_else(|| self.builtin(name))
    }

    /// A name that a module binds, as everybody but the module's own body sees it.
    fn global(&mut self, file: FileId, name: Symbol) -> Option<Things> {
        let world = self.world;
        let facts = world.facts(file);
        let run = facts.run_of(FnId::MODULE, name);
        let bindings = &facts.bindings[run.clone()];
        if bindings.is_empty() {
            return None;
        }
        let settled = &world.settled[file.index()][run.start];
        if let Some(known) = settled.get() {
            return Some(known.map_or_else(Things::none, Things::one));
        }
        let loose = self.loose;
        let mut found = self.bindings(file, bindings, None);
        self.patch(world.modules.of_file(file), name, &mut found);
        if self.is_settled(loose) && found.iter().nth(1).is_none() {
            // Whoever comes first: the answer is the same.
            let _ = settled.set(found.iter().next());
        }
        Some(found)
    }

    fn builtin(&self, name: Symbol) -> Things {
        let library = self.world.library;
        let found = library.root(self.world.names.builtins).and_then(|it| library.member(it, name));
        found.map_or_else(Things::none, |it| Things::one(Thing::Library(it)))
    }

    fn star_import(&mut self, file: FileId, name: Symbol) -> Option<Things> {
        let facts = self.world.facts(file);
        for import in &facts.star_imports {
            for thing in self.imported_module(file, *import).iter() {
                let found = match thing {
                    Thing::Module(module) => self.star_member(module, name),
                    Thing::Library(node) => self.library_member(node, name),
                    _ => None,
                };
                if let Some(found) = found {
                    return Some(found);
                }
            }
        }
        None
    }

    /// What `from module import *` gives under a name: `__all__` decides, else a leading underscore hides.
    fn star_member(&mut self, module: ModuleId, name: Symbol) -> Option<Things> {
        let file = self.world.modules.get(module).file?;
        let visible = match &self.world.facts(file).exports {
            Some(exports) => exports.contains(&name),
            None => !name.as_str().starts_with('_'),
        };
        if visible { self.module_member(module, name) } else { None }
    }

    /// Joins the bindings that can be in force. In the same function only those that reach the place are.
    fn bindings(&mut self, file: FileId, bindings: &'a [Binding], here: Option<Scope>) -> Things {
        let chosen = match here {
            Some(scope) => self.reaching(bindings, scope),
            None => bindings,
        };
        let mut found = Things::none();
        let mut declared = Things::none();
        for binding in chosen {
            match &binding.kind {
                BindingKind::Declared(annotation) => {
                    let scope = Self::at(file, binding);
                    declared.join(&self.annotated(*annotation, scope));
                }
                _ => found.join(&self.bound(file, binding)),
            }
        }
        if !found.is_known() {
            found.join(&declared);
        }
        found
    }

    /// From the last binding that surely happened before, to the use; and all of them where a loop may come round again.
    fn reaching(&self, bindings: &'a [Binding], scope: Scope) -> &'a [Binding] {
        let facts = self.world.facts(scope.file);
        let before = bindings.partition_point(|it| it.order <= scope.order);
        if before == 0 {
            return bindings;
        }
        let sure = bindings[..before].iter().rposition(|it| {
            !matches!(it.kind, BindingKind::Declared(_))
                && facts.regions_from(scope.region).any(|(region, _)| region == it.region)
        });
        &bindings[sure.unwrap_or(0)..before]
    }

    fn at(file: FileId, binding: &Binding) -> Scope {
        Scope { file, function: binding.from, region: binding.region, order: binding.order }
    }

    /// What one binding gives.
    pub(crate) fn bound(&mut self, file: FileId, binding: &'a Binding) -> Things {
        self.steps += 1;
        if self.depth >= LONGEST_CHAIN || self.steps > MOST_STEPS {
            self.cut_short();
            return Things::none();
        }
        // Imports can go in circles: each link of the chain counts.
        self.depth += 1;
        let found = self.bound_to(file, binding);
        self.depth -= 1;
        found
    }

    fn bound_to(&mut self, file: FileId, binding: &'a Binding) -> Things {
        let scope = Self::at(file, binding);
        match &binding.kind {
            BindingKind::Value(value) => self.things(*value, scope),
            BindingKind::Param(index) => self.param(self.world.func(file, binding.from), *index as usize),
            BindingKind::Function(local) => self.defined(self.world.func(file, *local)),
            BindingKind::Class(local) => Things::one(Thing::Class(self.world.class_id(file, *local))),
            BindingKind::Import(import) => self.imported(file, *import),
            BindingKind::ImportRoot(dotted) => self.import_root(file, *dotted),
            BindingKind::Declared(_) | BindingKind::Caught(_) | BindingKind::Opaque => Things::none(),
        }
    }

    /// A function's name: the function itself, and what a library's decorator makes of it.
    fn defined(&mut self, function: FuncId) -> Things {
        let mut found = Things::one(Thing::Function(function));
        let (file, local) = self.world.local(function);
        let facts = self.world.facts(file);
        let run = &facts.function(local).decorators;
        if run.is_empty() {
            return found;
        }
        let scope = self.decorator_scope(function);
        for decorator in facts.list(run) {
            for thing in self.decorator_nodes(*decorator, scope).iter() {
                if let Thing::Library(node) = thing
                    && let Some(returns) = self.world.library.returned_by(node)
                {
                    found.add(Thing::Object(returns));
                }
            }
        }
        found
    }

    pub(crate) fn decorator_scope(&self, function: FuncId) -> Scope {
        let (file, local) = self.world.local(function);
        let facts = self.world.facts(file);
        let parent = facts.function(local).parent.unwrap_or(FnId::MODULE);
        let define = self.definition_order(file, parent, local);
        Scope { file, function: parent, region: define.1, order: define.0 }
    }

    fn definition_order(&self, file: FileId, parent: FnId, local: FnId) -> (u32, RegionId) {
        let facts = self.world.facts(file);
        let name = facts.function(local).name;
        let binding = facts.bindings_of(parent, name).iter().find(|it| match it.kind {
            BindingKind::Function(it) => it == local,
            _ => false,
        });
        binding.map_or((u32::MAX, facts.function(parent).body), |it| (it.order.saturating_sub(1), it.region))
    }

    /// A decorator's callee, whether it is written with arguments or without.
    pub(crate) fn decorator_nodes(&mut self, decorator: ValueId, scope: Scope) -> Things {
        let facts = self.world.facts(scope.file);
        match facts.value(decorator) {
            Value::Call(op) => match &facts.op(*op).kind {
                OpKind::Call { callee, .. } => self.things(*callee, scope),
                _ => Things::none(),
            },
            _ => self.things(decorator, scope),
        }
    }

    // ---- parameters ----

    fn param(&mut self, function: FuncId, index: usize) -> Things {
        let world = self.world;
        if index == 0
            && let Some(class) = world.class_of(function)
            && !world.has_plain_decorator(function, world.names.staticmethod)
        {
            let is_class = world.has_plain_decorator(function, world.names.classmethod);
            return Things::one(if is_class { Thing::Class(class) } else { Thing::Instance(class) });
        }
        let (file, local) = world.local(function);
        let facts = world.facts(file);
        let Some(param) = facts.params(local).get(index) else { return Things::none() };
        let scope = self.decorator_scope(function);
        let plain = !matches!(param.kind, crate::facts::ParamKind::Rest | crate::facts::ParamKind::Keywords);
        // The parameter itself comes first, so that many callers cannot crowd it out.
        let mut found = Things::one(Thing::Param(function, index as u16));
        if plain {
            found.join(&self.annotated(param.annotation, scope));
            if !found.is_known() {
                self.depends(Dependency::Passed(function));
                if let Some(passed) = world.passed[function.index()].get(index) {
                    found.join(passed);
                }
                if let Some(default) = param.default {
                    found.join(&self.things(default, scope));
                }
            }
        }
        found
    }

    /// Whether what callers pass to each of the first parameters can matter, as bits: where a type is written and known it cannot.
    pub(crate) fn open_params(&mut self, function: FuncId) -> u64 {
        let world = self.world;
        *world.open_params[function.index()].get_or_init(|| {
            let scope = self.decorator_scope(function);
            let instance = world.binds_first(function);
            let mut open = 0;
            for (index, param) in world.params(function).iter().take(64).enumerate() {
                self.steps = 0;
                let loose = self.loose;
                let known = (index == 0 && instance) || self.annotated(param.annotation, scope).is_known();
                if !known || !self.is_settled(loose) {
                    open |= 1 << index;
                }
            }
            open
        })
    }

    /// The things that an annotation promises.
    pub(crate) fn annotated(&mut self, annotation: ValueId, scope: Scope) -> Things {
        if annotation == ValueId::OPAQUE {
            return Things::none();
        }
        let facts = self.world.facts(scope.file);
        match facts.value(annotation) {
            Value::Item { of, key } => {
                let generic = match facts.value(*of) {
                    Value::Name(name) | Value::Member { name, .. } => name.as_str(),
                    _ => "",
                };
                match generic {
                    "Optional" | "Union" | "Annotated" | "Final" | "ClassVar" | "Awaitable" | "Coroutine"
                    | "Required" | "NotRequired" => {
                        self.annotated_key(*key, generic == "Annotated", generic == "Coroutine", scope)
                    }
                    "type" | "Type" => self.things(*key, scope),
                    _ => self.annotated(*of, scope),
                }
            }
            Value::Either(run) => {
                let mut found = Things::none();
                for part in facts.list(run) {
                    found.join(&self.annotated(*part, scope));
                }
                found
            }
            Value::Name(_) | Value::Member { .. } => {
                let named = self.things(annotation, scope);
                self.instances(&named)
            }
            _ => Things::none(),
        }
    }

    fn annotated_key(&mut self, key: ValueId, first_only: bool, last_only: bool, scope: Scope) -> Things {
        let facts = self.world.facts(scope.file);
        let Value::Sequence(run) = facts.value(key) else { return self.annotated(key, scope) };
        let parts = facts.list(run);
        let chosen = match (first_only, last_only) {
            (true, _) => &parts[..parts.len().min(1)],
            (_, true) => &parts[parts.len().saturating_sub(1)..],
            _ => parts,
        };
        let mut found = Things::none();
        for part in chosen {
            found.join(&self.annotated(*part, scope));
        }
        found
    }

    fn instances(&self, named: &Things) -> Things {
        let library = self.world.library;
        named
            .iter()
            .filter_map(|it| match it {
                Thing::Class(class) => Some(Thing::Instance(class)),
                Thing::Library(node) if library.node(node).is_type => Some(Thing::Object(node)),
                Thing::Object(node) => library.node(node).value.map(Thing::Object),
                Thing::Foreign => Some(Thing::Foreign),
                _ => None,
            })
            .collect()
    }

    // ---- imports ----

    /// The module of an import; the world knows the answer for every import that is written.
    fn imported_module(&mut self, file: FileId, import: Import) -> Things {
        match self.world.imports.get(file.index()).and_then(|it| it.get(&(import.level, import.module))) {
            Some(thing) => Things::one(*thing),
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
        match library.find(dotted) {
            Some(node) => Things::one(Thing::Library(node)),
            None => self.unknown_module(file, dotted),
        }
    }

    fn unknown_module(&self, file: FileId, dotted: &str) -> Things {
        if let Some(found) = self.path(dotted) {
            return found;
        }
        let root = dotted.split('.').next().unwrap_or_default();
        let known = self.world.library.root(Symbol::new(root)).is_some();
        let likely = if known { None } else { self.world.modules.likely(file, dotted) };
        Things::one(likely.map_or(Thing::Foreign, Thing::Module))
    }

    fn imported(&mut self, file: FileId, import: Import) -> Things {
        let module = self.imported_module(file, import);
        match import.name {
            None => module,
            Some(name) => {
                let found = self.members(&module, name);
                if found.is_empty() { Things::one(Thing::Foreign) } else { found }
            }
        }
    }

    fn import_root(&mut self, file: FileId, dotted: Symbol) -> Things {
        if let Some(thing) = self.world.import_roots.get(file.index()).and_then(|it| it.get(&dotted)) {
            return Things::one(*thing);
        }
        self.find_root(file, dotted)
    }

    pub(crate) fn find_root(&self, file: FileId, dotted: Symbol) -> Things {
        let root = dotted.as_str().split('.').next().unwrap_or_default();
        self.absolute(file, root)
    }

    // ---- members ----

    pub(crate) fn members(&mut self, of: &Things, name: Symbol) -> Things {
        let mut found = Things::none();
        for thing in of.iter() {
            found.join(&self.member(thing, name));
        }
        found
    }

    fn member(&mut self, of: Thing, name: Symbol) -> Things {
        let foreign = || Things::one(Thing::Foreign);
        match of {
            Thing::Module(module) => self.module_member(module, name).unwrap_or_else(Things::none),
            Thing::Library(node) => self.library_member(node, name).unwrap_or_else(foreign),
            Thing::Object(node) => self.object_member(node, name),
            Thing::Instance(class) => self.instance_member(class, name),
            Thing::Class(class) => self.class_member(class, name).unwrap_or_else(Things::none),
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
            | Thing::Param(..) => Things::none(),
        }
    }

    /// A constant of a library by its path, or the way to some.
    fn path(&self, dotted: &str) -> Option<Things> {
        let library = self.world.library;
        if let Some(text) = library.constant(dotted) {
            return Some(Things::one(Thing::Text(text)));
        }
        library.leads_to_constants(dotted).then(|| Things::one(Thing::Path(Symbol::new(dotted))))
    }

    fn library_member(&self, node: NodeId, name: Symbol) -> Option<Things> {
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

    fn object_member(&self, node: NodeId, name: Symbol) -> Things {
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
    fn made_member(&mut self, _site: Site, node: NodeId, name: Symbol) -> Things {
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
        if let Some(file) = it.file {
            if let Some(found) = self.global(file, name).filter(|it| !it.is_empty()) {
                return Some(found);
            }
            if self.depth < LONGEST_CHAIN {
                self.depth += 1;
                let starred = self.star_import(file, name);
                self.depth -= 1;
                if starred.is_some() {
                    return starred;
                }
            } else {
                self.cut_short();
            }
        }
        self.world.modules.child(module, name).map(|it| Things::one(Thing::Module(it)))
    }

    fn patch(&mut self, module: ModuleId, name: Symbol, found: &mut Things) {
        if self.world.patched_names.contains(&name) {
            self.depends(Dependency::Patch(module, name));
            if let Some(patch) = self.world.patches.get(&(module, name)) {
                found.join(patch);
            }
        }
    }

    /// A name in a class's body or those above it, as the class itself sees it.
    fn class_member(&mut self, class: ClassId, name: Symbol) -> Option<Things> {
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

    fn find_class_member(&mut self, class: ClassId, name: Symbol) -> Option<Things> {
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

    fn outside_member(&mut self, class: ClassId, name: Symbol) -> Option<Things> {
        for index in 0..self.world.class(class).outside.len() {
            let node = self.world.class(class).outside[index];
            if let Some(found) = self.library_member(node, name) {
                return Some(found);
            }
        }
        None
    }

    fn instance_member(&mut self, class: ClassId, name: Symbol) -> Things {
        let mut found = Things::none();
        let world = self.world;
        self.depends(Dependency::Field(class, name));
        if world.field_names.contains(&name) {
            for owner in &world.class(class).line {
                if let Some(stored) = world.fields.get(&(*owner, name)) {
                    found.join(stored);
                }
            }
        }
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
    fn declared_field(&mut self, class: ClassId, name: Symbol) -> Things {
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
    fn returned(&mut self, function: FuncId) -> Things {
        self.depends(Dependency::Result(function));
        let found = self.world.returns[function.index()].clone();
        if found.is_known() {
            return found;
        }
        let scope = self.decorator_scope(function);
        self.annotated(self.world.function(function).returns, scope)
    }

    fn is_property(&self, function: FuncId) -> bool {
        let names = &self.world.names;
        self.world.has_plain_decorator(function, names.property)
            || self.world.has_plain_decorator(function, names.cached_property)
    }

    fn super_member(&mut self, class: ClassId, name: Symbol) -> Things {
        for index in 1..self.world.class(class).line.len() {
            let above = self.world.class(class).line[index];
            if let Some(method) = self.world.own_method(above, name) {
                return Things::one(Thing::Method(method));
            }
        }
        self.outside_member(class, name).unwrap_or_else(|| Things::one(Thing::Foreign))
    }

    // ---- containers ----

    fn item(&mut self, of: ValueId, key: ValueId, scope: Scope) -> Things {
        let library = self.world.library;
        let container = self.things(of, scope);
        let mut found: Things = container
            .iter()
            .filter_map(|it| match it {
                Thing::Object(node) => library.element(node).map(Thing::Object),
                Thing::Class(class) => Some(Thing::Class(class)),
                Thing::Library(node) if library.node(node).is_type => Some(Thing::Library(node)),
                _ => None,
            })
            .collect();
        let facts = self.world.facts(scope.file);
        if let Some((entries, inner)) = self.literal_dict(of, scope) {
            let wanted = match facts.value(key) {
                Value::Text(text) => Some(*text),
                _ => None,
            };
            let inner_facts = self.world.facts(inner.file);
            for (key, value) in inner_facts.dict(&entries) {
                let matches = match (wanted, key.map(|it| inner_facts.value(it))) {
                    (Some(wanted), Some(Value::Text(text))) => *text == wanted,
                    _ => true,
                };
                if matches {
                    found.join(&self.things(*value, inner));
                }
            }
        }
        found
    }

    /// The dictionary display that a value is, or that a name is bound to.
    fn literal_dict(&mut self, value: ValueId, scope: Scope) -> Option<(crate::facts::Run, Scope)> {
        let (value, scope) = self.display(value, scope, 0)?;
        match self.world.facts(scope.file).value(value) {
            Value::Dict(run) => Some((run.clone(), scope)),
            _ => None,
        }
    }

    /// Follows names to the one display (dictionary, list, comprehension) that they stand for.
    pub(crate) fn display(&mut self, value: ValueId, scope: Scope, depth: u32) -> Option<(ValueId, Scope)> {
        let facts = self.world.facts(scope.file);
        match facts.value(value) {
            Value::Dict(_) | Value::Sequence(_) | Value::Many(_) => Some((value, scope)),
            Value::Name(name) if depth < 6 => {
                let (file, binding) = self.single_binding(*name, scope)?;
                match &binding.kind {
                    BindingKind::Value(value) => self.display(*value, Self::at(file, binding), depth + 1),
                    BindingKind::Import(import) => {
                        let (file, binding) = self.imported_binding(file, *import, 0)?;
                        match &binding.kind {
                            BindingKind::Value(value) => {
                                self.display(*value, Self::at(file, binding), depth + 1)
                            }
                            _ => None,
                        }
                    }
                    _ => None,
                }
            }
            Value::Member { of, name } if depth < 6 => {
                let (file, binding) = self.member_binding(*of, *name, scope)?;
                match &binding.kind {
                    BindingKind::Value(value) => self.display(*value, Self::at(file, binding), depth + 1),
                    _ => None,
                }
            }
            _ => None,
        }
    }

    /// The binding of a module's or class's member: where a constant is defined.
    pub(crate) fn member_binding(
        &mut self,
        of: ValueId,
        name: Symbol,
        scope: Scope,
    ) -> Option<(FileId, &'a Binding)> {
        let world = self.world;
        for thing in self.things(of, scope).iter() {
            match thing {
                Thing::Module(module) => {
                    if let Some(file) = world.modules.get(module).file {
                        let found = self.module_binding(file, name, 0);
                        if found.is_some() {
                            return found;
                        }
                    }
                }
                Thing::Class(class) | Thing::Instance(class) => {
                    for owner in &world.class(class).line {
                        let file = world.class(*owner).file;
                        let body = world.class_facts(*owner).body;
                        let facts = world.facts(file);
                        let found = facts.bindings_of(body, name).iter().rev().find(|it| is_assigned(it));
                        if let Some(found) = found {
                            return Some((file, found));
                        }
                    }
                }
                _ => {}
            }
        }
        None
    }

    /// The binding that a name means here, when one decides.
    pub(crate) fn single_binding(&mut self, name: Symbol, scope: Scope) -> Option<(FileId, &'a Binding)> {
        let facts = self.world.facts(scope.file);
        let mut at = Some(scope.function);
        while let Some(function) = at {
            let bindings = facts.bindings_of(function, name);
            if !bindings.is_empty() {
                let chosen =
                    if function == scope.function { self.reaching(bindings, scope) } else { bindings };
                return chosen.iter().rev().find(|it| is_assigned(it)).map(|it| (scope.file, it));
            }
            at = facts.function(function).parent;
        }
        self.starred_binding(scope.file, name, 0)
    }

    fn starred_binding(&mut self, file: FileId, name: Symbol, depth: u32) -> Option<(FileId, &'a Binding)> {
        let facts = self.world.facts(file);
        for import in &facts.star_imports {
            for thing in self.imported_module(file, *import).iter() {
                if let Thing::Module(module) = thing
                    && let Some(from) = self.world.modules.get(module).file
                    && let Some(found) = self.module_binding(from, name, depth + 1)
                {
                    return Some(found);
                }
            }
        }
        None
    }

    /// A module-level name, through re-exports, to where it gets its value.
    pub(crate) fn module_binding(
        &mut self,
        file: FileId,
        name: Symbol,
        depth: u32,
    ) -> Option<(FileId, &'a Binding)> {
        if depth > 12 {
            return None;
        }
        let facts = self.world.facts(file);
        let Some(binding) = facts.bindings_of(FnId::MODULE, name).iter().rev().find(|it| is_assigned(it))
        else {
            return self.starred_binding(file, name, depth);
        };
        match &binding.kind {
            BindingKind::Import(import) => self.imported_binding(file, *import, depth + 1),
            _ => Some((file, binding)),
        }
    }

    pub(crate) fn imported_binding(
        &mut self,
        file: FileId,
        import: Import,
        depth: u32,
    ) -> Option<(FileId, &'a Binding)> {
        let name = import.name?;
        for thing in self.imported_module(file, import).iter() {
            if let Thing::Module(module) = thing
                && let Some(from) = self.world.modules.get(module).file
                && let Some(found) = self.module_binding(from, name, depth + 1)
            {
                return Some(found);
            }
        }
        None
    }

    fn element(&mut self, of: ValueId, scope: Scope) -> Things {
        let library = self.world.library;
        let mut found = Things::none();
        if let Some((display, inner)) = self.display(of, scope, 0) {
            let facts = self.world.facts(inner.file);
            match facts.value(display) {
                Value::Sequence(run) => {
                    for part in facts.list(run) {
                        found.join(&self.things(*part, inner));
                    }
                }
                Value::Many(part) => found.join(&self.things(*part, inner)),
                _ => {}
            }
        }
        for thing in self.things(of, scope).iter() {
            match thing {
                Thing::Object(node) => {
                    if let Some(items) = library.element(node) {
                        found.add(Thing::Object(items));
                    }
                }
                Thing::Class(class) => found.add(Thing::Instance(class)),
                _ => {}
            }
        }
        found
    }

    fn part(&mut self, of: ValueId, index: u32, scope: Scope) -> Things {
        let facts = self.world.facts(scope.file);
        match facts.value(of) {
            Value::Sequence(run) => {
                let part = facts.list(run).get(index as usize).copied();
                part.map_or_else(Things::none, |it| self.things(it, scope))
            }
            Value::Call(op) => self.returned_part(Site { file: scope.file, op: *op }, index),
            Value::Awaited(inner) => self.part(*inner, index, scope),
            Value::Element(source) => match self.display(*source, scope, 0) {
                Some((display, inner)) => self.part_of_elements(display, index, inner),
                None => Things::none(),
            },
            _ => Things::none(),
        }
    }

    fn part_of_elements(&mut self, display: ValueId, index: u32, scope: Scope) -> Things {
        let facts = self.world.facts(scope.file);
        let mut found = Things::none();
        if let Value::Sequence(run) = facts.value(display) {
            for element in facts.list(run) {
                if let Value::Sequence(inner) = facts.value(*element)
                    && let Some(part) = facts.list(inner).get(index as usize)
                {
                    found.join(&self.things(*part, scope));
                }
            }
        }
        found
    }

    /// `a, b = f()`: the parts of the tuples that `f` returns.
    fn returned_part(&mut self, site: Site, index: u32) -> Things {
        let mut found = Things::none();
        for function in self.called(site) {
            let (file, local) = self.world.local(function);
            let facts = self.world.facts(file);
            for (op, it) in facts.ops_of(local) {
                if let OpKind::Return(Some(value)) = it.kind
                    && let Value::Sequence(run) = facts.value(value)
                    && let Some(part) = facts.list(run).get(index as usize)
                {
                    let scope = Self::scope_of(self.world, Site { file, op });
                    found.join(&self.things(*part, scope));
                }
            }
        }
        found.iter().filter(|it| !matches!(it, Thing::Param(..) | Thing::Text(_))).collect()
    }

    /// The value of a keyword that a call takes out of `**mapping`, where the mapping is written down in the function.
    pub(crate) fn spread_argument(&mut self, site: Site, keyword: Symbol) -> Option<(ValueId, Scope)> {
        let scope = Self::scope_of(self.world, site);
        let args = self.world.call_args(site);
        for arg in args.iter().filter(|it| it.spread == crate::facts::Spread::Dict) {
            let Some((display, inner)) = self.display(arg.value, scope, 0) else { continue };
            let facts = self.world.facts(inner.file);
            let Value::Dict(run) = facts.value(display) else { continue };
            let entry = facts.dict(run).iter().find(|(key, _)| {
                key.is_some_and(|it| matches!(facts.value(it), Value::Text(text) if *text == keyword))
            });
            if let Some((_, value)) = entry {
                return Some((*value, inner));
            }
        }
        None
    }

    /// The project's functions that a call reaches.
    pub(crate) fn called(&mut self, site: Site) -> Vec<FuncId> {
        let Some(callee) = self.world.callee(site) else { return Vec::new() };
        let scope = Self::scope_of(self.world, site);
        self.things(callee, scope)
            .iter()
            .filter_map(|it| match it {
                Thing::Function(function) | Thing::Method(function) => Some(function),
                _ => None,
            })
            .collect()
    }

    // ---- what entering gives ----

    fn entered(&mut self, region: RegionId, scope: Scope) -> Things {
        let facts = self.world.facts(scope.file);
        let RegionKind::With { context, .. } = facts.region(region).kind else { return Things::none() };
        let contexts = self.things(context, scope);
        let mut found = Things::none();
        for thing in contexts.iter() {
            found.join(&self.entering(thing));
        }
        found
    }

    pub(crate) fn entering(&mut self, thing: Thing) -> Things {
        let library = self.world.library;
        match thing {
            Thing::Made(site, node) => {
                let mut found = Things::one(Thing::Made(site, node));
                if let Some(enters) = library.entered_by(node) {
                    found.add(Thing::Object(enters));
                }
                found
            }
            Thing::Object(node) => Things::one(Thing::Object(library.entered(node))),
            Thing::Instance(class) => {
                let names = &self.world.names;
                let method =
                    self.world.method(class, names.enter).or_else(|| self.world.method(class, names.aenter));
                match method {
                    Some(method) => {
                        self.depends(Dependency::Result(method));
                        self.world.returns[method.index()].clone()
                    }
                    None => Things::one(thing),
                }
            }
            Thing::Given(function, _) => {
                self.depends(Dependency::Result(function));
                let yields = self.world.yields[function.index()].clone();
                if !yields.is_empty() {
                    return yields.iter().filter(|it| !matches!(it, Thing::Param(..))).collect();
                }
                let returns = self.world.returns[function.index()].clone();
                let mut found = Things::none();
                if self.depth < LONGEST_CHAIN {
                    self.depth += 1;
                    let scopes = returns
                        .iter()
                        .filter(|it| matches!(it, Thing::Made(..) | Thing::Instance(_) | Thing::Given(..)));
                    for inner in scopes {
                        found.join(&self.entering(inner));
                    }
                    self.depth -= 1;
                }
                found
            }
            Thing::Foreign => Things::one(Thing::Foreign),
            _ => Things::none(),
        }
    }

    // ---- results of calls ----

    fn result(&mut self, site: Site) -> Things {
        let Some(callee) = self.world.callee(site) else { return Things::none() };
        let scope = Self::scope_of(self.world, site);
        let mut callees = self.things(callee, scope);
        self.assume(&mut callees, callee, scope);
        let mut found = Things::none();
        for thing in callees.iter() {
            found.join(&self.result_of(thing, site, scope));
        }
        found
    }

    fn result_of(&mut self, callee: Thing, site: Site, scope: Scope) -> Things {
        match callee {
            Thing::Library(node) => self.library_result(node, site, scope),
            Thing::Object(node) => self.object_result(node),
            Thing::Function(function) => self.project_result(function, site, false, scope),
            Thing::Method(function) => self.project_result(function, site, true, scope),
            Thing::Class(class) => Things::one(Thing::Instance(class)),
            Thing::Instance(class) => match self.world.method(class, self.world.names.call) {
                Some(method) => self.project_result(method, site, true, scope),
                None => Things::none(),
            },
            Thing::Foreign | Thing::AnyMethod(..) => Things::one(Thing::Foreign),
            Thing::Made(..) => self.first_argument(site, scope),
            _ => Things::none(),
        }
    }

    /// Calling an object: what its type's `__call__` gives.
    fn object_result(&mut self, node: NodeId) -> Things {
        let library = self.world.library;
        match library.member(node, self.world.names.call).and_then(|it| library.returned_by(it)) {
            Some(returns) => Things::one(Thing::Object(returns)),
            None => Things::one(Thing::Foreign),
        }
    }

    fn first_argument(&mut self, site: Site, scope: Scope) -> Things {
        match self.world.call_args(site).first() {
            Some(arg) if arg.name.is_none() => self.things(arg.value, scope),
            _ => Things::none(),
        }
    }

    fn library_result(&mut self, node: NodeId, site: Site, scope: Scope) -> Things {
        let library = self.world.library;
        let it = library.node(node);
        let mut found = Things::none();
        if it.model(Role::Span).is_some() || it.model(Role::SpanActivate).is_some() {
            found.add(Thing::Made(site, node));
            return found;
        }
        if it.model(Role::Identity).is_some()
            || it.model(Role::Partial).is_some()
            || it.model(Role::Transparent).is_some()
        {
            let place = it.models.iter().find_map(|it| it.place(Slot::Subject)).unwrap_or_default();
            let args = self.world.call_args(site);
            let index = usize::from(place.index.unwrap_or(0));
            if let Some(arg) = args.iter().filter(|it| it.name.is_none()).nth(index) {
                found.join(&self.things(arg.value, scope));
            }
        }
        if it.model(Role::EnterContext).is_some()
            && let Some(arg) = self.world.call_args(site).first()
        {
            for thing in self.things(arg.value, scope).iter() {
                found.join(&self.entering(thing));
            }
            return found;
        }
        if let Some(returns) = library.returned_by(node) {
            found.add(Thing::Object(returns));
        } else if found.is_empty() {
            found = self.builtin_result(node, site, scope);
        }
        found
    }

    /// The few builtins that give something other than an object of a type.
    fn builtin_result(&mut self, node: NodeId, site: Site, scope: Scope) -> Things {
        let path = self.world.library.node(node).path.as_str();
        let args = self.world.call_args(site);
        match (path, args) {
            ("builtins.super", _) => {
                let function = self.world.func(scope.file, scope.function);
                self.class_around(function).map_or_else(Things::none, |it| Things::one(Thing::Super(it)))
            }
            ("builtins.getattr", [of, name, rest @ ..]) => {
                let of = self.things(of.value, scope);
                let mut found = Things::none();
                if let Value::Text(name) = *self.world.facts(scope.file).value(name.value) {
                    found = self.members(&of, name);
                }
                if let [default] = rest {
                    found.join(&self.things(default.value, scope));
                }
                found
            }
            ("builtins.type", [of]) => {
                let of = self.things(of.value, scope);
                let classes = of.iter().filter_map(|it| match it {
                    Thing::Instance(class) => Some(Thing::Class(class)),
                    _ => None,
                });
                classes.collect()
            }
            _ => Things::one(Thing::Foreign),
        }
    }

    /// The class whose method a function is, or is nested in.
    pub(crate) fn class_around(&self, function: FuncId) -> Option<ClassId> {
        let (file, mut local) = self.world.local(function);
        let facts = self.world.facts(file);
        loop {
            let it = facts.function(local);
            if let Some(class) = it.class {
                return Some(self.world.class_id(file, class));
            }
            local = it.parent?;
        }
    }

    /// What a project function gives: its returned things, with the caller's arguments in place of parameters.
    fn project_result(&mut self, function: FuncId, site: Site, bound: bool, scope: Scope) -> Things {
        self.depends(Dependency::Result(function));
        let world = self.world;
        let mut found = Things::none();
        if !world.yields[function.index()].is_empty() || world.function(function).is_generator {
            found.add(Thing::Given(function, site));
            return found;
        }
        for thing in world.returns[function.index()].iter() {
            match thing {
                Thing::Param(owner, index) if owner == function => {
                    if let Some((value, from)) = world.passed_by(site, function, usize::from(index), bound) {
                        let scope = if from == site { scope } else { Self::scope_of(world, from) };
                        found.join(&self.things(value, scope));
                    }
                }
                Thing::Made(..) | Thing::Given(..) => {
                    found.add(Thing::Given(function, site));
                }
                other => found.add(other),
            }
        }
        if !found.is_known() {
            let returns = world.function(function).returns;
            let scope = self.decorator_scope(function);
            found.join(&self.annotated(returns, scope));
        }
        found
    }

    /// What a call calls, and whether that rests on nothing but a telling name.
    pub(crate) fn callees(&mut self, op: OpId, file: FileId) -> (Things, bool) {
        let site = Site { file, op };
        let Some(callee) = self.world.callee(site) else { return (Things::none(), false) };
        let scope = Self::scope_of(self.world, site);
        let mut things = self.ask(callee, scope);
        let assumed = self.assume(&mut things, callee, scope);
        (things, assumed)
    }

    /// What a name was called where it was imported from.
    fn imported_name(&mut self, name: Symbol, scope: Scope) -> Option<Symbol> {
        match &self.single_binding(name, scope)?.1.kind {
            BindingKind::Import(import) => import.name,
            _ => None,
        }
    }

    /// A method of an unknown object whose name only one kind of thing has.
    fn assume(&mut self, things: &mut Things, callee: ValueId, scope: Scope) -> bool {
        if things.is_known() {
            return false;
        }
        let name = match *self.world.facts(scope.file).value(callee) {
            Value::Member { name, .. } => name,
            Value::Name(name) if things.contains(Thing::Foreign) => match self.imported_name(name, scope) {
                Some(name) => name,
                None => return false,
            },
            _ => return false,
        };
        match self.world.library.assumed(name) {
            Some(node) => {
                things.add(Thing::Library(node));
                true
            }
            None => false,
        }
    }
}

fn is_assigned(binding: &Binding) -> bool {
    !matches!(binding.kind, BindingKind::Declared(_))
}
