// SPDX-License-Identifier: MIT
//! Any bytes, on every hook and kind of interface: one verdict, the same each time, one counter.
#![no_main]

use aegis_abi::{Allow, Ban, Flags, Hook, Link, Scope, ScopeKey, Settings};
use aegis_core::model::{HostTables, Prefix};
use aegis_core::{Nanos, Site, inspect};
use libfuzzer_sys::fuzz_target;
use std::net::IpAddr;

const NOW: Nanos = Nanos(1_000_000_000);

thread_local! {
    static POLICY: HostTables = policy();
}

fn policy() -> HostTables {
    let prefix = |bytes: [u8; 4], length| Prefix::new(IpAddr::from(bytes), length);
    let wide = |[a, b]: [u16; 2]| Prefix::new(IpAddr::from([a, b, 0, 0, 0, 0, 0, 0]), 32);
    let ban = |rule, scopes| Ban {
        expires_ns: if scopes == 0 { Ban::NEVER } else { 0 },
        rule,
        scopes,
    };
    let key = |port, protocol| ScopeKey {
        group: 1,
        port,
        protocol,
        kind: ScopeKey::ALL,
    };
    let scope = Scope {
        expires_ns: Ban::NEVER,
        rule: 9,
        reserved: 0,
    };
    HostTables::new()
        .ban(IpAddr::from([192, 0, 2, 1]), ban(1, 0))
        .ban_prefix(prefix([10, 0, 0, 0], 8), ban(2, 0))
        .ban_prefix(prefix([172, 16, 0, 0], 12), ban(3, 1))
        .ban_prefix(wide([0x2001, 0xdb8]), ban(4, 1))
        .ban_prefix(wide([0xfe80, 0]), ban(5, 0))
        .allow(prefix([10, 1, 0, 0], 16), Allow::always(6))
        .scope_ban(key(53, 17), scope)
        .scope_ban(key(80, ScopeKey::ANY_PROTOCOL), scope)
}

fuzz_target!(|frame: &[u8]| {
    let flags = Settings::DEFAULT.flags.with(Flags::VERBOSE);
    let settings = Settings {
        flags,
        ..Settings::DEFAULT
    };
    for &hook in Hook::ALL {
        for &link in Link::ALL {
            let site = Site {
                hook,
                link,
                loopback: false,
                interface: 1,
            };
            let judge = || {
                let tables = POLICY.with(HostTables::clone);
                let verdict = inspect(&frame, &site, (&settings, &tables), NOW);
                (verdict, tables)
            };
            let (verdict, tables) = judge();
            assert_eq!(judge().0, verdict);
            let counters = tables.counters();
            assert_eq!(counters.len(), 1);
            let (slot, count) = counters[0];
            assert_eq!((slot.hook, slot.reason), (hook, verdict.reason));
            assert_eq!((count.packets, count.bytes), (1, frame.len() as u64));
            assert_eq!(tables.take_events().len(), 1);
        }
    }
});
