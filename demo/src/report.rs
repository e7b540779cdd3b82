// SPDX-License-Identifier: MIT
//! The report: what was sent, what was dropped and why, what the client noticed.

use crate::claim::Claims;
use crate::client::Experience;
use crate::ledger::Ledger;
use crate::page::grouped;
use crate::phase::ban::Ban;
use crate::phase::guard::attachment;
use crate::phase::{Attack, scans};
use aegis_api::Status;
use aegis_testbed::peers::NmapReport;

/// What is about to happen, and for how long.
pub const INTRODUCTION: &str = "\
Aegis demo: a web server that Aegis guards, an attacker and a client, each in a
network namespace of its own on one bridge. Nothing leaves them, and everything
is removed in the end, also after Ctrl-C. It takes about 50 seconds.
";

/// How wide the page is.
const COLUMNS: usize = 80;

/// Everything that was found.
#[derive(Debug)]
pub struct Findings {
    /// What the daemon said once it was ready.
    pub status: Status,
    /// The scan before there was a daemon.
    pub unguarded: NmapReport,
    /// What was sent before the ban.
    pub attacks: Vec<Attack>,
    /// What was said of the attacker after its scans.
    pub why: Vec<String>,
    /// The ban.
    pub ban: Ban,
    /// The client: without Aegis, with it, under attack.
    pub experiences: [Experience; 3],
    /// The counters at the end.
    pub ledger: Ledger,
}

impl Findings {
    /// Holds what was found against what is claimed.
    pub fn claims(&self) -> Claims {
        let mut claims = Claims::default();
        for attack in self.attacks.iter().chain([&self.ban.flood]) {
            claim_stopped(&mut claims, attack);
        }
        claim_ban(&mut claims, &self.ban);
        for experience in &self.experiences {
            let (failed, fetched) = (experience.report.failures, experience.report.successes);
            claims.that(
                "no fetch of the client fails",
                failed == 0 && fetched > 0,
                || format!("{failed} failed {}", experience.when),
            );
        }
        let events = self.ledger.events();
        let few = events.sent > 0 && events.sent < self.ledger.dropped() / 10;
        claims.that(
            "events are few and none is lost",
            few && events.lost == 0,
            || format!("{events:?}"),
        );
        claims
    }
}

/// Nearly every packet that reached the hook was stopped for an expected reason. A flood may overrun
/// the queue of the wire before the hook; a scan does not.
fn claim_stopped(claims: &mut Claims, attack: &Attack) {
    let (stopped, sent) = (attack.stopped(), attack.sent);
    let enough = stopped * 100 >= sent * attack.least && stopped > 0;
    claims.that(
        &format!(
            "{} is stopped by {}",
            attack.name,
            attack.expected.join(", ")
        ),
        enough,
        || format!("{stopped} of {sent} were; {:?}", attack.stopped),
    );
}

fn claim_ban(claims: &mut Claims, ban: &Ban) {
    let before = ban.answered_before;
    claims.that(
        "before the ban requests are answered",
        before.received > 0,
        || format!("{before:?}"),
    );
    claims.that(
        "the ban cuts a live download",
        ban.leaked == 0 && ban.downloaded > 0,
        || format!("{} bytes still came", ban.leaked),
    );
    claims.that(
        "the banned attacker gets no answer",
        ban.flood_answers == 0,
        || format!("{} answers came", ban.flood_answers),
    );
    claims.that("the banned attacker cannot connect", !ban.connected, || {
        "it could".to_owned()
    });
    claims.that("unblock lets it connect again", ban.connected_after, || {
        "it could not".to_owned()
    });
}

/// The report, line by line.
pub fn lines(findings: &Findings) -> Vec<String> {
    let mut lines = vec![
        String::new(),
        "ATTACHED (read back from the kernel)".to_owned(),
    ];
    lines.extend(
        findings
            .status
            .attachments
            .iter()
            .map(|it| format!("  {}", attachment(it))),
    );
    lines.extend(attacks(findings));
    lines.extend(why(&findings.why));
    lines.extend(ban(&findings.ban));
    lines.extend(client(&findings.experiences));
    lines.extend(events(&findings.ledger));
    lines
}

fn attacks(findings: &Findings) -> Vec<String> {
    let head = format!(
        "{:<25}{:>9}{:>9}  {:<17}{}",
        "WHAT WAS SENT", "packets", "stopped", "mostly why", "what it got"
    );
    let unguarded = format!(
        "  {:<23}{:>9}{:>9}  {:<17}{}",
        "nmap -sS, no Aegis",
        grouped(findings.unguarded.packets_sent),
        "-",
        "-",
        scans::learned(&findings.unguarded)
    );
    let rows = findings
        .attacks
        .iter()
        .chain([&findings.ban.flood])
        .map(row);
    [String::new(), head, unguarded]
        .into_iter()
        .chain(rows)
        .collect()
}

fn row(attack: &Attack) -> String {
    format!(
        "  {:<23}{:>9}{:>9}  {:<17}{}",
        attack.name,
        grouped(attack.sent),
        grouped(attack.stopped()),
        attack.reason(),
        attack.outcome
    )
}

/// The daemon's own words, broken where the page ends.
fn why(said: &[String]) -> Vec<String> {
    let head = "WHY (aegis-cli why ATTACKER, after its last scan)";
    let mut lines = vec![String::new(), head.to_owned()];
    for sentence in said {
        let mut line = " ".to_owned();
        for word in sentence.split_whitespace() {
            if line.len() + word.len() >= COLUMNS {
                lines.push(std::mem::replace(&mut line, "   ".to_owned()));
            }
            line.push(' ');
            line.push_str(word);
        }
        lines.push(line);
    }
    lines
}

fn ban(ban: &Ban) -> Vec<String> {
    let before = ban.answered_before;
    let stray = ban.flood.stopped().saturating_sub(ban.flood.sent);
    let reached = |yes| if yes { "possible" } else { "not possible" };
    vec![
        String::new(),
        "THE BAN (aegis-cli block ATTACKER, in the middle of a download)".to_owned(),
        format!(
            "  before: {} of {} connection requests answered",
            before.received, before.sent
        ),
        format!("  the command took {:.0} ms", ban.took.as_secs_f64() * 1e3),
        format!(
            "  the download had brought {} bytes; in the second after the ban: {}",
            grouped(ban.downloaded),
            ban.leaked
        ),
        format!(
            "  dropped besides the flood: {} packets of the cut download",
            grouped(stray)
        ),
        format!(
            "  the server's own packets to the attacker kept in: {}",
            grouped(ban.kept_in)
        ),
        format!(
            "  a new connection: {}; after unblock: {}",
            reached(ban.connected),
            reached(ban.connected_after)
        ),
    ]
}

fn client(experiences: &[Experience]) -> Vec<String> {
    let head = format!(
        "{:<32}{:>9}{:>9}{:>10}{:>10}{:>10}",
        "WHAT THE CLIENT NOTICED", "fetches", "failed", "median", "p99", "slowest"
    );
    let rows = experiences.iter().map(Experience::row);
    [String::new(), head].into_iter().chain(rows).collect()
}

fn events(ledger: &Ledger) -> Vec<String> {
    let events = ledger.events();
    vec![
        String::new(),
        "WHAT WAS REPORTED".to_owned(),
        format!(
            "  {} packets dropped, {} passed, in the kernel's count",
            grouped(ledger.dropped()),
            grouped(ledger.passed())
        ),
        format!(
            "  events: {} sent, {} over budget and only counted, {} lost",
            grouped(events.sent),
            grouped(events.suppressed),
            grouped(events.lost)
        ),
        String::new(),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::Stopped;
    use aegis_api::{AttachmentStatus, EventLoss, StateStatus};
    use aegis_testbed::peers::{FetchReport, HpingReport};
    use std::time::Duration;

    fn attack(name: &str, sent: u64, reason: &str) -> Attack {
        let stopped = vec![Stopped {
            reason: reason.to_owned(),
            packets: sent,
        }];
        let (name, outcome) = (name.to_owned(), "1000 ports, 1 open".to_owned());
        Attack {
            name,
            sent,
            stopped,
            expected: &["tcp_fin_no_ack", "ban_address"],
            least: 95,
            outcome,
        }
    }

    fn status() -> Status {
        let attached = AttachmentStatus {
            interface: "eth0".to_owned(),
            index: 2,
            hook: "xdp_ingress".to_owned(),
            mode: "generic".to_owned(),
            program_id: 123_456,
            program_tag: "413ea412803f846f".to_owned(),
            link_id: Some(1),
            attached: true,
            run_count: None,
            run_nanoseconds: None,
        };
        Status {
            api_version: 1,
            version: String::new(),
            abi_version: 1,
            instance: "eth0".to_owned(),
            pid: 1,
            started: Default::default(),
            uptime_seconds: 0,
            logging: Default::default(),
            confinement: Default::default(),
            healthy: true,
            problems: Vec::new(),
            warnings: Vec::new(),
            egress: true,
            attachments: vec![attached],
            tables: Vec::new(),
            bans: 0,
            allow: 0,
            state: StateStatus::default(),
            modules: Vec::new(),
            events: EventLoss::default(),
            generation: 1,
            last_packet_seconds: None,
            canary: Default::default(),
            lists: Default::default(),
            crowdsec: None,
            attacks: Vec::new(),
        }
    }

    fn findings() -> Findings {
        let ban = Ban {
            answered_before: HpingReport {
                sent: 20,
                received: 20,
            },
            downloaded: 123_456_789,
            took: Duration::from_millis(1_234),
            leaked: 0,
            kept_in: 1_000,
            flood: attack("hping3 -S, banned", 1_000_000, "ban_address"),
            flood_answers: 0,
            connected: false,
            connected_after: true,
        };
        let experience = |when| Experience {
            when,
            report: FetchReport::default(),
        };
        Findings {
            status: status(),
            unguarded: NmapReport::default(),
            attacks: vec![attack("hping3 -S --rand-source", 500, "tcp_fin_no_ack")],
            why: vec!["word ".repeat(60)],
            ban,
            experiences: ["with Aegis, under attack"; 3].map(experience),
            ledger: Ledger::default(),
        }
    }

    #[test]
    fn the_report_fits_into_80_columns() {
        let report = lines(&findings());
        for line in INTRODUCTION
            .lines()
            .chain(report.iter().map(String::as_str))
        {
            assert!(line.len() <= COLUMNS, "{} columns: {line}", line.len());
        }
    }

    #[test]
    fn a_client_that_never_got_the_page_breaks_the_claim() {
        let claims = findings().claims();
        let broken: Vec<&String> = claims
            .broken()
            .iter()
            .filter(|line| line.contains("fetch"))
            .collect();
        assert_eq!(broken.len(), 3, "{broken:?}");
    }

    #[test]
    fn what_was_not_dropped_breaks_its_claim() {
        let mut findings = findings();
        findings.attacks[0].stopped[0].packets = 400;
        findings.ban.leaked = 1;
        let claims = findings.claims();
        let broken = claims.broken().join("\n");
        assert!(
            broken.contains("is stopped by tcp_fin_no_ack, ban_address: 400 of 500 were"),
            "{broken}"
        );
        assert!(
            broken.contains("the ban cuts a live download: 1 bytes still came"),
            "{broken}"
        );
    }
}
