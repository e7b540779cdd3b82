// SPDX-License-Identifier: MIT
//! Everything about a list.

use super::super::places;
use super::super::table::{Align, Table};
use super::super::units::{bytes, count, duration, number};
use super::{does, hits, names, share};
use aegis_api::{ListCopy, ListDetail, ListPeer, ListStatus, RefusedLine};
use jiff::Timestamp;

/// `feeds show`.
pub fn show(detail: &ListDetail) -> String {
    let list = &detail.status;
    let mut lines = head(list);
    lines.extend(list.copy.iter().flat_map(|copy| said(copy, detail)));
    lines.extend(counted(list));
    lines.extend(refused(detail));
    lines.extend(peers(detail));
    lines.join("\n")
}

fn head(list: &ListStatus) -> Vec<String> {
    let origin = list
        .origin
        .as_deref()
        .unwrap_or("a text that was loaded by hand");
    let mut lines = vec![
        format!("{}: {}, {}", list.name, does(list), list.direction),
        format!("from {origin} ({})", list.format),
    ];
    if let (Some(interval), Some(next)) = (list.interval_seconds, list.next) {
        let every = duration(interval);
        lines.push(format!("asked for every {every}, next at {next:.0}"));
    }
    lines.extend(list.last.as_ref().map(|last| {
        let why = last.why.as_ref().map(|why| format!(": {why}"));
        let why = why.unwrap_or_default();
        format!("last attempt: {} at {:.0}{why}", last.outcome, last.at)
    }));
    lines.extend(list.quarantine.as_ref().map(|aside| {
        let entries = count(aside.entries as usize, "entry", "entries");
        let name = &list.name;
        let next = match aside.releasable {
            true => format!("to take it nevertheless: aegis-cli feeds release {name}"),
            false => format!("once that is mended: aegis-cli feeds update {name}"),
        };
        format!(
            "PUT ASIDE since {:.0}: {} ({entries}); {next}",
            aside.at, aside.why
        )
    }));
    let warning = list.warning.as_ref().filter(|_| list.quarantine.is_none());
    lines.extend(warning.map(|warning| format!("warning: {warning}")));
    lines
}

fn said(copy: &ListCopy, detail: &ListDetail) -> Vec<String> {
    let names = names(copy.addresses_v4, copy.networks_v6);
    let (v4, v6) = (
        (copy.unique_v4, copy.addresses_v4),
        (copy.unique_v6, copy.networks_v6),
    );
    vec![
        format!(
            "in force: {}, the newest {} ago; {} refused",
            count(copy.entries as usize, "entry", "entries"),
            duration(copy.age_seconds),
            number(copy.refused)
        ),
        format!(
            "names {names} addresses, of which no other list names {}",
            share(v4, v6)
        ),
        format!("categories: {}", detail.categories.join(", ")),
    ]
}

fn counted(list: &ListStatus) -> Vec<String> {
    let now = Timestamp::now();
    let line = |what: &str, counted: &aegis_api::ListHits| {
        let [day, total, last] = hits(counted, now);
        let bytes = bytes(counted.total.bytes);
        let any = counted.total.packets > 0;
        any.then(|| format!("{what}: {total} packets ({bytes}), {day} in 24 hours, last {last}"))
    };
    let dropped = line("dropped", &list.hits);
    let would = line("would have dropped", &list.would_hit);
    dropped.into_iter().chain(would).collect()
}

fn refused(detail: &ListDetail) -> Vec<String> {
    let mut lines = Vec::new();
    let mut refused = detail.refused.iter().peekable();
    for (at, reason) in detail.refusals.iter().enumerate() {
        lines.push(format!("refused {}: {}", number(reason.count), reason.why));
        let later = &detail.refusals[at + 1..];
        // In the order of the reasons; some say why more closely than the first of theirs.
        let of_this = |line: &&RefusedLine| later.iter().all(|reason| reason.why != line.why);
        while let Some(line) = refused.next_if(of_this) {
            let closer = match line.why == reason.why {
                true => String::new(),
                false => format!(": {}", line.why),
            };
            let there = places::beside(&line.place);
            lines.push(format!(
                "  line {}: {}{there}{closer}",
                line.line, line.text
            ));
        }
    }
    lines
}

fn peers(detail: &ListDetail) -> Vec<String> {
    if detail.peers.is_empty() {
        return Vec::new();
    }
    use Align::{Left, Right};
    let heading = [
        "PEER",
        "CATEGORY",
        "CONNECTIONS",
        "BYTES",
        "FIRST SEEN",
        "LAST SEEN",
        places::heading(detail.peers.iter().map(|peer| &peer.place)),
    ];
    let mut table = Table::new(heading, [Left, Left, Right, Right, Left, Left, Left]);
    for peer in &detail.peers {
        table.row(row(peer));
    }
    let mut lines = vec!["peers of this host that it would have cut off:".to_owned()];
    lines.push(table.render());
    if detail.more_peers > 0 {
        lines.push(format!(
            "and others, seen {} times",
            number(detail.more_peers)
        ));
    }
    lines
}

fn row(peer: &ListPeer) -> [String; 7] {
    [
        peer.address.to_string(),
        peer.category.clone(),
        number(peer.connections),
        bytes(peer.bytes),
        format!("{:.0}", peer.first),
        format!("{:.0}", peer.last),
        places::cell(&peer.place),
    ]
}
