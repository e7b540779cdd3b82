// SPDX-License-Identifier: MIT
//! Both ends of a TCP connection within one namespace.

use std::io::{ErrorKind, Read, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::time::Duration;

/// Longer than anything on `lo` takes.
pub const PATIENCE: Duration = Duration::from_secs(5);

/// `127.0.0.1`.
pub const V4: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
/// `::1`.
pub const V6: IpAddr = IpAddr::V6(Ipv6Addr::LOCALHOST);
/// `::ffff:127.0.0.1`: IPv4 through an IPv6 socket.
pub const MAPPED: IpAddr = IpAddr::V6(Ipv4Addr::LOCALHOST.to_ipv6_mapped());

/// A connection whose client end is the peer.
pub struct Pair {
    pub server: TcpStream,
    pub client: TcpStream,
}

impl Pair {
    /// Connects to the listener at `to`, and takes the connection off its queue.
    pub fn open(listener: &TcpListener, to: IpAddr) -> Self {
        let port = listener.local_addr().unwrap().port();
        let client = TcpStream::connect(SocketAddr::new(to, port)).unwrap();
        let (server, _) = listener.accept().unwrap();
        for end in [&server, &client] {
            end.set_read_timeout(Some(PATIENCE)).unwrap();
        }
        Self { server, client }
    }

    /// What the host is shown: its address, the peer's.
    pub fn ends(&self) -> (SocketAddr, SocketAddr) {
        let peer = self.client.local_addr().unwrap();
        let local = self.client.peer_addr().unwrap();
        let shown = |end: SocketAddr| SocketAddr::new(end.ip().to_canonical(), end.port());
        (shown(local), shown(peer))
    }

    /// Whether bytes get through both ways.
    pub fn talks(&mut self) -> bool {
        let mut word = [0; 4];
        self.client.write_all(b"ping").is_ok()
            && self.server.read_exact(&mut word).is_ok()
            && self.server.write_all(b"pong").is_ok()
            && self.client.read_exact(&mut word).is_ok()
            && &word == b"pong"
    }

    /// How the reading of each end fails: the host's, the peer's.
    pub fn errors(&mut self) -> (ErrorKind, ErrorKind) {
        let mut room = [0; 4];
        let mut read = |end: &mut TcpStream| end.read(&mut room).unwrap_err().kind();
        (read(&mut self.server), read(&mut self.client))
    }
}

/// Two UDP sockets at these addresses, connected to each other; and how their ends are shown.
pub fn udp_pair(at: [IpAddr; 2]) -> ([UdpSocket; 2], (SocketAddr, SocketAddr)) {
    let ends = at.map(|address| UdpSocket::bind((address, 0)).unwrap());
    let ports = [&ends[0], &ends[1]].map(|end| end.local_addr().unwrap().port());
    for (here, there) in [(0, 1), (1, 0)] {
        let to = match at[here] {
            IpAddr::V4(_) => at[there].to_canonical(),
            IpAddr::V6(_) if at[there].is_ipv4() => MAPPED,
            IpAddr::V6(_) => at[there],
        };
        ends[here].connect((to, ports[there])).unwrap();
        ends[here].set_read_timeout(Some(PATIENCE)).unwrap();
    }
    let shown = [0, 1].map(|end| SocketAddr::new(at[end].to_canonical(), ports[end]));
    (ends, (shown[0], shown[1]))
}
