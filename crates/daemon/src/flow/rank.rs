// SPDX-License-Identifier: MIT
//! Connections in the order of what becomes of them.

use super::order::{smallest, turned};
use super::{Picked, Stand};
use aegis_api::{FlowQuery, FlowSort, Standing};
use aegis_engine::FlowEntry;

impl Picked {
    /// The first so many by how each stands, and how these do. Of those that stand alike the order stays,
    /// so that a list that is shown again and again does not jump.
    pub fn ranked(mut self, stands: Vec<Stand>, query: &FlowQuery) -> (Self, Vec<Stand>) {
        let entries = std::mem::take(&mut self.entries).into_iter();
        let rows: Vec<(usize, (FlowEntry, Stand))> = entries.zip(stands).enumerate().collect();
        let limit = query.limit.unwrap_or(usize::MAX);
        let chosen = smallest(
            rows,
            limit,
            |(place, (_, one)), (other_place, (_, other))| {
                let order = match query.sort {
                    FlowSort::Reason => by_reason(one).cmp(&by_reason(other)),
                    _ => by_verdict(one).cmp(&by_verdict(other)),
                };
                turned(order, query.reverse).then(place.cmp(other_place))
            },
        );
        let stands;
        (self.entries, stands) = chosen.into_iter().map(|(_, row)| row).unzip();
        (self, stands)
    }
}

/// What is worst comes first.
fn by_verdict(stand: &Stand) -> (bool, u8) {
    let standing = match stand.standing {
        Standing::Banned => 0,
        Standing::Listed => 1,
        Standing::BannedInPart => 2,
        Standing::CoolingDown => 3,
        Standing::Free => 4,
        Standing::Allowlisted => 5,
    };
    (!stand.is_dropped, standing)
}

/// Nothing comes last.
fn by_reason(stand: &Stand) -> (bool, Option<&str>) {
    let reason = stand.reason.as_deref();
    (reason.is_none(), reason)
}

#[cfg(test)]
mod tests {
    use super::*;
    use aegis_abi::{Count, Origin, Tuple};
    use aegis_engine::FlowState;

    fn stand(is_dropped: bool, standing: Standing, reason: Option<&str>) -> Stand {
        Stand {
            is_dropped,
            standing,
            reason: reason.map(str::to_owned),
        }
    }

    /// Ports of five connections that stand differently, in the order that is asked for.
    fn ports(sort: FlowSort, reverse: bool, limit: Option<usize>) -> Vec<u16> {
        let entry = |peer_port| FlowEntry {
            tuple: Tuple {
                peer_port,
                ..Tuple::default()
            },
            state: FlowState::Established,
            origin: Origin::Peer,
            first_ns: 0,
            last_ns: 0,
            ingress: Count::default(),
            egress: Count::default(),
        };
        let stands = vec![
            stand(false, Standing::Allowlisted, Some("allowlist")),
            Stand::FREE,
            stand(true, Standing::Listed, Some("feed")),
            stand(true, Standing::Banned, Some("ban_address")),
            stand(false, Standing::CoolingDown, Some("cool_down")),
        ];
        let picked = Picked {
            entries: (1..=5).map(entry).collect(),
            ..Picked::default()
        };
        let query = FlowQuery {
            sort,
            reverse,
            limit,
            ..FlowQuery::default()
        };
        let (picked, stands) = picked.ranked(stands, &query);
        assert_eq!(picked.entries.len(), stands.len());
        let ports = picked.entries.iter().map(|entry| entry.tuple.peer_port);
        ports.collect()
    }

    #[test]
    fn what_is_dropped_comes_first_and_what_is_allowed_last() {
        assert_eq!(ports(FlowSort::Verdict, false, None), [4, 3, 5, 2, 1]);
        assert_eq!(ports(FlowSort::Verdict, true, Some(2)), [1, 2]);
        assert_eq!(ports(FlowSort::Verdict, false, Some(1)), [4]);
    }

    #[test]
    fn reasons_go_by_the_alphabet_and_those_without_come_last() {
        assert_eq!(ports(FlowSort::Reason, false, None), [1, 4, 5, 3, 2]);
        assert_eq!(ports(FlowSort::Reason, true, Some(2)), [2, 3]);
    }
}
