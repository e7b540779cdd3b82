// SPDX-License-Identifier: MIT
//! The description in OpenAPI 3.1, made from [`Endpoint`] and the types. `docs/api/openapi.json` is
//! what [`document`] says; a test sees to that.

use crate::endpoint::{Answer, Describe, Shape};
use crate::{API_VERSION, Endpoint, ErrorAnswer};
use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::{Map, Value, json};
use std::borrow::Cow;
use std::collections::BTreeMap;

const SCHEMAS: &str = "/components/schemas";
const ABOUT: &str = "HTTP/1.1 over a unix socket: /run/aegis/INSTANCE.sock for everything, \
    /run/aegis/INSTANCE.ro.sock for whatever is asked with GET. A failure has a status that is not \
    2xx, with a code, a message and the next step. Unknown fields in requests are refused; unknown \
    fields in answers are to be ignored, so that fields can be added.";

/// Stands for a timestamp in descriptions.
pub(crate) struct Rfc3339;

impl JsonSchema for Rfc3339 {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Timestamp".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "format": "date-time" })
    }
}

/// The whole description.
#[must_use]
pub fn document() -> Value {
    let mut schemas = Schemas::new();
    let failure = schemas.answer(|generator| generator.subschema_for::<ErrorAnswer>());
    let mut paths = Map::new();
    for &endpoint in Endpoint::ALL {
        let path = paths.entry(endpoint.path()).or_insert_with(|| json!({}));
        let method = endpoint.method().label().to_lowercase();
        path[method] = operation(endpoint, &mut schemas);
    }
    plain(json!({
        "openapi": "3.1.0",
        "info": { "title": "Aegis", "version": API_VERSION.to_string(), "description": ABOUT },
        "servers": [{ "url": "http://aegis", "description": "the unix socket; any host name will do" }],
        "paths": paths,
        "components": {
            "responses": { "Failure": { "description": "It failed.", "content": body("application/json", failure) } },
            "schemas": schemas.all(),
        },
    }))
}

fn operation(endpoint: Endpoint, schemas: &mut Schemas) -> Value {
    let Shape {
        query,
        request,
        answer,
    } = endpoint.shape();
    let (kind, schema) = match answer {
        Answer::Json(schema) => ("application/json", schema),
        Answer::Lines(schema) => ("application/x-ndjson", schema),
    };
    let mut operation = json!({
        "operationId": endpoint.name(),
        "summary": endpoint.about(),
        "responses": {
            "200": { "description": "It is done.", "content": body(kind, schemas.answer(schema)) },
            "default": { "$ref": "#/components/responses/Failure" },
        },
    });
    if let Some(query) = query {
        operation["parameters"] = schemas.parameters(query);
    }
    if let Some(request) = request {
        let content = body("application/json", schemas.request(request));
        operation["requestBody"] = json!({ "required": true, "content": content });
        operation["description"] = "Only over the control socket.".into();
    }
    operation
}

fn body(kind: &str, schema: Schema) -> Value {
    json!({ kind: { "schema": schema } })
}

/// Schemas of what is sent and of what is received. A field with a default may be left out of a
/// request, and is always in an answer.
struct Schemas {
    requests: SchemaGenerator,
    answers: SchemaGenerator,
}

impl Schemas {
    fn new() -> Self {
        let settings = SchemaSettings::draft2020_12().with(|settings| {
            settings.definitions_path = SCHEMAS.into();
            settings.meta_schema = None;
        });
        Self {
            requests: settings.clone().for_deserialize().into_generator(),
            answers: settings.for_serialize().into_generator(),
        }
    }

    fn request(&mut self, describe: Describe) -> Schema {
        describe(&mut self.requests)
    }

    fn answer(&mut self, describe: Describe) -> Schema {
        describe(&mut self.answers)
    }

    /// The fields of an object as parameters.
    fn parameters(&mut self, describe: Describe) -> Value {
        let mut apart = Self::new();
        let reference = apart.request(describe);
        let name = reference
            .get("$ref")
            .and_then(Value::as_str)
            .and_then(|path| path.rsplit('/').next());
        let mut definitions = apart.requests.take_definitions(true);
        let object = name.and_then(|name| definitions.remove(name));
        self.requests.definitions_mut().extend(definitions);
        let object = object.unwrap_or_default();
        let fields = object["properties"].as_object().into_iter().flatten();
        fields
            .map(|(name, schema)| parameter(name, schema, &object["required"]))
            .collect()
    }

    /// By name.
    ///
    /// # Panics
    /// Where a type is not the same in a request and in an answer: it would need two names.
    fn all(mut self) -> Value {
        let mut all = self.requests.take_definitions(true);
        for (name, schema) in self.answers.take_definitions(true) {
            if let Some(other) = all.insert(name.clone(), schema.clone()) {
                assert_eq!(other, schema, "{name} in requests and in answers");
            }
        }
        all.into()
    }
}

fn parameter(name: &str, schema: &Value, required: &Value) -> Value {
    let mut schema = schema.clone();
    let about = schema
        .as_object_mut()
        .and_then(|schema| schema.remove("description"));
    let required = required.as_array().into_iter().flatten();
    json!({
        "name": name,
        "in": "query",
        "description": about,
        "required": required.into_iter().any(|field| field == name),
        "schema": schema,
    })
}

/// Without the marks by which rustdoc makes links, and in alphabetical order, whatever features of
/// `serde_json` others have switched on.
fn plain(value: Value) -> Value {
    match value {
        Value::String(text) => {
            let text = text.replace("[`", "`").replace("`]", "`");
            Value::String(text.replace("`crate::", "`").replace('\n', " "))
        }
        Value::Array(items) => items.into_iter().map(plain).collect(),
        Value::Object(fields) => {
            let fields = fields.into_iter().map(|(name, value)| (name, plain(value)));
            let fields: BTreeMap<_, _> = fields.collect();
            Value::Object(fields.into_iter().collect())
        }
        other => other,
    }
}
