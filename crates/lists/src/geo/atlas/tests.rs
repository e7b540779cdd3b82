// SPDX-License-Identifier: MIT
use super::*;
use crate::geo::writer::{Value, Writer};
use crate::geo::{Asn, Country};
use ipnet::IpNet;

const BUILT: u64 = 1_780_000_000;

fn net(text: &str) -> IpNet {
    text.parse().expect("a network")
}

fn at(text: &str) -> IpAddr {
    text.parse().expect("an address")
}

fn database(writer: &Writer) -> Database {
    let written = Timestamp::UNIX_EPOCH;
    Database::of_bytes(Path::new("test.mmdb"), writer.write(), written).expect("it is sound")
}

fn countries() -> Writer {
    let networks = [
        ("81.2.69.0/24", "GB"),
        ("89.160.0.0/17", "SE"),
        ("2a02:100::/32", "DE"),
    ];
    let networks = networks.map(|(text, code)| (net(text), Value::country(code)));
    Writer::new("GeoLite2-Country", BUILT, networks.to_vec())
}

fn country(atlas: &Atlas, text: &str) -> Option<String> {
    atlas
        .place(at(text))
        .country
        .map(|country| country.to_string())
}

#[test]
fn every_size_of_record_and_either_family_is_read() {
    for record in [24, 28, 32] {
        let atlas = Atlas::of(vec![database(&Writer {
            record,
            ..countries()
        })]);
        assert_eq!(
            country(&atlas, "81.2.69.142").as_deref(),
            Some("GB"),
            "{record}"
        );
        assert_eq!(
            country(&atlas, "::ffff:89.160.20.112").as_deref(),
            Some("SE"),
            "{record}"
        );
        assert_eq!(
            country(&atlas, "2a02:100::1").as_deref(),
            Some("DE"),
            "{record}"
        );
        assert_eq!(country(&atlas, "81.2.70.1"), None);
        assert_eq!(country(&atlas, "2a02:101::1"), None);
    }
}

#[test]
fn a_tree_of_ipv4_knows_nothing_of_ipv6_and_that_is_no_error() {
    let mut writer = Writer {
        version: 4,
        ..countries()
    };
    writer.networks.truncate(2);
    let atlas = Atlas::of(vec![database(&writer)]);
    assert_eq!(country(&atlas, "81.2.69.142").as_deref(), Some("GB"));
    assert_eq!(atlas.place(at("2a02:100::1")), Place::default());
}

#[test]
fn flat_records_are_read_under_their_usual_names() {
    let flat = |fields: &[(&'static str, &str)]| {
        let fields = fields
            .iter()
            .map(|(name, text)| (*name, Value::from(*text)));
        Value::Map(fields.collect())
    };
    let networks = vec![
        (
            net("1.0.0.0/24"),
            flat(&[("country_code", "AU"), ("city", "Sydney")]),
        ),
        (
            net("2.0.0.0/24"),
            flat(&[("country", "fr"), ("asn", "AS3215"), ("as_name", "Orange")]),
        ),
        (
            net("3.0.0.0/24"),
            Value::Map(vec![("asn", Value::Long(16509)), ("name", "Amazon".into())]),
        ),
        (
            net("4.0.0.0/24"),
            flat(&[("country_code", "nowhere"), ("asn", "none")]),
        ),
    ];
    let atlas = Atlas::of(vec![database(&Writer::new(
        "ipinfo standard",
        BUILT,
        networks,
    ))]);
    let place = atlas.place(at("1.0.0.7"));
    assert_eq!(
        (
            place.country.map(|c| c.to_string()).as_deref(),
            place.city.as_deref()
        ),
        (Some("AU"), Some("Sydney"))
    );
    assert_eq!(
        place.country_name.as_deref(),
        Some("Australia"),
        "from our own table"
    );
    let place = atlas.place(at("2.0.0.7"));
    let expected = Place {
        country: Country::of_letters("FR"),
        country_name: Some("France".to_owned()),
        asn: Some(Asn(3215)),
        organisation: Some("Orange".to_owned()),
        ..Place::default()
    };
    assert_eq!(place, expected);
    let place = atlas.place(at("3.0.0.7"));
    assert_eq!(
        (place.asn, place.organisation.as_deref()),
        (Some(Asn(16509)), Some("Amazon"))
    );
    assert_eq!(atlas.place(at("4.0.0.7")), Place::default());
}

#[test]
fn several_databases_complete_each_other_and_near_addresses_are_named() {
    let systems = vec![(
        net("81.2.69.0/24"),
        Value::system(20712, "Andrews & Arnold Ltd"),
    )];
    let hidden = Value::Map(vec![
        ("is_anonymous", Value::Flag(true)),
        ("is_tor_exit_node", Value::Flag(true)),
    ]);
    let atlas = Atlas::of(vec![
        database(&countries()),
        database(&Writer::new("DBIP-ASN-Lite", BUILT, systems)),
        database(&Writer::new(
            "GeoIP2-Anonymous-IP",
            BUILT,
            vec![(net("81.2.69.0/25"), hidden)],
        )),
    ]);
    let place = atlas.place(at("81.2.69.1"));
    assert_eq!(place.country, Country::of_letters("GB"));
    assert_eq!(place.asn, Some(Asn(20712)));
    assert_eq!(place.anonymity, ["tor exit"]);
    assert_eq!(atlas.place(at("81.2.69.200")).anonymity, [""; 0]);
    let near = atlas.place(at("192.168.1.1"));
    assert_eq!(
        near.near.map(|near| near.to_string()).as_deref(),
        Some("LAN")
    );
    assert_eq!(
        atlas.found()[1].database.attribution(),
        Some("IP Geolocation by DB-IP (https://db-ip.com)")
    );
}

struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("aegis-{name}-{}", std::process::id()));
        fs::create_dir_all(&path).expect("there is room for a folder");
        Self(path)
    }

    fn with(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.0.join(name);
        fs::write(&path, bytes).expect("there is room for a file");
        path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        fs::remove_dir_all(&self.0).expect("the folder is the test's own");
    }
}

#[test]
fn the_newest_of_a_folder_answers_and_a_broken_one_is_passed_over_with_a_warning() {
    let folder = Folder::new("atlas");
    let older = Writer {
        built: BUILT - 86_400,
        networks: vec![(net("81.2.69.0/24"), Value::country("IE"))],
        ..countries()
    };
    folder.with("a.mmdb", &older.write());
    folder.with("b.mmdb", &countries().write());
    let broken = folder.with("c.mmdb", b"nothing of the kind");
    folder.with("d.txt", b"no database either");
    let folders = [folder.0.clone(), folder.0.join("missing")];
    let atlas = Atlas::open(&Choice::default(), &folders).expect("none was chosen");
    assert_eq!(country(&atlas, "81.2.69.1").as_deref(), Some("GB"));
    let built = Timestamp::from_second(BUILT as i64).expect("in range");
    let warnings = atlas.warnings(built + SignedDuration::from_hours(24));
    assert_eq!(warnings.len(), 1, "{warnings:?}");
    assert!(
        warnings[0].starts_with(&broken.display().to_string()),
        "{warnings:?}"
    );
    let old = atlas.warnings(built + SignedDuration::from_hours(24 * 61));
    assert!(old[0].contains("b.mmdb is 61 days old"), "{old:?}");
    let chosen = Choice {
        country: Some(folder.0.join("a.mmdb")),
        ..Choice::default()
    };
    let atlas = Atlas::open(&chosen, &folders).expect("it is sound");
    assert_eq!(country(&atlas, "81.2.69.1").as_deref(), Some("IE"));
    let chosen = Choice {
        asn: Some(folder.0.join("a.mmdb")),
        ..Choice::default()
    };
    let error = Atlas::open(&chosen, &folders)
        .expect_err("it has none")
        .to_string();
    assert!(
        error.contains("a.mmdb") && error.contains("tells no asn"),
        "{error}"
    );
    let chosen = Choice {
        country: Some(broken),
        ..Choice::default()
    };
    let error = Atlas::open(&chosen, &[])
        .expect_err("it is broken")
        .to_string();
    assert!(
        error.contains("c.mmdb is no sound database: could not find"),
        "{error}"
    );
}

#[test]
fn both_files_of_tor_are_one_database() {
    let folder = Folder::new("tor");
    let v4 = folder.with(
        "geoip",
        b"# x\n#\n# Generated: Thu, 25 Jun 2026 04:33:59 GMT\n16777216,16777471,AU\n",
    );
    folder.with(
        "geoip6",
        b"2001:200::,2001:200:ffff:ffff:ffff:ffff:ffff:ffff,JP\n",
    );
    let atlas =
        Atlas::open(&Choice::default(), std::slice::from_ref(&folder.0)).expect("none was chosen");
    assert_eq!(
        atlas.answering(Seat::Country).map(Database::path),
        Some(v4.as_path())
    );
    let built = atlas.answering(Seat::Country).map(Database::built);
    assert_eq!(
        built.map(|at| at.to_string()).as_deref(),
        Some("2026-06-25T04:33:59Z")
    );
    assert_eq!(country(&atlas, "1.0.0.1").as_deref(), Some("AU"));
    assert_eq!(country(&atlas, "2001:200::1").as_deref(), Some("JP"));
}

#[test]
fn a_tree_that_shares_its_nodes_is_refused_before_it_is_walked() {
    // A hundred nodes whose children are both the next one: 2^100 ways through them.
    let mut bytes = Vec::new();
    for node in 1_u32..=100 {
        let next = &node.to_be_bytes()[1..];
        bytes.extend([next, next].concat());
    }
    let whole = Writer {
        networks: Vec::new(),
        ..countries()
    }
    .write();
    bytes.extend(&whole[6..]);
    // The metadata of a tree of one node, with the count of this one.
    let count = bytes
        .windows(10)
        .position(|window| window == b"node_count")
        .expect("it says so");
    bytes[count + 11..count + 15].copy_from_slice(&100_u32.to_be_bytes());
    let error = Database::of_bytes(Path::new("bomb.mmdb"), bytes, Timestamp::UNIX_EPOCH);
    let error = error.expect_err("it would take for ever").to_string();
    assert!(
        error.contains("leads to the same node more than once"),
        "{error}"
    );
}

proptest::proptest! {
    #[test]
    fn no_bytes_make_it_panic(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..400)) {
        drop(Database::of_bytes(Path::new("x"), bytes, Timestamp::UNIX_EPOCH));
    }

    #[test]
    fn no_change_of_a_sound_file_makes_it_panic_or_hang(
        changes in proptest::collection::vec((0_usize..4_000, proptest::num::u8::ANY), 1..8),
        cut in 0_usize..200,
    ) {
        let mut bytes = countries().write();
        for (at, byte) in changes {
            let length = bytes.len();
            bytes[at % length] = byte;
        }
        bytes.truncate(bytes.len() - cut);
        if let Ok(database) = Database::of_bytes(Path::new("x"), bytes, Timestamp::UNIX_EPOCH) {
            for text in ["81.2.69.142", "89.160.20.112", "2a02:100::1", "255.255.255.255", "::"] {
                drop(database.place(at(text)));
            }
        }
    }
}

#[test]
fn what_a_database_says_is_shown_and_not_acted_on() {
    let name = "\u{1b}]0;x\u{7}A\u{202e}Provider";
    let networks = vec![(net("81.2.69.0/24"), Value::system(20712, name))];
    let database = database(&Writer::new("Test\u{1b}[2J-ASN", BUILT, networks));
    let seen = |text: &str| !text.contains(['\u{1b}', '\u{7}', '\u{202e}']);
    assert!(seen(database.kind()) && database.kind().ends_with("-ASN"));
    let place = Atlas::of(vec![database]).place(at("81.2.69.1"));
    let organisation = place.organisation.expect("it has one");
    assert!(seen(&organisation) && organisation.ends_with("Provider"));
}

#[test]
fn addresses_of_the_same_records_are_in_the_same_place() {
    let networks = vec![(net("89.160.20.0/24"), Value::system(3301, "Telia"))];
    let systems = Writer::new("GeoLite2-ASN", BUILT, networks);
    let atlas = Atlas::of(vec![database(&countries()), database(&systems)]);
    let records = |text: &str| atlas.records(at(text)).expect("somewhere");
    assert_eq!(records("89.160.20.1"), records("::ffff:89.160.20.2"));
    assert_ne!(records("89.160.20.1"), records("89.160.21.1"), "no system");
    assert_ne!(records("89.160.21.1"), records("81.2.69.1"));
    assert_eq!(records("8.8.8.8"), Records::default(), "nobody knows it");
    assert_eq!(atlas.records(at("192.168.0.1")), None, "it is near");
}
