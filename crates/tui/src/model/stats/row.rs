// SPDX-License-Identifier: MIT
//! What can be selected below the charts.

use std::net::IpAddr;

/// A row, by what it is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Row {
    /// Packets that are dropped for a reason.
    Reason(String),
    /// That none are.
    NoReason,
    /// A source of what is dropped.
    Sender(IpAddr),
    /// A list that dropped something.
    List(String),
    /// Connections that have that in common.
    Group(String),
    /// The line of that number about the filter itself.
    Fact(usize),
}
