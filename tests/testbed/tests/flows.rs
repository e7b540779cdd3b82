// SPDX-License-Identifier: MIT
//! Many flows: every one of them is opened and answered, on each end and over both families.

use aegis_core::emit::Frame;
use aegis_testbed::{Error, Flows, Lab, Link, Need, Result, require};
use std::net::{Ipv4Addr, Ipv6Addr};

const NOBODY_V4: Ipv4Addr = Ipv4Addr::new(10, 66, 1, 99);
const NOBODY_V6: Ipv6Addr = Ipv6Addr::new(0xfd66, 1, 0, 0, 0, 0, 0, 0x99);
const SOURCE_V4: Ipv4Addr = Ipv4Addr::new(198, 18, 0, 0);
const SOURCE_V6: Ipv6Addr = Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1);
const COUNT: u64 = 5_000;

fn pair() -> Result<(Lab, Link)> {
    let lab = Lab::new()?;
    let (a, b) = (lab.host("a")?, lab.host("b")?);
    let link = lab.veth(&a, "eth0", &b, "eth0").quiet().up()?;
    Ok((lab, link))
}

fn frame(link: &Link) -> Frame {
    Frame::ethernet(link.a.mac().octets(), link.b.mac().octets())
}

#[test]
fn every_exchange_is_answered_over_both_families() -> Result<()> {
    require!(Need::Root);
    let (_lab, link) = pair()?;
    let frames = [
        frame(&link).ipv4(SOURCE_V4, NOBODY_V4).udp(1, 53),
        frame(&link).ipv6(SOURCE_V6, NOBODY_V6).udp(1, 53),
        frame(&link).ipv4(SOURCE_V4, NOBODY_V4).icmp(8, 0),
        frame(&link).ipv6(SOURCE_V6, NOBODY_V6).icmp(128, 0),
    ];
    for frame in frames {
        let flows = Flows::new(&link.a, &link.b, frame.payload(b"abc").bytes());
        let report = flows.count(COUNT).sources(100).run()?;
        assert_eq!(report.answered, COUNT, "{report:?}");
        assert!(report.heard >= COUNT && report.asked >= report.heard);
        assert_eq!(report.confirmed, 0, "{report:?}");
    }
    Ok(())
}

#[test]
fn every_handshake_is_finished_over_both_families() -> Result<()> {
    require!(Need::Root);
    let (_lab, link) = pair()?;
    let frames = [
        frame(&link).ipv4(SOURCE_V4, NOBODY_V4).tcp(1, 80, "S"),
        frame(&link).ipv6(SOURCE_V6, NOBODY_V6).tcp(1, 80, "S"),
    ];
    for frame in frames {
        let flows = Flows::new(&link.a, &link.b, frame.bytes());
        let report = flows.count(COUNT).sources(100).run()?;
        assert_eq!(report.answered, COUNT, "{report:?}");
        // A last segment may get lost on a busy machine, and nobody sends it again.
        assert!(report.confirmed >= COUNT * 9 / 10, "{report:?}");
    }
    Ok(())
}

#[test]
fn flows_to_nobody_have_no_answer_and_do_not_take_for_ever() -> Result<()> {
    require!(Need::Root);
    let (_lab, link) = pair()?;
    let lonely = frame(&link).ipv4(SOURCE_V4, NOBODY_V4).udp(1, 53).bytes();
    let flows = Flows::new(&link.a, &link.a, lonely).count(1_000);
    let report = flows.sources(10).seconds(5).run()?;
    assert_eq!((report.answered, report.heard), (0, 0), "{report:?}");
    Ok(())
}

#[test]
fn many_flows_stay_within_their_bounds() -> Result<()> {
    require!(Need::Root);
    let (_lab, link) = pair()?;
    let udp = frame(&link).ipv4(SOURCE_V4, NOBODY_V4).udp(1, 53);
    let flows = Flows::new(&link.a, &link.b, udp.bytes());
    let long = frame(&link).ipv4(SOURCE_V4, NOBODY_V4).udp(1, 53);
    let refused = [
        flows.clone().sources(100).count(2_000_000).run(),
        flows.clone().count(70_000).run(),
        flows.clone().sources(2).first(64_512).count(64_513).run(),
        flows.seconds(3_600).run(),
        Flows::new(&link.a, &link.b, long.payload(&[0; 1_000]).bytes()).run(),
    ];
    for outcome in refused {
        assert!(
            matches!(outcome, Err(Error::OutOfBounds { .. })),
            "{outcome:?}"
        );
    }
    Ok(())
}
