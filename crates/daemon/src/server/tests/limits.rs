// SPDX-License-Identifier: MIT
//! What a client may take, and what becomes of one that takes more.

use super::*;
use crate::limits::{CONTROL, READ_ONLY};

#[tokio::test]
async fn a_client_that_says_nothing_is_cut_off() {
    let server = Running::start("silent");
    let socket = server.instance.socket();
    let answer = raw(&socket, b"GET /v1/sta");
    let ended = tokio::time::timeout(6 * HEAD, answer).await;
    ended.expect("the connection is closed");
    server.stop().await;
}

#[tokio::test]
async fn more_connections_than_are_served_wait_their_turn() {
    let server = Running::start("many");
    let mut idle = Vec::new();
    for _ in 0..CONTROL.connections {
        idle.push(
            UnixStream::connect(server.instance.socket())
                .await
                .expect("the kernel queues it"),
        );
    }
    let client = server.client();
    let waiting = tokio::spawn(async move { client.bans().await });
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert!(!waiting.is_finished(), "all places are taken");
    idle.pop();
    let answer = waiting
        .await
        .expect("no panic")
        .expect("a place became free");
    assert_eq!(answer, BanList::default());
    drop(idle);
    server.stop().await;
}

#[tokio::test]
async fn a_slow_follower_is_told_what_it_missed_and_a_stop_ends_the_stream() {
    let server = Running::start("stream");
    let mut feed = server.client().follow().await.expect("a stream");
    let event = event();
    server.feed.send(event.clone()).expect("one follows");
    let line = feed.next().await.expect("a line");
    assert_eq!(line, Some(StreamLine::Event(Box::new(event.clone()))));
    // No await in between: the follower cannot keep up, and two places are all there are.
    for _ in 0..5 {
        server.feed.send(event.clone()).expect("one follows");
    }
    assert_eq!(
        feed.next().await.expect("a line"),
        Some(StreamLine::Missed { missed: 3 })
    );
    server.stop().await;
    // One that is cut off ends with an error instead.
    while feed
        .next()
        .await
        .expect("the stream ends by itself")
        .is_some()
    {}
}

#[tokio::test]
async fn the_read_only_socket_answers_questions_and_takes_no_changes() {
    let server = Running::start("questions-only");
    let socket = server.instance.read_only_socket();
    let answer = raw(&socket, &request("GET", Endpoint::Bans.path(), "")).await;
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    let ban = request("POST", Endpoint::Ban.path(), "{\"target\":\"192.0.2.1\"}");
    let answer = raw(&socket, &ban).await;
    assert!(answer.starts_with("HTTP/1.1 403 "), "{answer}");
    for word in ["\"forbidden\"", "use sudo"] {
        assert!(answer.contains(word), "{word}: {answer}");
    }
    server.stop().await;
}

#[tokio::test]
async fn who_asks_too_often_is_told_when_to_ask_again() {
    let server = Running::start("often");
    let socket = server.instance.read_only_socket();
    let mut stream = UnixStream::connect(&socket).await.expect("it listens");
    let question = b"GET /v1/stats HTTP/1.1\r\nHost: aegis\r\n\r\n";
    let many =
        4 * usize::try_from(READ_ONLY.requests.tolerance_ns / READ_ONLY.requests.interval_ns)
            .expect("few");
    let asked = question.repeat(many);
    let (mut read, mut write) = stream.split();
    let mut answers = vec![0; 64 * 1024];
    let mut text = String::new();
    let sent = async { write.write_all(&asked).await.expect("it is read") };
    let told = async {
        while !text.contains("429 Too Many Requests") {
            let length = read.read(&mut answers).await.expect("it answers");
            text.push_str(&String::from_utf8_lossy(&answers[..length]));
        }
    };
    tokio::join!(sent, told);
    assert!(text.contains("retry-after: 1"), "{text}");
    // The other socket has limits of its own.
    server.client().bans().await.expect("an answer");
    server.stop().await;
}

#[tokio::test]
async fn one_user_cannot_take_every_place_of_the_read_only_socket() {
    let server = Running::start("places");
    let socket = server.instance.read_only_socket();
    let mut taken = Vec::new();
    for _ in 0..READ_ONLY.connections_of_one {
        let mut stream = UnixStream::connect(&socket).await.expect("it listens");
        stream.write_all(b"GET").await.expect("it is read");
        taken.push(stream);
    }
    let answer = raw(&socket, &request("GET", Endpoint::Bans.path(), "")).await;
    assert!(answer.starts_with("HTTP/1.1 429 "), "{answer}");
    assert!(answer.contains("connections already"), "{answer}");
    // Those who do not even ask are not waited for.
    let mut silent = Vec::new();
    for _ in 0..100 {
        silent.push(UnixStream::connect(&socket).await.expect("it listens"));
    }
    server.client().bans().await.expect("an answer");
    drop((taken, silent));
    server.stop().await;
}

#[tokio::test]
async fn streams_of_a_user_are_bounded_and_end_with_their_readers() {
    let server = Running::start("streams");
    let every = Duration::from_millis(200);
    let mut feeds = Vec::new();
    for _ in 0..CONTROL.streams_of_one {
        feeds.push(server.client().follow().await.expect("a stream"));
    }
    let more = server.client().follow_stats(every).await;
    let more = more.expect_err("that is one too many").to_string();
    assert!(more.contains("streams already"), "{more}");
    drop(feeds);
    let began = std::time::Instant::now();
    let mut feed = loop {
        // A reader that has gone is noticed soon, and not at once.
        match server.client().follow_stats(every).await {
            Ok(feed) => break feed,
            Err(error) => assert!(began.elapsed() < Duration::from_secs(10), "{error}"),
        }
        tokio::time::sleep(every / 4).await;
    };
    let first = feed.next().await.expect("a line").expect("the first");
    let second = feed.next().await.expect("a line").expect("the second");
    assert!(second.elapsed_nanoseconds > first.elapsed_nanoseconds);
    server.stop().await;
}
