// SPDX-License-Identifier: MIT
//! Links: every kind carries IPv4 and IPv6 from the first packet, and quiet ones carry nothing else.

use std::time::Duration;

use aegis_testbed::{Addresses, Lab, Link, Need, Result, VlanTag, ping, require};

fn assert_reaches(link: &Link) -> Result<()> {
    for target in [link.b.v4().into(), link.b.v6().into()] {
        let report = ping(link.a.host(), target, 2)?;
        assert_eq!((report.sent, report.received), (2, 2), "ping {target}");
    }
    Ok(())
}

#[test]
fn a_veth_pair_carries_both_families() -> Result<()> {
    require!(Need::Root);
    let lab = Lab::new()?;
    let (a, b) = (lab.host("a")?, lab.host("b")?);
    let link = lab.veth(&a, "eth0", &b, "eth0").up()?;
    assert_reaches(&link)?;
    assert_eq!(link.a.mac().to_string(), "02:ae:61:50:01:01");
    assert!(
        a.ip(&["link", "show", "dev", "eth0"])?
            .contains("02:ae:61:50:01:01")
    );
    Ok(())
}

#[test]
fn a_quiet_veth_pair_carries_only_what_the_test_sends() -> Result<()> {
    require!(Need::Root);
    let lab = Lab::new()?;
    let (a, b) = (lab.host("a")?, lab.host("b")?);
    let link = lab.veth(&a, "eth0", &b, "eth0").quiet().up()?;
    // Long enough for the first MLD reports and router solicitations, which come within a second.
    std::thread::sleep(Duration::from_millis(1_500));
    assert_eq!(link.a.packets()?.received, 0);
    assert_eq!(link.b.packets()?.received, 0);
    assert_reaches(&link)?;
    assert_eq!(link.b.packets()?.received, 4);
    Ok(())
}

#[test]
fn mtu_queues_offloads_and_addresses_are_as_asked() -> Result<()> {
    require!(Need::Root, Need::Tool("ethtool"));
    let lab = Lab::new()?;
    let (a, b) = (lab.host("a")?, lab.host("b")?);
    let (left, right) = (
        Addresses::new("198.51.100.1/30", "2001:db8::1/126")?,
        Addresses::new("198.51.100.2/30", "2001:db8::2/126")?,
    );
    let link = lab
        .veth(&a, "left", &b, "right")
        .mtu(9_000)
        .queues(2)
        .addresses(left, right)
        .without_offloads()
        .up()?;
    assert_eq!(link.b.v4(), right.v4());
    assert_reaches(&link)?;
    assert!(a.ip(&["link", "show", "dev", "left"])?.contains("mtu 9000"));
    let features = b.run("ethtool", &["-k", "right"])?.success()?.stdout;
    for feature in [
        "tx-checksumming",
        "generic-segmentation-offload",
        "rx-vlan-offload",
    ] {
        assert!(features.contains(&format!("{feature}: off")), "{features}");
    }
    b.remove_interface("right")?;
    assert!(
        a.ip(&["link", "show", "dev", "left"]).is_err(),
        "the other end goes with it"
    );
    Ok(())
}

#[test]
fn vlans_and_stacked_vlans_carry_both_families() -> Result<()> {
    require!(Need::Root);
    let lab = Lab::new()?;
    let (a, b) = (lab.host("a")?, lab.host("b")?);
    let link = lab
        .veth(&a, "eth0", &b, "eth0")
        .quiet()
        .without_offloads()
        .up()?;
    let single = lab.vlan(&link).tag(VlanTag::Customer(5)).quiet().up()?;
    assert_eq!(single.a.name(), "eth0.5");
    assert_reaches(&single)?;
    let stacked = lab
        .vlan(&link)
        .tag(VlanTag::Service(100))
        .tag(VlanTag::Customer(7))
        .quiet()
        .up()?;
    assert_eq!(stacked.b.name(), "eth0.100.7");
    // Bytes on the wire: both tags, outermost first.
    let wire = link.b.raw()?;
    assert_reaches(&stacked)?;
    let tagged = |frame: &[u8]| frame[12..18] == [0x88, 0xa8, 0, 100, 0x81, 0] && frame[19] == 7;
    assert!(wire.find(Duration::from_secs(1), tagged)?.is_some());
    Ok(())
}

#[test]
fn a_vlan_needs_a_tag_and_not_too_many() -> Result<()> {
    require!(Need::Root);
    let lab = Lab::new()?;
    let (a, b) = (lab.host("a")?, lab.host("b")?);
    let link = lab.veth(&a, "eth0", &b, "eth0").up()?;
    assert!(lab.vlan(&link).up().is_err());
    let deep = (1..=5).fold(lab.vlan(&link), |vlan, id| vlan.tag(VlanTag::Customer(id)));
    assert!(deep.up().is_err());
    Ok(())
}

#[test]
fn a_bridge_connects_three_hosts_and_quiet_ones_do_not_overhear() -> Result<()> {
    require!(Need::Root, Need::LinkKind("bridge"));
    let lab = Lab::new()?;
    let (attacker, guarded) = (lab.host("attacker")?, lab.host("guarded")?);
    let bystander = lab.host("bystander")?;
    let ends = [
        (&attacker, "eth0"),
        (&guarded, "eth0"),
        (&bystander, "eth0"),
    ];
    let lan = lab.bridge(&ends).quiet().up()?;
    for target in &lan.ports[1..] {
        assert_eq!(ping(&attacker, target.v4().into(), 2)?.received, 2);
        assert_eq!(ping(&attacker, target.v6().into(), 2)?.received, 2);
    }
    assert_eq!(lan.ports[1].packets()?.received, 4);
    assert_eq!(lan.ports[2].packets()?.received, 4);
    Ok(())
}

#[test]
fn a_wireguard_tunnel_carries_both_families() -> Result<()> {
    require!(Need::Root, Need::WireGuard);
    let lab = Lab::new()?;
    let (a, b) = (lab.host("a")?, lab.host("b")?);
    let outer = lab.veth(&a, "eth0", &b, "eth0").quiet().up()?;
    let tunnel = lab.wireguard(&outer, "wg0")?;
    assert_eq!(tunnel.a.name(), "wg0");
    // The handshake comes before the first packet.
    aegis_testbed::peers::ping_for(&a, tunnel.b.v4().into(), 1, Duration::from_secs(6))?;
    assert_reaches(&tunnel)
}

#[test]
fn a_tun_device_carries_packets_both_ways() -> Result<()> {
    require!(Need::Root, Need::LinkKind("tun"));
    let lab = Lab::new()?;
    let host = lab.host("a")?;
    let tun = lab.tun(&host, "tun0").mtu(1_400).up()?;
    let socket = host.enter(|| std::net::UdpSocket::bind((tun.port().v4(), 4_000)).unwrap())?;
    socket.send_to(b"out", (tun.far_v4(), 5_000)).unwrap();
    let packet = tun
        .receive(Duration::from_secs(1))?
        .expect("the datagram comes out");
    assert_eq!((packet[0], &packet[28..]), (0x45, &b"out"[..]));
    // The answer: addresses and ports swapped, no UDP checksum; the swap leaves the header checksum valid.
    let mut answer = packet.clone();
    answer[12..16].copy_from_slice(&packet[16..20]);
    answer[16..20].copy_from_slice(&packet[12..16]);
    answer[20..22].copy_from_slice(&packet[22..24]);
    answer[22..24].copy_from_slice(&packet[20..22]);
    answer[26..28].fill(0);
    answer[28..].copy_from_slice(b"in!");
    tun.send(&answer)?;
    socket
        .set_read_timeout(Some(Duration::from_secs(1)))
        .unwrap();
    let mut datagram = [0; 16];
    assert_eq!(socket.recv(&mut datagram).unwrap(), 3);
    assert_eq!(&datagram[..3], b"in!");
    assert_eq!(
        tun.receive(Duration::from_millis(300))?,
        None,
        "nothing else was sent"
    );
    Ok(())
}
