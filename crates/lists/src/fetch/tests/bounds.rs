// SPDX-License-Identifier: MIT
//! What takes too long, or is too much.

use super::*;
use std::time::Instant;

/// More than enough for any of these, on a busy machine.
const LONG: Duration = Duration::from_secs(10);

fn short(url: &str) -> Request {
    let mut request = request(url);
    request.limits.bytes = 100_000;
    request.limits.silence = Duration::from_millis(400);
    request.limits.total = Duration::from_millis(1_200);
    request
}

#[test]
fn a_publisher_that_is_slow_or_silent_is_left_in_time() {
    let publisher = Publisher::plain(|asked, out| match asked.path.as_str() {
        "/drip" => {
            out.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 90000\r\n\r\n")?;
            endless(out, b"1", Duration::from_millis(50))
        }
        "/drip-head" => endless(out, b"HTTP/1.1 200 OK\r\nX", Duration::from_millis(50)),
        "/stall" => {
            out.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 90000\r\n\r\n192.")?;
            out.flush()?;
            std::thread::sleep(LONG);
            Ok(())
        }
        _ => {
            std::thread::sleep(LONG);
            Ok(())
        }
    });
    let publisher = publisher.expect("there is a port left");
    for path in ["/drip", "/drip-head", "/stall", "/silent"] {
        let began = Instant::now();
        let failed = run(&short(&publisher.url(path)));
        assert!(
            matches!(
                failed,
                Err(FetchError::TimedOut { .. } | FetchError::Broken { .. })
            ),
            "{path}: {failed:?}"
        );
        assert!(began.elapsed() < LONG / 2, "{path}: {:?}", began.elapsed());
    }
    let drip = run(&short(&publisher.url("/drip"))).expect_err("it does not end");
    assert!(drip.to_string().contains("all of it together"), "{drip}");
}

#[test]
fn what_is_too_long_is_not_read_to_its_end_inflated_or_not() {
    let zeros = || std::io::repeat(0).take(16 << 20);
    let bomb = gzip(zeros());
    assert!(bomb.len() < 60_000, "it looks small");
    let publisher = Publisher::plain(move |asked, out| match asked.path.as_str() {
        "/announced" => out.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 100001\r\n\r\n"),
        "/bomb" => out.write_all(&answer("200 OK", &["Content-Encoding: gzip"], &bomb)),
        "/chunks" => {
            out.write_all(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")?;
            let chunk = [b"1000\r\n".as_slice(), &[b'1'; 0x1000], b"\r\n"].concat();
            endless(out, &chunk, Duration::ZERO)
        }
        "/just" => out.write_all(&answer("200 OK", &[], &[b'1'; 100_000])),
        _ => {
            out.write_all(b"HTTP/1.1 200 OK\r\n\r\n")?;
            endless(out, &[b'1'; 0x1000], Duration::ZERO)
        }
    });
    let publisher = publisher.expect("there is a port left");
    for path in ["/announced", "/bomb", "/chunks", "/until-the-end"] {
        let mut asked = short(&publisher.url(path));
        asked.limits.total = LONG;
        let mut body = Vec::new();
        let failed = fetch(&asked, &mut body);
        let (url, most) = (publisher.url(path), 100_000);
        assert_eq!(failed, Err(FetchError::TooLong { url, most }));
        assert!(body.len() as u64 <= most, "{path}: {}", body.len());
    }
    assert_eq!(fetched(&short(&publisher.url("/just"))).0.bytes, 100_000);
}

#[test]
fn what_comes_compressed_is_inflated() {
    let packed = gzip(LIST);
    let publisher = Publisher::plain(move |asked, out| {
        let accepted = asked.header("accept-encoding").unwrap_or_default();
        assert!(accepted.contains("gzip"), "{accepted}");
        let torn = match asked.path.as_str() {
            "/torn" => packed.len() - 4,
            _ => packed.len(),
        };
        out.write_all(&answer(
            "200 OK",
            &["Content-Encoding: gzip"],
            &packed[..torn],
        ))
    });
    let publisher = publisher.expect("there is a port left");
    let (found, body) = fetched(&request(&publisher.url("/list")));
    assert_eq!((found.sha256, body.as_slice()), (sha256(LIST), LIST));
    let torn = run(&request(&publisher.url("/torn")));
    assert!(matches!(torn, Err(FetchError::Broken { .. })), "{torn:?}");
}

#[test]
fn what_breaks_off_is_not_taken_for_the_whole() {
    let publisher = Publisher::plain(|asked, out| {
        out.write_all(match asked.path.as_str() {
            "/length" => b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n192.0.2.1\n",
            "/chunk" => b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nff\r\n192.0.2.1\n",
            "/head" => b"HTTP/1.1 200 OK\r\nContent-Le",
            _ => b"",
        })
    });
    let publisher = publisher.expect("there is a port left");
    for path in ["/length", "/chunk", "/head", "/nothing"] {
        let failed = run(&request(&publisher.url(path)));
        assert!(
            matches!(failed, Err(FetchError::Broken { .. })),
            "{path}: {failed:?}"
        );
    }
}

#[test]
fn a_head_without_an_end_is_not_kept() {
    let publisher = Publisher::plain(|_, out| {
        out.write_all(b"HTTP/1.1 200 OK\r\n")?;
        endless(
            out,
            b"X-Padding: 0123456789abcdef0123456789abcdef\r\n",
            Duration::ZERO,
        )
    });
    let publisher = publisher.expect("there is a port left");
    let mut asked = short(&publisher.url("/"));
    asked.limits.total = LONG;
    let failed = run(&asked);
    assert!(
        matches!(failed, Err(FetchError::Broken { .. })),
        "{failed:?}"
    );
}
