// SPDX-License-Identifier: MIT
//! Any file as a database of places: refused with its name and its fault, or walked whole without one;
//! and then the kernel is told of no address but what a look-up of it says.
#![no_main]

use aegis_lists::geo::{Atlas, Database, Location, PlaceClasses, PlaceMap};
use aegis_lists::set::Piece;
use jiff::Timestamp;
use libfuzzer_sys::fuzz_target;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::path::Path;

const NAME: &str = "any.mmdb";
/// Pieces that are looked up, at both ends.
const MOST: usize = 256;

fuzz_target!(|bytes: &[u8]| {
    let opened = Database::of_bytes(Path::new(NAME), bytes.to_vec(), Timestamp::UNIX_EPOCH);
    match opened {
        Ok(database) => walked(database),
        Err(error) => {
            let told = error.to_string();
            assert!(told.contains(NAME), "{told}");
            shown(&told);
        }
    }
});

fn walked(database: Database) {
    assert!(!database.contents().is_empty());
    shown(database.kind());
    let atlas = Atlas::of(vec![database]);
    let mut classes = PlaceClasses::default();
    let map = PlaceMap::of(&atlas, &[], &mut classes);
    let v4 = |address: u32| IpAddr::from(Ipv4Addr::from(address));
    agrees(&map.v4, v4, (&atlas, &classes));
    let v6 = |address: u128| IpAddr::from(Ipv6Addr::from(address));
    agrees(&map.v6, v6, (&atlas, &classes));
}

/// Pieces are in order and apart, and each says what its ends are told to be.
fn agrees<T: Copy + Ord>(
    pieces: &[Piece<T>],
    address: impl Fn(T) -> IpAddr,
    (atlas, classes): (&Atlas, &PlaceClasses),
) {
    let apart = |pair: &[Piece<T>]| pair[0].span.last < pair[1].span.first;
    assert!(pieces.windows(2).all(apart));
    for piece in pieces.iter().take(MOST) {
        let location = classes.location(piece.class).expect("it has a class");
        assert!(piece.span.first <= piece.span.last);
        for end in [piece.span.first, piece.span.last].map(&address) {
            let place = atlas.place(end);
            let (country, asn) = (place.country, place.asn);
            let told = Location { country, asn };
            // The tree of IPv4 may be shared, by which the addresses that embed it have places; a walk
            // goes there once, and what else leads there is nowhere.
            let shared = end.is_ipv6() && location == Location::default();
            assert!(told == location || shared, "{end}: {told:?}, {location:?}");
            let texts = [place.country_name, place.city, place.organisation];
            texts.iter().flatten().for_each(|text| shown(text));
        }
    }
}

/// One line that a terminal does not act on.
fn shown(text: &str) {
    assert!(!text.chars().any(char::is_control), "{text:?}");
}
