// SPDX-License-Identifier: MIT
//! What an instance has in the kernel, looked at and removed without a daemon.

use crate::EngineError;
use crate::attach::remove_filter;
use crate::error::one_line;
use crate::interface::Interface;
use crate::pins::{PinnedLink, Pins};
use crate::tables::{Row, failed};
use aegis_abi::names::table;
use aegis_abi::{ABI_VERSION, Header, Hook, Scope, ScopeKey};
use aya::maps::{HashMap, Map, MapData};
use std::collections::BTreeSet;
use std::path::Path;

/// Pins of an instance, whether or not a daemon lives.
#[derive(Clone, Debug)]
pub struct Standing {
    header: Option<Header>,
    links: Vec<StandingLink>,
    pins: Pins,
}

/// A pinned link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StandingLink {
    /// The interface's name now; `None` where it is gone.
    pub interface: Option<String>,
    /// The interface's index.
    pub index: u32,
    /// Where packets are judged.
    pub hook: Hook,
    /// The link's id and the program's; `None` where the link holds nothing any more.
    pub ids: Option<(u32, u32)>,
}

impl Standing {
    /// Looks at a folder of pins; `None` where there are none.
    ///
    /// # Errors
    /// [`EngineError`] where the kernel does not tell.
    pub async fn find(pin_dir: &Path) -> Result<Option<Self>, EngineError> {
        let pins = Pins::at(pin_dir);
        if !pin_dir.exists() {
            return Ok(None);
        }
        let header = pins.header()?;
        let mut links = Vec::new();
        for link in pins.links() {
            links.push(look_at(&link).await?);
        }
        links.sort_unstable_by_key(|link| (link.index, link.hook.label()));
        let standing = Self {
            header,
            links,
            pins,
        };
        Ok(Some(standing))
    }

    /// Its links, by interface.
    #[must_use]
    pub fn links(&self) -> &[StandingLink] {
        &self.links
    }

    /// Whether any program filters.
    #[must_use]
    pub fn filters(&self) -> bool {
        self.links.iter().any(|link| link.ids.is_some())
    }

    /// Whether a daemon of this version goes on from it.
    #[must_use]
    pub fn is_ours(&self) -> bool {
        self.abi_version() == Some(ABI_VERSION) && self.filters()
    }

    /// The version of tables and programs, where it is told.
    #[must_use]
    pub fn abi_version(&self) -> Option<u32> {
        self.header.map(|header| header.abi_version)
    }

    /// The highest number of a scope group that is in use, so that a policy that is to take the
    /// place of this one names none of them.
    ///
    /// # Errors
    /// [`EngineError::Table`].
    pub fn last_group(&self) -> Result<u32, EngineError> {
        if !self.is_ours() {
            return Ok(0);
        }
        let unreadable = |error: &dyn std::error::Error| failed(table::SCOPES, one_line(error));
        let map = MapData::from_pin(self.pins.path().join(table::SCOPES));
        let map = map.map_err(|error| unreadable(&error))?;
        let map = Map::from_map_data(map).map_err(|error| unreadable(&error))?;
        let scopes: HashMap<MapData, Row<ScopeKey>, Row<Scope>> =
            map.try_into().map_err(|error| unreadable(&error))?;
        let groups = scopes
            .keys()
            .filter_map(Result::ok)
            .map(|Row(key)| key.group);
        Ok(groups.max().unwrap_or(0))
    }

    /// Detaches every program and removes every pin.
    ///
    /// # Errors
    /// [`EngineError`] naming what is left.
    pub async fn remove(self) -> Result<(), EngineError> {
        let indices = self.links.iter().map(|link| link.index).collect();
        remove(&self.pins, &indices).await
    }
}

async fn look_at(link: &PinnedLink) -> Result<StandingLink, EngineError> {
    let interface = Interface::by_index(link.index).await?;
    let state = link.state().ok().flatten();
    Ok(StandingLink {
        interface: interface.map(|interface| interface.name),
        index: link.index,
        hook: link.hook,
        ids: state.map(|state| (state.id, state.program)),
    })
}

/// Removes filters from these interfaces, and the pins whatever comes of that; the first failure is
/// told.
pub(crate) async fn remove(pins: &Pins, indices: &BTreeSet<u32>) -> Result<(), EngineError> {
    let mut outcome = Ok(());
    for &index in indices {
        outcome = outcome.and(remove_filter_at(index).await);
    }
    outcome.and(pins.remove())
}

/// Removes our filter from an interface, if it and the filter are there.
pub(crate) async fn remove_filter_at(index: u32) -> Result<(), EngineError> {
    match Interface::by_index(index).await? {
        Some(interface) => remove_filter(&interface).await.map(drop),
        None => Ok(()),
    }
}

/// Removes every filter of Aegis from the egress of every interface of this network namespace;
/// answers with the interfaces.
///
/// # Errors
/// [`EngineError`] naming the first that stays.
pub async fn remove_filters() -> Result<Vec<String>, EngineError> {
    let mut removed = Vec::new();
    for interface in Interface::all().await? {
        if remove_filter(&interface).await? {
            removed.push(interface.name);
        }
    }
    Ok(removed)
}
