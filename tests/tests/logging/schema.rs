// SPDX-License-Identifier: MIT
//! The schema of events is that of the type: `AEGIS_BLESS=1` writes it anew.

use aegis_api::SecurityEvent;
use schemars::generate::SchemaSettings;
use serde_json::{Value, json};
use std::fs;
use std::path::{Path, PathBuf};

fn path() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/schema/event.schema.json")
}

/// The one that others read.
pub fn stored() -> Value {
    let text = fs::read_to_string(path()).expect("the schema is there");
    serde_json::from_str(&text).expect("it is JSON")
}

fn of_the_type() -> Value {
    let settings = SchemaSettings::draft2020_12().for_serialize();
    let schema = settings
        .into_generator()
        .into_root_schema_for::<SecurityEvent>();
    schema.to_value()
}

#[test]
fn the_schema_of_events_is_that_of_the_type() {
    let schema = of_the_type();
    if std::env::var_os("AEGIS_BLESS").is_some() {
        let text = serde_json::to_string_pretty(&schema).expect("it is JSON") + "\n";
        fs::write(path(), text).expect("the folder is there");
    }
    assert!(
        stored() == schema,
        "{} is not what the type says: AEGIS_BLESS=1 rewrites it",
        path().display()
    );
    assert_eq!(
        schema["$schema"],
        "https://json-schema.org/draft/2020-12/schema"
    );
}

#[test]
fn the_schema_refuses_what_is_no_event() {
    let validator = jsonschema::validator_for(&stored()).expect("it is a schema");
    assert!(!validator.is_valid(&json!({})));
    assert!(!validator.is_valid(&json!("drop")));
}
