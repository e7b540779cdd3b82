// SPDX-License-Identifier: MIT
//! Against real servers of this process, on loopback.

mod bounds;
mod identity;
mod pages;
mod redirections;

use super::*;
use crate::signature::{Minisign, SignatureError};
use aegis_testbed::Publisher;
use aegis_testbed::publisher::answer;
use std::fs;
use std::io::Read;

const LIST: &[u8] = b"192.0.2.0/24 ; SBL1\n198.51.100.7\n";

fn request(url: &str) -> Request {
    Request::of(url.parse().unwrap_or_else(|error| panic!("{error}")))
}

fn run(request: &Request) -> Result<(Outcome, Vec<u8>), FetchError> {
    let mut body = Vec::new();
    fetch(request, &mut body).map(|outcome| (outcome, body))
}

/// Of what has to be there.
fn fetched(request: &Request) -> (Fetched, Vec<u8>) {
    match run(request) {
        Ok((Outcome::Fetched(fetched), body)) => (fetched, body),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_list_is_fetched_once_and_then_only_when_it_has_changed() {
    let publisher = Publisher::plain(|asked, out| {
        let current = asked.header("if-none-match") == Some("\"1\"");
        out.write_all(&match current {
            true => answer("304 Not Modified", &["ETag: \"1\""], b""),
            false => {
                let headers = [
                    "ETag: \"1\"",
                    "Last-Modified: Sat, 28 Nov 2026 07:00:00 GMT",
                    "Content-Type: Text/Plain; charset=utf-8",
                ];
                answer("200 OK", &headers, LIST)
            }
        })
    });
    let publisher = publisher.expect("there is a port left");
    let mut asked = request(&publisher.url("/drop?key=1"));
    let (first, body) = fetched(&asked);
    assert_eq!(body, LIST);
    let expected = Fetched {
        condition: Condition {
            etag: Some("\"1\"".to_owned()),
            last_modified: Some("Sat, 28 Nov 2026 07:00:00 GMT".to_owned()),
        },
        // sha256sum(1)
        sha256: sha256(LIST),
        bytes: LIST.len() as u64,
        signature: None,
        media: Some("text/plain".to_owned()),
    };
    assert_eq!(first, expected);
    asked.condition = first.condition;
    assert_eq!(run(&asked), Ok((Outcome::NotModified, Vec::new())));
    let [before, after] = publisher.asked().try_into().expect("two questions");
    assert_eq!(before.path, "/drop?key=1");
    let agent = before.header("user-agent").expect("it says who it is");
    assert!(agent.starts_with("aegis/"), "{agent}");
    assert_eq!(before.header("if-none-match"), None);
    let since = after.header("if-modified-since");
    assert_eq!(since, Some("Sat, 28 Nov 2026 07:00:00 GMT"));
}

#[test]
fn a_publisher_that_says_no_may_say_for_how_long() {
    let publisher = Publisher::plain(|asked, out| {
        let (status, headers): (_, &[&str]) = match asked.path.as_str() {
            "/busy" => ("503 Service Unavailable", &["Retry-After: 120"]),
            "/dated" => (
                "429 Too Many Requests",
                &[
                    "Date: Sat, 28 Nov 2026 07:00:00 GMT",
                    "Retry-After: Sat, 28 Nov 2026 07:05:00 GMT",
                ],
            ),
            "/garbled" => ("503 Service Unavailable", &["Retry-After: soon"]),
            "/same" => ("304 Not Modified", &[]),
            "/part" => ("206 Partial Content", &[]),
            "/nothing" => ("204 No Content", &[]),
            _ => ("404 Not Found", &[]),
        };
        out.write_all(&answer(status, headers, b"<html>"))
    });
    let publisher = publisher.expect("there is a port left");
    let expected = [
        ("/busy", 503, Some(120)),
        ("/dated", 429, Some(300)),
        ("/garbled", 503, None),
        ("/gone", 404, None),
        // What was not asked for.
        ("/same", 304, None),
        ("/part", 206, None),
        ("/nothing", 204, None),
    ];
    for (path, status, seconds) in expected {
        let failed = run(&request(&publisher.url(path))).expect_err("it says no");
        let wanted = FetchError::Status {
            url: publisher.url(path),
            status,
            retry_after: seconds.map(Duration::from_secs),
        };
        assert_eq!(failed, wanted);
        assert_eq!(failed.retry_after(), seconds.map(Duration::from_secs));
        assert!(!failed.is_unreachable());
    }
}

#[test]
fn nobody_there_is_told_from_somebody_who_fails() {
    let closed = std::net::TcpListener::bind("127.0.0.1:0").expect("there is a port left");
    let address = closed.local_addr().expect("it has one");
    drop(closed);
    let mut nowhere = request("https://lists.invalid/drop");
    nowhere.limits.connect = Duration::from_secs(2);
    for nobody in [request(&format!("http://{address}/")), nowhere] {
        let failed = run(&nobody).expect_err("nobody is there");
        assert!(failed.is_unreachable(), "{failed}");
    }
}

#[test]
fn plain_http_is_not_even_tried() {
    let failed = run(&request("http://192.0.2.1/drop"));
    assert!(
        matches!(failed, Err(FetchError::PlainHttp { .. })),
        "{failed:?}"
    );
}

#[test]
fn what_is_sent_arrives_with_its_key() {
    let publisher = Publisher::plain(|_, out| out.write_all(&answer("201 Created", &[], b"{}")));
    let publisher = publisher.expect("there is a port left");
    let mut asked = request(&publisher.url("/v1/alerts"));
    asked.headers = vec![("X-Api-Key".to_owned(), Secret::new("0123"))];
    asked.post = Some(Post {
        media: "application/json".to_owned(),
        content: Secret::new("[1]"),
    });
    assert_eq!(fetched(&asked).1, b"{}");
    let [told] = publisher.asked().try_into().expect("one question");
    assert_eq!(
        (told.method.as_str(), &told.content[..]),
        ("POST", &b"[1]"[..])
    );
    assert_eq!(told.header("x-api-key"), Some("0123"));
    assert_eq!(told.header("content-type"), Some("application/json"));
    assert!(!format!("{asked:?}").contains("0123"));
    asked.headers[0].0 = "X Api".to_owned();
    let failed = run(&asked);
    assert!(
        matches!(failed, Err(FetchError::Request { .. })),
        "{failed:?}"
    );
}

#[test]
fn a_list_that_is_not_what_its_publisher_made_is_refused() {
    let publisher = Publisher::plain(|asked, out| {
        let signature = include_bytes!("../signature/test.minisig");
        out.write_all(&match asked.path.as_str() {
            "/list" | "/unsigned" => answer("200 OK", &[], b"test"),
            "/changed" => answer("200 OK", &[], b"tset"),
            "/list.minisig" | "/changed.minisig" => answer("200 OK", &[], signature),
            _ => answer("404 Not Found", &[], b""),
        })
    });
    let publisher = publisher.expect("there is a port left");
    let signed = |path: &str| {
        let mut signed = request(&publisher.url(path));
        signed.proof.minisign = Some(Minisign {
            key: "RWQf6LRCGA9i53mlYecO4IzT51TGPpvWucNSCh1CBM0QTaLn73Y7GFO3".to_owned(),
            signature: None,
        });
        signed
    };
    assert_eq!(fetched(&signed("/list")).1, b"test");
    let changed = run(&signed("/changed"));
    let why = SignatureError::Wrong;
    let url = publisher.url("/changed");
    assert_eq!(changed, Err(FetchError::Signature { url, why }));
    let unsigned = run(&signed("/unsigned"));
    let url = publisher.url("/unsigned.minisig");
    assert!(
        matches!(&unsigned, Err(FetchError::Status { url: of, status: 404, .. }) if *of == url),
        "{unsigned:?}"
    );
    let mut elsewhere = signed("/unsigned");
    if let Some(minisign) = &mut elsewhere.proof.minisign {
        minisign.signature = publisher.url("/list.minisig").parse().ok();
    }
    assert_eq!(fetched(&elsewhere).1, b"test");
    let mut pinned = request(&publisher.url("/list"));
    pinned.proof.sha256 = Some(sha256(b"test").to_uppercase());
    assert_eq!(fetched(&pinned).1, b"test");
    pinned.source = publisher.url("/changed").parse().expect("an address");
    let changed = run(&pinned);
    assert!(
        matches!(changed, Err(FetchError::Hash { .. })),
        "{changed:?}"
    );
}

#[test]
fn a_file_of_this_host_is_read_again_when_it_has_changed() {
    let folder = std::env::temp_dir().join(format!("aegis-file-{}", std::process::id()));
    fs::create_dir_all(&folder).expect("it can be written");
    let path = folder.join("list");
    fs::write(&path, LIST).expect("it can be written");
    let mut asked = request(&format!("file://{}", path.display()));
    let (first, body) = fetched(&asked);
    assert_eq!((body.as_slice(), first.bytes), (LIST, LIST.len() as u64));
    asked.condition = first.condition;
    assert_eq!(run(&asked), Ok((Outcome::NotModified, Vec::new())));
    let older = std::time::SystemTime::UNIX_EPOCH;
    let file = fs::File::options()
        .write(true)
        .open(&path)
        .expect("it is ours");
    file.set_modified(older).expect("it is ours");
    assert_eq!(fetched(&asked).1, LIST);
    asked.limits.bytes = 3;
    let long = run(&asked);
    assert!(matches!(long, Err(FetchError::TooLong { .. })), "{long:?}");
    for wrong in [folder.join("missing"), folder.clone(), "/dev/zero".into()] {
        let failed = run(&request(&wrong.display().to_string()));
        assert!(matches!(failed, Err(FetchError::File { .. })), "{failed:?}");
    }
    fs::remove_dir_all(folder).expect("it is ours");
}

/// What a publisher that goes on and on says, and when it was told to stop.
fn endless(out: &mut dyn std::io::Write, piece: &[u8], pause: Duration) -> std::io::Result<()> {
    loop {
        out.write_all(piece)?;
        out.flush()?;
        std::thread::sleep(pause);
    }
}

fn gzip(content: impl Read) -> Vec<u8> {
    let mut inflated = content;
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    std::io::copy(&mut inflated, &mut packed).expect("there is memory");
    packed.finish().expect("there is memory")
}
