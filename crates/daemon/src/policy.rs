// SPDX-License-Identifier: MIT
//! The policy that a daemon starts with, before anything is attached.

use crate::DaemonError;
use crate::ban::Moment;
use crate::error::from_policy;
use aegis_policy::config::Config;
use aegis_policy::saved::{Clocks, Record};
use aegis_policy::{Force, Manner, Policy, PolicyError, Remark, Restored};

/// What the configuration says, and what stood when the last daemon ended and is not over. Groups of
/// scopes are numbered on from those that are in the kernel's tables.
///
/// # Errors
/// [`DaemonError::Allowlist`] where whom it allows does not fit. That what stood does not is told.
pub fn of(
    config: &Config,
    saved: &[Record],
    last_group: u32,
    now: &Moment,
) -> Result<Policy, DaemonError> {
    let mut policy = Policy::succeeding(last_group);
    policy.set_auto_ban(config.auto_ban);
    for &target in &config.allowlist {
        let allowed = policy.allow(target, Remark::default(), Force::No, now.monotonic);
        drop(allowed.map_err(|error| DaemonError::Allowlist(from_policy(&error)))?);
    }
    let stands = |record: &&Record| match record {
        Record::Allow(allow) => !allow.configured || config.allowlist.contains(&allow.target),
        _ => true,
    };
    let records: Vec<Record> = saved.iter().filter(stands).cloned().collect();
    if !records.is_empty() {
        let Restored { added, over, .. } = stand_again(&mut policy, &records, &now.clocks());
        tracing::info!(bans = added, over, "what stood before stands again");
    }
    Ok(policy)
}

/// All of it at once; where that does not fit, one after the other.
fn stand_again(policy: &mut Policy, records: &[Record], clocks: &Clocks) -> Restored {
    if let Ok(restored) = restore(policy, records, clocks) {
        return restored;
    }
    let mut all = Restored::default();
    for record in records {
        match restore(policy, std::slice::from_ref(record), clocks) {
            Ok(one) => {
                all.added += one.added;
                all.over += one.over;
            }
            Err(error) => tracing::error!(%record, %error, "this does not stand again"),
        }
    }
    all
}

/// What somebody thought about when it was banned is not asked about again.
fn restore(
    policy: &mut Policy,
    records: &[Record],
    clocks: &Clocks,
) -> Result<Restored, PolicyError> {
    let manner = Manner {
        force: Force::Yes,
        session: None,
    };
    // The rows of everything are written at the start, these among them.
    Ok(policy.restore(records, manner, clocks)?.outcome)
}

#[cfg(test)]
mod tests {
    use super::*;
    use aegis_policy::Target;

    fn records(text: &str) -> Vec<Record> {
        let lines = text.lines().map(Record::read);
        lines
            .map(|record| record.expect("it is right").expect("it is one"))
            .collect()
    }

    #[test]
    fn the_configuration_decides_which_of_its_entries_stand_and_bans_beside_them_do() {
        let target = |text: &str| text.parse::<Target>().expect("it is a target");
        let config = Config {
            allowlist: vec![target("192.0.2.0/24")],
            ..Config::default()
        };
        let saved = records(
            "allow 192.0.2.0/24 configured reason \"office\"\nallow 198.51.100.0/24 configured\n\
             allow 203.0.113.0/24 reason \"by hand\"\nban 192.0.2.7\nban 0.0.0.0/0 port 23\n\
             ban 192.0.2.8 until 2020-01-01T00:00:00Z",
        );
        let now = Moment::now();
        let policy = of(&config, &saved, 0, &now).expect("it fits");
        let allowed = policy.allowlist().map(|entry| {
            let remark = entry.remark.as_str().to_owned();
            (entry.target, remark)
        });
        let mut allowed: Vec<(Target, String)> = allowed.collect();
        allowed.sort();
        let expected = [("192.0.2.0/24", "office"), ("203.0.113.0/24", "by hand")];
        let expected = expected.map(|(text, remark)| (target(text), remark.to_owned()));
        assert_eq!(allowed, expected);
        let bans: Vec<Target> = policy.bans(now.monotonic).map(|ban| ban.target).collect();
        assert_eq!(bans, [target("0.0.0.0/0"), target("192.0.2.7")]);
    }
}
