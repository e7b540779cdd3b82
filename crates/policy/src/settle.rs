// SPDX-License-Identifier: MIT
//! What was staged and never tidied, as after a crash: rows that wait for a generation are brought
//! to say what holds, and no more.

use crate::Change;
use aegis_abi::Allow;
use ipnet::IpNet;
use prefix_trie::joint::JointPrefixMap;

/// The rows to write so that none of these, which are the allowlist in the kernel's tables, says
/// anything but what holds under this generation. After each of them packets are judged as before.
#[must_use]
pub fn settle(rows: impl IntoIterator<Item = (IpNet, Allow)>, generation: u32) -> Vec<Change> {
    let rows: JointPrefixMap<IpNet, Allow> = rows.into_iter().collect();
    let waiting = rows.iter().filter(|(_, row)| !row.is_settled());
    let settled = waiting.map(|(prefix, row)| {
        let rule = row.rule(generation);
        // A row of a rule that a wider one names stands in for that one: rules have one entry.
        let stands_in = rule == around(&rows, &prefix).map_or(0, |wider| wider.rule(generation));
        let value = (rule != 0 && !stands_in).then(|| Allow::always(rule));
        Change::Allow { prefix, value }
    });
    settled.collect()
}

/// The narrowest row that is wider than this prefix.
fn around<'a>(rows: &'a JointPrefixMap<IpNet, Allow>, prefix: &IpNet) -> Option<&'a Allow> {
    let wider = rows.cover(prefix).filter(|(key, _)| key != prefix);
    wider.last().map(|(_, row)| row)
}
