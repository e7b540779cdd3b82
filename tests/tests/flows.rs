// SPDX-License-Identifier: MIT
//! Connections: counted to the packet, listed, ended, and kept through floods of others.

#[path = "flows/accounting.rs"]
mod accounting;
#[path = "flows/ends.rs"]
mod ends;
#[path = "flows/lists.rs"]
mod lists;
#[path = "flows/loose.rs"]
mod loose;
#[path = "flows/many.rs"]
mod many;
#[path = "flows/related.rs"]
mod related;
#[path = "flows/shown.rs"]
mod shown;
#[path = "flows/switches.rs"]
mod switches;
