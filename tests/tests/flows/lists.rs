// SPDX-License-Identifier: MIT
//! Lists of connections: filtered, sorted, followed.

use aegis_testbed::daemon::{RUN_DIR, find_binary};
use aegis_testbed::{Need, Process, Result, TcpEcho, UdpEcho, require};
use aegis_tests::guarded::Guarded;
use aegis_tests::told::flows;
use serde_json::Value;
use std::io::{Read, Write};
use std::net::{TcpStream, UdpSocket};
use std::time::Duration;

const PATIENCE: Duration = Duration::from_secs(10);
/// Between one connection and the next, so that their times differ.
const APART: Duration = Duration::from_millis(50);

/// Five connections that differ in everything that can be asked for. They are named after the port
/// that is not of a client.
struct Connections {
    lab: Guarded,
    _streams: Vec<TcpStream>,
    _socket: UdpSocket,
    _services: Vec<TcpEcho>,
    _datagrams: UdpEcho,
}

fn says(mut stream: TcpStream, words: usize, length: usize) -> TcpStream {
    stream.set_nodelay(true).expect("TCP has it");
    let mut echo = vec![0; length];
    for _ in 0..words {
        stream.write_all(&echo).expect("the connection stands");
        stream.read_exact(&mut echo).expect("it is an echo");
    }
    std::thread::sleep(APART);
    stream
}

impl Connections {
    /// In this order: to port 7001 few bytes, to 7002 many, to 7003 few in many packets; one that
    /// this host begins over IPv6; and a datagram.
    fn begin() -> Result<Self> {
        let lab = Guarded::start()?;
        let (a, b) = (&lab.link.a, &lab.link.b);
        let mut services = vec![TcpEcho::start(&lab.attacker, 7_004)?];
        let mut streams = Vec::new();
        for (port, words, length) in [(7_001, 1, 10), (7_002, 3, 30_000), (7_003, 200, 1)] {
            services.push(TcpEcho::start(&lab.host, port)?);
            let stream = lab.attacker.connect((b.v4(), port).into(), PATIENCE)?;
            streams.push(says(stream, words, length));
        }
        let own = lab.host.connect((a.v6(), 7_004).into(), PATIENCE)?;
        streams.push(says(own, 1, 10));
        let datagrams = UdpEcho::start(&lab.host, 7_005)?;
        let socket = lab.attacker.enter(|| UdpSocket::bind((a.v4(), 0)))?;
        let socket = socket.expect("a port is free");
        let sent = socket.send_to(b"one", (b.v4(), datagrams.port()));
        assert_eq!(sent.expect("there is a way"), 3);
        lab.steady()?;
        Ok(Self {
            lab,
            _streams: streams,
            _socket: socket,
            _services: services,
            _datagrams: datagrams,
        })
    }

    /// Services of the connections that are listed, in that order.
    fn listed(&self, arguments: &[&str]) -> Result<Vec<u64>> {
        let found = flows(&self.lab.daemon, arguments)?;
        let service = |flow: &Value| {
            let ports = ["peer_port", "local_port"].map(|key| flow[key].as_u64());
            ports
                .into_iter()
                .flatten()
                .find(|port| (7_001..7_006).contains(port))
        };
        Ok(found.iter().filter_map(service).collect())
    }
}

#[test]
fn a_filter_lets_through_what_agrees_with_all_of_it() -> Result<()> {
    require!(Need::Root, Need::AegisCli);
    let all = Connections::begin()?;
    let (a, b) = (
        all.lab.link.a.v4().to_string(),
        all.lab.link.b.v4().to_string(),
    );
    let (there, here) = (
        all.lab.link.a.v6().to_string(),
        all.lab.link.b.v6().to_string(),
    );
    let cases: [(&[&str], &[u64]); 14] = [
        (&[], &[7_001, 7_002, 7_003, 7_004, 7_005]),
        (&["--proto", "tcp"], &[7_001, 7_002, 7_003, 7_004]),
        (&["--proto", "17"], &[7_005]),
        (&["--state", "established"], &[7_001, 7_002, 7_003, 7_004]),
        (&["--state", "replied"], &[7_005]),
        (&["--state", "time_wait"], &[]),
        (&["--src", &a], &[7_001, 7_002, 7_003, 7_005]),
        (&["--dst", &a], &[]),
        (&["--dst", "10.66.0.0/16"], &[7_001, 7_002, 7_003, 7_005]),
        (&["--src", &here], &[7_004]),
        (&["--peer", &there], &[7_004]),
        (&["--peer", &b], &[]),
        (&["--port", "7002"], &[7_002]),
        (&["--proto", "udp", "--port", "7002"], &[]),
    ];
    let words: [(&[&str], &[u64]); 5] = [
        (&["port:7002"], &[7_002]),
        (&["state:est", "dir:in"], &[7_001, 7_002, 7_003]),
        (
            &["proto:udp,tcp", "dir:in", &a],
            &[7_001, 7_002, 7_003, 7_005],
        ),
        (&[&format!("[{there}]:")], &[7_004]),
        (&["udp/", "--port", "7005"], &[7_005]),
    ];
    for (filter, expected) in cases.into_iter().chain(words) {
        let mut found = all.listed(&[&["--sort", "peer"], filter].concat())?;
        found.sort_unstable();
        assert_eq!(found, expected, "{filter:?}");
    }
    for wrong in [
        ["--state", "open"],
        ["--src", "10.0.0.1/8"],
        ["--port", "0"],
        ["--sort", "size"],
        ["--sort", "connections"],
        ["port:22", "colour:red"],
        ["--group-by", "colour"],
    ] {
        let refused = all.lab.daemon.cli(&[&["flows"], &wrong[..]].concat())?;
        assert_eq!(refused.code(), Some(2), "{wrong:?}: {}", refused.stdout);
    }
    Ok(())
}

#[test]
fn a_list_comes_in_the_order_that_is_asked_for_and_ends_where_it_is_told() -> Result<()> {
    require!(Need::Root, Need::AegisCli);
    let all = Connections::begin()?;
    let first = |order: &[&str]| all.listed(&[order, &["-n", "1"]].concat());
    for (order, expected) in [
        ("bytes", 7_002),
        ("packets", 7_003),
        ("age", 7_001),
        ("last", 7_005),
    ] {
        assert_eq!(first(&["--sort", order])?, [expected], "{order}");
        let mut backwards = all.listed(&["--sort", order, "--reverse"])?;
        backwards.reverse();
        assert_eq!(backwards, all.listed(&["--sort", order])?, "{order}");
    }
    assert_eq!(
        all.listed(&["--sort", "age"])?,
        [7_001, 7_002, 7_003, 7_004, 7_005]
    );
    let rates = flows(&all.lab.daemon, &["--sort", "rate"])?;
    let rates: Vec<u64> = rates
        .iter()
        .filter_map(|flow| flow["bytes_per_second"].as_u64())
        .collect();
    assert!(
        rates.len() == 5 && rates.is_sorted_by(|one, next| one >= next),
        "{rates:?}"
    );
    let peers = all.listed(&["--sort", "peer"])?;
    assert_eq!(peers.last(), Some(&7_004), "IPv6 comes last: {peers:?}");
    are_counted_together(&all)?;
    are_judged_and_timed(all)
}

fn are_counted_together(all: &Connections) -> Result<()> {
    let grouped = |by: &str| all.lab.daemon.json(&["flows", "--group-by", by, "dir:in"]);
    let states = grouped("state")?;
    let keys = |answer: &Value| -> Vec<(String, u64)> {
        let groups = answer["groups"].as_array().cloned().unwrap_or_default();
        let key = |group: &Value| {
            let key = group["key"].as_str().unwrap_or_default().to_owned();
            (key, group["connections"].as_u64().unwrap_or_default())
        };
        groups.iter().map(key).collect()
    };
    let expected = [("established".to_owned(), 3), ("replied".to_owned(), 1)];
    assert_eq!(keys(&states), expected);
    assert_eq!(
        (states["matched"].as_u64(), states["total"].as_u64()),
        (Some(4), Some(5))
    );
    let source = all.lab.link.a.v4().to_string();
    assert_eq!(keys(&grouped("source")?), [(source, 4)]);
    assert_eq!(keys(&grouped("port")?).len(), 4);
    let text = all.lab.daemon.cli(&["flows", "--group-by", "proto"])?;
    assert!(
        text.stdout.starts_with("PROTO  CONNECTIONS"),
        "{}",
        text.stdout
    );
    Ok(())
}

/// What a connection moves at the moment, and what becomes of its packets.
fn are_judged_and_timed(mut all: Connections) -> Result<()> {
    let busiest = |all: &Connections| flows(&all.lab.daemon, &["--sort", "live", "-n", "1"]);
    busiest(&all)?;
    std::thread::sleep(Duration::from_millis(600));
    let stream = all._streams.remove(0);
    all._streams.push(says(stream, 1, 20_000));
    let moving = busiest(&all)?;
    assert_eq!(moving[0]["local_port"], 7_001, "{moving:?}");
    let now = &moving[0]["now"];
    // Both ways in a second or so, headers not counted: a busy machine takes longer.
    assert!(
        now["received_bytes_per_second"].as_u64() > Some(2_000),
        "{now}"
    );
    assert!(now["packets_per_second"].as_u64() > Some(0), "{now}");
    assert_eq!(
        (&moving[0]["verdict"], &moving[0]["standing"]),
        (&"pass".into(), &"free".into())
    );
    let peer = all.lab.link.a.v4().to_string();
    all.lab.cli(&["block", &peer, "7001", "tcp"])?;
    let banned = flows(&all.lab.daemon, &["port:7001"])?;
    let told = ["verdict", "standing", "reason"].map(|key| banned[0][key].clone());
    assert_eq!(told, ["drop", "banned_in_part", "ban_scope"]);
    let other = flows(&all.lab.daemon, &["port:7002"])?;
    assert_eq!(other[0]["verdict"], "pass");
    let answer = all
        .lab
        .daemon
        .json(&["flows", "--proto", "tcp", "-n", "2"])?;
    let counts = ["matched", "total"].map(|key| answer[key].as_u64());
    assert_eq!(counts, [Some(4), Some(5)], "{answer}");
    Ok(())
}

#[test]
fn a_list_that_is_followed_shows_what_begins_meanwhile() -> Result<()> {
    require!(Need::Root, Need::AegisCli);
    let lab = Guarded::start()?;
    let echo = TcpEcho::start(&lab.host, 7_007)?;
    let line = [
        "-i",
        "eth0",
        "flows",
        "--follow",
        "--json",
        "--interval",
        "100ms",
    ];
    let mut command = lab
        .host
        .command(&find_binary()?.display().to_string(), &line)?;
    command.env(RUN_DIR, lab.daemon.run_dir());
    let following = Process::start(command)?;
    following.wait_for_line("\"total\":0", PATIENCE)?;
    let stream = lab
        .attacker
        .connect((lab.link.b.v4(), echo.port()).into(), PATIENCE)?;
    let shown = following.wait_for_line("\"state\":\"established\"", PATIENCE)?;
    let shown: Value = serde_json::from_str(&shown).expect("a document a line");
    assert_eq!(shown["flows"][0]["local_port"], echo.port());
    drop(stream);
    following.wait_for_line("\"state\":\"time_wait\"", PATIENCE)?;
    Ok(())
}
