//! Products that read attributes under names of their own, from `rules/semconv/readers.tsv`: nobody else is free to spell those.

const READERS: &str = include_str!("../../rules/semconv/readers.tsv");

/// Who looks for a key under just this name, if a known product does.
pub(crate) fn reader(key: &str) -> Option<&'static str> {
    let rows = READERS.lines().filter(|it| !it.starts_with('#')).filter_map(|it| it.split_once('\t'));
    let mut reading =
        rows.filter(|(namespace, _)| key.strip_prefix(namespace).is_some_and(|rest| rest.starts_with('.')));
    reading.next().map(|(_, reader)| reader)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_in_whole_namespaces() {
        assert_eq!(reader("mlflow.spanInputs"), Some("MLflow"));
        assert_eq!(reader("aws.local.service"), Some("Application Signals of AWS"));
        for key in ["aws.region", "aim.height", "mlflow", "shop.mlflow.run"] {
            assert_eq!(reader(key), None, "{key}");
        }
    }
}
