// SPDX-License-Identifier: MIT
//! Which connections are meant.

use super::{ends, write_id};
use crate::ban;
use crate::flow::whereabouts::Whereabouts;
use aegis_abi::Origin;
use aegis_api::{ApiError, ErrorCode, FlowFilter};
use aegis_engine::{FlowEntry, FlowState};
use aegis_lists::geo::{Asn, Country};
use aegis_policy::Protocol;
use ipnet::IpNet;
use std::net::{IpAddr, SocketAddr};

/// A filter that makes sense. What is empty lets everything through.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    states: Vec<FlowState>,
    protocols: Vec<u8>,
    source: Option<IpNet>,
    destination: Option<IpNet>,
    peer: Option<IpNet>,
    port: Option<u16>,
    origin: Option<Origin>,
    countries: Vec<Country>,
    systems: Vec<u32>,
    /// In lower case.
    words: Vec<String>,
}

impl Filter {
    /// What was asked for.
    pub fn parse(asked: &FlowFilter) -> Result<Self, ApiError> {
        let net = |text: &Option<String>| -> Result<Option<IpNet>, ApiError> {
            let target = text.as_deref().map(ban::target).transpose()?;
            Ok(target.map(aegis_policy::Target::net))
        };
        let words = asked.text.iter().flat_map(|text| text.split_whitespace());
        Ok(Self {
            states: several(&asked.state, states)?.concat(),
            protocols: several(&asked.proto, protocol)?,
            source: net(&asked.src)?,
            destination: net(&asked.dst)?,
            peer: net(&asked.peer)?,
            port: asked.port,
            origin: asked.direction.as_deref().map(origin).transpose()?,
            countries: several(&asked.country, country)?,
            systems: several(&asked.asn, system)?,
            words: words.map(str::to_lowercase).collect(),
        })
    }

    /// Whether it lets everything through.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Whether a connection agrees. What costs least is asked first.
    pub fn matches(&self, entry: &FlowEntry, whereabouts: &mut Whereabouts) -> bool {
        let tuple = &entry.tuple;
        let Some((peer, local)) = ends(tuple) else {
            return false;
        };
        among(&self.states, &entry.state)
            && among(&self.protocols, &tuple.protocol)
            && self.origin.is_none_or(|origin| origin == entry.origin)
            && self
                .port
                .is_none_or(|port| port == tuple.peer_port || port == tuple.local_port)
            && self.is_between(entry.origin, peer, local)
            && self.is_there(peer.ip(), whereabouts)
            && self.is_shown(entry, whereabouts)
    }

    fn is_between(&self, origin: Origin, peer: SocketAddr, local: SocketAddr) -> bool {
        let (source, destination) = match origin {
            Origin::Local => (local, peer),
            Origin::Peer | Origin::Unknown => (peer, local),
        };
        let inside =
            |net: Option<IpNet>, end: SocketAddr| net.is_none_or(|net| net.contains(&end.ip()));
        inside(self.source, source)
            && inside(self.destination, destination)
            && inside(self.peer, peer)
    }

    fn is_there(&self, peer: IpAddr, whereabouts: &mut Whereabouts) -> bool {
        if self.countries.is_empty() && self.systems.is_empty() {
            return true;
        }
        let spot = whereabouts.of(peer);
        let country = spot.country.is_some_and(|it| self.countries.contains(&it));
        let system = spot.asn.is_some_and(|it| self.systems.contains(&it));
        (country || self.countries.is_empty()) && (system || self.systems.is_empty())
    }

    fn is_shown(&self, entry: &FlowEntry, whereabouts: &mut Whereabouts) -> bool {
        if self.words.is_empty() {
            return true;
        }
        let mut id = String::with_capacity(96);
        write_id(&mut id, entry);
        let mut missing = self.words.iter().filter(|word| !id.contains(&**word));
        let Some(first) = missing.next() else {
            return true;
        };
        let Some((peer, _)) = ends(&entry.tuple) else {
            return false;
        };
        let spot = whereabouts.of(peer.ip());
        let text = spot.text();
        text.contains(&**first) && missing.all(|word| text.contains(&**word))
    }
}

fn among<T: PartialEq>(wanted: &[T], found: &T) -> bool {
    wanted.is_empty() || wanted.contains(found)
}

/// What stands between commas.
fn several<T>(
    text: &Option<String>,
    one: impl Fn(&str) -> Result<T, ApiError>,
) -> Result<Vec<T>, ApiError> {
    let parts = text.iter().flat_map(|text| text.split(','));
    parts.map(|part| one(part.trim())).collect()
}

fn refused(message: String, next: String) -> ApiError {
    ApiError::new(ErrorCode::InvalidRequest, message).next(next)
}

/// Every state that begins like that.
fn states(text: &str) -> Result<Vec<FlowState>, ApiError> {
    let wanted = text.to_ascii_lowercase().replace('-', "_");
    let all = FlowState::ALL.iter().copied();
    let begins = |state: &FlowState| !wanted.is_empty() && state.label().starts_with(&wanted);
    let found: Vec<FlowState> = all.filter(begins).collect();
    if !found.is_empty() {
        return Ok(found);
    }
    let known: Vec<&str> = FlowState::ALL.iter().map(|state| state.label()).collect();
    let next = format!("choose one of {}, or its beginning", known.join(", "));
    Err(refused(format!("no connection is ever {text:?}"), next))
}

fn protocol(text: &str) -> Result<u8, ApiError> {
    let protocol = text.parse::<Protocol>();
    let protocol = protocol.map_err(|error| crate::error::from_parse(&error))?;
    Ok(protocol.number())
}

fn origin(text: &str) -> Result<Origin, ApiError> {
    let all = [Origin::Peer, Origin::Local, Origin::Unknown];
    let found = all.into_iter().find(|origin| origin.label() == text);
    found.ok_or_else(|| {
        let next = "choose in, out or unknown".to_owned();
        refused(format!("{text:?} is no direction"), next)
    })
}

fn country(text: &str) -> Result<Country, ApiError> {
    Country::of_letters(text).ok_or_else(|| {
        let next = match Country::nearest(text) {
            Some((country, name)) => format!("{name} is {}", country.code()),
            None => "write the two letters of ISO 3166-1, such as DE".to_owned(),
        };
        refused(format!("{text:?} is no country"), next)
    })
}

fn system(text: &str) -> Result<u32, ApiError> {
    let Asn(number) = text.parse().map_err(|()| {
        let next = "write its number, such as AS4134".to_owned();
        refused(format!("{text:?} is no autonomous system"), next)
    })?;
    Ok(number)
}
