// SPDX-License-Identifier: MIT
//! The dialogue of sock_diag(7): `inet_diag_req_v2` there, `inet_diag_msg` back.

use super::{Destroyed, Protocol, Socket, SocketFilter, SocketState};
use crate::EngineError;
use crate::netlink::Channel;
use netlink_packet_core::{DecodeError, Parseable};
use netlink_packet_sock_diag::constants::{AF_INET, AF_INET6};
use netlink_packet_sock_diag::inet::{
    ExtensionFlags, InetRequest, InetResponseHeader, SocketId, StateFlags,
};
use netlink_packet_sock_diag::{SOCK_DESTROY, SOCK_DIAG_BY_FAMILY};
use netlink_sys::protocols::NETLINK_SOCK_DIAG;
use rustix::io::Errno;
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

/// Which sockets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// They have a peer.
    Connected,
    /// They wait for peers.
    Waiting,
}

impl Kind {
    fn states(self, protocol: Protocol) -> StateFlags {
        match (self, protocol) {
            (Self::Connected, Protocol::Tcp) => {
                StateFlags::all() - StateFlags::LISTEN - StateFlags::CLOSE
            }
            (Self::Connected, Protocol::Udp) => StateFlags::ESTABLISHED,
            (Self::Waiting, Protocol::Tcp) => StateFlags::LISTEN,
            (Self::Waiting, Protocol::Udp) => StateFlags::CLOSE,
        }
    }
}

/// Lists sockets of both address families.
pub(super) fn list(protocols: &[Protocol], kind: Kind) -> Result<Vec<Socket>, EngineError> {
    let mut found = Vec::new();
    let mut channel = Channel::open(NETLINK_SOCK_DIAG).map_err(|error| unlisted(&error))?;
    for &protocol in protocols {
        for blank in [SocketId::new_v4(), SocketId::new_v6()] {
            let question = request(protocol, kind.states(protocol), blank);
            channel
                .list(SOCK_DIAG_BY_FAMILY, &question, |body| {
                    found.extend(read(protocol, body)?);
                    Ok(())
                })
                .map_err(|error| unlisted(&error))?;
        }
    }
    Ok(found)
}

/// Lists, and ends what matches. Each is named by its cookie as well, so that nobody's new socket
/// with the same addresses is ended, and never the listener a dead connection would lead to.
pub(super) fn destroy(filter: &SocketFilter) -> Result<Destroyed, EngineError> {
    let protocols = match &filter.protocol {
        Some(protocol) => std::slice::from_ref(protocol),
        None => &Protocol::ALL,
    };
    let doomed = list(protocols, Kind::Connected)?
        .into_iter()
        .filter(|socket| socket.state != SocketState::TimeWait && filter.matches(socket));
    let mut destroyed = Destroyed::default();
    let mut channel = Channel::open(NETLINK_SOCK_DIAG).map_err(|error| unlisted(&error))?;
    for socket in doomed {
        let order = request(socket.protocol, StateFlags::all(), socket.id);
        match channel.order(SOCK_DESTROY, &order) {
            Ok(()) => destroyed.count(socket.protocol),
            Err(error) if is_gone(&error) => {}
            Err(error) => return Err(undestroyed(&error)),
        }
    }
    Ok(destroyed)
}

fn request(protocol: Protocol, states: StateFlags, socket_id: SocketId) -> InetRequest {
    InetRequest {
        family: match socket_id.source_address {
            IpAddr::V4(_) => AF_INET,
            IpAddr::V6(_) => AF_INET6,
        },
        protocol: protocol.number(),
        extensions: ExtensionFlags::empty(),
        states,
        socket_id,
    }
}

/// Reads `inet_diag_msg`; the attributes behind it are not needed. `None` for a state that no
/// kernel had when this was written.
fn read(protocol: Protocol, body: &[u8]) -> Result<Option<Socket>, DecodeError> {
    let header = InetResponseHeader::parse(body)?;
    let Some(state) = SocketState::from_number(header.state) else {
        return Ok(None);
    };
    Ok(Some(socket(protocol, state, header)))
}

fn socket(protocol: Protocol, state: SocketState, header: InetResponseHeader) -> Socket {
    let id = header.socket_id;
    let local = id.source_address.to_canonical();
    let mut peer = id.destination_address.to_canonical();
    // A listener bound to a mapped address has `::` for its peer.
    if local.is_ipv4() && peer.is_unspecified() {
        peer = Ipv4Addr::UNSPECIFIED.into();
    }
    Socket {
        protocol,
        local: SocketAddr::new(local, id.source_port),
        peer: SocketAddr::new(peer, id.destination_port),
        state,
        inode: header.inode,
        uid: header.uid,
        id,
    }
}

/// A socket that is no more (`ENOENT`), or whose place another has taken (`ESTALE`: the cookie
/// differs).
fn is_gone(error: &io::Error) -> bool {
    matches!(
        Errno::from_io_error(error),
        Some(Errno::NOENT | Errno::STALE)
    )
}

fn unlisted(error: &io::Error) -> EngineError {
    let reason = match Errno::from_io_error(error) {
        Some(Errno::NOENT) => {
            "socket diagnostics are not loaded; modprobe -a tcp_diag udp_diag".to_owned()
        }
        _ => error.to_string(),
    };
    EngineError::Netlink {
        subject: "sockets".to_owned(),
        reason,
    }
}

fn undestroyed(error: &io::Error) -> EngineError {
    let reason = match Errno::from_io_error(error) {
        Some(Errno::OPNOTSUPP) => {
            "this kernel was built without CONFIG_INET_DIAG_DESTROY; restart the service that holds them".to_owned()
        }
        Some(Errno::PERM | Errno::ACCESS) => {
            "not permitted; run as root, or with CAP_NET_ADMIN".to_owned()
        }
        _ => error.to_string(),
    };
    EngineError::Destroy { reason }
}

/// A socket as the kernel would describe it.
#[cfg(test)]
pub(super) fn example(
    protocol: Protocol,
    local: SocketAddr,
    peer: SocketAddr,
    state: SocketState,
) -> Socket {
    let socket_id = SocketId {
        source_port: local.port(),
        destination_port: peer.port(),
        source_address: local.ip(),
        destination_address: peer.ip(),
        interface_id: 0,
        cookie: [1; 8],
    };
    let header = InetResponseHeader {
        family: request(protocol, StateFlags::empty(), socket_id.clone()).family,
        state: state as u8,
        timer: None,
        socket_id,
        recv_queue: 0,
        send_queue: 0,
        uid: 1000,
        inode: 4711,
    };
    socket(protocol, state, header)
}

#[cfg(test)]
mod tests {
    use super::*;
    use netlink_packet_core::Emitable;

    /// `struct inet_diag_msg` of `include/uapi/linux/inet_diag.h`, field by field.
    fn answer(family: u8, state: u8, addresses: [[u8; 16]; 2]) -> Vec<u8> {
        let mut bytes = vec![family, state, 0, 0];
        bytes.extend(22_u16.to_be_bytes());
        bytes.extend(40000_u16.to_be_bytes());
        bytes.extend(addresses.concat());
        bytes.extend(3_u32.to_ne_bytes());
        bytes.extend([9; 8]);
        for value in [0_u32, 1, 2, 1000, 4711] {
            bytes.extend(value.to_ne_bytes());
        }
        bytes
    }

    fn mapped(address: [u8; 4]) -> [u8; 16] {
        Ipv4Addr::from(address).to_ipv6_mapped().octets()
    }

    #[test]
    fn an_answer_is_read_byte_by_byte_and_a_mapped_socket_is_shown_as_ipv4() {
        let bytes = answer(
            AF_INET6,
            1,
            [mapped([192, 0, 2, 1]), mapped([198, 51, 100, 7])],
        );
        let socket = read(Protocol::Tcp, &bytes).unwrap().unwrap();
        assert_eq!(socket.local, "192.0.2.1:22".parse().unwrap());
        assert_eq!(socket.peer, "198.51.100.7:40000".parse().unwrap());
        assert_eq!(socket.state, SocketState::Established);
        assert_eq!((socket.inode, socket.uid), (4711, 1000));
        // The kernel is asked by the address it gave, and by its cookie.
        let order = request(Protocol::Tcp, StateFlags::all(), socket.id);
        let mut sent = vec![0; order.buffer_len()];
        order.emit(&mut sent);
        assert_eq!(sent[..2], [AF_INET6, 6]);
        assert_eq!(sent[8..], bytes[4..52]);
    }

    #[test]
    fn a_mapped_listener_has_no_peer_of_the_other_family() {
        let bytes = answer(AF_INET6, 10, [mapped([192, 0, 2, 1]), [0; 16]]);
        let socket = read(Protocol::Tcp, &bytes).unwrap().unwrap();
        assert_eq!(socket.peer, "0.0.0.0:40000".parse().unwrap());
        let bytes = answer(AF_INET6, 10, [[0; 16]; 2]);
        let socket = read(Protocol::Tcp, &bytes).unwrap().unwrap();
        assert_eq!(socket.local, "[::]:22".parse().unwrap());
        assert_eq!(socket.peer, "[::]:40000".parse().unwrap());
    }

    #[test]
    fn a_state_of_the_future_is_passed_over_and_a_cut_answer_refused() {
        let bytes = answer(AF_INET, 13, [[0; 16]; 2]);
        assert_eq!(read(Protocol::Tcp, &bytes).unwrap(), None);
        for end in 0..bytes.len() {
            assert!(read(Protocol::Tcp, &bytes[..end]).is_err(), "cut at {end}");
        }
    }

    #[test]
    fn the_state_masks_are_disjoint_and_leave_no_peer_out() {
        for protocol in Protocol::ALL {
            let connected = Kind::Connected.states(protocol);
            assert!((connected & Kind::Waiting.states(protocol)).is_empty());
        }
        // Bits 1 to 11 but CLOSE (7) and LISTEN (10).
        assert_eq!(
            Kind::Connected.states(Protocol::Tcp).bits(),
            0b1011_0111_1110
        );
    }

    #[test]
    fn a_refusal_names_the_next_step() {
        let refusal = |errno: Errno| undestroyed(&errno.into()).to_string();
        assert!(refusal(Errno::OPNOTSUPP).contains("CONFIG_INET_DIAG_DESTROY; restart"));
        assert!(refusal(Errno::PERM).contains("CAP_NET_ADMIN"));
        assert!(is_gone(&Errno::NOENT.into()) && is_gone(&Errno::STALE.into()));
        assert!(!is_gone(&Errno::OPNOTSUPP.into()));
        assert!(
            unlisted(&Errno::NOENT.into())
                .to_string()
                .contains("modprobe")
        );
    }
}
