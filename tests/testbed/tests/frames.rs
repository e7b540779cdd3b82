// SPDX-License-Identifier: MIT
//! Raw frames arrive as they were sent, tags included.

use std::time::Duration;

use aegis_testbed::{Lab, Link, Need, Result, require};

/// EtherType for local experiments (IEEE 802): no stack answers it.
const EXPERIMENTAL: [u8; 2] = [0x88, 0xb5];

fn frame(link: &Link, tags: &[u8], marker: u8) -> Vec<u8> {
    let (to, from) = (link.b.mac().octets(), link.a.mac().octets());
    [&to[..], &from, tags, &EXPERIMENTAL, &[marker; 50]].concat()
}

#[test]
fn frames_arrive_unchanged_whatever_their_tags() -> Result<()> {
    require!(Need::Root);
    let lab = Lab::new()?;
    let (a, b) = (lab.host("a")?, lab.host("b")?);
    let link = lab
        .veth(&a, "eth0", &b, "eth0")
        .quiet()
        .without_offloads()
        .up()?;
    let (sender, receiver) = (link.a.raw()?, link.b.raw()?);
    let stacks: [&[u8]; 5] = [
        &[],
        &[0x81, 0, 0x20, 5],
        &[0x88, 0xa8, 0, 100],
        &[0x88, 0xa8, 0, 100, 0x81, 0, 0, 7],
        &[0x81, 0, 0, 1, 0x81, 0, 0, 2, 0x81, 0, 0, 3],
    ];
    for (marker, tags) in (1..).zip(stacks) {
        let sent = frame(&link, tags, marker);
        sender.send(&sent)?;
        assert_eq!(
            receiver.receive(Duration::from_secs(1))?,
            Some(sent),
            "tags {tags:x?}"
        );
    }
    assert_eq!(receiver.receive(Duration::from_millis(50))?, None);
    assert_eq!(
        sender.receive(Duration::ZERO)?,
        None,
        "a socket does not see what its host sends"
    );
    Ok(())
}

#[test]
fn frames_past_the_queue_and_for_others_arrive_too() -> Result<()> {
    require!(Need::Root);
    let lab = Lab::new()?;
    let (a, b) = (lab.host("a")?, lab.host("b")?);
    let link = lab.veth(&a, "eth0", &b, "eth0").quiet().up()?;
    let (sender, receiver) = (
        link.a.raw()?.bypass_qdisc(true)?,
        link.b.raw()?.promiscuous()?,
    );
    let mut stranger = frame(&link, &[], 1);
    stranger[..6].copy_from_slice(&[0x02, 0, 0, 0, 0, 9]);
    sender.send(&stranger)?;
    for marker in 2..10 {
        sender.send(&frame(&link, &[], marker))?;
    }
    let found = receiver.find(Duration::from_secs(1), |frame| frame[14] == 1)?;
    assert_eq!(found, Some(stranger));
    let rest = receiver.collect(Duration::from_millis(200), |frame| frame[14] % 2 == 0)?;
    assert_eq!(rest.len(), 4);
    Ok(())
}

#[test]
fn a_raw_socket_on_no_interface_says_which() -> Result<()> {
    require!(Need::Root);
    let lab = Lab::new()?;
    let error = aegis_testbed::RawSocket::open(&lab.host("a")?, "eth7")
        .unwrap_err()
        .to_string();
    assert!(error.contains("eth7 of a"), "{error}");
    Ok(())
}
