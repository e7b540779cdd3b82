// SPDX-License-Identifier: MIT
//! Who answers, and who is between.

use super::*;
use aegis_testbed::{Authority, Certificate, Tunnel};

fn secure(certificate: &Certificate) -> Publisher {
    let publisher = Publisher::https(certificate, |_, out| {
        out.write_all(&answer("200 OK", &[], LIST))
    });
    publisher.expect("there is a port left")
}

fn trusting(authority: &Authority, publisher: &Publisher) -> Request {
    let mut asked = request(&publisher.url("/list"));
    asked.authorities = Some(authority.pem().to_owned());
    asked
}

#[test]
fn only_who_an_authority_vouches_for_is_believed() {
    let (own, other) = (Authority::new(), Authority::new());
    let right = secure(&own.certify("127.0.0.1"));
    assert_eq!(fetched(&trusting(&own, &right)).1, LIST);
    let stranger = trusting(&other, &right);
    let nobody = request(&right.url("/list"));
    let named = secure(&own.certify("lists.example"));
    let named = trusting(&own, &named);
    let late = secure(&own.certify_expired("127.0.0.1"));
    let late = trusting(&own, &late);
    for wrong in [&stranger, &nobody, &named, &late] {
        let failed = run(wrong);
        assert!(
            matches!(failed, Err(FetchError::Certificate { .. })),
            "{failed:?}"
        );
    }
    assert_eq!(right.asked().len(), 1, "nothing is told to a stranger");
    let mut garbled = trusting(&own, &right);
    garbled.authorities = Some("-----BEGIN CERTIFICATE-----\n!\n".to_owned());
    let failed = run(&garbled);
    assert!(
        matches!(failed, Err(FetchError::Request { .. })),
        "{failed:?}"
    );
    let plain = Publisher::plain(|_, out| out.write_all(&answer("200 OK", &[], LIST)));
    let plain = plain.expect("there is a port left");
    let no_tls = plain.url("/").replace("http:", "https:");
    assert!(run(&request(&no_tls)).is_err());
}

#[test]
fn a_proxy_connects_and_reads_nothing() {
    let authority = Authority::new();
    let publisher = secure(&authority.certify("127.0.0.1"));
    let tunnel = Tunnel::new(None).expect("there is a port left");
    let mut asked = trusting(&authority, &publisher);
    asked.headers = vec![("X-Api-Key".to_owned(), Secret::new("0123"))];
    let place = tunnel.url().replace("http://", "http://me:mine@");
    asked.proxy = Proxy::Through(Secret::new(place));
    assert_eq!(fetched(&asked).1, LIST);
    let [told] = tunnel.asked().try_into().expect("one question");
    assert_eq!(
        (told.method.as_str(), told.path),
        ("CONNECT", publisher.address().to_string())
    );
    // base64(1) of me:mine
    let login = told
        .headers
        .iter()
        .find(|(name, _)| name == "proxy-authorization");
    assert!(
        login.is_some_and(|(_, value)| value.to_lowercase() == "basic bwu6bwluzq=="),
        "{login:?}"
    );
    let key = told.headers.iter().find(|(name, _)| name == "x-api-key");
    assert_eq!(key, None);
}

#[test]
fn a_proxy_that_refuses_is_told_of_without_its_password() {
    let publisher = Publisher::plain(|_, out| out.write_all(&answer("200 OK", &[], LIST)));
    let publisher = publisher.expect("there is a port left");
    let tunnel = Tunnel::new(Some("407 Proxy Authentication Required"));
    let tunnel = tunnel.expect("there is a port left");
    let mut asked = request(&publisher.url("/list"));
    let place = tunnel.url().replace("http://", "http://me:verysecret@");
    asked.proxy = Proxy::Through(Secret::new(place));
    let failed = run(&asked).expect_err("it refuses");
    assert!(matches!(failed, FetchError::Proxy { .. }), "{failed:?}");
    assert!(failed.to_string().contains("407"), "{failed}");
    assert!(
        !format!("{failed:?}{asked:?}").contains("verysecret"),
        "{failed:?}"
    );
    asked.proxy = Proxy::Through(Secret::new("verysecret"));
    asked.source = "https://127.0.0.1:1/".parse().expect("an address");
    let wrong = run(&asked).expect_err("nobody is there");
    assert!(!format!("{wrong:?}").contains("verysecret"), "{wrong:?}");
    assert_eq!(publisher.asked(), []);
}
