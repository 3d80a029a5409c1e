//! Builds the facts of one file, whatever its language: numbers things, keeps the current function and region, groups bindings
//! by scope when all is read. Decides nothing about meaning.

use std::cell::RefCell;

use crate::facts::{
    Arg, Arithmetic, Binding, BindingKind, ClassId, Facts, FnId, Function, FunctionKind, Op, OpId, OpKind,
    Region, RegionId, RegionKind, Run, Shape, Value, ValueId,
};
use crate::text::{Span, Symbol};

/// Texts longer than this are never the name of anything.
const LONGEST_TEXT: usize = 240;

thread_local! {
    /// Room that the files of one thread are built in, one after the other; each takes with it no more than it needs.
    static ROOM: RefCell<(Facts, Vec<(FnId, Binding)>)> = RefCell::default();
}

pub(crate) struct Builder {
    pub(crate) facts: Facts,
    pub(crate) function: FnId,
    pub(crate) region: RegionId,
    /// A binding and the scope that owns it.
    bindings: Vec<(FnId, Binding)>,
}

/// What is known of a function before its body is read.
pub(crate) struct Head {
    pub(crate) kind: FunctionKind,
    pub(crate) name: Symbol,
    pub(crate) path: Symbol,
    pub(crate) class: Option<ClassId>,
    pub(crate) params: Run,
    pub(crate) decorators: Run,
    pub(crate) returns: ValueId,
    pub(crate) is_async: bool,
    pub(crate) is_static: bool,
    pub(crate) is_test: bool,
    pub(crate) public: Option<bool>,
    pub(crate) shape: Shape,
    pub(crate) span: Span,
    pub(crate) head: Span,
}

impl Head {
    /// A body without a name or parameters of its own.
    pub(crate) fn body(kind: FunctionKind, name: Symbol, path: Symbol, span: Span) -> Head {
        Head {
            kind,
            name,
            path,
            class: None,
            params: 0..0,
            decorators: 0..0,
            returns: ValueId::OPAQUE,
            is_async: false,
            is_static: false,
            is_test: false,
            public: None,
            shape: Shape::Normal,
            span,
            head: span,
        }
    }
}

impl Builder {
    /// Starts with the module body as function 0.
    pub(crate) fn new(length: u32) -> Builder {
        let (facts, bindings) = ROOM.take();
        let mut builder = Builder { facts, function: FnId::MODULE, region: RegionId(0), bindings };
        builder.value(Value::Opaque, Span::default());
        let empty = Symbol::new("");
        let whole = Span { start: 0, end: length };
        let head = Head::body(FunctionKind::Module, empty, empty, whole);
        builder.declare(Head { head: Span::default(), ..head }, None);
        builder
    }

    /// Adds a function whose body comes later.
    pub(crate) fn declare(&mut self, head: Head, parent: Option<FnId>) -> FnId {
        let id = FnId(self.facts.functions.len() as u32);
        let body = RegionId(self.facts.regions.len() as u32);
        self.facts.regions.push(Region {
            kind: RegionKind::Body,
            parent: None,
            function: id,
            span: head.span,
        });
        self.facts.functions.push(Function {
            kind: head.kind,
            name: head.name,
            path: head.path,
            parent,
            class: head.class,
            params: head.params,
            decorators: head.decorators,
            returns: head.returns,
            is_async: head.is_async,
            is_generator: false,
            is_static: head.is_static,
            is_test: head.is_test,
            public: head.public,
            shape: head.shape,
            span: head.span,
            head: head.head,
            statements: 0,
            body,
            place: (self.region, self.facts.ops.len() as u32),
            ops: 0..0,
            bindings: 0..0,
        });
        id
    }

    /// Reads a declared function's body: everything that `read` adds belongs to it.
    pub(crate) fn enter_function(&mut self, id: FnId) {
        self.function = id;
        self.region = self.facts.functions[id.index()].body;
        self.facts.functions[id.index()].ops.start = self.facts.ops.len() as u32;
    }

    pub(crate) fn leave_function(&mut self) {
        self.facts.functions[self.function.index()].ops.end = self.facts.ops.len() as u32;
    }

    pub(crate) fn value(&mut self, value: Value, span: Span) -> ValueId {
        let id = ValueId(self.facts.values.len() as u32);
        self.facts.values.push(value);
        self.facts.value_spans.push(span);
        id
    }

    pub(crate) fn text(&mut self, text: &str, span: Span) -> ValueId {
        if text.len() <= LONGEST_TEXT {
            self.interned_text(Symbol::new(text), text, span)
        } else {
            self.value(Value::LongText, span)
        }
    }

    /// A text whose symbol is at hand.
    pub(crate) fn interned_text(&mut self, symbol: Symbol, text: &str, span: Span) -> ValueId {
        let id = self.value(Value::Text(symbol), span);
        if is_shouted(text) {
            self.facts.shouted.push(id);
        }
        id
    }

    /// A value that comes out of two others, and what is made of them, if that is one of the things that matter.
    pub(crate) fn arithmetic(&mut self, of: [ValueId; 2], what: Option<Arithmetic>, span: Span) -> ValueId {
        let run = self.list(&of);
        let id = self.value(Value::Arithmetic(run), span);
        self.facts.arithmetic.extend(what.map(|it| (id, it)));
        id
    }

    pub(crate) fn list(&mut self, values: &[ValueId]) -> Run {
        let start = self.facts.lists.len() as u32;
        self.facts.lists.extend_from_slice(values);
        start..self.facts.lists.len() as u32
    }

    pub(crate) fn dict(&mut self, entries: &[(Option<ValueId>, ValueId)]) -> Run {
        let start = self.facts.entries.len() as u32;
        self.facts.entries.extend_from_slice(entries);
        start..self.facts.entries.len() as u32
    }

    pub(crate) fn op(&mut self, kind: OpKind, span: Span) -> OpId {
        let id = OpId(self.facts.ops.len() as u32);
        self.facts.ops.push(Op { kind, region: self.region, span });
        id
    }

    pub(crate) fn call(&mut self, callee: ValueId, args: &[Arg], span: Span) -> ValueId {
        let start = self.facts.args.len() as u32;
        self.facts.args.extend_from_slice(args);
        let args = start..self.facts.args.len() as u32;
        let op = self.op(OpKind::Call { callee, args }, span);
        self.value(Value::Call(op), span)
    }

    /// Opens a region inside the current one and makes it current; the former one is given back, to return to.
    pub(crate) fn open(&mut self, kind: RegionKind, span: Span) -> RegionId {
        let outer = self.region;
        let id = RegionId(self.facts.regions.len() as u32);
        self.facts.regions.push(Region { kind, parent: Some(outer), function: self.function, span });
        self.region = id;
        outer
    }

    /// Binds a name in a scope to something that is read in the current function.
    pub(crate) fn bind(&mut self, owner: FnId, name: Symbol, kind: BindingKind) {
        match kind {
            BindingKind::Import(import) => self.facts.imports.push((name, import)),
            BindingKind::ImportRoot(dotted) => self.facts.import_roots.push((name, dotted)),
            _ => {}
        }
        let order = self.facts.ops.len() as u32;
        let binding = Binding { name, kind, from: self.function, region: self.region, order };
        self.bindings.push((owner, binding));
    }

    /// Binds a name to a value, as an operation and for look-up.
    pub(crate) fn assign(&mut self, owner: FnId, name: Symbol, value: ValueId, span: Span) {
        self.op(OpKind::Bind { name, value }, span);
        self.bind(owner, name, BindingKind::Value(value));
    }

    /// Groups the bindings by scope and name; the order within a name stays that of the text.
    pub(crate) fn finish(mut self) -> Facts {
        let mut bindings = std::mem::take(&mut self.bindings);
        // Nearly all come in the order of their scopes; names are sorted in each scope by itself, where few are.
        bindings.sort_by_key(|(owner, _)| owner.0);
        let mut at = 0;
        for (index, function) in self.facts.functions.iter_mut().enumerate() {
            let start = at;
            while bindings.get(at).is_some_and(|(owner, _)| owner.index() == index) {
                at += 1;
            }
            bindings[start..at].sort_by_key(|(_, it)| it.name.number());
            function.bindings = start as u32..at as u32;
        }
        let built = &mut self.facts;
        built.numbers.sort_unstable();
        let mut facts = Facts {
            functions: fitted(&mut built.functions),
            classes: fitted(&mut built.classes),
            regions: fitted(&mut built.regions),
            ops: fitted(&mut built.ops),
            values: fitted(&mut built.values),
            value_spans: fitted(&mut built.value_spans),
            lists: fitted(&mut built.lists),
            entries: fitted(&mut built.entries),
            args: fitted(&mut built.args),
            params: fitted(&mut built.params),
            bound_names: Default::default(),
            bindings: owned(&mut bindings),
            imports: fitted(&mut built.imports),
            import_roots: fitted(&mut built.import_roots),
            star_imports: fitted(&mut built.star_imports),
            submodules: fitted(&mut built.submodules),
            exports: built.exports.take(),
            arithmetic: fitted(&mut built.arithmetic),
            extents: fitted(&mut built.extents),
            shouted: fitted(&mut built.shouted),
            numbers: fitted(&mut built.numbers),
            marks: fitted(&mut built.marks),
            declined: Vec::new(),
            deliberate: Vec::new(),
            problems: fitted(&mut built.problems),
            matches: Vec::new(),
            captures: Vec::new(),
            generated: std::mem::take(&mut built.generated),
            lexical: std::mem::take(&mut built.lexical),
            errors_are_values: std::mem::take(&mut built.errors_are_values),
        };
        facts.index_bindings();
        ROOM.set((self.facts, bindings));
        facts
    }
}

/// The power of ten that a number is, if it is one that units differ by.
pub(crate) fn power_of_ten(number: f64) -> Option<i8> {
    [3, 6, 9].into_iter().find(|it| (number - 10f64.powi(i32::from(*it))).abs() < f64::EPSILON)
}

fn is_shouted(text: &str) -> bool {
    let is_part = |it: u8| it.is_ascii_uppercase() || it.is_ascii_digit() || it == b'_';
    text.bytes().all(is_part) && text.contains('_')
}

/// The bindings without their owners. To collect them from the vector itself would keep all of its room.
fn owned(room: &mut Vec<(FnId, Binding)>) -> Vec<Binding> {
    let mut table = Vec::with_capacity(room.len());
    table.extend(room.drain(..).map(|(_, it)| it));
    table
}

/// Everything in a table, in a table of just that size; the room stays for the next file.
fn fitted<T>(room: &mut Vec<T>) -> Vec<T> {
    let mut table = Vec::with_capacity(room.len());
    table.append(room);
    table
}
