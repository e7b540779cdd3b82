// SPDX-License-Identifier: MIT
//! A web server small enough to trust: a page, a download that never ends, and one as long as the client asks for.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use super::pattern;
use super::tcp::{PATIENCE, TcpService, be_patient};
use crate::error::Result;
use crate::host::Host;

/// Body of the page at `/`.
pub const PAGE: &str = "<!doctype html><title>Aegis test page</title><p>It works.\n";
/// Longest request head read.
const MAX_HEAD: usize = 8 << 10;
/// Bytes of one piece of `/stream`.
const PIECE: usize = 1024;
/// Pause between two pieces: 50 KiB/s, enough to see a cut within a fraction of a second.
const PAUSE: Duration = Duration::from_millis(20);

/// HTTP/1.1 server in a host: `/` is [`PAGE`], `/stream` goes on until one side ends it, `/bytes/1000` has so many bytes.
/// Ends when dropped.
#[derive(Debug)]
pub struct HttpServer {
    service: TcpService,
    requests: Arc<AtomicU64>,
}

impl HttpServer {
    /// Starts to serve on this port (0: any) of every address of the host.
    ///
    /// # Errors
    /// [`Error::Io`](crate::Error::Io) when the port is taken.
    pub fn start(host: &Host, port: u16) -> Result<Self> {
        let requests = Arc::new(AtomicU64::new(0));
        let counted = Arc::clone(&requests);
        let service = TcpService::start(host, port, move |stream| {
            // A client that goes away in the middle is what firewalls are tested with.
            drop(serve(stream, &counted));
        })?;
        Ok(Self { service, requests })
    }

    /// Port it listens on.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.service.port()
    }

    /// Requests read whole so far.
    #[must_use]
    pub fn requests(&self) -> u64 {
        self.requests.load(Ordering::SeqCst)
    }
}

fn serve(stream: &TcpStream, requests: &AtomicU64) -> io::Result<()> {
    be_patient(stream, PATIENCE)?;
    let head = read_head(stream)?;
    requests.fetch_add(1, Ordering::SeqCst);
    let path = head.split(' ').nth(1).unwrap_or_default();
    let bytes = path.strip_prefix("/bytes/").map(str::parse);
    match (path, bytes) {
        ("/", _) => answer(stream, "200 OK", PAGE),
        ("/stream", _) => flow(stream),
        (_, Some(Ok(bytes))) => pour(stream, bytes),
        _ => answer(stream, "404 Not Found", "no such page\n"),
    }
}

fn read_head(mut stream: &TcpStream) -> io::Result<String> {
    let (mut head, mut chunk) = (Vec::new(), [0; 1024]);
    while !head.windows(4).any(|end| end == b"\r\n\r\n") {
        match stream.read(&mut chunk)? {
            0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            _ if head.len() > MAX_HEAD => return Err(io::ErrorKind::InvalidData.into()),
            length => head.extend_from_slice(&chunk[..length]),
        }
    }
    Ok(String::from_utf8_lossy(&head).into_owned())
}

fn answer(mut stream: &TcpStream, status: &str, body: &str) -> io::Result<()> {
    let length = body.len();
    let head = "Content-Type: text/html\r\nConnection: close\r\n";
    let text = format!("HTTP/1.1 {status}\r\n{head}Content-Length: {length}\r\n\r\n{body}");
    stream.write_all(text.as_bytes())
}

fn begin(mut stream: &TcpStream, length: &str) -> io::Result<()> {
    let kind = "Content-Type: application/octet-stream\r\nConnection: close\r\n";
    let head = format!("HTTP/1.1 200 OK\r\n{kind}{length}\r\n");
    stream.write_all(head.as_bytes())
}

/// Sends small pieces until a write fails: the client closed, the path was cut, or the server was dropped.
fn flow(mut stream: &TcpStream) -> io::Result<()> {
    stream.set_nodelay(true)?;
    begin(stream, "")?;
    for number in 0.. {
        stream.write_all(pattern::piece(number * PIECE as u64, PIECE))?;
        thread::sleep(PAUSE);
    }
    Ok(())
}

/// Sends so many bytes as fast as they go.
fn pour(mut stream: &TcpStream, bytes: u64) -> io::Result<()> {
    begin(stream, &format!("Content-Length: {bytes}\r\n"))?;
    let mut sent = 0;
    while sent < bytes {
        let length = (bytes - sent).min(pattern::PIECE as u64);
        stream.write_all(pattern::piece(sent, length as usize))?;
        sent += length;
    }
    Ok(())
}
