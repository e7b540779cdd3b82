// SPDX-License-Identifier: MIT
//! nmap: every kind of scan reads right, and its ways of hiding do on the wire what they say.

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::time::{Duration, Instant};

use aegis_testbed::peers::PortState;
use aegis_testbed::{Error, HttpServer, Lab, Link, Need, Nmap, Result, Scan, require};

fn pair() -> Result<(Lab, Link)> {
    let lab = Lab::new()?;
    let (scanner, target) = (lab.host("scanner")?, lab.host("target")?);
    let link = lab.veth(&scanner, "eth0", &target, "eth0").quiet().up()?;
    Ok((lab, link))
}

#[test]
fn every_scan_tells_the_open_port_from_closed_ones_as_far_as_it_can() -> Result<()> {
    require!(Need::Root, Need::Tool("nmap"));
    let (_lab, link) = pair()?;
    let _http = HttpServer::start(link.b.host(), 80)?;
    // ICMP errors are limited to some a second, which would make a UDP scan long.
    link.b.host().set_sysctl("net.ipv4.icmp_ratemask", "0")?;
    let closed: Vec<u16> = (60..80).chain(81..100).collect();
    let targets: [IpAddr; 2] = [link.b.v4().into(), link.b.v6().into()];
    for target in targets {
        for scan in [Scan::Syn, Scan::Connect, Scan::Fin, Scan::Null, Scan::Xmas] {
            let report = Nmap::new(link.a.host(), target, scan)
                .ports("60-99")
                .run()?;
            let open = match scan {
                Scan::Syn | Scan::Connect => PortState::Open,
                _ => PortState::OpenFiltered,
            };
            assert_eq!(report.ports(open), [80], "{scan:?} {target}: {report:?}");
            assert_eq!(report.ports(PortState::Closed), closed, "{scan:?} {target}");
        }
        let ack = Nmap::new(link.a.host(), target, Scan::Ack).ports("60-99");
        assert_eq!(ack.run()?.count(PortState::Unfiltered), 40, "{target}");
        for scan in [Scan::Maimon, Scan::Window] {
            let report = Nmap::new(link.a.host(), target, scan)
                .ports("60-99")
                .run()?;
            assert_eq!(report.count(PortState::Closed), 40, "{scan:?} {target}");
        }
    }
    let udp = Nmap::new(link.a.host(), targets[0], Scan::Udp).ports("60-99");
    assert_eq!(udp.run()?.count(PortState::Closed), 40);
    Ok(())
}

#[test]
fn a_slow_scan_keeps_its_pace() -> Result<()> {
    require!(Need::Root, Need::Tool("nmap"));
    let (_lab, link) = pair()?;
    let began = Instant::now();
    let slow = Nmap::new(link.a.host(), link.b.v4().into(), Scan::Syn).ports("1-10");
    let report = slow
        .scan_delay(Duration::from_millis(100))
        .retries(0)
        .run()?;
    assert!(began.elapsed() >= Duration::from_millis(900), "{report:?}");
    assert_eq!(
        (report.packets_sent, report.count(PortState::Closed)),
        (10, 10)
    );
    Ok(())
}

#[test]
fn decoys_probe_beside_the_scanner() -> Result<()> {
    require!(Need::Root, Need::Tool("nmap"));
    let (_lab, link) = pair()?;
    let wire = link.b.raw()?;
    let decoys = [[198, 18, 0, 1].into(), [198, 18, 0, 2].into()];
    let scan = Nmap::new(link.a.host(), link.b.v4().into(), Scan::Syn).ports("1-10");
    let report = scan.decoys(&decoys).run()?;
    assert_eq!(
        (report.packets_sent, report.count(PortState::Closed)),
        (30, 10)
    );
    let frames = wire.collect(Duration::from_millis(100), |frame| frame[23] == 6)?;
    let sources: BTreeSet<&[u8]> = frames.iter().map(|frame| &frame[26..30]).collect();
    assert_eq!((frames.len(), sources.len()), (30, 3));
    Ok(())
}

#[test]
fn fragments_are_fragments_on_the_wire() -> Result<()> {
    require!(Need::Root, Need::Tool("nmap"));
    let (_lab, link) = pair()?;
    let wire = link.b.raw()?;
    let scan = Nmap::new(link.a.host(), link.b.v4().into(), Scan::Syn).ports("1-10");
    let report = scan.fragments().run()?;
    assert_eq!(report.count(PortState::Closed), 10, "{report:?}");
    let is_fragment = |frame: &[u8]| frame[20..22] != [0, 0] && frame[20] & 0x40 == 0;
    let fragments = wire.collect(Duration::from_millis(100), is_fragment)?;
    assert!(fragments.len() >= 30, "{}", fragments.len());
    Ok(())
}

#[test]
fn a_scan_that_runs_out_of_time_says_so() -> Result<()> {
    require!(Need::Root, Need::Tool("nmap"));
    let (_lab, link) = pair()?;
    let slow = Nmap::new(link.a.host(), link.b.v4().into(), Scan::Syn).ports("1-100");
    let report = slow
        .scan_delay(Duration::from_millis(200))
        .seconds(1)
        .run()?;
    assert!(report.timed_out && report.open.is_empty(), "{report:?}");
    assert!((2..100).contains(&report.packets_sent), "{report:?}");
    Ok(())
}

#[test]
fn a_scan_retries_no_more_than_a_test_may_ask() -> Result<()> {
    require!(Need::Root);
    let (_lab, link) = pair()?;
    let eager = Nmap::new(link.a.host(), link.b.v4().into(), Scan::Syn).retries(100);
    assert!(matches!(eager.run(), Err(Error::OutOfBounds { .. })));
    Ok(())
}
