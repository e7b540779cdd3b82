// SPDX-License-Identifier: MIT
//! Which connections are meant.

use super::{Stand, ends, write_id};
use crate::ban;
use crate::flow::whereabouts::Whereabouts;
use aegis_abi::{Origin, Tuple};
use aegis_api::filter::{Choice, PortRange, Text};
use aegis_api::{ApiError, ErrorCode, FlowFilter};
use aegis_engine::{FlowEntry, FlowState};
use aegis_lists::geo::{Asn, Country};
use aegis_policy::Protocol;
use hashbrown::HashSet;
use ipnet::IpNet;
use std::net::{IpAddr, SocketAddr};

/// A filter that makes sense. What is empty lets everything through.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    states: Choice<Vec<FlowState>>,
    protocols: Choice<u8>,
    sources: Choice<IpNet>,
    destinations: Choice<IpNet>,
    peers: Choice<IpNet>,
    ports: Choice<PortRange>,
    origins: Choice<Vec<Origin>>,
    countries: Choice<Country>,
    systems: Choice<u32>,
    /// Beginnings of words for what becomes of it, in lower case.
    verdicts: Choice<String>,
    /// In lower case.
    texts: Vec<Text>,
    /// Once that was looked up, those of which the verdict is one of these.
    judged: Option<HashSet<Tuple>>,
}

impl Filter {
    /// What was asked for.
    pub fn parse(asked: &FlowFilter) -> Result<Self, ApiError> {
        let words = asked.text.as_deref().unwrap_or_default();
        let texts = Text::read_all(words)
            .map_err(|error| refused(error.to_string(), "write words with blanks between them"))?;
        Ok(Self {
            states: several(&asked.state, states)?,
            protocols: several(&asked.proto, protocol)?,
            sources: several(&asked.src, net)?,
            destinations: several(&asked.dst, net)?,
            peers: several(&asked.peer, net)?,
            ports: several(&asked.port, ports)?,
            origins: several(&asked.direction, origins)?,
            countries: several(&asked.country, country)?,
            systems: several(&asked.asn, system)?,
            verdicts: several(&asked.verdict, verdict)?,
            texts: texts.into_iter().map(lower).collect(),
            judged: None,
        })
    }

    /// Whether it lets everything through.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Whether it takes to know how connections stand.
    pub fn needs_standing(&self) -> bool {
        !self.verdicts.is_empty()
    }

    /// The same, of connections that agree but for how they stand, and how each of them does.
    pub fn judged(mut self, flows: &[FlowEntry], stands: &[Stand]) -> Self {
        let stands = flows.iter().zip(stands);
        let agreeing = stands.filter(|(_, stand)| {
            let words = [stand.verdict(), stand.standing.label()];
            self.verdicts.admits(|verdict| {
                let is_whole = FlowFilter::VERDICTS.contains(&verdict.as_str());
                let mut words = words.iter();
                // `banned` is a word, and the beginning of another.
                words.any(|word| word == verdict || !is_whole && word.starts_with(&**verdict))
            })
        });
        self.judged = Some(agreeing.map(|(flow, _)| flow.tuple).collect());
        self
    }

    /// Whether a connection agrees. What costs least is asked first.
    pub fn matches(&self, entry: &FlowEntry, whereabouts: &mut Whereabouts) -> bool {
        let tuple = &entry.tuple;
        let Some((peer, local)) = ends(tuple) else {
            return false;
        };
        let is_at =
            |ports: &PortRange| ports.contains(tuple.peer_port) || ports.contains(tuple.local_port);
        self.states.admits(|states| states.contains(&entry.state))
            && self.protocols.admits(|&number| number == tuple.protocol)
            && self
                .origins
                .admits(|origins| origins.contains(&entry.origin))
            && self.ports.admits(is_at)
            && self
                .judged
                .as_ref()
                .is_none_or(|judged| judged.contains(tuple))
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
            |nets: &Choice<IpNet>, end: SocketAddr| nets.admits(|net| net.contains(&end.ip()));
        inside(&self.sources, source)
            && inside(&self.destinations, destination)
            && inside(&self.peers, peer)
    }

    fn is_there(&self, peer: IpAddr, whereabouts: &mut Whereabouts) -> bool {
        if self.countries.is_empty() && self.systems.is_empty() {
            return true;
        }
        let spot = whereabouts.of(peer);
        self.countries
            .admits(|&country| spot.country == Some(country))
            && self.systems.admits(|&system| spot.asn == Some(system))
    }

    fn is_shown(&self, entry: &FlowEntry, whereabouts: &mut Whereabouts) -> bool {
        if self.texts.is_empty() {
            return true;
        }
        let mut id = String::with_capacity(96);
        write_id(&mut id, entry);
        let (in_id, others): (Vec<&Text>, Vec<&Text>) =
            self.texts.iter().partition(|text| id.contains(&*text.text));
        if others.is_empty() || in_id.iter().any(|text| text.excludes) {
            return in_id.iter().all(|text| !text.excludes);
        }
        let Some((peer, _)) = ends(&entry.tuple) else {
            return false;
        };
        let spot = whereabouts.of(peer.ip());
        let shown = spot.text();
        others
            .iter()
            .all(|text| text.agrees(shown.contains(&*text.text)))
    }
}

fn lower(text: Text) -> Text {
    Text {
        text: text.text.to_lowercase(),
        ..text
    }
}

/// What stands between commas.
fn several<T>(
    text: &Option<String>,
    one: impl Fn(&str) -> Result<T, ApiError>,
) -> Result<Choice<T>, ApiError> {
    let Some(text) = text else {
        return Ok(Choice::default());
    };
    let choice = Choice::from(&**text);
    if choice.is_empty() {
        let next = "give a value, or leave it out";
        return Err(refused(format!("{text:?} is no value"), next));
    }
    choice.try_map(|value| one(value))
}

fn refused(message: impl Into<String>, next: impl Into<String>) -> ApiError {
    ApiError::new(ErrorCode::InvalidRequest, message.into()).next(next.into())
}

fn net(text: &str) -> Result<IpNet, ApiError> {
    ban::target(text).map(aegis_policy::Target::net)
}

fn ports(text: &str) -> Result<PortRange, ApiError> {
    let ports = text.parse::<PortRange>();
    ports.map_err(|next| refused(format!("{text:?} is no port"), next))
}

/// Every word that begins like that.
fn beginning<T: Copy>(
    text: &str,
    all: &[T],
    (label, what): (impl Fn(T) -> &'static str, &str),
) -> Result<Vec<T>, ApiError> {
    let wanted = text.to_ascii_lowercase().replace('-', "_");
    let begins = |&one: &T| label(one).starts_with(&wanted);
    let found: Vec<T> = all.iter().copied().filter(begins).collect();
    if !found.is_empty() {
        return Ok(found);
    }
    let known: Vec<&str> = all.iter().map(|&one| label(one)).collect();
    let next = format!(
        "choose one of these, or its beginning: {}",
        known.join(", ")
    );
    Err(refused(format!("{text:?} is no {what}"), next))
}

fn states(text: &str) -> Result<Vec<FlowState>, ApiError> {
    beginning(
        text,
        FlowState::ALL,
        (FlowState::label, "state of a connection"),
    )
}

fn origins(text: &str) -> Result<Vec<Origin>, ApiError> {
    let all = [Origin::Peer, Origin::Local, Origin::Unknown];
    beginning(text, &all, (Origin::label, "direction"))
}

fn verdict(text: &str) -> Result<String, ApiError> {
    let all = FlowFilter::VERDICTS;
    beginning(text, all, (|word| word, "verdict"))?;
    Ok(text.to_ascii_lowercase().replace('-', "_"))
}

fn protocol(text: &str) -> Result<u8, ApiError> {
    let protocol = text.parse::<Protocol>();
    let protocol = protocol.map_err(|error| crate::error::from_parse(&error))?;
    Ok(protocol.number())
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
