// SPDX-License-Identifier: MIT
use super::line::Line;
use super::*;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::os::fd::AsFd;
use std::thread;

/// Long enough for a thread to get its turn on a busy machine.
const LONG: Duration = Duration::from_secs(30);

/// A courier that is a thread of this process, and nothing that would begin another one.
fn courier() -> Courier {
    let (ours, theirs) = Line::pair().expect("a pair can be made");
    thread::spawn(|| work::serve(Line::of(theirs), Some("why".to_owned())));
    let apart = Arc::new(Apart::with(ours, "/nonexistent/courier.sock".into()));
    let courier = Courier { apart: Some(apart) };
    courier.listen();
    courier
}

/// Answers every request on this host with `content`; its address.
fn publisher(content: &'static [u8]) -> Source {
    let listener = TcpListener::bind("127.0.0.1:0").expect("there is a port left");
    let port = listener.local_addr().expect("it has one").port();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.expect("somebody asks");
            let mut asked = [0; 4096];
            let length = stream.read(&mut asked).expect("it asks");
            assert!(length > 0);
            let head = format!(
                "HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
                content.len()
            );
            let answer = [head.as_bytes(), content].concat();
            stream.write_all(&answer).expect("it listens");
        }
    });
    let url = format!("http://127.0.0.1:{port}/list");
    url.parse().expect("an address")
}

fn fetch(source: Source) -> Job {
    Job::Fetch(Box::new(Request::of(source)))
}

#[tokio::test]
async fn what_is_fetched_arrives_whole_and_jobs_do_not_wait_for_each_other() {
    let courier = courier();
    let silent = TcpListener::bind("127.0.0.1:0").expect("there is a port left");
    let port = silent.local_addr().expect("it has one").port();
    let stuck: Source = format!("http://127.0.0.1:{port}/")
        .parse()
        .expect("an address");
    let waits = tokio::spawn({
        let courier = courier.clone();
        async move { courier.ask(fetch(stuck)).await }
    });
    let source = publisher(b"192.0.2.1\n");
    let asked = (0..8).map(|_| courier.ask(fetch(source.clone())));
    let brought = tokio::time::timeout(LONG, futures_util::future::join_all(asked));
    for delivery in brought.await.expect("nobody waits") {
        let delivery = delivery.expect("it is there");
        assert_eq!(delivery.body, b"192.0.2.1\n");
        assert!(matches!(delivery.outcome, Outcome::Fetched(fetched) if fetched.bytes == 10));
    }
    assert!(!waits.is_finished());
    waits.abort();
}

#[tokio::test]
async fn what_fails_says_why_and_the_courier_goes_on() {
    let courier = courier();
    let mut request = Request::of(publisher(b"192.0.2.1\n"));
    request.limits.bytes = 5;
    let failed = courier.ask(Job::Fetch(Box::new(request.clone()))).await;
    let too_long = FetchError::TooLong {
        url: request.source.to_string(),
        most: 5,
    };
    assert_eq!(failed, Err(CourierError::Failed(too_long)));
    request.limits.bytes = 10;
    assert!(courier.ask(Job::Fetch(Box::new(request))).await.is_ok());
    assert_eq!(courier.state().problem.as_deref(), Some("why"));
}

/// A courier that does as `script` says.
fn scripted(script: impl FnOnce(&Line) + Send + 'static) -> Courier {
    let (ours, theirs) = Line::pair().expect("a pair can be made");
    thread::spawn(|| script(&Line::of(theirs)));
    let apart = Arc::new(Apart::with(ours, "/nonexistent/courier.sock".into()));
    let courier = Courier { apart: Some(apart) };
    courier.listen();
    courier
}

/// Receives questions up to a job's; its number.
fn asked(line: &Line) -> u64 {
    loop {
        match line.receive().expect("it is asked") {
            Some((work::Question::Do(number, _), _)) => return number,
            question => assert!(question.is_some(), "nobody asks"),
        }
    }
}

#[tokio::test]
async fn a_courier_that_is_gone_is_told_of_and_keeps_nobody_waiting() {
    let courier = scripted(|line| {
        asked(line);
    });
    let job = || fetch("http://127.0.0.1:9/".parse().expect("an address"));
    let gone = tokio::time::timeout(LONG, courier.ask(job())).await;
    let gone = gone.expect("nobody waits").expect_err("nobody answers");
    let told = gone.to_string();
    assert!(told.contains("restart the daemon"), "{told}");
    let problem = courier.state().problem.expect("it is told of");
    assert!(told.contains(&problem), "{told}");
    assert_eq!(courier.ask(job()).await, Err(gone));
}

#[tokio::test]
async fn an_answer_to_an_earlier_program_is_nobodys_and_a_body_that_could_change_is_refused() {
    let courier = scripted(|line| {
        let number = asked(line);
        let none = rustix::net::SendFlags::empty();
        let open = body::create().expect("there is memory");
        for (number, file) in [(7, None), (number, Some(open.as_fd()))] {
            let fetched = Ok(Outcome::Fetched(fetch::Fetched::default()));
            let said = line.send(&work::Answer::Done(number, fetched), file, none);
            said.expect("it listens");
        }
    });
    let job = fetch("http://127.0.0.1:9/".parse().expect("an address"));
    let refused = tokio::time::timeout(LONG, courier.ask(job)).await;
    let refused = refused
        .expect("nobody waits")
        .expect_err("it could be changed");
    assert!(
        refused.to_string().contains("could be changed"),
        "{refused}"
    );
}

#[tokio::test]
async fn files_of_this_host_are_read_here() {
    let path = std::env::temp_dir().join(format!("aegis-courier-{}", std::process::id()));
    std::fs::write(&path, "192.0.2.1\n").expect("it can be written");
    let (ours, theirs) = Line::pair().expect("a pair can be made");
    drop(theirs);
    let apart = Arc::new(Apart::with(ours, "/nonexistent/courier.sock".into()));
    let courier = Courier { apart: Some(apart) };
    let delivery = courier.ask(fetch(Source::File(path.clone()))).await;
    assert_eq!(delivery.expect("it is there").body, b"192.0.2.1\n");
    std::fs::remove_file(path).expect("it is ours");
}
