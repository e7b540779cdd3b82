// SPDX-License-Identifier: MIT
//! Which connections are meant.

use super::*;

#[test]
fn every_part_of_a_filter_must_agree() {
    let text = |text: &str| Some(text.to_owned());
    let nothing = FlowFilter::default;
    assert_eq!(filtered(nothing()), [WEB, SSH_V4, SSH_V6]);
    let port = text("22");
    assert_eq!(filtered(FlowFilter { port, ..nothing() }), [SSH_V4, SSH_V6]);
    let peer = text("203.0.113.0/24");
    assert_eq!(filtered(FlowFilter { peer, ..nothing() }), [WEB]);
    let src = text("192.0.2.1");
    assert_eq!(
        filtered(FlowFilter { src, ..nothing() }),
        [WEB],
        "this side began it"
    );
    let dst = text("192.0.2.1");
    assert_eq!(filtered(FlowFilter { dst, ..nothing() }), [SSH_V4]);
    let proto = text("udp");
    assert!(filtered(FlowFilter { proto, ..nothing() }).is_empty());
    let (state, proto) = (text("ESTABLISHED"), text("6"));
    let both = FlowFilter {
        state,
        proto,
        ..nothing()
    };
    assert_eq!(filtered(both).len(), 3);
    let state = text("time-wait");
    assert!(filtered(FlowFilter { state, ..nothing() }).is_empty());
}

#[test]
fn a_filter_that_makes_no_sense_says_what_would() {
    let state = Some("open".to_owned());
    let refused = Filter::parse(&FlowFilter {
        state,
        ..FlowFilter::default()
    });
    let refused = refused.expect_err("there is no such state");
    assert!(
        refused.to_string().starts_with("\"open\" is no state"),
        "{refused}"
    );
    assert!(
        refused.to_string().contains("established, half_closed"),
        "{refused}"
    );
    for (line, part) in [("proto:tpc", "\"tpc\""), ("192.0.2.1/24", "192.0.2.1/24")] {
        let asked: FlowFilter = line.parse().expect(line);
        let refused = Filter::parse(&asked).expect_err(line).to_string();
        assert!(refused.starts_with(part), "{refused}");
    }
    for asked in [
        r#"{"port": "0"}"#,
        r#"{"state": ","}"#,
        r#"{"text": "\""}"#,
        r#"{"direction": "up"}"#,
        r#"{"verdict": "no"}"#,
    ] {
        let wrong: FlowFilter = serde_json::from_str(asked).expect(asked);
        let refused = Filter::parse(&wrong).expect_err(asked);
        assert_eq!(refused.code, ErrorCode::InvalidRequest, "{asked}");
    }
    let peer = Some("192.0.2.1/24".to_owned());
    let refused = Filter::parse(&FlowFilter {
        peer,
        ..FlowFilter::default()
    });
    assert_eq!(
        refused.expect_err("host bits").code,
        ErrorCode::InvalidRequest
    );
}

#[test]
fn a_line_as_people_type_it_finds_what_it_says() {
    let found = |line: &str| {
        let filter = line.parse().expect(line);
        picked(&FlowQuery {
            filter,
            ..FlowQuery::default()
        })
    };
    assert_eq!(found("country:ru"), [40_000]);
    assert_eq!(found("country:RU,de"), [40_000, 40_001]);
    assert_eq!(found("as:AS4134 port:22"), [40_000]);
    assert_eq!(found("chinanet"), [40_000]);
    assert_eq!(found("as4134 81.2"), [40_000], "each word in either");
    assert_eq!(found("2a02:100:"), [40_001]);
    assert_eq!(found("89.160.0.9:443"), [443]);
    assert_eq!(found("state:est dir:out"), [443]);
    assert!(found("state:syn,time").is_empty());
    assert_eq!(found("dir:unknown"), [40_001]);
    assert!(found("country:ru nowhere").is_empty());
    assert_eq!(found("port:22,443"), [443, 40_000, 40_001]);
    assert_eq!(found("port:1-100 -country:de"), [40_000]);
    assert_eq!(found("-country:ru,de"), [443], "nobody knows where that is");
    assert_eq!(found("81.2.69.0/24,89.160.0.9"), [443, 40_000]);
    assert_eq!(found("-src:81.2.69.7"), [443, 40_001]);
    assert_eq!(found("dir:in,o"), [443, 40_000]);
    assert_eq!(found("!chinanet -\"89.160.0.9\""), [40_001]);
    assert_eq!(
        found("-proto:udp,icmp -state:syn tcp"),
        [443, 40_000, 40_001]
    );
    assert!(found("-proto:tcp").is_empty());
}

#[test]
fn a_verdict_is_that_of_each_connection_and_its_beginning_will_do() {
    let flows = some();
    let stand = |is_dropped, standing| Stand {
        is_dropped,
        standing,
        reason: None,
    };
    let stands = [
        stand(true, Standing::Banned),
        stand(false, Standing::BannedInPart),
        Stand::FREE,
    ];
    let found = |line: &str| {
        let asked: FlowFilter = line.parse().expect(line);
        let filter = Filter::parse(&asked).expect(line);
        assert!(filter.needs_standing());
        let filter = filter.judged(&flows, &stands);
        let mut whereabouts = Whereabouts::in_atlas(None);
        let matching = flows
            .iter()
            .filter(|flow| filter.matches(flow, &mut whereabouts));
        matching.map(|flow| told(flow).id).collect::<Vec<_>>()
    };
    assert_eq!(found("verdict:drop"), [SSH_V4]);
    assert_eq!(found("verdict:pass -verdict:free"), [WEB]);
    assert_eq!(found("verdict:ban"), [SSH_V4, WEB]);
    assert_eq!(found("-verdict:BAN port:22"), [SSH_V6]);
}
