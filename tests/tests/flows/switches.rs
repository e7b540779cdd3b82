// SPDX-License-Identifier: MIT
//! What an operator changes holds at the next packet of a connection that stands.

use aegis_testbed::{Need, Result, Session, TcpEcho, UdpEcho, require};
use aegis_tests::guarded::Guarded;
use aegis_tests::told::{drops, flows};
use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::time::Duration;

const PATIENCE: Duration = Duration::from_secs(10);
const SILENCE: Duration = Duration::from_millis(300);

/// An exchange of datagrams that a peer began and that has a flow: each word of it is one packet
/// there and one back.
struct Exchange {
    lab: Guarded,
    peer: IpAddr,
    family: &'static str,
    server: SocketAddr,
    socket: UdpSocket,
    _echo: UdpEcho,
}

impl Exchange {
    fn begin(v6: bool) -> Result<Self> {
        let lab = Guarded::with(&["--set", "attach.grace=0s"])?;
        let (a, b) = (&lab.link.a, &lab.link.b);
        let (peer, local, family): (IpAddr, IpAddr, _) = match v6 {
            true => (a.v6().into(), b.v6().into(), "ipv6"),
            false => (a.v4().into(), b.v4().into(), "ipv4"),
        };
        let echo = UdpEcho::start(&lab.host, 7_007)?;
        let socket = lab
            .attacker
            .enter(|| UdpSocket::bind((peer, 0)))?
            .expect("a port is free");
        let server = SocketAddr::new(local, echo.port());
        let exchange = Self {
            lab,
            peer,
            family,
            server,
            socket,
            _echo: echo,
        };
        for _ in 0..10 {
            assert!(exchange.says(PATIENCE));
        }
        let known = flows(&exchange.lab.daemon, &["--state", "established"])?;
        assert_eq!(known.len(), 1, "{known:?}");
        Ok(exchange)
    }

    fn says(&self, patience: Duration) -> bool {
        self.socket
            .set_read_timeout(Some(patience))
            .expect("it is not zero");
        self.socket
            .send_to(b"word", self.server)
            .expect("there is a way");
        matches!(self.socket.recv(&mut [0; 8]), Ok(4))
    }

    /// Fails unless the next word there, and its echo, are judged like this.
    fn is_judged(&self, when: &str, reason: &str) -> Result<()> {
        let counter = |hook: &str| format!("{hook}/{}/{reason}", self.family);
        let (there, back) = (counter("xdp_ingress"), counter("tc_egress"));
        self.lab.moves(&[(&there, 1), (&back, 1)], |_| {
            assert!(self.says(PATIENCE), "{when}: no echo");
            Ok(())
        })
    }

    /// Fails unless the next word is dropped.
    fn is_cut(&self, when: &str, reason: &str) -> Result<()> {
        let counter = format!("xdp_ingress/{}/{reason}", self.family);
        self.lab.moves(&[(&counter, 1)], |_| {
            assert!(!self.says(SILENCE), "{when}: an echo");
            Ok(())
        })
    }
}

#[test]
fn allowlist_and_bans_take_effect_at_the_next_packet_of_a_connection() -> Result<()> {
    require!(Need::Root, Need::AegisCli);
    for v6 in [false, true] {
        let exchange = Exchange::begin(v6)?;
        let (lab, peer) = (&exchange.lab, exchange.peer.to_string());
        exchange.is_judged("as it stands", "established")?;
        lab.cli(&["allow", "add", &peer])?;
        exchange.is_judged("allowed", "allowlist")?;
        lab.cli(&["allow", "remove", &peer])?;
        exchange.is_judged("allowed no more", "established")?;
        lab.cli(&["block", &peer])?;
        exchange.is_cut("banned", "ban_address")?;
        lab.cli(&["unblock", &peer])?;
        exchange.is_judged("banned no more", "established")?;
        lab.cli(&["block", &peer, "7007", "udp"])?;
        exchange.is_cut("banned from the port", "ban_scope")?;
        lab.cli(&["unblock", &peer])?;
        exchange.is_judged("in the end", "established")?;
        assert_eq!(
            flows(&lab.daemon, &[])?.len(),
            1,
            "it is the same connection"
        );
    }
    Ok(())
}

#[test]
fn a_switch_holds_at_the_next_packet_and_connections_go_on_through_all_of_them() -> Result<()> {
    require!(Need::Root, Need::AegisCli);
    let exchange = Exchange::begin(false)?;
    let lab = &exchange.lab;
    let echo = TcpEcho::start(&lab.host, 7_008)?;
    let server = (lab.link.b.v4(), echo.port()).into();
    let session = Session::open(&lab.attacker, server, Duration::from_millis(20))?;
    let stray = lab.from("192.0.2.7").tcp(40_000, 80, "A").bytes();
    for module in [
        "conn_track",
        "port_scan",
        "rate_limit",
        "threat_feeds",
        "scan_detect",
        "all",
    ] {
        for (turn, on) in [("off", false), ("on", true)] {
            let dropped = drops(&lab.daemon)?;
            lab.cli(&["module", turn, module])?;
            assert!(exchange.says(PATIENCE), "{module} {turn}");
            assert!(
                session.answers_within(PATIENCE),
                "{module} {turn}: {:?}",
                session.report()
            );
            assert_eq!(drops(&lab.daemon)?, dropped, "{module} {turn}");
            let passed = lab.past(std::slice::from_ref(&stray))?;
            let expected = !on && matches!(module, "conn_track" | "all");
            assert_eq!(passed.contains(&stray), expected, "{module} {turn}");
        }
    }
    let known = flows(&lab.daemon, &["--state", "established"])?;
    assert_eq!(known.len(), 2, "{known:?}");
    Ok(())
}
