// SPDX-License-Identifier: MIT
//! What the TCP servers share: accept, one thread a connection, everything closed on drop.

use std::collections::BTreeMap;
use std::net::{Ipv6Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::os::fd::AsRawFd;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use crate::error::{Doing, Result};
use crate::host::Host;
use crate::process::lock;
use crate::sys;

/// Connections that may wait to be accepted, as many as busy web servers allow.
const BACKLOG: i32 = 1_024;
/// How often the accepting thread looks whether it should end.
const LOOK: Duration = Duration::from_millis(20);
/// How long a peer is borne that does not go on with its request or does not take the answer.
pub(super) const PATIENCE: Duration = Duration::from_secs(30);

/// A TCP service on every address, v4 and v6, of one host.
#[derive(Debug)]
pub(super) struct TcpService {
    port: u16,
    shared: Arc<Shared>,
    accepting: Option<JoinHandle<()>>,
}

#[derive(Debug, Default)]
struct Shared {
    stop: AtomicBool,
    /// A second handle of every open connection, so that dropping the service ends them.
    open: Mutex<BTreeMap<u64, TcpStream>>,
}

impl TcpService {
    /// Listens on `port` (0: any) and hands each connection to `serve` on a thread of its own.
    pub(super) fn start(
        host: &Host,
        port: u16,
        serve: impl Fn(&TcpStream) + Send + Sync + 'static,
    ) -> Result<Self> {
        let everywhere = SocketAddr::from((Ipv6Addr::UNSPECIFIED, port));
        let listening = || format!("listen on TCP port {port} of {}", host.label());
        let listener = host
            .enter(|| TcpListener::bind(everywhere))?
            .doing(listening)?;
        // The 128 of the standard library are fewer than a test opens while a busy machine looks elsewhere.
        sys::set_backlog(listener.as_raw_fd(), BACKLOG).doing(listening)?;
        let port = listener.local_addr().doing(listening)?.port();
        let shared = Arc::new(Shared::default());
        let mine = Arc::clone(&shared);
        let accepting = thread::spawn(move || accept(&listener, &mine, &Arc::new(serve)));
        Ok(Self {
            port,
            shared,
            accepting: Some(accepting),
        })
    }

    pub(super) fn port(&self) -> u16 {
        self.port
    }
}

impl Drop for TcpService {
    fn drop(&mut self) {
        self.shared.stop.store(true, Ordering::SeqCst);
        if let Some(thread) = self.accepting.take() {
            // A thread that panicked has already said so.
            drop(thread.join());
        }
        for stream in lock(&self.shared.open).values() {
            // Closed by the peer in the meantime: just as well.
            drop(stream.shutdown(Shutdown::Both));
        }
    }
}

fn accept<F>(listener: &TcpListener, shared: &Arc<Shared>, serve: &Arc<F>)
where
    F: Fn(&TcpStream) + Send + Sync + 'static,
{
    for number in 0.. {
        let stream = loop {
            if shared.stop.load(Ordering::SeqCst) {
                return;
            }
            if let Ok(true) = sys::wait_readable(listener.as_raw_fd(), LOOK)
                && let Ok((stream, _)) = listener.accept()
            {
                break stream;
            }
        };
        let Ok(twin) = stream.try_clone() else {
            continue;
        };
        lock(&shared.open).insert(number, twin);
        let (serve, shared) = (Arc::clone(serve), Arc::clone(shared));
        thread::spawn(move || {
            serve(&stream);
            // As above: the peer may have been first.
            drop(stream.shutdown(Shutdown::Both));
            lock(&shared.open).remove(&number);
        });
    }
}

/// Sets how long the peer may be silent, or not take what is sent.
pub(super) fn be_patient(stream: &TcpStream, patience: Duration) -> std::io::Result<()> {
    stream.set_read_timeout(Some(patience))?;
    stream.set_write_timeout(Some(PATIENCE))
}
