// SPDX-License-Identifier: MIT
//! Colours by what they mean, and symbols that the terminal has.

use ratatui::style::{Color, Modifier, Style};
use ratatui::symbols::{bar, border};

/// Which colours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Palette {
    /// Green, yellow, red.
    #[default]
    Usual,
    /// Blue, yellow, vermilion: told apart with any colour vision (Okabe and Ito, 2008).
    ColourBlind,
    /// None: bold, dim and reversed only (<https://no-color.org>).
    NoColour,
}

/// Which symbols.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Symbols {
    /// Lines, blocks and arrows.
    #[default]
    Unicode,
    /// What every terminal has.
    Ascii,
}

/// What a text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Text.
    Plain,
    /// What matters less.
    Dim,
    /// Headings and titles.
    Title,
    /// The row that is selected.
    Selected,
    /// As it should be; what passed.
    Good,
    /// Worth a look.
    Warning,
    /// Not as it should be; what was dropped.
    Bad,
    /// What must not be overlooked.
    Alarm,
    /// Keys.
    Key,
}

impl Role {
    /// Of what may be selected.
    #[must_use]
    pub const fn of_selection(is_selected: bool) -> Self {
        if is_selected {
            Self::Selected
        } else {
            Self::Plain
        }
    }
}

/// What a symbol says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sign {
    /// From the left to the right.
    Arrow,
    /// Between facts on one line.
    Dot,
    /// There is more.
    More,
    /// Worth a look.
    Attention,
    /// A text goes on that has no room.
    Cut,
    /// In a chart, where nothing is known.
    Unknown,
    /// From the peer to here.
    In,
    /// From here to the peer.
    Out,
}

/// How everything looks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Theme {
    /// Colours.
    pub palette: Palette,
    /// Symbols.
    pub symbols: Symbols,
}

impl Theme {
    /// The style of what a text is.
    #[must_use]
    pub fn style(self, role: Role) -> Style {
        let style = Style::new();
        let style = match role {
            Role::Plain => style,
            Role::Dim => style.add_modifier(Modifier::DIM),
            Role::Title => style.add_modifier(Modifier::BOLD),
            Role::Selected => style.add_modifier(Modifier::REVERSED),
            Role::Key | Role::Bad => style.add_modifier(Modifier::BOLD),
            Role::Alarm => style.add_modifier(Modifier::BOLD | Modifier::REVERSED),
            Role::Good | Role::Warning => style,
        };
        match self.colour(role) {
            Some(colour) => style.fg(colour),
            None => style,
        }
    }

    /// A symbol, as the terminal has it.
    #[must_use]
    pub const fn sign(self, sign: Sign) -> &'static str {
        match (self.symbols, sign) {
            (Symbols::Unicode, Sign::Arrow) => "→",
            (Symbols::Ascii, Sign::Arrow) => "->",
            (Symbols::Unicode, Sign::Dot) => "·",
            (Symbols::Ascii, Sign::Dot) => "|",
            (Symbols::Unicode, Sign::More) => "…",
            (Symbols::Ascii, Sign::More) => "...",
            (_, Sign::Attention) => "!",
            (Symbols::Unicode, Sign::Cut) => "…",
            (Symbols::Ascii, Sign::Cut) => "~",
            (Symbols::Unicode, Sign::Unknown) => "·",
            (Symbols::Ascii, Sign::Unknown) => ".",
            (Symbols::Unicode, Sign::In) => "←",
            (Symbols::Ascii, Sign::In) => "<-",
            (Symbols::Unicode, Sign::Out) => "→",
            (Symbols::Ascii, Sign::Out) => "->",
        }
    }

    /// Behind the title of a column by which a table is sorted: whether what is highest comes first.
    #[must_use]
    pub const fn sort_mark(self, falls: bool) -> &'static str {
        match (self.symbols, falls) {
            (Symbols::Unicode, true) => "▼",
            (Symbols::Unicode, false) => "▲",
            (Symbols::Ascii, true) => "v",
            (Symbols::Ascii, false) => "^",
        }
    }

    /// Lines around a window.
    #[must_use]
    pub const fn border(self) -> border::Set<'static> {
        match self.symbols {
            Symbols::Unicode => border::PLAIN,
            Symbols::Ascii => border::Set {
                top_left: "+",
                top_right: "+",
                bottom_left: "+",
                bottom_right: "+",
                vertical_left: "|",
                vertical_right: "|",
                horizontal_top: "-",
                horizontal_bottom: "-",
            },
        }
    }

    /// A sign for on and off.
    #[must_use]
    pub const fn mark(self, on: bool) -> &'static str {
        match (self.symbols, on) {
            (Symbols::Unicode, true) => "●",
            (Symbols::Unicode, false) => "○",
            (Symbols::Ascii, true) => "+",
            (Symbols::Ascii, false) => "-",
        }
    }

    /// Bars of charts, by eighths.
    #[must_use]
    pub const fn bars(self) -> bar::Set<'static> {
        match self.symbols {
            Symbols::Unicode => bar::NINE_LEVELS,
            Symbols::Ascii => bar::Set {
                full: "#",
                seven_eighths: "#",
                three_quarters: "#",
                five_eighths: "=",
                half: "=",
                three_eighths: "-",
                one_quarter: "-",
                one_eighth: ".",
                empty: " ",
            },
        }
    }

    /// A piece of a bar that lies.
    #[must_use]
    pub const fn full(self) -> &'static str {
        match self.symbols {
            Symbols::Unicode => "■",
            Symbols::Ascii => "#",
        }
    }

    fn colour(self, role: Role) -> Option<Color> {
        let (good, warning, bad, key) = match self.palette {
            Palette::NoColour => return None,
            Palette::Usual => (Color::Green, Color::Yellow, Color::Red, Color::Cyan),
            Palette::ColourBlind => (
                Color::Indexed(74),
                Color::Indexed(220),
                Color::Indexed(166),
                Color::Indexed(117),
            ),
        };
        match role {
            Role::Good => Some(good),
            Role::Warning => Some(warning),
            Role::Bad | Role::Alarm => Some(bad),
            Role::Key => Some(key),
            Role::Plain | Role::Dim | Role::Title | Role::Selected => None,
        }
    }
}
