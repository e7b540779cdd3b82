// SPDX-License-Identifier: MIT
//! Which values hold, and where they come from.

use super::{
    Config, File, Given, KEYS, Key, Logging, Mistake, Mistakes, Place, Source, Value, shown,
};
use crate::Term;
use std::fmt;

/// Where values may come from, the strongest first.
#[derive(Clone, Debug, Default)]
pub struct Layers<'a> {
    /// Of the command line.
    pub options: &'a [Given],
    /// Of the environment.
    pub environment: &'a [Given],
    /// The file, where there is one.
    pub file: Option<&'a File>,
}

/// Where a value comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Nobody set another one.
    Default,
    /// The file.
    File(Place),
    /// A variable.
    Environment(Place),
    /// An option.
    Option(Place),
}

impl Origin {
    /// One word for it.
    #[must_use]
    pub fn label(&self) -> &'static str {
        match self {
            Self::Default => "default",
            Self::File(_) => "file",
            Self::Environment(_) => "environment",
            Self::Option(_) => "option",
        }
    }

    /// Where exactly.
    #[must_use]
    pub fn place(&self) -> Place {
        match self {
            Self::Default => Place::Anywhere,
            Self::File(place) | Self::Environment(place) | Self::Option(place) => place.clone(),
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File(Place::File { name, line, .. }) => write!(f, "{name}:{line}"),
            Self::File(place) => place.fmt(f),
            Self::Environment(Place::Variable(name)) | Self::Option(Place::Option(name)) => {
                f.write_str(name)
            }
            Self::Environment(place) | Self::Option(place) => place.fmt(f),
        }
    }
}

/// A line of `config show`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// The key.
    pub key: &'static Key,
    /// Its value.
    pub value: Value,
    /// Where that comes from.
    pub origin: Origin,
}

/// The values that hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Effective {
    config: Config,
    /// In the order of [`KEYS`].
    origins: Vec<Origin>,
    /// Where each list of the file is.
    sources: Vec<Place>,
}

impl Effective {
    /// The strongest value of every key: option, environment, file, default. Where an option is
    /// given more than once, the last one holds.
    ///
    /// # Errors
    /// Values that are each fine, and impossible together.
    pub fn merge(layers: &Layers<'_>) -> Result<Self, Mistakes> {
        let mut config = Config::default();
        let mut origins = Vec::with_capacity(KEYS.len());
        for key in KEYS {
            let (value, origin) = strongest(key, layers);
            if let Some(value) = value {
                key.set_in(&mut config, value);
            }
            origins.push(origin);
        }
        let sources = layers.file.map_or(&[][..], File::sources).to_vec();
        let effective = Self {
            config,
            origins,
            sources,
        };
        Mistakes::check(effective.contradictions())?;
        Ok(effective)
    }

    /// The values.
    #[must_use]
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// Every key, its value, and where that comes from.
    #[must_use]
    pub fn rows(&self) -> Vec<Row> {
        let mut config = self.config.clone();
        let row = |(key, origin): (&'static Key, &Origin)| Row {
            key,
            value: key.value_in(&mut config),
            origin: origin.clone(),
        };
        KEYS.iter().zip(&self.origins).map(row).collect()
    }

    /// Where the value of a key comes from.
    #[must_use]
    pub fn origin(&self, name: &str) -> Option<&Origin> {
        let at = KEYS.iter().position(|key| key.name() == name)?;
        self.origins.get(at)
    }

    /// Every list there is to be, and where that comes from.
    #[must_use]
    pub fn sources(&self) -> Vec<(Source, Origin)> {
        let set = &self.config.feeds.source;
        let key = self.origin("feeds.source").unwrap_or(&Origin::Default);
        let origin = |source: &Source| {
            let Some(at) = set.iter().position(|set| set == source) else {
                return Origin::Default;
            };
            match (key, self.sources.get(at)) {
                (Origin::File(_), Some(place)) => Origin::File(place.clone()),
                _ => key.clone(),
            }
        };
        let sources = self.config.feeds.sources().into_iter();
        sources
            .map(|source| {
                let origin = origin(&source);
                (source, origin)
            })
            .collect()
    }

    fn contradictions(&self) -> Vec<Mistake> {
        let auto_ban = &self.config.auto_ban;
        let terms = [
            (
                auto_ban.proven,
                "autoban.proven_ttl",
                "autoban.proven_ttl_max",
            ),
            (
                auto_ban.unproven,
                "autoban.unproven_ttl",
                "autoban.unproven_ttl_max",
            ),
        ];
        let longer = terms
            .into_iter()
            .filter(|(term, ..)| term.first > term.longest);
        longer
            .map(|(term, first, longest)| self.too_long(term, first, longest))
            .chain(self.unused())
            .chain(self.places())
            .collect()
    }

    fn places(&self) -> Option<Mistake> {
        let origin = |name| self.origin(name).unwrap_or(&Origin::Default);
        let (block, allow_only) = (origin("geo.block"), origin("geo.allow_only"));
        self.config.geo.contradiction(block, allow_only)
    }

    /// Files that somebody named, and that nothing would be written to.
    fn unused(&self) -> impl Iterator<Item = Mistake> {
        let origin = |name| self.origin(name).unwrap_or(&Origin::Default);
        let needs = Logging::NEEDS.into_iter();
        needs.filter_map(
            move |(key, switch, word)| match (origin(key), origin(switch)) {
                (Origin::Default, _) => None,
                (set, Origin::Default) => {
                    let message =
                        format!("{key} is set, and {switch} is not, so that nothing comes of it");
                    let next = format!("set {switch} to \"{word}\"");
                    Some(Mistake::new(set.place(), message, next))
                }
                _ => None,
            },
        )
    }

    fn too_long(&self, term: Term, first: &str, longest: &str) -> Mistake {
        let origin = |name| self.origin(name).cloned().unwrap_or(Origin::Default);
        let place = match origin(first) {
            Origin::Default => origin(longest).place(),
            set => set.place(),
        };
        let (shorter, bound) = (shown::duration(term.first), shown::duration(term.longest));
        let message = format!("{first} is {shorter}, and {longest} is only {bound}");
        Mistake::new(
            place,
            message,
            format!("shorten {first}, or raise {longest}"),
        )
    }
}

/// The one place that says what is stronger than what.
fn strongest<'a>(key: &Key, layers: &Layers<'a>) -> (Option<&'a Value>, Origin) {
    let given = |list: &'a [Given]| list.iter().rev().find(|given| given.key == key);
    if let Some(given) = given(layers.options) {
        return (Some(&given.value), Origin::Option(given.place.clone()));
    }
    if let Some(given) = given(layers.environment) {
        return (Some(&given.value), Origin::Environment(given.place.clone()));
    }
    match layers.file.and_then(|file| file.entry(key)) {
        Some(entry) => (Some(&entry.value), Origin::File(entry.place.clone())),
        None => (None, Origin::Default),
    }
}
