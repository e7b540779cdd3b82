// SPDX-License-Identifier: MIT
//! Requests and their failures.

use super::*;
use aegis_api::{Ban, BanAnswer, EndedSockets};

#[test]
fn only_a_ban_of_everything_that_takes_effect_ends_sockets() {
    let answer = |part: &str| BanAnswer {
        ban: Ban {
            target: "192.0.2.0/24".to_owned(),
            port: None,
            protocol: None,
            part: part.to_owned(),
            causes: Vec::new(),
            reason: None,
            rule: 1,
            expires: None,
            expires_in_seconds: None,
            place: None,
        },
        renewed: false,
        before: None,
        overruled_by: None,
        sockets: EndedSockets::default(),
        state_problem: None,
    };
    let whole = cut_off(&answer("everything")).map(|target| target.to_string());
    assert_eq!(whole.as_deref(), Some("192.0.2.0/24"));
    assert_eq!(cut_off(&answer("tcp port 22")), None);
    assert_eq!(cut_off(&answer("new connections")), None);
    let overruled = BanAnswer {
        overruled_by: Some("192.0.2.0/24".to_owned()),
        ..answer("everything")
    };
    assert_eq!(cut_off(&overruled), None);
    let problem = Some("one inside is allowed".to_owned());
    let spared = BanAnswer {
        sockets: EndedSockets { ended: 0, problem },
        ..answer("everything")
    };
    assert_eq!(cut_off(&spared), None);
}

#[test]
fn the_version_is_the_first_part_of_a_path() {
    assert_eq!(version("/v1"), Some(1));
    assert_eq!(version("/v2/status"), Some(2));
    assert_eq!(version("/v9/status/x"), Some(9));
    for none in ["/", "/status", "/vx/status", "/v/1", "v1"] {
        assert_eq!(version(none), None, "{none}");
    }
}

#[test]
fn a_late_answer_to_a_change_says_that_its_outcome_is_unknown() {
    assert!(late("POST /v1/bans", true).message.contains("unknown"));
    assert!(!late("GET /v1/stats", false).message.contains("unknown"));
}
