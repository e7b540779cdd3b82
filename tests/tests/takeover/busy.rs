// SPDX-License-Identifier: MIT
//! A host with connections that stand before anybody guards it.

use crate::talk::{Speaker, Talk};
use aegis_testbed::{Counters, Daemon, Host, Lab, Link, Result};
use aegis_tests::guarded::counters;
use aegis_tests::told::{drops, flows};
use serde_json::Value;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

/// Nothing is believed because of when it arrives: what was not taken over has to prove itself.
pub const NO_GRACE: [&str; 2] = ["--set", "attach.grace=0s"];
/// Longer than an acknowledgement may wait (`TCP_DELACK_MAX`, 200 ms).
const SETTLED: Duration = Duration::from_millis(400);

/// One connection of the host, how it should be listed, and who speaks first whenever something has
/// happened.
#[derive(Debug)]
pub struct Standing {
    pub talk: Talk,
    pub first: Speaker,
    /// Who began it, as `flows` says.
    direction: &'static str,
}

/// Over both families, begun by either side, and with either side as the first to speak.
#[derive(Debug)]
pub struct Busy {
    pub connections: Vec<Standing>,
    pub link: Link,
    pub neighbour: Host,
    pub host: Host,
    /// Owns the namespaces.
    _lab: Lab,
}

impl Busy {
    pub fn begin() -> Result<Self> {
        let lab = Lab::new()?;
        let (neighbour, host) = (lab.host("neighbour")?, lab.host("guarded")?);
        let pair = lab.veth(&neighbour, "eth0", &host, "eth0");
        let link = pair.quiet().without_offloads().up()?;
        let mut busy = Self {
            connections: Vec::new(),
            link,
            neighbour,
            host,
            _lab: lab,
        };
        for first in Speaker::BOTH {
            let (theirs, own) = (&busy.link.a, &busy.link.b);
            let families: [[IpAddr; 2]; 2] = [
                [theirs.v4().into(), own.v4().into()],
                [theirs.v6().into(), own.v6().into()],
            ];
            for [theirs, own] in families {
                for (direction, from, to, address) in [
                    ("in", &busy.neighbour, &busy.host, own),
                    ("out", &busy.host, &busy.neighbour, theirs),
                ] {
                    busy.connections.push(Standing {
                        talk: Talk::open(from, to, address)?,
                        first,
                        direction,
                    });
                }
            }
        }
        Ok(busy)
    }

    /// Guards the host, whose connections are silent.
    pub fn guard(&self, options: &[&str]) -> Result<Daemon> {
        self.settle();
        Daemon::on(&self.host, "eth0").options(options).start()
    }

    /// Waits until nothing is under way any more.
    pub fn settle(&self) {
        std::thread::sleep(SETTLED);
    }

    /// Each is listed as what it is, and not a packet of it has been seen.
    #[track_caller]
    pub fn are_known_before_they_speak(&self, daemon: &Daemon) -> Result<()> {
        let list = flows(daemon, &["--state", "established"])?;
        assert_eq!(list.len(), self.connections.len(), "{list:?}");
        for standing in &self.connections {
            let ends = standing.seen_from_here();
            is_listed(&list, ends, standing.direction, Packets::None);
        }
        Ok(())
    }

    /// Each goes on; the daemon knew every packet of it, and refused none.
    #[track_caller]
    pub fn go_on_as_known(&self, daemon: &Daemon) -> Result<()> {
        self.go_on();
        for standing in &self.connections {
            let list = flows(daemon, &["--state", "established"])?;
            let ends = standing.seen_from_here();
            is_listed(&list, ends, standing.direction, Packets::Some);
        }
        nothing_is_refused(daemon)?;
        assert_eq!(picked_up(&counters(daemon)?), 0);
        Ok(())
    }

    /// Each goes on, whoever guards it or nobody.
    #[track_caller]
    pub fn go_on(&self) {
        for standing in &self.connections {
            standing.talk.goes_on(standing.first);
        }
    }

    /// Each comes to the end that its sides give it.
    #[track_caller]
    pub fn end_well(self) {
        for standing in self.connections {
            standing.talk.ends_well();
        }
    }
}

impl Standing {
    /// The peer's end, then this host's.
    fn seen_from_here(&self) -> [SocketAddr; 2] {
        let [client, server] = self.talk.ends();
        match self.direction {
            "in" => [client, server],
            _ => [server, client],
        }
    }
}

/// What was seen of a connection, each way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Packets {
    None,
    Some,
}

/// There is one connection with these ends, begun by that side.
#[track_caller]
pub fn is_listed(list: &[Value], ends: [SocketAddr; 2], direction: &str, packets: Packets) {
    let [peer, local] = ends;
    let id = format!("tcp/{peer}/{local}");
    let named: Vec<&Value> = list.iter().filter(|flow| flow["id"] == *id).collect();
    let [flow] = &named[..] else {
        panic!("{id} is not there once: {list:?}")
    };
    assert_eq!(flow["direction"], direction, "{flow}");
    for way in ["received", "sent"] {
        let seen = flow[way]["packets"].as_u64().expect("it is a number") > 0;
        assert_eq!(seen, packets == Packets::Some, "{flow}");
    }
}

#[track_caller]
pub fn nothing_is_refused(daemon: &Daemon) -> Result<()> {
    assert_eq!(drops(daemon)?, [].into());
    Ok(())
}

/// Packets that passed although their connection was not known.
pub fn picked_up(counters: &Counters) -> u64 {
    let named = counters.iter();
    let picked_up = named.filter(|(name, _)| name.ends_with("/picked_up"));
    picked_up.map(|(_, count)| count).sum()
}
