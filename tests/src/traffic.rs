// SPDX-License-Identifier: MIT
//! Frames that look for trouble: sound ones of every kind from and to the hosts of a scenario, and
//! the same cut short, padded, overwritten or lying about their lengths.

use crate::random::Random;
use crate::scenario::{host, near};
use aegis_abi::{Family, Link};
use aegis_core::emit::Frame;
use std::net::IpAddr;

const LINKS: [[u8; 6]; 3] = [[2, 0, 0, 0, 0, 1], [2, 0, 0, 0, 0, 2], [0xff; 6]];
const TAGS: [u16; 3] = [0x8100, 0x88a8, 0x9100];
const ETHERTYPES: [u16; 8] = [0x0800, 0x0806, 0x86dd, 0x8100, 0x88cc, 0x8847, 0x8864, 60];
const EXTENSIONS: [u8; 8] = [0, 43, 51, 60, 60, 135, 139, 140];
const PROTOCOLS: [u8; 14] = [0, 1, 2, 4, 6, 17, 33, 41, 47, 50, 58, 59, 136, 255];
const PORTS: [u16; 10] = [0, 53, 67, 68, 80, 80, 443, 546, 547, 65_535];
const ICMP: [(u8, u8); 16] = [
    (0, 0),
    (2, 0),
    (3, 0),
    (3, 4),
    (8, 0),
    (128, 0),
    (130, 0),
    (131, 0),
    (132, 0),
    (133, 0),
    (134, 0),
    (135, 0),
    (136, 1),
    (137, 0),
    (138, 0),
    (143, 0),
];
const HOP_LIMITS: [u8; 5] = [0, 1, 64, 255, 255];
const FLAGS: [&str; 16] = [
    "S", "S", "SA", "A", "PA", "FA", "R", "RA", "", "FPU", "SF", "SR", "FR", "F", "P", "SU",
];
const WORDS: [u16; 8] = [0, 1, 7, 8, 0x7fff, 0x8100, 0xfff8, 0xffff];
const ODD_ADDRESSES: [&str; 12] = [
    "0.0.0.0",
    "127.0.0.1",
    "224.0.0.1",
    "255.255.255.255",
    "10.0.0.10",
    "8.8.8.10",
    "::",
    "::1",
    "::ffff:192.0.2.1",
    "fe80::1",
    "ff02::1",
    "2001:db8::1",
];

/// Frames for interfaces of one kind.
#[derive(Clone, Debug)]
pub struct Traffic {
    random: Random,
    link: Link,
    longest_payload: usize,
}

impl Traffic {
    /// Frames of which the longest carry so much payload.
    #[must_use]
    pub fn new(seed: u64, link: Link, longest_payload: usize) -> Self {
        Self {
            random: Random::new(seed),
            link,
            longest_payload,
        }
    }

    /// The next frame.
    pub fn frame(&mut self) -> Vec<u8> {
        let frame = match self.random.below(100) {
            0..3 => self.noise(),
            3..6 => self
                .begin()
                .ethertype(self.random.one_of(&ETHERTYPES))
                .payload(&[0x45; 40])
                .bytes(),
            6..8 => self
                .begin()
                .arp([192, 0, 2, 1].into(), [192, 0, 2, 2].into())
                .bytes(),
            _ => self.packet(),
        };
        self.spoil(frame)
    }

    fn noise(&mut self) -> Vec<u8> {
        let length = 14 + self.random.below(100);
        self.random.bytes(length)
    }

    fn begin(&mut self) -> Frame {
        if matches!(self.link, Link::RawIp) {
            return Frame::raw_ip();
        }
        let (source, destination) = (self.random.one_of(&LINKS), self.random.one_of(&LINKS));
        let tags = self.random.one_of(&[0, 0, 0, 1, 1, 2, 2, 3]);
        (0..tags).fold(Frame::ethernet(source, destination), |frame, _| {
            frame.tag(self.random.one_of(&TAGS), self.random.word() as u16)
        })
    }

    fn packet(&mut self) -> Vec<u8> {
        let family = self.random.one_of(&[Family::V4, Family::V6]);
        let source = self.address(family);
        let destination = if self.random.chance(3) {
            source
        } else {
            self.address(family)
        };
        let frame = self
            .begin()
            .ip(source, destination)
            .hop_limit(self.random.one_of(&HOP_LIMITS));
        let frame = self.middle(family, frame);
        let frame = self.transport(frame);
        let frame = self.lie(frame);
        if self.random.chance(8) {
            let size = self.random.one_of(&[8, 16, 24, 48]);
            let fragments = frame.fragments(size);
            let index = self.random.below(fragments.len().max(1));
            return fragments.into_iter().nth(index).unwrap_or_default();
        }
        frame.bytes()
    }

    fn address(&mut self, family: Family) -> IpAddr {
        let address = host(self.random.below(64), family);
        match self.random.below(10) {
            0..5 => address,
            5..9 => near(address, &mut self.random),
            _ => {
                let half = ODD_ADDRESSES.len() / 2;
                let at = self.random.below(half) + if family == Family::V6 { half } else { 0 };
                ODD_ADDRESSES[at].parse().expect("the list holds addresses")
            }
        }
    }

    /// Options, fragment fields and extension headers.
    fn middle(&mut self, family: Family, frame: Frame) -> Frame {
        if family == Family::V4 {
            let options = self.random.one_of(&[0, 0, 0, 4, 12, 40]);
            return self.fragment_field(frame.options(&vec![1; options]));
        }
        let count = self.random.one_of(&[0, 0, 0, 0, 1, 1, 2, 3, 6, 7]);
        let uniform = self.random.chance(50);
        (0..count).fold(frame, |frame, index| match self.random.below(8) {
            0 => self.fragment_field(frame),
            _ if uniform => frame.extension(if index == 0 { 0 } else { 60 }),
            _ => self.extension(frame),
        })
    }

    fn extension(&mut self, frame: Frame) -> Frame {
        let kind = self.random.one_of(&EXTENSIONS);
        let units = self.random.one_of(&[0, 0, 0, 1, 3, 255]);
        let length = if kind == 51 {
            (units + 2) * 4
        } else {
            (units + 1) * 8
        };
        let mut body = vec![0; length - 1];
        body[0] = units as u8;
        body[1] = self.random.below(5) as u8;
        frame.extension_with(kind, &body)
    }

    fn fragment_field(&mut self, frame: Frame) -> Frame {
        match self.random.below(8) {
            0 => frame.fragment(0, true),
            1 => frame.fragment(8, true),
            2 => frame.fragment(self.random.word() as u16 & !7, self.random.chance(50)),
            3 => frame.fragment(65_528, false),
            4 => frame.fragment(0, false),
            _ => frame,
        }
    }

    fn transport(&mut self, frame: Frame) -> Frame {
        let (source, destination) = (self.port(), self.port());
        let length = self
            .random
            .one_of(&[0, 0, 1, 8, 20, 64, self.longest_payload]);
        let frame = frame.payload(&vec![0x5a; length]);
        match self.random.below(10) {
            0..3 => frame.tcp(source, destination, self.random.one_of(&FLAGS)),
            3 => frame.tcp_bits(source, destination, self.random.word() as u16 & 0x0fff),
            4..6 => frame.udp(source, destination),
            6..8 => {
                let (kind, code) = self.random.one_of(&ICMP);
                frame.icmp(kind, code)
            }
            8 => frame.sctp(source, destination),
            _ => frame.protocol(self.random.one_of(&PROTOCOLS)),
        }
    }

    fn port(&mut self) -> u16 {
        if self.random.chance(70) {
            self.random.one_of(&PORTS)
        } else {
            self.random.word() as u16
        }
    }

    fn lie(&mut self, frame: Frame) -> Frame {
        let small = self.random.below(80) as u16;
        let nibble = self.random.below(16) as u8;
        match self.random.below(40) {
            0 => frame.claiming_ip_length(small),
            1 => frame.claiming_udp_length(small),
            2 => frame.claiming_data_offset(nibble),
            3 => frame.claiming_header_words(nibble),
            4 => frame.claiming_version(nibble),
            5 => frame.claiming_ip_length(self.random.one_of(&WORDS)),
            _ => frame,
        }
    }

    fn spoil(&mut self, mut frame: Vec<u8>) -> Vec<u8> {
        match self.random.below(20) {
            0 | 1 => frame.truncate(self.random.below(frame.len() + 1)),
            2 => frame.resize(frame.len() + self.random.below(40), 0),
            3 | 4 => self.overwrite(&mut frame),
            _ => {}
        }
        frame
    }

    fn overwrite(&mut self, frame: &mut [u8]) {
        for _ in 0..=self.random.below(3) {
            let at = self.random.below(frame.len().clamp(1, 90));
            let word = self.random.one_of(&WORDS).to_be_bytes();
            let noise = self.random.word() as u8;
            match frame.get_mut(at..at + 2) {
                Some(two) if noise & 1 == 0 => two.copy_from_slice(&word),
                Some(two) => two[0] = noise,
                None => {}
            }
        }
    }
}
