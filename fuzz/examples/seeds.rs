// SPDX-License-Identifier: MIT
//! Writes the seeds: `cargo run --example seeds` in this folder makes those that are kept with the
//! sources; each capture named as an argument adds its frames to the corpus of this machine.

use aegis_abi::{Action, Event, Family, Hook, Reason, Settings};
use aegis_core::emit::Frame;
use aegis_lists::geo::writer::{Value as Record, Writer};
use pcap_file::pcap::PcapReader;
use std::error::Error;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use zerocopy::IntoBytes;

const V4: ([u8; 4], [u8; 4]) = ([192, 0, 2, 1], [198, 51, 100, 7]);
const V6: ([u16; 8], [u16; 8]) = (
    [0x2001, 0xdb8, 0, 0, 0, 0, 0, 1],
    [0x2001, 0xdb8, 0, 0, 0, 0, 0, 2],
);

fn ethernet() -> Frame {
    Frame::ethernet([2, 0, 0, 0, 0, 1], [2, 0, 0, 0, 0, 2])
}

fn v4() -> Frame {
    ethernet().ipv4(V4.0, V4.1)
}

fn v6() -> Frame {
    ethernet().ipv6(V6.0, V6.1)
}

/// One frame of each kind that takes a way of its own.
fn frames() -> Vec<(&'static str, Vec<u8>)> {
    let chain = |kinds: &[u8]| {
        kinds
            .iter()
            .fold(v6(), |frame, kind| frame.extension(*kind))
    };
    vec![
        ("arp", ethernet().arp(V4.0.into(), V4.1.into()).bytes()),
        (
            "lldp",
            ethernet().ethertype(0x88cc).payload(&[2, 7, 4]).bytes(),
        ),
        (
            "tcp4",
            v4().tcp(40_000, 80, "S")
                .tcp_options(&[2, 4, 5, 0xb4])
                .bytes(),
        ),
        ("tcp6", v6().tcp(40_000, 80, "PA").payload(b"GET /").bytes()),
        ("udp4", v4().udp(40_000, 53).payload(b"query").bytes()),
        ("udp6", v6().udp(546, 547).payload(b"solicit").bytes()),
        ("icmp4", v4().icmp(3, 4).payload(&[0x45; 28]).bytes()),
        (
            "neighbour",
            v6().hop_limit(255).icmp(135, 0).payload(&[0; 16]).bytes(),
        ),
        ("membership", chain(&[0]).hop_limit(1).icmp(143, 0).bytes()),
        ("sctp", v4().sctp(1, 2).payload(&[1, 0, 0, 4]).bytes()),
        ("esp", v4().protocol(50).payload(&[0; 24]).bytes()),
        ("options", v4().options(&[0x94, 4, 0, 0]).udp(1, 2).bytes()),
        (
            "vlan",
            ethernet().vlan(5).ipv4(V4.0, V4.1).udp(1, 2).bytes(),
        ),
        (
            "qinq",
            ethernet()
                .service_vlan(5)
                .vlan(6)
                .ipv6(V6.0, V6.1)
                .udp(1, 2)
                .bytes(),
        ),
        (
            "three_tags",
            ethernet()
                .vlan(1)
                .vlan(2)
                .vlan(3)
                .ipv4(V4.0, V4.1)
                .udp(1, 2)
                .bytes(),
        ),
        (
            "first_fragment",
            v4().fragment(0, true).udp(1, 2).payload(&[0; 16]).bytes(),
        ),
        (
            "later_fragment",
            v4().fragment(8, false)
                .protocol(6)
                .payload(&[0; 16])
                .bytes(),
        ),
        (
            "first_fragment6",
            v6().fragment(0, true).tcp(1, 2, "S").bytes(),
        ),
        (
            "later_fragment6",
            v6().fragment(64, false)
                .protocol(17)
                .payload(&[0; 8])
                .bytes(),
        ),
        (
            "six_extensions",
            chain(&[0, 60, 43, 135, 139, 140]).udp(1, 2).bytes(),
        ),
        (
            "seven_extensions",
            chain(&[0, 60, 60, 60, 60, 60, 60]).udp(1, 2).bytes(),
        ),
        (
            "authentication",
            v6().extension_with(51, &[2, 0, 0, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 0])
                .tcp(1, 2, "A")
                .bytes(),
        ),
        (
            "routing_0",
            v6().extension_with(43, &[0, 0, 1, 0, 0, 0, 0])
                .udp(1, 2)
                .bytes(),
        ),
        (
            "raw4",
            Frame::raw_ip().ipv4(V4.0, V4.1).tcp(1, 2, "A").bytes(),
        ),
        ("raw6", Frame::raw_ip().ipv6(V6.0, V6.1).udp(1, 2).bytes()),
    ]
}

fn events() -> Vec<(&'static str, Vec<u8>)> {
    let event = Event {
        time_ns: 1,
        length: 60,
        reason: Reason::BanAddress.code(),
        action: Action::Drop.code(),
        hook: Hook::TcEgress.code(),
        family: Family::V6.code(),
        ..Event::EMPTY
    };
    let unknown = Event {
        reason: 255,
        ..event
    };
    vec![
        ("drop", event.as_bytes().to_vec()),
        ("unknown_reason", unknown.as_bytes().to_vec()),
        ("short", event.as_bytes()[..71].to_vec()),
    ]
}

/// Stories for the target `state`: switches, then a control byte and four more for each segment.
fn stories() -> Vec<(&'static str, Vec<u8>)> {
    const ARRIVES: u8 = 0;
    const DEPARTS: u8 = 1;
    let switches = Settings::DEFAULT.flags.0 as u8;
    let story = |segments: &[[u8; 5]]| [&[switches][..], &segments.concat()].concat();
    let handshake = [
        [ARRIVES, 0x02, 9, 0, 0],
        [DEPARTS, 0x12, 17, 10, 0],
        [ARRIVES, 0x10, 10, 18, 0],
    ];
    let closing = [
        [ARRIVES, 0x11, 10, 18, 5],
        [DEPARTS, 0x11, 18, 16, 0],
        [ARRIVES, 0x10, 16, 19, 0],
    ];
    let reset = [[DEPARTS, 0x04, 18, 0, 0]];
    let outward = [
        [DEPARTS, 0x02, 9, 0, 0],
        [ARRIVES, 0x12, 17, 10, 0],
        [DEPARTS, 0x18, 10, 18, 100],
    ];
    vec![
        ("closed", story(&[handshake, closing].concat())),
        (
            "reset",
            story(&[&handshake[..], &reset, &handshake].concat()),
        ),
        ("outward", story(&outward)),
    ]
}

/// Databases of places, of both kinds of records and both families, and the ranges of tor.
fn places() -> Vec<(&'static str, Vec<u8>)> {
    const MADE: u64 = 1_780_000_000;
    let net = |text: &str| text.parse().expect("a network");
    let countries = vec![
        (net("81.2.69.0/24"), Record::country("GB")),
        (net("2a02:100::/32"), Record::country("DE")),
    ];
    let systems = vec![(net("89.160.20.0/24"), Record::system(4134, "A Provider"))];
    let ranges = b"# made for a test\n1357398272,1357398527,GB\n2a02:100::,2a02:100:ffff:ffff:ffff:ffff:ffff:ffff,DE\n";
    vec![
        (
            "country",
            Writer::new("DBIP-Country-Lite", MADE, countries).write(),
        ),
        ("asn", Writer::new("GeoLite2-ASN", MADE, systems).write()),
        ("tor", ranges.to_vec()),
    ]
}

fn write(
    folder: &Path,
    files: impl IntoIterator<Item = (String, Vec<u8>)>,
) -> Result<(), Box<dyn Error>> {
    fs::create_dir_all(folder)?;
    for (name, bytes) in files {
        fs::write(folder.join(name), bytes)?;
    }
    Ok(())
}

fn named(files: Vec<(&str, Vec<u8>)>) -> impl Iterator<Item = (String, Vec<u8>)> {
    files
        .into_iter()
        .map(|(name, bytes)| (name.to_owned(), bytes))
}

fn main() -> Result<(), Box<dyn Error>> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    write(&here.join("seeds/frame"), named(frames()))?;
    write(&here.join("seeds/event"), named(events()))?;
    write(&here.join("seeds/state"), named(stories()))?;
    write(&here.join("seeds/places"), named(places()))?;
    for path in std::env::args_os().skip(1).map(PathBuf::from) {
        let name = path
            .file_stem()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        let mut reader = PcapReader::new(File::open(&path)?)?;
        let mut captured = Vec::new();
        while let Some(Ok(packet)) = reader.next_packet() {
            captured.push((
                format!("{name}-{}", captured.len()),
                packet.data.into_owned(),
            ));
        }
        // Captures of floods are thousands of frames alike.
        captured.truncate(64);
        write(&here.join("corpus/frame"), captured)?;
    }
    Ok(())
}
