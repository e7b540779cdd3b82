// SPDX-License-Identifier: MIT
//! Why an address is treated as it is: the verdict first, then what it rests on.

use super::bans::detail::cause;
use super::pane::fact;
use super::text::{age, count};
use crate::theme::{Role, Theme};
use aegis_api::{
    Ban, Charge, CoolDown, Counted, CrowdSecDecision, Evidence, ListEffect, Listed, SecurityEvent,
    Standing, Why,
};
use jiff::Timestamp;
use ratatui::text::Line;

/// So many packets that were reported are told of, the newest.
const SAMPLES: usize = 5;

/// Everything that is known.
#[must_use]
pub fn lines(why: &Why, now: Timestamp, theme: Theme) -> Vec<Line<'static>> {
    let (verdict, role) = verdict(why.standing);
    let mut lines = vec![Line::styled(verdict, theme.style(role))];
    let place = why.place.as_ref().map(|place| place.at_length());
    lines.extend(place.map(|place| fact("place", place, theme)));
    let rule = why.geo_rule.as_deref().map(geo_rule);
    lines.extend(rule.map(|rule| fact("geo", rule, theme)));
    lines.extend(why.allowlisted.as_ref().map(|entry| {
        let reason = entry.reason.as_ref().map(|reason| format!(": {reason}"));
        let text = format!("by {}{}", entry.target, reason.unwrap_or_default());
        fact("allowed", text, theme)
    }));
    let needed = why.protected.iter();
    lines.extend(needed.map(|role| fact("needed", format!("it is {role}"), theme)));
    lines.extend(why.bans.iter().flat_map(|of| ban(of, now, theme)));
    lines.extend(why.lists.iter().map(|of| listed(of, theme)));
    lines.extend(why.decisions.iter().map(|of| decision(of, theme)));
    lines.extend(why.cooling_down.as_ref().map(|of| cooling(of, theme)));
    lines.extend(why.evidence.iter().flat_map(|of| evidence(of, theme)));
    lines.extend(why.counted.as_ref().map(|of| counted(of, theme)));
    lines.push(fact("connections", why.flows.to_string(), theme));
    lines.extend(packets(&why.events, theme));
    lines
}

/// What becomes of its packets, in words.
const fn verdict(standing: Standing) -> (&'static str, Role) {
    match standing {
        Standing::Free => ("nothing is held against it", Role::Good),
        Standing::Allowlisted => ("it passes: it is on the allowlist", Role::Good),
        Standing::Banned => ("BANNED: nothing from or to it passes", Role::Bad),
        Standing::Listed => ("ON A LIST that drops it", Role::Bad),
        Standing::BannedInPart => ("banned in part", Role::Warning),
        Standing::CoolingDown => ("it begins no connection for the moment", Role::Warning),
    }
}

fn geo_rule(rule: &str) -> String {
    match rule {
        "not allowed" => "its place is none of those in geo.allow_only".to_owned(),
        region => format!("its place is blocked: {region} in geo.block"),
    }
}

fn ban(ban: &Ban, now: Timestamp, theme: Theme) -> Vec<Line<'static>> {
    let mut lines = vec![fact("ban", format!("{}: {}", ban.target, ban.part), theme)];
    let causes = ban.causes.iter().flat_map(|of| cause(of, now, theme));
    lines.extend(causes.map(|mut line| {
        line.spans.insert(0, "  ".into());
        line
    }));
    lines
}

fn listed(listed: &Listed, theme: Theme) -> Line<'static> {
    let effect = match listed.effect {
        ListEffect::Dropped => "dropped",
        ListEffect::DroppedIn => "what it begins is dropped",
        ListEffect::DroppedOut => "what this host begins with it is dropped",
        ListEffect::Counted => "only counted",
        ListEffect::Nothing => "nothing comes of it",
    };
    let text = format!("{}, {}: {effect}", listed.list, listed.category);
    fact("list", text, theme)
}

fn decision(decision: &CrowdSecDecision, theme: Theme) -> Line<'static> {
    let (target, scenario, state) = (&decision.target, &decision.scenario, &decision.state);
    fact(
        "CrowdSec",
        format!("{target} for {scenario}: {state}"),
        theme,
    )
}

fn cooling(cooling: &CoolDown, theme: Theme) -> Line<'static> {
    let cause = cooling.cause.as_ref().map(|cause| format!(" for {cause}"));
    let text = format!(
        "{} for another {}{}, strike {}",
        cooling.source,
        age(cooling.seconds_left),
        cause.unwrap_or_default(),
        cooling.strikes
    );
    fact("cooling down", text, theme)
}

fn evidence(evidence: &Evidence, theme: Theme) -> Vec<Line<'static>> {
    let times = evidence.bans_proven.saturating_add(evidence.bans_unproven);
    let text = format!("against {}, banned for it {times} times", evidence.source);
    let mut lines = vec![fact("evidence", text, theme)];
    lines.extend(evidence.charges.iter().map(|of| charge(of, theme)));
    lines
}

fn charge(charge: &Charge, theme: Theme) -> Line<'static> {
    let proof = match (charge.proven, charge.offences) {
        (0, _) => "the address could be forged",
        (proven, all) if proven == all => "the address is proven",
        _ => "the address is proven in part",
    };
    let text = format!(
        "{} times, {} ports, {} packets; {proof}",
        count(charge.offences),
        charge.ports,
        count(charge.packets)
    );
    fact(&format!("  {}", charge.kind), text, theme)
}

fn counted(counted: &Counted, theme: Theme) -> Line<'static> {
    let text = format!(
        "{} unsolicited packets, {} over a rate, {} ports",
        counted.packets, counted.refused, counted.ports
    );
    fact("counted now", text, theme)
}

/// The newest first.
fn packets(events: &[SecurityEvent], theme: Theme) -> Vec<Line<'static>> {
    let newest = events.iter().rev().take(SAMPLES);
    let mut lines: Vec<Line<'static>> = newest.map(|event| packet(event, theme)).collect();
    if !lines.is_empty() {
        let title = Line::styled("packets that were reported", theme.style(Role::Title));
        lines.insert(0, title);
    }
    lines
}

fn packet(event: &SecurityEvent, theme: Theme) -> Line<'static> {
    let time = event.timestamp.strftime("%H:%M:%S").to_string();
    let proto = event.proto.as_deref().unwrap_or_default();
    let port = event.dst_port.map(|port| format!(" port {port}"));
    let (action, reason) = (&event.action, &event.threat_type);
    let text = format!("{action} {reason} {proto}{}", port.unwrap_or_default());
    fact(&time, text, theme)
}
