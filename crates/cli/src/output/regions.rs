// SPDX-License-Identifier: MIT
//! Which countries and autonomous systems are let through, and what that came to.

use super::saved;
use super::table::{Align, Table};
use super::units::{bytes, count, number};
use aegis_api::{Direction, GeoAnswer, GeoHits, GeoPolicy, GeoRule, RegionAction};

/// Places that are shown as having been hit.
const MOST_HITS: usize = 10;

/// `geo policy`.
pub fn policy(policy: &GeoPolicy) -> String {
    let mut lines = Vec::new();
    if !policy.rules.is_empty() {
        lines.push(table(&policy.rules));
    }
    lines.extend(match &policy.allow_only[..] {
        [] if policy.rules.is_empty() => Some("every place is let through".to_owned()),
        [] => None,
        _ => Some(others(policy)),
    });
    lines.extend(loaded(policy));
    lines.join("\n")
}

fn table(rules: &[GeoRule]) -> String {
    use Align::{Left, Right};
    let heading = [
        "REGION", "NAME", "DOES", "WAY", "BY", "UNTIL", "RANGES", "DROPPED", "BYTES",
    ];
    let align = [Left, Left, Left, Left, Left, Left, Right, Right, Right];
    let mut table = Table::new(heading, align);
    for rule in rules {
        let until = rule.until.map(|until| format!("{until:.0}"));
        table.row([
            rule.region.clone(),
            rule.name.clone().unwrap_or_default(),
            rule.action.to_string(),
            rule.direction.to_string(),
            rule.origin.clone(),
            until.unwrap_or_default(),
            number(rule.ranges_v4 + rule.ranges_v6),
            number(rule.packets),
            bytes(rule.bytes),
        ]);
    }
    table.render()
}

/// What becomes of those that are not named, where only some are let through.
fn others(policy: &GeoPolicy) -> String {
    format!(
        "all others: block, {}; those of whom it is not known where they are: {}",
        policy.direction, policy.unknown
    )
}

/// The same in `geo status`: in a line, and then what was dropped of whom.
pub fn summary(policy: &GeoPolicy) -> Vec<String> {
    let blocked = policy.rules.iter();
    let blocked = blocked.filter(|rule| rule.action == RegionAction::Block);
    let blocked = blocked.map(|rule| format!("{} ({})", rule.region, rule.direction));
    let blocked = blocked.collect::<Vec<_>>().join(", ");
    let only = policy.allow_only.join(", ");
    let (direction, unknown) = (policy.direction, &policy.unknown);
    let which = match (blocked.is_empty(), only.is_empty()) {
        (true, true) => "every place is let through".to_owned(),
        (false, true) => format!("blocked: {blocked}"),
        (true, false) => format!("allowed only ({direction}, unknown: {unknown}): {only}"),
        (false, false) => {
            format!("allowed only ({direction}, unknown: {unknown}): {only}; blocked: {blocked}")
        }
    };
    let hits = policy.hits.iter().take(MOST_HITS).map(dropped);
    std::iter::once(which)
        .chain(loaded(policy))
        .chain(hits)
        .collect()
}

fn loaded(policy: &GeoPolicy) -> Option<String> {
    let any = policy.pieces_v4 + policy.pieces_v6 > 0;
    any.then(|| {
        format!(
            "in the kernel: {} of IPv4, {} of IPv6, loaded in {} ms",
            count(policy.pieces_v4, "range", "ranges"),
            count(policy.pieces_v6, "range", "ranges"),
            number(policy.loaded_in_ms)
        )
    })
}

fn dropped(hits: &GeoHits) -> String {
    let asn = hits.asn.map(|asn| format!("AS{asn}"));
    let region = [hits.country.clone(), asn];
    let region: Vec<String> = region.into_iter().flatten().collect();
    let region = match region.is_empty() {
        true => "unknown".to_owned(),
        false => region.join(" "),
    };
    let (packets, size) = (number(hits.packets), bytes(hits.bytes));
    format!("dropped: {region}: {packets} packets, {size}")
}

/// What `geo block` and `geo unblock` did.
pub fn changed(answer: &GeoAnswer) -> String {
    let name = answer.name.as_ref().map(|name| format!(" ({name})"));
    let region = format!("{}{}", answer.region, name.unwrap_or_default());
    let what = match answer.blocked {
        None => "is let through",
        Some(Direction::Both) => "is blocked: nothing from or to there passes",
        Some(Direction::In) => "is blocked: nothing begins from there",
        Some(Direction::Out) => "is blocked: this host begins nothing with peers there",
    };
    let since = match (answer.changed, answer.enforced) {
        (false, true) => ", as it was before",
        (_, false) => ", in a second or two, once its addresses are loaded",
        (true, true) => "",
    };
    let mut lines = vec![format!("{region} {what}{since}")];
    lines.extend(answer.notes.iter().cloned());
    lines.extend(saved::unsaved(answer.state_problem.as_deref()));
    lines.join("\n")
}

#[cfg(test)]
pub mod tests {
    use super::*;

    fn rule(region: &str, origin: &str, direction: Direction) -> GeoRule {
        GeoRule {
            region: region.to_owned(),
            name: None,
            action: RegionAction::Block,
            direction,
            origin: origin.to_owned(),
            until: None,
            ranges_v4: 4_000,
            ranges_v6: 123,
            packets: 1_200,
            bytes: 72_000,
        }
    }

    pub fn blocking() -> GeoPolicy {
        let china = GeoRule {
            name: Some("China".to_owned()),
            ..rule("CN", "configuration", Direction::In)
        };
        GeoPolicy {
            block: vec!["CN".to_owned(), "AS4134".to_owned()],
            rules: vec![china, rule("AS4134", "operator", Direction::Out)],
            unknown: "pass".to_owned(),
            pieces_v4: 389_980,
            pieces_v6: 1,
            loaded_in_ms: 812,
            hits: vec![GeoHits {
                country: Some("CN".to_owned()),
                asn: None,
                packets: 1_200,
                bytes: 72_000,
            }],
            ..GeoPolicy::default()
        }
    }

    #[test]
    fn every_region_that_is_named_is_a_row() {
        let expected = "\
REGION  NAME   DOES   WAY  BY             UNTIL  RANGES  DROPPED     BYTES
CN      China  block  in   configuration          4,123    1,200  70.3 KiB
AS4134         block  out  operator               4,123    1,200  70.3 KiB
in the kernel: 389,980 ranges of IPv4, 1 range of IPv6, loaded in 812 ms";
        assert_eq!(policy(&blocking()), expected);
        assert_eq!(policy(&GeoPolicy::default()), "every place is let through");
        let only = GeoPolicy {
            allow_only: vec!["SE".to_owned()],
            direction: Direction::In,
            unknown: "pass".to_owned(),
            ..GeoPolicy::default()
        };
        assert_eq!(
            policy(&only),
            "all others: block, in; those of whom it is not known where they are: pass"
        );
    }

    #[test]
    fn what_a_change_came_to_is_told() {
        let answer = GeoAnswer {
            region: "CN".to_owned(),
            name: Some("China".to_owned()),
            blocked: Some(Direction::In),
            changed: true,
            enforced: true,
            ..GeoAnswer::default()
        };
        let told = "CN (China) is blocked: nothing begins from there";
        assert_eq!(changed(&answer), told);
        let later = GeoAnswer {
            enforced: false,
            ..answer
        };
        assert!(changed(&later).contains("in a second or two"), "{later:?}");
    }
}
