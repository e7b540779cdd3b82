// SPDX-License-Identifier: MIT
//! Peers: servers and clients of the test bed, and the real tools in their bounds.

use std::io::{Read, Write};
use std::net::{SocketAddr, UdpSocket};
use std::time::Duration;

use aegis_testbed::peers::PortState;
use aegis_testbed::{
    Download, Error, Fetcher, Host, Hping, HttpServer, Lab, Link, Need, Nmap, Result, Scan,
    TcpEcho, UdpEcho, UdpSink, curl, iperf, ping, require,
};

const SECOND: Duration = Duration::from_secs(1);

fn pair() -> Result<(Lab, Link, Host, Host)> {
    let lab = Lab::new()?;
    let (client, server) = (lab.host("client")?, lab.host("server")?);
    let link = lab.veth(&client, "eth0", &server, "eth0").quiet().up()?;
    Ok((lab, link, client, server))
}

#[test]
fn a_fetcher_is_served_over_both_families_and_notices_a_cut() -> Result<()> {
    require!(Need::Root);
    let (_lab, link, client, server) = pair()?;
    let http = HttpServer::start(&server, 80)?;
    for address in [link.b.v4().into(), link.b.v6().into()] {
        let fetcher = Fetcher::start(
            &client,
            SocketAddr::new(address, 80),
            Duration::from_millis(20),
        )?;
        std::thread::sleep(Duration::from_millis(300));
        let report = fetcher.stop();
        assert!(report.successes >= 3 && report.failures == 0, "{report:?}");
        assert!(report.p50() <= report.p99() && report.p99() <= report.slowest());
    }
    assert!(http.requests() >= 6);
    drop(http);
    let fetcher = Fetcher::start(&client, (link.b.v4(), 80).into(), Duration::from_millis(20))?;
    std::thread::sleep(Duration::from_millis(100));
    let report = fetcher.stop();
    assert!(report.failures > 0 && report.successes == 0, "{report:?}");
    Ok(())
}

#[test]
fn a_download_moves_until_the_path_is_cut() -> Result<()> {
    require!(Need::Root);
    let (_lab, link, client, server) = pair()?;
    let http = HttpServer::start(&server, 8_080)?;
    let download = Download::start(&client, (link.b.v6(), http.port()).into())?;
    assert!(download.moves_within(SECOND));
    server.ip(&["link", "set", "dev", "eth0", "down"])?;
    std::thread::sleep(Duration::from_millis(100));
    assert!(!download.moves_within(Duration::from_millis(300)));
    Ok(())
}

#[test]
fn echo_and_sink_services_answer_as_their_names_say() -> Result<()> {
    require!(Need::Root);
    let (_lab, link, client, server) = pair()?;
    let (tcp, udp) = (TcpEcho::start(&server, 7)?, UdpEcho::start(&server, 7)?);
    let sink = UdpSink::start(&server, 9)?;
    let mut stream = client.connect((link.b.v4(), tcp.port()).into(), SECOND)?;
    stream.set_read_timeout(Some(SECOND)).unwrap();
    let mut answer = [0; 5];
    stream.write_all(b"hello").unwrap();
    stream.read_exact(&mut answer).unwrap();
    assert_eq!(&answer, b"hello");
    let socket = client.enter(|| UdpSocket::bind("[::]:0").unwrap())?;
    socket.set_read_timeout(Some(SECOND)).unwrap();
    socket.send_to(b"world", (link.b.v6(), udp.port())).unwrap();
    socket.recv(&mut answer).unwrap();
    assert_eq!(&answer, b"world");
    for _ in 0..10 {
        socket.send_to(b"x", (link.b.v6(), sink.port())).unwrap();
    }
    std::thread::sleep(Duration::from_millis(100));
    assert_eq!((udp.received(), sink.received()), (1, 10));
    Ok(())
}

#[test]
fn a_dropped_server_closes_its_connections_and_frees_its_port() -> Result<()> {
    require!(Need::Root);
    let (_lab, link, client, server) = pair()?;
    let echo = TcpEcho::start(&server, 7)?;
    let mut stream = client.connect((link.b.v4(), 7).into(), SECOND)?;
    stream.write_all(b"x").unwrap();
    stream.read_exact(&mut [0]).unwrap();
    drop(echo);
    stream.set_read_timeout(Some(SECOND)).unwrap();
    assert_eq!(stream.read(&mut [0]).unwrap(), 0);
    drop(stream);
    TcpEcho::start(&server, 7).map(drop)
}

#[test]
fn a_ping_nobody_answers_is_a_result() -> Result<()> {
    require!(Need::Root);
    let (_lab, link, client, server) = pair()?;
    server.set_sysctl("net.ipv4.icmp_echo_ignore_all", "1")?;
    let report = ping(&client, link.b.v4().into(), 2)?;
    assert_eq!((report.sent, report.received), (2, 0));
    Ok(())
}

#[test]
fn nmap_finds_the_open_port_over_both_families() -> Result<()> {
    require!(Need::Root, Need::Tool("nmap"));
    let (_lab, link, client, server) = pair()?;
    let _http = HttpServer::start(&server, 80)?;
    for target in [link.b.v4().into(), link.b.v6().into()] {
        let report = Nmap::new(&client, target, Scan::Syn).ports("75-84").run()?;
        assert_eq!(report.open, [80]);
        assert_eq!(
            (
                report.count(PortState::Open),
                report.count(PortState::Closed)
            ),
            (1, 9)
        );
        assert!(report.packets_sent >= 10, "{report:?}");
    }
    let xmas = Nmap::new(&client, link.b.v4().into(), Scan::Xmas)
        .ports("80,81")
        .run()?;
    assert_eq!(xmas.count(PortState::OpenFiltered), 1);
    Ok(())
}

#[test]
fn hping_sends_exactly_what_it_is_told() -> Result<()> {
    require!(Need::Root, Need::Tool("hping3"));
    let (_lab, link, client, _server) = pair()?;
    let wire = link.b.raw()?;
    let report = Hping::new(&client, link.b.v4(), 20)
        .options(&["-S", "-p", "81"])
        .run()?;
    assert_eq!((report.sent, report.received), (20, 20));
    let syn = |frame: &[u8]| frame[23] == 6 && frame[47] == 0x02;
    assert_eq!(wire.collect(Duration::from_millis(100), syn)?.len(), 20);
    Ok(())
}

#[test]
fn tools_do_not_go_beyond_their_bounds() -> Result<()> {
    require!(Need::Root);
    let (_lab, link, client, _server) = pair()?;
    let target = link.b.v4();
    let refused = [
        Hping::new(&client, target, 10_000_000).run().map(drop),
        Hping::new(&client, target, 100_000)
            .every_micros(1_000_000)
            .run()
            .map(drop),
        Hping::new(&client, target, 1)
            .options(&["--flood"])
            .run()
            .map(drop),
        Nmap::new(&client, target.into(), Scan::Syn)
            .ports("1-65535")
            .run()
            .map(drop),
        Nmap::new(&client, target.into(), Scan::Syn)
            .seconds(3_600)
            .run()
            .map(drop),
    ];
    for outcome in refused {
        assert!(
            matches!(outcome, Err(Error::OutOfBounds { .. })),
            "{outcome:?}"
        );
    }
    Ok(())
}

#[test]
fn curl_reports_status_and_refusal() -> Result<()> {
    require!(Need::Root, Need::Tool("curl"));
    let (_lab, link, client, server) = pair()?;
    let _http = HttpServer::start(&server, 80)?;
    assert_eq!(
        curl(&client, &format!("http://[{}]/", link.b.v6()))?.status,
        200
    );
    assert_eq!(
        curl(&client, &format!("http://{}/nothing", link.b.v4()))?.status,
        404
    );
    let refused = curl(&client, &format!("http://{}:81/", link.b.v4()))?;
    assert_eq!((refused.status, refused.code), (0, 7));
    Ok(())
}

#[test]
fn iperf_measures_throughput() -> Result<()> {
    require!(Need::Root, Need::Tool("iperf3"));
    let (_lab, link, client, server) = pair()?;
    let report = iperf(&client, &server, link.b.v4().into(), 1)?;
    assert!(report.bits_per_second > 1e6, "{report:?}");
    Ok(())
}
