// SPDX-License-Identifier: MIT
//! Where something was said.

use std::fmt;

/// Where a value, or a mistake, is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// In a file.
    File {
        /// Its name.
        name: String,
        /// The line, from 1 on.
        line: usize,
        /// The character in it, from 1 on.
        column: usize,
    },
    /// In a variable of the environment.
    Variable(String),
    /// In an option of the command line.
    Option(String),
    /// Nowhere in particular.
    Anywhere,
}

impl Place {
    /// The line of a file, where it is in one.
    #[must_use]
    pub fn line(&self) -> Option<usize> {
        match self {
            Self::File { line, .. } => Some(*line),
            _ => None,
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File { name, line, column } => write!(f, "{name}:{line}:{column}"),
            Self::Variable(name) => write!(f, "environment variable {name}"),
            Self::Option(name) => write!(f, "option {name}"),
            Self::Anywhere => f.write_str("configuration"),
        }
    }
}
