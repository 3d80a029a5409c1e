//! What was typed after `otcov scan`, as settings. It has the last word over the configuration.

use super::check::{hint, hint_or_list};
use super::{Settings, SettingsError, Threshold};
use crate::cli::{FailOn, RuleArgs, ScanArgs};
use crate::measure::{Dimension, Part};
use crate::rule::{Catalogue, Level, Selector};

pub(crate) fn apply(
    scan: &ScanArgs,
    settings: &mut Settings,
    rules: &Catalogue,
) -> Result<(), SettingsError> {
    choose(&scan.rules, settings, rules)?;
    for text in &scan.fail_under {
        settings.set_threshold(threshold(text).map_err(SettingsError::Typed)?);
    }
    settings.fail_on = match scan.fail_on {
        FailOn::Error => Some(Level::Error),
        FailOn::Warning => Some(Level::Warning),
        FailOn::Note => Some(Level::Note),
        FailOn::Never => None,
    };
    Ok(())
}

/// Which rules speak.
pub(crate) fn choose(
    typed: &RuleArgs,
    settings: &mut Settings,
    rules: &Catalogue,
) -> Result<(), SettingsError> {
    settings.rules.typed.select = selectors("--select", &typed.select, rules)?;
    settings.rules.typed.ignore = selectors("--ignore", &typed.ignore, rules)?;
    Ok(())
}

fn selectors(flag: &str, words: &[String], rules: &Catalogue) -> Result<Vec<Selector>, SettingsError> {
    let select = |word: &String| {
        let word = word.trim();
        rules.selector(word).ok_or_else(|| {
            let hint = hint(word, &rules.selector_words());
            SettingsError::Typed(format!("{flag}: unknown rule or group `{word}`{hint}"))
        })
    };
    words.iter().map(select).collect()
}

/// `40`, `functions=40`, `entry-points=99.5%`.
fn threshold(text: &str) -> Result<Threshold, String> {
    let (name, number) = text.split_once('=').unwrap_or((Dimension::Functions.as_str(), text));
    let (name, number) = (name.trim(), number.trim());
    let known = Dimension::ALL.map(Dimension::as_str);
    let dimension = Dimension::ALL.into_iter().find(|it| it.as_str() == name);
    let dimension = dimension
        .ok_or_else(|| format!("--fail-under: unknown dimension `{name}`{}", hint_or_list(name, &known)))?;
    let percent = number.strip_suffix('%').unwrap_or(number).trim().parse::<f64>().ok();
    let percent = percent.filter(|it| (0.0..=100.0).contains(it));
    let percent = percent.ok_or_else(|| format!("--fail-under: `{number}` is not a number from 0 to 100"))?;
    Ok(Threshold { part: Part::Whole, dimension, percent })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thresholds_name_a_dimension_or_mean_functions() {
        let parsed = |text| threshold(text).map(|it| (it.dimension, it.percent));
        assert_eq!(parsed("40"), Ok((Dimension::Functions, 40.0)));
        assert_eq!(parsed("entry-points = 99.5%"), Ok((Dimension::EntryPoints, 99.5)));
        assert_eq!(parsed("101"), Err("--fail-under: `101` is not a number from 0 to 100".to_owned()));
        assert_eq!(parsed("calls=nan"), Err("--fail-under: `nan` is not a number from 0 to 100".to_owned()));
        let message = "--fail-under: unknown dimension `function`; did you mean `functions`?";
        assert_eq!(parsed("function=4"), Err(message.to_owned()));
    }
}
