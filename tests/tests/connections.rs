// SPDX-License-Identifier: MIT
//! Live connections: a ban cuts them at the next packet, and its end gives them back.

use aegis_testbed::{Download, HttpServer, Need, Result, curl, require};
use aegis_tests::guarded::Guarded;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

const QUIET: Duration = Duration::from_millis(400);
/// Retransmission backs off to a second or so while the ban lasts.
const RECOVERY: Duration = Duration::from_secs(6);

fn cut_and_mend(client: fn(&Guarded) -> IpAddr, server: fn(&Guarded) -> IpAddr) -> Result<()> {
    let lab = Guarded::start()?;
    let http = HttpServer::start(&lab.host, 80)?;
    let download = Download::start(&lab.attacker, SocketAddr::new(server(&lab), http.port()))?;
    let client = client(&lab).to_string();
    lab.cli(&["block", &client])?;
    // What was on the wire at that moment may still arrive.
    std::thread::sleep(Duration::from_millis(30));
    assert!(
        !download.moves_within(QUIET),
        "the ban did not cut the download"
    );
    lab.cli(&["unblock", &client])?;
    assert!(
        download.moves_within(RECOVERY),
        "the download did not go on after the ban"
    );
    Ok(())
}

#[test]
fn a_ban_cuts_a_live_download_over_ipv4_and_its_end_lets_it_go_on() -> Result<()> {
    require!(Need::Root, Need::AegisCli);
    cut_and_mend(|lab| lab.link.a.v4().into(), |lab| lab.link.b.v4().into())
}

#[test]
fn a_ban_cuts_a_live_download_over_ipv6_and_its_end_lets_it_go_on() -> Result<()> {
    require!(Need::Root, Need::AegisCli);
    cut_and_mend(|lab| lab.link.a.v6().into(), |lab| lab.link.b.v6().into())
}

#[test]
fn a_ban_on_one_port_leaves_the_download_from_another_alone() -> Result<()> {
    require!(Need::Root, Need::AegisCli);
    let lab = Guarded::start()?;
    let (web, other) = (
        HttpServer::start(&lab.host, 80)?,
        HttpServer::start(&lab.host, 8_080)?,
    );
    let server = lab.link.b.v4();
    let cut = Download::start(&lab.attacker, (server, web.port()).into())?;
    let kept = Download::start(&lab.attacker, (server, other.port()).into())?;
    lab.cli(&["block", &lab.link.a.v4().to_string(), "80", "tcp"])?;
    std::thread::sleep(Duration::from_millis(30));
    // What arrives at port 80 is dropped, acknowledgements too: the server's window runs dry.
    let mut after = cut.bytes();
    let mut silent = false;
    for _ in 0..20 {
        silent = !cut.moves_within(QUIET);
        if silent {
            break;
        }
        after = cut.bytes();
    }
    assert!(silent, "{after} bytes and still moving");
    assert!(kept.moves_within(QUIET));
    Ok(())
}

/// Where connections are looked up before bans, one packet that looks like an
/// answer made its sender "established", and no ban could reach it any more.
#[test]
fn no_packet_makes_its_sender_known_well_enough_to_escape_a_ban() -> Result<()> {
    require!(Need::Root, Need::AegisCli);
    let lab = Guarded::start()?;
    let answers = |lab: &Guarded, source: &str| {
        [
            lab.from(source).udp(53, 4_000).payload(b"answer").bytes(),
            lab.from(source).tcp(80, 4_000, "SA").bytes(),
            lab.from(source).tcp(80, 4_000, "A").bytes(),
        ]
    };
    for (source, family) in [("192.0.2.7", "ipv4"), ("2001:db8::7", "ipv6")] {
        let (default, banned) = (
            format!("xdp_ingress/{family}/default"),
            format!("xdp_ingress/{family}/ban_address"),
        );
        lab.moves(&[(&default, 3)], |lab| lab.past(&answers(lab, source)))?;
        lab.cli(&["block", source])?;
        let passed = lab.moves(&[(&banned, 3)], |lab| lab.past(&answers(lab, source)))?;
        assert!(passed.is_empty());
    }
    Ok(())
}

#[test]
fn an_honest_client_notices_nothing() -> Result<()> {
    require!(Need::Root, Need::AegisCli, Need::Tool("curl"));
    let lab = Guarded::start()?;
    let _http = HttpServer::start(&lab.host, 80)?;
    lab.cli(&["block", "192.0.2.0/24"])?;
    for _ in 0..5 {
        assert_eq!(
            curl(&lab.attacker, &format!("http://{}/", lab.link.b.v4()))?.status,
            200
        );
        assert_eq!(
            curl(&lab.attacker, &format!("http://[{}]/", lab.link.b.v6()))?.status,
            200
        );
    }
    let counters = lab.counters()?;
    let names: Vec<&str> = counters.keys().map(String::as_str).collect();
    let expected = [
        "tc_egress/ipv4/default",
        "tc_egress/ipv6/default",
        "xdp_ingress/ipv4/default",
        "xdp_ingress/ipv6/default",
    ];
    assert_eq!(
        names, expected,
        "nothing of an honest client's is anything but passed"
    );
    Ok(())
}
