// SPDX-License-Identifier: MIT
//! Live connections: every packet of theirs is known, both ways, and a ban cuts them at the next
//! one.

use aegis_testbed::{
    Counters, Download, Host, HttpServer, Need, Result, TcpEcho, UdpEcho, assert_moved, curl,
    require,
};
use aegis_tests::guarded::Guarded;
use std::io::{Read as _, Write as _};
use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::time::Duration;

const QUIET: Duration = Duration::from_millis(400);
/// How long something may take to begin, or to go on, on a busy machine.
const PATIENCE: Duration = Duration::from_secs(10);

/// A family, by its addresses on the link and its name in counters.
#[derive(Clone, Copy)]
struct Over {
    family: &'static str,
    client: fn(&Guarded) -> IpAddr,
    server: fn(&Guarded) -> IpAddr,
}

const V4: Over = Over {
    family: "ipv4",
    client: |lab| lab.link.a.v4().into(),
    server: |lab| lab.link.b.v4().into(),
};
const V6: Over = Over {
    family: "ipv6",
    client: |lab| lab.link.a.v6().into(),
    server: |lab| lab.link.b.v6().into(),
};

impl Over {
    fn arriving(self, reason: &str) -> String {
        format!("xdp_ingress/{}/{reason}", self.family)
    }

    fn departing(self, reason: &str) -> String {
        format!("tc_egress/{}/{reason}", self.family)
    }

    /// Counters of this family but for those of bans.
    fn passed(self, lab: &Guarded) -> Result<Counters> {
        let mut counters = lab.counters()?;
        let family = format!("/{}/", self.family);
        counters.retain(|name, _| name.contains(&family) && !name.contains("/ban_"));
        Ok(counters)
    }
}

/// Whether nothing comes for a while, soon: what was received before may still have to be read.
fn falls_silent(download: &Download, looks: usize) -> bool {
    (0..looks).any(|_| !download.moves_within(QUIET))
}

/// Whether there are connections, and those that are dropped come first.
fn is_by_verdict(flows: &serde_json::Value) -> bool {
    let flows = flows["flows"].as_array().expect("a list");
    let dropped = flows.iter().map(|flow| flow["verdict"] == "drop");
    !flows.is_empty() && dropped.is_sorted_by(|one, other| one >= other)
}

/// By what becomes of them connections are told apart, listed and counted together, the client's alone dropped.
fn is_filtered_by_verdict(lab: &Guarded, client: &str) -> Result<()> {
    let matched = |filter: &str| lab.daemon.json(&["flows", filter]);
    let (dropped, passed) = (matched("verdict:drop")?, matched("!verdict:drop")?);
    let flows = dropped["flows"].as_array().expect("a list");
    assert!(!flows.is_empty() && flows.iter().all(|flow| flow["peer"] == client));
    let count = |answer: &serde_json::Value| answer["matched"].as_u64().expect("a number");
    assert_eq!(
        Some(count(&dropped) + count(&passed)),
        dropped["total"].as_u64()
    );
    let groups = lab
        .daemon
        .json(&["flows", "verdict:banned", "--group-by", "source"])?;
    let groups = groups["groups"].as_array().expect("a list");
    assert!(
        groups.len() == 1 && groups[0]["key"] == client,
        "{groups:?}"
    );
    Ok(())
}

/// A ban ends the download at its next packet, and its socket with it; the other family's goes on.
fn cut_for_good(over: Over, other: Over) -> Result<()> {
    let lab = Guarded::start()?;
    let http = HttpServer::start(&lab.host, 80)?;
    let server = |over: Over| SocketAddr::new((over.server)(&lab), http.port());
    let kept = Download::start(&lab.attacker, server(other))?;
    let cut = Download::start(&lab.attacker, server(over))?;
    let client = (over.client)(&lab).to_string();
    let answer = lab.daemon.json(&["block", &client])?;
    let before = over.passed(&lab)?;
    assert_eq!(answer["sockets"]["ended"], 1, "{answer}");
    assert!(is_by_verdict(
        &lab.daemon.json(&["flows", "--sort", "verdict"])?
    ));
    is_filtered_by_verdict(&lab, &client)?;
    assert!(falls_silent(&cut, 5), "the ban did not cut the download");
    assert_moved(&before, &over.passed(&lab)?, &[]);
    lab.cli(&["unblock", &client])?;
    assert!(!cut.moves_within(QUIET), "what had ended goes on");
    let anew = Download::start(&lab.attacker, server(over))?;
    assert!(
        anew.moves_within(PATIENCE),
        "who is free again is not served"
    );
    assert!(kept.moves_within(PATIENCE) && kept.is_sound());
    Ok(())
}

#[test]
fn a_ban_cuts_a_live_download_over_ipv4_and_its_end_lets_it_begin_anew() -> Result<()> {
    require!(Need::Root, Need::AegisCli);
    cut_for_good(V4, V6)
}

#[test]
fn a_ban_cuts_a_live_download_over_ipv6_and_its_end_lets_it_begin_anew() -> Result<()> {
    require!(Need::Root, Need::AegisCli);
    cut_for_good(V6, V4)
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
    let client = lab.link.a.v4().to_string();
    let answer = lab.daemon.json(&["block", &client, "80", "tcp"])?;
    assert_eq!(answer["sockets"]["ended"], 0, "{answer}");
    // What arrives at port 80 is dropped, acknowledgements too: the server's window runs dry.
    assert!(
        falls_silent(&cut, 20),
        "{} bytes and still moving",
        cut.bytes()
    );
    assert!(kept.moves_within(PATIENCE) && kept.is_sound());
    Ok(())
}

/// Where connections are looked up before bans, one packet that looks like an answer made its
/// sender "established", and no ban could reach it any more.
fn nobody_becomes_known(grace: &str, segments: &str) -> Result<()> {
    let lab = Guarded::with(&["--set", &format!("attach.grace={grace}")])?;
    for (source, over) in [("192.0.2.7", V4), ("2001:db8::7", V6)] {
        let answers = [
            lab.from(source).udp(7_777, 4_000).payload(b"yes").bytes(),
            lab.from(source).tcp(80, 4_000, "SA").bytes(),
            lab.from(source).tcp(80, 4_001, "A").bytes(),
        ];
        let (datagrams, segments) = (over.arriving("default"), over.arriving(segments));
        let moved = [(datagrams.as_str(), 1), (segments.as_str(), 2)];
        lab.moves(&moved, |lab| lab.past(&answers))?;
        lab.cli(&["block", source])?;
        let banned = over.arriving("ban_address");
        let passed = lab.moves(&[(&banned, 3)], |lab| lab.past(&answers))?;
        assert!(passed.is_empty());
    }
    Ok(())
}

#[test]
fn no_packet_makes_its_sender_known_well_enough_to_escape_a_ban() -> Result<()> {
    require!(Need::Root, Need::AegisCli);
    nobody_becomes_known("0s", "tcp_out_of_state")
}

#[test]
fn not_even_during_the_grace_period_does_a_packet_let_its_sender_escape_a_ban() -> Result<()> {
    require!(Need::Root, Need::AegisCli);
    nobody_becomes_known("1h", "picked_up")
}

#[test]
fn an_honest_client_notices_nothing_and_every_packet_of_its_connections_is_known() -> Result<()> {
    require!(Need::Root, Need::AegisCli, Need::Tool("curl"));
    const FETCHES: u64 = 5;
    let lab = Guarded::with(&["--set", "attach.grace=0s"])?;
    let _http = HttpServer::start(&lab.host, 80)?;
    lab.cli(&["block", "192.0.2.0/24"])?;
    for (over, url) in [
        (V4, format!("http://{}/", lab.link.b.v4())),
        (V6, format!("http://[{}]/", lab.link.b.v6())),
    ] {
        let (before, carried) = (lab.steady()?, lab.link.b.packets()?);
        for _ in 0..FETCHES {
            assert_eq!(curl(&lab.attacker, &url)?.status, 200);
        }
        let (after, now) = (lab.steady()?, lab.link.b.packets()?);
        let (arrived, departed) = (now.received - carried.received, now.sent - carried.sent);
        let expected = [
            (over.arriving("default"), FETCHES),
            (over.arriving("established"), arrived - FETCHES),
            (over.departing("established"), departed),
        ];
        let expected = expected.each_ref().map(|(name, by)| (name.as_str(), *by));
        assert_moved(&before, &after, &expected);
    }
    Ok(())
}

/// Arriving and departing packets were once tracked apart, and what peers began not at all.
#[test]
fn whoever_begins_it_both_hooks_know_a_connection() -> Result<()> {
    require!(Need::Root, Need::AegisCli);
    let lab = Guarded::with(&["--set", "attach.grace=0s"])?;
    for over in [V4, V6] {
        let (theirs, ours) = ((over.client)(&lab), (over.server)(&lab));
        let _here = (TcpEcho::start(&lab.host, 7)?, UdpEcho::start(&lab.host, 7)?);
        let _there = (
            TcpEcho::start(&lab.attacker, 7)?,
            UdpEcho::start(&lab.attacker, 7)?,
        );
        let (begins, answers) = (over.arriving("default"), over.departing("established"));
        lab.moves(&[(&begins, 1), (&answers, 1)], |lab| {
            ask(&lab.attacker, (theirs, ours))
        })?;
        let (begins, answers) = (over.departing("default"), over.arriving("established"));
        lab.moves(&[(&begins, 1), (&answers, 1)], |lab| {
            ask(&lab.host, (ours, theirs))
        })?;
        for (host, server, direction) in [(&lab.attacker, ours, "in"), (&lab.host, theirs, "out")] {
            let mut stream = host.connect((server, 7).into(), PATIENCE)?;
            stream.write_all(b"?").expect("it is connected");
            stream.read_exact(&mut [0]).expect("it is echoed");
            knows(&lab, &stream.local_addr().expect("it is bound"), direction)?;
        }
    }
    Ok(())
}

/// One datagram, and its echo.
fn ask(host: &Host, (from, to): (IpAddr, IpAddr)) -> Result<()> {
    let socket = host.enter(|| UdpSocket::bind((from, 0)).expect("a port is free"))?;
    socket.set_read_timeout(Some(PATIENCE)).expect("it is no 0");
    socket.send_to(b"?", (to, 7)).expect("there is a route");
    socket.recv(&mut [0]).expect("it is echoed");
    Ok(())
}

/// Fails unless there is one established connection with this end, begun by that side.
#[track_caller]
fn knows(lab: &Guarded, end: &SocketAddr, direction: &str) -> Result<()> {
    let port = end.port().to_string();
    let filter = ["flows", "--state", "established", "--port", &port];
    let answer = lab.daemon.json(&filter)?;
    let flows = answer["flows"].as_array().expect("flows are a list");
    let [flow] = &flows[..] else {
        panic!("not one connection of {end}: {answer}")
    };
    assert_eq!(flow["direction"], direction, "{flow}");
    for way in ["received", "sent"] {
        assert!(
            flow[way]["packets"].as_u64().is_some_and(|many| many > 1),
            "{flow}"
        );
    }
    Ok(())
}
