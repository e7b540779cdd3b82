// SPDX-License-Identifier: MIT
//! Green, yellow and red, for those who look: on a terminal, and unless `NO_COLOR` asks for none
//! (<https://no-color.org>).

use clap::builder::styling::{AnsiColor, Style};
use std::io::{self, IsTerminal};

/// How something is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// As it should be.
    Good,
    /// Worth a look.
    Fair,
    /// Not as it should be.
    Bad,
}

/// Whether there is colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Palette {
    /// None.
    Plain,
    /// For a terminal.
    Coloured,
}

impl Palette {
    /// What standard output is for.
    pub fn of_stdout() -> Self {
        let refused = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        let dumb = std::env::var_os("TERM").is_some_and(|value| value == "dumb");
        match io::stdout().is_terminal() && !refused && !dumb {
            true => Self::Coloured,
            false => Self::Plain,
        }
    }

    /// Text in the colour of a tone.
    pub fn paint(self, tone: Tone, text: &str) -> String {
        let colour = match tone {
            Tone::Good => AnsiColor::Green,
            Tone::Fair => AnsiColor::Yellow,
            Tone::Bad => AnsiColor::Red,
        };
        let style = match self {
            Self::Plain => Style::new(),
            Self::Coloured => colour.on_default(),
        };
        format!("{style}{text}{style:#}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_text_stays_as_it_is_and_colour_ends_where_it_should() {
        assert_eq!(Palette::Plain.paint(Tone::Bad, "x"), "x");
        assert_eq!(Palette::Coloured.paint(Tone::Bad, "x"), "\x1b[31mx\x1b[0m");
    }
}
