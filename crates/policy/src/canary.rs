// SPDX-License-Identifier: MIT
//! Frames with a known fate: what the attached programs must do with them under a policy.
//!
//! Each is chosen so that being judged changes nothing: it begins no connection, feels for no port,
//! and is held to no rate. Most are TCP resets, which belong to no connection and prove nothing, so
//! that the packet path neither remembers nor charges who sent them, but goes all the way through
//! both legs to judge them.

mod frame;

use crate::{Policy, Standing, Target};
use aegis_abi::{Action, Flags, Hook, Link, Reason, Settings};
use aegis_core::Nanos;
use aegis_core::address::{Address, V4, V6};
use aegis_core::emit::Frame;
use aegis_core::stage::ban::Service;
use frame::{Segment, between};
use std::fmt;
use std::net::IpAddr;

/// What ends or begins within so many nanoseconds is not foretold: programs tell the time to a
/// tick, and a rehearsal takes its time.
const MARGIN: u64 = 2_000_000_000;

/// Parts of one target that are tried.
const PARTS: usize = 4;

/// Where frames are to be judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// At which hook.
    pub hook: Hook,
    /// What frames begin with.
    pub link: Link,
}

/// What becomes of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fate {
    /// What is done with it.
    pub action: Action,
    /// Why.
    pub reason: Reason,
}

/// A frame, and what must become of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Probe {
    /// In words, such as `a TCP reset of 192.0.2.1`.
    pub what: String,
    /// Whose it is, where its fate depends on that.
    pub peer: Option<IpAddr>,
    /// The bytes, from the link header on where there is one.
    pub frame: Vec<u8>,
    /// What must become of it.
    pub fate: Fate,
}

impl Fate {
    const fn drop(reason: Reason) -> Self {
        let action = Action::Drop;
        Self { action, reason }
    }

    const fn pass(reason: Reason) -> Self {
        let action = Action::Pass;
        Self { action, reason }
    }
}

impl fmt::Display for Fate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.action.label(), self.reason.label())
    }
}

/// What is enforced: the policy, the settings that were written, and the time.
#[derive(Clone, Copy, Debug)]
pub struct Enforced<'a> {
    /// Bans and allowlist.
    pub policy: &'a Policy,
    /// Switches, and until when connections are picked up.
    pub settings: &'a Settings,
    /// Now.
    pub now: Nanos,
}

impl Enforced<'_> {
    /// The frames of every rehearsal.
    #[must_use]
    pub fn usual(&self, place: Place) -> Vec<Probe> {
        let mut probes = vec![lying(place)];
        if place.link == Link::Ethernet {
            probes.push(not_ip(place));
        }
        for peer in frame::NOBODY {
            probes.extend(self.reset(peer, Segment::reset(), place));
        }
        match place.hook {
            Hook::XdpIngress => {
                probes.extend(self.reset(frame::LOOPBACK, Segment::reset(), place));
                probes.extend(self.land(place));
            }
            Hook::TcEgress => probes.extend(self.null(place)),
        }
        probes
    }

    /// The frames that show what a target's bans and allowlist entry, or their end, came to.
    #[must_use]
    pub fn of_target(&self, target: Target, place: Place) -> Vec<Probe> {
        let peer = frame::one_of(target);
        let parts = self.policy.parts(target).take(PARTS);
        let mut probes: Vec<Probe> = parts
            .filter_map(|part| self.reset(peer, Segment::of(part)?, place))
            .collect();
        if probes.is_empty() {
            probes.extend(self.reset(peer, Segment::reset(), place));
        }
        probes
    }

    /// A frame of a peer of which nothing passes because a list names it.
    #[must_use]
    pub fn of_listed(&self, peer: IpAddr, place: Place) -> Option<Probe> {
        let segment = Segment::reset();
        let free = |enforced: &Self| {
            let standing = enforced.standing(peer, segment.service());
            let free = standing == Standing::Free && !frame::is_here(peer);
            free.then_some(Fate::drop(Reason::List))
        };
        Some(Probe {
            what: format!(
                "{segment} {} {peer}, which is on a list,",
                direction(place.hook)
            ),
            peer: Some(peer),
            frame: segment.frame(peer, place),
            fate: self.steady(free)?,
        })
    }

    /// A segment of a peer, where its fate can be foretold and leaves nothing behind.
    fn reset(&self, peer: IpAddr, segment: Segment, place: Place) -> Option<Probe> {
        let fate = self.steady(|enforced| enforced.fate(peer, segment, place.hook))?;
        Some(Probe {
            what: format!("{} {} {peer}", segment, direction(place.hook)),
            peer: Some(peer),
            frame: segment.frame(peer, place),
            fate,
        })
    }

    /// A packet from an address to the same one.
    fn land(&self, place: Place) -> Option<Probe> {
        let [peer, _] = frame::NOBODY;
        let free = |enforced: &Self| {
            let standing = enforced.standing(peer, Segment::reset().service());
            (standing == Standing::Free).then_some(Fate::drop(Reason::Land))
        };
        let fate = self.steady(free)?;
        let applies = self.settings.flags.has(Flags::THREATS);
        applies.then(|| Probe {
            what: format!("a packet from {peer} to itself"),
            peer: Some(peer),
            frame: Segment::reset().layer(between(peer, peer, place)).bytes(),
            fate,
        })
    }

    /// TCP without flags. On arrival it would be charged to its source.
    fn null(&self, place: Place) -> Option<Probe> {
        let [peer, _] = frame::NOBODY;
        let free = |enforced: &Self| {
            let standing = enforced.standing(peer, Segment::reset().service());
            (standing == Standing::Free).then_some(Fate::drop(Reason::TcpNull))
        };
        let fate = self.steady(free)?;
        let applies = self.settings.flags.has(Flags::SCAN_DETECT);
        applies.then(|| Probe {
            what: format!("TCP without flags to {peer}"),
            peer: Some(peer),
            frame: Segment::Null.frame(peer, place),
            fate,
        })
    }

    /// An answer that is the same for as long as a rehearsal may take.
    fn steady<T: PartialEq>(&self, ask: impl Fn(&Self) -> Option<T>) -> Option<T> {
        let at = |now| ask(&Self { now, ..*self });
        let before = at(Nanos(self.now.0.saturating_sub(MARGIN)))?;
        let after = at(Nanos(self.now.0.saturating_add(MARGIN)))?;
        (before == after).then_some(after)
    }

    fn standing(&self, peer: IpAddr, service: Service) -> Standing {
        self.policy.standing(peer, service, self.now)
    }

    fn fate(&self, peer: IpAddr, segment: Segment, hook: Hook) -> Option<Fate> {
        if frame::is_here(peer) {
            return None;
        }
        let arrives = hook.is_ingress();
        let harmless = segment.is_reset();
        match self.standing(peer, segment.service()) {
            Standing::Banned(reason) => Some(Fate::drop(reason)),
            Standing::Allowed => harmless.then_some(Fate::pass(Reason::Allowlist)),
            Standing::Barred if arrives && segment == Segment::Syn => {
                Some(Fate::drop(Reason::BanUnsolicited))
            }
            Standing::Barred | Standing::Free if harmless => Some(match arrives {
                true => self.stray(peer),
                false => Fate::pass(Reason::Default),
            }),
            Standing::Barred | Standing::Free => None,
        }
    }

    /// A reset of no connection that arrives.
    fn stray(&self, peer: IpAddr) -> Fate {
        let flags = self.settings.flags;
        if flags.has(Flags::THREATS) && is_bogus(peer) {
            Fate::drop(Reason::BogusSource)
        } else if self.now.0 < self.settings.grace_until_ns {
            Fate::pass(Reason::PickedUp)
        } else if flags.has(Flags::CONN_TRACK) && !flags.has(Flags::LOOSE) {
            Fate::drop(Reason::TcpOutOfState)
        } else {
            Fate::pass(Reason::Untracked)
        }
    }
}

/// An IPv4 header that says it is shorter than one can be.
fn lying(place: Place) -> Probe {
    let [peer, _] = frame::NOBODY;
    let segment = Segment::reset().layer(frame::of(peer, place));
    Probe {
        what: "an IPv4 header of four words".to_owned(),
        peer: Some(peer),
        frame: segment.claiming_header_words(4).bytes(),
        fate: Fate::drop(Reason::Ipv4HeaderLength),
    }
}

/// What is not IP: without it an interface has no neighbours.
fn not_ip(place: Place) -> Probe {
    /// For local experiments (IEEE 802).
    const EXPERIMENTAL: u16 = 0x88b5;
    let frame: Frame = frame::link(place);
    Probe {
        what: "a frame that is not IP".to_owned(),
        peer: None,
        frame: frame.ethertype(EXPERIMENTAL).payload(&[0; 46]).bytes(),
        fate: Fate::pass(Reason::NotIp),
    }
}

fn direction(hook: Hook) -> &'static str {
    match hook {
        Hook::XdpIngress => "from",
        Hook::TcEgress => "to",
    }
}

fn is_bogus(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => V4::new(address.octets()).is_bogus_source(),
        IpAddr::V6(address) => V6::new(address.octets()).is_bogus_source(),
    }
}

#[cfg(test)]
mod tests;
