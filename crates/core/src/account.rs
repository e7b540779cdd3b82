// SPDX-License-Identifier: MIT
//! The one place where a verdict is counted and, if that is due, reported.
//!
//! A report is never made per packet: each source and reason has a budget, and each reason one of
//! its own for when sources are invented. What goes over budget is counted.

use crate::Nanos;
use crate::bucket::admit;
use crate::pending::Pending;
use crate::tables::Tables;
use aegis_abi::{Action, BudgetSlot, Count, CounterSlot, Flags, Reason, Settings, Tally};

/// Counts the verdict. Where an event of it is due, how many of this source and reason were held back
/// since the last one; an event that is held back is counted too, in the same place.
#[inline(always)]
pub fn count<T: Tables>(
    (slot, source_hash): (CounterSlot, impl FnOnce() -> u32),
    (action, size): (Action, Count),
    context: (&Settings, &T),
    now: Nanos,
) -> Option<u32> {
    let (settings, tables) = context;
    let counted = tables.with_tally(slot.index(), |tally| {
        tally.count = tally.count.plus(size);
        if matches!(action, Action::Pass) && !settings.flags.has(Flags::VERBOSE) {
            return None;
        }
        let suppressed = due(source_hash(), slot.reason, context, now);
        if suppressed.is_none() {
            tally.events.suppressed = tally.events.suppressed.wrapping_add(1);
        }
        suppressed
    });
    counted.flatten()
}

/// Sends the event of a packet that is decided.
#[inline(never)]
pub fn tell<T: Tables>(pending: &Pending, tables: &T) {
    let sent = tables.emit(|| pending.describe());
    tables.with_tally(pending.counter(), |tally| match sent {
        true => tally.events.sent = tally.events.sent.wrapping_add(1),
        false => lose(tally),
    });
}

/// Counts an event that was due and could not be sent.
#[inline(always)]
pub fn lose(tally: &mut Tally) {
    tally.events.lost = tally.events.lost.wrapping_add(1);
}

/// How many events of this source and reason were held back since the last one. `None` if this one
/// is to be held back too.
#[inline(always)]
fn due<T: Tables>(
    source_hash: u32,
    reason: Reason,
    (settings, tables): (&Settings, &T),
    now: Nanos,
) -> Option<u32> {
    let owner = fingerprint(source_hash, reason);
    let slot = (owner >> 8) & (BudgetSlot::SLOTS - 1);
    let suppressed = tables.with_budget(slot, |slot| {
        if slot.owner != owner {
            *slot = BudgetSlot {
                owner,
                ..BudgetSlot::EMPTY
            };
        }
        let due = admit(&mut slot.arrival_ns, settings.event_source, now)
            && tables.with_reason_budget(reason, |arrival_ns| {
                admit(arrival_ns, settings.event_reason, now)
            }) == Some(true);
        if due {
            Some(core::mem::take(&mut slot.suppressed))
        } else {
            slot.suppressed = one_more(slot.suppressed);
            None
        }
    });
    suppressed.flatten()
}

/// One more, up to the greatest number. Not by a comparison, which is two branches here.
#[inline(always)]
const fn one_more(number: u32) -> u32 {
    let next = number as u64 + 1;
    (next - (next >> 32)) as u32
}

/// Who and why, in a word of which the place is a part: a source has a slot for each reason. The
/// factors are odd, that of the reason to change the low bits as well.
#[inline(always)]
fn fingerprint(source_hash: u32, reason: Reason) -> u32 {
    let reason = (reason.code() as u32).wrapping_mul(0x9e37_79b1);
    (source_hash ^ reason).wrapping_mul(0x85eb_ca6b) | 1
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::HostTables;
    use crate::verdict::Verdict;
    use aegis_abi::{Event, EventCount, Family, Hook, Rate};

    const SIZE: Count = Count {
        packets: 1,
        bytes: 60,
    };
    const SECOND: u64 = 1_000_000_000;

    fn settings() -> Settings {
        Settings {
            event_source: Rate::per_second(1, 2),
            event_reason: Rate::per_second(10, 20),
            ..Settings::DEFAULT
        }
    }

    fn drop_from(
        source_hash: u32,
        reason: Reason,
        (settings, tables): (&Settings, &HostTables),
        now: u64,
    ) {
        let verdict = Verdict::drop(reason).by(3);
        let (place, context) = ((slot(reason), || source_hash), (settings, tables));
        let suppressed = count(place, (verdict.action, SIZE), context, Nanos(now));
        if let Some(suppressed) = suppressed {
            let mut pending = Pending::default();
            pending.note_verdict(verdict, suppressed);
            tell(&pending, tables);
        }
    }

    fn slot(reason: Reason) -> CounterSlot {
        CounterSlot {
            hook: Hook::XdpIngress,
            family: Family::V4,
            reason,
        }
    }

    fn events_of(tables: &HostTables, reason: Reason) -> EventCount {
        let counters = tables.event_counters();
        counters
            .iter()
            .find(|(known, _)| *known == reason)
            .map(|(_, count)| *count)
            .unwrap_or_default()
    }

    #[test]
    fn an_event_says_what_the_verdict_and_the_packet_said() {
        let tables = HostTables::new();
        drop_from(1, Reason::BanAddress, (&settings(), &tables), 5 * SECOND);
        let expected = Event {
            rule: 3,
            reason: Reason::BanAddress.code(),
            action: Action::Drop.code(),
            ..Event::EMPTY
        };
        assert_eq!(tables.take_events(), [expected]);
    }

    /// With one event per dropped packet, dropping costs eight times as much as passing.
    #[test]
    fn a_flood_of_dropped_packets_is_counted_and_not_reported_one_by_one() {
        let tables = HostTables::new();
        for packet in 0..100_000 {
            drop_from(
                1,
                Reason::BanAddress,
                (&settings(), &tables),
                SECOND + packet * 10_000,
            );
        }
        let expected = EventCount {
            sent: 2,
            suppressed: 99_998,
            lost: 0,
        };
        assert_eq!(events_of(&tables, Reason::BanAddress), expected);
        let slot = slot(Reason::BanAddress);
        let counted = aegis_abi::Count {
            packets: 100_000,
            bytes: 6_000_000,
        };
        assert_eq!(tables.counters(), [(slot, counted)]);
    }

    #[test]
    fn the_next_event_of_a_source_says_how_many_were_held_back() {
        let tables = HostTables::new();
        for _ in 0..10 {
            drop_from(1, Reason::Land, (&settings(), &tables), SECOND);
        }
        drop_from(1, Reason::Land, (&settings(), &tables), 10 * SECOND);
        drop_from(1, Reason::Land, (&settings(), &tables), 10 * SECOND);
        let suppressed: Vec<u32> = tables
            .take_events()
            .iter()
            .map(|event| event.suppressed)
            .collect();
        assert_eq!(suppressed, [0, 0, 8, 0]);
    }

    #[test]
    fn one_source_does_not_use_up_the_budget_of_another() {
        let tables = HostTables::new();
        for source in [1, 1, 1, 2, 2, 2] {
            drop_from(source, Reason::Land, (&settings(), &tables), SECOND);
        }
        assert_eq!(
            events_of(&tables, Reason::Land),
            EventCount {
                sent: 4,
                suppressed: 2,
                lost: 0
            }
        );
    }

    #[test]
    fn one_reason_does_not_use_up_the_budget_of_another() {
        let tables = HostTables::new();
        for reason in [Reason::Land, Reason::BogusSource] {
            (0..3).for_each(|_| drop_from(1, reason, (&settings(), &tables), SECOND));
            assert_eq!(
                events_of(&tables, reason),
                EventCount {
                    sent: 2,
                    suppressed: 1,
                    lost: 0
                }
            );
        }
    }

    #[test]
    fn reasons_that_take_turns_keep_their_budgets_and_their_counts() {
        let tables = HostTables::new();
        for packet in 0..200 {
            let reason = [Reason::TcpNull, Reason::TcpSynFin][packet % 2];
            drop_from(7, reason, (&settings(), &tables), SECOND);
        }
        drop_from(7, Reason::TcpNull, (&settings(), &tables), 10 * SECOND);
        assert_eq!(events_of(&tables, Reason::TcpSynFin).sent, 2);
        let last = tables.take_events().pop();
        assert_eq!(last.map(|event| event.suppressed), Some(98));
    }

    #[test]
    fn invented_sources_share_the_budget_of_their_reason() {
        let tables = HostTables::new();
        for source in 0..100_000_u32 {
            drop_from(
                source.wrapping_mul(0x9e37_79b1),
                Reason::Land,
                (&settings(), &tables),
                SECOND,
            );
        }
        let expected = EventCount {
            sent: 20,
            suppressed: 99_980,
            lost: 0,
        };
        assert_eq!(events_of(&tables, Reason::Land), expected);
    }

    #[test]
    fn an_event_for_which_there_is_no_room_is_counted_as_lost() {
        let tables = HostTables::new().event_room(1);
        (0..3).for_each(|_| drop_from(1, Reason::Land, (&settings(), &tables), SECOND));
        assert_eq!(
            events_of(&tables, Reason::Land),
            EventCount {
                sent: 1,
                suppressed: 1,
                lost: 1
            }
        );
    }

    #[test]
    fn a_passed_packet_is_reported_only_when_asked_for() {
        for (flags, told) in [(Flags::default(), None), (Flags::VERBOSE, Some(0))] {
            let tables = HostTables::new();
            let settings = Settings {
                flags,
                ..settings()
            };
            let place = (slot(Reason::Default), || 1);
            let context = (&settings, &tables);
            let due = count(place, (Action::Pass, SIZE), context, Nanos(SECOND));
            assert_eq!(due, told);
            assert_eq!(tables.counters().len(), 1);
        }
    }

    #[test]
    fn what_was_held_back_is_counted_up_to_the_greatest_number() {
        for number in [0, 1, u32::MAX - 1, u32::MAX] {
            assert_eq!(one_more(number), number.saturating_add(1));
        }
    }
}
