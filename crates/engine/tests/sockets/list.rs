// SPDX-License-Identifier: MIT
//! Every socket is listed, in its state, and only once.

use crate::namespace::{Namespace, ip, nft, skip};
use crate::pair::{MAPPED, Pair, V4, V6, udp_pair};
use aegis_engine::sockets::{self, Protocol, Socket, SocketState};
use std::collections::BTreeSet;
use std::net::{IpAddr, Shutdown, SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::thread;
use std::time::{Duration, Instant};

type Row = (Protocol, SocketAddr, SocketAddr, SocketState);

fn rows(sockets: &[Socket]) -> BTreeSet<Row> {
    let rows: BTreeSet<Row> = sockets
        .iter()
        .map(|socket| (socket.protocol, socket.local, socket.peer, socket.state))
        .collect();
    assert_eq!(rows.len(), sockets.len(), "a socket is listed twice");
    rows
}

fn connections(namespace: &Namespace) -> BTreeSet<Row> {
    rows(&namespace.ask(sockets::connections).unwrap())
}

/// Both ends of a connection, as the one host that has both sees them.
fn both(protocol: Protocol, (local, peer): (SocketAddr, SocketAddr)) -> [Row; 2] {
    let state = SocketState::Established;
    [
        (protocol, local, peer, state),
        (protocol, peer, local, state),
    ]
}

#[test]
fn connections_of_both_families_are_listed_and_mapped_ones_as_ipv4() {
    let Some(namespace) = Namespace::new(test_name!()) else {
        return;
    };
    let (pairs, udp, _others) = namespace.run(|| {
        let listeners = ["127.0.0.1:0", "[::1]:0", "[::]:0"];
        let listeners = listeners.map(|address| TcpListener::bind(address).unwrap());
        let [v4, v6, dual] = &listeners;
        let pairs = [(v4, V4), (v6, V6), (dual, V4), (dual, V6), (v4, MAPPED)];
        let pairs = pairs.map(|(listener, to)| Pair::open(listener, to));
        let udp = [[V4, V4], [V6, V6], [MAPPED, V4]].map(udp_pair);
        let unconnected = UdpSocket::bind("127.0.0.1:0").unwrap();
        (pairs, udp, (listeners, unconnected))
    });
    let tcp = pairs
        .iter()
        .flat_map(|pair| both(Protocol::Tcp, pair.ends()));
    let mut expected: BTreeSet<Row> = tcp.collect();
    let only_tcp = expected.clone();
    for (_, ends) in &udp {
        expected.extend(both(Protocol::Udp, *ends));
    }
    assert_eq!(expected.len(), 16);
    assert_eq!(connections(&namespace), expected);
    drop(udp);
    // A program that another test begins at this moment has them too, until it is executed.
    let began = Instant::now();
    while connections(&namespace) != only_tcp && began.elapsed() < Duration::from_secs(5) {
        thread::sleep(Duration::from_millis(10));
    }
    assert_eq!(connections(&namespace), only_tcp);
}

#[test]
fn listeners_are_listed_apart_from_connections() {
    let Some(namespace) = Namespace::new(test_name!()) else {
        return;
    };
    let (expected, _sockets) = namespace.run(|| {
        let tcp = TcpListener::bind("[::]:0").unwrap();
        let udp = UdpSocket::bind("[::ffff:127.0.0.1]:0").unwrap();
        let pair = Pair::open(&tcp, V4);
        let none = |address: &str| address.parse().unwrap();
        let listener = (
            Protocol::Tcp,
            tcp.local_addr().unwrap(),
            none("[::]:0"),
            SocketState::Listen,
        );
        let bound = SocketAddr::new(V4, udp.local_addr().unwrap().port());
        let unconnected = (
            Protocol::Udp,
            bound,
            none("0.0.0.0:0"),
            SocketState::Unconnected,
        );
        (BTreeSet::from([listener, unconnected]), (tcp, udp, pair))
    });
    let found = namespace.ask(sockets::listeners).unwrap();
    assert_eq!(rows(&found), expected);
    let uid = rustix::process::geteuid().as_raw();
    assert!(
        found
            .iter()
            .all(|socket| socket.uid == uid && socket.inode != 0)
    );
}

fn wait_for(namespace: &Namespace, expected: &BTreeSet<SocketState>) {
    let patience = Instant::now() + Duration::from_secs(5);
    loop {
        let found: BTreeSet<SocketState> = connections(namespace).iter().map(|row| row.3).collect();
        if &found == expected {
            return;
        }
        assert!(Instant::now() < patience, "{found:?}, not {expected:?}");
        thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn a_connection_is_listed_while_it_closes_and_after() {
    let Some(namespace) = Namespace::new(test_name!()) else {
        return;
    };
    let pair = namespace.run(|| Pair::open(&TcpListener::bind("[::1]:0").unwrap(), V6));
    pair.client.shutdown(Shutdown::Write).unwrap();
    let half = [SocketState::FinWait2, SocketState::CloseWait];
    wait_for(&namespace, &BTreeSet::from(half));
    drop(pair);
    wait_for(&namespace, &BTreeSet::from([SocketState::TimeWait]));
}

#[test]
fn half_open_connections_are_listed() {
    let Some(namespace) = Namespace::new(test_name!()) else {
        return;
    };
    let ready = namespace.run(|| {
        nft("table inet t { chain c { type filter hook input priority 0; tcp flags & (syn|ack) == (syn|ack) drop; }; }")
    });
    if !ready {
        skip(test_name!(), "nft has no rules here");
        return;
    }
    let listener = namespace.run(|| TcpListener::bind("127.0.0.1:0").unwrap());
    let port = listener.local_addr().unwrap().port();
    let to = SocketAddr::new(V4, port);
    let client = namespace.begin(move || TcpStream::connect_timeout(&to, Duration::from_secs(2)));
    let half = [SocketState::SynSent, SocketState::SynRecv];
    wait_for(&namespace, &BTreeSet::from(half));
    assert!(client.recv().unwrap().is_err());
}

#[test]
fn two_thousand_connections_are_listed_at_once() {
    const CONNECTIONS: usize = 2000;
    let Some(namespace) = Namespace::new(test_name!()) else {
        return;
    };
    let pairs = namespace.run(|| {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let pairs = (0..CONNECTIONS).map(|_| Pair::open(&listener, V4));
        pairs.collect::<Vec<_>>()
    });
    let start = Instant::now();
    let found = namespace.ask(sockets::connections).unwrap();
    let took = start.elapsed();
    assert!(took < Duration::from_millis(500), "{took:?}");
    println!("{} sockets in {took:?}", found.len());
    let expected = pairs
        .iter()
        .flat_map(|pair| both(Protocol::Tcp, pair.ends()));
    assert_eq!(rows(&found), expected.collect());
}

#[test]
fn other_namespaces_are_not_seen() {
    let [Some(here), Some(there)] = [test_name!(); 2].map(Namespace::new) else {
        return;
    };
    let address: IpAddr = "192.0.2.1".parse().unwrap();
    let _pair = there.run(move || {
        ip("addr add 192.0.2.1/32 dev lo");
        Pair::open(&TcpListener::bind((address, 0)).unwrap(), address)
    });
    assert_eq!(connections(&there).len(), 2);
    assert_eq!(connections(&here), BTreeSet::new());
}
