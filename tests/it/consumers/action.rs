//! The action: looked at by zizmor, and its steps run by a script that plays the runner, in a repository that is made here.
#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot set itself up has nothing better to do than to break"
)]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};

use super::{installed, succeeds, trees};
use crate::tidy::root;

const PROGRAM: &str = env!("CARGO_BIN_EXE_otcov");

/// The shop with one more dark command, in a repository.
fn workspace(at: &Path) -> PathBuf {
    let workspace = at.join("work space");
    trees::shop(&workspace);
    trees::commit_all(&workspace);
    trees::git(&workspace, &["checkout", "--quiet", "-b", "change"]);
    let dark = "import subprocess\n\ndef main():\n    subprocess.run(['x'])\n\nif __name__ == '__main__':\n    main()\n";
    fs::write(workspace.join("src/shop/new.py"), dark).unwrap();
    workspace
}

/// What comes of the action's steps; none without the tools.
fn run(action: &Path, workspace: &Path, inputs: &Value, cached: &str, path: Option<&Path>) -> Option<Value> {
    let interpreter = installed("venv/bin/python")?;
    let mut command = Command::new(interpreter);
    command
        .arg(root("tests/it/consumers/runner.py"))
        .args([action, workspace])
        .args([&inputs.to_string(), cached]);
    if let Some(path) = path {
        let known = std::env::var("PATH").unwrap();
        command.env("PATH", format!("{}:{known}", path.display()));
    }
    Some(serde_json::from_str(&succeeds(&mut command)).unwrap())
}

fn scan(inputs: &Value) -> Option<Value> {
    installed("venv/bin/python")?;
    let directory = tempfile::tempdir().unwrap();
    let workspace = workspace(directory.path());
    run(&root(""), &workspace, inputs, PROGRAM, None)
}

#[test]
fn zizmor_finds_nothing() {
    let Some(zizmor) = installed("venv/bin/zizmor") else { return };
    // A folder of examples is none of workflows, so they are named.
    let files = ["action.yml", ".github", "docs/examples/github.yml", "docs/examples/github-comment.yml"];
    let mut command = Command::new(zizmor);
    command.args(["--offline", "--no-progress", "--persona", "pedantic"]).args(files.map(root));
    succeeds(&mut command);
}

/// By the schemas that the hosts publish for them.
#[test]
fn the_files_for_hosts_have_the_shapes_that_they_ask_for() {
    let Some(check) = installed("venv/bin/check-jsonschema") else { return };
    let shapes: [(&str, &[&str]); 3] = [
        ("vendor.github-actions", &["action.yml"]),
        (
            "vendor.github-workflows",
            &[
                ".github/workflows/ci.yml",
                ".github/workflows/release.yml",
                "docs/examples/github.yml",
                "docs/examples/github-comment.yml",
            ],
        ),
        ("vendor.gitlab-ci", &["docs/examples/gitlab-ci.yml"]),
    ];
    for (schema, files) in shapes {
        let mut command = Command::new(&check);
        command.args(["--builtin-schema", schema]).args(files.iter().map(|it| root(it)));
        succeeds(&mut command);
    }
    let pre_commit = check.with_file_name("pre-commit");
    succeeds(Command::new(&pre_commit).arg("validate-manifest").arg(root(".pre-commit-hooks.yaml")));
    succeeds(
        Command::new(&pre_commit).arg("validate-config").arg(root("docs/examples/pre-commit-config.yaml")),
    );
}

#[test]
fn shellcheck_finds_nothing() {
    let Some(shellcheck) = installed("venv/bin/shellcheck") else { return };
    let scripts = ["action/version.sh", "action/install.sh", "action/scan.sh", ".ci/run", ".ci/tools"];
    succeeds(Command::new(shellcheck).args(scripts.map(root)));
}

#[test]
fn the_action_tells_what_it_found() {
    let Some(result) = scan(&json!({})) else { return };
    assert_eq!(result["status"], 0, "{result:#}");
    let outputs = &result["outputs"];
    assert_eq!(outputs["passed"], "true");
    assert_eq!(outputs["coverage"], "43.75");
    assert_eq!(outputs["reach"], "68.75");
    assert!(outputs["findings"].as_str().unwrap().parse::<u32>().unwrap() > 5);
    assert!(outputs["comment"].as_str().unwrap().starts_with("<!-- otcov -->\n## Telemetry coverage\n"));
    assert_eq!(
        result["summary"].as_str().unwrap().trim_end(),
        outputs["comment"].as_str().unwrap().trim_end()
    );
    let log = result["log"].as_str().unwrap();
    assert!(
        log.contains("::warning file=src/shop/commands/stock.py,line=20,")
            && log.contains("Telemetry coverage   "),
        "{log}"
    );
    assert_eq!(result["used"].as_array().unwrap().len(), 1, "{result:#}");
}

#[test]
fn what_was_asked_for_is_handed_on() {
    let inputs = json!({
        "paths": "src/shop/new.py\nsrc\n", "fail-on": "warning", "diff": "main", "annotations": "false",
        "summary": "false", "upload-sarif": "true", "fail-under": "functions=0,reach=0",
    });
    let Some(result) = scan(&inputs) else { return };
    assert_eq!(result["status"], 1, "{result:#}");
    assert_eq!(result["outputs"]["passed"], "false");
    assert_eq!(result["outputs"]["findings"], "2");
    assert_eq!(result["summary"], "");
    assert!(!result["log"].as_str().unwrap().contains("::warning"), "{result:#}");
    // Also where the job fails, the findings are uploaded.
    let upload = &result["used"][1];
    assert_eq!(upload[0], "github/codeql-action/upload-sarif");
    assert!(upload[1]["sarif_file"].as_str().unwrap().ends_with("/otcov.sarif"));
}

#[test]
fn the_target_branch_is_found_by_itself() {
    let Some(result) = scan(&json!({"diff": "true"})) else { return };
    assert_eq!(result["status"], 0, "{result:#}");
    assert_eq!(result["outputs"]["findings"], "2", "{result:#}");
}

#[test]
fn no_input_is_ever_run() {
    let Some(_) = installed("venv/bin/python") else { return };
    let attempts = [
        "$(touch pwned)",
        "`touch pwned`",
        "\"; touch pwned; \"",
        "'; touch pwned; '",
        "x\ntouch pwned\n",
        "--format=json=pwned",
        "-h; touch pwned",
        "x\npassed=true\nEOF\n",
        "${IFS}&&touch${IFS}pwned",
    ];
    let directory = tempfile::tempdir().unwrap();
    let workspace = workspace(directory.path());
    let tools = directory.path().join("tools");
    // Where the cache is refused, the sources are built: here by a cargo that only hands the program over.
    let hand_over = "while [ \"$1\" != --target-dir ]; do shift; done\nmkdir -p \"$2/release\"\n";
    tool(&tools, "cargo", &format!("{hand_over}cp {PROGRAM} \"$2/release/otcov\"\n"));
    let run = |inputs: &Value| {
        let result = run(&root(""), &workspace, inputs, PROGRAM, Some(&tools))?;
        let pwned = [&workspace, directory.path()].iter().any(|it| it.join("pwned").exists());
        assert!(!pwned, "{inputs} has been run");
        Some(result)
    };
    for attempt in attempts {
        for input in ["paths", "config", "fail-on", "fail-under", "diff", "baseline"] {
            let Some(result) = run(&json!({ input: attempt })) else { return };
            let passed = result["outputs"]["passed"].as_str().unwrap();
            assert!(result["status"] == 2 && passed.is_empty(), "{input}: {attempt}: {result:#}");
        }
        let switches = json!({
            "annotations": attempt, "summary": attempt, "upload-sarif": attempt, "cache": attempt,
        });
        let Some(result) = run(&switches) else { return };
        assert_eq!(result["status"], 0, "{attempt}: {result:#}");
    }
}

fn tool(directory: &Path, name: &str, script: &str) {
    fs::create_dir_all(directory).unwrap();
    let path = directory.join(name);
    fs::write(&path, format!("#!/bin/sh\nset -e\n{script}")).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
}

/// The action as it is after a release, with this archive pinned and that one served.
fn released(at: &Path, pinned: &Path) -> PathBuf {
    let action = at.join("action checkout");
    for file in
        ["action.yml", "Cargo.toml", "Cargo.lock", "action/version.sh", "action/install.sh", "action/scan.sh"]
    {
        fs::create_dir_all(action.join(file).parent().unwrap()).unwrap();
        fs::copy(root(file), action.join(file)).unwrap();
    }
    fs::create_dir_all(action.join("src")).unwrap();
    fs::create_dir_all(action.join("rules")).unwrap();
    let sum = succeeds(Command::new("sha256sum").arg(pinned));
    let name = format!("otcov-{}-x86_64-unknown-linux-musl.tar.gz", env!("CARGO_PKG_VERSION"));
    fs::write(action.join("action/releases"), format!("{}  {name}\n", &sum[..64])).unwrap();
    action
}

fn archive(at: &Path, name: &str, program: &Path) -> PathBuf {
    let folder = at.join(name);
    fs::create_dir_all(&folder).unwrap();
    fs::copy(program, folder.join("otcov")).unwrap();
    let archive = at.join(format!("{name}.tar.gz"));
    succeeds(Command::new("tar").args(["czf"]).arg(&archive).arg("-C").arg(&folder).arg("otcov"));
    archive
}

#[test]
fn only_the_release_that_was_pinned_is_run() {
    let Some(_) = installed("venv/bin/python") else { return };
    let directory = tempfile::tempdir().unwrap();
    let at = directory.path();
    let workspace = workspace(at);
    let right = archive(at, "right", Path::new(PROGRAM));
    fs::write(at.join("evil"), "#!/bin/sh\ntouch pwned\n").unwrap();
    fs::set_permissions(at.join("evil"), fs::Permissions::from_mode(0o755)).unwrap();
    let wrong = archive(at, "wrong", &at.join("evil"));
    let action = released(at, &right);
    for (served, status) in [(&right, 0), (&wrong, 1)] {
        let tools = at.join("tools");
        let serve = format!(
            "for it; do last=$it; done\nwhile [ \"$1\" != --output ]; do shift; done\necho \"$last\" >{0}/url\ncp {1} \"$2\"\n",
            at.display(),
            served.display()
        );
        tool(&tools, "curl", &serve);
        let Some(result) = run(&action, &workspace, &json!({}), "", Some(&tools)) else { return };
        assert_eq!(result["status"], status, "{result:#}");
        assert!(!workspace.join("pwned").exists());
        let url = fs::read_to_string(at.join("url")).unwrap();
        assert!(
            url.starts_with("https://github.com/otcov/otcov/releases/download/v0.1.0/otcov-0.1.0-x86_64"),
            "{url}"
        );
    }
}
