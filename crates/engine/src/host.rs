// SPDX-License-Identifier: MIT
//! Addresses that the host cannot do without: its own, its gateways', its resolvers'.

mod tunnels;

pub use tunnels::tunnels;

use crate::EngineError;
use crate::error::one_line;
use crate::interface::AbortOnDrop;
use futures_util::TryStreamExt;
use netlink_packet_route::address::AddressAttribute;
use netlink_packet_route::route::{RouteAddress, RouteAttribute, RouteMessage, RouteVia};
use rtnetlink::{Handle, RouteMessageBuilder};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// What must not be banned by accident.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HostFacts {
    /// The host's own addresses, on every interface.
    pub addresses: Vec<IpAddr>,
    /// Next hops of its routes.
    pub gateways: Vec<IpAddr>,
    /// Its name servers.
    pub resolvers: Vec<IpAddr>,
}

/// Reads the facts of the process's network namespace; `resolv_conf` is the text of the file of that
/// name, resolv.conf(5).
///
/// # Errors
/// [`EngineError::Netlink`] where the kernel does not answer.
pub async fn facts(resolv_conf: &str) -> Result<HostFacts, EngineError> {
    let (connection, handle, _) =
        rtnetlink::new_connection().map_err(|error| unanswered(error.to_string()))?;
    let _connection = AbortOnDrop(tokio::spawn(connection));
    let v4 = RouteMessageBuilder::<Ipv4Addr>::new().build();
    let v6 = RouteMessageBuilder::<Ipv6Addr>::new().build();
    let mut gateways = gateways(&handle, v4).await?;
    gateways.extend(self::gateways(&handle, v6).await?);
    gateways.sort_unstable();
    gateways.dedup();
    Ok(HostFacts {
        addresses: addresses(&handle).await?,
        gateways,
        resolvers: resolvers(resolv_conf),
    })
}

fn unanswered(reason: String) -> EngineError {
    EngineError::Netlink {
        subject: "addresses and routes".to_owned(),
        reason,
    }
}

async fn addresses(handle: &Handle) -> Result<Vec<IpAddr>, EngineError> {
    let mut found = Vec::new();
    let mut messages = handle.address().get().execute();
    while let Some(message) = messages
        .try_next()
        .await
        .map_err(|error| unanswered(one_line(&error)))?
    {
        // On a point-to-point link `Address` is the other side and `Local` this one.
        let local = message
            .attributes
            .iter()
            .find_map(|attribute| match attribute {
                AddressAttribute::Local(address) => Some(*address),
                _ => None,
            });
        let any = message
            .attributes
            .iter()
            .find_map(|attribute| match attribute {
                AddressAttribute::Address(address) => Some(*address),
                _ => None,
            });
        found.extend(local.or(any));
    }
    Ok(found)
}

async fn gateways(handle: &Handle, question: RouteMessage) -> Result<Vec<IpAddr>, EngineError> {
    let mut found = Vec::new();
    let mut routes = handle.route().get(question).execute();
    while let Some(route) = routes
        .try_next()
        .await
        .map_err(|error| unanswered(one_line(&error)))?
    {
        for attribute in &route.attributes {
            match attribute {
                RouteAttribute::Gateway(address) => found.extend(ip(address)),
                RouteAttribute::Via(RouteVia::Inet(address)) => found.push((*address).into()),
                RouteAttribute::Via(RouteVia::Inet6(address)) => found.push((*address).into()),
                RouteAttribute::MultiPath(hops) => {
                    let attributes = hops.iter().flat_map(|hop| &hop.attributes);
                    found.extend(attributes.filter_map(|attribute| match attribute {
                        RouteAttribute::Gateway(address) => ip(address),
                        _ => None,
                    }));
                }
                _ => {}
            }
        }
    }
    Ok(found)
}

fn ip(address: &RouteAddress) -> Option<IpAddr> {
    match address {
        RouteAddress::Inet(address) => Some((*address).into()),
        RouteAddress::Inet6(address) => Some((*address).into()),
        _ => None,
    }
}

/// `nameserver` lines (resolv.conf(5)); a zone after `%` is dropped.
fn resolvers(text: &str) -> Vec<IpAddr> {
    text.lines()
        .filter_map(|line| line.trim_start().strip_prefix("nameserver"))
        .filter_map(|rest| rest.split_whitespace().next())
        .filter_map(|word| word.split('%').next()?.parse().ok())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn name_servers_are_read_as_the_resolver_reads_them() {
        let text = "# nameserver 192.0.2.1\nsearch example\nnameserver 192.0.2.53\n  nameserver\tfe80::1%eth0 # home\nnameserver nonsense\n";
        let expected: Vec<IpAddr> = vec!["192.0.2.53".parse().unwrap(), "fe80::1".parse().unwrap()];
        assert_eq!(resolvers(text), expected);
    }
}
