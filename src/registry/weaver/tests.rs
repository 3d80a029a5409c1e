//! Registries of both syntaxes, good and bad, with the exact words about the bad ones.

use super::*;
use crate::registry::{Base, Listed, Registry, Relation, Standing, bundled};
use std::sync::Arc;

fn files(texts: &[(&str, &str)]) -> Vec<RegistryFile> {
    texts
        .iter()
        .map(|(path, text)| RegistryFile { path: (*path).to_owned(), text: (*text).to_owned() })
        .collect()
}

fn faults(text: &str) -> Vec<String> {
    read(&files(&[("shop.yaml", text)]), &[]).1.iter().map(Fault::to_string).collect()
}

const OLD: &str = r#"
groups:
  - id: registry.shop
    type: attribute_group
    brief: The shop.
    attributes:
      - id: shop.order.id
        type: string
        stability: stable
        brief: The order.
        examples: ["a1"]
      - id: shop.order.kind
        type:
          allow_custom_values: false
          members:
            - {id: book, value: book, stability: stable}
            - {id: toy, value: toy, stability: stable, deprecated: {reason: renamed, renamed_to: game}}
        stability: development
        brief: What it is.
      - id: shop.label
        type: template[string]
        stability: stable
        brief: Labels.
      - id: shop.number
        type: int
        stability: development
        brief: Old.
        deprecated:
          reason: renamed
          renamed_to: shop.order.id
  - id: span.shop.ship
    type: span
    span_kind: internal
    stability: stable
    brief: Ships.
    extends: registry.shop
    attributes:
      - ref: shop.order.id
        requirement_level: required
      - ref: http.request.method
        requirement_level:
          conditionally_required: If there is one.
  - id: metric.shop.orders
    type: metric
    metric_name: shop.orders
    instrument: counter
    unit: "{order}"
    stability: stable
    brief: Orders.
  - id: entity.shop
    type: entity
    name: shop
    stability: stable
    brief: The shop.
    attributes:
      - ref: shop.order.id
        role: identifying
"#;

const NEW: &str = r#"
file_format: definition/2
attributes:
  - key: depot.size
    type: int
    stability: stable
    brief: How large.
attribute_groups:
  - id: attributes.depot
    visibility: internal
    attributes:
      - ref: depot.size
spans:
  - type: depot.load
    kind: internal
    stability: stable
    name: {note: "load"}
    brief: Loads.
    attributes:
      - ref_group: attributes.depot
span_refinements:
  - id: depot.load.fast
    ref: depot.load
    attributes:
      - ref: shop.order.id
metrics:
  - name: depot.used
    instrument: updowncounter
    unit: By
    stability: stable
    brief: Used.
events:
  - name: depot.full
    stability: stable
    brief: Full.
entities:
  - type: depot
    stability: stable
    brief: A depot.
    identity:
      - ref: depot.size
"#;

const MANIFEST: &str = r#"
name: shop
schema_url: https://shop.test/schemas/1.0.0
dependencies:
  - name: otel
    registry_path: https://github.com/open-telemetry/semantic-conventions@v1.44.0[model]
"#;

#[test]
fn both_syntaxes_are_read_side_by_side() {
    let (team, faults) =
        read(&files(&[("shop.yaml", OLD), ("depot.yaml", NEW), ("registry_manifest.yaml", MANIFEST)]), &[]);
    assert_eq!(faults, []);
    let counts: Vec<(&str, usize)> = team.counts.iter().map(|(what, count)| (*what, *count)).collect();
    assert_eq!(
        counts,
        [
            ("attribute groups", 2),
            ("attributes", 5),
            ("entities", 2),
            ("events", 1),
            ("metrics", 2),
            ("spans", 2)
        ]
    );
    let kind = |name: &str| team.attributes.iter().find(|it| it.name == name).unwrap().kind.unwrap();
    assert_eq!(kind("depot.size").base, Base::Int);
    assert_eq!(kind("shop.order.kind").listed, Some(Listed::Closed));
    assert!(kind("shop.label").template);
    let used = team.metrics.iter().find(|it| it.name == "depot.used").unwrap();
    assert_eq!((used.instrument, used.unit), ("up_down_counter", "By"));
}

#[test]
fn names_of_the_team_come_first() {
    let (team, _) = read(&files(&[("shop.yaml", OLD)]), &[]);
    let pinned = crate::registry::Version::parse("1.20");
    let registry = Registry { pinned, team: Some(Arc::new(team)), ..Registry::default() };
    let standing = |key: &str| registry.standing(key, None).map(|it| it.as_str());
    assert_eq!(standing("shop.order.id"), Some("known"));
    assert_eq!(standing("shop.label.app"), Some("known"));
    assert_eq!(standing("shop.order.ids"), Some("unknown"));
    assert_eq!(standing("http.request.method"), Some("known"));
    assert_eq!(standing("depot.size"), Some("custom"));
    assert_eq!(registry.nearest("shop.order.ids"), Some("shop.order.id"));
    let Some(Standing::Deprecated(_, fate)) = registry.standing("shop.number", None) else {
        panic!("not deprecated")
    };
    assert_eq!((fate.replacements[0].to, fate.replacements[0].relation), ("shop.order.id", Relation::Rename));
}

#[test]
fn what_is_wrong_is_told_with_its_place() {
    let cases = [
        (
            "groups: [",
            "shop.yaml:2:1: this is not YAML: while parsing a node, did not find expected node content",
        ),
        ("- a\n", "shop.yaml:1:1: a registry file must be a mapping, not a list"),
        ("grops: []\n", "shop.yaml:1:1: unknown key `grops` of a registry file; did you mean `groups`?"),
        ("groups: 3\n", "shop.yaml:1:9: `groups` must be a list, not a whole number"),
        ("groups:\n  - type: span\n", "shop.yaml:2:5: a group needs `id`"),
        (
            "groups:\n  - id: a\n    type: spam\n",
            "shop.yaml:3:11: `type` must be one of `attribute_group`, `span`, `event`, `metric`, `metric_group`, `entity`, `resource`, `scope`, `any_value`, not `spam`; did you mean `span`?",
        ),
        (
            "groups:\n  - id: a\n    type: metric\n    metric_name: a\n    instrument: counter\n",
            "shop.yaml:2:5: group `a` needs `unit`",
        ),
        (
            "attributes:\n  - key: a.b\n    type: strin\n",
            "shop.yaml:3:11: `type` must be `string`, `int`, `double`, `boolean`, `any`, one of these with `[]`, `template[..]` of one of these, or `members`, not `strin`",
        ),
        ("attributes:\n  - key: a.b\n", "shop.yaml:2:5: attribute `a.b` needs `type`"),
        (
            "attributes:\n  - key: a.b\n    type: int\n    stability: stabel\n",
            "shop.yaml:4:16: `stability` must be one of `stable`, `development`, `alpha`, `beta`, `release_candidate`, `experimental`, `deprecated`, not `stabel`; did you mean `stable`?",
        ),
        (
            "attributes:\n  - {key: a.b, type: int}\n  - {key: a.b, type: int}\n",
            "shop.yaml:3:5: the attribute `a.b` is defined twice, before in shop.yaml:2",
        ),
        (
            "attributes:\n  - {key: a.size, type: int}\nspans:\n  - type: a\n    attributes:\n      - ref: a.sise\n",
            "shop.yaml:6:14: there is no attribute `a.sise`; did you mean `a.size`?",
        ),
        ("groups:\n  - id: a\n    type: span\n    extends: b\n", "shop.yaml:4:14: there is no group `b`"),
        (
            "attributes:\n  - key: a.b\n    type: int\n    deprecated: {reason: renamed}\n",
            "shop.yaml:4:17: what is renamed needs `renamed_to`",
        ),
        (
            "attributes:\n  - key: a.b\n    type: int\n    deprecated: {reason: renamed, renamed_to: a.cc}\n",
            "shop.yaml:4:47: there is no attribute `a.cc`",
        ),
        (
            "attributes:\n  - key: a.b\n    type: {members: [{id: x}]}\n",
            "shop.yaml:3:22: a member needs `value`",
        ),
    ];
    for (text, expected) in cases {
        assert_eq!(faults(text), [expected], "{text}");
    }
}

#[test]
fn groups_that_extend_each_other_are_told() {
    let text = "groups:\n  - {id: a, type: span, extends: b}\n  - {id: b, type: span, extends: a}\n";
    assert_eq!(faults(text), ["shop.yaml:2:5: `a` extends itself", "shop.yaml:3:5: `b` extends itself"]);
}

#[test]
fn brackets_may_close_where_they_opened() {
    let text = "attributes:\n  - key: a.b\n    type: string[]\n    examples:\n    - [\n      'x'\n    ]\n    - [\n      'y'\n    ]\n";
    assert_eq!(faults(text), [""; 0]);
}

#[test]
fn a_manifest_is_read_as_one() {
    let (_, faults) =
        read(&files(&[("registry_manifest.yaml", "nmae: shop\ndependencies:\n  - registry_path: x\n")]), &[]);
    let told: Vec<String> = faults.iter().map(Fault::to_string).collect();
    assert_eq!(
        told,
        [
            "registry_manifest.yaml:1:1: unknown key `nmae` of a manifest; did you mean `name`?",
            "registry_manifest.yaml:3:5: a dependency needs `schema_url`"
        ]
    );
}

#[test]
fn what_dependencies_have_is_not_missing() {
    let shop =
        "groups:\n  - id: a\n    type: span\n    extends: theirs\n    attributes:\n      - ref: their.name\n";
    let with = |manifest: &str, here: &[String]| {
        let (_, faults) = read(&files(&[("manifest.yaml", manifest), ("shop.yaml", shop)]), here);
        faults.iter().map(Fault::to_string).collect::<Vec<_>>()
    };
    let group = "shop.yaml:4:14: there is no group `theirs`";
    let name = "shop.yaml:6:14: there is no attribute `their.name`";
    let dependency = |path: &str| format!("dependencies:\n  - {{name: x, registry_path: \"{path}\"}}\n");
    assert_eq!(with("name: shop\n", &[]), [group, name]);
    let official = dependency("https://github.com/open-telemetry/semantic-conventions@v1.44.0[model]");
    assert_eq!(with(&official, &[]), [name]);
    assert_eq!(with(&dependency("https://acme.test/registry.zip"), &[]), [""; 0]);
    assert_eq!(with(&dependency("../theirs"), &["../theirs".to_owned()]), [group, name]);
}

/// The bundled conventions as somebody would write them for Weaver.
fn written_out() -> String {
    let mut out = "file_format: definition/2\nattributes:\n".to_owned();
    for it in bundled::attributes().iter().filter(|it| it.kind.is_some()) {
        let kind = it.kind.unwrap();
        out.push_str(&format!("  - key: {}\n    stability: development\n    brief: x\n", it.name));
        if kind.listed.is_some() {
            let closed = kind.listed == Some(Listed::Closed);
            out.push_str(&format!("    type:\n      allow_custom_values: {}\n      members:\n", !closed));
            for (at, value) in it.values.iter().enumerate() {
                let text = if kind.base == Base::Int {
                    value.text.to_owned()
                } else {
                    format!("\"{}\"", value.text)
                };
                out.push_str(&format!("        - id: v{at}\n          value: {text}\n"));
                match value.replaced_by {
                    Some(Some(to)) => out.push_str(&format!(
                        "          deprecated: {{reason: renamed, renamed_to: \"{to}\"}}\n"
                    )),
                    Some(None) => out.push_str("          deprecated: {reason: obsoleted, note: x}\n"),
                    None => {}
                }
            }
        } else {
            out.push_str(&format!("    type: {}\n", crate::registry::write::kind_text(it.kind)));
        }
        if it.fate.is_some() {
            out.push_str("    deprecated: {reason: uncategorized, note: x}\n");
        }
    }
    out.push_str("metrics:\n");
    for it in bundled::metrics().iter().filter(|it| !it.instrument.is_empty()) {
        let instrument = it.instrument.replace("up_down_counter", "updowncounter");
        out.push_str(&format!(
            "  - name: {}\n    instrument: {instrument}\n    unit: \"{}\"\n    stability: development\n    brief: x\n",
            it.name, it.unit
        ));
    }
    out
}

#[test]
fn the_whole_of_the_conventions_is_read_as_it_was_written() {
    let text = written_out();
    let (team, faults) = read(&files(&[("model.yaml", &text)]), &[]);
    assert_eq!(faults, []);
    assert_eq!((team.attributes.len(), team.metrics.len()), (938, 566));
    for it in &team.attributes {
        let known = bundled::attribute(it.name).unwrap();
        assert_eq!((it.kind, &it.values), (known.kind, &known.values), "{}", it.name);
        assert_eq!(it.fate.is_some(), known.fate.is_some(), "{}", it.name);
    }
    for it in &team.metrics {
        let known = bundled::metric(it.name).unwrap();
        assert_eq!((it.instrument, it.unit), (known.instrument, known.unit), "{}", it.name);
    }
}

#[test]
fn signals_have_the_attributes_of_all_that_they_build_on() {
    let (team, _) = read(&files(&[("shop.yaml", OLD), ("depot.yaml", NEW)]), &[]);
    let ship = team.spans.iter().find(|it| it.name == "shop.ship").unwrap();
    assert_eq!(ship.kind, Some("internal"));
    let levels: Vec<_> = ship.attributes.iter().map(|(name, level)| (*name, level.as_str())).collect();
    assert_eq!(
        levels,
        [
            ("http.request.method", "conditionally_required"),
            ("shop.label", "recommended"),
            ("shop.number", "recommended"),
            ("shop.order.id", "required"),
            ("shop.order.kind", "recommended"),
        ]
    );
    let load = team.spans.iter().find(|it| it.name == "depot.load").unwrap();
    assert_eq!((load.title, load.attributes.len()), (Some("load"), 1));
}

#[test]
fn a_reference_may_get_the_prefix_of_its_group() {
    let text = "groups:\n  - id: a\n    type: attribute_group\n    brief: x\n    attributes:\n      - {id: size, type: int, brief: x, stability: stable}\n  - id: span.load\n    type: span\n    prefix: depot\n    brief: x\n    attributes:\n      - {ref: size, prefix: true}\n";
    let (team, faults) = read(&files(&[("shop.yaml", text)]), &[]);
    assert_eq!(faults, []);
    let depot = team.attributes.iter().find(|it| it.name == "depot.size").unwrap();
    assert_eq!(depot.kind.unwrap().base, Base::Int);
    assert_eq!(team.spans[0].attributes, [("depot.size", crate::registry::Requirement::Recommended)]);
}

#[test]
fn anchors_stand_for_what_they_name() {
    let text = "attributes:\n  - &one {key: a.b, type: int}\n  - key: a.c\n    type: !!str int\nspans:\n  - type: a\n    attributes: &refs\n      - ref: a.b\n  - type: b\n    attributes: *refs\n";
    let (team, faults) = read(&files(&[("shop.yaml", text)]), &[]);
    assert_eq!(faults, []);
    assert_eq!(team.attributes.len(), 2);
    assert_eq!(team.spans[0].attributes, team.spans[1].attributes);
}

/// Eight times as many names take some eight times as long, whatever the file is full of; with every name looked at for every other it
/// would be sixty-four.
#[test]
fn long_registries_take_no_longer_than_they_are() {
    let plain = |it: usize| format!("  - {{key: shop.n{it}, type: string}}\n");
    let anchored = |it: usize| format!("  - &a{it}\n    key: shop.n{it}\n    type: string\n");
    let bracketed =
        |it: usize| format!("  - key: shop.n{it}\n    type: string\n    examples: [\n      a\n    ]\n");
    let prefixed = |it: usize| {
        format!(
            "  - id: g{it}\n    type: attribute_group\n    brief: x\n    prefix: depot\n    attributes:\n      - {{id: n{it}, type: int, brief: x}}\n      - {{ref: depot.n{it}, prefix: true}}\n"
        )
    };
    let entries: [(&str, &dyn Fn(usize) -> String); 4] = [
        ("attributes", &plain),
        ("attributes", &anchored),
        ("attributes", &bracketed),
        ("groups", &prefixed),
    ];
    for (key, entry) in entries {
        let took = |count: usize| {
            let text = format!("{key}:\n{}", (0..count).map(entry).collect::<String>());
            let files = files(&[("shop.yaml", &text)]);
            let started = std::time::Instant::now();
            let (team, faults) = read(&files, &[]);
            assert!(faults.is_empty() && team.attributes.len() >= count, "{faults:?}");
            started.elapsed()
        };
        // Whatever else the machine does, it does not do it every time.
        let is_linear = (0..20).any(|_| took(2_000) < took(250) * 30);
        assert!(is_linear, "{key}, such as {}", entry(1));
    }
}
