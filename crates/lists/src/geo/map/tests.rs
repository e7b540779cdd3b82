// SPDX-License-Identifier: MIT
use super::*;
use crate::geo::writer::{Value, Writer};
use jiff::Timestamp;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::path::Path;

fn net(text: &str) -> IpNet {
    text.parse().expect("a network")
}

fn atlas() -> Atlas {
    let countries = [
        ("1.0.0.0/24", "AU"),
        ("1.0.1.0/24", "AU"),
        ("1.0.2.0/24", "CN"),
        ("10.0.0.0/8", "US"),
        ("2a02:100::/32", "DE"),
        ("2a02:101::/32", "FR"),
    ];
    let systems = [
        ("1.0.1.128/25", 13335),
        ("1.0.2.0/23", 4134),
        ("2a02:100::/31", 3320),
    ];
    let countries = countries.map(|(text, code)| (net(text), Value::country(code)));
    let systems = systems.map(|(text, number)| (net(text), Value::system(number, "a provider")));
    let database = |kind, networks: Vec<_>| {
        let bytes = Writer::new(kind, 1_780_000_000, networks).write();
        Database::of_bytes(Path::new("test.mmdb"), bytes, Timestamp::UNIX_EPOCH)
            .expect("it is sound")
    };
    Atlas::of(vec![
        database("GeoLite2-Country", countries.to_vec()),
        database("GeoLite2-ASN", systems.to_vec()),
    ])
}

/// What the map says of an address: `None` where it is in no piece.
fn found(map: &PlaceMap, classes: &PlaceClasses, address: IpAddr) -> Option<Location> {
    let class = match address {
        IpAddr::V4(address) => {
            let bits = address.to_bits();
            let piece = map
                .v4
                .iter()
                .find(|p| p.span.first <= bits && bits <= p.span.last);
            piece.map(|piece| piece.class)
        }
        IpAddr::V6(address) => {
            let bits = address.to_bits();
            let piece = map
                .v6
                .iter()
                .find(|p| p.span.first <= bits && bits <= p.span.last);
            piece.map(|piece| piece.class)
        }
    };
    classes.location(class?)
}

#[test]
fn countries_and_networks_lie_over_each_other_and_neighbours_of_one_class_are_one_piece() {
    let mut classes = PlaceClasses::default();
    let map = PlaceMap::of(&atlas(), &[], &mut classes);
    let shown: Vec<String> = map
        .v4
        .iter()
        .take(7)
        .map(|piece| {
            let location = classes.location(piece.class).expect("it is known");
            let country = location
                .country
                .map_or("-".to_owned(), |country| country.to_string());
            let asn = location.asn.map_or("-".to_owned(), |asn| asn.to_string());
            let ends = [piece.span.first, piece.span.last].map(Ipv4Addr::from_bits);
            format!("{} {} {country} {asn}", ends[0], ends[1])
        })
        .collect();
    let expected = [
        "1.0.0.0 1.0.1.127 AU -",
        "1.0.1.128 1.0.1.255 AU AS13335",
        "1.0.2.0 1.0.2.255 CN AS4134",
        "1.0.3.0 1.0.3.255 - AS4134",
        "1.0.4.0 9.255.255.255 - -",
        "11.0.0.0 100.63.255.255 - -",
        "100.128.0.0 126.255.255.255 - -",
    ];
    assert_eq!(shown, expected, "0/8, 10/8 and 100.64/10 are in no piece");
    assert!(map.v4.is_sorted_by_key(|piece| piece.span.first));
    let unknown = map
        .v6
        .iter()
        .find(|piece| piece.span.first == Ipv6Addr::new(0x2002, 0, 0, 0, 0, 0, 0, 0).to_bits());
    assert!(
        unknown.is_none(),
        "what embeds IPv4 is one of the unknown, as its neighbours are"
    );
}

#[test]
fn exempt_addresses_are_in_no_piece_and_everybody_else_stays_where_they_are() {
    let mut classes = PlaceClasses::default();
    let exempt = [net("1.0.2.7/32"), net("1.0.2.0/28"), net("2a02:100::7/128")];
    let map = PlaceMap::of(&atlas(), &exempt, &mut classes);
    let of = |text: &str| found(&map, &classes, text.parse().expect("an address"));
    let country = |text: &str| {
        of(text)
            .and_then(|location| location.country)
            .map(|c| c.to_string())
    };
    for text in [
        "1.0.2.0",
        "1.0.2.7",
        "1.0.2.15",
        "2a02:100::7",
        "10.1.2.3",
        "fe80::1",
    ] {
        assert_eq!(of(text), None, "{text}");
    }
    assert_eq!(country("1.0.2.16").as_deref(), Some("CN"));
    assert_eq!(country("2a02:100::6").as_deref(), Some("DE"));
    assert_eq!(country("2a02:100::8").as_deref(), Some("DE"));
    assert_eq!(country("2a02:101::1").as_deref(), Some("FR"));
    assert_eq!(of("8.8.8.8"), Some(Location::default()));
    assert_eq!(of("2002:808:808::1"), Some(Location::default()));
}

#[test]
fn the_map_says_what_a_look_up_says() {
    let (atlas, mut classes) = (atlas(), PlaceClasses::default());
    let map = PlaceMap::of(&atlas, &[], &mut classes);
    let mut edges: Vec<IpAddr> = Vec::new();
    for piece in &map.v4 {
        edges.extend(
            [piece.span.first, piece.span.last].map(|bits| IpAddr::from(Ipv4Addr::from_bits(bits))),
        );
    }
    for piece in &map.v6 {
        edges.extend(
            [piece.span.first, piece.span.last].map(|bits| IpAddr::from(Ipv6Addr::from_bits(bits))),
        );
    }
    for address in edges {
        let place = atlas.place(address);
        let expected = Location {
            country: place.country,
            asn: place.asn,
        };
        assert_eq!(found(&map, &classes, address), Some(expected), "{address}");
    }
}

#[test]
fn where_there_are_too_many_classes_networks_are_not_told_apart() {
    let mut classes = PlaceClasses::default();
    let room = class::PLACES - COARSE as u32;
    for number in 1..=room {
        classes.of(Location {
            country: None,
            asn: Some(Asn(number)),
        });
    }
    assert_eq!(classes.len(), room as usize);
    let country = Country::of_letters("DE");
    let one = classes.of(Location {
        country,
        asn: Some(Asn(room + 1)),
    });
    let other = classes.of(Location {
        country,
        asn: Some(Asn(room + 2)),
    });
    assert_eq!(one, other);
    assert_eq!(classes.location(one), Some(Location { country, asn: None }));
    assert_eq!(
        classes.iter().last(),
        Some((one, Location { country, asn: None }))
    );
}

#[test]
fn a_record_of_everybody_is_one_of_ipv4_and_not_of_what_embeds_it() {
    let everybody = vec![(net("::/1"), Value::country("DE"))];
    let bytes = Writer::new("GeoLite2-Country", 1_780_000_000, everybody).write();
    let database = Database::of_bytes(Path::new("test.mmdb"), bytes, Timestamp::UNIX_EPOCH);
    let atlas = Atlas::of(vec![database.expect("it is sound")]);
    let mut classes = PlaceClasses::default();
    let map = PlaceMap::of(&atlas, &[], &mut classes);
    for (text, country) in [
        ("1.0.0.1", Some("DE")),
        ("2a02:100::1", Some("DE")),
        ("64:ff9b::100:1", None),
        ("2002:100:1::1", None),
    ] {
        let address: IpAddr = text.parse().expect("an address");
        let location = found(&map, &classes, address).expect("it is in a piece");
        let code = location.country.map(|country| country.to_string());
        assert_eq!(code.as_deref(), country, "{text}");
        assert_eq!(atlas.place(address).country, location.country, "{text}");
    }
}
