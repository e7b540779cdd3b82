// SPDX-License-Identifier: MIT
//! Lists are exchanged under the packets: each one is judged by the old lists or by the new ones, and
//! they bite on when whoever loaded them is gone.

use aegis_abi::{CounterSlot, Family, Flags, Hook, Reason, SetAction, Settings};
use aegis_core::emit::Frame;
use aegis_engine::{Engine, Missing, ModeChoice, Options, SetKind, TcChoice};
use aegis_lists::ClassId;
use aegis_lists::image::Image;
use aegis_testbed::cleanup::{Deferred, defer, unique_name};
use aegis_testbed::{Host, Lab, Link, Need, RawSocket, Result, require};
use aegis_tests::random::Random;
use aegis_tests::sets::Sets;
use aegis_tests::told::say;
use std::fs;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use tokio::runtime::{Builder, Runtime};

/// On both lists: as a single address of the one, within a range of the other.
const LISTED: [&str; 2] = ["198.51.100.77", "2001:db8:77::77"];
/// On neither, but a neighbour.
const CLEAR: [&str; 2] = ["198.51.100.99", "2001:db8:77:1::99"];
/// Nobody whom the host would answer for.
const NOBODY: [&str; 2] = ["203.0.113.5", "2001:db8:5::5"];
/// Classes by which the two lists are told apart.
const FIRST: u32 = 7;
const SECOND: u32 = 9;
/// Other entries of each list.
const OTHERS: usize = 2_000;
const TIME: Duration = Duration::from_secs(2);
const BATCH: usize = 16;
const SEED: u32 = 0x5eed;

type Lists = [Image; 2];

/// Two lists that have nothing in common but [`LISTED`].
fn lists() -> [Lists; 2] {
    let mut random = Random::new(1);
    let [v4, v6] = LISTED.map(address);
    let singles = [(v4, v4), (v6, v6)];
    let ranges = [
        (address("198.51.100.64"), address("198.51.100.79")),
        (address("2001:db8:77::"), address("2001:db8:77:0:ffff::")),
    ];
    [(singles, FIRST), (ranges, SECOND)].map(|(own, class)| {
        let others = (0..OTHERS).flat_map(|_| others(class, random.word()));
        let all: Vec<_> = own.into_iter().chain(others).collect();
        let sets = Sets::of_class(&all, class, SetAction::ARRIVING);
        sets.lists(SEED).expect("they fit")
    })
}

/// Entries of the class's list only.
fn others(class: u32, noise: u64) -> [(IpAddr, IpAddr); 2] {
    let v4 =
        Ipv4Addr::from_bits(0x0b00_0000 | (class & 1) << 16 | (noise as u32 & 0xffff_0000) >> 4);
    let v6 = u128::from(class) << 92 | u128::from(noise) << 20 | 0x2a00_u128 << 112;
    let v6 = Ipv6Addr::from_bits(v6);
    [(v4.into(), v4.into()), (v6.into(), v6.into())]
}

fn address(text: &str) -> IpAddr {
    text.parse().expect("an address")
}

/// A host guarded by an engine of this process.
struct Guarded {
    options: Options,
    _pins: Deferred,
    link: Link,
    attacker: Host,
    host: Host,
    runtime: Runtime,
    _lab: Lab,
}

impl Guarded {
    fn new() -> Result<Self> {
        let lab = Lab::new()?;
        let (attacker, host) = (lab.host("attacker")?, lab.host("guarded")?);
        let pair = lab.veth(&attacker, "eth0", &host, "eth0");
        let link = pair.quiet().without_offloads().up()?;
        let pin_dir = PathBuf::from("/sys/fs/bpf").join(unique_name("sets"));
        let doomed = pin_dir.clone();
        Ok(Self {
            options: options(pin_dir),
            _pins: defer(move || drop(fs::remove_dir_all(doomed))),
            link,
            attacker,
            host,
            runtime: Builder::new_current_thread()
                .enable_all()
                .build()
                .expect("a process may have a runtime"),
            _lab: lab,
        })
    }

    fn start(&self) -> Result<Engine> {
        let options = self.options.clone();
        let started = self.host.enter(|| {
            let runtime = Builder::new_current_thread().enable_all().build();
            let runtime = runtime.expect("a process may have a runtime");
            runtime.block_on(Engine::start(options))
        })?;
        Ok(started.expect("root may load programs"))
    }

    /// TCP without flags of whoever is listed, which nothing but a list drops as `list`; and datagrams
    /// of whoever is clear, which are longer. IPv4 and IPv6 of each.
    fn frames(&self) -> [[Vec<u8>; 2]; 2] {
        let (a, b) = (self.link.a.mac().octets(), self.link.b.mac().octets());
        let from = |source: &str, family: usize| {
            Frame::ethernet(a, b).ip(address(source), address(NOBODY[family]))
        };
        let listed = [0, 1].map(|family| from(LISTED[family], family).tcp(40_000, 80, "").bytes());
        let clear = [0, 1].map(|family| {
            let frame = from(CLEAR[family], family).udp(40_000, 9_000);
            frame.payload(&[0x5a; 40]).bytes()
        });
        [listed, clear]
    }

    /// Frames that the link has lost.
    fn lost(&self) -> Result<u64> {
        let told = self.attacker.ip(&["-j", "-s", "link", "show", "eth0"])?;
        let told: serde_json::Value = serde_json::from_str(&told).expect("it is JSON");
        Ok(told[0]["stats64"]["tx"]["dropped"]
            .as_u64()
            .expect("a number"))
    }
}

fn options(pin_dir: PathBuf) -> Options {
    let flags = Settings::DEFAULT.flags;
    let flags = flags.without(Flags::RATE_LIMIT).without(Flags::PORT_SCAN);
    Options {
        interfaces: vec!["eth0".to_owned()],
        missing: Missing::Refuse,
        mode: ModeChoice::Auto,
        tc: TcChoice::Auto,
        xdp_object: None,
        tc_object: None,
        pin_dir,
        settings: Settings {
            flags,
            ..Settings::DEFAULT
        },
        grace: Duration::ZERO,
        rows: Vec::new(),
        adopt: Vec::new(),
        flow_room: 4_096,
    }
}

/// Sends as fast as it goes until it is told to stop; how many of each frame.
fn send(wire: &RawSocket, frames: &[Vec<u8>], stop: &AtomicBool) -> Result<u64> {
    let batches: Vec<Vec<u8>> = frames.iter().map(|frame| frame.repeat(BATCH)).collect();
    let mut sent = 0;
    while !stop.load(Ordering::Relaxed) {
        for (batch, frame) in batches.iter().zip(frames) {
            wire.send_batch(batch, frame.len())?;
        }
        sent += BATCH as u64;
        // The other end has a processor to run on, too.
        std::thread::sleep(Duration::from_micros(50));
    }
    Ok(sent)
}

/// Packets and bytes of what arrived of a family and was judged for a reason.
fn counted(engine: &Engine, family: Family, reason: Reason) -> (u64, u64) {
    let wanted = CounterSlot {
        hook: Hook::XdpIngress,
        family,
        reason,
    };
    let counters = engine.counters().expect("a table that is there");
    let found = counters.iter().find(|(slot, _)| *slot == wanted);
    found.map_or((0, 0), |(_, count)| (count.packets, count.bytes))
}

/// Exchanges the lists, and switches them off and on for something else, until the time is over.
fn exchange(engine: &mut Engine, lists: &[Lists; 2]) -> usize {
    let (begin, mut turns) = (Instant::now(), 0);
    while begin.elapsed() < TIME {
        turns += 1;
        let [v4, v6] = &lists[turns % 2];
        engine.set_lists(Some(v4), Some(v6)).expect("there is room");
        let class = ClassId([FIRST, SECOND][turns % 2]);
        let otherwise = SetAction::ARRIVING.with(SetAction::DEPARTING);
        let switched = engine.set_class_actions(SetKind::Lists, &[(class, otherwise)]);
        switched.expect("the lists are this process's");
    }
    turns
}

#[test]
fn no_packet_is_missed_and_none_wrongly_dropped_while_lists_are_exchanged() -> Result<()> {
    require!(Need::Root);
    let lab = Guarded::new()?;
    let mut engine = lab.start()?;
    let lists = lists();
    let [v4, v6] = &lists[0];
    engine.set_lists(Some(v4), Some(v6)).expect("there is room");
    let (frames, wire) = (lab.frames(), RawSocket::open(&lab.attacker, "eth0")?);
    let (all, stop) = (frames.concat(), AtomicBool::new(false));
    let (sent, turns) = std::thread::scope(|scope| {
        let sending = scope.spawn(|| send(&wire, &all, &stop));
        let turns = exchange(&mut engine, &lists);
        stop.store(true, Ordering::Relaxed);
        (sending.join().expect("it does not panic"), turns)
    });
    let (sent, lost) = (sent?, lab.lost()?);
    // What was handed over last is judged a moment later.
    std::thread::sleep(Duration::from_millis(100));
    let mut judged = 0;
    for (at, family) in [Family::V4, Family::V6].into_iter().enumerate() {
        let (dropped, of_them) = counted(&engine, family, Reason::List);
        assert_eq!(
            of_them,
            dropped * frames[0][at].len() as u64,
            "only the listed"
        );
        assert_eq!(
            counted(&engine, family, Reason::TcpNull),
            (0, 0),
            "all the listed"
        );
        let (passed, of_them) = counted(&engine, family, Reason::Default);
        assert_eq!(
            of_them,
            passed * frames[1][at].len() as u64,
            "only the clear"
        );
        assert!(dropped <= sent && passed <= sent && passed.min(dropped) > 1_000);
        judged += dropped + passed;
    }
    assert!(
        judged <= 4 * sent && judged + lost >= 4 * sent,
        "{judged} of {} judged, {lost} lost",
        4 * sent
    );
    let hits: Vec<_> = engine.list_hits().expect("a table that is there");
    let by_class: u64 = hits.iter().map(|(_, hits)| hits.dropped.packets).sum();
    let classes: Vec<u32> = hits.iter().map(|(class, _)| class.0).collect();
    assert_eq!(classes, [FIRST, SECOND]);
    let both = [Family::V4, Family::V6].map(|family| counted(&engine, family, Reason::List).0);
    assert_eq!(by_class, both[0] + both[1], "each drop has a class");
    say(format_args!(
        "{turns} exchanges under {judged} packets, {lost} lost by the link"
    ));
    assert!(turns >= 4, "{turns}");
    lab.runtime.block_on(engine.detach()).expect("it is there");
    Ok(())
}

#[test]
fn lists_bite_on_without_their_engine_and_the_next_one_replaces_them() -> Result<()> {
    require!(Need::Root);
    let lab = Guarded::new()?;
    let (frames, wire) = (lab.frames(), RawSocket::open(&lab.attacker, "eth0")?);
    let [first, second] = lists();
    let mut engine = lab.start()?;
    engine
        .set_lists(Some(&first[0]), Some(&first[1]))
        .expect("there is room");
    let send = |times: usize| {
        let all = frames[0].iter().cycle().take(2 * times);
        all.into_iter().try_for_each(|frame| wire.send(frame))
    };
    send(3)?;
    engine.leave();
    send(3)?;
    let mut engine = lab.start()?;
    send(3)?;
    let switched = engine.set_class_actions(SetKind::Lists, &[(ClassId(FIRST), SetAction::NONE)]);
    let refused = switched
        .expect_err("an earlier one has loaded them")
        .to_string();
    assert!(refused.contains("load it anew"), "{refused}");
    engine
        .set_lists(Some(&second[0]), Some(&second[1]))
        .expect("there is room");
    send(3)?;
    engine.leave();
    let mut engine = lab.start()?;
    send(3)?;
    std::thread::sleep(Duration::from_millis(100));
    let hits = engine.list_hits().expect("a table that is there");
    let hits: Vec<_> = hits
        .iter()
        .map(|(class, hits)| (class.0, hits.dropped.packets))
        .collect();
    assert_eq!(hits, [(FIRST, 18), (SECOND, 12)]);
    engine.set_lists(None, None).expect("nothing is needed");
    send(3)?;
    std::thread::sleep(Duration::from_millis(100));
    for family in [Family::V4, Family::V6] {
        assert_eq!(counted(&engine, family, Reason::List).0, 15);
        assert_eq!(counted(&engine, family, Reason::TcpNull).0, 3);
    }
    lab.runtime.block_on(engine.detach()).expect("it is there");
    Ok(())
}

#[test]
fn what_an_engine_had_staged_that_is_gone_never_comes_into_force() -> Result<()> {
    require!(Need::Root);
    let mut lab = Guarded::new()?;
    let flags = lab.options.settings.flags.with(Flags::PLACES);
    lab.options.settings.flags = flags;
    let wire = RawSocket::open(&lab.attacker, "eth0")?;
    let frame = lab.frames()[1][0].clone();
    let ranges = CLEAR.map(|place| (address(place), address(place)));
    let places = |action| {
        let sets = Sets::of_class(&ranges, FIRST, action);
        sets.places().expect("they fit")
    };
    let everything = [(ClassId(FIRST), SetAction::ARRIVING)];
    let dropped = |engine: &Engine| -> Result<u64> {
        let before = counted(engine, Family::V4, Reason::Place).0;
        (0..3).try_for_each(|_| wire.send(&frame))?;
        std::thread::sleep(Duration::from_millis(100));
        Ok(counted(engine, Family::V4, Reason::Place).0 - before)
    };
    let load = |engine: &mut Engine, action| {
        let [v4, v6] = places(action);
        let loaded = engine.set_places(Some(&v4), Some(&v6));
        loaded.expect("there is room");
    };

    let mut engine = lab.start()?;
    load(&mut engine, SetAction::NONE);
    let staged = engine.stage_place_actions(&everything);
    staged.expect("the places are this process's");
    engine.leave();
    // It writes settings when it starts, and whenever somebody switches something.
    let mut engine = lab.start()?;
    for turn in 0..3 {
        assert_eq!(dropped(&engine)?, 0, "{turn}");
        let settings = engine.settings().expect("a table that is there");
        engine.set_settings(&settings).expect("it is written");
    }
    load(&mut engine, SetAction::NONE);
    let staged = engine.stage_place_actions(&everything);
    staged.expect("the places are this process's");
    assert_eq!(dropped(&engine)?, 0, "staged");
    let settings = engine.settings().expect("a table that is there");
    engine.set_settings(&settings).expect("it is written");
    assert_eq!(dropped(&engine)?, 3, "in force");
    engine.leave();
    let engine = lab.start()?;
    assert_eq!(dropped(&engine)?, 3, "they bite on");
    lab.runtime.block_on(engine.detach()).expect("it is there");
    Ok(())
}
