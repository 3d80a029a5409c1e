//! What the probes wrote, read back: paths below the project, and one row of each kind beside the other.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use serde_json::Value;

pub(crate) struct Log {
    pub(crate) rows: Vec<Value>,
    project: String,
}

/// A line of the project's sources.
pub(crate) type Place = (String, usize);

pub(crate) fn read(path: &Path, project: &str) -> Result<Log> {
    let text = fs::read_to_string(path)?;
    let rows = text.lines().map(serde_json::from_str).collect::<Result<Vec<Value>, _>>();
    Ok(Log { rows: rows.with_context(|| path.display().to_string())?, project: project.to_owned() })
}

impl Log {
    pub(crate) fn of(&self, kind: &'static str) -> impl Iterator<Item = &Value> {
        self.rows.iter().filter(move |row| row["t"] == kind)
    }

    /// `file` and `line` of a row, where they are in the project.
    pub(crate) fn place(&self, row: &Value) -> Option<Place> {
        Some((self.file(row["file"].as_str()?)?, row["line"].as_u64()? as usize))
    }

    /// The project's places on a stack, the innermost first.
    pub(crate) fn places(&self, frames: &Value) -> Vec<Place> {
        let frames = frames.as_array().map(Vec::as_slice).unwrap_or_default();
        frames.iter().filter_map(|frame| self.frame(frame)).collect()
    }

    /// Words of libraries that are on the stack before the first place of the project, or between it and the next.
    pub(crate) fn words<'a>(&self, frames: &'a Value, places_before: usize) -> Vec<&'a str> {
        let frames = frames.as_array().map(Vec::as_slice).unwrap_or_default();
        let mut seen = 0;
        let mut out = Vec::new();
        for frame in frames {
            if self.frame(frame).is_some() {
                seen += 1;
            } else if seen == places_before {
                out.extend(frame.as_str());
            }
        }
        out
    }

    fn frame(&self, frame: &Value) -> Option<Place> {
        Some((self.file(frame[0].as_str()?)?, frame[1].as_u64()? as usize))
    }

    pub(crate) fn file(&self, path: &str) -> Option<String> {
        path.strip_prefix(&self.project)?.strip_prefix('/').map(str::to_owned)
    }
}
