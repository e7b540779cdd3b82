// SPDX-License-Identifier: MIT
//! What a file would come to as a list.

use super::places;
use super::table::{Align, Table};
use super::units::{count, number};
use aegis_api::Place;
use aegis_lists::guard::Sifted;
use aegis_lists::guard::quarantine::Suspicion;
use aegis_lists::parse::{ParseFailure, Parsed, Skipped};
use aegis_lists::{Entry, IpSpan, Reason, Refusals};
use jiff::Timestamp;
use serde::Serialize;
use std::collections::BTreeMap;

/// The answer.
#[derive(Debug, Serialize)]
pub struct Tested {
    /// Whether it would be taken as it is.
    pub taken: bool,
    /// Why not.
    #[serde(skip_serializing_if = "Option::is_none")]
    held: Option<Held>,
    /// What it says; nothing where it is no list.
    #[serde(flatten)]
    list: Option<List>,
}

/// Why a list is held back.
#[derive(Debug, Serialize)]
struct Held {
    reason: &'static str,
    message: String,
}

/// A list in numbers.
#[derive(Debug, Serialize)]
struct List {
    format: &'static str,
    compressed: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    updated: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires: Option<Timestamp>,
    /// There is more of it elsewhere.
    partial: bool,
    entries: Families<u64>,
    /// Addresses, each counted once; of IPv6 as text, since most readers have no numbers of 128 bits.
    covered: Families<String>,
    categories: BTreeMap<String, u64>,
    passed_over: PassedOver,
    /// Entries with bits beyond their prefix length, of which the network is taken.
    host_bits: u64,
    refused: Vec<Refusal>,
    cut_out: Vec<Refusal>,
}

#[derive(Debug, Serialize)]
struct Families<T> {
    v4: T,
    v6: T,
}

#[derive(Debug, Serialize)]
struct PassedOver {
    below_score: u64,
    other_kind: u64,
    unmarked: u64,
    revoked: u64,
}

/// What is not taken for one reason.
#[derive(Debug, Serialize)]
struct Refusal {
    reason: &'static str,
    count: u64,
    first: Vec<Line>,
}

#[derive(Debug, Serialize)]
struct Line {
    line: u32,
    text: String,
    why: String,
    /// Where that is.
    #[serde(skip_serializing_if = "Option::is_none")]
    place: Option<Place>,
}

impl Tested {
    /// What is no list.
    pub fn failed(failure: &ParseFailure) -> Self {
        let held = Held {
            reason: failure.label(),
            message: failure.to_string(),
        };
        Self {
            taken: false,
            held: Some(held),
            list: None,
        }
    }

    /// What is one, whether or not it is to be believed.
    pub fn new(parsed: &Parsed, sifted: &Sifted, suspicion: Option<Suspicion>) -> Self {
        let held = suspicion.map(|suspicion| Held {
            reason: suspicion.label(),
            message: suspicion.to_string(),
        });
        Self {
            taken: held.is_none(),
            held,
            list: Some(List::new(parsed, sifted)),
        }
    }

    /// The same, with where everything is that is not taken.
    pub fn placed(mut self, place_of: impl Fn(&str) -> Option<Place>) -> Self {
        if let Some(list) = &mut self.list {
            let refusals = list.refused.iter_mut().chain(&mut list.cut_out);
            for line in refusals.flat_map(|refusal| &mut refusal.first) {
                line.place = place_of(&line.text);
            }
        }
        self
    }
}

impl List {
    fn new(parsed: &Parsed, sifted: &Sifted) -> Self {
        let mut refused = refusals(&parsed.refused);
        refused.extend(refusals(&sifted.refused));
        Self {
            format: parsed.format.word(),
            compressed: parsed.compressed,
            updated: parsed.notes.updated,
            expires: parsed.notes.expires,
            partial: parsed.notes.more,
            entries: families(&sifted.kept),
            covered: Families {
                v4: sifted.covered.v4.to_string(),
                v6: sifted.covered.v6.to_string(),
            },
            categories: categories(&sifted.kept),
            passed_over: parsed.skipped.into(),
            host_bits: parsed.host_bits,
            refused,
            cut_out: refusals(&sifted.carved),
        }
    }
}

impl From<Skipped> for PassedOver {
    fn from(skipped: Skipped) -> Self {
        Self {
            below_score: skipped.below_score,
            other_kind: skipped.other_kind,
            unmarked: skipped.unmarked,
            revoked: skipped.revoked,
        }
    }
}

fn families(entries: &[Entry]) -> Families<u64> {
    let is_v4 = |entry: &&Entry| matches!(entry.span, IpSpan::V4(_));
    let v4 = entries.iter().filter(is_v4).count();
    Families {
        v4: v4 as u64,
        v6: (entries.len() - v4) as u64,
    }
}

fn categories(entries: &[Entry]) -> BTreeMap<String, u64> {
    let mut counts = BTreeMap::new();
    for name in entries.iter().filter_map(|entry| entry.category.as_deref()) {
        match counts.get_mut(name) {
            Some(count) => *count += 1,
            None => drop(counts.insert(name.to_owned(), 1)),
        }
    }
    counts
}

fn refusals<W: Reason>(refusals: &Refusals<W>) -> Vec<Refusal> {
    let groups = refusals.groups().iter().map(|group| Refusal {
        reason: group.label(),
        count: group.count,
        first: group
            .first
            .iter()
            .map(|refused| Line {
                line: refused.line,
                text: refused.text.clone(),
                why: refused.why.sentence(),
                place: None,
            })
            .collect(),
    });
    groups.collect()
}

/// The answer for people; the last line says whether the list would be taken.
pub fn render(tested: &Tested) -> String {
    let mut lines = tested.list.as_ref().map(described).unwrap_or_default();
    if !lines.is_empty() {
        lines.push(String::new());
    }
    lines.push(match &tested.held {
        None => "it would be taken".to_owned(),
        Some(held) => format!("it would not be taken: {}", held.message),
    });
    lines.join("\n")
}

fn described(list: &List) -> Vec<String> {
    let mut lines = headed(list);
    let Families { v4, v6 } = list.entries;
    let entries = count((v4 + v6) as usize, "entry", "entries");
    let (v4, v6) = (number(v4), number(v6));
    lines.push(format!("{entries}: {v4} of IPv4, {v6} of IPv6"));
    let (v4, v6) = (addresses(&list.covered.v4), addresses(&list.covered.v6));
    lines.push(format!("covering {v4} addresses of IPv4, {v6} of IPv6"));
    let named = list.categories.iter();
    let named = named.map(|(name, of)| format!("{name} {}", number(*of)));
    lines.extend(joined("categories", named));
    lines.extend(joined("passed over", passed_over(list).into_iter()));
    if list.host_bits > 0 {
        let entries = count(list.host_bits as usize, "entry", "entries");
        lines.push(format!(
            "bits beyond the prefix length in {entries}: the network is taken"
        ));
    }
    lines.extend(table("refused", &list.refused));
    lines.extend(table("cut out of entries that reach beyond", &list.cut_out));
    lines
}

/// What it was read as, and what it says about itself.
fn headed(list: &List) -> Vec<String> {
    let compressed = match list.compressed {
        true => ", compressed with gzip",
        false => "",
    };
    let mut lines = vec![format!("format {}{compressed}", list.format)];
    lines.extend(list.updated.map(|time| format!("made {time}")));
    let expires = list.expires;
    lines.extend(expires.map(|time| format!("meant to hold until {time}")));
    if list.partial {
        lines.push("this is a part of the list, which says that there is more".to_owned());
    }
    lines
}

fn joined(name: &str, parts: impl Iterator<Item = String>) -> Option<String> {
    let parts: Vec<String> = parts.collect();
    (!parts.is_empty()).then(|| format!("{name}: {}", parts.join(", ")))
}

fn passed_over(list: &List) -> Vec<String> {
    let passed = &list.passed_over;
    let kinds = [
        (passed.below_score, "below the score"),
        (passed.other_kind, "of another kind than addresses"),
        (passed.unmarked, "not marked for detection"),
        (passed.revoked, "revoked"),
    ];
    let some = kinds.into_iter().filter(|(count, _)| *count > 0);
    some.map(|(count, what)| format!("{} {what}", number(count)))
        .collect()
}

/// A number of addresses as long as it can be read, else its order.
fn addresses(digits: &str) -> String {
    match (digits.parse::<u64>(), digits.parse::<u128>()) {
        (Ok(few), _) if few < 1 << 40 => number(few),
        // A tenth of a power of two is close enough.
        (_, Ok(many)) => format!("2^{:.1}", (many as f64).log2()),
        _ => digits.to_owned(),
    }
}

/// Every reason with how often it occurs, and the first lines.
fn table(name: &str, refusals: &[Refusal]) -> Option<String> {
    let sum = refusals.iter().map(|refusal| refusal.count).sum();
    use Align::{Left, Right};
    let lines = refusals.iter().flat_map(|refusal| &refusal.first);
    let place = places::heading(lines.map(|line| &line.place));
    let mut table = Table::new(
        ["COUNT", "REASON", "LINE", "TEXT", "WHY", place],
        [Right, Left, Right, Left, Left, Left],
    );
    for refusal in refusals {
        let mut heading = (number(refusal.count), refusal.reason.to_owned());
        for line in &refusal.first {
            let (count, reason) = std::mem::take(&mut heading);
            let (text, why) = (line.text.clone(), line.why.clone());
            let place = places::cell(&line.place);
            table.row([count, reason, line.line.to_string(), text, why, place]);
        }
    }
    (sum > 0).then(|| format!("\n{name}: {}\n{}", number(sum), table.render()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use aegis_lists::guard::{Guard, Rules};
    use aegis_lists::parse::{Format, Limits, parse};

    fn tested(text: &str) -> Tested {
        let mut parsed = parse(text.as_bytes(), Format::Auto, &Limits::default()).expect("a list");
        let entries = std::mem::take(&mut parsed.entries);
        let sifted = Guard::new(&Rules::default()).sift(entries, Timestamp::UNIX_EPOCH);
        Tested::new(&parsed, &sifted, None)
    }

    #[test]
    fn what_is_taken_and_what_is_not_is_told_with_lines_and_reasons() {
        let text = "# updated: 2026-07-14T20:45:40\n4.0.0.1\n4.0.0.0/24\n2400::1/32\n10.0.0.1\n\
                    1.2.3\n8.8.8.0/24\n";
        let expected = "\
format plain
made 2026-07-14T20:45:40Z
5 entries: 4 of IPv4, 1 of IPv6
covering 511 addresses of IPv4, 2^96.0 of IPv6
bits beyond the prefix length in 1 entry: the network is taken

refused: 2
COUNT  REASON          LINE  TEXT      WHY
    1  not_an_address     6  1.2.3     it does not begin with an address, a prefix or a range
    1  special_use        5  10.0.0.1  nobody on the Internet has it: private network (RFC 1918)

cut out of entries that reach beyond: 1
COUNT  REASON          LINE  TEXT                   WHY
    1  public_service     7  8.8.8.8 of 8.8.8.0/24  it is a public resolver of Google

it would be taken";
        assert_eq!(render(&tested(text)), expected);
    }

    #[test]
    fn programs_get_stable_words() {
        let json = serde_json::to_value(tested("10.0.0.1\n4.0.0.0/24\n")).expect("it is JSON");
        assert_eq!(json["taken"], true);
        assert_eq!(
            (&json["format"], &json["entries"]["v4"]),
            (&"plain".into(), &1.into())
        );
        assert_eq!(json["covered"]["v4"], "256");
        assert_eq!(json["refused"][0]["reason"], "special_use");
        assert_eq!(json["refused"][0]["first"][0]["line"], 1);
        let failed = Tested::failed(&ParseFailure::Markup);
        let json = serde_json::to_value(&failed).expect("it is JSON");
        assert_eq!(
            (&json["taken"], &json["held"]["reason"]),
            (&false.into(), &"markup".into())
        );
        assert!(render(&failed).starts_with("it would not be taken: the list is a web page"));
    }
}
