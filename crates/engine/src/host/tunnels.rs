// SPDX-License-Identifier: MIT
//! Networks behind the host's tunnels.

use super::unanswered;
use crate::EngineError;
use crate::error::one_line;
use crate::interface::{AbortOnDrop, Interface};
use futures_util::TryStreamExt;
use ipnet::IpNet;
use netlink_packet_route::address::{AddressAttribute, AddressMessage};

/// Kinds of interfaces that lead to a VPN, as the kernel names them.
const KINDS: [&str; 4] = ["wireguard", "tun", "ppp", "xfrm"];

/// The networks of tunnels, each with the name of its interface, in the process's network namespace.
///
/// # Errors
/// [`EngineError::Netlink`] where the kernel does not answer.
pub async fn tunnels() -> Result<Vec<(IpNet, String)>, EngineError> {
    let interfaces = Interface::all().await?;
    let leads_there = |interface: &&Interface| {
        let kind = interface.kind.as_deref();
        kind.is_some_and(|kind| KINDS.contains(&kind))
    };
    let tunnels: Vec<&Interface> = interfaces.iter().filter(leads_there).collect();
    if tunnels.is_empty() {
        return Ok(Vec::new());
    }
    let (connection, handle, _) =
        rtnetlink::new_connection().map_err(|error| unanswered(error.to_string()))?;
    let _connection = AbortOnDrop(tokio::spawn(connection));
    let messages: Result<Vec<_>, _> = handle.address().get().execute().try_collect().await;
    let messages = messages.map_err(|error| unanswered(one_line(&error)))?;
    let named = messages.iter().flat_map(|message| {
        let index = message.header.index;
        let tunnel = tunnels.iter().find(|tunnel| tunnel.index == index);
        tunnel.map(|tunnel| networks(message).map(|net| (net, tunnel.name.clone())))
    });
    Ok(named.flatten().collect())
}

/// This end's network and the other end's; of a point-to-point link they differ.
fn networks(message: &AddressMessage) -> impl Iterator<Item = IpNet> {
    let length = message.header.prefix_len;
    message.attributes.iter().filter_map(move |attribute| {
        let (AddressAttribute::Local(address) | AddressAttribute::Address(address)) = attribute
        else {
            return None;
        };
        IpNet::new(*address, length).ok().map(|net| net.trunc())
    })
}
