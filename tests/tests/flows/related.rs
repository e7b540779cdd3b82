// SPDX-License-Identifier: MIT
//! ICMP errors: those about a packet of this host reach it, whoever sends them, and no others.

use aegis_testbed::{Daemon, Download, HttpServer, Need, Result, Routed, require};
use aegis_tests::guarded::{Guarded, counters};
use aegis_tests::told::drops;
use std::io::ErrorKind;
use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::time::Duration;

const BYTES: u64 = 2_000_000;
const PATIENCE: Duration = Duration::from_secs(20);

/// A server whose large packets do not fit through the router, which tells it so.
#[test]
fn a_guarded_server_learns_of_a_smaller_mtu_on_the_way_and_goes_on() -> Result<()> {
    require!(Need::Root, Need::AegisCli, Need::Tool("ethtool"));
    let lab = Routed::up()?;
    // The client offers segments that fit its own link; only the router knows better.
    lab.router()
        .ip(&["link", "set", "dev", "eth0", "mtu", "1400"])?;
    let daemon = Daemon::on(lab.server(), "eth0")
        .options(&["--set", "attach.grace=0s"])
        .start()?;
    let http = HttpServer::start(lab.server(), 80)?;
    let targets: [(IpAddr, &str); 2] = [
        (lab.far.b.v4().into(), "ipv4"),
        (lab.far.b.v6().into(), "ipv6"),
    ];
    for (target, family) in targets {
        let server = SocketAddr::new(target, http.port());
        let download = Download::of(lab.client(), server, BYTES)?.finish(PATIENCE)?;
        assert_eq!(download.bytes, BYTES, "{family}");
        let told = counters(&daemon)?;
        let told = told.get(&format!("xdp_ingress/{family}/path_mtu"));
        assert!(
            told.is_some_and(|told| *told > 0),
            "{family}: the router said nothing"
        );
    }
    assert_eq!(drops(&daemon)?, [].into());
    Ok(())
}

/// The same, where it is the router that is guarded: what it sends on its own behalf departs.
#[test]
fn a_guarded_router_tells_of_its_smaller_mtu() -> Result<()> {
    require!(Need::Root, Need::AegisCli, Need::Tool("ethtool"));
    let lab = Routed::up()?;
    lab.router()
        .ip(&["link", "set", "dev", "eth0", "mtu", "1400"])?;
    let daemon = Daemon::on(lab.router(), "eth1")
        .options(&["--set", "attach.grace=0s"])
        .start()?;
    let http = HttpServer::start(lab.server(), 80)?;
    for target in [IpAddr::from(lab.far.b.v4()), lab.far.b.v6().into()] {
        let server = SocketAddr::new(target, http.port());
        let download = Download::of(lab.client(), server, BYTES)?.finish(PATIENCE)?;
        assert_eq!(download.bytes, BYTES, "{target}");
    }
    assert_eq!(drops(&daemon)?, [].into());
    Ok(())
}

#[test]
fn an_error_about_a_question_of_this_host_reaches_its_socket() -> Result<()> {
    require!(Need::Root, Need::AegisCli);
    let lab = Guarded::with(&["--set", "attach.grace=0s"])?;
    let (a, b) = (&lab.link.a, &lab.link.b);
    let ends: [(IpAddr, IpAddr, &str); 2] = [
        (b.v4().into(), a.v4().into(), "ipv4"),
        (b.v6().into(), a.v6().into(), "ipv6"),
    ];
    for (own, peer, family) in ends {
        let socket = lab
            .host
            .enter(|| UdpSocket::bind((own, 0)))?
            .expect("a port is free");
        socket
            .set_read_timeout(Some(PATIENCE))
            .expect("it is not zero");
        // Nobody waits there.
        socket.connect((peer, 9)).expect("there is a way");
        let (asked, related) = (
            format!("tc_egress/{family}/default"),
            format!("xdp_ingress/{family}/related"),
        );
        lab.moves(&[(&asked, 1), (&related, 1)], |_| {
            assert_eq!(socket.send(b"anybody?").expect("there is a way"), 8);
            let heard = socket.recv(&mut [0; 8]).expect_err("nobody answers");
            assert_eq!(heard.kind(), ErrorKind::ConnectionRefused);
            Ok(())
        })?;
        let (kind, quoted) = match family {
            "ipv4" => (3, lab.frame().ip(own, peer).udp(40_000, 9)),
            _ => (1, lab.frame().ip(own, peer).udp(40_000, 9)),
        };
        let port = socket.local_addr().expect("it is bound").port();
        assert_ne!(port, 40_000);
        let forged = lab
            .frame()
            .ip(peer, own)
            .icmp_error(kind, 3, &quoted.bytes()[14..])
            .bytes();
        let counter = format!("xdp_ingress/{family}/icmp_unrelated");
        lab.drops("an error about what was never sent", &forged, &counter)?;
    }
    Ok(())
}
