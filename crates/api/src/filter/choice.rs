// SPDX-License-Identifier: MIT
//! Several values of a key.

use std::fmt;

/// Values of which one must hold, if there are any, and values of which none may.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice<T> {
    /// One of them must hold.
    pub wanted: Vec<T>,
    /// None of them may.
    pub unwanted: Vec<T>,
}

impl<T> Default for Choice<T> {
    fn default() -> Self {
        Self {
            wanted: Vec::new(),
            unwanted: Vec::new(),
        }
    }
}

impl<T> Choice<T> {
    /// Whether it lets everything through.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.wanted.is_empty() && self.unwanted.is_empty()
    }

    /// Whether something agrees of which certain values hold.
    #[must_use]
    pub fn admits(&self, mut holds: impl FnMut(&T) -> bool) -> bool {
        let is_wanted = self.wanted.is_empty() || self.wanted.iter().any(&mut holds);
        is_wanted && !self.unwanted.iter().any(holds)
    }

    /// The same of what the values mean.
    ///
    /// # Errors
    /// Of the first value that means nothing.
    pub fn try_map<U, E>(&self, one: impl Fn(&T) -> Result<U, E>) -> Result<Choice<U>, E> {
        let all = |values: &[T]| values.iter().map(&one).collect::<Result<_, _>>();
        Ok(Choice {
            wanted: all(&self.wanted)?,
            unwanted: all(&self.unwanted)?,
        })
    }
}

/// As it stands in requests: values with commas between them, and `!` before those that none may be. Empty
/// ones are none.
impl From<&str> for Choice<String> {
    fn from(text: &str) -> Self {
        let mut choice = Self::default();
        for value in text.split(',').map(str::trim) {
            let (values, value) = match value.strip_prefix('!') {
                Some(value) => (&mut choice.unwanted, value),
                None => (&mut choice.wanted, value),
            };
            if !value.is_empty() {
                values.push(value.to_owned());
            }
        }
        choice
    }
}

impl fmt::Display for Choice<String> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let unwanted = self.unwanted.iter().map(|value| format!("!{value}"));
        let values: Vec<String> = self.wanted.iter().cloned().chain(unwanted).collect();
        f.write_str(&values.join(","))
    }
}
