//! Facts as text, for tests and for people who write a front end. Prints what is there and explains nothing.

use std::fmt::Write;

use super::{
    Arg, Binding, BindingKind, ClassId, Facts, FnId, Function, FunctionKind, Import, OpId, OpKind, Param,
    ParamKind, RegionId, RegionKind, Run, Spread, Value, ValueId,
};
use crate::text::Symbol;

/// One block for each function, in order, and then what concerns the whole file.
pub(crate) fn print(facts: &Facts) -> String {
    let printer = Printer { facts };
    let mut out = String::new();
    for index in 0..facts.functions.len() {
        printer.function(FnId(index as u32), &mut out);
    }
    printer.file(&mut out);
    out
}

struct Printer<'a> {
    facts: &'a Facts,
}

impl Printer<'_> {
    fn function(&self, id: FnId, out: &mut String) {
        let it = self.facts.function(id);
        line(out, 0, &self.head(id, it));
        for region in (0..self.facts.regions.len()).map(|it| RegionId(it as u32)) {
            let found = self.facts.region(region);
            if found.function == id && region != it.body {
                let parent = found.parent.map_or_else(String::new, |it| format!(" in r{}", it.0));
                line(out, 1, &format!("r{}{parent}: {}", region.0, self.region(&found.kind)));
            }
        }
        for (op, found) in self.facts.ops_of(id) {
            let region =
                if found.region == it.body { String::new() } else { format!(" r{}", found.region.0) };
            line(out, 1, &format!("%{}{region}: {}", op.0, self.op(&found.kind)));
        }
        // By text: the order in the table is that of numbers.
        let mut bindings: Vec<&Binding> = self.facts.scope(id).iter().collect();
        bindings.sort_by_key(|it| (it.name, it.order));
        for it in bindings {
            let from = if it.from == id { String::new() } else { format!(" from f{}", it.from.0) };
            line(out, 1, &format!("{} at {}{from}: {}", it.name, it.order, self.binding(&it.kind)));
        }
    }

    fn head(&self, id: FnId, it: &Function) -> String {
        let kind = match it.kind {
            FunctionKind::Module => "module".to_owned(),
            FunctionKind::ClassBody(class) => format!("body of c{}", class.0),
            FunctionKind::Named => format!("def {}", it.path),
            FunctionKind::Closure => "closure".to_owned(),
            FunctionKind::Namespace => format!("namespace {}", it.path),
            FunctionKind::Macro => format!("macro {}", it.path),
        };
        let mut text = format!("f{} {kind}", id.0);
        if !it.params.is_empty() {
            let params: Vec<String> = self.facts.params(id).iter().map(|it| self.param(it)).collect();
            let _ = write!(text, "({})", params.join(", "));
        }
        if it.returns != ValueId::OPAQUE {
            let _ = write!(text, " -> {}", self.value(it.returns));
        }
        for decorator in self.facts.list(&it.decorators) {
            let _ = write!(text, " @{}", self.value(*decorator));
        }
        let flags = [
            (it.is_async, "async"),
            (it.is_generator, "generator"),
            (it.is_static, "static"),
            (it.is_test, "test"),
            (it.public == Some(true), "public"),
        ];
        for (_, word) in flags.iter().filter(|(set, _)| *set) {
            let _ = write!(text, " {word}");
        }
        if it.kind == FunctionKind::Named {
            let parent = it.parent.map_or(0, |it| it.0);
            let shape = format!("{:?}", it.shape).to_lowercase();
            let _ = write!(text, " in f{parent} {shape} {}", it.statements);
        }
        text
    }

    fn param(&self, it: &Param) -> String {
        let stars = match it.kind {
            ParamKind::Rest => "*",
            ParamKind::Keywords => "**",
            _ => "",
        };
        let mut text = format!("{stars}{}", it.name);
        if it.annotation != ValueId::OPAQUE {
            let _ = write!(text, ": {}", self.value(it.annotation));
        }
        if let Some(default) = it.default {
            let _ = write!(text, " = {}", self.value(default));
        }
        match it.kind {
            ParamKind::PositionalOnly => text.push_str(" /"),
            ParamKind::KeywordOnly => text.insert_str(0, "*, "),
            _ => {}
        }
        text
    }

    fn region(&self, kind: &RegionKind) -> String {
        match kind {
            RegionKind::Body => "body".to_owned(),
            RegionKind::With { context, bound, is_async } => {
                let word = if *is_async { "async with" } else { "with" };
                format!(
                    "{word} {}{}",
                    self.value(*context),
                    bound.map_or_else(String::new, |it| format!(" as {it}"))
                )
            }
            RegionKind::Held { context, bound } => {
                let bound = bound.map_or_else(String::new, |it| format!(" as {it}"));
                format!("held {}{bound}", self.value(*context))
            }
            RegionKind::Try => "try".to_owned(),
            RegionKind::Handler { of, types, bound, form: _, bare: _ } => {
                let bound = bound.map_or_else(String::new, |it| format!(" as {it}"));
                format!("handler of r{} for [{}]{bound}", of.0, self.list(types, ", "))
            }
            RegionKind::TryElse => "else of try".to_owned(),
            RegionKind::Finally => "finally".to_owned(),
            RegionKind::Loop => "loop".to_owned(),
            RegionKind::Branch { condition, negated } => {
                format!("branch {}{}", if *negated { "unless " } else { "if " }, self.value(*condition))
            }
        }
    }

    fn op(&self, kind: &OpKind) -> String {
        let optional =
            |it: &Option<ValueId>| it.map_or_else(String::new, |it| format!(" {}", self.value(it)));
        match kind {
            OpKind::Call { callee, args } => format!("call {}({})", self.value(*callee), self.args(args)),
            OpKind::Bind { name, value } => format!("{name} = {}", self.value(*value)),
            OpKind::SetMember { of, name, value } => {
                format!("{}.{name} = {}", self.value(*of), self.value(*value))
            }
            OpKind::SetItem { of, key, value } => {
                format!("{}[{}] = {}", self.value(*of), self.value(*key), self.value(*value))
            }
            OpKind::Discard(value) => format!("discard {}", self.value(*value)),
            OpKind::Return(value) => format!("return{}", optional(value)),
            OpKind::Raise(value) => format!("raise{}", optional(value)),
            OpKind::Propagate(value) => format!("propagate {}", self.value(*value)),
            OpKind::Yield(value) => format!("yield {}", self.value(*value)),
            OpKind::Await(value) => format!("await {}", self.value(*value)),
            OpKind::Jump => "jump".to_owned(),
            OpKind::Define(function) => format!("define f{}", function.0),
            OpKind::DefineClass(class) => format!("define c{}", class.0),
        }
    }

    fn args(&self, args: &Run) -> String {
        let arg = |it: &Arg| {
            let stars = match it.spread {
                Spread::No => "",
                Spread::List => "*",
                Spread::Dict => "**",
            };
            let name = it.name.map_or_else(String::new, |it| format!("{it}="));
            format!("{name}{stars}{}", self.value(it.value))
        };
        self.facts.args(args).iter().map(arg).collect::<Vec<_>>().join(", ")
    }

    fn list(&self, run: &Run, between: &str) -> String {
        self.facts.list(run).iter().map(|it| self.value(*it)).collect::<Vec<_>>().join(between)
    }

    /// As an expression of the language would be, with `%n` for what operation n gives.
    fn value(&self, id: ValueId) -> String {
        match self.facts.value(id) {
            Value::Opaque => "?".to_owned(),
            Value::Text(text) => format!("{:?}", text.as_str()),
            Value::Template(run) => format!("text[{}]", self.list(run, " + ")),
            Value::Int => "int".to_owned(),
            Value::Float => "float".to_owned(),
            Value::Bool(it) => it.to_string(),
            Value::None => "none".to_owned(),
            Value::Name(name) => name.to_string(),
            Value::Head(name) => format!("::{name}"),
            Value::Member { of, name } => format!("{}.{name}", self.value(*of)),
            Value::Item { of, key } => format!("{}[{}]", self.value(*of), self.value(*key)),
            Value::Call(OpId(op)) => format!("%{op}"),
            Value::Awaited(of) => format!("await {}", self.value(*of)),
            Value::Dict(run) => {
                let entries = self.facts.dict(run).iter().map(|(key, value)| match key {
                    Some(key) => format!("{}: {}", self.value(*key), self.value(*value)),
                    None => format!("**{}", self.value(*value)),
                });
                format!("{{{}}}", entries.collect::<Vec<_>>().join(", "))
            }
            Value::Sequence(run) => format!("[{}]", self.list(run, ", ")),
            Value::Either(run) => format!("either({})", self.list(run, ", ")),
            Value::Fallback(run) => format!("first({})", self.list(run, ", ")),
            Value::Many(of) => format!("many({})", self.value(*of)),
            Value::Closure(function) => format!("f{}", function.0),
            Value::Test(run) => format!("test({})", self.list(run, ", ")),
            Value::Arithmetic(run) => format!("sum({})", self.list(run, ", ")),
            Value::LongText => "long text".to_owned(),
            Value::Entered(region) => format!("entered r{}", region.0),
            Value::Element(of) => format!("element of {}", self.value(*of)),
            Value::Part(of, index) => format!("part {index} of {}", self.value(*of)),
        }
    }

    fn binding(&self, kind: &BindingKind) -> String {
        match kind {
            BindingKind::Param(index) => format!("parameter {index}"),
            BindingKind::Value(value) => self.value(*value),
            BindingKind::Caught(region) => format!("caught by r{}", region.0),
            BindingKind::Function(function) => format!("f{}", function.0),
            BindingKind::Class(class) => format!("c{}", class.0),
            BindingKind::Module(function) => format!("module f{}", function.0),
            BindingKind::Import(it) => import(*it),
            BindingKind::ImportRoot(dotted) => format!("import {dotted}"),
            BindingKind::Declared(annotation) => format!("declared {}", self.value(*annotation)),
            BindingKind::Opaque => "?".to_owned(),
        }
    }

    fn file(&self, out: &mut String) {
        for (index, it) in self.facts.classes.iter().enumerate() {
            let decorators =
                self.facts.list(&it.decorators).iter().map(|it| format!(" @{}", self.value(*it)));
            let id = ClassId(index as u32);
            let bases = self.list(&it.bases, ", ");
            let text = format!(
                "c{} class {}({bases}){} in f{}",
                id.0,
                it.path,
                decorators.collect::<String>(),
                it.parent.0
            );
            let part = it.part_of.map_or_else(String::new, |it| format!(" part of {}", self.value(it)));
            line(out, 0, &format!("{text} body f{}{part}", it.body.0));
        }
        for (scope, it) in &self.facts.star_imports {
            let within = if *scope == FnId::MODULE { String::new() } else { format!(" in f{}", scope.0) };
            line(out, 0, &format!("{} *{within}", import(*it)));
        }
        for it in &self.facts.submodules {
            let body = it.body.map_or_else(String::new, |it| format!(" f{}", it.0));
            let path = it.path.map_or_else(String::new, |it| format!(" at {it}"));
            line(out, 0, &format!("module {} in f{}{body}{path}", it.name, it.scope.0));
        }
        if let Some(exports) = &self.facts.exports {
            let names: Vec<&str> = exports.iter().map(|it: &Symbol| it.as_str()).collect();
            line(out, 0, &format!("exports {}", names.join(", ")));
        }
        for it in &self.facts.marks {
            let place = if it.own_line { " above" } else { "" };
            let reason = it.reason.as_ref().map_or_else(String::new, |it| format!(" because {it}"));
            let kind = format!("{:?}", it.kind).to_lowercase();
            line(out, 0, &format!("mark {kind}{place} [{}]{reason}", it.rules.join(", ")));
        }
        for it in &self.facts.problems {
            line(out, 0, &format!("problem at {}: {}", it.span.start, it.message));
        }
        if self.facts.generated {
            line(out, 0, "generated");
        }
    }
}

fn import(it: Import) -> String {
    let dots = ".".repeat(it.level as usize);
    let name = it.name.map_or_else(String::new, |it| format!(" take {it}"));
    format!("import {dots}{}{name}", it.module)
}

fn line(out: &mut String, depth: usize, text: &str) {
    for _ in 0..depth {
        out.push_str("  ");
    }
    out.push_str(text);
    out.push('\n');
}
