// SPDX-License-Identifier: MIT
//! Connections that stand when a policy of places comes, and those that the host begins.

use super::placed::{PASSED, PATIENCE, Placed, published};
use aegis_testbed::{Counters, Host, Link, Need, Process, Result, require};
use std::io::{ErrorKind, Read, Write};
use std::net::{IpAddr, SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::time::{Duration, Instant};

/// A connection between two ends of the link.
struct Connection {
    near: TcpStream,
    far: TcpStream,
    _listener: TcpListener,
}

impl Connection {
    /// Begun by the peer, from an address that it has.
    fn from(link: &Link, source: &str, port: u16) -> Result<Self> {
        let (peer, host) = (link.a.host(), link.b.host());
        let source: IpAddr = source.parse().expect("an address");
        let here: IpAddr = link.b.v4().into();
        let listener = host
            .enter(|| TcpListener::bind((here, port)))?
            .expect("the port is free");
        let route = [format!("{here}/32"), source.to_string()];
        peer.ip(&[
            "route", "replace", &route[0], "dev", "eth0", "src", &route[1],
        ])?;
        let near = peer.connect(SocketAddr::new(here, port), PATIENCE)?;
        let (far, from) = listener.accept().expect("somebody connects");
        assert_eq!(from.ip(), source);
        Ok(Self {
            near,
            far,
            _listener: listener,
        })
    }

    /// Whether the peer is heard.
    fn is_alive(&mut self) -> bool {
        let mut heard = [0; 4];
        self.far
            .set_read_timeout(Some(Duration::from_millis(700)))
            .expect("it is a socket");
        if self.near.write_all(b"ping").is_err() {
            return false;
        }
        match self.far.read_exact(&mut heard) {
            Ok(()) => true,
            Err(error) => {
                let quiet = [
                    ErrorKind::WouldBlock,
                    ErrorKind::TimedOut,
                    ErrorKind::UnexpectedEof,
                ];
                let reset = error.kind() == ErrorKind::ConnectionReset;
                assert!(reset || quiet.contains(&error.kind()), "{error}");
                false
            }
        }
    }

    /// The shell of a login session over this connection, as sshd makes one.
    fn shell(&self, host: &Host) -> Result<Process> {
        let ends = [self.far.peer_addr(), self.far.local_addr()];
        let [peer, own] = ends.map(|end| end.expect("it is connected"));
        let mut shell = host.command("sleep", &["300"])?;
        let variable = format!("{} {} {} {}", peer.ip(), peer.port(), own.ip(), own.port());
        shell.env("SSH_CONNECTION", variable);
        Process::start(shell)
    }
}

/// Peers in China, one of which administers the host, and the way back to them.
fn peers(link: &Link) -> Result<()> {
    for address in ["81.2.69.7/32", "81.2.69.8/32", "81.2.69.9/32"] {
        link.a.host().add_address("eth0", address)?;
    }
    let gateway = link.a.v4().to_string();
    link.b
        .host()
        .ip(&["route", "add", "81.2.69.0/24", "via", &gateway])?;
    // Its gateways are in Sweden.
    for (net, gateway) in [
        ("198.18.0.0/15", "89.160.1.1"),
        ("2001:2::/48", "2a02:101::1"),
    ] {
        link.b
            .host()
            .ip(&["route", "add", net, "via", gateway, "dev", "eth0", "onlink"])?;
    }
    Ok(())
}

#[test]
fn connections_that_stand_end_but_for_those_of_whom_the_host_needs() -> Result<()> {
    require!(Need::Root, Need::AegisCli);
    let placed = Placed::start("preload = true\nblock = [\"SE\"]\n", peers)?;
    // Nor does a start cut off whom the host needs, not even for a moment.
    placed.arriving("89.160.1.1", PASSED)?;
    placed.arriving("2a02:101::1", PASSED)?;
    placed.arriving("89.160.1.2", "place")?;
    let link = &placed.lab.link;
    let mut admin = Connection::from(link, "81.2.69.8", 22)?;
    let _shell = admin.shell(link.b.host())?;
    nobody_locks_themselves_out(&placed)?;
    assert!(admin.is_alive(), "it was spared");
    let mut stranger = Connection::from(link, "81.2.69.7", 8_001)?;
    // A connection that the host begins, to where it still may.
    let begun_here = begun_by_the_host(link)?;
    let answer = placed.reload("block = [\"CN\"]\n")?;
    let notes = answer["notes"].to_string();
    assert!(
        notes.contains("81.2.69.8") && notes.contains("administrator"),
        "{answer:#}"
    );
    let begun = Instant::now();
    while stranger.is_alive() {
        assert!(begun.elapsed() < PATIENCE, "it was begun by who is blocked");
    }
    assert!(admin.is_alive(), "{answer:#}");
    let (mut near, mut far) = begun_here;
    near.write_all(b"x").expect("it stands");
    far.set_read_timeout(Some(PATIENCE))
        .expect("it is a socket");
    far.read_exact(&mut [0])
        .expect("what the host begins is not what `in` is about");
    // Both ways, that ends too; and nothing departs.
    placed.reload("block = [\"CN\"]\ndirection = \"both\"\n")?;
    assert!(admin.is_alive(), "the host needs it");
    far.set_read_timeout(Some(Duration::from_millis(700)))
        .expect("it is a socket");
    let killed = "tc_egress/ipv4/flow_killed";
    let dropped = |counters: &Counters| *counters.get(killed).unwrap_or(&0);
    let before = dropped(&placed.lab.counters()?);
    near.write_all(b"y").expect("the socket takes it");
    assert!(
        far.read_exact(&mut [0]).is_err(),
        "nothing departs to who is blocked"
    );
    let counters = placed.lab.counters()?;
    assert!(dropped(&counters) > before, "{counters:#?}");
    Ok(())
}

/// What administers the host comes from there; the file's way tells so, and spares only that session.
fn nobody_locks_themselves_out(placed: &Placed) -> Result<()> {
    let refused = placed.lab.daemon.cli(&["geo", "block", "CN"])?;
    assert_eq!(refused.code(), Some(4), "{refused:?}");
    for words in ["81.2.69.8 (CN)", "administrator", "--force"] {
        assert!(refused.stderr.contains(words), "{words}: {refused:?}");
    }
    placed.arriving("81.2.69.30", PASSED)?;
    // What the host begins is not what lets them in.
    placed.lab.cli(&["geo", "block", "CN", "--egress"])?;
    placed.lab.cli(&["geo", "unblock", "CN"])?;
    let forced = placed
        .lab
        .daemon
        .json(&["geo", "block", "CN", "--force", "--ingress"])?;
    assert!(
        forced["notes"].to_string().contains("81.2.69.8"),
        "{forced:#}"
    );
    placed.lab.cli(&["geo", "unblock", "CN"]).map(drop)
}

fn begun_by_the_host(link: &Link) -> Result<(TcpStream, TcpStream)> {
    let to: SocketAddr = "81.2.69.9:8002".parse().expect("an end");
    let listener = link
        .a
        .host()
        .enter(|| TcpListener::bind(to))?
        .expect("the port is free");
    let near = link.b.host().connect(to, PATIENCE)?;
    let (far, _) = listener.accept().expect("the host connects");
    Ok((near, far))
}

#[test]
fn what_the_host_begins_is_kept_in_by_databases_that_the_daemon_has_fetched() -> Result<()> {
    require!(Need::Root, Need::AegisCli);
    let policy = "block = [\"CN\"]\ndirection = \"out\"\n";
    let placed = Placed::with(published, policy, |link| {
        peers(link)?;
        let address = ["2a02:100::9/128", "2a02:101::9/128"];
        address
            .iter()
            .try_for_each(|address| link.a.host().add_address("eth0", address))?;
        link.b
            .host()
            .ip(&["-6", "route", "add", "2a02:100::/31", "dev", "eth0"])?;
        Ok(())
    })?;
    placed.arriving("81.2.69.20", PASSED)?;
    let host = &placed.lab.host;
    for (to, begins) in [
        ("81.2.69.9:9", false),
        ("[2a02:100::9]:9", false),
        ("[2a02:101::9]:9", true),
    ] {
        let to: SocketAddr = to.parse().expect("an end");
        let family = if to.is_ipv4() { "ipv4" } else { "ipv6" };
        let before = placed.lab.counters()?;
        let socket =
            host.enter(|| UdpSocket::bind(if to.is_ipv4() { "0.0.0.0:0" } else { "[::]:0" }))?;
        socket
            .expect("there are ports")
            .send_to(b"x", to)
            .expect("there is a way");
        let counter = format!("tc_egress/{family}/place");
        let moved = |counters: &Counters| {
            counters.get(&counter).unwrap_or(&0) - before.get(&counter).unwrap_or(&0)
        };
        let expected = u64::from(!begins);
        let begun = Instant::now();
        while moved(&placed.lab.counters()?) != expected && begun.elapsed() < PATIENCE {
            std::thread::sleep(Duration::from_millis(50));
        }
        assert_eq!(moved(&placed.lab.counters()?), expected, "{to}");
    }
    Ok(())
}
