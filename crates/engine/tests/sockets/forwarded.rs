// SPDX-License-Identifier: MIT
//! A router between two networks, with and without NAT, and what it says passes through it.

use crate::namespace::{Namespace, ip, nft, skip};
use crate::pair::PATIENCE;
use aegis_engine::forwarded::{self, Forwarded, Tuple};
use std::fs;
use std::io::{Read, Write};
use std::net::{IpAddr, SocketAddr, TcpListener, TcpStream, UdpSocket};

const TCP: u8 = 6;
const UDP: u8 = 17;

const NAT: &str = "
table ip nat {
    chain before {
        type nat hook prerouting priority -100;
        iifname out0 tcp dport 8080 dnat to 10.0.0.5:80;
    }
    chain behind {
        type nat hook postrouting priority 100;
        oifname out0 masquerade;
    }
}
table ip6 watch {
    chain passing {
        type filter hook forward priority 0;
        ct state invalid drop;
    }
}";

struct Networks {
    inside: Namespace,
    router: Namespace,
    outside: Namespace,
}

impl Networks {
    fn new(test: &str) -> Option<Self> {
        let networks = Self {
            inside: Namespace::new(test)?,
            router: Namespace::new(test)?,
            outside: Namespace::new(test)?,
        };
        let plan = [
            (&networks.inside, "in0", "10.0.0", "2001:db8:1:"),
            (&networks.outside, "out0", "198.51.100", "2001:db8:2:"),
        ];
        for (station, link, v4, v6) in plan {
            networks.connect(station, link, (v4, v6));
        }
        networks.router.run(|| {
            fs::write("/proc/sys/net/ipv4/ip_forward", "1").unwrap();
            fs::write("/proc/sys/net/ipv6/conf/all/forwarding", "1").unwrap();
        });
        Some(networks)
    }

    /// A link between the router, whose address ends in 1, and a station, whose ends in 5.
    fn connect(
        &self,
        station: &Namespace,
        link: &'static str,
        (v4, v6): (&'static str, &'static str),
    ) {
        let number = station.number();
        let addresses = move |link: &str, host: u8| {
            ip(&format!("link set {link} up"));
            ip(&format!("addr add {v4}.{host}/24 dev {link}"));
            // Without a second in which the address is only tried, and nobody can bind to it.
            ip(&format!("addr add {v6}:{host}/64 dev {link} nodad"));
        };
        self.router.run(move || {
            ip(&format!(
                "link add {link} type veth peer name up0 netns {number}"
            ));
            addresses(link, 1);
        });
        station.run(move || {
            addresses("up0", 5);
            ip(&format!("route add default via {v4}.1"));
            ip(&format!("route add default via {v6}:1"));
        });
    }

    fn forwarded(&self) -> Vec<Forwarded> {
        let listed = self.router.ask(forwarded::connections).unwrap();
        listed.expect("the kernel has conntrack: it took the rules")
    }
}

/// A TCP connection that has carried a word each way; both ends of it.
fn tcp(from: &Namespace, at: &Namespace, bind: &str, to: &str) -> (TcpStream, TcpStream) {
    let (bind, to): (SocketAddr, SocketAddr) = (bind.parse().unwrap(), to.parse().unwrap());
    let listener = at.run(move || TcpListener::bind(bind).unwrap());
    let mut client = from.run(move || TcpStream::connect_timeout(&to, PATIENCE).unwrap());
    let (mut server, _) = listener.accept().unwrap();
    for (one, other) in [(0, 1), (1, 0)] {
        let ends = [&mut client, &mut server];
        ends[one].write_all(b"word").unwrap();
        ends[other].read_exact(&mut [0; 4]).unwrap();
    }
    (client, server)
}

fn tuple(source: SocketAddr, destination: &str) -> Tuple {
    Tuple {
        source,
        destination: destination.parse().unwrap(),
    }
}

fn turned(tuple: Tuple) -> Tuple {
    Tuple {
        source: tuple.destination,
        destination: tuple.source,
    }
}

fn established(original: Tuple, reply: Tuple) -> Forwarded {
    Forwarded {
        protocol: TCP,
        original,
        reply,
        replied: true,
        assured: true,
        tcp_established: true,
    }
}

fn sorted(mut connections: Vec<Forwarded>) -> Vec<Forwarded> {
    connections.sort_by_key(|connection| {
        let Tuple {
            source,
            destination,
        } = connection.original;
        (connection.protocol, source, destination)
    });
    connections
}

#[test]
fn forwarded_connections_are_listed_as_each_side_sees_them_and_the_hosts_own_are_not() {
    let Some(networks) = Networks::new(test_name!()) else {
        return;
    };
    if !networks.router.run(|| nft(NAT)) {
        return skip(test_name!(), "nft has no NAT here");
    }
    let Networks {
        inside,
        router,
        outside,
    } = &networks;
    let masqueraded = tcp(inside, outside, "198.51.100.5:443", "198.51.100.5:443");
    let published = tcp(outside, inside, "10.0.0.5:80", "198.51.100.1:8080");
    let plain = tcp(
        inside,
        outside,
        "[2001:db8:2::5]:443",
        "[2001:db8:2::5]:443",
    );
    let to_host = tcp(inside, router, "10.0.0.1:53", "10.0.0.1:53");
    let from_host = tcp(router, outside, "198.51.100.5:80", "198.51.100.5:80");

    let original = tuple(masqueraded.0.local_addr().unwrap(), "198.51.100.5:443");
    // What the outside server sees is what the outside wire carries.
    let outer = Tuple {
        source: masqueraded.1.peer_addr().unwrap(),
        destination: original.destination,
    };
    assert_eq!(outer.source.ip(), IpAddr::from([198, 51, 100, 1]));
    let masqueraded_row = established(original, turned(outer));
    let original = tuple(published.0.local_addr().unwrap(), "198.51.100.1:8080");
    let inner = tuple(published.1.peer_addr().unwrap(), "10.0.0.5:80");
    let published_row = established(original, turned(inner));
    let original = tuple(plain.0.local_addr().unwrap(), "[2001:db8:2::5]:443");
    let plain_row = established(original, turned(original));
    let expected = sorted(vec![masqueraded_row, published_row, plain_row]);
    assert_eq!(sorted(networks.forwarded()), expected);
    drop((to_host, from_host));

    // A connection that is closing is no longer an established one.
    drop(masqueraded.0);
    let closing = networks.forwarded();
    let row = closing
        .iter()
        .find(|row| row.original == masqueraded_row.original);
    assert!(!row.expect("it is listed for a while").tcp_established);
}

#[test]
fn an_unanswered_datagram_is_told_from_an_exchange() {
    let Some(networks) = Networks::new(test_name!()) else {
        return;
    };
    if !networks.router.run(|| nft(NAT)) {
        return skip(test_name!(), "nft has no NAT here");
    }
    let server = networks
        .outside
        .run(|| UdpSocket::bind("[2001:db8:2::5]:53").unwrap());
    let client = networks
        .inside
        .run(|| UdpSocket::bind("[2001:db8:1::5]:5353").unwrap());
    for socket in [&client, &server] {
        socket.set_read_timeout(Some(PATIENCE)).unwrap();
    }
    client.send_to(b"word", "[2001:db8:2::5]:53").unwrap();
    let (_, peer) = server.recv_from(&mut [0; 4]).unwrap();
    let original = tuple(peer, "[2001:db8:2::5]:53");
    let mut expected = Forwarded {
        protocol: UDP,
        original,
        reply: turned(original),
        replied: false,
        assured: false,
        tcp_established: false,
    };
    assert_eq!(networks.forwarded(), [expected]);
    server.send_to(b"word", peer).unwrap();
    client.recv_from(&mut [0; 4]).unwrap();
    expected.replied = true;
    assert_eq!(networks.forwarded(), [expected]);
}

#[test]
fn a_host_that_tracks_nothing_forwards_nothing_it_knows_of() {
    let Some(networks) = Networks::new(test_name!()) else {
        return;
    };
    let Networks {
        inside,
        router,
        outside,
    } = &networks;
    let _plain = tcp(
        inside,
        outside,
        "[2001:db8:2::5]:443",
        "[2001:db8:2::5]:443",
    );
    let listed = router.ask(forwarded::connections).unwrap();
    assert_eq!(listed.unwrap_or_default(), []);
}

#[test]
fn without_the_capability_it_is_said_which_one_is_missing() {
    let Some(namespace) = Namespace::new(test_name!()) else {
        return;
    };
    if namespace.ask(forwarded::connections).unwrap().is_none() {
        return skip(test_name!(), "this kernel has no conntrack");
    }
    namespace.forgo_net_admin();
    let refusal = namespace.ask(forwarded::connections).unwrap_err();
    assert_eq!(
        refusal.to_string(),
        "cannot ask the kernel about forwarded connections: not permitted; run as root, or with CAP_NET_ADMIN"
    );
}
