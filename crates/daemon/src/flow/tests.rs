// SPDX-License-Identifier: MIT
//! Connections by name, filter and order.

mod filter;

use super::copies::Copies;
use super::*;
use aegis_abi::Origin;
use aegis_api::{FlowFilter, FlowGroupBy, FlowGroupQuery, FlowSort, Standing};
use aegis_engine::FlowState;
use aegis_lists::geo::writer::{Value, Writer};
use aegis_lists::geo::{Atlas, Database};
use jiff::Timestamp;
use std::sync::Arc;

const SECOND_NS: u64 = 1_000_000_000;

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

fn answered(entries: Vec<FlowEntry>, query: &FlowQuery) -> FlowList {
    let tables = Copies::default().add(Table::new(entries, now().monotonic));
    let filter = Filter::parse(&query.filter).expect("a filter that makes sense");
    let picked = pick(&tables, (query, &filter), &mut Whereabouts::in_atlas(None));
    list(&picked, &tables, &[], &now())
}

fn told(entry: &FlowEntry) -> Flow {
    let free = (FlowRate::default(), &Stand::FREE);
    flow(entry, free, |_| None, &now()).expect("of a family")
}

fn ports(query: &FlowQuery) -> Vec<u16> {
    let listed = answered(some(), query);
    listed.flows.iter().map(|flow| flow.peer_port).collect()
}

fn filtered(filter: FlowFilter) -> Vec<String> {
    let query = FlowQuery {
        filter,
        ..FlowQuery::default()
    };
    let listed = answered(some(), &query);
    assert_eq!((listed.matched, listed.total), (listed.flows.len(), 3));
    listed.flows.into_iter().map(|flow| flow.id).collect()
}

const SSH_V4: &str = "tcp/198.51.100.7:40000/192.0.2.1:22";
const SSH_V6: &str = "tcp/[2001:db8::7]:40000/[2001:db8::1]:22";
const WEB: &str = "tcp/203.0.113.9:443/192.0.2.1:50000";

#[test]
fn a_connection_is_named_so_that_its_name_finds_it() {
    for (entry, id) in some().iter().zip([SSH_V4, WEB, SSH_V6]) {
        assert_eq!(told(entry).id, id);
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
    let told = told(&some()[0]);
    assert_eq!((told.age_seconds, told.idle_seconds), (10, 6));
    assert_eq!(told.first_seen.as_second(), 990);
    assert_eq!((told.received.bytes, told.sent.bytes), (500, 100));
    assert_eq!(
        (told.direction.as_str(), told.state.as_str()),
        ("in", "established")
    );
    assert_eq!(told.bytes_per_second, 150, "600 bytes in 4 s");
    assert_eq!(
        (told.verdict.as_str(), told.standing),
        ("pass", Standing::Free)
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
    let listed = answered(some(), &cut);
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
    let listed = answered(full, &FlowQuery::default());
    let json = serde_json::to_vec(&listed).expect("plain fields");
    assert!(listed.flows.len() == 65_536 && json.len() > 1 << 20);
    // Unoptimised, on a processor that others use as well.
    assert!(started.elapsed().as_secs() < 10, "{:?}", started.elapsed());
}

/// The same from addresses that are somewhere.
fn abroad() -> Vec<FlowEntry> {
    let abroad = ["81.2.69.7:40000", "89.160.0.9:443", "[2a02:100::7]:40000"];
    let moved = some().into_iter().zip(abroad).map(|(entry, peer)| {
        let (_, local) = ends(&entry.tuple).expect("of a family");
        let peer = peer.parse().expect("an end");
        let tuple = tuple(6, peer, local).expect("of one family");
        FlowEntry { tuple, ..entry }
    });
    moved.collect()
}

/// Two networks of a country each, of which one has an autonomous system.
pub(super) fn atlas() -> Arc<Atlas> {
    let at = |text: &str| text.parse().expect("a network");
    let countries = [("81.2.69.0/24", "RU"), ("2a02:100::/32", "DE")];
    let countries = countries.map(|(net, code)| (at(net), Value::country(code)));
    let systems = [(at("81.2.69.0/24"), Value::system(4134, "Chinanet"))];
    let database = |kind, networks| {
        let written = Writer::new(kind, 1_780_000_000, networks).write();
        let path = std::path::Path::new("test.mmdb");
        Database::of_bytes(path, written, Timestamp::UNIX_EPOCH).expect("it is sound")
    };
    Arc::new(Atlas::of(vec![
        database("GeoLite2-Country", countries.to_vec()),
        database("GeoLite2-ASN", systems.to_vec()),
    ]))
}

fn picked(query: &FlowQuery) -> Vec<u16> {
    let tables = Copies::default().add(Table::new(abroad(), now().monotonic));
    let mut whereabouts = Whereabouts::in_atlas(Some(atlas()));
    let filter = Filter::parse(&query.filter).expect("a filter that makes sense");
    let picked = pick(&tables, (query, &filter), &mut whereabouts);
    let ports = picked.entries.iter().map(|entry| {
        let v6 = u16::from(entry.tuple.family == Family::V6.code());
        entry.tuple.peer_port + v6
    });
    ports.collect()
}

#[test]
fn every_column_is_an_order_and_the_first_are_those_of_the_whole_list() {
    let by = |sort, limit| FlowQuery {
        sort,
        limit,
        ..FlowQuery::default()
    };
    assert_eq!(picked(&by(FlowSort::Country, None)), [40_001, 40_000, 443]);
    assert_eq!(picked(&by(FlowSort::Asn, None)), [40_000, 443, 40_001]);
    assert_eq!(picked(&by(FlowSort::Port, None)), [40_000, 40_001, 443]);
    assert_eq!(
        picked(&by(FlowSort::Direction, None)),
        [40_000, 443, 40_001]
    );
    assert_eq!(picked(&by(FlowSort::PeerPort, None)), [443, 40_000, 40_001]);
    assert_eq!(
        picked(&by(FlowSort::LiveReceived, None)),
        [443, 40_000, 40_001]
    );
    let all = picked(&by(FlowSort::Verdict, Some(1)));
    assert_eq!(
        all.len(),
        3,
        "of which the first is the one is not known yet"
    );
    let known = |sort: &&FlowSort| !sort.needs_standing();
    for &sort in FlowSort::ALL.iter().filter(known) {
        let whole = picked(&by(sort, None));
        assert_eq!(picked(&by(sort, Some(2))), whole[..2], "{sort}");
        let turned = picked(&FlowQuery {
            reverse: true,
            ..by(sort, Some(1))
        });
        assert_eq!(turned, whole[2..], "{sort}");
    }
}

#[test]
fn connections_are_counted_together_by_what_they_have_in_common() {
    let tables = Copies::default().add(Table::new(abroad(), now().monotonic));
    let grouped = |by, filter: &str| {
        let query = FlowGroupQuery {
            by,
            filter: filter.parse().expect(filter),
            ..FlowGroupQuery::default()
        };
        let mut whereabouts = Whereabouts::in_atlas(Some(atlas()));
        let filter = Filter::parse(&query.filter).expect("a filter that makes sense");
        groups(&tables, (&query, &filter), &mut whereabouts)
    };
    let keys = |by| {
        let groups = grouped(by, "").groups;
        let keys = groups
            .iter()
            .map(|group| (group.key.clone(), group.connections));
        keys.collect::<Vec<_>>()
    };
    let key = |name: &str, count| (name.to_owned(), count);
    assert_eq!(keys(FlowGroupBy::State), [key("established", 3)]);
    assert_eq!(keys(FlowGroupBy::Port), [key("22", 2), key("443", 1)]);
    let countries = [key("DE", 1), key("RU", 1), key("", 1)];
    assert_eq!(keys(FlowGroupBy::Country), countries);
    assert_eq!(keys(FlowGroupBy::Asn), [key("", 2), key("AS4134", 1)]);
    let nets = ["81.2.69.0/24", "89.160.0.0/24", "2a02:100::/64"];
    assert_eq!(keys(FlowGroupBy::Prefix), nets.map(|net| key(net, 1)));
    let sources = ["81.2.69.7", "89.160.0.9", "2a02:100::7"];
    assert_eq!(
        keys(FlowGroupBy::Source),
        sources.map(|source| key(source, 1))
    );
    let ssh = grouped(FlowGroupBy::Proto, "port:22");
    assert_eq!((ssh.found, ssh.matched, ssh.total), (1, 2, 3));
    assert_eq!(ssh.groups[0].received.bytes, 510);
    let system = grouped(FlowGroupBy::Asn, "country:ru");
    assert_eq!(system.groups[0].label, "Chinanet");
}
