//! What the declared types of parameters, members and results say about secrets.

use crate::facts::{BindingKind, Facts, FunctionKind, Value, ValueId};
use crate::program::FuncId;
use crate::rule::Context;
use crate::text::Symbol;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Type {
    /// A number, a truth, a time, a path, or what shows itself masked.
    NoSecret,
    Text,
    /// Something that has a type of its own: what it shows of itself is up to that.
    Other,
    Unknown,
}

const NO_SECRETS: &[&str] = &[
    "i8",
    "i16",
    "i32",
    "i64",
    "i128",
    "isize",
    "u8",
    "u16",
    "u32",
    "u64",
    "u128",
    "usize",
    "f32",
    "f64",
    "bool",
    "int",
    "float",
    "complex",
    "Decimal",
    "datetime",
    "date",
    "time",
    "timedelta",
    "Duration",
    "Instant",
    "SystemTime",
    "DateTime",
    "Path",
    "PathBuf",
    "PurePath",
    "Utf8Path",
    "Utf8PathBuf",
    "PathLike",
    "SecretStr",
    "SecretString",
    "SecretBytes",
    "SecretBox",
    "Redacted",
    "Masked",
];

const TEXTS: &[&str] = &["str", "String", "bytes", "Bytes", "ByteString", "OsStr", "OsString", "HeaderValue"];

/// What is of such a type is of the type that it is made of.
const TRANSPARENT: &[&str] = &[
    "Option",
    "Optional",
    "Result",
    "Arc",
    "Rc",
    "Box",
    "Cow",
    "Ref",
    "AsRef",
    "Into",
    "Annotated",
    "Union",
    "Final",
    "Future",
    "Awaitable",
    "Coroutine",
    "Vec",
    "list",
    "List",
    "NonZero",
];

const DEEPEST: u32 = 6;

pub(super) fn declared(facts: &Facts, annotation: ValueId) -> Type {
    of(facts, annotation, 0)
}

fn of(facts: &Facts, annotation: ValueId, depth: u32) -> Type {
    if depth > DEEPEST {
        return Type::Unknown;
    }
    let all = |parts: &[ValueId]| joined(parts.iter().map(|it| of(facts, *it, depth + 1)));
    match facts.value(annotation) {
        Value::Name(name) | Value::Head(name) | Value::Text(name) | Value::Member { name, .. } => {
            named(name.as_str())
        }
        Value::Item { of: outer, key } => match last_name(facts, *outer) {
            Some(it) if TRANSPARENT.contains(&it) || it.ends_with("Result") => match facts.value(*key) {
                // What stands behind it is the error, or what a union may be besides.
                Value::Sequence(run) if it.ends_with("Result") => match facts.list(run) {
                    [first, ..] => of(facts, *first, depth + 1),
                    [] => Type::Unknown,
                },
                Value::Sequence(run) => all(facts.list(run)),
                _ => of(facts, *key, depth + 1),
            },
            Some(it) => named(it),
            None => Type::Unknown,
        },
        Value::Either(run) => all(facts.list(run)),
        Value::Many(element) => of(facts, *element, depth + 1),
        Value::None => Type::NoSecret,
        _ => Type::Unknown,
    }
}

fn last_name(facts: &Facts, value: ValueId) -> Option<&'static str> {
    match facts.value(value) {
        Value::Name(name) | Value::Head(name) | Value::Member { name, .. } => Some(name.as_str()),
        _ => None,
    }
}

fn named(name: &str) -> Type {
    let is = |list: &[&str]| list.contains(&name);
    if is(NO_SECRETS) || name.starts_with("NonZero") || name.starts_with("Atomic") {
        Type::NoSecret
    } else if is(TEXTS) {
        Type::Text
    } else if matches!(name, "Any" | "object" | "Self" | "Display" | "Debug" | "ToString" | "T") {
        Type::Unknown
    } else {
        Type::Other
    }
}

/// What may be a text is one.
fn joined(types: impl Iterator<Item = Type>) -> Type {
    let rank = |it: &Type| match it {
        Type::Text => 3,
        Type::Unknown => 2,
        Type::Other => 1,
        Type::NoSecret => 0,
    };
    types.max_by_key(rank).unwrap_or(Type::Unknown)
}

/// The members of this name that types of the program declare.
pub(super) fn member(ctx: &Context<'_>, name: Symbol) -> Type {
    let files = ctx.program.files.iter().filter(|it| !it.test);
    joined(files.flat_map(|file| {
        let facts = &file.facts;
        let bodies = facts.classes.iter().map(|it| it.body);
        bodies.flat_map(move |body| facts.bindings_of(body, name)).filter_map(move |it| match it.kind {
            BindingKind::Declared(annotation) => Some(declared(facts, annotation)),
            _ => None,
        })
    }))
}

/// What the functions of this name give back: those that are called there, else all that the program has.
pub(super) fn given_back(ctx: &Context<'_>, caller: FuncId, name: Symbol) -> Type {
    let has_name = |it: &FuncId| {
        let (facts, local) = ctx.program.facts_of(*it);
        let function = facts.function(local);
        function.kind == FunctionKind::Named && function.name == name
    };
    let type_of = |it: FuncId| {
        let (facts, local) = ctx.program.facts_of(it);
        declared(facts, facts.function(local).returns)
    };
    let owner = ctx.program.enclosing_named(caller).unwrap_or(caller);
    let callees = [caller, owner].map(|it| ctx.program.function(it).callees.iter());
    let called: Vec<FuncId> = callees.into_iter().flatten().copied().filter(has_name).collect();
    if called.is_empty() {
        let all = ctx.program.function_ids().map(|(id, _)| id).filter(has_name);
        return joined(all.map(type_of));
    }
    joined(called.into_iter().map(type_of))
}
