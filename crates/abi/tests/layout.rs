// SPDX-License-Identifier: MIT
//! The layout of everything that crosses the kernel line, as text beside this file. Pinned tables
//! outlive the programs that made them, so a change here needs a new `ABI_VERSION`:
//! `AEGIS_BLESS=1 cargo test -p aegis-abi` then rewrites the file.

use aegis_abi::flow::{half, mark};
use aegis_abi::names::{self, capacity, constant, program, protected, stage, table};
use aegis_abi::set::class;
use aegis_abi::tables::touched;
use aegis_abi::*;
use std::fmt::Write;
use std::path::Path;

const GOLDEN: &str = "tests/layout.golden";

/// One type: size, alignment, and every field with its offset and size. A field that is forgotten
/// here shows as a gap.
macro_rules! structure {
    ($out:ident, $type:ident { $($field:tt),+ $(,)? }) => {{
        let (size, align) = (size_of::<$type>(), align_of::<$type>());
        writeln!($out, "struct {} size {size} align {align}", stringify!($type)).unwrap();
        let mut end = 0;
        $(
            let offset = std::mem::offset_of!($type, $field);
            let value = |whole: &$type| size_of_val(&whole.$field);
            let bytes = value(&zeroed::<$type>());
            assert_eq!(offset, end, "{}.{}", stringify!($type), stringify!($field));
            writeln!($out, "  {offset} {} {bytes}", stringify!($field)).unwrap();
            end = offset + bytes;
        )+
        assert_eq!(end, size, "{}", stringify!($type));
    }};
}

macro_rules! codes {
    ($out:ident, $type:ident) => {{
        writeln!($out, "codes {}", stringify!($type)).unwrap();
        for value in $type::ALL {
            assert_eq!($type::try_from(value.code()), Ok(*value));
            writeln!($out, "  {} {}", value.code(), value.label()).unwrap();
        }
    }};
}

macro_rules! constants {
    ($out:ident, $($value:expr),+ $(,)?) => {
        $(writeln!($out, "{} = {:?}", stringify!($value), $value).unwrap();)+
    };
}

fn zeroed<T: zerocopy::FromZeros>() -> T {
    T::new_zeroed()
}

fn structures(out: &mut String) {
    structure!(out, Count { packets, bytes });
    structure!(
        out,
        Header {
            magic,
            abi_version,
            seed,
            flow_room,
            reserved
        }
    );
    structure!(
        out,
        EventCount {
            suppressed,
            sent,
            lost
        }
    );
    structure!(out, Tally { count, events });
    structure!(
        out,
        Event {
            time_ns,
            source,
            destination,
            length,
            interface,
            rule,
            suppressed,
            source_port,
            destination_port,
            tcp_flags,
            protocol,
            reason,
            action,
            hook,
            family,
            hop_limit,
            icmp_type,
            icmp_code,
            reserved,
        }
    );
    structure!(
        out,
        Rate {
            interval_ns,
            tolerance_ns
        }
    );
    structure!(out, Flags { 0 });
    structure!(
        out,
        Settings {
            abi_version,
            flags,
            seed,
            generation,
            infrastructure,
            event_source,
            event_reason,
            syn_source,
            syn_host,
            udp_source,
            udp_host,
            icmp_source,
            icmp_host,
            timeouts,
            grace_until_ns,
            scan_window_ns,
            cool_down_ns,
            scan_ports,
            flood_refusals,
            ephemeral_from,
            slot,
            actions,
            reserved,
        }
    );
    structure!(
        out,
        SettingsSlots {
            slots,
            active,
            reserved,
            clock,
            rest
        }
    );
    structure!(
        out,
        Timeouts {
            tcp_established,
            tcp_closing,
            udp,
            icmp,
            half_open
        }
    );
    structure!(out, Clock { offset_ns, tick_ns });
    structure!(
        out,
        Ban {
            expires_ns,
            rule,
            scopes
        }
    );
    structure!(out, BanLineV4 { keys, spilled });
    structure!(
        out,
        BanLineV6 {
            keys,
            spilled,
            reserved
        }
    );
    structure!(
        out,
        ScopeKey {
            group,
            port,
            protocol,
            kind
        }
    );
    structure!(
        out,
        Scope {
            expires_ns,
            rule,
            reserved
        }
    );
    structure!(
        out,
        Allow {
            before,
            after,
            since
        }
    );
    structure!(out, TouchedLine { 0 });
    structure!(out, SetLine { 0 });
    structure!(
        out,
        SetHead {
            first_chunk,
            lines,
            seed,
            hosts,
            host_lines,
            leading,
            leading_lines,
            classes,
            reserved
        }
    );
    // Not as the others, which are made on the stack: it has a megabyte.
    writeln!(
        out,
        "struct SetRoot size {} actions at {}",
        size_of::<SetRoot>(),
        std::mem::offset_of!(SetRoot, actions)
    )
    .expect("a String takes everything");
    writeln!(out, "struct SetChunk size {}", SetChunk::BYTES).expect("a String takes everything");
    structure!(out, SetAction { 0 });
    structure!(out, ClassActions { by_slot, reserved });
    structure!(out, HitBlock { 0 });
    structure!(
        out,
        BudgetSlot {
            arrival_ns,
            owner,
            suppressed
        }
    );
    state_structures(out);
}

fn state_structures(out: &mut String) {
    structure!(
        out,
        FlowKeyV4 {
            peer,
            local,
            peer_port,
            local_port,
            protocol
        }
    );
    structure!(
        out,
        FlowKeyV6 {
            peer,
            local,
            peer_port,
            local_port,
            protocol
        }
    );
    structure!(
        out,
        Side {
            last_ns,
            packets,
            bytes,
            next,
            acknowledged,
            marks,
            reserved
        }
    );
    structure!(
        out,
        Flow {
            first_ns,
            ingress,
            egress,
            generation,
            origin,
            reserved
        }
    );
    structure!(
        out,
        Rehearsal {
            rule,
            reason,
            action,
            judged,
            reserved
        }
    );
    structure!(out, Ways { tags, last_ns });
    structure!(
        out,
        Tuple {
            peer,
            local,
            peer_port,
            local_port,
            protocol,
            family,
            reserved
        }
    );
    structure!(
        out,
        HalfOpen {
            tuple,
            first_ns,
            ingress_packets,
            ingress_bytes,
            egress_packets,
            egress_bytes,
            initiator,
            responder,
            marks,
            reserved
        }
    );
    structure!(
        out,
        Source {
            tag,
            syn_ns,
            udp_ns,
            icmp_ns,
            window_ns,
            cool_until_ns,
            packets,
            refused,
            tried,
            strikes,
            at,
            reserved,
            recent,
            ports,
            address,
            family,
            padding
        }
    );
    structure!(
        out,
        Offence {
            time_ns,
            window_ns,
            until_ns,
            address,
            packets,
            refused,
            recent,
            tried,
            port,
            reason,
            family,
            proven,
            strikes
        }
    );
}

fn enumerations(out: &mut String) {
    codes!(out, Hook);
    codes!(out, Family);
    codes!(out, Action);
    codes!(out, Link);
    codes!(out, Infrastructure);
    codes!(out, Reason);
    codes!(out, Origin);
    codes!(out, StateCounter);
    codes!(out, HostBucket);
}

fn limits(out: &mut String) {
    constants!(
        out,
        Hook::SLOTS,
        Family::SLOTS,
        Reason::SLOTS,
        CounterSlot::SLOTS,
        Infrastructure::SPREAD,
        Infrastructure::SLOTS,
        BudgetSlot::SLOTS,
        Ban::NEVER,
        BanLineV4::LINES,
        BanLineV4::PLACES,
        BanLineV6::LINES,
        BanLineV6::PLACES,
        ScopeKey::ANY_PROTOCOL,
        touched::ALLOW,
        touched::BAN,
        touched::LIST_HOSTS,
        touched::LIST_NETS,
        touched::GROUPS,
        touched::LINES,
        ScopeKey::ALL,
        ScopeKey::UNSOLICITED,
        Flags::SCAN_DETECT,
        Flags::THREATS,
        Flags::DROP_LATER_FRAGMENTS,
        Flags::VERBOSE,
        Flags::PORT_SCAN,
        Flags::RATE_LIMIT,
        Flags::CONN_TRACK,
        Flags::LOOSE,
        Flags::SYN_COOKIES,
        Flags::PLACES,
        SetSlot::ALL,
        SetChunk::LINES,
        SetChunk::PER_SET,
        SetChunk::SLOTS,
        SetAction::ARRIVING,
        SetAction::DEPARTING,
        SetAction::ARRIVING_NEW,
        SetAction::DEPARTING_NEW,
        SetAction::WATCHED_ARRIVING,
        SetAction::WATCHED_DEPARTING,
        class::LISTS,
        class::PLACES,
        class::ALL,
        HitBlock::CLASSES,
        mark::FIN,
        mark::FIN_ACKNOWLEDGED,
        mark::RESET,
        mark::SEQUENCE,
        mark::ACKNOWLEDGEMENT,
        mark::KILLED,
        half::ANSWERED,
        half::COUNTED,
        half::PROVEN,
        half::PICKED_UP,
        half::DATAGRAMS,
        half::LINES,
        half::ENTRIES,
        Ways::WAYS,
        Source::LINES,
        Source::ENTRIES,
        Source::RECENT,
        Source::BITS,
        StateCounter::SLOTS,
        HostBucket::SLOTS,
        capacity::FLOWS,
        capacity::PROTECTED,
        capacity::OFFENCE_BYTES,
        capacity::BANS,
        capacity::BAN_PREFIXES,
        capacity::SCOPES,
        capacity::ALLOW,
        capacity::EVENT_BYTES,
        Rehearsal::INTERFACE,
    );
}

fn names(out: &mut String) {
    constants!(
        out,
        program::INGRESS,
        program::INGRESS_FRAGS,
        program::EGRESS,
        program::CLOCK,
        constant::LINK,
        constant::LOOPBACK,
        constant::SEED,
        constant::REHEARSED,
        program::INGRESS_NEW,
        program::INGRESS_FRAGS_NEW,
        program::EGRESS_NEW,
        program::COOKIE,
        program::COOKIE_FRAGS,
        names::HEADER,
        Header::MAGIC,
        stage::NEW,
        stage::COOKIE,
        stage::SLOTS,
        protected::OWN,
        protected::NEEDED,
    );
    for name in table::ALL {
        *out += &format!("table {name}\n");
    }
}

#[test]
fn the_layout_is_the_one_of_this_abi_version() {
    let mut layout = String::new();
    writeln!(layout, "ABI_VERSION = {ABI_VERSION}").unwrap();
    structures(&mut layout);
    enumerations(&mut layout);
    limits(&mut layout);
    names(&mut layout);
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(GOLDEN);
    if std::env::var_os("AEGIS_BLESS").is_some() {
        std::fs::write(&path, &layout).unwrap();
    }
    let golden = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        layout == golden,
        "the layout differs from {}: raise ABI_VERSION, then AEGIS_BLESS=1 rewrites it\n{}",
        path.display(),
        difference(&golden, &layout),
    );
}

/// The lines of only one of the two.
fn difference(golden: &str, layout: &str) -> String {
    let gone = golden
        .lines()
        .filter(|line| !layout.lines().any(|other| other == *line));
    let new = layout
        .lines()
        .filter(|line| !golden.lines().any(|other| other == *line));
    let lines = gone
        .map(|line| format!("- {line}"))
        .chain(new.map(|line| format!("+ {line}")));
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn every_counter_has_a_cell_of_its_own() {
    let cells: std::collections::BTreeSet<u32> =
        CounterSlot::all().map(CounterSlot::index).collect();
    assert_eq!(cells.len(), CounterSlot::all().count());
    assert!(
        cells
            .iter()
            .all(|cell| (*cell as usize) < CounterSlot::SLOTS)
    );
}

#[test]
fn an_event_is_read_back_as_it_was_written() {
    use zerocopy::IntoBytes;
    for reason in Reason::ALL {
        let event = Event {
            reason: reason.code(),
            action: Action::Drop.code(),
            hook: Hook::TcEgress.code(),
            family: Family::V6.code(),
            rule: 7,
            ..Event::EMPTY
        };
        let (read, codes) = Event::decode(event.as_bytes()).unwrap();
        assert_eq!(
            (read, codes.reason, codes.hook),
            (event, *reason, Hook::TcEgress)
        );
    }
}

#[test]
fn a_record_of_another_length_or_with_an_unknown_code_is_refused() {
    use aegis_abi::event::DecodeError;
    for length in [0, 71, 73, 80] {
        let refused = Event::decode(&vec![0; length]).map(|_| ());
        assert_eq!(refused, Err(DecodeError::Length { got: length }));
    }
    for (at, kind) in [(63, "reason"), (64, "action"), (65, "hook"), (66, "family")] {
        let mut bytes = [0; size_of::<Event>()];
        bytes[at] = 255;
        let refused = Event::decode(&bytes).map(|_| ());
        assert_eq!(refused, Err(UnknownCode { kind, code: 255 }.into()));
    }
}

/// Found in the sources, so that a new type or name cannot be forgotten here.
#[test]
fn nothing_that_crosses_the_line_is_left_out() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let golden = std::fs::read_to_string(here.join(GOLDEN)).unwrap();
    for file in std::fs::read_dir(here.join("src")).unwrap() {
        let source = std::fs::read_to_string(file.unwrap().path()).unwrap();
        for (_, item) in source
            .split("#[repr(")
            .skip(1)
            .filter_map(|item| item.split_once("pub struct "))
        {
            let name: String = item
                .chars()
                .take_while(|letter| letter.is_alphanumeric())
                .collect();
            assert!(
                name.is_empty() || golden.contains(&format!("struct {name} size")),
                "{name}"
            );
        }
    }
    let names = std::fs::read_to_string(here.join("src/names.rs")).unwrap();
    for name in names
        .lines()
        .filter_map(|line| line.trim().strip_prefix("pub const "))
    {
        let (name, _) = name.split_once(':').unwrap();
        assert!(golden.contains(&format!("::{name} = ")), "{name}");
    }
}
