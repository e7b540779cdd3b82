// SPDX-License-Identifier: MIT
//! Connections that the host only forwards, from the kernel's own list of them (conntrack).
//!
//! They have no socket here, so [`crate::sockets`] does not know them. The kernel keeps the list
//! only where something asks for it: a firewall rule that looks at connections, or NAT.

mod message;

use crate::{EngineError, host, netlink};
use message::Question;
use netlink_sys::protocols::NETLINK_NETFILTER;
use rustix::io::Errno;
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

/// Where packets of one direction come from and go to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Tuple {
    /// Source address and port. ICMP echo: the identifier for a port. 0 where the protocol has none.
    pub source: SocketAddr,
    /// Destination address and port; 0 where the protocol has none.
    pub destination: SocketAddr,
}

/// One connection through the host.
///
/// Both tuples are as packets **arrive** here, before any translation:
///
/// - `original` is on the wire of the interface towards whoever began the connection (and,
///   turned round, what is sent out there).
/// - `reply` is on the wire of the interface towards whoever answers (and, turned round, what is
///   sent out there).
///
/// Without NAT, `reply` is `original` turned round and both interfaces carry the same. With it
/// they differ. Where the host masquerades (source NAT), the outside interface carries `reply`:
/// its destination is the host's own outside address. Where the host publishes an inner server
/// (destination NAT), the outside interface carries `original`: its destination is the host's own
/// outside address, and `reply` has the inner server for its source.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Forwarded {
    /// IANA's protocol number.
    pub protocol: u8,
    /// From the beginner, as it arrives.
    pub original: Tuple,
    /// From the answerer, as it arrives (or would).
    pub reply: Tuple,
    /// Packets of both directions were seen (`IPS_SEEN_REPLY`).
    pub replied: bool,
    /// The kernel takes it for a real connection and does not drop it early (`IPS_ASSURED`): TCP
    /// after its handshake, UDP after a stream of both directions.
    pub assured: bool,
    /// TCP, and after the handshake and before the first FIN or reset.
    pub tcp_established: bool,
}

impl Forwarded {
    /// Whether neither end is this host: it neither began the connection nor answers it. NAT makes
    /// the host's address the destination of one tuple, never the source of one.
    fn passes(&self, own: &[IpAddr]) -> bool {
        let here = |address: IpAddr| {
            address.is_loopback()
                || address.is_multicast()
                || address == IpAddr::V4(Ipv4Addr::BROADCAST)
                || own.contains(&address)
        };
        !here(self.original.source.ip()) && !here(self.reply.source.ip())
    }
}

/// Lists the connections of both address families that pass through the network namespace of the
/// process, but do not end in it; `None` where the kernel has no conntrack.
///
/// # Errors
/// [`EngineError::Netlink`] where the kernel does not answer; it does so only to processes with
/// `CAP_NET_ADMIN`.
pub async fn connections() -> Result<Option<Vec<Forwarded>>, EngineError> {
    let listed = match tokio::task::spawn_blocking(list).await {
        Ok(listed) => listed,
        Err(stopped) => Err(io::Error::other(stopped)),
    };
    let Some(mut found) = present(listed)? else {
        return Ok(None);
    };
    if !found.is_empty() {
        let own = host::facts("").await?.addresses;
        found.retain(|connection| connection.passes(&own));
    }
    Ok(Some(found))
}

fn list() -> io::Result<Vec<Forwarded>> {
    let mut found = Vec::new();
    netlink::Channel::open(NETLINK_NETFILTER)?.list(Question::KIND, &Question, |body| {
        found.extend(message::read(body)?);
        Ok(())
    })?;
    Ok(found)
}

/// `None` where the refusal means that there is no such list: without nfnetlink there is no such
/// socket, and without ctnetlink no such question (`nfnetlink_rcv_msg` answers `EINVAL`).
fn present<T>(listed: io::Result<T>) -> Result<Option<T>, EngineError> {
    let error = match listed {
        Ok(found) => return Ok(Some(found)),
        Err(error) => error,
    };
    let reason = match Errno::from_io_error(&error) {
        Some(Errno::PROTONOSUPPORT | Errno::AFNOSUPPORT | Errno::INVAL | Errno::OPNOTSUPP) => {
            return Ok(None);
        }
        Some(Errno::PERM | Errno::ACCESS) => {
            "not permitted; run as root, or with CAP_NET_ADMIN".to_owned()
        }
        _ => error.to_string(),
    };
    Err(EngineError::Netlink {
        subject: "forwarded connections".to_owned(),
        reason,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn connection(original: [&str; 2], reply: [&str; 2]) -> Forwarded {
        let tuple = |[source, destination]: [&str; 2]| Tuple {
            source: source.parse().unwrap(),
            destination: destination.parse().unwrap(),
        };
        Forwarded {
            protocol: 6,
            original: tuple(original),
            reply: tuple(reply),
            replied: true,
            assured: true,
            tcp_established: true,
        }
    }

    #[test]
    fn what_passes_is_told_from_what_ends_here_with_and_without_nat() {
        let own = ["10.0.0.1".parse().unwrap(), "192.0.2.1".parse().unwrap()];
        let (inside, outside) = ("10.0.0.5:1000", "198.51.100.7:443");
        let (gateway, resolver) = ("192.0.2.1:1000", "10.0.0.1:53");
        let passing = [
            ([inside, outside], [outside, inside]),
            // Masqueraded.
            ([inside, outside], [outside, gateway]),
            // Published.
            ([outside, gateway], [inside, outside]),
        ];
        for (original, reply) in passing {
            assert!(connection(original, reply).passes(&own), "{original:?}");
        }
        let ending = [
            // Begun here.
            ([gateway, outside], [outside, gateway]),
            // Answered here.
            ([inside, resolver], [resolver, inside]),
            // Redirected to a local proxy.
            ([inside, outside], [resolver, inside]),
            (
                ["127.0.0.1:1", "127.0.0.2:2"],
                ["127.0.0.2:2", "127.0.0.1:1"],
            ),
            (
                ["0.0.0.0:68", "255.255.255.255:67"],
                ["255.255.255.255:67", "0.0.0.0:68"],
            ),
            ([inside, "224.0.0.251:5353"], ["224.0.0.251:5353", inside]),
        ];
        for (original, reply) in ending {
            assert!(!connection(original, reply).passes(&own), "{original:?}");
        }
    }

    #[test]
    fn a_kernel_without_conntrack_is_no_error_and_one_that_refuses_is() {
        for errno in [Errno::PROTONOSUPPORT, Errno::INVAL, Errno::OPNOTSUPP] {
            assert!(present::<()>(Err(errno.into())).unwrap().is_none());
        }
        let refusal = present::<()>(Err(Errno::PERM.into())).unwrap_err();
        assert!(refusal.to_string().contains("CAP_NET_ADMIN"));
    }
}
