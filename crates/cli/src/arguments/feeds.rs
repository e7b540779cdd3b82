// SPDX-License-Identifier: MIT
//! Arguments of `feeds`.

use aegis_api::{Direction, ListAction, NoWord};
use aegis_lists::parse::{FORMATS, Format, FormatRow};
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use clap::{Args, Subcommand};
use std::path::PathBuf;
use std::str::FromStr;

/// Actions of `feeds`.
#[derive(Clone, Debug, Subcommand)]
pub enum FeedsVerb {
    /// Have lists asked for now, and tell what came of each. Where no daemon runs, the newest copies
    /// are kept for its next start.
    Update {
        /// Only this one.
        #[arg(value_name = "NAME")]
        name: Option<String>,
    },
    /// List the lists: what each does, how old it is, and when it is asked for next.
    List,
    /// Tell which list earns its keep: what it names, what no other does, and what that came to.
    Stats,
    /// Tell everything about a list: what was refused and why, and whom it would have cut off.
    Show {
        /// Which.
        #[arg(value_name = "NAME")]
        name: String,
    },
    /// Load a list from a file. It stays until it is removed, also over starts of the daemon.
    Load(FeedsLoad),
    /// Remove a list that was loaded from a file.
    Remove {
        /// Which.
        #[arg(value_name = "NAME")]
        name: String,
    },
    /// Switch a list on, at the next packet; it stays so until the configuration has it otherwise.
    Enable {
        /// Which.
        #[arg(value_name = "NAME")]
        name: String,
        /// What happens to whom it names; without it, what happened before.
        #[arg(long, value_name = "ACTION", value_parser = one_of::<ListAction>(ListAction::WORDS))]
        action: Option<ListAction>,
    },
    /// Switch a list off, likewise; its addresses stay loaded.
    Disable {
        /// Which.
        #[arg(value_name = "NAME")]
        name: String,
    },
    /// Take a copy for true that was put aside.
    Release {
        /// Of which list.
        #[arg(value_name = "NAME")]
        name: String,
    },
    /// Tell what a file would come to as a list, and what of it is refused; no daemon is asked.
    Test(FeedsTest),
}

/// Arguments of `feeds load`.
#[derive(Clone, Debug, Args)]
pub struct FeedsLoad {
    /// The file, compressed with gzip or not; - is standard input.
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// What it is to be called.
    #[arg(long, value_name = "NAME")]
    pub name: String,
    /// How it is written.
    #[arg(long, value_name = "FORMAT", default_value = "auto", value_parser = formats())]
    pub format: Format,
    /// What whom it names does, where its entries do not say it themselves.
    #[arg(long, value_name = "WORD")]
    pub category: Option<String>,
    /// What happens to whom it names.
    #[arg(long, value_name = "ACTION", default_value = "block", value_parser = one_of::<ListAction>(ListAction::WORDS))]
    pub action: ListAction,
    /// Which of their packets.
    #[arg(long, value_name = "DIRECTION", default_value = "both", value_parser = one_of::<Direction>(Direction::WORDS))]
    pub direction: Direction,
}

/// Arguments of `feeds test`.
#[derive(Clone, Debug, Args)]
pub struct FeedsTest {
    /// The file, compressed with gzip or not; - is standard input.
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// How it is written.
    #[arg(long, value_name = "FORMAT", default_value = "auto", value_parser = formats())]
    pub format: Format,
    /// Pass over entries with a lower score, in formats that have scores.
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub min_score: u32,
    /// Take special-use addresses as well, such as private networks.
    #[arg(long)]
    pub allow_special: bool,
}

/// One of a few words.
fn one_of<T>(words: &'static [&'static str]) -> impl TypedValueParser<Value = T>
where
    T: FromStr<Err = NoWord> + Clone + Send + Sync + 'static,
{
    PossibleValuesParser::new(words).try_map(|word| word.parse())
}

/// The words for formats, each with what it is.
fn formats() -> impl TypedValueParser<Value = Format> {
    let value = |row: &FormatRow| {
        PossibleValue::new(row.word)
            .aliases(row.also)
            .help(row.about)
    };
    let values = FORMATS.iter().map(value);
    PossibleValuesParser::new(values).map(|word| word.parse().unwrap_or_default())
}

impl FeedsVerb {
    /// Whether it changes nothing.
    pub const fn looks(&self) -> bool {
        matches!(
            self,
            Self::List | Self::Stats | Self::Show { .. } | Self::Test(_)
        )
    }
}
