// SPDX-License-Identifier: MIT
//! What looks like a flood and is none, and answers that nobody asked for.

use aegis_testbed::{HttpServer, Many, Need, Result, TcpEcho, UdpEcho, Visitor, require};
use aegis_tests::guarded::Guarded;
use aegis_tests::question::ask;
use aegis_tests::told::{drops, say, why};
use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::time::Duration;

/// DNS, NTP, SSDP, memcached, CLDAP.
const AMPLIFIERS: [u16; 5] = [53, 123, 1_900, 11_211, 389];
const ANSWER: Duration = Duration::from_secs(5);

#[test]
fn an_honest_client_with_fifty_new_connections_a_second_is_never_limited() -> Result<()> {
    require!(Need::Root, Need::AegisCli);
    let lab = Guarded::start()?;
    let http = HttpServer::start(&lab.host, 80)?;
    let server = SocketAddr::new(lab.link.b.v4().into(), http.port());
    let visits = Visitor::start(&lab.attacker, server, 50, 60)?.wait();
    say(format_args!(
        "50 connections/s for 60 s: p50 {:?}, p99 {:?}",
        visits.p50(),
        visits.p99()
    ));
    assert_eq!(
        (visits.successes, visits.failures),
        (3_000, 0),
        "{:?}",
        visits.last_failure
    );
    assert_eq!(drops(&lab.daemon)?, [].into(), "nothing of it is dropped");
    let client = why(&lab.daemon, lab.link.a.v4().into())?;
    assert_eq!(client["standing"], "free", "{client}");
    assert_eq!(client["counted"]["refused"], 0, "{client}");
    assert_eq!(
        client["counted"]["ports"], 0,
        "a port that answers is no probe: {client}"
    );
    Ok(())
}

#[test]
fn a_server_that_answers_five_hundred_connections_is_never_suspected() -> Result<()> {
    require!(Need::Root, Need::AegisCli);
    let lab = Guarded::start()?;
    let echo = TcpEcho::start(&lab.attacker, 7_000)?;
    let servers: [IpAddr; 2] = [lab.link.a.v4().into(), lab.link.a.v6().into()];
    for server in servers {
        let many = Many::open(&lab.host, SocketAddr::new(server, echo.port()), 500)?;
        assert_eq!(many.exchange(), 500);
        drop(many);
        lab.steady()?;
        let told = why(&lab.daemon, server)?;
        assert_eq!(told["standing"], "free", "{told}");
        for nothing in ["counted", "evidence", "cooling_down"] {
            assert!(told[nothing].is_null(), "{nothing}: {told}");
        }
    }
    assert_eq!(drops(&lab.daemon)?, [].into());
    Ok(())
}

#[test]
fn answers_of_amplifiers_that_nobody_asked_for_are_dropped() -> Result<()> {
    require!(Need::Root, Need::AegisCli);
    let lab = Guarded::start()?;
    for (source, family) in [("192.0.2.7", "ipv4"), ("2001:db8::7", "ipv6")] {
        for port in AMPLIFIERS {
            let answer = lab
                .from(source)
                .udp(port, 40_000)
                .payload(&[0; 400])
                .bytes();
            let counter = format!("xdp_ingress/{family}/amplification");
            lab.drops(&format!("an answer from port {port}"), &answer, &counter)?;
        }
    }
    Ok(())
}

/// Asks from a new port of the guarded host; true when the answer comes.
fn asks(lab: &Guarded, service: SocketAddr) -> Result<bool> {
    let socket = ask(&lab.host, service, ANSWER)?;
    let mut answer = [0; 16];
    let got = socket.recv_from(&mut answer);
    Ok(matches!(got, Ok((8, from)) if from == service))
}

#[test]
fn answers_of_the_same_services_to_questions_of_this_host_pass() -> Result<()> {
    require!(Need::Root, Need::AegisCli);
    let lab = Guarded::start()?;
    let services: Vec<UdpEcho> = AMPLIFIERS
        .iter()
        .map(|port| UdpEcho::start(&lab.attacker, *port))
        .collect::<Result<_>>()?;
    let addresses: [(IpAddr, &str); 2] = [
        (lab.link.a.v4().into(), "ipv4"),
        (lab.link.a.v6().into(), "ipv6"),
    ];
    for (address, family) in addresses {
        let [asked, answered] = [("tc_egress", "default"), ("xdp_ingress", "established")]
            .map(|(hook, reason)| format!("{hook}/{family}/{reason}"));
        let count = services.len() as u64;
        lab.moves(&[(&asked, count), (&answered, count)], |lab| {
            for service in &services {
                let service = SocketAddr::new(address, service.port());
                assert!(asks(lab, service)?, "{service} is not heard");
            }
            Ok(())
        })?;
    }
    Ok(())
}

/// SSDP: whoever hears the question answers, from an address that was not asked.
#[test]
fn an_answer_to_a_question_put_to_a_group_passes_from_whoever_it_comes() -> Result<()> {
    require!(Need::Root, Need::AegisCli);
    // During the grace period, whatever a socket waits for may be an answer.
    let lab = Guarded::with(&["--set", "attach.grace=0s"])?;
    let server = lab.link.a.v4();
    let socket = lab
        .host
        .enter(|| UdpSocket::bind((lab.link.b.v4(), 0)))?
        .expect("a port is free");
    let port = socket.local_addr().expect("it is bound").port();
    let answer = |to: u16| {
        let frame = lab.frame().ipv4(server, lab.link.b.v4());
        frame.udp(1_900, to).payload(b"HTTP/1.1 200 OK").bytes()
    };
    let dropped = "xdp_ingress/ipv4/amplification";
    lab.drops("before the question", &answer(port), dropped)?;
    lab.host
        .ip(&["route", "add", "239.0.0.0/8", "dev", "eth0"])?;
    socket
        .send_to(b"M-SEARCH", "239.255.255.250:1900")
        .expect("there is a way");
    let passed = lab.past(&[answer(port)])?;
    assert!(passed.contains(&answer(port)));
    lab.drops("to another port", &answer(port ^ 1), dropped)
}
