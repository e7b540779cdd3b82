// SPDX-License-Identifier: MIT
//! Connections that are ended on purpose end for the programs at both ends, too.

use aegis_testbed::{Download, HttpServer, Many, Need, Result, Session, TcpEcho, require};
use aegis_tests::guarded::Guarded;
use aegis_tests::told::{flows, moved, until};
use std::io::Read;
use std::net::{IpAddr, SocketAddr, TcpListener, TcpStream};
use std::time::Duration;

const PATIENCE: Duration = Duration::from_secs(10);
const QUIET: Duration = Duration::from_millis(400);

fn ends(lab: &Guarded) -> [[IpAddr; 2]; 2] {
    let (a, b) = (&lab.link.a, &lab.link.b);
    [
        [a.v4().into(), b.v4().into()],
        [a.v6().into(), b.v6().into()],
    ]
}

/// Connections of the guarded host with a peer, by what `ss` tells.
fn sockets(lab: &Guarded, peer: IpAddr) -> Result<Vec<String>> {
    let shown = lab.host.run("ss", &["-Htn"])?.success()?.stdout;
    let address = format!("{peer}");
    Ok(shown
        .lines()
        .filter(|line| line.contains(&address))
        .map(str::to_owned)
        .collect())
}

/// What a program reads once its connection is gone.
fn reads(mut stream: &TcpStream) -> std::io::Result<usize> {
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.read(&mut [0; 8])
}

fn is_over(outcome: &std::io::Result<usize>) -> bool {
    use std::io::ErrorKind::{ConnectionAborted, ConnectionReset};
    match outcome {
        Ok(length) => *length == 0,
        Err(error) => matches!(error.kind(), ConnectionAborted | ConnectionReset),
    }
}

#[test]
fn a_connection_that_is_killed_is_over_for_both_programs() -> Result<()> {
    require!(Need::Root, Need::AegisCli, Need::Tool("ss"));
    for family in [0, 1] {
        let lab = Guarded::start()?;
        let [peer, local] = ends(&lab)[family];
        let listener = lab.host.enter(|| TcpListener::bind((local, 7_007)))?;
        let listener = listener.expect("the port is free");
        let near = lab.attacker.connect((local, 7_007).into(), PATIENCE)?;
        let kept = lab.attacker.connect((local, 7_007).into(), PATIENCE)?;
        let (far, _) = listener.accept().expect("it was connected to");
        let client = near.local_addr().expect("it is connected");
        let id = format!("tcp/{client}/{}", SocketAddr::new(local, 7_007));
        assert_eq!(sockets(&lab, peer)?.len(), 2);
        let answer = lab.daemon.json(&["kill", &id])?;
        assert_eq!(
            (&answer["killed"], &answer["sockets"]["ended"]),
            (&1.into(), &1.into()),
            "{answer}"
        );
        for (stream, whose) in [(&far, "this side's"), (&near, "the peer's")] {
            let outcome = reads(stream);
            assert!(is_over(&outcome), "{whose}: {outcome:?}");
        }
        let left = sockets(&lab, peer)?;
        let other = kept
            .local_addr()
            .expect("it is connected")
            .port()
            .to_string();
        assert!(left.len() == 1 && left[0].contains(&other), "{left:?}");
        let again = lab.daemon.cli(&["kill", "tcp/192.0.2.1:1/192.0.2.2:2"])?;
        assert_eq!(again.code(), Some(5), "{}", again.stdout);
    }
    Ok(())
}

#[test]
fn no_packet_of_a_killed_connection_passes_either_way() -> Result<()> {
    require!(Need::Root, Need::AegisCli);
    let lab = Guarded::start()?;
    let echo = TcpEcho::start(&lab.host, 7_007)?;
    let (peer, local) = (lab.link.a.v4(), lab.link.b.v4());
    let many = Many::open(&lab.attacker, (local, echo.port()).into(), 20)?;
    assert_eq!(many.exchange(), 20);
    let port = flows(&lab.daemon, &["-n", "1"])?[0]["peer_port"]
        .as_u64()
        .expect("it has one");
    // More than sixteen, whose sockets are ended only after.
    let answer = lab.daemon.json(&["kill", "--src", &peer.to_string()])?;
    assert_eq!(
        (&answer["killed"], &answer["sockets"]["ended"]),
        (&20.into(), &20.into()),
        "{answer}"
    );
    lab.steady()?;
    let segment = lab
        .frame()
        .ipv4(peer, local)
        .tcp(port as u16, echo.port(), "A")
        .bytes();
    lab.drops("a late segment", &segment, "xdp_ingress/ipv4/flow_killed")?;
    let killed = flows(&lab.daemon, &["--state", "killed"])?;
    assert_eq!(killed.len(), 20);
    // Who begins anew, from another port, is free to.
    let again = Many::open(&lab.attacker, (local, echo.port()).into(), 1)?;
    assert_eq!(again.exchange(), 1);
    Ok(())
}

#[test]
fn a_filter_ends_what_this_host_began_and_nothing_else() -> Result<()> {
    require!(Need::Root, Need::AegisCli);
    let lab = Guarded::start()?;
    let (here, there) = (
        TcpEcho::start(&lab.host, 7_007)?,
        TcpEcho::start(&lab.attacker, 7_008)?,
    );
    let pause = Duration::from_millis(20);
    let local = lab.link.b.v4();
    let arrived = Session::open(&lab.attacker, (local, here.port()).into(), pause)?;
    let own = Session::open(&lab.host, (lab.link.a.v4(), there.port()).into(), pause)?;
    assert!(arrived.answers_within(PATIENCE) && own.answers_within(PATIENCE));
    let answer = lab.daemon.json(&["kill", "--src", &local.to_string()])?;
    assert_eq!(answer["killed"], 1, "{answer}");
    until(
        "the end of this host's",
        || Ok(own.report().broken),
        Option::is_some,
    )?;
    assert!(arrived.answers_within(PATIENCE), "{:?}", arrived.report());
    Ok(())
}

#[test]
fn a_ban_stops_a_download_at_the_next_packet_and_its_end_lets_the_client_come_back() -> Result<()> {
    require!(Need::Root, Need::AegisCli, Need::Tool("ss"));
    for family in [0, 1] {
        let lab = Guarded::start()?;
        let [client, server] = ends(&lab)[family];
        let http = HttpServer::start(&lab.host, 80)?;
        let server = SocketAddr::new(server, http.port());
        let download = Download::start(&lab.attacker, server)?;
        let answer = lab.daemon.json(&["block", &client.to_string()])?;
        let before = lab.counters()?;
        assert_eq!(answer["sockets"]["ended"], 1, "{answer}");
        until("no socket", || sockets(&lab, client), Vec::is_empty)?;
        until(
            "silence",
            || Ok(download.moves_within(QUIET)),
            |moves| !moves,
        )?;
        let refused = lab.attacker.connect(server, QUIET);
        assert!(refused.is_err(), "it came back during the ban");
        let after = lab.counters()?;
        for name in after.keys().filter(|name| !name.contains("/ban_")) {
            assert_eq!(
                moved(&before, &after, name),
                0,
                "{name} passed after the ban"
            );
        }
        lab.cli(&["unblock", &client.to_string()])?;
        let again = Download::start(&lab.attacker, server)?;
        assert!(again.moves_within(PATIENCE));
    }
    Ok(())
}
