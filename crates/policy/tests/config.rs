// SPDX-License-Identifier: MIT
//! Configuration files: read, refused, merged, edited and documented.

#[path = "config/documents.rs"]
mod documents;
#[path = "config/editing.rs"]
mod editing;
#[path = "config/layers.rs"]
mod layers;
#[path = "config/mistakes.rs"]
mod mistakes;
#[path = "config/properties.rs"]
mod properties;
