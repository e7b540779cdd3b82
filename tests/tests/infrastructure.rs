// SPDX-License-Identifier: MIT
//! The traffic without which an interface stops working: no ban can cut it off, and nobody may
//! send too much of it.

use aegis_core::emit::Frame;
use aegis_testbed::{Counters, Daemon, Lab, Need, Result, assert_moved, ping, require};
use aegis_tests::guarded::{Guarded, counters, settle};
use aegis_tests::stay::processors;

#[test]
fn hosts_still_find_each_other_when_everybody_is_banned() -> Result<()> {
    require!(Need::Root, Need::AegisCli);
    let lab = Lab::new()?;
    let (attacker, host) = (lab.host("attacker")?, lab.host("guarded")?);
    let link = lab.veth(&attacker, "eth0", &host, "eth0").up()?;
    let daemon = Daemon::on(&host, "eth0").start()?;
    for everybody in ["0.0.0.0/0", "::/0"] {
        daemon.cli(&["block", everybody, "--force"])?.success()?;
    }
    for target in [link.b.v4().to_string(), link.b.v6().to_string()] {
        let report = ping(&attacker, target.parse().expect("an address"), 2)?;
        assert_eq!(report.received, 0, "{target} is not to be reached");
        let neighbours = attacker.ip(&["neighbour", "show", "dev", "eth0"])?;
        let entry = neighbours
            .lines()
            .find(|line| line.starts_with(&format!("{target} ")));
        let mac = link.b.mac().to_string();
        assert!(
            entry.is_some_and(|line| line.contains(&mac)),
            "{target} is found: {neighbours}"
        );
    }
    // What the link carries besides is none of this test's business.
    let banned = || -> Result<Counters> {
        let mut counters = counters(&daemon)?;
        counters.retain(|name, _| name.ends_with("/ban_prefix"));
        Ok(counters)
    };
    let expected = [
        ("xdp_ingress/ipv4/ban_prefix", 2),
        ("xdp_ingress/ipv6/ban_prefix", 2),
    ];
    settle(&Counters::new(), &expected, banned)?;
    let counters = counters(&daemon)?;
    assert!(counters["xdp_ingress/other/arp"] > 0, "{counters:?}");
    assert!(
        counters["xdp_ingress/ipv6/neighbour_discovery"] > 0,
        "{counters:?}"
    );
    Ok(())
}

#[test]
fn path_mtu_and_membership_messages_of_the_banned_pass() -> Result<()> {
    require!(Need::Root, Need::AegisCli);
    let lab = Guarded::start()?;
    for everybody in ["0.0.0.0/0", "::/0"] {
        lab.cli(&["block", everybody, "--force"])?;
    }
    let (v4, v6) = (lab.from("192.0.2.1"), lab.from("2001:db8::1"));
    let needed = v4.clone().icmp_with(3, 4, [0, 0, 5, 0]).payload(&[0; 28]);
    lab.passes(
        "fragmentation needed",
        &needed.bytes(),
        "xdp_ingress/ipv4/path_mtu",
    )?;
    let too_big = v6.clone().icmp_with(2, 0, [0, 0, 5, 0]).payload(&[0; 48]);
    lab.passes(
        "packet too big",
        &too_big.bytes(),
        "xdp_ingress/ipv6/path_mtu",
    )?;
    let unreachable = v4.clone().icmp(3, 1).payload(&[0; 28]);
    lab.drops(
        "host unreachable",
        &unreachable.bytes(),
        "xdp_ingress/ipv4/ban_prefix",
    )?;
    let offer = v4.udp(67, 68).payload(&[0; 240]);
    lab.drops(
        "DHCP from afar",
        &offer.bytes(),
        "xdp_ingress/ipv4/ban_prefix",
    )?;
    let advertise = v6.udp(547, 546).payload(&[0; 40]);
    lab.drops(
        "DHCPv6 from afar",
        &advertise.bytes(),
        "xdp_ingress/ipv6/ban_prefix",
    )?;
    lab.drops(
        "a SYN",
        &lab.syn("192.0.2.1"),
        "xdp_ingress/ipv4/ban_prefix",
    )?;
    lab.drops(
        "a SYN",
        &lab.syn("2001:db8::1"),
        "xdp_ingress/ipv6/ban_prefix",
    )
}

#[test]
fn who_is_banned_by_address_does_not_even_discover_neighbours() -> Result<()> {
    require!(Need::Root, Need::AegisCli);
    let lab = Guarded::start()?;
    let advertisement = |source: &str| {
        let frame = lab.from(source).hop_limit(255).icmp(134, 0);
        frame.payload(&[0; 8]).bytes()
    };
    let passed = "xdp_ingress/ipv6/neighbour_discovery";
    lab.passes("a router", &advertisement("fe80::bad"), passed)?;
    lab.cli(&["block", "fe80::bad"])?;
    let banned = "xdp_ingress/ipv6/ban_address";
    lab.drops("a rogue router", &advertisement("fe80::bad"), banned)?;
    lab.passes("another router", &advertisement("fe80::1"), passed)
}

#[test]
fn address_configuration_on_the_link_outlives_wide_bans() -> Result<()> {
    require!(Need::Root, Need::AegisCli);
    let lab = Guarded::start()?;
    for everybody in ["0.0.0.0/0", "::/0"] {
        lab.cli(&["block", everybody, "--force"])?;
    }
    let offer = lab.from_to("192.0.2.1", "255.255.255.255").udp(67, 68);
    let offer = offer.payload(&[0; 240]).bytes();
    lab.passes("DHCP", &offer, "xdp_ingress/ipv4/dhcp")?;
    let advertise = lab.from("fe80::1").udp(547, 546).payload(&[0; 40]).bytes();
    lab.passes("DHCPv6", &advertise, "xdp_ingress/ipv6/dhcp")
}

/// More than a source may send: what passes, what is dropped, and that each is counted.
fn flood(frame: fn(&Guarded) -> Frame, passed: &str, dropped: &str) -> Result<()> {
    const COUNT: u64 = 5_000;
    let lab = Guarded::start()?;
    let flood = vec![frame(&lab).bytes(); COUNT as usize];
    let before = lab.counters()?;
    let began = std::time::Instant::now();
    let arrived = lab.past(&flood)?.len() as u64;
    // 100 at once and 50 a second, on each processor.
    let most = processors() * (100 + 50 * (began.elapsed().as_secs() + 1));
    assert!(
        (100..=most).contains(&arrived),
        "{arrived} passed, at most {most}"
    );
    let expected = [(passed, arrived), (dropped, COUNT - arrived)];
    assert_moved(&before, &lab.counters()?, &expected);
    Ok(())
}

#[test]
fn a_flood_of_router_advertisements_is_cut_to_a_rate() -> Result<()> {
    require!(Need::Root, Need::AegisCli);
    let advertisement = |lab: &Guarded| {
        lab.from("fe80::bad")
            .hop_limit(255)
            .icmp(134, 0)
            .payload(&[0; 8])
    };
    let (passed, dropped) = (
        "xdp_ingress/ipv6/neighbour_discovery",
        "xdp_ingress/ipv6/infrastructure_rate",
    );
    flood(advertisement, passed, dropped)
}

#[test]
fn a_flood_of_arp_is_cut_to_a_rate() -> Result<()> {
    require!(Need::Root, Need::AegisCli);
    let question = |lab: &Guarded| lab.frame().arp(lab.link.a.v4(), lab.nobody_v4());
    flood(
        question,
        "xdp_ingress/other/arp",
        "xdp_ingress/other/infrastructure_rate",
    )
}

#[test]
fn a_flood_by_one_neighbour_does_not_silence_another() -> Result<()> {
    require!(Need::Root, Need::AegisCli);
    let lab = Guarded::start()?;
    let solicitation = |source: &str| {
        let target = lab.nobody_v6().octets();
        lab.from(source)
            .hop_limit(255)
            .icmp(135, 0)
            .payload(&target)
            .bytes()
    };
    lab.past(&vec![solicitation("fe80::bad"); 2_000])?;
    // Neighbours share 64 rates: one or two of these may be unlucky, whoever they are.
    let others: Vec<Vec<u8>> = (1..=16)
        .map(|other| solicitation(&format!("fe80::{other}")))
        .collect();
    let heard = lab.past(&others)?.len();
    assert!(heard >= 12, "only {heard} of 16 other neighbours are heard");
    Ok(())
}
