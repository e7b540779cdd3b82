// SPDX-License-Identifier: MIT
//! The description is that of the types: `AEGIS_BLESS=1` writes it anew.

use aegis_api::{OPENAPI, openapi};
use std::collections::BTreeSet;
use std::path::Path;

#[test]
fn the_description_in_docs_is_that_of_the_types() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/api/openapi.json");
    let mut expected = serde_json::to_string_pretty(&openapi::document()).expect("it is JSON");
    expected.push('\n');
    if std::env::var_os("AEGIS_BLESS").is_some() {
        std::fs::write(&path, &expected).expect("the checkout can be written");
        return;
    }
    assert!(
        OPENAPI == expected,
        "docs/api/openapi.json is not what the types say: AEGIS_BLESS=1 rewrites it"
    );
}

#[test]
fn every_reference_leads_somewhere_and_every_field_is_explained() {
    let document = openapi::document();
    let schemas = document["components"]["schemas"].as_object();
    let schemas = schemas.expect("there are schemas");
    let mut references = BTreeSet::new();
    collect(&document, &mut references);
    for reference in &references {
        let pointer = reference.strip_prefix('#').expect("of this document");
        assert!(document.pointer(pointer).is_some(), "{reference}");
    }
    for (name, schema) in schemas {
        let used = references.contains(&format!("#/components/schemas/{name}"));
        assert!(used, "{name} is described and not used");
        let fields = schema["properties"].as_object().into_iter().flatten();
        for (field, schema) in fields {
            assert!(schema["description"].is_string(), "{name}.{field}");
        }
    }
}

fn collect(value: &serde_json::Value, references: &mut BTreeSet<String>) {
    match value {
        serde_json::Value::Object(fields) => {
            let reference = fields.get("$ref").and_then(|value| value.as_str());
            references.extend(reference.map(str::to_owned));
            fields.values().for_each(|field| collect(field, references));
        }
        serde_json::Value::Array(items) => {
            items.iter().for_each(|item| collect(item, references));
        }
        _ => {}
    }
}
