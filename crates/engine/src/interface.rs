// SPDX-License-Identifier: MIT
//! What the kernel says of an interface (rtnetlink; sysfs belongs to the mount's namespace).

use crate::EngineError;
use crate::error::one_line;
use aegis_abi::Link;
use futures_util::TryStreamExt;
use netlink_packet_route::link::{
    LinkAttribute, LinkFlags, LinkInfo, LinkMessage, LinkXdp, XdpAttached,
};
use rtnetlink::LinkGetRequest;
use std::pin::pin;

/// ARPHRD codes of interfaces with an Ethernet header: `ARPHRD_ETHER`, `ARPHRD_LOOPBACK`.
const ETHERNET: [u16; 2] = [1, 772];
/// Without a link header: `ARPHRD_NONE` (tun, WireGuard), `PPP`, `TUNNEL`, `TUNNEL6`, `SIT`,
/// `IPGRE`, `RAWIP`.
const RAW_IP: [u16; 7] = [65534, 512, 768, 769, 776, 778, 519];

/// How XDP is attached, as the kernel tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum XdpState {
    None,
    Native(u32),
    Generic(u32),
}

/// One interface.
#[derive(Clone, Debug)]
pub(crate) struct Interface {
    pub(crate) name: String,
    pub(crate) index: u32,
    pub(crate) arphrd: u16,
    pub(crate) loopback: bool,
    pub(crate) mtu: u32,
    pub(crate) xdp: XdpState,
    /// What kind of virtual interface it is, such as `veth`.
    pub(crate) kind: Option<String>,
}

impl Interface {
    /// Looks an interface up by name in the process's network namespace.
    pub(crate) async fn find(name: &str) -> Result<Self, EngineError> {
        let missing = || EngineError::NoInterface {
            name: name.to_owned(),
        };
        if name.is_empty() || name.len() > MAX_NAME {
            return Err(missing());
        }
        let found = ask(name, |links| links.match_name(name.to_owned())).await?;
        found.ok_or_else(missing)
    }

    /// Looks it up by index, whatever it is called by now; `None` where it is gone.
    pub(crate) async fn by_index(index: u32) -> Result<Option<Self>, EngineError> {
        ask(&format!("number {index}"), |links| links.match_index(index)).await
    }

    /// Every interface of the process's network namespace.
    pub(crate) async fn all() -> Result<Vec<Self>, EngineError> {
        let failed = |reason| EngineError::Netlink {
            subject: "the interfaces".to_owned(),
            reason,
        };
        let (connection, handle, _) =
            rtnetlink::new_connection().map_err(|error| failed(error.to_string()))?;
        let _connection = AbortOnDrop(tokio::spawn(connection));
        let messages: Result<Vec<_>, _> = handle.link().get().execute().try_collect().await;
        let messages = messages.map_err(|error| failed(one_line(&error)))?;
        Ok(messages.iter().map(Self::from_message).collect())
    }

    fn from_message(message: &LinkMessage) -> Self {
        let mut name = String::new();
        let mut mtu = 0;
        let mut xdp = XdpState::None;
        let mut kind = None;
        for attribute in &message.attributes {
            match attribute {
                LinkAttribute::IfName(value) => name.clone_from(value),
                LinkAttribute::Mtu(value) => mtu = *value,
                LinkAttribute::LinkInfo(told) => kind = kind_of(told),
                LinkAttribute::Xdp(state) => xdp = XdpState::from_attributes(state),
                _ => {}
            }
        }
        Self {
            name,
            index: message.header.index,
            arphrd: u16::from(message.header.link_layer_type),
            loopback: message.header.flags.contains(LinkFlags::Loopback),
            mtu,
            xdp,
            kind,
        }
    }

    /// What frames begin with.
    pub(crate) fn link(&self) -> Result<Link, EngineError> {
        if ETHERNET.contains(&self.arphrd) {
            Ok(Link::Ethernet)
        } else if RAW_IP.contains(&self.arphrd) {
            Ok(Link::RawIp)
        } else {
            Err(EngineError::LinkType {
                interface: self.name.clone(),
                arphrd: self.arphrd,
            })
        }
    }
}

fn kind_of(told: &[LinkInfo]) -> Option<String> {
    told.iter().find_map(|info| match info {
        LinkInfo::Kind(kind) => Some(kind.to_string()),
        _ => None,
    })
}

const NO_DEVICE: i32 = 19;
/// `IFNAMSIZ` without the final zero.
const MAX_NAME: usize = 15;

/// Asks the kernel for one interface.
async fn ask(
    subject: &str,
    which: impl FnOnce(LinkGetRequest) -> LinkGetRequest,
) -> Result<Option<Interface>, EngineError> {
    let failed = |reason| EngineError::Netlink {
        subject: format!("the interface {subject}"),
        reason,
    };
    let (connection, handle, _) =
        rtnetlink::new_connection().map_err(|error| failed(error.to_string()))?;
    let _connection = AbortOnDrop(tokio::spawn(connection));
    let mut found = pin!(which(handle.link().get()).execute());
    match found.try_next().await {
        Ok(message) => Ok(message.as_ref().map(Interface::from_message)),
        Err(rtnetlink::Error::NetlinkError(error)) if error.raw_code() == -NO_DEVICE => Ok(None),
        Err(error) => Err(failed(one_line(&error))),
    }
}

impl XdpState {
    fn from_attributes(attributes: &[LinkXdp]) -> Self {
        let id =
            |wanted: fn(&LinkXdp) -> Option<u32>| attributes.iter().find_map(wanted).unwrap_or(0);
        let attached = attributes.iter().find_map(|attribute| match attribute {
            LinkXdp::Attached(attached) => Some(*attached),
            _ => None,
        });
        let any = |attribute: &LinkXdp| match attribute {
            LinkXdp::ProgId(id) => Some(*id),
            _ => None,
        };
        let native = |attribute: &LinkXdp| match attribute {
            LinkXdp::DrvProgId(id) | LinkXdp::HwProgId(id) => Some(*id),
            _ => None,
        };
        match attached {
            None | Some(XdpAttached::None) => Self::None,
            Some(XdpAttached::SocketBuffer) => Self::Generic(id(any)),
            Some(XdpAttached::Driver | XdpAttached::Hardware) => Self::Native(id(any)),
            Some(_) => Self::Native(id(native)),
        }
    }

    pub(crate) fn program(self) -> Option<u32> {
        match self {
            Self::None => None,
            Self::Native(id) | Self::Generic(id) => Some(id),
        }
    }
}

/// Ends the netlink connection's task with the question it was for.
pub(crate) struct AbortOnDrop(pub(crate) tokio::task::JoinHandle<()>);

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        self.0.abort();
    }
}
