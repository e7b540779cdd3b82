// SPDX-License-Identifier: MIT
//! Live connections: a ban cuts them at the next packet, and its end gives them back.

use aegis_testbed::{Download, HttpServer, Need, Result, curl, require};
use aegis_tests::guarded::Guarded;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

const QUIET: Duration = Duration::from_millis(400);
/// Retransmission backs off for as long as the ban lasts.
const RECOVERY: Duration = Duration::from_secs(30);

/// Whether nothing comes for a while, soon: what was received before may still have to be read.
fn falls_silent(download: &Download, looks: usize) -> bool {
    (0..looks).any(|_| !download.moves_within(QUIET))
}

/// Packets that passed, either way.
fn passed(lab: &Guarded) -> Result<u64> {
    let counters = lab.counters()?;
    let passed = counters
        .iter()
        .filter(|(name, _)| name.ends_with("/default"));
    Ok(passed.map(|(_, packets)| packets).sum())
}

fn cut_and_mend(client: fn(&Guarded) -> IpAddr, server: fn(&Guarded) -> IpAddr) -> Result<()> {
    let lab = Guarded::start()?;
    let http = HttpServer::start(&lab.host, 80)?;
    let download = Download::start(&lab.attacker, SocketAddr::new(server(&lab), http.port()))?;
    let client = client(&lab).to_string();
    lab.cli(&["block", &client])?;
    let before = passed(&lab)?;
    assert!(
        falls_silent(&download, 5),
        "the ban did not cut the download"
    );
    assert_eq!(passed(&lab)?, before, "a packet passed after the ban");
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
    // What arrives at port 80 is dropped, acknowledgements too: the server's window runs dry.
    assert!(
        falls_silent(&cut, 20),
        "{} bytes and still moving",
        cut.bytes()
    );
    assert!(kept.moves_within(RECOVERY));
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
