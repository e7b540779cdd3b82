// SPDX-License-Identifier: MIT
//! What every format of list is parsed to, and every guard sifts.

use crate::span::IpSpan;
use jiff::Timestamp;
use std::sync::Arc;

/// One entry of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Whom it names.
    pub span: IpSpan,
    /// What for, in the words of the list; `None`: what the list as a whole is for.
    pub category: Option<Arc<str>>,
    /// Until when it holds; `None`: until the list no longer has it.
    pub expires: Option<Timestamp>,
    /// Line of the file, from 1; of what has no lines, its ordinal number.
    pub line: u32,
}

/// What was not taken from a list, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused<W> {
    /// Line of the file, from 1, as [`Entry::line`].
    pub line: u32,
    /// What is there, shortened to a line of sensible length.
    pub text: String,
    /// Why.
    pub why: W,
}
