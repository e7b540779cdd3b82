// SPDX-License-Identifier: MIT
//! How it goes with CrowdSec.

use super::units::{count, number};
use aegis_api::{AlertStatus, CrowdSecStatus, PlaceDecisions};
use std::collections::BTreeMap;

/// What stands, and what does not and why: a line each.
pub fn render(status: &CrowdSecStatus) -> String {
    let mut lines = vec![format!("crowdsec: {}", contact(status)), decided(status)];
    lines.extend(bans(status));
    lines.extend(
        status
            .refusals
            .iter()
            .map(|refusal| format!("  not banned: {refusal}")),
    );
    lines.extend(counted("  not carried out: ", &status.unusable));
    lines.extend(places(&status.places));
    lines.extend(status.alerts.as_ref().map(alerts));
    lines.join("\n")
}

fn contact(status: &CrowdSecStatus) -> String {
    let url = &status.url;
    let since = status.since.map(|since| format!(" since {since:.0}"));
    let since = since.unwrap_or_default();
    let last = match status.last_answer {
        Some(answer) => format!("last answer {answer:.0}"),
        None => "no answer yet".to_owned(),
    };
    match (&status.problem, status.connected) {
        (Some(problem), _) => format!("{url} does not answer{since} ({problem}); {last}"),
        (None, true) => format!("{url} answers{since}; {last}"),
        (None, false) => format!("{url}: {last}"),
    }
}

fn decided(status: &CrowdSecStatus) -> String {
    let decisions = count(status.decisions, "decision", "decisions");
    let of = [&status.scopes, &status.origins].map(list);
    let of: Vec<String> = of.into_iter().filter(|list| !list.is_empty()).collect();
    match of.is_empty() {
        true => format!("  {decisions}"),
        false => format!("  {decisions} ({})", of.join("; ")),
    }
}

fn bans(status: &CrowdSecStatus) -> Option<String> {
    let some = [
        (status.bans, "banned"),
        (status.pending, "on the way to the kernel"),
        (status.lifted, "let go by an operator"),
        (status.refused, "needed by this host"),
        (status.no_room, "without room in the tables"),
    ];
    let some = some.into_iter().filter(|(count, _)| *count > 0);
    let some: Vec<String> = some
        .map(|(count, what)| format!("{} {what}", number(count as u64)))
        .collect();
    (!some.is_empty()).then(|| format!("  addresses and prefixes: {}", some.join(", ")))
}

fn places(places: &PlaceDecisions) -> Option<String> {
    let countries = match places.countries.as_slice() {
        [] => None,
        some => Some(format!("countries {}", some.join(", "))),
    };
    let systems = (places.systems > 0)
        .then(|| count(places.systems, "autonomous system", "autonomous systems"));
    let both: Vec<String> = countries.into_iter().chain(systems).collect();
    let problem = places
        .problem
        .as_ref()
        .map(|problem| format!(": NOT ENFORCED, {problem}"));
    (!both.is_empty()).then(|| format!("  {}{}", both.join(", "), problem.unwrap_or_default()))
}

fn alerts(alerts: &AlertStatus) -> String {
    let problem = alerts
        .problem
        .as_ref()
        .map(|problem| format!(" ({problem})"));
    format!(
        "  alerts: {} sent, {} waiting, {} lost{}",
        number(alerts.sent),
        number(alerts.waiting as u64),
        number(alerts.lost),
        problem.unwrap_or_default()
    )
}

fn counted(head: &str, counts: &BTreeMap<String, usize>) -> Option<String> {
    (!counts.is_empty()).then(|| format!("{head}{}", list(counts)))
}

fn list(counts: &BTreeMap<String, usize>) -> String {
    let each = counts
        .iter()
        .map(|(what, count)| format!("{what} {}", number(*count as u64)));
    each.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(of: &[(&str, usize)]) -> BTreeMap<String, usize> {
        of.iter()
            .map(|(what, count)| ((*what).to_owned(), *count))
            .collect()
    }

    #[test]
    fn an_outage_says_since_when_and_what_stands() {
        let status = CrowdSecStatus {
            url: "http://127.0.0.1:8080".to_owned(),
            since: Some("2026-11-28T07:00:00Z".parse().expect("RFC 3339")),
            last_answer: Some("2026-11-28T06:59:55.5Z".parse().expect("RFC 3339")),
            problem: Some("nobody answers".to_owned()),
            decisions: 12_345,
            scopes: counts(&[("Country", 1), ("Ip", 12_344)]),
            origins: counts(&[("CAPI", 12_345)]),
            unusable: counts(&[("it is simulated", 2)]),
            bans: 12_000,
            refused: 1,
            refusals: vec!["192.0.2.1: it is a gateway of this host".to_owned()],
            places: PlaceDecisions {
                countries: vec!["CN".to_owned()],
                systems: 2,
                problem: Some("no database".to_owned()),
            },
            alerts: Some(AlertStatus {
                sent: 3,
                waiting: 1,
                ..AlertStatus::default()
            }),
            ..CrowdSecStatus::default()
        };
        let expected = "\
crowdsec: http://127.0.0.1:8080 does not answer since 2026-11-28T07:00:00Z (nobody answers); last answer 2026-11-28T06:59:55Z
  12,345 decisions (Country 1, Ip 12,344; CAPI 12,345)
  addresses and prefixes: 12,000 banned, 1 needed by this host
  not banned: 192.0.2.1: it is a gateway of this host
  not carried out: it is simulated 2
  countries CN, 2 autonomous systems: NOT ENFORCED, no database
  alerts: 3 sent, 1 waiting, 0 lost";
        assert_eq!(render(&status), expected);
    }

    #[test]
    fn before_the_first_answer_little_is_said() {
        let status = CrowdSecStatus {
            url: "http://127.0.0.1:8080".to_owned(),
            ..CrowdSecStatus::default()
        };
        assert_eq!(
            render(&status),
            "crowdsec: http://127.0.0.1:8080: no answer yet\n  0 decisions"
        );
    }
}
