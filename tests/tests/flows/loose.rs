// SPDX-License-Identifier: MIT
//! Without a program that sees what departs, answers cannot be told from what nobody asked for: a
//! looser rule holds, and says so.

use aegis_testbed::{
    Daemon, Many, Need, Publisher, Result, Session, TcpEcho, UdpEcho, ping, require,
};
use aegis_tests::configuration::File;
use aegis_tests::guarded::Guarded;
use aegis_tests::published::{Published, configuration, host, place, source};
use aegis_tests::question::ask;
use aegis_tests::told::drops;
use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, Instant};

const PATIENCE: Duration = Duration::from_secs(10);

#[test]
fn without_an_egress_program_answers_to_this_hosts_own_questions_pass() -> Result<()> {
    require!(Need::Root, Need::AegisCli);
    let lab = Guarded::with(&["--no-tc", "--set", "attach.grace=0s"])?;
    let echo = TcpEcho::start(&lab.attacker, 7_007)?;
    // What answers from there is an amplifier where nobody waits for it.
    let names = UdpEcho::start(&lab.attacker, 53)?;
    let servers: [IpAddr; 2] = [lab.link.a.v4().into(), lab.link.a.v6().into()];
    for server in servers {
        let tcp = SocketAddr::new(server, echo.port());
        let session = Session::open(&lab.host, tcp, Duration::from_millis(20))?;
        let many = Many::open(&lab.host, tcp, 100)?;
        assert_eq!(many.exchange(), 100, "more answers than a scan has ports");
        assert_eq!(ping(&lab.host, server, 3)?.received, 3);
        let socket = ask(&lab.host, (server, names.port()).into(), PATIENCE)?;
        assert_eq!(socket.recv(&mut [0; 16]).expect("it is an echo"), 8);
        assert!(session.answers_within(PATIENCE), "{:?}", session.report());
    }
    assert_eq!(drops(&lab.daemon)?, [].into());
    Ok(())
}

#[test]
fn the_looser_rule_is_shown_and_is_what_holds() -> Result<()> {
    require!(Need::Root, Need::AegisCli);
    let strict = Guarded::with(&["--set", "attach.grace=0s"])?;
    let (loose, _publisher) = loose_with_lists_and_places()?;
    for (lab, mode, counter) in [
        (&strict, "strict", "xdp_ingress/ipv4/tcp_out_of_state"),
        (&loose, "loose", "xdp_ingress/ipv4/untracked"),
    ] {
        let status = lab.daemon.json(&["status"])?;
        assert_eq!(status["state"]["mode"], mode, "{status}");
        let words = lab.cli(&["status"])?;
        assert!(words.contains(&format!("state: {mode}")), "{words}");
        let stray = lab.from("192.0.2.7").tcp(443, 40_000, "A").bytes();
        match mode {
            "strict" => lab.drops("a stray segment", &stray, counter)?,
            _ => lab.passes("a stray segment", &stray, counter)?,
        }
        let answer = lab
            .from("192.0.2.7")
            .udp(53, 40_000)
            .payload(&[0; 400])
            .bytes();
        let amplified = "xdp_ingress/ipv4/amplification";
        lab.drops("an answer that no socket waits for", &answer, amplified)?;
    }
    lists_and_places_hold_for_what_arrives(&loose)
}

/// A host without a program at departure that has a list, and knows the places of two networks.
fn loose_with_lists_and_places() -> Result<(Guarded, Publisher)> {
    let published = Published::default();
    published.say("/both", "45.0.0.0/24\n");
    let file = File::new(&configuration(&[source("both", "")]));
    place(&file, &[("45.6.0.0/24", "SE"), ("45.0.0.0/24", "CN")]);
    let text = file.read();
    file.write(&format!(
        "{text}block = [\"SE\"]\n[attach]\ngrace = \"0s\"\n"
    ));
    let (lab, link) = host()?;
    let publisher = published.publish(link.b.host())?;
    let options = ["--no-tc", "--config", file.path()];
    let daemon = Daemon::on(link.b.host(), "eth0")
        .options(&options)
        .start()?;
    Ok((Guarded::of(lab, link, daemon)?, publisher))
}

fn lists_and_places_hold_for_what_arrives(loose: &Guarded) -> Result<()> {
    let updated = loose.cli(&["feeds", "update"])?;
    assert!(updated.contains("1 entry in force"), "{updated}");
    let listed = "xdp_ingress/ipv4/list";
    loose.drops("listed", &loose.syn("45.0.0.7"), listed)?;
    let begun = Instant::now();
    while loose.daemon.json(&["geo", "policy"])?["pieces_v4"] == 0 {
        assert!(begun.elapsed() < PATIENCE, "places are loaded");
        std::thread::sleep(Duration::from_millis(50));
    }
    let blocked = "xdp_ingress/ipv4/place";
    loose.drops("from a place", &loose.syn("45.6.0.7"), blocked)?;
    let said = loose.cli(&["geo", "unblock", "SE"])?;
    assert!(said.contains("SE (Sweden) is let through"), "{said}");
    let passed = "xdp_ingress/ipv4/default";
    loose.passes("from there", &loose.syn("45.6.0.8"), passed)
}
