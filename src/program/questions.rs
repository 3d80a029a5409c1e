//! What is asked of a program about one of its files or functions.

use std::collections::BTreeSet;

use super::{File, FuncId, Function, Program, State};
use crate::facts::{Facts, FnId, RegionKind, Value, ValueId};
use crate::text::{FileId, Place, Position, Span};

impl File {
    /// Where it lies; empty at the top.
    pub(crate) fn directory(&self) -> &str {
        self.path.rsplit_once('/').map_or("", |(directory, _)| directory)
    }
}

impl Function {
    /// It has a span, its own or a library's.
    pub(crate) fn has_span(&self) -> bool {
        self.direct_span || matches!(self.state, State::Span | State::Auto)
    }

    /// The last part of its name: `serve` of `Shop::serve`.
    pub(crate) fn own_name(&self) -> &'static str {
        let name = self.name.as_str();
        name.rsplit(['.', ':']).next().unwrap_or(name)
    }

    /// The outermost package or crate that it is in.
    pub(crate) fn package(&self) -> &str {
        self.qualified.split(['.', ':']).next().unwrap_or_default()
    }
}

impl Program {
    pub(crate) fn file(&self, id: FileId) -> &File {
        &self.files[id.index()]
    }

    /// Whether a file is a part of a script that nobody traces.
    pub(crate) fn is_apart(&self, id: FileId) -> bool {
        self.apart.get(id.index()).is_some_and(|it| *it)
    }

    /// Whether a file stands beside the program, where there is more than such.
    pub(crate) fn is_for_show(&self, id: FileId) -> bool {
        self.file(id).beside && self.files.iter().any(|it| !it.beside && !it.test)
    }

    /// Whether a place is below `if __name__ == "__main__":` in a module of a package: there it is tried out.
    pub(crate) fn is_tried_out(&self, place: Place) -> bool {
        let file = self.file(place.file);
        let is_of_package =
            self.functions.get(file.first_function as usize).is_some_and(|it| it.qualified.contains('.'));
        let is_main = |condition: ValueId| match file.facts.value(condition) {
            Value::Test(run) => {
                let mut parts = file.facts.list(run).iter();
                parts.any(
                    |it| matches!(file.facts.value(*it), Value::Name(name) if name.as_str() == "__name__"),
                )
            }
            _ => false,
        };
        is_of_package
            && !file.facts.lexical
            && file.facts.regions.iter().any(|it| match it.kind {
                RegionKind::Branch { condition, negated: false } => {
                    it.span.contains(place.span) && is_main(condition)
                }
                _ => false,
            })
    }

    /// Whether a file lies in a copy that is kept as it was: what is mended is mended in the other one.
    pub(crate) fn is_frozen(&self, id: FileId) -> bool {
        let path = self.file(id).path.as_str();
        let mut ends = path.match_indices('/').map(|(end, _)| end);
        let is_old = |it: &str| matches!(it, "legacy" | "deprecated" | "old" | "archive" | "archived");
        let above = |end: usize| path[..end].rsplit('/').next().unwrap_or_default();
        let Some(copy) = ends.find(|end| is_old(above(*end))).map(|end| &path[..=end]) else { return false };
        let name = |it: &File| it.path.rsplit('/').next().map(str::to_owned);
        let is_telling =
            |it: &String| !it.starts_with("__") && !matches!(it.as_str(), "mod.rs" | "lib.rs" | "main.rs");
        let (inside, outside): (Vec<&File>, Vec<&File>) =
            self.files.iter().filter(|it| !it.test).partition(|it| it.path.starts_with(copy));
        let outside: BTreeSet<String> = outside.into_iter().filter_map(name).collect();
        let inside: Vec<String> = inside.into_iter().filter_map(name).filter(is_telling).collect();
        let twins = inside.iter().filter(|it| outside.contains(*it)).count();
        twins >= 2 && twins * 2 >= inside.len()
    }

    /// Whether a file lies among scripts, where there is more than such.
    pub(crate) fn is_script(&self, id: FileId) -> bool {
        let lies_there =
            |it: &File| it.directory().split('/').any(|it| matches!(it, "scripts" | "script" | "hack"));
        lies_there(self.file(id)) && self.files.iter().any(|it| !it.beside && !it.test && !lies_there(it))
    }

    pub(crate) fn function(&self, id: FuncId) -> &Function {
        &self.functions[id.index()]
    }

    /// A span that is open around who waits for a function shows how long that takes, though the context does not get there.
    pub(crate) fn is_waited_for_in_span(&self, id: FuncId) -> bool {
        self.timed.get(id.index()).is_some_and(|it| *it)
    }

    /// A comment on a function says that it has no telemetry, and so why.
    pub(crate) fn is_declined(&self, id: FuncId) -> bool {
        let (facts, local) = self.facts_of(id);
        facts.declined.binary_search(&local).is_ok()
    }

    /// A comment on a line of code says that it is meant to be as it is.
    pub(crate) fn is_deliberate(&self, place: Place) -> bool {
        let lines = &self.file(place.file).facts.deliberate;
        let next = lines.partition_point(|it| it.start <= place.span.start);
        next.checked_sub(1).is_some_and(|it| place.span.start < lines[it].end)
    }

    pub(crate) fn function_ids(&self) -> impl Iterator<Item = (FuncId, &Function)> {
        self.functions.iter().enumerate().map(|(at, it)| (FuncId(at as u32), it))
    }

    /// The function in a file that has this local number.
    pub(crate) fn global(&self, file: FileId, local: FnId) -> FuncId {
        FuncId(self.file(file).first_function + local.0)
    }

    /// The named function around a closure or body; none at the top of a module.
    pub(crate) fn enclosing_named(&self, function: FuncId) -> Option<FuncId> {
        let file = self.function(function).file;
        let mut local = self.function(function).local;
        loop {
            let id = self.global(file, local);
            if self.function(id).named {
                return Some(id);
            }
            local = self.file(file).facts.function(local).parent?;
        }
    }

    pub(crate) fn facts_of(&self, function: FuncId) -> (&Facts, FnId) {
        let it = self.function(function);
        (&self.file(it.file).facts, it.local)
    }

    /// Where the function's head (`def name`) stands.
    pub(crate) fn head(&self, function: FuncId) -> Place {
        let (facts, local) = self.facts_of(function);
        Place { file: self.function(function).file, span: facts.function(local).head }
    }

    pub(crate) fn whole(&self, function: FuncId) -> Span {
        let (facts, local) = self.facts_of(function);
        facts.function(local).span
    }

    pub(crate) fn is_async(&self, function: FuncId) -> bool {
        let (facts, local) = self.facts_of(function);
        facts.function(local).is_async
    }

    /// Whether it is declared to return a `Result`, under whatever path or alias that keeps the word.
    pub(crate) fn returns_result(&self, function: FuncId) -> bool {
        let (facts, local) = self.facts_of(function);
        let mut returns = facts.function(local).returns;
        loop {
            match facts.value(returns) {
                Value::Item { of, .. } => returns = *of,
                Value::Name(name) | Value::Head(name) | Value::Member { name, .. } => {
                    return name.as_str().ends_with("Result");
                }
                _ => return false,
            }
        }
    }

    pub(crate) fn position(&self, place: Place) -> Position {
        self.file(place.file).lines.position(place.span.start)
    }

    pub(crate) fn end_position(&self, place: Place) -> Position {
        self.file(place.file).lines.position(place.span.end)
    }

    /// Whether a function counts in coverage.
    pub(crate) fn eligible(&self, function: FuncId) -> bool {
        let it = self.function(function);
        it.named && it.excluded.is_none()
    }
}
