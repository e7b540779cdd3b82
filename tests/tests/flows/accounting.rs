// SPDX-License-Identifier: MIT
//! What is told of a connection is what was on the wire, both ways, to the byte.

use aegis_core::emit::Frame;
use aegis_testbed::{Need, RawSocket, Result, TcpEcho, UdpEcho, ping, require};
use aegis_tests::guarded::Guarded;
use aegis_tests::told::{flows, until};
use serde_json::{Value, json};
use std::io::{Read, Write};
use std::net::{IpAddr, SocketAddr, TcpStream, UdpSocket};
use std::time::Duration;

/// For what is still on its way.
const QUIET: Duration = Duration::from_millis(300);
const PATIENCE: Duration = Duration::from_secs(5);
/// More than make a lasting exchange of datagrams.
const DATAGRAMS: u64 = 20;

/// Packets and bytes that a socket has seen.
fn seen(socket: &RawSocket) -> Result<Value> {
    let frames = socket.collect(QUIET, |_| true)?;
    let bytes: usize = frames.iter().map(Vec::len).sum();
    Ok(json!({ "packets": frames.len(), "bytes": bytes }))
}

/// Fails unless there is one connection, like this, and it counts what was on the wire.
fn one(lab: &Guarded, [direction, state, proto]: [&str; 3]) -> Result<Value> {
    let (received, sent) = (seen(&lab.behind)?, seen(&lab.wire)?);
    let found = flows(&lab.daemon, &[])?;
    let [flow] = found.as_slice() else {
        panic!("one connection: {found:?}");
    };
    let told = ["direction", "state", "proto"].map(|key| &flow[key]);
    assert_eq!(told, [direction, state, proto], "{flow}");
    assert_eq!(flow["received"], received, "{flow}");
    assert_eq!(flow["sent"], sent, "{flow}");
    Ok(flow.clone())
}

/// Fails unless a connection is named by its ends.
fn between(flow: &Value, peer: SocketAddr, local: SocketAddr) {
    let proto = flow["proto"].as_str().expect("it has one");
    assert_eq!(flow["id"], format!("{proto}/{peer}/{local}"));
    assert_eq!(flow["peer"], peer.ip().to_string());
    assert_eq!(flow["local"], local.ip().to_string());
    assert_eq!(
        (&flow["peer_port"], &flow["local_port"]),
        (&json!(peer.port()), &json!(local.port()))
    );
}

fn says(stream: &mut TcpStream, words: usize) {
    let mut echo = [0; 1_000];
    for _ in 0..words {
        stream
            .write_all(&[7; 1_000])
            .expect("the connection stands");
        stream.read_exact(&mut echo).expect("it is an echo");
    }
}

fn addresses(lab: &Guarded) -> [[IpAddr; 2]; 2] {
    let (a, b) = (&lab.link.a, &lab.link.b);
    [
        [a.v4().into(), b.v4().into()],
        [a.v6().into(), b.v6().into()],
    ]
}

#[test]
fn a_connection_of_a_peer_is_counted_to_the_byte_from_its_first_segment_to_its_last() -> Result<()>
{
    require!(Need::Root, Need::AegisCli);
    for family in [0, 1] {
        let lab = Guarded::start()?;
        let [_, server] = addresses(&lab)[family];
        let echo = TcpEcho::start(&lab.host, 7_007)?;
        let server = SocketAddr::new(server, echo.port());
        let mut stream = lab.attacker.connect(server, PATIENCE)?;
        says(&mut stream, 25);
        let client = stream.local_addr().expect("it is connected");
        let (received, sent) = (seen(&lab.behind)?, seen(&lab.wire)?);
        let standing = flows(&lab.daemon, &[])?;
        assert_eq!(
            (standing.len(), &standing[0]["state"]),
            (1, &json!("established"))
        );
        assert_eq!(
            (&standing[0]["received"], &standing[0]["sent"]),
            (&received, &sent)
        );
        between(&standing[0], client, server);
        drop(stream);
        let ended = until(
            "its end",
            || flows(&lab.daemon, &[]),
            |found| found[0]["state"] == "time_wait",
        )?;
        let more = (seen(&lab.behind)?, seen(&lab.wire)?);
        for (now, before, more) in [
            (&ended[0]["received"], received, more.0),
            (&ended[0]["sent"], sent, more.1),
        ] {
            for unit in ["packets", "bytes"] {
                let sum = before[unit]
                    .as_u64()
                    .zip(more[unit].as_u64())
                    .map(|(a, b)| a + b);
                assert_eq!(now[unit].as_u64(), sum, "{unit}");
            }
        }
    }
    Ok(())
}

#[test]
fn a_connection_of_this_host_is_counted_the_other_way_round() -> Result<()> {
    require!(Need::Root, Need::AegisCli);
    for family in [0, 1] {
        let lab = Guarded::start()?;
        let [server, _] = addresses(&lab)[family];
        let echo = TcpEcho::start(&lab.attacker, 7_007)?;
        let server = SocketAddr::new(server, echo.port());
        let mut stream = lab.host.connect(server, PATIENCE)?;
        says(&mut stream, 10);
        let flow = one(&lab, ["out", "established", "tcp"])?;
        between(&flow, server, stream.local_addr().expect("it is connected"));
    }
    Ok(())
}

/// One question, its answer, and more of both.
fn converses(
    lab: &Guarded,
    asker: (&aegis_testbed::Host, IpAddr),
    server: SocketAddr,
) -> Result<UdpSocket> {
    let socket = asker
        .0
        .enter(|| UdpSocket::bind((asker.1, 0)))?
        .expect("a port is free");
    socket
        .set_read_timeout(Some(PATIENCE))
        .expect("it is not zero");
    let mut answer = [0; 100];
    for _ in 0..DATAGRAMS {
        socket.send_to(&[1; 100], server).expect("there is a way");
        let (length, from) = socket.recv_from(&mut answer).expect("it is an echo");
        assert_eq!((length, from), (100, server));
    }
    lab.steady()?;
    Ok(socket)
}

#[test]
fn datagrams_are_counted_whoever_begins_and_whether_a_flow_is_made_of_them_or_not() -> Result<()> {
    require!(Need::Root, Need::AegisCli);
    for family in [0, 1] {
        for (direction, begins_here) in [("in", false), ("out", true)] {
            let lab = Guarded::start()?;
            let [there, here] = addresses(&lab)[family];
            let (asker, server) = match begins_here {
                true => ((&lab.host, here), (&lab.attacker, there)),
                false => ((&lab.attacker, there), (&lab.host, here)),
            };
            let echo = UdpEcho::start(server.0, 7_007)?;
            let server = SocketAddr::new(server.1, echo.port());
            let socket = converses(&lab, asker, server)?;
            let flow = one(&lab, [direction, "established", "udp"])?;
            assert_eq!(flow["received"]["packets"], DATAGRAMS);
            assert_eq!(flow["sent"]["packets"], DATAGRAMS);
            let asker = socket.local_addr().expect("it is bound");
            match begins_here {
                true => between(&flow, server, asker),
                false => between(&flow, asker, server),
            }
        }
    }
    Ok(())
}

#[test]
fn echoes_are_counted_and_only_those_of_this_host_become_lasting() -> Result<()> {
    require!(Need::Root, Need::AegisCli);
    for family in [0, 1] {
        let proto = ["icmp", "icmpv6"][family];
        for (direction, state) in [("in", "replied"), ("out", "established")] {
            let lab = Guarded::start()?;
            let [there, here] = addresses(&lab)[family];
            let pinged = match direction {
                "in" => ping(&lab.attacker, here, DATAGRAMS)?,
                _ => ping(&lab.host, there, DATAGRAMS)?,
            };
            assert_eq!(pinged.received, DATAGRAMS);
            let flow = one(&lab, [direction, state, proto])?;
            assert_eq!(flow["received"]["packets"], DATAGRAMS);
        }
    }
    Ok(())
}

/// What is known before anybody has answered, and after.
#[test]
fn an_exchange_without_a_handshake_is_unreplied_then_replied_then_established() -> Result<()> {
    require!(Need::Root, Need::AegisCli);
    let lab = Guarded::with(&["--set", "attach.grace=0s"])?;
    let (peer, local) = (lab.link.a.v4(), lab.link.b.v4());
    let silent = lab
        .host
        .enter(|| UdpSocket::bind((local, 7_007)))?
        .expect("the port is free");
    silent
        .set_read_timeout(Some(PATIENCE))
        .expect("it is not zero");
    let asker = lab
        .attacker
        .enter(|| UdpSocket::bind((peer, 0)))?
        .expect("a port is free");
    let state =
        || -> Result<Value> { Ok(flows(&lab.daemon, &["--proto", "udp"])?[0]["state"].clone()) };
    for (asked, answered, expected) in [
        (1, 0, "unreplied"),
        (0, 1, "replied"),
        (9, 0, "established"),
    ] {
        let mut word = [0; 8];
        for _ in 0..asked {
            asker
                .send_to(b"question", (local, 7_007))
                .expect("there is a way");
            silent.recv(&mut word).expect("it arrives");
        }
        for _ in 0..answered {
            silent
                .send_to(b"answer", asker.local_addr().expect("it is bound"))
                .expect("likewise");
            asker.recv(&mut word).expect("it arrives");
        }
        assert_eq!(state()?, expected);
    }
    let forged = |from: u16| {
        let frame: Frame = lab.frame().ipv4(peer, local);
        frame.icmp(0, 0).payload(&from.to_be_bytes()).bytes()
    };
    lab.drops(
        "an echo reply",
        &forged(1),
        "xdp_ingress/ipv4/icmp_unsolicited",
    )
}
