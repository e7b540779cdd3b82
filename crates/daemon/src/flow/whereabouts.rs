// SPDX-License-Identifier: MIT
//! Where peers are, for one question about very many: each address is looked up once, and only where
//! somebody asks; each record of a database is read once.

use crate::geo;
use aegis_api::Place;
use aegis_lists::geo::{Atlas, Country, Records};
use hashbrown::HashMap;
use std::cell::OnceCell;
use std::net::IpAddr;
use std::rc::Rc;
use std::sync::Arc;

/// What is known of where somebody is.
#[derive(Debug, Default)]
pub struct Spot {
    /// In answers; `None` where there is no database.
    pub place: Option<Place>,
    /// Its country.
    pub country: Option<Country>,
    /// The number of its autonomous system.
    pub asn: Option<u32>,
    text: OnceCell<String>,
}

impl Spot {
    fn of(atlas: &Atlas, address: IpAddr) -> Self {
        let place = atlas.place(address);
        Self {
            country: place.country,
            asn: place.asn.map(|asn| asn.0),
            place: Some(geo::told(&place)),
            text: OnceCell::new(),
        }
    }

    /// Everything that is shown of it, in lower case.
    pub fn text(&self) -> &str {
        let text = || match &self.place {
            Some(place) => place.at_length().to_lowercase(),
            None => String::new(),
        };
        self.text.get_or_init(text)
    }
}

/// What was looked up so far.
#[derive(Debug)]
pub struct Whereabouts {
    atlas: Option<Arc<Atlas>>,
    of: HashMap<IpAddr, Rc<Spot>>,
    read: HashMap<Records, Rc<Spot>>,
    nowhere: Rc<Spot>,
}

impl Whereabouts {
    /// Of the atlas of this process.
    pub fn new() -> Self {
        Self::in_atlas(geo::atlas())
    }

    /// Of an atlas, if there is any.
    pub fn in_atlas(atlas: Option<Arc<Atlas>>) -> Self {
        Self {
            atlas: atlas.filter(|atlas| !atlas.is_empty()),
            of: HashMap::new(),
            read: HashMap::new(),
            nowhere: Rc::default(),
        }
    }

    /// Where an address is.
    pub fn of(&mut self, address: IpAddr) -> Rc<Spot> {
        let Some(atlas) = &self.atlas else {
            return Rc::clone(&self.nowhere);
        };
        if let Some(spot) = self.of.get(&address) {
            return Rc::clone(spot);
        }
        let read = || Rc::new(Spot::of(atlas, address));
        let spot = match atlas.records(address) {
            Some(records) => Rc::clone(self.read.entry(records).or_insert_with(read)),
            None => read(),
        };
        self.of.insert(address, Rc::clone(&spot));
        spot
    }
}
