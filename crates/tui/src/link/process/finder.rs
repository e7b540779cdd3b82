// SPDX-License-Identifier: MIT
//! From the two ends of a connection to the number of its socket (`/proc/net`), and from that to the
//! process that has it open (`/proc/PID/fd`). What is not permitted, and what ends meanwhile, is skipped.

use crate::model::{Ends, Process};
use procfs::process::{self, FDTarget};
use std::collections::{HashMap, HashSet};
use std::fs;
use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::time::{Duration, Instant};

/// For so long a socket that nobody had is not looked for again.
const PATIENCE: Duration = Duration::from_secs(30);

/// Looks, and remembers what it found: processes are gone through only for sockets that are new.
#[derive(Debug, Default)]
pub struct Finder {
    /// Owners, by the number of a socket.
    owners: HashMap<u64, Process>,
    /// Sockets of which no owner was found, and when.
    nobodys: HashMap<u64, Instant>,
}

impl Finder {
    /// The programs that have these connections, by the id of a connection.
    pub fn find(&mut self, ends: &[Ends]) -> HashMap<String, Process> {
        let sockets = sockets(ends);
        let wanted: HashSet<u64> = sockets.values().copied().collect();
        self.owners.retain(|socket, _| wanted.contains(socket));
        self.nobodys
            .retain(|socket, since| wanted.contains(socket) && since.elapsed() < PATIENCE);
        let is_known =
            |socket: &u64| self.owners.contains_key(socket) || self.nobodys.contains_key(socket);
        let mut missing: HashSet<u64> = wanted.into_iter().filter(|it| !is_known(it)).collect();
        self.look_for(&mut missing);
        let now = Instant::now();
        self.nobodys
            .extend(missing.into_iter().map(|socket| (socket, now)));
        let owner = |(id, socket): (String, u64)| Some((id, self.owners.get(&socket)?.clone()));
        sockets.into_iter().filter_map(owner).collect()
    }

    /// Goes through the processes until each of these sockets has its owner.
    fn look_for(&mut self, missing: &mut HashSet<u64>) {
        if missing.is_empty() {
            return;
        }
        let Ok(all) = process::all_processes() else {
            return;
        };
        for process in all.flatten() {
            let Ok(open) = process.fd() else { continue };
            let sockets: Vec<u64> = open
                .flatten()
                .filter_map(|file| socket(&file.target))
                .collect();
            let mut mine = sockets
                .into_iter()
                .filter(|it| missing.remove(it))
                .peekable();
            if mine.peek().is_none() {
                continue;
            }
            let described = described(&process);
            self.owners
                .extend(mine.map(|socket| (socket, described.clone())));
            if missing.is_empty() {
                return;
            }
        }
    }
}

fn socket(target: &FDTarget) -> Option<u64> {
    match target {
        FDTarget::Socket(number) => Some(*number),
        _ => None,
    }
}

fn described(process: &process::Process) -> Process {
    let name = process.stat().map(|stat| stat.comm);
    let command = process.cmdline().map(|words| words.join(" "));
    Process {
        pid: process.pid,
        name: printable(&name.unwrap_or_default()),
        user: process.uid().map(user).unwrap_or_default(),
        command: printable(&command.unwrap_or_default()),
    }
}

/// Processes name themselves as they like.
fn printable(text: &str) -> String {
    text.chars().filter(|letter| !letter.is_control()).collect()
}

/// By name, where `/etc/passwd` has one: names that are kept elsewhere may take long to ask for.
fn user(number: u32) -> String {
    let number = number.to_string();
    let users = fs::read_to_string("/etc/passwd").unwrap_or_default();
    let named = users.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        (fields.nth(1) == Some(&number)).then(|| printable(name))
    });
    named.unwrap_or(number)
}

/// The numbers of the sockets of connections, by id.
fn sockets(ends: &[Ends]) -> HashMap<String, u64> {
    let mut found = HashMap::new();
    for proto in ["tcp", "udp"] {
        let wanted: Vec<&Ends> = ends.iter().filter(|ends| ends.proto == proto).collect();
        if wanted.is_empty() {
            continue;
        }
        let table = Table::read(proto);
        let numbers = wanted.iter().filter_map(|ends| {
            let number = table.of(ends)?;
            Some((ends.id.clone(), number))
        });
        found.extend(numbers);
    }
    found
}

/// Sockets of a protocol.
#[derive(Debug, Default)]
struct Table {
    /// By this end and the other.
    connected: HashMap<(SocketAddr, SocketAddr), u64>,
    /// Of a protocol that needs no connection, by this end.
    open: HashMap<SocketAddr, u64>,
}

impl Table {
    fn read(proto: &str) -> Self {
        let mut table = Self::default();
        if proto == "tcp" {
            let entries = [procfs::net::tcp(), procfs::net::tcp6()];
            for entry in entries.into_iter().flatten().flatten() {
                // Who listens does not have what was not accepted yet.
                if entry.remote_address.port() != 0 {
                    table.add(entry.local_address, entry.remote_address, entry.inode);
                }
            }
        } else {
            let entries = [procfs::net::udp(), procfs::net::udp6()];
            for entry in entries.into_iter().flatten().flatten() {
                table.add(entry.local_address, entry.remote_address, entry.inode);
            }
        }
        table
    }

    fn add(&mut self, local: SocketAddr, peer: SocketAddr, number: u64) {
        // What was not accepted yet, or is over, has none.
        if number == 0 {
            return;
        }
        let (local, peer) = (canonical(local), canonical(peer));
        if peer.port() == 0 {
            self.open.insert(local, number);
        } else {
            self.connected.insert((local, peer), number);
        }
    }

    fn of(&self, ends: &Ends) -> Option<u64> {
        let (local, peer) = (canonical(ends.local), canonical(ends.peer));
        let everywhere = |address: IpAddr| match address {
            IpAddr::V4(_) => IpAddr::from([0; 4]),
            IpAddr::V6(_) => IpAddr::from([0_u16; 8]),
        };
        let anywhere = || {
            let port = local.port();
            let own = self
                .open
                .get(&SocketAddr::new(everywhere(local.ip()), port));
            // One that is bound to every address has both families.
            let both = || {
                self.open
                    .get(&SocketAddr::new(IpAddr::from([0_u16; 8]), port))
            };
            own.or_else(both).filter(|_| is_own(local.ip()))
        };
        let connected = self.connected.get(&(local, peer));
        let open = || self.open.get(&local).or_else(anywhere);
        connected.or_else(open).copied()
    }
}

/// IPv4 in an IPv6 socket is IPv4.
fn canonical(end: SocketAddr) -> SocketAddr {
    SocketAddr::new(end.ip().to_canonical(), end.port())
}

/// Whether an address is one of this host: of what it only forwards it has no socket.
fn is_own(address: IpAddr) -> bool {
    UdpSocket::bind((address, 0)).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::{TcpListener, TcpStream};

    fn ends(proto: &str, local: SocketAddr, peer: SocketAddr) -> Ends {
        Ends {
            id: format!("{proto}/{peer}/{local}"),
            proto: proto.to_owned(),
            local,
            peer,
        }
    }

    fn own_pid() -> i32 {
        i32::try_from(std::process::id()).expect("a process number")
    }

    #[test]
    fn a_connection_is_the_process_that_has_its_socket_open() {
        for address in ["127.0.0.1:0", "[::1]:0"] {
            let listener = TcpListener::bind(address).expect("a listener");
            let local = listener.local_addr().expect("its end");
            let client = TcpStream::connect(local).expect("a connection");
            let peer = client.local_addr().expect("the other end");
            let (server, _) = listener.accept().expect("its server");
            let wanted = [ends("tcp", local, peer), ends("tcp", local, local)];
            let mut finder = Finder::default();
            for _ in 0..2 {
                let found = finder.find(&wanted);
                assert_eq!(found.len(), 1, "{found:?}");
                let process = &found[&wanted[0].id];
                assert_eq!(process.pid, own_pid());
                assert!(!process.command.is_empty() && !process.user.is_empty());
            }
            drop(server);
        }
    }

    #[test]
    fn a_socket_without_a_connection_has_those_of_its_port_on_this_host_only() {
        let socket = UdpSocket::bind("0.0.0.0:0").expect("a socket");
        let port = socket.local_addr().expect("its end").port();
        let peer = "192.0.2.1:53".parse().expect("an end");
        let own = ends(
            "udp",
            SocketAddr::new(IpAddr::from([127, 0, 0, 1]), port),
            peer,
        );
        let forwarded = SocketAddr::new(IpAddr::from([203, 0, 113, 77]), port);
        let forwarded = ends("udp", forwarded, peer);
        let found = Finder::default().find(&[own.clone(), forwarded]);
        assert_eq!(found.keys().collect::<Vec<_>>(), [&own.id]);
        assert_eq!(found[&own.id].pid, own_pid());
    }

    #[test]
    fn names_of_processes_have_nothing_that_a_terminal_would_obey() {
        assert_eq!(printable("a\x1b[31mb\n\u{9b}c"), "a[31mbc");
    }
}
