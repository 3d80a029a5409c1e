//! What a configuration may say, as one tree: the checks and the JSON Schema are both made from it.

use super::own::{OwnRule, RuleFault};
use crate::rule::Catalogue;

/// What a value must be.
#[derive(Debug)]
pub(crate) enum Shape {
    Whole,
    /// 0 to 100, whole or not.
    Percent,
    Flag,
    Text,
    Texts,
    /// One string, or a list of them.
    TextOrTexts,
    /// A list of globs over paths.
    Patterns,
    Word(Words),
    WordList(Words),
    /// The place of an argument: its number from 0, its keyword, or both in a list.
    Argument,
    Table(&'static Table),
    /// `[[name]]`, any number of times.
    Tables(&'static Table),
}

#[derive(Debug)]
pub(crate) struct Table {
    pub(crate) keys: &'static [Key],
    /// Keys that are words of their own, and what they all must be.
    pub(crate) others: Option<(Words, &'static Shape)>,
}

#[derive(Debug)]
pub(crate) struct Key {
    pub(crate) name: &'static str,
    pub(crate) shape: Shape,
    pub(crate) required: bool,
    #[cfg_attr(not(test), expect(dead_code, reason = "the schema says it, and only tests write the schema"))]
    pub(crate) about: &'static str,
}

/// A set of words that are allowed somewhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Words {
    Rules,
    /// Rules, and what other tools call their findings.
    Names,
    /// Rules, groups, `default` and `strict`.
    Selectors,
    Levels,
    Dimensions,
    Languages,
    Roles,
    Arguments,
    Eligible,
    /// Names that people make up.
    Any,
    /// Path patterns that people make up.
    Patterns,
}

/// The words that only the rest of the program knows.
pub(crate) struct Vocabulary<'a> {
    pub(crate) rules: &'a Catalogue,
    pub(crate) languages: Vec<&'static str>,
    /// What a `[[model]]` may say that a call does.
    pub(crate) roles: Vec<&'static str>,
    /// What a `[[model]]` may say of arguments: `name-arg` and its kin.
    pub(crate) arguments: Vec<&'static str>,
    /// Names that a `[[rule]]` cannot have: they mean something else already.
    pub(crate) taken: Vec<&'static str>,
    /// What is wrong in a `[[rule]]` that only those know who read queries; with the names of the layers.
    pub(crate) judge: fn(&OwnRule, &[&str]) -> Vec<RuleFault>,
}

impl Vocabulary<'_> {
    pub(crate) fn words(&self, words: Words) -> Vec<&str> {
        match words {
            Words::Rules => self.rules.names(),
            Words::Names => self.rules.words_for_rules(),
            Words::Selectors => self.rules.selector_words(),
            Words::Levels => super::LEVELS.iter().map(|it| it.as_str()).collect(),
            Words::Dimensions => crate::measure::Dimension::ALL.iter().map(|it| it.as_str()).collect(),
            Words::Languages => self.languages.clone(),
            Words::Roles => self.roles.clone(),
            Words::Arguments => self.arguments.clone(),
            Words::Eligible => super::Eligible::ALL.iter().map(|it| it.as_str()).collect(),
            Words::Any | Words::Patterns => Vec::new(),
        }
    }
}

impl Words {
    /// One of them, as messages call it.
    pub(crate) fn noun(self) -> &'static str {
        match self {
            Words::Rules | Words::Names => "rule",
            Words::Selectors => "rule or group",
            Words::Levels => "level",
            Words::Dimensions => "dimension",
            Words::Languages => "language",
            Words::Roles => "role",
            Words::Arguments => "argument",
            Words::Eligible => "choice",
            Words::Any => "name",
            Words::Patterns => "pattern",
        }
    }
}

const fn key(name: &'static str, shape: Shape, about: &'static str) -> Key {
    Key { name, shape, required: false, about }
}

const fn needed(name: &'static str, shape: Shape, about: &'static str) -> Key {
    Key { name, shape, required: true, about }
}

pub(crate) static ROOT: Table = Table {
    keys: &[
        key("scan", Shape::Table(&SCAN), "Which files are read."),
        key("coverage", Shape::Table(&COVERAGE), "What counts."),
        key(
            "layer",
            Shape::Tables(&LAYER),
            "A row of the coverage table, and something that a gate can name.",
        ),
        key("gate", Shape::Table(&GATE), "Thresholds in percent; 0 of 0 passes."),
        key("rules", Shape::Table(&RULES), "Which rules are on, at which level, and their options."),
        key(
            "rule",
            Shape::Tables(&OWN_RULE),
            "A rule of the project's own: a tree-sitter query, and what to say where it fits; see docs/custom-rules.md.",
        ),
        key("override", Shape::Tables(&OVERRIDE), "Other rules for some paths; the later one wins."),
        key("telemetry", Shape::Table(&TELEMETRY), "What the code does not show."),
        key("registry", Shape::Table(&REGISTRY), "The names that telemetry should have."),
        key("model", Shape::Tables(&MODEL), "What in-house code does where inference cannot see it."),
    ],
    others: None,
};

static SCAN: Table = Table {
    keys: &[
        key("exclude", Shape::Patterns, "Paths that are not read, even if given on the command line."),
        key("include", Shape::Patterns, "If given, only sources at these paths are read."),
        key(
            "languages",
            Shape::WordList(Words::Languages),
            "If given, only sources in these languages are read.",
        ),
        key(
            "tests",
            Shape::Patterns,
            "Paths that hold tests, beside those that are recognised by themselves.",
        ),
        key("max-file-size", Shape::Whole, "Sources of more bytes than this are not read."),
    ],
    others: None,
};

static COVERAGE: Table = Table {
    keys: &[
        key(
            "eligible",
            Shape::Word(Words::Eligible),
            "Which functions count: all of them, those that are not trivial, or those that are public.",
        ),
        key("exclude", Shape::Patterns, "Paths whose functions do not count."),
        key("exclude-functions", Shape::Texts, "Dotted names, with `*`, of functions that do not count."),
    ],
    others: None,
};

static LAYER: Table = Table {
    keys: &[
        needed("name", Shape::Text, "What the row is called."),
        needed("paths", Shape::Patterns, "What belongs to it; layers may overlap."),
    ],
    others: None,
};

static GATE: Table = Table {
    keys: &[
        key("layer", Shape::Table(&GATE_LAYERS), "Thresholds of single layers, by their names."),
        key("path", Shape::Table(&GATE_PATHS), "Thresholds of all files that a pattern matches, together."),
        key("diff", Shape::Table(&GATE_LAYER), "Thresholds of what was changed, with `--diff`."),
        key(
            "ratchet",
            Shape::Flag,
            "No number may fall below what the baseline (`--baseline`), or else the commit of `--diff`, says it was.",
        ),
    ],
    others: Some((Words::Dimensions, &Shape::Percent)),
};

static GATE_PATHS: Table = Table { keys: &[], others: Some((Words::Patterns, &Shape::Table(&GATE_LAYER))) };

static GATE_LAYERS: Table = Table { keys: &[], others: Some((Words::Any, &Shape::Table(&GATE_LAYER))) };
static GATE_LAYER: Table = Table { keys: &[], others: Some((Words::Dimensions, &Shape::Percent)) };

const SELECT: Key = key(
    "select",
    Shape::WordList(Words::Selectors),
    "Rules and groups that are on, all others are off; `default` and `strict` (every rule) are groups too.",
);
const IGNORE: Key = key("ignore", Shape::WordList(Words::Selectors), "Rules and groups that are off.");
const SEVERITY: Key = key("severity", Shape::Table(&SEVERITIES), "The level of single rules.");

static RULES: Table =
    Table { keys: &[SELECT, IGNORE, SEVERITY], others: Some((Words::Rules, &Shape::Table(&OPTIONS))) };

static OVERRIDE: Table = Table {
    keys: &[needed("paths", Shape::Patterns, "Where it holds."), SELECT, IGNORE, SEVERITY],
    others: Some((Words::Rules, &Shape::Table(&OPTIONS))),
};

static SEVERITIES: Table = Table { keys: &[], others: Some((Words::Names, &Shape::Word(Words::Levels))) };

static OPTIONS: Table = Table {
    keys: &[key("allow", Shape::Texts, "Dotted names, with `*`, that the rule leaves alone.")],
    others: None,
};

static OWN_RULE: Table = Table {
    keys: &[
        needed("name", Shape::Text, "How it is called wherever rules are: in small letters, with hyphens."),
        needed("language", Shape::Word(Words::Languages), "The language of its query."),
        needed(
            "query",
            Shape::Text,
            "The tree-sitter query, with telemetry predicates such as `(#not-in-span? @call)`.",
        ),
        needed(
            "message",
            Shape::Text,
            "One sentence that says what is; `{name}` is the text of the capture `@name`.",
        ),
        key("level", Shape::Word(Words::Levels), "Its level; `warning`, if not given."),
        key("reason", Shape::Text, "One sentence: what is lost in production."),
        key("help", Shape::Text, "One sentence: what to do."),
        key("example", Shape::Tables(&EXAMPLE), "Code that `otcov rules --check` holds it against."),
    ],
    others: None,
};

static EXAMPLE: Table = Table {
    keys: &[
        needed("code", Shape::Text, "A whole file."),
        key("matches", Shape::Whole, "How often the rule fires there."),
        key("clean", Shape::Flag, "`true`: it does not fire there."),
        key("path", Shape::Text, "Where the file lies, for rules that ask for a layer."),
    ],
    others: None,
};

static TELEMETRY: Table = Table {
    keys: &[key(
        "auto-instrumentation",
        Shape::Texts,
        "Libraries that are instrumented from outside, by an agent or an operator; `*` for all that can be.",
    )],
    others: None,
};

static REGISTRY: Table = Table {
    keys: &[
        key(
            "paths",
            Shape::Texts,
            "Folders and files of the project's own registry, as OpenTelemetry Weaver writes it; from the configuration's folder.",
        ),
        key(
            "namespaces",
            Shape::Texts,
            "The namespaces of attributes that are the project's own, such as `shop`.",
        ),
        key(
            "strict",
            Shape::Flag,
            "Every attribute of the project's own has to be in its registry: `unregistered-attribute` is on.",
        ),
        key(
            "semconv",
            Shape::Text,
            "The version of the semantic conventions that decides what is deprecated: `1.26`, or `bundled` for the newest one known.",
        ),
    ],
    others: None,
};

/// The keys are those of a library's model; what they may hold in detail is checked where models are put together.
static MODEL: Table = Table {
    keys: &[
        needed("path", Shape::TextOrTexts, "The dotted path of a function, method or class; or several."),
        needed("role", Shape::Word(Words::Roles), "What calling it does."),
        key("kind", Shape::Text, "The role's detail: the kind of entry point, of set-up, of instrument."),
        key(
            "form",
            Shape::TextOrTexts,
            "How it is used: `with`, `decorator`, `manual`, `base`, `registration`, `setting`.",
        ),
        key(
            "does",
            Shape::Texts,
            "What it does beside: `activates`, `ends`, `records`, `handles-async`, `handles-generators`, `keeps-context`.",
        ),
        key("goes-out", Shape::Flag, "Whether the call leaves the process."),
        key("fixed-name", Shape::Text, "The name of its span, if that is always the same."),
        key("methods", Shape::TextOrTexts, "For a base class: the methods that are meant."),
        key(
            "around",
            Shape::TextOrTexts,
            "For middleware: the parts of libraries whose handlers it stands around.",
        ),
        key("returns", Shape::Text, "The type of what calling it gives."),
        key("enters", Shape::Text, "The type of what `with` binds."),
        key("assume", Shape::Flag, "The bare name of the method is telling enough."),
    ],
    others: Some((Words::Arguments, &Shape::Argument)),
};
