// SPDX-License-Identifier: MIT
//! What a decision means, if it is one that can be carried out.

use super::subject::Subject;
use super::wire::Told;
use super::{duration, guard};
use jiff::Timestamp;
use std::collections::HashSet;
use std::fmt;
use std::sync::Arc;

/// Characters of a scenario or an origin that are kept: names of the hub are shorter, and they end up
/// in terminals and logs.
const LONGEST: usize = 120;

/// A decision that can be carried out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// The LAPI's number for it.
    pub id: u64,
    /// Whom it is about.
    pub subject: Subject,
    /// Until when.
    pub until: Timestamp,
    /// Who or what decided.
    pub origin: Arc<str>,
    /// What for.
    pub scenario: Arc<str>,
}

/// Why a decision is not carried out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, thiserror::Error)]
pub enum Unusable {
    /// It has no number.
    #[error("it has no number")]
    NoId,
    /// Neither an address nor a range, a country or an autonomous system.
    #[error("its scope is not known here")]
    Scope,
    /// The value is none of its scope.
    #[error("its value is none of its scope")]
    Value,
    /// The duration cannot be read.
    #[error("its duration cannot be read")]
    Duration,
    /// It is not `ban`.
    #[error("it asks for something other than a ban")]
    Kind,
    /// It is only tried out.
    #[error("it is simulated")]
    Simulated,
    /// It is over.
    #[error("it is over")]
    Over,
    /// It is about every address there is.
    #[error("it is about every address there is")]
    Everything,
    /// It is about more addresses than anybody can mean.
    #[error("it is wider than anybody can mean")]
    TooWide,
    /// No other host has such an address.
    #[error("no other host has such an address")]
    Nobodys,
    /// A far-away origin decides about addresses of local networks.
    #[error("it comes from outside and is about addresses of local networks")]
    Local,
    /// There are too many already.
    #[error("there are too many decisions")]
    TooMany,
}

/// Texts that are the same in many decisions, each kept once.
#[derive(Clone, Debug, Default)]
pub struct Words(HashSet<Arc<str>>);

impl Words {
    /// The text, in one line of sensible length.
    pub(super) fn keep(&mut self, text: &str) -> Arc<str> {
        let plain = |c: &char| !c.is_control() && !is_direction_mark(*c);
        let visible: String = text.chars().filter(plain).collect();
        let short: String = visible.trim().chars().take(LONGEST).collect();
        // Once more, so that what was kept is kept as the same when it is read again.
        let text = short.trim_end();
        if let Some(known) = self.0.get(text) {
            return Arc::clone(known);
        }
        let kept: Arc<str> = text.into();
        self.0.insert(Arc::clone(&kept));
        kept
    }

    /// Forgets what nobody uses any more.
    pub(super) fn tidy(&mut self) {
        self.0.retain(|word| Arc::strong_count(word) > 1);
    }
}

/// Characters that reorder what a terminal shows around them (Unicode TR 36, section 2.3).
fn is_direction_mark(c: char) -> bool {
    matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{2028}' | '\u{2029}')
}

/// What is to become of decisions that are no bans, such as captchas.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Others {
    /// They are counted.
    #[default]
    Ignore,
    /// They are bans too.
    Ban,
}

impl Decision {
    /// What was told at `now`.
    ///
    /// # Errors
    /// [`Unusable`], saying why it is not carried out.
    pub fn read(
        told: &Told,
        others: Others,
        words: &mut Words,
        now: Timestamp,
    ) -> Result<Self, Unusable> {
        let text = |of: &'_ Option<String>| of.as_deref().unwrap_or_default().to_owned();
        let id = told.id.ok_or(Unusable::NoId)?;
        if told.simulated == Some(true) {
            return Err(Unusable::Simulated);
        }
        let is_ban = told
            .kind
            .as_deref()
            .is_some_and(|kind| kind.eq_ignore_ascii_case("ban"));
        if !is_ban && others == Others::Ignore {
            return Err(Unusable::Kind);
        }
        let subject = Subject::read(&text(&told.scope), &text(&told.value))?;
        let left = duration::parse(&text(&told.duration)).ok_or(Unusable::Duration)?;
        if left.is_negative() || left.is_zero() {
            return Err(Unusable::Over);
        }
        let origin = words.keep(&text(&told.origin));
        guard::check(&subject, &origin)?;
        Ok(Self {
            id,
            subject,
            until: now.checked_add(left).unwrap_or(Timestamp::MAX),
            origin,
            scenario: words.keep(&text(&told.scenario)),
        })
    }
}

impl fmt::Display for Decision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (id, origin, scenario) = (self.id, &self.origin, &self.scenario);
        write!(
            f,
            "{}: {scenario} (decision {id} of {origin})",
            self.subject
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told() -> Told {
        let text = |text: &str| Some(text.to_owned());
        Told {
            id: Some(7),
            origin: text("cscli"),
            kind: text("ban"),
            scope: text("Ip"),
            value: text("192.0.2.1"),
            duration: text("4h"),
            scenario: text("crowdsecurity/ssh-bf"),
            simulated: None,
        }
    }

    fn read(told: &Told, others: Others) -> Result<Decision, Unusable> {
        Decision::read(told, others, &mut Words::default(), Timestamp::UNIX_EPOCH)
    }

    #[test]
    fn a_text_that_was_kept_is_kept_as_the_same_again() {
        let mut words = Words::default();
        let long = format!("\u{7} {} b", "a".repeat(LONGEST - 1));
        let kept = words.keep(&long);
        assert_eq!(&*kept, "a".repeat(LONGEST - 1));
        assert_eq!(words.keep(&kept), kept);
    }

    #[test]
    fn a_decision_ends_so_long_after_it_was_told() {
        let decision = read(&told(), Others::Ignore).unwrap();
        assert_eq!(decision.until, Timestamp::from_second(4 * 3_600).unwrap());
        let shown = "192.0.2.1: crowdsecurity/ssh-bf (decision 7 of cscli)";
        assert_eq!(decision.to_string(), shown);
    }

    #[test]
    fn what_cannot_be_carried_out_says_why() {
        let with = |change: fn(&mut Told)| {
            let mut told = told();
            change(&mut told);
            read(&told, Others::Ignore)
        };
        assert_eq!(with(|told| told.id = None), Err(Unusable::NoId));
        assert_eq!(
            with(|told| told.simulated = Some(true)),
            Err(Unusable::Simulated)
        );
        assert_eq!(
            with(|told| told.kind = Some("captcha".into())),
            Err(Unusable::Kind)
        );
        assert_eq!(with(|told| told.kind = None), Err(Unusable::Kind));
        assert_eq!(with(|told| told.scope = None), Err(Unusable::Scope));
        assert_eq!(with(|told| told.value = None), Err(Unusable::Value));
        assert_eq!(
            with(|told| told.duration = Some("soon".into())),
            Err(Unusable::Duration)
        );
        assert_eq!(
            with(|told| told.duration = Some("-3s".into())),
            Err(Unusable::Over)
        );
        assert_eq!(
            with(|told| told.value = Some("0.0.0.0/0".into())),
            Err(Unusable::Everything)
        );
        assert!(with(|told| told.kind = Some("BAN".into())).is_ok());
    }

    #[test]
    fn other_kinds_are_bans_where_that_is_wanted() {
        let captcha = Told {
            kind: Some("captcha".to_owned()),
            ..told()
        };
        assert!(read(&captcha, Others::Ban).is_ok());
    }

    #[test]
    fn texts_are_one_plain_line_and_kept_once() {
        let mut words = Words::default();
        let odd = format!(" a\nb\u{1b}[31m\u{202e}c{} ", "x".repeat(300));
        let kept = words.keep(&odd);
        assert_eq!(kept.chars().count(), LONGEST);
        assert!(kept.starts_with("ab[31mcx"), "{kept}");
        assert!(Arc::ptr_eq(&words.keep("same"), &words.keep("same")));
        words.tidy();
        assert_eq!(words.0.len(), 1, "only the one that is held");
    }
}
