// SPDX-License-Identifier: MIT
//! What leads elsewhere.

use super::*;
use aegis_testbed::Authority;

fn leads(to: &str) -> Vec<u8> {
    answer("302 Found", &[&format!("Location: {to}")], b"elsewhere")
}

#[test]
fn redirections_are_followed_a_few_times_and_take_no_password_elsewhere() {
    let other = Publisher::plain(|_, out| out.write_all(&answer("200 OK", &[], LIST)));
    let other = other.expect("there is a port left");
    let away = other.url("/list");
    let publisher = Publisher::plain(move |asked, out| {
        let step = asked.path.strip_prefix("/step/");
        out.write_all(&match (asked.path.as_str(), step) {
            (_, Some("0")) => answer("200 OK", &[], LIST),
            (_, Some(more)) => {
                let left: u32 = more.parse().expect("a number");
                leads(&(left - 1).to_string())
            }
            ("/away", _) => leads(&away),
            ("/lost", _) => answer("302 Found", &[], b""),
            _ => leads("/loop"),
        })
    });
    let publisher = publisher.expect("there is a port left");
    let asked = |path: &str| {
        let mut asked = request(&publisher.url(path));
        asked.login = Some(("me".to_owned(), Secret::new("mine")));
        asked.headers = vec![("X-Api-Key".to_owned(), Secret::new("0123"))];
        asked
    };
    assert_eq!(fetched(&asked("/step/5")).1, LIST);
    for question in publisher.asked() {
        // base64(1) of me:mine
        assert_eq!(question.header("authorization"), Some("Basic bWU6bWluZQ=="));
        assert_eq!(question.header("x-api-key"), Some("0123"));
    }
    assert_eq!(publisher.asked().len(), 6);
    for path in ["/step/6", "/loop"] {
        let failed = run(&asked(path));
        assert!(
            matches!(failed, Err(FetchError::Redirection { .. })),
            "{failed:?}"
        );
    }
    let lost = run(&asked("/lost"));
    assert!(
        matches!(lost, Err(FetchError::Status { status: 302, .. })),
        "{lost:?}"
    );
    assert_eq!(fetched(&asked("/away")).1, LIST);
    let [told] = other.asked().try_into().expect("one question");
    assert_eq!(
        (told.header("authorization"), told.header("x-api-key")),
        (None, None)
    );
    let mut sent = asked("/away");
    sent.post = Some(Post {
        media: "text/plain".to_owned(),
        content: Secret::new("1"),
    });
    let failed = run(&sent);
    assert!(
        matches!(failed, Err(FetchError::Redirection { .. })),
        "{failed:?}"
    );
}

#[test]
fn https_is_never_left() {
    let plain = Publisher::plain(|_, out| out.write_all(&answer("200 OK", &[], LIST)));
    let plain = plain.expect("there is a port left");
    let authority = Authority::new();
    let to = plain.url("/list");
    let secure = Publisher::https(&authority.certify("127.0.0.1"), move |_, out| {
        out.write_all(&leads(&to))
    });
    let secure = secure.expect("there is a port left");
    let mut asked = request(&secure.url("/"));
    asked.authorities = Some(authority.pem().to_owned());
    asked.plain_http = true;
    let failed = run(&asked).expect_err("plain HTTP is somebody else's word");
    assert!(
        failed
            .to_string()
            .contains("it leads from HTTPS to http://127.0.0.1"),
        "{failed}"
    );
    assert_eq!(plain.asked(), []);
}
