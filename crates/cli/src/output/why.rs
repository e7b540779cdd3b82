// SPDX-License-Identifier: MIT
//! Why an address is treated as it is: the verdict first, then what it rests on.

use super::events;
use super::units::{count, duration, number};
use aegis_api::{
    Allow, Ban, BanCause, Charge, CoolDown, Counted, CrowdSecDecision, Evidence, ListEffect,
    Listed, Standing, Why,
};
use jiff::Timestamp;

/// The whole answer.
pub fn render(why: &Why) -> String {
    let mut lines = vec![verdict(why)];
    lines.extend(
        why.place
            .as_ref()
            .map(|place| format!("place: {}", place.at_length())),
    );
    lines.extend(why.geo_rule.as_deref().map(geo_rule));
    lines.extend(why.allowlisted.as_ref().map(allowed));
    lines.extend(
        why.protected
            .iter()
            .map(|role| format!("needed: it is {role}, so no detector bans it")),
    );
    lines.extend(why.bans.iter().flat_map(ban));
    lines.extend(why.lists.iter().map(listed));
    lines.extend(why.decisions.iter().map(decision));
    lines.extend(why.cooling_down.as_ref().map(cooling));
    lines.extend(why.evidence.iter().flat_map(evidence));
    lines.extend(why.counted.as_ref().map(counted));
    lines.push(match why.flows {
        0 => "connections: none".to_owned(),
        flows => format!(
            "connections: {}; aegis-cli flows --peer {}",
            number(flows as u64),
            why.address
        ),
    });
    if !why.events.is_empty() {
        lines.push("packets that were reported:".to_owned());
        let samples = why
            .events
            .iter()
            .map(|event| format!("  {}", events::event(event)));
        lines.extend(samples);
    }
    lines.extend(remedy(why));
    lines.join("\n")
}

fn verdict(why: &Why) -> String {
    let address = why.address;
    match why.standing {
        Standing::Free => format!("{address} is not banned"),
        Standing::Allowlisted => format!("{address} passes: it is on the allowlist"),
        Standing::Listed => format!("{address} is ON A LIST: {}", on(&why.lists)),
        Standing::Banned => format!("{address} is BANNED: nothing from or to it passes"),
        Standing::BannedInPart => format!("{address} is banned in part: {}", parts(&why.bans)),
        Standing::CoolingDown => {
            format!("{address} is not banned, but begins no connection for the moment")
        }
    }
}

/// Why its place is not let through.
fn geo_rule(rule: &str) -> String {
    match rule {
        "not allowed" => "its place is none of those in geo.allow_only".to_owned(),
        region => format!("its place is blocked: {region}; aegis-cli geo policy tells by whom"),
    }
}

/// What comes of the first list that drops.
fn on(lists: &[Listed]) -> &'static str {
    let effects = lists.iter().map(|listed| listed.effect);
    let dropped = |effect| effects.clone().any(|other| other == effect);
    match () {
        () if dropped(ListEffect::Dropped) => "nothing from or to it passes",
        () if dropped(ListEffect::DroppedIn) && dropped(ListEffect::DroppedOut) => {
            "neither side begins anything"
        }
        () if dropped(ListEffect::DroppedIn) => "it begins nothing here",
        () => "this host begins nothing with it",
    }
}

fn listed(listed: &Listed) -> String {
    let effect = match listed.effect {
        ListEffect::Dropped => "dropped",
        ListEffect::DroppedIn => "what it begins is dropped",
        ListEffect::DroppedOut => "what this host begins with it is dropped",
        ListEffect::Counted => "only counted",
        ListEffect::Nothing => "nothing comes of it",
    };
    let since = listed
        .fetched
        .map(|fetched| format!(", in the copy of {}", at(fetched)));
    format!(
        "on the list {}: {}{}; {effect}",
        listed.list,
        listed.category,
        since.unwrap_or_default()
    )
}

fn parts(bans: &[Ban]) -> String {
    let parts: Vec<&str> = bans.iter().map(|ban| ban.part.as_str()).collect();
    parts.join(", ")
}

/// What to type to let it through.
fn remedy(why: &Why) -> Option<String> {
    let unblock = |target: &str| format!("to let it through: aegis-cli unblock {target}");
    if why.standing == Standing::Listed {
        let address = why.address;
        return Some(format!("to let it through: aegis-cli allow add {address}"));
    }
    match (why.standing, why.bans.first(), &why.cooling_down) {
        (Standing::Banned | Standing::BannedInPart, Some(ban), _) => Some(unblock(&ban.target)),
        (Standing::CoolingDown, _, Some(_)) => Some(unblock(&why.address.to_string())),
        _ => None,
    }
}

fn allowed(entry: &Allow) -> String {
    let note = entry.reason.as_ref().map(|reason| format!(" ({reason})"));
    format!("allowed: by {}{}", entry.target, note.unwrap_or_default())
}

fn ban(ban: &Ban) -> Vec<String> {
    let head = format!("ban {} of {}: {}", ban.rule, ban.target, ban.part);
    let causes = ban.causes.iter().map(cause);
    std::iter::once(head).chain(causes).collect()
}

fn cause(cause: &BanCause) -> String {
    let by = match cause.origin.as_str() {
        "operator" => "by an operator".to_owned(),
        "crowdsec" => "by CrowdSec".to_owned(),
        found => format!("automatically, for {found}"),
    };
    let until = match (cause.expires_in_seconds, cause.expires) {
        (Some(left), Some(end)) => format!("until {}, {} from now", at(end), duration(left)),
        _ => "until it is unblocked".to_owned(),
    };
    let note = cause.reason.as_ref().map(|reason| format!(": {reason}"));
    format!(
        "  {by}, since {}, {until}{}",
        at(cause.since),
        note.unwrap_or_default()
    )
}

fn decision(decision: &CrowdSecDecision) -> String {
    format!(
        "CrowdSec: decision {} of {} on {}, for {}, until {}: {}",
        decision.id,
        decision.origin,
        decision.target,
        decision.scenario,
        at(decision.until),
        decision.state
    )
}

fn cooling(cooling: &CoolDown) -> String {
    let cause = cooling.cause.as_ref().map(|cause| format!(", for {cause}"));
    format!(
        "cooling down: {} begins no connection until {}, {} from now{} (strike {}); those that it has go on",
        cooling.source,
        at(cooling.until),
        duration(cooling.seconds_left),
        cause.unwrap_or_default(),
        cooling.strikes
    )
}

fn evidence(evidence: &Evidence) -> Vec<String> {
    let (proven, unproven) = (evidence.bans_proven, evidence.bans_unproven);
    let banned = match proven.saturating_add(unproven) {
        0 => "not banned for it".to_owned(),
        1 => "banned for it once".to_owned(),
        times => format!("banned for it {} times", number(times.into())),
    };
    let mut lines = vec![format!("evidence against {}, {banned}:", evidence.source)];
    if evidence.charges.is_empty() {
        lines.push("  what it did was told to an earlier daemon".to_owned());
    }
    for charge in &evidence.charges {
        lines.extend(self::charge(charge));
    }
    lines
}

fn charge(charge: &Charge) -> Vec<String> {
    let proof = match (charge.proven, charge.offences) {
        (0, _) => "the sender's address could be forged".to_owned(),
        (proven, all) if proven == all => "the sender's address is proven".to_owned(),
        (proven, _) => format!("the sender's address is proven for {}", number(proven)),
    };
    let mut lines = vec![
        format!(
            "  {}, {} from {} to {}: {}",
            charge.kind,
            count(charge.offences as usize, "offence", "offences"),
            at(charge.first),
            at(charge.last),
            charge.summary
        ),
        format!(
            "    {} ports, {} unsolicited packets, {} over a rate; {proof}",
            number(charge.ports.into()),
            number(charge.packets),
            number(charge.refused)
        ),
    ];
    lines.extend(ports(&charge.recent_ports).map(|ports| format!("    last ports: {ports}")));
    lines
}

fn counted(counted: &Counted) -> String {
    let tried = (counted.ports > 0).then(|| ports(&counted.recent_ports));
    let last = tried.flatten().map(|ports| format!(" (last {ports})"));
    format!(
        "counted since {}: {}, {} over a rate, {}{}",
        at(counted.since),
        count(
            counted.packets as usize,
            "unsolicited packet",
            "unsolicited packets"
        ),
        number(counted.refused.into()),
        count(counted.ports.into(), "port", "ports"),
        last.unwrap_or_default()
    )
}

fn ports(ports: &[u16]) -> Option<String> {
    let ports: Vec<String> = ports.iter().map(u16::to_string).collect();
    (!ports.is_empty()).then(|| ports.join(", "))
}

fn at(moment: Timestamp) -> String {
    format!("{moment:.0}")
}

#[cfg(test)]
mod tests;
