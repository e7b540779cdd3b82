// SPDX-License-Identifier: MIT
//! A connection as of somebody who types: short lines, either way, of which every byte is checked.
//! The test holds both ends, so that it decides who is the first to speak.

use aegis_testbed::{Error, Host, Result};
use std::cell::Cell;
use std::io::{Read, Write};
use std::net::{IpAddr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::time::Duration;

/// How long a line may take, retransmissions included.
const PATIENCE: Duration = Duration::from_secs(20);

/// Who says a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Speaker {
    Client,
    Server,
}

impl Speaker {
    pub const BOTH: [Self; 2] = [Self::Client, Self::Server];
}

/// Both ends of one connection.
#[derive(Debug)]
pub struct Talk {
    client: TcpStream,
    server: TcpStream,
    lines: Cell<usize>,
    /// Whose port has a listener is who was called.
    _listener: TcpListener,
}

fn io<T>(doing: &str, result: std::io::Result<T>) -> Result<T> {
    let what = doing.to_owned();
    result.map_err(|source| Error::Io { what, source })
}

impl Talk {
    /// Connects from `client` to an address of `server`, and says a few lines.
    pub fn open(client: &Host, server: &Host, address: IpAddr) -> Result<Self> {
        Self::open_through(client, server, (address, address))
    }

    /// The same where the server listens on one address, and is called by another.
    pub fn open_through(
        client: &Host,
        server: &Host,
        (address, outside): (IpAddr, IpAddr),
    ) -> Result<Self> {
        let listener = server.enter(|| TcpListener::bind((address, 0)))?;
        let listener = io("listen", listener)?;
        let port = io("ask for a port", listener.local_addr())?.port();
        let called = SocketAddr::new(outside, port);
        let client = client.connect(called, PATIENCE)?;
        let (server, _) = io("accept", listener.accept())?;
        for end in [&client, &server] {
            io("send at once", end.set_nodelay(true))?;
            io("be patient", end.set_read_timeout(Some(PATIENCE)))?;
        }
        let talk = Self {
            client,
            server,
            lines: Cell::new(0),
            _listener: listener,
        };
        talk.goes_on(Speaker::Client);
        Ok(talk)
    }

    /// The client's end and the server's.
    pub fn ends(&self) -> [SocketAddr; 2] {
        let end = |stream: &TcpStream| stream.local_addr().expect("it is bound");
        [end(&self.client), end(&self.server)]
    }

    /// Who the server believes to talk to: another than the client where addresses are translated.
    pub fn seen_client(&self) -> SocketAddr {
        self.server.peer_addr().expect("it is connected")
    }

    /// Several lines, by turns.
    #[track_caller]
    pub fn goes_on(&self, first: Speaker) {
        let second = match first {
            Speaker::Client => Speaker::Server,
            Speaker::Server => Speaker::Client,
        };
        for speaker in [first, second, first, first, second, second] {
            self.says(speaker);
        }
    }

    /// One line, which arrives as it was sent.
    #[track_caller]
    pub fn says(&self, speaker: Speaker) {
        let line = self.send(speaker);
        self.hears(speaker, &line);
    }

    /// One line that is on its way.
    #[track_caller]
    pub fn send(&self, speaker: Speaker) -> String {
        let number = self.lines.get();
        self.lines.set(number + 1);
        let line = format!("{speaker:?}, line {number}: {}\n", ".".repeat(number % 70));
        let mut from = match speaker {
            Speaker::Client => &self.client,
            Speaker::Server => &self.server,
        };
        if let Err(error) = from.write_all(line.as_bytes()) {
            panic!("{:?} is broken: {error}", self.ends());
        }
        line
    }

    /// What the other one reads next is this line.
    #[track_caller]
    pub fn hears(&self, speaker: Speaker, line: &str) {
        let mut heard = vec![0; line.len()];
        if let Err(error) = self.listener_of(speaker).read_exact(&mut heard) {
            panic!("{:?} is broken: {line:?}: {error}", self.ends());
        }
        let heard = String::from_utf8_lossy(&heard);
        assert_eq!(heard, line, "{:?}", self.ends());
    }

    /// Nothing more has arrived for the other one, and nothing does for so long.
    #[track_caller]
    pub fn is_not_heard(&self, speaker: Speaker, time: Duration) {
        let mut end = self.listener_of(speaker);
        end.set_read_timeout(Some(time)).expect("it is no 0");
        let heard = end.read(&mut [0; 128]);
        end.set_read_timeout(Some(PATIENCE)).expect("it is no 0");
        let kind = heard.as_ref().map_err(std::io::Error::kind);
        assert_eq!(kind, Err(std::io::ErrorKind::WouldBlock), "{heard:?}");
    }

    /// Ends as connections do: each side reads the end of the other, and not a byte too many.
    #[track_caller]
    pub fn ends_well(self) {
        for (mut one, mut other) in [(&self.client, &self.server), (&self.server, &self.client)] {
            one.shutdown(Shutdown::Write).expect("it stands");
            let more = other.read(&mut [0; 128]).ok();
            assert_eq!(more, Some(0), "{:?}", self.ends());
            // Nothing is left to do but this.
            one.flush().expect("nothing waits");
        }
    }

    fn listener_of(&self, speaker: Speaker) -> &TcpStream {
        match speaker {
            Speaker::Client => &self.server,
            Speaker::Server => &self.client,
        }
    }
}
