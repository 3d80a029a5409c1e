//! Questions about names of every sort.

use super::*;

fn standing(key: &str) -> Option<&'static str> {
    Registry::default().standing(key, None).map(|it| it.as_str())
}

fn pinned(version: &str) -> Registry {
    Registry { pinned: Version::parse(version), ..Registry::default() }
}

fn replacements(key: &str, kind: Option<&str>) -> Vec<&'static str> {
    let registry = Registry::default();
    match registry.standing(key, None) {
        Some(Standing::Deprecated(_, fate)) => fate.replacements_for(kind).iter().map(|it| it.to).collect(),
        other => panic!("{key}: {other:?}"),
    }
}

#[test]
fn names_are_known_deprecated_unknown_or_somebodys_own() {
    for (key, expected) in [
        ("http.request.method", "known"),
        ("http.request.header.content-type", "known"),
        ("http.request.header.{}", "known"),
        ("gen_ai.request.model", "known"),
        ("mcp.method.name", "known"),
        ("http.method", "deprecated"),
        ("k8s.pod.labels.app", "deprecated"),
        ("messaging.destination", "deprecated"),
        ("gen_ai.system", "deprecated"),
        ("http.verb", "unknown"),
        ("http.{}.verb.{}", "unknown"),
        ("shop.order.id", "custom"),
        ("shop.{}", "custom"),
        ("orders", "custom"),
        ("error", "custom"),
        // These were fields of events between two services; a chat's messages have ids too.
        ("message.id", "custom"),
        ("event.kind", "custom"),
    ] {
        assert_eq!(standing(key), Some(expected), "{key}");
    }
    for key in ["{}.id", "{}", "http.{}", "gen_ai.usage.{}_tokens"] {
        assert_eq!(standing(key), None, "{key}");
    }
}

#[test]
fn names_of_events_are_judged_on_events() {
    let standing = Registry::default().standing("message.id", Some(Only::Event)).map(|it| it.as_str());
    assert_eq!(standing, Some("deprecated"));
}

#[test]
fn replacements_depend_on_the_kind_of_the_span() {
    assert_eq!(replacements("http.method", None), ["http.request.method"]);
    assert_eq!(replacements("net.peer.name", None), ["server.address", "client.address"]);
    assert_eq!(replacements("net.peer.name", Some("server")), ["client.address"]);
    assert_eq!(replacements("messaging.rocketmq.client_group", None), [""; 0]);
    assert_eq!(
        replacements("messaging.rocketmq.client_group", Some("consumer")),
        ["messaging.consumer.group.name"]
    );
    assert_eq!(replacements("http.target", None), ["url.path", "url.query"]);
    assert_eq!(replacements("db.user", None), [""; 0]);
    assert_eq!(replacements("error.message", None), [""; 0]);
}

#[test]
fn a_pinned_version_knows_no_later_renames() {
    let deprecated = |version: &str, key: &str| {
        matches!(pinned(version).standing(key, None), Some(Standing::Deprecated(..)))
    };
    assert!(!deprecated("1.20", "http.method"));
    assert!(deprecated("1.26", "http.method"));
    assert!(!deprecated("1.29", "db.system"));
    assert!(deprecated("1.30", "db.system"));
    assert!(!deprecated("1.20", "db.user"), "nobody knows since when");
    assert!(deprecated("1.20", "messaging.destination"));
}

#[test]
fn templates_keep_the_rest_of_the_key() {
    let registry = Registry::default();
    let labels = registry.attribute("k8s.pod.labels.app").unwrap();
    assert_eq!(labels.renamed("k8s.pod.labels.app", "k8s.pod.label"), "k8s.pod.label.app");
    let method = registry.attribute("http.method").unwrap();
    assert_eq!(method.renamed("http.method", "http.request.method"), "http.request.method");
}

#[test]
fn near_names_come_from_the_same_namespace() {
    let registry = Registry::default();
    assert_eq!(registry.nearest("http.request.metod"), Some("http.request.method"));
    assert_eq!(registry.nearest("http.methods"), None, "a deprecated name is no advice");
    assert_eq!(registry.nearest("htp.request.method"), None);
}

#[test]
fn versions_are_compared_by_number() {
    assert!(Version::parse("1.9") < Version::parse("1.10"));
    assert_eq!(Version::parse("1.26"), Version::parse("1.26.0"));
    assert_eq!(Version::parse("1.23.1").map(|it| it.to_string()).as_deref(), Some("1.23.1"));
    for faulty in ["", "1", "1.x", "1.2.3.4", "v1.2", "bundled"] {
        assert_eq!(Version::parse(faulty), None, "{faulty}");
    }
}
