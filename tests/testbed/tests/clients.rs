// SPDX-License-Identifier: MIT
//! Clients whose experience is what a firewall is judged by: visitors, many connections, sessions, downloads.

use std::net::{IpAddr, SocketAddr};
use std::thread;
use std::time::{Duration, Instant};

use aegis_testbed::{
    Download, Error, Flood, FloodKind, HttpServer, Lab, Link, MacAddr, Many, Need, Result, Session,
    TcpEcho, Visitor, require,
};

const SECOND: Duration = Duration::from_secs(1);

fn pair() -> Result<(Lab, Link)> {
    let lab = Lab::new()?;
    let (client, server) = (lab.host("client")?, lab.host("server")?);
    let link = lab.veth(&client, "eth0", &server, "eth0").quiet().up()?;
    Ok((lab, link))
}

fn both(link: &Link, port: u16) -> [SocketAddr; 2] {
    let addresses: [IpAddr; 2] = [link.b.v4().into(), link.b.v6().into()];
    addresses.map(|address| SocketAddr::new(address, port))
}

/// Has what the client sends to this address go to the station with this hardware address.
fn direct(link: &Link, address: &str, mac: MacAddr) -> Result<()> {
    let mac = mac.to_string();
    let neighbour = ["neighbour", "replace", address, "lladdr", &mac];
    let args = [&neighbour[..], &["nud", "permanent", "dev", "eth0"]].concat();
    link.a.host().ip(&args).map(drop)
}

/// Has what the client sends over IPv4 go nowhere for a while.
fn interrupt(link: &Link, time: Duration) -> Result<()> {
    let server = link.b.v4().to_string();
    direct(link, &server, MacAddr::new([2, 0, 0, 0, 0, 9]))?;
    thread::sleep(time);
    direct(link, &server, link.b.mac())
}

#[test]
fn visitors_come_at_their_rate_over_both_families() -> Result<()> {
    require!(Need::Root);
    let (_lab, link) = pair()?;
    let http = HttpServer::start(link.b.host(), 80)?;
    for server in both(&link, 80) {
        let began = Instant::now();
        let report = Visitor::start(link.a.host(), server, 50, 1)?.wait();
        assert_eq!((report.successes, report.failures), (50, 0), "{report:?}");
        assert!(began.elapsed() > Duration::from_millis(900));
        assert!(report.p50() <= report.p99() && report.p99() < Some(SECOND));
    }
    assert_eq!(http.requests(), 100);
    Ok(())
}

#[test]
fn visitors_keep_their_rate_when_nobody_answers() -> Result<()> {
    require!(Need::Root);
    let (_lab, link) = pair()?;
    // An address that no host has: nothing refuses the connection, nothing answers.
    let nobody = SocketAddr::from(([10, 66, 1, 99], 80));
    direct(&link, "10.66.1.99", link.b.mac())?;
    let began = Instant::now();
    let report = Visitor::start(link.a.host(), nobody, 50, 1)?.wait();
    assert_eq!((report.successes, report.failures), (0, 50), "{report:?}");
    assert!(began.elapsed() < 6 * SECOND, "one after the other");
    assert!(report.last_failure.is_some());
    Ok(())
}

#[test]
fn visitors_come_during_a_flood() -> Result<()> {
    require!(Need::Root, Need::Tool("hping3"));
    let (lab, link) = pair()?;
    let attacker = lab.host("attacker")?;
    let other = lab
        .veth(&attacker, "eth0", link.b.host(), "eth1")
        .quiet()
        .up()?;
    let _http = HttpServer::start(link.b.host(), 80)?;
    // Not to the port of the web server: what a SYN flood does to that one is not ours to say.
    let flood = Flood::new(&other, other.b.v4().into(), FloodKind::Udp).start()?;
    let [server, _] = both(&link, 80);
    let report = Visitor::start(link.a.host(), server, 20, 1)?.wait();
    assert!(flood.stop()?.packets > 1_000);
    assert_eq!(report.successes + report.failures, 20, "{report:?}");
    assert!(report.successes >= 15, "{report:?}");
    Ok(())
}

#[test]
fn many_connections_are_open_at_once() -> Result<()> {
    require!(Need::Root);
    let (_lab, link) = pair()?;
    let echo = TcpEcho::start(link.b.host(), 7)?;
    for server in both(&link, 7) {
        let many = Many::open(link.a.host(), server, 500)?;
        assert_eq!(many.exchange(), 500);
        assert_eq!(many.exchange(), 500);
    }
    let many = Many::open(link.a.host(), both(&link, 7)[0], 10)?;
    drop(echo);
    assert_eq!(many.exchange(), 0);
    // A program that another test begins at this moment has the listener too, until it is executed.
    let open = || Many::open(link.a.host(), both(&link, 7)[0], 10);
    let mut refused = open();
    let began = Instant::now();
    while refused.is_ok() && began.elapsed() < Duration::from_secs(5) {
        thread::sleep(Duration::from_millis(50));
        refused = open();
    }
    assert!(refused.is_err_and(|error| error.to_string().contains("connection 1 of 10")));
    Ok(())
}

#[test]
fn a_session_survives_silence_and_an_interruption_and_notices_its_end() -> Result<()> {
    require!(Need::Root);
    let (_lab, link) = pair()?;
    let echo = TcpEcho::start(link.b.host(), 22)?;
    let [server, _] = both(&link, 22);
    let session = Session::open(link.a.host(), server, Duration::from_millis(20))?;
    assert!(session.answers_within(SECOND));
    session.pause();
    thread::sleep(Duration::from_millis(100));
    let lines = session.report().lines;
    thread::sleep(Duration::from_millis(200));
    assert_eq!(session.report().lines, lines);
    session.resume();
    assert!(session.answers_within(SECOND));
    interrupt(&link, Duration::from_millis(300))?;
    assert!(session.answers_within(5 * SECOND));
    let report = session.report();
    assert_eq!(report.broken, None);
    assert!(
        report.slowest < 5 * SECOND && report.lines > 2,
        "{report:?}"
    );
    drop(echo);
    assert!(!session.answers_within(5 * SECOND));
    assert!(session.report().broken.is_some());
    Ok(())
}

#[test]
fn a_download_that_ends_is_whole_even_after_an_interruption() -> Result<()> {
    require!(Need::Root);
    let (_lab, link) = pair()?;
    let _http = HttpServer::start(link.b.host(), 80)?;
    const BYTES: u64 = 20_000_003;
    for server in both(&link, 80) {
        let report = Download::of(link.a.host(), server, BYTES)?.finish(20 * SECOND)?;
        assert_eq!(report.bytes, BYTES);
        assert!(report.bits_per_second() > 1e6, "{report:?}");
    }
    let large = Download::of(link.a.host(), both(&link, 80)[0], 10 * BYTES)?;
    interrupt(&link, Duration::from_millis(300))?;
    assert_eq!(large.finish(20 * SECOND)?.bytes, 10 * BYTES);
    Ok(())
}

#[test]
fn a_download_knows_whether_it_is_sound() -> Result<()> {
    require!(Need::Root);
    let (_lab, link) = pair()?;
    let http = HttpServer::start(link.b.host(), 80)?;
    let download = Download::start(link.a.host(), both(&link, 80)[1])?;
    assert!(download.moves_within(SECOND) && download.is_sound());
    drop(http);
    assert!(!download.moves_within(Duration::from_millis(300)));
    assert!(!download.is_sound());
    Ok(())
}

#[test]
fn clients_stay_within_their_bounds() -> Result<()> {
    require!(Need::Root);
    let (_lab, link) = pair()?;
    let (client, [server, _]) = (link.a.host(), both(&link, 80));
    let refused = [
        Visitor::start(client, server, 1_000, 1).map(drop),
        Visitor::start(client, server, 10, 3_600).map(drop),
        Many::open(client, server, 100_000).map(drop),
        Download::of(client, server, 1 << 40).map(drop),
    ];
    for outcome in refused {
        assert!(
            matches!(outcome, Err(Error::OutOfBounds { .. })),
            "{outcome:?}"
        );
    }
    Ok(())
}
