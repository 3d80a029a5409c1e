//! SARIF reports of small programs; whether the format as a whole is right is asked of validators in `tests/it/consumers`.

use serde_json::Value;

use crate::report::tests::sample::{Sample, rendered, rules, shop};
use crate::report::{Format, Report, Sources};
use crate::rule::{Held, HeldBy};

fn written<'a>(sample: &'a Sample, change: impl FnOnce(&mut Report<'a>)) -> Value {
    let sources: &Sources<'a> = Box::leak(Box::new(sample.sources()));
    let mut report = Report { rules: rules().leak(), ..sample.report(sources) };
    change(&mut report);
    let text = rendered(&report, Format::Sarif);
    assert_eq!(
        text.lines().filter(|it| it.starts_with("      {\"ruleId\":")).count(),
        sample.findings.len() + sample.held.len()
    );
    let mut value: Value = serde_json::from_str(&text).unwrap();
    value["runs"][0].take()
}

#[test]
fn a_result_has_its_place_its_words_and_its_identity() {
    let run = written(&shop(), |it| it.prefix = "services/a b");
    let result = &run["results"][0];
    assert_eq!(result["ruleId"], "decorator-ends-early");
    assert_eq!(
        run["tool"]["driver"]["rules"][result["ruleIndex"].as_u64().unwrap() as usize]["id"],
        result["ruleId"]
    );
    let location = &result["locations"][0];
    let artifact = &location["physicalLocation"]["artifactLocation"];
    assert_eq!(artifact["uri"], "services/a%20b/src/shop/agents.py");
    assert_eq!(artifact["uriBaseId"], "%SRCROOT%");
    assert_eq!(location["logicalLocations"][0]["kind"], "function");
    let text = result["message"]["text"].as_str().unwrap();
    assert!(
        text.starts_with("`instrument` closes its span before `run_analysis` has run.\nEvery span"),
        "{text}"
    );
    assert_eq!(result["relatedLocations"][1]["message"]["text"], "defined here");
    assert_eq!(result["relatedLocations"][1]["id"], 2);
    assert_eq!(result["partialFingerprints"]["otcov/v1"].as_str().unwrap().len(), 16);
    assert!(result["partialFingerprints"]["primaryLocationLineHash"].as_str().unwrap().ends_with(":1"));
    assert_eq!(result["suppressions"], Value::Null);
    assert_eq!(run["automationDetails"]["id"], "otcov/services/a b/");
}

#[test]
fn rules_are_told_from_their_pages() {
    let run = written(&shop(), |_| ());
    let rule = &run["tool"]["driver"]["rules"][0];
    assert_eq!(rule["fullDescription"]["text"], "A process that is started outside any `span`.");
    assert_eq!(rule["defaultConfiguration"]["level"], "warning");
    assert_eq!(rule["properties"]["problem.severity"], "warning");
    assert!(rule["help"]["markdown"].as_str().unwrap().starts_with("# raw-subprocess\n"));
    assert_eq!(rule["properties"].get("security-severity"), None);
}

#[test]
fn what_a_comment_suppresses_is_kept_as_suppressed() {
    let mut shop = shop();
    let finding = shop.findings.remove(3);
    let before = written(&self::shop(), |_| ());
    shop.held.push(Held { finding, by: HeldBy::Comment, reason: Some("known".to_owned()) });
    let after = written(&shop, |_| ());
    assert_eq!(after["results"][0]["suppressions"], Value::Array(Vec::new()));
    assert_eq!(after["results"][3]["suppressions"][0]["kind"], "inSource");
    assert_eq!(after["results"][3]["suppressions"][0]["justification"], "known");
    assert_eq!(after["results"][3]["partialFingerprints"], before["results"][3]["partialFingerprints"]);
}

#[test]
fn what_is_missing_is_notified() {
    let faults = ["the rule `x` broke".to_owned()];
    let mut shop = shop();
    shop.unparsed.push(("src/a.py".into(), "is too large".into()));
    let run = written(&shop, |it| (it.prefix, it.faults) = ("top", &faults));
    let invocation = &run["invocations"][0];
    assert_eq!(invocation["executionSuccessful"], false);
    let told = &invocation["toolExecutionNotifications"];
    assert_eq!(told[0]["descriptor"]["id"], "broken-rule");
    assert_eq!(told[1]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"], "top/src/a.py");
    assert_eq!(written(&self::shop(), |_| ())["invocations"][0]["executionSuccessful"], true);
}
