//! What calls give, and what entering the result gives.

use crate::facts::{BindingKind, FunctionKind, OpId, ParamKind, RegionId, RegionKind, Value, ValueId};
use crate::library::{NodeId, Role, Slot};
use crate::link::eval::held::Held;
use crate::link::eval::{Dependency, Eval, LONGEST_CHAIN, Scope};
use crate::link::things::{ClassId, Site, Thing, Things};
use crate::program::FuncId;
use crate::text::{FileId, Symbol};

impl<'w, 'a> Eval<'w, 'a> {
    pub(super) fn entered(&mut self, region: RegionId, scope: Scope) -> Things {
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
                    return yields
                        .iter()
                        .filter(|it| !matches!(it, Thing::Param(..) | Thing::Called(..)))
                        .collect();
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

    pub(super) fn result(&mut self, site: Site) -> Things {
        let Some(callee) = self.world.callee(site) else { return Things::none() };
        let scope = Self::scope_of(self.world, site);
        let mut callees = self.things(callee, scope);
        self.drop_unfit(&mut callees, site);
        self.assume(&mut callees, callee, scope);
        let mut found = Things::none();
        for thing in callees.iter() {
            found.join(&self.result_of(thing, site, scope));
        }
        if !found.is_known() {
            self.made_by_derive(callee, scope, &mut found);
        }
        if !found.is_known()
            && let Some(mapping) = self.looked_up_in(callee, scope)
        {
            found.join(&self.promised(mapping, Held::Item, scope));
        }
        found
    }

    /// `Type::parse()`, `Type::default()`: what a type derives makes a value of it.
    fn made_by_derive(&mut self, callee: ValueId, scope: Scope, found: &mut Things) {
        const MAKERS: [&str; 7] =
            ["parse", "try_parse", "parse_from", "from_args", "default", "from", "try_from"];
        let facts = self.world.facts(scope.file);
        let Value::Member { of, name } = *facts.value(callee) else { return };
        if !facts.lexical || !MAKERS.contains(&name.as_str()) {
            return;
        }
        for thing in self.things(of, scope).iter() {
            if let Thing::Class(class) = thing {
                found.add(Thing::Instance(class));
            }
        }
    }

    pub(super) fn result_of(&mut self, callee: Thing, site: Site, scope: Scope) -> Things {
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
    pub(super) fn object_result(&mut self, node: NodeId) -> Things {
        let library = self.world.library;
        match library.member(node, self.world.names.call).and_then(|it| library.returned_by(it)) {
            Some(returns) => Things::one(Thing::Object(returns)),
            None => Things::one(Thing::Foreign),
        }
    }

    pub(super) fn first_argument(&mut self, site: Site, scope: Scope) -> Things {
        match self.world.call_args(site).first() {
            Some(arg) if arg.name.is_none() => self.things(arg.value, scope),
            _ => Things::none(),
        }
    }

    pub(super) fn library_result(&mut self, node: NodeId, site: Site, scope: Scope) -> Things {
        let library = self.world.library;
        let it = library.node(node);
        let mut found = Things::none();
        if let Some(work) = crate::link::openings::runs(self.world, site, node) {
            // What runs in a span gives what it gives anywhere.
            return self.things(work, scope);
        }
        if it.model(Role::Span).is_some() || it.model(Role::SpanActivate).is_some() {
            found.add(Thing::Made(site, node));
            return found;
        }
        if it.model(Role::Identity).is_some()
            || it.model(Role::Partial).is_some()
            || it.model(Role::Transparent).is_some()
        {
            let place = it.models.iter().find_map(|it| it.place(Slot::Subject)).unwrap_or_default();
            if place.receiver {
                return self.world.receiver(site).map_or_else(Things::none, |it| self.things(it, scope));
            }
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
    pub(super) fn builtin_result(&mut self, node: NodeId, site: Site, scope: Scope) -> Things {
        let path = self.world.library.node(node).path.as_str();
        let args = self.world.call_args(site);
        match (path, args) {
            ("builtins.super", _) => {
                let function = self.world.func(scope.file, scope.function);
                self.class_around(function).map_or_else(Things::none, |it| Things::one(Thing::Super(it)))
            }
            ("builtins.getattr", [of, name, rest @ ..]) => {
                let of = self.things(of.value, scope);
                let mut found = match *self.world.facts(scope.file).value(name.value) {
                    Value::Text(name) => self.members(&of, name),
                    _ => Things::one(Thing::Foreign),
                };
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
    pub(super) fn project_result(
        &mut self,
        function: FuncId,
        site: Site,
        bound: bool,
        scope: Scope,
    ) -> Things {
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
                Thing::Called(owner, index) if owner == function => {
                    if let Some((value, from)) = world.passed_by(site, function, usize::from(index), bound) {
                        let scope = Self::scope_of(world, from);
                        for thing in self.things(value, scope).iter() {
                            found.join(&self.result_of(thing, site, scope));
                        }
                    }
                }
                Thing::Made(..) | Thing::Given(..) => {
                    found.add(Thing::Given(function, site));
                }
                other => found.add(other),
            }
        }
        if !found.is_known() {
            found.join(&self.return_type(function));
        }
        found
    }

    /// What a function gives back: where that is what the caller's function gives, it is left to each caller to say.
    pub(crate) fn given_back(&mut self, value: ValueId, scope: Scope) -> Things {
        let called = self.called_param(value, scope, 0);
        called.map_or_else(|| self.ask(value, scope), Things::one)
    }

    fn called_param(&mut self, value: ValueId, scope: Scope, depth: u32) -> Option<Thing> {
        let facts = self.world.facts(scope.file);
        match *facts.value(value) {
            Value::Awaited(inner) => self.called_param(inner, scope, depth),
            Value::Name(name) if depth == 0 => match self.alternatives(name, scope)[..] {
                [(value, scope)] => self.called_param(value, scope, depth + 1),
                _ => None,
            },
            Value::Call(op) => {
                let callee = self.world.callee(Site { file: scope.file, op })?;
                let function = self.world.func(scope.file, scope.function);
                self.ask(callee, scope).iter().find_map(|it| match it {
                    Thing::Param(owner, index) if owner == function => Some(Thing::Called(owner, index)),
                    _ => None,
                })
            }
            _ => None,
        }
    }

    /// What a call calls, and whether that rests on nothing but a telling name.
    pub(crate) fn callees(&mut self, op: OpId, file: FileId) -> (Things, bool) {
        let site = Site { file, op };
        let Some(callee) = self.world.callee(site) else { return (Things::none(), false) };
        let scope = Self::scope_of(self.world, site);
        let mut things = self.ask(callee, scope);
        self.drop_unfit(&mut things, site);
        let assumed = self.assume(&mut things, callee, scope);
        (things, assumed)
    }

    /// A method that any value could have by an import is not meant where the call does not give what it takes.
    fn drop_unfit(&self, things: &mut Things, site: Site) {
        let library = self.world.library;
        if !self.world.facts(site.file).lexical {
            return;
        }
        let fits = |node: NodeId| {
            let it = library.node(node);
            if !it.parent.is_some_and(|parent| library.node(parent).extension) {
                return true;
            }
            let given = self.world.call_args(site).len();
            let wanted = it.models.iter().flat_map(|it| &it.args).filter_map(|(_, place)| place.index);
            wanted.map(usize::from).all(|it| it < given)
        };
        self.choose_arms(things, site);
        if things.iter().any(|it| matches!(it, Thing::Library(node) if !fits(node))) {
            *things =
                things.iter().filter(|it| !matches!(it, Thing::Library(node) if !fits(*node))).collect();
        }
    }

    /// Of a macro's arms, those that take as many arguments as there are.
    fn choose_arms(&self, things: &mut Things, site: Site) {
        let world = self.world;
        let given = world.call_args(site).len();
        let fits = |thing: Thing| {
            let Thing::Function(function) = thing else { return true };
            if world.function(function).kind != FunctionKind::Macro {
                return true;
            }
            let params = world.params(function);
            let plain = params.iter().filter(|it| it.kind != ParamKind::Rest).count();
            if plain < params.len() { given >= plain } else { given == plain }
        };
        let all_arms = things.iter().filter(|it| matches!(it, Thing::Function(_))).count();
        if all_arms > 1 && things.iter().any(fits) {
            *things = things.iter().filter(|it| fits(*it)).collect();
        }
    }

    /// What a name was called where it was imported from.
    pub(super) fn imported_name(&mut self, name: Symbol, scope: Scope) -> Option<Symbol> {
        match &self.single_binding(name, scope)?.1.kind {
            BindingKind::Import(import) => import.name,
            _ => None,
        }
    }

    /// A method of an unknown object whose name only one kind of thing has.
    pub(super) fn assume(&mut self, things: &mut Things, callee: ValueId, scope: Scope) -> bool {
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
        let language = self.world.files[scope.file.index()].language;
        let library = self.world.library;
        let owner = || self.receiver_name(callee, scope);
        match library.assumed(language, name).or_else(|| library.assumed_on(language, name, owner)) {
            Some(node) => {
                things.add(Thing::Library(node));
                true
            }
            None => false,
        }
    }

    /// The last name of what a method is called on: `span` in `self.span.enter()` and in `request.span().enter()`.
    fn receiver_name(&self, callee: ValueId, scope: Scope) -> Option<Symbol> {
        let facts = self.world.facts(scope.file);
        let Value::Member { of, .. } = *facts.value(callee) else { return None };
        let of = match *facts.value(of) {
            Value::Call(op) => self.world.callee(Site { file: scope.file, op })?,
            _ => of,
        };
        match *facts.value(of) {
            Value::Name(name) | Value::Member { name, .. } => Some(name),
            _ => None,
        }
    }
}
