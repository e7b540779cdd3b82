// SPDX-License-Identifier: MIT
//! Where everything is printed: plain text, 80 columns, no colours.

use std::io::{self, Write as _};
use std::time::Instant;

/// Standard output, and the time since the start.
#[derive(Debug)]
pub struct Page(Instant);

impl Page {
    /// Starts the clock.
    pub fn new() -> Self {
        Self(Instant::now())
    }

    /// Says what happens now.
    pub fn step(&self, text: &str) {
        self.line(&format!(
            "[{:5.1} s] {text}",
            self.0.elapsed().as_secs_f64()
        ));
    }

    /// A line as it is. A reader that went away is no reason to stop, so an error is dropped.
    pub fn line(&self, text: &str) {
        writeln!(io::stdout(), "{text}").ok();
    }

    /// Seconds since the start.
    pub fn seconds(&self) -> f64 {
        self.0.elapsed().as_secs_f64()
    }
}

/// A number as people read it: `200,000`.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped_by_thousands() {
        for (number, text) in [
            (0, "0"),
            (999, "999"),
            (1_000, "1,000"),
            (1_234_567, "1,234,567"),
        ] {
            assert_eq!(grouped(number), text);
        }
    }
}
