// SPDX-License-Identifier: MIT
//! The text of a file, and lines and columns in it.

use super::{File, Mistake, Place};

/// A text that can say where in it something is.
#[derive(Clone, Debug)]
pub(crate) struct Text<'a> {
    pub(crate) name: &'a str,
    pub(crate) text: &'a str,
    /// Where lines begin.
    lines: Vec<usize>,
}

const BOM: &str = "\u{feff}";

impl<'a> Text<'a> {
    /// Text in UTF-8 that is not too long. A byte order mark in front is no part of it.
    pub(crate) fn new(name: &'a str, bytes: &'a [u8]) -> Result<Self, Mistake> {
        let at = |line, column| Place::File {
            name: name.to_owned(),
            line,
            column,
        };
        if bytes.len() > File::MOST_BYTES {
            let message = format!("the file has {} bytes", bytes.len());
            let next = format!("shorten it to {} or fewer", File::MOST_BYTES);
            return Err(Mistake::new(at(1, 1), message, next));
        }
        if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
            return Err(Mistake::new(
                at(1, 1),
                "the file is in UTF-16",
                "save it as UTF-8",
            ));
        }
        match str::from_utf8(bytes) {
            Ok(text) => {
                let text = text.strip_prefix(BOM).unwrap_or(text);
                Ok(Self::of(name, text))
            }
            Err(error) => {
                let good = &bytes[..error.valid_up_to()];
                let good = str::from_utf8(good).unwrap_or_default();
                let place = Self::of(name, good).place(good.len());
                Err(Mistake::new(
                    place,
                    "this is no UTF-8",
                    "save the file as UTF-8",
                ))
            }
        }
    }

    fn of(name: &'a str, text: &'a str) -> Self {
        let newlines = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
        let lines = std::iter::once(0)
            .chain(newlines.map(|(at, _)| at + 1))
            .collect();
        Self { name, text, lines }
    }

    /// The line that a byte is in, from 1 on.
    pub(crate) fn line(&self, at: usize) -> usize {
        self.lines.partition_point(|start| *start <= at)
    }

    /// Where a byte is.
    pub(crate) fn place(&self, at: usize) -> Place {
        let line = self.line(at);
        let start = self.lines[line - 1];
        let column = self.text[start..]
            .char_indices()
            .take_while(|(index, _)| start + index < at);
        Place::File {
            name: self.name.to_owned(),
            line,
            column: column.count() + 1,
        }
    }
}
