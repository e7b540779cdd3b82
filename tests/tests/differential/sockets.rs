// SPDX-License-Identifier: MIT
//! What the host's own sockets vouch for: real ones, of which the host model is told.

use super::conversations::{SECOND, has_counted, tight};
use super::site;
use aegis_abi::{Flags, Link, Reason, Settings, StateCounter};
use aegis_core::Site;
use aegis_core::tables::Socket;
use aegis_engine::rig::Runnable;
use aegis_testbed::{Lab, Need, require};
use aegis_tests::conversation::{Ends, Seen, Who};
use aegis_tests::pair::Pair;
use aegis_tests::random::Random;
use aegis_tests::scenario::Scenario;
use anyhow::{Context as _, Result};
use std::io::Read as _;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener, TcpStream, UdpSocket};

const FRAMES: usize = 3_000;
const TCP: u8 = 6;
const UDP: u8 = 17;
/// DNS: an amplifier.
const ANSWERS: u16 = 53;
const FLAGS: [u16; 8] = [0x10, 0x10, 0x18, 0x11, 0x04, 0x14, 0x02, 0x12];

/// Sockets, and what is to be said of packets to them.
#[derive(Default)]
struct Sockets {
    listeners: Vec<TcpListener>,
    streams: Vec<TcpStream>,
    datagrams: Vec<UdpSocket>,
    known: Vec<(Ends, u8, Socket)>,
}

fn ends(peer: SocketAddr, local: SocketAddr) -> Ends {
    Ends {
        link: Link::Ethernet,
        peer: peer.ip(),
        local: local.ip(),
        peer_port: peer.port(),
        local_port: local.port(),
    }
}

impl Sockets {
    fn open() -> Result<Self> {
        let mut sockets = Self::default();
        for address in [Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()] {
            let listener = TcpListener::bind(SocketAddr::new(address, 0))?;
            for _ in 0..3 {
                sockets.connect(&listener)?;
            }
            sockets.part(&listener)?;
            let waiting = UdpSocket::bind(SocketAddr::new(address, 0))?;
            let answers = SocketAddr::new(address, ANSWERS);
            let (awaited, unheard) = (waiting.local_addr()?, SocketAddr::new(address, 2_000));
            sockets.know(ends(answers, awaited), UDP, Socket::Connected);
            sockets.know(ends(answers, unheard), UDP, Socket::None);
            let stranger = SocketAddr::new(address, 1_025);
            sockets.know(
                ends(stranger, listener.local_addr()?),
                TCP,
                Socket::Listening,
            );
            sockets.know(ends(stranger, unheard), TCP, Socket::None);
            sockets.listeners.push(listener);
            sockets.datagrams.push(waiting);
        }
        Ok(sockets)
    }

    fn know(&mut self, ends: Ends, protocol: u8, socket: Socket) {
        self.known.push((ends, protocol, socket));
    }

    /// A connection, whose two ends are sockets of this host.
    fn connect(&mut self, listener: &TcpListener) -> Result<()> {
        let client = TcpStream::connect(listener.local_addr()?)?;
        let (server, peer) = listener.accept()?;
        let local = server.local_addr()?;
        self.know(ends(peer, local), TCP, Socket::Connected);
        self.know(ends(local, peer), TCP, Socket::Connected);
        self.streams.extend([client, server]);
        Ok(())
    }

    /// A connection that is over: the end that closed first remembers it for a minute.
    fn part(&mut self, listener: &TcpListener) -> Result<()> {
        let client = TcpStream::connect(listener.local_addr()?)?;
        let (mut server, peer) = listener.accept()?;
        let local = server.local_addr()?;
        drop(client);
        server.read_to_end(&mut Vec::new())?;
        drop(server);
        self.know(ends(local, peer), TCP, Socket::Unproven);
        Ok(())
    }
}

fn some(known: &(Ends, u8, Socket), random: &mut Random) -> Seen {
    let (ends, protocol, _) = known;
    let who = random.one_of(&[Who::Peer, Who::Peer, Who::Peer, Who::Local]);
    let number = random.one_of(&[1, 1, 2, 1 << 20, 1 << 30]);
    match *protocol {
        UDP => ends.datagram(who, 30),
        _ => ends.segment(who, random.one_of(&FLAGS), (number, number), 0),
    }
}

fn compare(flags: Flags, seed: u64) -> Result<Pair> {
    let sockets = Sockets::open().context("sockets of the test")?;
    let mut scenario = Scenario::default();
    for (ends, protocol, socket) in &sockets.known {
        scenario.tables = scenario.tables.socket_of(ends.tuple(*protocol), *socket);
    }
    let settings = Settings {
        flags: tight().flags.with(flags),
        ..tight()
    };
    let site = Site {
        loopback: true,
        ..site(Runnable::Ingress, Link::Ethernet)
    };
    let mut pair = Pair::load(Runnable::Ingress, site, settings, scenario)?;
    let mut random = Random::new(seed);
    for number in 0..FRAMES {
        let known = &sockets.known[random.below(sockets.known.len())];
        let ahead = random.one_of(&[0, 0, SECOND / 100, SECOND, 40 * SECOND, 300 * SECOND]);
        let met = pair.meet(&some(known, &mut random), ahead);
        met.with_context(|| format!("frame {number} of seed {seed}, {known:?}"))?;
    }
    pair.compare_memory()?;
    Ok(pair)
}

#[test]
fn what_sockets_vouch_for_is_judged_alike() -> Result<()> {
    require!(Need::Root);
    let lab = Lab::new()?;
    let host = lab.host("sockets")?;
    for (flags, usual_seed) in [(Flags::default(), 50), (Flags::LOOSE, 51)] {
        let seed = Random::seed(usual_seed);
        let pair = host.enter(|| compare(flags, seed))??;
        let adopted = has_counted(pair.host(), StateCounter::SocketsAdopted);
        assert!(adopted > 30, "{adopted} taken over");
        assert!(pair.reasons().contains(&Reason::PickedUp));
    }
    Ok(())
}
