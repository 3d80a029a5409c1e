//! The public format of a model file, as TOML says it: unknown keys are refused. What the entries mean is for `build` to say.

use std::collections::BTreeMap;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, Error, SeqAccess, Visitor};

use super::constants::Constant;
use super::paths::{DottedPath, Paths};
use super::{ArgPlace, Forms, Role, Signal, Slot};
use crate::text::Symbol;

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub(super) struct ModelFile {
    /// Where the package registry has it, for people.
    #[serde(rename = "distribution")]
    pub(super) distributions: Words,
    /// It is the agent of some vendor: its spans are none of OpenTelemetry, and have names of their own.
    pub(super) vendor: bool,
    /// Another spelling, and the one that the models use.
    pub(super) alias: BTreeMap<DottedPath, DottedPath>,
    /// What to use instead of a deprecated or removed path.
    pub(super) deprecated: BTreeMap<DottedPath, String>,
    #[serde(rename = "type")]
    pub(super) types: Vec<TypeEntry>,
    #[serde(rename = "value")]
    pub(super) values: Vec<ValueEntry>,
    #[serde(rename = "call")]
    pub(super) calls: Vec<CallEntry>,
    #[serde(rename = "instrumentor")]
    pub(super) instrumentors: Vec<InstrumentorEntry>,
    pub(super) constants: Vec<ConstantsEntry>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct TypeEntry {
    pub(super) path: Paths,
    /// Other spellings of the one path.
    #[serde(default)]
    pub(super) also: Paths,
    #[serde(default)]
    pub(super) bases: Paths,
    pub(super) enters: Option<DottedPath>,
    pub(super) items: Option<DottedPath>,
    /// It stands for what it is made of: its first type argument.
    #[serde(default)]
    pub(super) wraps: bool,
    /// Any value has its methods, where it is imported.
    #[serde(default)]
    pub(super) extension: bool,
    /// The type of each field; `*` stands for every field that is not named.
    #[serde(default)]
    pub(super) fields: BTreeMap<String, DottedPath>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct ValueEntry {
    pub(super) path: Paths,
    #[serde(rename = "type")]
    pub(super) of: DottedPath,
}

/// One model for every path it lists. Without a role, only what it returns is known.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct CallEntry {
    pub(super) path: Paths,
    pub(super) role: Option<Role>,
    /// The role's detail.
    pub(super) kind: Option<String>,
    #[serde(default)]
    pub(super) form: FormList,
    #[serde(default)]
    pub(super) args: BTreeMap<Slot, Place>,
    #[serde(default)]
    pub(super) does: Vec<Trait>,
    pub(super) goes_out: Option<bool>,
    /// What a set-up is for, where it is not for traces.
    pub(super) signal: Option<Signal>,
    pub(super) fixed_name: Option<String>,
    pub(super) level: Option<String>,
    /// The fields that a span has without being told.
    #[serde(default)]
    pub(super) declares: Words,
    #[serde(default)]
    pub(super) methods: Words,
    /// The parts of libraries whose handlers it stands around.
    #[serde(default)]
    pub(super) around: Words,
    pub(super) returns: Option<DottedPath>,
    pub(super) enters: Option<DottedPath>,
    /// What a function gives that takes the type.
    pub(super) gives: Option<DottedPath>,
    /// The bare name of the method is telling enough.
    #[serde(default)]
    pub(super) assume: bool,
    /// It is so on what is called this, or has it as the last of its words: `request_span.enter()`.
    pub(super) assume_on: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct InstrumentorEntry {
    pub(super) path: Paths,
    pub(super) distribution: String,
    #[serde(default)]
    pub(super) modules: Words,
    #[serde(default)]
    pub(super) enable: Words,
    #[serde(default = "yes")]
    pub(super) spans: bool,
    #[serde(default)]
    pub(super) carries_threads: bool,
    /// It carries context into the work of executors, and of no bare thread.
    #[serde(default)]
    pub(super) carries_executors: bool,
    /// It switches on every instrumentation that is installed.
    #[serde(default)]
    pub(super) installed: bool,
    /// The command that launches a program with it.
    pub(super) launcher: Option<String>,
    /// Of an agent that is none of OpenTelemetry: the variables that make it take the spans of OpenTelemetry as its own.
    #[serde(default)]
    pub(super) bridges: Words,
    #[serde(default)]
    pub(super) zero_code: bool,
    #[serde(default)]
    pub(super) on_import: bool,
    /// It is a part of the library: its spans are there where the program sets up anything that takes them.
    #[serde(default)]
    pub(super) built_in: bool,
    /// The first major version of its distribution that does all this.
    pub(super) since: Option<u32>,
    /// The exception that leaves a handler ends up on its span.
    #[serde(default)]
    pub(super) records: bool,
    pub(super) excludes: Option<ExcludesEntry>,
    /// Its spans are spans of OpenTelemetry: those of an agent of some vendor are not.
    #[serde(default = "yes")]
    pub(super) opentelemetry: bool,
}

/// How urls are kept out of the traces.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct ExcludesEntry {
    /// Of what switches it on.
    pub(super) argument: Option<String>,
    /// Of the environment, the first that is set.
    #[serde(default)]
    pub(super) variables: Words,
}

/// Constants that are named like their texts: `HTTP_ROUTE` is `http.route`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct ConstantsEntry {
    /// Classes or modules that have them; `a.*` is every module of `a`.
    pub(super) of: Paths,
    pub(super) texts: Vec<Constant>,
}

fn yes() -> bool {
    true
}

/// What a span, a decorator, a hand-over or any other call does, beyond its role.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Trait {
    Activates,
    Ends,
    Records,
    HandlesAsync,
    HandlesGenerators,
    KeepsContext,
    WithinRun,
    AloneOnItsThread,
    NeverFails,
    DeclaredOnly,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Form {
    With,
    Decorator,
    Manual,
    Base,
    Entered,
    Takes,
    Registration,
    Setting,
}

/// One word or a list of words.
#[derive(Debug, Default, Clone)]
pub(super) struct Words(pub(super) Vec<String>);

impl<'de> Deserialize<'de> for Words {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct OneOrMany;
        impl<'de> Visitor<'de> for OneOrMany {
            type Value = Words;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string or a list of strings")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Words, E> {
                Ok(Words(vec![text.to_owned()]))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Words, A::Error> {
                let mut words = Vec::new();
                while let Some(word) = list.next_element()? {
                    words.push(word);
                }
                Ok(Words(words))
            }
        }
        deserializer.deserialize_any(OneOrMany)
    }
}

#[derive(Debug, Default, Clone, Copy)]
pub(super) struct FormList(pub(super) Forms);

impl<'de> Deserialize<'de> for FormList {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut forms = Forms::default();
        for word in Words::deserialize(deserializer)?.0 {
            let word = serde::de::value::StrDeserializer::<D::Error>::new(&word);
            match Form::deserialize(word)? {
                Form::With => forms.context = true,
                Form::Decorator => forms.decorator = true,
                Form::Manual => forms.manual = true,
                Form::Base => forms.base = true,
                Form::Entered => forms.entered = true,
                Form::Takes => forms.takes = true,
                Form::Registration => forms.registration = true,
                Form::Setting => forms.setting = true,
            }
        }
        Ok(FormList(forms))
    }
}

/// Where an argument stands: `0`, `"name"`, or `[0, "name"]`. `"**"` is every keyword that nothing else names, `"self"` what the
/// method is called on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    At(ArgPlace),
    EveryKeyword,
}

impl<'de> Deserialize<'de> for Place {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct PlaceVisitor;
        impl<'de> Visitor<'de> for PlaceVisitor {
            type Value = Place;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an index, a keyword, or [index, keyword]")
            }

            fn visit_i64<E: Error>(self, index: i64) -> Result<Place, E> {
                let index = u8::try_from(index).map_err(|_| E::custom("an index is between 0 and 255"))?;
                Ok(Place::At(ArgPlace { index: Some(index), ..ArgPlace::default() }))
            }

            fn visit_str<E: Error>(self, keyword: &str) -> Result<Place, E> {
                if keyword == "**" {
                    return Ok(Place::EveryKeyword);
                }
                if keyword == "self" {
                    return Ok(Place::At(ArgPlace { receiver: true, ..ArgPlace::default() }));
                }
                Ok(Place::At(ArgPlace { keyword: Some(Symbol::new(keyword)), ..ArgPlace::default() }))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut pair: A) -> Result<Place, A::Error> {
                let index: Option<u8> = pair.next_element()?;
                let keyword: Option<String> = pair.next_element()?;
                let rest: Option<String> = pair.next_element()?;
                let (Some(index), Some(keyword), None) = (index, keyword, rest) else {
                    return Err(A::Error::custom("a place is [index, keyword]"));
                };
                Ok(Place::At(ArgPlace {
                    index: Some(index),
                    keyword: Some(Symbol::new(&keyword)),
                    ..ArgPlace::default()
                }))
            }
        }
        deserializer.deserialize_any(PlaceVisitor)
    }
}
