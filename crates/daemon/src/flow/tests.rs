// SPDX-License-Identifier: MIT
//! Connections by name, filter and order.

use super::*;
use jiff::Timestamp;

fn entry(peer: &str, local: &str, origin: Origin, bytes: u64) -> FlowEntry {
    let (peer, local) = (
        peer.parse().expect("an end"),
        local.parse().expect("an end"),
    );
    FlowEntry {
        tuple: tuple(6, peer, local).expect("of one family"),
        state: FlowState::Established,
        origin,
        first_ns: 10 * SECOND_NS,
        last_ns: 14 * SECOND_NS,
        ingress: Count { packets: 3, bytes },
        egress: Count {
            packets: 2,
            bytes: 100,
        },
    }
}

fn some() -> Vec<FlowEntry> {
    vec![
        entry("198.51.100.7:40000", "192.0.2.1:22", Origin::Peer, 500),
        entry("203.0.113.9:443", "192.0.2.1:50000", Origin::Local, 9_000),
        entry(
            "[2001:db8::7]:40000",
            "[2001:db8::1]:22",
            Origin::Unknown,
            10,
        ),
    ]
}

fn now() -> Moment {
    Moment {
        monotonic: Nanos(20 * SECOND_NS),
        wall: Timestamp::from_second(1_000).expect("in range"),
    }
}

fn ports(query: &FlowQuery) -> Vec<u16> {
    let listed = list(some(), query, &now()).expect("a query that makes sense");
    listed.flows.iter().map(|flow| flow.peer_port).collect()
}

fn filtered(filter: FlowFilter) -> Vec<String> {
    let query = FlowQuery {
        filter,
        ..FlowQuery::default()
    };
    let listed = list(some(), &query, &now()).expect("a query that makes sense");
    assert_eq!((listed.matched, listed.total), (listed.flows.len(), 3));
    listed.flows.into_iter().map(|flow| flow.id).collect()
}

const SSH_V4: &str = "tcp/198.51.100.7:40000/192.0.2.1:22";
const SSH_V6: &str = "tcp/[2001:db8::7]:40000/[2001:db8::1]:22";
const WEB: &str = "tcp/203.0.113.9:443/192.0.2.1:50000";

#[test]
fn a_connection_is_named_so_that_its_name_finds_it() {
    for (entry, id) in some().iter().zip([SSH_V4, WEB, SSH_V6]) {
        assert_eq!(flow(entry, &now()).expect("of a family").id, id);
        assert_eq!(by_id(id).expect("its own name"), entry.tuple);
    }
    for bad in [
        "",
        "tcp",
        "tcp/198.51.100.7:40000",
        "tpc/198.51.100.7:40000/192.0.2.1:22",
        "tcp/198.51.100.7/192.0.2.1:22",
        "tcp/198.51.100.7:40000/[2001:db8::1]:22",
        "tcp/198.51.100.7:40000/192.0.2.1:22/x",
    ] {
        let refused = by_id(bad).expect_err("it names nothing");
        assert_eq!(refused.code, ErrorCode::InvalidRequest, "{bad}");
        assert!(
            refused
                .next
                .is_some_and(|next| next.contains("tcp/PEER:PORT"))
        );
    }
}

#[test]
fn a_connection_is_told_with_both_clocks_and_both_ways() {
    let told = flow(&some()[0], &now()).expect("of a family");
    assert_eq!((told.age_seconds, told.idle_seconds), (10, 6));
    assert_eq!(told.first_seen.as_second(), 990);
    assert_eq!((told.received.bytes, told.sent.bytes), (500, 100));
    assert_eq!(
        (told.direction.as_str(), told.state.as_str()),
        ("in", "established")
    );
    assert_eq!(told.bytes_per_second, 150, "600 bytes in 4 s");
}

#[test]
fn every_part_of_a_filter_must_agree() {
    let text = |text: &str| Some(text.to_owned());
    let nothing = FlowFilter::default;
    assert_eq!(filtered(nothing()), [WEB, SSH_V4, SSH_V6]);
    let port = Some(22);
    assert_eq!(filtered(FlowFilter { port, ..nothing() }), [SSH_V4, SSH_V6]);
    let peer = text("203.0.113.0/24");
    assert_eq!(filtered(FlowFilter { peer, ..nothing() }), [WEB]);
    let src = text("192.0.2.1");
    assert_eq!(
        filtered(FlowFilter { src, ..nothing() }),
        [WEB],
        "this side began it"
    );
    let dst = text("192.0.2.1");
    assert_eq!(filtered(FlowFilter { dst, ..nothing() }), [SSH_V4]);
    let proto = text("udp");
    assert!(filtered(FlowFilter { proto, ..nothing() }).is_empty());
    let (state, proto) = (text("ESTABLISHED"), text("6"));
    let both = FlowFilter {
        state,
        proto,
        ..nothing()
    };
    assert_eq!(filtered(both).len(), 3);
    let state = text("time-wait");
    assert!(filtered(FlowFilter { state, ..nothing() }).is_empty());
}

#[test]
fn a_filter_that_makes_no_sense_says_what_would() {
    let state = Some("open".to_owned());
    let refused = Filter::parse(&FlowFilter {
        state,
        ..FlowFilter::default()
    });
    let refused = refused.expect_err("there is no such state");
    assert!(
        refused.to_string().contains("established, half_closed"),
        "{refused}"
    );
    let peer = Some("192.0.2.1/24".to_owned());
    let refused = Filter::parse(&FlowFilter {
        peer,
        ..FlowFilter::default()
    });
    assert_eq!(
        refused.expect_err("host bits").code,
        ErrorCode::InvalidRequest
    );
}

#[test]
fn lists_are_sorted_turned_round_and_cut() {
    let by = |sort| FlowQuery {
        sort,
        ..FlowQuery::default()
    };
    assert_eq!(ports(&by(FlowSort::Bytes)), [443, 40_000, 40_000]);
    assert_eq!(ports(&by(FlowSort::Peer)), [40_000, 443, 40_000]);
    let cut = FlowQuery {
        reverse: true,
        limit: Some(2),
        ..by(FlowSort::Rate)
    };
    assert_eq!(ports(&cut), [40_000, 40_000]);
    let listed = list(some(), &cut, &now()).expect("a query that makes sense");
    assert_eq!((listed.matched, listed.total), (3, 3));
}

#[test]
fn a_full_table_is_listed_well_within_a_second() {
    let one = |number: u32| FlowEntry {
        tuple: tuple(
            6,
            SocketAddr::new(IpAddr::from(number.to_be_bytes()), 40_000),
            "192.0.2.1:80".parse().expect("an end"),
        )
        .expect("of one family"),
        ..some()[0]
    };
    let full: Vec<FlowEntry> = (1 << 24..(1 << 24) + 65_536).map(one).collect();
    let started = std::time::Instant::now();
    let listed = list(full, &FlowQuery::default(), &now()).expect("a query that makes sense");
    let json = serde_json::to_vec(&listed).expect("plain fields");
    assert!(listed.flows.len() == 65_536 && json.len() > 1 << 20);
    // Unoptimised, on a processor that others use as well.
    assert!(started.elapsed().as_secs() < 10, "{:?}", started.elapsed());
}
