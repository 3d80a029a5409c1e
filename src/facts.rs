//! What one file says, free of its language: definitions, regions, operations in order, values.
//!
//! Facts mirror the surface; meaning comes later. They hold no source text, no syntax tree and no telemetry.
//! Everything sits in flat tables and refers by number, so facts are cheap to build, to keep and to link.

mod names;
mod print;
mod same;

use std::ops::Range;

pub(crate) use self::print::print;
pub(crate) use self::same::are_alike;

use crate::text::{Span, Symbol};

use names::BoundNames;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
        pub(crate) struct $name(pub(crate) u32);
        impl $name {
            pub(crate) fn index(self) -> usize {
                self.0 as usize
            }
        }
    };
}

id!(/// A function, class body, module body or closure of one file. 0 is the module body.
    FnId);
id!(/// A class of one file.
    ClassId);
id!(/// A region of one file.
    RegionId);
id!(/// An operation of one file.
    OpId);
id!(/// A value of one file. 0 is opaque.
    ValueId);

/// A run of entries in one of the side tables.
pub(crate) type Run = Range<u32>;

impl ValueId {
    pub(crate) const OPAQUE: ValueId = ValueId(0);
}

impl FnId {
    pub(crate) const MODULE: FnId = FnId(0);
}

#[derive(Debug, Default)]
pub(crate) struct Facts {
    pub(crate) functions: Vec<Function>,
    pub(crate) classes: Vec<Class>,
    pub(crate) regions: Vec<Region>,
    pub(crate) ops: Vec<Op>,
    pub(crate) values: Vec<Value>,
    /// Where each value stands, beside `values`.
    pub(crate) value_spans: Vec<Span>,
    /// Values in a row: elements of sequences, parts of templates, alternatives, bases, decorators.
    pub(crate) lists: Vec<ValueId>,
    /// Dictionary entries; no key is a spread (`**other`).
    pub(crate) entries: Vec<(Option<ValueId>, ValueId)>,
    pub(crate) args: Vec<Arg>,
    pub(crate) params: Vec<Param>,
    /// Names bound, grouped by the scope that owns them; see [`Facts::bindings_of`].
    pub(crate) bindings: Vec<Binding>,
    pub(crate) bound_names: BoundNames,
    /// What the bindings import, by the name that is bound, as often as written and in no order that means anything: many
    /// questions are about imports alone.
    pub(crate) imports: Vec<(Symbol, Import)>,
    /// The same for what a plain `import a.b.c` makes reachable.
    pub(crate) import_roots: Vec<(Symbol, Symbol)>,
    /// `from x import *` and `use x::*`, in order, each with the scope that it stands in.
    pub(crate) star_imports: Vec<(FnId, Import)>,
    /// Modules that the file declares, in its own text or in files of their own.
    pub(crate) submodules: Vec<Submodule>,
    /// The names that the file exports explicitly (`__all__`), if it says so.
    pub(crate) exports: Option<Vec<Symbol>>,
    /// What arithmetic does, where that can be told, by the value that comes out of it; in the order of the values.
    pub(crate) arithmetic: Vec<(ValueId, Arithmetic)>,
    /// The least and the greatest number of each list of nothing but numbers, in the order of the values.
    pub(crate) extents: Vec<(ValueId, f64, f64)>,
    /// Texts written as environment variables are: in capitals, with underscores.
    pub(crate) shouted: Vec<ValueId>,
    /// What is turned into a number where it stands (`key as i64`), in the order of the values.
    pub(crate) numbers: Vec<ValueId>,
    pub(crate) marks: Vec<Mark>,
    /// Functions of which a comment says that they are left alone on purpose, in order.
    pub(crate) declined: Vec<FnId>,
    /// Lines of code of which a comment says that they are meant to be as they are, in order.
    pub(crate) deliberate: Vec<Span>,
    pub(crate) problems: Vec<Problem>,
    /// What the queries of the configuration matched.
    pub(crate) matches: Vec<Match>,
    /// What the matches captured, match after match.
    pub(crate) captures: Vec<Capture>,
    /// The file opens by saying that it is generated.
    pub(crate) generated: bool,
    /// A name is there from where it is bound, in its block and no further: before that, the scope around has it.
    pub(crate) lexical: bool,
    /// Errors are values that functions give back.
    pub(crate) errors_are_values: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum FunctionKind {
    Module,
    ClassBody(ClassId),
    /// The body of a module that stands inside the file.
    Namespace,
    Named,
    /// A lambda, closure or block that runs later: its facts count for the named function around it.
    Closure,
    /// One arm of a macro of the file: called like a function, and none that counts.
    Macro,
}

/// What a body amounts to, as far as its surface shows.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Shape {
    /// Nothing but `...`, `pass`, a docstring or "not implemented".
    Stub,
    /// Reads or stores something, without a call, a loop or a branch.
    Accessor,
    Normal,
}

#[derive(Debug)]
pub(crate) struct Function {
    pub(crate) kind: FunctionKind,
    pub(crate) name: Symbol,
    /// The dotted name inside its file: `Class.method`, `outer.inner`.
    pub(crate) path: Symbol,
    /// The function or body that it is defined in.
    pub(crate) parent: Option<FnId>,
    /// The class whose body it stands in directly.
    pub(crate) class: Option<ClassId>,
    pub(crate) params: Run,
    /// Into `lists`, outermost first; they are evaluated in the parent.
    pub(crate) decorators: Run,
    /// The annotation of what it returns, or opaque.
    pub(crate) returns: ValueId,
    pub(crate) is_async: bool,
    pub(crate) is_generator: bool,
    /// It stands in a class and takes no instance.
    pub(crate) is_static: bool,
    /// It is only there for tests.
    pub(crate) is_test: bool,
    /// Whether others may use it, where the language has a word for it; else its name tells.
    pub(crate) public: Option<bool>,
    pub(crate) shape: Shape,
    /// Everything from the first decorator to the end.
    pub(crate) span: Span,
    /// The `def` or `fn` keyword up to the end of the name.
    pub(crate) head: Span,
    /// Statements in the body and all blocks in it, docstring and nested definitions aside.
    pub(crate) statements: u32,
    pub(crate) body: RegionId,
    /// Where it stands in its parent: the region, and how many operations of the file came before.
    pub(crate) place: (RegionId, u32),
    pub(crate) ops: Run,
    pub(crate) bindings: Run,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum ParamKind {
    PositionalOnly,
    Normal,
    KeywordOnly,
    /// `*args`
    Rest,
    /// `**kwargs`
    Keywords,
}

#[derive(Debug)]
pub(crate) struct Param {
    pub(crate) name: Symbol,
    pub(crate) kind: ParamKind,
    pub(crate) annotation: ValueId,
    pub(crate) default: Option<ValueId>,
}

#[derive(Debug)]
pub(crate) struct Class {
    pub(crate) name: Symbol,
    pub(crate) path: Symbol,
    pub(crate) parent: FnId,
    pub(crate) bases: Run,
    pub(crate) decorators: Run,
    /// Its body as a scope: methods and fields are the names bound there.
    pub(crate) body: FnId,
    /// The type that this only adds members to (`impl Type`): the class itself is defined elsewhere.
    pub(crate) part_of: Option<ValueId>,
}

/// A module inside a module.
#[derive(Debug, Clone)]
pub(crate) struct Submodule {
    /// The module's or namespace's body that declares it.
    pub(crate) scope: FnId,
    pub(crate) name: Symbol,
    /// Its text, where it stands in the same file; else it is a file.
    pub(crate) body: Option<FnId>,
    /// Where the file says that it lies, if not in the usual place.
    pub(crate) path: Option<Symbol>,
}

#[derive(Debug)]
pub(crate) struct Region {
    pub(crate) kind: RegionKind,
    pub(crate) parent: Option<RegionId>,
    pub(crate) function: FnId,
    pub(crate) span: Span,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum RegionKind {
    Body,
    /// A managed block: one region for each item, the later inside the earlier.
    With {
        context: ValueId,
        bound: Option<Symbol>,
        is_async: bool,
    },
    /// From where a value is made that lives until the end of its block, to where it is dropped.
    Held {
        context: ValueId,
        bound: Option<Symbol>,
    },
    /// What `else` guards is not part of it.
    Try,
    /// No types: everything is caught.
    Handler {
        /// The region that it guards.
        of: RegionId,
        types: Run,
        bound: Option<Symbol>,
        form: HandlerForm,
        /// Nothing stands in it, and no comment says why. Told where errors are values.
        bare: bool,
    },
    TryElse,
    Finally,
    Loop,
    /// One arm of a decision. `negated` where the arm runs when the condition does not hold.
    Branch {
        condition: ValueId,
        negated: bool,
    },
}

/// How a handler is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum HandlerForm {
    /// A clause of its own, for what is raised.
    Clause,
    /// For errors that are values: an arm of a choice, a condition, or what is done where a value is not there.
    Match,
    IfLet,
    LetElse,
}

#[derive(Debug)]
pub(crate) struct Op {
    pub(crate) kind: OpKind,
    pub(crate) region: RegionId,
    pub(crate) span: Span,
}

#[derive(Debug)]
pub(crate) enum OpKind {
    Call {
        callee: ValueId,
        args: Run,
    },
    /// A name gets a value; the binding tables say the same for look-up.
    Bind {
        name: Symbol,
        value: ValueId,
    },
    SetMember {
        of: ValueId,
        name: Symbol,
        value: ValueId,
    },
    SetItem {
        of: ValueId,
        key: ValueId,
        value: ValueId,
    },
    /// A statement that is only an expression: its value is thrown away.
    Discard(ValueId),
    Return(Option<ValueId>),
    /// No value: the caught exception is raised again.
    Raise(Option<ValueId>),
    /// Leaves the function with the value where it is an error, else goes on (`x?`).
    Propagate(ValueId),
    Yield(ValueId),
    Await(ValueId),
    /// `break`, `continue`.
    Jump,
    Define(FnId),
    DefineClass(ClassId),
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct Arg {
    /// None for a positional argument.
    pub(crate) name: Option<Symbol>,
    pub(crate) value: ValueId,
    pub(crate) spread: Spread,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Spread {
    No,
    /// `*values`
    List,
    /// `**values`
    Dict,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Value {
    Opaque,
    Text(Symbol),
    /// Text in pieces: f-strings, `+`, `%`; see `lists`.
    Template(Run),
    Int,
    Float,
    Bool(bool),
    None,
    Name(Symbol),
    /// The first name of a path: a variable of that name is not meant.
    Head(Symbol),
    Member {
        of: ValueId,
        name: Symbol,
    },
    Item {
        of: ValueId,
        key: ValueId,
    },
    /// The result of a call.
    Call(OpId),
    Awaited(ValueId),
    /// Into `entries`.
    Dict(Run),
    /// Into `lists`.
    Sequence(Run),
    /// One of these, by a condition (`a if c else b`), or both merged (`a | b`).
    Either(Run),
    /// The first that is something (`a or b`), or the last (`a and b`).
    Fallback(Run),
    /// Many of this: a comprehension.
    Many(ValueId),
    Closure(FnId),
    /// A comparison or a negation, for reading guards: the operands.
    Test(Run),
    /// Arithmetic on these operands.
    Arithmetic(Run),
    /// A text too long to be a name of anything.
    LongText,
    /// What entering a managed region gives.
    Entered(RegionId),
    /// An element of the value: a loop variable.
    Element(ValueId),
    /// The n-th part of the value: unpacking.
    Part(ValueId, u32),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Import {
    /// How many packages upwards a relative import goes, from 1 for a part of the package itself; 0 is absolute.
    pub(crate) level: u32,
    pub(crate) module: Symbol,
    /// The name taken out of the module; none binds the module itself.
    pub(crate) name: Option<Symbol>,
    /// Only the module itself and those inside it see the name.
    pub(crate) private: bool,
}

#[derive(Debug, Clone)]
pub(crate) struct Binding {
    pub(crate) name: Symbol,
    pub(crate) kind: BindingKind,
    /// The function in whose scope the bound value is to be read.
    pub(crate) from: FnId,
    pub(crate) region: RegionId,
    /// How many operations of the file came before.
    pub(crate) order: u32,
}

#[derive(Debug, Clone)]
pub(crate) enum BindingKind {
    Param(u32),
    Value(ValueId),
    /// The exception that this handler caught.
    Caught(RegionId),
    Function(FnId),
    Class(ClassId),
    /// A module whose body stands here.
    Module(FnId),
    Import(Import),
    /// `import a.b.c` binds `a`, and makes `a.b.c` reachable through it.
    ImportRoot(Symbol),
    /// A type without a value.
    Declared(ValueId),
    /// Changed in a way that is not followed.
    Opaque,
}

/// What two operands are made into.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Arithmetic {
    /// `a - b`.
    Difference,
    /// One of them, times ten to this power: `a * 1000`, `a / 1e6`.
    Scaled(i8),
}

/// A comment addressed to otcov.
#[derive(Debug, Clone)]
pub(crate) struct Mark {
    pub(crate) kind: MarkKind,
    pub(crate) rules: Vec<String>,
    pub(crate) reason: Option<String>,
    pub(crate) span: Span,
    /// The comment is alone on its line, and so speaks of the next one.
    pub(crate) own_line: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum MarkKind {
    Ignore,
    IgnoreFile,
    Exclude,
    /// Addressed to otcov, and not understood.
    Unknown,
}

/// A place where a query fits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Match {
    /// Its number among the queries of the run.
    pub(crate) query: u32,
    /// Which of the query's patterns it is.
    pub(crate) pattern: u32,
    /// Into `captures`.
    pub(crate) captures: Run,
}

/// A part of the text that a query has given a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Capture {
    pub(crate) name: Symbol,
    pub(crate) span: Span,
    /// Its first line, cut where that is long.
    pub(crate) text: Symbol,
}

/// Part of the file was not understood.
#[derive(Debug, Clone)]
pub(crate) struct Problem {
    pub(crate) span: Span,
    pub(crate) message: String,
}

impl Facts {
    pub(crate) fn function(&self, id: FnId) -> &Function {
        &self.functions[id.index()]
    }

    /// Whether it is declared to return a `Result`, under whatever path or alias that keeps the word.
    pub(crate) fn returns_result(&self, id: FnId) -> bool {
        let mut returns = self.function(id).returns;
        loop {
            match self.value(returns) {
                Value::Item { of, .. } => returns = *of,
                Value::Name(name) | Value::Head(name) | Value::Member { name, .. } => {
                    return name.as_str().ends_with("Result");
                }
                _ => return false,
            }
        }
    }

    pub(crate) fn class(&self, id: ClassId) -> &Class {
        &self.classes[id.index()]
    }

    pub(crate) fn region(&self, id: RegionId) -> &Region {
        &self.regions[id.index()]
    }

    pub(crate) fn op(&self, id: OpId) -> &Op {
        &self.ops[id.index()]
    }

    pub(crate) fn value(&self, id: ValueId) -> &Value {
        &self.values[id.index()]
    }

    pub(crate) fn value_span(&self, id: ValueId) -> Span {
        self.value_spans[id.index()]
    }

    /// The least and the greatest number of a list, if it has nothing but numbers.
    pub(crate) fn extent_of(&self, id: ValueId) -> Option<(f64, f64)> {
        let found = self.extents.binary_search_by_key(&id, |(it, ..)| *it).ok()?;
        let (_, least, greatest) = self.extents[found];
        Some((least, greatest))
    }

    pub(crate) fn is_turned_into_number(&self, id: ValueId) -> bool {
        self.numbers.binary_search(&id).is_ok()
    }

    pub(crate) fn arithmetic_of(&self, id: ValueId) -> Option<Arithmetic> {
        let found = self.arithmetic.binary_search_by_key(&id, |(it, _)| *it).ok()?;
        Some(self.arithmetic[found].1)
    }

    pub(crate) fn list(&self, run: &Run) -> &[ValueId] {
        &self.lists[run.start as usize..run.end as usize]
    }

    pub(crate) fn dict(&self, run: &Run) -> &[(Option<ValueId>, ValueId)] {
        &self.entries[run.start as usize..run.end as usize]
    }

    pub(crate) fn args(&self, run: &Run) -> &[Arg] {
        &self.args[run.start as usize..run.end as usize]
    }

    pub(crate) fn params(&self, function: FnId) -> &[Param] {
        let run = &self.function(function).params;
        &self.params[run.start as usize..run.end as usize]
    }

    pub(crate) fn ops_of(&self, function: FnId) -> impl DoubleEndedIterator<Item = (OpId, &Op)> {
        self.function(function).ops.clone().map(|it| (OpId(it), &self.ops[it as usize]))
    }

    /// The closures in a function, however deep; a closure is among its own.
    pub(crate) fn closures_inside(&self, function: FnId) -> impl Iterator<Item = FnId> {
        let whole = self.function(function).span;
        let all = self.functions.iter().enumerate();
        let inside = all.filter(move |(_, it)| it.kind == FunctionKind::Closure && whole.contains(it.span));
        inside.map(|(at, _)| FnId(at as u32))
    }

    /// Every binding of a name in one scope, in the order of the text.
    pub(crate) fn bindings_of(&self, scope: FnId, name: Symbol) -> &[Binding] {
        &self.bindings[self.run_of(scope, name)]
    }

    /// Where in `bindings` those of a name in one scope lie. The module's scope comes first of all.
    pub(crate) fn run_of(&self, scope: FnId, name: Symbol) -> Range<usize> {
        self.bound_names.run_of(scope, &self.function(scope).bindings, name)
    }

    /// Makes the bindings ready for look-up.
    pub(crate) fn index_bindings(&mut self) {
        self.bound_names = BoundNames::new(&self.bindings, &self.functions);
    }

    pub(crate) fn scope(&self, scope: FnId) -> &[Binding] {
        let run = &self.function(scope).bindings;
        &self.bindings[run.start as usize..run.end as usize]
    }

    /// The region and those around it, innermost first, up to the function's body.
    pub(crate) fn regions_from(&self, region: RegionId) -> impl Iterator<Item = (RegionId, &Region)> {
        std::iter::successors(Some(region), |it| self.region(*it).parent).map(|it| (it, self.region(it)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Linking waits for memory more than for anything else, and these are most of it: a million values in a large program.
    #[test]
    fn facts_stay_small() {
        assert_eq!(size_of::<Value>(), 12);
        assert_eq!(size_of::<Op>(), 28);
        assert_eq!(size_of::<Binding>(), 32);
    }
}
