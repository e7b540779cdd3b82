// SPDX-License-Identifier: MIT
//! `[feeds]`: lists that others keep.

use super::value::Slot;
use super::{Form, Key, Kind, Source};

/// Lists that others keep.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Feeds {
    /// Whether any are loaded.
    pub enabled: bool,
    /// Whether those that come with Aegis are among them.
    pub defaults: bool,
    /// Of one list.
    pub max_download_bytes: u64,
    /// Who is between this host and publishers: `http://HOST:PORT`, `none` for nobody; empty: whom the
    /// environment names.
    pub proxy: String,
    /// The operator's own, and those of the shipped ones that they set otherwise.
    pub source: Vec<Source>,
}

impl Default for Feeds {
    fn default() -> Self {
        Self {
            enabled: false,
            defaults: true,
            max_download_bytes: 10 << 20,
            proxy: String::new(),
            source: Vec::new(),
        }
    }
}

impl Feeds {
    /// Every list there is to be, whether or not it is switched on: the shipped ones that nobody
    /// set otherwise, then those that are set.
    #[must_use]
    pub fn sources(&self) -> Vec<Source> {
        let shipped = Source::shipped().into_iter().filter(|shipped| {
            self.defaults && self.source.iter().all(|source| source.name != shipped.name)
        });
        shipped.chain(self.source.iter().cloned()).collect()
    }
}

pub(super) const ENABLED: Key = Key::new(
    "feeds.enabled",
    Kind::Bool,
    |config| Slot::Bool(&mut config.feeds.enabled),
    "Load lists and drop who is on them. Until this is set, the daemon asks nobody for anything. \
     The module `threat_feeds` switches what they do, too.",
)
.option("--load-feeds");

pub(super) const DEFAULTS: Key = Key::new(
    "feeds.defaults",
    Kind::Bool,
    |config| Slot::Bool(&mut config.feeds.defaults),
    "Whether the lists that come with Aegis are among them: spamhaus_drop, feodo and \
     firehol_level1. One of them can be set otherwise by a `source` of its name.",
);

pub(super) const MAX_DOWNLOAD_BYTES: Key = Key::new(
    "feeds.max_download_bytes",
    Kind::Number {
        least: 1_024,
        most: 1 << 30,
        unit: "bytes",
    },
    |config| Slot::Bytes(&mut config.feeds.max_download_bytes),
    "A longer list is refused.",
);

pub(super) const PROXY: Key = Key::new(
    "feeds.proxy",
    Kind::Text(Form::Proxy),
    |config| Slot::Text(&mut config.feeds.proxy),
    "Who is between this host and whoever publishes lists, and is asked to connect. \"\" is whom the \
     environment of the courier names (HTTPS_PROXY, NO_PROXY), which is also the place for one that \
     wants a password. What is fetched from this host itself goes by nobody.",
);

pub(super) const SOURCE: Key = Key::new(
    "feeds.source",
    Kind::Sources,
    |config| Slot::Sources(&mut config.feeds.source),
    "Lists of your own, each a table [[feeds.source]].",
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_takes_the_place_of_the_shipped_one_of_its_name() {
        let names = |feeds: &Feeds| -> Vec<String> {
            let sources = feeds.sources().into_iter();
            sources.map(|source| source.name).collect()
        };
        let mut feeds = Feeds::default();
        assert_eq!(names(&feeds), ["spamhaus_drop", "feodo", "firehol_level1"]);
        feeds.source = vec![Source::named("feodo"), Source::named("mine")];
        let expected = ["spamhaus_drop", "firehol_level1", "feodo", "mine"];
        assert_eq!(names(&feeds), expected);
        feeds.defaults = false;
        assert_eq!(names(&feeds), ["feodo", "mine"]);
    }
}
