// SPDX-License-Identifier: MIT
use super::*;
use crate::tables::{V4_SHAPE, V6_SHAPE};
use aegis_abi::{BanLineV4, BanLineV6};
use aegis_core::address::{Address, V4, V6};
use aegis_core::exact::{Line, look_up};
use std::collections::HashMap;
use zerocopy::FromBytes;

fn table(shape: Shape) -> ExactTable {
    let lines = Mapped::anonymous(shape.lines as usize * shape.line_words * 4);
    let bans = Mapped::anonymous(shape.lines as usize * shape.places as usize * 16);
    ExactTable {
        name: "TEST",
        shape,
        seed: 0,
        lines,
        bans,
    }
}

fn ban(rule: u32) -> Ban {
    Ban {
        expires_ns: u64::from(rule) << 33,
        rule,
        scopes: !rule,
    }
}

/// Reads the table as the kernel does.
fn as_the_kernel_sees_it<A: Address, L: Line<A> + FromBytes + zerocopy::Immutable>(
    table: &ExactTable,
) -> impl Fn(A) -> Ban {
    let line_bytes = table.lines.bytes();
    let ban_bytes = table.bans.bytes();
    let size = size_of::<L>();
    let lines: Vec<L> = line_bytes
        .chunks(size)
        .map(|bytes| L::read_from_bytes(bytes).unwrap())
        .collect();
    let bans: Vec<Ban> = ban_bytes
        .chunks(16)
        .map(|bytes| Ban::read_from_bytes(bytes).unwrap())
        .collect();
    move |address| {
        look_up(
            address,
            0,
            |line| lines.get(line as usize),
            |place| bans[place as usize],
        )
    }
}

fn v4_key(address: u32) -> [u32; 1] {
    [u32::from_ne_bytes(address.to_be_bytes())]
}

#[test]
fn a_full_table_of_addresses_reads_as_it_was_written() {
    let table = table(V4_SHAPE);
    let mut oracle = HashMap::new();
    let mut state = 1_u32;
    for rule in 1..=aegis_abi::names::capacity::BANS {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let address = state | 1;
        let key = v4_key(address);
        table.set(&key, Some(ban(rule))).unwrap();
        oracle.insert(address, rule);
        if rule % 3 == 0 {
            table.set(&key, None).unwrap();
            oracle.remove(&address);
        }
    }
    assert_eq!(table.count(), oracle.len() as u64);
    let kernel = as_the_kernel_sees_it::<V4, BanLineV4>(&table);
    for (&address, &rule) in &oracle {
        assert_eq!(
            kernel(V4::new(address.to_be_bytes())),
            ban(rule),
            "{address:#x}"
        );
        assert_eq!(
            kernel(V4::new((address ^ 1).to_be_bytes())),
            Ban::NONE,
            "{address:#x}"
        );
    }
}

#[test]
fn ipv6_addresses_read_as_they_were_written_and_leave_nothing_behind() {
    let table = table(V6_SHAPE);
    let address = |n: u32| V6::new((u128::from(n) | 0x2001_0db8 << 96).to_be_bytes());
    let key = |n: u32| {
        let [high, low] = address(n).words();
        [
            high as u32,
            (high >> 32) as u32,
            low as u32,
            (low >> 32) as u32,
        ]
    };
    for n in 1..=131_072 {
        table.set(&key(n), Some(ban(n))).unwrap();
    }
    let kernel = as_the_kernel_sees_it::<V6, BanLineV6>(&table);
    for n in 1..=131_072 {
        assert_eq!(kernel(address(n)), ban(n));
        assert_eq!(kernel(address(n + 200_000)), Ban::NONE);
    }
    for n in 1..=131_072 {
        table.set(&key(n), None).unwrap();
    }
    assert_eq!(table.count(), 0);
    assert!(
        table.lines.bytes().iter().all(|byte| *byte == 0),
        "spill counts are back to 0"
    );
}

#[test]
fn the_unspecified_address_is_refused_and_never_found() {
    let table = table(V4_SHAPE);
    assert!(table.set(&[0], Some(ban(1))).is_err());
    for address in 1..10_000 {
        table.set(&v4_key(address), Some(ban(address))).unwrap();
        table.set(&v4_key(address), None).unwrap();
    }
    assert_eq!(table.get(&[0]), None);
    let kernel = as_the_kernel_sees_it::<V4, BanLineV4>(&table);
    assert_eq!(kernel(V4::new([0; 4])), Ban::NONE);
}

#[test]
fn a_line_that_is_full_twice_over_is_an_error_and_changes_nothing() {
    let table = table(Shape {
        hash: |_, _| 7,
        ..V4_SHAPE
    });
    let same_lines = |n: u32| [n + 1];
    for n in 0..30 {
        table.set(&same_lines(n), Some(ban(n))).unwrap();
    }
    let refused = table.set(&same_lines(30), Some(ban(30)));
    assert!(
        matches!(refused, Err(EngineError::TableFull { table: "TEST", .. })),
        "{refused:?}"
    );
    assert_eq!(table.count(), 30);
    assert_eq!(table.get(&same_lines(29)), Some(ban(29)));
    table.set(&same_lines(3), None).unwrap();
    assert_eq!(
        table.get(&same_lines(29)),
        Some(ban(29)),
        "a freed place hides no other"
    );
}
