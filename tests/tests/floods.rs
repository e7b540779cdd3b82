// SPDX-License-Identifier: MIT
//! Floods by real tools: what they send is dropped for what it is, and honest clients get through.

#[path = "floods/honest.rs"]
mod honest;
#[path = "floods/invented.rs"]
mod invented;
#[path = "floods/one_source.rs"]
mod one_source;
#[path = "floods/siege.rs"]
mod siege;
