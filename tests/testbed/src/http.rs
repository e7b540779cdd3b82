// SPDX-License-Identifier: MIT
//! HTTP/1.1 over a unix socket, blocking and on one connection. It is not the client under test, and can do what that
//! would not: say half of something, say nonsense, and not read.

use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

use crate::error::{Doing, Error, Result};

/// How long an answer may take before a test fails.
const ANSWER: Duration = Duration::from_secs(30);

/// A connection.
#[derive(Debug)]
pub struct Http {
    stream: BufReader<UnixStream>,
}

/// An answer.
#[derive(Clone, Debug)]
pub struct Reply {
    /// Such as 200.
    pub status: u16,
    /// The status line and the fields, as they came.
    pub head: String,
    /// The body.
    pub body: String,
}

impl Reply {
    /// The body as JSON.
    ///
    /// # Errors
    /// [`Error::Unreadable`] when it is not.
    pub fn json(&self) -> Result<serde_json::Value> {
        serde_json::from_str(&self.body).map_err(|_| unreadable(&self.body))
    }
}

impl Http {
    /// Connects.
    ///
    /// # Errors
    /// [`Error::Io`] when nobody listens, or may not be asked.
    pub fn connect(socket: &Path) -> Result<Self> {
        let doing = || format!("connect to {}", socket.display());
        let stream = UnixStream::connect(socket).doing(doing)?;
        stream.set_read_timeout(Some(ANSWER)).doing(doing)?;
        stream.set_write_timeout(Some(ANSWER)).doing(doing)?;
        Ok(Self {
            stream: BufReader::new(stream),
        })
    }

    /// Sends bytes as they are.
    ///
    /// # Errors
    /// [`Error::Io`] when the other side has closed, or takes nothing.
    pub fn send(&mut self, bytes: &[u8]) -> Result<()> {
        let stream = self.stream.get_mut();
        stream
            .write_all(bytes)
            .doing(|| "send a request".to_owned())
    }

    /// Asks, and reads the answer. The connection stays.
    ///
    /// # Errors
    /// [`Error::Io`] when the connection ends, [`Error::Unreadable`] when the answer is no HTTP.
    pub fn ask(&mut self, method: &str, path: &str, body: &str) -> Result<Reply> {
        self.begin(method, path, body)?;
        let (status, head) = self.head()?;
        let length = field(&head, "content-length").and_then(|text| text.parse().ok());
        let mut body = vec![0; length.ok_or_else(|| unreadable(&head))?];
        let read = self.stream.read_exact(&mut body);
        read.doing(|| "read an answer".to_owned())?;
        let body = String::from_utf8_lossy(&body).into_owned();
        Ok(Reply { status, head, body })
    }

    /// Asks, and reads only that the answer begins.
    ///
    /// # Errors
    /// As [`Http::ask`].
    pub fn follow(&mut self, path: &str) -> Result<u16> {
        self.begin("GET", path, "")?;
        Ok(self.head()?.0)
    }

    /// The next line of JSON of a stream; `None` at its end.
    ///
    /// # Errors
    /// [`Error::Io`] when none comes in time.
    pub fn line(&mut self) -> Result<Option<serde_json::Value>> {
        loop {
            let mut line = String::new();
            let read = self.stream.read_line(&mut line);
            if read.doing(|| "read a line".to_owned())? == 0 {
                return Ok(None);
            }
            // Between the lines is what HTTP has there: the length of the next piece.
            if line.starts_with('{') {
                let json = serde_json::from_str(&line);
                return json.map(Some).map_err(|_| unreadable(&line));
            }
        }
    }

    /// Whatever still comes, until the other side closes.
    ///
    /// # Errors
    /// [`Error::Io`] when it does not.
    pub fn rest(&mut self) -> Result<Vec<u8>> {
        let mut rest = Vec::new();
        let read = self.stream.read_to_end(&mut rest);
        read.doing(|| "wait for the end".to_owned())?;
        Ok(rest)
    }

    /// The first bytes that come; none where the other side has closed without a word.
    pub fn begin_of_answer(&mut self) -> String {
        let bytes = self.stream.fill_buf().unwrap_or_default();
        String::from_utf8_lossy(bytes).into_owned()
    }

    fn begin(&mut self, method: &str, path: &str, body: &str) -> Result<()> {
        let length = body.len();
        let head = format!("{method} {path} HTTP/1.1\r\nHost: aegis\r\nContent-Length: {length}");
        self.send(format!("{head}\r\n\r\n{body}").as_bytes())
    }

    fn head(&mut self) -> Result<(u16, String)> {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            let read = self.stream.read_line(&mut head);
            if read.doing(|| "read an answer".to_owned())? == 0 {
                return Err(unreadable(&head));
            }
        }
        let status = head.split(' ').nth(1).and_then(|word| word.parse().ok());
        Ok((status.ok_or_else(|| unreadable(&head))?, head))
    }
}

/// The value of a field of the head; names are in lower case.
fn field<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    let fields = head.lines().filter_map(|line| line.split_once(": "));
    let mut values = fields.filter(|(field, _)| field.eq_ignore_ascii_case(name));
    values.next().map(|(_, value)| value)
}

fn unreadable(text: &str) -> Error {
    Error::Unreadable {
        what: "an answer over HTTP".to_owned(),
        text: text.to_owned(),
    }
}
