// SPDX-License-Identifier: MIT
//! Connections.

use super::places;
use super::table::{Align, Table};
use super::units::{bytes, count, duration, number};
use aegis_api::{EndedSockets, Flow, FlowList, KillAnswer, Total};
use std::net::{IpAddr, SocketAddr};

/// The list.
pub fn list(answer: &FlowList) -> String {
    if answer.flows.is_empty() {
        return nothing(answer);
    }
    format!("{}\n{}", table(&answer.flows), sum(answer))
}

/// The same for a screen that is drawn again and again: the sum stays in its place.
pub fn screen(answer: &FlowList) -> String {
    if answer.flows.is_empty() {
        return nothing(answer);
    }
    format!("{}\n{}", sum(answer), table(&answer.flows))
}

fn nothing(answer: &FlowList) -> String {
    match answer.total {
        0 => "no connection is known".to_owned(),
        total => format!(
            "none of {} is like that",
            count(total, "connection", "connections")
        ),
    }
}

fn sum(answer: &FlowList) -> String {
    let (shown, matched, total) = (answer.flows.len(), answer.matched, answer.total);
    if shown == total {
        return count(total, "connection", "connections");
    }
    let all = count(total, "connection", "connections");
    if shown == matched {
        return format!("{} of {all}", number(matched as u64));
    }
    format!(
        "{} shown of {} that match, of {all}",
        number(shown as u64),
        number(matched as u64)
    )
}

fn table(flows: &[Flow]) -> String {
    use Align::{Left, Right};
    let place = places::heading(flows.iter().map(|flow| &flow.place));
    let heading = [
        "DIR", "STATE", "PROTO", "PEER", "LOCAL", "AGE", "IDLE", "RECEIVED", "SENT", place,
    ];
    let align = [
        Left, Left, Left, Left, Left, Right, Right, Right, Right, Left,
    ];
    let mut table = Table::new(heading, align);
    for flow in flows {
        table.row([
            flow.direction.clone(),
            flow.state.clone(),
            flow.proto.clone(),
            end(flow.peer, flow.peer_port),
            end(flow.local, flow.local_port),
            duration(flow.age_seconds),
            duration(flow.idle_seconds),
            way(&flow.received),
            way(&flow.sent),
            places::cell(&flow.place),
        ]);
    }
    table.render()
}

fn end(address: IpAddr, port: u16) -> String {
    SocketAddr::new(address, port).to_string()
}

/// Packets and bytes one way.
pub fn way(total: &Total) -> String {
    format!("{} / {}", number(total.packets), bytes(total.bytes))
}

/// What `kill` did.
pub fn killed(answer: &KillAnswer) -> String {
    let mut lines = vec![format!(
        "ended {}",
        count(answer.killed, "connection", "connections")
    )];
    lines.extend(sockets(&answer.sockets));
    if answer.spared > 0 {
        let spared = count(answer.spared, "connection", "connections");
        lines.push(format!(
            "spared {spared} of your own session; --force ends those too"
        ));
    }
    lines.join("\n")
}

/// What became of the host's sockets, where there is anything to tell.
pub fn sockets(sockets: &EndedSockets) -> Option<String> {
    let ended = (sockets.ended > 0).then(|| {
        format!(
            "closed {} of this host",
            count(sockets.ended, "socket", "sockets")
        )
    });
    let problem = sockets.problem.as_ref().map(|problem| {
        format!("programs here may notice late, packets are dropped all the same: {problem}")
    });
    match (ended, problem) {
        (Some(ended), Some(problem)) => Some(format!("{ended}\n{problem}")),
        (ended, problem) => ended.or(problem),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use aegis_api::{FlowRate, Standing};
    use jiff::Timestamp;

    fn flow(peer: &str, local: &str) -> Flow {
        let (peer, local): (SocketAddr, SocketAddr) = (
            peer.parse().expect("an end"),
            local.parse().expect("an end"),
        );
        Flow {
            id: format!("tcp/{peer}/{local}"),
            direction: "in".to_owned(),
            state: "established".to_owned(),
            proto: "tcp".to_owned(),
            peer: peer.ip(),
            peer_port: peer.port(),
            local: local.ip(),
            local_port: local.port(),
            first_seen: Timestamp::UNIX_EPOCH,
            last_seen: Timestamp::UNIX_EPOCH,
            age_seconds: 75,
            idle_seconds: 3,
            received: Total {
                packets: 1_200,
                bytes: 72_000,
            },
            sent: Total {
                packets: 9,
                bytes: 540,
            },
            bytes_per_second: 967,
            now: FlowRate::default(),
            verdict: "pass".to_owned(),
            standing: Standing::Free,
            reason: None,
            place: None,
        }
    }

    #[test]
    fn connections_are_a_table_with_their_sum() {
        let flows = vec![
            flow("198.51.100.7:40000", "192.0.2.1:22"),
            flow("[2001:db8::7]:443", "[2001:db8::1]:50000"),
        ];
        let answer = FlowList {
            flows,
            matched: 2,
            total: 2,
        };
        let expected = "\
DIR  STATE        PROTO  PEER                LOCAL                   AGE  IDLE          RECEIVED       SENT
in   established  tcp    198.51.100.7:40000  192.0.2.1:22         1m 15s    3s  1,200 / 70.3 KiB  9 / 540 B
in   established  tcp    [2001:db8::7]:443   [2001:db8::1]:50000  1m 15s    3s  1,200 / 70.3 KiB  9 / 540 B
2 connections";
        assert_eq!(list(&answer), expected);
        assert!(screen(&answer).starts_with("2 connections\nDIR"));
    }

    #[test]
    fn the_sum_says_how_many_there_are_and_how_many_are_meant() {
        let answer = |shown: usize, matched, total| FlowList {
            flows: vec![flow("198.51.100.7:40000", "192.0.2.1:22"); shown],
            matched,
            total,
        };
        assert_eq!(list(&answer(0, 0, 0)), "no connection is known");
        assert_eq!(list(&answer(0, 0, 5)), "none of 5 connections is like that");
        assert!(list(&answer(1, 1, 5)).ends_with("\n1 of 5 connections"));
        assert!(list(&answer(1, 3, 5)).ends_with("\n1 shown of 3 that match, of 5 connections"));
    }

    #[test]
    fn what_kill_did_names_connections_sockets_and_what_was_spared() {
        let problem = Some("this kernel cannot".to_owned());
        let answer = KillAnswer {
            killed: 2,
            spared: 1,
            sockets: EndedSockets { ended: 1, problem },
        };
        let expected = "\
ended 2 connections
closed 1 socket of this host
programs here may notice late, packets are dropped all the same: this kernel cannot
spared 1 connection of your own session; --force ends those too";
        assert_eq!(killed(&answer), expected);
        let plain = KillAnswer {
            killed: 1,
            ..KillAnswer::default()
        };
        assert_eq!(killed(&plain), "ended 1 connection");
    }
}
