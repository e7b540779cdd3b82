// SPDX-License-Identifier: MIT
//! Databases read and made into sets, beside the owner: it takes a second.

use super::open;
use aegis_abi::SetAction;
use aegis_lists::geo::{Atlas, GeoError, PlaceClasses, PlaceMap, Surroundings};
use aegis_lists::image::{Image, ImageError, places_v4, places_v6};
use aegis_policy::GeoPolicy;
use aegis_policy::config::Geo;
use ipnet::IpNet;
use std::collections::BTreeSet;
use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// What is to be read, and what to make of it.
#[derive(Clone, Debug)]
pub(crate) struct Survey {
    /// Which databases.
    pub(crate) config: Geo,
    /// Where they are looked for.
    pub(crate) state: PathBuf,
    /// Likewise.
    pub(crate) others: Vec<PathBuf>,
    /// What is let through; `None`: no set is made.
    pub(crate) policy: Option<GeoPolicy>,
    /// Who always is.
    pub(crate) exempt: BTreeSet<IpAddr>,
    /// Classes so far.
    pub(crate) classes: PlaceClasses,
}

/// What came of it.
#[derive(Debug)]
pub(crate) struct Chart {
    /// The databases.
    pub(crate) atlas: Arc<Atlas>,
    /// Classes, those of before among them.
    pub(crate) classes: PlaceClasses,
    /// The sets, if any were wanted.
    pub(crate) sets: Option<Sets>,
    /// How long it took.
    pub(crate) took: Duration,
}

/// The sets of both families.
#[derive(Debug)]
pub(crate) struct Sets {
    pub(crate) v4: Image,
    pub(crate) v6: Image,
    pub(crate) extent: Extent,
}

/// What sets are of.
#[derive(Clone, Debug, Default)]
pub(crate) struct Extent {
    /// Pieces of IPv4 and of IPv6.
    pub(crate) pieces: (usize, usize),
    /// The same by number of the class.
    pub(crate) ranges: Vec<Ranges>,
    /// Whom they leave out.
    pub(crate) exempt: BTreeSet<IpAddr>,
}

/// Pieces of one class.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Ranges {
    pub(crate) v4: u32,
    pub(crate) v6: u32,
}

/// Why there is no chart.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ChartError {
    #[error(transparent)]
    Database(#[from] GeoError),
    #[error("places do not fit into the kernel: {0}")]
    Image(#[from] ImageError),
    #[error("the thread that read databases of places has ended")]
    Ended,
}

impl Survey {
    /// Does it, on a thread that may take its time.
    pub(crate) async fn made(self) -> Result<Chart, ChartError> {
        let surroundings = super::surroundings().await;
        let work = move || self.made_here(surroundings);
        let done = tokio::task::spawn_blocking(work).await;
        done.unwrap_or(Err(ChartError::Ended))
    }

    fn made_here(self, surroundings: Surroundings) -> Result<Chart, ChartError> {
        let begun = Instant::now();
        let atlas = open(&self.config, &self.state, &self.others)?;
        let atlas = Arc::new(atlas.in_surroundings(surroundings));
        let mut classes = self.classes;
        let sets = match self.policy {
            None => None,
            Some(policy) => Some(sets(&atlas, (&policy, self.exempt), &mut classes)?),
        };
        Ok(Chart {
            atlas,
            classes,
            sets,
            took: begun.elapsed(),
        })
    }
}

fn sets(
    atlas: &Atlas,
    (policy, exempt): (&GeoPolicy, BTreeSet<IpAddr>),
    classes: &mut PlaceClasses,
) -> Result<Sets, ImageError> {
    let nets: Vec<IpNet> = exempt.iter().map(|&address| IpNet::from(address)).collect();
    let map = PlaceMap::of(atlas, &nets, classes);
    let action = |class| {
        let location = classes.location(class);
        location.map_or(SetAction::NONE, |location| policy.action(location))
    };
    Ok(Sets {
        v4: places_v4(&map.v4, action)?,
        v6: places_v6(&map.v6, action)?,
        extent: Extent {
            pieces: (map.v4.len(), map.v6.len()),
            ranges: ranges(&map, classes.len()),
            exempt,
        },
    })
}

/// How many pieces each class has; classes are numbered from 1 on.
fn ranges(map: &PlaceMap, classes: usize) -> Vec<Ranges> {
    let mut ranges = vec![Ranges::default(); classes + 1];
    for piece in &map.v4 {
        ranges[piece.class.0 as usize].v4 += 1;
    }
    for piece in &map.v6 {
        ranges[piece.class.0 as usize].v6 += 1;
    }
    ranges
}
