// SPDX-License-Identifier: MIT
//! What is enforced.

mod attack;
pub mod check;
mod programs;

use super::colour::{Palette, Tone};
use super::units::{count, duration, number};
use super::{confinement, crowdsec, lists, modules};
use aegis_api::{
    AutoBanStatus, CanaryStatus, CookieStatus, LoggingStatus, StateStatus, Status, StreamStatus,
};

/// The verdict first, then what it rests on.
pub fn render(status: &Status) -> String {
    render_in(status, Palette::of_stdout())
}

fn render_in(status: &Status, palette: Palette) -> String {
    let parts = [
        verdict(status, palette),
        programs::table(status),
        state(status),
        summary(status),
        confinement::render(&status.confinement),
    ];
    parts.join("\n\n")
}

fn verdict(status: &Status, palette: Palette) -> String {
    let mut lines = vec![match status.healthy {
        true => palette.paint(Tone::Good, "healthy: everything is enforced"),
        false => palette.paint(Tone::Bad, "NOT HEALTHY: something is not enforced"),
    }];
    lines.extend(
        status
            .problems
            .iter()
            .map(|problem| palette.paint(Tone::Bad, &format!("problem: {problem}"))),
    );
    lines.extend(
        status
            .warnings
            .iter()
            .map(|warning| palette.paint(Tone::Fair, &format!("warning: {warning}"))),
    );
    lines.extend(
        status
            .attacks
            .iter()
            .map(|attack| palette.paint(Tone::Bad, &attack::line(attack))),
    );
    if !status.egress {
        lines.push("egress filter off (--no-tc): departing packets are not judged".to_owned());
    }
    lines.join("\n")
}

/// Connections, and what is done about attackers.
fn state(status: &Status) -> String {
    let state = &status.state;
    let lists = lists::summary(&status.lists);
    let lines = [
        format!("state: {}", rule(state)),
        format!(
            "connections: {} known, {} half-open (gauge at {} %)",
            number(state.flows as u64),
            number(state.half_open as u64),
            state.half_open_percent
        ),
        format!("syn cookies: {}", cookies(&state.syn_cookies)),
        format!(
            "attackers: {} cooling down, {}",
            count(state.cooling, "source", "sources"),
            auto_bans(&state.auto_bans)
        ),
        format!("modules: {}", modules::summary(&status.modules)),
    ];
    lines
        .into_iter()
        .chain(lists)
        .collect::<Vec<_>>()
        .join("\n")
}

fn rule(state: &StateStatus) -> String {
    let rule = match state.mode.as_str() {
        "strict" => "strict: what belongs to no known connection is dropped",
        "loose" => "loose: without an egress filter replies cannot be told, so they pass",
        "off" => "off: conn_track is off, so that packets of no known connection pass",
        other => other,
    };
    match state.grace_seconds {
        0 => rule.to_owned(),
        left => format!(
            "{rule} (for {} more, running ones are picked up)",
            duration(left)
        ),
    }
}

fn cookies(cookies: &CookieStatus) -> String {
    let problem = cookies.problem.as_deref().unwrap_or("unknown");
    match cookies.mode.as_str() {
        "ready" => "ready".to_owned(),
        "active" => "under attack now, SYNs are answered with cookies".to_owned(),
        "off" => "off, as rate_limit is off".to_owned(),
        "impossible" => format!("not possible: {problem}"),
        other => other.to_owned(),
    }
}

fn auto_bans(bans: &AutoBanStatus) -> String {
    if bans.enabled {
        format!(
            "{} of {} banned automatically",
            number(bans.banned as u64),
            number(bans.max.into())
        )
    } else {
        "nobody is banned automatically (--no-autoban)".to_owned()
    }
}

fn summary(status: &Status) -> String {
    let events = &status.events;
    let mut lines = vec![
        format!(
            "daemon {}: pid {}, up {}, aegis {}",
            status.instance,
            status.pid,
            duration(status.uptime_seconds),
            status.version
        ),
        format!(
            "policy: {}, {} on the allowlist, generation {}",
            count(status.bans, "ban", "bans"),
            count(status.allow, "entry", "entries"),
            status.generation
        ),
        format!("last packet: {}", last_packet(status.last_packet_seconds)),
        format!("canary: {}", canary(&status.canary)),
        format!(
            "events: {} sent, {} suppressed{}, {} lost{}, {} unreadable",
            number(events.sent),
            number(events.suppressed),
            by_the_second(events.suppressed_per_second),
            number(events.lost),
            by_the_second(events.lost_per_second),
            number(events.undecodable)
        ),
    ];
    lines.extend(written(&status.logging));
    lines.extend(status.crowdsec.as_ref().map(crowdsec::render));
    let used = status.tables.iter().filter(|table| table.entries > 0);
    let used: Vec<String> = used
        .map(|t| format!("{} {} of {}", t.name, number(t.entries), number(t.capacity)))
        .collect();
    if !used.is_empty() {
        lines.push(format!("tables: {}", used.join(", ")));
    }
    lines.join("\n")
}

/// Where the log goes, and events; a daemon that says nothing about it is an older one.
fn written(logging: &LoggingStatus) -> Option<String> {
    let log = &logging.log;
    let of =
        |stream: &StreamStatus| format!("{}, {} lines lost", stream.target, number(stream.lost));
    let events = logging
        .events
        .as_ref()
        .map(|events| format!("; events: {}", of(events)));
    (!log.target.is_empty()).then(|| format!("log: {}{}", of(log), events.unwrap_or_default()))
}

fn by_the_second(rate: u64) -> String {
    match rate {
        0 => String::new(),
        rate => format!(" ({} a second now)", number(rate)),
    }
}

fn last_packet(seconds: Option<u64>) -> String {
    match seconds {
        None => "none since the start".to_owned(),
        Some(0) => "just now".to_owned(),
        Some(seconds) => format!("{} ago", duration(seconds)),
    }
}

fn canary(canary: &CanaryStatus) -> String {
    let Some(seconds) = canary.seconds_ago else {
        return match canary.every_seconds {
            0 => "off".to_owned(),
            _ => "not yet".to_owned(),
        };
    };
    let (frames, ago) = (count(canary.frames, "frame", "frames"), duration(seconds));
    match (canary.frames, canary.failures) {
        (0, 0) => "no hook can be tried".to_owned(),
        (_, 0) => format!("{frames} came to what they must, {ago} ago"),
        (_, wrong) => format!("{wrong} of {frames} did not come to what they must, {ago} ago"),
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use aegis_api::{AttachmentStatus, Confinement, EventLoss, ListsAnswer, Module, TableStatus};
    use std::collections::BTreeMap;

    fn attacked() -> StateStatus {
        StateStatus {
            mode: "loose".to_owned(),
            grace_seconds: 7,
            flows: 1_200,
            half_open: 3,
            half_open_percent: 1,
            cooling: 1,
            syn_cookies: CookieStatus {
                mode: "impossible".to_owned(),
                problem: Some("the kernel has no SYN cookies".to_owned()),
            },
            auto_bans: AutoBanStatus {
                enabled: true,
                banned: 2,
                max: 512,
            },
            counters: BTreeMap::new(),
        }
    }

    pub fn status() -> Status {
        let program = AttachmentStatus {
            interface: "eth0".to_owned(),
            index: 2,
            hook: "xdp_ingress".to_owned(),
            mode: "native".to_owned(),
            program_id: 41,
            program_tag: "0011223344556677".to_owned(),
            link_id: Some(7),
            attached: true,
            run_count: None,
            run_nanoseconds: None,
        };
        Status {
            api_version: 1,
            version: "0.1.0".to_owned(),
            abi_version: 1,
            instance: "eth0".to_owned(),
            pid: 321,
            uptime_seconds: 75,
            started: jiff::Timestamp::UNIX_EPOCH,
            healthy: true,
            problems: Vec::new(),
            warnings: Vec::new(),
            egress: false,
            attachments: vec![program],
            tables: vec![TableStatus {
                name: "BANS_V4".to_owned(),
                entries: 2,
                capacity: 262_144,
            }],
            bans: 2,
            allow: 1,
            events: EventLoss {
                suppressed: 40,
                suppressed_per_second: 7,
                ..EventLoss::default()
            },
            generation: 3,
            last_packet_seconds: Some(75),
            canary: CanaryStatus {
                every_seconds: 60,
                seconds_ago: Some(4),
                frames: 11,
                failures: 0,
            },
            state: attacked(),
            lists: ListsAnswer::default(),
            modules: vec![Module {
                name: "port_scan".to_owned(),
                on: true,
                summary: String::new(),
            }],
            logging: LoggingStatus {
                log: StreamStatus {
                    target: "standard error".to_owned(),
                    lost: 1_200,
                    ..StreamStatus::default()
                },
                events: None,
            },
            crowdsec: None,
            confinement: Confinement {
                mode: "off".to_owned(),
                ..Confinement::default()
            },
            attacks: Vec::new(),
        }
    }

    #[test]
    fn a_healthy_daemon_shows_what_that_rests_on() {
        let expected = "\
healthy: everything is enforced
egress filter off (--no-tc): departing packets are not judged

INTERFACE  HOOK         MODE    PROGRAM  TAG               LINK  STATE
eth0       xdp_ingress  native       41  0011223344556677     7  attached

state: loose: without an egress filter replies cannot be told, so they pass (for 7s more, running ones are picked up)
connections: 1,200 known, 3 half-open (gauge at 1 %)
syn cookies: not possible: the kernel has no SYN cookies
attackers: 1 source cooling down, 2 of 512 banned automatically
modules: port_scan on

daemon eth0: pid 321, up 1m 15s, aegis 0.1.0
policy: 2 bans, 1 entry on the allowlist, generation 3
last packet: 1m 15s ago
canary: 11 frames came to what they must, 4s ago
events: 0 sent, 40 suppressed (7 a second now), 0 lost, 0 unreadable
log: standard error, 1,200 lines lost
tables: BANS_V4 2 of 262,144

confined: no (a prompt, or `confine` is off), no capabilities
login sessions: seen by the daemon itself
fetching: by the daemon itself";
        assert_eq!(render_in(&status(), Palette::Plain), expected);
    }

    #[test]
    fn a_problem_is_the_first_thing_seen() {
        let problems = vec!["eth0: gone".to_owned()];
        let text = render_in(
            &Status {
                healthy: false,
                problems,
                ..status()
            },
            Palette::Plain,
        );
        let expected = "NOT HEALTHY: something is not enforced\nproblem: eth0: gone\n";
        assert!(text.starts_with(expected), "{text}");
    }
}
