//! The command line as users meet it: `fixtures/cli/*.toml` hold the cases, this runs them. Every case has a directory of its
//! own, and nothing of the surroundings reaches it.
#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot set itself up has nothing better to do than to break"
)]

mod streams;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use serde::Deserialize;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Cases {
    case: Vec<Case>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Case {
    name: String,
    args: Vec<String>,
    #[serde(default)]
    status: i32,
    /// The files of its directory.
    #[serde(default)]
    files: BTreeMap<String, String>,
    #[serde(default)]
    environment: BTreeMap<String, String>,
    /// The whole stream; the others ask for parts of it.
    stdout: Option<String>,
    #[serde(default)]
    stdout_has: Vec<String>,
    #[serde(default)]
    stdout_lacks: Vec<String>,
    stderr: Option<String>,
    #[serde(default)]
    stderr_has: Vec<String>,
    /// What must stand in these files afterwards.
    #[serde(default)]
    leaves: BTreeMap<String, String>,
    /// Files that must not be there afterwards.
    #[serde(default)]
    lacks: Vec<String>,
}

#[test]
fn cases_of_the_command_line_hold() {
    let mut faults = Vec::new();
    for file in super::tidy::names("fixtures/cli", ".toml") {
        let text = super::tidy::read(&super::tidy::root(&format!("fixtures/cli/{file}.toml")));
        let cases: Cases = toml::from_str(&text).unwrap_or_else(|error| panic!("{file}.toml: {error}"));
        for case in cases.case {
            faults.extend(case.run().into_iter().map(|it| format!("{file}: {}: {it}", case.name)));
        }
    }
    assert!(faults.is_empty(), "\n{}", faults.join("\n\n"));
}

/// otcov in a directory, with an empty environment.
pub(crate) fn otcov(directory: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_otcov"));
    command.current_dir(directory).env_clear();
    command
}

impl Case {
    fn run(&self) -> Vec<String> {
        let directory = tempfile::tempdir().unwrap();
        let root = directory.path().canonicalize().unwrap();
        for (name, text) in &self.files {
            let path = root.join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        let args = self.args.iter().map(|it| it.replace("[ROOT]", &root.to_string_lossy()));
        let output = otcov(&root).args(args).envs(&self.environment).output().unwrap();
        let mut faults = self.judge(&output, &root);
        faults.extend(self.judge_files(&root));
        faults
    }

    fn judge(&self, output: &Output, root: &Path) -> Vec<String> {
        let shown = |bytes: &[u8]| String::from_utf8_lossy(bytes).replace(&*root.to_string_lossy(), "[ROOT]");
        let (stdout, stderr) = (shown(&output.stdout), shown(&output.stderr));
        let mut faults = Vec::new();
        if output.status.code() != Some(self.status) {
            faults.push(format!("status {:?}, not {}\n{stdout}{stderr}", output.status.code(), self.status));
        }
        whole("stdout", &stdout, self.stdout.as_deref(), &mut faults);
        whole("stderr", &stderr, self.stderr.as_deref(), &mut faults);
        parts("stdout", &stdout, &self.stdout_has, &mut faults);
        parts("stderr", &stderr, &self.stderr_has, &mut faults);
        for part in self.stdout_lacks.iter().filter(|it| stdout.contains(it.as_str())) {
            faults.push(format!("stdout has `{part}`\n{stdout}"));
        }
        faults
    }

    fn judge_files(&self, root: &Path) -> Vec<String> {
        let mut faults = Vec::new();
        for (name, part) in &self.leaves {
            let text = fs::read_to_string(root.join(name)).unwrap_or_default();
            parts(name, &text, std::slice::from_ref(part), &mut faults);
        }
        let there = self.lacks.iter().filter(|it| root.join(it).exists());
        faults.extend(there.map(|it| format!("`{it}` is there")));
        let leftover = |it: &fs::DirEntry| it.file_name().to_string_lossy().starts_with(".otcov-");
        if fs::read_dir(root).unwrap().filter_map(Result::ok).any(|it| leftover(&it)) {
            faults.push("a temporary file was left behind".to_owned());
        }
        faults
    }
}

fn whole(what: &str, text: &str, expected: Option<&str>, faults: &mut Vec<String>) {
    if expected.is_some_and(|it| it != text) {
        faults.push(format!("{what} is\n{text}--- and not\n{}---", expected.unwrap_or_default()));
    }
}

fn parts(what: &str, text: &str, expected: &[String], faults: &mut Vec<String>) {
    faults.extend(
        expected
            .iter()
            .filter(|it| !text.contains(it.as_str()))
            .map(|it| format!("{what} lacks `{it}`\n{text}---")),
    );
}
