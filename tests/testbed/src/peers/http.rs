// SPDX-License-Identifier: MIT
//! A web server small enough to trust: a page, and a download that never ends.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use super::tcp::{TcpService, be_patient};
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

/// HTTP/1.1 server in a host: `/` is [`PAGE`], `/stream` goes on until one side ends it. Ends when dropped.
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
    be_patient(stream)?;
    let head = read_head(stream)?;
    requests.fetch_add(1, Ordering::SeqCst);
    match head.split(' ').nth(1) {
        Some("/") => answer(stream, "200 OK", PAGE),
        Some("/stream") => flow(stream),
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

/// Sends small pieces until a write fails: the client closed, the path was cut, or the server was dropped.
fn flow(mut stream: &TcpStream) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let head =
        "HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\nConnection: close\r\n\r\n";
    stream.write_all(head.as_bytes())?;
    loop {
        stream.write_all(&[b'.'; PIECE])?;
        thread::sleep(PAUSE);
    }
}
