// SPDX-License-Identifier: MIT
//! The one table of columns of connections.

use super::super::table::Column;
use super::super::text::{age, bytes, count};
use super::Shown;
use crate::model::FlowOrder::{self, All};
use crate::model::{Fate, Listed, Process};
use crate::theme::{Role, Sign, Theme};
use aegis_api::{Flow, FlowSort, Place, Standing};
use ratatui::text::Line;

/// What there is to show of a connection.
pub struct Row<'a> {
    /// The connection.
    pub listed: &'a Listed,
    /// The program here that has it.
    pub process: Option<&'a Process>,
    /// Whether it is drawn as something of the past.
    pub is_faded: bool,
}

type Cell = fn(&Row<'_>, Theme) -> Line<'static>;
type FlowColumn = Shown<FlowOrder, Cell>;

/// Every column, from left to right.
pub const FLOWS: [FlowColumn; 21] = [
    Shown::rising(
        Column::words("dir", 4, 2),
        &[All(FlowSort::Direction)],
        direction,
    ),
    Shown::rising(
        Column::addresses("peer", 15, 0).growing(),
        &[All(FlowSort::Peer)],
        |row, theme| text(row, row.listed.flow.peer.to_string(), theme),
    ),
    Shown::rising(
        Column::numbers("port", 5, 3),
        &[All(FlowSort::PeerPort)],
        |row, theme| text(row, row.flow().peer_port.to_string(), theme),
    ),
    Shown::rising(
        Column::words("local address", 15, 15),
        &[All(FlowSort::Local)],
        |row, theme| text(row, row.flow().local.to_string(), theme),
    ),
    Shown::rising(
        Column::numbers("local", 6, 1),
        &[All(FlowSort::Port)],
        |row, theme| text(row, row.flow().local_port.to_string(), theme),
    ),
    Shown::rising(
        Column::words("proto", 6, 5),
        &[All(FlowSort::Proto)],
        |row, theme| text(row, row.flow().proto.clone(), theme),
    ),
    Shown::rising(
        Column::words("state", 12, 3),
        &[All(FlowSort::State)],
        |row, theme| text(row, row.flow().state.clone(), theme),
    ),
    Shown::rising(
        Column::words("judged", 7, 2),
        &[All(FlowSort::Verdict)],
        verdict,
    ),
    Shown::rising(
        Column::words("held against", 16, 11),
        &[All(FlowSort::Reason)],
        |row, theme| text(row, reason(row.flow()), theme),
    ),
    Shown::falling(
        Column::numbers("age", 6, 6),
        &[All(FlowSort::Age)],
        |row, theme| text(row, age(row.flow().age_seconds), theme),
    ),
    Shown::falling(
        Column::numbers("idle", 6, 9),
        &[All(FlowSort::Idle)],
        |row, theme| text(row, age(row.flow().idle_seconds), theme),
    ),
    Shown::falling(
        Column::numbers("pkt in", 7, 13),
        &[All(FlowSort::PacketsReceived), All(FlowSort::Packets)],
        |row, theme| text(row, count(row.flow().received.packets), theme),
    ),
    Shown::falling(
        Column::numbers("pkt out", 8, 13),
        &[All(FlowSort::PacketsSent), All(FlowSort::Packets)],
        |row, theme| text(row, count(row.flow().sent.packets), theme),
    ),
    Shown::falling(
        Column::numbers("in", 5, 7),
        &[All(FlowSort::Received), All(FlowSort::Bytes)],
        |row, theme| text(row, bytes(row.flow().received.bytes), theme),
    ),
    Shown::falling(
        Column::numbers("out", 5, 7),
        &[All(FlowSort::Sent), All(FlowSort::Bytes)],
        |row, theme| text(row, bytes(row.flow().sent.bytes), theme),
    ),
    Shown::falling(
        Column::numbers("in B/s", 7, 4),
        &[All(FlowSort::LiveReceived), All(FlowSort::Live)],
        |row, theme| rate(row, row.flow().now.received_bytes_per_second, bytes, theme),
    ),
    Shown::falling(
        Column::numbers("out B/s", 8, 4),
        &[All(FlowSort::LiveSent), All(FlowSort::Live)],
        |row, theme| rate(row, row.flow().now.sent_bytes_per_second, bytes, theme),
    ),
    Shown::falling(
        Column::numbers("pkt/s", 6, 12),
        &[All(FlowSort::LivePackets)],
        |row, theme| rate(row, row.flow().now.packets_per_second, count, theme),
    ),
    Shown::rising(
        Column::words("cc", 3, 4),
        &[All(FlowSort::Country)],
        |row, theme| {
            let country = row
                .flow()
                .place
                .as_ref()
                .and_then(|place| place.country.clone());
            text(row, country.unwrap_or_default(), theme)
        },
    ),
    Shown::rising(
        Column::words("provider", 18, 8).growing(),
        &[All(FlowSort::Asn)],
        |row, theme| {
            text(
                row,
                row.flow().place.as_ref().map(provider).unwrap_or_default(),
                theme,
            )
        },
    ),
    Shown::rising(
        Column::words("process", 16, 10),
        &[FlowOrder::Process],
        |row, theme| {
            let name = row
                .process
                .map(|process| format!("{}/{}", process.pid, process.name));
            text(row, name.unwrap_or_default(), theme)
        },
    ),
];

/// What can come first, in the order of the columns.
pub const SORTS: &[FlowOrder] = &[
    All(FlowSort::Direction),
    All(FlowSort::Peer),
    All(FlowSort::PeerPort),
    All(FlowSort::Local),
    All(FlowSort::Port),
    All(FlowSort::Proto),
    All(FlowSort::State),
    All(FlowSort::Verdict),
    All(FlowSort::Reason),
    All(FlowSort::Age),
    All(FlowSort::Idle),
    All(FlowSort::PacketsReceived),
    All(FlowSort::PacketsSent),
    All(FlowSort::Packets),
    All(FlowSort::Received),
    All(FlowSort::Sent),
    All(FlowSort::Bytes),
    All(FlowSort::LiveReceived),
    All(FlowSort::LiveSent),
    All(FlowSort::Live),
    All(FlowSort::LivePackets),
    All(FlowSort::Country),
    All(FlowSort::Asn),
    FlowOrder::Process,
];

/// What a sort is called.
#[must_use]
pub const fn label(sort: FlowSort) -> &'static str {
    match sort {
        FlowSort::Live => "bytes/s now",
        FlowSort::LivePackets => "packets/s now",
        FlowSort::Rate => "bytes/s on average",
        FlowSort::Received => "bytes in",
        FlowSort::Sent => "bytes out",
        FlowSort::Last => "last packet",
        FlowSort::Port => "local port",
        FlowSort::Local => "local address",
        FlowSort::PeerPort => "port of the peer",
        FlowSort::PacketsReceived => "packets in",
        FlowSort::PacketsSent => "packets out",
        FlowSort::LiveReceived => "bytes/s in",
        FlowSort::LiveSent => "bytes/s out",
        FlowSort::Reason => "what is held against the peer",
        sort => sort.label(),
    }
}

impl Row<'_> {
    fn flow(&self) -> &Flow {
        &self.listed.flow
    }
}

/// What is gone fades, and what is not what was asked for.
fn text(row: &Row<'_>, text: String, theme: Theme) -> Line<'static> {
    match row.is_faded {
        true => Line::styled(text, theme.style(Role::Dim)),
        false => Line::raw(text),
    }
}

/// Nothing is not worth a look.
fn rate(row: &Row<'_>, number: u64, write: fn(u64) -> String, theme: Theme) -> Line<'static> {
    let is_dim = number == 0 || row.is_faded;
    let role = if is_dim { Role::Dim } else { Role::Plain };
    Line::styled(write(number), theme.style(role))
}

fn direction(row: &Row<'_>, theme: Theme) -> Line<'static> {
    let sign = match &*row.flow().direction {
        "in" => theme.sign(Sign::In),
        "out" => theme.sign(Sign::Out),
        _ => "?",
    };
    text(row, sign.to_owned(), theme)
}

fn verdict(row: &Row<'_>, theme: Theme) -> Line<'static> {
    let flow = row.flow();
    match row.listed.fate {
        Fate::There => {}
        Fate::Ended => return Line::styled("gone", theme.style(Role::Dim)),
        Fate::Untold => return Line::styled("?", theme.style(Role::Dim)),
    }
    match (&*flow.verdict, flow.standing) {
        ("drop", _) => Line::styled("DROP", theme.style(Role::Bad)),
        (_, Standing::Allowlisted) => Line::styled("allowed", theme.style(Role::Good)),
        (_, Standing::Free) => Line::styled("pass", theme.style(Role::Good)),
        (_, _) => Line::styled("pass", theme.style(Role::Warning)),
    }
}

/// What is held against the peer; nothing, if nothing is.
pub fn reason(flow: &Flow) -> String {
    let standing = match flow.standing {
        Standing::Free => "",
        standing => standing.label(),
    };
    flow.reason.clone().unwrap_or_else(|| standing.to_owned())
}

/// Who announces it; what it is instead of a place on the Internet.
fn provider(place: &Place) -> String {
    if let Some(near) = &place.near {
        return near.clone();
    }
    match (&place.organisation, place.asn) {
        (Some(organisation), _) => organisation.clone(),
        (None, Some(number)) => format!("AS{number}"),
        (None, None) => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_column_can_be_sorted_by_and_every_order_is_one_of_a_column() {
        for shown in &FLOWS {
            assert!(!shown.sorts.is_empty(), "{}", shown.column.title);
        }
        let all = || FLOWS.iter().flat_map(|shown| shown.sorts);
        assert!(all().all(|order| SORTS.contains(order)));
        for order in SORTS {
            assert!(all().any(|other| other == order), "{order:?}");
        }
    }

    #[test]
    fn a_click_on_a_title_sorts_by_that_column_and_no_other() {
        let first: Vec<_> = FLOWS.iter().map(|shown| shown.sorts[0]).collect();
        for (number, order) in first.iter().enumerate() {
            assert!(!first[..number].contains(order), "{order:?}");
        }
    }

    #[test]
    fn a_title_has_room_for_its_mark() {
        for FlowColumn { column, sorts, .. } in &FLOWS {
            let mark = usize::from(!sorts.is_empty());
            let width = usize::from(column.width);
            assert!(column.title.len() + mark <= width, "{}", column.title);
        }
    }
}
