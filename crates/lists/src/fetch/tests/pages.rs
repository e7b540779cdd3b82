// SPDX-License-Identifier: MIT
//! Pages of a TAXII server, which counts its objects or dates them.

use super::*;
use crate::parse::{Format, Parsed, parse};
use aegis_testbed::publisher::Asked;

const OBJECTS: &str = "/api/collections/1/objects/?limit=1";

/// A page with one indicator.
fn page(address: &str, more: &str) -> String {
    format!(
        r#"{{{more}"objects":[{{"type":"indicator","pattern":"[ipv4-addr:value = '{address}']"}}]}}"#
    )
}

/// Somebody who answers each question with a page and headers.
fn server(
    answers: impl Fn(&Asked) -> (String, Vec<&'static str>) + Send + Sync + 'static,
) -> (Publisher, Request) {
    let publisher = Publisher::plain(move |asked, out| {
        let (page, headers) = answers(asked);
        out.write_all(&answer("200 OK", &headers, page.as_bytes()))
    });
    let publisher = publisher.expect("there is a port left");
    let mut asked = request(&publisher.url(OBJECTS));
    asked.pages = 5;
    (publisher, asked)
}

/// Of the number that is asked for, and of the next one.
fn numbered(asked: &Asked, last: u32) -> String {
    let at = asked.path.split_once("next=n%2F");
    let at: u32 = at.map_or(0, |(_, number)| number.parse().expect("a number"));
    let next = format!(r#""more":true,"next":"n/{}","#, at + 1);
    page(&format!("45.0.0.{at}"), if at == last { "" } else { &next })
}

fn parsed(body: &[u8]) -> Parsed {
    parse(body, Format::Stix, &crate::parse::Limits::default()).expect("it is STIX")
}

fn paths(publisher: &Publisher) -> Vec<String> {
    publisher
        .asked()
        .into_iter()
        .map(|asked| asked.path)
        .collect()
}

#[test]
fn every_page_is_asked_for_by_the_word_of_the_one_before() {
    let (publisher, mut asked) = server(|asked| (numbered(asked, 2), vec!["ETag: \"1\""]));
    asked.headers = vec![("Authorization".to_owned(), Secret::new("Bearer 0123"))];
    asked.condition.etag = Some("\"0\"".to_owned());
    let (told, body) = fetched(&asked);
    let pages = [0, 1, 2].map(|at| match at {
        0 => OBJECTS.to_owned(),
        at => format!("{OBJECTS}&next=n%2F{at}"),
    });
    assert_eq!(paths(&publisher), pages);
    for (at, asked) in publisher.asked().iter().enumerate() {
        assert_eq!(asked.header("authorization"), Some("Bearer 0123"));
        assert_eq!(asked.header("if-none-match").is_some(), at == 0);
    }
    assert_eq!(
        (told.bytes, told.sha256),
        (body.len() as u64, sha256(&body))
    );
    // The first page says nothing of those that come to be after the last one.
    assert_eq!(told.condition, Condition::default());
    let list = parsed(&body);
    let spans: Vec<String> = list
        .entries
        .iter()
        .map(|entry| entry.span.to_string())
        .collect();
    assert_eq!(spans, ["45.0.0.0", "45.0.0.1", "45.0.0.2"]);
    assert!(!list.notes.more);
}

#[test]
fn a_server_that_dates_its_objects_is_asked_for_later_ones() {
    let (publisher, asked) = server(|asked| match asked.path.contains("added_after") {
        false => (
            page("45.0.0.1", r#""more":true,"#),
            vec!["X-TAXII-Date-Added-Last: 2026-11-28T07:00:00.000001Z"],
        ),
        true => (page("45.0.0.2", ""), vec!["ETag: \"1\""]),
    });
    assert_eq!(parsed(&fetched(&asked).1).entries.len(), 2);
    let second = format!("{OBJECTS}&added_after=2026-11-28T07%3A00%3A00.000001Z");
    assert_eq!(paths(&publisher), [OBJECTS.to_owned(), second]);
}

#[test]
fn a_single_page_is_asked_for_again_only_when_it_has_changed() {
    let publisher = Publisher::plain(|asked, out| {
        out.write_all(&match asked.header("if-none-match") {
            Some("\"1\"") => answer("304 Not Modified", &[], b""),
            _ => answer("200 OK", &["ETag: \"1\""], page("45.0.0.1", "").as_bytes()),
        })
    });
    let publisher = publisher.expect("there is a port left");
    let mut asked = request(&publisher.url(OBJECTS));
    asked.pages = 5;
    asked.condition = fetched(&asked).0.condition;
    assert_eq!(run(&asked), Ok((Outcome::NotModified, Vec::new())));
}

#[test]
fn pages_have_an_end_and_the_list_says_that_there_are_more() {
    let (publisher, mut asked) = server(|asked| (numbered(asked, u32::MAX), Vec::new()));
    let list = parsed(&fetched(&asked).1);
    assert_eq!((list.entries.len(), list.notes.more), (5, true));
    assert_eq!(publisher.asked().len(), 5);
    // What has a signature or a hash has it as a whole.
    asked.proof.sha256 = Some(sha256(b""));
    run(&asked).expect_err("it has another one");
    assert_eq!(publisher.asked().len(), 6);
    // Nor does anybody know what to ask for.
    let (publisher, asked) = server(|_| (page("45.0.0.1", r#""more":true,"#), Vec::new()));
    assert!(parsed(&fetched(&asked).1).notes.more);
    assert_eq!(publisher.asked().len(), 1);
}

#[test]
fn all_pages_together_are_no_longer_than_a_list_may_be() {
    let (publisher, mut asked) = server(|asked| (numbered(asked, u32::MAX), Vec::new()));
    let two = numbered(&Asked::default(), u32::MAX).len() as u64 * 2;
    asked.limits.bytes = two + 10;
    let failed = run(&asked).expect_err("the third one is too much");
    assert!(matches!(failed, FetchError::TooLong { .. }), "{failed}");
    assert_eq!(publisher.asked().len(), 3);
}

#[test]
fn pages_that_lead_nowhere_are_no_list() {
    let (publisher, asked) =
        server(|_| (page("45.0.0.1", r#""more":true,"next":"1","#), Vec::new()));
    let failed = run(&asked).expect_err("it goes round in circles");
    assert!(
        failed.to_string().contains("leads to one before it"),
        "{failed}"
    );
    assert_eq!(publisher.asked().len(), 2);
    let (_publisher, asked) = server(|asked| match asked.path.contains("next") {
        false => (numbered(asked, 9), Vec::new()),
        true => ("{\"objects\":[".to_owned(), Vec::new()),
    });
    let (_, body) = fetched(&asked);
    let torn = parse(&body, Format::Stix, &crate::parse::Limits::default());
    assert!(
        torn.is_err(),
        "a page that is torn is told of when it is read"
    );
}
