//! Checks JSON against the committed schemas, in tests: the part of JSON Schema 2020-12 that they use, and stricter than it in one
//! point: a key that the schema does not describe is a mistake.

use serde_json::Value;

pub(crate) struct Schema {
    root: Value,
}

impl Schema {
    pub(crate) fn new(text: &str) -> Schema {
        Schema { root: serde_json::from_str(text).unwrap() }
    }

    /// Every way in which the value does not fit, with its path.
    pub(crate) fn faults(&self, value: &Value) -> Vec<String> {
        let mut faults = Vec::new();
        self.check(&self.root, value, "$", &mut faults);
        faults
    }

    fn check(&self, schema: &Value, value: &Value, at: &str, faults: &mut Vec<String>) {
        for (keyword, wanted) in schema.as_object().unwrap() {
            match keyword.as_str() {
                "$schema" | "$defs" | "title" | "description" | "properties" | "additionalProperties" => {}
                "$ref" => self.check(self.resolved(wanted), value, at, faults),
                "type" if !has_type(wanted, value) => faults.push(format!("{at}: {value} is not {wanted}")),
                "const" if wanted != value => faults.push(format!("{at}: {value} is not {wanted}")),
                "enum" if !wanted.as_array().unwrap().contains(value) => {
                    faults.push(format!("{at}: {value} is none of {wanted}"));
                }
                "minimum" if value.as_f64() < wanted.as_f64() => {
                    faults.push(format!("{at}: {value} is too small"))
                }
                "type" | "const" | "enum" | "minimum" => {}
                // Null, where it may be, has no keys.
                "required" if !value.is_object() => {}
                "required" => {
                    let missing = wanted
                        .as_array()
                        .unwrap()
                        .iter()
                        .filter(|it| value.get(it.as_str().unwrap()).is_none());
                    faults.extend(missing.map(|it| format!("{at}: {it} is missing")));
                }
                "items" => {
                    for (number, item) in value.as_array().into_iter().flatten().enumerate() {
                        self.check(wanted, item, &format!("{at}[{number}]"), faults);
                    }
                }
                "oneOf" => {
                    let tried = wanted.as_array().unwrap().iter().map(|it| {
                        let mut faults = Vec::new();
                        self.check(it, value, at, &mut faults);
                        faults
                    });
                    let closest = tried.min_by_key(Vec::len).unwrap();
                    faults.extend(closest);
                }
                other => panic!("the schemas were plain until now: {other}"),
            }
        }
        if schema["type"] == "object" {
            self.check_keys(schema, value, at, faults);
        }
    }

    fn check_keys(&self, schema: &Value, value: &Value, at: &str, faults: &mut Vec<String>) {
        for (key, inner) in value.as_object().into_iter().flatten() {
            let described = schema["properties"].get(key).or_else(|| schema.get("additionalProperties"));
            match described {
                Some(schema) => self.check(schema, inner, &format!("{at}.{key}"), faults),
                None => faults.push(format!("{at}.{key} is not described")),
            }
        }
    }

    fn resolved(&self, reference: &Value) -> &Value {
        self.root.pointer(reference.as_str().unwrap().trim_start_matches('#')).unwrap()
    }
}

fn has_type(wanted: &Value, value: &Value) -> bool {
    let is = |name: &str| match name {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "integer" => value.is_u64() || value.is_i64(),
        "number" => value.is_number(),
        "boolean" => value.is_boolean(),
        "null" => value.is_null(),
        other => panic!("no such type: {other}"),
    };
    match wanted {
        Value::Array(names) => names.iter().any(|it| is(it.as_str().unwrap())),
        name => is(name.as_str().unwrap()),
    }
}
