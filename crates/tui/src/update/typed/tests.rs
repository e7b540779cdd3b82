// SPDX-License-Identifier: MIT

use super::*;

#[test]
fn a_line_says_what_the_command_line_would() {
    let request = |line| ban(line).expect(line);
    let whole = request("2001:DB8::/32 for 1h30m");
    assert_eq!(whole.target, "2001:db8::/32");
    assert_eq!((whole.for_seconds, whole.reason), (Some(5_400), None));
    let part = request("192.0.2.1 443 udp --for 2d --reason it's \"them\" --force");
    assert_eq!(
        (part.port, part.protocol.as_deref()),
        (Some(443), Some("17"))
    );
    assert_eq!(part.reason.as_deref(), Some("it's \"them\" --force"));
    let part = request("192.0.2.1 gre force");
    assert_eq!((part.port, part.protocol.as_deref()), (None, Some("47")));
    assert!(part.force);
}

#[test]
fn what_makes_no_sense_is_said_of_the_word_that_makes_none() {
    for (line, part) in [
        ("192.0.2.256", "192.0.2.256"),
        ("192.0.2.1/24", "192.0.2.0/24"),
        ("192.0.2.1 99999", "99999"),
        ("192.0.2.1 22 tpc", "tpc"),
        ("192.0.2.1 22 icmp", "icmp"),
        ("192.0.2.1 for", "for how long"),
        ("192.0.2.1 for soon", "soon"),
        ("192.0.2.1 reason", "what is the reason"),
        ("192.0.2.1 22 tcp scans", "\"scans\" is one word too many"),
    ] {
        let problem = ban(line).expect_err(line);
        assert!(problem.contains(part), "{line}: {problem}");
    }
    let problem = allow("192.0.2.1 office").expect_err("what is office?");
    assert!(problem.contains("office"), "{problem}");
}
