//! Configurations good and bad, with the exact words about the bad ones.

use std::fs;

use super::*;
use crate::cli::TreeArgs;
use crate::rule::{Catalogue, sample};

struct Place(tempfile::TempDir);

fn place(files: &[(&str, &str)]) -> Place {
    let place = Place(tempfile::tempdir().unwrap());
    for (name, text) in files {
        let path = place.root().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    place
}

fn vocabulary(rules: &Catalogue) -> Vocabulary<'_> {
    Vocabulary {
        rules,
        languages: vec!["python"],
        roles: vec!["span", "process"],
        arguments: vec!["name-arg", "key-arg"],
        taken: vec!["raw-subprocess"],
        judge: |rule, _| match rule.query.find('?') {
            Some(at) => vec![RuleFault { part: RulePart::Query, at, message: "odd".to_owned() }],
            None => Vec::new(),
        },
    }
}

impl Place {
    fn root(&self) -> PathBuf {
        self.0.path().canonicalize().unwrap()
    }

    fn resolve_with(&self, tree: &TreeArgs, below: &str) -> Result<Settings, SettingsError> {
        let rules = sample::catalogue();
        let root = self.root();
        let below = root.join(below);
        let found = locate(tree.config.as_deref(), tree.isolated, &below)?;
        resolve(found.as_ref(), None, &below, &root, &vocabulary(&rules))
    }

    fn resolve(&self) -> Result<Settings, SettingsError> {
        self.resolve_with(&tree(), "")
    }
}

fn tree() -> TreeArgs {
    TreeArgs { paths: Vec::new(), config: None, isolated: false, jobs: None }
}

fn errors(text: &str) -> String {
    place(&[("otcov.toml", text)]).resolve().unwrap_err().to_string()
}

#[test]
fn every_key_is_read() {
    let text = r#"
        [scan]
        exclude = ["gen"]
        include = ["src/**"]
        languages = ["python"]
        tests = ["checks"]
        max-file-size = 1_000
        [coverage]
        eligible = "public"
        exclude = ["src/legacy"]
        exclude-functions = ["shop.debug.*"]
        [[layer]]
        name = "commands"
        paths = ["src/shop/commands/**"]
        [gate]
        functions = 40
        entry-points = 99.5
        [gate.layer.commands]
        functions = 100
        [rules]
        select = ["default", "dark-function"]
        ignore = ["spans"]
        [rules.severity]
        raw-subprocess = "error"
        [rules.raw-subprocess]
        allow = ["shop.proc.*"]
        [[override]]
        paths = ["tools"]
        ignore = ["coverage"]
        severity = { span-discarded = "off" }
        raw-subprocess = { allow = ["x"] }
        [telemetry]
        auto-instrumentation = ["fastapi"]
        [[model]]
        path = "shop.tel.step"
        role = "span"
        name-arg = 0
        [[model]]
        path = "shop.run"
        role = "process"
        name-arg = "title"
    "#;
    let place = place(&[("otcov.toml", text)]);
    let settings = place.resolve().unwrap();
    let at = |it: &str| place.root().join(it);
    assert_eq!(settings.file, Some(at("otcov.toml")));
    assert!(settings.scan.exclude.matches(&at("gen/a.py")) && settings.scan.include.matches(&at("src/a.py")));
    assert!(settings.scan.tests.matches(&at("checks/a.py")));
    assert_eq!(
        (settings.scan.languages.as_deref(), settings.scan.max_file_size),
        (Some(&["python".to_owned()][..]), Some(1000))
    );
    assert_eq!(settings.coverage.eligible, Eligible::Public);
    assert_eq!(settings.coverage.exclude_functions, ["shop.debug.*"]);
    assert!(settings.layers[0].paths.matches(&at("src/shop/commands/a/b.py")));
    let thresholds: Vec<_> =
        settings.thresholds.iter().map(|it| (it.part.clone(), it.dimension.as_str(), it.percent)).collect();
    let expected = [
        (Part::Whole, "functions", 40.0),
        (Part::Whole, "entry-points", 99.5),
        (Part::Layer("commands".to_owned()), "functions", 100.0),
    ];
    assert_eq!(thresholds, expected);
    assert_eq!(settings.rules.base.select, [Selector::Default, Selector::Rule("dark-function")]);
    assert_eq!(settings.rules.base.ignore, [Selector::Group("spans".to_owned())]);
    assert_eq!(settings.rules.base.severity["raw-subprocess"], Level::Error);
    assert_eq!(settings.options("raw-subprocess").allow, ["shop.proc.*"]);
    assert_eq!(settings.rules.overrides[0].selection.severity["span-discarded"], Level::Off);
    assert_eq!(settings.rules.overrides[0].options["raw-subprocess"].allow, ["x"]);
    assert_eq!(settings.auto_instrumentation, ["fastapi"]);
    assert_eq!(settings.models[0].origin, "otcov.toml:34");
    assert_eq!(settings.models[0].table["name-arg"].as_integer(), Some(0));
    assert_eq!(settings.models[1].table["path"].as_str(), Some("shop.run"));
}

#[test]
fn the_conventions_are_pinned_to_a_version_that_is_known() {
    let pinned = |text: &str| place(&[("otcov.toml", text)]).resolve().unwrap().semconv;
    assert_eq!(pinned("[registry]\nsemconv = \"1.26\"\n"), Version::parse("1.26"));
    assert_eq!(pinned("[registry]\nsemconv = \"bundled\"\n"), None);
    let told = errors("[registry]\nsemconv = \"latest\"\n");
    assert_eq!(
        told,
        "otcov.toml:2:11: `registry.semconv` must be `bundled` or a version such as `1.26`, not `latest`"
    );
    let told = errors("[registry]\nsemconv = \"3.0\"\n");
    assert_eq!(told, "otcov.toml:2:11: the newest semantic conventions that are known are 1.44");
}

#[test]
fn unknown_keys_and_words_are_errors_with_a_hint() {
    let cases = [
        ("[scna]\n", "otcov.toml:1:2: unknown key `scna`; did you mean `scan`?"),
        ("[scan]\nexlude = []\n", "otcov.toml:2:1: unknown key `exlude` in [scan]; did you mean `exclude`?"),
        (
            "[gate]\nfunction = 4\n",
            "otcov.toml:2:1: unknown key or dimension `function` in [gate]; did you mean `functions`?",
        ),
        (
            "[rules]\nselect = [\n  \"default\",\n  \"coverag\",\n]\n",
            "otcov.toml:4:3: unknown rule or group `coverag`; did you mean `coverage`?",
        ),
        (
            "[rules.severity]\nraw-subproces = \"error\"\n",
            "otcov.toml:2:1: unknown rule `raw-subproces` in [rules.severity]; did you mean `raw-subprocess`?",
        ),
        (
            "[rules.severity]\nraw-subprocess = \"fatal\"\n",
            "otcov.toml:2:18: unknown level `fatal`; one of `off`, `note`, `warning`, `error`",
        ),
        (
            "[rules.raw-subprocess]\nalow = []\n",
            "otcov.toml:2:1: unknown key `alow` in [rules.raw-subprocess]; did you mean `allow`?",
        ),
        ("[rules.bogus-thing]\nallow = []\n", "otcov.toml:1:8: unknown key or rule `bogus-thing` in [rules]"),
        ("[scan]\nlanguages = [\"go\"]\n", "otcov.toml:2:14: unknown language `go`; one of `python`"),
        (
            "[coverage]\neligible = \"publik\"\n",
            "otcov.toml:2:12: unknown choice `publik`; did you mean `public`?",
        ),
        (
            "[[model]]\npath = \"a.b\"\nrole = \"spann\"\n",
            "otcov.toml:3:8: unknown role `spann`; did you mean `span`?",
        ),
    ];
    for (text, message) in cases {
        assert_eq!(errors(text), message);
    }
}

#[test]
fn wrong_values_are_errors_that_say_what_is_wanted() {
    let cases = [
        ("scan = 3\n", "otcov.toml:1:8: `scan` must be a table, not 3"),
        (
            "[scan]\nexclude = \"a\"\n",
            "otcov.toml:2:11: `scan.exclude` must be a list of strings, not a string",
        ),
        (
            "[scan]\nexclude = [\"a\", 1]\n",
            "otcov.toml:2:11: `scan.exclude` must be a list of strings, not a list with a whole number",
        ),
        (
            "[scan]\nexclude = [\"a[\"]\n",
            "otcov.toml:2:12: `a[` is not a path pattern: unclosed character class; missing ']'",
        ),
        ("[gate]\ncalls = 101\n", "otcov.toml:2:9: `gate.calls` must be a number from 0 to 100, not 101"),
        (
            "[gate]\ncalls = true\n",
            "otcov.toml:2:9: `gate.calls` must be a number from 0 to 100, not a boolean",
        ),
        ("[layer]\nname = \"a\"\n", "otcov.toml:1:1: `layer` must be a list of tables, not a table"),
        ("[[layer]]\nname = \"a\"\n", "otcov.toml:1:1: [[layer]] needs `paths`"),
        ("[gate.layer.web]\ncalls = 1\n", "otcov.toml:1:13: no [[layer]] has the name `web`"),
        ("[scan\n", "otcov.toml:1:6: this is not TOML: unclosed table, expected `]`"),
        (
            "[scan]\nmax-file-size = -1\n",
            "otcov.toml:2:17: `scan.max-file-size` must be a whole number, 0 or more, not -1",
        ),
    ];
    for (text, message) in cases {
        assert_eq!(errors(text), message);
    }
}

#[test]
fn all_problems_are_told_at_once_in_order() {
    let told = errors("[scan]\na = 1\nb = 2\n");
    assert_eq!(told, "otcov.toml:2:1: unknown key `a` in [scan]\notcov.toml:3:1: unknown key `b` in [scan]");
}

#[test]
fn positions_in_shared_files_are_those_of_the_whole_file() {
    let pyproject = "[project]\nname = \"ü\"\n\n[tool.otcov.scan]\nexlude = []\n";
    let told = place(&[("pyproject.toml", pyproject)]).resolve().unwrap_err().to_string();
    let message = "pyproject.toml:5:1: unknown key `exlude` in [tool.otcov.scan]; did you mean `exclude`?";
    assert_eq!(told, message);
}

#[test]
fn the_nearest_file_wins_and_otcovs_own_comes_first() {
    let gate = |percent: u8| format!("[gate]\nfunctions = {percent}\n");
    let shared = |table: &str, percent: u8| format!("[{table}.gate]\nfunctions = {percent}\n");
    let place = place(&[
        ("otcov.toml", &gate(1)),
        ("a/pyproject.toml", &shared("tool.otcov", 2)),
        ("a/b/.otcov.toml", &gate(3)),
        ("a/b/pyproject.toml", &shared("tool.otcov", 4)),
        ("a/c/Cargo.toml", &shared("workspace.metadata.otcov", 5)),
        ("a/d/Cargo.toml", &shared("package.metadata.otcov", 6)),
        ("a/d/pyproject.toml", "[project]\nname = \"other\"\n"),
        ("a/e/pyproject.toml", "[project\n"),
    ]);
    let percent = |below: &str| place.resolve_with(&tree(), below).unwrap().thresholds[0].percent;
    let found: Vec<f64> = ["", "a", "a/b", "a/c", "a/d", "a/e"].map(percent).to_vec();
    assert_eq!(found, [1.0, 2.0, 3.0, 5.0, 6.0, 2.0]);
    let isolated = TreeArgs { isolated: true, ..tree() };
    assert!(place.resolve_with(&isolated, "a").unwrap().file.is_none());
}

#[test]
fn a_file_named_on_the_command_line_must_be_there() {
    let place = place(&[("pyproject.toml", "[project]\n"), ("ci/x.toml", "[scan]\nexclude = [\"gen\"]\n")]);
    let named = |it: &str| TreeArgs { config: Some(place.root().join(it)), ..tree() };
    let told = |it: &str| place.resolve_with(&named(it), "").unwrap_err().to_string();
    assert!(told("gone.toml").ends_with("gone.toml: there is no such file"));
    assert!(told("pyproject.toml").ends_with("pyproject.toml: there is no [tool.otcov] in it"));
    let settings = place.resolve_with(&named("ci/x.toml"), "").unwrap();
    assert!(settings.scan.exclude.matches(&place.root().join("gen/a.py")));
}

#[test]
fn a_fault_in_a_query_has_its_place_in_the_file() {
    let rule = "[[rule]]\nname = \"shell\"\nlanguage = \"python\"\nmessage = \"m\"\n";
    assert_eq!(errors(&format!("{rule}query = \"ab?\"")), "otcov.toml:5:12: `shell`: odd");
    assert_eq!(errors(&format!("{rule}query = '''\n(a\n  ?)'''")), "otcov.toml:7:3: `shell`: odd");
    assert_eq!(errors(&format!("{rule}query = \"\\t\\t?\"")), "otcov.toml:5:14: `shell`: odd");
}

#[test]
fn rules_have_names_of_their_own_and_examples_that_say_one_thing() {
    let rule = |name: &str, more: &str| {
        format!("[[rule]]\nname = \"{name}\"\nlanguage = \"python\"\nmessage = \"m\"\nquery = \"q\"\n{more}")
    };
    let told = |text: String| errors(&text);
    assert_eq!(
        told(rule("raw-subprocess", "")),
        "otcov.toml:2:8: `raw-subprocess` means something else already"
    );
    assert!(told(rule("No_Shell", "")).contains("`No_Shell` is no name for a rule"));
    assert!(told(rule("a", "") + &rule("a", "")).ends_with("there are two rules `a`"));
    let says = "an example says either `matches = …` or `clean = true`";
    let example = "[[rule.example]]\ncode = \"c\"\n";
    assert_eq!(told(rule("a", example)), format!("otcov.toml:6:1: {says}"));
    assert_eq!(
        told(rule("a", &format!("{example}matches = 1\nclean = true"))),
        format!("otcov.toml:6:1: {says}")
    );
}

#[test]
fn paths_start_beside_the_configuration_and_patterns_in_the_tree() {
    let text = "[registry]\npaths = [\"names\"]\n[scan]\nexclude = [\"gen\"]\n";
    let place = place(&[("settings/otcov.toml", text), ("tree/a.py", "")]);
    let (root, config) = (place.root(), place.root().join("settings/otcov.toml"));
    let settings = place.resolve_with(&TreeArgs { config: Some(config), ..tree() }, "tree").unwrap();
    assert_eq!(settings.registry_paths, [root.join("settings/names")]);
    assert!(settings.scan.exclude.matches(&root.join("tree/gen/a.py")));
}
