// SPDX-License-Identifier: MIT
//! Lists of addresses, from where others publish them to the next packet.

#[path = "feeds/changed.rs"]
mod changed;
#[path = "feeds/passing.rs"]
mod passing;

use aegis_testbed::publisher::Tunnel;
use aegis_testbed::{Need, Result, require};
use aegis_tests::configuration::File;
use aegis_tests::guarded::Guarded;
use aegis_tests::published::{self, GATEWAY, OWN, Published, configuration, guarded, host, source};
use passing::{
    entries_end_without_their_copy, protocols_without_ports_begin_nothing, switches_work_at_once,
};
use serde_json::Value;
use std::net::{SocketAddr, UdpSocket};
use std::time::{Duration, Instant};

const LISTED: &str = "xdp_ingress/ipv4/list";
const BEGINS: &str = "xdp_ingress/ipv4/list_unsolicited";
const PASSED: &str = "xdp_ingress/ipv4/default";
const DEPARTS: &str = "tc_egress/ipv4/list";
const BEGUN: &str = "tc_egress/ipv4/list_unsolicited";
const LEFT: &str = "tc_egress/ipv4/default";
/// How long something may take that is under way on a busy machine.
const PATIENCE: Duration = Duration::from_secs(15);

/// Of `feeds list`: the one of that name.
fn list(lab: &Guarded, name: &str) -> Result<Value> {
    let answer = lab.daemon.json(&["feeds", "list"])?;
    let lists = answer["lists"].as_array().expect("lists");
    let found = lists.iter().find(|list| list["name"] == name);
    Ok(found.expect("it is there").clone())
}

/// Waits until something is so.
fn until(what: &str, mut is_so: impl FnMut() -> Result<bool>) -> Result<()> {
    let began = Instant::now();
    while !is_so()? {
        assert!(began.elapsed() < PATIENCE, "{what}");
        std::thread::sleep(Duration::from_millis(50));
    }
    Ok(())
}

/// Sends a datagram from the guarded host.
fn send(lab: &Guarded, to: &str) -> Result<()> {
    let to: SocketAddr = format!("{to}:9").parse().expect("an address");
    let sent = lab.host.enter(|| {
        let socket = UdpSocket::bind((OWN, 0))?;
        socket.send_to(b"x", to)
    })?;
    // What is dropped at departure is told so to whoever sends, or not.
    drop(sent);
    Ok(())
}

#[test]
fn each_list_does_what_it_is_for_and_cuts_nobody_off_that_the_host_needs() -> Result<()> {
    require!(Need::Root, Need::AegisCli);
    let published = Published::default();
    // Own addresses and the gateway are in it, and somebody who is on the allowlist.
    published.say(
        "/both",
        "# the worst\n45.0.0.7 ; C2\n45.0.9.0/24\n45.0.8.0/24\n10.0.0.0/8\n2400:1::/32\n",
    );
    published.say("/in", "45.1.0.0/16\n");
    published.say("/out", "45.2.0.0/16\n");
    published.say("/alert", "45.3.0.0/16\n45.0.0.7\n");
    let place = host()?;
    let tunnel = place.1.b.host().enter(|| Tunnel::new(None))?;
    let tunnel = tunnel.expect("there is a port left");
    let by_proxy = format!("direction = \"out\"\nproxy = \"{}\"", tunnel.url());
    let file = File::new(&format!(
        "{}\n[allowlist]\nips = [\"45.0.8.8\"]\n",
        configuration(&[
            source("both", "category = \"botnet\""),
            source("in", "direction = \"in\""),
            source("out", &by_proxy),
            source("alert", "action = \"alert\"\ncategory = \"scanner\""),
        ])
    ));
    published::place(&file, &[("45.3.0.0/16", "SE")]);
    let _publisher = published.publish(place.1.b.host())?;
    let lab = guarded(place, &file)?;
    let answer = lab.daemon.json(&["feeds", "update"])?;
    for list in answer["lists"].as_array().expect("lists") {
        let outcome = list["last"]["outcome"].as_str();
        assert!(matches!(outcome, Some("updated" | "unchanged")), "{list:#}");
    }

    let connected = tunnel.asked().into_iter().map(|asked| asked.method);
    let connected: Vec<String> = connected.collect();
    assert!(
        connected.iter().any(|method| method == "CONNECT"),
        "{connected:?}"
    );

    // Arriving.
    lab.drops("listed", &lab.syn("45.0.0.7"), LISTED)?;
    lab.drops(
        "listed, IPv6",
        &lab.syn("2400:1::7"),
        "xdp_ingress/ipv6/list",
    )?;
    lab.passes("a neighbour", &lab.syn("45.0.0.8"), PASSED)?;
    lab.drops("it begins nothing", &lab.syn("45.1.0.7"), BEGINS)?;
    lab.passes(
        "of them the host begins nothing",
        &lab.syn("45.2.0.7"),
        PASSED,
    )?;
    lab.passes("it is only told of", &lab.syn("45.3.0.7"), PASSED)?;
    protocols_without_ports_begin_nothing(&lab)?;
    // Whom the host needs.
    lab.passes("the gateway", &lab.syn(GATEWAY), PASSED)?;
    lab.drops("beside the gateway", &lab.syn("45.0.9.3"), LISTED)?;
    lab.passes(
        "the allowlist",
        &lab.syn("45.0.8.8"),
        "xdp_ingress/ipv4/allowlist",
    )?;
    lab.drops("beside the allowlist", &lab.syn("45.0.8.9"), LISTED)?;
    // Departing.
    lab.moves(&[(DEPARTS, 1)], |lab| send(lab, "45.0.0.7"))?;
    lab.moves(&[(LEFT, 1)], |lab| send(lab, "45.1.0.7"))?;
    lab.moves(&[(BEGUN, 1)], |lab| send(lab, "45.2.0.7"))?;
    lab.moves(&[(LEFT, 1)], |lab| send(lab, "45.3.0.7"))?;

    counts_are_exact(&lab)?;
    everything_is_named(&lab)?;
    switches_work_at_once(&lab)?;
    entries_end_without_their_copy(&lab)?;
    lists_are_taken_away_and_others_added(&lab, &file)
}

fn counts_are_exact(lab: &Guarded) -> Result<()> {
    let stats = lab.daemon.json(&["feeds", "stats"])?;
    let count = |name: &str, what: &str| -> Option<u64> {
        let mut lists = stats["lists"].as_array()?.iter();
        let list = lists.find(|list| list["name"] == name)?;
        assert_eq!(list[what]["day"], list[what]["total"], "all of it was now");
        list[what]["total"]["packets"].as_u64()
    };
    assert_eq!(count("both", "hits"), Some(8), "{stats:#}");
    assert_eq!(count("in", "hits"), Some(1), "{stats:#}");
    assert_eq!(count("out", "hits"), Some(1), "{stats:#}");
    assert_eq!(count("alert", "hits"), Some(0), "{stats:#}");
    // Two of its own, and two that another list has dropped.
    assert_eq!(count("alert", "would_hit"), Some(4), "{stats:#}");
    let both = list(lab, "both")?;
    // 45.0.0.7, and two networks less this host, its gateway, and who is allowed.
    assert_eq!(both["copy"]["addresses_v4"], 1 + 2 * 256 - 3, "{both:#}");
    assert_eq!(both["copy"]["unique_v4"], 2 * 256 - 3, "{both:#}");
    Ok(())
}

fn everything_is_named(lab: &Guarded) -> Result<()> {
    let why = lab.daemon.json(&["why", "45.0.0.7"])?;
    assert_eq!(why["standing"], "listed", "{why:#}");
    let named: Vec<_> = why["lists"].as_array().expect("lists").iter().collect();
    let of = |at: usize| {
        let part = |what: &str| named[at][what].as_str().unwrap_or_default();
        (part("list"), part("category"), part("effect"))
    };
    assert_eq!(of(0), ("both", "botnet", "dropped"));
    assert_eq!(of(1), ("alert", "scanner", "counted"));
    let events = lab.daemon.json(&["events"])?;
    let events = events["events"].as_array().expect("events");
    let of = |hook: &str| {
        let such = |event: &&Value| event["hook"] == hook && event["list"] == "both";
        events.iter().find(such).expect("it was told").clone()
    };
    let arrived = of("xdp_ingress");
    assert_eq!(arrived["reason"], "CIDR_FEED");
    assert_eq!(arrived["threat_type"], "botnet");
    assert_eq!(arrived["category"], "botnet");
    assert_eq!(of("tc_egress")["reason"], "EGRESS_BLOCK");
    let shown = lab.daemon.json(&["feeds", "show", "alert"])?;
    let peers = shown["peers"].as_array().expect("peers");
    let peers: Vec<_> = peers.iter().map(|peer| peer["address"].as_str()).collect();
    assert_eq!(peers, [Some("45.3.0.7")], "whom it would have cut off");
    assert_eq!(shown["peers"][0]["place"]["country"], "SE", "{shown:#}");
    let shown = lab.cli(&["feeds", "show", "both"])?;
    for why in [
        "a gateway of this host",
        "an address of this host",
        "on the allowlist",
        "RFC 1918",
        "10.0.0.0/8 (LAN)",
    ] {
        assert!(shown.contains(why), "{why}:\n{shown}");
    }
    let status = lab.cli(&["status"])?;
    assert!(status.contains("lists: both "), "{status}");
    Ok(())
}

fn lists_are_taken_away_and_others_added(lab: &Guarded, file: &File) -> Result<()> {
    let path = file.folder().join("mine.txt");
    std::fs::write(&path, "45.4.0.0/24\n").expect("the folder is our own");
    let mine = format!("\n[[feeds.source]]\nname = \"mine\"\npath = {path:?}\n");
    file.write(&configuration(&[
        source("in", "direction = \"both\""),
        mine,
    ]));
    let answer = lab.daemon.json(&["reload"])?;
    assert_eq!(answer["changed"][0]["key"], "feeds.source", "{answer:#}");
    until("the new list is in force", || {
        let mine = list(lab, "mine")?;
        Ok(mine["last"]["outcome"] == "updated" && mine["busy"] == false)
    })?;
    lab.drops("a list that is a file", &lab.syn("45.4.0.7"), LISTED)?;
    lab.drops("either way now", &lab.syn("45.1.0.8"), LISTED)?;
    lab.passes("of no list any more", &lab.syn("45.0.0.7"), PASSED)?;
    let stays = list(lab, "in")?;
    assert_eq!(stays["hits"]["total"]["packets"], 2, "{stays:#}");
    Ok(())
}

/// So many addresses, one a line.
fn many(network: &str, count: u32) -> String {
    let line = |number: u32| format!("{network}.{}.{}\n", number / 250, number % 250);
    (0..count).map(line).collect()
}

#[test]
fn a_list_is_as_good_as_its_last_good_copy() -> Result<()> {
    require!(Need::Root, Need::AegisCli);
    let published = Published::default();
    published.say("/drop", many("45.0", 600));
    // The same SYN again and again is to pass.
    let modules = "\n[modules]\nrate_limit = false\nport_scan = false\n";
    let file = File::new(&(configuration(&[source("drop", "")]) + modules));
    let place = host()?;
    let publisher = published.publish(place.1.b.host())?;
    let mut lab = guarded(place, &file)?;
    lab.cli(&["feeds", "update", "drop"])?;
    lab.drops("listed", &lab.syn("45.0.0.7"), LISTED)?;

    swaps_miss_nothing(&lab, &published)?;
    what_is_hard_to_believe_is_put_aside(&lab, &published)?;
    drop(publisher);
    let failed = lab.daemon.cli(&["feeds", "update"])?;
    assert_eq!(failed.status.code(), Some(1), "{failed:?}");
    assert!(failed.stdout.contains("drop: FAILED: "), "{failed:?}");
    lab.drops("the copy before it stays", &lab.syn("45.5.0.1"), LISTED)?;

    let before = list(&lab, "drop")?["hits"]["total"]["packets"].as_u64();
    lab.daemon.kill()?;
    let frames = vec![lab.syn("45.5.0.2"); 10];
    assert!(
        lab.past(&frames)?.is_empty(),
        "the kernel goes on by itself"
    );
    lab.daemon = lab.daemon.restart()?;
    lab.drops(
        "nobody publishes anything, and it bites",
        &lab.syn("45.5.0.1"),
        LISTED,
    )?;
    until("its copy is in force", || {
        let drop = list(&lab, "drop")?;
        Ok(!drop["copy"].is_null() && drop["busy"] == false)
    })?;
    let after = list(&lab, "drop")?["hits"]["total"]["packets"].as_u64();
    assert_eq!(after, before.map(|before| before + 11), "numbers go on");
    lab.cli(&["feeds", "disable", "drop"])?;
    texts_are_lists_too(lab, (&published, &file), after)
}

/// Old and new lists have an address in common, and another that neither has.
fn swaps_miss_nothing(lab: &Guarded, published: &Published) -> Result<()> {
    let frames = [lab.syn("45.0.0.1"), lab.syn("46.0.0.1")];
    let frames: Vec<Vec<u8>> = frames.iter().cycle().take(2_000).cloned().collect();
    let daemon = &lab.daemon;
    std::thread::scope(|scope| {
        let updates = scope.spawn(move || -> Result<()> {
            for count in [500, 700, 550] {
                published.say("/drop", many("45.0", count));
                let said = daemon.cli(&["feeds", "update", "drop"])?.success()?.stdout;
                assert!(
                    said.contains(&format!("updated, {count} entries")),
                    "{said}"
                );
            }
            Ok(())
        });
        let mut rounds = 0;
        while !updates.is_finished() {
            let passed = lab.past(&frames)?;
            assert_eq!(passed.len(), 1_000, "half of them, at every moment");
            rounds += 1;
        }
        assert!(rounds > 0, "packets passed while sets were swapped");
        updates.join().expect("it does not panic")
    })
}

fn what_is_hard_to_believe_is_put_aside(lab: &Guarded, published: &Published) -> Result<()> {
    let page = "<!DOCTYPE html><html><body>Please sign in.</body></html>";
    for (text, why) in [
        (page, "HTML"),
        ("# nothing\n", "no entries"),
        ("45.5.0.1\n45.5.0.2\n", "entries after"),
    ] {
        published.say("/drop", text);
        let answer = lab.daemon.cli(&["feeds", "update"])?;
        assert_eq!(answer.status.code(), Some(1), "{answer:?}");
        let said = answer.stdout;
        assert!(
            said.contains("PUT ASIDE") && said.contains(why),
            "{why}: {said}"
        );
        lab.drops("the copy before it stays", &lab.syn("45.0.0.7"), LISTED)?;
    }
    let status = lab.daemon.json(&["status"])?;
    let warnings = status["warnings"].to_string();
    assert!(
        warnings.contains("list drop: a new copy was put aside"),
        "{status:#}"
    );
    let said = lab.cli(&["feeds", "release", "drop"])?;
    assert!(said.contains("updated, 2 entries"), "{said}");
    lab.drops("released", &lab.syn("45.5.0.1"), LISTED)?;
    lab.passes("no longer listed", &lab.syn("45.0.0.7"), PASSED)?;
    let released = list(lab, "drop")?;
    assert!(released["quarantine"].is_null(), "{released:#}");
    let none = lab.daemon.cli(&["feeds", "release", "drop"])?;
    assert_eq!(none.status.code(), Some(5), "there is none any more");
    Ok(())
}

fn texts_are_lists_too(
    mut lab: Guarded,
    (published, file): (&Published, &File),
    hits: Option<u64>,
) -> Result<()> {
    let path = lab.daemon.run_dir().join("mine.txt");
    std::fs::write(&path, "45.6.0.0/24\n192.168.0.0/16\n").expect("the folder is our own");
    let path = path.to_str().expect("its name is plain");
    let said = lab.cli(&[
        "feeds",
        "load",
        path,
        "--name",
        "mine",
        "--category",
        "spam",
    ])?;
    assert!(said.contains("mine: updated, 1 entry in force"), "{said}");
    lab.drops("loaded", &lab.syn("45.6.0.7"), LISTED)?;
    let taken = lab.daemon.cli(&["feeds", "load", path, "--name", "drop"])?;
    assert_eq!(
        taken.status.code(),
        Some(4),
        "it is one of the configuration"
    );

    // A clean end, and a start without a network.
    lab.daemon.signal(15)?;
    lab.daemon.wait(PATIENCE)?.success()?;
    lab.daemon = lab.daemon.restart()?;
    until("copies have been read", || {
        Ok(!list(&lab, "mine")?["copy"].is_null())
    })?;
    until("they are in force", || {
        Ok(list(&lab, "mine")?["busy"] == false)
    })?;
    lab.drops("after a start", &lab.syn("45.6.0.8"), LISTED)?;
    let off = list(&lab, "drop")?;
    assert_eq!(
        (&off["enabled"], &off["switched"]),
        (&false.into(), &true.into()),
        "{off:#}"
    );
    assert_eq!(off["hits"]["total"]["packets"].as_u64(), hits, "{off:#}");
    let mine = list(&lab, "mine")?;
    assert_eq!(mine["hits"]["total"]["packets"], 2, "{mine:#}");
    lab.cli(&["feeds", "remove", "mine"])?;
    until("it is gone", || {
        Ok(lab.past(&[lab.syn("45.6.0.9")])?.len() == 1)
    })?;

    // Without a daemon, for its next start.
    lab.daemon.signal(15)?;
    lab.daemon.wait(PATIENCE)?.success()?;
    published.say("/drop", "45.7.0.1\n");
    let _publisher = published.publish(&lab.host)?;
    let offline = ["--config", file.path(), "feeds", "update", "drop"];
    let offline_said = lab.daemon.cli(&offline)?;
    assert!(
        offline_said.stdout.contains("no daemon runs"),
        "{offline_said:?}"
    );
    assert!(
        offline_said.stdout.contains("drop: updated, 1 entry"),
        "{offline_said:?}"
    );
    Ok(())
}
