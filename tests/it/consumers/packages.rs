//! The ways in which otcov is installed: as a hook of pre-commit from a git checkout, and as a wheel in a clean environment.
#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot set itself up has nothing better to do than to break"
)]

use std::fs;
use std::path::Path;
use std::process::Command;

use super::{installed, succeeds, trees};
use crate::tidy::root;

/// As fast to build as can be, in a place of its own: the program that the other tests run stays as it is meanwhile.
fn building(command: &mut Command) -> &mut Command {
    let target = Path::new(env!("CARGO_BIN_EXE_otcov")).ancestors().nth(2).unwrap();
    let profile = [("OPT_LEVEL", "0"), ("LTO", "off"), ("CODEGEN_UNITS", "64"), ("STRIP", "symbols")];
    command.envs(profile.map(|(key, value)| (format!("CARGO_PROFILE_RELEASE_{key}"), value)));
    command.env("CARGO_TARGET_DIR", target.join("packages"))
}

#[test]
fn a_wheel_installs_in_a_clean_environment() {
    let Some(maturin) = installed("venv/bin/maturin") else { return };
    let directory = tempfile::tempdir().unwrap();
    let at = directory.path();
    let mut build = Command::new(&maturin);
    build.args(["build", "--quiet", "--locked", "--release", "--compatibility", "linux", "--out"]).arg(at);
    build.arg("--manifest-path").arg(root("Cargo.toml"));
    succeeds(building(&mut build));
    let wheel = fs::read_dir(at)
        .unwrap()
        .map(|it| it.unwrap().path())
        .find(|it| it.extension().is_some_and(|it| it == "whl"));
    let wheel = wheel.unwrap();
    let name = wheel.file_name().unwrap().to_string_lossy().into_owned();
    assert!(name.starts_with(&format!("otcov-{}-py3-none-", env!("CARGO_PKG_VERSION"))), "{name}");
    let python = maturin.with_file_name("python");
    succeeds(Command::new(python).args(["-m", "venv"]).arg(at.join("clean")));
    let pip = ["install", "--quiet", "--no-index", "--disable-pip-version-check"];
    succeeds(Command::new(at.join("clean/bin/pip")).args(pip).arg(&wheel));
    trees::shop(&at.join("shop"));
    let said = succeeds(Command::new(at.join("clean/bin/otcov")).current_dir(at.join("shop")).args([
        "scan",
        "--fail-on",
        "never",
    ]));
    assert!(said.contains("Telemetry coverage   17 files"), "{said}");
}

/// What the hook is built from, as a repository of its own.
fn checkout(at: &Path) -> String {
    for file in ["Cargo.toml", "Cargo.lock", "README.md", "CHANGELOG.md", ".pre-commit-hooks.yaml"] {
        fs::create_dir_all(at).unwrap();
        fs::copy(root(file), at.join(file)).unwrap();
    }
    for folder in ["src", "rules", "schemas"] {
        trees::copy(&root(folder), &at.join(folder));
    }
    trees::commit_all(at);
    trees::git(at, &["rev-parse", "HEAD"]).trim().to_owned()
}

const COVERED: &str = "from opentelemetry import trace\n\nfrom shop.tel import traced\n\n\n@traced\ndef main():\n    trace.get_current_span().set_attribute('shop.size', 1)\n\n\nif __name__ == '__main__':\n    main()\n";

#[test]
fn pre_commit_installs_the_hook_and_runs_it() {
    let Some(pre_commit) = installed("venv/bin/pre-commit") else { return };
    let directory = tempfile::tempdir().unwrap();
    let at = directory.path();
    let commit = checkout(&at.join("otcov"));
    let project = at.join("project");
    let write = |name: &str, text: &str| {
        fs::create_dir_all(project.join(name).parent().unwrap()).unwrap();
        fs::write(project.join(name), text).unwrap();
    };
    let hooks =
        format!("repos:\n- repo: {}\n  rev: {commit}\n  hooks:\n  - id: otcov\n", at.join("otcov").display());
    write(".pre-commit-config.yaml", &hooks);
    write("shop/__init__.py", "");
    write(
        "shop/tel.py",
        "from opentelemetry import trace\nfrom opentelemetry.sdk.trace import TracerProvider\nfrom opentelemetry.sdk.trace.export import BatchSpanProcessor, ConsoleSpanExporter\n\nprovider = TracerProvider()\nprovider.add_span_processor(BatchSpanProcessor(ConsoleSpanExporter()))\ntrace.set_tracer_provider(provider)\ntracer = trace.get_tracer('shop')\n\n\ndef traced(function):\n    def wrapper(*args):\n        with tracer.start_as_current_span('x'):\n            return function(*args)\n    return wrapper\n",
    );
    write("shop/dark.py", &COVERED.replace("@traced\n", ""));
    trees::commit_all(&project);
    let run = || {
        let mut command = Command::new(&pre_commit);
        command.current_dir(&project).arg("run").env("PRE_COMMIT_HOME", at.join("home"));
        building(&mut command);
        let output = command.output().unwrap();
        (output.status.code(), String::from_utf8_lossy(&output.stdout).into_owned())
    };
    // What opens the span stands in a file that is not about to be committed, and so does what is dark.
    write("shop/covered.py", COVERED);
    trees::git(&project, &["add", "--all"]);
    let (status, said) = run();
    assert_eq!(status, Some(0), "{said}");
    assert!(said.contains("Passed"), "{said}");
    write("shop/covered.py", &COVERED.replace("@traced\n", ""));
    trees::git(&project, &["add", "--all"]);
    let (status, said) = run();
    assert_eq!(status, Some(1), "{said}");
    assert!(said.contains("shop/covered.py:7:5") && !said.contains("shop/dark.py:7:5"), "{said}");
}
