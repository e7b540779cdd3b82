// SPDX-License-Identifier: MIT
//! From the bytes of a list to what of it is believed. It takes its time: not for the owner's thread.

use super::content::Content;
use aegis_api::{ListRefusals, RefusedLine};
use aegis_lists::guard::quarantine::{ChangeLimits, Summary, judge_change};
use aegis_lists::guard::{self, Guard, Role, Rules, Take};
use aegis_lists::parse::{Format, Limits, ParseFailure, Parsed, parse};
use aegis_lists::{Reason, Refusals};
use aegis_policy::ProtectedSet;
use aegis_policy::config::{Choice, Source};
use ipnet::IpNet;
use jiff::Timestamp;
use std::collections::BTreeSet;

/// Bytes that a list may have once it is inflated, for each that it may have on the way.
const INFLATED: u64 = 16;

/// Whom a list must not cut off, and why.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Needed(BTreeSet<(Role, IpNet)>);

impl Needed {
    /// What the host needs, and who is on the allowlist.
    pub fn of(protected: &ProtectedSet, allowed: impl Iterator<Item = IpNet>) -> Self {
        let protected = protected
            .iter()
            .map(|(role, address)| (role.into(), IpNet::from(address)));
        let allowed = allowed.map(|net| (Role::Allowlist, net));
        Self(protected.chain(allowed).collect())
    }

    /// Those who are not in an earlier set.
    pub fn since(&self, before: &Self) -> Vec<IpNet> {
        let new = self.0.difference(&before.0);
        new.map(|(_, net)| *net).collect()
    }
}

/// What a list is held to.
#[derive(Clone, Debug)]
pub struct Terms {
    format: Format,
    limits: Limits,
    rules: Rules,
    may_be_empty: bool,
    usual: String,
    before: Option<Summary>,
    /// Somebody has seen it, or it was believed before.
    trusted: bool,
}

impl Terms {
    /// Those of a source, of at most so many bytes, after a copy with these numbers.
    pub fn of(source: &Source, most: u64, needed: &Needed, before: Option<Summary>) -> Self {
        let take = |yes| if yes { Take::Allowed } else { Take::Refused };
        let narrow = |bits: u32| u8::try_from(bits).unwrap_or(u8::MAX);
        let protected = needed.0.iter().map(|(role, net)| (*role, (*net).into()));
        Self {
            format: format_of(source),
            limits: Limits {
                most_bytes: usize::try_from(most.saturating_mul(INFLATED)).unwrap_or(usize::MAX),
                most_entries: source.max_entries as usize,
                least_score: source.min_score,
            },
            rules: Rules {
                widest_v4: narrow(source.widest_v4),
                widest_v6: narrow(source.widest_v6),
                protected: protected.collect(),
                special: take(source.allow_special),
                ..Rules::default()
            },
            may_be_empty: source.may_be_empty,
            usual: source.usual_category().to_owned(),
            before,
            trusted: false,
        }
    }

    /// The same for a copy that was believed once, or that somebody has seen.
    pub fn trusting(&self) -> Self {
        Self {
            trusted: true,
            ..self.clone()
        }
    }
}

/// The format of a source; its words are those of the parser, as a test sees to.
fn format_of(source: &Source) -> Format {
    source.format.label().parse().unwrap_or_default()
}

/// What was found about a copy.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Findings {
    /// What it was read as.
    pub format: String,
    /// Its numbers, for the next copy to be held against.
    pub summary: Summary,
    /// What was refused, or cut out of entries, because this host needs it.
    pub needed: u64,
    /// What was refused, or cut out, by reason.
    pub reasons: Vec<ListRefusals>,
    /// The first of it.
    pub lines: Vec<RefusedLine>,
    /// Whether its publisher has more than was asked for: pages of TAXII.
    pub partial: bool,
}

/// What is left of a copy.
#[derive(Debug)]
pub struct Sifted {
    /// What it says.
    pub content: Content,
    /// What was found about it.
    pub findings: Findings,
    /// When it was last known to be the newest.
    pub checked: Timestamp,
    /// Why it is not kept, where that is so.
    pub unkept: Option<String>,
}

/// A copy that is not to be believed without somebody's having looked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suspicious {
    /// Why.
    pub why: String,
    /// Entries that it would have.
    pub entries: u64,
    /// Whether it is a list, so that there is something to take.
    pub releasable: bool,
}

/// Reads a copy, leaves out what must not be named, and holds it against the one before.
///
/// # Errors
/// [`Suspicious`], where it is no list, or another one than could be expected.
pub fn sift(bytes: &[u8], terms: &Terms, now: Timestamp) -> Result<Sifted, Suspicious> {
    let mut parsed = read(bytes, terms)?;
    let entries = std::mem::take(&mut parsed.entries);
    let sifted = Guard::new(&terms.rules).sift(entries, now);
    let summary = Summary::of(&parsed, &sifted);
    let nobody = summary.entries == 0 && summary.refused == 0;
    let trusted = terms.trusted || (nobody && terms.may_be_empty);
    let limits = ChangeLimits::default();
    judge_change(terms.before.as_ref(), &summary, &limits, trusted).map_err(|suspicion| {
        Suspicious {
            why: suspicion.to_string(),
            entries: summary.entries,
            releasable: true,
        }
    })?;
    let mut findings = findings(parsed.format, summary, &parsed.refused, &sifted);
    findings.partial = parsed.notes.more;
    Ok(Sifted {
        content: Content::of(sifted.kept, &terms.usual, now),
        findings,
        checked: now,
        unkept: None,
    })
}

/// A file without any text is a list of nobody, for whoever may name nobody.
fn read(bytes: &[u8], terms: &Terms) -> Result<Parsed, Suspicious> {
    match parse(bytes, terms.format, &terms.limits) {
        Ok(parsed) => Ok(parsed),
        Err(ParseFailure::Empty) if terms.trusted || terms.may_be_empty => Ok(Parsed::nothing()),
        Err(failure) => Err(Suspicious {
            why: failure.to_string(),
            entries: 0,
            releasable: failure == ParseFailure::Empty,
        }),
    }
}

fn findings(
    format: Format,
    summary: Summary,
    unread: &Refusals<aegis_lists::parse::Mistake>,
    sifted: &guard::Sifted,
) -> Findings {
    let mut findings = Findings {
        format: format.to_string(),
        summary,
        ..Findings::default()
    };
    findings.tell(unread, "");
    findings.tell(&sifted.refused, "");
    findings.tell(&sifted.carved, "cut out: ");
    let protected = |refusals: &Refusals<guard::Why>| -> u64 {
        let groups = refusals.groups().iter();
        let such = groups.filter(|group| {
            let first = group.first.first();
            first.is_some_and(|refused| matches!(refused.why, guard::Why::Protected(_)))
        });
        such.map(|group| group.count).sum()
    };
    findings.needed = protected(&sifted.refused) + protected(&sifted.carved);
    findings
}

impl Findings {
    fn tell<W: Reason>(&mut self, refusals: &Refusals<W>, what: &str) {
        for group in refusals.groups() {
            let Some(first) = group.first.first() else {
                continue;
            };
            self.reasons.push(ListRefusals {
                why: format!("{what}{}", first.why.sentence()),
                count: group.count,
            });
            self.lines
                .extend(group.first.iter().map(|refused| RefusedLine {
                    line: refused.line,
                    text: refused.text.clone(),
                    why: format!("{what}{}", refused.why.sentence()),
                    // Looked up for whoever asks: databases change.
                    place: None,
                }));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use aegis_lists::parse::FORMATS;
    use aegis_policy::config::ListFormat;

    fn terms(needed: &[(Role, &str)], before: Option<Summary>) -> Terms {
        let needed = needed
            .iter()
            .map(|(role, net)| (*role, net.parse().expect("a prefix")));
        Terms::of(
            &Source::default(),
            1 << 20,
            &Needed(needed.collect()),
            before,
        )
    }

    fn list(entries: u32) -> String {
        let lines = (0..entries).map(|n| format!("45.{}.{}.7\n", n / 200, n % 200));
        lines.collect()
    }

    #[test]
    fn the_words_for_formats_are_those_of_the_parser() {
        let parser: Vec<&str> = FORMATS.iter().map(|row| row.word).collect();
        assert_eq!(ListFormat::WORDS.len(), parser.len());
        assert!(ListFormat::WORDS.iter().all(|word| parser.contains(word)));
    }

    #[test]
    fn a_first_page_is_known_to_be_one() {
        let page = |more: bool| {
            let text = format!(
                r#"{{"more":{more},"objects":[{{"type":"indicator","pattern":"[ipv4-addr:value = '45.0.0.1']"}}]}}"#
            );
            let sifted = sift(text.as_bytes(), &terms(&[], None), Timestamp::UNIX_EPOCH);
            sifted.expect("it is a list").findings.partial
        };
        assert!(page(true));
        assert!(!page(false));
    }

    #[test]
    fn what_the_host_needs_is_left_out_and_told() {
        let text = "# mine\n45.0.0.1\n45.0.0.0/24\nnonsense\n10.0.0.1\n";
        let needed = [(Role::Gateway, "45.0.0.1/32")];
        let sifted = sift(
            text.as_bytes(),
            &terms(&needed, None),
            Timestamp::UNIX_EPOCH,
        );
        let Sifted {
            content, findings, ..
        } = sifted.expect("it is a list");
        assert!(
            content.len(Timestamp::UNIX_EPOCH) > 1,
            "what is around the gateway stays"
        );
        assert_eq!(findings.needed, 2);
        let told = |line| {
            let mut lines = findings.lines.iter();
            let line = lines.find(|refused| refused.line == line);
            line.map(|refused| refused.why.clone()).unwrap_or_default()
        };
        assert_eq!(told(2), "it is a gateway of this host");
        assert!(told(3).starts_with("cut out: "), "{}", told(3));
        assert!(told(5).contains("nobody on the Internet"), "{}", told(5));
        assert_eq!(
            findings
                .reasons
                .iter()
                .map(|reason| reason.count)
                .sum::<u64>(),
            4
        );
    }

    #[test]
    fn another_list_than_could_be_expected_is_suspicious_until_somebody_has_looked() {
        let now = Timestamp::UNIX_EPOCH;
        let first = sift(list(1_000).as_bytes(), &terms(&[], None), now).expect("a list");
        let terms = terms(&[], Some(first.findings.summary));
        let few = sift(list(9).as_bytes(), &terms, now).expect_err("it shrank");
        assert_eq!(few.entries, 9);
        assert!(sift(list(9).as_bytes(), &terms.trusting(), now).is_ok());
        let page = "<!doctype html><html><body>Sign in to the hotel's network</body></html>";
        assert_eq!(
            sift(page.as_bytes(), &terms, now)
                .expect_err("no list")
                .entries,
            0
        );
    }

    #[test]
    fn only_a_list_that_may_be_empty_is_empty() {
        let now = Timestamp::UNIX_EPOCH;
        let may = Source {
            may_be_empty: true,
            ..Source::default()
        };
        let last = sift(list(1_000).as_bytes(), &terms(&[], None), now).expect("a list");
        let before = Some(last.findings.summary);
        let may = Terms::of(&may, 1 << 20, &Needed::default(), before);
        for nothing in ["# nobody is online\n", "", "\n", "\u{feff}\r\n"] {
            assert!(sift(nothing.as_bytes(), &terms(&[], before), now).is_err());
            let taken = sift(nothing.as_bytes(), &may, now).expect("it may be empty");
            assert_eq!(taken.content.len(now), 0, "{nothing:?}");
        }
        assert!(
            sift(b"<!doctype html>", &may, now).is_err(),
            "that is no list"
        );
    }
}
