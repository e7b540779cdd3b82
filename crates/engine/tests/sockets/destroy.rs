// SPDX-License-Identifier: MIT
//! Exactly the connections that are meant end, and both ends notice.

use crate::namespace::Namespace;
use crate::pair::{MAPPED, Pair, V4, V6, udp_pair};
use aegis_engine::sockets::{self, Destroyed, Protocol, SocketFilter, SocketState};
use std::io::ErrorKind;
use std::net::{IpAddr, SocketAddr, TcpListener, TcpStream};

fn destroy(namespace: &Namespace, filter: SocketFilter) -> Destroyed {
    namespace
        .ask(move || async move { sockets::destroy(&filter).await })
        .unwrap()
}

fn tcp(count: usize) -> Destroyed {
    Destroyed { tcp: count, udp: 0 }
}

/// The connection with the peer's end there, as the host has it.
fn exactly(protocol: Protocol, (local, peer): (SocketAddr, SocketAddr)) -> SocketFilter {
    SocketFilter {
        protocol: Some(protocol),
        peer: peer.ip().into(),
        local: Some(local.ip()),
        peer_port: Some(peer.port()),
        local_port: Some(local.port()),
    }
}

/// A listener on every address, and connections to it by IPv4, IPv6 and mapped IPv4.
fn neighbours(namespace: &Namespace) -> (TcpListener, Vec<Pair>) {
    namespace.run(|| {
        let dual = TcpListener::bind("[::]:0").unwrap();
        let mut pairs: Vec<Pair> = [V4, V4, V6, V6, MAPPED, MAPPED]
            .into_iter()
            .map(|to| Pair::open(&dual, to))
            .collect();
        let v4 = TcpListener::bind("127.0.0.1:0").unwrap();
        pairs.extend([Pair::open(&v4, V4), Pair::open(&v4, MAPPED)]);
        (dual, pairs)
    })
}

#[test]
fn exactly_the_matching_connection_ends_and_both_ends_notice() {
    let Some(namespace) = Namespace::new(test_name!()) else {
        return;
    };
    let (listener, mut pairs) = neighbours(&namespace);
    while let Some(mut doomed) = pairs.pop() {
        assert!(doomed.talks());
        let filter = exactly(Protocol::Tcp, doomed.ends());
        assert_eq!(destroy(&namespace, filter), tcp(1), "{filter:?}");
        let noticed = (ErrorKind::ConnectionAborted, ErrorKind::ConnectionReset);
        assert_eq!(doomed.errors(), noticed, "{filter:?}");
        assert_eq!(destroy(&namespace, filter), tcp(0), "it is gone");
        assert!(pairs.iter_mut().all(Pair::talks), "others go on");
    }
    assert!(
        namespace.run(move || Pair::open(&listener, V6).talks()),
        "the listener stays"
    );
}

#[test]
fn a_prefix_ends_all_of_its_peers_and_nobody_else() {
    let Some(namespace) = Namespace::new(test_name!()) else {
        return;
    };
    let (listener, mut pairs) = neighbours(&namespace);
    // Both ends of each are on this host and meant; the one that is ended first resets the other.
    let filter = SocketFilter::of_peer("127.0.0.0/8".parse().unwrap());
    assert_eq!(destroy(&namespace, filter), tcp(6));
    let left: Vec<bool> = pairs.iter_mut().map(Pair::talks).collect();
    assert_eq!(left, [false, false, true, true, false, false, false, false]);
    assert!(
        namespace.run(move || Pair::open(&listener, V4).talks()),
        "the listener stays"
    );
}

#[test]
fn a_connected_udp_socket_ends_and_an_unconnected_one_stays() {
    let Some(namespace) = Namespace::new(test_name!()) else {
        return;
    };
    for at in [[V4, V4], [V6, V6], [MAPPED, V4]] {
        let (doomed, ends) = namespace.run(move || udp_pair(at));
        let filter = exactly(Protocol::Udp, ends);
        assert_eq!(destroy(&namespace, filter), Destroyed { tcp: 0, udp: 1 });
        let error = doomed[0].recv(&mut [0; 4]).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ConnectionAborted);
        doomed[1].set_nonblocking(true).unwrap();
        let error = doomed[1].recv(&mut [0; 4]).unwrap_err();
        assert_eq!(
            error.kind(),
            ErrorKind::WouldBlock,
            "the other end is left alone"
        );
    }
    let _unconnected = namespace.run(|| std::net::UdpSocket::bind("127.0.0.1:0").unwrap());
    let every = SocketFilter::of_peer("0.0.0.0/0".parse().unwrap());
    destroy(&namespace, every);
    assert_eq!(namespace.ask(sockets::listeners).unwrap().len(), 1);
}

#[test]
fn a_connection_that_nobody_has_accepted_ends_and_its_listener_stays() {
    let Some(namespace) = Namespace::new(test_name!()) else {
        return;
    };
    let (listener, client) = namespace.run(|| {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        (listener, client)
    });
    let ends = (client.peer_addr().unwrap(), client.local_addr().unwrap());
    assert_eq!(destroy(&namespace, exactly(Protocol::Tcp, ends)), tcp(1));
    let error = std::io::Read::read(&mut &client, &mut [0; 4]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConnectionReset);
    // Listeners are never meant, whatever the filter.
    for every in ["0.0.0.0/0", "::/0"] {
        destroy(&namespace, SocketFilter::of_peer(every.parse().unwrap()));
    }
    assert_eq!(namespace.ask(sockets::listeners).unwrap().len(), 1);
    let fresh = namespace.run(move || TcpStream::connect(listener.local_addr().unwrap()));
    assert!(fresh.is_ok());
}

#[test]
fn what_is_in_time_wait_stays() {
    let Some(namespace) = Namespace::new(test_name!()) else {
        return;
    };
    let pair = namespace.run(|| Pair::open(&TcpListener::bind("127.0.0.1:0").unwrap(), V4));
    let Pair { server, client } = pair;
    drop(client);
    drop(server);
    let loopback: IpAddr = V4;
    assert_eq!(
        destroy(&namespace, SocketFilter::of_peer(loopback.into())),
        tcp(0)
    );
    let left = namespace.ask(sockets::connections).unwrap();
    let states: Vec<SocketState> = left.iter().map(|socket| socket.state).collect();
    assert_eq!(states, [SocketState::TimeWait]);
}

#[test]
fn without_the_capability_it_is_said_which_one_is_missing() {
    let Some(namespace) = Namespace::new(test_name!()) else {
        return;
    };
    let mut pair = namespace.run(|| Pair::open(&TcpListener::bind("127.0.0.1:0").unwrap(), V4));
    namespace.forgo_net_admin();
    assert_eq!(
        namespace.ask(sockets::connections).unwrap().len(),
        2,
        "anybody may look"
    );
    let filter = SocketFilter::of_peer(V4.into());
    let refusal = namespace
        .ask(move || async move { sockets::destroy(&filter).await })
        .unwrap_err();
    assert_eq!(
        refusal.to_string(),
        "cannot end connections: not permitted; run as root, or with CAP_NET_ADMIN"
    );
    assert!(pair.talks());
}
