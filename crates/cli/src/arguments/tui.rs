// SPDX-License-Identifier: MIT
//! Arguments of `tui`.

use clap::{Args, ValueEnum};

/// Arguments of `tui`.
#[derive(Clone, Debug, Args)]
pub struct Tui {
    /// Look, and change nothing.
    #[arg(long)]
    pub read_only: bool,
    /// Colours.
    #[arg(long, value_enum, value_name = "THEME", default_value = "auto")]
    pub theme: TuiTheme,
    /// Only symbols that every terminal has.
    #[arg(long)]
    pub ascii: bool,
    /// Leave the mouse to the terminal, which selects text with it.
    #[arg(long)]
    pub no_mouse: bool,
}

/// Which colours there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum TuiTheme {
    /// Green, yellow and red; none where NO_COLOR is set.
    Auto,
    /// Blue, yellow and vermilion, told apart with any colour vision.
    ColourBlind,
    /// None: bold, dim and reversed only.
    None,
}
