//! SARIF 2.1.0, as code hosts and editors read it: one run, paths from the root of the repository, identities that survive when
//! lines move, what is suppressed kept as such. What a code host would refuse is cut beforehand, and said.

mod fixes;
mod limits;
mod line_hash;
mod result;
mod rules;

use std::io::{self, Write};

use serde::Serialize;

use super::Report;
use super::document::Document;
use result::{ArtifactLocation, Message, PhysicalLocation};

const SCHEMA: &str =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

/// Where otcov is at home, as far as its manifest says.
const HOME: &str = env!("CARGO_PKG_REPOSITORY");

/// The name under which paths are relative to the root of the repository.
const ROOT_ID: &str = "%SRCROOT%";

// What notifications are about: a file of which nothing is known, results that are left out, a rule that broke.
const UNREAD: &str = "unread-file";
const CUT: &str = "results-left-out";
const BROKEN_RULE: &str = "broken-rule";

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Invocation {
    execution_successful: bool,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tool_execution_notifications: Vec<Notification>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Notification {
    descriptor: Reference,
    level: &'static str,
    message: Message,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    locations: Vec<NotifiedLocation>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Reference {
    id: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct NotifiedLocation {
    physical_location: PhysicalLocation,
}

#[derive(Serialize)]
struct Automation {
    id: String,
}

pub(super) fn render(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    let results = result::results(report);
    let kept = limits::kept(results)?;
    let mut document = Document::begin(out)?;
    document.key("$schema", SCHEMA)?;
    document.key("version", "2.1.0")?;
    document.nested("runs", true, |run| {
        run.nested("tool", false, |tool| tool.nested("driver", false, |it| driver(report, it)))?;
        run.key("automationDetails", &Automation { id: category(report.prefix) })?;
        run.key("invocations", &[invocation(report, &kept)])?;
        run.key("columnKind", "unicodeCodePoints")?;
        run.nested("originalUriBaseIds", false, |it| {
            it.nested(ROOT_ID, false, |it| {
                it.key("description", &Message::plain("The root of the repository.".to_owned()))
            })
        })?;
        run.list("results", kept.results.iter())
    })?;
    document.end()
}

fn driver(report: &Report<'_>, driver: &mut Document<'_>) -> io::Result<()> {
    driver.key("name", env!("CARGO_PKG_NAME"))?;
    driver.key("fullName", concat!("otcov ", env!("CARGO_PKG_VERSION")))?;
    driver.key("version", env!("CARGO_PKG_VERSION"))?;
    driver.key("semanticVersion", env!("CARGO_PKG_VERSION"))?;
    if !HOME.is_empty() {
        driver.key("informationUri", HOME)?;
    }
    driver.list("rules", rules::descriptors(report.rules).into_iter())
}

/// What stands before the last slash is the category: the parts of a repository that are scanned apart do not close each
/// other's alerts.
fn category(prefix: &str) -> String {
    if prefix.is_empty() { "otcov/".to_owned() } else { format!("otcov/{prefix}/") }
}

fn invocation(report: &Report<'_>, kept: &limits::Kept<'_>) -> Invocation {
    let mut notifications = Vec::new();
    for fault in report.faults {
        notifications.push(notification(BROKEN_RULE, "error", fault.clone(), None));
    }
    for text in &kept.cut {
        notifications.push(notification(CUT, "warning", text.clone(), None));
    }
    let unread = report.unparsed.iter().take(limits::MOST_NOTIFICATIONS);
    for (file, reason) in unread {
        let text = format!("Nothing is known of this file: {reason}.");
        notifications.push(notification(UNREAD, "warning", text, Some(report.in_repository(file))));
    }
    let more = report.unparsed.len().saturating_sub(limits::MOST_NOTIFICATIONS);
    if more > 0 {
        let text = format!("{more} more files could not be read.");
        notifications.push(notification(UNREAD, "warning", text, None));
    }
    Invocation { execution_successful: report.faults.is_empty(), tool_execution_notifications: notifications }
}

fn notification(id: &'static str, level: &'static str, text: String, file: Option<String>) -> Notification {
    let location = |file: String| NotifiedLocation {
        physical_location: PhysicalLocation { artifact_location: ArtifactLocation::new(&file), region: None },
    };
    Notification {
        descriptor: Reference { id },
        level,
        message: Message::plain(text),
        locations: file.map(location).into_iter().collect(),
    }
}

#[cfg(test)]
mod tests;
