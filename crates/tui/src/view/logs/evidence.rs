// SPDX-License-Identifier: MIT
//! Everything that is known of a group of events, and the packets that were reported of it.

use super::super::pane::fact;
use super::super::text::{age, seconds};
use crate::model::{Group, MOST_SAMPLES};
use crate::theme::{Role, Sign, Theme};
use aegis_api::{Ban, SecurityEvent};
use ratatui::text::{Line, Span};
use std::net::IpAddr;

/// The lines; the bans are those that hold the peer.
pub fn lines(group: &Group, bans: &[&Ban], theme: Theme) -> Vec<Line<'static>> {
    let peer = group.peer().map(|peer| peer.to_string());
    let banned = bans.iter().map(|ban| {
        let end = ban.expires.map(|end| format!(", until {end:.0}"));
        let wider = (Some(&ban.target) != peer.as_ref()).then(|| format!(" by {}", ban.target));
        let (wider, end) = (wider.unwrap_or_default(), end.unwrap_or_default());
        let text = format!("banned{wider}: {}{end}", ban.part);
        Line::styled(text, theme.style(Role::Bad))
    });
    let mut lines: Vec<Line<'static>> = banned.collect();
    lines.extend(head(group, theme));
    let title = match usize::try_from(group.events).is_ok_and(|events| events > MOST_SAMPLES) {
        true => format!("the last {MOST_SAMPLES} of them"),
        false => "each of them".to_owned(),
    };
    lines.push(Line::raw(""));
    lines.push(Line::styled(title, theme.style(Role::Title)));
    let newest = group.samples.iter().rev();
    lines.extend(newest.flat_map(|event| packet(event, theme)));
    lines
}

fn head(group: &Group, theme: Theme) -> Vec<Line<'static>> {
    let event = group.newest();
    let held_back = group.packets - group.events;
    let (first, last) = (group.first, group.last);
    let mut lines = vec![
        fact(
            "reason",
            format!("{} ({})", event.threat_type, event.reason),
            theme,
        ),
        fact(
            "packets",
            format!(
                "{} {}: {} reported, {held_back} held back",
                group.packets,
                done(&event.action),
                group.events
            ),
            theme,
        ),
        fact("first", format!("{first:.0}"), theme),
        fact(
            "last",
            format!("{last:.0}, {} later", age(seconds(first, last))),
            theme,
        ),
    ];
    let place = group.place().map(|place| place.at_length());
    lines.extend(place.map(|place| fact("place", place, theme)));
    lines.extend(event.list.clone().map(|list| fact("list", list, theme)));
    let category = event.category.clone();
    lines.extend(category.map(|category| fact("category", category, theme)));
    let rule = event.geo_rule.clone();
    lines.extend(rule.map(|rule| fact("place rule", rule, theme)));
    lines
}

fn done(action: &str) -> &str {
    match action {
        "drop" => "dropped",
        "pass" => "passed",
        other => other,
    }
}

/// One packet, with every field that it has.
fn packet(event: &SecurityEvent, theme: Theme) -> [Line<'static>; 2] {
    let arrow = theme.sign(Sign::Arrow);
    let time = event.timestamp.strftime("%H:%M:%S%.3f").to_string();
    let ends = format!(
        " {} {arrow} {}",
        end(event.src_ip, event.src_port),
        end(event.dst_ip, event.dst_port)
    );
    let first = vec![Span::styled(time, theme.style(Role::Dim)), Span::raw(ends)];
    let facts = facts(event).join(" ");
    [
        Line::from(first),
        Line::styled(format!("  {facts}"), theme.style(Role::Dim)),
    ]
}

fn facts(event: &SecurityEvent) -> Vec<String> {
    let icmp = event.icmp_type.map(|kind| match event.icmp_code {
        Some(code) => format!("type {kind} code {code}"),
        None => format!("type {kind}"),
    });
    let flags = event.tcp_flags.as_deref().map(|flags| match flags {
        "" => "no flags".to_owned(),
        flags => format!("flags {flags}"),
    });
    let held_back = (event.suppressed > 0).then(|| format!("held back {}", event.suppressed));
    let parts = [
        Some(event.interface.clone()),
        Some(event.hook.clone()),
        Some(event.action.clone()),
        event.proto.clone(),
        flags,
        icmp,
        Some(format!("{} bytes", event.packet_len)),
        event.hop_limit.map(|limit| format!("hops {limit}")),
        event.rule.map(|rule| format!("rule {rule}")),
        held_back,
    ];
    parts.into_iter().flatten().collect()
}

fn end(address: Option<IpAddr>, port: Option<u16>) -> String {
    match (address, port) {
        (None, _) => "?".to_owned(),
        (Some(address), None) => address.to_string(),
        (Some(address), Some(port)) => std::net::SocketAddr::new(address, port).to_string(),
    }
}
