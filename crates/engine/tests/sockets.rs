// SPDX-License-Identifier: MIT
//! Sockets listed and ended, and forwarded connections listed, by the running kernel.

#![expect(
    clippy::unwrap_used,
    reason = "in a test a failure of the set-up is a failure of the test"
)]

/// Full name of the test it stands in, as `cargo xtask test` lists those that are skipped.
macro_rules! test_name {
    () => {{
        fn here() {}
        let name = std::any::type_name_of_val(&here);
        name.strip_suffix("::here").unwrap_or(name)
    }};
}

#[path = "sockets/destroy.rs"]
mod destroy;
#[path = "sockets/forwarded.rs"]
mod forwarded;
#[path = "sockets/list.rs"]
mod list;
#[path = "sockets/namespace.rs"]
mod namespace;
#[path = "sockets/pair.rs"]
mod pair;
