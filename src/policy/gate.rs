//! Thresholds against numbers: those that were set, and those that were reached before.

use super::Gauge;
use crate::config::{Settings, Threshold};
use crate::measure::{Dimension, Gate, GateCheck, Part, Tallies};

pub(super) fn check(gauge: &Gauge<'_>, settings: &Settings) -> Gate {
    let mut checks: Vec<GateCheck> =
        settings.thresholds.iter().filter_map(|it| check_one(gauge, settings, it)).collect();
    if settings.ratchet {
        checks.extend(Dimension::ALL.iter().filter_map(|it| ratchet(gauge, *it)));
    }
    Gate { checks }
}

/// None where the part is not there: a change, where nothing is compared.
fn check_one(gauge: &Gauge<'_>, settings: &Settings, threshold: &Threshold) -> Option<GateCheck> {
    let tallies = match &threshold.part {
        Part::Whole => Some(gauge.coverage.all),
        Part::Layer(name) => gauge.coverage.layers.iter().find(|it| it.name == *name).map(|it| it.tallies),
        Part::Paths(pattern) => Some(matched(gauge, settings, pattern)),
        Part::Change => Some(*gauge.changed?),
    };
    let actual = tallies.and_then(|it| it.get(threshold.dimension).percent());
    Some(GateCheck {
        dimension: threshold.dimension,
        part: threshold.part.clone(),
        ratchet: false,
        required: threshold.percent,
        actual,
        // Nothing to cover is nothing missing.
        passed: actual.is_none_or(|it| it >= threshold.percent),
    })
}

fn matched(gauge: &Gauge<'_>, settings: &Settings, pattern: &str) -> Tallies {
    let mut sum = Tallies::default();
    let Some(paths) = settings.gate_paths.get(pattern) else { return sum };
    for (id, tallies) in &gauge.coverage.files {
        if paths.matches(&gauge.program.file(*id).absolute) {
            sum.add(tallies);
        }
    }
    sum
}

/// None where there was nothing to cover before.
fn ratchet(gauge: &Gauge<'_>, dimension: Dimension) -> Option<GateCheck> {
    let (covered, total) = (gauge.before)(dimension).filter(|(_, total)| *total > 0)?;
    let now = gauge.coverage.all.get(dimension);
    let (covered, total) = (u64::from(covered), u64::from(total));
    Some(GateCheck {
        dimension,
        part: Part::Whole,
        ratchet: true,
        required: covered as f64 * 100.0 / total as f64,
        actual: now.percent(),
        // Whole numbers, because the same share must not fail for the last digit of a fraction.
        passed: now.total == 0 || u64::from(now.covered) * total >= covered * u64::from(now.total),
    })
}
