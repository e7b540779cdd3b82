// SPDX-License-Identifier: MIT
//! The model's own arithmetic, checked by other means.

use super::*;
use proptest::prelude::*;

fn ban(rule: u32) -> Ban {
    Ban {
        expires_ns: Ban::NEVER,
        rule,
        scopes: 0,
    }
}

fn prefix(text: &str) -> Prefix {
    let (address, length) = text.split_once('/').unwrap();
    Prefix::new(address.parse().unwrap(), length.parse().unwrap())
}

fn wide(text: &str) -> [u8; 16] {
    Prefix::host(text.parse().unwrap()).network()
}

#[test]
fn a_prefix_contains_its_first_and_last_address_and_no_neighbour() {
    for (network, first, last, before, after) in [
        (
            "10.1.0.0/16",
            "10.1.0.0",
            "10.1.255.255",
            "10.0.255.255",
            "10.2.0.0",
        ),
        (
            "192.0.2.128/25",
            "192.0.2.128",
            "192.0.2.255",
            "192.0.2.127",
            "192.0.3.0",
        ),
        (
            "2001:db8::/33",
            "2001:db8::",
            "2001:db8:7fff:ffff::1",
            "2001:db7:ffff::",
            "2001:db8:8000::",
        ),
    ] {
        let network = prefix(network);
        assert!(network.contains(wide(first)) && network.contains(wide(last)));
        assert!(!network.contains(wide(before)) && !network.contains(wide(after)));
    }
    assert!(prefix("0.0.0.0/0").contains(wide("255.1.2.3")));
    assert!(prefix("::/0").contains(wide("ff02::1")));
}

#[test]
fn host_bits_of_a_prefix_do_not_matter() {
    assert_eq!(prefix("10.1.2.3/8"), prefix("10.0.0.0/8"));
    assert_eq!(prefix("2001:db8::1/32"), prefix("2001:db8::/32"));
}

#[test]
fn the_narrowest_prefix_answers_whatever_the_order() {
    let wide_first = HostTables::new()
        .ban_prefix(prefix("10.0.0.0/8"), ban(1))
        .ban_prefix(prefix("10.1.0.0/16"), ban(2));
    let narrow_first = HostTables::new()
        .ban_prefix(prefix("10.1.0.0/16"), ban(2))
        .ban_prefix(prefix("10.0.0.0/8"), ban(1));
    for tables in [wide_first, narrow_first] {
        assert_eq!(tables.banned_prefix(V4::new([10, 1, 9, 9])).rule, 2);
        assert_eq!(tables.banned_prefix(V4::new([10, 2, 9, 9])).rule, 1);
        assert_eq!(tables.banned_prefix(V4::new([11, 1, 9, 9])), Ban::NONE);
    }
}

#[test]
fn an_entry_of_the_same_prefix_is_replaced() {
    let tables = HostTables::new()
        .ban_prefix(prefix("10.0.0.0/8"), ban(1))
        .ban_prefix(prefix("10.0.0.0/8"), ban(2));
    assert_eq!(tables.banned_prefix(V4::new([10, 0, 0, 1])).rule, 2);
}

#[test]
fn a_full_event_buffer_loses_events_until_it_is_emptied() {
    let tables = HostTables::new().event_room(1);
    assert!(tables.emit(|| Event::EMPTY));
    assert!(!tables.emit(|| Event::EMPTY));
    assert_eq!(tables.take_events().len(), 1);
    assert!(tables.emit(|| Event::EMPTY));
}

#[test]
fn every_cpu_local_slot_that_is_asked_for_exists() {
    let tables = HostTables::new();
    for slot in [0, BudgetSlot::SLOTS - 1] {
        assert!(tables.with_budget(slot, |_| ()).is_some());
    }
    for kind in Infrastructure::ALL {
        assert!(
            tables
                .with_infrastructure(kind.slot(u32::MAX), |_| ())
                .is_some()
        );
    }
    assert!(tables.with_budget(BudgetSlot::SLOTS, |_| ()).is_none());
}

proptest! {
    #[test]
    fn whoever_lies_in_a_prefix_falls_into_a_touched_group(
        network: [u8; 4], length in 6_u8..=32, host: u32,
    ) {
        let network = Prefix::new(IpAddr::from(network), length);
        let host_bits = u32::MAX.checked_shr(u32::from(length)).unwrap_or(0);
        let address = V4::new((network.leading() | host & host_bits).to_be_bytes());
        let tables = HostTables::new().ban_prefix(network, ban(1));
        prop_assert!(network.contains(address.widen()));
        prop_assert_eq!(AddressTables::<V4>::touched(&tables, address.group()), touched::BAN);
    }

    #[test]
    fn whoever_lies_in_an_ipv6_prefix_falls_into_a_touched_group(
        network: [u8; 16], length in 18_u8..=128, host: u128,
    ) {
        let network = Prefix::new(IpAddr::from(network), length);
        let host_bits = u128::MAX.checked_shr(u32::from(length)).unwrap_or(0);
        let bits = u128::from_be_bytes(network.network()) | host & host_bits;
        let address = V6::new(bits.to_be_bytes());
        let tables = HostTables::new().allow(network, Allow::always(1));
        prop_assert!(network.contains(address.widen()));
        prop_assert_eq!(AddressTables::<V6>::touched(&tables, address.group()), touched::ALLOW);
    }
}
