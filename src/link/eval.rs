//! What a value can be: names through scopes and imports, members through modules, classes and library types, results of calls.
//!
//! One evaluator reads one function at a time. Inside the function it follows values as they are bound; across functions it only
//! reads the world's tables, which grow from round to round. So every answer is the same whatever the order or the threads.

mod annotations;
mod calls;
mod circles;
mod containers;
mod held;
mod kept;
mod members;
pub(crate) mod paths;
mod stars;

use rustc_hash::FxHashMap;

use crate::facts::{Binding, BindingKind, FnId, Import, OpKind, RegionId, Value, ValueId};
use crate::link::eval::circles::Circles;
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

/// What it takes to say what a value can be.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Weight {
    /// A look or two, or as much as what is asked next and remembered there.
    Light,
    Fair,
    /// Much, and it is often asked again.
    Heavy,
}

/// Reads the values of one function, remembering what it found.
pub(crate) struct Eval<'w, 'a> {
    pub(crate) world: &'w World<'a>,
    /// Answers of the function that is read, and whether they are loose.
    memo: FxHashMap<(FileId, ValueId), (Things, bool)>,
    /// The same for the parameters that were met.
    params: FxHashMap<(FuncId, usize), (Things, bool)>,
    /// Even what should be a look or two was cut short, and so is remembered.
    long_names: bool,
    /// Whether calls in a function keep a span under a name, by how deep the question is.
    kept_within: FxHashMap<(FuncId, Option<Symbol>, u32), bool>,
    /// What class bodies say, where that is settled.
    members: FxHashMap<(ClassId, Symbol), Option<Things>>,
    /// What instances have under a name, as the tables are now.
    of_instances: FxHashMap<(ClassId, Symbol), Remembered>,
    open: Vec<(FileId, ValueId)>,
    circles: Circles,
    /// Paths of imports that are being followed.
    using: Vec<(FileId, FnId, Symbol)>,
    depth: u32,
    steps: u32,
    /// How often a question was cut short.
    cut: u32,
    /// How often an answer rested on a table that may still grow, or was cut short: where this stays the same, the answer is settled.
    loose: u32,
    /// How often an answer of the function that is read was taken up again that rested on more than is said anew.
    recalled: u32,
    /// The functions and classes whose table entries were read.
    pub(crate) read: Vec<Dependency>,
}

/// An answer that is the same for all functions, and what it rests on.
struct Remembered {
    things: Things,
    loose: bool,
    read: Box<[Dependency]>,
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
    fn key(&self) -> (u8, u32, u32) {
        match self {
            Dependency::Result(function) => (0, function.0, 0),
            Dependency::Passed(function) => (1, function.0, 0),
            Dependency::Field(class, name) => (2, class.0, name.number()),
            Dependency::Patch(module, name) => (3, module.0, name.number()),
        }
    }
}

impl<'w, 'a> Eval<'w, 'a> {
    pub(crate) fn new(world: &'w World<'a>) -> Eval<'w, 'a> {
        Eval {
            world,
            memo: FxHashMap::default(),
            long_names: false,
            params: FxHashMap::default(),
            kept_within: FxHashMap::default(),
            members: FxHashMap::default(),
            of_instances: FxHashMap::default(),
            open: Vec::new(),
            circles: Circles::default(),
            using: Vec::new(),
            depth: 0,
            steps: 0,
            cut: 0,
            loose: 0,
            recalled: 0,
            read: Vec::new(),
        }
    }

    /// Makes ready for the next function: only what is settled stays known. What was read is given back.
    pub(crate) fn next_function(&mut self) -> impl Iterator<Item = Dependency> {
        self.memo.clear();
        self.kept_within.clear();
        self.long_names = false;
        self.params.clear();
        self.read.sort_unstable_by_key(|it| it.key());
        self.read.dedup();
        self.read.drain(..)
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
        let weight = match self.world.facts(scope.file).value(value) {
            Value::Text(text) => return Things::one(Thing::Text(*text)),
            Value::Closure(local) => {
                return Things::one(Thing::Function(self.world.func(scope.file, *local)));
            }
            Value::Name(_) | Value::Head(_) | Value::Awaited(_) => Weight::Light,
            Value::Member { .. } | Value::Either(_) | Value::Fallback(_) => Weight::Fair,
            Value::Call(_) | Value::Entered(_) | Value::Item { .. } | Value::Element(_) | Value::Part(..) => {
                Weight::Heavy
            }
            // Values that lead nowhere.
            _ => return Things::none(),
        };
        let key = (scope.file, value);
        if (weight != Weight::Light || self.long_names)
            && let Some((known, loose)) = self.memo.get(&key)
        {
            self.loose += u32::from(*loose);
            self.recalled += u32::from(*loose);
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
        let whole = self.open.is_empty() || (self.cut == cut && weight == Weight::Heavy);
        let long = self.cut != cut;
        if whole && (weight != Weight::Light || long) {
            self.long_names |= weight == Weight::Light;
            self.memo.insert(key, (found.clone(), self.loose != loose));
        }
        found
    }

    fn evaluate(&mut self, value: ValueId, scope: Scope) -> Things {
        let facts = self.world.facts(scope.file);
        match facts.value(value) {
            Value::Name(name) => self.name(*name, scope),
            Value::Head(name) => self.head(*name, scope),
            Value::Member { of, name } => {
                let owner = self.things(*of, scope);
                let mut found = self.members(&owner, *name);
                // What a parameter brought into the field, the call that made this instance says better.
                if facts.lexical
                    && found.iter().any(|it| matches!(it, Thing::Param(..)))
                    && let Some(kept) = self.kept(*of, *name, scope)
                {
                    return Things::one(kept);
                }
                if facts.lexical && !found.is_known() {
                    self.any_method(scope.file, *name, &mut found);
                }
                found
            }
            Value::Call(op) => self.result(Site { file: scope.file, op: *op }),
            Value::Awaited(inner) => self.things(*inner, scope),
            Value::Either(run) | Value::Fallback(run) => {
                let mut found = Things::none();
                for part in facts.list(run) {
                    found.join(&self.things(*part, scope));
                }
                found
            }
            Value::Item { of, key } => self.item(*of, *key, scope),
            Value::Element(of) => self.element(*of, scope),
            Value::Part(of, index) => self.part(*of, *index, scope),
            Value::Entered(region) => self.entered(*region, scope),
            _ => Things::none(),
        }
    }

    /// A name, looked up through the scopes around, the module, its star imports and the builtins.
    pub(crate) fn name(&mut self, name: Symbol, scope: Scope) -> Things {
        let facts = self.world.facts(scope.file);
        if facts.lexical {
            return self.lexical_name(name, scope);
        }
        let mut at = Some(scope.function);
        while let Some(function) = at {
            let around = facts.function(function);
            let class_body = matches!(around.kind, crate::facts::FunctionKind::ClassBody(_));
            if !class_body || function == scope.function {
                let here = function == scope.function;
                if function == FnId::MODULE && !here {
                    if let Some(found) = self.global(scope.file, FnId::MODULE, name) {
                        return found;
                    }
                    break;
                }
                let bindings = facts.bindings_of(function, name);
                // What is bound once means the same to the module's own body as to everybody, and may be settled.
                if function == FnId::MODULE
                    && bindings.len() == 1
                    && let Some(found) = self.global(scope.file, FnId::MODULE, name)
                {
                    return found;
                }
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
        self.star_import(scope.file, FnId::MODULE, name).unwrap_or_else(|| self.builtin(scope.file, name))
    }

    /// A name that a module binds, as everybody but the module's own body sees it.
    fn global(&mut self, file: FileId, scope: FnId, name: Symbol) -> Option<Things> {
        let world = self.world;
        let facts = world.facts(file);
        let run = facts.run_of(scope, name);
        let bindings = &facts.bindings[run.clone()];
        if bindings.is_empty() {
            return None;
        }
        if scope != FnId::MODULE {
            return Some(self.bindings(file, bindings, None));
        }
        let settled = &world.settled.names[file.index()][run.start];
        if let Some(known) = settled.get() {
            return Some(known);
        }
        let loose = self.loose;
        let mut found = self.bindings(file, bindings, None);
        self.patch(world.modules.of_file(file), name, &mut found);
        if self.is_settled(loose) {
            settled.keep(&found);
        }
        Some(found)
    }

    fn builtin(&self, file: FileId, name: Symbol) -> Things {
        let library = self.world.library;
        let language = self.world.files[file.index()].language;
        let found = library.root(language, self.world.names.builtins).and_then(|it| library.member(it, name));
        found.map_or_else(Things::none, |it| Things::one(Thing::Library(it)))
    }

    /// A method that every value has, and that gives the value on: `x.clone()`, `x?`, `x.unwrap()`; else one that a trait of the
    /// program adds.
    fn any_method(&self, file: FileId, name: Symbol, found: &mut Things) {
        let library = self.world.library;
        let language = self.world.files[file.index()].language;
        let methods = library.root(language, self.world.names.any);
        let imported = self.world.extensions.get(file.index()).into_iter().flatten();
        let by_import = imported.copied().find_map(|it| library.member(it, name));
        if let Some(node) = by_import.or_else(|| methods.and_then(|it| library.member(it, name))) {
            found.add(Thing::Library(node));
        } else {
            self.world.added.method(file, name).for_each(|it| found.add(Thing::Method(it)));
        }
    }

    /// What one star import gives under a name.
    pub(crate) fn star_gives(&mut self, file: FileId, from: FnId, import: Import, name: Symbol) -> Things {
        self.steps = 0;
        let modules = self.imported_module(file, from, import);
        let found = modules.iter().filter_map(|it| match it {
            Thing::Module(module) => self.star_member(module, name),
            Thing::Library(node) => self.library_member(node, name),
            _ => None,
        });
        found.fold(Things::none(), |mut all, it| {
            all.join(&it);
            all
        })
    }

    /// Joins the bindings that can be in force. In the same function only those that reach the place are.
    fn bindings(&mut self, file: FileId, bindings: &'a [Binding], here: Option<Scope>) -> Things {
        let chosen = match here {
            Some(scope) => self.reaching(bindings, scope),
            None => bindings,
        };
        if let [one] = chosen
            && !matches!(one.kind, BindingKind::Declared(_))
        {
            return self.bound(file, one);
        }
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
        if bindings.len() == 1 {
            return bindings;
        }
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
        let mut scope = Self::at(file, binding);
        // `let it = { let it = make(); it };`: what is bound does not see its own name yet.
        if self.world.facts(file).lexical && matches!(binding.kind, BindingKind::Value(_)) {
            scope.order = scope.order.saturating_sub(1);
        }
        match &binding.kind {
            BindingKind::Value(value) => self.things(*value, scope),
            BindingKind::Param(index) => self.param(self.world.func(file, binding.from), *index as usize),
            BindingKind::Function(local) => self.defined(self.world.func(file, *local)),
            BindingKind::Class(local) => Things::one(Thing::Class(self.world.class_id(file, *local))),
            BindingKind::Import(import) => self.imported(file, binding.from, *import),
            BindingKind::Module(body) => {
                let inner = self.world.modules.around_function(self.world.files, file, *body);
                Things::one(Thing::Module(inner))
            }
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

    fn param(&mut self, function: FuncId, index: usize) -> Things {
        if let Some((known, loose)) = self.params.get(&(function, index)) {
            self.loose += u32::from(*loose);
            self.recalled += u32::from(*loose);
            return known.clone();
        }
        let (cut, loose) = (self.cut, self.loose);
        let found = self.find_param(function, index);
        if self.cut == cut {
            self.params.insert((function, index), (found.clone(), self.loose != loose));
        }
        found
    }

    fn find_param(&mut self, function: FuncId, index: usize) -> Things {
        let world = self.world;
        if index == 0
            && let Some(class) = world.class_of(function)
            && world.binds_first(function)
        {
            let is_class = world.has_plain_decorator(function, world.names.classmethod);
            return Things::one(if is_class { Thing::Class(class) } else { Thing::Instance(class) });
        }
        let (file, local) = world.local(function);
        let facts = world.facts(file);
        let Some(param) = facts.params(local).get(index) else { return Things::none() };
        let plain = !matches!(param.kind, crate::facts::ParamKind::Rest | crate::facts::ParamKind::Keywords);
        // The parameter itself comes first, so that many callers cannot crowd it out.
        let mut found = Things::one(Thing::Param(function, index as u16));
        if plain {
            found.join(&self.param_type(function, index));
            if !found.is_known() {
                self.depends(Dependency::Passed(function));
                if let Some(passed) = world.passed[function.index()].get(index) {
                    found.join(passed);
                }
                if let Some(default) = param.default {
                    let scope = self.decorator_scope(function);
                    found.join(&self.things(default, scope));
                }
            }
        }
        found
    }

    /// Whether what callers pass to each of the first parameters can matter, as bits: where a type is written and known it cannot.
    pub(crate) fn open_params(&mut self, function: FuncId) -> u64 {
        let world = self.world;
        *world.settled.open_params[function.index()].get_or_init(|| {
            let instance = world.binds_first(function);
            let mut open = 0;
            for index in 0..world.params(function).len().min(64) {
                self.steps = 0;
                let loose = self.loose;
                let known = (index == 0 && instance) || self.param_type(function, index).is_known();
                if !known || !self.is_settled(loose) {
                    open |= 1 << index;
                }
            }
            open
        })
    }
}
