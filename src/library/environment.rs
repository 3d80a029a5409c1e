//! Which environment variables something in OpenTelemetry reads.

use serde::Deserialize;

/// The committed list; small enough to be read when it is asked for.
#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub(crate) struct Environment {
    families: Vec<String>,
    variables: Vec<String>,
}

impl Environment {
    pub(crate) fn embedded() -> Environment {
        toml::from_str(include_str!("../../rules/environment.toml")).unwrap_or_default()
    }

    pub(crate) fn knows(&self, name: &str) -> bool {
        self.variables.iter().any(|it| it == name)
            || self.families.iter().any(|it| name.starts_with(it.as_str()))
    }
}

#[cfg(test)]
mod tests {
    use super::Environment;

    #[test]
    fn the_list_is_read_and_tells_apart() {
        let known = Environment::embedded();
        assert!(known.variables.len() > 300 && known.variables.is_sorted());
        assert!(known.knows("OTEL_SERVICE_NAME") && known.knows("OTEL_PYTHON_ANYTHING"));
        assert!(!known.knows("OTEL_SERVICENAME") && !known.knows("OTEL_COLLECTOR_ENDPOINT"));
    }
}
