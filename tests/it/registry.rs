//! Registries that are written from code: they load, have the shape that Weaver's schema asks for, make a strict scan clean, and tell
//! what changed from one commit to the next.
#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot set itself up has nothing better to do than to break"
)]

mod definition;

use std::fs;
use std::path::Path;
use std::process::Output;

use tempfile::TempDir;

use super::cli::otcov as command;
use super::consumers::on_the_path;
use super::consumers::trees::{commit_all, git};

const APP: &str = r#"
from opentelemetry import metrics, trace

tracer = trace.get_tracer("shop")
meter = metrics.get_meter("shop")
orders = meter.create_counter("shop.orders", unit="{order}")
took = meter.create_histogram("shop.order.duration", unit="s")


def ship(order):
    with tracer.start_as_current_span("ship order", attributes={"shop.order.id": order.id}) as span:
        span.set_attribute("shop.order.kind", "book")
        span.set_attribute("shop.items", 3)
        span.set_attribute("shop.weight", 2.5)
        span.set_attribute("shop.gift", True)
        span.set_attribute("shop.tags", ["a", "b"])
        span.set_attribute("http.request.method", "GET")
        span.set_attribute(f"shop.label.{order.label}", "red: \"dark\"")
        span.set_attribute(f"depot.{order.depot}", "north")
        span.set_attribute("message.type", "order")
        span.add_event("shop.packed", {"shop.box.size": 2})
        orders.add(1, {"shop.order.kind": "toy"})
        took.record(order.took)


def pay(order):
    with tracer.start_as_current_span("pay " + order.how, kind=trace.SpanKind.CLIENT) as span:
        span.set_attribute("shop.paid", order.paid)
"#;

const STRICT: &str = "[registry]\npaths = [\"telemetry\"]\nstrict = true\n";

fn otcov(folder: &Path, args: &[&str]) -> (i32, String, String) {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let Output { status, stdout, stderr } = command(folder).env("PATH", path).args(args).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (status.code().unwrap(), text(stdout), text(stderr))
}

fn project(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::Builder::new().prefix("otcov-registry-").tempdir().unwrap();
    for (path, text) in files {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    folder
}

fn inferred(folder: &Path) -> String {
    let (status, _, stderr) = otcov(folder, &["registry", "infer", "--isolated", "src", "-o", "telemetry"]);
    assert_eq!(status, 0, "{stderr}");
    fs::read_to_string(folder.join("telemetry/inferred.yaml")).unwrap()
}

#[test]
fn names_types_values_and_carriers_are_inferred() {
    let folder = project(&[("src/app.py", APP)]);
    let text = inferred(folder.path());
    for expected in [
        "  - key: shop.order.id\n    type: string\n",
        "  - key: shop.items\n    type: int\n",
        "  - key: shop.weight\n    type: double\n",
        "  - key: shop.gift\n    type: boolean\n",
        "  - key: shop.tags\n    type: string[]\n",
        "  - key: shop.label\n    type: template[string]\n",
        "        - id: book\n          value: \"book\"\n",
        "        - id: toy\n          value: \"toy\"\n",
        "examples: [\"red: \\\"dark\\\"\"]",
        "  - type: ship.order\n    kind: internal\n    name:\n      note: \"ship order\"\n",
        "    note: \"pay {}\"\n",
        "      - ref: shop.order.id\n        requirement_level: required\n",
        "      - ref: http.request.method\n        requirement_level: recommended\n",
        "  - name: shop.packed\n",
        "      - ref: shop.box.size\n",
        "  - name: shop.orders\n    instrument: counter\n    unit: \"{order}\"\n",
        "brief: \"Opened by `app.ship`.\"",
    ] {
        assert!(text.contains(expected), "{expected}\n{text}");
    }
    assert!(!text.contains("key: http.request.method"), "the conventions define it:\n{text}");
}

#[test]
fn what_is_inferred_has_the_shape_that_weaver_asks_for() {
    let folder = project(&[("src/app.py", APP)]);
    let faults = definition::faults(&inferred(folder.path()));
    assert!(faults.is_empty(), "{faults:#?}");
    let (_, listed, _) = otcov(folder.path(), &["inventory", "--format", "weaver", "src"]);
    assert_eq!(definition::faults(&listed), [""; 0]);
    assert!(listed.contains("- key: shop.items"));
}

#[test]
fn what_is_inferred_loads_and_makes_a_strict_scan_clean() {
    let folder = project(&[("src/app.py", APP), ("otcov.toml", STRICT)]);
    inferred(folder.path());
    let (status, told, _) = otcov(folder.path(), &["registry", "check", "telemetry"]);
    assert_eq!((status, told.contains("no faults")), (0, true), "{told}");
    let scan =
        ["scan", "src", "--select", "attributes,semconv-metric,metric-conflict", "--fail-on", "note", "-v"];
    let rest = ["--ignore", "dynamic-attribute-key"];
    let (status, told, stderr) = otcov(folder.path(), &[&scan[..], &rest[..]].concat());
    assert_eq!(status, 0, "{told}{stderr}");
    // The same scan does find what is not there.
    fs::write(folder.path().join("src/new.py"), "from opentelemetry import trace\n\n\ndef new():\n    trace.get_current_span().set_attribute(\"shop.new\", 1)\n").unwrap();
    let (status, told, _) = otcov(folder.path(), &[&scan[..], &rest[..]].concat());
    assert_eq!(status, 1);
    assert!(told.contains("unregistered-attribute"), "{told}");
}

#[test]
fn whole_projects_are_clean_by_what_is_inferred_from_them() {
    for project in fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/projects")).unwrap() {
        let folder = tempfile::Builder::new().prefix("otcov-registry-").tempdir().unwrap();
        copy(&project.unwrap().path(), folder.path());
        let (status, _, stderr) =
            otcov(folder.path(), &["registry", "infer", "--isolated", ".", "-o", "telemetry"]);
        assert_eq!(status, 0, "{stderr}");
        let text = fs::read_to_string(folder.path().join("telemetry/inferred.yaml")).unwrap();
        assert_eq!(definition::faults(&text), [""; 0]);
        fs::write(folder.path().join("otcov.toml"), STRICT).unwrap();
        let rules = "unregistered-attribute,unknown-attribute,missing-required-attribute,attribute-type,attribute-value";
        let scan = ["scan", ".", "--select", rules, "--fail-on", "note", "-v"];
        let (_, told, stderr) = otcov(folder.path(), &scan);
        // What is `None` has no type that a registry could give it: that is said whatever the registry is.
        let findings = told.lines().filter(|it| it.starts_with(['e', 'w', 'n']) && it.contains("]: "));
        let others: Vec<&str> = findings.filter(|it| !it.contains("is `None`")).collect();
        assert!(others.is_empty() && stderr.is_empty(), "{told}{stderr}");
    }
}

/// The sources of a project.
fn copy(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).unwrap().map(|it| it.unwrap().path()) {
        let target = to.join(entry.file_name().unwrap());
        if entry.is_dir() {
            fs::create_dir_all(&target).unwrap();
            copy(&entry, &target);
        } else if entry.extension().is_some_and(|it| it == "py" || it == "rs") {
            fs::copy(&entry, &target).unwrap();
        }
    }
}

#[test]
fn inferring_again_writes_the_same_and_never_counts_its_own_file() {
    let folder = project(&[("src/app.py", APP), ("otcov.toml", STRICT)]);
    let first = inferred(folder.path());
    let (status, _, stderr) = otcov(folder.path(), &["registry", "infer", "src", "-o", "telemetry"]);
    assert_eq!(status, 0, "{stderr}");
    assert_eq!(fs::read_to_string(folder.path().join("telemetry/inferred.yaml")).unwrap(), first);
}

#[test]
fn a_registry_is_extended_by_what_it_lacks() {
    let own = "file_format: definition/2\nattributes:\n  - {key: shop.order.id, type: string, stability: stable, brief: Which.}\nspans:\n  - type: shop.ship\n    kind: internal\n    name: {note: \"ship order\"}\n    stability: stable\n    brief: Ships.\n    attributes:\n      - ref: shop.order.id\n";
    let folder = project(&[("src/app.py", APP), ("telemetry/shop.yaml", own), ("otcov.toml", STRICT)]);
    let (status, text, stderr) = otcov(folder.path(), &["registry", "infer", "src"]);
    assert_eq!(status, 0, "{stderr}");
    assert!(!text.contains("key: shop.order.id") && !text.contains("type: ship.order"), "{text}");
    assert!(text.contains("key: shop.items"), "{text}");
    assert!(text.contains("span_refinements:\n  - id: shop.ship.emitted\n    ref: shop.ship\n"), "{text}");
    assert_eq!(definition::faults(&text), [""; 0]);
    fs::write(folder.path().join("telemetry/new.yaml"), text).unwrap();
    let (status, told, _) = otcov(folder.path(), &["registry", "check", "telemetry"]);
    assert_eq!(status, 0, "{told}");
}

#[test]
fn what_the_code_of_two_commits_emits_is_compared() {
    if on_the_path("git").is_none() {
        return;
    }
    let folder = project(&[("src/app.py", APP)]);
    commit_all(folder.path());
    let told = |args: &[&str]| otcov(folder.path(), &[&["registry", "diff"], args].concat());
    let (status, text, stderr) = told(&["--code", "HEAD"]);
    assert_eq!((status, text.as_str()), (0, "0 changes, 0 breaking\n"), "{stderr}");
    let changed = APP
        .replace("\"shop.items\", 3", "\"shop.items\", \"three\"")
        .replace("shop.gift", "shop.present")
        .replace("unit=\"s\"", "unit=\"ms\"")
        .replace("shop.paid\"", "shop.order.paid\"");
    fs::write(folder.path().join("src/app.py"), changed).unwrap();
    let (status, text, _) = told(&["--code", "HEAD"]);
    assert_eq!(status, 1);
    for line in [
        "breaking: retyped attribute `shop.items` from int to string\n",
        "breaking: removed attribute `shop.gift`\n",
        "breaking: renamed attribute `shop.paid` to `shop.order.paid`\n",
        "breaking: changed metric `shop.order.duration`: unit from `s` to `ms`\n",
        "breaking: changed span `ship.order`: `shop.gift` is gone from it\n",
        "added attribute `shop.present`\n",
    ] {
        assert!(text.contains(line), "{line}{text}");
    }
    git(folder.path(), &["commit", "--quiet", "--all", "--message", "two"]);
    let (status, between, _) = told(&["--code", "HEAD~1..HEAD", "src"]);
    assert_eq!((status, between), (1, text));
    let (_, json, _) = told(&["--code", "HEAD~1", "--format", "json"]);
    assert!(json.contains("\"change\": \"retyped\"") && json.contains("\"breaking\": true"), "{json}");
}
