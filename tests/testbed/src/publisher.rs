// SPDX-License-Identifier: MIT
//! Somebody who publishes lists, over HTTP or HTTPS, and answers as badly as a test wants.

mod authority;
mod tunnel;

pub use authority::{Authority, Certificate};
pub use tunnel::Tunnel;

use rustls::{ServerConfig, ServerConnection, StreamOwned};
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

/// Who says nothing for so long is left alone.
const PATIENCE: Duration = Duration::from_secs(10);

/// What a client asks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Asked {
    /// Such as `GET`.
    pub method: String,
    /// With its query.
    pub path: String,
    /// Names in small letters.
    pub headers: Vec<(String, String)>,
    /// What was sent.
    pub content: Vec<u8>,
}

impl Asked {
    /// The value of a header, by its name in small letters.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str())
    }

    fn read(stream: &mut impl BufRead) -> io::Result<Self> {
        let mut line = String::new();
        stream.read_line(&mut line)?;
        let mut words = line.split_whitespace().map(str::to_owned);
        let mut asked = Self {
            method: words.next().unwrap_or_default(),
            path: words.next().unwrap_or_default(),
            ..Self::default()
        };
        loop {
            let mut line = String::new();
            stream.read_line(&mut line)?;
            let Some((name, value)) = line.trim_end().split_once(':') else {
                break;
            };
            let header = (name.to_lowercase(), value.trim().to_owned());
            asked.headers.push(header);
        }
        let length = asked.header("content-length").unwrap_or("0");
        let length = length.parse().map_err(io::Error::other)?;
        stream.take(length).read_to_end(&mut asked.content)?;
        Ok(asked)
    }
}

/// Answers a question. The connection ends when it returns.
type Answers = Arc<dyn Fn(&Asked, &mut dyn Write) -> io::Result<()> + Send + Sync>;

/// An answer as HTTP has it, whole and with its length.
#[must_use]
pub fn answer(status: &str, headers: &[&str], content: &[u8]) -> Vec<u8> {
    let length = content.len();
    let headers: String = headers.iter().map(|line| format!("{line}\r\n")).collect();
    let head = format!(
        "HTTP/1.1 {status}\r\n{headers}Content-Length: {length}\r\nConnection: close\r\n\r\n"
    );
    [head.as_bytes(), content].concat()
}

/// A server of this process; it ends when dropped.
pub struct Publisher {
    address: SocketAddr,
    scheme: &'static str,
    asked: Arc<Mutex<Vec<Asked>>>,
    stop: Arc<AtomicBool>,
}

impl Publisher {
    /// Over HTTP, on loopback.
    ///
    /// # Errors
    /// Where there is no port left.
    pub fn plain(
        answers: impl Fn(&Asked, &mut dyn Write) -> io::Result<()> + Send + Sync + 'static,
    ) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        Self::on(listener, None, Arc::new(answers))
    }

    /// Over HTTPS, on loopback, with this certificate.
    ///
    /// # Errors
    /// Where there is no port left.
    pub fn https(
        certificate: &Certificate,
        answers: impl Fn(&Asked, &mut dyn Write) -> io::Result<()> + Send + Sync + 'static,
    ) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        Self::on(listener, Some(certificate), Arc::new(answers))
    }

    /// Wherever a test listens: in a namespace of its own, say.
    ///
    /// # Errors
    /// Where the listener has no address.
    pub fn on(
        listener: TcpListener,
        certificate: Option<&Certificate>,
        answers: Answers,
    ) -> io::Result<Self> {
        let publisher = Self {
            address: listener.local_addr()?,
            scheme: certificate.map_or("http", |_| "https"),
            asked: Arc::default(),
            stop: Arc::default(),
        };
        let tls = certificate.map(Certificate::server);
        let (asked, stop) = (Arc::clone(&publisher.asked), Arc::clone(&publisher.stop));
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if stop.load(Ordering::Relaxed) {
                    return;
                }
                let (tls, answers, asked) = (tls.clone(), answers.clone(), Arc::clone(&asked));
                // Clients may go away whenever they like.
                thread::spawn(move || drop(serve(stream, tls, &answers, &asked)));
            }
        });
        Ok(publisher)
    }

    /// Where something of it is.
    #[must_use]
    pub fn url(&self, path: &str) -> String {
        format!("{}://{}{path}", self.scheme, self.address)
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What was asked so far, in order.
    #[must_use]
    pub fn asked(&self) -> Vec<Asked> {
        let asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        asked.clone()
    }
}

impl Drop for Publisher {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        // It waits for somebody to come.
        drop(TcpStream::connect_timeout(&self.address, PATIENCE));
    }
}

fn serve(
    stream: TcpStream,
    tls: Option<Arc<ServerConfig>>,
    answers: &Answers,
    asked: &Mutex<Vec<Asked>>,
) -> io::Result<()> {
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    match tls {
        None => converse(stream, answers, asked),
        Some(tls) => {
            let connection = ServerConnection::new(tls).map_err(io::Error::other)?;
            let mut stream = StreamOwned::new(connection, stream);
            converse(&mut stream, answers, asked)?;
            stream.conn.send_close_notify();
            stream.flush()
        }
    }
}

fn converse(
    stream: impl Read + Write,
    answers: &Answers,
    asked: &Mutex<Vec<Asked>>,
) -> io::Result<()> {
    let mut stream = BufReader::new(stream);
    let question = Asked::read(&mut stream)?;
    let mut all = asked.lock().unwrap_or_else(PoisonError::into_inner);
    all.push(question.clone());
    drop(all);
    answers(&question, stream.get_mut())?;
    stream.get_mut().flush()
}
