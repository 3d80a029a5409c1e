//! The JSON Schema of the configuration, made from its shape. Only the tests write it: `otcov.schema.json` is committed, and
//! tells editors what the checks would say.

use serde_json::{Map, Value, json};

use super::shape::{ROOT, Shape, Table, Vocabulary, Words};

pub(crate) fn schema(vocabulary: &Vocabulary<'_>) -> Value {
    let mut schema = table(&ROOT, vocabulary);
    schema["$schema"] = json!("http://json-schema.org/draft-07/schema#");
    schema["title"] = json!("Configuration of otcov");
    schema
}

fn table(table: &Table, vocabulary: &Vocabulary<'_>) -> Value {
    let mut properties = Map::new();
    for key in table.keys {
        let mut value = shape(&key.shape, vocabulary);
        value["description"] = json!(key.about);
        properties.insert(key.name.to_owned(), value);
    }
    let mut result = json!({ "type": "object", "additionalProperties": false });
    match &table.others {
        Some((Words::Any | Words::Patterns, each)) => {
            result["additionalProperties"] = shape(each, vocabulary)
        }
        Some((words, each)) => {
            for word in vocabulary.words(*words) {
                properties.insert(word.to_owned(), shape(each, vocabulary));
            }
            if matches!(words, Words::Rules | Words::Names) {
                result["additionalProperties"] = shape(each, vocabulary);
            }
        }
        None => {}
    }
    result["properties"] = Value::Object(properties);
    let required: Vec<&str> = table.keys.iter().filter(|it| it.required).map(|it| it.name).collect();
    if !required.is_empty() {
        result["required"] = json!(required);
    }
    result
}

/// The rules of a project are known to the project alone.
fn word(words: Words, vocabulary: &Vocabulary<'_>) -> Value {
    let known = json!({ "enum": vocabulary.words(words) });
    match words {
        Words::Selectors => json!({ "anyOf": [known, { "type": "string" }] }),
        _ => known,
    }
}

fn shape(shape: &Shape, vocabulary: &Vocabulary<'_>) -> Value {
    match shape {
        Shape::Whole => json!({ "type": "integer", "minimum": 0 }),
        Shape::Percent => json!({ "type": "number", "minimum": 0, "maximum": 100 }),
        Shape::Text => json!({ "type": "string", "minLength": 1 }),
        Shape::Texts | Shape::Patterns => json!({ "type": "array", "items": { "type": "string" } }),
        Shape::Word(words) => json!({ "enum": vocabulary.words(*words) }),
        Shape::WordList(words) => json!({ "type": "array", "items": word(*words, vocabulary) }),
        Shape::Flag => json!({ "type": "boolean" }),
        Shape::TextOrTexts => json!({ "anyOf": [
            { "type": "string" },
            { "type": "array", "items": { "type": "string" } },
        ] }),
        Shape::Argument => json!({ "anyOf": [
            { "type": "integer", "minimum": 0, "maximum": 255 },
            { "type": "string" },
            { "type": "array", "minItems": 2, "maxItems": 2 },
        ] }),
        Shape::Table(it) => table(it, vocabulary),
        Shape::Tables(it) => json!({ "type": "array", "items": table(it, vocabulary) }),
    }
}
