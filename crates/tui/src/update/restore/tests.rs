// SPDX-License-Identifier: MIT

use super::*;
use crate::fixture::{ban, detected, moment};
use aegis_policy::saved::Record;

fn cause(origin: &str, reason: &str) -> BanCause {
    BanCause {
        origin: origin.to_owned(),
        reason: Some(reason.to_owned()),
        since: moment(-60),
        expires: None,
        expires_in_seconds: None,
    }
}

#[test]
fn a_ban_is_written_as_restore_reads_it() {
    let parts = [
        "everything",
        "new connections",
        "tcp port 22",
        "protocol 99",
    ];
    for part in parts {
        let mut ban = detected("2001:db8::/48");
        part.clone_into(&mut ban.part);
        ban.causes.push(cause("operator", "\"quoted\" \\ and all"));
        let line = line(&ban).expect("somebody here wants it");
        let Ok(Some(Record::Ban(read))) = Record::read(&line) else {
            panic!("{line}");
        };
        assert_eq!(read.target.to_string(), ban.target);
        assert_eq!(read.part.to_string(), part);
        for (read, cause) in read.causes.iter().rev().zip(&ban.causes) {
            assert_eq!(read.origin.label(), cause.origin);
            assert_eq!(Some(read.remark.as_str()), cause.reason.as_deref());
            assert_eq!((read.since, read.until), (Some(cause.since), cause.expires));
        }
    }
}

#[test]
fn of_several_causes_the_one_that_ends_last_is_given_another_end() {
    let hour = Duration::from_secs(3_600);
    let mut ban = detected("192.0.2.9");
    let sooner = BanCause {
        expires: Some(moment(60)),
        ..cause("operator", "for a minute")
    };
    ban.causes.insert(0, sooner);
    let Ok(Change::Restore(restoration)) = longer(&ban, hour, None) else {
        panic!("it can be");
    };
    let text = restoration.request.text;
    assert!(
        text.contains("by port_scan") && !text.contains("operator"),
        "{text}"
    );
    ban.expires = None;
    assert!(longer(&ban, hour, None).is_err_and(|why| why.contains("for good")));
}

#[test]
fn what_crowdsec_wants_is_left_to_it() {
    let mut ban = ban("192.0.2.1");
    ban.causes = vec![cause("crowdsec", "ssh")];
    assert!(is_of_others(&ban));
    assert_eq!(line(&ban), None);
    let longer = longer(&ban, Duration::from_secs(60), None);
    assert!(longer.is_err_and(|why| why.contains("CrowdSec")));
    ban.causes.push(cause("operator", "ours"));
    let line = line(&ban).unwrap_or_default();
    assert!(
        line.contains("operator") && !line.contains("crowdsec"),
        "{line}"
    );
}
