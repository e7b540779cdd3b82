// SPDX-License-Identifier: MIT
//! Where and how programs are attached, as the kernel and not the daemon tells it, and that they
//! filter there.

use aegis_core::emit::Frame;
use aegis_testbed::peers::ping_for;
use aegis_testbed::{
    Addresses, Daemon, Lab, Need, Result, UdpSink, assert_moved, ping, require, skip, test_name,
};
use aegis_tests::guarded::{Guarded, built_object, counters, settle, xdp_program};
use std::net::{Ipv4Addr, UdpSocket};
use std::time::{Duration, Instant};

/// How long what must come may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(6);
/// How long a daemon may take to end on a busy machine, one that refuses to start included.
const END: Duration = Duration::from_secs(30);
const PASSED: &str = "xdp_ingress/ipv4/default";
const BANNED: &str = "xdp_ingress/ipv4/ban_address";

/// What `status` says of a hook of an interface.
#[track_caller]
fn mode(daemon: &Daemon, interface: &str, hook: &str) -> Result<Option<String>> {
    let status = daemon.json(&["status"])?;
    assert_eq!(status["healthy"], true, "{status}");
    let attachments = status["attachments"]
        .as_array()
        .expect("attachments are a list");
    let here = |row: &&serde_json::Value| row["interface"] == interface && row["hook"] == hook;
    let found = attachments.iter().find(here);
    Ok(found
        .and_then(|row| row["mode"].as_str())
        .map(str::to_owned))
}

fn filters(lab: &Guarded) -> Result<()> {
    lab.passes("before", &lab.syn("192.0.2.7"), PASSED)?;
    lab.cli(&["block", "192.0.2.7"])?;
    lab.drops("after", &lab.syn("192.0.2.7"), BANNED)?;
    lab.passes("a neighbour", &lab.syn("192.0.2.8"), PASSED)
}

/// Sends datagrams to a listener of the attacker.
fn says(lab: &Guarded, count: usize) -> Result<()> {
    let sender = lab
        .host
        .enter(|| UdpSocket::bind("0.0.0.0:0").expect("a port is free"))?;
    // That the filter drops it may come back as an error of the send.
    (0..count).for_each(|_| drop(sender.send_to(b"?", (lab.link.a.v4(), 9))));
    Ok(())
}

#[test]
fn the_mode_is_what_the_kernel_says_and_filters_in_each() -> Result<()> {
    require!(Need::Root, Need::AegisCli);
    for (asked, expected) in [
        ("auto", "native"),
        ("native", "native"),
        ("generic", "generic"),
    ] {
        let lab = Guarded::with(&["--xdp-mode", asked])?;
        assert_eq!(
            mode(&lab.daemon, "eth0", "xdp_ingress")?.as_deref(),
            Some(expected)
        );
        let kernel = xdp_program(&lab.host, "eth0")?.map(|(mode, _)| mode);
        assert_eq!(kernel, Some(expected), "asked for {asked}");
        lab.daemon
            .wait_for_line(expected, Duration::from_secs(10))?;
        filters(&lab)?;
    }
    Ok(())
}

#[test]
fn frames_of_nine_thousand_bytes_are_filtered() -> Result<()> {
    require!(Need::Root, Need::AegisCli);
    let lab = Lab::new()?;
    let (attacker, host) = (lab.host("attacker")?, lab.host("guarded")?);
    let pair = lab.veth(&attacker, "eth0", &host, "eth0").mtu(9_000);
    let link = pair.quiet().without_offloads().up()?;
    let daemon = Daemon::on(&host, "eth0").start()?;
    let lab = Guarded::of(lab, link, daemon)?;
    let said = mode(&lab.daemon, "eth0", "xdp_ingress")?;
    assert_eq!(
        xdp_program(&lab.host, "eth0")?.map(|(mode, _)| mode),
        said.as_deref()
    );
    let large = |source| lab.from(source).udp(4_000, 53).payload(&[7; 8_900]).bytes();
    lab.passes("large", &large("192.0.2.17"), PASSED)?;
    lab.cli(&["block", "192.0.2.17"])?;
    lab.drops("large, banned", &large("192.0.2.17"), BANNED)?;
    filters(&lab)
}

#[test]
fn egress_is_filtered_by_clsact_where_that_is_asked_for() -> Result<()> {
    require!(Need::Root, Need::AegisCli, Need::Tool("tc"));
    let lab = Guarded::with(&["--tc-mode", "clsact"])?;
    assert_eq!(
        mode(&lab.daemon, "eth0", "tc_egress")?.as_deref(),
        Some("clsact")
    );
    let filters = || {
        lab.host
            .run("tc", &["filter", "show", "dev", "eth0", "egress"])
    };
    assert!(filters()?.stdout.contains("aegis_egress"));
    let _sink = UdpSink::start(&lab.attacker, 9)?;
    lab.moves(&[("tc_egress/ipv4/default", 2)], |lab| says(lab, 2))?;
    lab.cli(&["block", &lab.link.a.v4().to_string()])?;
    lab.moves(&[("tc_egress/ipv4/ban_address", 3)], |lab| says(lab, 3))?;
    lab.daemon.signal(15)?;
    lab.daemon.wait(END)?.success()?;
    assert_eq!(filters()?.stdout, "", "the filter went with the daemon");
    Ok(())
}

#[test]
fn egress_is_filtered_by_tcx_where_the_kernel_has_it() -> Result<()> {
    require!(Need::Root, Need::AegisCli, Need::Kernel(6, 6));
    let lab = Guarded::start()?;
    assert_eq!(
        mode(&lab.daemon, "eth0", "tc_egress")?.as_deref(),
        Some("tcx")
    );
    Ok(())
}

#[test]
fn without_tc_only_arriving_packets_are_judged() -> Result<()> {
    require!(Need::Root, Need::AegisCli);
    let lab = Guarded::with(&["--no-tc"])?;
    assert_eq!(mode(&lab.daemon, "eth0", "tc_egress")?, None);
    assert_eq!(lab.daemon.json(&["status"])?["egress"], false);
    let _sink = UdpSink::start(&lab.attacker, 9)?;
    lab.cli(&["block", &lab.link.a.v4().to_string()])?;
    let before = lab.counters()?;
    says(&lab, 3)?;
    lab.leave(3)?;
    assert_moved(&before, &lab.counters()?, &[]);
    filters(&lab)
}

#[test]
fn two_interfaces_of_one_daemon_share_bans_and_counters() -> Result<()> {
    require!(Need::Root, Need::AegisCli);
    let lab = Lab::new()?;
    let (attacker, host) = (lab.host("attacker")?, lab.host("guarded")?);
    let first = lab.veth(&attacker, "eth0", &host, "eth0").quiet().up()?;
    let second = lab.veth(&attacker, "eth1", &host, "eth1").quiet().up()?;
    let daemon = Daemon::on(&host, "eth0").interface("eth1").start()?;
    for interface in ["eth0", "eth1"] {
        assert_eq!(
            mode(&daemon, interface, "xdp_ingress")?.as_deref(),
            Some("native")
        );
        assert!(mode(&daemon, interface, "tc_egress")?.is_some());
        // A client that names one of them finds the daemon of both.
        assert_eq!(
            daemon.program(&["-i", interface, "status"])?.code(),
            Some(0)
        );
    }
    daemon.cli(&["block", "192.0.2.7"])?.success()?;
    let before = counters(&daemon)?;
    let mut behind = Vec::new();
    for link in [&first, &second] {
        let frame = Frame::ethernet(link.a.mac().octets(), link.b.mac().octets());
        let syn = frame
            .ipv4([192, 0, 2, 7], link.b.v4())
            .tcp(4_000, 80, "S")
            .bytes();
        behind.push(link.b.raw()?);
        link.a.raw()?.send(&syn)?;
    }
    settle(&before, &[(BANNED, 2)], || counters(&daemon))?;
    for behind in behind {
        assert_eq!(behind.receive(Duration::from_millis(50))?, None);
    }
    Ok(())
}

/// Waits until so many datagrams have been read.
#[track_caller]
fn receives(sink: &UdpSink, count: u64) {
    let began = Instant::now();
    while sink.received() < count && began.elapsed() < PATIENCE {
        std::thread::sleep(Duration::from_millis(10));
    }
    assert_eq!(sink.received(), count);
}

#[test]
fn a_tun_device_is_filtered_although_it_has_no_ethernet_header() -> Result<()> {
    require!(Need::Root, Need::AegisCli, Need::LinkKind("tun"));
    for mode in ["auto", "generic"] {
        let lab = Lab::new()?;
        let host = lab.host("guarded")?;
        let tun = lab.tun(&host, "tun0").up()?;
        let daemon = Daemon::on(&host, "tun0")
            .options(&["--xdp-mode", mode])
            .start()?;
        let sink = UdpSink::start(&host, 9)?;
        let (v4, v6) = (tun.port().v4(), tun.port().v6());
        let ask = || {
            let v4 = Frame::raw_ip().ipv4(tun.far_v4(), v4).udp(4_000, 9).bytes();
            let v6 = Frame::raw_ip().ipv6(tun.far_v6(), v6).udp(4_000, 9).bytes();
            tun.send(&v4).and_then(|()| tun.send(&v6))
        };
        let before = counters(&daemon)?;
        ask()?;
        let expected = [(PASSED, 1), ("xdp_ingress/ipv6/default", 1)];
        let passed = settle(&before, &expected, || counters(&daemon))?;
        receives(&sink, 2);
        daemon
            .cli(&["block", &tun.far_v4().to_string()])?
            .success()?;
        daemon
            .cli(&["block", &tun.far_v6().to_string()])?
            .success()?;
        ask()?;
        let banned = [(BANNED, 1), ("xdp_ingress/ipv6/ban_address", 1)];
        let dropped = settle(&passed, &banned, || counters(&daemon))?;
        assert_eq!(sink.received(), 2, "two before the ban, none after");
        let sender = host.enter(|| UdpSocket::bind("0.0.0.0:0").expect("a port is free"))?;
        drop(sender.send_to(b"?", (tun.far_v4(), 9)));
        let kept_in = [("tc_egress/ipv4/ban_address", 1)];
        settle(&dropped, &kept_in, || counters(&daemon))?;
    }
    Ok(())
}

/// The programs of the second leg are shared by interfaces with and without link header.
#[test]
fn what_is_not_known_is_judged_whatever_an_interface_has_for_a_link_header() -> Result<()> {
    require!(Need::Root, Need::AegisCli, Need::LinkKind("tun"));
    let lab = Lab::new()?;
    let (host, peer) = (lab.host("guarded")?, lab.host("peer")?);
    let wire = lab.veth(&peer, "eth0", &host, "eth0").quiet().up()?;
    let tun = lab.tun(&host, "tun0").up()?;
    let daemon = Daemon::on(&host, "eth0").interface("tun0");
    let daemon = daemon.options(&["--set", "attach.grace=0s"]).start()?;
    let v4 = |source: Ipv4Addr| Frame::raw_ip().ipv4(source, tun.port().v4());
    let v6 = Frame::raw_ip().ipv6(tun.far_v6(), tun.port().v6());
    // The latter has bytes where an Ethernet frame would announce IPv4.
    let look_alike = Ipv4Addr::new(8, 0, 69, 0);
    let before = counters(&daemon)?;
    for frame in [v4(tun.far_v4()), v4(look_alike), v6] {
        tun.send(&frame.clone().tcp(4_000, 80, "A").bytes())?;
        tun.send(&frame.tcp(4_000, 80, "FPU").bytes())?;
    }
    let stray = Frame::ethernet(wire.a.mac().octets(), wire.b.mac().octets());
    let stray = stray.ipv4(wire.a.v4(), wire.b.v4()).tcp(4_000, 80, "A");
    wire.a.raw()?.send(&stray.bytes())?;
    let dropped = [
        ("xdp_ingress/ipv4/tcp_out_of_state", 3),
        ("xdp_ingress/ipv4/tcp_xmas", 2),
        ("xdp_ingress/ipv6/tcp_out_of_state", 1),
        ("xdp_ingress/ipv6/tcp_xmas", 1),
    ];
    settle(&before, &dropped, || counters(&daemon))?;
    Ok(())
}

#[test]
fn a_wireguard_tunnel_is_filtered_inside() -> Result<()> {
    require!(Need::Root, Need::AegisCli, Need::WireGuard);
    let lab = Lab::new()?;
    let (attacker, host) = (lab.host("attacker")?, lab.host("guarded")?);
    let outer = lab.veth(&attacker, "eth0", &host, "eth0").quiet().up()?;
    let tunnel = lab.wireguard(&outer, "wg0")?;
    let daemon = Daemon::on(&host, "wg0").start()?;
    let target = tunnel.b.v4().into();
    // The handshake comes before the first packet.
    ping_for(&attacker, target, 1, PATIENCE)?;
    assert_eq!(ping_for(&attacker, target, 2, PATIENCE)?.received, 2);
    daemon
        .cli(&["block", &tunnel.a.v4().to_string()])?
        .success()?;
    let before = counters(&daemon)?;
    assert_eq!(ping(&attacker, target, 2)?.received, 0);
    settle(&before, &[(BANNED, 2)], || counters(&daemon))?;
    let target = tunnel.b.v6().into();
    assert_eq!(ping_for(&attacker, target, 2, PATIENCE)?.received, 2);
    Ok(())
}

#[test]
fn addresses_of_the_documentation_are_no_special_case() -> Result<()> {
    require!(Need::Root, Need::AegisCli);
    let lab = Lab::new()?;
    let (attacker, host) = (lab.host("attacker")?, lab.host("guarded")?);
    let left = Addresses::new("8.8.8.9/24", "2606:4700::9/64")?;
    let right = Addresses::new("8.8.8.8/24", "2606:4700::8/64")?;
    let pair = lab
        .veth(&attacker, "eth0", &host, "eth0")
        .addresses(left, right);
    let link = pair.quiet().without_offloads().up()?;
    let daemon = Daemon::on(&host, "eth0").start()?;
    filters(&Guarded::of(lab, link, daemon)?)
}

#[test]
fn a_strangers_program_is_named_and_left_alone() -> Result<()> {
    require!(Need::Root, Need::AegisCli);
    let Some(object) = built_object("aegis-bench.o") else {
        skip(
            test_name!(),
            "aegis-bench.o is not built; cargo xtask build-all",
        );
        return Ok(());
    };
    for attach in ["xdpdrv", "xdpgeneric"] {
        let lab = Lab::new()?;
        let (attacker, host) = (lab.host("attacker")?, lab.host("guarded")?);
        let _link = lab.veth(&attacker, "eth0", &host, "eth0").quiet().up()?;
        let file = object.display().to_string();
        host.ip(&[
            "link", "set", "dev", "eth0", attach, "obj", &file, "sec", "xdp",
        ])?;
        let stranger = xdp_program(&host, "eth0")?;
        let id = stranger
            .expect("the stranger's program is attached")
            .1
            .to_string();
        let daemon = Daemon::on(&host, "eth0").start_unready()?;
        let refused = daemon.wait(END)?;
        assert_eq!(refused.code(), Some(4), "{}", refused.stderr);
        let last = refused.stderr.lines().last().unwrap_or_default();
        assert!(last.contains("eth0 already has the XDP program"), "{last}");
        assert!(
            last.contains(&format!("(id {id})")) && last.contains("xdp off"),
            "{last}"
        );
        assert_eq!(xdp_program(&host, "eth0")?, stranger, "left in place");
    }
    Ok(())
}

#[test]
fn objects_of_ones_own_replace_the_embedded_ones() -> Result<()> {
    require!(Need::Root, Need::AegisCli);
    let Some(object) = built_object("aegis-ebpf.o") else {
        skip(
            test_name!(),
            "aegis-ebpf.o is not built; cargo xtask build-all",
        );
        return Ok(());
    };
    let object = object.display().to_string();
    let lab = Guarded::with(&["--ebpf-path", &object, "--tc-path", &object])?;
    filters(&lab)?;
    let _sink = UdpSink::start(&lab.attacker, 9)?;
    lab.cli(&["block", &lab.link.a.v4().to_string()])?;
    lab.moves(&[("tc_egress/ipv4/ban_address", 3)], |lab| says(lab, 3))
}

#[test]
fn an_object_that_is_none_is_named_and_nothing_is_attached() -> Result<()> {
    require!(Need::Root, Need::AegisCli);
    let lab = Lab::new()?;
    let (attacker, host) = (lab.host("attacker")?, lab.host("guarded")?);
    let _link = lab.veth(&attacker, "eth0", &host, "eth0").quiet().up()?;
    for option in ["--ebpf-path", "--tc-path"] {
        for file in ["/bin/true", "/etc/passwd", "/nonexistent/object.o"] {
            let daemon = Daemon::on(&host, "eth0")
                .options(&[option, file])
                .start_unready()?;
            let refused = daemon.wait(END)?;
            assert_eq!(
                refused.code(),
                Some(1),
                "{option} {file}: {}",
                refused.stderr
            );
            let last = refused.stderr.lines().last().unwrap_or_default();
            assert!(last.contains(file), "{option} {file}: {last}");
            assert_eq!(xdp_program(&host, "eth0")?, None, "{option} {file}");
        }
    }
    Ok(())
}
