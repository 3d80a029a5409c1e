//! Puts small programs together by hand, for the tests of the stages that only read one.

use std::path::PathBuf;

use super::{At, File, FuncId, Function, Program, Reach, State};
use crate::facts::{Facts, FnId, Function as FnFacts, FunctionKind, RegionId, Shape, Value, ValueId};
use crate::text::{FileId, LineIndex, Place, Span, Symbol};

impl Program {
    /// A file with a module body and nothing else; it is nowhere on disk.
    pub(crate) fn add_file(&mut self, path: &str, text: &str) -> FileId {
        let id = FileId(self.files.len() as u32);
        self.files.push(File {
            path: path.to_owned(),
            absolute: PathBuf::from("/nowhere").join(path),
            language: if path.ends_with(".rs") { "rust" } else { "python" },
            lines: LineIndex::new(text),
            facts: Box::new(Facts { values: vec![Value::Opaque], ..Facts::default() }),
            test: false,
            beside: false,
            first_function: self.functions.len() as u32,
        });
        let whole = Span { start: 0, end: text.len() as u32 };
        self.add(id, FunctionKind::Module, "", None, whole, Span::default());
        id
    }

    /// A dark function of the last file, which its text defines as `def name` or `fn name`. A dotted name makes it a part of the
    /// function named before its last dot.
    pub(crate) fn add_function(&mut self, file: FileId, text: &str, name: &str) -> FuncId {
        let short = name.rsplit(['.', ':']).next().unwrap();
        let outer = name.rsplit_once('.').map_or("", |it| it.0);
        let head = ["def ", "fn "].iter().find_map(|keyword| {
            let start = text.find(&format!("{keyword}{short}("))?;
            Some(Span { start: start as u32, end: (start + keyword.len() + short.len()) as u32 })
        });
        let head = head.unwrap();
        let start = head.start as usize;
        let end = text[start..].find("\n\n").map_or(text.len(), |it| it + start + 1);
        let parent =
            self.file(file).facts.functions.iter().position(|it| it.path.as_str() == outer).unwrap_or(0);
        let whole = Span { start: head.start, end: end as u32 };
        self.add(file, FunctionKind::Named, name, Some(FnId(parent as u32)), whole, head)
    }

    fn add(
        &mut self,
        file: FileId,
        kind: FunctionKind,
        name: &str,
        parent: Option<FnId>,
        span: Span,
        head: Span,
    ) -> FuncId {
        let entry = &mut self.files[file.index()];
        let local = FnId(entry.facts.functions.len() as u32);
        entry.facts.functions.push(FnFacts {
            kind,
            name: Symbol::new(name),
            path: Symbol::new(name),
            parent,
            class: None,
            params: 0..0,
            decorators: 0..0,
            returns: ValueId::OPAQUE,
            is_async: false,
            is_generator: false,
            is_static: false,
            is_test: false,
            public: None,
            place: (RegionId(0), 0),
            shape: Shape::Normal,
            span,
            head,
            statements: 3,
            body: RegionId(0),
            ops: 0..0,
            bindings: 0..0,
        });
        let module = entry.path.trim_end_matches(".py").replace('/', ".");
        let id = FuncId(self.functions.len() as u32);
        let function = dark(file, local, name, &format!("{module}.{name}"));
        self.functions.push(Function { named: kind == FunctionKind::Named, ..function });
        id
    }
}

fn dark(file: FileId, local: FnId, name: &str, qualified: &str) -> Function {
    Function {
        file,
        local,
        named: true,
        name: Symbol::new(name),
        qualified: qualified.into(),
        public: true,
        test: false,
        trivial: false,
        excluded: None,
        entry_point: None,
        state: State::Dark,
        direct_span: false,
        opens_via: None,
        reach: Reach::Dark,
        callers: Vec::new(),
        callees: Vec::new(),
    }
}

impl At {
    /// In no particular region.
    pub(crate) fn anywhere(place: Place, function: FuncId) -> At {
        At { place, function, region: RegionId(0) }
    }
}
