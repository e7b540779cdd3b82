// SPDX-License-Identifier: MIT
//! A record, as the line that it is read from.

use super::{Record, SavedAllow, SavedBan, SavedCause, SavedStrikes};
use crate::config::{Choice, Direction};
use crate::{Part, Remark};
use jiff::Timestamp;
use std::fmt::{self, Formatter};

impl fmt::Display for Record {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ban(ban) => ban.fmt(f),
            Self::Unban(target, of) => {
                write!(f, "unban {target}")?;
                part(f, *of)
            }
            Self::Allow(allow) => allow.fmt(f),
            Self::Disallow(target) => write!(f, "disallow {target}"),
            Self::Strikes(strikes) => strikes.fmt(f),
            Self::Region(region, None) => write!(f, "region {region} configured"),
            Self::Region(region, Some(word)) => {
                write!(f, "region {region} ")?;
                blocked(f, word.blocked)?;
                f.write_str(" configured ")?;
                blocked(f, word.configured)
            }
        }
    }
}

impl fmt::Display for SavedBan {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "ban {}", self.target)?;
        part(f, self.part)?;
        self.causes.iter().try_for_each(|cause| cause.fmt(f))
    }
}

impl fmt::Display for SavedCause {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, " by {}", self.origin)?;
        time(f, "since", self.since)?;
        time(f, "until", self.until)?;
        reason(f, &self.remark)
    }
}

impl fmt::Display for SavedAllow {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "allow {}", self.target)?;
        if self.configured {
            f.write_str(" configured")?;
        }
        time(f, "since", self.since)?;
        reason(f, &self.remark)
    }
}

impl fmt::Display for SavedStrikes {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let (source, proven, unproven) = (self.source, self.proven, self.unproven);
        write!(f, "strikes {source} proven {proven} unproven {unproven}")?;
        time(f, "until", Some(self.until))
    }
}

fn blocked(f: &mut Formatter<'_>, direction: Option<Direction>) -> fmt::Result {
    match direction {
        Some(direction) => write!(f, "blocked {}", direction.label()),
        None => f.write_str("passes"),
    }
}

/// The whole is what is meant where nothing is said.
fn part(f: &mut Formatter<'_>, part: Part) -> fmt::Result {
    match part.is_whole() {
        true => Ok(()),
        false => write!(f, " {part}"),
    }
}

fn time(f: &mut Formatter<'_>, name: &str, time: Option<Timestamp>) -> fmt::Result {
    time.map_or(Ok(()), |time| write!(f, " {name} {time}"))
}

fn reason(f: &mut Formatter<'_>, remark: &Remark) -> fmt::Result {
    let text = remark.as_str();
    if text.is_empty() {
        return Ok(());
    }
    let escaped = text.replace('\\', "\\\\").replace('"', "\\\"");
    write!(f, " reason \"{escaped}\"")
}
