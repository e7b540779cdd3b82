// SPDX-License-Identifier: MIT
//! Any sequence of packets in time: each is counted once, tables keep to their size, and nothing
//! that only arrives makes itself known.
//!
//! The input is a list of steps of a control byte each: which hook, how long to wait, and whether
//! what follows is a TCP segment between two fixed ends, in four bytes, or any frame, behind its
//! length.
#![no_main]

use aegis_abi::{Flags, Hook, Link, Settings};
use aegis_core::action::action_of;
use aegis_core::emit::Frame;
use aegis_core::model::HostTables;
use aegis_core::{Nanos, Site, inspect};
use libfuzzer_sys::fuzz_target;

const START: u64 = 1_000_000_000_000;
const ROOM: usize = 2;
const HERE: [u8; 4] = [192, 0, 2, 1];
const THERE: [u8; 4] = [198, 51, 100, 7];

struct Step {
    hook: Hook,
    wait_ns: u64,
    frame: Vec<u8>,
}

/// Numbers near each other, so that some of them fit.
fn segment(hook: Hook, [flags, sequence, acknowledgement, payload]: [u8; 4]) -> Vec<u8> {
    let frame = match hook {
        Hook::TcEgress => Frame::raw_ip()
            .ipv4(HERE, THERE)
            .tcp_bits(80, 40_000, flags.into()),
        _ => Frame::raw_ip()
            .ipv4(THERE, HERE)
            .tcp_bits(40_000, 80, flags.into()),
    };
    let near = |number: u8| u32::from(number).wrapping_sub(8);
    frame
        .sequence(near(sequence))
        .acknowledgement(near(acknowledgement))
        .payload(&vec![0; payload.into()])
        .bytes()
}

fn next(bytes: &mut &[u8]) -> Option<Step> {
    let (&control, rest) = bytes.split_first()?;
    let hook = match control & 1 {
        0 => Hook::XdpIngress,
        _ => Hook::TcEgress,
    };
    let wait_ns = (1_u64 << (control >> 3)) << 6;
    let (frame, rest) = if control & 2 == 0 {
        let (segment_of, rest) = rest.split_first_chunk::<4>()?;
        (segment(hook, *segment_of), rest)
    } else {
        let (&length, rest) = rest.split_first()?;
        let (frame, rest) = rest.split_at_checked(length.into())?;
        (frame.to_vec(), rest)
    };
    *bytes = rest;
    Some(Step {
        hook,
        wait_ns,
        frame,
    })
}

fuzz_target!(|input: &[u8]| {
    let (&switches, mut steps) = input.split_first().unwrap_or((&0, &[]));
    let settings = Settings {
        flags: Flags(u32::from(switches)),
        ..Settings::DEFAULT
    };
    let tables = HostTables::new().flow_room(ROOM);
    let (mut now, mut counted, mut departed) = (START, 0, false);
    while let Some(step) = next(&mut steps) {
        now += step.wait_ns;
        departed |= step.hook == Hook::TcEgress;
        let site = Site {
            hook: step.hook,
            link: Link::RawIp,
            loopback: false,
            interface: 1,
        };
        let frame = step.frame.as_slice();
        let verdict = inspect(&frame, &site, (&settings, &tables), Nanos(now));
        counted += 1;
        assert_eq!(verdict.action, action_of(verdict.reason, &settings));
        let packets: u64 = tables
            .counters()
            .iter()
            .map(|(_, count)| count.packets)
            .sum();
        assert_eq!(packets, counted);
        // A family each.
        assert!(tables.flows().len() <= 2 * ROOM);
        assert!(departed || tables.flows().is_empty());
    }
});
