// SPDX-License-Identifier: MIT
//! A proxy that is asked to CONNECT (RFC 9110, 9.3.6), and connects to this host alone.

use super::{Asked, PATIENCE};
use std::io::{self, BufReader, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

/// A proxy of this process; it ends when dropped.
pub struct Tunnel {
    address: SocketAddr,
    asked: Arc<Mutex<Vec<Asked>>>,
    stop: Arc<AtomicBool>,
}

impl Tunnel {
    /// One that connects; or one that answers so.
    ///
    /// # Errors
    /// Where there is no port left.
    pub fn new(refusal: Option<&'static str>) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let tunnel = Self {
            address: listener.local_addr()?,
            asked: Arc::default(),
            stop: Arc::default(),
        };
        let (asked, stop) = (Arc::clone(&tunnel.asked), Arc::clone(&tunnel.stop));
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if stop.load(Ordering::Relaxed) {
                    return;
                }
                let asked = Arc::clone(&asked);
                // Clients may go away whenever they like.
                thread::spawn(move || drop(join(stream, refusal, &asked)));
            }
        });
        Ok(tunnel)
    }

    /// Where it is.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// What was asked so far, in order.
    #[must_use]
    pub fn asked(&self) -> Vec<Asked> {
        let asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        asked.clone()
    }
}

impl Drop for Tunnel {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        // It waits for somebody to come.
        drop(TcpStream::connect_timeout(&self.address, PATIENCE));
    }
}

fn join(client: TcpStream, refusal: Option<&str>, all: &Mutex<Vec<Asked>>) -> io::Result<()> {
    client.set_read_timeout(Some(PATIENCE))?;
    let asked = Asked::read(&mut BufReader::new(&client))?;
    let aim = asked.path.parse::<SocketAddr>();
    let mut known = all.lock().unwrap_or_else(PoisonError::into_inner);
    known.push(asked);
    drop(known);
    let mut answers = &client;
    if let Some(refusal) = refusal {
        return write!(answers, "HTTP/1.1 {refusal}\r\nContent-Length: 0\r\n\r\n");
    }
    let aim = aim.map_err(io::Error::other)?;
    if !aim.ip().is_loopback() {
        return write!(answers, "HTTP/1.1 403 Forbidden\r\n\r\n");
    }
    let server = TcpStream::connect_timeout(&aim, PATIENCE)?;
    write!(answers, "HTTP/1.1 200 OK\r\n\r\n")?;
    let (from, to) = (client.try_clone()?, server.try_clone()?);
    let back = thread::spawn(move || pass(&to, &from));
    pass(&client, &server)?;
    back.join()
        .map_err(|_| io::Error::other("it does not panic"))?
}

fn pass(mut from: &TcpStream, mut to: &TcpStream) -> io::Result<()> {
    from.set_read_timeout(Some(PATIENCE))?;
    io::copy(&mut from, &mut to)?;
    to.shutdown(Shutdown::Write)
}
