//! Fixes as SARIF proposes them: what goes and what comes, file by file.

use std::collections::BTreeMap;

use serde::Serialize;

use super::Report;
use super::result::{ArtifactLocation, Message, Region};
use crate::report::words::sentence;
use crate::rule::Fix;
use crate::text::FileId;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Proposal {
    description: Message,
    artifact_changes: Vec<ArtifactChange>,
    properties: Properties,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ArtifactChange {
    artifact_location: ArtifactLocation,
    replacements: Vec<Replacement>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Replacement {
    deleted_region: Region,
    inserted_content: Message,
}

#[derive(Serialize)]
struct Properties {
    safety: &'static str,
}

/// None for a fix that was not settled.
pub(super) fn proposal(report: &Report<'_>, fix: &Fix) -> Option<Proposal> {
    let mut files: BTreeMap<FileId, Vec<Replacement>> = BTreeMap::new();
    for (place, content) in fix.settled()? {
        let deleted_region = Region::new(report, place);
        let inserted_content = Message::plain(content.to_owned());
        files.entry(place.file).or_default().push(Replacement { deleted_region, inserted_content });
    }
    let changes = files.into_iter().map(|(file, replacements)| ArtifactChange {
        artifact_location: ArtifactLocation::new(&report.path_in_repository(file)),
        replacements,
    });
    Some(Proposal {
        description: Message::plain(sentence(&fix.title)),
        artifact_changes: changes.collect(),
        properties: Properties { safety: fix.safety.as_str() },
    })
}
