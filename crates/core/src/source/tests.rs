// SPDX-License-Identifier: MIT
//! What a source may do, and what it takes to go too far.

use super::*;
use proptest::prelude::*;
use std::collections::BTreeSet;

const SECOND: u64 = 1_000_000_000;
const START: u64 = 1_000 * SECOND;

fn settings() -> Settings {
    Settings {
        seed: 0x5eed,
        ..Settings::DEFAULT
    }
}

fn fresh() -> Source {
    Source {
        window_ns: START,
        ..Source::default()
    }
}

fn probe(source: &mut Source, port: u16, now: u64) -> Answer {
    ask(source, Request::Probe, port, &settings(), Nanos(now))
}

/// How many of these ports a source tries before it has gone too far, 0 where it never does.
fn until_offence(ports: impl IntoIterator<Item = u16>, settings: &Settings) -> usize {
    let mut source = fresh();
    let mut asked = ports.into_iter().map(|port| {
        let request = Request::Probe;
        ask(&mut source, request, port, settings, Nanos(START)).offence
    });
    asked.position(|offence| offence).map_or(0, |at| at + 1)
}

/// A generator of its own, so that every run measures the same.
fn ports(mut state: u64, count: usize) -> Vec<u16> {
    let mut seen = BTreeSet::new();
    let mut ports = Vec::new();
    while ports.len() < count {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        let port = (state >> 33) as u16;
        if seen.insert(port) {
            ports.push(port);
        }
    }
    ports
}

#[test]
fn a_strict_rate_hides_no_scan() {
    let strict = Settings {
        syn_source: Rate::per_second(1, 1),
        ..settings()
    };
    let mut source = fresh();
    let mut asked = (1..=70).map(|port| {
        let now = Nanos(START);
        ask(&mut source, Request::Connection, port, &strict, now).reason
    });
    assert_eq!(asked.next(), Some(Reason::Default));
    let refused = asked
        .by_ref()
        .take_while(|reason| *reason == Reason::SynRate);
    assert!((49..=61).contains(&refused.count()));
    // A scan it is from then on, for as long as nobody punishes it.
    assert!(asked.all(|reason| reason == Reason::PortScan));
}

#[test]
fn fifty_ports_are_no_scan_however_they_are_chosen() {
    let sets: [Vec<u16>; 7] = [
        (1..=50).collect(),
        (0..50).map(|port| port * 256 + 80).collect(),
        (0..50).map(|port| port * 1_024).collect(),
        (0..50).map(|port| 50_000 + port * 7).collect(),
        (0..50).map(|port| u16::MAX - port).collect(),
        (0..25)
            .flat_map(|port| [port * 512, port * 512 + 1])
            .collect(),
        vec![80; 50],
    ];
    for ports in sets {
        for _ in 0..3 {
            let again = ports.iter().chain(&ports).chain(&ports).copied();
            assert_eq!(until_offence(again, &settings()), 0, "{ports:?}");
        }
    }
}

/// What the documentation says of the error: never early, and not much too late.
#[test]
fn the_sketch_errs_on_one_side_and_by_as_much_as_is_documented() {
    let mut late: Vec<usize> = (0..2_000_u32)
        .map(|run| {
            let settings = Settings {
                seed: run.wrapping_mul(0x9e37_79b1),
                ..Settings::DEFAULT
            };
            until_offence(ports(u64::from(run), 200), &settings)
        })
        .collect();
    late.sort_unstable();
    assert!(late[0] >= 51, "{}", late[0]);
    let mean = late.iter().sum::<usize>() as f64 / late.len() as f64;
    assert!((53.0..55.0).contains(&mean), "on average {mean}");
    let most = late[late.len() * 999 / 1_000];
    assert!(most <= 62, "999 of 1,000 within {most}");
}

/// A hash that anybody can compute lets a scanner try thousands of ports that share fifty bits.
#[test]
fn ports_that_share_bits_under_one_seed_do_not_under_another() {
    let place_of = |port: u16| place(port, settings().seed);
    let first: Vec<u16> = (0..=u16::MAX)
        .filter(|port| place_of(*port) == place_of(80))
        .take(100)
        .collect();
    assert_eq!(until_offence(first.clone(), &settings()), 0);
    let other = Settings {
        seed: 77,
        ..Settings::DEFAULT
    };
    assert!((51..=70).contains(&until_offence(first, &other)));
}

#[test]
fn a_port_of_the_ephemeral_range_counts_like_any_other() {
    assert!(until_offence(40_000..41_000, &settings()) > 50);
}

#[test]
fn ports_are_forgotten_with_their_window() {
    let mut source = fresh();
    for port in 1..=50 {
        assert!(!probe(&mut source, port, START).offence);
    }
    let last = START + settings().scan_window_ns - 1;
    let mut inside = source;
    assert!((51..=70).any(|port| probe(&mut inside, port, last).offence));
    assert!(!(51..=100).any(|port| probe(&mut source, port, last + 1).offence));
    assert_eq!(source.window_ns, last + 1);
}

#[test]
fn the_ports_tried_last_are_remembered_one_by_one() {
    let mut source = fresh();
    for port in [1, 2, 3, 3, 4, 5, 6, 7, 8, 9, 10] {
        probe(&mut source, port, START);
    }
    let recent: BTreeSet<u16> = source.recent.into_iter().collect();
    assert_eq!(recent, (3..=10).collect());
    assert_eq!((source.tried, source.packets), (10, 11));
}

#[test]
fn an_open_port_is_pardoned_once_and_no_other_with_it() {
    let mut source = fresh();
    for port in 1..=20 {
        probe(&mut source, port, START);
    }
    let tried = source.tried;
    forgive(&mut source, 7, settings().seed);
    forgive(&mut source, 7, settings().seed);
    assert_eq!(source.tried, tried - 1);
    assert!(probe(&mut source, 7, START).counted);
}

#[test]
fn a_source_keeps_to_its_rate_without_losing_a_fraction_of_a_token() {
    // The bucket refills 100 a second; 10 a second arrive, for an hour.
    let mut source = fresh();
    for packet in 0..36_000 {
        let now = Nanos(START + packet * SECOND / 10);
        let answer = ask(&mut source, Request::Connection, 80, &settings(), now);
        assert_eq!(answer.reason, Reason::Default, "packet {packet}");
    }
}

#[test]
fn each_protocol_has_a_rate_of_its_own() {
    for (request, reason, burst) in [
        (Request::Connection, Reason::SynRate, 200),
        (Request::Datagram, Reason::UdpRate, 4_000),
        (Request::Repetition, Reason::UdpRate, 4_000),
        (Request::Icmp, Reason::IcmpRate, 100),
    ] {
        let mut source = fresh();
        let mut asked = |request| ask(&mut source, request, 80, &settings(), Nanos(START)).reason;
        for _ in 0..burst {
            assert_eq!(asked(request), Reason::Default);
        }
        assert_eq!(asked(request), reason);
        assert_eq!(asked(Request::Probe), Reason::Default);
    }
}

#[test]
fn a_flood_is_an_offence_once_it_goes_on() {
    let mut source = fresh();
    let mut asked = || ask(&mut source, Request::Icmp, 0, &settings(), Nanos(START));
    let answers: Vec<Answer> = (0..301).map(|_| asked()).collect();
    assert!(answers[..300].iter().all(|answer| !answer.offence));
    assert!(answers[300].offence && answers[300].reason == Reason::IcmpRate);
}

#[test]
fn who_is_punished_cools_down_longer_each_time_up_to_sixteen_times() {
    let mut source = fresh();
    let mut pauses = Vec::new();
    for _ in 0..8 {
        punish(&mut source, &settings(), Nanos(START));
        pauses.push((source.cool_until_ns - START) / SECOND);
    }
    assert_eq!(pauses, [60, 120, 240, 480, 960, 960, 960, 960]);
    assert_eq!((source.strikes, source.tried, source.refused), (8, 0, 0));
    source.strikes = u8::MAX;
    punish(&mut source, &settings(), Nanos(START));
    assert_eq!(source.strikes, u8::MAX);
}

#[test]
fn whoever_cools_down_is_refused_everything_until_that_very_nanosecond() {
    let mut source = fresh();
    punish(&mut source, &settings(), Nanos(START));
    let end = source.cool_until_ns;
    for request in [Request::Connection, Request::Datagram, Request::Icmp] {
        let mut asked = |now| ask(&mut source, request, 80, &settings(), Nanos(now)).reason;
        assert_eq!(asked(end - 1), Reason::CoolDown);
        assert_eq!(asked(end), Reason::Default);
    }
}

#[test]
fn an_absurd_cool_down_does_not_overflow() {
    let absurd = Settings {
        cool_down_ns: u64::MAX,
        ..settings()
    };
    for strikes in 0..=u8::MAX {
        let mut source = Source { strikes, ..fresh() };
        punish(&mut source, &absurd, Nanos(START));
        assert!(source.cool_until_ns > START);
        punish(&mut source, &absurd, Nanos(u64::MAX - 1));
        assert_eq!(source.cool_until_ns, u64::MAX);
    }
}

#[test]
fn each_switch_is_its_own() {
    let with = |flags| Settings {
        flags,
        ..settings()
    };
    let flood = |settings: &Settings| {
        let mut source = fresh();
        let mut asked = || ask(&mut source, Request::Connection, 80, settings, Nanos(START));
        (0..300).any(|_| asked().reason == Reason::SynRate)
    };
    for (flags, scan, rate) in [
        (Flags::default(), false, false),
        (Flags::PORT_SCAN, true, false),
        (Flags::RATE_LIMIT, false, true),
    ] {
        let settings = with(flags);
        assert_eq!(until_offence(1..=1_000, &settings) != 0, scan);
        assert_eq!(flood(&settings), rate);
        // Whoever was told off is let off when both are switched off.
        let mut source = fresh();
        punish(&mut source, &settings, Nanos(START));
        let cooling = ask(&mut source, Request::Icmp, 0, &settings, Nanos(START));
        assert_eq!(cooling.reason == Reason::CoolDown, scan || rate);
    }
}

proptest! {
    #[test]
    fn no_fifty_ports_in_any_order_are_a_scan(
        ports in prop::collection::btree_set(any::<u16>(), 1..=50),
        order in prop::collection::vec(any::<prop::sample::Index>(), 1..400),
        seed: u32,
    ) {
        let ports: Vec<u16> = ports.into_iter().collect();
        let settings = Settings { seed, ..Settings::DEFAULT };
        let asked = order.iter().map(|at| ports[at.index(ports.len())]);
        prop_assert_eq!(until_offence(asked, &settings), 0);
    }
}
