//! Thresholds against numbers.

use crate::config::Threshold;
use crate::measure::{Coverage, Gate, GateCheck};

pub(super) fn check(coverage: &Coverage, thresholds: &[Threshold]) -> Gate {
    Gate { checks: thresholds.iter().map(|it| check_one(coverage, it)).collect() }
}

fn check_one(coverage: &Coverage, threshold: &Threshold) -> GateCheck {
    let tallies = match &threshold.layer {
        None => Some(&coverage.all),
        Some(name) => coverage.layers.iter().find(|it| it.name == *name).map(|it| &it.tallies),
    };
    let actual = tallies.and_then(|it| it.get(threshold.dimension).percent());
    GateCheck {
        dimension: threshold.dimension,
        layer: threshold.layer.clone(),
        required: threshold.percent,
        actual,
        // Nothing to cover is nothing missing.
        passed: actual.is_none_or(|it| it >= threshold.percent),
    }
}
