// SPDX-License-Identifier: MIT
//! Echo and sink services.

use std::io::{Read, Write};
use std::net::{Ipv6Addr, SocketAddr, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use super::tcp::{TcpService, be_patient};
use crate::error::{Doing, Result};
use crate::host::Host;

/// How long a silent client of the TCP service is borne: a session may idle.
const IDLE: Duration = Duration::from_secs(600);
/// How often a service looks whether it should end.
const LOOK: Duration = Duration::from_millis(20);

/// Sends back what it receives over TCP, on every address of the host. Ends when dropped.
#[derive(Debug)]
pub struct TcpEcho(TcpService);

impl TcpEcho {
    /// Starts to serve on this port (0: any).
    ///
    /// # Errors
    /// [`Error::Io`](crate::Error::Io) when the port is taken.
    pub fn start(host: &Host, port: u16) -> Result<Self> {
        let service = TcpService::start(host, port, |mut stream| {
            let mut chunk = [0; 4096];
            if be_patient(stream, IDLE).is_err() {
                return;
            }
            while let Ok(length @ 1..) = stream.read(&mut chunk) {
                if stream.write_all(&chunk[..length]).is_err() {
                    break;
                }
            }
        })?;
        Ok(Self(service))
    }

    /// Port it listens on.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.0.port()
    }
}

/// Sends back what it receives over UDP, on every address of the host. Ends when dropped.
#[derive(Debug)]
pub struct UdpEcho(UdpService);

impl UdpEcho {
    /// Starts to serve on this port (0: any).
    ///
    /// # Errors
    /// [`Error::Io`](crate::Error::Io) when the port is taken.
    pub fn start(host: &Host, port: u16) -> Result<Self> {
        UdpService::start(host, port, Habit::Echo).map(Self)
    }

    /// Port it listens on.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.0.port
    }

    /// Datagrams received so far.
    #[must_use]
    pub fn received(&self) -> u64 {
        self.0.received.load(Ordering::SeqCst)
    }
}

/// Counts what it receives over UDP and says nothing. Ends when dropped.
#[derive(Debug)]
pub struct UdpSink(UdpService);

impl UdpSink {
    /// Starts to count on this port (0: any).
    ///
    /// # Errors
    /// [`Error::Io`](crate::Error::Io) when the port is taken.
    pub fn start(host: &Host, port: u16) -> Result<Self> {
        UdpService::start(host, port, Habit::Silence).map(Self)
    }

    /// Port it listens on.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.0.port
    }

    /// Datagrams received so far.
    #[must_use]
    pub fn received(&self) -> u64 {
        self.0.received.load(Ordering::SeqCst)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Habit {
    Echo,
    Silence,
}

#[derive(Debug)]
struct UdpService {
    port: u16,
    received: Arc<AtomicU64>,
    stop: Arc<AtomicBool>,
    serving: Option<JoinHandle<()>>,
}

impl UdpService {
    fn start(host: &Host, port: u16, habit: Habit) -> Result<Self> {
        let everywhere = SocketAddr::from((Ipv6Addr::UNSPECIFIED, port));
        let listening = || format!("listen on UDP port {port} of {}", host.label());
        let socket = host
            .enter(|| UdpSocket::bind(everywhere))?
            .doing(listening)?;
        socket.set_read_timeout(Some(LOOK)).doing(listening)?;
        let port = socket.local_addr().doing(listening)?.port();
        let (received, stop) = (
            Arc::new(AtomicU64::new(0)),
            Arc::new(AtomicBool::new(false)),
        );
        let (counted, stopped) = (Arc::clone(&received), Arc::clone(&stop));
        let serving = thread::spawn(move || serve(&socket, habit, &counted, &stopped));
        Ok(Self {
            port,
            received,
            stop,
            serving: Some(serving),
        })
    }
}

impl Drop for UdpService {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        if let Some(thread) = self.serving.take() {
            // A thread that panicked has already said so.
            drop(thread.join());
        }
    }
}

fn serve(socket: &UdpSocket, habit: Habit, received: &AtomicU64, stop: &AtomicBool) {
    let mut datagram = vec![0; 65_536];
    while !stop.load(Ordering::SeqCst) {
        if let Ok((length, from)) = socket.recv_from(&mut datagram) {
            received.fetch_add(1, Ordering::SeqCst);
            if habit == Habit::Echo {
                // The asker may be cut off by now; that is for the asker to notice.
                drop(socket.send_to(&datagram[..length], from));
            }
        }
    }
}
